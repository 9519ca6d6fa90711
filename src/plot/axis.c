/* Nice numbers: steps of 1, 2 or 5 times a power of ten, decades on a log
 * axis, and their shortest texts. */
#include "plot/axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beyond these a length or a power of ten could overflow. */
#define FAR  1e250
#define TINY 1e-250

void rt_extent_add(struct rt_extent *r, double v)
{
    if (!(fabs(v) <= FAR))
        return;
    r->lo = r->any ? fmin(r->lo, v) : v;
    r->hi = r->any ? fmax(r->hi, v) : v;
    r->any = true;
    if (v >= TINY) {
        r->least = r->positive ? fmin(r->least, v) : v;
        r->positive = true;
    }
}

/* From value to the scale the axis is even in, and back. */
static double even(const struct rt_axis *a, double v)
{
    return a->log ? log10(v) : v;
}

static double uneven(const struct rt_axis *a, double u)
{
    return a->log ? pow(10, u) : u;
}

struct rt_axis rt_axis_fit(const struct rt_axis *want,
                           const struct rt_extent *data, double margin)
{
    struct rt_axis a = *want;
    bool fixed = isfinite(want->lo) && isfinite(want->hi) &&
                 want->lo < want->hi && fabs(want->lo) <= FAR &&
                 fabs(want->hi) <= FAR;
    a.lo = a.hi = 0;
    if (fixed && a.log && want->hi < TINY * 1e3)
        fixed = false;
    if (a.log && !fixed && !data->positive)
        a.log = false;
    if (fixed) {
        a.lo = want->lo;
        a.hi = want->hi;
        if (a.log && a.lo < TINY)
            a.lo =
                data->positive && data->least < a.hi ? data->least : a.hi / 1e3;
        return a;
    }
    if (!data->any) {
        a.hi = 1;
        return a;
    }
    double lo = even(&a, a.log ? data->least : data->lo);
    double hi = even(&a, data->hi);
    double size = fmax(fabs(lo), fabs(hi));
    double room = (hi - lo) * margin;
    if (hi - lo <= size * 1e-12) /* one value: some air around it */
        room = a.log       ? .5
               : a.integer ? fmax(.5, size * 1e-6)
               : size > 0  ? size * .1
                           : .5;
    a.lo = uneven(&a, lo - room);
    a.hi = uneven(&a, hi + room);
    return a;
}

double rt_axis_place(const struct rt_axis *a, double v)
{
    if (!(fabs(v) <= FAR) || (a->log && v < TINY))
        return NAN;
    double lo = even(a, a->lo);
    return (even(a, v) - lo) / (even(a, a->hi) - lo);
}

double rt_axis_value(const struct rt_axis *a, double share)
{
    double lo = even(a, a->lo);
    return uneven(a, lo + share * (even(a, a->hi) - lo));
}

/* "1e-07" -> "1e-7", "1.50e+05" -> "1.5e+5". */
static void tidy(char *s)
{
    char *e = strchr(s, 'e');
    if (!e)
        return;
    char *end = e;
    if (memchr(s, '.', (size_t)(e - s))) {
        while (end[-1] == '0')
            end--;
        if (end[-1] == '.')
            end--;
    }
    char *digit = e + 2;
    while (*digit == '0' && digit[1])
        digit++;
    *end++ = 'e';
    *end++ = e[1];
    memmove(end, digit, strlen(digit) + 1);
}

void rt_number_text(double v, double step, char out[16])
{
    double size = fabs(v);
    if (!isfinite(v)) {
        snprintf(out, 16, "%g", v);
    } else if (size <= step * 1e-6) { /* what adding up steps left of a 0 */
        snprintf(out, 16, "0");
    } else if (step <= 0) {
        snprintf(out, 16, size < 1e-3 || size >= 1e4 ? "%.2e" : "%.3g", v);
        tidy(out);
    } else if (size >= 1e9 || (step < 1e-4 * (1 - 1e-9) &&
                               (size < 1e-3 || step < size * 1e-7))) {
        double digits = floor(log10(size)) - floor(log10(step) + 1e-9);
        snprintf(out, 16, "%.*e", (int)fmin(fmax(digits, 0), 7), v);
        tidy(out);
    } else if (size >= 1e4 && step >= 100) {
        bool millions = size >= 1e6 && step >= 1e4;
        snprintf(out, 16, "%.7g%c", v / (millions ? 1e6 : 1e3),
                 millions ? 'M' : 'k');
    } else {
        double digits = ceil(-log10(step) - 1e-9);
        snprintf(out, 16, "%.*f", (int)fmax(digits, 0), v);
    }
}

static void add(struct rt_ticks *t, double at)
{
    if (t->n < RT_TICKS_MAX)
        t->v[t->n++] = (struct rt_tick){ .at = at };
}

/* The smallest 1, 2 or 5 times a power of ten that is not below v. */
static double nice(double v)
{
    double unit = pow(10, floor(log10(v)));
    double m = v / unit;
    return unit * (m <= 1 + 1e-9   ? 1
                   : m <= 2 + 1e-9 ? 2
                   : m <= 5 + 1e-9 ? 5
                                   : 10);
}

static void even_ticks(const struct rt_axis *a, int want, struct rt_ticks *t)
{
    double step = nice((a->hi - a->lo) / want);
    if (a->integer && step < 1)
        step = 1;
    double slack = step * 1e-6;
    double first = ceil((a->lo - slack) / step);
    for (int i = 0; i < RT_TICKS_MAX; i++) {
        double v = (first + i) * step;
        if (v > a->hi + slack)
            break;
        add(t, v);
        rt_number_text(v, step, t->v[t->n - 1].text);
    }
}

static void exponent_text(double at, char out[16])
{
    snprintf(out, 16, "%.0e", at);
    tidy(out);
}

/* Labels at every stride-th decade, of those that the stride divides if these
 * are two or more; the ticks between two decades where all have a label. */
static void decade_ticks(double lo, double hi, int want, struct rt_ticks *t)
{
    int first = (int)floor(lo + 1e-9), last = (int)ceil(hi - 1e-9);
    int low = (int)ceil(lo - 1e-9), high = (int)floor(hi + 1e-9);
    int stride = (high > low ? high - low : 0) / want + 1, from = 0;
    if (floor((double)high / stride) <= ceil((double)low / stride))
        from = high;
    bool minor = stride == 1 && last - first <= RT_TICKS_MAX / 9;
    for (int d = first; d <= last; d++) {
        for (int m = 1; m <= (minor ? 9 : 1); m++) {
            double u = d + log10(m);
            if (u < lo - 1e-9 || u > hi + 1e-9)
                continue;
            if (m == 1 && (d - from) % stride != 0)
                continue;
            add(t, m * pow(10, d));
            t->v[t->n - 1].minor = m != 1 && m != 2 && m != 5;
            if (m == 1)
                exponent_text(pow(10, d), t->v[t->n - 1].text);
        }
    }
}

static int labelled(const struct rt_ticks *t)
{
    int n = 0;
    for (int i = 0; i < t->n; i++)
        n += t->v[i].text[0] != 0;
    return n;
}

static void log_ticks(const struct rt_axis *a, int want, struct rt_ticks *t)
{
    decade_ticks(log10(a->lo), log10(a->hi), want, t);
    if (labelled(t) >= 2 || labelled(t) >= want)
        return;
    int n = 0;
    for (int i = 0; i < t->n; i++)
        n += !t->v[i].minor;
    if (n < 2) { /* within a small part of a decade */
        t->n = 0;
        even_ticks(a, want, t);
        return;
    }
    for (int i = 0; i < t->n; i++) {
        char text[16];
        exponent_text(t->v[i].at, text);
        if (!t->v[i].minor && (n <= want + 1 || text[0] != '2'))
            strcpy(t->v[i].text, text);
    }
}

void rt_axis_ticks(const struct rt_axis *a, int want, struct rt_ticks *out)
{
    out->n = 0;
    if (want < 1)
        want = 1;
    if (want > RT_TICKS_MAX / 3)
        want = RT_TICKS_MAX / 3;
    if (a->log)
        log_ticks(a, want, out);
    else
        even_ticks(a, want, out);
}
