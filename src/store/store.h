/* What the files of the store share; everybody else uses store/runs.h. */
#ifndef RT_STORE_STORE_H
#define RT_STORE_STORE_H
#include "base/vec.h"
#include "store/db.h"
#include "store/keeper.h"
#include "store/runs.h"
#include "store/writer.h"

#include <pthread.h>

struct rt_owned { /* a run that lives here, and its lock */
    int id, fd;
};
struct rt_store {
    char *dir;                /* immutable, as is path: of the database */
    char *path, *folders;     /* of the runs */
    bool read_only;           /* immutable: nothing is recorded */
    struct rt_db *db;         /* the main thread's */
    struct rt_keeper *keeper; /* immutable; NULL if read_only */

    pthread_mutex_t lock;
    RT_VEC(struct rt_owned) owned; /* guarded by lock, as is */
    RT_VEC(struct rt_writer *) writers;

    pthread_mutex_t order_lock;
    struct rt_db
        *order_db; /* guarded by order_lock, as is; NULL if read_only */
    struct rt_stmt *order_put;
};

/* Whether the run lives in this process and store. Thread: any. */
bool rt_store_owns(struct rt_store *s, int id);
/* DIR/runs/ID/NAME; name NULL: the folder. Caller frees. */
char *rt_store_run_path(const struct rt_store *s, int64_t id, const char *name);
#endif
