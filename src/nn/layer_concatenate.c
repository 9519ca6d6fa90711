/* concatenate: its inputs side by side along one axis. */
#include "graph/op.h"
#include "nn/layer.h"
#include "nn/model.h"

struct args {
    int axis;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, axis, .def = "-1",
           .help = "axis to join along; 0 is the batch, -1 the last"),
    RT_OPT_END,
};

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
    return rt_op_concat(b->g, b->in, b->n_in, axis, err);
}

const struct rt_layer rt_layer_concatenate = {
    .name = "concatenate",
    .help = "layers side by side along an axis",
    .keras = "Concatenate",
    .opts = opts,
    .args_size = sizeof(struct args),
    .min_in = 2,
    .max_in = RT_OP_IN_MAX,
    .build = build,
    .selftest = { .in = "3x4 3x2", .words = "" },
};
