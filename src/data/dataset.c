/* Data sets: columns in counted blocks, and views of them by row numbers. */
#include "data/dataset_private.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/suggest.h"
#include "data/transform.h"
#include "data/weigh.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

void rt_column_describe(struct rt_column *c, const struct rt_column *as)
{
    c->classes = texts_copy(as->classes, as->n_classes);
    c->n_classes = as->n_classes;
    for (int i = 0; i < as->n_steps; i++)
        rt_column_add_step(c, rt_transform_ref(as->steps[i]));
}

static struct rt_column *column_copy(const struct rt_column *c,
                                     const char *name)
{
    struct rt_column *out = rt_xmemdup(c, sizeof *c);
    out->name = rt_xstrdup(name);
    out->block = block_ref(c->block);
    out->steps = NULL;
    out->n_steps = 0;
    rt_column_describe(out, c);
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

int rt_dataset_share_column(struct rt_dataset *d, const char *name,
                            const struct rt_column *c, struct rt_err *err)
{
    int status = column_check(d, name, d->n_rows, err);
    assert(!d->rows);
    if (!status)
        append(d, column_copy(c, name));
    return status;
}

static struct rt_dataset *copy_without_rows(const struct rt_dataset *d,
                                            const char *name, size_t n_rows)
{
    struct rt_dataset *out = rt_dataset_new(name, n_rows, d->origin);
    for (int i = 0; i < d->n_cols; i++)
        append(out, column_copy(d->cols[i], d->cols[i]->name));
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
        picked[i] = (uint32_t)rt_stored_row(d, rows[i]);
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
