/* One look fills `work`, which then changes places with `shown`: readers hold
 * the run's snap_lock for as long as they copy. Everything is allocated when a
 * look is taken for the first time. */
#include "train/probe.h"

#include "base/clock.h"
#include "graph/kern.h"
#include "graph/op.h"
#include "nn/steer.h"
#include "train/run_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define APART 0.25 /* seconds between two looks at least */
#define SHARE 0.02 /* of the time that looks may take */

typedef struct rt_histogram hist_row[RT_N_HIST_OF];
struct set {
    struct rt_layer_stats *layer;
    hist_row *hist; /* of each layer; n 0: there is none */
};
struct portrait {
    int64_t epoch;
    hist_row *hist;
};
struct rt_probe {
    /* the training thread's */
    int *layer_of;   /* node id -> the layer whose output it is; -1. NULL: the
                        run has another graph since */
    int *first_unit; /* of each layer in .idle */
    int64_t *idle;   /* rows since a unit gave something but zero */
    float *before;   /* the weights before the update, then the update */
    struct set work;
    double from, cost; /* no look before; seconds this one took so far */
    bool on;           /* this batch is looked at */
    bool fresh;        /* a look was taken since the last portrait */
    int64_t apart;     /* epochs between two portraits */
    struct rt_mosaic *drawing; /* the next one of .pictures */
    double draw_from;          /* none before */
    /* guarded by snap_lock */
    struct set shown;
    int n_layers; /* 0: nothing yet */
    bool any;     /* shown is filled */
    RT_VEC(struct portrait) past;
    struct rt_mosaic *pictures; /* NULL: nothing yet */
};

struct rt_probe *rt_probe_new(void)
{
    struct rt_probe *p = rt_xcalloc(1, sizeof *p);
    p->apart = 1;
    return p;
}

void rt_probe_free(struct rt_probe *p)
{
    if (!p)
        return;
    free(p->layer_of);
    free(p->first_unit);
    free(p->idle);
    free(p->before);
    free(p->work.layer);
    free(p->work.hist);
    free(p->shown.layer);
    free(p->shown.hist);
    for (int i = 0; i < p->past.n; i++)
        free(p->past.v[i].hist);
    rt_vec_release(&p->past);
    free(p->drawing);
    free(p->pictures);
    free(p);
}

void rt_probe_replan(struct rt_probe *p)
{
    free(p->layer_of);
    p->layer_of = NULL;
}

/* ---- tables -------------------------------------------------------------- */

static bool same_shape(const struct rt_shape *a, const struct rt_shape *b)
{
    bool same = a->rank == b->rank;
    for (int i = 0; same && i < a->rank; i++)
        same = a->dim[i] == b->dim[i];
    return same;
}

static const struct rt_shape *shape_of(const struct rt_model_layer *l)
{
    return l->n_calls ? &l->calls[l->n_calls - 1].out[0]->shape : NULL;
}

/* The operator of a layer that is run for a node of it, which a view is not;
 * -1: another layer's is. */
static int run_for(const struct rt_node *n, const struct rt_model_layer *l)
{
    while (n->kind == RT_NODE_OP && !strcmp(n->where, l->name)) {
        if (!(n->op->flags & RT_OP_VIEW))
            return n->id;
        n = n->in[0];
    }
    return -1;
}

/* The output of a layer: the last that it added of its shape. */
static int output_of(const struct rt_graph *g, const struct rt_model_layer *l)
{
    const struct rt_shape *shape = shape_of(l);
    int found = -1;
    for (int id = 0; shape && id < rt_graph_n(g); id++) {
        const struct rt_node *n = rt_graph_node(g, id);
        int runs = same_shape(&n->shape, shape) ? run_for(n, l) : -1;
        found = runs < 0 ? found : runs;
    }
    return found;
}

static int units_of(const struct rt_shape *shape)
{
    int last = shape ? shape->rank - 1 : 0;
    return last > 0 && shape->dim[last] > 0 ? shape->dim[last] : 1;
}

static struct set new_set(int n)
{
    return (
        struct set){ rt_xcalloc((size_t)n + 1, sizeof(struct rt_layer_stats)),
                     rt_xcalloc((size_t)n + 1, sizeof(hist_row)) };
}

/* The layers of a run stay what they are, as long as it lives. */
static void make_room(struct rt_run *r)
{
    struct rt_probe *p = r->probe;
    const struct rt_model *m = r->model;
    size_t n_units = 0;
    p->work = new_set(m->n_layers);
    p->first_unit = rt_xcalloc((size_t)m->n_layers + 1, sizeof(int));
    for (int i = 0; i < m->n_layers; i++) {
        p->first_unit[i] = (int)n_units;
        n_units += (size_t)units_of(shape_of(m->layers[i]));
    }
    p->idle = rt_xcalloc(n_units + 1, sizeof *p->idle);
    p->before = rt_try_alloc(m->n_params + 1, sizeof *p->before, "", NULL);
    pthread_mutex_lock(&r->snap_lock);
    p->shown = new_set(m->n_layers);
    p->n_layers = m->n_layers;
    pthread_mutex_unlock(&r->snap_lock);
}

/* Their nodes do not: what a frozen batch_norm does is another operator. */
static void make_tables(struct rt_run *r)
{
    struct rt_probe *p = r->probe;
    const struct rt_model *m = r->model;
    const struct rt_graph *g = r->objective->graph;
    if (p->layer_of)
        return;
    if (!p->first_unit)
        make_room(r);
    size_t n = (size_t)rt_graph_n(g) + 1;
    p->layer_of = rt_xmalloc(n * sizeof *p->layer_of);
    memset(p->layer_of, -1, n * sizeof *p->layer_of);
    for (int i = 0; i < m->n_layers; i++) {
        int id = output_of(g, m->layers[i]);
        if (id >= 0)
            p->layer_of[id] = i;
    }
}

/* ---- a look -------------------------------------------------------------- */

static void count_idle(int64_t *idle, const float *v, size_t rows, int units)
{
    for (int u = 0; u < units; u++)
        idle[u] += (int64_t)rows;
    for (size_t i = 0; i < rows; i++)
        for (int u = 0; u < units; u++)
            idle[u] = v[i * (size_t)units + (size_t)u] != 0 ? 0 : idle[u];
}

/* Of recurrent units: the same to every row, step by step. One row alone tells
 * nothing. */
static void count_stuck(int64_t *idle, const struct rt_tensor *y, int units)
{
    size_t n = (size_t)y->shape.dim[0], row = y->n / n;
    for (int u = 0; u < units; u++)
        idle[u] += n > 1 ? (int64_t)n : 0;
    for (size_t i = row; i < y->n; i++)
        if (!(fabsf(y->v[i] - y->v[i % row]) <= RT_STUCK))
            idle[i % (size_t)units] = 0;
}

/* What a layer gave. Zeros that were drawn (a dropout's) say nothing of its
 * units; what a recurrent layer draws is no output of its. */
static void see_output(void *ctx, const struct rt_node *node,
                       const struct rt_tensor *y)
{
    struct rt_run *r = ctx;
    struct rt_probe *p = r->probe;
    int i = p->layer_of[node->id];
    if (i < 0 || y->n == 0)
        return;
    int units = units_of(shape_of(r->model->layers[i]));
    bool recurrent = r->model->layers[i]->type->recurrent;
    double begin = rt_clock_now(), all[6];
    struct rt_layer_stats *s = &p->work.layer[i];
    struct rt_histogram *h = &p->work.hist[i][RT_HIST_ACTS];
    rt_kern()->moments(y->v, y->n, all);
    s->act = all[0] > 0 ? all[1] / all[0] : NAN;
    s->act_sd = sqrt(fmax(0, all[2] / all[0] - s->act * s->act));
    s->units = s->dead = 0;
    if (recurrent || !(node->op->flags & RT_OP_RANDOM)) {
        int64_t *idle = p->idle + p->first_unit[i];
        s->units = units;
        if (recurrent)
            count_stuck(idle, y, units);
        else
            count_idle(idle, y->v, y->n / (size_t)units, units);
        for (int u = 0; u < units; u++)
            s->dead += idle[u] >= RT_DEAD_ROWS;
    }
    rt_histogram_title(r->model->layers[i], RT_HIST_ACTS, h->title);
    rt_histogram_fill(h, y->v, y->n, RT_HIST_MOST);
    p->cost += rt_clock_now() - begin;
}

/* Pictures of the weights, which are at rest. Another layer than before is
 * looked at at once. */
static void draw_pictures(struct rt_run *r, bool at_once)
{
    struct rt_probe *p = r->probe;
    if (!atomic_load_explicit(&r->want_pictures, memory_order_relaxed))
        return;
    int layer = atomic_load_explicit(&r->want_layer, memory_order_relaxed);
    double begin = rt_clock_now();
    bool other = p->pictures && p->pictures->layer != layer;
    if (begin < p->draw_from && !other && !at_once)
        return;
    p->draw_from = begin + APART;
    if (!p->drawing)
        p->drawing = rt_xcalloc(1, sizeof *p->drawing);
    if (!rt_mosaic_take(r->model, layer, p->drawing))
        return;
    p->drawing->epoch = r->epoch;
    pthread_mutex_lock(&r->snap_lock);
    struct rt_mosaic *old = p->pictures;
    p->pictures = p->drawing;
    p->drawing = old;
    pthread_mutex_unlock(&r->snap_lock);
    double end = rt_clock_now();
    p->draw_from = end + fmax(APART, (end - begin) / SHARE);
}

void rt_probe_batch(struct rt_run *r)
{
    struct rt_probe *p = r->probe;
    draw_pictures(r, false);
    if (p->on) /* the batch it looked at was left undone */
        rt_plan_tap(r->train.plan, NULL, NULL);
    p->on = false;
    if (!rt_run_wants_stats(r))
        return;
    double now = rt_clock_now();
    if (now < p->from)
        return;
    make_tables(r);
    for (int i = 0; i < p->n_layers; i++) {
        struct rt_layer_stats *s = &p->work.layer[i];
        s->act = s->act_sd = NAN;
        s->units = s->dead = 0;
        p->work.hist[i][RT_HIST_ACTS].n = 0;
    }
    p->on = true;
    p->cost = rt_clock_now() - now;
    rt_plan_tap(r->train.plan, see_output, r);
}

static double squares(const float *v, size_t n)
{
    double all[6];
    rt_kern()->moments(v, n, all);
    return all[2];
}

static void fill(struct rt_probe *p, const struct rt_model *m, int i,
                 enum rt_hist_of of, const float *arena)
{
    const struct rt_model_layer *l = m->layers[i];
    struct rt_histogram *h = &p->work.hist[i][of];
    h->n = 0;
    if (!l->n_weights ||
        (of != RT_HIST_WEIGHTS && !rt_weight_trains(l->weights[0])))
        return;
    rt_histogram_title(l, of, h->title);
    rt_histogram_fill(h, arena + l->weights[0]->offset, l->weights[0]->n,
                      RT_HIST_MOST);
}

void rt_probe_gradients(struct rt_run *r)
{
    struct rt_probe *p = r->probe;
    const struct rt_model *m = r->model;
    if (!p->on)
        return;
    double begin = rt_clock_now();
    rt_plan_tap(r->train.plan, NULL, NULL);
    for (int i = 0; i < p->n_layers; i++) {
        const struct rt_model_layer *l = m->layers[i];
        double sum = 0;
        for (int k = 0; k < l->n_weights; k++)
            if (rt_weight_trains(l->weights[k]))
                sum +=
                    squares(r->grads + l->weights[k]->offset, l->weights[k]->n);
        p->work.layer[i].grad = l->n_weights ? sqrt(sum) : NAN;
        fill(p, m, i, RT_HIST_GRADS, r->grads);
    }
    if (p->before)
        memcpy(p->before, m->weights, m->n_params * sizeof *p->before);
    p->cost += rt_clock_now() - begin;
}

/* The ratio of the update's norm to that of the weights; leaves the update in
 * .before. */
static double update_ratio(struct rt_probe *p, const struct rt_model *m,
                           const struct rt_model_layer *l)
{
    double moved = 0, size = 0;
    if (!l->n_weights || !p->before)
        return NAN;
    for (int k = 0; k < l->n_weights; k++) {
        const struct rt_weight *w = l->weights[k];
        float *d = p->before + w->offset;
        const float *now = m->weights + w->offset;
        if (!rt_weight_trains(w))
            continue;
        size += squares(d, w->n);
        for (size_t j = 0; j < w->n; j++)
            d[j] = now[j] - d[j];
        moved += squares(d, w->n);
    }
    return moved > 0 ? sqrt(moved / size) : 0;
}

/* The weights as they are; keeps what a batch is needed for. */
static void see_weights(struct rt_probe *p, const struct rt_model *m, int i)
{
    struct rt_layer_stats s, *old = &p->work.layer[i];
    rt_stats_layer(m, i, &s);
    s.grad = old->grad;
    s.update = old->update;
    s.act = old->act;
    s.act_sd = old->act_sd;
    s.units = old->units;
    s.dead = old->dead;
    *old = s;
    fill(p, m, i, RT_HIST_WEIGHTS, m->weights);
}

static void show(struct rt_run *r)
{
    struct rt_probe *p = r->probe;
    for (int i = 0; i < p->n_layers; i++)
        for (int of = 0; of < RT_N_HIST_OF; of++)
            p->work.hist[i][of].epoch = r->epoch;
    pthread_mutex_lock(&r->snap_lock);
    struct set old = p->shown;
    p->shown = p->work;
    p->work = old;
    p->any = true;
    pthread_mutex_unlock(&r->snap_lock);
}

void rt_probe_updates(struct rt_run *r)
{
    struct rt_probe *p = r->probe;
    if (!p->on)
        return;
    double begin = rt_clock_now();
    for (int i = 0; i < p->n_layers; i++) {
        p->work.layer[i].update =
            update_ratio(p, r->model, r->model->layers[i]);
        if (p->before)
            fill(p, r->model, i, RT_HIST_UPDATES, p->before);
        see_weights(p, r->model, i);
    }
    show(r);
    p->on = false;
    p->fresh = true;
    double end = rt_clock_now();
    p->cost += end - begin;
    p->from = end + fmax(APART, p->cost / SHARE);
}

void rt_probe_rest(struct rt_run *r)
{
    struct rt_probe *p = r->probe;
    draw_pictures(r, true);
    if (!rt_run_wants_stats(r))
        return;
    make_tables(r);
    for (int i = 0; i < p->n_layers; i++) {
        if (p->any) {
            p->work.layer[i] = p->shown.layer[i];
            memcpy(p->work.hist[i], p->shown.hist[i], sizeof(hist_row));
        } else {
            struct rt_layer_stats *s = &p->work.layer[i];
            s->grad = s->update = s->act = s->act_sd = NAN;
        }
        see_weights(p, r->model, i);
    }
    show(r);
}

/* ---- epochs gone by ------------------------------------------------------ */

/* Every second one goes, the oldest stays. */
static void thin_out(struct rt_probe *p)
{
    int n = 0;
    for (int i = 0; i < p->past.n; i++) {
        if (i % 2)
            free(p->past.v[i].hist);
        else
            p->past.v[n++] = p->past.v[i];
    }
    p->past.n = n;
    p->apart *= 2;
}

/* Of a run that went back: they are another way's. */
static void forget_later(struct rt_run *r)
{
    struct rt_probe *p = r->probe;
    pthread_mutex_lock(&r->snap_lock);
    while (p->past.n && p->past.v[p->past.n - 1].epoch >= r->epoch)
        free(p->past.v[--p->past.n].hist);
    pthread_mutex_unlock(&r->snap_lock);
}

void rt_probe_epoch(struct rt_run *r)
{
    struct rt_probe *p = r->probe;
    if (p->past.n && p->past.v[p->past.n - 1].epoch >= r->epoch)
        forget_later(r);
    if (!p->fresh || !p->any)
        return;
    if (p->past.n && r->epoch < p->past.v[p->past.n - 1].epoch + p->apart)
        return;
    size_t bytes = (size_t)p->n_layers * sizeof(hist_row);
    struct portrait now = { r->epoch, rt_xmemdup(p->shown.hist, bytes) };
    p->fresh = false;
    pthread_mutex_lock(&r->snap_lock);
    if (p->past.n == RT_PAST_MAX)
        thin_out(p);
    rt_vec_push(&p->past, now);
    pthread_mutex_unlock(&r->snap_lock);
}

/* ---- for readers --------------------------------------------------------- */

struct rt_layer_stats *rt_probe_layers(const struct rt_probe *p, int *n)
{
    *n = p->any ? p->n_layers : 0;
    return *n ? rt_xmemdup(p->shown.layer, (size_t)*n * sizeof *p->shown.layer)
              : NULL;
}

bool rt_probe_histogram(const struct rt_probe *p, int layer, enum rt_hist_of of,
                        struct rt_histogram *out)
{
    if (!p->any || layer < 0 || layer >= p->n_layers ||
        p->shown.hist[layer][of].n == 0)
        return false;
    *out = p->shown.hist[layer][of];
    return true;
}

struct rt_mosaic *rt_probe_pictures(const struct rt_probe *p, int layer)
{
    if (!p->pictures || p->pictures->layer != layer)
        return NULL;
    return rt_xmemdup(p->pictures, sizeof *p->pictures);
}

struct rt_histogram *rt_probe_past(const struct rt_probe *p, int layer,
                                   enum rt_hist_of of, int *n)
{
    *n = 0;
    if (!p->past.n || layer < 0 || layer >= p->n_layers)
        return NULL;
    struct rt_histogram *out =
        rt_xmalloc((size_t)p->past.n * sizeof(struct rt_histogram));
    for (int i = 0; i < p->past.n; i++) {
        const struct rt_histogram *h = &p->past.v[i].hist[layer][of];
        if (h->n == 0)
            continue;
        out[*n] = *h;
        out[(*n)++].epoch = p->past.v[i].epoch;
    }
    return out;
}
