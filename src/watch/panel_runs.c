/* The page on which a run is chosen, or laid over the one that is shown. */
#include "base/utf8.h"
#include "watch/sketch.h"
#include "watch/view.h"

#include <math.h>
#include <stdio.h>

static int lines(struct rt_view *v)
{
    int n = rt_chooser_shown(&v->chooser);
    return n > 0 ? n + 1 : 1;
}

/* What a run is to the picture: shown, laid over it, or nothing. */
static void put_sign(const struct rt_view *v, struct rt_canvas *c, int x, int y,
                     int number)
{
    if (number == v->run.number)
        rt_canvas_put(c, x, y, 0x25cf, (struct rt_pen){ .fg = RT_C_TRAIN });
    for (int i = 0; i < v->n_others; i++)
        if (v->others[i] == number)
            rt_canvas_put(c, x, y, 0x25c6,
                          (struct rt_pen){ .fg = rt_color_series(i) });
}

static void put_number(struct rt_canvas *c, int x, int y, double v)
{
    char text[16] = "";
    if (isfinite(v))
        rt_sketch_number(v, text);
    rt_canvas_text(c, x + 9 - rt_utf8_width(text), y, 9, text, RT_PEN_TEXT);
}

enum { STATE_W = 12, NUMBERS_W = 30 };

static void put_entry(const struct rt_view *v, struct rt_canvas *c,
                      struct rt_rect in, int y, const struct rt_watch_entry *e,
                      bool chosen)
{
    struct rt_pen name = chosen ? RT_PEN_TITLE : RT_PEN_TEXT;
    int x = in.x + in.w - NUMBERS_W, room = x - STATE_W - in.x - 12;
    bool wide = room >= 8;
    if (chosen)
        rt_canvas_put(c, in.x, y, 0x25b8, RT_PEN_KEY);
    put_sign(v, c, in.x + 2, y, e->number);
    rt_canvas_printf(c, in.x + 4, y, RT_PEN_DIM, "#%d", e->number);
    rt_canvas_text(c, in.x + 11, y, wide ? room : in.w - 11, e->name, name);
    if (!wide)
        return;
    rt_canvas_text(c, x - STATE_W, y, STATE_W, e->state, RT_PEN_DIM);
    rt_canvas_printf(c, x, y, RT_PEN_DIM, "%8lld", (long long)e->epoch);
    put_number(c, x + 10, y, e->loss);
    put_number(c, x + 20, y, e->val_loss);
}

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    struct rt_words foot = { 0 };
    const struct rt_chooser *k = &v->chooser;
    int n = rt_chooser_shown(k), room = pane->at.h - 3;
    int first = k->at - room / 2;
    first = first > n - room ? n - room : first;
    first = first < 0 ? 0 : first;
    rt_words_add(&foot, 0, RT_PEN_KEY, "Enter");
    rt_words_join(&foot, RT_PEN_DIM, " show");
    rt_words_add(&foot, 1, RT_PEN_KEY, "Tab");
    rt_words_join(&foot, RT_PEN_DIM, " lay over");
    rt_words_add(&foot, 2, RT_PEN_KEY, "Esc");
    rt_words_join(&foot, RT_PEN_DIM, " close");
    rt_canvas_fill(c, pane->at, ' ', RT_PEN_TEXT);
    struct rt_rect in = rt_panel_frame(c, pane, "runs", NULL, &foot);
    struct rt_rect old = rt_canvas_clip(c, in);
    if (n == 0) {
        rt_panel_empty(c, in, "no run has these letters");
    } else if (in.w >= NUMBERS_W + STATE_W + 20) {
        int x = in.x + in.w - NUMBERS_W;
        rt_canvas_text(c, in.x + 4, in.y, 20, "run", RT_PEN_DIM);
        rt_canvas_text(c, x + 3, in.y, 5, "epoch", RT_PEN_DIM);
        rt_canvas_text(c, x + 15, in.y, 4, "loss", RT_PEN_DIM);
        rt_canvas_text(c, x + 21, in.y, 8, "val_loss", RT_PEN_DIM);
    }
    for (int i = 0; i < room && first + i < n; i++)
        put_entry(v, c, in, in.y + 1 + i, rt_chooser_entry(k, first + i),
                  first + i == k->at);
    rt_canvas_unclip(c, old);
}

const struct rt_panel rt_panel_runs = {
    .name = "runs",
    .help = "the runs to choose from",
    .lines = lines,
    .draw = draw,
};
