/* A surface on a rectangle of a canvas. Coordinates are cells; curves use the
 * dots inside them, rules and ticks are box characters. */
#include "plot/surface.h"

#include "base/str.h"
#include "base/utf8.h"

#include <math.h>

static struct rt_surface_cells *own(struct rt_surface *s)
{
    return (struct rt_surface_cells *)s;
}

/* A coordinate as the number of the cell it lies in; far off and not a number
 * both end up outside. Half a thousandth forgives what sums of rows lost. */
static int cell_of(double v)
{
    if (!(v > -1e6))
        return -1000000;
    return (int)floor(fmin(v, 1e6) + 5e-4);
}

static struct rt_rect begin(struct rt_surface_cells *s)
{
    return rt_canvas_clip(s->canvas, s->clip);
}

static void end(struct rt_surface_cells *s, struct rt_rect old)
{
    rt_canvas_unclip(s->canvas, old);
}

static struct rt_rect cells_of(const struct rt_surface_cells *s,
                               struct rt_box box)
{
    int x0 = cell_of(box.x), x1 = cell_of(box.x + box.w);
    int y0 = cell_of(box.y), y1 = cell_of(box.y + box.h);
    return (struct rt_rect){ s->at.x + x0, s->at.y + y0, x1 - x0, y1 - y0 };
}

static void set_clip(struct rt_surface *surface, const struct rt_box *box)
{
    struct rt_surface_cells *s = own(surface);
    s->clip = s->at;
    if (!box)
        return;
    struct rt_rect all = rt_canvas_clip(s->canvas, s->at);
    rt_canvas_clip(s->canvas, cells_of(s, *box));
    s->clip = s->canvas->clip;
    rt_canvas_unclip(s->canvas, all);
}

static void line(struct rt_surface *surface, const struct rt_point *p, int n,
                 const struct rt_pen *pen)
{
    struct rt_surface_cells *s = own(surface);
    int nx = rt_canvas_dots_x(s->canvas), ny = rt_canvas_dots_y(s->canvas);
    int phase = 0;
    struct rt_rect old = begin(s);
    for (int i = 0; i < n; i++) {
        bool alone =
            (i == 0 || isnan(p[i - 1].y)) && (i + 1 == n || isnan(p[i + 1].y));
        int from = alone ? i : i - 1;
        if (from < 0 || isnan(p[from].y) || isnan(p[i].y))
            continue;
        rt_canvas_line(s->canvas, (s->at.x + p[from].x) * nx,
                       (s->at.y + p[from].y) * ny, (s->at.x + p[i].x) * nx,
                       (s->at.y + p[i].y) * ny, *pen, &phase);
    }
    end(s, old);
}

static void rule(struct rt_surface *surface, double x0, double y0, double x1,
                 double y1, const struct rt_pen *pen)
{
    struct rt_surface_cells *s = own(surface);
    bool down = x0 == x1;
    double from = down ? fmin(y0, y1) : fmin(x0, x1);
    double to = down ? fmax(y0, y1) : fmax(x0, x1);
    uint32_t cp =
        down ? (pen->dash ? 0x250a : 0x2502) : (pen->dash ? 0x2508 : 0x2500);
    int a = cell_of(from), b = cell_of(to), fixed = cell_of(down ? x0 : y0);
    struct rt_rect r = down ? (struct rt_rect){ fixed, a, 1, b - a }
                            : (struct rt_rect){ a, fixed, b - a, 1 };
    r.x += s->at.x;
    r.y += s->at.y;
    struct rt_rect old = begin(s);
    rt_canvas_fill(s->canvas, r, cp, *pen);
    end(s, old);
}

static void tick(struct rt_surface *surface, double x, double y, bool on_y,
                 const struct rt_pen *pen)
{
    struct rt_surface_cells *s = own(surface);
    struct rt_rect old = begin(s);
    rt_canvas_put(s->canvas, s->at.x + cell_of(x), s->at.y + cell_of(y),
                  on_y ? 0x2524 : 0x252c, *pen);
    end(s, old);
}

static void fill(struct rt_surface *surface, struct rt_box box, uint32_t color)
{
    struct rt_surface_cells *s = own(surface);
    struct rt_rect old = begin(s);
    rt_canvas_paint(s->canvas, cells_of(s, box), color);
    end(s, old);
}

static void bar(struct rt_surface *surface, struct rt_box box,
                const struct rt_pen *pen)
{
    struct rt_surface_cells *s = own(surface);
    struct rt_rect r = cells_of(s, box);
    struct rt_rect old = begin(s);
    for (int x = r.x; x < r.x + r.w; x++)
        rt_canvas_column(s->canvas, x, r.y + r.h - 1, box.h, *pen);
    end(s, old);
}

static double text_width(struct rt_surface *surface, const char *text,
                         const struct rt_pen *pen)
{
    (void)surface;
    (void)pen;
    return rt_utf8_width(text);
}

static void put_text(struct rt_surface *surface, double x, double y,
                     double width, enum rt_align align, const char *text,
                     const struct rt_pen *pen)
{
    struct rt_surface_cells *s = own(surface);
    int w = rt_utf8_width(text);
    if (width > 0 && w > width)
        w = cell_of(width);
    if (align == RT_CENTER)
        x = floor(x) - (w - 1) / 2;
    else if (align == RT_RIGHT)
        x -= w;
    struct rt_rect old = begin(s);
    rt_canvas_text(s->canvas, s->at.x + cell_of(x), s->at.y + cell_of(y), w,
                   text, *pen);
    end(s, old);
}

static bool vacant(struct rt_surface *surface, double x, double y, double width,
                   bool over_dim)
{
    struct rt_surface_cells *s = own(surface);
    struct rt_rect old = begin(s);
    bool yes = rt_canvas_vacant(s->canvas, s->at.x + cell_of(x),
                                s->at.y + cell_of(y), cell_of(width), over_dim);
    end(s, old);
    return yes;
}

static void marker(struct rt_surface *surface, double x, double y,
                   enum rt_glyph shape, const struct rt_pen *pen)
{
    static const uint16_t cp[] = { ' ', 0, 0x25a0, 0x25b2, 0x25c6, 0xd7 };
    struct rt_surface_cells *s = own(surface);
    struct rt_rect old = begin(s);
    if (shape == RT_GLYPH_DOT) {
        struct rt_point p = { x, y };
        line(surface, &p, 1, pen);
    } else if (shape != RT_GLYPH_NONE) {
        rt_canvas_put(s->canvas, s->at.x + cell_of(x), s->at.y + cell_of(y),
                      cp[shape], *pen);
    }
    end(s, old);
}

/* The mean colour of a part of the picture, in shares of its sides. */
static uint32_t mean_color(const struct rt_pixels *img, double x0, double y0,
                           double x1, double y1)
{
    int c0 = (int)(x0 * img->w), c1 = (int)ceil(x1 * img->w - 1e-9);
    int r0 = (int)(y0 * img->h), r1 = (int)ceil(y1 * img->h - 1e-9);
    double sum[3] = { 0 }, area = 0;
    for (int r = r0; r < r1 && r < img->h; r++) {
        for (int c = c0; c < c1 && c < img->w; c++) {
            double part = (fmin(c + 1, x1 * img->w) - fmax(c, x0 * img->w)) *
                          (fmin(r + 1, y1 * img->h) - fmax(r, y0 * img->h));
            const unsigned char *v =
                img->v + ((size_t)r * (size_t)img->w + (size_t)c) *
                             (size_t)img->channels;
            for (int k = 0; k < 3; k++)
                sum[k] += part * v[img->channels >= 3 ? k : 0];
            area += part;
        }
    }
    if (!(area > 0))
        return RT_RGB(0, 0, 0);
    return RT_RGB(lround(sum[0] / area), lround(sum[1] / area),
                  lround(sum[2] / area));
}

static double lightness(uint32_t rgb)
{
    return (.299 * (rgb >> 16 & 255) + .587 * (rgb >> 8 & 255) +
            .114 * (rgb & 255)) /
           255;
}

/* Two pixels a cell as upper half blocks where there are colours to set, else
 * one shade a cell. */
static void image(struct rt_surface *surface, struct rt_box box,
                  const struct rt_pixels *img)
{
    struct rt_surface_cells *s = own(surface);
    struct rt_canvas *c = s->canvas;
    struct rt_rect r = cells_of(s, box);
    bool halves = c->color && !c->few_colors && c->symbols != RT_SYM_ASCII;
    struct rt_rect old = begin(s);
    for (int y = 0; y < r.h; y++) {
        for (int x = 0; x < r.w; x++) {
            double x0 = (double)x / r.w, x1 = (x + 1.) / r.w;
            double y0 = (double)y / r.h, y1 = (y + 1.) / r.h;
            double mid = (y + .5) / r.h;
            if (!rt_canvas_at(c, r.x + x, r.y + y))
                continue;
            if (halves) {
                struct rt_pen pen = { .fg = mean_color(img, x0, y0, x1, mid),
                                      .bg = mean_color(img, x0, mid, x1, y1) };
                rt_canvas_put(c, r.x + x, r.y + y, 0x2580, pen);
            } else {
                double light = lightness(mean_color(img, x0, y0, x1, y1));
                rt_canvas_put(c, r.x + x, r.y + y, rt_canvas_shade(c, light),
                              (struct rt_pen){ 0 });
            }
        }
    }
    end(s, old);
}

static const struct rt_surface_ops ops = {
    .clip = set_clip,
    .line = line,
    .rule = rule,
    .tick = tick,
    .fill = fill,
    .bar = bar,
    .text = put_text,
    .text_width = text_width,
    .vacant = vacant,
    .marker = marker,
    .image = image,
};

struct rt_surface *rt_surface_cells_init(struct rt_surface_cells *s,
                                         struct rt_canvas *canvas,
                                         struct rt_rect at)
{
    at.w = at.w < 0 ? 0 : at.w > canvas->w ? canvas->w : at.w;
    at.h = at.h < 0 ? 0 : at.h > canvas->h ? canvas->h : at.h;
    *s = (struct rt_surface_cells){
        .surface = { .ops = &ops,
                     .w = at.w,
                     .h = at.h,
                     .em = 1,
                     .row = 1,
                     .step_x = 1. / rt_canvas_dots_x(canvas),
                     .step_y = 1. / rt_canvas_dots_y(canvas),
                     .mono = !canvas->color,
                     .coarse = canvas->symbols >= RT_SYM_HALF },
        .canvas = canvas,
        .at = at,
        .clip = at,
    };
    return &s->surface;
}
