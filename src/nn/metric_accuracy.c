/* Accuracies: the share of what was predicted rightly.
 * Source: Keras 2.3.1 metrics.py, training_utils.py (the choice). */
#include "nn/metric.h"

#include <string.h>

struct args {
    double threshold;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, threshold, .word = 1, .def = "0.5",
           .help = "outputs above it count as 1"),
    RT_OPT_END,
};

static int width(const struct rt_node *x)
{
    return x->shape.rank ? x->shape.dim[x->shape.rank - 1] : 1;
}

static struct rt_node *build_binary(struct rt_graph *g,
                                    const struct rt_loss *loss,
                                    struct rt_node *y, struct rt_node *p,
                                    const void *args, struct rt_err *err)
{
    const struct args *a = args;
    (void)loss;
    if (rt_loss_check(y, p, err))
        return NULL;
    struct rt_node *above =
        rt_op_binary(g, RT_BINARY_gt, p, rt_graph_scalar(g, a->threshold), err);
    return rt_op_binary(g, RT_BINARY_eq, y, above, err);
}

static struct rt_node *build_categorical(struct rt_graph *g,
                                         const struct rt_loss *loss,
                                         struct rt_node *y, struct rt_node *p,
                                         const void *args, struct rt_err *err)
{
    (void)args;
    (void)loss;
    if (rt_loss_check(y, p, err))
        return NULL;
    y = rt_op_reduce(g, RT_REDUCE_argmax, y, -1, false, err);
    p = rt_op_reduce(g, RT_REDUCE_argmax, p, -1, false, err);
    return rt_op_binary(g, RT_BINARY_eq, y, p, err);
}

static struct rt_node *build_sparse(struct rt_graph *g,
                                    const struct rt_loss *loss,
                                    struct rt_node *y, struct rt_node *p,
                                    const void *args, struct rt_err *err)
{
    (void)args;
    (void)loss;
    struct rt_node *best = rt_op_reduce(g, RT_REDUCE_argmax, p, -1, true, err);
    if (!best || rt_loss_check(y, best, err))
        return NULL;
    return rt_op_binary(g, RT_BINARY_eq, y, best, err);
}

const struct rt_metric rt_metric_binary_accuracy = {
    .name = "binary_accuracy",
    .keras_class = "BinaryAccuracy",
    .help = "share of outputs on the right side of the threshold",
    .keras = "binary_accuracy",
    .mode = RT_MODE_MAX,
    .unit = "share",
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build_binary,
};

const struct rt_metric rt_metric_categorical_accuracy = {
    .name = "categorical_accuracy",
    .keras_class = "CategoricalAccuracy",
    .help = "share of samples whose largest output is the one-hot label's",
    .keras = "categorical_accuracy",
    .mode = RT_MODE_MAX,
    .unit = "share",
    .build = build_categorical,
};

const struct rt_metric rt_metric_sparse_categorical_accuracy = {
    .name = "sparse_categorical_accuracy",
    .keras_class = "SparseCategoricalAccuracy",
    .help = "share of samples whose largest output is the label's number",
    .keras = "sparse_categorical_accuracy",
    .mode = RT_MODE_MAX,
    .unit = "share",
    .build = build_sparse,
};

/* An output of one unit says yes or no; else the loss knows its labels. */
static struct rt_node *build_accuracy(struct rt_graph *g,
                                      const struct rt_loss *loss,
                                      struct rt_node *y, struct rt_node *p,
                                      const void *args, struct rt_err *err)
{
    const struct args usual = { .threshold = 0.5 };
    const struct rt_metric *m = &rt_metric_categorical_accuracy;
    const char *by_loss = loss ? loss->accuracy : NULL;
    (void)args;
    if (width(p) == 1 || (by_loss && !strcmp(by_loss, "binary_accuracy")))
        m = &rt_metric_binary_accuracy;
    else if (by_loss && !strcmp(by_loss, "sparse_categorical_accuracy"))
        m = &rt_metric_sparse_categorical_accuracy;
    return m->build(g, loss, y, p, &usual, err);
}

const struct rt_metric rt_metric_accuracy = {
    .name = "accuracy",
    .alias = "acc",
    .help = "share predicted rightly, chosen by the loss and the output",
    .keras = "accuracy",
    .mode = RT_MODE_MAX,
    .unit = "share",
    .build = build_accuracy,
};
