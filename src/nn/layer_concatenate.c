/* concatenate: its inputs side by side along one axis. */
#include "graph/op.h"
#include "nn/layer.h"
#include "nn/model.h"

#include <math.h>

struct args {
    int axis;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, axis, .def = "-1",
           .help = "axis to join along; 0 is the batch, -1 the last"),
    RT_OPT_END,
};

/* A mask of an input that has none: all ones. Nothing equals a NaN. */
static struct rt_node *all_of(struct rt_build *b, struct rt_node *x,
                              struct rt_err *err)
{
    struct rt_shape steps = RT_SHAPE(x->shape.dim[1]);
    struct rt_node *one =
        rt_op_reduce(b->g, RT_REDUCE_max, x, RT_AXES_FROM(2), true, err);
    if (one)
        one = rt_op_reshape(b->g, one, &steps, err);
    return rt_op_binary(b->g, RT_BINARY_ne, one, rt_graph_scalar(b->g, NAN),
                        err);
}

/* Side by side in time masks are, too; else what any of them hides is hidden.
 */
static int masks(struct rt_build *b, int axis, struct rt_err *err)
{
    struct rt_node *m[RT_OP_IN_MAX], *all;
    if (rt_build_masks_meet(b, &all, err))
        return RT_ESHAPE;
    if (all && axis == 1) {
        for (int i = 0; i < b->n_in; i++)
            if (!(m[i] = b->mask[i] ? b->mask[i] : all_of(b, b->in[i], err)))
                return RT_ESHAPE;
        if (!(all = rt_op_concat(b->g, m, b->n_in, 1, err)))
            return RT_ESHAPE;
    }
    rt_build_mask(b, 0, all);
    return RT_OK;
}

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    const struct rt_shape *x = &b->in[0]->shape;
    int axis;
    if (rt_shape_axis(x, a->axis, &axis, err))
        return NULL;
    if (axis == 0) {
        rt_fail(err, RT_EINVAL, "axis 0 is the batch, want 1 to %d",
                x->rank - 1);
        return NULL;
    }
    for (int i = 1; i < b->n_in; i++) {
        struct rt_shape y = b->in[i]->shape;
        if (y.rank == x->rank)
            y.dim[axis] = x->dim[axis];
        if (!rt_shape_fits(x, &y)) {
            rt_fail(err, RT_ESHAPE,
                    "%s is %s, %s is %s: all but axis %d must agree; flatten "
                    "them first",
                    rt_place_name(&b->from[0]), rt_shape_text(x),
                    rt_place_name(&b->from[i]), rt_shape_text(&b->in[i]->shape),
                    axis);
            return NULL;
        }
    }
    if (masks(b, axis, err))
        return NULL;
    return rt_op_concat(b->g, b->in, b->n_in, axis, err);
}

const struct rt_layer rt_layer_concatenate = {
    .name = "concatenate",
    .help = "layers side by side along an axis",
    .keras = "Concatenate",
    .mask = RT_MASK_OWN,
    .opts = opts,
    .args_size = sizeof(struct args),
    .min_in = 2,
    .max_in = RT_OP_IN_MAX,
    .build = build,
    .selftest = { .in = "3x4 3x2", .words = "" },
};
