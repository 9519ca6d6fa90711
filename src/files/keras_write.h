/* A model to Keras' HDF5 files, as Keras 2.3.1 would write it. */
#ifndef RT_FILES_KERAS_WRITE_H
#define RT_FILES_KERAS_WRITE_H
#include "nn/model.h"

struct rt_keras_save {
    bool no_optimizer; /* leave compile settings and optimizer state */
    bool as;           /* by dialect, else by Keras 2.3.1 */
    enum rt_dialect dialect;
};
/* Writes beside, syncs, renames. o NULL: all defaults.
 * Errors: RT_ESTATE: no layers or no weights yet; RT_EIO, RT_ENOSPC.
 * Thread: also the training thread between two batches. */
int rt_keras_save(const struct rt_model *m, const char *file,
                  const struct rt_keras_save *o, struct rt_err *err);
/* What of the optimizer's state that version of Keras has no place for, so that
 * a fit there begins it anew; NULL: nothing. */
const char *rt_keras_lost(const struct rt_model *m,
                          const struct rt_keras_save *o);
/* rt_keras_save by all defaults, for who has two arguments. */
int rt_keras_save_all(const struct rt_model *m, const char *file,
                      struct rt_err *err);
/* The weights alone: what is in model_weights, at the root. v: their numbers,
 * laid out as m->weights; learning: only those that learn. */
int rt_keras_save_weights(const struct rt_model *m, const float *v,
                          bool learning, const char *file, struct rt_err *err);
#endif
