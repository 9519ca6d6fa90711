/* Top-k accuracies: fewer than k classes have a higher output than the true
 * one.
 * Source: Keras 2.3.1 metrics.py. */
#include "nn/metric.h"

#include "nn/formula.h"

#include <limits.h>

struct args {
    int k;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, k, .word = 1, .def = "5", .min = 1, .max = INT_MAX,
           .help = "places that count as right"),
    RT_OPT_END,
};

/* y: class numbers with a last axis of 1 */
static struct rt_node *within(struct rt_graph *g, struct rt_node *y,
                              struct rt_node *p, const struct args *a,
                              struct rt_err *err)
{
    int n = p->shape.dim[p->shape.rank - 1];
    struct rt_node *one = rt_op_onehot(g, y, n, err);
    struct rt_node *own = LAST_KEEP(sum, MUL(p, one));
    struct rt_node *higher = LAST(sum, OP2(gt, p, own));
    return OP2(lt, higher, NUM(a->k));
}

static struct rt_node *build_categorical(struct rt_graph *g,
                                         const struct rt_loss *loss,
                                         struct rt_node *y, struct rt_node *p,
                                         const void *args, struct rt_err *err)
{
    (void)loss;
    if (rt_loss_check(y, p, err))
        return NULL;
    return within(g, LAST_KEEP(argmax, y), p, args, err);
}

static struct rt_node *build_sparse(struct rt_graph *g,
                                    const struct rt_loss *loss,
                                    struct rt_node *y, struct rt_node *p,
                                    const void *args, struct rt_err *err)
{
    (void)loss;
    struct rt_node *best = LAST_KEEP(argmax, p); /* for its shape */
    if (!best || rt_loss_check(y, best, err))
        return NULL;
    return within(g, y, p, args, err);
}

const struct rt_metric rt_metric_top_k_categorical_accuracy = {
    .name = "top_k_categorical_accuracy",
    .nick = "top_k",
    .help = "share of samples whose label is among the k largest outputs",
    .keras = "top_k_categorical_accuracy",
    .keras_class = "TopKCategoricalAccuracy",
    .mode = RT_MODE_MAX,
    .unit = "share",
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build_categorical,
};

const struct rt_metric rt_metric_sparse_top_k_categorical_accuracy = {
    .name = "sparse_top_k_categorical_accuracy",
    .nick = "sparse_top_k",
    .help = "the same for labels that are class numbers",
    .keras = "sparse_top_k_categorical_accuracy",
    .keras_class = "SparseTopKCategoricalAccuracy",
    .mode = RT_MODE_MAX,
    .unit = "share",
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build_sparse,
};
