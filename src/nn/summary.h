/* The table of a model, as Keras 2.2.4 prints it to the byte, and counts. */
#ifndef RT_NN_SUMMARY_H
#define RT_NN_SUMMARY_H
#include "nn/model.h"

/* FORMATS.md section 1, "model.summary()". */
void rt_summary(const struct rt_model *m, struct rt_str *out);
/* "(None, 28, 28)", as Keras writes a shape. */
void rt_summary_shape(const struct rt_shape *s, struct rt_str *out);
#endif
