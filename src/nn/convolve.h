/* What the convolution layers share: options and checks. A layer's table takes
 * the options it has, in Keras' order. Names and defaults: Keras 2.3.1, groups
 * as tf.keras 2.4. */
#ifndef RT_NN_CONVOLVE_H
#define RT_NN_CONVOLVE_H
#include "nn/layer.h"

#include <limits.h>

enum rt_padding { RT_PADDING_VALID, RT_PADDING_SAME, RT_PADDING_CAUSAL };
extern const char *const rt_paddings[];        /* valid, same */
extern const char *const rt_paddings_causal[]; /* and causal */

struct rt_convolve_args {
    int filters;
    struct rt_ints kernel_size, strides, dilation_rate, output_padding;
    int padding; /* enum rt_padding */
    int depth_multiplier, groups;
    const char *activation;
    bool use_bias;
    struct rt_weight_args kernel, depthwise, pointwise, bias;
    const char *activity_regularizer;
};

#define RT_CONVOLVE_FILTERS                                                    \
    RT_OPT(struct rt_convolve_args, filters, .word = 1, .min = 1,              \
           .max = INT_MAX, .help = "channels of the output")
#define RT_CONVOLVE_KERNEL(at)                                                 \
    RT_OPT(struct rt_convolve_args, kernel_size, .word = at, .min = 1,         \
           .max = 65536, .help = "places of the window along each axis")
#define RT_CONVOLVE_STRIDES                                                    \
    RT_OPT(struct rt_convolve_args, strides, .def = "1", .min = 1,             \
           .max = 65536, .help = "places from window to window")
#define RT_CONVOLVE_PADDING(names)                                             \
    RT_OPT(struct rt_convolve_args, padding, .def = "valid", .choices = names, \
           .help = "zeros around the input, so that windows reach over its "   \
                   "border")
#define RT_CONVOLVE_DILATION                                                   \
    RT_OPT(struct rt_convolve_args, dilation_rate, .def = "1", .min = 1,       \
           .max = 65536, .help = "places from tap to tap of the window")
#define RT_CONVOLVE_ACTIVATION                                                 \
    RT_OPT(struct rt_convolve_args, activation, .def = "linear",               \
           .names = RT_NAMES_ACTIVATION, .help = "function of the outputs")
#define RT_CONVOLVE_BIAS                                                       \
    RT_OPT(struct rt_convolve_args, use_bias, .def = "yes",                    \
           .help = "add a bias")

/* Input, kernel, strides and dilation go together. Errors: RT_ESHAPE,
 * RT_EINVAL. */
int rt_convolve_check(const struct rt_build *b,
                      const struct rt_convolve_args *a, int axes,
                      struct rt_err *err);
/* The input's shape has `axes` axes between batch and channels, which are
 * known. */
int rt_convolve_input(const struct rt_shape *x, int axes, struct rt_err *err);
/* Of the operator, without relu. */
struct rt_conv_args rt_convolve_set(const struct rt_convolve_args *a);
/* (kernel_size..., next, last) */
struct rt_shape rt_convolve_kernel(const struct rt_convolve_args *a, int axes,
                                   int next, int last);
/* The weight "bias" of n numbers in *out, or NULL without use_bias. */
int rt_convolve_bias(struct rt_build *b, const struct rt_convolve_args *a,
                     int n, struct rt_node **out, struct rt_err *err);
/* x by kernel, bias and activation; NULL with err. */
struct rt_node *rt_convolve(struct rt_build *b, struct rt_node *x,
                            struct rt_node *kernel, struct rt_node *bias,
                            struct rt_conv_args set,
                            const struct rt_convolve_args *a,
                            struct rt_err *err);
#endif
