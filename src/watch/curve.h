/* The numbers of one curve, ready to be drawn: at most RT_CURVE_POINTS buckets
 * of neighbours with their mean, least and largest value, so that a frame of
 * the screen costs the same for ten values and for ten million.
 * Arrays are apart, as struct rt_series wants them. */
#ifndef RT_WATCH_CURVE_H
#define RT_WATCH_CURVE_H
#include "train/history.h"

enum { RT_CURVE_POINTS = 512 };
struct rt_curve {
    double x[RT_CURVE_POINTS], mean[RT_CURVE_POINTS];
    double lo[RT_CURVE_POINTS], hi[RT_CURVE_POINTS];
    int n;
    int64_t looked; /* values and buckets looked at for it */
};
/* What of a series lies between two places of the x axis, in epochs, a little
 * to the left of it included for smoothing; lo >= hi: all. Of its batches, if
 * it has any, where batches is set, else of its epochs. What is not finite is
 * left out. */
void rt_curve_take(struct rt_curve *c, const struct rt_history_series *s,
                   bool batches, double lo, double hi);
/* The point nearest to x; -1 if there is none. */
int rt_curve_near(const struct rt_curve *c, double x);
#endif
