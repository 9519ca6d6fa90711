/* Charts and histograms as figures of plot/, drawn into a panel. They stand
 * apart from the panels so that figures meet plain numbers only. */
#ifndef RT_WATCH_SKETCH_H
#define RT_WATCH_SKETCH_H
#include "plot/canvas.h"
#include "train/stats.h"
#include "watch/chart.h"

struct rt_sketch {
    bool log;       /* the y axis, where the values allow it */
    double smooth;  /* of the training curve, 0 <= smooth < 1 */
    double x_scale; /* units of the x axis in an epoch: 1, or its steps */
};
/* Both curves of a refreshed chart, the best point, h's marks (h may be
 * NULL). */
void rt_sketch_chart(struct rt_canvas *c, struct rt_rect at,
                     const struct rt_chart *chart, const struct rt_history *h,
                     const struct rt_sketch *how);
/* n counts in equal bins from lo to hi. */
void rt_sketch_bins(struct rt_canvas *c, struct rt_rect at, const double *count,
                    int n, double lo, double hi);
/* Histograms over epochs, oldest above: as many as there is room for, and the
 * newest, which is `now`, below. For a height of five rows or more. */
void rt_sketch_ridge(struct rt_canvas *c, struct rt_rect at,
                     const struct rt_histogram *past, int n_past,
                     const struct rt_histogram *now);
/* A value in three digits: 0.0421, 1.5e-5. */
void rt_sketch_number(double v, char out[16]);
#endif
