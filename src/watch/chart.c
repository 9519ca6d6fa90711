/* Pairs series by Keras' names: loss and val_loss, temp_mse and val_temp_mse.
 * With several outputs each has its own loss, and "loss" is their sum. */
#include "watch/chart.h"

#include "base/mem.h"

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

static struct rt_chart *make(const struct rt_history_series *s, bool several)
{
    struct rt_chart *c = rt_xcalloc(1, sizeof *c);
    const char *of = has_output(s)                            ? s->output
                     : several && strcmp(s->key, "loss") == 0 ? "all outputs"
                                                              : NULL;
    c->key = rt_xstrdup(s->key);
    c->title =
        of ? rt_xprintf("%s · %s", of, short_key(s)) : rt_xstrdup(s->key);
    c->loss = is_loss(s);
    return c;
}

static void drop(struct rt_chart *c)
{
    free(c->key);
    free(c->title);
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
    clear(c);
    for (int i = 0; i < h->n_series; i++)
        several = several || (is_training(&h->series[i]) &&
                              ends(h->series[i].key, "_loss"));
    for (int kind = 0; kind <= 2; kind++) {
        for (int i = 0; i < h->n_series; i++) {
            const struct rt_history_series *s = &h->series[i];
            if (!is_training(s) || kind_of(s, several) != kind)
                continue;
            rt_vec_push(&c->list, make(s, several));
            c->n_losses += kind == 0;
        }
    }
}

void rt_charts_update(struct rt_charts *c, const struct rt_history *h)
{
    int run = h ? h->run : 0, n = 0;
    for (int i = 0; h && i < h->n_series; i++)
        n += h->series[i].key != NULL;
    if (!h)
        clear(c);
    else if (run != c->run || n != c->n_series)
        build(c, h);
    c->run = run;
    c->n_series = n;
    for (int i = 0; i < c->list.n; i++) {
        struct rt_chart *chart = c->list.v[i];
        char key[256];
        snprintf(key, sizeof key, "val_%s", chart->key);
        chart->train = rt_history_find(h, chart->key);
        chart->val = rt_history_find(h, key);
    }
}

void rt_chart_refresh(struct rt_chart *c)
{
    if (c->train && c->train->n_buckets)
        rt_curve_batches(&c->raw, c->train);
    else if (c->train)
        rt_curve_epochs(&c->raw, c->train);
    if (c->val)
        rt_curve_epochs(&c->check, c->val);
}

double rt_chart_newest(const struct rt_history_series *s)
{
    if (!s)
        return NAN;
    if (s->n_buckets && isfinite(s->running))
        return s->running;
    return s->n_epochs ? s->epoch_v[s->n_epochs - 1] : NAN;
}
