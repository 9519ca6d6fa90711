/* Charts and histograms as figures of plot/, drawn into a panel. They stand
 * apart from the panels so that figures meet plain numbers only. */
#ifndef RT_WATCH_SKETCH_H
#define RT_WATCH_SKETCH_H
#include "plot/canvas.h"
#include "plot/figure.h"
#include "train/stats.h"
#include "watch/chart.h"
#include "watch/lens.h"

struct rt_sketch {
    bool log;      /* the y axis, where the values allow it */
    double smooth; /* of the training curve, 0 <= smooth < 1 */
    enum rt_x_unit unit;
    int64_t steps; /* in an epoch */
    /* where the numbers and the marks come from; NULL: no marks, no time */
    const struct rt_history *history;
    const struct rt_lens *lens; /* NULL: all, no cursor */
};
/* Both curves of a refreshed chart, the best point, the marks, the cursor.
 * Returns how many columns the curves have. */
int rt_sketch_chart(struct rt_canvas *c, struct rt_rect at,
                    const struct rt_chart *chart, const struct rt_sketch *how);
/* The same as a figure, for a file; release it, then free(*store). */
void rt_sketch_figure(struct rt_figure *f, const struct rt_chart *chart,
                      const struct rt_sketch *how, double **store);
/* An order in two words: "lr÷10", "❄ gas". */
const char *rt_sketch_mark(struct rt_figure *f, const struct rt_history *h,
                           const char *text);
/* n counts in equal bins from lo to hi. */
void rt_sketch_bins(struct rt_canvas *c, struct rt_rect at, const double *count,
                    int n, double lo, double hi);
/* Histograms over epochs, oldest above: as many as there is room for, and the
 * newest, which is `now`, below. For a height of five rows or more. */
void rt_sketch_ridge(struct rt_canvas *c, struct rt_rect at,
                     const struct rt_histogram *past, int n_past,
                     const struct rt_histogram *now);
/* One histogram (n_past 0), or those of epochs, into a file. Errors: as
 * rt_draw_file. */
int rt_sketch_write(const char *file, const struct rt_histogram *past,
                    int n_past, const struct rt_histogram *now,
                    struct rt_err *err);
/* A value in three digits: 0.0421, 1.5e-5. */
void rt_sketch_number(double v, char out[16]);
#endif
