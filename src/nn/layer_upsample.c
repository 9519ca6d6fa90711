/* upsample1d, upsample2d, upsample3d: axes several times as long. */
#include "graph/conv.h"
#include "nn/convolve.h"
#include "nn/dialect.h"
#include "nn/model.h"

struct args {
    struct rt_ints size;
    int interpolation;
};
static const char *const interpolations[] = { "nearest", "bilinear", NULL };
static const struct rt_opt opts_1d[] = {
    RT_OPT(struct args, size, .word = 1, .def = "2", .min = 1, .max = 65536,
           .help = "how many times each step is repeated"),
    RT_OPT_END,
};
static const struct rt_opt opts_3d[] = {
    RT_OPT(struct args, size, .word = 1, .def = "2", .min = 1, .max = 65536,
           .help = "how many times as many places along each axis"),
    RT_OPT_END,
};
static const struct rt_opt opts_2d[] = {
    RT_OPT(struct args, size, .word = 1, .def = "2", .min = 1, .max = 65536,
           .help = "how many times as many rows and columns"),
    RT_OPT(struct args, interpolation, .def = "nearest",
           .choices = interpolations,
           .help = "places are repeated, or made of their neighbours"),
    RT_OPT_END,
};

/* Up to Keras 2.3 distances are measured from where a place begins. */
static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    int axes = b->type->axes;
    struct rt_upsample_args set = { .size = a->size,
                                    .linear = a->interpolation > 0,
                                    .centers = b->model->dialect >=
                                               RT_TF_KERAS_2_4_0 };
    if (rt_convolve_input(&b->in[0]->shape, axes, err) ||
        rt_ints_check(&a->size, "size", axes, 1, err))
        return NULL;
    return rt_op_upsample(b->g, b->in[0], &set, err);
}

const struct rt_layer rt_layer_upsample1d = {
    .name = "upsample1d",
    .help = "every step of a sequence several times",
    .keras = "UpSampling1D",
    .opts = opts_1d,
    .args_size = sizeof(struct args),
    .axes = 1,
    .build = build,
    .selftest = { .in = "3x2", .words = "3" },
};

const struct rt_layer rt_layer_upsample2d = {
    .name = "upsample2d",
    .help = "an image several times as large",
    .keras = "UpSampling2D",
    .opts = opts_2d,
    .args_size = sizeof(struct args),
    .axes = 2,
    .build = build,
    .selftest = { .in = "3x2x2", .words = "2,3 interpolation=bilinear" },
};

const struct rt_layer rt_layer_upsample3d = {
    .name = "upsample3d",
    .help = "a volume several times as large",
    .keras = "UpSampling3D",
    .opts = opts_3d,
    .args_size = sizeof(struct args),
    .axes = 3,
    .build = build,
    .selftest = { .in = "2x1x2x2", .words = "2,3,1" },
};
