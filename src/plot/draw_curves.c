/* Curves, from the back to the front: what is raw, marks, lines, points, and
 * the texts of the marks. */
#include "plot/draw_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rt_pen rt_draw_series_pen(const struct rt_series *s, int k)
{
    static const char ascii[] = { '.', 'o', '+', 'x', '#', '=', '%', '&' };
    return (struct rt_pen){
        .fg = s->color ? s->color : rt_color_series(k),
        .dash = (uint8_t)(k % 5),
        .ascii = s->ascii ? s->ascii : ascii[k % 8],
        .width = 2,
    };
}

enum rt_glyph rt_draw_series_glyph(int k)
{
    return k % (RT_GLYPH_CROSS + 1);
}

/* Number of each series: those drawn raw belong to the line of their colour
 * and are not counted. */
static int place_of(const struct rt_figure *f, int i)
{
    int k = 0;
    for (int j = 0; j < i; j++)
        k += f->series.v[j].look != RT_LOOK_RAW;
    return k;
}

static bool has_line(const struct rt_figure *f, uint32_t color)
{
    for (int i = 0; i < f->series.n; i++)
        if (f->series.v[i].look == RT_LOOK_LINE &&
            f->series.v[i].color == color)
            return true;
    return false;
}

static void fit(const struct rt_figure *f, struct rt_axis *x, struct rt_axis *y)
{
    struct rt_extent rx = { 0 }, ry = { 0 };
    for (int i = 0; i < f->series.n; i++)
        rt_series_range(&f->series.v[i], &f->x, f->y.log, &rx, &ry);
    for (int i = 0; i < f->spots.n; i++) {
        double at = f->spots.v[i].x;
        if (f->x.lo < f->x.hi && !(at >= f->x.lo && at <= f->x.hi))
            continue;
        rt_extent_add(&rx, at);
        rt_extent_add(&ry, f->spots.v[i].y);
    }
    *x = rt_axis_fit(&f->x, &rx, 0);
    *y = rt_axis_fit(&f->y, &ry, .04);
}

static void to_surface(struct rt_drawing *d, const struct rt_area *a,
                       struct rt_trace *t)
{
    for (int i = 0; i < t->p.n; i++) {
        t->p.v[i].x = rt_draw_x(d, a, t->p.v[i].x);
        t->p.v[i].y = rt_draw_y(d, a, t->p.v[i].y);
    }
    for (int i = 0; i < t->spans.n; i++) {
        struct rt_reach *s = &t->spans.v[i];
        s->x = rt_draw_x(d, a, s->x);
        s->lo = rt_draw_y(d, a, s->lo);
        s->hi = rt_draw_y(d, a, s->hi);
    }
}

/* The band of one run of spans on paper: one area. */
static void band_area(struct rt_drawing *d, const struct rt_reach *s, int n,
                      const struct rt_pen *pen)
{
    struct rt_point *way = rt_xcalloc((size_t)n * 2, sizeof *way);
    for (int i = 0; i < n; i++) {
        way[i] = (struct rt_point){ s[i].x, s[i].hi };
        way[2 * n - 1 - i] = (struct rt_point){ s[i].x, s[i].lo };
    }
    if (n > 1)
        d->s->ops->area(d->s, way, 2 * n, .25, pen);
    else
        d->s->ops->line(d->s, way, 2, pen);
    free(way);
}

/* The same in cells: upright lines, the farther apart the coarser the dots are,
 * so that it is no wall and the curves show on it. */
static void band_lines(struct rt_drawing *d, const struct rt_reach *s, int n,
                       const struct rt_pen *pen)
{
    double step = d->s->step_x * d->s->step_y * 8;
    double x = s[0].x;
    for (int i = 0; i < n; i++) {
        const struct rt_reach *next = &s[i + 1 < n ? i + 1 : i];
        double wide = next->x - s[i].x;
        for (; x <= next->x; x += step) {
            double t = wide > 0 ? (x - s[i].x) / wide : 0;
            double hi = s[i].hi + t * (next->hi - s[i].hi);
            double lo = s[i].lo + t * (next->lo - s[i].lo);
            struct rt_point p[2] = { { x, hi }, { x, lo } };
            d->s->ops->line(d->s, p, 2, pen);
        }
    }
}

/* Between the least and the largest value of each bucket. */
static void band(struct rt_drawing *d, const struct rt_trace *t,
                 const struct rt_pen *pen)
{
    const struct rt_reach *s = t->spans.v;
    for (int i = 0, end; i < t->spans.n; i = end) {
        for (end = i; end < t->spans.n && !isnan(s[end].lo); end++)
            ;
        if (end == i)
            end++;
        else if (d->s->ops->area)
            band_area(d, s + i, end - i, pen);
        else
            band_lines(d, s + i, end - i, pen);
    }
}

/* Shapes on a line: at every point if there are few, else at even distances,
 * shifted from curve to curve so that they do not hide each other. The first
 * curve has none, but a point that is all there is must be seen. */
static void shapes(struct rt_drawing *d, const struct rt_area *a,
                   const struct rt_series *s, const struct rt_trace *t, int k,
                   const struct rt_pen *pen)
{
    enum { FEW = 15, APART = 9 };
    enum rt_glyph shape = rt_draw_series_glyph(k);
    if (!shape && t->p.n == 1)
        shape = RT_GLYPH_DOT;
    if (!shape)
        return;
    if (s->n <= FEW) {
        for (int i = 0; i < t->p.n; i++)
            if (!isnan(t->p.v[i].y))
                d->s->ops->marker(d->s, t->p.v[i].x, t->p.v[i].y, shape, pen);
        return;
    }
    double gap = a->box.w / APART;
    double at = a->box.x + gap * (.3 + fmod(.37 * k, 1));
    for (int i = 1; i < t->p.n; i++) {
        const struct rt_point *p = &t->p.v[i - 1], *q = &t->p.v[i];
        if (isnan(p->y) || isnan(q->y) || q->x < at)
            continue;
        double share = q->x > p->x ? fmax((at - p->x) / (q->x - p->x), 0) : 0;
        d->s->ops->marker(d->s, fmax(at, p->x), p->y + share * (q->y - p->y),
                          shape, pen);
        while (at <= q->x)
            at += gap;
    }
}

static void points(struct rt_drawing *d, const struct rt_area *a,
                   const struct rt_series *s, int k, const struct rt_pen *pen)
{
    enum rt_glyph shape = rt_draw_series_glyph(k);
    for (int i = 0; i < s->n; i++) {
        double x = rt_axis_place(&a->x, s->x ? s->x[i] : i + 1);
        double y = rt_axis_place(&a->y, s->y[i]);
        if (x >= 0 && x <= 1 && y >= 0 && y <= 1)
            d->s->ops->marker(d->s, rt_draw_x(d, a, x), rt_draw_y(d, a, y),
                              d->s->paper && shape ? shape : RT_GLYPH_DOT, pen);
    }
}

/* The raw part of a series (below) or the rest of it. */
static void curve(struct rt_drawing *d, const struct rt_area *a, int i,
                  bool below)
{
    const struct rt_series *s = &d->f->series.v[i];
    int k = place_of(d->f, i), columns = (int)(a->box.w / d->s->step_x);
    struct rt_pen pen = rt_draw_series_pen(s, k), raw = pen;
    struct rt_trace t = { 0 };
    bool smooth = s->look == RT_LOOK_LINE && s->smooth > 0 && s->smooth < 1;
    bool banded = s->lo && s->hi;
    raw.attr = RT_A_DIM;
    raw.width = 1;
    raw.dash = 0;
    if (below) {
        bool hidden = d->s->coarse &&
                      (s->look == RT_LOOK_LINE || has_line(d->f, s->color));
        if (hidden || !(smooth || banded || s->look == RT_LOOK_RAW))
            return;
        rt_trace_make(&t, s, NULL, &a->x, &a->y, columns);
        to_surface(d, a, &t);
        if (banded)
            band(d, &t, &raw);
        if (smooth || s->look == RT_LOOK_RAW)
            d->s->ops->line(d->s, t.p.v, t.p.n, &raw);
    } else if (s->look == RT_LOOK_POINTS) {
        points(d, a, s, k, &pen);
    } else if (s->look == RT_LOOK_LINE) {
        double *y = NULL;
        if (smooth && s->n > 0) {
            y = rt_xmalloc((size_t)s->n * sizeof *y);
            (a->y.log ? rt_smooth_log : rt_smooth)(s->y, s->n, s->smooth, y);
        }
        rt_trace_make(&t, s, y, &a->x, &a->y, columns);
        to_surface(d, a, &t);
        d->s->ops->line(d->s, t.p.v, t.p.n, &pen);
        if (d->s->paper)
            shapes(d, a, s, &t, k, &pen);
        free(y);
    }
    rt_trace_release(&t);
}

enum { LEVELS = 3, AGAIN = 3 };

/* Where the words of a mark begin and how wide they are; false if there are
 * none to show. */
static bool mark_place(struct rt_drawing *d, const struct rt_area *a,
                       const struct rt_mark *m, double *x, double *w)
{
    double share = rt_axis_place(&a->x, m->x);
    if (!m->text || !(share >= 0 && share <= 1))
        return false;
    *w = rt_draw_width(d, m->text, (struct rt_pen){ .fg = m->color });
    double mid = rt_draw_x(d, a, share);
    *x = d->s->paper ? mid - *w / 2 : floor(mid) - floor((*w - 1) / 2);
    *x = fmax(fmin(*x, a->box.x + a->box.w - *w), a->box.x);
    return *w <= a->box.w;
}

/* Which line of text above a plot on paper the i-th mark's words stand on, so
 * that they do not run into each other: 0.. or -1 where there is no room or
 * nothing to say. ends holds where each line is free from; *x where the words
 * begin. */
static int level_of(struct rt_drawing *d, const struct rt_area *a,
                    const struct rt_mark *m, double ends[LEVELS], double *x)
{
    double w;
    if (!mark_place(d, a, m, x, &w))
        return -1;
    for (int k = 0; k < LEVELS; k++)
        if (*x >= ends[k] && k < a->box.h / d->s->row / 2 - .5) {
            ends[k] = *x + w + d->s->em;
            return k;
        }
    return -1;
}

/* The row of a plot in cells in which the words cover no curve, and better
 * nothing at all: one of the first, else one of the last; NaN if there is
 * none. */
static double vacant_row(struct rt_drawing *d, const struct rt_area *a,
                         double x, double w)
{
    double from = fmax(x - 1, a->box.x);
    double to = fmin(x + w + 1, a->box.x + a->box.w);
    int rows = (int)(a->box.h / d->s->row);
    for (int over_dim = 0; over_dim < 2; over_dim++)
        for (int i = 0; i < 2 * LEVELS && i < rows; i++) {
            int row = i < LEVELS ? i : rows - 1 - (i - LEVELS);
            double y = a->box.y + row * d->s->row;
            if (d->s->ops->vacant(d->s, from, y, to - from, over_dim))
                return y;
        }
    return NAN;
}

static void mark_lines(struct rt_drawing *d, const struct rt_area *a)
{
    for (int i = 0; i < d->f->marks.n; i++) {
        const struct rt_mark *m = &d->f->marks.v[i];
        double share = rt_axis_place(&a->x, m->x);
        struct rt_pen pen = { .fg = m->color, .dash = 1, .width = 1.2f };
        double x = rt_draw_x(d, a, share);
        if (share >= 0 && share <= 1)
            d->s->ops->rule(d->s, x, a->box.y, x, a->box.y + a->box.h, &pen);
    }
}

/* In cells the words stand inside the plot where there is room, on paper above
 * it; the same words again only some way on. */
static void mark_texts(struct rt_drawing *d, const struct rt_area *a)
{
    double ends[LEVELS] = { -INFINITY, -INFINITY, -INFINITY }, x, w, y;
    const struct rt_mark *said = NULL;
    double said_at = 0;
    for (int i = 0; i < d->f->marks.n; i++) {
        const struct rt_mark *m = &d->f->marks.v[i];
        if (said && m->text && !strcmp(said->text, m->text) &&
            mark_place(d, a, m, &x, &w) && x < said_at + AGAIN * w)
            continue;
        if (d->s->ops->vacant) {
            y = mark_place(d, a, m, &x, &w) ? vacant_row(d, a, x, w) : NAN;
        } else {
            int k = level_of(d, a, m, ends, &x);
            y = k < 0 ? NAN : a->box.y - (k + 1.1) * d->s->row;
        }
        if (isnan(y))
            continue;
        rt_draw_text(d, x, y, 0, RT_LEFT, m->text,
                     (struct rt_pen){ .fg = m->color, .size = .92f });
        said = m;
        said_at = x;
    }
}

/* Rows that the words of the marks need above a plot on paper; the plot's
 * width is only guessed yet, which is near enough. */
static double rows_above(struct rt_drawing *d, const struct rt_axis *x)
{
    struct rt_area a = { .box = d->room, .x = *x };
    double ends[LEVELS] = { -INFINITY, -INFINITY, -INFINITY }, at;
    int rows = 0;
    if (!d->s->paper)
        return 0;
    a.box.w *= .92;
    for (int i = 0; i < d->f->marks.n; i++) {
        int k = level_of(d, &a, &d->f->marks.v[i], ends, &at);
        rows = k + 1 > rows ? k + 1 : rows;
    }
    return rows * d->s->row;
}

static void spots(struct rt_drawing *d, const struct rt_area *a)
{
    for (int i = 0; i < d->f->spots.n; i++) {
        const struct rt_spot *s = &d->f->spots.v[i];
        double x = rt_axis_place(&a->x, s->x), y = rt_axis_place(&a->y, s->y);
        struct rt_pen pen = { .fg = s->color, .attr = RT_A_BOLD, .size = 1.6f };
        if (x >= 0 && x <= 1 && y >= 0 && y <= 1)
            d->s->ops->marker(d->s, rt_draw_x(d, a, x), rt_draw_y(d, a, y),
                              s->shape, &pen);
    }
}

void rt_draw_curves(struct rt_drawing *d, struct rt_area *area)
{
    const struct rt_figure *f = d->f;
    struct rt_axis x, y;
    fit(f, &x, &y);
    rt_draw_axes(d, &x, &y, rows_above(d, &x), area);
    if (area->box.w <= 0 || area->box.h <= 0)
        return;
    struct rt_box clip = area->box;
    if (d->s->paper) { /* shapes at the ends stay whole */
        clip.x -= d->s->em;
        clip.w += 2 * d->s->em;
    }
    d->s->ops->clip(d->s, &clip);
    for (int i = 0; i < f->series.n; i++)
        curve(d, area, i, true);
    mark_lines(d, area);
    for (int i = 0; i < f->series.n; i++)
        curve(d, area, i, false);
    spots(d, area);
    double share = rt_axis_place(&area->x, f->cursor);
    if (f->has_cursor && share >= 0 && share <= 1) {
        struct rt_pen pen = { .fg = RT_C_KEY, .attr = RT_A_BOLD };
        double at = rt_draw_x(d, area, share);
        d->s->ops->rule(d->s, at, area->box.y, at, area->box.y + area->box.h,
                        &pen);
    }
    d->s->ops->clip(d->s, NULL);
    mark_texts(d, area);
}
