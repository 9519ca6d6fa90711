/* What screens see of each output: its loss weight, whether it still learns,
 * how far its early stop is. Made when an order was applied or a callback said
 * something new, not for every batch. */
#include "nn/select.h"
#include "train/callback_private.h"
#include "train/run_private.h"

#include <math.h>
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

/* The series that a callback looks at, by its option for one; NULL. */
static const char *series_of(const struct rt_attachment *a)
{
    const struct rt_plugin *p = a->plugin;
    const char *at = (const char *)p->opts;
    for (; p->opts && ((const struct rt_opt *)at)->name; at += p->opt_size) {
        const struct rt_opt *o = (const struct rt_opt *)at;
        if (o->names == RT_NAMES_SERIES && o->kind == RT_KIND_TEXT)
            return *(const char *const *)((const char *)a->args + o->offset);
    }
    return NULL;
}

static bool is_loss_of(const struct rt_run *r, const char *series,
                       const char *output)
{
    int i = series ? rt_run_series_find(r, series) : -1;
    if (i < 0)
        return false;
    size_t n = strlen(series);
    bool loss = n >= 4 && !strcmp(series + n - 4, "loss");
    const char *of = r->series[i].output;
    return loss &&
           (r->objective->n_outputs == 1 || (of && !strcmp(of, output)));
}

/* "3/30, best 0.031" as "3/30"; "stopped at 48 (...)" as "stopped at 48". */
static void cut(const char *text, char out[32])
{
    int n = (int)strcspn(text, ",(\n");
    const char *best = strstr(text, " best"), *next = strstr(text, " · ");
    n = best && best - text < n ? (int)(best - text) : n;
    n = next && next - text < n ? (int)(next - text) : n;
    while (n > 0 && text[n - 1] == ' ')
        n--;
    snprintf(out, 32, "%.*s", n < 31 ? n : 31, text);
}

/* A status says how far one output is, or "temp 3/30 · gas stopped at 48". */
static void find_stop(const struct rt_run *r, const char *output, char out[32])
{
    const struct rt_callbacks *c = r->callbacks;
    size_t n = strlen(output);
    out[0] = '\0';
    for (int i = 0; c && i < c->v.n && !out[0]; i++) {
        const struct rt_hook *h = c->v.v[i];
        if (!h->status || !strstr(h->by.plugin->name, "stopping"))
            continue;
        for (const char *s = h->status; s; s = strstr(s, " · ")) {
            s += s == h->status ? 0 : strlen(" · ");
            if (!strncmp(s, output, n) && s[n] == ' ') {
                cut(s + n + 1, out);
                break;
            }
        }
        if (!out[0] && is_loss_of(r, series_of(&h->by), output))
            cut(h->status, out);
    }
}

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
        find_stop(r, out->name, all[i].stop);
    }
    pthread_mutex_lock(&r->snap_lock);
    old = r->snap.outputs;
    r->snap.outputs = all;
    r->snap.n_outputs = n;
    pthread_mutex_unlock(&r->snap_lock);
    free(old);
}
