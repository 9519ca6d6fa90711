/* What batch normalisation is made of: mean and variance of each channel, the
 * normalisation by such numbers, and the moving averages of them.
 *
 * In training the numbers are the batch's own; outside it mean and variance are
 * their first operand, the stored numbers, and cost nothing. The gradient that
 * flows back through a batch's own mean and variance is part of normalise's
 * (own=yes), in one pass with the rest; hence they have none themselves. */
#include "graph/channels.h"
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <math.h>

struct axis_args {
    int axis;
};
static const struct rt_opt axis_opts[] = {
    RT_OPT(struct axis_args, axis, .def = "-1", .help = "axis of the channels"),
    RT_OPT_END,
};

static size_t align(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* Whether p has one number for each channel of x. */
static int fits(const char *name, const struct rt_shape *x, int axis,
                const struct rt_shape *p, struct rt_err *err)
{
    int at;
    if (rt_shape_axis(x, axis, &at, err))
        return rt_err_within(err, "%s", name);
    if (p->rank != 1 || p->dim[0] != x->dim[at])
        return rt_fail(err, RT_ESHAPE,
                       "%s: %s for axis %d of %s, want one number a channel",
                       name, rt_shape_text(p), at, rt_shape_text(x));
    return RT_OK;
}

/* Sums in double for every channel, then the room of the passes. */
static size_t sums_room(const struct rt_shape *x, int axis, size_t n_sums)
{
    struct rt_channels ch = rt_channels_of(x, axis);
    return align(ch.n * n_sums * sizeof(double)) + rt_channels_room(&ch);
}

static void *passes_room(void *scratch, size_t channels, size_t n_sums)
{
    return (char *)scratch + align(channels * n_sums * sizeof(double));
}

/* ---- mean and variance ----------------------------------------------------*/

static int mean_shape(const void *args, const struct rt_shape *in, int n_in,
                      struct rt_shape *out, struct rt_err *err)
{
    const struct axis_args *a = args;
    for (int i = 0; i < n_in; i++)
        if (i != 1 && fits("channel_mean", &in[1], a->axis, &in[i], err))
            return RT_ESHAPE;
    *out = in[0];
    return RT_OK;
}

static size_t mean_scratch(const void *args, const struct rt_shape *in,
                           int n_in, const struct rt_shape *out)
{
    const struct axis_args *a = args;
    (void)n_in;
    (void)out;
    return sums_room(&in[1], a->axis, 1);
}

/* Inputs: what is stored, x, and for a variance the mean. */
static void moment(struct rt_call *c, const float *mean)
{
    const struct axis_args *a = c->args;
    struct rt_channels ch = rt_channels_of(&c->x[1].shape, a->axis);
    double *sum = c->scratch, n = (double)(ch.outer * ch.inner);
    rt_channels_sums(&ch, c->x[1].v, mean, sum,
                     passes_room(c->scratch, ch.n, 1));
    for (size_t i = 0; i < ch.n; i++)
        c->y.v[i] = (float)(sum[i] / n);
}

static void mean_forward(struct rt_call *c)
{
    moment(c, NULL);
}

static void variance_forward(struct rt_call *c)
{
    moment(c, c->x[2].v);
}

const struct rt_op rt_operator_channel_mean = {
    .name = "channel_mean",
    .help = "mean of each channel; outside training what is stored",
    .opts = axis_opts,
    .args_size = sizeof(struct axis_args),
    .min_in = 2,
    .max_in = 2,
    .flags = RT_OP_TRAIN_ONLY | RT_OP_NO_GRAD,
    .shape = mean_shape,
    .scratch = mean_scratch,
    .forward = mean_forward,
    .tests = { { "3 7x3" },
               { "5 2x5x9", "axis=1" },
               { "70 131x70" },
               { "3 900x20x3" } },
};

const struct rt_op rt_operator_channel_variance = {
    .name = "channel_variance",
    .help = "mean square from the mean of each channel; outside training what "
            "is stored",
    .opts = axis_opts,
    .args_size = sizeof(struct axis_args),
    .min_in = 3,
    .max_in = 3,
    .flags = RT_OP_TRAIN_ONLY | RT_OP_NO_GRAD,
    .shape = mean_shape,
    .scratch = mean_scratch,
    .forward = variance_forward,
    .tests = { { "3 7x3 3" }, { "5 2x5x9 5", "axis=1" }, { "70 131x70 70" } },
};

struct rt_node *rt_op_channel_mean(struct rt_graph *g, struct rt_node *stored,
                                   struct rt_node *x, int axis,
                                   struct rt_err *err)
{
    struct axis_args a = { .axis = axis };
    struct rt_node *in[] = { stored, x };
    return rt_graph_op(g, &rt_operator_channel_mean, in, 2, &a, err);
}

struct rt_node *rt_op_channel_variance(struct rt_graph *g,
                                       struct rt_node *stored,
                                       struct rt_node *x, struct rt_node *mean,
                                       int axis, struct rt_err *err)
{
    struct axis_args a = { .axis = axis };
    struct rt_node *in[] = { stored, x, mean };
    return rt_graph_op(g, &rt_operator_channel_variance, in, 3, &a, err);
}

/* ---- moving averages ------------------------------------------------------*/

static const struct rt_opt moving_opts[] = {
    RT_OPT(struct rt_moving_args, axis, .def = "-1",
           .help = "axis of the channels"),
    RT_OPT(struct rt_moving_args, momentum, .def = "0.99",
           .help = "share of the old average that stays"),
    RT_OPT(struct rt_moving_args, unbiased, .def = "no",
           .help = "correct the variance of a sample"),
    RT_OPT(struct rt_moving_args, epsilon, .def = "0",
           .help = "the correction is n / (n - 1 - epsilon)"),
    RT_OPT_END,
};

static int moving_shape(const void *args, const struct rt_shape *in, int n_in,
                        struct rt_shape *out, struct rt_err *err)
{
    const struct rt_moving_args *a = args;
    for (int i = 0; i < n_in; i++)
        if (i != 2 && fits("moving_average", &in[2], a->axis, &in[i], err))
            return RT_ESHAPE;
    *out = in[0];
    return RT_OK;
}

/* Of x the number of rows alone is wanted. */
static void moving_forward(struct rt_call *c)
{
    const struct rt_moving_args *a = c->args;
    double n = (double)(c->x[2].n / c->y.n), by = 1;
    if (a->unbiased) {
        double rest = n - 1 - a->epsilon;
        by = rest != 0 ? n / rest : 1;
    }
    for (size_t i = 0; i < c->y.n; i++) {
        double old = (double)c->x[0].v[i], now = by * (double)c->x[1].v[i];
        c->y.v[i] = (float)(old - (old - now) * (1 - a->momentum));
    }
}

const struct rt_op rt_operator_moving_average = {
    .name = "moving_average",
    .help = "the old average moved towards the batch's number",
    .opts = moving_opts,
    .args_size = sizeof(struct rt_moving_args),
    .min_in = 3,
    .max_in = 3,
    .flags = RT_OP_NO_GRAD,
    .shape = moving_shape,
    .forward = moving_forward,
    .tests = { { "3 3 7x3", "momentum=0.9" },
               { "5 5 2x5x9", "axis=1 unbiased=yes epsilon=0.001" },
               { "3 3 1x3", "unbiased=yes" } },
};

struct rt_node *rt_op_moving_average(struct rt_graph *g, struct rt_node *old,
                                     struct rt_node *now, struct rt_node *x,
                                     const struct rt_moving_args *a,
                                     struct rt_err *err)
{
    struct rt_node *in[] = { old, now, x };
    return rt_graph_op(g, &rt_operator_moving_average, in, 3, a, err);
}

/* ---- normalise ------------------------------------------------------------*/

static const struct rt_opt normalise_opts[] = {
    RT_OPT(struct rt_normalise_args, axis, .def = "-1",
           .help = "axis of the channels"),
    RT_OPT(struct rt_normalise_args, epsilon, .def = "1e-3",
           .help = "added to the variance"),
    RT_OPT(struct rt_normalise_args, scale, .def = "yes",
           .help = "operand: multiply by"),
    RT_OPT(struct rt_normalise_args, center, .def = "yes",
           .help = "operand: add"),
    RT_OPT(struct rt_normalise_args, own, .def = "no",
           .help = "mean and variance are those of x"),
    RT_OPT_END,
};

static int normalise_shape(const void *args, const struct rt_shape *in,
                           int n_in, struct rt_shape *out, struct rt_err *err)
{
    const struct rt_normalise_args *a = args;
    if (n_in != 3 + a->scale + a->center)
        return rt_fail(err, RT_EINVAL, "normalise: %d inputs, want %d", n_in,
                       3 + a->scale + a->center);
    for (int i = 1; i < n_in; i++)
        if (fits("normalise", &in[0], a->axis, &in[i], err))
            return RT_ESHAPE;
    *out = in[0];
    return RT_OK;
}

enum { N_VECTORS = 3 }; /* of floats: factors and the like */

static size_t normalise_scratch(const void *args, const struct rt_shape *in,
                                int n_in, const struct rt_shape *out)
{
    const struct rt_normalise_args *a = args;
    struct rt_channels ch = rt_channels_of(&in[0], a->axis);
    (void)n_in;
    (void)out;
    return sums_room(&in[0], a->axis, 2) +
           align(ch.n * N_VECTORS * sizeof(float));
}

/* Scratch: two sums, three vectors, the passes' room. */
struct norm {
    struct rt_channels ch;
    const float *mean, *variance, *gamma, *beta; /* the last two may be NULL */
    double *sum[2];
    float *v[N_VECTORS];
    void *room;
};

static struct norm norm_of(const struct rt_call *c)
{
    const struct rt_normalise_args *a = c->args;
    struct norm s = { .ch = rt_channels_of(&c->x[0].shape, a->axis) };
    size_t n = s.ch.n;
    s.mean = c->x[1].v;
    s.variance = c->x[2].v;
    s.gamma = a->scale ? c->x[3].v : NULL;
    s.beta = a->center ? c->x[3 + a->scale].v : NULL;
    s.sum[0] = c->scratch;
    s.sum[1] = s.sum[0] + n;
    float *v = passes_room(c->scratch, n, 2);
    for (int i = 0; i < N_VECTORS; i++)
        s.v[i] = v + (size_t)i * n;
    s.room = (char *)v + align(n * N_VECTORS * sizeof(float));
    return s;
}

static double inverse_sd(const struct rt_call *c, const struct norm *s,
                         size_t i)
{
    const struct rt_normalise_args *a = c->args;
    return 1 / sqrt((double)s->variance[i] + a->epsilon);
}

static double factor(const struct norm *s, size_t i)
{
    return s->gamma ? (double)s->gamma[i] : 1;
}

static void normalise_forward(struct rt_call *c)
{
    struct norm s = norm_of(c);
    for (size_t i = 0; i < s.ch.n; i++) {
        s.v[0][i] = (float)(factor(&s, i) * inverse_sd(c, &s, i));
        s.v[1][i] = s.beta ? s.beta[i] : 0;
    }
    rt_channels_apply(&s.ch, c->x[0].v, s.mean, s.v[0], s.v[1], c->y.v, s.room);
}

/* dx = a (dy - b - (x - mean) c): with given numbers b and c are 0; with x's
 * own they take out what moves the mean and the variance. */
static void normalise_dx(struct rt_call *c, struct norm *s, bool own)
{
    double n = (double)(s->ch.outer * s->ch.inner);
    for (size_t i = 0; i < s->ch.n; i++) {
        double inv = inverse_sd(c, s, i);
        s->v[0][i] = (float)(factor(s, i) * inv);
        s->v[1][i] = own ? (float)(s->sum[0][i] / n) : 0;
        s->v[2][i] = own ? (float)(s->sum[1][i] / n * inv * inv) : 0;
    }
    rt_channels_back(&s->ch, c->x[0].v, s->mean, c->dy.v, s->v[0], s->v[1],
                     s->v[2], c->dx[0].v, s->room);
}

static void normalise_backward(struct rt_call *c)
{
    const struct rt_normalise_args *a = c->args;
    struct norm s = norm_of(c);
    bool params = false, own = a->own && c->training;
    for (int i = 1; i < c->n_in; i++)
        params = params || c->dx[i].v;
    if (params || own)
        rt_channels_back_sums(&s.ch, c->x[0].v, s.mean, c->dy.v, s.sum[0],
                              s.sum[1], s.room);
    float *d_mean = c->dx[1].v, *d_variance = c->dx[2].v;
    float *d_gamma = a->scale ? c->dx[3].v : NULL;
    float *d_beta = a->center ? c->dx[3 + a->scale].v : NULL;
    for (size_t i = 0; params && i < s.ch.n; i++) {
        double inv = inverse_sd(c, &s, i), f = factor(&s, i) * inv;
        if (d_mean)
            d_mean[i] = (float)(-f * s.sum[0][i]);
        if (d_variance)
            d_variance[i] = (float)(-0.5 * f * inv * inv * s.sum[1][i]);
        if (d_gamma)
            d_gamma[i] = (float)(inv * s.sum[1][i]);
        if (d_beta)
            d_beta[i] = (float)s.sum[0][i];
    }
    if (c->dx[0].v)
        normalise_dx(c, &s, own);
}

const struct rt_op rt_operator_normalise = {
    .name = "normalise",
    .help = "(x - mean) / sd gamma + beta by channels",
    .opts = normalise_opts,
    .args_size = sizeof(struct rt_normalise_args),
    .min_in = 3,
    .max_in = 5,
    .flags = RT_OP_IN_PLACE | RT_OP_BACK_X,
    .shape = normalise_shape,
    .scratch = normalise_scratch,
    .forward = normalise_forward,
    .backward = normalise_backward,
    .tests = { { "7x3 3 3 3 3", "", .lo = 0.3, .hi = 2 },
               { "2x5x9 5 5 5", "axis=1 scale=no", .lo = 0.3, .hi = 2 },
               { "3x5x70 5 5 5", "axis=1 center=no", .lo = 0.3, .hi = 2 },
               { "131x70 70 70", "scale=no center=no epsilon=0.1", .lo = 0.3,
                 .hi = 2 } },
};

struct rt_node *rt_op_normalise(struct rt_graph *g, struct rt_node *x,
                                struct rt_node *mean, struct rt_node *variance,
                                struct rt_node *gamma, struct rt_node *beta,
                                const struct rt_normalise_args *a,
                                struct rt_err *err)
{
    struct rt_node *in[5] = { x, mean, variance };
    int n = 3;
    if (a->scale)
        in[n++] = gamma;
    if (a->center)
        in[n++] = beta;
    return rt_graph_op(g, &rt_operator_normalise, in, n, a, err);
}
