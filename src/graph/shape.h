/* Shapes: up to RT_RANK_MAX dimensions, the last one fastest. The first
 * dimension of what a model computes is the batch; it, and others that are not
 * known before the data are, is RT_DIM_ANY until a plan is made. */
#ifndef RT_GRAPH_SHAPE_H
#define RT_GRAPH_SHAPE_H
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>

#define RT_RANK_MAX 6
#define RT_DIM_ANY  (-1)

struct rt_shape {
    int rank; /* 0 is a scalar */
    int dim[RT_RANK_MAX];
};
/* RT_SHAPE(RT_DIM_ANY, 28, 28) */
#define RT_SHAPE(...)                                                          \
    ((struct rt_shape){                                                        \
        .rank = (int)(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)),           \
        .dim = { __VA_ARGS__ } })

/* Numbers in it; 1 for a scalar; any dimension still unknown counts as 1. */
size_t rt_shape_count(const struct rt_shape *s);
/* The same without the first dimension. */
size_t rt_shape_row(const struct rt_shape *s);
/* Of one row: without the first dimension. */
struct rt_shape rt_shape_of_row(const struct rt_shape *s);
bool rt_shape_equal(const struct rt_shape *a, const struct rt_shape *b);
/* Equal where both are known. */
bool rt_shape_fits(const struct rt_shape *a, const struct rt_shape *b);
/* "(none,28,28,1)"; the text lives in one of eight static buffers a thread. */
const char *rt_shape_text(const struct rt_shape *s);
/* NumPy's broadcasting rule; RT_ESHAPE with both shapes. */
int rt_shape_broadcast(const struct rt_shape *a, const struct rt_shape *b,
                       struct rt_shape *out, struct rt_err *err);
/* -1 -> rank-1; RT_EINVAL if there is no such axis. */
int rt_shape_axis(const struct rt_shape *s, int axis, int *out,
                  struct rt_err *err);
/* Axes from..to-1 as one: `outer` blocks of len * inner numbers. All dimensions
 * are known. */
struct rt_span {
    size_t outer, len, inner;
};
struct rt_span rt_shape_span(const struct rt_shape *s, int from, int to);
/* The same for one axis of the shape; negative ones count from the end. */
struct rt_span rt_shape_axis_span(const struct rt_shape *s, int axis);
/* Refuses shapes of more numbers than memory can hold (RT_ENOMEM). */
int rt_shape_check(const struct rt_shape *s, struct rt_err *err);
#endif
