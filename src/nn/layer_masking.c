/* masking: steps all of whose features are one value are padding: they become
 * zeros, and are left out by what can leave them out. */
#include "nn/layer.h"

struct args {
    double mask_value;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, mask_value, .word = 1, .def = "0",
           .help = "what padding is filled with"),
    RT_OPT_END,
};

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    struct rt_node *x = b->in[0];
    if (x->shape.rank < 2) {
        rt_fail(err, RT_ESHAPE, "input is %s, want (none,steps,features)",
                rt_shape_text(&x->shape));
        return NULL;
    }
    struct rt_node *other = rt_op_binary(
        b->g, RT_BINARY_ne, x, rt_graph_scalar(b->g, a->mask_value), err);
    struct rt_node *kept =
        rt_op_reduce(b->g, RT_REDUCE_max, other, -1, true, err);
    if (!kept)
        return NULL;
    rt_build_mask(b, 0,
                  rt_op_reduce(b->g, RT_REDUCE_max, other, -1, false, err));
    return rt_op_binary(b->g, RT_BINARY_mul, x, kept, err);
}

const struct rt_layer rt_layer_masking = {
    .name = "masking",
    .help = "steps filled with one value are padding and left out",
    .keras = "Masking",
    .opts = opts,
    .args_size = sizeof(struct args),
    .mask = RT_MASK_OWN,
    .build = build,
    .selftest = { .in = "4x3", .words = "0.5" },
};
