/* The table of a model: layers, shapes, parameters, connections. */
#ifndef RT_NN_SUMMARY_H
#define RT_NN_SUMMARY_H
#include "nn/model.h"

enum rt_summary_style {
    RT_SUMMARY_KERAS2, /* Keras 2.2.4's, to the byte if there is room for it */
    RT_SUMMARY_KERAS3, /* the table in a frame that Keras 3 draws */
    RT_SUMMARY_WIDE, /* Keras 2's, the connections always there and nothing cut
                      */
};
struct rt_summary_spec {
    enum rt_summary_style style;
    const bool *chosen; /* rows, in m->layers' order; NULL: all. The totals are
                           the model's all the same */
    bool expand_nested; /* models within it with their layers below them */
    bool trainable;     /* a column more: Y, N, - without weights */
    bool memory;        /* a column more: bytes of its weights */
    int width;          /* cells of the terminal, KERAS2 is no wider; 0: no
                           limit, and 80 for KERAS3 */
};
/* Adds the table; a model within it is one row, and has the chosen of its
 * layers below it if not all are. A Sequential's does not list its input, as in
 * Keras. Source: FORMATS.md section 1, "model.summary()". */
void rt_summary(const struct rt_model *m, const struct rt_summary_spec *spec,
                struct rt_str *out);
/* "(None, 28, 28)", as Keras writes a shape. */
void rt_summary_shape(const struct rt_shape *s, struct rt_str *out);
/* "7.05 KB", as Keras writes the size of weights. */
void rt_summary_bytes(int64_t bytes, struct rt_str *out);
#endif
