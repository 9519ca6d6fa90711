/* From points to columns. A trace is made in one pass: a column is collected
 * until the next point falls into another one or the line breaks. */
#include "plot/series.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

void rt_smooth(const double *y, int n, double w, double *out)
{
    double s = 0, power = 1, first = NAN;
    bool constant = true;
    for (int i = 0; i < n; i++) {
        if (!isfinite(y[i]))
            continue;
        if (isnan(first))
            first = y[i];
        constant = constant && y[i] == first;
    }
    for (int i = 0; i < n; i++) {
        if (constant || !isfinite(y[i])) {
            out[i] = y[i];
            continue;
        }
        s = w * s + (1 - w) * y[i];
        power *= w;
        out[i] = s / (1 - power);
    }
}

void rt_smooth_log(const double *y, int n, double w, double *out)
{
    for (int i = 0; i < n; i++)
        out[i] = y[i] > 0 ? log(y[i]) : NAN;
    rt_smooth(out, n, w, out);
    for (int i = 0; i < n; i++)
        out[i] = exp(out[i]);
}

static double x_of(const struct rt_series *s, int i)
{
    return s->x ? s->x[i] : i + 1;
}

static bool is_smoothed(const struct rt_series *s)
{
    return s->look == RT_LOOK_LINE && s->smooth > 0 && s->smooth < 1;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Adds the range of v without the share cut of it at either end; sorts v. */
static void add_middle(double *v, int n, double cut, struct rt_extent *r)
{
    int k = (int)(cut * (n - 1));
    if (n == 0)
        return;
    qsort(v, (size_t)n, sizeof *v, ascending);
    rt_extent_add(r, v[k]);
    rt_extent_add(r, v[n - 1 - k]);
}

/* What is drawn smoothed is noisy: a few of its raw values must not squeeze
 * everything else into a corner. */
static void smoothed_range(const struct rt_series *s, const struct rt_axis *x,
                           bool log, struct rt_extent *rx, struct rt_extent *ry)
{
    double *line = rt_xmalloc((size_t)s->n * 2 * sizeof *line + 1);
    double *raw = line + s->n;
    int n = 0;
    (log ? rt_smooth_log : rt_smooth)(s->y, s->n, s->smooth, line);
    for (int i = 0; i < s->n; i++) {
        double v = x_of(s, i);
        if (!isfinite(s->y[i]) || isnan(line[i]) ||
            (x->lo < x->hi && !(v >= x->lo && v <= x->hi)))
            continue;
        rt_extent_add(rx, v);
        line[n] = line[i];
        raw[n++] = s->y[i];
    }
    add_middle(line, n, .01, ry);
    add_middle(raw, n, .05, ry);
    free(line);
}

static bool any_positive(const struct rt_series *s)
{
    for (int i = 0; i < s->n; i++)
        if (isfinite(s->y[i]) && s->y[i] > 0)
            return true;
    return false;
}

void rt_series_range(const struct rt_series *s, const struct rt_axis *x,
                     bool log, struct rt_extent *rx, struct rt_extent *ry)
{
    if (is_smoothed(s)) {
        smoothed_range(s, x, log && any_positive(s), rx, ry);
        return;
    }
    for (int i = 0; i < s->n; i++) {
        double v = x_of(s, i);
        bool banded = s->lo && s->hi;
        if (!isfinite(s->y[i]) && !(banded && isfinite(s->lo[i])))
            continue;
        if (x->lo < x->hi && !(v >= x->lo && v <= x->hi))
            continue;
        rt_extent_add(rx, v);
        rt_extent_add(ry, s->y[i]);
        if (banded) {
            rt_extent_add(ry, s->lo[i]);
            rt_extent_add(ry, s->hi[i]);
        }
    }
}

double rt_series_at(const struct rt_series *s, double x, double *found_x)
{
    int best = -1;
    for (int i = 0; i < s->n; i++)
        if (isfinite(s->y[i]) &&
            (best < 0 || fabs(x_of(s, i) - x) < fabs(x_of(s, best) - x)))
            best = i;
    if (found_x)
        *found_x = best < 0 ? NAN : x_of(s, best);
    return best < 0 ? NAN : s->y[best];
}

void rt_trace_release(struct rt_trace *t)
{
    rt_vec_release(&t->p);
    rt_vec_release(&t->spans);
}

/* The points of one column so far, the k-th having come at turn[k]. */
struct column {
    int at, n;
    struct rt_point first, low, high, last;
    int low_turn, high_turn;
};

static void push(struct rt_trace *t, struct rt_point p)
{
    int n = t->p.n;
    if (n && t->p.v[n - 1].x == p.x &&
        (t->p.v[n - 1].y == p.y || (isnan(p.y) && isnan(t->p.v[n - 1].y))))
        return;
    rt_vec_push(&t->p, p);
}

static void flush(struct rt_trace *t, struct column *c)
{
    if (c->n) {
        bool low_first = c->low_turn <= c->high_turn;
        push(t, c->first);
        push(t, low_first ? c->low : c->high);
        push(t, low_first ? c->high : c->low);
        push(t, c->last);
    }
    c->n = 0;
}

static void gap(struct rt_trace *t, struct column *c)
{
    flush(t, c);
    if (t->p.n && !isnan(t->p.v[t->p.n - 1].y))
        push(t, (struct rt_point){ t->p.v[t->p.n - 1].x, NAN });
}

static void collect(struct rt_trace *t, struct column *c, struct rt_point p,
                    int at)
{
    if (c->n && c->at != at)
        flush(t, c);
    if (!c->n) {
        *c = (struct column){ .at = at, .first = p, .low = p, .high = p };
    } else if (p.y < c->low.y) {
        c->low = p;
        c->low_turn = c->n;
    } else if (p.y > c->high.y) {
        c->high = p;
        c->high_turn = c->n;
    }
    c->last = p;
    c->n++;
}

/* One span a column: what falls into it grows it. */
static void grow_span(struct rt_trace *t, double x, double lo, double hi,
                      int at, int *last)
{
    if (!t->spans.n || *last != at) {
        struct rt_reach s = { x, lo, hi };
        rt_vec_push(&t->spans, s);
    } else {
        struct rt_reach *s = &t->spans.v[t->spans.n - 1];
        s->lo = fmin(s->lo, lo); /* fmin passes over a NaN */
        s->hi = fmax(s->hi, hi);
    }
    *last = at;
}

/* Where the line from a to b passes a side of the plot. */
static struct rt_point crossing(struct rt_point a, struct rt_point b, double x)
{
    return (struct rt_point){ x, a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x) };
}

static int side_of(double x)
{
    return (x > 1) - (x < 0);
}

/* Far outside all heights look the same, and surfaces like small numbers. */
static double tame(double y)
{
    return isnan(y) ? y : fmin(fmax(y, -9), 10);
}

void rt_trace_make(struct rt_trace *t, const struct rt_series *s,
                   const double *y, const struct rt_axis *ax,
                   const struct rt_axis *ay, int n_columns)
{
    struct column c = { 0 };
    struct rt_point before = { NAN, NAN };
    int last_span = -1;
    t->p.n = t->spans.n = 0;
    if (n_columns < 1)
        return;
    for (int i = 0; i < s->n; i++) {
        double px = rt_axis_place(ax, x_of(s, i));
        if (isnan(px))
            continue;
        int side = side_of(px);
        int at = side ? side : (int)fmin(px * n_columns, n_columns - 1);
        struct rt_point p = { px, tame(rt_axis_place(ay, (y ? y : s->y)[i])) };
        if (s->lo && s->hi && !side) {
            double hi = tame(rt_axis_place(ay, s->hi[i]));
            double lo = tame(rt_axis_place(ay, s->lo[i]));
            /* a log axis shows a bucket from below zero down to its edge */
            if (isnan(lo) && !isnan(hi) && isfinite(s->lo[i]))
                lo = fmin(hi, 0);
            grow_span(t, px, lo, hi, at, &last_span);
        }
        if (isnan(p.y)) {
            gap(t, &c);
        } else {
            int from = isnan(before.y) ? side : side_of(before.x);
            if (from && from != side)
                collect(t, &c, crossing(before, p, from > 0),
                        from > 0 ? n_columns - 1 : 0);
            if (!side) {
                collect(t, &c, p, at);
            } else if (from != side) {
                collect(t, &c, crossing(before, p, side > 0),
                        side > 0 ? n_columns - 1 : 0);
                gap(t, &c);
            }
        }
        before = p;
    }
    flush(t, &c);
    if (t->p.n && isnan(t->p.v[t->p.n - 1].y))
        t->p.n--;
}
