/* Activations: a table of names over the element-wise operators, and softmax.
 * Source: Keras 2.3.1 activations.py. */
#include "base/schema.h"
#include "nn/layer.h"
#include "nn/spec.h"

#include <math.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof *(a)))

struct args {
    double alpha;
    int axis;
    struct rt_relu_args relu;
};
static const struct rt_opt elu_opts[] = {
    RT_OPT(struct args, alpha, .word = 1, .def = "1",
           .help = "value far below zero is -alpha"),
    RT_OPT_END,
};
static const struct rt_opt leaky_opts[] = {
    RT_OPT(struct args, alpha, .word = 1, .def = "0.3",
           .help = "slope below zero"),
    RT_OPT_END,
};
static const struct rt_opt relu_opts[] = {
    RT_RELU_OPTS(struct args, relu),
    RT_OPT_END,
};
static const struct rt_opt softmax_opts[] = {
    RT_OPT(struct args, axis, .word = 1, .def = "-1",
           .help = "axis that sums to one"),
    RT_OPT_END,
};

enum { LINEAR = -1, SOFTMAX = -2 }; /* what is not in enum rt_unary */

/* Name, function, options; sorted. */
#define ACTIVATIONS(X)                                                         \
    X(elu, RT_UNARY_elu, elu_opts)                                             \
    X(exponential, RT_UNARY_exponential, NULL)                                 \
    X(gelu, RT_UNARY_gelu, NULL)                                               \
    X(hard_sigmoid, RT_UNARY_hard_sigmoid, NULL)                               \
    X(leaky_relu, RT_UNARY_leaky_relu, leaky_opts)                             \
    X(linear, LINEAR, NULL)                                                    \
    X(relu, RT_UNARY_relu, relu_opts)                                          \
    X(selu, RT_UNARY_selu, NULL)                                               \
    X(sigmoid, RT_UNARY_sigmoid, NULL)                                         \
    X(softmax, SOFTMAX, softmax_opts)                                          \
    X(softplus, RT_UNARY_softplus, NULL)                                       \
    X(softsign, RT_UNARY_softsign, NULL)                                       \
    X(swish, RT_UNARY_swish, NULL)                                             \
    X(tanh, RT_UNARY_tanh, NULL)

static const struct activation {
    const char *name;
    int f;
    const struct rt_opt *opts;
} all[] = {
#define X(name, f, opts) { #name, f, opts },
    ACTIVATIONS(X)
#undef X
};

const char *const *rt_activations(void)
{
    static const char *const names[] = {
#define X(name, f, opts) #name,
        ACTIVATIONS(X)
#undef X
            NULL,
    };
    return names;
}

static struct rt_spec_name at(int i)
{
    if (i >= N_OF(all))
        return (struct rt_spec_name){ 0 };
    return (struct rt_spec_name){ all[i].name, NULL, all[i].opts,
                                  sizeof(struct args) };
}

static bool is_plain(const struct rt_relu_args *a)
{
    return !isfinite(a->max_value) && a->negative_slope == 0 &&
           a->threshold == 0;
}

struct rt_node *rt_relu(struct rt_graph *g, struct rt_node *x,
                        const struct rt_relu_args *args, struct rt_err *err)
{
    struct rt_relu_args a = *args;
    if (is_plain(&a))
        return rt_op_unary(g, RT_UNARY_relu, x, 0, err);
    if (!isfinite(a.max_value))
        a.max_value = INFINITY;
    return rt_op_bent_relu(g, x, &a, err);
}

struct rt_node *rt_activation(struct rt_graph *g, const char *spec,
                              struct rt_node *x, struct rt_err *err)
{
    void *block;
    int i = rt_spec_find("activation", at, spec, &block, err);
    if (i < 0)
        return NULL;
    const struct args *a = block;
    struct rt_node *y;
    if (all[i].f == LINEAR)
        y = x;
    else if (all[i].f == SOFTMAX)
        y = rt_op_softmax(g, x, a->axis, err);
    else if (all[i].f == RT_UNARY_relu)
        y = rt_relu(g, x, &a->relu, err);
    else
        y = rt_op_unary(g, (enum rt_unary)all[i].f, x, a->alpha, err);
    rt_args_free(block);
    return y;
}

int rt_activation_unary(const char *spec, enum rt_unary *f, double *alpha,
                        struct rt_err *err)
{
    void *block;
    int i = rt_spec_find("activation", at, spec, &block, err);
    if (i < 0)
        return i;
    const struct args *a = block;
    bool single =
        all[i].f >= LINEAR && (all[i].f != RT_UNARY_relu || is_plain(&a->relu));
    *alpha = all[i].f == LINEAR ? 1 : a->alpha;
    *f = all[i].f < 0 ? RT_UNARY_leaky_relu : (enum rt_unary)all[i].f;
    rt_args_free(block);
    if (!single)
        return rt_fail(err, RT_EINVAL,
                       "activation '%s' is not a function of single "
                       "numbers",
                       spec);
    return RT_OK;
}
