/* The orders of a run on its x axis, as few as a plot has room for. */
#include "train/history.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

enum { EACH = 24, SLOTS = 16 }; /* so many stand by themselves, else in slots */

/* Of one kind: the same first word, "lr" or "froze". */
static bool alike(const char *a, const char *b)
{
    size_t n = strcspn(a, " ");
    return n == strcspn(b, " ") && !strncmp(a, b, n);
}

void rt_history_mark(struct rt_history *h, double x, const char *text)
{
    int n = h->n_marks;
    bool goes_on = n && alike(h->marks[n - 1].text, text);
    if (n == h->cap_marks) {
        h->cap_marks = n ? 2 * n : 16;
        h->marks =
            rt_xrealloc(h->marks, (size_t)h->cap_marks * sizeof *h->marks);
    }
    h->marks[h->n_marks++] = (struct rt_history_mark){
        .x = x,
        .text = rt_xstrdup(text),
        .first = goes_on ? h->marks[n - 1].first : n,
    };
}

/* The first mark from the i-th on that lies at x or behind it. */
static int mark_at(const struct rt_history *h, int i, double x)
{
    int end = h->n_marks;
    while (i < end) {
        int mid = i + (end - i) / 2;
        if (h->marks[mid].x < x)
            i = mid + 1;
        else
            end = mid;
    }
    return i;
}

/* The first one behind the i-th that is of another kind. */
static int end_of_kind(const struct rt_history *h, int i)
{
    int first = h->marks[i].first, end = h->n_marks;
    while (i < end) {
        int mid = i + (end - i) / 2;
        if (h->marks[mid].first == first)
            i = mid + 1;
        else
            end = mid;
    }
    return i;
}

/* The smallest 1, 2 or 5 times a power of ten that is not below v, so that
 * slots stay where they are while a run goes on. */
static double round_step(double v)
{
    double unit = pow(10, floor(log10(v))), m = v / unit;
    return unit * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

/* Of the marks i..end-1 the first, with the last of its kind among them, and
 * the first one of another kind. Returns how many. */
static int take_slot(const struct rt_history *h, int i, int end,
                     struct rt_history_span *out)
{
    const struct rt_history_mark *m = h->marks;
    int last = end - 1, other = end_of_kind(h, i);
    for (int tries = 0; tries < 4 && !alike(m[i].text, m[last].text); tries++)
        last = m[last].first - 1;
    last = last >= i && alike(m[i].text, m[last].text) ? last : i;
    out[0] = (struct rt_history_span){ m[i].x, m[i].text, m[last].text };
    if (other >= end)
        return 1;
    out[1] =
        (struct rt_history_span){ m[other].x, m[other].text, m[other].text };
    return 2;
}

int rt_history_spans(const struct rt_history *h, double lo, double hi,
                     struct rt_history_span out[RT_SPANS_MAX])
{
    int n = 0, i = mark_at(h, 0, lo), end = mark_at(h, i, hi);
    while (end < h->n_marks && h->marks[end].x <= hi)
        end++;
    if (end - i <= EACH || !(hi > lo)) {
        for (; i < end && n < RT_SPANS_MAX; i++)
            out[n++] =
                (struct rt_history_span){ h->marks[i].x, h->marks[i].text,
                                          h->marks[i].text };
        return n;
    }
    double step = round_step((hi - lo) / SLOTS);
    while (i < end && n + 2 <= RT_SPANS_MAX) {
        double edge = (floor(h->marks[i].x / step) + 1) * step;
        int next = mark_at(h, i + 1, edge);
        next = next < end ? next : end;
        n += take_slot(h, i, next, out + n);
        i = next;
    }
    return n;
}
