/* What the files of the model share with each other and nobody else. */
#ifndef RT_NN_MODEL_PRIVATE_H
#define RT_NN_MODEL_PRIVATE_H
#include "nn/model.h"

/* ---- model.c */
/* Takes name and args; one reference. */
struct rt_model_layer *rt_model_layer_new(const struct rt_layer *type,
                                          char *name, void *args);
void rt_model_layer_unref(struct rt_model_layer *l); /* NULL is fine */
/* A malloc'd name for a new layer: stem_1, the smallest number that none of
 * the n layers has. */
char *rt_model_auto_name(const struct rt_layer *type,
                         struct rt_model_layer *const *layers, int n);
/* RT_EBUSY while a fit borrows the model. */
int rt_model_editable(const struct rt_model *m, struct rt_err *err);
void rt_model_output_release(struct rt_model_output *o);
/* With what it has kept, for another layer. Errors: RT_ENOMEM. */
struct rt_weight *rt_weight_copy(const struct rt_weight *w,
                                 struct rt_model_layer *l, struct rt_err *err);
/* A copy of layers, calls, groups, outputs and compile settings;
 * its weights are laid out as m's are, but there are no arenas.
 * Errors: RT_ENOMEM. */
struct rt_model *rt_model_structure(const struct rt_model *m, const char *name,
                                    struct rt_err *err);
struct rt_place *rt_places_copy(const struct rt_place *v, int n);

/* ---- model_build.c */
/* What an output at a place is called: as its layer, or its group; the second
 * of a name is name_1. Malloc'd. Source: tf.keras, _set_output_names. */
char *rt_output_name(const struct rt_model *m, const struct rt_place *p);
/* What one call gave: nodes, and what of each counts. */
struct rt_made {
    struct rt_node *node[RT_TENSORS_MAX], *mask[RT_TENSORS_MAX];
};
/* Adds one call of a layer to a graph; returns how many tensors it gave, 0 on
 * an error. */
int rt_model_build_call(const struct rt_model *m, struct rt_graph *g,
                        struct rt_built *built, struct rt_model_layer *l,
                        const struct rt_place *from, struct rt_node *const *in,
                        struct rt_node *const *mask, int n_in,
                        struct rt_made *out, struct rt_err *err);
/* Whether a layer can read so many others. Errors: RT_EINVAL. */
int rt_layer_takes(const struct rt_layer *type, int n, struct rt_err *err);
/* The places that a call of a layer reads, by their names or the cursor. */
int rt_model_resolve(const struct rt_model *m, const struct rt_layer *type,
                     const char *const *from, int n_from, struct rt_place *in,
                     int *n, struct rt_err *err);
/* Whether a new layer may have this name. Errors: RT_EEXIST, RT_EINVAL. */
int rt_model_free_name(const struct rt_model *m, const char *name,
                       struct rt_err *err);
/* Calls l in m->graph and moves the cursor there. A build that fails halfway
 * leaves the graph as it was. */
int rt_model_call_at(struct rt_model *m, struct rt_model_layer *l,
                     const struct rt_place *from, int n_in, struct rt_err *err);
/* Makes m->graph anew from the calls, which built once before. */
void rt_model_rebuild(struct rt_model *m);

/* ---- model_text.c */
/* rt_model_commands; called: for each of m->groups the name of the model that
 * its first `call` puts in. */
void rt_model_build_commands(const struct rt_model *m,
                             const char *const *called, struct rt_str *out);

/* ---- group.c */
/* Takes inner; one reference. */
struct rt_model_group *rt_model_group_new(const char *name,
                                          struct rt_model *inner);
void rt_model_group_unref(struct rt_model_group *g);
/* l is its layer i. */
void rt_group_take(struct rt_model_group *g, int i, struct rt_model_layer *l);

/* ---- model_nest.c */
/* The places that a use of an inner model reads, by their names or the cursor.
 */
int rt_nest_resolve(const struct rt_model *m, const struct rt_model *inner,
                    const char *const *from, int n_from, struct rt_place *in,
                    struct rt_err *err);
/* Whether a shape is that of the inner model's input, if it is one that the
 * call reads as its input i. Errors: RT_ESHAPE. */
int rt_nest_fits(const struct rt_place *call, int i,
                 const struct rt_shape *shape, struct rt_err *err);
/* One more use of a group; moves the cursor to its first output. */
int rt_model_use(struct rt_model *m, struct rt_model_group *g,
                 const char *const *from, int n_from, struct rt_err *err);

/* ---- model_order.c */
/* Marks by uid (next_uid + 1 of them, all written) the layers that lead to an
 * output; live: to one that is not retired. */
void rt_model_lead(const struct rt_model *m, bool live, bool *layer);

/* ---- model_arena.c */
/* Takes a layer's values out of the arenas into its weights, before it leaves
 * the model. Errors: RT_ENOMEM, nothing lost. */
int rt_model_stash(struct rt_model *m, struct rt_model_layer *l,
                   struct rt_err *err);
void rt_model_drop_slots(struct rt_model *m);
/* The slots of a weight that is placed are as at the beginning. */
void rt_model_start_slots(struct rt_model *m, const struct rt_weight *w);

/* ---- model_values.c */
struct rt_model_values;
/* Copies of the values of chosen layers (one flag each), and of their part of
 * the optimizer's state, in a model that is ready. Errors: RT_ENOMEM. */
struct rt_model_values *rt_model_values_take(struct rt_model *m,
                                             const bool *chosen, bool slots,
                                             struct rt_err *err);
void rt_model_values_free(struct rt_model_values *k); /* NULL is fine */
size_t rt_model_values_bytes(const struct rt_model_values *k);
/* Changes places with those of the model; weights that have left it keep what
 * they took along, and a state of another optimizer stays. */
void rt_model_values_swap(struct rt_model *m, struct rt_model_values *k);

/* ---- model_undo.c */
struct rt_model_shot; /* the description at one moment */
struct rt_model_shot *rt_model_shot(const struct rt_model *m);
void rt_model_shot_free(struct rt_model_shot *s);
/* Takes back what an edit did since; frees s. Layers that are new since may not
 * have a value in the arenas. */
void rt_model_shot_put(struct rt_model *m, struct rt_model_shot *s);
void rt_model_forget_redo(struct rt_model *m);
void rt_model_past_free(struct rt_model_past *past);

/* ---- model_compile.c */
struct rt_compiled *rt_compiled_copy(const struct rt_compiled *c);
/* The same without some outputs; drop: one for each. */
struct rt_compiled *rt_compiled_without(const struct rt_compiled *c,
                                        const bool *drop);
/* An output has another name. Remembered states of the model share the
 * settings, so these become the model's own. */
void rt_compiled_rename(struct rt_model *m, const char *output, const char *to);
/* Whether it was made for the outputs that the model has now. */
bool rt_compiled_fits(const struct rt_compiled *c, const struct rt_model *m);
#endif
