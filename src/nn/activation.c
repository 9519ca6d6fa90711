/* Activations: a table of names over the element-wise operators, and softmax.
 * Source: Keras 2.3.1 activations.py. */
#include "base/schema.h"
#include "nn/layer.h"
#include "nn/spec.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof *(a)))

struct args {
    double alpha;
    int axis;
};
static const struct rt_opt elu_opts[] = {
    RT_OPT(struct args, alpha, .word = 1, .def = "1",
           .help = "value far below zero is -alpha"),
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
    X(hard_sigmoid, RT_UNARY_hard_sigmoid, NULL)                               \
    X(linear, LINEAR, NULL)                                                    \
    X(relu, RT_UNARY_relu, NULL)                                               \
    X(selu, RT_UNARY_selu, NULL)                                               \
    X(sigmoid, RT_UNARY_sigmoid, NULL)                                         \
    X(softmax, SOFTMAX, softmax_opts)                                          \
    X(softplus, RT_UNARY_softplus, NULL)                                       \
    X(softsign, RT_UNARY_softsign, NULL)                                       \
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
    *alpha = all[i].f == LINEAR ? 1 : ((const struct args *)block)->alpha;
    *f = all[i].f < 0 ? RT_UNARY_leaky_relu : (enum rt_unary)all[i].f;
    rt_args_free(block);
    if (all[i].f < LINEAR)
        return rt_fail(err, RT_EINVAL,
                       "activation '%s' is not a function of single numbers",
                       spec);
    return RT_OK;
}
