/* The weights of the chosen layer as pictures: filters as tiles, a matrix as
 * one. Two pixels a cell where the terminal has colours for them, else shades,
 * two cells a pixel. */
#include "base/mem.h"
#include "base/utf8.h"
#include "plot/draw.h"
#include "plot/figure.h"
#include "watch/sketch.h"
#include "watch/tiles.h"
#include "watch/view.h"

#include <math.h>
#include <stdlib.h>

static bool useful(const struct rt_view *v)
{
    return rt_panel_layers.useful(v);
}

static bool move(struct rt_view *v, int n)
{
    return rt_panel_layers.move(v, n);
}

static const struct rt_mosaic *mosaic_of(const struct rt_view *v)
{
    const struct rt_mosaic *m = v->has_snap ? v->snap.pictures : NULL;
    return m && m->layer == v->layer ? m : NULL;
}

static bool halves(const struct rt_canvas *c)
{
    return c->color && !c->few_colors && c->symbols != RT_SYM_ASCII;
}

/* A cell of shades. With colours it is blank at zero, its colour says the sign;
 * without, it is the darker the farther below zero. */
static void put_shade(struct rt_canvas *c, int x, int y, float v)
{
    struct rt_pen pen = { .fg = v < 0 ? RT_C_TRAIN : RT_C_VAL };
    uint32_t shade = rt_canvas_shade(c, fabs((double)v));
    if (isinf(v))
        return;
    if (shade == ' ' && c->symbols != RT_SYM_ASCII) { /* the tile's extent */
        shade = 0xb7;
        pen.fg = RT_C_DIM;
    }
    if (isnan(v))
        rt_canvas_put(c, x, y, '?', (struct rt_pen){ .fg = RT_C_ERROR });
    else if (c->color)
        rt_canvas_put(c, x, y, shade, pen);
    else
        rt_canvas_put(c, x, y, rt_canvas_shade(c, .56 + .44 * (double)v),
                      RT_PEN_TEXT);
}

static void put_halves(struct rt_canvas *c, int x, int y, uint32_t up,
                       uint32_t low)
{
    if (up && low)
        rt_canvas_put(c, x, y, 0x2580, (struct rt_pen){ .fg = up, .bg = low });
    else if (up)
        rt_canvas_put(c, x, y, 0x2580, (struct rt_pen){ .fg = up });
    else if (low)
        rt_canvas_put(c, x, y, 0x2584, (struct rt_pen){ .fg = low });
}

static void paint(struct rt_canvas *c, struct rt_rect in,
                  const struct rt_tiles *t)
{
    if (halves(c)) {
        int x0 = in.x + (in.w - t->w) / 2;
        int y0 = in.y + (in.h - (t->h + 1) / 2) / 2;
        for (int y = 0; y < t->h; y += 2)
            for (int x = 0; x < t->w; x++)
                put_halves(c, x0 + x, y0 + y / 2, rt_tiles_color(t, x, y),
                           rt_tiles_color(t, x, y + 1));
        return;
    }
    int x0 = in.x + (in.w - 2 * t->w) / 2, y0 = in.y + (in.h - t->h) / 2;
    for (int y = 0; y < t->h; y++)
        for (int x = 0; x < 2 * t->w; x++)
            put_shade(c, x0 + x, y0 + y, rt_tiles_value(t, x / 2, y));
}

/* "-0.31 ▒█ 0 █▒ +0.31": what the colours say. */
static void scale_words(const struct rt_canvas *c, double most,
                        struct rt_words *w)
{
    char reach[16];
    rt_sketch_number(most, reach);
    rt_words_add(w, 0, RT_PEN_DIM, "-%s ", reach);
    for (int i = -2; i <= 2; i++) {
        struct rt_pen pen = RT_PEN_TEXT;
        double v = i / 2.;
        char text[5] = { 0 };
        uint32_t cp = 0x2588;
        if (halves(c))
            pen.fg = rt_color_signed(v);
        else if (c->color)
            pen.fg = v < 0 ? RT_C_TRAIN : RT_C_VAL;
        if (!halves(c))
            cp = rt_canvas_shade(c, c->color ? fabs(v) : .56 + .44 * v);
        rt_utf8_encode(cp, text);
        rt_words_join(w, pen, "%s", text);
    }
    rt_words_join(w, RT_PEN_DIM, " +%s", reach);
}

static void foot_words(const struct rt_canvas *c, const struct rt_mosaic *m,
                       const struct rt_tiles *t, struct rt_words *w)
{
    if (m->channels == 1 && t->reach > 0)
        scale_words(c, t->reach, w);
    if (t->strongest)
        rt_words_add(w, 2, RT_PEN_DIM, "strongest of %d channels",
                     m->all_columns);
    if (t->shrunk)
        rt_words_add(w, 3, RT_PEN_DIM, "largest of each block");
}

/* What there is: "32 of 3x3x16", "784x64". */
static void right_words(const struct rt_mosaic *m, const struct rt_tiles *t,
                        struct rt_words *w)
{
    int channels = m->channels == 3 ? 3 : m->all_columns;
    if (m->all_rows * m->all_columns == 1) {
        rt_words_add(w, 0, RT_PEN_DIM, "%dx%d", m->full_h, m->full_w);
        return;
    }
    if (t->shown < t->all)
        rt_words_add(w, 1, RT_PEN_DIM, "%d of", t->shown);
    rt_words_near(w, 0, RT_PEN_TEXT, "%d", m->all_rows);
    rt_words_join(w, RT_PEN_DIM, " of %dx%d", m->full_h, m->full_w);
    if (channels > 1)
        rt_words_join(w, RT_PEN_DIM, "x%d", channels);
}

static const char *nothing(const struct rt_view *v)
{
    bool has = v->has_snap && v->layer >= 0 && v->layer < v->snap.n_layers;
    if (has && v->snap.layers[v->layer].params == 0)
        return "no weights";
    return v->run.live ? "with the next batch" : "not kept";
}

static void draw(struct rt_view *v, struct rt_canvas *c,
                 const struct rt_pane *pane)
{
    struct rt_words right = { 0 }, foot = { 0 };
    const struct rt_mosaic *m = mosaic_of(v);
    struct rt_rect room = pane->at;
    struct rt_tiles t = { 0 };
    if (pane->edge != RT_EDGE_NONE) {
        room.w -= 4; /* its frame, and a blank on either side */
        room.h -= 2;
    }
    if (!m || room.w < 2 || room.h < 1) {
        bool known =
            v->has_snap && v->layer >= 0 && v->layer < v->snap.n_layers;
        const char *name = known ? v->snap.layers[v->layer].name : "images";
        struct rt_rect in = rt_panel_frame(c, pane, name, NULL, NULL);
        rt_panel_empty(c, in, nothing(v));
        return;
    }
    rt_tiles_make(&t, m, halves(c) ? room.w : room.w / 2,
                  halves(c) ? room.h * 2 : room.h);
    right_words(m, &t, &right);
    foot_words(c, m, &t, &foot);
    struct rt_rect in = rt_panel_frame(c, pane, m->title, &right, &foot);
    struct rt_rect old = rt_canvas_clip(c, in);
    paint(c, in, &t);
    rt_canvas_unclip(c, old);
    rt_tiles_release(&t);
}

enum { FILE_W = 240, FILE_H = 180 }; /* pixels that a file's picture has */

static int write(struct rt_view *v, const char *file, struct rt_err *err)
{
    const struct rt_mosaic *m = mosaic_of(v);
    struct rt_figure f;
    struct rt_tiles t;
    if (!m)
        return rt_fail(err, RT_ESTATE, "there are no weights to draw yet");
    rt_tiles_make(&t, m, FILE_W, FILE_H);
    unsigned char *rgb = rt_xmalloc((size_t)t.w * (size_t)t.h * 3), *to = rgb;
    for (int y = 0; y < t.h; y++)
        for (int x = 0; x < t.w; x++) {
            uint32_t color = rt_tiles_color(&t, x, y);
            for (int shift = 16; shift >= 0; shift -= 8)
                *to++ = color ? (unsigned char)(color >> shift) : 255;
        }
    rt_figure_init(&f, RT_FIG_PICTURES, m->title);
    rt_figure_picture(&f, &(struct rt_picture){ .img = { rgb, t.w, t.h, 3 } });
    int rc = rt_draw_file(&f, file, 0, 0, err);
    rt_figure_release(&f);
    rt_tiles_release(&t);
    free(rgb);
    return rc;
}

const struct rt_panel rt_panel_images = {
    .name = "images",
    .key = '4',
    .help = "images: the weights of the chosen layer as pictures",
    .useful = useful,
    .move = move,
    .write = write,
    .draw = draw,
};
