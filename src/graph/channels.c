/* The kernels see matrices whose columns are channels. Few channels are made
 * more by taking several rows for one, with the parameters repeated; a channel
 * that stands before other axes is one column, taken `tile` numbers at a time.
 * So all loops are long ones over contiguous memory.
 *
 * Chunks: rows where channels are last, else one channel each. */
#include "graph/channels.h"

#include "base/pool.h"
#include "graph/kern.h"

#include <string.h>

enum {
    WIDTH = 64,       /* columns that the kernels get at least */
    GRAIN = 1 << 14,  /* numbers in a chunk */
    MOST_CHUNKS = 32, /* since each has sums of its own */
    N_PARAMS = 4,
};

struct rt_channels rt_channels_of(const struct rt_shape *s, int axis)
{
    struct rt_span span = rt_shape_axis_span(s, axis);
    struct rt_channels ch = { span.outer, span.len, span.inner, .tile = 1 };
    if (ch.inner > 1 || !ch.n) {
        ch.tile = WIDTH;
        ch.chunks = (int)ch.n;
        return ch;
    }
    if (ch.n < WIDTH)
        ch.tile = WIDTH / ch.n;
    ch.rows = (GRAIN + ch.n - 1) / ch.n;
    if (ch.rows < (ch.outer + MOST_CHUNKS - 1) / MOST_CHUNKS)
        ch.rows = (ch.outer + MOST_CHUNKS - 1) / MOST_CHUNKS;
    ch.rows = (ch.rows + ch.tile - 1) / ch.tile * ch.tile;
    ch.chunks = (int)((ch.outer + ch.rows - 1) / ch.rows);
    return ch;
}

static bool are_last(const struct rt_channels *ch)
{
    return ch->rows > 0;
}

/* Columns that a kernel gets. */
static size_t width(const struct rt_channels *ch)
{
    return are_last(ch) ? ch->n * ch->tile : ch->tile;
}

/* At least as many chunks as there are, and never fewer for more rows. */
static size_t most_chunks(const struct rt_channels *ch)
{
    if (!are_last(ch))
        return (size_t)ch->chunks;
    size_t rows = (GRAIN + ch->n - 1) / ch->n;
    size_t chunks = (ch->outer + rows - 1) / rows;
    return chunks < MOST_CHUNKS ? chunks : MOST_CHUNKS;
}

/* Two sums of every chunk, then the repeated parameters. */
static size_t n_sums(const struct rt_channels *ch)
{
    return most_chunks(ch) * 2 * width(ch);
}

size_t rt_channels_room(const struct rt_channels *ch)
{
    return n_sums(ch) * sizeof(double) + N_PARAMS * width(ch) * sizeof(float);
}

struct pass {
    const struct rt_channels *ch;
    const float *x, *dy;
    float *y;
    const float *param[N_PARAMS]; /* (n) each, NULL from the last on */
    float *repeated;              /* where channels are last: the same, wide */
    double *sums;                 /* chunks x 2 x width; NULL: none wanted */
    void (*block)(const struct pass *p, const float *const *param, double *sum,
                  size_t at, size_t m, size_t n);
};

/* ---- what a pass does with a block of rows --------------------------------*/

static void sums_block(const struct pass *p, const float *const *param,
                       double *sum, size_t at, size_t m, size_t n)
{
    rt_kern()->norm_sums(p->x + at, param[0], sum, m, n);
}

static void back_sums_block(const struct pass *p, const float *const *param,
                            double *sum, size_t at, size_t m, size_t n)
{
    rt_kern()->norm_back_sums(p->x + at, param[0], p->dy + at, sum,
                              sum + width(p->ch), m, n);
}

static void apply_block(const struct pass *p, const float *const *param,
                        double *sum, size_t at, size_t m, size_t n)
{
    (void)sum;
    rt_kern()->norm_apply(p->x + at, param[0], param[1], param[2], p->y + at, m,
                          n);
}

static void back_block(const struct pass *p, const float *const *param,
                       double *sum, size_t at, size_t m, size_t n)
{
    (void)sum;
    rt_kern()->norm_back(p->x + at, param[0], p->dy + at, param[1], param[2],
                         param[3], p->y + at, m, n);
}

/* ---- the walk -------------------------------------------------------------*/

/* Rows of n channels: as many as make whole wide rows, then what is left, for
 * which the parameters' first n serve. */
static void run_rows(const struct pass *p, const float *const *param,
                     double *sum, size_t at, size_t rows, size_t n)
{
    size_t m = rows / p->ch->tile, done = m * p->ch->tile;
    if (m)
        p->block(p, param, sum, at, m, n * p->ch->tile);
    if (rows > done)
        p->block(p, param, sum, at + done * n, rows - done, n);
}

static void run_channel(const struct pass *p, size_t c, double *sum)
{
    const struct rt_channels *ch = p->ch;
    float own[N_PARAMS][WIDTH];
    const float *param[N_PARAMS] = { NULL };
    for (int i = 0; i < N_PARAMS && p->param[i]; i++) {
        rt_kern()->fill(own[i], p->param[i][c], WIDTH);
        param[i] = own[i];
    }
    for (size_t o = 0; o < ch->outer; o++)
        run_rows(p, param, sum, (o * ch->n + c) * ch->inner, ch->inner, 1);
}

static void run_chunk(void *arg, int chunk)
{
    const struct pass *p = arg;
    const struct rt_channels *ch = p->ch;
    const float *param[N_PARAMS] = { NULL };
    size_t i = (size_t)chunk;
    double *sum = p->sums ? p->sums + i * 2 * width(ch) : NULL;
    if (!are_last(ch)) {
        run_channel(p, i, sum);
        return;
    }
    size_t from = i * ch->rows, rows = ch->outer - from;
    for (int k = 0; k < N_PARAMS && p->param[k]; k++)
        param[k] = p->repeated + (size_t)k * width(ch);
    run_rows(p, param, sum, from * ch->n, rows < ch->rows ? rows : ch->rows,
             ch->n);
}

static void repeat(struct pass *p)
{
    const struct rt_channels *ch = p->ch;
    for (int k = 0; k < N_PARAMS && p->param[k]; k++)
        for (size_t t = 0; t < ch->tile; t++)
            memcpy(p->repeated + (size_t)k * width(ch) + t * ch->n, p->param[k],
                   ch->n * sizeof(float));
}

static void run(struct pass *p, void *room, bool sums)
{
    const struct rt_channels *ch = p->ch;
    p->repeated = (float *)((double *)room + n_sums(ch));
    p->sums = sums ? room : NULL;
    if (sums)
        memset(room, 0, n_sums(ch) * sizeof(double));
    if (are_last(ch))
        repeat(p);
    rt_pool_run(ch->chunks, run_chunk, p);
}

/* The k-th sum over all chunks. */
static void total(const struct pass *p, int k, double *sum)
{
    const struct rt_channels *ch = p->ch;
    size_t w = width(ch);
    memset(sum, 0, ch->n * sizeof *sum);
    for (size_t i = 0; i < (size_t)ch->chunks; i++)
        for (size_t l = 0; l < w; l++)
            sum[are_last(ch) ? l % ch->n : i] +=
                p->sums[(2 * i + (size_t)k) * w + l];
}

/* ---- the passes -----------------------------------------------------------*/

void rt_channels_sums(const struct rt_channels *ch, const float *x,
                      const float *mean, double *sum, void *room)
{
    struct pass p = {
        .ch = ch, .x = x, .param = { mean }, .block = sums_block
    };
    run(&p, room, true);
    total(&p, 0, sum);
}

void rt_channels_back_sums(const struct rt_channels *ch, const float *x,
                           const float *mean, const float *dy, double *sum_dy,
                           double *sum_dyx, void *room)
{
    struct pass p = {
        .ch = ch, .x = x, .dy = dy, .param = { mean }, .block = back_sums_block
    };
    run(&p, room, true);
    total(&p, 0, sum_dy);
    total(&p, 1, sum_dyx);
}

void rt_channels_apply(const struct rt_channels *ch, const float *x,
                       const float *mean, const float *scale,
                       const float *shift, float *y, void *room)
{
    struct pass p = { .ch = ch,
                      .x = x,
                      .y = y,
                      .param = { mean, scale, shift },
                      .block = apply_block };
    run(&p, room, false);
}

void rt_channels_back(const struct rt_channels *ch, const float *x,
                      const float *mean, const float *dy, const float *a,
                      const float *b, const float *c, float *dx, void *room)
{
    struct pass p = { .ch = ch,
                      .x = x,
                      .dy = dy,
                      .y = dx,
                      .param = { mean, a, b, c },
                      .block = back_block };
    run(&p, room, false);
}
