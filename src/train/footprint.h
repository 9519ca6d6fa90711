/* What a model takes of memory for a batch size: known from its plans, whose
 * arenas are made but not touched. */
#ifndef RT_TRAIN_FOOTPRINT_H
#define RT_TRAIN_FOOTPRINT_H
#include "nn/model.h"

#define RT_FOOTPRINT_MOST 0 /* rows: as many as fit */

struct rt_footprint {
    int rows;
    size_t weights;   /* bytes; gradients take the same while it trains */
    size_t slots;     /* of the optimizer */
    size_t training;  /* values of a batch; 0 where it is not compiled */
    size_t inference; /* the same of validation, evaluation, prediction */
    size_t total;     /* of a fit with validation, or of inference */
};
/* The model must be at rest; it is made ready.
 * Errors: RT_EINVAL for no outputs; RT_ENOMEM where rows are more than fit. */
int rt_footprint(struct rt_model *m, int rows, struct rt_footprint *out,
                 struct rt_err *err);
#endif
