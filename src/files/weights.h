/* Weights to and from files: .npz with one array a weight, "layer/weight". */
#ifndef RT_FILES_WEIGHTS_H
#define RT_FILES_WEIGHTS_H
#include "nn/model.h"

int rt_weights_save(const struct rt_model *m, const char *file,
                    struct rt_err *err);
/* By name; every weight of the model must be there in its shape. Nothing is
 * changed on an error. */
int rt_weights_load(struct rt_model *m, const char *file, struct rt_err *err);
#endif
