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

/* The mask of steps within a step (N,T,S), if there is one, for the rows that
 * the layer sees. */
static bool inner_mask(struct rt_build *b, struct rt_node **mask,
                       struct rt_err *err)
{
    struct rt_node *m = b->mask[0];
    if (m && m->shape.rank > 2)
        *mask = rt_op_fold(b->g, m, 0, err);
    return !m || m->shape.rank <= 2 || *mask;
}

/* What the layer's own mask is for the sequence; where it has none a step
 * counts if anything in it does. */
static bool outer_mask(struct rt_build *b, struct rt_node *inner, int steps,
                       struct rt_err *err)
{
    struct rt_node *m = b->mask[0];
    if (inner)
        m = rt_op_fold(b->g, inner, steps, err);
    else if (m && m->shape.rank > 2)
        m = rt_op_reduce(b->g, RT_REDUCE_max, m, RT_AXES_FROM(2), false, err);
    rt_build_mask(b, 0, m);
    return m || (!inner && !b->mask[0]);
}

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
    struct rt_node *y = rt_op_fold(b->g, x, 0, err), *mask = NULL;
    if (y && inner_mask(b, &mask, err))
        y = rt_build_inner(b, &inner, NULL, y, &mask, err);
    else
        y = NULL;
    rt_inner_release(&inner);
    y = rt_op_fold(b->g, y, x->shape.dim[1], err);
    return y && outer_mask(b, mask, x->shape.dim[1], err) ? y : NULL;
}

const struct rt_layer rt_layer_time_distributed = {
    .name = "time_distributed",
    .help = "a layer on every step of a sequence",
    .keras = "TimeDistributed",
    .mask = RT_MASK_OWN,
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build,
    .selftest = { .in = "4x3", .words = "{dense 2 tanh}" },
};
