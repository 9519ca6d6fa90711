/* The gradient of a convolution's weights: a sum over the places of all images,
 * by the lists of the forward pass. */
#include "graph/conv_pass.h"

#include "base/pool.h"
#include "graph/kern.h"

#include <string.h>

enum {
    PARTS = 16,           /* sums of dw at most */
    PART_FLOATS = 1 << 20 /* of all of them, if they are several */
};

/* Units are shared among parts, each with a sum of its own; where the weights
 * are too many for that, their rows are shared among slices. */
struct sums {
    struct rt_conv_pass p;
    struct rt_conv_lists l;
    const float *x, *dy, *y;
    float *dw, *db; /* those of the first part; NULL: not wanted */
    int parts, slices;
    size_t n, filters; /* of dw, of db */
    float *copies, *masked, *few;
    size_t masked_n;
};

static void place_sums(struct sums *s, struct rt_conv_pieces *m, bool masked)
{
    const struct rt_conv *g = s->p.g;
    s->n = rt_conv_n_weights(g);
    s->filters = (size_t)g->filters;
    int most = rt_conv_worth(g, PARTS);
    s->parts = s->n < PART_FLOATS / PARTS ? PARTS : (int)(PART_FLOATS / s->n);
    s->parts = s->parts < 1 ? 1 : s->parts;
    s->parts = s->parts > most ? most : s->parts;
    s->parts = s->parts > s->p.units ? s->p.units : s->parts;
    s->slices = rt_conv_each_channel(g) ? 1 : most / s->parts;
    if (s->slices > s->p.n_cols / 48)
        s->slices = s->p.n_cols / 48 > 1 ? s->p.n_cols / 48 : 1;
    s->masked_n = masked ? (size_t)s->p.n_rows * s->filters : 0;
    s->l = rt_conv_lists_in(m, &s->p);
    /* room for `most` chunks: parts x slices may be more in a smaller batch */
    s->copies = rt_conv_piece(m, (size_t)most * s->p.copy * sizeof(float));
    s->masked = rt_conv_piece(m, (size_t)most * s->masked_n * sizeof(float));
    s->few = rt_conv_piece(m, (size_t)s->parts * s->filters * sizeof(float));
    if (s->parts > 1) {
        s->dw = rt_conv_piece(m, (size_t)s->parts * s->n * sizeof(float));
        s->db = rt_conv_piece(m, (size_t)s->parts * s->filters * sizeof(float));
    }
}

static void sum_unit(const struct sums *s, const struct rt_conv_unit *u,
                     int part, int slice, float *copy, float *masked)
{
    const struct rt_conv_pass *p = &s->p;
    const float *x = rt_conv_source(p, u, s->x, NULL, copy);
    const float *dy = s->dy + rt_conv_target_at(p, u);
    size_t rows = rt_conv_places(p, u), cols = (size_t)p->n_cols;
    size_t begin = cols * (size_t)slice / (size_t)s->slices;
    size_t end = cols * (size_t)(slice + 1) / (size_t)s->slices;
    if (s->y) {
        rt_conv_mask_copy(dy, s->y + rt_conv_target_at(p, u), masked,
                          rows * s->filters);
        dy = masked;
    }
    if (s->db && slice == 0) {
        float *few = s->few + (size_t)part * s->filters;
        rt_kern()->col_sum(dy, few, rows, s->filters);
        rt_kern()->axpy(s->db + (size_t)part * s->filters, 1, few, s->filters);
    }
    if (!s->dw)
        return;
    float *dw = s->dw + (size_t)part * s->n;
    if (rt_conv_each_channel(p->g)) {
        struct rt_lanes q = { .x = x,
                              .y = (float *)(uintptr_t)dy,
                              .rows = s->l.from,
                              .cols = s->l.tap,
                              .taps = s->l.weight,
                              .y_rows = s->l.to,
                              .m = rows,
                              .k = cols,
                              .n = s->filters };
        rt_kern()->lanes_back(&q, dw);
        return;
    }
    for (size_t group = 0; group < (size_t)p->g->groups; group++) {
        struct rt_product q = { .a = x + group * (size_t)p->from_group,
                                .b = dy + group * (size_t)p->to_group,
                                .c = dw + group * (size_t)p->to_group,
                                .a_rows = s->l.tap + begin,
                                .a_cols = s->l.from,
                                .c_rows = s->l.weight + begin,
                                .ldb = s->filters,
                                .m = end - begin,
                                .n = (size_t)p->to_group,
                                .k = rows,
                                .add = true };
        rt_kern()->product(&q);
    }
}

static void sum_chunk(void *arg, int chunk)
{
    const struct sums *s = arg;
    int part = chunk / s->slices, slice = chunk % s->slices;
    int begin = (int)((int64_t)s->p.units * part / s->parts);
    int end = (int)((int64_t)s->p.units * (part + 1) / s->parts);
    for (int u = begin; u < end; u++) {
        struct rt_conv_unit unit = rt_conv_unit_of(&s->p, u);
        sum_unit(s, &unit, part, slice, s->copies + (size_t)chunk * s->p.copy,
                 s->masked + (size_t)chunk * s->masked_n);
    }
}

static void fold(const float *parts, int n_parts, float *out, size_t n)
{
    if (parts == out)
        return;
    memcpy(out, parts, n * sizeof *out);
    for (int i = 1; i < n_parts; i++)
        rt_kern()->axpy(out, 1, parts + (size_t)i * n, n);
}

void rt_conv_back_w(const struct rt_conv *g, const float *x, const float *dy,
                    const float *y, float *dw, float *db, void *scratch)
{
    struct sums s = { .p = rt_conv_pass_of(g, false, false),
                      .x = x,
                      .dy = dy,
                      .y = y,
                      .dw = dw,
                      .db = db };
    struct rt_conv_pieces m = { .base = scratch };
    place_sums(&s, &m, y != NULL);
    s.dw = dw ? s.dw : NULL;
    s.db = db ? s.db : NULL;
    rt_conv_list_all(&s.p, &s.l);
    if (dw)
        memset(s.dw, 0, (size_t)s.parts * s.n * sizeof *dw);
    if (db)
        memset(s.db, 0, (size_t)s.parts * s.filters * sizeof *db);
    rt_pool_run(s.parts * s.slices, sum_chunk, &s);
    if (dw)
        fold(s.dw, s.parts, dw, s.n);
    if (db)
        fold(s.db, s.parts, db, s.filters);
}

size_t rt_conv_weights_scratch(const struct rt_conv *g)
{
    struct sums s = { .p = rt_conv_pass_of(g, false, false) };
    struct rt_conv_pieces m = { 0 };
    place_sums(&s, &m, true);
    return m.used;
}
