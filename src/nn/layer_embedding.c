/* embedding: a vector for every whole number. */
#include "nn/layer.h"

#include <limits.h>

struct args {
    int input_dim, output_dim;
    struct rt_weight_args embeddings;
    const char *activity_regularizer;
    bool mask_zero;
    int input_length;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, input_dim, .word = 1, .min = 1, .max = INT_MAX,
           .help = "how many numbers there are: 0, 1, ... input_dim - 1"),
    RT_OPT(struct args, output_dim, .word = 2, .min = 1, .max = INT_MAX,
           .help = "length of the vectors"),
    RT_WEIGHT_OPTS(struct args, embeddings, "random_uniform"),
    RT_ACTIVITY_OPT(struct args),
    RT_OPT(struct args, mask_zero, .def = "no",
           .help = "0 is padding: such steps are masked"),
    RT_OPT(struct args, input_length, .def = "", .min = 1, .max = INT_MAX,
           .rare = 1, .help = "length of the sequences, checked if given"),
    RT_OPT_END,
};

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    const struct rt_shape *x = &b->in[0]->shape;
    if (a->input_length != RT_UNSET_INT &&
        (x->rank < 2 || x->dim[1] != a->input_length)) {
        rt_fail(err, RT_ESHAPE, "input is %s, want (none,%d) by input_length",
                rt_shape_text(x), a->input_length);
        return NULL;
    }
    struct rt_node *table = rt_build_trained(
        b, "embeddings", &RT_SHAPE(a->input_dim, a->output_dim), &a->embeddings,
        err);
    if (!table)
        return NULL;
    if (a->mask_zero) {
        struct rt_node *mask = rt_op_binary(b->g, RT_BINARY_ne, b->in[0],
                                            rt_graph_scalar(b->g, 0), err);
        if (!mask)
            return NULL;
        rt_build_mask(b, 0, mask);
    }
    return rt_build_activity(b, rt_op_gather(b->g, b->in[0], table, err),
                             a->activity_regularizer, err);
}

const struct rt_layer rt_layer_embedding = {
    .name = "embedding",
    .help = "a trained vector for every whole number",
    .keras = "Embedding",
    .mask = RT_MASK_OWN,
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build,
    .selftest = { .in = "4", .words = "7 3 mask_zero=yes" },
};
