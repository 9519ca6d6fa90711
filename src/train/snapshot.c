/* The newest state of a run, for screens and bars: the training thread writes
 * it at each batch under a short lock, readers copy it. */
#include "base/clock.h"
#include "train/run_private.h"

#include <math.h>

/* Statistics are made at most four times a second, and so seldom that they take
 * less than two hundredths of the time. */
#define STATS_APART 0.25
#define STATS_SHARE 0.02

double rt_run_progress(const struct rt_run *r)
{
    double part = r->n_batches ? (double)r->batch / (double)r->n_batches : 0;
    return r->in_epoch ? (double)(r->epoch - 1) + part : (double)r->epoch;
}

void rt_run_snap(struct rt_run *r)
{
    struct rt_snapshot *s = &r->snap;
    pthread_mutex_lock(&r->snap_lock);
    s->epoch = r->epoch;
    s->batch = r->batch;
    s->step = r->step;
    s->lr = *rt_run_lr(r);
    s->seconds = r->speed.active;
    s->samples_per_s = rt_speed_samples(&r->speed);
    s->seconds_left =
        rt_speed_left(&r->speed, rt_run_progress(r), (double)r->spec.epochs);
    pthread_mutex_unlock(&r->snap_lock);
}

void rt_run_snap_stats(struct rt_run *r, bool now)
{
    if (!atomic_load_explicit(&r->want_stats, memory_order_relaxed))
        return;
    double begin = rt_clock_now();
    if (!now && begin < r->stats_from)
        return;
    struct rt_histogram hist = { 0 };
    int n, layer = atomic_load(&r->want_layer);
    struct rt_layer_stats *layers = rt_stats_layers(r->model, &n), *old;
    bool has_hist = rt_stats_histogram(r->model, layer, &hist);
    double end = rt_clock_now();
    r->stats_from = end + fmax(STATS_APART, (end - begin) / STATS_SHARE);
    pthread_mutex_lock(&r->snap_lock);
    old = r->snap.layers;
    r->snap.layers = layers;
    r->snap.n_layers = n;
    r->snap.hist = hist;
    r->snap.has_hist = has_hist;
    pthread_mutex_unlock(&r->snap_lock);
    free(old);
}

void rt_run_snap_callbacks(struct rt_run *r)
{
    if (!rt_callbacks_news(r->callbacks))
        return;
    struct rt_str lines = RT_STR_INIT;
    rt_callbacks_status(r->callbacks, &lines);
    char *old, *text = rt_str_take(&lines);
    pthread_mutex_lock(&r->snap_lock);
    old = r->snap.callbacks;
    r->snap.callbacks = text;
    pthread_mutex_unlock(&r->snap_lock);
    free(old);
}

void rt_run_snapshot(struct rt_run *r, struct rt_snapshot *out)
{
    bool stats = atomic_load(&r->want_stats);
    pthread_mutex_lock(&r->snap_lock);
    *out = r->snap;
    out->callbacks = rt_xstrdup(out->callbacks ? out->callbacks : "");
    out->layers = stats && out->layers
                      ? rt_xmemdup(out->layers,
                                   (size_t)out->n_layers * sizeof *out->layers)
                      : NULL;
    pthread_mutex_unlock(&r->snap_lock);
    if (!out->layers) {
        out->n_layers = 0;
        out->has_hist = false;
    }
    out->state = rt_run_state(r);
    out->n_epochs = r->spec.epochs;
    out->n_batches = r->n_batches;
    out->params = r->params;
    out->trainable = r->trainable;
}

void rt_snapshot_release(struct rt_snapshot *s)
{
    free(s->layers);
    free(s->callbacks);
    s->layers = NULL;
    s->callbacks = NULL;
}
