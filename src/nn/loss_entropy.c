/* Cross-entropies of probabilities p, clipped to [1e-7, 1 - 1e-7], where the
 * gradient is zero outside.
 * Source: Keras 2.3.1 losses.py and backend/tensorflow_backend.py. */
#include "nn/loss.h"

static struct rt_node *clipped(struct rt_graph *g, struct rt_node *p,
                               struct rt_err *err)
{
    return rt_op_clip(g, p, RT_LOSS_EPSILON, 1 - RT_LOSS_EPSILON, err);
}

static struct rt_node *log_of(struct rt_graph *g, struct rt_node *x,
                              struct rt_err *err)
{
    return rt_op_unary(g, RT_UNARY_log, x, 0, err);
}

/* The mean per sample of -x. */
static struct rt_node *minus_mean(struct rt_graph *g, struct rt_node *x,
                                  struct rt_err *err)
{
    return rt_loss_per_sample(g, rt_op_unary(g, RT_UNARY_neg, x, 0, err), err);
}

/* y log p + (1 - y) log(1 - p) */
static struct rt_node *build_binary(struct rt_graph *g, struct rt_node *y,
                                    struct rt_node *p, const void *args,
                                    struct rt_err *err)
{
    (void)args;
    if (rt_loss_check(y, p, err))
        return NULL;
    struct rt_node *one = rt_graph_scalar(g, 1);
    p = clipped(g, p, err);
    struct rt_node *not_p = rt_op_binary(g, RT_BINARY_sub, one, p, err);
    struct rt_node *not_y = rt_op_binary(g, RT_BINARY_sub, one, y, err);
    struct rt_node *yes =
        rt_op_binary(g, RT_BINARY_mul, y, log_of(g, p, err), err);
    struct rt_node *no =
        rt_op_binary(g, RT_BINARY_mul, not_y, log_of(g, not_p, err), err);
    return minus_mean(g, rt_op_binary(g, RT_BINARY_add, yes, no, err), err);
}

const struct rt_loss rt_loss_binary_crossentropy = {
    .name = "binary_crossentropy",
    .alias = "bce",
    .help = "cross-entropy of each output by itself, labels 0 to 1",
    .keras = "binary_crossentropy",
    .accuracy = "binary_accuracy",
    .build = build_binary,
};

/* p is divided by its sum before it is clipped, so that outputs that are no
 * softmax count as shares. */
static struct rt_node *build_categorical(struct rt_graph *g, struct rt_node *y,
                                         struct rt_node *p, const void *args,
                                         struct rt_err *err)
{
    (void)args;
    if (rt_loss_check(y, p, err))
        return NULL;
    struct rt_node *sum = rt_op_reduce(g, RT_REDUCE_sum, p, -1, true, err);
    p = clipped(g, rt_op_binary(g, RT_BINARY_div, p, sum, err), err);
    struct rt_node *x =
        rt_op_binary(g, RT_BINARY_mul, y, log_of(g, p, err), err);
    return minus_mean(g, rt_op_reduce(g, RT_REDUCE_sum, x, -1, false, err),
                      err);
}

const struct rt_loss rt_loss_categorical_crossentropy = {
    .name = "categorical_crossentropy",
    .help = "cross-entropy of one choice among many, labels one-hot",
    .keras = "categorical_crossentropy",
    .accuracy = "categorical_accuracy",
    .build = build_categorical,
};

static void sparse_label(const struct rt_shape *output, struct rt_shape *label)
{
    *label = *output;
    label->dim[label->rank - 1] = 1;
}

/* Clipped first and divided by the sum afterwards: log sum p - log p[y]. */
static struct rt_node *build_sparse(struct rt_graph *g, struct rt_node *y,
                                    struct rt_node *p, const void *args,
                                    struct rt_err *err)
{
    (void)args;
    int k = p->shape.dim[p->shape.rank - 1];
    struct rt_shape want = p->shape;
    want.dim[want.rank - 1] = 1;
    if (k == RT_DIM_ANY || !rt_shape_fits(&y->shape, &want)) {
        rt_fail(err, RT_ESHAPE,
                "label is %s, output is %s: want class numbers of shape %s",
                rt_shape_text(&y->shape), rt_shape_text(&p->shape),
                rt_shape_text(&want));
        return NULL;
    }
    p = clipped(g, p, err);
    struct rt_node *chosen =
        rt_op_binary(g, RT_BINARY_mul, p, rt_op_onehot(g, y, k, err), err);
    struct rt_node *part =
        rt_op_reduce(g, RT_REDUCE_sum, chosen, -1, false, err);
    struct rt_node *whole = rt_op_reduce(g, RT_REDUCE_sum, p, -1, false, err);
    struct rt_node *x = rt_op_binary(g, RT_BINARY_sub, log_of(g, whole, err),
                                     log_of(g, part, err), err);
    return rt_loss_per_sample(g, x, err);
}

const struct rt_loss rt_loss_sparse_categorical_crossentropy = {
    .name = "sparse_categorical_crossentropy",
    .help = "cross-entropy of one choice among many, labels class numbers",
    .keras = "sparse_categorical_crossentropy",
    .accuracy = "sparse_categorical_accuracy",
    .label = sparse_label,
    .classes = 1,
    .build = build_sparse,
};
