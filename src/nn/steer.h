/* How a model is steered: which layers learn, at what rate, which outputs
 * train. All of it is state that a run changes between two batches, on its
 * thread, or a command on a model at rest; shapes, weights and the optimizer's
 * state stay as they are.
 * Order: change the fields of struct rt_model_layer and rt_model_output, then
 *        rt_model_settle and a new plan (train/replan.c); rt_learning_take
 *        before and rt_learning_put behind what failed. */
#ifndef RT_NN_STEER_H
#define RT_NN_STEER_H
#include "nn/tune.h"

/* infer, batch, update, NULL: what bn= may be, from RT_NORM_INFER on. */
extern const char *const rt_norm_names[];
const char *rt_norm_name(int norm); /* NULL for that of the dialect */

/* How a layer learns, at once; rt_model_settle is the caller's. */
struct rt_learns rt_layer_learns(const struct rt_model_layer *l);
void rt_layer_learn(struct rt_model_layer *l, struct rt_learns how);
/* Whether its moving averages are moved in training. */
bool rt_layer_averages(const struct rt_model_layer *l);
/* Whether their weights are updated at one rate. */
bool rt_layer_same_rate(const struct rt_model_layer *a,
                        const struct rt_model_layer *b);
/* Whether an optimizer changes it now. */
bool rt_weight_trains(const struct rt_weight *w);

/* Which layers rest (rt_model_layer.rests): those that lead to retired outputs
 * and to no other. */
void rt_model_settle(struct rt_model *m);

/* The fields themselves, kept for undo and for what failed: of each layer and
 * each output, and the numbers of nn/tune.h. */
struct rt_learning;
struct rt_learning *rt_learning_take(struct rt_model *m);
void rt_learning_put(struct rt_model *m, const struct rt_learning *l);
void rt_learning_free(struct rt_learning *l);
/* Whether layer i, or output i, is another now than when it was taken. */
bool rt_learning_changed(const struct rt_learning *l, const struct rt_model *m,
                         int i);
bool rt_learning_retired(const struct rt_learning *l, const struct rt_model *m,
                         int i);
/* Calls fn with each number that is another now. */
void rt_learning_numbers(const struct rt_learning *l, struct rt_model *m,
                         rt_tune_visit *differs, void *arg);
/* A run is over that has changed the model since: nothing of that is taken back
 * by undo, nor are steps that changed values alone, since the run went on from
 * them. */
void rt_model_keep(struct rt_model *m, const struct rt_learning *before);
/* The same where a run is left out. */
void rt_model_forget_values(struct rt_model *m);
/* A model at rest was steered: its graph follows, and the count of edits, which
 * undo goes by. */
void rt_model_steered(struct rt_model *m);

/* ---- by the words of orders and commands. says: what was done, appended; ""
 * on an error, when nothing has changed. None of them builds anything. */

/* Layers of a set (nn/select.h) learn no more, or again. norm: enum rt_norm, of
 * the batch_norms among them.
 * says: "froze lstm_b, gas (91,351 parameters)". Errors: rt_select's. */
int rt_model_freeze(struct rt_model *m, const char *const *words, int n,
                    int norm, struct rt_str *says, struct rt_err *err);
int rt_model_unfreeze(struct rt_model *m, const char *const *words, int n,
                      struct rt_str *says, struct rt_err *err);

/* "block4_*=0.1x": this share of the model's rate; "a=1e-4": a rate of its own,
 * whatever becomes of the model's; "a=1x": as the others. */
int rt_model_rate(struct rt_model *m, const char *word, struct rt_str *says,
                  struct rt_err *err);
/* An output trains no more. freeze: neither do the layers that only it needs,
 * for good; remove: it leaves the model when the run is over
 * (rt_model_drop_retired). Errors: RT_ENOENT; RT_ESTATE for the last one. */
struct rt_retire_words {
    const char *output;
    bool freeze, remove;
};
int rt_model_retire(struct rt_model *m, const struct rt_retire_words *w,
                    struct rt_str *says, struct rt_err *err);
/* Takes outputs out of the model that were retired to leave it, with their
 * losses; layers stay. step: that of undo it is, NULL: part of a command's own.
 * Returns how many. Errors: RT_EBUSY; RT_ESHAPE if the loss of another reads
 * one of them. */
int rt_model_drop_retired(struct rt_model *m, const char *step,
                          struct rt_err *err);
/* New first values for the weights of layers, and for their part of the
 * optimizer's state. init: a spec for the kernels, those with more than one
 * axis (NULL: their own); seed: a stream of its own (INT64_MIN: that of the
 * model and how often it was asked). Errors: rt_select's, rt_init_draw's. */
struct rt_reinit_words {
    struct rt_texts layers;
    const char *init;
    int64_t seed;
};
int rt_model_reinit(struct rt_model *m, const struct rt_reinit_words *w,
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
