/* Two passes over images: forward from x to y, backward from dy to dx. */
#include "graph/conv_pass.h"

#include "base/pool.h"
#include "graph/kern.h"

#include <string.h>

struct job {
    struct rt_conv_pass p;
    struct rt_conv_lists l;
    const float *from, *mask, *w, *start;
    bool relu, each; /* each: every channel for itself */
    float *to, *copies;
};

/* No tap meets these places. */
static void only_start(const struct job *j, const uint32_t *to, size_t n,
                       float *y)
{
    size_t size = (size_t)j->p.to_ch * sizeof *y;
    for (size_t i = 0; i < n; i++) {
        if (j->start)
            memcpy(y + to[i], j->start, size);
        else
            memset(y + to[i], 0, size);
    }
}

static void by_channel(const struct job *j, const struct rt_conv_lists *l,
                       size_t rows, size_t cols, const float *from, float *to)
{
    struct rt_lanes p = { .x = from,
                          .w = j->w,
                          .start = j->start,
                          .y = to,
                          .rows = l->from,
                          .cols = l->tap,
                          .taps = l->weight,
                          .y_rows = l->to,
                          .m = rows,
                          .k = cols,
                          .n = (size_t)j->p.to_ch,
                          .relu = j->relu };
    rt_kern()->lanes(&p);
}

static void by_group(const struct job *j, const struct rt_conv_lists *l,
                     size_t rows, size_t cols, const float *from, float *to)
{
    const struct rt_conv_pass *p = &j->p;
    size_t from_group = (size_t)p->from_group, to_group = (size_t)p->to_group;
    size_t w_group = p->axis[0].back ? from_group * to_group : to_group;
    for (size_t group = 0; group < (size_t)p->g->groups; group++) {
        struct rt_product q = {
            .a = from + group * from_group,
            .b = j->w + group * w_group,
            .c = to + group * to_group,
            .start = j->start ? j->start + group * to_group : NULL,
            .a_rows = l->from,
            .a_cols = l->tap,
            .b_rows = l->weight,
            .c_rows = l->to,
            .m = rows,
            .n = to_group,
            .k = cols,
            .relu = j->relu,
        };
        rt_kern()->product(&q);
    }
}

static void run_unit(const struct job *j, const struct rt_conv_unit *u,
                     float *copy)
{
    const struct rt_conv_pass *p = &j->p;
    const float *from = rt_conv_source(p, u, j->from, j->mask, copy);
    float *to = j->to + rt_conv_target_at(p, u);
    struct rt_conv_lists l = j->l;
    struct rt_conv_phase phase = { { 0 } };
    do {
        struct rt_conv_size n = rt_conv_phase_size(p, u, &phase);
        if (n.cols == 0)
            only_start(j, l.to, n.rows, to);
        else if (j->each)
            by_channel(j, &l, n.rows, n.cols, from, to);
        else
            by_group(j, &l, n.rows, n.cols, from, to);
        l.from += n.room;
        l.to += n.room;
        l.tap += n.cols;
        l.weight += n.cols;
    } while (rt_conv_next_phase(p, &phase));
}

static void run_chunk(void *arg, int chunk)
{
    const struct job *j = arg;
    const struct rt_conv_pass *p = &j->p;
    int begin = (int)((int64_t)p->units * chunk / p->chunks);
    int end = (int)((int64_t)p->units * (chunk + 1) / p->chunks);
    for (int u = begin; u < end; u++) {
        struct rt_conv_unit unit = rt_conv_unit_of(p, u);
        run_unit(j, &unit, j->copies + (size_t)chunk * p->copy);
    }
}

static void place_job(struct job *j, struct rt_conv_pieces *m)
{
    j->l = rt_conv_lists_in(m, &j->p);
    j->copies =
        rt_conv_piece(m, (size_t)j->p.chunks * j->p.copy * sizeof(float));
    j->each = rt_conv_each_channel(j->p.g);
}

void rt_conv_forward(const struct rt_conv *g, const float *x, const float *w,
                     const float *b, bool relu, float *y, void *scratch)
{
    struct job j = { .p = rt_conv_pass_of(g, false, false),
                     .from = x,
                     .w = w,
                     .start = b,
                     .relu = relu,
                     .to = y };
    struct rt_conv_pieces m = { .base = scratch };
    place_job(&j, &m);
    rt_conv_list_all(&j.p, &j.l);
    rt_pool_run(j.p.chunks, run_chunk, &j);
}

/* (taps, channels, filters) -> (taps, filters, channels) */
static void turn_round(const struct rt_conv *g, const float *w, float *turned)
{
    size_t channels = (size_t)(g->channels / g->groups);
    size_t filters = (size_t)g->filters, taps = rt_conv_times(g->kernel);
    for (size_t t = 0; t < taps; t++)
        for (size_t f = 0; f < filters; f++)
            for (size_t c = 0; c < channels; c++)
                *turned++ = w[(t * channels + c) * filters + f];
}

void rt_conv_back_x(const struct rt_conv *g, const float *dy, const float *y,
                    const float *w, const float *b, float *dx, void *scratch)
{
    struct job j = { .p = rt_conv_pass_of(g, true, y != NULL),
                     .from = dy,
                     .mask = y,
                     .start = b,
                     .to = dx };
    struct rt_conv_pieces m = { .base = scratch };
    float *turned = rt_conv_piece(&m, rt_conv_n_weights(g) * sizeof *turned);
    place_job(&j, &m);
    turn_round(g, w, turned);
    j.w = turned;
    rt_conv_list_all(&j.p, &j.l);
    rt_pool_run(j.p.chunks, run_chunk, &j);
}

size_t rt_conv_scratch(const struct rt_conv *g)
{
    struct job ahead = { .p = rt_conv_pass_of(g, false, false) };
    struct job back = { .p = rt_conv_pass_of(g, true, true) };
    struct rt_conv_pieces a = { 0 }, b = { 0 };
    place_job(&ahead, &a);
    rt_conv_piece(&b, rt_conv_n_weights(g) * sizeof(float));
    place_job(&back, &b);
    size_t weights = rt_conv_weights_scratch(g);
    size_t most = a.used > b.used ? a.used : b.used;
    return (most > weights ? most : weights) + 64;
}
