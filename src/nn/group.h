/* Models within a model. The layers of the inner model become layers of the
 * outer one under long names, encoder/dense_1, so that graph, plan, arenas,
 * optimizers, steering and checkpoints know nothing of nesting. What remembers
 * that they belong together is a group: its name, the inner model it was made
 * from and which of the outer layers are whose. A group within a group is one
 * of the inner model.
 *
 * A group is called like a layer: encoder is the first output of its last use,
 * encoder:0 of its first, encoder:0:1 the second output of that. The calls of
 * one use stand together in rt_model.order, as they stand in the inner model's.
 * No edit changes the inside of a group.
 * Order: rt_model_nest, [rt_model_call again], rt_group_use ... */
#ifndef RT_NN_GROUP_H
#define RT_NN_GROUP_H
#include "nn/model.h"

struct rt_model_group {
    int refs;   /* the model, and each remembered state of it */
    char *name; /* encoder */
    /* As it was when it was nested, its structure alone: inputs, outputs, calls
     * and shapes, no values, no compile settings. Owned, never changed: what
     * its layers' options are now is said by `layers`. */
    struct rt_model *inner;
    /* Of the outer model, for each of inner->layers; NULL for its inputs.
     * Borrowed: who holds the group holds them. */
    struct rt_model_layer **layers;
};

/* Puts a copy of another model into m as one layer, called once, its weights
 * with the values that they have (what has none yet is drawn as it would be
 * there) and learning as they do there. name NULL: the inner model's; from: as
 * for rt_model_add, one for each of its inputs, in their order; n_from 0: the
 * cursor. Moves the cursor to its first output. Nothing changes on an error.
 * rt_model_call calls it again, rt_model_output makes an output under its name.
 * Errors: RT_EBUSY of either; RT_ESTATE if the inner model has no outputs;
 *         RT_EINVAL if m itself is meant, a name or number of inputs is wrong,
 *         the dialects differ or an input of the inner model leads nowhere;
 *         RT_EEXIST; RT_ESHAPE and others of the layers that are built.
 * Source: Keras' Model.__call__, but for the weights, which it shares with the
 *         inner model. */
struct rt_model_group *rt_model_nest(struct rt_model *m,
                                     const struct rt_model *inner,
                                     const char *name, const char *const *from,
                                     int n_from, struct rt_err *err);

/* By name, NULL: none. "a/b" is no group of m but of its group a: found too,
 * with the layers of m that are its own in rt_group_each's. */
struct rt_model_group *rt_group_find(const struct rt_model *m,
                                     const char *name);
/* The group of m that has one of this name inside, a/b or a/b/c; NULL: none. */
struct rt_model_group *rt_group_around(const struct rt_model *m,
                                       const char *name);
/* Which of m->layers are in a group, by its name, or in one within: chosen[i]
 * becomes true for each. Returns how many; 0: there is no such group. */
int rt_group_choose(const struct rt_model *m, const char *name, bool *chosen);
/* How many layers Keras would count: a group is one. */
int rt_group_layers(const struct rt_model *m);
/* Sequential, or Model, which tf.keras calls Functional. */
const char *rt_group_class(const struct rt_model_group *g);
int rt_group_n_uses(const struct rt_model_group *g);
/* What input i reads in a use, and what output i is, in the outer model. */
struct rt_place rt_group_input(const struct rt_model_group *g, int use, int i);
struct rt_place rt_group_output(const struct rt_model_group *g, int use, int i);
/* Its use of which a place is a part, of a layer that is in a group; whether
 * two are parts of one. */
int rt_group_use(const struct rt_place *p);
bool rt_group_same_use(const struct rt_place *a, const struct rt_place *b);
/* What is call i of inner->order in a use; .layer NULL for an input. */
struct rt_place rt_group_call(const struct rt_model_group *g, int use, int i);
/* Whether a place is an output of its layer's group, and of which use. */
bool rt_group_gives(const struct rt_place *p, int *use, int *output);
/* The inner model as it is now, to be freed: with the options of the layers
 * and how they learn. Its layer i is g->layers[i] of the outer model. */
struct rt_model *rt_group_model(const struct rt_model_group *g);
/* A group, or by a/b one within it, as a model of its own, with the values that
 * its weights have in m, which is at rest; not compiled.
 * Errors: RT_EBUSY; RT_ENOENT with the nearest; RT_ENOMEM. */
struct rt_model *rt_group_take_out(const struct rt_model *m, const char *path,
                                   const char *name, struct rt_err *err);
#endif
