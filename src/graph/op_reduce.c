/* Reductions over one axis, over the last axes or over all, and the mean over
 * a batch. Any of them is a sum (max, ...) of `len` numbers that lie `inner`
 * apart, `outer` times. */
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <assert.h>
#include <string.h>

struct args {
    int axis;
    bool keepdims;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, axis, .def = "-1",
           .help =
               "which axis; 1000 + k: all axes from k; 2000 + 10 k + l: axes k "
               "to l - 1"),
    RT_OPT(struct args, keepdims, .def = "no",
           .help = "leave an axis of 1 in its place"),
    RT_OPT_END,
};

/* The axes that go: from..to-1. */
static int axes(const struct args *a, const struct rt_shape *x, int *from,
                int *to, struct rt_err *err)
{
    if (a->axis >= RT_AXES(0, 0)) {
        int both = a->axis - RT_AXES(0, 0);
        *from = both / 10 < x->rank ? both / 10 : x->rank;
        *to = both % 10 < x->rank ? both % 10 : x->rank;
        return RT_OK;
    }
    if (a->axis >= RT_AXES_ALL) {
        *from = a->axis - RT_AXES_ALL;
        *from = *from < x->rank ? *from : x->rank;
        *to = x->rank;
        return RT_OK;
    }
    int status = rt_shape_axis(x, a->axis, from, err);
    *to = *from + 1;
    return status;
}

static int shape(const char *name, const struct args *a,
                 const struct rt_shape *x, struct rt_shape *out,
                 struct rt_err *err)
{
    int from = 0, to = 0;
    if (axes(a, x, &from, &to, err))
        return rt_err_within(err, "%s", name);
    struct rt_shape y = { .rank = 0 };
    for (int i = 0; i < x->rank; i++) {
        if (i < from || i >= to)
            y.dim[y.rank++] = x->dim[i];
        else if (a->keepdims)
            y.dim[y.rank++] = 1;
    }
    *out = y;
    return RT_OK;
}

static struct rt_span span_of(const struct rt_call *c)
{
    const struct rt_shape *x = &c->x[0].shape;
    int from = 0, to = 0;
    axes(c->args, x, &from, &to, NULL);
    return rt_shape_span(x, from, to);
}

/* ---- sum and mean ---------------------------------------------------------*/

static void sums(const struct rt_call *c, struct rt_span s, double by)
{
    const struct rt_kern *k = rt_kern();
    if (s.inner == 1) {
        for (size_t o = 0; o < s.outer; o++)
            c->y.v[o] = (float)(k->sum(c->x[0].v + o * s.len, s.len) * by);
        return;
    }
    for (size_t o = 0; o < s.outer; o++)
        k->col_sum(c->x[0].v + o * s.len * s.inner, c->y.v + o * s.inner, s.len,
                   s.inner);
    if (by != 1)
        k->scale(c->y.v, (float)by, c->y.n);
}

static void sums_back(const struct rt_call *c, struct rt_span s, double by)
{
    const struct rt_kern *k = rt_kern();
    float *dx = c->dx[0].v;
    if (s.inner == 1) {
        for (size_t o = 0; o < s.outer; o++)
            k->fill(dx + o * s.len, (float)((double)c->dy.v[o] * by), s.len);
        return;
    }
    for (size_t o = 0; o < s.outer; o++)
        for (size_t l = 0; l < s.len; l++, dx += s.inner)
            memcpy(dx, c->dy.v + o * s.inner, s.inner * sizeof *dx);
    if (by != 1)
        k->scale(c->dx[0].v, (float)by, c->x[0].n);
}

static void sum_forward(struct rt_call *c)
{
    sums(c, span_of(c), 1);
}

static void sum_backward(struct rt_call *c)
{
    sums_back(c, span_of(c), 1);
}

static void mean_forward(struct rt_call *c)
{
    struct rt_span s = span_of(c);
    sums(c, s, 1.0 / (double)s.len);
}

static void mean_backward(struct rt_call *c)
{
    struct rt_span s = span_of(c);
    sums_back(c, s, 1.0 / (double)s.len);
}

/* ---- max, min and argmax --------------------------------------------------*/

/* A NaN wins, so that it is not hidden. */
static bool beats(float v, float best, bool least)
{
    return (least ? v < best : v > best) || (v != v && best == best);
}

static size_t find(const float *x, struct rt_span s, bool least)
{
    size_t best = 0;
    for (size_t l = 1; l < s.len; l++)
        if (beats(x[l * s.inner], x[best * s.inner], least))
            best = l;
    return best;
}

static void extremes(const struct rt_call *c, bool least)
{
    struct rt_span s = span_of(c);
    for (size_t o = 0; o < s.outer; o++)
        for (size_t i = 0; i < s.inner; i++) {
            const float *x = c->x[0].v + o * s.len * s.inner + i;
            c->y.v[o * s.inner + i] = x[find(x, s, least) * s.inner];
        }
}

static void max_forward(struct rt_call *c)
{
    extremes(c, false);
}

static void min_forward(struct rt_call *c)
{
    extremes(c, true);
}

/* Equal ones share the gradient, as in TensorFlow. */
static void extremes_backward(struct rt_call *c)
{
    struct rt_span s = span_of(c);
    for (size_t o = 0; o < s.outer; o++)
        for (size_t i = 0; i < s.inner; i++) {
            size_t first = o * s.len * s.inner + i, at = o * s.inner + i;
            const float *x = c->x[0].v + first;
            float *dx = c->dx[0].v + first, y = c->y.v[at];
            size_t ties = 0;
            for (size_t l = 0; l < s.len; l++)
                ties += x[l * s.inner] == y;
            float share = ties ? c->dy.v[at] / (float)ties : 0;
            for (size_t l = 0; l < s.len; l++)
                dx[l * s.inner] = x[l * s.inner] == y ? share : 0;
        }
}

static void argmax_forward(struct rt_call *c)
{
    struct rt_span s = span_of(c);
    for (size_t o = 0; o < s.outer; o++)
        for (size_t i = 0; i < s.inner; i++)
            c->y.v[o * s.inner + i] =
                (float)find(c->x[0].v + o * s.len * s.inner + i, s, false);
}

/* ---- records --------------------------------------------------------------*/

#define RECORD(f, text, reads, ahead, back)                                    \
    static int f##_shape(const void *args, const struct rt_shape *in,          \
                         int n_in, struct rt_shape *out, struct rt_err *err)   \
    {                                                                          \
        (void)n_in;                                                            \
        return shape(#f, args, &in[0], out, err);                              \
    }                                                                          \
    const struct rt_op rt_operator_reduce_##f = {                              \
        .name = "reduce_" #f,                                                  \
        .help = text,                                                          \
        .opts = opts,                                                          \
        .args_size = sizeof(struct args),                                      \
        .min_in = 1,                                                           \
        .max_in = 1,                                                           \
        .flags = (reads),                                                      \
        .shape = f##_shape,                                                    \
        .forward = ahead,                                                      \
        .backward = back,                                                      \
        .tests = { { "3x17" },                                                 \
                   { "3x17", "axis=0" },                                       \
                   { "2x3x4", "axis=1 keepdims=yes" },                         \
                   { "2x3x4", "axis=1000" },                                   \
                   { "2x3x4", "axis=1001" },                                   \
                   { "2x3x4x5", "axis=2013" } },                               \
    };

RECORD(sum, "sum over axes", 0, sum_forward, sum_backward)
RECORD(mean, "mean over axes", 0, mean_forward, mean_backward)
RECORD(max, "largest over axes", RT_OP_BACK_X | RT_OP_BACK_Y, max_forward,
       extremes_backward)
RECORD(min, "smallest over axes", RT_OP_BACK_X | RT_OP_BACK_Y, min_forward,
       extremes_backward)
RECORD(argmax, "place of the largest, the first of equals", RT_OP_NO_GRAD,
       argmax_forward, NULL)

static const struct rt_op *const records[RT_N_REDUCE] = {
#define X(f) [RT_REDUCE_##f] = &rt_operator_reduce_##f,
    RT_REDUCE(X)
#undef X
};

struct rt_node *rt_op_reduce(struct rt_graph *g, enum rt_reduce f,
                             struct rt_node *x, int axis, bool keepdims,
                             struct rt_err *err)
{
    struct args a = { .axis = axis, .keepdims = keepdims };
    assert((unsigned)f < RT_N_REDUCE);
    return rt_graph_op(g, records[f], &x, 1, &a, err);
}

/* ---- mean over a batch ----------------------------------------------------*/

static int batch_shape(const void *args, const struct rt_shape *in, int n_in,
                       struct rt_shape *out, struct rt_err *err)
{
    (void)args;
    if (in[0].rank < 1)
        return rt_fail(err, RT_ESHAPE,
                       "batch_mean: input is a scalar, want (none,...)");
    if (n_in > 1 && (in[1].rank < 1 || rt_shape_row(&in[1]) != 1 ||
                     in[1].dim[0] != in[0].dim[0]))
        return rt_fail(err, RT_ESHAPE,
                       "batch_mean: weights %s for values %s, want one "
                       "weight a row",
                       rt_shape_text(&in[1]), rt_shape_text(&in[0]));
    *out = (struct rt_shape){ .rank = 0 };
    return RT_OK;
}

/* The sum of all values, each row weighted. */
static double batch_sum(struct rt_call *c)
{
    const struct rt_kern *k = rt_kern();
    size_t rows = (size_t)c->x[0].shape.dim[0], n = c->x[0].n / rows;
    double total = 0;
    if (c->n_in == 1)
        total = k->sum(c->x[0].v, c->x[0].n);
    else if (n == 1)
        total = k->dot(c->x[0].v, c->x[1].v, rows);
    else
        for (size_t r = 0; r < rows; r++)
            total += k->sum(c->x[0].v + r * n, n) * (double)c->x[1].v[r];
    return total;
}

static void batch_forward(struct rt_call *c)
{
    *c->y.v = (float)(batch_sum(c) / (double)c->x[0].shape.dim[0]);
}

/* share: the gradient of a value whose weight is 1 */
static void batch_sum_back(struct rt_call *c, double share)
{
    const struct rt_kern *k = rt_kern();
    size_t rows = (size_t)c->x[0].shape.dim[0], n = c->x[0].n / rows;
    const float *w = c->n_in > 1 ? c->x[1].v : NULL;
    float *dx = c->dx[0].v, *dw = c->dx[1].v;
    if (dx && !w)
        k->fill(dx, (float)share, c->x[0].n);
    else if (dx)
        for (size_t r = 0; r < rows; r++)
            k->fill(dx + r * n, (float)(share * (double)w[r]), n);
    if (w && dw)
        for (size_t r = 0; r < rows; r++)
            dw[r] = (float)(share * k->sum(c->x[0].v + r * n, n));
}

static void batch_backward(struct rt_call *c)
{
    batch_sum_back(c, (double)*c->dy.v / (double)c->x[0].shape.dim[0]);
}

/* 1 / number of weights that are not 0 */
static double per_present(const struct rt_call *c)
{
    size_t present = 0;
    for (size_t r = 0; r < c->x[1].n; r++)
        present += c->x[1].v[r] != 0;
    return present ? 1 / (double)present : 0;
}

static void present_forward(struct rt_call *c)
{
    *c->y.v = (float)(batch_sum(c) * per_present(c));
}

static void present_backward(struct rt_call *c)
{
    batch_sum_back(c, (double)*c->dy.v * per_present(c));
}

const struct rt_op rt_operator_batch_mean = {
    .name = "batch_mean",
    .help = "sum of all values, each row weighted, by the number of rows",
    .min_in = 1,
    .max_in = 2,
    .flags = RT_OP_BACK_X,
    .shape = batch_shape,
    .forward = batch_forward,
    .backward = batch_backward,
    .tests = { { "5" }, { "5 5" }, { "5x3 5" }, { "5x3 5x1" } },
};

struct rt_node *rt_op_batch_mean(struct rt_graph *g, struct rt_node *x,
                                 struct rt_node *w, struct rt_err *err)
{
    struct rt_node *in[] = { x, w };
    return rt_graph_op(g, &rt_operator_batch_mean, in, w ? 2 : 1, NULL, err);
}

const struct rt_op rt_operator_present_mean = {
    .name = "present_mean",
    .help = "sum of all values, each row weighted, by the number of rows "
            "whose weight is not 0",
    .min_in = 2,
    .max_in = 2,
    .flags = RT_OP_BACK_X,
    .shape = batch_shape,
    .forward = present_forward,
    .backward = present_backward,
    .tests = { { "5 5" }, { "5x3 5" } },
};

struct rt_node *rt_op_present_mean(struct rt_graph *g, struct rt_node *x,
                                   struct rt_node *w, struct rt_err *err)
{
    struct rt_node *in[] = { x, w };
    return rt_graph_op(g, &rt_operator_present_mean, in, 2, NULL, err);
}
