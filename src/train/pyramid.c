#include "train/pyramid.h"

#include "base/vec.h"

#include <math.h>
#include <stdbool.h>

void rt_pyramid_release(struct rt_pyramid *p)
{
    for (int k = 0; k < RT_PYRAMID_LEVELS; k++)
        rt_vec_release(&p->level[k]);
}

/* fmin and fmax pass over a NaN on one side, so a spike beside one stays. */
void rt_bucket_merge(struct rt_bucket *to, const struct rt_bucket *from)
{
    to->lo = fmin(to->lo, from->lo);
    to->hi = fmax(to->hi, from->hi);
    to->x = from->x;
    if (!isfinite(from->mean) || from->n == 0)
        return;
    if (!isfinite(to->mean) || to->n == 0) {
        to->mean = from->mean;
        to->n = from->n;
        return;
    }
    double n = (double)to->n, m = (double)from->n;
    to->mean = (to->mean * n + from->mean * m) / (n + m);
    to->n += from->n;
}

static double x_at(const struct rt_values *from, int i)
{
    return from->bucket ? from->bucket[i].x : from->x[i];
}

static struct rt_bucket value_at(const struct rt_values *from, int i)
{
    if (from->bucket)
        return from->bucket[i];
    double v = from->v[i];
    return (struct rt_bucket){ from->x[i], v, v, v, isfinite(v) };
}

void rt_pyramid_grow(struct rt_pyramid *p, const struct rt_values *from)
{
    int64_t size = RT_PYRAMID_FAN;
    for (int k = 1; k < RT_PYRAMID_LEVELS; k++, size *= RT_PYRAMID_FAN) {
        struct rt_pyramid_level *level = &p->level[k],
                                *below = &p->level[k - 1];
        if ((level->n + 1) * size >= from->n)
            return;
        while ((level->n + 1) * size < from->n) {
            int first = level->n * RT_PYRAMID_FAN;
            struct rt_bucket b =
                k == 1 ? value_at(from, first) : below->v[first];
            for (int i = first + 1; i < first + RT_PYRAMID_FAN; i++) {
                struct rt_bucket next =
                    k == 1 ? value_at(from, i) : below->v[i];
                rt_bucket_merge(&b, &next);
            }
            rt_vec_push(level, b);
        }
    }
}

void rt_pyramid_cut(struct rt_pyramid *p, int n)
{
    for (int k = 1; k < RT_PYRAMID_LEVELS; k++) {
        n /= RT_PYRAMID_FAN;
        if (p->level[k].n > n)
            p->level[k].n = n;
    }
}

/* The first value whose x is not below (or, beyond: is above) a place. */
static int find(const struct rt_values *from, double x, bool beyond)
{
    int lo = 0, hi = from->n;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        double at = x_at(from, mid);
        if (at < x || (beyond && at == x))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The largest block that begins at i, ends by `end` and is there. */
static struct rt_bucket block(const struct rt_pyramid *p,
                              const struct rt_values *from, int i, int end,
                              int *size)
{
    const struct rt_bucket *found = NULL;
    int64_t n = RT_PYRAMID_FAN;
    *size = 1;
    for (int k = 1; k < RT_PYRAMID_LEVELS && i % n == 0 && i + n <= end &&
                    i / n < p->level[k].n;
         k++, n *= RT_PYRAMID_FAN) {
        found = &p->level[k].v[i / n];
        *size = (int)n;
    }
    return found ? *found : value_at(from, i);
}

int rt_pyramid_take(const struct rt_pyramid *p, const struct rt_values *from,
                    double lo, double hi, int most, struct rt_bucket *out,
                    int64_t *looked)
{
    int first = find(from, lo, false), last = find(from, hi, true), n = 0;
    first = first > 0 ? first - 1 : 0;
    last = last < from->n ? last + 1 : from->n;
    if (first >= last || most < 2)
        return 0;
    int64_t each = 1; /* groups begin at multiples of it: nothing trembles */
    while (last - first > each * (most - 1))
        each *= 2;
    first -= (int)(first % each);
    for (int64_t i = first; i < last; i += each) {
        int end = (int)(i + each < from->n ? i + each : from->n), size;
        struct rt_bucket b = block(p, from, (int)i, end, &size);
        for (int at = (int)i + size; at < end; at += size) {
            struct rt_bucket next = block(p, from, at, end, &size);
            rt_bucket_merge(&b, &next);
            if (looked)
                ++*looked;
        }
        if (looked)
            ++*looked;
        out[n++] = b;
    }
    return n;
}
