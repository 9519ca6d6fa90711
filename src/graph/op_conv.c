/* conv: y = x * w + b over one to three axes, channels last; relu in the same
 * pass if asked for. With as many groups as channels it is the depthwise one.
 */
#include "graph/conv.h"
#include "graph/op.h"
#include "graph/ops.h"

static const struct rt_opt opts[] = {
    RT_OPT(struct rt_conv_args, strides, .def = "",
           .help = "places from window to window"),
    RT_OPT(struct rt_conv_args, dilation, .def = "",
           .help = "places from tap to tap"),
    RT_OPT(struct rt_conv_args, before, .def = "",
           .help = "zeros before each axis"),
    RT_OPT(struct rt_conv_args, after, .def = "",
           .help = "zeros behind each axis"),
    RT_OPT(struct rt_conv_args, same, .def = "no",
           .help = "as many zeros as keep an axis, divided by its stride"),
    RT_OPT(struct rt_conv_args, groups, .def = "1", .min = 1, .max = 1e6,
           .help = "channels and filters fall into so many groups"),
    RT_OPT(struct rt_conv_args, relu, .def = "no",
           .help = "what is negative becomes zero"),
    RT_OPT_END,
};

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    int status =
        rt_conv_shape(args, &in[0], &in[1], n_in > 2 ? &in[2] : NULL, out, err);
    return status ? rt_err_within(err, "conv") : RT_OK;
}

static size_t scratch(const void *args, const struct rt_shape *in, int n_in,
                      const struct rt_shape *out)
{
    struct rt_conv g = rt_conv_set(args, &in[0], &in[1]);
    (void)n_in;
    (void)out;
    return rt_conv_scratch(&g);
}

static void forward(struct rt_call *c)
{
    const struct rt_conv_args *a = c->args;
    struct rt_conv g = rt_conv_set(a, &c->x[0].shape, &c->x[1].shape);
    rt_conv_forward(&g, c->x[0].v, c->x[1].v, c->n_in > 2 ? c->x[2].v : NULL,
                    a->relu, c->y.v, c->scratch);
}

static void backward(struct rt_call *c)
{
    const struct rt_conv_args *a = c->args;
    struct rt_conv g = rt_conv_set(a, &c->x[0].shape, &c->x[1].shape);
    const float *y = a->relu ? c->y.v : NULL;
    if (c->dx[0].v)
        rt_conv_back_x(&g, c->dy.v, y, c->x[1].v, NULL, c->dx[0].v, c->scratch);
    if (c->dx[1].v || c->dx[2].v)
        rt_conv_back_w(&g, c->x[0].v, c->dy.v, y, c->dx[1].v, c->dx[2].v,
                       c->scratch);
}

const struct rt_op rt_operator_conv = {
    .name = "conv",
    .help = "convolution over one to three axes",
    .opts = opts,
    .args_size = sizeof(struct rt_conv_args),
    .min_in = 2,
    .max_in = 3,
    .flags = RT_OP_BACK_X | RT_OP_BACK_Y,
    .shape = shape,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .tests = { { "2x7x3 3x3x5 5", "before=2" },
               { "2x7x6x3 3x2x3x4 4", "same=yes" },
               { "1x8x9x2 3x3x2x3", "strides=2 same=yes relu=yes" },
               { "2x9x8x4 2x3x2x6 6", "strides=3,2 groups=2" },
               { "1x9x9x2 3x3x2x3 3", "dilation=2,3 same=yes" },
               { "2x6x5x20 3x3x1x20 20", "groups=20 same=yes relu=yes" },
               { "1x4x5x3x2 2x3x2x2x3 3", "strides=1,2,1 before=1 after=0" },
               { "3x40x30x3 3x3x3x17 17", "strides=2 dilation=2 before=3" } },
};

struct rt_node *rt_op_conv(struct rt_graph *g, struct rt_node *x,
                           struct rt_node *w, struct rt_node *b,
                           const struct rt_conv_args *args, struct rt_err *err)
{
    struct rt_node *in[] = { x, w, b };
    return rt_graph_op(g, &rt_operator_conv, in, b ? 3 : 2, args, err);
}
