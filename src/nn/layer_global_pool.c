/* global_avg_pool1d, ... global_max_pool3d: one number of each channel. */
#include "nn/convolve.h"

static struct rt_node *build(struct rt_build *b, enum rt_reduce f, int axes,
                             struct rt_err *err)
{
    if (rt_convolve_input(&b->in[0]->shape, axes, err))
        return NULL;
    return rt_op_reduce(b->g, f, b->in[0], RT_AXES(1, axes + 1), false, err);
}

#define POOL(name_, class, n_axes, f, what, in_)                               \
    static struct rt_node *build_##name_(struct rt_build *b, const void *args, \
                                         struct rt_err *err)                   \
    {                                                                          \
        (void)args;                                                            \
        return build(b, f, n_axes, err);                                       \
    }                                                                          \
    const struct rt_layer rt_layer_##name_ = {                                 \
        .name = #name_,                                                        \
        .help = what,                                                          \
        .keras = class,                                                        \
        .build = build_##name_,                                                \
        .selftest = { .in = in_, .words = "" },                                \
    };

POOL(global_avg_pool1d, "GlobalAveragePooling1D", 1, RT_REDUCE_mean,
     "the mean of a sequence", "5x3")
POOL(global_avg_pool2d, "GlobalAveragePooling2D", 2, RT_REDUCE_mean,
     "the mean of an image", "4x3x3")
POOL(global_avg_pool3d, "GlobalAveragePooling3D", 3, RT_REDUCE_mean,
     "the mean of a volume", "2x3x2x2")
POOL(global_max_pool1d, "GlobalMaxPooling1D", 1, RT_REDUCE_max,
     "the largest of a sequence", "5x3")
POOL(global_max_pool2d, "GlobalMaxPooling2D", 2, RT_REDUCE_max,
     "the largest of an image", "4x3x3")
POOL(global_max_pool3d, "GlobalMaxPooling3D", 3, RT_REDUCE_max,
     "the largest of a volume", "2x3x2x2")
