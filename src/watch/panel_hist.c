/* Histograms of the chosen layer: of its weights, gradients, activations or
 * updates, over the epochs where there is room, else of now alone. */
#include "base/utf8.h"
#include "watch/sketch.h"
#include "watch/view.h"

#include <math.h>

enum {
    RIDGE_H = 8,  /* rows inside from which epochs are shown */
    SPELLED = 23, /* cells beside the title for its keys in full */
};

static bool useful(const struct rt_view *v)
{
    return v->has_snap && (v->run.live || v->snap.n_layers > 0);
}

static bool move(struct rt_view *v, int n)
{
    return rt_panel_layers.move(v, n);
}

static const struct rt_layer_stats *layer_of(const struct rt_view *v)
{
    return v->layer >= 0 && v->layer < v->snap.n_layers
               ? &v->snap.layers[v->layer]
               : NULL;
}

/* One bin of the figure for several of the snapshot where bins would be
 * narrower than a cell: a bar of its own for each cell, none left out. */
static int merge_bins(const struct rt_histogram *h, int room,
                      double out[RT_HIST_BINS])
{
    int n = RT_HIST_BINS;
    while (n > 1 && n > room)
        n /= 2;
    for (int i = 0; i < n; i++) {
        out[i] = 0;
        for (int k = 0; k < RT_HIST_BINS / n; k++)
            out[i] += (double)h->bin[i * (RT_HIST_BINS / n) + k];
    }
    return n;
}

static void draw_bins(struct rt_canvas *c, struct rt_rect in,
                      const struct rt_histogram *h)
{
    double count[RT_HIST_BINS];
    int n = merge_bins(h, in.w, count);
    rt_sketch_bins(c, in, count, n, h->from, h->to);
}

static void add_number(struct rt_words *w, int rank, const char *name, double v)
{
    char text[16];
    if (!isfinite(v))
        return;
    rt_sketch_number(v, text);
    rt_words_add(w, rank, RT_PEN_DIM, "%s ", name);
    rt_words_join(w, RT_PEN_TEXT, "%s", text);
}

static void foot_words(const struct rt_view *v, const struct rt_layer_stats *l,
                       struct rt_words *foot)
{
    switch (v->of) {
    case RT_HIST_WEIGHTS:
        add_number(foot, 1, "mean", l->mean);
        add_number(foot, 0, "sd", l->sd);
        if (l->zeros > 0) {
            rt_words_add(foot, 2, RT_PEN_DIM, "zeros ");
            rt_words_join(foot, RT_PEN_TEXT, "%.0f%%", 100 * l->zeros);
        }
        break;
    case RT_HIST_GRADS:
        add_number(foot, 0, "norm", l->grad);
        break;
    case RT_HIST_ACTS:
        add_number(foot, 1, "mean", l->act);
        add_number(foot, 0, "sd", l->act_sd);
        if (l->units > 0) {
            rt_words_add(foot, 2, RT_PEN_DIM, "dead ");
            rt_words_join(foot, RT_PEN_TEXT, "%d", l->dead);
            rt_words_join(foot, RT_PEN_DIM, " of %d", l->units);
        }
        break;
    case RT_HIST_UPDATES:
        add_number(foot, 0, "Δw/w", l->update);
        break;
    case RT_N_HIST_OF:
        break;
    }
}

/* The keys of what can be shown, the one that is shown bright, and spelled out
 * where there is room. */
static void right_words(const struct rt_view *v, bool ridge, bool tight,
                        struct rt_words *right)
{
    static const char *const key[RT_N_HIST_OF] = { "w", "g", "a", "u" };
    for (int i = 0; i < RT_N_HIST_OF; i++) {
        bool on = (int)v->of == i;
        rt_words_near(right, on ? 0 : 1, on ? RT_PEN_KEY : RT_PEN_DIM, "%s",
                      on && !tight ? rt_hist_of_names[i] : key[i]);
    }
    if (ridge)
        rt_words_add(right, 2, RT_PEN_DIM, "epochs ▾");
}

static const char *nothing(const struct rt_view *v,
                           const struct rt_layer_stats *l)
{
    if (!l)
        return "no statistics yet";
    if (v->of != RT_HIST_ACTS && l->params == 0)
        return "no weights";
    if (v->of != RT_HIST_ACTS && v->of != RT_HIST_WEIGHTS && !l->trainable)
        return "frozen: nothing is learnt here";
    if (v->run.live)
        return v->of == RT_HIST_WEIGHTS ? "no statistics yet"
                                        : "with the next batch";
    return v->of == RT_HIST_WEIGHTS ? "not kept" : "not measured";
}

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    struct rt_words right = { 0 }, foot = { 0 };
    const struct rt_histogram *h = &v->snap.hist;
    const struct rt_layer_stats *layer = v->has_snap ? layer_of(v) : NULL;
    bool has = v->has_snap && v->snap.has_hist && h->n > 0;
    /* a key was pressed and the answer of the training thread is not there */
    has = has && v->snap.of == v->of;
    bool ridge =
        has && !v->now_only && v->snap.n_past > 1 && pane->at.h >= RIDGE_H + 2;
    if (has && layer)
        foot_words(v, layer, &foot);
    const char *title = has ? h->title : layer ? layer->name : "histogram";
    bool tight = pane->at.w < rt_utf8_width(title) + SPELLED;
    right_words(v, ridge, tight, &right);
    struct rt_rect in = rt_panel_frame(c, pane, title, &right, &foot);
    if (!has)
        rt_panel_empty(c, in, nothing(v, layer));
    else if (ridge)
        rt_sketch_ridge(c, in, v->snap.past, v->snap.n_past, h);
    else
        draw_bins(c, in, h);
}

static int write(struct rt_view *v, const char *file, struct rt_err *err)
{
    const struct rt_snapshot *s = &v->snap;
    if (!v->has_snap || !s->has_hist || s->of != v->of || s->hist.n == 0)
        return rt_fail(err, RT_ESTATE, "there is no histogram to write yet");
    bool ridge = !v->now_only && s->n_past > 1;
    return rt_sketch_write(file, ridge ? s->past : NULL, ridge ? s->n_past : 0,
                           &s->hist, err);
}

const struct rt_panel rt_panel_histogram = {
    .name = "histogram",
    .key = '2',
    .help = "histograms of the chosen layer",
    .useful = useful,
    .move = move,
    .write = write,
    .draw = draw,
};
