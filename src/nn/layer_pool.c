/* max_pool1d to max_pool3d, avg_pool1d to avg_pool3d: windows of which one
 * number is left. */
#include "graph/conv.h"
#include "nn/convolve.h"

struct args {
    struct rt_ints pool_size, strides;
    int padding;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, pool_size, .word = 1, .def = "2", .min = 1,
           .max = 65536, .help = "places of the window along each axis"),
    RT_OPT(struct args, strides, .def = "", .min = 1, .max = 65536,
           .help = "places from window to window; not given: pool_size"),
    RT_OPT(struct args, padding, .def = "valid", .choices = rt_paddings,
           .help = "same: windows reach over the border, what is outside does "
                   "not count"),
    RT_OPT_END,
};

static struct rt_node *build(struct rt_build *b, const struct args *a, int axes,
                             bool largest, struct rt_err *err)
{
    struct rt_pool_args set = { .size = a->pool_size,
                                .strides = a->strides,
                                .same = a->padding == RT_PADDING_SAME };
    struct rt_shape out;
    if (rt_convolve_input(&b->in[0]->shape, axes, err) ||
        rt_pool_shape(&set, &b->in[0]->shape, &out, err))
        return NULL;
    return rt_op_pool(b->g, b->in[0], largest, &set, err);
}

#define POOL(name_, class, n_axes, largest, what, in_, words_)                 \
    static struct rt_node *build_##name_(struct rt_build *b, const void *args, \
                                         struct rt_err *err)                   \
    {                                                                          \
        return build(b, args, n_axes, largest, err);                           \
    }                                                                          \
    const struct rt_layer rt_layer_##name_ = {                                 \
        .name = #name_,                                                        \
        .help = what,                                                          \
        .keras = class,                                                        \
        .opts = opts,                                                          \
        .args_size = sizeof(struct args),                                      \
        .axes = n_axes,                                                        \
        .build = build_##name_,                                                \
        .selftest = { .in = in_, .words = words_ },                            \
    };

POOL(avg_pool1d, "AveragePooling1D", 1, false,
     "the mean of each window of a sequence", "7x3", "3 strides=2")
POOL(avg_pool2d, "AveragePooling2D", 2, false,
     "the mean of each window of an image", "5x4x3", "2 padding=same")
POOL(avg_pool3d, "AveragePooling3D", 3, false,
     "the mean of each window of a volume", "3x4x3x2", "2 padding=same")
POOL(max_pool1d, "MaxPooling1D", 1, true,
     "the largest of each window of a sequence", "7x3", "2 padding=same")
POOL(max_pool2d, "MaxPooling2D", 2, true,
     "the largest of each window of an image", "5x4x3", "2,3 strides=1")
POOL(max_pool3d, "MaxPooling3D", 3, true,
     "the largest of each window of a volume", "3x4x3x2", "2 strides=1")
