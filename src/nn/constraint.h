/* Constraints: what is done to a weight after every update, so that it keeps a
 * property. Records listed in constraints.def; a spec is "max_norm(3)" or
 * "non_neg". Source: Keras 2.3.1 constraints.py. */
#ifndef RT_NN_CONSTRAINT_H
#define RT_NN_CONSTRAINT_H
#include "graph/shape.h"
#include <retort/plugin.h>

/* All constraints' options fill this. */
struct rt_constraint_args {
    double min_value, max_value, rate;
    struct rt_ints axis; /* along which a norm is taken, side by side */
};
struct rt_constraint {
    const char *name, *help, *keras; /* max_norm, MaxNorm */
    const struct rt_opt *opts;       /* of struct rt_constraint_args */
    void (*apply)(const struct rt_constraint_args *a,
                  const struct rt_shape *shape, float *w);
};
const struct rt_constraint *const *rt_constraints(void);
/* A spec to its record and options, for weights of that shape.
 * Errors: RT_ENOENT; RT_EINVAL of the options, or for an axis that is not
 *         there. */
const struct rt_constraint *rt_constraint_find(const char *spec,
                                               const struct rt_shape *shape,
                                               struct rt_constraint_args *out,
                                               struct rt_err *err);
#endif
