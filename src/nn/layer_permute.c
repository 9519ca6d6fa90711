/* permute and repeat_vector: axes in another order, a row many times. */
#include "base/mem.h"
#include "nn/layer.h"

#include <stdlib.h>

struct permute {
    struct rt_ints dims;
};
static const struct rt_opt permute_opts[] = {
    RT_OPT(struct permute, dims, .word = 1,
           .help = "axes of a row in their new order, from 1: 2,1"),
    RT_OPT_END,
};

static struct rt_node *build_permute(struct rt_build *b, const void *args,
                                     struct rt_err *err)
{
    const struct permute *a = args;
    int rank = b->in[0]->shape.rank, order[RT_RANK_MAX] = { 0 };
    unsigned seen = 1;
    for (int i = 0; i < a->dims.n && i < rank - 1; i++) {
        order[i + 1] = a->dims.v[i];
        if (a->dims.v[i] > 0 && a->dims.v[i] < rank)
            seen |= 1u << a->dims.v[i];
    }
    if (a->dims.n != rank - 1 || seen != (1u << rank) - 1) {
        rt_fail(err, RT_EINVAL, "dims for %s, want each of 1 to %d once",
                rt_shape_text(&b->in[0]->shape), rank - 1);
        return NULL;
    }
    return rt_op_transpose(b->g, b->in[0], order, err);
}

const struct rt_layer rt_layer_permute = {
    .name = "permute",
    .help = "the axes in another order",
    .keras = "Permute",
    .opts = permute_opts,
    .args_size = sizeof(struct permute),
    .build = build_permute,
    .selftest = { .in = "2x3x4", .words = "3,1,2" },
};

struct repeat {
    int n;
};
static const struct rt_opt repeat_opts[] = {
    RT_OPT(struct repeat, n, .word = 1, .min = 1, .max = 65536,
           .help = "how often"),
    RT_OPT_END,
};

/* A sum with n zeros, which each row is repeated for. */
static struct rt_node *build_repeat(struct rt_build *b, const void *args,
                                    struct rt_err *err)
{
    const struct repeat *a = args;
    const struct rt_shape *x = &b->in[0]->shape;
    if (x->rank != 2) {
        rt_fail(err, RT_ESHAPE, "input is %s, want (none,features)",
                rt_shape_text(x));
        return NULL;
    }
    float *zeros =
        rt_try_alloc((size_t)a->n, sizeof *zeros, "repeat_vector", err);
    if (!zeros)
        return NULL;
    struct rt_node *zero =
        rt_graph_const(b->g, &RT_SHAPE(1, a->n, 1), zeros, err);
    free(zeros);
    return rt_op_binary(
        b->g, RT_BINARY_add,
        rt_op_reshape(b->g, b->in[0], &RT_SHAPE(1, x->dim[1]), err), zero, err);
}

const struct rt_layer rt_layer_repeat_vector = {
    .name = "repeat_vector",
    .help = "a row of numbers n times, as a sequence",
    .keras = "RepeatVector",
    .opts = repeat_opts,
    .args_size = sizeof(struct repeat),
    .build = build_repeat,
    .selftest = { .in = "5", .words = "3" },
};
