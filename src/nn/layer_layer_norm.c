/* layer_norm: every sample to mean 0 and variance 1 over its last axes.
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
           .help = "axes that are normalised together, the last ones: 1,2"),
    RT_OPT(struct args, epsilon, .def = "0.001", .min = 0, .max = INFINITY,
           .help = "added to the variance"),
    RT_OPT(struct args, center, .def = "yes", .help = "add beta"),
    RT_OPT(struct args, scale, .def = "yes", .help = "multiply by gamma"),
    RT_WEIGHT_OPTS(struct args, beta, "zeros"),
    RT_WEIGHT_OPTS(struct args, gamma, "ones"),
    RT_OPT_END,
};

/* Whether the axes are the last ones, in any order; and how many. */
static int last_axes(const struct rt_ints *axis, const struct rt_shape *x,
                     int *n, struct rt_err *err)
{
    unsigned set = 0;
    for (int i = 0; i < axis->n; i++) {
        int at;
        if (rt_shape_axis(x, axis->v[i], &at, err))
            return RT_EINVAL;
        set |= 1u << at;
    }
    *n = axis->n ? axis->n : 1;
    unsigned want = ((1u << *n) - 1) << (x->rank - *n);
    if (*n >= x->rank || (axis->n && set != want))
        return rt_fail(err, RT_EINVAL,
                       "axes of %s that are not the last ones, or the batch; "
                       "permute before",
                       rt_shape_text(x));
    return RT_OK;
}

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    const struct rt_shape *x = &b->in[0]->shape;
    struct rt_node *gamma = NULL, *beta = NULL;
    struct rt_shape row = { .rank = 0 };
    if (last_axes(&a->axis, x, &row.rank, err))
        return NULL;
    for (int i = 0; i < row.rank; i++) {
        row.dim[i] = x->dim[x->rank - row.rank + i];
        if (row.dim[i] == RT_DIM_ANY) {
            rt_fail(err, RT_ESHAPE,
                    "input is %s, want the axes that are normalised of known "
                    "size; give them at `input`",
                    rt_shape_text(x));
            return NULL;
        }
    }
    if (a->scale &&
        !(gamma = rt_build_trained(b, "gamma", &row, &a->gamma, err)))
        return NULL;
    if (a->center && !(beta = rt_build_trained(b, "beta", &row, &a->beta, err)))
        return NULL;
    return rt_op_layer_norm(b->g, b->in[0], gamma, beta, row.rank, a->epsilon,
                            err);
}

const struct rt_layer rt_layer_layer_norm = {
    .name = "layer_norm",
    .help = "normalise each sample over its last axes",
    .keras = "LayerNormalization",
    .mask = RT_MASK_PASSED,
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build,
    .selftest = { .in = "3x5", .words = "axis=1,2" },
};
