#include "shell/measured.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE 3.0 /* seconds that the first look is waited for */

int rt_measured_open(struct rt_session *s, struct rt_measured *out,
                     struct rt_err *err)
{
    *out = (struct rt_measured){ .s = s };
    rt_session_drain(s);
    out->model = rt_session_at_rest(s, &out->copy, err);
    if (!out->model)
        return rt_err_code(err, RT_ESTATE);
    for (int i = s->runs.n - 1; i >= 0 && !out->run; i--)
        if (s->runs.v[i]->model == s->model)
            out->run = s->runs.v[i];
    return out->copy ? 0 : rt_model_ready(out->model, err);
}

void rt_measured_close(struct rt_measured *m)
{
    rt_model_free(m->copy);
    *m = (struct rt_measured){ 0 };
}

static bool has_look(const struct rt_session_run *r)
{
    int n;
    struct rt_layer_stats *all = rt_run_layers(r->run, &n);
    bool found = false;
    for (int i = 0; i < n; i++)
        found = found || isfinite(all[i].grad);
    free(all);
    return found;
}

int rt_measured_ask(struct rt_measured *m, struct rt_err *err)
{
    struct rt_session_run *r = m->run;
    double until = rt_clock_now() + PATIENCE;
    if (!r || !r->run)
        return 0;
    rt_run_keep_stats(r->run);
    while (r->run && rt_run_state(r->run) <= RT_RUN_RUNNING && !has_look(r) &&
           rt_clock_now() < until)
        if (m->s->pump && m->s->pump(m->s, .02) == RT_ECANCEL)
            return rt_fail(err, RT_ECANCEL, "interrupted");
    return 0;
}

/* The number a layer had in the run that is over; -1: it has none. */
static int number_then(const struct rt_measured *m, int layer)
{
    const struct rt_snapshot *last = &m->run->last;
    for (int i = 0; i < last->n_layers; i++)
        if (!strcmp(last->layers[i].name, m->model->layers[layer]->name))
            return i;
    return -1;
}

static void take_look(const struct rt_layer_stats *from,
                      struct rt_layer_stats *to)
{
    to->grad = from->grad;
    to->update = from->update;
    to->act = from->act;
    to->act_sd = from->act_sd;
    to->units = from->units;
    to->dead = from->dead;
}

void rt_measured_layer(const struct rt_measured *m, int i,
                       struct rt_layer_stats *out)
{
    int n, at;
    rt_stats_layer(m->model, i, out);
    if (m->run && m->run->run) {
        struct rt_layer_stats *all = rt_run_layers(m->run->run, &n);
        if (i < n)
            take_look(&all[i], out);
        free(all);
    } else if (m->run && (at = number_then(m, i)) >= 0) {
        take_look(&m->run->last.layers[at], out);
    }
}

static int none(const struct rt_measured *m, int layer, enum rt_hist_of of,
                struct rt_err *err)
{
    static const char *const words[] = { "weights", "gradients", "activations",
                                         "updates" };
    const struct rt_model_layer *l = m->model->layers[layer];
    bool learns = of == RT_HIST_GRADS || of == RT_HIST_UPDATES;
    if (of != RT_HIST_ACTS && !l->n_weights)
        return rt_fail(err, RT_EINVAL, "layer '%s' has no weights", l->name);
    if (learns && !rt_weight_learns(l->weights[0]))
        return rt_fail(err, RT_EINVAL, "layer '%s' does not learn", l->name);
    if (m->run && m->run->run && rt_run_state(m->run->run) == RT_RUN_PAUSED)
        return rt_fail(err, RT_ESTATE,
                       "%s of '%s': they come with the next batch, and run %d "
                       "is paused",
                       words[of], l->name, m->run->number);
    return rt_fail(err, RT_ESTATE,
                   "%s of '%s' were not measured: that is done while the model "
                   "trains, from the first `stats` or `hist of=%s` on, or "
                   "while `watch` shows it",
                   words[of], l->name, rt_hist_of_names[of]);
}

int rt_measured_histogram(const struct rt_measured *m, int layer,
                          enum rt_hist_of of, struct rt_histogram *out,
                          struct rt_err *err)
{
    bool has = false;
    if (of == RT_HIST_WEIGHTS)
        has = rt_stats_histogram(m->model, layer, out);
    else if (m->run && m->run->run)
        has = rt_run_histogram(m->run->run, layer, of, out);
    else if (m->run && m->run->probe)
        has = rt_probe_histogram(m->run->probe, number_then(m, layer), of, out);
    return has ? 0 : none(m, layer, of, err);
}

struct rt_histogram *rt_measured_past(const struct rt_measured *m, int layer,
                                      enum rt_hist_of of, int *n)
{
    *n = 0;
    if (m->run && m->run->run)
        return rt_run_past(m->run->run, layer, of, n);
    return m->run && m->run->probe
               ? rt_probe_past(m->run->probe, number_then(m, layer), of, n)
               : NULL;
}
