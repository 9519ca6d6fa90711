/* Editing a graph that is built: layers inserted, replaced, removed, renamed
 * and reconnected. Every other weight stays with its optimizer's state, and so
 * do the compile settings. A layer that reads another shape than before gets
 * new weights and is named. Nothing changes on an error. One step of undo, if
 * the model was marked.
 *
 * renewed: names of the layers that have new weights for this reason are added
 *          to it, with commas between.
 * Errors: all RT_EBUSY while a fit has the model, RT_ENOENT for a layer that is
 *         not there, RT_ENOMEM; of layers that do not fit any more, as their
 *         commands say, with the layer's name: "layer 'out': dense: ...". */
#ifndef RT_NN_EDIT_H
#define RT_NN_EDIT_H
#include "nn/model.h"

/* A layer to come, in the words of its command. */
struct rt_new_layer {
    const struct rt_layer *type;
    const char *name; /* NULL: automatic; replace: the old one's */
    const char *const *words;
    int n_words;
    bool trainable;
};

/* A layer of one input between a place and all that reads it; where nothing
 * else does, an output at the place moves to it, with its loss. The cursor
 * there does too. before: between the place's layer, which reads one other, and
 * that. Returns the layer; NULL on an error. */
struct rt_model_layer *rt_model_insert(struct rt_model *m, const char *place,
                                       bool before,
                                       const struct rt_new_layer *made,
                                       struct rt_str *renewed,
                                       struct rt_err *err);
/* Another layer in the place of one: all of its calls, and an output there. */
struct rt_model_layer *rt_model_replace(struct rt_model *m, const char *name,
                                        const struct rt_new_layer *made,
                                        struct rt_str *renewed,
                                        struct rt_err *err);
/* What read it reads what it read; an output moves there with its loss, unless
 * one is there already. Errors: RT_EINVAL for a layer of several inputs, and
 * for an input that is read. */
int rt_model_remove(struct rt_model *m, const char *name,
                    struct rt_str *renewed, struct rt_err *err);
int rt_model_rename(struct rt_model *m, const char *name, const char *to,
                    struct rt_err *err);
/* A call ("fc1:0"; "fc1" is its last) reads other places. Errors: RT_EINVAL if
 * it would read its own result. */
int rt_model_reconnect(struct rt_model *m, const char *call,
                       const char *const *from, int n_from,
                       struct rt_str *renewed, struct rt_err *err);
#endif
