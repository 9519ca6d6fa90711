/* multi_head_attention: attention several times over, each on a projection of
 * its own, put together by another. Inputs: queries (N,Tq,D), values (N,Tv,E),
 * and keys (N,Tv,F), which are the values where they are not given.
 * Source: Vaswani et al. 2017; TensorFlow 2.4 multi_head_attention.py. */
#include "base/mem.h"
#include "nn/attend.h"
#include "nn/layer.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

struct args {
    int num_heads, key_dim, value_dim, output_shape;
    double dropout;
    bool use_bias, causal;
    struct rt_weight_args kernel, bias;
    const char *activity_regularizer;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, num_heads, .word = 1, .min = 1, .max = 65536,
           .help = "how many times"),
    RT_OPT(struct args, key_dim, .word = 2, .min = 1, .max = INT_MAX / 65536,
           .help = "features of each projected query and key"),
    RT_OPT(struct args, value_dim, .def = "", .min = 1, .max = INT_MAX / 65536,
           .help = "features of each projected value; else key_dim"),
    RT_OPT(struct args, dropout, .def = "0", .live = 1, .min = 0, .max = 1,
           .open = 2, .help = "share of the weights dropped while training"),
    RT_OPT(struct args, use_bias, .def = "yes", .help = "add biases"),
    RT_OPT(struct args, output_shape, .def = "", .min = 1, .max = INT_MAX,
           .help = "features of the output; else as the queries"),
    RT_OPT(struct args, causal, .def = "no",
           .help = "a query looks at no later value"),
    RT_WEIGHT_OPTS(struct args, kernel, "glorot_uniform"),
    RT_WEIGHT_OPTS(struct args, bias, "zeros"),
    RT_ACTIVITY_OPT(struct args),
    RT_OPT_END,
};

/* x (N,T,D) by a kernel (D,heads,size) and a bias (heads,size), to
 * (N,heads,T,size). */
static struct rt_node *project(struct rt_build *b, const struct args *a,
                               const char *name, struct rt_node *x, int size,
                               struct rt_err *err)
{
    int heads = a->num_heads, steps = x->shape.dim[1];
    static const int turned[] = { 0, 2, 1, 3 };
    char *kernel = rt_xprintf("%s/kernel", name);
    char *bias = rt_xprintf("%s/bias", name);
    struct rt_node *c = NULL;
    struct rt_node *w = rt_build_trained(
        b, kernel, &RT_SHAPE(x->shape.dim[2], heads, size), &a->kernel, err);
    if (a->use_bias)
        c = rt_op_fold(
            b->g,
            rt_build_trained(b, bias, &RT_SHAPE(heads, size), &a->bias, err), 0,
            err);
    free(kernel);
    free(bias);
    if (!w || (a->use_bias && !c))
        return NULL;
    w = rt_op_reshape(b->g, w, &RT_SHAPE(heads * size), err);
    struct rt_node *y = rt_op_dense(b->g, x, w, c, err);
    y = rt_op_reshape(b->g, y, &RT_SHAPE(steps, heads, size), err);
    return rt_op_transpose(b->g, y, turned, err);
}

/* y (N,heads,T,size) by a kernel (heads,size,D) and a bias (D). */
static struct rt_node *join(struct rt_build *b, const struct args *a,
                            struct rt_node *y, int features, struct rt_err *err)
{
    static const int turned[] = { 0, 2, 1, 3 };
    if (!y)
        return NULL;
    int heads = y->shape.dim[1], steps = y->shape.dim[2];
    int size = y->shape.dim[3];
    struct rt_node *c = NULL;
    struct rt_node *w =
        rt_build_trained(b, "attention_output/kernel",
                         &RT_SHAPE(heads, size, features), &a->kernel, err);
    if (a->use_bias)
        c = rt_build_trained(b, "attention_output/bias", &RT_SHAPE(features),
                             &a->bias, err);
    if (!w || (a->use_bias && !c))
        return NULL;
    y = rt_op_transpose(b->g, y, turned, err);
    y = rt_op_reshape(b->g, y, &RT_SHAPE(steps, heads * size), err);
    return rt_op_dense(b->g, y, rt_op_fold(b->g, w, 0, err), c, err);
}

/* How well queries (N,heads,Tq,size) and keys (N,heads,Tv,size) fit. */
static struct rt_node *score(struct rt_build *b, struct rt_node *q,
                             struct rt_node *k, struct rt_err *err)
{
    if (!q || !k)
        return NULL;
    int heads = q->shape.dim[1];
    double by = 1 / sqrt((double)q->shape.dim[3]);
    q = rt_op_binary(b->g, RT_BINARY_mul, q, rt_graph_scalar(b->g, by), err);
    return rt_op_fold(b->g,
                      rt_op_batch_dot(b->g, rt_op_fold(b->g, q, 0, err),
                                      rt_op_fold(b->g, k, 0, err), err),
                      heads, err);
}

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    struct rt_attend set = { .mask = b->mask[1],
                             .causal = a->causal,
                             .dropout = a->dropout };
    int value = a->value_dim == RT_UNSET_INT ? a->key_dim : a->value_dim;
    int features = a->output_shape == RT_UNSET_INT ? b->in[0]->shape.dim[2]
                                                   : a->output_shape;
    if (rt_attend_check(b, err))
        return NULL;
    struct rt_node *q = project(b, a, "query", b->in[0], a->key_dim, err);
    struct rt_node *k =
        project(b, a, "key", b->in[b->n_in > 2 ? 2 : 1], a->key_dim, err);
    struct rt_node *v = project(b, a, "value", b->in[1], value, err);
    struct rt_node *y = rt_attend(b->g, score(b, q, k, err), v, &set, err);
    rt_build_mask(b, 0, b->mask[0]);
    return rt_build_activity(b, join(b, a, y, features, err),
                             a->activity_regularizer, err);
}

const struct rt_layer rt_layer_multi_head_attention = {
    .name = "multi_head_attention",
    .help = "attention several times, each on projections of its own",
    .keras = "MultiHeadAttention",
    .mask = RT_MASK_OWN,
    .opts = opts,
    .args_size = sizeof(struct args),
    .keras_lacks = "causal",
    .keras_inputs = "value key",
    .min_in = 2,
    .max_in = 3,
    .build = build,
    .selftest = { .in = "3x4 5x3", .words = "2 3 value_dim=2" },
};
