/* A model as Keras sees it: every group one layer among the others, in Keras'
 * order. For what shows a model or writes it: summaries, drawings, files. */
#ifndef RT_NN_FOLD_H
#define RT_NN_FOLD_H
#include "nn/group.h"

struct rt_fold_item { /* one of the two */
    struct rt_model_layer *layer;
    struct rt_model_group *group;
    const char *name; /* borrowed of it */
    int n_calls;
};
/* A tensor. Keras counts the calls of a group from 1, as its own inputs and
 * outputs are its call 0. */
struct rt_fold_place {
    int item, call, tensor;
};
struct rt_fold_call {
    int item, call;
    struct rt_fold_place *in;
    int n_in;
    int n_out;
};
struct rt_fold {
    const struct rt_model *model; /* borrowed */
    /* From the inputs down by depth (the longest way to an output), within one
     * depth as met when walking up from the outputs; an end that is no output
     * yet counts as one. Source: Keras 2.2.4 network.py. */
    struct rt_fold_item *items;
    int n_items;
    struct rt_fold_call *calls; /* each behind what it reads */
    int n_calls;
    bool chain; /* each has one input and one output */
};
/* Owner: borrows m until it is freed. */
struct rt_fold *rt_fold_new(const struct rt_model *m);
void rt_fold_free(struct rt_fold *f);
/* A place of the model that is no group's inside. */
struct rt_fold_place rt_fold_place(const struct rt_fold *f,
                                   const struct rt_place *p);
/* The other way: the node of a tensor, by rt_place_node. */
struct rt_place rt_fold_out(const struct rt_fold *f,
                            const struct rt_fold_place *p);
/* Its class in Keras. */
const char *rt_fold_class(const struct rt_fold_item *item);
/* All layers of it, those of a group within it too, in Keras' order; without
 * the inputs of groups. Fills out[model->n_layers at most], returns how many.
 */
int rt_fold_layers(const struct rt_fold_item *item,
                   struct rt_model_layer **out);
int64_t rt_fold_params(const struct rt_fold_item *item);
/* Its weights in the order of Keras' layer.weights: of a group first those of
 * all its layers that learn, then the others. name: kernel, of a group
 * dense_1/kernel. Caller frees with rt_fold_weights_free. */
struct rt_fold_weight {
    struct rt_weight *weight;
    char *name;
};
struct rt_fold_weight *rt_fold_weights(const struct rt_fold_item *item, int *n);
void rt_fold_weights_free(struct rt_fold_weight *v, int n);
#endif
