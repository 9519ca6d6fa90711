/* What the files of the store share; everybody else uses store/runs.h. */
#ifndef RT_STORE_STORE_H
#define RT_STORE_STORE_H
#include "base/vec.h"
#include "store/checkpoint.h"
#include "store/db.h"
#include "store/keeper.h"
#include "store/runs.h"
#include "store/writer.h"

#include <pthread.h>

struct rt_owned { /* a run that lives here, and its lock */
    int id, fd;
};
struct rt_store {
    char *dir;            /* immutable, as is path: of the database */
    char *path, *folders; /* of the runs */
    bool read_only;       /* immutable: nothing is recorded */
    struct rt_db *db;     /* the main thread's, as are */
    char *script;         /* the newest that was kept, or NULL */
    int64_t script_id;
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
/* As struct rt_recorder has them; ctx is the store. Thread: training. */
int rt_store_rewind(void *ctx, struct rt_rewind *w, struct rt_err *err);
void rt_store_rewound(void *ctx, struct rt_rewind *w);
int rt_store_branch(void *ctx, struct rt_rewind *w,
                    const struct rt_checkpoint *c, struct rt_state_memory *m,
                    struct rt_err *err);
/* Keeps a script, NULL: none, in a transaction of db; *id: its row, 0 none. */
int rt_store_put_script(struct rt_store *s, const char *text, int64_t *id,
                        struct rt_err *err);
/* That transaction is committed. */
void rt_store_kept_script(struct rt_store *s, const char *text, int64_t id);
/* A number never given before, and its folder. */
int rt_store_make_folder(struct rt_store *s, struct rt_db *db, int64_t *id,
                         struct rt_err *err);
/* Takes away a folder and the files in it. Thread: any. */
void rt_store_drop_folder(const char *folder);
/* A run lives here from now on; fd: its lock. Thread: any. */
void rt_store_own(struct rt_store *s, int id, int fd);
/* The rows of rt_store_checkpoints by a connection of the caller's. */
int rt_checkpoint_rows(struct rt_store *s, struct rt_db *db, int run,
                       struct rt_checkpoint_row **out, int *n,
                       struct rt_err *err);
#endif
