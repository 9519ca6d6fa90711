/* The histogram of the chosen layer's weights. */
#include "watch/sketch.h"
#include "watch/view.h"

#include <math.h>

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

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    struct rt_words right = { 0 }, foot = { 0 };
    const struct rt_histogram *h = &v->snap.hist;
    const struct rt_layer_stats *layer = v->has_snap ? layer_of(v) : NULL;
    bool has = v->has_snap && v->snap.has_hist && h->n > 0;
    if (has && layer) {
        add_number(&foot, 1, "mean", layer->mean);
        add_number(&foot, 0, "sd", layer->sd);
        if (layer->zeros > 0)
            rt_words_add(&foot, 2, RT_PEN_DIM, "zeros ");
        if (layer->zeros > 0)
            rt_words_join(&foot, RT_PEN_TEXT, "%.0f%%", 100 * layer->zeros);
        rt_words_add(&right, 1, RT_PEN_DIM, "weights");
    }
    const char *title = has ? h->title : layer ? layer->name : "histogram";
    struct rt_rect in = rt_panel_frame(c, pane, title, &right, &foot);
    if (has)
        draw_bins(c, in, h);
    else
        rt_panel_empty(c, in,
                       layer && layer->params == 0 ? "no weights"
                                                   : "no statistics yet");
}

const struct rt_panel rt_panel_histogram = {
    .name = "histogram",
    .key = '2',
    .help = "histogram of the chosen layer's weights",
    .useful = useful,
    .move = move,
    .draw = draw,
};
