/* activation: an activation function as a layer of its own. */
#include "nn/layer.h"

struct args {
    const char *activation;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, activation, .word = 1, .names = RT_NAMES_ACTIVATION,
           .help = "name of the function"),
    RT_OPT_END,
};

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    return rt_activation(b->g, a->activation, b->in[0], err);
}

const struct rt_layer rt_layer_activation = {
    .name = "activation",
    .help = "apply an activation function",
    .keras = "Activation",
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build,
    .selftest = { .in = "6", .words = "tanh" },
};
