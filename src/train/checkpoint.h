/* Checkpoints: the state of a run at a boundary, handed to who keeps it. The
 * training thread walks its state into a memory and goes on; writing is another
 * thread's (struct rt_recorder, train/order.h). They are made at the start,
 * every rt_fit_spec.checkpoint_seconds, at each pause, at the end of a run that
 * has not failed, and by the order `checkpoint`. */
#ifndef RT_TRAIN_CHECKPOINT_H
#define RT_TRAIN_CHECKPOINT_H
#include "nn/model.h"
#include "train/order.h"
#include "train/state.h"
#include <stdbool.h>
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
/* Going back: from the nearest checkpoint that is not behind the target and
 * whose orders the run was given before it, be it the run's own or of one that
 * it is a branch of. */
struct rt_rewind {
    int run;
    int64_t order;    /* the number of the order to go back */
    int64_t epoch;    /* whose end is the target; set by name to the last one
                         that was over there */
    const char *name; /* of a checkpoint, or NULL */
    /* found */
    struct rt_state_backend from;
    void *file;
    int64_t at_epoch, at_batch,
        at_order;             /* where it stands; its newest order */
    bool others;              /* it is another run's */
    struct rt_order **orders; /* by hand, to be given again; the caller's */
    int n_orders;
    /* for the branch */
    const char *to;    /* "the end of epoch 2" */
    int64_t n_batches; /* of an epoch, now */
    int number;        /* given to the branch */
};
/* The numbers of the orders by hand that such a state holds: a list to be
 * freed. */
int rt_checkpoint_applied(const struct rt_state_backend *from,
                          int64_t **numbers, int *n, struct rt_err *err);
/* The weights of such a state into a model that is ready, and what its
 * optimizer had if it is the same one.
 * Errors: RT_ESHAPE for another number of parameters; nothing has changed. */
int rt_checkpoint_to_model(const struct rt_state_backend *from,
                           struct rt_model *m, struct rt_err *err);
#endif
