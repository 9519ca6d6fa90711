/* pad and crop: places of zeros around the axes between batch and channels, or
 * places taken away from them. Each is the other's way back. */
#include "graph/conv.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <limits.h>
#include <string.h>

enum { AXES = RT_CONV_AXES };

static const struct rt_opt opts[] = {
    RT_OPT(struct rt_pad_args, before, .word = 1, .def = "0",
           .help = "places before each axis"),
    RT_OPT(struct rt_pad_args, after, .word = 2, .def = "0",
           .help = "places behind each axis"),
    RT_OPT_END,
};

static int shape(const struct rt_pad_args *a, bool crop,
                 const struct rt_shape *x, struct rt_shape *out,
                 struct rt_err *err)
{
    int axes = x->rank - 2;
    struct rt_shape y = *x;
    if (axes < 1 || axes > AXES)
        return rt_fail(err, RT_ESHAPE,
                       "%s: input %s, want a batch, 1 to %d axes and channels",
                       crop ? "crop" : "pad", rt_shape_text(x), AXES);
    if (rt_ints_check(&a->before, "before", axes, 0, err) ||
        rt_ints_check(&a->after, "after", axes, 0, err))
        return rt_err_within(err, crop ? "crop" : "pad");
    for (int i = 0; i < axes; i++) {
        int64_t before = rt_ints_at(&a->before, i, 0);
        int64_t after = rt_ints_at(&a->after, i, 0), n;
        if (y.dim[i + 1] == RT_DIM_ANY)
            continue;
        if (crop && before + after >= y.dim[i + 1])
            return rt_fail(err, RT_EINVAL,
                           "crop: %d and %d places of axis %d of input %s, "
                           "want one left at least",
                           (int)before, (int)after, i + 1, rt_shape_text(x));
        n = y.dim[i + 1] + (crop ? -before - after : before + after);
        if (n > INT_MAX)
            return rt_fail(err, RT_ESHAPE,
                           "pad: %d and %d places around axis %d of input %s, "
                           "want no more than %d in all",
                           (int)before, (int)after, i + 1, rt_shape_text(x),
                           INT_MAX);
        y.dim[i + 1] = (int)n;
    }
    *out = y;
    return RT_OK;
}

/* The small image and where it lies in the large one; axes in front that there
 * are not are 1 long. */
struct box {
    size_t n, small[AXES], large[AXES], before[AXES], ch;
};

static struct box box_of(const struct rt_pad_args *a,
                         const struct rt_shape *small,
                         const struct rt_shape *large)
{
    int ahead = AXES - (small->rank - 2);
    struct box b = { .n = (size_t)small->dim[0],
                     .ch = (size_t)small->dim[small->rank - 1] };
    for (int k = 0; k < AXES; k++) {
        b.small[k] = b.large[k] = 1;
        if (k < ahead)
            continue;
        b.small[k] = (size_t)small->dim[k - ahead + 1];
        b.large[k] = (size_t)large->dim[k - ahead + 1];
        b.before[k] = (size_t)rt_ints_at(&a->before, k - ahead, 0);
    }
    return b;
}

static void copy(const struct box *b, float *small, float *large, bool out)
{
    size_t line = b->small[2] * b->ch;
    for (size_t n = 0; n < b->n; n++)
        for (size_t i = 0; i < b->small[0]; i++)
            for (size_t j = 0; j < b->small[1]; j++, small += line) {
                size_t at = n * b->large[0] + i + b->before[0];
                at = at * b->large[1] + j + b->before[1];
                at = at * b->large[2] + b->before[2];
                float *inside = large + at * b->ch;
                memcpy(out ? small : inside, out ? inside : small,
                       line * sizeof *small);
            }
}

static void grow(const struct rt_call *c, struct rt_tensor small,
                 struct rt_tensor large)
{
    struct box b = box_of(c->args, &small.shape, &large.shape);
    memset(large.v, 0, large.n * sizeof *large.v);
    copy(&b, small.v, large.v, false);
}

static void shrink(const struct rt_call *c, struct rt_tensor large,
                   struct rt_tensor small)
{
    struct box b = box_of(c->args, &small.shape, &large.shape);
    copy(&b, small.v, large.v, true);
}

/* ---- pad ------------------------------------------------------------------*/

static int pad_shape(const void *args, const struct rt_shape *in, int n_in,
                     struct rt_shape *out, struct rt_err *err)
{
    (void)n_in;
    return shape(args, false, &in[0], out, err);
}

static void pad_forward(struct rt_call *c)
{
    grow(c, c->x[0], c->y);
}

static void pad_backward(struct rt_call *c)
{
    shrink(c, c->dy, c->dx[0]);
}

const struct rt_op rt_operator_pad = {
    .name = "pad",
    .help = "zeros around an image",
    .opts = opts,
    .args_size = sizeof(struct rt_pad_args),
    .min_in = 1,
    .max_in = 1,
    .shape = pad_shape,
    .forward = pad_forward,
    .backward = pad_backward,
    .tests = { { "2x3x2", "2 1" },
               { "2x3x4x2", "1,0 2,3" },
               { "1x2x3x2x2", "1,2,0 0,1,1" } },
};

/* ---- crop -----------------------------------------------------------------*/

static int crop_shape(const void *args, const struct rt_shape *in, int n_in,
                      struct rt_shape *out, struct rt_err *err)
{
    (void)n_in;
    return shape(args, true, &in[0], out, err);
}

static void crop_forward(struct rt_call *c)
{
    shrink(c, c->x[0], c->y);
}

static void crop_backward(struct rt_call *c)
{
    grow(c, c->dy, c->dx[0]);
}

const struct rt_op rt_operator_crop = {
    .name = "crop",
    .help = "the inner part of an image",
    .opts = opts,
    .args_size = sizeof(struct rt_pad_args),
    .min_in = 1,
    .max_in = 1,
    .shape = crop_shape,
    .forward = crop_forward,
    .backward = crop_backward,
    .tests = { { "2x6x2", "2 1" },
               { "2x5x6x2", "1,0 2,3" },
               { "1x4x5x2x2", "1,2,0 0,1,1" } },
};

struct rt_node *rt_op_pad(struct rt_graph *g, struct rt_node *x, bool crop,
                          const struct rt_pad_args *args, struct rt_err *err)
{
    return rt_graph_op(g, crop ? &rt_operator_crop : &rt_operator_pad, &x, 1,
                       args, err);
}
