/* input: where a model's numbers come in. */
#include "nn/layer.h"

#include "nn/model.h"

#include <limits.h>

struct args {
    struct rt_ints shape;
    int batch_size;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, shape, .word = 1,
           .help = "shape of a row, as 28x28; an unknown axis is none"),
    RT_OPT(struct args, batch_size, .def = "", .min = 1, .max = INT_MAX,
           .rare = 1,
           .help = "rows of every batch, as stateful layers need it"),
    RT_OPT_END,
};

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    if (a->shape.n < 1 || a->shape.n > RT_RANK_MAX - 1) {
        rt_fail(err, RT_EINVAL, "shape has %d axes, want 1 to %d", a->shape.n,
                RT_RANK_MAX - 1);
        return NULL;
    }
    struct rt_shape s = RT_SHAPE(RT_DIM_ANY);
    for (int i = 0; i < a->shape.n; i++) {
        if (a->shape.v[i] != RT_DIM_ANY && a->shape.v[i] < 1) {
            rt_fail(err, RT_EINVAL, "an axis is %d, want at least 1, or none",
                    a->shape.v[i]);
            return NULL;
        }
        s.dim[s.rank++] = a->shape.v[i];
    }
    if (rt_shape_check(&s, err))
        return NULL;
    return rt_graph_input(b->g, b->layer->name, &s, err);
}

const struct rt_layer rt_layer_input = {
    .name = "input",
    .help = "declare an input; the cursor moves to it",
    .keras = "InputLayer",
    .stem = "input",
    .opts = opts,
    .args_size = sizeof(struct args),
    .max_in = RT_LAYER_NO_INPUT,
    .build = build,
    .selftest = { .in = "", .words = "3x4" },
};
