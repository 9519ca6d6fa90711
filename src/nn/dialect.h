/* Which version's rules a model follows where the versions of Keras differ:
 * what a frozen batch_norm computes, how its moving variance is corrected,
 * whether a penalty on activations is divided by the batch, and so on. A model
 * keeps its dialect for life; who builds or runs it asks rt_model.dialect. */
#ifndef RT_NN_DIALECT_H
#define RT_NN_DIALECT_H
#include "base/err.h"

enum rt_dialect {
    RT_KERAS_2_1_6,
    RT_KERAS_2_2_4,
    RT_KERAS_2_3_1, /* of a model that is built here */
    RT_TF_KERAS_2_4_0,
    RT_N_DIALECTS
};
const char *rt_dialect_name(enum rt_dialect d); /* "keras-2.3.1" */
/* Errors: RT_ENOENT with the nearest name. */
int rt_dialect_find(const char *name, enum rt_dialect *out, struct rt_err *err);
#endif
