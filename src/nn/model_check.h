/* The gradients of a whole model against differences: of every weight of some
 * layers, on small random data of the model's shapes. Needs no data set, no
 * loss and no compile: what is differentiated is a random combination of the
 * outputs, penalties included, in the training phase. */
#ifndef RT_NN_MODEL_CHECK_H
#define RT_NN_MODEL_CHECK_H
#include "nn/model.h"

struct rt_weight_check {
    const struct rt_weight *weight;
    size_t n;     /* numbers tried */
    double worst; /* largest |numeric - analytic| as a part of its bound, which
                     is tol times the weight's largest gradient, or tol */
    size_t at;    /* where */
    double numeric, analytic;
};
struct rt_model_check {
    struct rt_weight_check *v;
    int n;
};
struct rt_model_check_how {
    const bool *chosen; /* by layer; NULL: all */
    size_t most;        /* numbers of each weight that are tried */
    double tol;
    uint64_t seed;
    bool (*interrupted)(void); /* asked between weights; may be NULL */
};
/* The model must be at rest; it is made ready, and its weights end as they
 * were. Caller frees out->v.
 * Errors: RT_ESTATE for a model without outputs or weights; RT_ESHAPE where an
 *         input has an axis of unknown length; RT_ECANCEL; RT_ENOMEM. */
int rt_model_check(struct rt_model *m, const struct rt_model_check_how *how,
                   struct rt_model_check *out, struct rt_err *err);
#endif
