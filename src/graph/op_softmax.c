/* softmax along one axis. Along another than the last, the numbers that belong
 * together are gathered to rows first. */
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

struct args {
    int axis;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, axis, .def = "-1", .help = "axis that sums to 1"),
    RT_OPT_END,
};

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    const struct args *a = args;
    int at;
    (void)n_in;
    if (rt_shape_axis(&in[0], a->axis, &at, err))
        return rt_err_within(err, "softmax");
    *out = in[0];
    return RT_OK;
}

/* Rows of two tensors for one outer index. */
static size_t scratch(const void *args, const struct rt_shape *in, int n_in,
                      const struct rt_shape *out)
{
    const struct args *a = args;
    struct rt_span s = rt_shape_axis_span(out, a->axis);
    (void)in;
    (void)n_in;
    return s.inner == 1 ? 0 : 2 * s.len * s.inner * sizeof(float);
}

static void transpose(const float *x, float *y, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < cols; i++)
            y[i * rows + r] = x[r * cols + i];
}

static void forward(struct rt_call *c)
{
    const struct args *a = c->args;
    struct rt_span s = rt_shape_axis_span(&c->y.shape, a->axis);
    if (s.inner == 1) {
        rt_kern()->softmax(c->x[0].v, c->y.v, s.outer, s.len);
        return;
    }
    size_t n = s.len * s.inner;
    float *row = c->scratch;
    for (size_t o = 0; o < s.outer; o++) {
        transpose(c->x[0].v + o * n, row, s.len, s.inner);
        rt_kern()->softmax(row, row, s.inner, s.len);
        transpose(row, c->y.v + o * n, s.inner, s.len);
    }
}

static void backward(struct rt_call *c)
{
    const struct args *a = c->args;
    struct rt_span s = rt_shape_axis_span(&c->y.shape, a->axis);
    if (s.inner == 1) {
        rt_kern()->softmax_back(c->y.v, c->dy.v, c->dx[0].v, s.outer, s.len);
        return;
    }
    size_t n = s.len * s.inner;
    float *y = c->scratch, *dy = y + n;
    for (size_t o = 0; o < s.outer; o++) {
        transpose(c->y.v + o * n, y, s.len, s.inner);
        transpose(c->dy.v + o * n, dy, s.len, s.inner);
        rt_kern()->softmax_back(y, dy, dy, s.inner, s.len);
        transpose(dy, c->dx[0].v + o * n, s.inner, s.len);
    }
}

const struct rt_op rt_operator_softmax = {
    .name = "softmax",
    .help = "positive numbers that sum to 1 along an axis",
    .opts = opts,
    .args_size = sizeof(struct args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_IN_PLACE | RT_OP_BACK_Y,
    .shape = shape,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .tests = { { "3x10" },
               { "4x33" },
               { "2x3x4", "axis=1" },
               { "5x3", "axis=0" } },
};

struct rt_node *rt_op_softmax(struct rt_graph *g, struct rt_node *x, int axis,
                              struct rt_err *err)
{
    struct args a = { .axis = axis };
    return rt_graph_op(g, &rt_operator_softmax, &x, 1, &a, err);
}
