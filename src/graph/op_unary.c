/* Element-wise functions of one operand: one record each, all made from the
 * kernels' list of functions; and clip, which has two parameters. */
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <assert.h>
#include <math.h>

struct args {
    double alpha; /* slope below zero: elu, leaky_relu */
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, alpha, .def = "1", .help = "slope below zero"),
    RT_OPT_END,
};

static void run(enum rt_unary f, struct rt_call *c)
{
    const struct args *a = c->args;
    rt_kern()->unary(f, c->x[0].v, c->y.v, c->y.n, (float)a->alpha);
}

static void run_back(enum rt_unary f, struct rt_call *c)
{
    const struct args *a = c->args;
    rt_kern()->unary_back(f, c->x[0].v, c->y.v, c->dy.v, c->dx[0].v, c->y.n,
                          (float)a->alpha);
}

/* What the slope of each is computed from: chosen for y where it can be, since
 * that lets the result overwrite the operand. */
#define RECORD(f, text, reads, ...)                                            \
    static void f##_forward(struct rt_call *c)                                 \
    {                                                                          \
        run(RT_UNARY_##f, c);                                                  \
    }                                                                          \
    static void f##_backward(struct rt_call *c)                                \
    {                                                                          \
        run_back(RT_UNARY_##f, c);                                             \
    }                                                                          \
    const struct rt_op rt_operator_##f = {                                     \
        .name = #f,                                                            \
        .help = text,                                                          \
        .opts = opts,                                                          \
        .args_size = sizeof(struct args),                                      \
        .min_in = 1,                                                           \
        .max_in = 1,                                                           \
        .flags = RT_OP_IN_PLACE | (reads),                                     \
        .shape = rt_op_shape_same,                                             \
        .forward = f##_forward,                                                \
        .backward = f##_backward,                                              \
        .tests = { __VA_ARGS__ },                                              \
    };

RECORD(neg, "-x", 0, { "3x17" })
RECORD(exp, "e to the x", RT_OP_BACK_Y, { "3x17" })
RECORD(log, "natural logarithm", RT_OP_BACK_X, { "3x17", .lo = 0.3, .hi = 3 })
RECORD(sqrt, "square root", RT_OP_BACK_Y, { "3x17", .lo = 0.3, .hi = 3 })
RECORD(square, "x times x", RT_OP_BACK_X, { "3x17" })
RECORD(abs, "x without its sign", RT_OP_BACK_X, { "3x17" })
RECORD(sign, "-1, 0 or 1", RT_OP_NO_GRAD, { "3x17" })
RECORD(relu, "x where positive, else 0", RT_OP_BACK_Y, { "3x17" }, { "40" })
RECORD(sigmoid, "1 / (1 + exp(-x))", RT_OP_BACK_Y, { "3x17" })
RECORD(hard_sigmoid, "0.2 x + 0.5 between 0 and 1", RT_OP_BACK_Y,
       { "3x17", .lo = -4, .hi = 4 })
RECORD(tanh, "hyperbolic tangent", RT_OP_BACK_Y, { "3x17" })
RECORD(softplus, "log(1 + exp(x))", RT_OP_BACK_X, { "3x17" })
RECORD(softsign, "x / (1 + abs(x))", RT_OP_BACK_Y, { "3x17" })
RECORD(elu, "x, or alpha (exp(x) - 1) below 0", RT_OP_BACK_Y, { "3x17" },
       { "3x17", "alpha=0.5" })
RECORD(selu, "scaled elu that keeps mean and variance", RT_OP_BACK_Y,
       { "3x17" })
RECORD(leaky_relu, "x, or alpha x below 0", RT_OP_BACK_X,
       { "3x17", "alpha=0.3" })
RECORD(exponential, "e to the x", RT_OP_BACK_Y, { "3x17" })
RECORD(swish, "x sigmoid(x)", RT_OP_BACK_X, { "3x17", .lo = -6, .hi = 6 })
RECORD(gelu, "x times the share of a standard normal below x", RT_OP_BACK_X,
       { "3x17", .lo = -4, .hi = 4 })
RECORD(not, "1 where x is 0, else 0", RT_OP_NO_GRAD, { "3x17" })

static const struct rt_op *const records[RT_N_UNARY] = {
#define X(f) [RT_UNARY_##f] = &rt_operator_##f,
    RT_UNARY(X)
#undef X
};

const char *const rt_unary_names[] = {
#define X(f) #f,
    RT_UNARY(X)
#undef X
        NULL,
};

bool rt_unary_reads_x(enum rt_unary f)
{
    return records[f]->flags & RT_OP_BACK_X;
}

struct rt_node *rt_op_unary(struct rt_graph *g, enum rt_unary f,
                            struct rt_node *x, double alpha, struct rt_err *err)
{
    struct args a = { .alpha = alpha };
    assert((unsigned)f < RT_N_UNARY);
    return rt_graph_op(g, records[f], &x, 1, &a, err);
}

/* ---- clip -----------------------------------------------------------------*/

struct clip_args {
    double lo, hi;
};
static const struct rt_opt clip_opts[] = {
    RT_OPT(struct clip_args, lo, .def = "-inf", .help = "least value"),
    RT_OPT(struct clip_args, hi, .def = "inf", .help = "largest value"),
    RT_OPT_END,
};

static int clip_shape(const void *args, const struct rt_shape *in, int n_in,
                      struct rt_shape *out, struct rt_err *err)
{
    const struct clip_args *a = args;
    if (!(a->lo <= a->hi))
        return rt_fail(err, RT_EINVAL, "clip: from %g to %g, want lo <= hi",
                       a->lo, a->hi);
    return rt_op_shape_same(args, in, n_in, out, err);
}

static void clip_forward(struct rt_call *c)
{
    const struct clip_args *a = c->args;
    rt_kern()->clip(c->x[0].v, c->y.v, c->y.n, (float)a->lo, (float)a->hi);
}

static void clip_backward(struct rt_call *c)
{
    const struct clip_args *a = c->args;
    rt_kern()->clip_back(c->x[0].v, c->dy.v, c->dx[0].v, c->y.n, (float)a->lo,
                         (float)a->hi);
}

const struct rt_op rt_operator_clip = {
    .name = "clip",
    .help = "x kept between lo and hi",
    .opts = clip_opts,
    .args_size = sizeof(struct clip_args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_IN_PLACE | RT_OP_BACK_X,
    .shape = clip_shape,
    .forward = clip_forward,
    .backward = clip_backward,
    .tests = { { "3x17", "lo=-1 hi=0.5" }, { "3x17", "lo=-0.7" } },
};

struct rt_node *rt_op_clip(struct rt_graph *g, struct rt_node *x, double lo,
                           double hi, struct rt_err *err)
{
    struct clip_args a = { .lo = lo, .hi = hi };
    return rt_graph_op(g, &rt_operator_clip, &x, 1, &a, err);
}

/* ---- relu with parameters -------------------------------------------------*/

static const struct rt_opt bent_opts[] = {
    RT_OPT(struct rt_relu_args, max_value, .def = "inf", .help = "most"),
    RT_OPT(struct rt_relu_args, negative_slope, .def = "0",
           .help = "slope up to the threshold"),
    RT_OPT(struct rt_relu_args, threshold, .def = "0",
           .help = "where x itself begins"),
    RT_OPT_END,
};

static int bent_shape(const void *args, const struct rt_shape *in, int n_in,
                      struct rt_shape *out, struct rt_err *err)
{
    const struct rt_relu_args *a = args;
    if (!(a->max_value >= 0))
        return rt_fail(err, RT_EINVAL,
                       "bent_relu: max_value is %g, want at least 0",
                       a->max_value);
    return rt_op_shape_same(args, in, n_in, out, err);
}

static float least(const struct rt_relu_args *a)
{
    return isfinite(a->max_value) ? 0.0f : -INFINITY;
}

static void bent_forward(struct rt_call *c)
{
    const struct rt_relu_args *a = c->args;
    rt_kern()->bent_relu(c->x[0].v, c->y.v, c->y.n, (float)a->max_value,
                         least(a), (float)a->negative_slope,
                         (float)a->threshold);
}

static void bent_backward(struct rt_call *c)
{
    const struct rt_relu_args *a = c->args;
    rt_kern()->bent_relu_back(c->x[0].v, c->dy.v, c->dx[0].v, c->y.n,
                              (float)a->max_value, least(a),
                              (float)a->negative_slope, (float)a->threshold);
}

const struct rt_op rt_operator_bent_relu = {
    .name = "bent_relu",
    .help = "relu with a most, a slope and a threshold",
    .opts = bent_opts,
    .args_size = sizeof(struct rt_relu_args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_IN_PLACE | RT_OP_BACK_X,
    .shape = bent_shape,
    .forward = bent_forward,
    .backward = bent_backward,
    .tests = { { "3x17", "max_value=1.2 negative_slope=0.1 threshold=0.3" },
               { "3x17", "threshold=-0.6" },
               { "3x17", "threshold=-0.6 max_value=1" },
               { "3x17", "negative_slope=0.2" } },
};

struct rt_node *rt_op_bent_relu(struct rt_graph *g, struct rt_node *x,
                                const struct rt_relu_args *a,
                                struct rt_err *err)
{
    return rt_graph_op(g, &rt_operator_bent_relu, &x, 1, a, err);
}
