/* attention, additive_attention: for every query a mean of the values, weighted
 * by how well their keys fit it. Inputs: queries (N,Tq,D), values (N,Tv,D),
 * and keys (N,Tv,D), which are the values where they are not given.
 * Source: TensorFlow 2.4 dense_attention.py; Luong et al. 2015, Bahdanau et
 * al. 2015. */
#include "nn/attend.h"
#include "nn/layer.h"
#include "nn/model.h"

struct args {
    bool use_scale, causal;
    double dropout;
};
#define OPTS(scale)                                                            \
    RT_OPT(struct args, use_scale, .def = scale,                               \
           .help = "multiply by a trained scale"),                             \
        RT_OPT(struct args, causal, .def = "no",                               \
               .help = "a query looks at no later value"),                     \
        RT_OPT(struct args, dropout, .def = "0", .live = 1, .min = 0,          \
               .max = 1, .open = 2,                                            \
               .help = "share of the weights dropped while "                   \
                       "training")
static const struct rt_opt attention_opts[] = { OPTS("no"), RT_OPT_END };
static const struct rt_opt additive_opts[] = { OPTS("yes"), RT_OPT_END };

/* Products of queries and keys need as many features in both. */
static int check(const struct rt_build *b, struct rt_err *err)
{
    const struct rt_shape *q = &b->in[0]->shape;
    const struct rt_shape *k = &b->in[b->n_in > 2 ? 2 : 1]->shape;
    if (rt_attend_check(b, err))
        return RT_ESHAPE;
    if (k->dim[2] != q->dim[2])
        return rt_fail(err, RT_ESHAPE,
                       "queries %s and keys %s, want as many features in both",
                       rt_shape_text(q), rt_shape_text(k));
    return RT_OK;
}

static struct rt_node *scale(struct rt_build *b, const struct rt_shape *shape,
                             const char *init, struct rt_err *err)
{
    return rt_build_weight(b, "scale", shape, init, 0, err);
}

static struct rt_node *attend(struct rt_build *b, const struct args *a,
                              struct rt_node *scores, struct rt_err *err)
{
    struct rt_attend set = { .mask = b->mask[1],
                             .causal = a->causal,
                             .dropout = a->dropout };
    return rt_attend_rows(b, rt_attend(b->g, scores, b->in[1], &set, err), err);
}

static struct rt_node *build_attention(struct rt_build *b, const void *args,
                                       struct rt_err *err)
{
    const struct args *a = args;
    if (check(b, err))
        return NULL;
    struct rt_node *k = b->in[b->n_in > 2 ? 2 : 1];
    struct rt_node *scores = rt_op_batch_dot(b->g, b->in[0], k, err);
    if (a->use_scale)
        scores = rt_op_binary(
            b->g, RT_BINARY_mul, scores,
            scale(b, &(struct rt_shape){ .rank = 0 }, "ones", err), err);
    return attend(b, a, scores, err);
}

/* (N,T,D) as (N,1,T,D) or (N,T,1,D). */
static struct rt_node *spread(struct rt_build *b, struct rt_node *x, bool over,
                              struct rt_err *err)
{
    int t = x->shape.dim[1], d = x->shape.dim[2];
    return rt_op_reshape(b->g, x,
                         over ? &RT_SHAPE(1, t, d) : &RT_SHAPE(t, 1, d), err);
}

static struct rt_node *build_additive(struct rt_build *b, const void *args,
                                      struct rt_err *err)
{
    const struct args *a = args;
    if (check(b, err))
        return NULL;
    struct rt_node *k = b->in[b->n_in > 2 ? 2 : 1];
    struct rt_node *sum =
        rt_op_binary(b->g, RT_BINARY_add, spread(b, b->in[0], false, err),
                     spread(b, k, true, err), err);
    struct rt_node *fit = rt_op_unary(b->g, RT_UNARY_tanh, sum, 0, err);
    if (a->use_scale)
        fit = rt_op_binary(
            b->g, RT_BINARY_mul, fit,
            scale(b, &RT_SHAPE(k->shape.dim[2]), "glorot_uniform", err), err);
    return attend(b, a, rt_op_reduce(b->g, RT_REDUCE_sum, fit, -1, false, err),
                  err);
}

const struct rt_layer rt_layer_attention = {
    .name = "attention",
    .help = "values weighted by how well they fit queries, by products",
    .keras = "Attention",
    .mask = RT_MASK_OWN,
    .opts = attention_opts,
    .args_size = sizeof(struct args),
    .min_in = 2,
    .max_in = 3,
    .build = build_attention,
    .selftest = { .in = "3x4 5x4", .words = "use_scale=yes causal=yes" },
};
const struct rt_layer rt_layer_additive_attention = {
    .name = "additive_attention",
    .help = "values weighted by how well they fit queries, by sums",
    .keras = "AdditiveAttention",
    .mask = RT_MASK_OWN,
    .opts = additive_opts,
    .args_size = sizeof(struct args),
    .min_in = 2,
    .max_in = 3,
    .build = build_additive,
    .selftest = { .in = "3x4 5x2 5x4", .words = "" },
};
