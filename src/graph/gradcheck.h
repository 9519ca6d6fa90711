/* Analytic against numeric gradients (central differences), in single
 * precision with stated bounds. For the sweep over operators and layers, and
 * for the command. */
#ifndef RT_GRAPH_GRADCHECK_H
#define RT_GRAPH_GRADCHECK_H
#include "graph/graph.h"

struct rt_gradcheck {
    double worst; /* largest |numeric - analytic| / (bound of that element) */
    const char *weight;
    size_t at;
    double numeric, analytic;
    size_t n; /* elements tried */
};
/* Of a scalar root for up to `most` elements of every weight in trainable
 * (NULL: all). weights as laid out by offset; put back exactly. The bound of
 * an element is tol * max(1, |analytic|, scale of the weight's gradient).
 * Inputs: values for every input node, in order of id. */
int rt_gradcheck(const struct rt_graph *g, struct rt_node *root,
                 const size_t *offset, float *weights, const bool *trainable,
                 const float *const *inputs, int rows, bool training,
                 struct rt_key key, size_t most, double tol,
                 struct rt_gradcheck *out, struct rt_err *err);
#endif
