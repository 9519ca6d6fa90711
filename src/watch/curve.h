/* The numbers of one curve, ready to be drawn: at most RT_CURVE_POINTS buckets
 * of neighbours with their mean, least and largest value, so that a frame of
 * the screen costs the same for ten epochs and for a million.
 * Arrays are apart, as struct rt_series wants them. */
#ifndef RT_WATCH_CURVE_H
#define RT_WATCH_CURVE_H
#include "train/history.h"

enum { RT_CURVE_POINTS = 512 };
struct rt_curve {
    double x[RT_CURVE_POINTS], mean[RT_CURVE_POINTS];
    double lo[RT_CURVE_POINTS], hi[RT_CURVE_POINTS];
    double weight[RT_CURVE_POINTS]; /* values behind each mean */
    int n;
    int64_t per_point; /* values that share one: a power of two */
    int64_t in_last;   /* that the last one has so far */
    int64_t n_in;      /* values taken in since the last clear */
};
void rt_curve_clear(struct rt_curve *c);
/* One more value, or the mean of weight values between lo and hi; x ascends.
 * What is not finite is left out. */
void rt_curve_add(struct rt_curve *c, double x, double mean, double lo,
                  double hi, double weight);
/* Brings c up to date with a series: with its values per epoch, of which only
 * the new ones are looked at, or with its batches. c must be given the same
 * series each time, or be cleared. */
void rt_curve_epochs(struct rt_curve *c, const struct rt_history_series *s);
void rt_curve_batches(struct rt_curve *c, const struct rt_history_series *s);
#endif
