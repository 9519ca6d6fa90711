/* Convolution over one to three spatial axes, channels last, as products of
 * matrices whose left-hand side is the image itself, read through lists of
 * offsets: no patches are gathered. Shared by the operators conv and
 * conv_transpose.
 *
 * An image is taken in units: some whole images, or a band of one, small enough
 * for the cache. Where the borders are padded a unit's part is copied with them
 * around it. Units are shared among chunks of the pool by the shape alone.
 *
 * Order: rt_conv_set, rt_conv_scratch, then the computations. */
#ifndef RT_GRAPH_CONV_H
#define RT_GRAPH_CONV_H
#include "graph/ops.h"
#include <retort/plugin.h>

#define RT_CONV_AXES 3

/* One convolution. Axes in front that the image does not have are 1 long. */
struct rt_conv {
    int n; /* images */
    int in[RT_CONV_AXES], out[RT_CONV_AXES], kernel[RT_CONV_AXES];
    int stride[RT_CONV_AXES], dilation[RT_CONV_AXES];
    int before[RT_CONV_AXES]; /* places of padding */
    int band;                 /* axis that bands are cut along */
    int channels, filters, groups;
};

/* The number of results along an axis of n places, and the padding before it.
 * span: from the first to the last place that the kernel touches. Errors: 0 is
 * returned if the kernel finds no room. Source: TensorFlow's `same`. */
struct rt_window {
    int n, kernel, stride, dilation;
    int before, after; /* where not same */
    bool same;
};
int rt_window_out(const struct rt_window *w, int *before);
/* A list of options for axis i of `axes`: none is `none`, one is for all. */
int rt_ints_at(const struct rt_ints *v, int i, int none);
/* The lists have 0, 1 or `axes` numbers of at least `least`; RT_EINVAL. */
int rt_ints_check(const struct rt_ints *v, const char *name, int axes,
                  int least, struct rt_err *err);

/* Shape of the results of x (N,spatial...,channels) by w (kernel...,
 * channels / groups, filters), b (filters) or NULL. */
int rt_conv_shape(const struct rt_conv_args *a, const struct rt_shape *x,
                  const struct rt_shape *w, const struct rt_shape *b,
                  struct rt_shape *out, struct rt_err *err);
/* The same of w (kernel...,filters,channels) and of windows. */
int rt_conv_transpose_shape(const struct rt_conv_transpose_args *a,
                            const struct rt_shape *x, const struct rt_shape *w,
                            const struct rt_shape *b, struct rt_shape *out,
                            struct rt_err *err);
int rt_pool_shape(const struct rt_pool_args *a, const struct rt_shape *x,
                  struct rt_shape *out, struct rt_err *err);

/* Of n images by windows, one an axis; channels, filters and groups are 0. */
struct rt_conv rt_conv_of_windows(int n, const struct rt_window *w, int axes);
/* The convolution of x, all of whose dimensions are known, by w. */
struct rt_conv rt_conv_set(const struct rt_conv_args *a,
                           const struct rt_shape *x, const struct rt_shape *w);

/* Bytes that any of the three below needs at most. */
size_t rt_conv_scratch(const struct rt_conv *g);
/* y = x * w + b, then relu. b may be NULL. */
void rt_conv_forward(const struct rt_conv *g, const float *x, const float *w,
                     const float *b, bool relu, float *y, void *scratch);
/* dx from dy, of which only what meets a y above 0 counts where y is given; b
 * (channels) is added where there is one. */
void rt_conv_back_x(const struct rt_conv *g, const float *dy, const float *y,
                    const float *w, const float *b, float *dx, void *scratch);
/* dw and db (filters), where not NULL, from x and dy; y as above. */
void rt_conv_back_w(const struct rt_conv *g, const float *x, const float *dy,
                    const float *y, float *dw, float *db, void *scratch);
#endif
