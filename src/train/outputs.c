/* What screens see of each output: its loss weight, whether it still learns,
 * how far its early stop is. Made when an order was applied or a callback said
 * something new, not for every batch. */
#include "nn/select.h"
#include "train/callback_private.h"
#include "train/run_private.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the layers that lead to this output and to no other, none learns; with one
 * output: of all. */
static bool is_frozen(const struct rt_model *m, const char *output)
{
    char word[80];
    bool *pick = rt_xcalloc((size_t)m->n_layers + 1, sizeof *pick);
    bool any = false, learns = false;
    snprintf(word, sizeof word, "branch:%.70s", output);
    if (rt_select(m, (const char *[]){ word }, 1, pick, NULL) < 0)
        memset(pick, 0, (size_t)m->n_layers);
    for (int i = 0; i < m->n_layers; i++) {
        if (!pick[i] || !m->layers[i]->n_weights)
            continue;
        any = true;
        learns = learns || m->layers[i]->trainable;
    }
    free(pick);
    return any && !learns;
}

/* ---- stops --------------------------------------------------------------- */

/* The output of that name, or that a series is of; NULL. */
static const char *output_of(const struct rt_run *r, const char *of)
{
    const struct rt_objective *o = r->objective;
    int i = rt_run_series_find(r, of);
    for (int k = 0; k < o->n_outputs; k++)
        if (!strcmp(o->outputs[k].name, of))
            return o->outputs[k].name;
    if (i >= 0 && o->n_outputs == 1)
        return o->outputs[0].name;
    return i >= 0 ? r->series[i].output : NULL;
}

void rt_host_output_status(struct rt_hook *at, const char *of, const char *fmt,
                           ...)
{
    const char *output = output_of(at->run, of);
    struct rt_output_stop none = { { 0 }, { 0 } };
    int i = 0;
    if (!output)
        return;
    snprintf(none.output, sizeof none.output, "%s", output);
    while (i < at->stops.n && strcmp(at->stops.v[i].output, none.output) != 0)
        i++;
    if (i == at->stops.n)
        rt_vec_push(&at->stops, none);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(at->stops.v[i].text, sizeof at->stops.v[i].text, fmt, ap);
    va_end(ap);
    at->run->callbacks->news = true;
}

/* What the first callback that says something of it has said. */
static void find_stop(const struct rt_run *r, struct rt_output_state *out)
{
    const struct rt_callbacks *c = r->callbacks;
    for (int i = 0; c && i < c->v.n && !out->stop[0]; i++)
        for (int k = 0; k < c->v.v[i]->stops.n; k++) {
            const struct rt_output_stop *s = &c->v.v[i]->stops.v[k];
            if (!strcmp(s->output, out->name))
                memcpy(out->stop, s->text, sizeof out->stop);
        }
}

/* ---- all of them --------------------------------------------------------- */

void rt_run_snap_outputs(struct rt_run *r)
{
    const struct rt_objective *o = r->objective;
    int n = o->n_outputs;
    struct rt_output_state *all = rt_xcalloc((size_t)n + 1, sizeof *all), *old;
    for (int i = 0; i < n; i++) {
        const struct rt_objective_output *out = &o->outputs[i];
        snprintf(all[i].name, sizeof all[i].name, "%s", out->name);
        all[i].weight = out->loss ? out->weight : NAN;
        all[i].frozen = is_frozen(r->model, out->name);
        all[i].retired = out->retired;
        find_stop(r, &all[i]);
    }
    pthread_mutex_lock(&r->snap_lock);
    old = r->snap.outputs;
    r->snap.outputs = all;
    r->snap.n_outputs = n;
    pthread_mutex_unlock(&r->snap_lock);
    free(old);
}
