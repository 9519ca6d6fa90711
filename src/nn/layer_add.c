/* add: the sum of its inputs. */
#include "graph/op.h"
#include "nn/layer.h"
#include "nn/model.h"

/* Whether b may be added to a: as many axes, each equal or 1. Broadcasting
 * over unequal ranks would pair the batch with something else. */
static bool goes(const struct rt_shape *a, const struct rt_shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i] && a->dim[i] != 1 && b->dim[i] != 1)
            return false;
    return true;
}

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    (void)args;
    struct rt_node *y = b->in[0];
    for (int i = 1; i < b->n_in; i++) {
        if (!goes(&y->shape, &b->in[i]->shape)) {
            rt_fail(err, RT_ESHAPE,
                    "%s is %s, %s is %s: want equal shapes; a dense layer of "
                    "as many units or a reshape before would make them so",
                    rt_place_name(&b->from[0]), rt_shape_text(&y->shape),
                    rt_place_name(&b->from[i]),
                    rt_shape_text(&b->in[i]->shape));
            return NULL;
        }
        y = rt_op_binary(b->g, RT_BINARY_add, y, b->in[i], err);
        if (!y)
            return NULL;
    }
    return y;
}

const struct rt_layer rt_layer_add = {
    .name = "add",
    .help = "sum of layers of one shape",
    .keras = "Add",
    .min_in = 2,
    .max_in = RT_OP_IN_MAX,
    .build = build,
    .selftest = { .in = "3x4 3x4 3x4", .words = "" },
};
