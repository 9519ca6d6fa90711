/* Histograms: one, or many above each other as a ridge. In cells the bins are
 * spread over the columns, so that every column is a bar of eighths. */
#include "plot/draw_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Counts per bin's width between two shares of the range lo..hi that is
 * drawn; what is not finite or below zero counts as nothing. */
static double density(const struct rt_bins *b, double from, double to)
{
    double sum = 0, width = b->hi - b->lo;
    if (b->n < 1 || !(width > 0) || !(to > from))
        return 0;
    double f = (from - b->lo) / width * b->n, t = (to - b->lo) / width * b->n;
    double first = fmax(floor(f), 0), last = fmin(ceil(t), b->n);
    for (int i = (int)fmin(first, b->n); i < last; i++) {
        double part = fmin(i + 1, t) - fmax(i, f);
        if (part > 0 && isfinite(b->count[i]) && b->count[i] > 0)
            sum += b->count[i] * part;
    }
    return sum / (t - f);
}

static struct rt_axis value_axis(const struct rt_figure *f)
{
    struct rt_extent r = { 0 };
    for (int i = 0; i < f->bins.n; i++) {
        rt_extent_add(&r, f->bins.v[i].lo);
        rt_extent_add(&r, f->bins.v[i].hi);
    }
    struct rt_axis x = f->x;
    x.log = false;
    return rt_axis_fit(&x, &r, 0);
}

#define PEAK 4 /* times the next highest column: it is cut in cells */

/* Heights of n columns over an axis; returns the largest. */
static double heights(const struct rt_bins *b, const struct rt_axis *x, int n,
                      double *out)
{
    double top = 0;
    for (int i = 0; i < n; i++) {
        out[i] = density(b, rt_axis_value(x, (double)i / n),
                         rt_axis_value(x, (i + 1.) / n));
        top = fmax(top, out[i]);
    }
    return top;
}

/* The same, but where one column, the zeros of a relu, is so high that the
 * others would be flat, the height up to which it is shown. *peak: that
 * column; -1: none is cut. Copies of it side by side (a bin that is several
 * columns wide) count as one. */
static double cut_heights(const struct rt_bins *b, const struct rt_axis *x,
                          int n, double *out, int *peak)
{
    double top = heights(b, x, n, out), next = 0;
    *peak = -1;
    for (int i = 0; i < n; i++) {
        if (out[i] > top * (1 - 1e-9))
            *peak = *peak < 0 ? i : *peak;
        else
            next = fmax(next, out[i]);
    }
    if (next > 0 && top > PEAK * next)
        return 1.25 * next;
    *peak = -1;
    return top;
}

static void signed_number(double v, char out[16])
{
    char text[16];
    rt_number_text(v, 0, text);
    snprintf(out, 16, "%s%.14s", v > 0 ? "+" : "", text);
}

/* "-0.31      0     +0.31" below a box in cells: both ends, and zero where it
 * lies if that is apart from them. */
static void ends_text(struct rt_drawing *d, struct rt_box box,
                      const struct rt_axis *x)
{
    struct rt_pen pen = { .fg = RT_C_DIM };
    char lo[16], hi[16];
    double y = box.y + box.h;
    signed_number(x->lo, lo);
    signed_number(x->hi, hi);
    double w_lo = rt_draw_width(d, lo, pen), w_hi = rt_draw_width(d, hi, pen);
    if (w_lo + w_hi + d->s->em > box.w)
        return;
    rt_draw_text(d, box.x, y, 0, RT_LEFT, lo, pen);
    rt_draw_text(d, box.x + box.w, y, 0, RT_RIGHT, hi, pen);
    double zero = box.x + rt_axis_place(x, 0) * box.w;
    if (zero > box.x + w_lo + 1 && zero < box.x + box.w - w_hi - 2)
        rt_draw_text(d, zero, y, 0, RT_CENTER, "0", pen);
}

static void bars(struct rt_drawing *d, struct rt_box box, const double *height,
                 int n, double top, uint32_t color)
{
    struct rt_pen pen = { .fg = color };
    double wide = box.w / n, gap = d->s->paper && wide > 4 ? 1 : 0;
    for (int i = 0; i < n && top > 0; i++) {
        double h = fmin(height[i] / top, 1) * box.h;
        struct rt_box b = { box.x + i * wide, box.y + box.h - h, wide - gap,
                            h };
        if (h > 0)
            d->s->ops->bar(d->s, b, &pen);
    }
}

/* Marks a column that goes on above the box. */
static void cut_mark(struct rt_drawing *d, struct rt_box box, int columns,
                     int peak)
{
    double x = box.x + peak * box.w / columns;
    if (peak >= 0)
        rt_draw_text(d, x, box.y, 0, RT_LEFT, "▲",
                     (struct rt_pen){ .fg = RT_C_MARK });
}

static void histogram_cells(struct rt_drawing *d, const struct rt_axis *x,
                            struct rt_area *area)
{
    struct rt_box box = d->room;
    int n = (int)box.w;
    if (!x->hidden && box.h >= 3)
        box.h -= 1;
    double *h = rt_xcalloc((size_t)n + 1, sizeof *h);
    int peak;
    double top = cut_heights(&d->f->bins.v[0], x, n, h, &peak);
    bars(d, box, h, n, top, d->f->bins.v[0].color);
    cut_mark(d, box, n, peak);
    if (box.h < d->room.h)
        ends_text(d, box, x);
    *area = (struct rt_area){ box, *x, { .hi = top > 0 ? top : 1 } };
    free(h);
}

/* On paper every bin is a bar, unless there are more than pixels. */
static void histogram_paper(struct rt_drawing *d, const struct rt_axis *x,
                            struct rt_area *area)
{
    const struct rt_bins *b = &d->f->bins.v[0];
    struct rt_extent r = { 0 };
    double share = (x->hi - x->lo) / (b->hi - b->lo);
    double wish = b->hi > b->lo ? ceil(b->n * share) : 1;
    int n = (int)fmax(fmin(wish, d->room.w), 1);
    double *h = rt_xcalloc((size_t)n, sizeof *h);
    rt_extent_add(&r, 0);
    rt_extent_add(&r, heights(b, x, n, h) * 1.04);
    struct rt_axis y = d->f->y;
    y.log = false;
    y.lo = y.hi = 0;
    y = rt_axis_fit(&y, &r, 0);
    rt_draw_axes(d, x, &y, d->s->row * .5, area);
    if (area->box.w > 0 && area->box.h > 0)
        bars(d, area->box, h, n, y.hi, b->color);
    free(h);
}

void rt_draw_histogram(struct rt_drawing *d, struct rt_area *area)
{
    if (!d->f->bins.n)
        return;
    struct rt_axis x = value_axis(d->f);
    if (d->s->paper)
        histogram_paper(d, &x, area);
    else
        histogram_cells(d, &x, area);
}

/* The i-th of n rows out of all bins, evenly, the newest always last. */
static const struct rt_bins *chosen(const struct rt_figure *f, int i, int n)
{
    int last = f->bins.n - 1;
    return &f->bins.v[n < 2 ? last : (int)((long long)i * last / (n - 1))];
}

/* One row of a ridge on paper: an area that covers what is behind it. */
static void hill(struct rt_drawing *d, struct rt_box box, const double *h,
                 int n, double top, uint32_t color)
{
    struct rt_point *p = rt_xcalloc((size_t)n + 4, sizeof *p);
    double base = box.y + box.h;
    int k = 0;
    for (int i = 0; i < n; i++)
        p[k++] = (struct rt_point){ box.x + (i + .5) / n * box.w,
                                    base - h[i] / top * box.h };
    struct rt_pen pen = { .fg = color },
                  rim = { .fg = RT_RGB(255, 255, 255), .width = 2 };
    p[k++] = (struct rt_point){ box.x + box.w, base };
    p[k++] = (struct rt_point){ box.x, base };
    if (d->s->ops->area)
        d->s->ops->area(d->s, p, k, .92, &pen);
    d->s->ops->line(d->s, p, n, &rim);
    free(p);
}

static double widest_label(struct rt_drawing *d, struct rt_pen pen)
{
    double w = 0;
    for (int i = 0; i < d->f->bins.n; i++)
        if (d->f->bins.v[i].label)
            w = fmax(w, rt_draw_width(d, d->f->bins.v[i].label, pen));
    return w;
}

/* The rows of a ridge into a box, n of them and each so high above the one
 * below; on paper a hill may reach over the two rows above it. */
static void ridge_rows(struct rt_drawing *d, struct rt_box box,
                       const struct rt_axis *x, int n, int columns)
{
    bool paper = d->s->paper;
    double each = paper ? box.h / (n + 1.5) : floor(box.h / n);
    double high = paper ? each * 2.5 : each;
    double start = box.y + box.h - each * n;
    double *h = rt_xcalloc((size_t)columns, sizeof *h);
    for (int i = 0; i < n; i++) {
        const struct rt_bins *b = chosen(d->f, i, n);
        double base = start + (i + 1) * each;
        struct rt_box at = { box.x, base - high, box.w, high };
        int peak = -1;
        double top = paper ? heights(b, x, columns, h)
                           : cut_heights(b, x, columns, h, &peak);
        if (!(top > 0))
            continue;
        if (paper)
            hill(d, at, h, columns, top,
                 rt_color_heat(.35 + .5 * (i + 1) / n, true));
        else
            bars(d, at, h, columns, top, b->color);
        if (!paper && each > 1)
            cut_mark(d, at, columns, peak);
        if (b->label && box.x > d->room.x)
            rt_draw_text(d, box.x - d->s->em, base - d->s->row, 0, RT_RIGHT,
                         b->label, (struct rt_pen){ .fg = RT_C_DIM });
    }
    free(h);
}

void rt_draw_ridge(struct rt_drawing *d)
{
    const struct rt_figure *f = d->f;
    const struct rt_surface *s = d->s;
    struct rt_box box = d->room;
    if (!f->bins.n)
        return;
    double names = widest_label(d, (struct rt_pen){ .fg = RT_C_DIM });
    if (names > 0 && box.w >= names + 11 * s->em) {
        box.x += names + s->em;
        box.w -= names + s->em;
    }
    struct rt_axis x = value_axis(f);
    bool numbers = !f->x.hidden && box.h >= 3 * s->row;
    int columns = (int)fmax(box.w, 1), most = f->bins.n;
    if (s->paper) {
        struct rt_axis y = { .hidden = true, .hi = 1 };
        struct rt_drawing part = { f, d->s, box };
        struct rt_area under;
        rt_draw_axes(&part, &x, &y, 0, &under);
        box = under.box;
        if (f->bins.v[0].n < columns) /* the bins, joined by lines */
            columns = f->bins.v[0].n;
        most = most < 24 ? most : 24;
    } else if (numbers) {
        box.h -= 1;
    }
    int n = (int)fmax(fmin(most, floor(box.h / s->row)), 1);
    if (columns > 0 && box.w > 0 && box.h > 0)
        ridge_rows(d, box, &x, n, columns);
    if (!s->paper && numbers)
        ends_text(d, box, &x);
}
