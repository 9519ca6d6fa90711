/* depthwise_conv2d, separable_conv1d, separable_conv2d: each channel by kernels
 * of its own; separable: then all channels of a place together. */
#include "base/mem.h"
#include "graph/conv.h"
#include "nn/convolve.h"

#define MULTIPLIER                                                             \
    RT_OPT(struct rt_convolve_args, depth_multiplier, .def = "1", .min = 1,    \
           .max = 65536, .help = "kernels of each channel")
#define WEIGHTS                                                                \
    RT_WEIGHT_OPTS(struct rt_convolve_args, depthwise, "glorot_uniform")

static const struct rt_opt depthwise_opts[] = {
    RT_CONVOLVE_KERNEL(1),
    RT_CONVOLVE_STRIDES,
    RT_CONVOLVE_PADDING(rt_paddings),
    MULTIPLIER,
    RT_CONVOLVE_DILATION,
    RT_CONVOLVE_ACTIVATION,
    RT_CONVOLVE_BIAS,
    WEIGHTS,
    RT_WEIGHT_OPTS(struct rt_convolve_args, bias, "zeros"),
    RT_ACTIVITY_OPT(struct rt_convolve_args),
    RT_OPT_END,
};

static const struct rt_opt separable_opts[] = {
    RT_CONVOLVE_FILTERS,
    RT_CONVOLVE_KERNEL(2),
    RT_CONVOLVE_STRIDES,
    RT_CONVOLVE_PADDING(rt_paddings),
    RT_CONVOLVE_DILATION,
    MULTIPLIER,
    RT_CONVOLVE_ACTIVATION,
    RT_CONVOLVE_BIAS,
    WEIGHTS,
    RT_WEIGHT_OPTS(struct rt_convolve_args, pointwise, "glorot_uniform"),
    RT_WEIGHT_OPTS(struct rt_convolve_args, bias, "zeros"),
    RT_ACTIVITY_OPT(struct rt_convolve_args),
    RT_OPT_END,
};

/* Each channel so many times, side by side: what a depth_multiplier reads is
 * then convolved channel by channel, which has a kernel of its own (measured
 * with 64 channels twice, 32 x 32: 2.4 times as fast as groups of two). NULL
 * without an error where an axis is of unknown length, or times is large. */
static struct rt_node *repeat_channels(struct rt_build *b, struct rt_node *x,
                                       int times, struct rt_err *err)
{
    enum { MOST = 16 };
    struct rt_shape flat = { .rank = 2, .dim = { 1, 1 } }, row = { 0 };
    int64_t n = 1;
    if (times > MOST)
        return NULL;
    row.rank = x->shape.rank - 1;
    for (int i = 0; i < row.rank; i++) {
        row.dim[i] = x->shape.dim[i + 1];
        if (row.dim[i] == RT_DIM_ANY)
            return NULL;
        n *= row.dim[i];
        if (n > INT_MAX / times)
            return NULL;
    }
    flat.dim[0] = (int)n;
    row.dim[row.rank - 1] *= times;
    struct rt_node *each = rt_op_reshape(b->g, x, &flat, err);
    struct rt_node **of = rt_xcalloc((size_t)times, sizeof *of);
    for (int i = 0; i < times; i++)
        of[i] = each;
    x = rt_op_concat(b->g, of, times, -1, err);
    free(of);
    return rt_op_reshape(b->g, x, &row, err);
}

/* Kernels (kernel..., channels, multiplier) lie in memory as those of a
 * convolution whose groups are the channels, (kernel..., 1, channels *
 * multiplier). */
static struct rt_node *depthwise(struct rt_build *b,
                                 const struct rt_convolve_args *a, int axes,
                                 struct rt_conv_args *set,
                                 struct rt_node **from, struct rt_err *err)
{
    const struct rt_shape *x = &b->in[0]->shape;
    *from = b->in[0];
    if (rt_convolve_check(b, a, axes, err))
        return NULL;
    int channels = x->dim[axes + 1];
    if ((int64_t)channels * a->depth_multiplier > INT_MAX) {
        rt_fail(err, RT_EINVAL, "%d channels with a depth_multiplier of %d",
                channels, a->depth_multiplier);
        return NULL;
    }
    struct rt_shape as_conv =
        rt_convolve_kernel(a, axes, 1, channels * a->depth_multiplier);
    struct rt_shape out, row = { .rank = axes + 1 };
    *set = rt_convolve_set(a);
    set->groups = channels;
    if (rt_conv_shape(set, x, &as_conv, NULL, &out, err))
        return NULL;
    if (a->depth_multiplier > 1) {
        struct rt_node *many =
            repeat_channels(b, *from, a->depth_multiplier, err);
        if (many)
            set->groups *= a->depth_multiplier;
        *from = many ? many : *from;
    }
    struct rt_shape kernel =
        rt_convolve_kernel(a, axes, channels, a->depth_multiplier);
    for (int i = 0; i < row.rank; i++)
        row.dim[i] = as_conv.dim[i + 1];
    return rt_op_reshape(
        b->g,
        rt_build_trained(b, "depthwise_kernel", &kernel, &a->depthwise, err),
        &row, err);
}

static struct rt_node *build_depthwise(struct rt_build *b, const void *args,
                                       struct rt_err *err)
{
    const struct rt_convolve_args *a = args;
    struct rt_conv_args set;
    struct rt_node *bias, *x, *kernel = depthwise(b, a, 2, &set, &x, err);
    if (!kernel || rt_convolve_bias(b, a, kernel->shape.dim[3], &bias, err))
        return NULL;
    struct rt_node *y = rt_convolve(b, x, kernel, bias, set, a, err);
    return rt_build_activity(b, y, a->activity_regularizer, err);
}

static struct rt_node *build_separable(struct rt_build *b, const void *args,
                                       struct rt_err *err)
{
    const struct rt_convolve_args *a = args;
    int axes = b->type->axes;
    struct rt_conv_args set, plain = { .groups = 1 };
    struct rt_shape shape = { .rank = axes + 2 };
    struct rt_node *bias, *pointwise, *from,
        *kernel = depthwise(b, a, axes, &set, &from, err);
    if (!kernel)
        return NULL;
    for (int i = 0; i < axes; i++)
        shape.dim[i] = 1;
    shape.dim[axes] = kernel->shape.dim[axes + 1];
    shape.dim[axes + 1] = a->filters;
    pointwise =
        rt_build_trained(b, "pointwise_kernel", &shape, &a->pointwise, err);
    if (!pointwise || rt_convolve_bias(b, a, a->filters, &bias, err))
        return NULL;
    struct rt_node *x = rt_op_conv(b->g, from, kernel, NULL, &set, err);
    struct rt_node *y = rt_convolve(b, x, pointwise, bias, plain, a, err);
    return rt_build_activity(b, y, a->activity_regularizer, err);
}

const struct rt_layer rt_layer_depthwise_conv2d = {
    .name = "depthwise_conv2d",
    .help = "convolution of each channel for itself",
    .keras = "DepthwiseConv2D",
    .opts = depthwise_opts,
    .args_size = sizeof(struct rt_convolve_args),
    .axes = 2,
    .build = build_depthwise,
    .selftest = { .in = "5x4x3",
                  .words = "3 strides=2 padding=same depth_multiplier=2 "
                           "activation=tanh" },
};

const struct rt_layer rt_layer_separable_conv1d = {
    .name = "separable_conv1d",
    .help = "convolution of each step's channels, then of all of them",
    .keras = "SeparableConv1D",
    .opts = separable_opts,
    .args_size = sizeof(struct rt_convolve_args),
    .axes = 1,
    .build = build_separable,
    .selftest = { .in = "7x3", .words = "4 3 dilation_rate=2" },
};

const struct rt_layer rt_layer_separable_conv2d = {
    .name = "separable_conv2d",
    .help = "convolution of each channel, then of all channels of a place",
    .keras = "SeparableConv2D",
    .opts = separable_opts,
    .args_size = sizeof(struct rt_convolve_args),
    .axes = 2,
    .build = build_separable,
    .selftest = { .in = "5x4x2",
                  .words = "3 3 padding=same depth_multiplier=2 "
                           "activation=softplus" },
};
