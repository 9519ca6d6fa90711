/* dropout and alpha_dropout: element i is kept or not by word i of the node's
 * stream, or, where axes are shared, by the word of the element that stands for
 * it. */
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <math.h>

static const struct rt_opt opts[] = {
    RT_OPT(struct rt_dropout_args, rate, .def = "0.5", .min = 0, .max = 1,
           .open = 2, .help = "share of the numbers set to zero"),
    RT_OPT(struct rt_dropout_args, shared, .def = "0",
           .help = "axes along which all fare alike, one bit each"),
    RT_OPT_END,
};

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    const struct rt_dropout_args *a = args;
    (void)n_in;
    if (!(a->rate >= 0 && a->rate < 1))
        return rt_fail(err, RT_EINVAL,
                       "dropout: rate is %g, want 0 <= rate < 1", a->rate);
    if (a->shared >> in[0].rank)
        return rt_fail(err, RT_ESHAPE,
                       "dropout: input is %s, want more axes to share a draw "
                       "along",
                       rt_shape_text(&in[0]));
    *out = in[0];
    return RT_OK;
}

/* The shape of what is drawn. */
static struct rt_shape drawn(const struct rt_dropout_args *a,
                             const struct rt_shape *x)
{
    struct rt_shape s = *x;
    for (int i = 0; i < s.rank; i++)
        if (a->shared >> i & 1)
            s.dim[i] = 1;
    return s;
}

/* A byte a number: what was kept. Where axes are shared, a factor and a byte
 * for each draw. */
static size_t saved(const void *args, const struct rt_shape *in, int n_in,
                    const struct rt_shape *out)
{
    const struct rt_dropout_args *a = args;
    struct rt_shape s = drawn(a, in);
    (void)n_in;
    (void)out;
    return rt_shape_count(&s) * (a->shared ? 1 + sizeof(float) : 1);
}

/* y = x times the factors, repeated: a product of two operands. */
static void multiply(struct rt_call *c, const struct rt_tensor *x,
                     const struct rt_tensor *y)
{
    const struct rt_dropout_args *a = c->args;
    struct rt_call mul = { .n_in = 2, .x[0] = *x, .y = *y };
    mul.x[1].shape = drawn(a, &x->shape);
    mul.x[1].n = rt_shape_count(&mul.x[1].shape);
    mul.x[1].v = c->saved;
    rt_operator_mul.forward(&mul);
}

static void forward(struct rt_call *c)
{
    const struct rt_dropout_args *a = c->args;
    const struct rt_kern *k = rt_kern();
    if (!a->shared) {
        k->dropout(c->key, 0, (float)a->rate, c->x[0].v, c->y.v, c->saved,
                   c->y.n);
        return;
    }
    struct rt_shape s = drawn(a, &c->x[0].shape);
    size_t n = rt_shape_count(&s);
    float *factor = c->saved;
    k->fill(factor, 1, n);
    k->dropout(c->key, 0, (float)a->rate, factor, factor,
               (uint8_t *)(factor + n), n);
    multiply(c, &c->x[0], &c->y);
}

static void backward(struct rt_call *c)
{
    const struct rt_dropout_args *a = c->args;
    if (a->shared)
        multiply(c, &c->dy, &c->dx[0]);
    else
        rt_kern()->dropout_back(c->saved, (float)a->rate, c->dy.v, c->dx[0].v,
                                c->y.n);
}

const struct rt_op rt_operator_dropout = {
    .name = "dropout",
    .help = "zero a random share while training, scale up the rest",
    .opts = opts,
    .args_size = sizeof(struct rt_dropout_args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_IN_PLACE | RT_OP_RANDOM | RT_OP_TRAIN_ONLY,
    .shape = shape,
    .saved = saved,
    .forward = forward,
    .backward = backward,
    .tests = { { "4x33", "rate=0.3" },
               { "4x33", "rate=0" },
               { "4x5x7", "rate=0.4 shared=2" },
               { "2x3x4x5", "rate=0.4 shared=6" },
               { "6x7", "rate=0.4 shared=1" } },
};

struct rt_node *rt_op_dropout_shared(struct rt_graph *g, struct rt_node *x,
                                     double rate, int shared,
                                     struct rt_err *err)
{
    struct rt_dropout_args a = { .rate = rate, .shared = shared };
    return rt_graph_op(g, &rt_operator_dropout, &x, 1, &a, err);
}

struct rt_node *rt_op_dropout(struct rt_graph *g, struct rt_node *x,
                              double rate, struct rt_err *err)
{
    return rt_op_dropout_shared(g, x, rate, 0, err);
}

/* ---- alpha dropout --------------------------------------------------------*/

static const struct rt_opt alpha_opts[] = {
    RT_OPT(struct rt_rate_args, rate, .def = "0.5", .min = 0, .max = 1,
           .open = 2, .help = "share of the numbers that are replaced"),
    RT_OPT_END,
};

/* What a selu tends to, -1.0507 * 1.6733. */
#define LEAST -1.7580993408473766

static int alpha_shape(const void *args, const struct rt_shape *in, int n_in,
                       struct rt_shape *out, struct rt_err *err)
{
    const struct rt_rate_args *a = args;
    (void)n_in;
    if (!(a->rate >= 0 && a->rate < 1))
        return rt_fail(err, RT_EINVAL,
                       "alpha_dropout: rate is %g, want 0 <= rate < 1",
                       a->rate);
    *out = in[0];
    return RT_OK;
}

static size_t alpha_saved(const void *args, const struct rt_shape *in, int n_in,
                          const struct rt_shape *out)
{
    (void)args;
    (void)in;
    (void)n_in;
    return rt_shape_count(out);
}

static double slope(double rate)
{
    return 1 / sqrt((1 - rate) * (1 + rate * LEAST * LEAST));
}

/* The kept ones, once scaled up by dropout, need scaling back. */
static void alpha_forward(struct rt_call *c)
{
    const struct rt_rate_args *a = c->args;
    const struct rt_kern *k = rt_kern();
    const uint8_t *kept = c->saved;
    double s = slope(a->rate), shift = -s * LEAST * a->rate;
    float high = (float)shift, low = (float)(s * LEAST + shift);
    k->dropout(c->key, 0, (float)a->rate, c->x[0].v, c->y.v, c->saved, c->y.n);
    k->scale(c->y.v, (float)(s * (1 - a->rate)), c->y.n);
    for (size_t i = 0; i < c->y.n; i++)
        c->y.v[i] += kept[i] ? high : low;
}

static void alpha_backward(struct rt_call *c)
{
    const struct rt_rate_args *a = c->args;
    const struct rt_kern *k = rt_kern();
    k->dropout_back(c->saved, (float)a->rate, c->dy.v, c->dx[0].v, c->y.n);
    k->scale(c->dx[0].v, (float)(slope(a->rate) * (1 - a->rate)), c->y.n);
}

const struct rt_op rt_operator_alpha_dropout = {
    .name = "alpha_dropout",
    .help = "dropout that keeps the mean and variance of selu's outputs",
    .opts = alpha_opts,
    .args_size = sizeof(struct rt_rate_args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_IN_PLACE | RT_OP_RANDOM | RT_OP_TRAIN_ONLY,
    .shape = alpha_shape,
    .saved = alpha_saved,
    .forward = alpha_forward,
    .backward = alpha_backward,
    .tests = { { "4x33", "rate=0.3" }, { "4x33", "rate=0" } },
};

struct rt_node *rt_op_alpha_dropout(struct rt_graph *g, struct rt_node *x,
                                    double rate, struct rt_err *err)
{
    struct rt_rate_args a = { .rate = rate };
    return rt_graph_op(g, &rt_operator_alpha_dropout, &x, 1, &a, err);
}
