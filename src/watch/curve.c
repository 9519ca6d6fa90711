/* Buckets that merge in pairs when the arrays are full: every bucket but the
 * last always holds the same number of values, so a curve does not tremble
 * while it grows. */
#include "watch/curve.h"

#include <math.h>

void rt_curve_clear(struct rt_curve *c)
{
    c->n = 0;
    c->per_point = 1;
    c->in_last = c->n_in = 0;
}

/* Takes more values into bucket `to`. */
static void merge(struct rt_curve *c, int to, double x, double mean, double lo,
                  double hi, double weight)
{
    double sum = c->weight[to] + weight;
    c->x[to] += (x - c->x[to]) * (weight / sum);
    c->mean[to] += (mean - c->mean[to]) * (weight / sum);
    c->lo[to] = fmin(c->lo[to], lo);
    c->hi[to] = fmax(c->hi[to], hi);
    c->weight[to] = sum;
}

static void set(struct rt_curve *c, int i, double x, double mean, double lo,
                double hi, double weight)
{
    c->x[i] = x;
    c->mean[i] = mean;
    c->lo[i] = lo;
    c->hi[i] = hi;
    c->weight[i] = weight;
}

static void halve(struct rt_curve *c)
{
    for (int i = 0; i < c->n / 2; i++) {
        int a = 2 * i, b = a + 1;
        set(c, i, c->x[a], c->mean[a], c->lo[a], c->hi[a], c->weight[a]);
        merge(c, i, c->x[b], c->mean[b], c->lo[b], c->hi[b], c->weight[b]);
    }
    c->n /= 2;
    c->per_point *= 2;
    c->in_last = c->per_point;
}

void rt_curve_add(struct rt_curve *c, double x, double mean, double lo,
                  double hi, double weight)
{
    c->n_in++;
    if (!isfinite(mean) || !(weight > 0))
        return;
    if (c->n && c->in_last < c->per_point) {
        merge(c, c->n - 1, x, mean, lo, hi, weight);
        c->in_last++;
        return;
    }
    if (c->n == RT_CURVE_POINTS)
        halve(c);
    set(c, c->n++, x, mean, lo, hi, weight);
    c->in_last = 1;
}

void rt_curve_epochs(struct rt_curve *c, const struct rt_history_series *s)
{
    if (!c->per_point || c->n_in > s->n_epochs)
        rt_curve_clear(c);
    for (int64_t i = c->n_in; i < s->n_epochs; i++)
        rt_curve_add(c, s->epoch_x[i], s->epoch_v[i], s->epoch_v[i],
                     s->epoch_v[i], 1);
}

/* The history's own buckets are few and change at their end: all anew. */
void rt_curve_batches(struct rt_curve *c, const struct rt_history_series *s)
{
    rt_curve_clear(c);
    for (int i = 0; i < s->n_buckets; i++) {
        const struct rt_bucket *b = &s->bucket[i];
        rt_curve_add(c, b->x, b->mean, b->lo, b->hi, (double)b->n);
    }
}
