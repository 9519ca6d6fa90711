/* tune: the numbers of a compiled model that may change while it trains, by the
 * words of orders and commands. */
#ifndef RT_NN_TUNE_H
#define RT_NN_TUNE_H
#include "nn/model.h"

struct rt_tuned {
    bool optimizer; /* rt_model_ready may want other slots */
    bool weights;   /* of losses */
    bool layers;    /* new plans are wanted */
};
/* KEY=VALUE each: a number of the optimizer (learning_rate= is lr=), clipnorm=,
 * global_clipnorm=, clipvalue=, loss_weights=OUTPUT:WEIGHT,..., LAYERS.OPTION=
 * of an option that its record marks as live. Numbers change where they lie; a
 * thread that reads them meanwhile gets the old or the new one.
 * says: "lr 0.01 -> 0.001, drop1.rate 0.5 -> 0.3", appended.
 * Errors: RT_ESTATE, RT_ENOENT, RT_EINVAL; nothing has changed. */
int rt_model_tune(struct rt_model *m, const char *const *words, int n,
                  struct rt_tuned *did, struct rt_str *says,
                  struct rt_err *err);

/* Before that in a model at rest: what remembered states share with it becomes
 * its own, so that undo finds their numbers. Both at once, one edit. */
void rt_model_own_numbers(struct rt_model *m);
int rt_model_retune(struct rt_model *m, const char *const *words, int n,
                    struct rt_str *says, struct rt_err *err);

/* All of these numbers of a compiled model, in an order that its structure
 * decides, to be read or changed: of is "" for the optimizer, "loss_weights",
 * or a layer's name. */
/* clipnorm and its kin, which compile takes beside the optimizer's own; NULL:
 * it is none of them. */
double *rt_clipping_number(struct rt_clipping *clip, const char *key);
typedef void rt_tune_visit(void *arg, const char *of, const char *name,
                           double *v);
void rt_model_each_live(struct rt_model *m, rt_tune_visit *fn, void *arg);
#endif
