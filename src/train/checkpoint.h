/* Checkpoints: the state of a run at a boundary, handed to who keeps it. The
 * training thread walks its state into a memory and goes on; writing is another
 * thread's (struct rt_recorder, train/order.h). They are made at the start,
 * every rt_fit_spec.checkpoint_seconds, at each pause, at the end of a run that
 * has not failed, and by the order `checkpoint`. */
#ifndef RT_TRAIN_CHECKPOINT_H
#define RT_TRAIN_CHECKPOINT_H
#include "train/order.h"
#include "train/state.h"
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
/* Going back: from the newest checkpoint that is not behind the target. */
struct rt_rewind {
    int run;
    int64_t epoch;    /* whose end is the target; set by name to the last one
                         that was over there */
    const char *name; /* of a checkpoint, or NULL */
    /* found */
    struct rt_state_backend from;
    void *file;
    struct rt_order **orders; /* by hand, to be given again; the caller's */
    int n_orders;
    int number; /* of the branch */
};
#endif
