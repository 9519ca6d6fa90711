/* zero_pad1d to zero_pad3d, crop1d to crop3d: borders added or taken away. */
#include "nn/convolve.h"

struct args {
    struct rt_ints sides;
};

/* One number is for all sides, one for each axis for both of its sides; else
 * before and behind of each axis. */
static int split(const struct rt_ints *v, const char *name, int axes,
                 struct rt_pad_args *out, struct rt_err *err)
{
    bool both = v->n == 2 * axes;
    if (v->n != 1 && v->n != axes && !both)
        return rt_fail(err, RT_EINVAL, "'%s' has %d numbers, want %s%d", name,
                       v->n,
                       axes == 3   ? "1, 3 or "
                       : axes == 2 ? "1, 2 or "
                                   : "1 or ",
                       2 * axes);
    out->before.n = out->after.n = axes;
    for (int i = 0; i < axes; i++) {
        out->before.v[i] = v->v[v->n == 1 ? 0 : both ? 2 * i : i];
        out->after.v[i] = v->v[v->n == 1 ? 0 : both ? 2 * i + 1 : i];
    }
    return RT_OK;
}

static struct rt_node *build(struct rt_build *b, const struct args *a, int axes,
                             bool crop, struct rt_err *err)
{
    const struct rt_shape *x = &b->in[0]->shape;
    struct rt_pad_args set;
    if (rt_convolve_input(x, axes, err) ||
        split(&a->sides, crop ? "cropping" : "padding", axes, &set, err))
        return NULL;
    for (int i = 0; crop && i < axes; i++)
        if (x->dim[i + 1] != RT_DIM_ANY &&
            (int64_t)set.before.v[i] + set.after.v[i] >= x->dim[i + 1]) {
            rt_fail(err, RT_EINVAL,
                    "cropping takes %d and %d of axis %d of input %s, want "
                    "one left at least",
                    set.before.v[i], set.after.v[i], i + 1, rt_shape_text(x));
            return NULL;
        }
    return rt_op_pad(b->g, b->in[0], crop, &set, err);
}

#define SIDES(name_, default_, what)                                           \
    {                                                                          \
        RT_OPT(struct args, sides, .name = name_, .word = 1, .def = default_,  \
               .min = 0, .max = 65536, .help = what),                          \
            RT_OPT_END,                                                        \
    }
#define LAYER(name_, class, n_axes, crop_, opts_, what, in_, words_)           \
    static struct rt_node *build_##name_(struct rt_build *b, const void *args, \
                                         struct rt_err *err)                   \
    {                                                                          \
        return build(b, args, n_axes, crop_, err);                             \
    }                                                                          \
    const struct rt_layer rt_layer_##name_ = {                                 \
        .name = #name_,                                                        \
        .help = what,                                                          \
        .keras = class,                                                        \
        .opts = opts_,                                                         \
        .args_size = sizeof(struct args),                                      \
        .axes = n_axes,                                                        \
        .pairs = true,                                                         \
        .build = build_##name_,                                                \
        .selftest = { .in = in_, .words = words_ },                            \
    };

static const struct rt_opt crop_1d[] =
    SIDES("cropping", "1,1", "steps taken away: at both ends, or first,last");
static const struct rt_opt crop_2d[] =
    SIDES("cropping", "0",
          "places taken away: on all sides, rows,columns, or "
          "top,bottom,left,right");
static const struct rt_opt pad_1d[] =
    SIDES("padding", "1", "steps of zeros: at both ends, or first,last");
static const struct rt_opt pad_2d[] =
    SIDES("padding", "1",
          "places of zeros: on all sides, rows,columns, or "
          "top,bottom,left,right");

static const struct rt_opt crop_3d[] =
    SIDES("cropping", "1",
          "places taken away: on all sides, one for each axis, or before and "
          "behind of each");
static const struct rt_opt pad_3d[] =
    SIDES("padding", "1",
          "places of zeros: on all sides, one for each axis, or before and "
          "behind of each");

LAYER(crop1d, "Cropping1D", 1, true, crop_1d,
      "a sequence without its first and last steps", "6x3", "2,1")
LAYER(crop2d, "Cropping2D", 2, true, crop_2d, "an image without its borders",
      "5x6x2", "1,0,2,1")
LAYER(crop3d, "Cropping3D", 3, true, crop_3d, "a volume without its borders",
      "3x4x5x2", "1,0,2,1,0,1")
LAYER(zero_pad1d, "ZeroPadding1D", 1, false, pad_1d,
      "zeros before and behind a sequence", "3x2", "2")
LAYER(zero_pad2d, "ZeroPadding2D", 2, false, pad_2d, "zeros around an image",
      "3x2x2", "1,2")
LAYER(zero_pad3d, "ZeroPadding3D", 3, false, pad_3d, "zeros around a volume",
      "2x2x1x2", "1,0,2")
