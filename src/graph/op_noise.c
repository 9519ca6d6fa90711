/* Gaussian noise, added or multiplied: element i gets value i of the node's
 * stream. */
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 512 };

static const struct rt_opt opts[] = {
    RT_OPT(struct rt_noise_args, stddev, .def = "1", .min = 0, .max = INFINITY,
           .help = "standard deviation of the noise"),
    RT_OPT_END,
};

/* ---- added ----------------------------------------------------------------*/

static int noise_shape(const void *args, const struct rt_shape *in, int n_in,
                       struct rt_shape *out, struct rt_err *err)
{
    const struct rt_noise_args *a = args;
    (void)n_in;
    if (!(a->stddev >= 0 && isfinite(a->stddev)))
        return rt_fail(err, RT_EINVAL,
                       "gaussian_noise: stddev is %g, want at least 0",
                       a->stddev);
    *out = in[0];
    return RT_OK;
}

static void noise_forward(struct rt_call *c)
{
    const struct rt_noise_args *a = c->args;
    float noise[BLOCK];
    if (c->y.v != c->x[0].v)
        memcpy(c->y.v, c->x[0].v, c->y.n * sizeof *c->y.v);
    for (size_t i = 0; i < c->y.n; i += BLOCK) {
        size_t n = c->y.n - i < BLOCK ? c->y.n - i : BLOCK;
        rt_rng_normal(c->key, i, noise, n);
        rt_kern()->axpy(c->y.v + i, (float)a->stddev, noise, n);
    }
}

static void noise_backward(struct rt_call *c)
{
    if (c->dx[0].v != c->dy.v)
        memcpy(c->dx[0].v, c->dy.v, c->y.n * sizeof *c->y.v);
}

const struct rt_op rt_operator_gaussian_noise = {
    .name = "gaussian_noise",
    .help = "x plus normal noise while training",
    .opts = opts,
    .args_size = sizeof(struct rt_noise_args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_IN_PLACE | RT_OP_RANDOM | RT_OP_TRAIN_ONLY,
    .shape = noise_shape,
    .forward = noise_forward,
    .backward = noise_backward,
    .tests = { { "4x333", "stddev=0.3" }, { "4x33", "stddev=0" } },
};

struct rt_node *rt_op_gaussian_noise(struct rt_graph *g, struct rt_node *x,
                                     double stddev, struct rt_err *err)
{
    struct rt_noise_args a = { .stddev = stddev };
    return rt_graph_op(g, &rt_operator_gaussian_noise, &x, 1, &a, err);
}

/* ---- multiplied -----------------------------------------------------------*/

static const struct rt_opt factor_opts[] = {
    RT_OPT(struct rt_rate_args, rate, .def = "0.5", .min = 0, .max = 1,
           .open = 2, .help = "of the dropout that varies as much"),
    RT_OPT_END,
};

static int factor_shape(const void *args, const struct rt_shape *in, int n_in,
                        struct rt_shape *out, struct rt_err *err)
{
    const struct rt_rate_args *a = args;
    (void)n_in;
    if (!(a->rate >= 0 && a->rate < 1))
        return rt_fail(err, RT_EINVAL,
                       "gaussian_dropout: rate is %g, want 0 <= rate < 1",
                       a->rate);
    *out = in[0];
    return RT_OK;
}

static size_t factor_saved(const void *args, const struct rt_shape *in,
                           int n_in, const struct rt_shape *out)
{
    (void)args;
    (void)in;
    (void)n_in;
    return rt_shape_count(out) * sizeof(float);
}

static void factor_forward(struct rt_call *c)
{
    const struct rt_rate_args *a = c->args;
    const struct rt_kern *k = rt_kern();
    float *factor = c->saved;
    rt_rng_normal(c->key, 0, factor, c->y.n);
    k->scale(factor, (float)sqrt(a->rate / (1 - a->rate)), c->y.n);
    k->binary_scalar(RT_BINARY_add, factor, 1, factor, c->y.n);
    k->binary(RT_BINARY_mul, c->x[0].v, factor, c->y.v, c->y.n);
}

static void factor_backward(struct rt_call *c)
{
    rt_kern()->binary(RT_BINARY_mul, c->dy.v, c->saved, c->dx[0].v, c->y.n);
}

const struct rt_op rt_operator_gaussian_dropout = {
    .name = "gaussian_dropout",
    .help = "x times normal noise of mean 1 while training",
    .opts = factor_opts,
    .args_size = sizeof(struct rt_rate_args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_IN_PLACE | RT_OP_RANDOM | RT_OP_TRAIN_ONLY,
    .shape = factor_shape,
    .saved = factor_saved,
    .forward = factor_forward,
    .backward = factor_backward,
    .tests = { { "4x33", "rate=0.3" }, { "4x33", "rate=0" } },
};

struct rt_node *rt_op_gaussian_dropout(struct rt_graph *g, struct rt_node *x,
                                       double rate, struct rt_err *err)
{
    struct rt_rate_args a = { .rate = rate };
    return rt_graph_op(g, &rt_operator_gaussian_dropout, &x, 1, &a, err);
}
