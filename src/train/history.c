/* A run's history from its events. Series stand at the place of their number,
 * as announced. A run that was resumed repeats what came after its checkpoint:
 * a point that is not behind the last one takes the place of what it repeats,
 * so x always grows. */
#include "train/history.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rt_history *rt_history_new(int run)
{
    struct rt_history *h = rt_xcalloc(1, sizeof *h);
    h->run = run;
    h->wall_begin = h->wall = h->checkpoint = NAN;
    return h;
}

void rt_history_free(struct rt_history *h)
{
    if (!h)
        return;
    for (int i = 0; i < h->n_series; i++) {
        struct rt_history_series *s = &h->series[i];
        free(s->key);
        free(s->unit);
        free(s->output);
        free(s->epoch_x);
        free(s->epoch_v);
        free(s->bucket);
        rt_pyramid_release(&s->epochs);
        rt_pyramid_release(&s->batches);
    }
    for (int i = 0; i < h->n_marks; i++)
        free(h->marks[i].text);
    free(h->series);
    free(h->marks);
    free(h->times);
    free(h);
}

const char *rt_history_name(const void *of, int i)
{
    const struct rt_history *h = of;
    return i < h->n_series ? h->series[i].key : NULL;
}

struct rt_history_series *rt_history_find(const struct rt_history *h,
                                          const char *key)
{
    for (int i = 0; i < h->n_series; i++)
        if (h->series[i].key && !strcmp(h->series[i].key, key))
            return &h->series[i];
    return NULL;
}

static void announce(struct rt_history *h, const struct rt_event *e)
{
    if (e->series_id < 0)
        return;
    if (e->series_id >= h->n_series) {
        h->series = rt_xrealloc(h->series,
                                (size_t)(e->series_id + 1) * sizeof *h->series);
        while (h->n_series <= e->series_id)
            h->series[h->n_series++] = (struct rt_history_series){
                .per_bucket = 1,
                .last = NAN,
                .running = NAN,
                .best = NAN,
            };
    }
    struct rt_history_series *s = &h->series[e->series_id];
    if (s->key)
        return;
    s->key = rt_xstrdup(e->key);
    s->unit = rt_xstrdup(e->unit);
    s->output = rt_xstrdup(e->output);
    s->mode = e->mode;
}

/* ---- points -------------------------------------------------------------- */

static bool better(const struct rt_history_series *s, double v)
{
    if (!isfinite(v))
        return false;
    return isnan(s->best) ||
           (s->mode == RT_MODE_MAX ? v > s->best : v < s->best);
}

static void look_at(struct rt_history_series *s, int i)
{
    if (better(s, s->epoch_v[i])) {
        s->best = s->epoch_v[i];
        s->best_epoch = (int64_t)s->epoch_x[i];
    }
}

static struct rt_values values_of(const struct rt_history_series *s,
                                  bool batches)
{
    return batches
               ? (struct rt_values){ .bucket = s->bucket, .n = s->n_buckets }
               : (struct rt_values){ .x = s->epoch_x,
                                     .v = s->epoch_v,
                                     .n = s->n_epochs };
}

static void grow(struct rt_history_series *s, bool batches)
{
    struct rt_values all = values_of(s, batches);
    rt_pyramid_grow(batches ? &s->batches : &s->epochs, &all);
}

int rt_history_take(const struct rt_history_series *s, bool batches, double lo,
                    double hi, int most, struct rt_bucket *out, int64_t *looked)
{
    struct rt_values all = values_of(s, batches);
    return rt_pyramid_take(batches ? &s->batches : &s->epochs, &all, lo, hi,
                           most, out, looked);
}

static void add_epoch(struct rt_history_series *s, double x, double v)
{
    int n = s->n_epochs;
    while (n > 0 && s->epoch_x[n - 1] >= x)
        n--;
    if (n < s->n_epochs) {
        s->best = NAN;
        s->best_epoch = 0;
        for (int i = 0; i < n; i++)
            look_at(s, i);
    }
    if (n < s->n_epochs)
        rt_pyramid_cut(&s->epochs, n);
    s->n_epochs = n;
    if (n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 64;
        s->epoch_x =
            rt_xrealloc(s->epoch_x, (size_t)s->cap * sizeof *s->epoch_x);
        s->epoch_v =
            rt_xrealloc(s->epoch_v, (size_t)s->cap * sizeof *s->epoch_v);
    }
    s->epoch_x[n] = x;
    s->epoch_v[n] = v;
    look_at(s, s->n_epochs++);
    grow(s, false);
}

static void halve(struct rt_history_series *s)
{
    int n = 0;
    for (int i = 0; i < s->n_buckets; i += 2) {
        s->bucket[n] = s->bucket[i];
        if (i + 1 < s->n_buckets)
            rt_bucket_merge(&s->bucket[n], &s->bucket[i + 1]);
        n++;
    }
    s->n_buckets = n;
    s->per_bucket *= 2;
    rt_pyramid_cut(&s->batches, 0);
}

static void add_batch(struct rt_history_series *s, const struct rt_bucket *b)
{
    int n = s->n_buckets;
    while (s->n_buckets > 0 && s->bucket[s->n_buckets - 1].x >= b->x)
        s->n_buckets--;
    if (s->n_buckets < n)
        rt_pyramid_cut(&s->batches, s->n_buckets);
    if (s->n_buckets > 0) {
        struct rt_bucket *last = &s->bucket[s->n_buckets - 1];
        if (last->n + b->n <= s->per_bucket) {
            if (s->n_buckets < n) /* it is in a level already */
                rt_pyramid_cut(&s->batches, s->n_buckets - 1);
            rt_bucket_merge(last, b);
            return;
        }
    }
    if (s->n_buckets == RT_HISTORY_BUCKETS)
        halve(s);
    if (s->n_buckets == s->cap_buckets) {
        s->cap_buckets = s->cap_buckets ? 2 * s->cap_buckets : 256;
        s->bucket =
            rt_xrealloc(s->bucket, (size_t)s->cap_buckets * sizeof *s->bucket);
    }
    s->bucket[s->n_buckets++] = *b;
    grow(s, true);
}

/* Where an event stands, in epochs. */
static double place(const struct rt_event *e)
{
    if (e->epoch < 1)
        return 0;
    double done =
        e->n_batches > 0 ? (double)e->batch / (double)e->n_batches : 0;
    return (double)(e->epoch - 1) + done;
}

static void take_batch(struct rt_history *h, const struct rt_event *e)
{
    for (int i = 0; i < e->n; i++) {
        if (e->series[i] < 0 || e->series[i] >= h->n_series)
            continue;
        struct rt_history_series *s = &h->series[e->series[i]];
        bool first = i == 0;
        struct rt_bucket b = {
            .x = place(e),
            .mean = e->value[i],
            .lo = first ? e->lo : e->value[i],
            .hi = first ? e->hi : e->value[i],
            .n = e->n_folded,
        };
        add_batch(s, &b);
        s->last = e->value[i];
        s->running = e->mean[i];
    }
}

static void take_epoch(struct rt_history *h, const struct rt_event *e)
{
    for (int i = 0; i < e->n; i++) {
        if (e->series[i] < 0 || e->series[i] >= h->n_series)
            continue;
        struct rt_history_series *s = &h->series[e->series[i]];
        add_epoch(s, (double)e->epoch, e->value[i]);
        s->last = e->value[i];
    }
}

/* A run that was resumed passes places again: the later time counts. */
static void take_time(struct rt_history *h, double x)
{
    double t = h->wall - h->wall_begin;
    while (h->n_times > 0 &&
           (h->times[h->n_times - 1].x >= x || h->times[h->n_times - 1].t >= t))
        h->n_times--;
    if (!h->times)
        h->every_time = 1;
    if (h->n_times == h->cap_times && h->cap_times < RT_HISTORY_TIMES) {
        h->cap_times = h->cap_times ? 2 * h->cap_times : 16;
        h->times =
            rt_xrealloc(h->times, (size_t)h->cap_times * sizeof *h->times);
    }
    if (h->n_times == RT_HISTORY_TIMES) {
        h->n_times /= 2;
        for (int i = 0; i < h->n_times; i++)
            h->times[i] = h->times[2 * i + 1];
        h->every_time *= 2;
    }
    if (h->n_times == 0 || x >= h->times[h->n_times - 1].x + h->every_time)
        h->times[h->n_times++] = (struct rt_history_time){ x, t };
}

double rt_history_seconds(const struct rt_history *h, double x)
{
    const struct rt_history_time *v = h->times;
    double x0 = 0, t0 = 0, x1 = h->x, t1 = h->wall - h->wall_begin;
    int lo = 0, hi = h->n_times; /* the first that is not before x */
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (v[mid].x < x)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo > 0) {
        x0 = v[lo - 1].x;
        t0 = v[lo - 1].t;
    }
    if (lo < h->n_times) {
        x1 = v[lo].x;
        t1 = v[lo].t;
    }
    if (!(x1 > x0) || !isfinite(t1))
        return t0;
    return t0 + (t1 - t0) * fmin((x - x0) / (x1 - x0), 1);
}

static bool is_marked(const struct rt_history *h, double x, const char *text)
{
    for (int i = 0; i < h->n_marks; i++)
        if (h->marks[i].x == x && !strcmp(h->marks[i].text, text))
            return true;
    return false;
}

/* One that is replayed stands there from the first time, unless this history
 * began behind it. */
static void take_order(struct rt_history *h, const struct rt_event *e)
{
    const char *text = e->text ? e->text : "";
    if (!e->mark || e->code || (e->again && is_marked(h, place(e), text)))
        return;
    rt_history_mark(h, place(e), text);
}

void rt_history_add(struct rt_history *h, const struct rt_event *e)
{
    if (e->run != h->run)
        return;
    if (isnan(h->wall_begin))
        h->wall_begin = e->wall;
    if (!(e->wall < h->wall)) /* two threads publish */
        h->wall = e->wall;
    if (e->epoch > 0 && e->type != RT_EV_ORDER) {
        h->epoch = e->epoch;
        h->batch = e->batch;
        h->x = place(e);
    }
    if (e->n_batches > 0)
        h->n_batches = e->n_batches;
    if (e->step > 0)
        h->step = e->step;
    switch (e->type) {
    case RT_EV_SERIES:
        announce(h, e);
        break;
    case RT_EV_CHECKPOINT:
        h->checkpoint = e->wall;
        break;
    case RT_EV_BATCH:
        take_batch(h, e);
        break;
    case RT_EV_EPOCH:
        take_epoch(h, e);
        take_time(h, (double)e->epoch);
        break;
    case RT_EV_ORDER:
        take_order(h, e);
        break;
    case RT_EV_STATE:
    case RT_EV_LOG:
        break;
    }
}
