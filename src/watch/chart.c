/* Pairs series by Keras' names: loss and val_loss, temp_mse and val_temp_mse.
 * With several outputs each has its own loss, and "loss" is their sum. */
#include "watch/chart.h"

#include "base/mem.h"
#include "watch/chooser.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static bool ends(const char *s, const char *with)
{
    size_t n = strlen(s), m = strlen(with);
    return n >= m && strcmp(s + n - m, with) == 0;
}

static bool is_loss(const struct rt_history_series *s)
{
    return strcmp(s->key, "loss") == 0 || ends(s->key, "_loss");
}

/* A series to make a chart of. One that is not announced yet has no key. */
static bool is_training(const struct rt_history_series *s)
{
    return s->key && !begins(s->key, "val_") && strcmp(s->key, "lr") != 0;
}

static bool has_output(const struct rt_history_series *s)
{
    return s->output && s->output[0];
}

/* "temp_mse" of output temp is its "mse". */
static const char *short_key(const struct rt_history_series *s)
{
    size_t n = has_output(s) ? strlen(s->output) : 0;
    if (n && strncmp(s->key, s->output, n) == 0 && s->key[n] == '_')
        return s->key + n + 1;
    return s->key;
}

/* The output that all series are of; NULL: several, or none has a name. */
static const char *only_output(const struct rt_history *h)
{
    const char *only = NULL;
    for (int i = 0; i < h->n_series; i++) {
        const struct rt_history_series *s = &h->series[i];
        if (!s->key || !has_output(s))
            continue;
        if (only && strcmp(only, s->output))
            return NULL;
        only = s->output;
    }
    return only;
}

/* only: the name of the model's only output, if it is known. */
static struct rt_chart *make(const struct rt_history_series *s, bool several,
                             const char *only)
{
    struct rt_chart *c = rt_xcalloc(1, sizeof *c);
    bool sum = strcmp(s->key, "loss") == 0;
    const char *of = has_output(s)    ? s->output
                     : sum && several ? "all outputs"
                     : sum            ? only
                                      : NULL;
    c->key = rt_xstrdup(s->key);
    c->title =
        of ? rt_xprintf("%s · %s", of, short_key(s)) : rt_xstrdup(s->key);
    c->loss = is_loss(s);
    c->output = has_output(s) ? rt_xstrdup(s->output) : NULL;
    return c;
}

static void drop(struct rt_chart *c)
{
    free(c->key);
    free(c->title);
    free(c->output);
    for (int k = 0; k < RT_OTHERS_MAX; k++)
        free(c->other_curve[k]);
    free(c);
}

static void clear(struct rt_charts *c)
{
    for (int i = 0; i < c->list.n; i++)
        drop(c->list.v[i]);
    c->list.n = c->n_losses = 0;
}

void rt_charts_release(struct rt_charts *c)
{
    clear(c);
    rt_vec_release(&c->list);
}

/* 0 the loss of an output, 1 a metric, 2 the sum of several losses. */
static int kind_of(const struct rt_history_series *s, bool several)
{
    if (!is_loss(s))
        return 1;
    return several && strcmp(s->key, "loss") == 0 ? 2 : 0;
}

static void build(struct rt_charts *c, const struct rt_history *h)
{
    bool several = false;
    const char *only = c->only[0] ? c->only : only_output(h);
    clear(c);
    for (int i = 0; i < h->n_series; i++)
        several = several || (is_training(&h->series[i]) &&
                              ends(h->series[i].key, "_loss"));
    for (int kind = 0; kind <= 2; kind++) {
        for (int i = 0; i < h->n_series; i++) {
            const struct rt_history_series *s = &h->series[i];
            if (!is_training(s) || kind_of(s, several) != kind)
                continue;
            struct rt_chart *chart = make(s, several, only);
            if (!rt_filter_fits(c->filter, chart->title)) {
                drop(chart);
                continue;
            }
            rt_vec_push(&c->list, chart);
            c->n_losses += kind == 0;
        }
    }
}

static void find_series(struct rt_chart *c, const struct rt_history *h)
{
    char key[256];
    snprintf(key, sizeof key, "val_%s", c->key);
    c->train = rt_history_find(h, c->key);
    c->val = rt_history_find(h, key);
}

void rt_charts_overlay(struct rt_charts *c, int k, const struct rt_history *h)
{
    for (int i = 0; i < c->list.n && k < RT_OTHERS_MAX; i++) {
        struct rt_chart *chart = c->list.v[i];
        struct rt_chart found = { .key = chart->key };
        if (h)
            find_series(&found, h);
        chart->other[k] = found.val ? found.val : found.train;
        chart->other_run[k] = h ? h->run : 0;
        for (int j = k + 1; !h && j < RT_OTHERS_MAX; j++)
            chart->other[j] = NULL;
    }
}

void rt_charts_update(struct rt_charts *c, const struct rt_history *h,
                      const char *filter, const char *only)
{
    int run = h ? h->run : 0, n = 0;
    only = only ? only : "";
    for (int i = 0; h && i < h->n_series; i++)
        n += h->series[i].key != NULL;
    if (!h)
        clear(c);
    else if (run != c->run || n != c->n_series || strcmp(filter, c->filter) ||
             strcmp(only, c->only)) {
        snprintf(c->only, sizeof c->only, "%s", only);
        snprintf(c->filter, sizeof c->filter, "%s", filter);
        build(c, h);
    }
    c->run = run;
    c->n_series = n;
    for (int i = 0; i < c->list.n; i++) {
        find_series(c->list.v[i], h);
    }
}

void rt_chart_refresh(struct rt_chart *c, double lo, double hi)
{
    if (c->train)
        rt_curve_take(&c->raw, c->train, true, lo, hi);
    if (c->val)
        rt_curve_take(&c->check, c->val, false, lo, hi);
    for (int k = 0; k < RT_OTHERS_MAX; k++) {
        if (!c->other[k])
            continue;
        if (!c->other_curve[k])
            c->other_curve[k] = rt_xcalloc(1, sizeof *c->other_curve[k]);
        rt_curve_take(c->other_curve[k], c->other[k],
                      c->other[k]->n_epochs == 0, lo, hi);
    }
}

double rt_chart_newest(const struct rt_history_series *s)
{
    if (!s)
        return NAN;
    if (s->n_buckets && isfinite(s->running))
        return s->running;
    return s->n_epochs ? s->epoch_v[s->n_epochs - 1] : NAN;
}
