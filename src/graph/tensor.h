/* A view of float memory: what kernels see. Owns nothing. */
#ifndef RT_GRAPH_TENSOR_H
#define RT_GRAPH_TENSOR_H
#include "graph/shape.h"

struct rt_tensor {
    float *v;              /* NULL: absent or not wanted */
    size_t n;              /* numbers */
    struct rt_shape shape; /* all dimensions known */
};
#endif
