/* Which checkpoints of a run go: rows first, in a transaction of the caller's,
 * the files when that is committed. */
#ifndef RT_STORE_PRUNE_H
#define RT_STORE_PRUNE_H
#include "base/vec.h"
#include "store/db.h"

struct rt_gone {
    RT_VEC(char *) files; /* names in the run's folder */
    RT_VEC(char *) kept;
};
/* Kept are the newest two, those with a name, and unless all the oldest, the
 * newest from which the best epoch's end can be reached, and of those that were
 * asked for without a name the newest ten: who asks at every epoch does not
 * fill the disk. */
int rt_prune_rows(struct rt_db *db, int run, bool all, struct rt_gone *gone,
                  struct rt_err *err);
/* dir holds the runs' folders. left: what a kill left without a row goes too;
 * for who writes them alone. */
void rt_prune_files(const char *dir, int run, const struct rt_gone *gone,
                    bool left);
void rt_gone_release(struct rt_gone *gone);
#endif
