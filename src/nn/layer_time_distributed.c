/* time_distributed: a layer on every step of a sequence alike. The steps become
 * rows of the batch and are put back, as Keras does it for layers of unknown
 * batch size. */
#include "nn/layer.h"

struct args {
    const char *layer;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, layer, .word = 1, .names = RT_NAMES_WRAPPED,
           .help = "the layer with its options, in braces"),
    RT_OPT_END,
};

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    struct rt_node *x = b->in[0];
    struct rt_inner inner;
    if (x->shape.rank < 3 || x->shape.dim[1] == RT_DIM_ANY) {
        rt_fail(err, RT_ESHAPE,
                "input is %s, want (none,steps,...) of a known number of steps",
                rt_shape_text(&x->shape));
        return NULL;
    }
    if (rt_inner_parse(a->layer, &inner, err))
        return NULL;
    struct rt_node *y = rt_op_fold(b->g, x, 0, err);
    if (y)
        y = rt_build_inner(b, &inner, NULL, y, err);
    rt_inner_release(&inner);
    return rt_op_fold(b->g, y, x->shape.dim[1], err);
}

const struct rt_layer rt_layer_time_distributed = {
    .name = "time_distributed",
    .help = "a layer on every step of a sequence",
    .keras = "TimeDistributed",
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build,
    .selftest = { .in = "4x3", .words = "{dense 2 tanh}" },
};
