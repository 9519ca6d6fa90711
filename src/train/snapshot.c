/* The newest state of a run, for screens and bars: the training thread writes
 * it at each batch under a short lock, readers copy it. */
#include "base/clock.h"
#include "train/run_private.h"

#include <math.h>

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
    s->n_batches = r->n_batches;
    s->step = r->step;
    s->lr = *rt_run_lr(r);
    s->params = r->params;
    s->trainable = r->trainable;
    s->seconds = r->speed.active;
    s->samples_per_s = rt_speed_samples(&r->speed);
    s->seconds_left =
        rt_speed_left(&r->speed, rt_run_progress(r), (double)r->spec.epochs);
    pthread_mutex_unlock(&r->snap_lock);
}

bool rt_run_wants_stats(const struct rt_run *r)
{
    return atomic_load_explicit(&r->want_stats, memory_order_relaxed) ||
           atomic_load_explicit(&r->keep_stats, memory_order_relaxed);
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
    rt_run_snap_outputs(r);
}

static void copy_stats(struct rt_run *r, struct rt_snapshot *out)
{
    const struct rt_probe *p = r->probe;
    int layer = atomic_load(&r->want_layer);
    out->of = (enum rt_hist_of)atomic_load(&r->want_of);
    out->layers = NULL;
    out->past = NULL;
    out->pictures =
        atomic_load(&r->want_pictures) ? rt_probe_pictures(p, layer) : NULL;
    out->n_layers = out->n_past = 0;
    out->has_hist = false;
    if (!rt_run_wants_stats(r))
        return;
    out->layers = rt_probe_layers(p, &out->n_layers);
    out->has_hist = rt_probe_histogram(p, layer, out->of, &out->hist);
    out->past = rt_probe_past(p, layer, out->of, &out->n_past);
}

void rt_run_snapshot(struct rt_run *r, struct rt_snapshot *out)
{
    pthread_mutex_lock(&r->snap_lock);
    *out = r->snap;
    out->callbacks = rt_xstrdup(out->callbacks ? out->callbacks : "");
    out->outputs =
        rt_xmemdup(out->outputs, (size_t)out->n_outputs * sizeof *out->outputs);
    copy_stats(r, out);
    pthread_mutex_unlock(&r->snap_lock);
    out->state = rt_run_state(r);
    out->n_epochs = r->spec.epochs;
}

struct rt_layer_stats *rt_run_layers(struct rt_run *r, int *n)
{
    pthread_mutex_lock(&r->snap_lock);
    struct rt_layer_stats *out = rt_probe_layers(r->probe, n);
    pthread_mutex_unlock(&r->snap_lock);
    return out;
}

bool rt_run_histogram(struct rt_run *r, int layer, enum rt_hist_of of,
                      struct rt_histogram *out)
{
    pthread_mutex_lock(&r->snap_lock);
    bool has = rt_probe_histogram(r->probe, layer, of, out);
    pthread_mutex_unlock(&r->snap_lock);
    return has;
}

struct rt_histogram *rt_run_past(struct rt_run *r, int layer,
                                 enum rt_hist_of of, int *n)
{
    pthread_mutex_lock(&r->snap_lock);
    struct rt_histogram *out = rt_probe_past(r->probe, layer, of, n);
    pthread_mutex_unlock(&r->snap_lock);
    return out;
}

struct rt_probe *rt_run_take_probe(struct rt_run *r)
{
    struct rt_probe *p = r->probe;
    r->probe = rt_probe_new();
    return p;
}

void rt_snapshot_release(struct rt_snapshot *s)
{
    free(s->layers);
    free(s->past);
    free(s->pictures);
    free(s->callbacks);
    free(s->outputs);
    s->outputs = NULL;
    s->layers = NULL;
    s->past = NULL;
    s->pictures = NULL;
    s->callbacks = NULL;
}
