/* reshape: the same numbers under another shape. */
#include "nn/layer.h"

#include <string.h>

struct args {
    struct rt_ints target_shape;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, target_shape, .word = 1,
           .help = "shape of a row, as 7x7x64; one axis may be none and is "
                   "worked out"),
    RT_OPT_END,
};

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    struct rt_shape row = { .rank = a->target_shape.n };
    if (row.rank > RT_RANK_MAX - 1) {
        rt_fail(err, RT_EINVAL, "shape has %d axes, want at most %d", row.rank,
                RT_RANK_MAX - 1);
        return NULL;
    }
    memcpy(row.dim, a->target_shape.v, (size_t)row.rank * sizeof row.dim[0]);
    return rt_op_reshape(b->g, b->in[0], &row, err);
}

const struct rt_layer rt_layer_reshape = {
    .name = "reshape",
    .help = "the same numbers under another shape",
    .keras = "Reshape",
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build,
    .selftest = { .in = "12", .words = "2x6" },
};
