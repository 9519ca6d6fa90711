/* Losses of regression: means of a function of the difference.
 * Source: Keras 2.3.1 losses.py. */
#include "nn/loss.h"

static struct rt_node *mean_of(struct rt_graph *g, enum rt_unary f,
                               struct rt_node *y, struct rt_node *p,
                               struct rt_err *err)
{
    if (rt_loss_check(y, p, err))
        return NULL;
    struct rt_node *d = rt_op_binary(g, RT_BINARY_sub, p, y, err);
    return rt_loss_per_sample(g, rt_op_unary(g, f, d, 0, err), err);
}

static struct rt_node *build_mse(struct rt_graph *g, struct rt_node *y,
                                 struct rt_node *p, const void *args,
                                 struct rt_err *err)
{
    (void)args;
    return mean_of(g, RT_UNARY_square, y, p, err);
}

const struct rt_loss rt_loss_mean_squared_error = {
    .name = "mean_squared_error",
    .alias = "mse",
    .help = "mean of the squared differences",
    .keras = "mean_squared_error",
    .build = build_mse,
};

static struct rt_node *build_mae(struct rt_graph *g, struct rt_node *y,
                                 struct rt_node *p, const void *args,
                                 struct rt_err *err)
{
    (void)args;
    return mean_of(g, RT_UNARY_abs, y, p, err);
}

const struct rt_loss rt_loss_mean_absolute_error = {
    .name = "mean_absolute_error",
    .alias = "mae",
    .help = "mean of the absolute differences",
    .keras = "mean_absolute_error",
    .build = build_mae,
};
