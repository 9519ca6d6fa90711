/* A model from Keras' HDF5 file: architecture, weights, compile settings and
 * the optimizer's state, under the rules of the version that wrote it. */
#ifndef RT_FILES_KERAS_READ_H
#define RT_FILES_KERAS_READ_H
#include "files/h5_tree.h"
#include "nn/model.h"

struct rt_keras_load {
    const char *name;          /* of the model; NULL: as the file says */
    uint64_t seed;             /* for what it draws later */
    bool no_compile;           /* leave compile settings and optimizer state */
    const char *const *custom; /* NAME:LOSS: what a name in the file, of a loss
                                  or metric that is no Keras', means here */
    int n_custom;
    struct rt_customs *customs; /* those defined by expressions; NULL: none */
    struct rt_str *notes; /* what a person may not expect, "; " between; NULL */
};
/* Reads the file in a child (files/h5_child.h). o NULL: all defaults. The
 * caller frees the model.
 * Errors: RT_EIO; RT_EFORMAT: no or damaged HDF5, no model_config, a lying
 *         one, weights that do not fit; RT_ENOENT and others: what the file
 *         has and this program has not, with the layer's name. */
int rt_keras_load(const char *file, const struct rt_keras_load *o,
                  struct rt_model **out, struct rt_err *err);
/* What a file of Keras' says of itself, appended: "Keras 2.3.1, Sequential
 * 'sequential_1' of 5 layers, compiled with Adam"; nothing for another file. */
void rt_keras_about(const struct rt_h5_tree *tree, struct rt_str *out);
#endif
