/* conv2d_transpose: a convolution the other way, from small images to large
 * ones. */
#include "graph/conv.h"
#include "nn/convolve.h"

static const struct rt_opt opts[] = {
    RT_CONVOLVE_FILTERS,
    RT_CONVOLVE_KERNEL(2),
    RT_OPT(struct rt_convolve_args, strides, .def = "1", .min = 1, .max = 65536,
           .help = "places of the output from place to place"),
    RT_CONVOLVE_PADDING(rt_paddings),
    RT_OPT(struct rt_convolve_args, output_padding, .def = "", .min = 0,
           .max = 65536,
           .help = "places at the end of each axis that a stride leaves open; "
                   "not given: as many as make it the input times the stride"),
    RT_CONVOLVE_DILATION,
    RT_CONVOLVE_ACTIVATION,
    RT_CONVOLVE_BIAS,
    RT_WEIGHT_OPTS(struct rt_convolve_args, kernel, "glorot_uniform"),
    RT_WEIGHT_OPTS(struct rt_convolve_args, bias, "zeros"),
    RT_ACTIVITY_OPT(struct rt_convolve_args),
    RT_OPT_END,
};

static int check_padding(const struct rt_convolve_args *a, int axes,
                         struct rt_err *err)
{
    for (int i = 0; a->output_padding.n && i < axes; i++) {
        int more = rt_ints_at(&a->output_padding, i, 0);
        int stride = rt_ints_at(&a->strides, i, 1);
        if (more >= stride)
            return rt_fail(err, RT_EINVAL,
                           "'output_padding' is %d where strides are %d, want "
                           "it below the strides",
                           more, stride);
    }
    return RT_OK;
}

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct rt_convolve_args *a = args;
    const struct rt_shape *x = &b->in[0]->shape;
    struct rt_conv_transpose_args set = { .strides = a->strides,
                                          .dilation = a->dilation_rate,
                                          .output_padding = a->output_padding,
                                          .same =
                                              a->padding == RT_PADDING_SAME };
    struct rt_shape out;
    struct rt_node *bias;
    if (rt_convolve_check(b, a, 2, err) ||
        rt_ints_check(&a->output_padding, "output_padding", 2, 0, err) ||
        check_padding(a, 2, err))
        return NULL;
    struct rt_shape shape =
        rt_convolve_kernel(a, 2, a->filters, x->dim[x->rank - 1]);
    if (rt_conv_transpose_shape(&set, x, &shape, NULL, &out, err))
        return NULL;
    struct rt_node *kernel =
        rt_build_trained(b, "kernel", &shape, &a->kernel, err);
    if (!kernel || rt_convolve_bias(b, a, a->filters, &bias, err))
        return NULL;
    struct rt_node *y = rt_activation(
        b->g, a->activation,
        rt_op_conv_transpose(b->g, b->in[0], kernel, bias, &set, err), err);
    return rt_build_activity(b, y, a->activity_regularizer, err);
}

const struct rt_layer rt_layer_conv2d_transpose = {
    .name = "conv2d_transpose",
    .help = "transposed convolution over rows and columns",
    .keras = "Conv2DTranspose",
    .keras_turned = true,
    .keras_swapped = true,
    .opts = opts,
    .args_size = sizeof(struct rt_convolve_args),
    .axes = 2,
    .build = build,
    .selftest = { .in = "3x2x4",
                  .words = "3 3,2 strides=2 padding=same activation=tanh" },
};
