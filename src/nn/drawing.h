/* The graph of a model to look at: as text, and for Graphviz. */
#ifndef RT_NN_DRAWING_H
#define RT_NN_DRAWING_H
#include "nn/model.h"

/* A line a call in the model's order, with the tensors that are still to be
 * read as lines beside it:
 *   ● x  (None, 4)
 *   ● trunk Dense (None, 8)
 *   ├─╮
 *   ● │ a Dense (None, 1)  output
 * utf8 false: with | - + * alone. expand_nested: models within it by their
 * layers. */
void rt_drawing_text(const struct rt_model *m, bool utf8, bool expand_nested,
                     struct rt_str *out);
/* The language of dot: nodes with name, class and shape, edges as tensors go;
 * expand_nested: a box around the layers of each model within it. */
void rt_drawing_dot(const struct rt_model *m, bool expand_nested,
                    struct rt_str *out);
#endif
