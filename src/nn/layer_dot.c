/* dot: products of two inputs over one axis of each, sample by sample.
 * Source: Keras 2.3.1 merge.py, Dot; K.batch_dot. */
#include "nn/layer.h"
#include "nn/model.h"

struct args {
    struct rt_ints axes;
    bool normalize;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, axes, .def = "1",
           .help = "axis of both that goes, or one of each: 2,1; from 1 on"),
    RT_OPT(struct args, normalize, .def = "no",
           .help = "to length 1 along that axis first: the cosine"),
    RT_OPT_END,
};

static int check(const struct rt_build *b, const struct rt_ints *axes,
                 int axis[2], struct rt_err *err)
{
    const struct rt_shape *x[2] = { &b->in[0]->shape, &b->in[1]->shape };
    if (axes->n < 1 || axes->n > 2)
        return rt_fail(err, RT_EINVAL, "%d axes, want one or two", axes->n);
    for (int i = 0; i < 2; i++) {
        if (rt_shape_axis(x[i], axes->v[i % axes->n], &axis[i], err))
            return RT_EINVAL;
        if (axis[i] == 0)
            return rt_fail(err, RT_EINVAL, "axis 0 is the batch, want 1 to %d",
                           x[i]->rank - 1);
    }
    int p = x[0]->dim[axis[0]], q = x[1]->dim[axis[1]];
    if (p != q || p == RT_DIM_ANY)
        return rt_fail(err, RT_ESHAPE,
                       "axis %d of %s is %s, axis %d of %s is %s: want them "
                       "equal",
                       axis[0], rt_place_name(&b->from[0]), rt_shape_text(x[0]),
                       axis[1], rt_place_name(&b->from[1]),
                       rt_shape_text(x[1]));
    return RT_OK;
}

/* x / sqrt(max(sum(x^2), 1e-12)) along one axis. */
static struct rt_node *to_length_one(struct rt_build *b, struct rt_node *x,
                                     int axis, struct rt_err *err)
{
    struct rt_node *sum = rt_op_reduce(
        b->g, RT_REDUCE_sum, rt_op_unary(b->g, RT_UNARY_square, x, 0, err),
        axis, true, err);
    struct rt_node *length =
        rt_op_unary(b->g, RT_UNARY_sqrt,
                    rt_op_binary(b->g, RT_BINARY_max, sum,
                                 rt_graph_scalar(b->g, 1e-12), err),
                    0, err);
    return rt_op_binary(b->g, RT_BINARY_div, x, length, err);
}

/* (N,...,K) with the axis last and all others between as one; what those were
 * is appended to `rest`. */
static struct rt_node *as_matrix(struct rt_build *b, struct rt_node *x,
                                 int axis, struct rt_shape *rest,
                                 struct rt_err *err)
{
    int order[RT_RANK_MAX], n = 0, unknown = 0, size = 1;
    const struct rt_shape *s = &x->shape;
    for (int i = 0; i < s->rank; i++) {
        if (i != axis)
            order[n++] = i;
        if (i == 0 || i == axis)
            continue;
        rest->dim[rest->rank++] = s->dim[i];
        unknown += s->dim[i] == RT_DIM_ANY;
        size *= s->dim[i] == RT_DIM_ANY ? 1 : s->dim[i];
    }
    order[n] = axis;
    struct rt_shape row = RT_SHAPE(unknown ? RT_DIM_ANY : size, s->dim[axis]);
    if (axis != s->rank - 1)
        x = rt_op_transpose(b->g, x, order, err);
    return rt_op_reshape(b->g, x, &row, err);
}

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    struct rt_node *x[2] = { b->in[0], b->in[1] };
    struct rt_shape rest = { .rank = 0 };
    int axis[2];
    if (check(b, &a->axes, axis, err))
        return NULL;
    if (x[0]->shape.rank + x[1]->shape.rank - 3 > RT_RANK_MAX) {
        rt_fail(err, RT_ESHAPE, "%s and %s give too many axes, want at most %d",
                rt_shape_text(&x[0]->shape), rt_shape_text(&x[1]->shape),
                RT_RANK_MAX);
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        if (a->normalize)
            x[i] = to_length_one(b, x[i], axis[i], err);
        if (!x[i] || !(x[i] = as_matrix(b, x[i], axis[i], &rest, err)))
            return NULL;
    }
    if (rest.rank == 0)
        rest.dim[rest.rank++] = 1;
    return rt_op_reshape(b->g, rt_op_batch_dot(b->g, x[0], x[1], err), &rest,
                         err);
}

const struct rt_layer rt_layer_dot = {
    .name = "dot",
    .help = "products of two inputs over an axis, sample by sample",
    .keras = "Dot",
    .mask = RT_MASK_OWN,
    .opts = opts,
    .args_size = sizeof(struct args),
    .min_in = 2,
    .max_in = 2,
    .build = build,
    .selftest = { .in = "3x4 5x3", .words = "axes=1,2 normalize=yes" },
};
