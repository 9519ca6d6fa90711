/* The gradient of the total loss, penalties included, over the first batch of
 * a data set, as a fit with these rows would have it before any clipping. On
 * the caller's thread; the model must be at rest (a copy, or inside no run) and
 * is not changed. */
#ifndef RT_TRAIN_GRADIENT_H
#define RT_TRAIN_GRADIENT_H
#include "data/dataset.h"
#include "nn/objective.h"

/* Rows in order, training phase. *grads: one arena laid out as the model's
 * weights (rt_weight.offset), zero where nothing learns; caller frees. *loss
 * (may be NULL): the total loss of that batch.
 * Errors: RT_ESTATE if the model is not compiled or nothing of it learns, what
 *         a fit says of data that does not fit, RT_ENOMEM. */
int rt_gradient(struct rt_model *m, struct rt_dataset *d, int batch_size,
                uint64_t seed, float **grads, double *loss, struct rt_err *err);
#endif
