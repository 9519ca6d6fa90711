/* Losses: records listed in losses.def, each a builder of nodes. */
#ifndef RT_NN_LOSS_H
#define RT_NN_LOSS_H
#include "graph/ops.h"
#include <retort/plugin.h>

struct rt_loss {
    const char *name, *help, *keras; /* categorical_crossentropy */
    const char *keras_class; /* CategoricalCrossentropy: found by it too,
                                and how Keras says one with options */
    const char *alias; /* Keras' other names, a space between: "mse MSE" */
    const char *nick;  /* names of ours alone, the same */
    const struct rt_opt *opts;
    size_t args_size;
    /* Row shape of the label for an output's row shape, both without the batch
     * axis: sparse ones want (1) for (10). NULL: as the output. */
    void (*label)(const struct rt_shape *output, struct rt_shape *label);
    const char *accuracy; /* the metric that `accuracy` means with this loss;
                             NULL: categorical_accuracy */
    /* Numbers per output unit the labels may be: checked when data is bound,
     * "class numbers 0..9"; 0 none, 1 class numbers below the last axis. */
    int classes;
    /* y label, p output -> a value of every number of y, or of every last axis
     * of it: (N), (N,T), ... */
    struct rt_node *(*build)(struct rt_graph *g, struct rt_node *y,
                             struct rt_node *p, const void *args,
                             struct rt_err *err);
    const char *tests[4]; /* words of args that the sweep tries beside none */
};
const struct rt_loss *const *rt_losses(void);
/* By any of its names; NULL: none. */
const struct rt_loss *rt_loss_named(const char *name);
/* A spec to its record and parsed arguments (free with rt_args_free). */
const struct rt_loss *rt_loss_find(const char *spec, void **args,
                                   struct rt_err *err);

/* For builders of losses and metrics. */
#define RT_LOSS_EPSILON 1e-7 /* Keras' K.epsilon() */
/* What a builder gave to one value per sample: the mean over all axes but the
 * batch. */
struct rt_node *rt_loss_per_sample(struct rt_graph *g, struct rt_node *x,
                                   struct rt_err *err);
/* The same where steps are masked, mask (N,T) or NULL: those that are 0 count
 * nothing. present: the mean is of the others, in the whole batch, as Keras
 * before 2.3 and all metrics have it; else of all. has (N) or NULL: the rows
 * that are 0 are none of that batch. */
struct rt_node *rt_loss_masked(struct rt_graph *g, struct rt_node *x,
                               struct rt_node *mask, struct rt_node *has,
                               bool present, struct rt_err *err);
/* The same weighed step by step, w (N,T): present: divided by the share of the
 * weights that are not 0, too. */
struct rt_node *rt_loss_steps(struct rt_graph *g, struct rt_node *x,
                              struct rt_node *mask, struct rt_node *has,
                              struct rt_node *w, bool present,
                              struct rt_err *err);
/* Whether a label can be compared with an output, number by number.
 * Errors: RT_ESHAPE with both shapes. */
int rt_loss_check(const struct rt_node *y, const struct rt_node *p,
                  struct rt_err *err);
/* The cosine of the angle between label and output, per sample. */
struct rt_node *rt_loss_cosine(struct rt_graph *g, struct rt_node *y,
                               struct rt_node *p, struct rt_err *err);
#endif
