/* Figures from charts and histograms. */
#include "watch/sketch.h"

#include "base/mem.h"
#include "plot/draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- marks --------------------------------------------------------------- */

/* "lr 0.01 -> 0.001" as "lr÷10" where the factor is whole, else "lr 0.001". */
static const char *rate_mark(struct rt_figure *f, double from, double to)
{
    char number[16];
    double up = to / from, down = from / to;
    if (up > 1.5 && up < 1000 && fabs(up - round(up)) < 1e-4 * up)
        return rt_figure_text(f, "lr×%.0f", up);
    if (down > 1.5 && down < 1000 && fabs(down - round(down)) < 1e-4 * down)
        return rt_figure_text(f, "lr÷%.0f", down);
    rt_number_text(to, 0, number);
    return rt_figure_text(f, "lr %s", number);
}

static bool is_output(const struct rt_history *h, const char *name, int n)
{
    for (int i = 0; h && i < h->n_series; i++) {
        const char *output = h->series[i].output;
        if (output && (int)strlen(output) == n &&
            !strncmp(output, name, (size_t)n))
            return true;
    }
    return false;
}

/* "froze lstm_b, gas (91,351 parameters)" as "❄ gas": an output if there is
 * one among them, else the first. */
static const char *freeze_mark(struct rt_figure *f, const struct rt_history *h,
                               const char *names)
{
    int first = (int)strcspn(names, ", ("), n = first;
    const char *name = names;
    for (const char *s = names; *s && *s != '('; s += *s == ',' || *s == ' ') {
        int len = (int)strcspn(s, ", (");
        if (len && is_output(h, s, len)) {
            name = s;
            n = len;
        }
        s += len;
        if (!*s || *s == '(')
            break;
    }
    return rt_figure_text(f, "❄ %.*s", n, name);
}

/* The first two words, numbers short; of "a 1 -> 2" the first and the last. */
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

const char *rt_sketch_mark(struct rt_figure *f, const struct rt_history *h,
                           const char *text)
{
    static const char weights[] = "loss weights ", froze[] = "froze ";
    static const char retired[] = "retired '", lr_of[] = "lr of ";
    double from, to;
    char name[32];
    if (sscanf(text, "lr %lf -> %lf", &from, &to) == 2 && from > 0 && to > 0)
        return rate_mark(f, from, to);
    if (!strncmp(text, froze, sizeof froze - 1))
        return freeze_mark(f, h, text + sizeof froze - 1);
    if (!strncmp(text, retired, sizeof retired - 1)) {
        text += sizeof retired - 1;
        return rt_figure_text(f, "✓ %.*s", (int)strcspn(text, "'"), text);
    }
    const char *goes_on = strstr(text, ", goes on as run ");
    if (goes_on)
        return rt_figure_text(f, "→ #%s",
                              goes_on + sizeof ", goes on as run " - 1);
    if (!strncmp(text, lr_of, sizeof lr_of - 1)) {
        text += sizeof lr_of - 1;
        return rt_figure_text(f, "lr %.*s", (int)strcspn(text, ",: "), text);
    }
    if (!strncmp(text, weights, sizeof weights - 1) &&
        sscanf(text + sizeof weights - 1, "%31s %lf -> %lf", name, &from,
               &to) == 3)
        return rt_figure_text(f, "%s ×%.3g", name, to);
    return two_words(f, text);
}

static double place(const struct rt_sketch *how, double x);

/* Orders that stand together: of rates from the first to the last. */
static const char *span_text(struct rt_figure *f, const struct rt_history *h,
                             const struct rt_history_span *s)
{
    double from, to;
    if (s->first != s->last && sscanf(s->first, "lr %lf -> %*f", &from) == 1 &&
        sscanf(s->last, "lr %*f -> %lf", &to) == 1 && from > 0 && to > 0)
        return rate_mark(f, from, to);
    return rt_sketch_mark(f, h, s->last);
}

static void add_marks(struct rt_figure *f, const struct rt_sketch *how)
{
    struct rt_history_span span[RT_SPANS_MAX];
    const struct rt_history *h = how->history;
    double lo = 0, hi = 0;
    if (how->lens)
        rt_lens_part(how->lens, &lo, &hi);
    if (!(lo < hi)) {
        lo = 0;
        hi = h->x + 1; /* an order may stand before the next batch */
    }
    int n = rt_history_spans(h, lo, hi, span);
    for (int i = 0; i < n; i++)
        rt_figure_mark(f, place(how, span[i].x), span_text(f, h, &span[i]), 0);
}

/* ---- charts -------------------------------------------------------------- */

static double place(const struct rt_sketch *how, double x)
{
    return rt_lens_unit(how->unit, how->history, how->steps, x);
}

static void add_curve(struct rt_figure *f, const struct rt_curve *c, bool train,
                      const struct rt_sketch *how, double *x)
{
    for (int i = 0; i < c->n; i++)
        x[i] = place(how, c->x[i]);
    struct rt_series s = {
        .name = train ? "train" : "validation",
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

/* A run that lies over it. Its epochs, steps or seconds count from its own
 * beginning; the time between them is told by the run that is shown. */
static void add_other(struct rt_figure *f, const struct rt_chart *chart, int k,
                      const struct rt_sketch *how, double *x)
{
    static const char letter[RT_OTHERS_MAX] = { '1', '2', '3', '4' };
    const struct rt_curve *c = chart->other_curve[k];
    for (int i = 0; i < c->n; i++)
        x[i] = place(how, c->x[i]);
    struct rt_series s = {
        .name = rt_figure_text(f, "#%d", chart->other_run[k]),
        .x = x,
        .y = c->mean,
        .n = c->n,
        .color = rt_color_series(k),
        .ascii = letter[k],
    };
    if (c->n)
        rt_figure_series(f, &s);
}

static void add_best(struct rt_figure *f, const struct rt_history_series *s,
                     const struct rt_sketch *how)
{
    if (!s || !isfinite(s->best))
        return;
    char number[16];
    rt_number_text(s->best, 0, number);
    struct rt_spot best = {
        .x = place(how, (double)s->best_epoch),
        .y = s->best,
        .text = rt_figure_text(f, "best %s @%lld", number,
                               (long long)s->best_epoch),
    };
    rt_figure_spot(f, &best);
}

/* Where the last number of a chart is. */
static double end_of(const struct rt_chart *chart)
{
    double end = 0;
    const struct rt_curve *all[2 + RT_OTHERS_MAX] = { &chart->raw,
                                                      &chart->check };
    for (int k = 0; k < RT_OTHERS_MAX; k++)
        all[2 + k] = chart->other[k] ? chart->other_curve[k] : NULL;
    for (int i = 0; i < 2 + RT_OTHERS_MAX; i++)
        if (all[i] && all[i]->n)
            end = fmax(end, all[i]->x[all[i]->n - 1]);
    return end;
}

static void add_window(struct rt_figure *f, const struct rt_chart *chart,
                       const struct rt_sketch *how)
{
    const struct rt_lens *w = how->lens;
    double lo, hi;
    if (!w)
        return;
    rt_lens_part(w, &lo, &hi);
    if (!(lo < hi) && how->history && end_of(chart) < .9 * how->history->x) {
        lo = 0; /* it became NaN: that is where the curve ends */
        hi = how->history->x;
    }
    if (lo < hi) {
        f->x.lo = place(how, lo);
        f->x.hi = place(how, hi);
    }
    if (!w->inspects)
        return;
    f->has_cursor = true;
    f->cursor = place(how, rt_lens_cursor(w));
    if (isfinite(w->anchor))
        rt_figure_mark(f, place(how, w->anchor), NULL, RT_C_KEY);
}

void rt_sketch_figure(struct rt_figure *f, const struct rt_chart *chart,
                      const struct rt_sketch *how, double **store)
{
    double *x = rt_xmalloc((2 + RT_OTHERS_MAX) * RT_CURVE_POINTS * sizeof *x);
    rt_figure_init(f, RT_FIG_CURVES, NULL);
    f->y.log = how->log;
    f->x.integer = how->unit != RT_X_TIME;
    add_curve(f, &chart->raw, true, how, x);
    add_curve(f, &chart->check, false, how, x + RT_CURVE_POINTS);
    for (int k = 0; k < RT_OTHERS_MAX; k++)
        if (chart->other[k])
            add_other(f, chart, k, how, x + (2 + k) * RT_CURVE_POINTS);
    add_best(f, chart->val ? chart->val : chart->train, how);
    if (how->history)
        add_marks(f, how);
    add_window(f, chart, how);
    *store = x;
}

int rt_sketch_chart(struct rt_canvas *c, struct rt_rect at,
                    const struct rt_chart *chart, const struct rt_sketch *how)
{
    struct rt_figure f;
    struct rt_area area;
    double *store;
    rt_sketch_figure(&f, chart, how, &store);
    rt_draw_cells(&f, c, at, &area);
    rt_figure_release(&f);
    free(store);
    return (int)area.box.w;
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

/* As many epochs as `rows`, evenly from the first on, and now. */
static void fill_ridge(struct rt_figure *f, const struct rt_histogram *past,
                       int n_past, const struct rt_histogram *now, int rows,
                       double (*count)[RT_HIST_BINS])
{
    while (n_past > 0 && past[n_past - 1].epoch >= now->epoch)
        n_past--;
    int shown = n_past < rows ? n_past : rows - 1;
    for (int i = 0; i < shown; i++)
        add_row(f, &past[(int64_t)i * n_past / shown], count[i]);
    add_row(f, now, count[n_past]); /* its own place, behind all others */
}

void rt_sketch_ridge(struct rt_canvas *c, struct rt_rect at,
                     const struct rt_histogram *past, int n_past,
                     const struct rt_histogram *now)
{
    struct rt_figure f;
    double(*count)[RT_HIST_BINS] =
        rt_xcalloc((size_t)n_past + 1, sizeof *count);
    rt_figure_init(&f, RT_FIG_RIDGE, NULL);
    fill_ridge(&f, past, n_past, now, (at.h - 1) / 2, count);
    rt_draw_cells(&f, c, at, NULL);
    rt_figure_release(&f);
    free(count);
}

int rt_sketch_write(const char *file, const struct rt_histogram *past,
                    int n_past, const struct rt_histogram *now,
                    struct rt_err *err)
{
    struct rt_figure f;
    double(*count)[RT_HIST_BINS] =
        rt_xcalloc((size_t)n_past + 1, sizeof *count);
    rt_figure_init(&f, n_past ? RT_FIG_RIDGE : RT_FIG_HISTOGRAM, now->title);
    fill_ridge(&f, past, n_past, now, n_past + 1, count);
    int rc = rt_draw_file(&f, file, 0, 0, err);
    rt_figure_release(&f);
    free(count);
    return rc;
}

void rt_sketch_number(double v, char out[16])
{
    rt_number_text(v, 0, out);
}
