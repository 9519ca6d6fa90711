/* A model: named layers with their calls, inputs, outputs, weights, compile
 * settings and optimizer state. It is edited by the main thread and borrowed by
 * a training thread while a fit runs (rt_model.busy; edits are refused with
 * RT_EBUSY).
 *
 * What the user built is a list of calls; the graph is made from it by calling
 * every layer's build function, again after undo. Weights keep their values by
 * (layer, name) across edits and undo.
 *
 * Order: rt_model_new, rt_model_input, rt_model_add ..., rt_model_output,
 *        rt_model_compile, [rt_model_weights], fit, rt_model_free. */
#ifndef RT_NN_MODEL_H
#define RT_NN_MODEL_H
#include "base/rng.h"
#include "graph/graph.h"
#include "nn/constraint.h"
#include "nn/custom.h"
#include "nn/dialect.h"
#include "nn/layer.h"
#include "nn/loss.h"
#include "nn/optimizer.h"
#include <stdbool.h>

struct rt_model_layer;
struct rt_model_group;

/* What a batch_norm does that is frozen while its model trains: as the dialect
 * has it (Keras: by the batch, tf.keras: by the averages); normalise by the
 * moving averages; by the batch's own numbers; the same, and the averages are
 * still moved. */
enum rt_norm { RT_NORM_DIALECT, RT_NORM_INFER, RT_NORM_BATCH, RT_NORM_UPDATE };

struct rt_weight {
    char *name;                   /* kernel */
    struct rt_model_layer *layer; /* borrowed */
    const struct rt_layer *type;  /* that made it: of a wrapped layer its own */
    struct rt_shape shape;
    size_t n;
    size_t offset; /* floats into the arenas */
    char *init;    /* spec */
    bool fixed;    /* never trained (moving averages) */
    bool state;    /* goes on from batch to batch (rt_build_state) */
    const struct rt_constraint *constraint; /* after each update, or NULL */
    struct rt_constraint_args constraint_args;
    struct rt_key key; /* of its first values */
    bool placed;       /* has its values in the arenas, at offset */
    float *kept; /* those of a weight that left the arenas by undo: values,
                    then kept_slots optimizer slots of kept_epoch */
    int kept_slots;
    unsigned kept_epoch;
};

/* One tensor of a model: what a call of a layer gave. */
struct rt_place {
    struct rt_model_layer *layer;
    int call;   /* 0.. */
    int tensor; /* of those the call gave, 0.. */
};

struct rt_model_call {
    struct rt_place *in;
    int n_in;
    int seq;                              /* place in rt_model.order */
    struct rt_node *out[RT_TENSORS_MAX];  /* in rt_model.graph, and */
    struct rt_node *mask[RT_TENSORS_MAX]; /* what of each counts; NULL: all */
    int n_out;
};

struct rt_learns { /* how a layer does, as the fields below */
    bool trainable;
    int norm;
    double share, rate;
};
struct rt_model_layer {
    int refs;   /* the model, and each remembered state of it */
    int uid;    /* never used twice in a model */
    char *name; /* dense_1, or as given */
    struct rt_model_group *group; /* nn/group.h: that it is in; NULL: none */
    const struct rt_layer *type;
    void *args; /* parsed; owned */
    /* How it learns. A run changes these between two batches, on its thread,
     * and anybody may read them: hence atomic (nn/steer.h). */
    _Atomic bool trainable;
    _Atomic int norm;     /* enum rt_norm: of a frozen batch_norm */
    _Atomic double share; /* of the run's rate; 1 */
    _Atomic double rate;  /* instead of the run's; NaN: that one */
    _Atomic bool rests;   /* by rt_model_settle: for retired outputs alone */
    struct rt_model_call *calls;
    int n_calls;
    struct rt_weight **weights; /* in Keras' order; owned */
    int n_weights;
    struct rt_weight **states; /* in the arenas, too, but no weights; owned */
    int n_states;
};

struct rt_model_output {
    struct rt_place place;
    char *name;    /* its layer's; its group's, as rt_output_name says */
    char *loss;    /* spec given at output, or NULL */
    double weight; /* given at output; NaN: not given */
    /* As a layer's flags: nothing that only it needs is computed while the
     * model trains; it leaves the model when the run is over. */
    _Atomic bool retired, leaves;
};

struct rt_compile_output {
    char *output; /* its name */
    char *loss;   /* spec; NULL: not trained */
    double weight;
    char **metrics; /* as written by the user */
    int n_metrics;
    bool temporal; /* Keras' sample_weight_mode of the file it came from; that
                      steps have weights is seen by the weights */
};
struct rt_compiled {
    int refs;
    int64_t nth; /* by which compile of the model, from 1 */
    const struct rt_optimizer *optimizer;
    void *args; /* struct rt_optim_args first */
    struct rt_clipping clip;
    struct rt_compile_output *outputs;
    int n_outputs;
    struct rt_customs *customs; /* as defined when it was compiled */
};

/* What the layers gave beside their results while a graph was built. */
struct rt_update {
    struct rt_weight *weight;
    struct rt_node *value; /* what it is to be, of the weight's shape */
};
struct rt_built {
    struct rt_weight **by_number; /* weight number in the graph -> weight */
    struct rt_node **penalties;   /* scalars, part of the loss */
    struct rt_model_layer **penalty_of; /* whose each is */
    int n_penalties;
    struct rt_update *updates;
    int n_updates;
};
void rt_built_release(struct rt_built *b);

struct rt_model {
    char *name;
    enum rt_dialect dialect; /* set by who makes it, before any layer */
    uint64_t seed; /* for weights drawn from here on; set by the session */
    struct rt_model_layer **layers; /* in the order they were made */
    int n_layers;
    struct rt_model_group **groups; /* models within it, as they were nested */
    int n_groups;
    struct rt_place *order; /* every call of every layer, as they were made */
    int n_order;
    struct rt_place *inputs; /* of input layers */
    int n_inputs;
    struct rt_model_output *outputs;
    int n_outputs;
    struct rt_place cursor;       /* .layer NULL: nothing yet */
    struct rt_graph *graph;       /* forward alone, unknown batch */
    struct rt_built built;        /* of graph */
    struct rt_compiled *compiled; /* NULL: not yet */
    struct rt_customs *customs;   /* losses and metrics of users' own, for
                                     output and compile; set by the session */
    /* Arenas, all laid out by rt_weight.offset. */
    float *weights;
    float *slots[RT_SLOTS_MAX];
    size_t n_params; /* floats in each, padding (zero everywhere) included */
    const struct rt_optimizer *slots_of; /* whose slots; NULL: none */
    int n_slots;
    unsigned slots_epoch; /* counts how often slots were dropped */
    int64_t iterations;   /* updates since the slots were dropped */
    double m_schedule;    /* product of nadam's momenta since; 1 at first */
    int64_t n_fits;       /* of this model so far: part of every fit's keys */
    int64_t n_draws;      /* of reinit so far: part of each one's keys */
    int64_t n_compiles;   /* so far */
    bool busy;            /* a fit borrows it; guarded by the main thread */
    bool any_names;       /* set by who reads a file: names may hold anything */
    int next_uid;
    int64_t edits;              /* changes of the description so far */
    struct rt_model_past *past; /* undo and redo */
};

struct rt_model *rt_model_new(const char *name, uint64_t seed);
void rt_model_free(struct rt_model *m);
/* Layers, compile settings, values and slots under another name; no undo.
 * Errors: RT_EBUSY while a fit writes the values, RT_ENOMEM. */
struct rt_model *rt_model_copy(const struct rt_model *m, const char *name,
                               struct rt_err *err);
/* A copy to look at while a fit has the model: the same structure, compile
 * settings and layout of the arenas, values zero, no optimizer state. The
 * caller copies n_params weights; thread: where the model is at rest
 * (rt_run_look). Errors: RT_ENOMEM. */
struct rt_model *rt_model_twin(const struct rt_model *m, struct rt_err *err);
/* The same with all values and the optimizer's state, to be kept. */
struct rt_model *rt_model_portrait(const struct rt_model *m,
                                   struct rt_err *err);

/* Whether a person may give this name: letters, digits, _ - . in it. Names
 * given to a model are checked by it unless rt_model.any_names.
 * Errors: RT_EINVAL with the character that is wrong. */
int rt_name_check(const char *name, struct rt_err *err);

/* An input of rows `row`; NULL name: input_1. Moves the cursor.
 * Errors: RT_EEXIST, RT_EINVAL, RT_EBUSY. */
struct rt_model_layer *rt_model_input(struct rt_model *m, const char *name,
                                      const struct rt_shape *row,
                                      struct rt_err *err);
/* A new layer called once. words: its own options; name NULL: type_1 (the
 * smallest number not in use); from: names of inputs, n_from 0: the cursor.
 * Nothing changes on an error. Moves the cursor.
 * Errors: they begin with the layer's command: "dense: 'units' is missing". */
struct rt_model_layer *rt_model_add(struct rt_model *m,
                                    const struct rt_layer *type,
                                    const char *name, const char *const *from,
                                    int n_from, const char *const *words,
                                    int n_words, struct rt_err *err);
/* Calls an existing layer or group again. Its second call is named "fc1:1" in
 * from=. */
int rt_model_call(struct rt_model *m, const char *layer,
                  const char *const *from, int n_from, struct rt_err *err);
/* Makes a place (NULL name: the cursor) an output. loss may be NULL, weight
 * NaN. Given twice, the second changes what it gives; one that was retired
 * trains again. A model that was compiled
 * is not any more once its outputs changed; the optimizer's state stays. */
int rt_model_output(struct rt_model *m, const char *layer, const char *loss,
                    double weight, struct rt_err *err);
int rt_model_at(struct rt_model *m, const char *layer, struct rt_err *err);
/* A layer by name, RT_ENOENT with the nearest; a place by "name" (its last
 * call), "name:1", or "name:1:2" for a further tensor of a call; the same for
 * the outputs of a group. rt_model_open: one that may be read, which is none
 * within a group: RT_EINVAL. */
struct rt_model_layer *rt_model_layer_find(const struct rt_model *m,
                                           const char *name,
                                           struct rt_err *err);
int rt_model_place(const struct rt_model *m, const char *name,
                   struct rt_place *out, struct rt_err *err);
int rt_model_open(const struct rt_model *m, const char *name,
                  struct rt_place *out, struct rt_err *err);
bool rt_place_same(const struct rt_place *a, const struct rt_place *b);
/* Node of a place in m->graph, with the batch unknown in its shape. */
struct rt_node *rt_place_node(const struct rt_place *p);
const char *rt_place_name(const struct rt_place *p); /* static, four in turn */

/* What compile says, before it is checked against the outputs. */
struct rt_compile_words {
    const char *optimizer;
    const char *const *words; /* the optimizer's own, lr included, which may be
                                 called learning_rate */
    int n_words;
    const char *loss;             /* "mse", "a:mse,b:bce"; NULL: the outputs' */
    const char *loss_weights;     /* "a:1,b:0.5" or "1,0.5"; NULL */
    const char *metrics;          /* "acc,b:mse"; NULL */
    const char *weighted_metrics; /* the same, by sample weights; NULL */
    struct rt_clipping clip;
    bool reset; /* drop the optimizer's state */
};
/* Builds the losses once to check them. Keeps slots of the same optimizer.
 * A list names outputs ("a:mse"), or its one entry is for all of them, or it
 * has an entry for each in their order; metrics without a name are for every
 * output that has a loss. Nothing changes on an error. */
int rt_model_compile(struct rt_model *m, const struct rt_compile_words *c,
                     struct rt_err *err);

void rt_compiled_unref(struct rt_compiled *c); /* NULL is fine */
/* What outputs are called in a model that is made anew, as by a script or from
 * a file: y_1 is y there if y was taken out. names: those of all, caller frees
 * with rt_model_names_free; compiled: the settings with these names, to be
 * unreferenced, NULL if it is not. */
char **rt_model_names_anew(const struct rt_model *m);
void rt_model_names_free(const struct rt_model *m, char **names);
struct rt_compiled *rt_compiled_anew(const struct rt_model *m);

/* Changes options of layers, each with the same words, that leave shapes and
 * weights as they are; not undone. Nothing changes on an error.
 * Errors: RT_EBUSY, RT_EINVAL of the options, those of building. */
int rt_model_change(struct rt_model *m, struct rt_model_layer *const *layers,
                    int n, const char *const *words, int n_words,
                    struct rt_err *err);
/* Lays out the arenas and draws what has no value yet; before anything that
 * computes, and before reading values. Offsets are multiples of 16 floats. */
int rt_model_ready(struct rt_model *m, struct rt_err *err);
/* Adds all of the model to a graph; out[i] the node of output i, mask[i] what
 * of it counts (NULL: all; mask may be NULL); in[i] of input i. *built is made
 * anew; the caller releases it. */
int rt_model_build(const struct rt_model *m, struct rt_graph *g,
                   struct rt_node **in, struct rt_node **out,
                   struct rt_node **mask, struct rt_built *built,
                   struct rt_err *err);
/* Ranges of the arenas that train (rt_weight_trains) in their order, merged
 * where they touch (the padding between is in them: it is zero and stays so);
 * like: those of the layers alone that have its rate (NULL: all). Caller
 * frees. */
struct rt_range *rt_model_ranges(const struct rt_model *m,
                                 const struct rt_model_layer *like, int *n);
/* All, one range for each weight; caller frees. */
struct rt_range *rt_model_each_range(const struct rt_model *m, int *n);
/* Whether it is trainable in Keras' sense: its layer is, and it is none that is
 * set otherwise. An optimizer changes those that learn and do not rest. */
bool rt_weight_learns(const struct rt_weight *w);
/* Holds the weights that train to their constraints, after an update. */
void rt_model_constrain(struct rt_model *m);
/* The size of all batches, as an input gives it; 0: none does. Whether it
 * matters: a layer keeps a state from batch to batch. */
int rt_model_batch(const struct rt_model *m);
int rt_input_batch(const struct rt_model_layer *input); /* of one; 0: none */
bool rt_model_stateful(const struct rt_model *m);
/* Batches of that size out of so many rows go with a stateful model.
 * Errors: RT_EINVAL with what is wanted. */
int rt_model_check_batch(const struct rt_model *m, int batch_size,
                         size_t n_rows, struct rt_err *err);
/* Zeros for the states of chosen layers (as rt_select fills it; NULL: of all);
 * returns how many layers have one. */
int rt_model_reset_states(struct rt_model *m, const bool *chosen);
/* A copy of all states, NULL if there are none; put back, and freed. */
float *rt_model_keep_states(const struct rt_model *m);
void rt_model_put_states(struct rt_model *m, float *kept);
int64_t rt_layer_params(const struct rt_model_layer *l);
int64_t rt_model_params(const struct rt_model *m, bool trainable_only);

/* All layers in the order of Keras (nn/fold.h), those of a group where it
 * stands. Fills out[n_layers at most], returns how many. chain: whether each
 * layer or group has one input and one output (may be NULL). */
int rt_model_by_depth(const struct rt_model *m, struct rt_model_layer **out,
                      bool *chain);
/* The layers that lead to no output, in the order they were made: nothing
 * computes them. Fills out[n_layers at most], returns how many. */
int rt_model_idle(const struct rt_model *m, struct rt_model_layer **out);
/* A chain whose input has the name that Keras gives to a Sequential's: it is
 * one in its files, and its input is not counted among its layers. */
bool rt_model_is_sequential(const struct rt_model *m);

/* Before a change by a command: remembers the model (one step a command; a
 * command that then changed nothing leaves no step).
 * undo, redo: how many steps were possible, up to n; RT_EBUSY, RT_ENOMEM.
 * They restore layers, names, calls, inputs, outputs, the cursor, arguments,
 * compile settings and what learns, but for what a run has changed since
 * (rt_model_keep). Values of weights are restored where the command put them
 * aside (rt_model_put_aside) and no run went on from what it wrote; an
 * optimizer's state that was dropped begins anew. */
void rt_model_mark(struct rt_model *m, const char *what);
/* Before a marked command writes over values: those of a set of layers
 * (nn/select.h; n 0: of all) go to its step, slots: with the optimizer's state
 * of them. The model is ready then. The caller says rt_model_edited.
 * Errors: rt_select's, RT_ENOMEM. */
int rt_model_put_aside(struct rt_model *m, const char *const *words, int n,
                       bool slots, struct rt_err *err);
/* After every change of the description or of values by a command: there is no
 * redo from here, and compile settings of other outputs are dropped. */
void rt_model_edited(struct rt_model *m);
int rt_model_undo(struct rt_model *m, int n, struct rt_err *err);
int rt_model_redo(struct rt_model *m, int n, struct rt_err *err);
const char *rt_model_undo_what(const struct rt_model *m); /* NULL: nothing */

/* Structure, weights' shapes and compile settings as one number, for the
 * store and for resuming. */
uint64_t rt_model_hash(const struct rt_model *m);
/* The same without what may change while a run goes on (nn/tune.h). */
uint64_t rt_model_hash_fixed(const struct rt_model *m);
/* Commands that build it ("input x 784\ndense 64 ..."), one a line, without
 * the models within it; with `model NAME` before them, and before that the
 * same of each model within it. */
void rt_model_commands(const struct rt_model *m, struct rt_str *out);
void rt_model_script(const struct rt_model *m, struct rt_str *out);
#endif
