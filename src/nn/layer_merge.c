/* Layers that merge several into one, number by number. Shapes are paired as
 * Keras does it: one of fewer axes gets axes of 1 behind the batch, and an axis
 * of 1 goes with any. Source: Keras 2.3.1 merge.py. */
#include "graph/op.h"
#include "nn/layer.h"
#include "nn/model.h"

static bool goes(const struct rt_shape *a, const struct rt_shape *b)
{
    for (int i = 1; i <= a->rank - 1 && i <= b->rank - 1; i++) {
        int x = a->dim[a->rank - i], y = b->dim[b->rank - i];
        if (x != y && x != 1 && y != 1)
            return false;
    }
    return true;
}

static int check(const struct rt_build *b, struct rt_err *err)
{
    for (int i = 1; i < b->n_in; i++)
        for (int k = 0; k < i; k++) {
            const struct rt_shape *before = &b->in[k]->shape;
            const struct rt_shape *y = &b->in[i]->shape;
            if (!goes(before, y))
                return rt_fail(
                    err, RT_ESHAPE,
                    "%s is %s, %s is %s: want equal shapes, or axes of 1; a "
                    "dense layer of as many units or a reshape before would "
                    "make them so",
                    rt_place_name(&b->from[k]), rt_shape_text(before),
                    rt_place_name(&b->from[i]), rt_shape_text(y));
        }
    return RT_OK;
}

/* With axes of 1 behind the batch, up to `rank`. */
static struct rt_node *raised(struct rt_build *b, struct rt_node *x, int rank,
                              struct rt_err *err)
{
    int more = rank - x->shape.rank;
    if (more <= 0)
        return x;
    struct rt_shape row = { .rank = rank - 1 };
    for (int i = 0; i < row.rank; i++)
        row.dim[i] = i < more ? 1 : x->shape.dim[i + 1 - more];
    return rt_op_reshape(b->g, x, &row, err);
}

static struct rt_node *merge(struct rt_build *b, enum rt_binary f,
                             struct rt_err *err)
{
    int rank = 0;
    if (check(b, err))
        return NULL;
    for (int i = 0; i < b->n_in; i++)
        rank = b->in[i]->shape.rank > rank ? b->in[i]->shape.rank : rank;
    struct rt_node *y = raised(b, b->in[0], rank, err);
    for (int i = 1; i < b->n_in && y; i++)
        y = rt_op_binary(b->g, f, y, raised(b, b->in[i], rank, err), err);
    return y;
}

#define MERGE(ident, text, class, f, least, most, inputs)                      \
    static struct rt_node *build_##ident(struct rt_build *b, const void *args, \
                                         struct rt_err *err)                   \
    {                                                                          \
        (void)args;                                                            \
        return merge(b, f, err);                                               \
    }                                                                          \
    const struct rt_layer rt_layer_##ident = {                                 \
        .name = #ident,                                                        \
        .help = text,                                                          \
        .keras = class,                                                        \
        .mask = RT_MASK_PASSED,                                                \
        .min_in = least,                                                       \
        .max_in = most,                                                        \
        .build = build_##ident,                                                \
        .selftest = { .in = inputs, .words = "" },                             \
    };
MERGE(add, "sum of its inputs", "Add", RT_BINARY_add, 2, RT_OP_IN_MAX,
      "3x4 3x4 3x4")
MERGE(subtract, "first input minus the second", "Subtract", RT_BINARY_sub, 2, 2,
      "3x4 1x4")
MERGE(multiply, "product of its inputs, number by number", "Multiply",
      RT_BINARY_mul, 2, RT_OP_IN_MAX, "3x4 4 3x1")
MERGE(maximum, "largest of its inputs, number by number", "Maximum",
      RT_BINARY_max, 2, RT_OP_IN_MAX, "3x4 3x4 3x4")
MERGE(minimum, "least of its inputs, number by number", "Minimum",
      RT_BINARY_min, 2, RT_OP_IN_MAX, "3x4 3x4")

static struct rt_node *build_average(struct rt_build *b, const void *args,
                                     struct rt_err *err)
{
    (void)args;
    struct rt_node *sum = merge(b, RT_BINARY_add, err);
    return rt_op_binary(b->g, RT_BINARY_div, sum,
                        rt_graph_scalar(b->g, b->n_in), err);
}

const struct rt_layer rt_layer_average = {
    .name = "average",
    .help = "mean of its inputs, number by number",
    .keras = "Average",
    .mask = RT_MASK_PASSED,
    .min_in = 2,
    .max_in = RT_OP_IN_MAX,
    .build = build_average,
    .selftest = { .in = "3x4 3x4 3x4", .words = "" },
};
