/* Metrics: records listed in metrics.def; every loss is a metric too. Most
 * build nodes that give one value per sample, whose mean over all samples is
 * shown. A streaming one is no such mean (a precision, an area under a curve):
 * it counts what labels and outputs say in numbers kept from the epoch's first
 * batch on. Sample weights count in those asked for as weighted_NAME alone.
 * `accuracy` (acc) chooses its
 * variant by the loss and the width of the output, as Keras does. */
#ifndef RT_NN_METRIC_H
#define RT_NN_METRIC_H
#include "graph/ops.h"
#include "nn/loss.h"
#include <retort/plugin.h>

/* Labels and outputs of a batch, time steps and the like side by side. */
struct rt_metric_batch {
    const float *y, *p; /* n x width */
    size_t n, width;
    const float *w; /* weights of per rows each; NULL: all are 1 */
    size_t per;
};
static inline double rt_metric_weight(const struct rt_metric_batch *b,
                                      size_t row)
{
    return b->w ? (double)b->w[row / b->per] : 1;
}

/* Begins a metric that sample weights count in: weighted_acc. Keras calls the
 * series of its weighted_metrics so. */
#define RT_METRIC_WEIGHTED "weighted_"
struct rt_metric {
    const char *name, *help, *keras;
    const char *keras_class; /* found by it too; NULL: none */
    const char *alias;       /* Keras' other names, a space between */
    const char *nick;        /* names of ours alone, the same */
    const struct rt_opt *opts;
    size_t args_size;
    enum rt_mode mode; /* which way is better */
    const char *unit;  /* "share", "" */
    /* As a loss: a value of every number, or of every last axis; NULL:
     * streaming. */
    struct rt_node *(*build)(struct rt_graph *g, const struct rt_loss *loss,
                             struct rt_node *y, struct rt_node *p,
                             const void *args, struct rt_err *err);
    /* Streaming: how many numbers it keeps, all 0 at first; what a batch, in
     * their order, does to them; what they say so far. */
    size_t (*n_state)(const void *args, size_t width);
    void (*add)(const void *args, const struct rt_metric_batch *b,
                double *state);
    double (*result)(const void *args, const double *state, size_t width);
};
const struct rt_metric *const *rt_metrics(void);
/* By any of its names; NULL: none (a loss, perhaps). */
const struct rt_metric *rt_metric_named(const char *name);

/* A metric (or a loss as one) of an output. */
struct rt_metric_made {
    enum rt_mode mode;
    const char *unit;
    struct rt_node *each;         /* as build gave it; NULL: streaming */
    const struct rt_metric *type; /* streaming; labels shaped as outputs */
    void *args;                   /* its; free with rt_args_free */
    size_t width;                 /* of a row of its batches: the last axis */
    size_t n_state;               /* numbers it keeps */
};
/* Errors: RT_ENOENT with the nearest names, RT_ESHAPE. */
int rt_metric_make(const char *spec, struct rt_graph *g,
                   const struct rt_loss *loss, struct rt_node *y,
                   struct rt_node *p, struct rt_metric_made *out,
                   struct rt_err *err);
#endif
