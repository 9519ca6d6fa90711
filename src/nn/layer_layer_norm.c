/* layer_norm: every sample to mean 0 and variance 1 over some of its axes.
 * Source: Ba et al. 2016; TensorFlow 2.4 LayerNormalization. */
#include "nn/layer.h"

#include <math.h>

struct args {
    struct rt_ints axis;
    double epsilon;
    bool center, scale;
    struct rt_weight_args beta, gamma;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, axis, .def = "-1",
           .help = "axes that are normalised together: 1,2"),
    RT_OPT(struct args, epsilon, .def = "0.001", .min = 0, .max = INFINITY,
           .help = "added to the variance"),
    RT_OPT(struct args, center, .def = "yes", .help = "add beta"),
    RT_OPT(struct args, scale, .def = "yes", .help = "multiply by gamma"),
    RT_WEIGHT_OPTS(struct args, beta, "zeros"),
    RT_WEIGHT_OPTS(struct args, gamma, "ones"),
    RT_OPT_END,
};

/* The axes of x with those that are normalised moved behind the others, both
 * in the order they had; returns how many are normalised. */
static int axes_last(const struct rt_ints *axis, const struct rt_shape *x,
                     int order[RT_RANK_MAX], struct rt_err *err)
{
    unsigned set = axis->n ? 0 : 1u << (x->rank - 1);
    int n = 0, at;
    for (int i = 0; i < axis->n; i++) {
        if (rt_shape_axis(x, axis->v[i], &at, err))
            return RT_EINVAL;
        if (at == 0 || set >> at & 1)
            return rt_fail(err, RT_EINVAL, "axis %d of %s %s", axis->v[i],
                           rt_shape_text(x),
                           at ? "twice" : "is the batch, want one behind it");
        set |= 1u << at;
    }
    for (int i = 0; i < x->rank; i++)
        if (!(set >> i & 1))
            order[n++] = i;
    for (int i = 0, k = n; i < x->rank; i++)
        if (set >> i & 1)
            order[k++] = i;
    return x->rank - n;
}

static bool as_they_are(const int *order, int rank)
{
    for (int i = 0; i < rank; i++)
        if (order[i] != i)
            return false;
    return true;
}

/* Axes that are not the last ones are moved there and back. */
static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    struct rt_node *x = b->in[0], *gamma = NULL, *beta = NULL;
    const struct rt_shape *s = &x->shape;
    struct rt_shape row = { .rank = 0 };
    int order[RT_RANK_MAX], back[RT_RANK_MAX];
    int n = axes_last(&a->axis, s, order, err);
    if (n < 0)
        return NULL;
    for (int i = s->rank - n; i < s->rank; i++) {
        int size = s->dim[order[i]];
        if (size == RT_DIM_ANY) {
            rt_fail(err, RT_ESHAPE,
                    "input is %s, want the axes that are normalised of known "
                    "size; give them at `input`",
                    rt_shape_text(s));
            return NULL;
        }
        row.dim[row.rank++] = size;
    }
    if (a->scale &&
        !(gamma = rt_build_trained(b, "gamma", &row, &a->gamma, err)))
        return NULL;
    if (a->center && !(beta = rt_build_trained(b, "beta", &row, &a->beta, err)))
        return NULL;
    if (as_they_are(order, s->rank))
        return rt_op_layer_norm(b->g, x, gamma, beta, n, a->epsilon, err);
    for (int i = 0; i < s->rank; i++)
        back[order[i]] = i;
    x = rt_op_transpose(b->g, x, order, err);
    x = rt_op_layer_norm(b->g, x, gamma, beta, n, a->epsilon, err);
    return rt_op_transpose(b->g, x, back, err);
}

const struct rt_layer rt_layer_layer_norm = {
    .name = "layer_norm",
    .help = "normalise each sample over its last axis, or others",
    .keras = "LayerNormalization",
    .mask = RT_MASK_PASSED,
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build,
    .selftest = { .in = "3x5", .words = "axis=1" },
};
