/* locally_connected1d, locally_connected2d: convolution with weights of their
 * own at every place. Source: Keras 2.3.1 local.py. */
#include "nn/convolve.h"

struct args {
    int filters;
    struct rt_ints kernel_size, strides;
    int padding;
    const char *activation;
    bool use_bias;
    struct rt_weight_args kernel, bias;
    const char *activity_regularizer;
};
static const char *const paddings[] = { "valid", NULL };
static const struct rt_opt opts[] = {
    RT_OPT(struct args, filters, .word = 1, .min = 1, .max = INT_MAX,
           .help = "channels of the output"),
    RT_OPT(struct args, kernel_size, .word = 2, .min = 1, .max = 65536,
           .help = "places of the window along each axis"),
    RT_OPT(struct args, strides, .def = "1", .min = 1, .max = 65536,
           .help = "places from window to window"),
    RT_OPT(struct args, padding, .def = "valid", .choices = paddings, .rare = 1,
           .help = "windows stay within the input"),
    RT_OPT(struct args, activation, .def = "linear",
           .names = RT_NAMES_ACTIVATION, .help = "function of the outputs"),
    RT_OPT(struct args, use_bias, .def = "yes", .help = "add a bias"),
    RT_WEIGHT_OPTS(struct args, kernel, "glorot_uniform"),
    RT_WEIGHT_OPTS(struct args, bias, "zeros"),
    RT_ACTIVITY_OPT(struct args),
    RT_OPT_END,
};

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    int axes = b->type->axes;
    struct rt_local_args set = { .size = a->kernel_size,
                                 .strides = a->strides };
    struct rt_shape out, bias = { .rank = axes + 1 };
    int places, window;
    if (rt_convolve_input(&b->in[0]->shape, axes, err) ||
        rt_local_shape(&set, &b->in[0]->shape, &out, &places, &window, err))
        return NULL;
    struct rt_node *kernel = rt_build_trained(
        b, "kernel", &RT_SHAPE(places, window, a->filters), &a->kernel, err);
    struct rt_node *y = rt_op_local(b->g, b->in[0], kernel, &set, err);
    for (int i = 0; i < axes; i++)
        bias.dim[i] = out.dim[i + 1];
    bias.dim[axes] = a->filters;
    if (y && a->use_bias)
        y = rt_op_binary(b->g, RT_BINARY_add, y,
                         rt_build_trained(b, "bias", &bias, &a->bias, err),
                         err);
    return rt_build_activity(b, rt_activation(b->g, a->activation, y, err),
                             a->activity_regularizer, err);
}

const struct rt_layer rt_layer_locally_connected1d = {
    .name = "locally_connected1d",
    .help = "windows over the steps of a sequence, each with its own weights",
    .keras = "LocallyConnected1D",
    .opts = opts,
    .args_size = sizeof(struct args),
    .axes = 1,
    .build = build,
    .selftest = { .in = "7x3", .words = "4 3 strides=2 activation=tanh" },
};

const struct rt_layer rt_layer_locally_connected2d = {
    .name = "locally_connected2d",
    .help = "windows over rows and columns, each with its own weights",
    .keras = "LocallyConnected2D",
    .opts = opts,
    .args_size = sizeof(struct args),
    .axes = 2,
    .build = build,
    .selftest = { .in = "4x5x2", .words = "3 2,3 strides=2,1" },
};
