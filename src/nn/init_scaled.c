/* Initializers whose spread keeps the variance of what flows through: scale
 * over the fan, uniform or normal.
 * Source: Keras 2.3.1 initializers.py, VarianceScaling. */
#include "nn/init.h"

#include <math.h>

/* Standard deviation of a unit normal cut at two. */
#define TRUNCATED_SD .87962566103423978

static double at_least_one(double fan)
{
    return fan > 1 ? fan : 1;
}

static void uniform(double variance, const struct rt_shape *shape,
                    struct rt_key key, float *out)
{
    double limit = sqrt(3 * variance);
    rt_init_uniform(key, -limit, limit, out, rt_shape_count(shape));
}

static void normal(double variance, const struct rt_shape *shape,
                   struct rt_key key, float *out)
{
    rt_init_truncated(key, 0, sqrt(variance) / TRUNCATED_SD, out,
                      rt_shape_count(shape));
}

#define SCALED(ident, class, text, spread, variance)                           \
    static void draw_##ident(const void *args, const struct rt_shape *shape,   \
                             double fan_in, double fan_out, struct rt_key key, \
                             float *out)                                       \
    {                                                                          \
        (void)args, (void)fan_in, (void)fan_out;                               \
        spread(variance, shape, key, out);                                     \
    }                                                                          \
    const struct rt_init rt_init_##ident = {                                   \
        .name = #ident,                                                        \
        .help = text,                                                          \
        .keras = class,                                                        \
        .draw = draw_##ident,                                                  \
    };

#define AVERAGE at_least_one((fan_in + fan_out) / 2)
#define IN      at_least_one(fan_in)
SCALED(glorot_normal, "glorot_normal", "normal, variance 2 / (in + out)",
       normal, 1 / AVERAGE)
SCALED(glorot_uniform, "glorot_uniform", "uniform, variance 2 / (in + out)",
       uniform, 1 / AVERAGE)
SCALED(he_normal, "he_normal", "normal, variance 2 / in", normal, 2 / IN)
SCALED(he_uniform, "he_uniform", "uniform, variance 2 / in", uniform, 2 / IN)
SCALED(lecun_normal, "lecun_normal", "normal, variance 1 / in", normal, 1 / IN)
SCALED(lecun_uniform, "lecun_uniform", "uniform, variance 1 / in", uniform,
       1 / IN)

/* ---- with all its parameters --------------------------------------------- */

enum mode { FAN_IN, FAN_OUT, FAN_AVG };
enum spread { NORMAL, UNIFORM, TRUNCATED_NORMAL, UNTRUNCATED_NORMAL };
struct scaling {
    double scale;
    int mode, distribution;
};
static const char *const modes[] = { "fan_in", "fan_out", "fan_avg", NULL };
static const char *const spreads[] = { "normal", "uniform", "truncated_normal",
                                       "untruncated_normal", NULL };
static const struct rt_opt scaling_opts[] = {
    RT_OPT(struct scaling, scale, .word = 1, .def = "1", .min = 0,
           .max = INFINITY, .open = 1, .help = "variance times the fan"),
    RT_OPT(struct scaling, mode, .def = "fan_in", .choices = modes,
           .help = "which fan: inputs or outputs of a unit, or their mean"),
    RT_OPT(struct scaling, distribution, .def = "normal", .choices = spreads,
           .help = "normal is cut at two standard deviations"),
    RT_OPT_END,
};

static void draw_variance_scaling(const void *args,
                                  const struct rt_shape *shape, double fan_in,
                                  double fan_out, struct rt_key key, float *out)
{
    const struct scaling *a = args;
    double fan = a->mode == FAN_IN    ? fan_in
                 : a->mode == FAN_OUT ? fan_out
                                      : (fan_in + fan_out) / 2;
    double variance = a->scale / at_least_one(fan);
    if (a->distribution == UNIFORM) {
        uniform(variance, shape, key, out);
    } else if (a->distribution == UNTRUNCATED_NORMAL) {
        size_t n = rt_shape_count(shape);
        rt_rng_normal(key, 0, out, n);
        for (size_t i = 0; i < n; i++)
            out[i] = (float)(sqrt(variance) * (double)out[i]);
    } else {
        normal(variance, shape, key, out);
    }
}

const struct rt_init rt_init_variance_scaling = {
    .name = "variance_scaling",
    .help = "variance scale / fan, which the others of this kind are cases of",
    .keras = "VarianceScaling",
    .opts = scaling_opts,
    .args_size = sizeof(struct scaling),
    .draw = draw_variance_scaling,
};
