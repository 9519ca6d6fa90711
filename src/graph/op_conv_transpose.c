/* conv_transpose: the gradient of a convolution by its input, as a layer: every
 * place of x spreads over the places of y that a convolution would have made it
 * from. So forward is conv's way back to x, and the way back is conv. */
#include "graph/conv.h"
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <limits.h>

static const struct rt_opt opts[] = {
    RT_OPT(struct rt_conv_transpose_args, strides, .def = "",
           .help = "places of the result from place to place"),
    RT_OPT(struct rt_conv_transpose_args, dilation, .def = "",
           .help = "places from tap to tap"),
    RT_OPT(struct rt_conv_transpose_args, output_padding, .def = "",
           .help = "places added to the end of each axis; none is as many as "
                   "make it the input times the stride"),
    RT_OPT(struct rt_conv_transpose_args, same, .def = "no",
           .help = "as many places as the input has, times the stride"),
    RT_OPT_END,
};

/* The convolution along axis i from n_out places to n places, or one whose
 * n is 0 if there is none, -1 if there are more than an int counts. Source:
 * Keras 2.3.1, conv_utils.deconv_length. */
static struct rt_window window_of(const struct rt_conv_transpose_args *a, int i,
                                  int n_out, int kernel)
{
    struct rt_window w = { .kernel = kernel,
                           .stride = rt_ints_at(&a->strides, i, 1),
                           .dilation = rt_ints_at(&a->dilation, i, 1),
                           .same = a->same };
    int64_t span = (int64_t)(kernel - 1) * w.dilation + 1, n;
    int64_t more = span > w.stride ? span - w.stride : 0;
    int before;
    if (a->output_padding.n == 0)
        n = (int64_t)n_out * w.stride;
    else
        n = (int64_t)(n_out - 1) * w.stride +
            rt_ints_at(&a->output_padding, i, 0);
    /* before the sum, which int64_t might not hold */
    if (span > INT_MAX || n > INT_MAX) {
        w.n = -1;
        return w;
    }
    if (a->output_padding.n == 0)
        n += a->same ? 0 : more;
    else
        n += span - (a->same ? span / 2 * 2 : 0);
    w.n = n > INT_MAX ? -1 : n < 1 ? 0 : (int)n;
    if (w.n > 0 && rt_window_out(&w, &before) != n_out)
        w.n = 0;
    return w;
}

static int check(const struct rt_conv_transpose_args *a,
                 const struct rt_shape *x, const struct rt_shape *w,
                 const struct rt_shape *b, struct rt_err *err)
{
    int axes = x->rank - 2, channels = x->dim[x->rank - 1];
    if (axes < 1 || axes > RT_CONV_AXES)
        return rt_fail(err, RT_ESHAPE,
                       "input %s, want a batch, 1 to %d axes and channels",
                       rt_shape_text(x), RT_CONV_AXES);
    if (rt_ints_check(&a->strides, "strides", axes, 1, err) ||
        rt_ints_check(&a->dilation, "dilation", axes, 1, err) ||
        rt_ints_check(&a->output_padding, "output_padding", axes, 0, err))
        return RT_EINVAL;
    if (w->rank != x->rank || w->dim[w->rank - 1] != channels)
        return rt_fail(err, RT_ESHAPE,
                       "kernel %s for input %s, want %d axes and the input's "
                       "channels last",
                       rt_shape_text(w), rt_shape_text(x), x->rank);
    for (int i = 0; i < w->rank; i++)
        if (w->dim[i] < 1)
            return rt_fail(err, RT_ESHAPE, "kernel %s has an empty axis",
                           rt_shape_text(w));
    if (b && (b->rank != 1 || b->dim[0] != w->dim[axes]))
        return rt_fail(err, RT_ESHAPE, "bias %s for kernel %s, want (%d)",
                       rt_shape_text(b), rt_shape_text(w), w->dim[axes]);
    return RT_OK;
}

int rt_conv_transpose_shape(const struct rt_conv_transpose_args *a,
                            const struct rt_shape *x, const struct rt_shape *w,
                            const struct rt_shape *b, struct rt_shape *out,
                            struct rt_err *err)
{
    struct rt_shape y = *x;
    int axes = x->rank - 2, status = check(a, x, w, b, err);
    if (status)
        return status;
    y.dim[axes + 1] = w->dim[axes];
    for (int i = 0; i < axes; i++) {
        if (x->dim[i + 1] == RT_DIM_ANY)
            continue;
        struct rt_window v = window_of(a, i, x->dim[i + 1], w->dim[i]);
        if (v.n < 0)
            return rt_fail(err, RT_ESHAPE,
                           "kernel %s, strides of %d and dilation of %d make "
                           "more than %d places of axis %d of input %s",
                           rt_shape_text(w), v.stride, v.dilation, INT_MAX,
                           i + 1, rt_shape_text(x));
        if (v.n < 1)
            return rt_fail(err, RT_EINVAL,
                           "output_padding of %d with strides of %d and a "
                           "kernel of %d along axis %d of input %s, want it "
                           "below the strides%s",
                           rt_ints_at(&a->output_padding, i, 0), v.stride,
                           v.kernel, i + 1, rt_shape_text(x),
                           a->same && v.kernel % 2 == 0 ? " and above 0" : "");
        y.dim[i + 1] = v.n;
    }
    *out = y;
    return RT_OK;
}

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    int status = rt_conv_transpose_shape(args, &in[0], &in[1],
                                         n_in > 2 ? &in[2] : NULL, out, err);
    return status ? rt_err_within(err, "conv_transpose") : RT_OK;
}

/* The convolution from y to x. */
static struct rt_conv set_of(const struct rt_conv_transpose_args *a,
                             const struct rt_shape *x, const struct rt_shape *w)
{
    struct rt_window v[RT_CONV_AXES];
    int axes = x->rank - 2;
    for (int i = 0; i < axes; i++)
        v[i] = window_of(a, i, x->dim[i + 1], w->dim[i]);
    struct rt_conv g = rt_conv_of_windows(x->dim[0], v, axes);
    g.channels = w->dim[axes];
    g.filters = w->dim[axes + 1];
    g.groups = 1;
    return g;
}

static size_t scratch(const void *args, const struct rt_shape *in, int n_in,
                      const struct rt_shape *out)
{
    struct rt_conv g = set_of(args, &in[0], &in[1]);
    (void)n_in;
    (void)out;
    return rt_conv_scratch(&g);
}

static void forward(struct rt_call *c)
{
    struct rt_conv g = set_of(c->args, &c->x[0].shape, &c->x[1].shape);
    rt_conv_back_x(&g, c->x[0].v, NULL, c->x[1].v,
                   c->n_in > 2 ? c->x[2].v : NULL, c->y.v, c->scratch);
}

static void backward(struct rt_call *c)
{
    struct rt_conv g = set_of(c->args, &c->x[0].shape, &c->x[1].shape);
    size_t units = (size_t)g.channels;
    if (c->dx[0].v)
        rt_conv_forward(&g, c->dy.v, c->x[1].v, NULL, false, c->dx[0].v,
                        c->scratch);
    if (c->dx[1].v)
        rt_conv_back_w(&g, c->dy.v, c->x[0].v, NULL, c->dx[1].v, NULL,
                       c->scratch);
    if (c->dx[2].v)
        rt_kern()->col_sum(c->dy.v, c->dx[2].v, c->dy.n / units, units);
}

const struct rt_op rt_operator_conv_transpose = {
    .name = "conv_transpose",
    .help = "transposed convolution over one to three axes",
    .opts = opts,
    .args_size = sizeof(struct rt_conv_transpose_args),
    .min_in = 2,
    .max_in = 3,
    .flags = RT_OP_BACK_X,
    .shape = shape,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .tests = { { "2x4x3 3x5x3 5", "strides=2" },
               { "2x3x4x3 3x2x4x3 4", "strides=2 same=yes" },
               { "1x3x3x2 2x2x3x2", "strides=3" },
               { "1x3x2x2 3x3x2x2 2", "strides=2 same=yes output_padding=1" },
               { "1x4x3x2 3x2x3x2", "dilation=2,3 same=yes" },
               { "1x2x3x2x2 2x3x1x2x2 2", "strides=1,2,3" } },
};

struct rt_node *rt_op_conv_transpose(struct rt_graph *g, struct rt_node *x,
                                     struct rt_node *w, struct rt_node *b,
                                     const struct rt_conv_transpose_args *args,
                                     struct rt_err *err)
{
    struct rt_node *in[] = { x, w, b };
    return rt_graph_op(g, &rt_operator_conv_transpose, in, b ? 3 : 2, args,
                       err);
}
