/* global_avg_pool1d, ... global_max_pool3d: one number of each channel. */
#include "nn/convolve.h"

/* The mean of the steps that count: of none it is 0/0, as Keras has it. */
static struct rt_node *masked_mean(struct rt_build *b, struct rt_err *err)
{
    struct rt_node *x = b->in[0], *m = b->mask[0];
    struct rt_shape each = RT_SHAPE(x->shape.dim[1], 1);
    struct rt_node *kept = rt_op_binary(
        b->g, RT_BINARY_mul, x, rt_op_reshape(b->g, m, &each, err), err);
    return rt_op_binary(b->g, RT_BINARY_div,
                        rt_op_reduce(b->g, RT_REDUCE_sum, kept, 1, false, err),
                        rt_op_reduce(b->g, RT_REDUCE_sum, m, 1, true, err),
                        err);
}

static struct rt_node *build(struct rt_build *b, enum rt_reduce f, int axes,
                             struct rt_err *err)
{
    if (rt_convolve_input(&b->in[0]->shape, axes, err))
        return NULL;
    if (b->mask[0]) /* of global_avg_pool1d alone */
        return masked_mean(b, err);
    return rt_op_reduce(b->g, f, b->in[0], RT_AXES(1, axes + 1), false, err);
}

#define POOL(name_, class, n_axes, f, masks, what, in_)                        \
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
        .keras_channels = true,                                                \
        .mask = masks,                                                         \
        .build = build_##name_,                                                \
        .selftest = { .in = in_, .words = "" },                                \
    };

POOL(global_avg_pool1d, "GlobalAveragePooling1D", 1, RT_REDUCE_mean,
     RT_MASK_OWN, "the mean of a sequence", "5x3")
POOL(global_avg_pool2d, "GlobalAveragePooling2D", 2, RT_REDUCE_mean,
     RT_MASK_REFUSED, "the mean of an image", "4x3x3")
POOL(global_avg_pool3d, "GlobalAveragePooling3D", 3, RT_REDUCE_mean,
     RT_MASK_REFUSED, "the mean of a volume", "2x3x2x2")
POOL(global_max_pool1d, "GlobalMaxPooling1D", 1, RT_REDUCE_max, RT_MASK_REFUSED,
     "the largest of a sequence", "5x3")
POOL(global_max_pool2d, "GlobalMaxPooling2D", 2, RT_REDUCE_max, RT_MASK_REFUSED,
     "the largest of an image", "4x3x3")
POOL(global_max_pool3d, "GlobalMaxPooling3D", 3, RT_REDUCE_max, RT_MASK_REFUSED,
     "the largest of a volume", "2x3x2x2")
