/* dense: y = activation(x kernel + bias) over the last axis. */
#include "nn/layer.h"

#include <limits.h>

struct args {
    int units;
    const char *activation;
    bool use_bias;
    struct rt_weight_args kernel, bias;
    const char *activity_regularizer;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, units, .word = 1, .min = 1, .max = INT_MAX,
           .help = "outputs of the layer"),
    RT_OPT(struct args, activation, .word = 2, .def = "linear",
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
    const struct rt_shape *x = &b->in[0]->shape;
    if (x->rank < 2 || x->dim[x->rank - 1] == RT_DIM_ANY) {
        rt_fail(err, RT_ESHAPE,
                "input is %s, want a last axis of known size; give it at "
                "`input`, or reshape before",
                rt_shape_text(x));
        return NULL;
    }
    struct rt_node *bias = NULL;
    struct rt_node *kernel = rt_build_trained(
        b, "kernel", &RT_SHAPE(x->dim[x->rank - 1], a->units), &a->kernel, err);
    if (!kernel)
        return NULL;
    if (a->use_bias) {
        bias = rt_build_trained(b, "bias", &RT_SHAPE(a->units), &a->bias, err);
        if (!bias)
            return NULL;
    }
    struct rt_node *y =
        rt_activation(b->g, a->activation,
                      rt_op_dense(b->g, b->in[0], kernel, bias, err), err);
    return rt_build_activity(b, y, a->activity_regularizer, err);
}

const struct rt_layer rt_layer_dense = {
    .name = "dense",
    .help = "fully connected layer",
    .keras = "Dense",
    .mask = RT_MASK_PASSED,
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build,
    .selftest = { .in = "3x5", .words = "4 tanh" },
};
