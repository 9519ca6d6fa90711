/* Activation functions as layers of their own: any by its name, and those that
 * Keras has a class for. */
#include "nn/layer.h"

#include <math.h>
#include <stdio.h>

#define LAYER(ident, text, class, type, options, ...)                          \
    const struct rt_layer rt_layer_##ident = {                                 \
        .name = #ident,                                                        \
        .help = text,                                                          \
        .keras = class,                                                        \
        .mask = RT_MASK_PASSED,                                                \
        .opts = options,                                                       \
        .args_size = sizeof(type),                                             \
        .build = build_##ident,                                                \
        .selftest = { __VA_ARGS__ },                                           \
    };

/* ---- by name ------------------------------------------------------------- */

struct named {
    const char *activation;
};
static const struct rt_opt named_opts[] = {
    RT_OPT(struct named, activation, .word = 1, .names = RT_NAMES_ACTIVATION,
           .help = "name of the function"),
    RT_OPT_END,
};

static struct rt_node *build_activation(struct rt_build *b, const void *args,
                                        struct rt_err *err)
{
    const struct named *a = args;
    return rt_activation(b->g, a->activation, b->in[0], err);
}
LAYER(activation, "apply an activation function", "Activation", struct named,
      named_opts, .in = "6", .words = "tanh")

/* In Keras an Activation too. */
struct selu {
    int activation;
};
static const struct rt_opt selu_opts[] = {
    RT_OPT(struct selu, activation,
           .choices = (const char *const[]){ "selu", NULL }, .def = "selu",
           .rare = 1, .help = "always selu"),
    RT_OPT_END,
};

static struct rt_node *build_selu(struct rt_build *b, const void *args,
                                  struct rt_err *err)
{
    (void)args;
    return rt_activation(b->g, "selu", b->in[0], err);
}
LAYER(selu, "scaled elu, which keeps mean 0 and variance 1", "Activation",
      struct selu, selu_opts, .in = "6", .words = "")

/* ---- softmax ------------------------------------------------------------- */

struct softmax {
    int axis;
};
static const struct rt_opt softmax_opts[] = {
    RT_OPT(struct softmax, axis, .def = "-1", .help = "axis that sums to 1"),
    RT_OPT_END,
};

static struct rt_node *build_softmax(struct rt_build *b, const void *args,
                                     struct rt_err *err)
{
    const struct softmax *a = args;
    return rt_op_softmax(b->g, b->in[0], a->axis, err);
}
LAYER(softmax, "positive numbers that sum to 1", "Softmax", struct softmax,
      softmax_opts, .in = "3x4", .words = "axis=1")

/* ---- kinds of relu ------------------------------------------------------- */

struct relu {
    struct rt_relu_args relu;
};
static const struct rt_opt relu_opts[] = {
    RT_RELU_OPTS(struct relu, relu),
    RT_OPT_END,
};

static struct rt_node *build_relu(struct rt_build *b, const void *args,
                                  struct rt_err *err)
{
    const struct relu *a = args;
    return rt_relu(b->g, b->in[0], &a->relu, err);
}
LAYER(relu, "the input where positive, else 0", "ReLU", struct relu, relu_opts,
      .in = "6", .words = "max_value=6 negative_slope=0.1 threshold=0.2")

struct leaky {
    double alpha;
};
static const struct rt_opt leaky_opts[] = {
    RT_OPT(struct leaky, alpha, .word = 1, .def = "0.3",
           .help = "slope below zero"),
    RT_OPT_END,
};

static struct rt_node *build_leaky_relu(struct rt_build *b, const void *args,
                                        struct rt_err *err)
{
    const struct leaky *a = args;
    return rt_op_unary(b->g, RT_UNARY_leaky_relu, b->in[0], a->alpha, err);
}
LAYER(leaky_relu, "relu with a slope below zero", "LeakyReLU", struct leaky,
      leaky_opts, .in = "6", .words = "0.1")

struct elu {
    double alpha;
};
static const struct rt_opt elu_opts[] = {
    RT_OPT(struct elu, alpha, .word = 1, .def = "1",
           .help = "value far below zero is -alpha"),
    RT_OPT_END,
};

static struct rt_node *build_elu(struct rt_build *b, const void *args,
                                 struct rt_err *err)
{
    const struct elu *a = args;
    return rt_op_unary(b->g, RT_UNARY_elu, b->in[0], a->alpha, err);
}
LAYER(elu, "relu that bends towards a negative value", "ELU", struct elu,
      elu_opts, .in = "6", .words = "0.7")

struct thresholded {
    double theta;
};
static const struct rt_opt thresholded_opts[] = {
    RT_OPT(struct thresholded, theta, .word = 1, .def = "1", .min = 0,
           .max = INFINITY, .help = "what is not above it becomes 0"),
    RT_OPT_END,
};

static struct rt_node *
build_thresholded_relu(struct rt_build *b, const void *args, struct rt_err *err)
{
    const struct thresholded *a = args;
    return rt_relu(
        b->g, b->in[0],
        &(struct rt_relu_args){ .max_value = NAN, .threshold = a->theta }, err);
}
LAYER(thresholded_relu, "the input where above a threshold, else 0",
      "ThresholdedReLU", struct thresholded, thresholded_opts, .in = "6",
      .words = "0.4")

/* ---- prelu --------------------------------------------------------------- */

struct prelu {
    struct rt_weight_args alpha;
    struct rt_ints shared_axes;
};
static const struct rt_opt prelu_opts[] = {
    RT_WEIGHT_OPTS(struct prelu, alpha, "zeros"),
    RT_OPT(struct prelu, shared_axes, .def = "",
           .help = "axes along which one slope serves all, from 1: 1,2"),
    RT_OPT_END,
};

/* One slope a number of a row, one for all along shared axes. */
static int slopes(const struct prelu *a, const struct rt_shape *x,
                  struct rt_shape *out, struct rt_err *err)
{
    out->rank = x->rank - 1;
    for (int i = 0; i < out->rank; i++)
        out->dim[i] = x->dim[i + 1];
    for (int i = 0; i < a->shared_axes.n; i++) {
        int axis = a->shared_axes.v[i];
        if (axis < 1 || axis >= x->rank)
            return rt_fail(err, RT_EINVAL, "shared axis %d of %s, want 1 to %d",
                           axis, rt_shape_text(x), x->rank - 1);
        out->dim[axis - 1] = 1;
    }
    for (int i = 0; i < out->rank; i++)
        if (out->dim[i] == RT_DIM_ANY)
            return rt_fail(err, RT_ESHAPE,
                           "input is %s, want axis %d of known size; share it "
                           "by shared_axes=%d",
                           rt_shape_text(x), i + 1, i + 1);
    return RT_OK;
}

static struct rt_node *build_prelu(struct rt_build *b, const void *args,
                                   struct rt_err *err)
{
    const struct prelu *a = args;
    struct rt_shape shape;
    if (slopes(a, &b->in[0]->shape, &shape, err))
        return NULL;
    struct rt_node *alpha =
        rt_build_trained(b, "alpha", &shape, &a->alpha, err);
    return rt_op_binary(b->g, RT_BINARY_prelu, b->in[0], alpha, err);
}
LAYER(prelu, "relu whose slopes below zero are learnt", "PReLU", struct prelu,
      prelu_opts, .in = "3x4",
      .words = "alpha_initializer=constant(0.2) shared_axes=1")

/* ---- a penalty alone ----------------------------------------------------- */

struct activity {
    double l1, l2;
};
static const struct rt_opt activity_opts[] = {
    RT_OPT(struct activity, l1, .def = "0", .min = 0, .max = INFINITY,
           .help = "rate of the sum of absolute values"),
    RT_OPT(struct activity, l2, .def = "0", .min = 0, .max = INFINITY,
           .help = "rate of the sum of squares"),
    RT_OPT_END,
};

static struct rt_node *build_activity_reg(struct rt_build *b, const void *args,
                                          struct rt_err *err)
{
    const struct activity *a = args;
    char spec[128];
    snprintf(spec, sizeof spec, "l1_l2(%.17g,%.17g)", a->l1, a->l2);
    return rt_build_activity(b, b->in[0], spec, err);
}
LAYER(activity_reg, "penalise the size of what flows through",
      "ActivityRegularization", struct activity, activity_opts, .in = "6",
      .words = "l1=0.1 l2=0.2")
