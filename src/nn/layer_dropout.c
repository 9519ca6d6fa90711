/* dropout and its kin: a random share of the inputs is zero while training. */
#include "base/rng.h"
#include "nn/layer.h"

struct args {
    double rate;
    struct rt_ints noise_shape;
    int64_t seed;
};
#define RATE                                                                   \
    RT_OPT(struct args, rate, .word = 1, .min = 0, .max = 1, .open = 2,        \
           .live = 1, .help = "share of the inputs set to zero")
#define SEED                                                                   \
    RT_OPT(struct args, seed, .def = "",                                       \
           .help = "another stream of zeros than the layer's own")
static const struct rt_opt opts[] = { RATE, SEED, RT_OPT_END };
static const struct rt_opt dropout_opts[] = {
    RATE,
    RT_OPT(struct args, noise_shape, .def = "",
           .help = "shape with the batch first; an axis of 1 is one draw for "
                   "all along it: none,1,64"),
    SEED,
    RT_OPT_END,
};

static struct rt_node *seeded(struct rt_node *y, const struct args *a)
{
    if (y && a->seed != INT64_MIN)
        y->key = rt_key_int((struct rt_key){ y->key }, (uint64_t)a->seed).k;
    return y;
}

/* ---- dropout ------------------------------------------------------------- */

static int shared_axes(const struct rt_ints *noise, const struct rt_shape *x,
                       int *shared, struct rt_err *err)
{
    *shared = 0;
    if (noise->n && noise->n != x->rank)
        return rt_fail(err, RT_ESHAPE,
                       "noise_shape has %d axes, want %d as the input %s, the "
                       "batch first",
                       noise->n, x->rank, rt_shape_text(x));
    for (int i = 0; i < noise->n; i++) {
        if (noise->v[i] == 1)
            *shared |= 1 << i;
        else if (noise->v[i] != -1 && noise->v[i] != x->dim[i])
            return rt_fail(err, RT_ESHAPE,
                           "axis %d of noise_shape is %d, want 1, none or "
                           "that of the input %s",
                           i, noise->v[i], rt_shape_text(x));
    }
    return RT_OK;
}

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    int shared;
    if (shared_axes(&a->noise_shape, &b->in[0]->shape, &shared, err))
        return NULL;
    return seeded(rt_op_dropout_shared(b->g, b->in[0], a->rate, shared, err),
                  a);
}

const struct rt_layer rt_layer_dropout = {
    .name = "dropout",
    .help = "zero a random share of the inputs while training",
    .keras = "Dropout",
    .mask = RT_MASK_PASSED,
    .opts = dropout_opts,
    .args_size = sizeof(struct args),
    .build = build,
    .selftest = { .in = "4x6", .words = "0.3 noise_shape=none,1,6" },
};

static struct rt_node *build_alpha(struct rt_build *b, const void *args,
                                   struct rt_err *err)
{
    const struct args *a = args;
    return seeded(rt_op_alpha_dropout(b->g, b->in[0], a->rate, err), a);
}

const struct rt_layer rt_layer_alpha_dropout = {
    .name = "alpha_dropout",
    .help = "dropout that keeps the mean and variance of selu's outputs",
    .keras = "AlphaDropout",
    .keras_lacks = "seed",
    .mask = RT_MASK_PASSED,
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build_alpha,
    .selftest = { .in = "4x6", .words = "0.3" },
};

/* ---- whole channels ------------------------------------------------------ */

static struct rt_node *spatial(struct rt_build *b, const struct args *a,
                               int axes, struct rt_err *err)
{
    const struct rt_shape *x = &b->in[0]->shape;
    static const char *const want[] = { "(none,steps,channels)",
                                        "(none,rows,columns,channels)",
                                        "(none,d1,d2,d3,channels)" };
    if (x->rank != axes + 2) {
        rt_fail(err, RT_ESHAPE, "input is %s, want %s", rt_shape_text(x),
                want[axes - 1]);
        return NULL;
    }
    int shared = (1 << (axes + 1)) - 2; /* all but the batch and the last */
    return seeded(rt_op_dropout_shared(b->g, b->in[0], a->rate, shared, err),
                  a);
}

#define SPATIAL(n, shape)                                                      \
    static struct rt_node *build_##n##d(struct rt_build *b, const void *args,  \
                                        struct rt_err *err)                    \
    {                                                                          \
        return spatial(b, args, n, err);                                       \
    }                                                                          \
    const struct rt_layer rt_layer_spatial_dropout##n##d = {                   \
        .name = "spatial_dropout" #n "d",                                      \
        .help = "zero a random share of the channels while training",          \
        .keras = "SpatialDropout" #n "D",                                      \
        .keras_channels = n > 1,                                               \
        .mask = RT_MASK_PASSED,                                                \
        .opts = opts,                                                          \
        .args_size = sizeof(struct args),                                      \
        .build = build_##n##d,                                                 \
        .selftest = { .in = shape, .words = "0.3" },                           \
    };
SPATIAL(1, "4x6")
SPATIAL(2, "3x4x6")
SPATIAL(3, "2x3x2x4")
