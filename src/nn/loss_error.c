/* Losses of regression: means of a function of label and output.
 * Source: Keras 2.3.1 losses.py. */
#include "nn/loss.h"

#include "nn/formula.h"

#include <math.h>

/* p - y, or NULL where they cannot be compared. */
static struct rt_node *difference(struct rt_graph *g, struct rt_node *y,
                                  struct rt_node *p, struct rt_err *err)
{
    return rt_loss_check(y, p, err) ? NULL : SUB(p, y);
}

static struct rt_node *build_mse(struct rt_graph *g, struct rt_node *y,
                                 struct rt_node *p, const void *args,
                                 struct rt_err *err)
{
    (void)args;
    return OP1(square, difference(g, y, p, err));
}

const struct rt_loss rt_loss_mean_squared_error = {
    .name = "mean_squared_error",
    .alias = "mse MSE",
    .help = "mean of the squared differences",
    .keras = "mean_squared_error",
    .keras_class = "MeanSquaredError",
    .build = build_mse,
};

static struct rt_node *build_mae(struct rt_graph *g, struct rt_node *y,
                                 struct rt_node *p, const void *args,
                                 struct rt_err *err)
{
    (void)args;
    return OP1(abs, difference(g, y, p, err));
}

const struct rt_loss rt_loss_mean_absolute_error = {
    .name = "mean_absolute_error",
    .alias = "mae MAE",
    .help = "mean of the absolute differences",
    .keras = "mean_absolute_error",
    .keras_class = "MeanAbsoluteError",
    .build = build_mae,
};

static struct rt_node *build_mape(struct rt_graph *g, struct rt_node *y,
                                  struct rt_node *p, const void *args,
                                  struct rt_err *err)
{
    (void)args;
    struct rt_node *d = difference(g, y, p, err);
    struct rt_node *size = CLIP(OP1(abs, y), RT_LOSS_EPSILON, INFINITY);
    struct rt_node *share = OP1(abs, DIV(d, size));
    return MUL(share, NUM(100));
}

const struct rt_loss rt_loss_mean_absolute_percentage_error = {
    .name = "mean_absolute_percentage_error",
    .alias = "mape MAPE",
    .help = "mean of the absolute differences in percent of the label",
    .keras = "mean_absolute_percentage_error",
    .keras_class = "MeanAbsolutePercentageError",
    .build = build_mape,
};

/* log(x + 1), of what is below 1e-7 as of 1e-7 */
static struct rt_node *log_of(struct rt_graph *g, struct rt_node *x,
                              struct rt_err *err)
{
    return OP1(log, ADD(CLIP(x, RT_LOSS_EPSILON, INFINITY), NUM(1)));
}

static struct rt_node *build_msle(struct rt_graph *g, struct rt_node *y,
                                  struct rt_node *p, const void *args,
                                  struct rt_err *err)
{
    (void)args;
    if (rt_loss_check(y, p, err))
        return NULL;
    struct rt_node *d = SUB(log_of(g, p, err), log_of(g, y, err));
    return OP1(square, d);
}

const struct rt_loss rt_loss_mean_squared_logarithmic_error = {
    .name = "mean_squared_logarithmic_error",
    .alias = "msle MSLE",
    .help = "mean of the squared differences of log(1 + x)",
    .keras = "mean_squared_logarithmic_error",
    .keras_class = "MeanSquaredLogarithmicError",
    .build = build_msle,
};

/* log cosh d = d + softplus(-2 d) - log 2, which cannot overflow. */
static struct rt_node *build_logcosh(struct rt_graph *g, struct rt_node *y,
                                     struct rt_node *p, const void *args,
                                     struct rt_err *err)
{
    (void)args;
    struct rt_node *d = difference(g, y, p, err);
    struct rt_node *x = ADD(d, OP1(softplus, MUL(d, NUM(-2))));
    return SUB(x, NUM(M_LN2));
}

const struct rt_loss rt_loss_logcosh = {
    .name = "logcosh",
    .nick = "log_cosh",
    .help = "mean of log(cosh(difference)): squares near 0, absolutes far off",
    .keras = "logcosh",
    .keras_class = "LogCosh",
    .build = build_logcosh,
};

struct huber {
    double delta;
};
static const struct rt_opt huber_opts[] = {
    RT_OPT(struct huber, delta, .word = 1, .def = "1", .min = 0,
           .max = INFINITY, .open = 1,
           .help = "difference from which on the loss is linear"),
    RT_OPT_END,
};

/* With q = min(|d|, delta): q^2 / 2 + delta (|d| - q). */
static struct rt_node *build_huber(struct rt_graph *g, struct rt_node *y,
                                   struct rt_node *p, const void *args,
                                   struct rt_err *err)
{
    const struct huber *a = args;
    struct rt_node *size = OP1(abs, difference(g, y, p, err));
    struct rt_node *q = OP2(min, size, NUM(a->delta));
    struct rt_node *square = MUL(OP1(square, q), NUM(0.5));
    struct rt_node *line = MUL(SUB(size, q), NUM(a->delta));
    return ADD(square, line);
}

const struct rt_loss rt_loss_huber_loss = {
    .name = "huber_loss",
    .nick = "huber",
    .help = "squares of differences up to delta, straight lines beyond",
    .keras = "huber_loss",
    .keras_class = "Huber",
    .opts = huber_opts,
    .args_size = sizeof(struct huber),
    .build = build_huber,
    .tests = { "delta=0.4" },
};
