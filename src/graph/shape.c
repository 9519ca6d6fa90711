/* Shapes: counting, comparing, text and NumPy's broadcasting. */
#include "graph/shape.h"

#include "base/mem.h"

#include <stdio.h>

static size_t product(const struct rt_shape *s, int from)
{
    size_t n = 1;
    for (int i = from; i < s->rank; i++)
        if (s->dim[i] != RT_DIM_ANY)
            n *= (size_t)s->dim[i];
    return n;
}

size_t rt_shape_count(const struct rt_shape *s)
{
    return product(s, 0);
}

size_t rt_shape_row(const struct rt_shape *s)
{
    return product(s, 1);
}

struct rt_shape rt_shape_of_row(const struct rt_shape *s)
{
    struct rt_shape row = { .rank = s->rank - 1 };
    for (int i = 0; i < row.rank; i++)
        row.dim[i] = s->dim[i + 1];
    return row;
}

bool rt_shape_equal(const struct rt_shape *a, const struct rt_shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

bool rt_shape_fits(const struct rt_shape *a, const struct rt_shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i] && a->dim[i] != RT_DIM_ANY &&
            b->dim[i] != RT_DIM_ANY)
            return false;
    return true;
}

const char *rt_shape_text(const struct rt_shape *s)
{
    static _Thread_local char text[8][RT_RANK_MAX * 12 + 3];
    static _Thread_local unsigned turn;
    char *out = text[turn++ % 8];
    size_t n = 0, size = sizeof text[0];

    out[n++] = '(';
    for (int i = 0; i < s->rank; i++) {
        const char *comma = i ? "," : "";
        if (s->dim[i] == RT_DIM_ANY)
            n += (size_t)snprintf(out + n, size - n, "%snone", comma);
        else
            n += (size_t)snprintf(out + n, size - n, "%s%d", comma, s->dim[i]);
    }
    out[n++] = ')';
    out[n] = '\0';
    return out;
}

/* An unknown dimension is the number of rows: it goes with 1 and with itself.
 * To let it pass with any number would accept a mistake that shows only when a
 * batch of another size comes. */
static int meet(int a, int b)
{
    if (a == b || b == 1)
        return a;
    if (a == 1)
        return b;
    return 0;
}

int rt_shape_broadcast(const struct rt_shape *a, const struct rt_shape *b,
                       struct rt_shape *out, struct rt_err *err)
{
    struct rt_shape y = { .rank = a->rank > b->rank ? a->rank : b->rank };
    for (int i = 1; i <= y.rank; i++) {
        int da = i <= a->rank ? a->dim[a->rank - i] : 1;
        int db = i <= b->rank ? b->dim[b->rank - i] : 1;
        int d = meet(da, db);
        if (d == 0 && da != 0 && db != 0)
            return rt_fail(err, RT_ESHAPE,
                           "shapes %s and %s do not go together: counted from "
                           "the last axis, dimensions must be equal or 1",
                           rt_shape_text(a), rt_shape_text(b));
        y.dim[y.rank - i] = d;
    }
    *out = y;
    return RT_OK;
}

int rt_shape_axis(const struct rt_shape *s, int axis, int *out,
                  struct rt_err *err)
{
    int at = axis < 0 ? axis + s->rank : axis;
    if (at < 0 || at >= s->rank)
        return s->rank == 0
                   ? rt_fail(err, RT_EINVAL,
                             "axis %d of a scalar, which has "
                             "none",
                             axis)
                   : rt_fail(err, RT_EINVAL,
                             "axis %d of shape %s, want %d to %d", axis,
                             rt_shape_text(s), -s->rank, s->rank - 1);
    *out = at;
    return RT_OK;
}

struct rt_span rt_shape_span(const struct rt_shape *s, int from, int to)
{
    struct rt_span span = { 1, 1, 1 };
    for (int i = 0; i < s->rank; i++) {
        size_t *part = i < from ? &span.outer
                       : i < to ? &span.len
                                : &span.inner;
        *part *= (size_t)s->dim[i];
    }
    return span;
}

struct rt_span rt_shape_axis_span(const struct rt_shape *s, int axis)
{
    int at = axis < 0 ? axis + s->rank : axis;
    return rt_shape_span(s, at, at + 1);
}

int rt_shape_check(const struct rt_shape *s, struct rt_err *err)
{
    /* Against what is installed and not what malloc promises: an overcommitted
     * tensor would kill the session when it is first touched. */
    size_t n = 1, most = rt_memory() / sizeof(float);
    for (int i = 0; i < s->rank; i++) {
        if (s->dim[i] == RT_DIM_ANY)
            continue;
        if (s->dim[i] < 0)
            return rt_fail(err, RT_ESHAPE, "shape %s has a negative dimension",
                           rt_shape_text(s));
        if (s->dim[i] && n > most / (size_t)s->dim[i])
            return rt_fail(err, RT_ENOMEM,
                           "shape %s has more numbers than memory can hold",
                           rt_shape_text(s));
        n *= (size_t)s->dim[i];
    }
    return RT_OK;
}
