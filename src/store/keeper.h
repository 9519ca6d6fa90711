/* The store's second thread: writes checkpoints as they are handed over.
 * Order: rt_keeper_new, rt_keeper_memory and rt_keeper_put (training threads),
 *        rt_keeper_then, rt_keeper_flush, rt_keeper_free. */
#ifndef RT_STORE_KEEPER_H
#define RT_STORE_KEEPER_H
#include "train/bus.h"
#include "train/checkpoint.h"
#include "train/state.h"

struct rt_keeper; /* opaque */
/* What the keeper asks of its owner, on its own thread. */
struct rt_keeper_calls {
    void *ctx;
    /* All events so far are to be written: a checkpoint that is newer than what
     * is known of its run would leave a hole there. */
    void (*flush)(void *ctx);
    void (*then)(void *ctx, int run); /* rt_keeper_then asked for it */
};
/* path: of the database; dir: holds the folders of the runs. Both are borrowed
 * until rt_keeper_free. */
struct rt_keeper *rt_keeper_new(const char *path, const char *dir,
                                const struct rt_keeper_calls *calls,
                                struct rt_err *err);
/* Writes what waits, if it can be written, and ends the thread. */
void rt_keeper_free(struct rt_keeper *k);
/* Who is told of a disk that takes nothing; NULL: nobody. Borrowed until
 * rt_keeper_free. Thread: main. */
void rt_keeper_tell(struct rt_keeper *k, struct rt_bus *bus);
/* As struct rt_recorder has them. Thread: any. */
struct rt_state_memory *rt_keeper_memory(struct rt_keeper *k, int run,
                                         bool must);
void rt_keeper_put(struct rt_keeper *k, const struct rt_checkpoint *c,
                   struct rt_state_memory *m);
/* INSERT of a checkpoint's row: run, file, name, why, wall, epoch, batch, step,
 * orders, best_epoch, size, hash. */
extern const char rt_keeper_put_row[];
/* Writes one now, into a folder of the caller's: *file is its name there, to be
 * freed. Its row is the caller's, too. Thread: any. */
int rt_keeper_write(const char *folder, const struct rt_checkpoint *c,
                    const struct rt_state_memory *m, char **file, int64_t *size,
                    uint64_t *hash, struct rt_err *err);
/* Calls then for a run when all of its checkpoints are written or given up. */
void rt_keeper_then(struct rt_keeper *k, int run);
/* Waits while much is to be written, unless the disk takes nothing: who makes
 * runs faster than they can be kept is not to fill the memory. */
void rt_keeper_room(struct rt_keeper *k);
/* Waits until an attempt was made to write all; the error of the last one. */
int rt_keeper_flush(struct rt_keeper *k, struct rt_err *err);
#endif
