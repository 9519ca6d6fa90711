/* flatten: all axes but the batch become one. */
#include "nn/layer.h"

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    (void)args;
    const struct rt_shape *x = &b->in[0]->shape;
    for (int i = 1; i < x->rank; i++)
        if (x->dim[i] == RT_DIM_ANY) {
            rt_fail(err, RT_ESHAPE,
                    "input is %s, want all axes but the first of known size; "
                    "give them at `input`",
                    rt_shape_text(x));
            return NULL;
        }
    return rt_op_reshape(b->g, b->in[0], &RT_SHAPE(-1), err);
}

const struct rt_layer rt_layer_flatten = {
    .name = "flatten",
    .help = "one row of numbers out of any shape",
    .keras = "Flatten",
    .keras_channels = true,
    .build = build,
    .selftest = { .in = "3x4x2", .words = "" },
};
