/* Operators that move numbers: reshape and stop_gradient (which share the
 * operand's memory), concat, slice, onehot. */
#include "graph/op.h"
#include "graph/ops.h"

#include <limits.h>
#include <string.h>

/* ---- reshape --------------------------------------------------------------*/

struct reshape_args {
    struct rt_ints shape;
};
static const struct rt_opt reshape_opts[] = {
    RT_OPT(struct reshape_args, shape, .word = 1,
           .help = "of a row; one dimension may be -1"),
    RT_OPT_END,
};

static int reshape_shape(const void *args, const struct rt_shape *in, int n_in,
                         struct rt_shape *out, struct rt_err *err)
{
    const struct rt_ints *want = &((const struct reshape_args *)args)->shape;
    const struct rt_shape *x = &in[0];
    struct rt_shape to = { .rank = want->n };
    int open = -1;

    (void)n_in;
    if (x->rank < 1)
        return rt_fail(err, RT_ESHAPE,
                       "reshape: input is a scalar, want (none,...)");
    if (want->n >= RT_RANK_MAX)
        return rt_fail(err, RT_ESHAPE,
                       "reshape: %d dimensions a row, want at most %d", want->n,
                       RT_RANK_MAX - 1);
    for (int i = 1; i < x->rank; i++)
        if (x->dim[i] == RT_DIM_ANY)
            return rt_fail(err, RT_ESHAPE,
                           "reshape: the row of input %s is not known",
                           rt_shape_text(x));
    for (int i = 0; i < want->n; i++) {
        int d = want->v[i];
        to.dim[i] = d;
        if (d == -1 && open < 0)
            open = i;
        else if (d <= 0)
            return rt_fail(err, RT_EINVAL,
                           "reshape: dimension %d, want positive numbers and "
                           "at most one -1",
                           d);
    }
    if (rt_shape_check(&to, err))
        return rt_err_within(err, "reshape");
    size_t row = rt_shape_row(x), known = rt_shape_count(&to);
    if (open >= 0 ? row % known : row != known)
        return rt_fail(err, RT_ESHAPE,
                       "reshape: input %s has %zu numbers a row, shape %s "
                       "wants %s%zu",
                       rt_shape_text(x), row, rt_shape_text(&to),
                       open >= 0 ? "a multiple of " : "", known);
    if (open >= 0 && row / known > INT_MAX)
        return rt_fail(err, RT_ESHAPE,
                       "reshape: input %s would get a dimension of %zu, want "
                       "at most %d",
                       rt_shape_text(x), row / known, INT_MAX);
    if (open >= 0)
        to.dim[open] = (int)(row / known);
    *out = (struct rt_shape){ .rank = 1 + to.rank, .dim = { x->dim[0] } };
    memcpy(out->dim + 1, to.dim, (size_t)to.rank * sizeof *to.dim);
    return RT_OK;
}

const struct rt_op rt_operator_reshape = {
    .name = "reshape",
    .help = "the numbers of each row under another shape",
    .opts = reshape_opts,
    .args_size = sizeof(struct reshape_args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_VIEW,
    .shape = reshape_shape,
    .tests = { { "3x4x5", "20" }, { "3x20", "2,-1" }, { "3x4x5", "5x2x2" } },
};

struct rt_node *rt_op_reshape(struct rt_graph *g, struct rt_node *x,
                              const struct rt_shape *row, struct rt_err *err)
{
    struct reshape_args a = { .shape.n = row->rank };
    memcpy(a.shape.v, row->dim, (size_t)row->rank * sizeof *row->dim);
    return rt_graph_op(g, &rt_operator_reshape, &x, 1, &a, err);
}

/* ---- stop_gradient --------------------------------------------------------*/

const struct rt_op rt_operator_stop_gradient = {
    .name = "stop_gradient",
    .help = "x, but no gradient goes back through it",
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_VIEW | RT_OP_NO_GRAD,
    .shape = rt_op_shape_same,
    .tests = { { "3x4" } },
};

struct rt_node *rt_op_stop_gradient(struct rt_graph *g, struct rt_node *x,
                                    struct rt_err *err)
{
    return rt_graph_op(g, &rt_operator_stop_gradient, &x, 1, NULL, err);
}

/* ---- concat ---------------------------------------------------------------*/

struct concat_args {
    int axis;
};
static const struct rt_opt concat_opts[] = {
    RT_OPT(struct concat_args, axis, .def = "-1",
           .help = "axis along which the inputs follow each other"),
    RT_OPT_END,
};

static int concat_shape(const void *args, const struct rt_shape *in, int n_in,
                        struct rt_shape *out, struct rt_err *err)
{
    const struct concat_args *a = args;
    struct rt_shape y = in[0];
    int at;
    if (rt_shape_axis(&in[0], a->axis, &at, err))
        return rt_err_within(err, "concat");
    for (int i = 1; i < n_in; i++) {
        struct rt_shape x = in[i], first = in[0];
        if (x.rank == first.rank)
            x.dim[at] = first.dim[at];
        if (!rt_shape_equal(&x, &first))
            return rt_fail(err, RT_ESHAPE,
                           "concat: inputs %s and %s, want equal shapes but "
                           "for axis %d",
                           rt_shape_text(&first), rt_shape_text(&in[i]), at);
        if (in[i].dim[at] == RT_DIM_ANY || y.dim[at] == RT_DIM_ANY)
            return rt_fail(err, RT_ESHAPE,
                           "concat: axis %d of inputs %s and %s is not known",
                           at, rt_shape_text(&first), rt_shape_text(&in[i]));
        if (__builtin_add_overflow(y.dim[at], in[i].dim[at], &y.dim[at]))
            return rt_fail(err, RT_ESHAPE,
                           "concat: axis %d of inputs %s, %s, ... adds up to "
                           "more than %d",
                           at, rt_shape_text(&first), rt_shape_text(&in[i]),
                           INT_MAX);
    }
    *out = y;
    return RT_OK;
}

static void concat_forward(struct rt_call *c)
{
    const struct concat_args *a = c->args;
    struct rt_span y = rt_shape_axis_span(&c->y.shape, a->axis);
    size_t width = y.len * y.inner, at = 0;
    for (int i = 0; i < c->n_in; i++) {
        size_t n = c->x[i].n / y.outer;
        for (size_t o = 0; o < y.outer; o++)
            memcpy(c->y.v + o * width + at, c->x[i].v + o * n,
                   n * sizeof *c->y.v);
        at += n;
    }
}

static void concat_backward(struct rt_call *c)
{
    const struct concat_args *a = c->args;
    struct rt_span y = rt_shape_axis_span(&c->y.shape, a->axis);
    size_t width = y.len * y.inner, at = 0;
    for (int i = 0; i < c->n_in; i++) {
        size_t n = c->x[i].n / y.outer;
        for (size_t o = 0; c->dx[i].v && o < y.outer; o++)
            memcpy(c->dx[i].v + o * n, c->dy.v + o * width + at,
                   n * sizeof *c->dy.v);
        at += n;
    }
}

const struct rt_op rt_operator_concat = {
    .name = "concat",
    .help = "several inputs one after the other along an axis",
    .opts = concat_opts,
    .args_size = sizeof(struct concat_args),
    .min_in = 1,
    .max_in = RT_OP_IN_MAX,
    .shape = concat_shape,
    .forward = concat_forward,
    .backward = concat_backward,
    .tests = { { "3x4 3x5" },
               { "3x4 3x1 3x2" },
               { "2x3x4 2x2x4", "axis=1" },
               { "3x4 2x4", "axis=0" } },
};

struct rt_node *rt_op_concat(struct rt_graph *g, struct rt_node *const *x,
                             int n, int axis, struct rt_err *err)
{
    struct concat_args a = { .axis = axis };
    return rt_graph_op(g, &rt_operator_concat, x, n, &a, err);
}

/* ---- slice ----------------------------------------------------------------*/

struct slice_args {
    int axis, from, to;
};
static const struct rt_opt slice_opts[] = {
    RT_OPT(struct slice_args, axis, .def = "-1", .help = "axis to cut"),
    RT_OPT(struct slice_args, from, .def = "0",
           .help = "first index; negative counts from the end"),
    RT_OPT(struct slice_args, to, .def = "0",
           .help = "index after the last; 0 is the end"),
    RT_OPT_END,
};

/* The interval as two indices of an axis of d. */
static int cut(const struct slice_args *a, int d, int *from, int *to)
{
    *from = a->from < 0 ? a->from + d : a->from;
    *to = a->to <= 0 ? a->to + d : a->to;
    return 0 <= *from && *from < *to && *to <= d;
}

static int slice_shape(const void *args, const struct rt_shape *in, int n_in,
                       struct rt_shape *out, struct rt_err *err)
{
    const struct slice_args *a = args;
    struct rt_shape y = in[0];
    int at, from, to;
    (void)n_in;
    if (rt_shape_axis(&in[0], a->axis, &at, err))
        return rt_err_within(err, "slice");
    if (y.dim[at] == RT_DIM_ANY)
        return rt_fail(err, RT_ESHAPE,
                       "slice: axis %d of input %s is not known", at,
                       rt_shape_text(&in[0]));
    if (!cut(a, y.dim[at], &from, &to))
        return rt_fail(err, RT_EINVAL,
                       "slice: %d to %d of axis %d of input %s, want at least "
                       "one of its %d indices",
                       a->from, a->to ? a->to : y.dim[at], at,
                       rt_shape_text(&in[0]), y.dim[at]);
    y.dim[at] = to - from;
    *out = y;
    return RT_OK;
}

struct piece {
    size_t outer, width; /* of the operand */
    size_t from, n;      /* within each width */
};

static struct piece piece_of(const struct rt_call *c)
{
    const struct slice_args *a = c->args;
    struct rt_span x = rt_shape_axis_span(&c->x[0].shape, a->axis);
    int from, to;
    cut(a, (int)x.len, &from, &to);
    return (struct piece){ x.outer, x.len * x.inner, (size_t)from * x.inner,
                           (size_t)(to - from) * x.inner };
}

static void slice_forward(struct rt_call *c)
{
    struct piece p = piece_of(c);
    for (size_t o = 0; o < p.outer; o++)
        memcpy(c->y.v + o * p.n, c->x[0].v + o * p.width + p.from,
               p.n * sizeof *c->y.v);
}

static void slice_backward(struct rt_call *c)
{
    struct piece p = piece_of(c);
    size_t after = p.width - p.from - p.n, size = sizeof *c->y.v;
    for (size_t o = 0; o < p.outer; o++) {
        float *dx = c->dx[0].v + o * p.width;
        memset(dx, 0, p.from * size);
        memcpy(dx + p.from, c->dy.v + o * p.n, p.n * size);
        memset(dx + p.from + p.n, 0, after * size);
    }
}

const struct rt_op rt_operator_slice = {
    .name = "slice",
    .help = "part of an axis",
    .opts = slice_opts,
    .args_size = sizeof(struct slice_args),
    .min_in = 1,
    .max_in = 1,
    .shape = slice_shape,
    .forward = slice_forward,
    .backward = slice_backward,
    .tests = { { "3x7", "from=2 to=5" },
               { "3x7", "from=-2" },
               { "3x7", "to=-1" },
               { "2x5x3", "axis=1 from=1 to=4" } },
};

struct rt_node *rt_op_slice(struct rt_graph *g, struct rt_node *x, int axis,
                            int from, int to, struct rt_err *err)
{
    struct slice_args a = { .axis = axis, .from = from, .to = to };
    return rt_graph_op(g, &rt_operator_slice, &x, 1, &a, err);
}

/* ---- onehot ---------------------------------------------------------------*/

struct onehot_args {
    int classes;
};
static const struct rt_opt onehot_opts[] = {
    RT_OPT(struct onehot_args, classes, .word = 1, .min = 1, .max = 1e6,
           .help = "number of classes"),
    RT_OPT_END,
};

static int onehot_shape(const void *args, const struct rt_shape *in, int n_in,
                        struct rt_shape *out, struct rt_err *err)
{
    const struct onehot_args *a = args;
    const struct rt_shape *x = &in[0];
    (void)n_in;
    if (a->classes < 1)
        return rt_fail(err, RT_EINVAL, "onehot: %d classes, want at least 1",
                       a->classes);
    if (x->rank < 1 || x->dim[x->rank - 1] != 1)
        return rt_fail(err, RT_ESHAPE,
                       "onehot: input %s, want class numbers (none,1)",
                       rt_shape_text(x));
    *out = *x;
    out->dim[x->rank - 1] = a->classes;
    return RT_OK;
}

/* A number that is no class gives a row of zeros, as in Keras. */
static void onehot_forward(struct rt_call *c)
{
    const struct onehot_args *a = c->args;
    size_t n = (size_t)a->classes;
    memset(c->y.v, 0, c->y.n * sizeof *c->y.v);
    for (size_t r = 0; r < c->x[0].n; r++) {
        float v = c->x[0].v[r];
        if (v >= 0 && v < (float)a->classes)
            c->y.v[r * n + (size_t)v] = 1;
    }
}

const struct rt_op rt_operator_onehot = {
    .name = "onehot",
    .help = "a class number as 1 in its place and 0 elsewhere",
    .opts = onehot_opts,
    .args_size = sizeof(struct onehot_args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_NO_GRAD,
    .shape = onehot_shape,
    .forward = onehot_forward,
    .tests = { { "5x1", "4", .lo = 0, .hi = 3.9 },
               { "2x3x1", "3", .lo = -1, .hi = 3.9 } },
};

struct rt_node *rt_op_onehot(struct rt_graph *g, struct rt_node *x, int n,
                             struct rt_err *err)
{
    struct onehot_args a = { .classes = n };
    return rt_graph_op(g, &rt_operator_onehot, &x, 1, &a, err);
}
