/* One curve: its numbers, how it looks, and what is left of it once it has
 * gone into the columns of a plot. A column keeps its first, smallest, largest
 * and last value, so a plot costs its columns and no spike is lost.
 * Source: Jugel et al. 2014, "M4", for the four values of a column. */
#ifndef RT_PLOT_SERIES_H
#define RT_PLOT_SERIES_H
#include "base/vec.h"
#include "plot/axis.h"
#include "plot/surface.h"

enum rt_look {
    RT_LOOK_LINE, /* the curve itself */
    RT_LOOK_RAW,  /* dim and thin, below all others */
    RT_LOOK_POINTS,
};

/* Owner: borrows every pointer until its figure is drawn. */
struct rt_series {
    const char *name; /* in the legend; NULL: not there */
    const double *x;  /* ascending; NULL: 1, 2, 3 ... */
    const double *y;  /* n values; NaN and infinities are gaps */
    /* For a series kept as buckets: the least and largest value of each, y
     * being its mean. Both or neither. */
    const double *lo, *hi;
    int n;
    enum rt_look look;
    uint32_t color; /* 0: by its place among the series */
    char ascii;     /* its character where a cell has no dots; 0: the same */
    double smooth;  /* TensorBoard's weight, 0 <= smooth < 1; above 0 the
                     * smoothed curve is drawn over the raw one */
};

/* TensorBoard's smoothing over all n points: s_t = w s_(t-1) + (1-w) y_t from
 * s_0 = 0, shown s_t / (1 - w^t). What is not finite is passed on and skipped;
 * a constant series stays as it is. out may be y. */
void rt_smooth(const double *y, int n, double w, double *out);
/* The same of the logarithms, for a log axis: what fell by decades would else
 * be drawn far above its values. What is not above zero becomes NaN. */
void rt_smooth_log(const double *y, int n, double w, double *out);

/* Adds what the series covers of an axis each. x alone decides what counts
 * for y: values outside x->lo..hi, if that is given, do not. Of a smoothed
 * series the smoothed curve counts but for 1 % at either end, and the raw one
 * but for 5 %: what is beyond is cut off at the plot's edge. log: the y axis
 * is one where the values allow it. */
void rt_series_range(const struct rt_series *s, const struct rt_axis *x,
                     bool log, struct rt_extent *rx, struct rt_extent *ry);
/* The value at the point nearest to x; NaN if there is none. */
double rt_series_at(const struct rt_series *s, double x, double *found_x);

struct rt_reach {
    double x, lo, hi; /* lo NaN: nothing there */
};
/* Shares of both axes, up is more; x is within 0..1, y may lie outside. */
struct rt_trace {
    RT_VEC(struct rt_point) p;
    RT_VEC(struct rt_reach) spans;
};
void rt_trace_release(struct rt_trace *t);
/* Reduces the series (with values y in place of its own, if not NULL) to
 * n_columns: the line of at most four points a column, and for buckets one
 * span of lo..hi each. Both axes from rt_axis_fit. */
void rt_trace_make(struct rt_trace *t, const struct rt_series *s,
                   const double *y, const struct rt_axis *ax,
                   const struct rt_axis *ay, int n_columns);
#endif
