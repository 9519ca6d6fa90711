/* The way in: title and legend, then the part for the figure's kind. */
#include "plot/draw_parts.h"

#include "base/file.h"
#include "plot/surface_cairo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

double rt_draw_rows(const struct rt_drawing *d)
{
    return d->room.h / d->s->row;
}

void rt_draw_text(struct rt_drawing *d, double x, double y, double width,
                  enum rt_align align, const char *text, struct rt_pen pen)
{
    d->s->ops->text(d->s, x, y, width, align, text, &pen);
}

double rt_draw_width(struct rt_drawing *d, const char *text, struct rt_pen pen)
{
    return d->s->ops->text_width(d->s, text, &pen);
}

static void take_rows(struct rt_drawing *d, double n)
{
    double h = fmin(n * d->s->row, d->room.h);
    d->room.y += h;
    d->room.h -= h;
}

/* Where the next entry of a legend goes, and how many found no place. */
struct legend {
    double x;
    int line, n_lines; /* of at most so many */
    int left_out;
};

/* One entry: what it looks like (a line, a shape or both) and its name. Goes
 * to the next line where this one is full. */
static void entry(struct rt_drawing *d, struct legend *l, const char *name,
                  struct rt_pen pen, enum rt_glyph shape, bool line)
{
    double em = d->s->em, row = d->s->row, room = d->room.w - 4 * em;
    double sample = !line || d->s->coarse ? em : d->s->mono ? 3 * em : 2 * em;
    double gap = d->s->paper ? .7 * em : em;
    double w = rt_draw_width(d, name, (struct rt_pen){ 0 });
    w = fmin(w, room - sample - gap);
    if (l->x + sample + gap + w > d->room.x + room && l->x > d->room.x) {
        l->x = d->room.x;
        l->line++;
    }
    if (l->line >= l->n_lines || w < em) {
        l->left_out++;
        return;
    }
    double y = d->room.y + l->line * row, middle = y + row / 2;
    struct rt_point p[2] = { { l->x, middle },
                             { l->x + sample - d->s->step_x, middle } };
    if (line)
        d->s->ops->line(d->s, p, 2, &pen);
    if (shape && (d->s->paper || !line))
        d->s->ops->marker(d->s, l->x + (d->s->paper ? sample / 2 : 0), middle,
                          shape, &pen);
    rt_draw_text(d, l->x + sample + gap, y, w, RT_LEFT, name,
                 (struct rt_pen){ .fg = d->s->paper ? RT_C_TEXT : pen.fg });
    l->x += sample + gap + w + 2 * em;
}

static void series_entries(struct rt_drawing *d, struct legend *l)
{
    int k = 0;
    for (int i = 0; i < d->f->series.n; i++) {
        const struct rt_series *s = &d->f->series.v[i];
        bool points = s->look == RT_LOOK_POINTS;
        struct rt_pen pen = rt_draw_series_pen(s, k);
        enum rt_glyph shape = rt_draw_series_glyph(k);
        k += s->look != RT_LOOK_RAW;
        if (s->look == RT_LOOK_RAW) {
            pen.attr = RT_A_DIM;
            shape = RT_GLYPH_NONE;
        } else if (points && (!shape || !d->s->paper)) {
            shape = RT_GLYPH_DOT;
        }
        if (s->name)
            entry(d, l, s->name, pen, shape, !points || d->s->coarse);
    }
}

/* The name of the y axis, then the entries, on a quarter of the room. */
static void legend(struct rt_drawing *d)
{
    const struct rt_figure *f = d->f;
    struct legend l = { .x = d->room.x,
                        .n_lines = (int)fmax(rt_draw_rows(d) / 4, 1) };
    struct rt_pen dim = { .fg = RT_C_DIM };
    if (f->y.label) {
        rt_draw_text(d, l.x, d->room.y, d->room.w, RT_LEFT, f->y.label, dim);
        l.x += rt_draw_width(d, f->y.label, dim) + 2 * d->s->em;
    }
    if (f->legend) {
        series_entries(d, &l);
        for (int i = 0; i < f->spots.n; i++) {
            const struct rt_spot *s = &f->spots.v[i];
            struct rt_pen pen = { .fg = s->color, .size = 1.4f };
            if (s->text)
                entry(d, &l, s->text, pen, s->shape, false);
        }
    }
    if (l.left_out) {
        char text[16];
        l.line = l.n_lines - 1;
        snprintf(text, sizeof text, "+%d", l.left_out);
        rt_draw_text(d, d->room.x + d->room.w, d->room.y + l.line * d->s->row,
                     0, RT_RIGHT, text, dim);
    }
    if (l.x > d->room.x || l.line > 0)
        take_rows(d, l.line + 1 + (d->s->paper ? .4 : 0));
}

void rt_draw_head(struct rt_drawing *d)
{
    if (d->f->title && rt_draw_rows(d) >= 6) {
        rt_draw_text(d, d->room.x, d->room.y, d->room.w, RT_LEFT, d->f->title,
                     (struct rt_pen){
                         .fg = RT_C_TITLE, .attr = RT_A_BOLD, .size = 1.2f });
        take_rows(d, d->s->paper ? 1.6 : 1);
    }
    if (d->f->kind == RT_FIG_CURVES && rt_draw_rows(d) >= 8 &&
        (d->f->legend || d->s->paper))
        legend(d);
}

void rt_draw(const struct rt_figure *f, struct rt_surface *s,
             struct rt_area *area)
{
    struct rt_area own;
    struct rt_drawing d = { f, s, { 0, 0, s->w, s->h } };
    if (!area)
        area = &own;
    *area = (struct rt_area){ .box = { 0 } };
    if (s->paper) {
        double edge = s->row * .8;
        d.room = (struct rt_box){ edge, edge, fmax(s->w - 2 * edge, 0),
                                  fmax(s->h - 2 * edge, 0) };
    }
    rt_draw_head(&d);
    if (!(d.room.w > 0 && d.room.h > 0))
        return;
    switch (f->kind) {
    case RT_FIG_CURVES:
        rt_draw_curves(&d, area);
        break;
    case RT_FIG_HISTOGRAM:
        rt_draw_histogram(&d, area);
        break;
    case RT_FIG_RIDGE:
        rt_draw_ridge(&d);
        break;
    case RT_FIG_HEAT:
        rt_draw_heat(&d);
        break;
    case RT_FIG_PICTURES:
        rt_draw_pictures(&d);
        break;
    }
}

void rt_draw_cells(const struct rt_figure *f, struct rt_canvas *c,
                   struct rt_rect at, struct rt_area *area)
{
    struct rt_surface_cells s;
    rt_draw(f, rt_surface_cells_init(&s, c, at), area);
    if (area) {
        area->box.x += at.x;
        area->box.y += at.y;
    }
}

static int text_file(const struct rt_figure *f, const char *path, int w, int h,
                     struct rt_err *err)
{
    struct rt_canvas c;
    struct rt_str text = RT_STR_INIT;
    w = w ? w : 100;
    rt_canvas_init(&c, w, h ? h : rt_figure_rows(f, w), RT_SYM_BRAILLE);
    c.color = false; /* a file has none */
    rt_draw_cells(f, &c, c.clip, NULL);
    rt_canvas_dump(&c, RT_DEPTH_PLAIN, &text);
    int status = rt_file_write(path, rt_str_c(&text), text.n, err);
    rt_str_release(&text);
    rt_canvas_release(&c);
    return status;
}

int rt_draw_file(const struct rt_figure *f, const char *path, int w, int h,
                 struct rt_err *err)
{
    if (!strcasecmp(rt_path_ext(path), "txt"))
        return text_file(f, path, w, h, err);
    struct rt_surface *s =
        rt_surface_cairo_new(path, w ? w : 900, h ? h : 560, err);
    if (!s)
        return rt_err_code(err, RT_EINVAL);
    rt_draw(f, s, NULL);
    int status = rt_surface_cairo_write(s, err);
    rt_surface_cairo_free(s);
    return status;
}

double rt_area_x(const struct rt_area *a, double at)
{
    return rt_axis_value(&a->x, a->box.w > 0 ? (at - a->box.x) / a->box.w : 0);
}

double rt_area_y(const struct rt_area *a, double at)
{
    double down = a->box.h > 0 ? (at - a->box.y) / a->box.h : 0;
    return rt_axis_value(&a->y, 1 - down);
}
