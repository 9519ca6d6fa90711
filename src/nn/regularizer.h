/* Regularizers: penalties on weights or on what a layer gives, added to the
 * loss. Records listed in regularizers.def; a spec is "l2(0.001)" or
 * "l1_l2(l1=0.01,l2=0.001)"; "expr(0.01 * sum(abs(w)))" is an expression of
 * w, the weight, or h, what the layer gives, that is a scalar.
 * Source: Keras 2.3.1 regularizers.py. */
#ifndef RT_NN_REGULARIZER_H
#define RT_NN_REGULARIZER_H
#include "graph/ops.h"
#include <retort/plugin.h>

/* All regularizers' options fill this: the rates of sum(|x|) and sum(x^2). */
struct rt_regularizer_args {
    double l1, l2;
};
struct rt_regularizer {
    const char *name, *help;
    const struct rt_opt *opts; /* of struct rt_regularizer_args */
};
const struct rt_regularizer *const *rt_regularizers(void);
/* A spec to its rates: in Keras 2.3.1's files every one is an L1L2 of two.
 * Errors: RT_ENOENT, RT_EINVAL of the options. */
int rt_regularizer_find(const char *spec, struct rt_regularizer_args *out,
                        struct rt_err *err);
/* The expression within "expr(...)", which the caller frees; NULL if the spec
 * is none. */
char *rt_regularizer_expression(const char *spec);
/* The penalty as a scalar; by_rows divides it by the number of rows of x,
 * but an expression is taken as it stands. */
struct rt_node *rt_regularizer_build(struct rt_graph *g, const char *spec,
                                     struct rt_node *x, bool by_rows,
                                     struct rt_err *err);
#endif
