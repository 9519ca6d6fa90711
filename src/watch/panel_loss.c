/* Curves of one output: the training loss as it came, dim, smoothed over it,
 * the validation loss on top, the best point, and orders as dotted lines. */
#include "base/utf8.h"
#include "plot/draw.h"
#include "watch/sketch.h"
#include "watch/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct rt_chart *chart_of(const struct rt_view *v, int which)
{
    return which >= 0 && which < v->charts.list.n ? v->charts.list.v[which]
                                                  : NULL;
}

static bool move(struct rt_view *v, int n)
{
    int last = v->charts.list.n - 1, to = v->focus.which + n;
    if (last < 1)
        return false;
    v->focus.which = to < 0 ? 0 : to > last ? last : to;
    return true;
}

static void value(struct rt_words *w, int rank, const char *sign,
                  struct rt_pen pen, const char *name, double v)
{
    char text[16];
    struct rt_pen bad = { .fg = RT_C_ERROR };
    rt_sketch_number(v, text);
    rt_words_add(w, rank, pen, "%s", sign);
    if (*name)
        rt_words_join(w, RT_PEN_DIM, "%s ", name);
    rt_words_join(w, isfinite(v) ? RT_PEN_TEXT : bad, "%s",
                  isnan(v) ? "nan" : text);
}

enum { TIGHT = 64 }; /* cells of a panel from which words are spelled out */

/* The samples before the names of the two curves. */
static const char *sample(const struct rt_canvas *c, bool train)
{
    if (c->symbols == RT_SYM_ASCII)
        return train ? ". " : "o ";
    return train || c->color ? "─ " : "┈ ";
}

static void curve_value(const struct rt_canvas *c, struct rt_words *w,
                        bool train, double v)
{
    struct rt_pen pen = { .fg = train ? RT_C_TRAIN : RT_C_VAL };
    value(w, train ? 0 : 1, sample(c, train), pen, train ? "train" : "val", v);
}

/* How far the early stop of this output is, or that it stopped. */
static void stop_words(const struct rt_view *v, const struct rt_chart *chart,
                       struct rt_words *w)
{
    const struct rt_output_state *o = rt_view_output(v, chart->output);
    if (!o && v->has_snap && v->snap.n_outputs == 1)
        o = &v->snap.outputs[0];
    if (!o || !o->stop[0] || !chart->loss)
        return;
    bool counts = o->stop[0] >= '0' && o->stop[0] <= '9';
    int at;
    if (counts)
        rt_words_add(w, 3, RT_PEN_DIM, "stop ");
    if (counts)
        rt_words_join(w, RT_PEN_TEXT, "%s", o->stop);
    else if (sscanf(o->stop, "stopped at %d", &at) == 1)
        rt_words_add(w, 3, RT_PEN_TEXT, "stopped @%d", at);
    else
        rt_words_add(w, 3, RT_PEN_TEXT, "%s", o->stop);
}

static void other_words(const struct rt_chart *chart, int k, double v,
                        struct rt_words *w)
{
    char text[16];
    rt_sketch_number(v, text);
    rt_words_add(w, 4 + k, (struct rt_pen){ .fg = rt_color_series(k) }, "#%d ",
                 chart->other_run[k]);
    rt_words_join(w, RT_PEN_TEXT, "%s", text);
}

static void newest_words(const struct rt_view *v, const struct rt_canvas *c,
                         const struct rt_chart *chart, bool tight,
                         struct rt_words *w)
{
    const struct rt_history_series *judged =
        chart->val ? chart->val : chart->train;
    if (chart->train && chart->train->n_buckets + chart->train->n_epochs)
        curve_value(c, w, true, rt_chart_newest(chart->train));
    if (chart->val && chart->val->n_epochs)
        curve_value(c, w, false, rt_chart_newest(chart->val));
    if (judged && isfinite(judged->best)) {
        value(w, 2, "◆ ", (struct rt_pen){ .fg = RT_C_BEST },
              tight ? "" : "best", judged->best);
        rt_words_join(w, RT_PEN_DIM, " @");
        rt_words_join(w, RT_PEN_TEXT, "%lld", (long long)judged->best_epoch);
    }
    stop_words(v, chart, w);
    for (int k = 0; k < RT_OTHERS_MAX; k++)
        if (chart->other[k] && chart->other[k]->n_epochs)
            other_words(chart, k, rt_chart_newest(chart->other[k]), w);
}

/* The point of a curve under the cursor. */
static void point_words(const struct rt_canvas *c, const struct rt_curve *curve,
                        bool train, double x, struct rt_words *w)
{
    int i = rt_curve_near(curve, x);
    char lo[16], hi[16];
    if (i < 0)
        return;
    curve_value(c, w, train, curve->mean[i]);
    if (!train || !(curve->lo[i] < curve->hi[i]))
        return;
    rt_sketch_number(curve->lo[i], lo);
    rt_sketch_number(curve->hi[i], hi);
    rt_words_near(w, 2, RT_PEN_DIM, "%s–%s", lo, hi);
}

/* Where the cursor is, in the unit of the axis. */
static void place_words(const struct rt_view *v, struct rt_words *w)
{
    double x = rt_lens_cursor(&v->lens);
    double at = rt_lens_unit(v->unit, v->run.history, rt_view_steps(v), x);
    char text[32];
    snprintf(text, sizeof text, "%.*f", v->unit == RT_X_STEP ? 0 : 2, at);
    if (strchr(text, '.')) { /* 30, not 30.00 */
        size_t n = strlen(text);
        while (text[n - 1] == '0')
            text[--n] = '\0';
        if (text[n - 1] == '.')
            text[n - 1] = '\0';
    }
    rt_words_add(w, 0, RT_PEN_KEY, "@ %s", text);
    rt_words_join(w, RT_PEN_DIM, "%s", v->unit == RT_X_TIME ? " s" : "");
}

static void cursor_words(const struct rt_view *v, const struct rt_canvas *c,
                         const struct rt_chart *chart, struct rt_words *w)
{
    double x = rt_lens_cursor(&v->lens);
    place_words(v, w);
    point_words(c, &chart->raw, true, x, w);
    point_words(c, &chart->check, false, x, w);
    for (int k = 0; k < RT_OTHERS_MAX; k++) {
        int i = chart->other[k] ? rt_curve_near(chart->other_curve[k], x) : -1;
        if (i >= 0)
            other_words(chart, k, chart->other_curve[k]->mean[i], w);
    }
}

static bool positive(const struct rt_curve *c)
{
    for (int i = 0; i < c->n; i++)
        if (!(c->mean[i] > 0))
            return false;
    return true;
}

/* Would a log axis show all there is? A curve that goes through zero would have
 * gaps on one. */
static bool fits_log(const struct rt_chart *chart)
{
    for (int k = 0; k < RT_OTHERS_MAX; k++)
        if (chart->other[k] && !positive(chart->other_curve[k]))
            return false;
    return positive(&chart->raw) && positive(&chart->check);
}

static void right_words(const struct rt_view *v, const struct rt_chart *chart,
                        int which, struct rt_words *w)
{
    if (v->chart_filter[0])
        rt_words_add(w, 1, RT_PEN_KEY, "/%s", v->chart_filter);
    if (v->lens.span > 0)
        rt_words_add(w, 1, RT_PEN_KEY,
                     isnan(v->lens.end) ? "zoom, follows" : "zoom");
    if (chart->loss && !v->linear_y)
        rt_words_add(w, 3, RT_PEN_DIM, fits_log(chart) ? "log" : "no log: ≤ 0");
    if (v->unit != RT_X_EPOCH)
        rt_words_add(w, 2, RT_PEN_DIM, "%s", rt_x_unit_name(v->unit));
    if (rt_view_smoothing(v) > 0)
        rt_words_add(w, 4, RT_PEN_DIM, "smooth %g", rt_view_smoothing(v));
    if (v->charts.list.n > 1)
        rt_words_add(w, 1, RT_PEN_DIM, "%d/%d", which + 1, v->charts.list.n);
}

/* The epoch of the newest order that did this ("froze ") to the output; 0: not
 * known. */
static long long since(const struct rt_history *h, const char *did,
                       const char *output)
{
    size_t n = strlen(output);
    for (int i = h ? h->n_marks - 1 : -1; i >= 0; i--) {
        const char *s = h->marks[i].text;
        if (strncmp(s, did, strlen(did)))
            continue;
        for (s = strstr(s + strlen(did), output); s; s = strstr(s + 1, output))
            if (strchr(" '", s[-1]) && strchr(", '", s[n]))
                return (long long)h->marks[i].x;
    }
    return 0;
}

/* What became of the output, behind the title: its loss weight, whether it is
 * frozen, retired. */
static void state_text(const struct rt_view *v, const struct rt_chart *chart,
                       char *weight, size_t n_weight, char *fate, size_t n_fate)
{
    const struct rt_output_state *o = rt_view_output(v, chart->output);
    weight[0] = fate[0] = '\0';
    if (!o || !chart->loss)
        return;
    if (v->snap.n_outputs > 1 && isfinite(o->weight))
        snprintf(weight, n_weight, " ×%.2f", o->weight);
    if (!o->frozen && !o->retired)
        return;
    const char *sign = o->retired ? "✓ retired" : "❄ frozen";
    long long epoch =
        since(v->run.history, o->retired ? "retired " : "froze ", o->name);
    if (epoch > 0 && !o->retired)
        snprintf(fate, n_fate, "❄ since %lld", epoch);
    else if (epoch > 0)
        snprintf(fate, n_fate, "%s at %lld", sign, epoch);
    else
        snprintf(fate, n_fate, "%s", sign);
}

/* The fate in its own colour, over the title that holds its place. */
static void paint_fate(struct rt_canvas *c, const struct rt_pane *p,
                       const char *title, const char *fate)
{
    int x = p->at.x + 3 + rt_utf8_width(title);
    if (fate[0] && x + 2 + rt_utf8_width(fate) + 3 < p->at.x + p->at.w)
        rt_canvas_text(c, x + 2, p->at.y, rt_utf8_width(fate), fate,
                       (struct rt_pen){ .fg = RT_C_FROZEN });
}

static struct rt_sketch sketch_of(const struct rt_view *v,
                                  const struct rt_chart *chart)
{
    return (struct rt_sketch){
        .log = chart->loss && !v->linear_y && fits_log(chart),
        .smooth = rt_view_smoothing(v),
        .unit = v->unit,
        .steps = rt_view_steps(v),
        .history = v->run.history,
        .lens = &v->lens,
    };
}

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    struct rt_words right = { 0 }, foot = { 0 };
    char weight[32], fate[48], title[256], whole[320];
    double lo, hi;
    if (!chart_of(v, pane->which)) {
        struct rt_rect in = rt_panel_frame(c, pane, "loss", NULL, NULL);
        rt_panel_empty(c, in,
                       v->chart_filter[0] ? "no curve has these letters"
                       : v->has_run       ? "no values yet"
                                          : "no runs yet");
        return;
    }
    struct rt_chart *chart = v->charts.list.v[pane->which];
    rt_lens_part(&v->lens, &lo, &hi);
    rt_chart_refresh(chart, lo, hi);
    if (v->lens.inspects)
        cursor_words(v, c, chart, &foot);
    else
        newest_words(v, c, chart, pane->at.w < TIGHT, &foot);
    right_words(v, chart, pane->which, &right);
    state_text(v, chart, weight, sizeof weight, fate, sizeof fate);
    snprintf(title, sizeof title, "%.200s%s", chart->title, weight);
    snprintf(whole, sizeof whole, "%s%s%s", title, fate[0] ? "  " : "", fate);
    struct rt_rect in = rt_panel_frame(c, pane, whole, &right, &foot);
    paint_fate(c, pane, title, fate);
    struct rt_sketch how = sketch_of(v, chart);
    if (chart->raw.n + chart->check.n == 0) {
        bool none = chart->train && chart->train->n_buckets;
        rt_panel_empty(c, in,
                       none          ? "no value is finite"
                       : v->run.live ? "no values yet"
                                     : "no values");
        return;
    }
    int columns = rt_sketch_chart(c, in, chart, &how);
    if (pane->focused || v->lens.columns == 0)
        v->lens.columns = columns;
}

/* The chart in focus with its legend, as it is shown, without the cursor. */
static int write(struct rt_view *v, const char *file, struct rt_err *err)
{
    bool focused = v->focus.panel == &rt_panel_losses;
    int which = focused ? v->focus.which : 0;
    struct rt_lens lens = v->lens;
    struct rt_figure f;
    double lo, hi, *store;
    if (!chart_of(v, which))
        return rt_fail(err, RT_ESTATE, "there is no curve to write yet");
    struct rt_chart *chart = v->charts.list.v[which];
    struct rt_sketch how = sketch_of(v, chart);
    lens.inspects = false;
    how.lens = &lens;
    rt_lens_part(&lens, &lo, &hi);
    rt_chart_refresh(chart, lo, hi);
    rt_sketch_figure(&f, chart, &how, &store);
    f.title = rt_figure_text(&f, "%s #%d  %s", v->run.name, v->run.number,
                             chart->title);
    f.legend = true;
    f.x.label = rt_x_unit_name(v->unit);
    int rc = rt_draw_file(&f, file, 0, 0, err);
    rt_figure_release(&f);
    free(store);
    return rc;
}

const struct rt_panel rt_panel_losses = {
    .name = "losses",
    .key = '1',
    .help = "losses, one panel an output",
    .move = move,
    .write = write,
    .draw = draw,
};

static bool has_metrics(const struct rt_view *v)
{
    return v->charts.list.n > v->charts.n_losses;
}

/* Metrics are curves like losses, behind them: the key goes to the first. */
const struct rt_panel rt_panel_metrics = {
    .name = "metrics",
    .key = '6',
    .help = "metrics, behind the losses",
    .useful = has_metrics,
    .draw = draw,
};
