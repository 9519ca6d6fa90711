/* Normal noise while training, added or multiplied. */
#include "nn/layer.h"

#include <math.h>

struct noise {
    double stddev;
};
static const struct rt_opt noise_opts[] = {
    RT_OPT(struct noise, stddev, .word = 1, .min = 0, .max = INFINITY,
           .open = 2, .live = 1, .help = "standard deviation of the noise"),
    RT_OPT_END,
};

static struct rt_node *build_noise(struct rt_build *b, const void *args,
                                   struct rt_err *err)
{
    const struct noise *a = args;
    return rt_op_gaussian_noise(b->g, b->in[0], a->stddev, err);
}

const struct rt_layer rt_layer_gaussian_noise = {
    .name = "gaussian_noise",
    .help = "add normal noise while training",
    .keras = "GaussianNoise",
    .mask = RT_MASK_PASSED,
    .opts = noise_opts,
    .args_size = sizeof(struct noise),
    .build = build_noise,
    .selftest = { .in = "4x6", .words = "0.1" },
};

struct factor {
    double rate;
};
static const struct rt_opt factor_opts[] = {
    RT_OPT(struct factor, rate, .word = 1, .min = 0, .max = 1, .open = 2,
           .live = 1,
           .help = "the noise is as wide as that of a dropout of this rate"),
    RT_OPT_END,
};

static struct rt_node *build_factor(struct rt_build *b, const void *args,
                                    struct rt_err *err)
{
    const struct factor *a = args;
    return rt_op_gaussian_dropout(b->g, b->in[0], a->rate, err);
}

const struct rt_layer rt_layer_gaussian_dropout = {
    .name = "gaussian_dropout",
    .help = "multiply with normal noise of mean 1 while training",
    .keras = "GaussianDropout",
    .mask = RT_MASK_PASSED,
    .opts = factor_opts,
    .args_size = sizeof(struct factor),
    .build = build_factor,
    .selftest = { .in = "4x6", .words = "0.2" },
};
