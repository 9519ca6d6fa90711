#include "watch/lens.h"

#include <math.h>

#define LEAST_SPAN 1e-4 /* epochs: a batch of ten thousand */

void rt_lens_init(struct rt_lens *w)
{
    *w = (struct rt_lens){ .end = NAN, .cursor = NAN, .anchor = NAN };
}

void rt_lens_update(struct rt_lens *w, double newest, int columns)
{
    w->newest = newest;
    w->columns = columns;
    if (w->span >= newest)
        rt_lens_all(w);
}

static double right(const struct rt_lens *w)
{
    return isnan(w->end) ? w->newest : w->end;
}

static double across(const struct rt_lens *w)
{
    return w->span > 0 ? w->span : w->newest;
}

void rt_lens_part(const struct rt_lens *w, double *lo, double *hi)
{
    *hi = w->span > 0 ? right(w) : 0;
    *lo = w->span > 0 ? *hi - w->span : 0;
}

double rt_lens_cursor(const struct rt_lens *w)
{
    double hi = right(w), lo = hi - across(w);
    return isnan(w->cursor) ? hi : fmin(fmax(w->cursor, lo), hi);
}

/* Keeps within what there is; at its end the window follows. */
static void show(struct rt_lens *w, double lo, double hi)
{
    double span = fmax(hi - lo, LEAST_SPAN);
    if (!(span < w->newest)) {
        rt_lens_all(w);
        return;
    }
    w->span = span;
    hi = fmax(lo, 0) + span;
    w->end = hi >= w->newest * (1 - 1e-9) ? NAN : hi;
}

void rt_lens_zoom(struct rt_lens *w)
{
    double at = rt_lens_cursor(w), span = across(w) / 2;
    if (w->inspects && !isnan(w->anchor) && w->anchor != at)
        show(w, fmin(at, w->anchor), fmax(at, w->anchor));
    else if (w->inspects && !isnan(w->cursor))
        show(w, at - span / 2, at + span / 2);
    else
        show(w, right(w) - span, right(w));
    w->anchor = NAN;
}

void rt_lens_out(struct rt_lens *w)
{
    double hi = right(w), span = across(w);
    if (w->span > 0)
        show(w, hi - 1.5 * span, hi + .5 * span);
}

void rt_lens_all(struct rt_lens *w)
{
    w->span = 0;
    w->end = NAN;
    w->anchor = NAN;
}

void rt_lens_move(struct rt_lens *w, int n)
{
    rt_lens_to(w, rt_lens_cursor(w) + n * across(w) / fmax(w->columns, 1));
}

void rt_lens_to(struct rt_lens *w, double to)
{
    double span = across(w), hi = right(w), lo = hi - span;
    to = fmin(fmax(to, 0), w->newest);
    if (w->span > 0 && to > hi)
        show(w, to - span, to);
    else if (w->span > 0 && to < lo)
        show(w, to, to + span);
    w->cursor = to >= w->newest ? NAN : to;
}

void rt_lens_inspect(struct rt_lens *w)
{
    w->inspects = !w->inspects;
    w->anchor = NAN;
}

void rt_lens_anchor(struct rt_lens *w)
{
    w->anchor = isnan(w->anchor) ? rt_lens_cursor(w) : NAN;
}

double rt_lens_unit(enum rt_x_unit unit, const struct rt_history *h,
                    int64_t steps, double x)
{
    if (unit == RT_X_TIME && h)
        return rt_history_seconds(h, x);
    return unit == RT_X_STEP && steps > 0 ? x * (double)steps : x;
}

const char *rt_x_unit_name(enum rt_x_unit unit)
{
    static const char *const name[] = { "epochs", "steps", "seconds" };
    return name[unit];
}
