/* Passes over an array with parameters for each index of one axis (channels),
 * on the pool: what batch normalisation is made of. The channels may stand
 * anywhere; last is the fast place.
 * Order: rt_channels_of, scratch of rt_channels_room bytes, the passes. Bits
 * depend on the shape alone. Thread: training. */
#ifndef RT_GRAPH_CHANNELS_H
#define RT_GRAPH_CHANNELS_H
#include "graph/shape.h"

struct rt_channels {
    size_t outer, n, inner; /* channel c: inner numbers at (o n + c) inner */
    size_t tile; /* how often the parameters are repeated for the kernels */
    size_t rows; /* of a chunk, where channels are last */
    int chunks;
};
struct rt_channels rt_channels_of(const struct rt_shape *s, int axis);
size_t rt_channels_room(const struct rt_channels *ch); /* bytes */

/* sum[c] of x, or, with a mean[c], of (x - mean)^2. */
void rt_channels_sums(const struct rt_channels *ch, const float *x,
                      const float *mean, double *sum, void *room);
/* y = (x - mean) scale + shift; y may be x. */
void rt_channels_apply(const struct rt_channels *ch, const float *x,
                       const float *mean, const float *scale,
                       const float *shift, float *y, void *room);
/* Sums of dy and of dy (x - mean). */
void rt_channels_back_sums(const struct rt_channels *ch, const float *x,
                           const float *mean, const float *dy, double *sum_dy,
                           double *sum_dyx, void *room);
/* dx = a (dy - b - (x - mean) c); dx may be dy. */
void rt_channels_back(const struct rt_channels *ch, const float *x,
                      const float *mean, const float *dy, const float *a,
                      const float *b, const float *c, float *dx, void *room);
#endif
