#include "watch/curve.h"

#include <math.h>

#define WARM_UP .15 /* of the part that is shown */

void rt_curve_take(struct rt_curve *c, const struct rt_history_series *s,
                   bool batches, double lo, double hi)
{
    struct rt_bucket b[RT_CURVE_POINTS];
    bool all = lo >= hi;
    c->n = 0;
    c->looked = 0;
    int n =
        rt_history_take(s, batches && s->n_buckets > 0,
                        all ? -INFINITY : lo - WARM_UP * (hi - lo),
                        all ? INFINITY : hi, RT_CURVE_POINTS, b, &c->looked);
    for (int i = 0; i < n; i++) {
        if (!isfinite(b[i].mean) || b[i].n == 0)
            continue;
        c->x[c->n] = b[i].x;
        c->mean[c->n] = b[i].mean;
        c->lo[c->n] = b[i].lo;
        c->hi[c->n++] = b[i].hi;
    }
}

int rt_curve_near(const struct rt_curve *c, double x)
{
    int best = -1;
    for (int i = 0; i < c->n; i++)
        if (best < 0 || fabs(c->x[i] - x) < fabs(c->x[best] - x))
            best = i;
    return best;
}
