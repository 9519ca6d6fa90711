/* How a model is steered: which layers learn, at what rate, which outputs
 * train. All of it is state that a run changes between two batches, on its
 * thread, or a command on a model at rest; shapes, weights and the optimizer's
 * state stay as they are.
 * Order: change the fields of struct rt_model_layer and rt_model_output, then
 *        rt_model_settle and a new plan (train/replan.c); rt_learning_take
 *        before and rt_learning_put behind what failed. */
#ifndef RT_NN_STEER_H
#define RT_NN_STEER_H
#include "nn/model.h"

/* infer, batch, update, NULL: what bn= may be, from RT_NORM_INFER on. */
extern const char *const rt_norm_names[];
const char *rt_norm_name(int norm); /* NULL for that of the dialect */

/* Whether its moving averages are moved in training. */
bool rt_layer_averages(const struct rt_model_layer *l);
/* Whether an optimizer changes it now. */
bool rt_weight_trains(const struct rt_weight *w);

/* Which layers rest (rt_model_layer.rests): those that lead to retired outputs
 * and to no other. */
void rt_model_settle(struct rt_model *m);

/* The fields themselves, kept for undo and for what failed: of each layer, and
 * of each output. */
struct rt_learning;
struct rt_learning *rt_learning_take(const struct rt_model *m);
void rt_learning_put(struct rt_model *m, const struct rt_learning *l);
void rt_learning_free(struct rt_learning *l);

/* ---- by the words of orders and commands. says: what was done, appended; ""
 * on an error, when nothing has changed. None of them builds anything. */

/* Layers of a set (nn/select.h) learn no more, or again. norm: enum rt_norm, of
 * the batch_norms among them.
 * says: "froze lstm_b, gas (91,351 parameters)". Errors: rt_select's. */
int rt_model_freeze(struct rt_model *m, const char *const *words, int n,
                    int norm, struct rt_str *says, struct rt_err *err);
int rt_model_unfreeze(struct rt_model *m, const char *const *words, int n,
                      struct rt_str *says, struct rt_err *err);

/* ---- for a run ---- */

/* The ranges of the weights that train at one rate. */
struct rt_rate_group {
    double share, rate; /* as a layer's */
    struct rt_range *range;
    int n;
};
/* One group where no layer has a rate of its own; an empty one where nothing
 * trains: an optimizer counts its updates all the same.
 * Caller frees with rt_rate_groups_free. */
struct rt_rate_group *rt_model_rates(const struct rt_model *m, int *n);
void rt_rate_groups_free(struct rt_rate_group *g, int n);
/* The rate of a group when the run's is lr. */
double rt_rate_of(const struct rt_rate_group *g, double lr);
#endif
