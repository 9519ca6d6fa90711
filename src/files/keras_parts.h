/* What the files that read Keras' models share with each other and nobody
 * else. */
#ifndef RT_FILES_KERAS_PARTS_H
#define RT_FILES_KERAS_PARTS_H
#include "files/h5_tree.h"
#include "files/keras_read.h"
#include "nn/fold.h"

struct json_t;

/* ---- keras_read.c */
/* The model of a file that was read; file: its name, for a model without one.
 * Errors: as rt_keras_load's, without the file's name. */
struct rt_model *rt_keras_model(const char *file, const struct rt_h5_tree *tree,
                                const struct rt_keras_load *o,
                                struct rt_err *err);

/* ---- keras_old.c */
/* A model_config with the words of Keras 1, and the sentence about a file that
 * says so itself: both with what converts the file.
 * Errors: RT_EFORMAT. */
int rt_keras_check_old(const char *file, const struct json_t *model_config,
                       struct rt_err *err);
int rt_keras_refuse_old(const char *file, const char *version,
                        struct rt_err *err);

/* ---- keras_graph.c */
/* More layers, or calls, than any model has. */
enum { RT_KERAS_MOST = 10000 };
/* Adds all layers of a model_config, or of a model within one, to an empty
 * model. shape: as a batch_input_shape, what a Sequential reads that says
 * nothing of it; NULL: not known. listed: layers and models in the order of the
 * config; caller frees.
 * Errors: RT_EFORMAT, and those of the layers with their names. */
int rt_keras_graph(struct rt_model *m, const struct json_t *model,
                   struct json_t *shape, struct rt_fold_item **listed, int *n,
                   struct rt_err *err);
/* Its parts: one entry of a list of layers that is no input, and an input. */
int rt_keras_add(struct rt_model *m, const struct json_t *entry,
                 const char *name, const char *const *from, int n_from,
                 struct rt_fold_item *out, struct rt_err *err);
struct rt_model_layer *rt_keras_add_input(struct rt_model *m, const char *name,
                                          const struct json_t *config,
                                          struct rt_err *err);
/* Whether there is room for one more use of a model. Errors: RT_EFORMAT. */
int rt_keras_room(const struct rt_model *m, const struct rt_model *inner,
                  struct rt_err *err);
bool rt_keras_is_model(const struct json_t *entry);
bool rt_keras_is_input(const struct json_t *entry);
/* The text of a member, or NULL. */
const char *rt_keras_member(const struct json_t *o, const char *key);

/* ---- keras_wrapped.c */
/* Whether an entry is a wrapper around a whole model; and the model that takes
 * its place, of layers that are wrapped each, which reads shape (as a
 * batch_input_shape, with the steps). A new reference. */
bool rt_keras_is_wrapped(const struct json_t *entry);
struct json_t *rt_keras_distributed(const struct json_t *entry,
                                    struct json_t *shape);

/* ---- keras_network.c */
/* The layers of a functional model; listed has room for all of them. */
int rt_keras_network(struct rt_model *m, const struct json_t *config,
                     const struct json_t *layers, struct rt_fold_item *listed,
                     int *n, struct rt_err *err);

/* ---- keras_describe.c */
/* A model_config, of all that the model is; a new reference. */
struct json_t *rt_keras_describe(const struct rt_model *m,
                                 enum rt_dialect dialect);

/* ---- keras_compile.c */
/* compile by a training_config; a config without optimizer or loss leaves the
 * model uncompiled. */
int rt_keras_compile(struct rt_model *m, const struct json_t *training_config,
                     const struct rt_keras_load *o, struct rt_err *err);

/* ---- keras_state.c */
/* Slots and iterations out of the group optimizer_weights, if there is one. A
 * model within, of which the file shows alone by them that it was frozen, is
 * frozen. notes: as of rt_keras_load. */
int rt_keras_state(struct rt_model *m, const struct rt_fold_item *listed, int n,
                   const struct rt_h5_tree *tree, struct rt_str *notes,
                   struct rt_err *err);

/* ---- keras_custom.c */
/* The definitions that a model was compiled with, for the attribute
 * RT_KERAS_CUSTOMS; NULL: none. The caller's reference. */
#define RT_KERAS_CUSTOMS "retort_custom_objects"
struct json_t *rt_keras_customs(const struct rt_compiled *c);
/* Adds them to a model's, but for names that it has already.
 * Errors: RT_EFORMAT, RT_EINVAL with the place in an expression. */
int rt_keras_take_customs(struct rt_model *m, const struct json_t *list,
                          struct rt_err *err);

/* ---- keras_steering.c */
/* Rates of layers, what frozen batch_norms do, retired outputs, and the counts
 * of the optimizer if these have no place elsewhere, for the attribute
 * RT_KERAS_STEERING; NULL: none. The caller's reference. */
#define RT_KERAS_STEERING "retort_steering"
struct json_t *rt_keras_steering(const struct rt_model *m, bool counts);
/* Puts them into the model of the same file, compiled if it is to be.
 * Errors: RT_EFORMAT; the model is of no use then. */
int rt_keras_take_steering(struct rt_model *m, const struct json_t *v,
                           struct rt_err *err);
/* What the optimizer has of weights that are frozen, which files of Keras leave
 * out, into a group of its own, and out of it.
 * Errors: RT_EFORMAT for another size, RT_ENOMEM. */
struct rt_h5_out;
void rt_keras_put_frozen(const struct rt_model *m, struct rt_h5_out *out);
int rt_keras_take_frozen(struct rt_model *m, const struct rt_h5_tree *tree,
                         struct rt_err *err);
#endif
