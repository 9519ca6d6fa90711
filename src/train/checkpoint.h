/* Checkpoints: the state of a run at a boundary, handed to who keeps it. The
 * training thread walks its state into a memory and goes on; writing is another
 * thread's (struct rt_recorder, train/order.h). They are made at the start,
 * every rt_fit_spec.checkpoint_seconds, at each pause, at the end of a run that
 * has not failed, and by the order `checkpoint`. */
#ifndef RT_TRAIN_CHECKPOINT_H
#define RT_TRAIN_CHECKPOINT_H
#include <stdint.h>

struct rt_checkpoint {
    int run;
    const char *why;      /* start, time, pause, order, end */
    const char *name;     /* a person gave it, or NULL */
    int64_t epoch, batch; /* the boundary, as orders have it */
    int64_t step;
    int64_t best_epoch; /* 0: none yet */
    int64_t order;      /* the newest number given */
    double wall;
};
#endif
