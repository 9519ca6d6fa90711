/* Figures from charts. The x arrays live on the stack for one drawing. */
#include "watch/sketch.h"

#include "base/mem.h"
#include "plot/draw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "lr 0.01 -> 0.001" is told as "lr 0.001", "freeze lstm_b, gas" as
 * "freeze lstm_b": two words. */
static const char *two_words(struct rt_figure *f, const char *text)
{
    const char *arrow = strstr(text, " -> ");
    int first = (int)strcspn(text, " ");
    const char *rest = arrow ? arrow + 4 : text + first;
    rest += strspn(rest, " ");
    int second = (int)strcspn(rest, " ,:;");
    char *end, number[16];
    double v = strtod(rest, &end);
    if (second == 0)
        return rt_figure_text(f, "%.*s", first, text);
    if (end == rest + second) { /* 1.17188e-05: too many digits */
        rt_number_text(v, 0, number);
        return rt_figure_text(f, "%.*s %s", first, text, number);
    }
    return rt_figure_text(f, "%.*s %.*s", first, text, second, rest);
}

static void add_curve(struct rt_figure *f, const struct rt_curve *c, bool train,
                      const struct rt_sketch *how, double *x)
{
    for (int i = 0; i < c->n; i++)
        x[i] = c->x[i] * how->x_scale;
    struct rt_series s = {
        .x = x,
        .y = c->mean,
        .lo = c->lo,
        .hi = c->hi,
        .n = c->n,
        .color = train ? RT_C_TRAIN : RT_C_VAL,
        .ascii = train ? '.' : 'o',
        .smooth = train ? how->smooth : 0,
    };
    if (c->n)
        rt_figure_series(f, &s);
}

static void add_best(struct rt_figure *f, const struct rt_history_series *s,
                     const struct rt_sketch *how)
{
    if (!s || !isfinite(s->best))
        return;
    struct rt_spot best = { .x = (double)s->best_epoch * how->x_scale,
                            .y = s->best };
    rt_figure_spot(f, &best);
}

void rt_sketch_chart(struct rt_canvas *c, struct rt_rect at,
                     const struct rt_chart *chart, const struct rt_history *h,
                     const struct rt_sketch *how)
{
    double x_train[RT_CURVE_POINTS], x_val[RT_CURVE_POINTS];
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_CURVES, NULL);
    f.y.log = how->log;
    f.x.integer = true;
    add_curve(&f, &chart->raw, true, how, x_train);
    add_curve(&f, &chart->check, false, how, x_val);
    add_best(&f, chart->val ? chart->val : chart->train, how);
    for (int i = 0; h && i < h->n_marks; i++)
        rt_figure_mark(&f, h->marks[i].x * how->x_scale,
                       two_words(&f, h->marks[i].text), 0);
    rt_draw_cells(&f, c, at, NULL);
    rt_figure_release(&f);
}

void rt_sketch_bins(struct rt_canvas *c, struct rt_rect at, const double *count,
                    int n, double lo, double hi)
{
    struct rt_figure f;
    struct rt_bins bins = { .count = count, .n = n, .lo = lo, .hi = hi };
    rt_figure_init(&f, RT_FIG_HISTOGRAM, NULL);
    f.y.hidden = true;
    rt_figure_bins(&f, &bins);
    rt_draw_cells(&f, c, at, NULL);
    rt_figure_release(&f);
}

static void add_row(struct rt_figure *f, const struct rt_histogram *h,
                    double *count)
{
    for (int i = 0; i < RT_HIST_BINS; i++)
        count[i] = (double)h->bin[i] / (double)h->n;
    struct rt_bins row = {
        .count = count,
        .n = RT_HIST_BINS,
        .lo = h->from,
        .hi = h->to,
        .label = rt_figure_text(f, "%lld", (long long)h->epoch),
    };
    rt_figure_bins(f, &row);
}

void rt_sketch_ridge(struct rt_canvas *c, struct rt_rect at,
                     const struct rt_histogram *past, int n_past,
                     const struct rt_histogram *now)
{
    struct rt_figure f;
    double(*count)[RT_HIST_BINS] =
        rt_xcalloc((size_t)n_past + 1, sizeof *count);
    rt_figure_init(&f, RT_FIG_RIDGE, NULL);
    while (n_past > 0 && past[n_past - 1].epoch >= now->epoch)
        n_past--;
    int rows = (at.h - 1) / 2, shown = n_past < rows ? n_past : rows - 1;
    for (int i = 0; i < shown; i++) { /* evenly, from the first on */
        const struct rt_histogram *h = &past[(int64_t)i * n_past / shown];
        add_row(&f, h, count[i]);
    }
    add_row(&f, now, count[n_past]); /* its own place, behind all others */
    rt_draw_cells(&f, c, at, NULL);
    rt_figure_release(&f);
    free(count);
}

void rt_sketch_number(double v, char out[16])
{
    rt_number_text(v, 0, out);
}
