/* Initializers that do not look at the shape. Defaults: Keras 2.3.1. */
#include "nn/init.h"

#include <math.h>

static void fill(float *out, const struct rt_shape *shape, double v)
{
    for (size_t i = 0, n = rt_shape_count(shape); i < n; i++)
        out[i] = (float)v;
}

static void draw_zeros(const void *args, const struct rt_shape *shape,
                       double fan_in, double fan_out, struct rt_key key,
                       float *out)
{
    (void)args, (void)fan_in, (void)fan_out, (void)key;
    fill(out, shape, 0);
}

const struct rt_init rt_init_zeros = {
    .name = "zeros",
    .help = "all 0",
    .keras = "Zeros",
    .draw = draw_zeros,
};

static void draw_ones(const void *args, const struct rt_shape *shape,
                      double fan_in, double fan_out, struct rt_key key,
                      float *out)
{
    (void)args, (void)fan_in, (void)fan_out, (void)key;
    fill(out, shape, 1);
}

const struct rt_init rt_init_ones = {
    .name = "ones",
    .help = "all 1",
    .keras = "Ones",
    .draw = draw_ones,
};

struct constant {
    double value;
};
static const struct rt_opt constant_opts[] = {
    RT_OPT(struct constant, value, .word = 1, .def = "0",
           .help = "the value of all"),
    RT_OPT_END,
};

static void draw_constant(const void *args, const struct rt_shape *shape,
                          double fan_in, double fan_out, struct rt_key key,
                          float *out)
{
    const struct constant *a = args;
    (void)fan_in, (void)fan_out, (void)key;
    fill(out, shape, a->value);
}

const struct rt_init rt_init_constant = {
    .name = "constant",
    .help = "all the same value",
    .keras = "Constant",
    .opts = constant_opts,
    .args_size = sizeof(struct constant),
    .draw = draw_constant,
};

struct identity {
    double gain;
};
static const struct rt_opt identity_opts[] = {
    RT_OPT(struct identity, gain, .word = 1, .def = "1",
           .help = "the value on the diagonal"),
    RT_OPT_END,
};

static void draw_identity(const void *args, const struct rt_shape *shape,
                          double fan_in, double fan_out, struct rt_key key,
                          float *out)
{
    const struct identity *a = args;
    (void)fan_in, (void)fan_out, (void)key;
    fill(out, shape, 0);
    for (int i = 0; i < shape->dim[0] && i < shape->dim[1]; i++)
        out[(size_t)i * (size_t)shape->dim[1] + (size_t)i] = (float)a->gain;
}

const struct rt_init rt_init_identity = {
    .name = "identity",
    .help = "1 on the diagonal, else 0",
    .keras = "Identity",
    .opts = identity_opts,
    .args_size = sizeof(struct identity),
    .rank = 2,
    .draw = draw_identity,
};

struct uniform {
    double minval, maxval;
};
static const struct rt_opt uniform_opts[] = {
    RT_OPT(struct uniform, minval, .word = 1, .def = "-0.05",
           .help = "lower bound, included"),
    RT_OPT(struct uniform, maxval, .word = 2, .def = "0.05",
           .help = "upper bound, excluded"),
    RT_OPT_END,
};

static void draw_uniform(const void *args, const struct rt_shape *shape,
                         double fan_in, double fan_out, struct rt_key key,
                         float *out)
{
    const struct uniform *a = args;
    (void)fan_in, (void)fan_out;
    rt_init_uniform(key, a->minval, a->maxval, out, rt_shape_count(shape));
}

const struct rt_init rt_init_random_uniform = {
    .name = "random_uniform",
    .help = "uniform between two bounds",
    .keras = "RandomUniform",
    .opts = uniform_opts,
    .args_size = sizeof(struct uniform),
    .draw = draw_uniform,
};

struct normal {
    double mean, stddev;
};
static const struct rt_opt normal_opts[] = {
    RT_OPT(struct normal, mean, .word = 1, .def = "0", .help = "mean"),
    RT_OPT(struct normal, stddev, .word = 2, .def = "0.05", .min = 0,
           .max = INFINITY, .help = "standard deviation"),
    RT_OPT_END,
};

static void draw_normal(const void *args, const struct rt_shape *shape,
                        double fan_in, double fan_out, struct rt_key key,
                        float *out)
{
    const struct normal *a = args;
    (void)fan_in, (void)fan_out;
    size_t n = rt_shape_count(shape);
    rt_rng_normal(key, 0, out, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(a->mean + a->stddev * (double)out[i]);
}

const struct rt_init rt_init_random_normal = {
    .name = "random_normal",
    .help = "normal distribution",
    .keras = "RandomNormal",
    .opts = normal_opts,
    .args_size = sizeof(struct normal),
    .draw = draw_normal,
};

static void draw_truncated(const void *args, const struct rt_shape *shape,
                           double fan_in, double fan_out, struct rt_key key,
                           float *out)
{
    const struct normal *a = args;
    (void)fan_in, (void)fan_out;
    rt_init_truncated(key, a->mean, a->stddev, out, rt_shape_count(shape));
}

const struct rt_init rt_init_truncated_normal = {
    .name = "truncated_normal",
    .help = "normal distribution without what is beyond two stddev",
    .keras = "TruncatedNormal",
    .opts = normal_opts,
    .args_size = sizeof(struct normal),
    .draw = draw_truncated,
};
