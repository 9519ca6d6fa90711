/* Rows of a data set as floats: from the block they are stored in, through the
 * column's transforms. */
#include "base/mem.h"
#include "data/dataset_private.h"
#include "data/transform.h"
#include "graph/kern.h"

#include <stdlib.h>
#include <string.h>

struct rt_shape rt_column_shape(const struct rt_column *c)
{
    struct rt_shape shape = c->row, next;
    if (shape.rank == 0)
        shape = RT_SHAPE(1);
    for (int i = 0; i < c->n_steps; i++) {
        c->steps[i]->type->shape(c->steps[i], &shape, &next);
        shape = next;
    }
    return shape;
}

void rt_column_add_step(struct rt_column *c, struct rt_transform *t)
{
    c->steps =
        rt_xrealloc(c->steps, ((size_t)c->n_steps + 1) * sizeof *c->steps);
    c->steps[c->n_steps++] = t;
}

const void *rt_column_row(const struct rt_dataset *d, const struct rt_column *c,
                          size_t i)
{
    return rt_stored(c, rt_stored_row(d, i));
}

/* n stored numbers as floats. */
static void convert(enum rt_dtype type, const void *p, size_t n, float *out)
{
    switch (type) {
    case RT_U8:
        rt_kern()->bytes(p, out, 1, 0, n);
        return;
    case RT_F32:
        memcpy(out, p, n * sizeof *out);
        return;
#define X(name, ctype, text)                                                   \
    case RT_##name:                                                            \
        for (size_t i = 0; i < n; i++)                                         \
            out[i] = (float)((const ctype *)p)[i];                             \
        return;
        X(I8, int8_t, )
        X(I16, int16_t, )
        X(I32, int32_t, )
        X(I64, int64_t, )
        X(F64, double, )
#undef X
    }
}

/* The same under y = a x + b, which is done in double: what lies close together
 * and far from zero, as times in seconds, would be one number in float. Of
 * bytes float has no trouble. */
static void convert_scaled(enum rt_dtype type, const void *p, size_t n,
                           const struct rt_transform *t, float *out)
{
    size_t width = (size_t)t->n;
    const double *a = t->a, *b = t->b;
    if (type == RT_U8 && width == 1) {
        rt_kern()->bytes(p, out, (float)*a, (float)*b, n);
        return;
    }
    switch (type) {
#define X(name, ctype, text)                                                   \
    case RT_##name: {                                                          \
        const ctype *v = p;                                                    \
        for (size_t i = 0; width == 1 && i < n; i++)                           \
            out[i] = (float)(*a * (double)v[i] + *b);                          \
        for (size_t i = 0; width > 1 && i < n; i += width)                     \
            for (size_t j = 0; j < width; j++)                                 \
                out[i + j] = (float)(a[j] * (double)v[i + j] + b[j]);          \
        return;                                                                \
    }
        RT_DTYPES(X)
#undef X
    }
}

void rt_column_numbers(const struct rt_dataset *d, const struct rt_column *c,
                       size_t row, double *out)
{
    const void *p = rt_column_row(d, c, row);
    size_t n = rt_shape_count(&c->row);
    switch (c->type) {
#define X(name, ctype, text)                                                   \
    case RT_##name:                                                            \
        for (size_t i = 0; i < n; i++)                                         \
            out[i] = (double)((const ctype *)p)[i];                            \
        return;
        RT_DTYPES(X)
#undef X
    }
}

/* Which rows a gather is about. */
struct pick {
    const struct rt_dataset *d;
    const struct rt_column *c;
    const uint32_t *rows;
    size_t from;
    const struct rt_transform *scale; /* the first step, if it is affine */
};

static size_t pick_row(const struct pick *p, size_t i)
{
    return rt_stored_row(p->d, p->rows ? p->rows[i] : p->from + i);
}

enum { AHEAD = 8, ASKED = 1024, LINE = 64 }; /* rows, bytes, bytes */

/* Shuffled rows come from anywhere in memory, so row i is asked for a few rows
 * before it is wanted; neighbours and the rest of a long row follow what is
 * read by themselves. Inlined by force: gcc takes a function that only
 * prefetches for one that does nothing, and drops its calls. */
static inline __attribute__((always_inline)) void
ask_for(const struct pick *p, size_t i, const char *rows, size_t bytes)
{
    size_t row = pick_row(p, i), most = bytes < ASKED ? bytes : ASKED;
    if (row == pick_row(p, i - 1) + 1)
        return;
    for (size_t at = 0; at < most; at += LINE)
        __builtin_prefetch(rows + row * bytes + at);
}

/* Rows i..i+n-1 of the pick, scaled; neighbours in one go. */
static void load(const struct pick *p, size_t i, size_t n, float *out)
{
    size_t count = rt_shape_count(&p->c->row);
    size_t bytes = count * rt_dtype_size(p->c->type), asked = i + 1;
    const char *rows = rt_stored(p->c, 0);
    for (size_t end = i + n; i < end;) {
        for (; asked < end && asked < i + AHEAD; asked++)
            ask_for(p, asked, rows, bytes);
        size_t first = pick_row(p, i), run = 1;
        while (i + run < end && pick_row(p, i + run) == first + run)
            run++;
        const void *from = rows + first * bytes;
        if (p->scale)
            convert_scaled(p->c->type, from, run * count, p->scale, out);
        else
            convert(p->c->type, from, run * count, out);
        out += run * count;
        i += run;
    }
}

enum { TILE = 4096 }; /* floats: two of them stay in the first-level cache */

/* Rows i..i+n-1 through all other steps. Steps that keep the shape work in
 * place; the others go back and forth between two tiles of `room` floats. */
static void load_steps(const struct pick *p, size_t i, size_t n, float *tiles,
                       size_t room, size_t count, float *out)
{
    const struct rt_column *c = p->c;
    struct rt_shape shape = c->row.rank ? c->row : RT_SHAPE(1), next;
    float *at = rt_shape_count(&shape) == count ? out : tiles;
    load(p, i, n, at);
    for (int s = p->scale != NULL; s < c->n_steps; s++) {
        const struct rt_transform *t = c->steps[s];
        t->type->shape(t, &shape, &next);
        float *to = at;
        if (!rt_shape_equal(&shape, &next)) {
            if (rt_shape_count(&next) == count && at != out)
                to = out;
            else
                to = at == tiles ? tiles + room : tiles;
        }
        t->type->apply(t, &shape, at, n, to);
        shape = next;
        at = to;
    }
    if (at != out)
        memcpy(out, at, n * count * sizeof *out);
}

/* The most floats a row has between two steps. */
static size_t widest(const struct rt_column *c)
{
    struct rt_shape shape = c->row.rank ? c->row : RT_SHAPE(1), next;
    size_t most = rt_shape_count(&shape);
    for (int i = 0; i < c->n_steps; i++) {
        c->steps[i]->type->shape(c->steps[i], &shape, &next);
        shape = next;
        if (rt_shape_count(&shape) > most)
            most = rt_shape_count(&shape);
    }
    return most;
}

static bool shape_stays(const struct rt_column *c)
{
    struct rt_shape first = c->row.rank ? c->row : RT_SHAPE(1);
    struct rt_shape last = rt_column_shape(c);
    return rt_shape_equal(&first, &last) && widest(c) == rt_shape_count(&first);
}

void rt_dataset_gather(const struct rt_dataset *d, const struct rt_column *c,
                       const uint32_t *rows, size_t from, size_t n, float *out)
{
    struct pick p = { d, c, rows, from, NULL };
    if (c->n_steps && c->steps[0]->type == &rt_transform_affine)
        p.scale = c->steps[0];
    if (c->n_steps == (p.scale != NULL)) {
        load(&p, 0, n, out);
        return;
    }
    struct rt_shape shape = rt_column_shape(c);
    size_t count = rt_shape_count(&shape), wide = widest(c);
    float tiles[2 * TILE], *room = tiles;
    size_t height = wide < TILE ? TILE / wide : 1;
    /* rows wider than a tile that change shape (masks of pictures) are the
     * one case that needs memory; a row at a time it is little */
    if (wide > TILE && !shape_stays(c))
        room = rt_xmalloc(2 * wide * sizeof *room);
    for (size_t i = 0; i < n; i += height) {
        size_t m = n - i < height ? n - i : height;
        load_steps(&p, i, m, room, wide > TILE ? wide : TILE, count,
                   out + i * count);
    }
    if (room != tiles)
        free(room);
}
