/* Curves of one output: the training loss as it came, dim, smoothed over it,
 * the validation loss on top, the best point, and orders as dotted lines. */
#include "watch/sketch.h"
#include "watch/view.h"

#include <math.h>

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
    if (!isfinite(v))
        return;
    rt_sketch_number(v, text);
    rt_words_add(w, rank, pen, "%s", sign);
    rt_words_join(w, RT_PEN_DIM, "%s ", name);
    rt_words_join(w, RT_PEN_TEXT, "%s", text);
}

static void foot_words(const struct rt_canvas *c, const struct rt_chart *chart,
                       struct rt_words *w)
{
    bool ascii = c->symbols == RT_SYM_ASCII;
    struct rt_pen train = { .fg = RT_C_TRAIN }, val = { .fg = RT_C_VAL };
    struct rt_pen star = { .fg = RT_C_BEST };
    const struct rt_history_series *judged =
        chart->val ? chart->val : chart->train;
    value(w, 0, ascii ? ". " : "─ ", train, "train",
          rt_chart_newest(chart->train));
    if (chart->val && chart->val->n_epochs)
        value(w, 1,
              ascii      ? "o "
              : c->color ? "─ "
                         : "┈ ",
              val, "val", rt_chart_newest(chart->val));
    if (!judged || !isfinite(judged->best))
        return;
    value(w, 2, "◆ ", star, "best", judged->best);
    rt_words_join(w, RT_PEN_DIM, " @");
    rt_words_join(w, RT_PEN_TEXT, "%lld", (long long)judged->best_epoch);
}

static void right_words(const struct rt_view *v, const struct rt_chart *chart,
                        int which, struct rt_words *w)
{
    if (chart->loss && !v->linear_y)
        rt_words_add(w, 2, RT_PEN_DIM, "log");
    if (v->by_step)
        rt_words_add(w, 2, RT_PEN_DIM, "steps");
    if (rt_view_smoothing(v) > 0)
        rt_words_add(w, 3, RT_PEN_DIM, "smooth %g", rt_view_smoothing(v));
    if (v->charts.list.n > 1)
        rt_words_add(w, 1, RT_PEN_DIM, "%d/%d", which + 1, v->charts.list.n);
}

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    struct rt_words right = { 0 }, foot = { 0 };
    if (!chart_of(v, pane->which)) {
        struct rt_rect in = rt_panel_frame(c, pane, "loss", NULL, NULL);
        rt_panel_empty(c, in, v->has_run ? "no values yet" : "no runs yet");
        return;
    }
    struct rt_chart *chart = v->charts.list.v[pane->which];
    rt_chart_refresh(chart);
    foot_words(c, chart, &foot);
    right_words(v, chart, pane->which, &right);
    struct rt_rect in = rt_panel_frame(c, pane, chart->title, &right, &foot);
    struct rt_sketch how = {
        .log = chart->loss && !v->linear_y,
        .smooth = rt_view_smoothing(v),
        .x_scale = v->by_step ? (double)rt_view_steps(v) : 1,
    };
    if (chart->raw.n + chart->check.n == 0)
        rt_panel_empty(c, in, "no values yet");
    else
        rt_sketch_chart(c, in, chart, v->run.history, &how);
}

const struct rt_panel rt_panel_losses = {
    .name = "losses",
    .key = '1',
    .help = "losses and metrics, one panel an output",
    .move = move,
    .draw = draw,
};
