/* Data sets: columns in counted blocks, views of them by row numbers, and the
 * way of stored rows to floats. */
#include "data/dataset.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/suggest.h"
#include "data/transform.h"
#include "data/weigh.h"
#include "graph/kern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct rt_store_block {
    int refs; /* atomic */
    void *data;
    size_t bytes;
};

size_t rt_dtype_size(enum rt_dtype t)
{
    static const size_t size[] = {
#define X(name, type, text) [RT_##name] = sizeof(type),
        RT_DTYPES(X)
#undef X
    };
    return size[t];
}

const char *rt_dtype_name(enum rt_dtype t)
{
    static const char *const names[] = {
#define X(name, type, text) [RT_##name] = text,
        RT_DTYPES(X)
#undef X
    };
    return names[t];
}

/* ---- life ---------------------------------------------------------------- */

static struct rt_store_block *block_new(void *data, size_t bytes)
{
    struct rt_store_block *b = rt_xmalloc(sizeof *b);
    *b = (struct rt_store_block){ .refs = 1, .data = data, .bytes = bytes };
    return b;
}

static struct rt_store_block *block_ref(struct rt_store_block *b)
{
    __atomic_add_fetch(&b->refs, 1, __ATOMIC_RELAXED);
    return b;
}

static void block_unref(struct rt_store_block *b)
{
    if (__atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    free(b->data);
    free(b);
}

static void texts_free(char **v, int n)
{
    for (int i = 0; v && i < n; i++)
        free(v[i]);
    free(v);
}

static char **texts_copy(char *const *v, int n)
{
    char **out = v ? rt_xcalloc((size_t)n + 1, sizeof *out) : NULL;
    for (int i = 0; v && i < n; i++)
        out[i] = rt_xstrdup(v[i]);
    return out;
}

static void column_free(struct rt_column *c)
{
    for (int i = 0; i < c->n_steps; i++)
        rt_transform_unref(c->steps[i]);
    block_unref(c->block);
    texts_free(c->classes, c->n_classes);
    free(c->steps);
    free(c->name);
    free(c);
}

static struct rt_column *column_copy(const struct rt_column *c)
{
    struct rt_column *out = rt_xmemdup(c, sizeof *c);
    out->name = rt_xstrdup(c->name);
    out->block = block_ref(c->block);
    out->classes = texts_copy(c->classes, c->n_classes);
    out->steps = NULL;
    out->n_steps = 0;
    for (int i = 0; i < c->n_steps; i++)
        rt_column_add_step(out, rt_transform_ref(c->steps[i]));
    return out;
}

static void binding_release(struct rt_binding *b)
{
    texts_free(b->cols, b->n_cols);
    free(b->node);
}

struct rt_dataset *rt_dataset_new(const char *name, size_t n_rows,
                                  const char *origin)
{
    struct rt_dataset *d = rt_xcalloc(1, sizeof *d);
    d->refs = 1;
    d->name = rt_xstrdup(name);
    d->n_rows = n_rows;
    d->origin = rt_xstrdup(origin);
    return d;
}

struct rt_dataset *rt_dataset_ref(struct rt_dataset *d)
{
    __atomic_add_fetch(&d->refs, 1, __ATOMIC_RELAXED);
    return d;
}

void rt_dataset_unref(struct rt_dataset *d)
{
    if (!d || __atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (int i = 0; i < d->n_cols; i++)
        column_free(d->cols[i]);
    for (int i = 0; i < d->n_bindings; i++)
        binding_release(&d->bindings[i]);
    rt_dataset_unweigh(d);
    free(d->cols);
    free(d->bindings);
    free(d->rows);
    free(d->origin);
    free(d->name);
    free(d);
}

/* ---- making -------------------------------------------------------------- */

static struct rt_column *lookup(const struct rt_dataset *d, const char *name)
{
    for (int i = 0; i < d->n_cols; i++)
        if (strcmp(d->cols[i]->name, name) == 0)
            return d->cols[i];
    return NULL;
}

static void append(struct rt_dataset *d, struct rt_column *c)
{
    d->cols = rt_xrealloc(d->cols, ((size_t)d->n_cols + 1) * sizeof *d->cols);
    d->cols[d->n_cols++] = c;
}

static int column_check(const struct rt_dataset *d, const char *name,
                        size_t n_rows, struct rt_err *err)
{
    if (lookup(d, name))
        return rt_fail(err, RT_EEXIST, "data '%s' has a column '%s' already",
                       d->name, name);
    if (n_rows != d->n_rows)
        return rt_fail(err, RT_ESHAPE,
                       "column '%s' has %zu rows, data '%s' has %zu", name,
                       n_rows, d->name, d->n_rows);
    if (n_rows > RT_ROWS_MAX)
        return rt_fail(err, RT_ESHAPE, "column '%s' has %zu rows, at most %zu",
                       name, n_rows, (size_t)RT_ROWS_MAX);
    return 0;
}

int rt_dataset_add_column(struct rt_dataset *d, const char *name,
                          enum rt_dtype type, const struct rt_shape *row,
                          size_t n_rows, void *data, char **classes,
                          int n_classes, struct rt_err *err)
{
    int status = column_check(d, name, n_rows, err);
    if (status) {
        free(data);
        texts_free(classes, n_classes);
        return status;
    }
    struct rt_column *c = rt_xcalloc(1, sizeof *c);
    c->name = rt_xstrdup(name);
    c->type = type;
    c->row = *row;
    c->block =
        block_new(data, n_rows * rt_shape_count(row) * rt_dtype_size(type));
    c->classes = classes;
    c->n_classes = n_classes;
    append(d, c);
    return 0;
}

/* Picked rows stand where the set's other columns have them. */
static float *spread(const struct rt_dataset *d, size_t row, float *v,
                     size_t *n, struct rt_err *err)
{
    *n = 0;
    for (size_t i = 0; i < d->n_rows; i++)
        if (d->rows[i] >= *n)
            *n = (size_t)d->rows[i] + 1;
    float *all = rt_try_alloc(*n * row + 1, sizeof *all, "column", err);
    for (size_t i = 0; all && i < d->n_rows; i++)
        memcpy(all + d->rows[i] * row, v + i * row, row * sizeof *v);
    free(v);
    return all;
}

int rt_dataset_add_floats(struct rt_dataset *d, const char *name,
                          const struct rt_shape *row, float *v,
                          struct rt_err *err)
{
    size_t n = d->n_rows, numbers = rt_shape_count(row);
    int status = column_check(d, name, n, err);
    if (status) {
        free(v);
        return status;
    }
    if (d->rows)
        v = spread(d, numbers, v, &n, err);
    if (!v)
        return RT_ENOMEM;
    struct rt_column *c = rt_xcalloc(1, sizeof *c);
    c->name = rt_xstrdup(name);
    c->type = RT_F32;
    c->row = *row;
    c->block = block_new(v, n * numbers * sizeof *v);
    append(d, c);
    return 0;
}

static struct rt_dataset *copy_without_rows(const struct rt_dataset *d,
                                            const char *name, size_t n_rows)
{
    struct rt_dataset *out = rt_dataset_new(name, n_rows, d->origin);
    for (int i = 0; i < d->n_cols; i++)
        append(out, column_copy(d->cols[i]));
    for (int i = 0; i < d->n_bindings; i++) {
        const struct rt_binding *b = &d->bindings[i];
        int status = rt_dataset_bind(out, b->node, (const char *const *)b->cols,
                                     b->n_cols, NULL);
        assert(status == 0);
        (void)status;
    }
    rt_weighings_copy(out, d);
    return out;
}

struct rt_dataset *rt_dataset_copy(const struct rt_dataset *d, const char *name)
{
    struct rt_dataset *out = copy_without_rows(d, name, d->n_rows);
    if (d->rows)
        out->rows = rt_xmemdup(d->rows, d->n_rows * sizeof *d->rows);
    return out;
}

static size_t stored_row(const struct rt_dataset *d, size_t i)
{
    return d->rows ? d->rows[i] : i;
}

struct rt_dataset *rt_dataset_pick(const struct rt_dataset *d, const char *name,
                                   const uint32_t *rows, size_t n,
                                   struct rt_err *err)
{
    if (n == 0) {
        rt_fail(err, RT_EINVAL, "data '%s': no rows picked", d->name);
        return NULL;
    }
    uint32_t *picked = rt_try_alloc(n, sizeof *picked, "row numbers", err);
    if (!picked)
        return NULL;
    bool run = true;
    for (size_t i = 0; i < n; i++) {
        if (rows[i] >= d->n_rows) {
            rt_fail(err, RT_EINVAL,
                    "data '%s': row %u wanted, its rows are 0..%zu", d->name,
                    rows[i], d->n_rows - 1);
            free(picked);
            return NULL;
        }
        picked[i] = (uint32_t)stored_row(d, rows[i]);
        run = run && picked[i] == picked[0] + i;
    }
    struct rt_dataset *out = copy_without_rows(d, name, n);
    if (!run) {
        out->rows = picked;
        return out;
    }
    /* neighbours stay one piece of memory, so that batches need no copy */
    for (int i = 0; i < out->n_cols; i++)
        out->cols[i]->from += picked[0];
    free(picked);
    return out;
}

static const char *column_name(const void *of, int i)
{
    const struct rt_dataset *d = of;
    return i < d->n_cols ? d->cols[i]->name : NULL;
}

struct rt_column *rt_dataset_column(const struct rt_dataset *d,
                                    const char *name, struct rt_err *err)
{
    struct rt_column *c = lookup(d, name);
    if (!c)
        rt_fail_unknown(err, RT_ENOENT, name, column_name, d,
                        "data '%s' has no column '%s'", d->name, name);
    return c;
}

int rt_dataset_bind(struct rt_dataset *d, const char *node,
                    const char *const *cols, int n_cols, struct rt_err *err)
{
    for (int i = 0; i < n_cols; i++)
        if (!rt_dataset_column(d, cols[i], err))
            return rt_err_within(err, "bind %s", node);
    struct rt_binding b = { .node = rt_xstrdup(node), .n_cols = n_cols };
    b.cols = rt_xcalloc((size_t)n_cols + 1, sizeof *b.cols);
    for (int i = 0; i < n_cols; i++)
        b.cols[i] = rt_xstrdup(cols[i]);
    for (int i = 0; i < d->n_bindings; i++)
        if (strcmp(d->bindings[i].node, node) == 0) {
            binding_release(&d->bindings[i]);
            d->bindings[i] = b;
            return 0;
        }
    d->bindings = rt_xrealloc(d->bindings, ((size_t)d->n_bindings + 1) *
                                               sizeof *d->bindings);
    d->bindings[d->n_bindings++] = b;
    return 0;
}

/* ---- from stored rows to floats ------------------------------------------ */

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

static const void *stored(const struct rt_column *c, size_t row)
{
    size_t bytes = rt_shape_count(&c->row) * rt_dtype_size(c->type);
    return (const char *)c->block->data + (c->from + row) * bytes;
}

const void *rt_column_row(const struct rt_dataset *d, const struct rt_column *c,
                          size_t i)
{
    return stored(c, stored_row(d, i));
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
    return stored_row(p->d, p->rows ? p->rows[i] : p->from + i);
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
    const char *rows = stored(p->c, 0);
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

/* ---- fingerprint --------------------------------------------------------- */

static uint64_t fold_text(uint64_t h, const char *s)
{
    return rt_hash_bytes(h, s, strlen(s) + 1);
}

static uint64_t fold_step(uint64_t h, const struct rt_transform *t)
{
    h = fold_text(h, t->type->name);
    h = rt_hash_bytes(h, &t->k, sizeof t->k);
    h = rt_hash_bytes(h, &t->n, sizeof t->n);
    h = rt_hash_bytes(h, t->a, (size_t)t->n * sizeof *t->a);
    return rt_hash_bytes(h, t->b, (size_t)t->n * sizeof *t->b);
}

static uint64_t fold_column(uint64_t h, const struct rt_dataset *d,
                            const struct rt_column *c)
{
    h = fold_text(h, c->name);
    h = fold_text(h, rt_dtype_name(c->type));
    h = rt_hash_bytes(h, c->row.dim, (size_t)c->row.rank * sizeof *c->row.dim);
    for (int i = 0; i < c->n_classes; i++)
        h = fold_text(h, c->classes[i]);
    for (int i = 0; i < c->n_steps; i++)
        h = fold_step(h, c->steps[i]);
    size_t bytes = rt_shape_count(&c->row) * rt_dtype_size(c->type);
    for (size_t i = 0; i < d->n_rows; i++)
        h = rt_hash_bytes(h, rt_column_row(d, c, i), bytes);
    return h;
}

uint64_t rt_dataset_hash(struct rt_dataset *d)
{
    uint64_t h = __atomic_load_n(&d->hash, __ATOMIC_RELAXED);
    if (h)
        return h;
    uint64_t n = d->n_rows;
    h = rt_hash_bytes(h, &n, sizeof n);
    for (int i = 0; i < d->n_cols; i++)
        h = fold_column(h, d, d->cols[i]);
    h = rt_weighings_fold(h, d);
    h = h ? h : 1;
    __atomic_store_n(&d->hash, h, __ATOMIC_RELAXED);
    return h;
}

size_t rt_dataset_bytes(const struct rt_dataset *d)
{
    size_t bytes = d->rows ? d->n_rows * sizeof *d->rows : 0;
    for (int i = 0; i < d->n_cols; i++)
        bytes += d->cols[i]->block->bytes;
    return bytes;
}
