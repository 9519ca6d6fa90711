/* Batches: the order of an epoch, then rows gathered feed by feed. */
#include "data/batch.h"

#include "base/mem.h"
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

/* Floats of a chunk when a batch is gathered by several threads: smaller
 * batches (an MNIST one of 128 is 100,000) are done before a worker wakes. */
enum { CHUNK = 1 << 18 };

struct part { /* one column of a feed */
    const struct rt_column *col;
    size_t count, last; /* floats of a row; of its last axis */
    float *buf;         /* (size, count), where a feed has several */
};
struct feed {
    struct part *part;
    int n_parts;
    bool idle;    /* nobody wants it */
    size_t count; /* floats of a row, all parts */
    float *buf;   /* (size, count); NULL: batches point into the set */
};
struct rt_batches {
    struct rt_dataset *data;
    size_t from, n, size;
    bool shuffle;
    struct rt_key key;
    struct feed *feeds;
    int n_feeds;
    uint32_t *order; /* of the epoch, without `from`; NULL: as they come */
    uint32_t *rows;  /* of the batch */
    size_t at;       /* rows of the epoch that are done */
};

/* ---- making -------------------------------------------------------------- */

static bool in_place(const struct rt_batches *b, const struct rt_feed *f)
{
    const struct rt_column *c = f->cols[0];
    return !b->shuffle && !b->data->rows && f->n_cols == 1 &&
           c->type == RT_F32 && c->n_steps == 0;
}

static int feed_init(struct feed *f, const struct rt_batches *b,
                     const struct rt_feed *spec, struct rt_err *err)
{
    f->n_parts = spec->n_cols;
    f->part = rt_xcalloc((size_t)spec->n_cols, sizeof *f->part);
    for (int i = 0; i < f->n_parts; i++) {
        struct part *p = &f->part[i];
        struct rt_shape shape = rt_column_shape(spec->cols[i]);
        p->col = spec->cols[i];
        p->count = rt_shape_count(&shape);
        p->last = (size_t)shape.dim[shape.rank - 1];
        f->count += p->count;
        if (f->n_parts == 1)
            break;
        p->buf = rt_try_alloc(b->size, p->count * sizeof(float), "batch", err);
        if (!p->buf)
            return RT_ENOMEM;
    }
    if (in_place(b, spec))
        return 0;
    f->buf = rt_try_alloc(b->size, f->count * sizeof(float), "batch", err);
    return f->buf ? 0 : RT_ENOMEM;
}

static int init(struct rt_batches *b, const struct rt_batches_spec *spec,
                struct rt_err *err)
{
    for (int i = 0; i < b->n_feeds; i++) {
        int status = feed_init(&b->feeds[i], b, &spec->feeds[i], err);
        if (status)
            return status;
    }
    b->rows = rt_try_alloc(b->size, sizeof *b->rows, "batch", err);
    if (b->shuffle)
        b->order = rt_try_alloc(b->n, sizeof *b->order, "batch order", err);
    return b->rows && (b->order || !b->shuffle) ? 0 : RT_ENOMEM;
}

struct rt_batches *rt_batches_new(const struct rt_batches_spec *spec,
                                  struct rt_err *err)
{
    size_t n_rows = spec->data->n_rows;
    if (spec->size < 1) {
        rt_fail(err, RT_EINVAL, "batch_size is %d, want at least 1",
                spec->size);
        return NULL;
    }
    if (spec->n == 0 || spec->from > n_rows || spec->n > n_rows - spec->from) {
        rt_fail(err, RT_EINVAL,
                "data '%s': %zu rows from %zu wanted, it has %zu",
                spec->data->name, spec->n, spec->from, n_rows);
        return NULL;
    }
    struct rt_batches *b = rt_xcalloc(1, sizeof *b);
    b->data = rt_dataset_ref(spec->data);
    b->from = spec->from;
    b->n = spec->n;
    b->size = (size_t)spec->size < spec->n ? (size_t)spec->size : spec->n;
    b->shuffle = spec->shuffle;
    b->key = spec->key;
    b->n_feeds = spec->n_feeds;
    b->feeds = rt_xcalloc((size_t)spec->n_feeds, sizeof *b->feeds);
    if (init(b, spec, err)) {
        rt_batches_free(b);
        return NULL;
    }
    rt_batches_begin(b, 0, 0);
    return b;
}

void rt_batches_free(struct rt_batches *b)
{
    if (!b)
        return;
    for (int i = 0; i < b->n_feeds; i++) {
        for (int j = 0; j < b->feeds[i].n_parts; j++)
            free(b->feeds[i].part[j].buf);
        free(b->feeds[i].part);
        free(b->feeds[i].buf);
    }
    free(b->feeds);
    free(b->order);
    free(b->rows);
    rt_dataset_unref(b->data);
    free(b);
}

/* ---- an epoch ------------------------------------------------------------ */

int64_t rt_batches_count(const struct rt_batches *b)
{
    return (int64_t)((b->n + b->size - 1) / b->size);
}

void rt_batches_begin(struct rt_batches *b, int64_t epoch, int64_t first)
{
    if (b->order)
        rt_rng_permute(rt_key_int(b->key, (uint64_t)epoch), b->order,
                       (uint32_t)b->n);
    b->at = first < rt_batches_count(b) ? (size_t)first * b->size : b->n;
}

struct job {
    const struct rt_batches *b;
    const struct feed *f;
    size_t n, height; /* rows of the batch, of a chunk */
};

/* Parts side by side along the last axis. */
static void join(const struct feed *f, size_t from, size_t n)
{
    size_t lines = n * (f->part[0].count / f->part[0].last);
    size_t first = from * (f->part[0].count / f->part[0].last);
    size_t width = 0, at = 0;
    for (int i = 0; i < f->n_parts; i++)
        width += f->part[i].last;
    for (int i = 0; i < f->n_parts; i++) {
        const struct part *p = &f->part[i];
        for (size_t j = first; j < first + lines; j++)
            memcpy(f->buf + j * width + at, p->buf + j * p->last,
                   p->last * sizeof(float));
        at += p->last;
    }
}

static void gather_chunk(void *arg, int chunk)
{
    const struct job *j = arg;
    const struct feed *f = j->f;
    size_t from = (size_t)chunk * j->height;
    size_t n = j->n - from < j->height ? j->n - from : j->height;
    for (int i = 0; i < f->n_parts; i++) {
        const struct part *p = &f->part[i];
        float *buf = f->n_parts == 1 ? f->buf : p->buf;
        rt_dataset_gather(j->b->data, p->col, j->b->rows + from, 0, n,
                          buf + from * p->count);
    }
    if (f->n_parts > 1)
        join(f, from, n);
}

static const float *gather(const struct rt_batches *b, const struct feed *f,
                           size_t n)
{
    if (!f->buf)
        return rt_column_row(b->data, f->part[0].col, b->from + b->at);
    struct job j = { b, f, n, f->count < CHUNK ? CHUNK / f->count : 1 };
    rt_pool_run((int)((n + j.height - 1) / j.height), gather_chunk, &j);
    return f->buf;
}

int rt_batches_next(struct rt_batches *b, const float **x)
{
    size_t n = b->n - b->at < b->size ? b->n - b->at : b->size;
    for (size_t i = 0; i < n; i++)
        b->rows[i] =
            (uint32_t)(b->from + (b->order ? b->order[b->at + i] : b->at + i));
    for (int i = 0; i < b->n_feeds && n > 0; i++)
        x[i] = b->feeds[i].idle ? NULL : gather(b, &b->feeds[i], n);
    b->at += n;
    return (int)n;
}

void rt_batches_want(struct rt_batches *b, int i, bool wanted)
{
    b->feeds[i].idle = !wanted;
}

const uint32_t *rt_batches_rows(const struct rt_batches *b)
{
    return b->rows;
}
