/* conv1d, conv2d, conv3d: convolution, channels last. */
#include "graph/conv.h"
#include "nn/convolve.h"

#define OPTS(paddings)                                                         \
    {                                                                          \
        RT_CONVOLVE_FILTERS, RT_CONVOLVE_KERNEL(2), RT_CONVOLVE_STRIDES,       \
            RT_CONVOLVE_PADDING(paddings), RT_CONVOLVE_DILATION,               \
            RT_OPT(struct rt_convolve_args, groups, .def = "1", .min = 1,      \
                   .max = INT_MAX, .rare = 1,                                  \
                   .help = "channels and filters fall into so many groups"),   \
            RT_CONVOLVE_ACTIVATION, RT_CONVOLVE_BIAS,                          \
            RT_WEIGHT_OPTS(struct rt_convolve_args, kernel, "glorot_uniform"), \
            RT_WEIGHT_OPTS(struct rt_convolve_args, bias, "zeros"),            \
            RT_ACTIVITY_OPT(struct rt_convolve_args), RT_OPT_END,              \
    }
static const struct rt_opt opts_causal[] = OPTS(rt_paddings_causal);
static const struct rt_opt opts[] = OPTS(rt_paddings);

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct rt_convolve_args *a = args;
    int axes = b->type->axes;
    struct rt_node *bias;
    if (rt_convolve_check(b, a, axes, err))
        return NULL;
    struct rt_conv_args set = rt_convolve_set(a);
    int channels = b->in[0]->shape.dim[axes + 1];
    struct rt_shape shape = rt_convolve_kernel(a, axes, channels / a->groups,
                                               a->filters),
                    out;
    /* before there are weights: it says what is wrong with groups, too */
    if (channels >= a->groups &&
        rt_conv_shape(&set, &b->in[0]->shape, &shape, NULL, &out, err))
        return NULL;
    struct rt_node *kernel =
        rt_build_trained(b, "kernel", &shape, &a->kernel, err);
    if (!kernel || rt_convolve_bias(b, a, a->filters, &bias, err))
        return NULL;
    struct rt_node *y = rt_convolve(b, b->in[0], kernel, bias, set, a, err);
    return rt_build_activity(b, y, a->activity_regularizer, err);
}

const struct rt_layer rt_layer_conv1d = {
    .name = "conv1d",
    .help = "convolution over the steps of a sequence",
    .keras = "Conv1D",
    .keras_turned = true,
    .keras_lacks = "groups",
    .opts = opts_causal,
    .args_size = sizeof(struct rt_convolve_args),
    .axes = 1,
    .build = build,
    .selftest = { .in = "7x3",
                  .words = "4 3 padding=causal dilation_rate=2 "
                           "activation=tanh kernel_regularizer=l2" },
};

const struct rt_layer rt_layer_conv2d = {
    .name = "conv2d",
    .help = "convolution over rows and columns",
    .keras = "Conv2D",
    .keras_turned = true,
    .keras_lacks = "groups",
    .opts = opts,
    .args_size = sizeof(struct rt_convolve_args),
    .axes = 2,
    .build = build,
    .selftest = { .in = "6x5x4",
                  .words = "6 3,2 strides=2,1 padding=same groups=2 "
                           "activation=sigmoid" },
};

const struct rt_layer rt_layer_conv3d = {
    .name = "conv3d",
    .help = "convolution over planes, rows and columns",
    .keras = "Conv3D",
    .keras_turned = true,
    .keras_lacks = "groups",
    .opts = opts,
    .args_size = sizeof(struct rt_convolve_args),
    .axes = 3,
    .build = build,
    .selftest = { .in = "3x4x3x2",
                  .words = "3 2,3,2 strides=1,2,1 padding=same "
                           "activation=tanh" },
};
