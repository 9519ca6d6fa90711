/* Two passes over images and one over weights. A pass goes from a source image
 * to a target: forward from x to y, backward from dy to dx. Along an axis the
 * target's places fall into phases, as many as the stride when going backward:
 * places of one phase meet the same taps of the kernel, at the same distances
 * from a base in the source that grows by one (forward: by the stride) from
 * place to place. So every phase is one product: rows are its places, columns
 * its taps and channels, and both are no more than lists of offsets. */
#include "graph/conv.h"

#include "base/pool.h"
#include "graph/kern.h"

#include <string.h>

enum {
    AXES = RT_CONV_AXES,
    FLOATS = 1 << 16, /* of a source image, and of a target, in one unit */
    PLACES = 1024,    /* of the target in one unit */
    ENOUGH = 256,     /* places that are worth a product */
    CHUNKS = 32,
    PARTS = 16,           /* sums of dw at most */
    PART_FLOATS = 1 << 20 /* of all of them, if they are several */
};

/* ---- one axis -------------------------------------------------------------*/

struct axis {
    bool back;
    int stride, dilation, kernel, before;
};

static int phases(const struct axis *a)
{
    return a->back ? a->stride : 1;
}

/* Of the target's place i. */
static int phase_of(const struct axis *a, int i)
{
    return a->back ? (i + a->before) % a->stride : 0;
}

static int base_of(const struct axis *a, int i)
{
    return a->back ? (i + a->before % a->stride) / a->stride : i * a->stride;
}

static int phase_of_tap(const struct axis *a, int t)
{
    return a->back ? t * a->dilation % a->stride : 0;
}

/* From the base to what the tap meets. */
static int tap_at(const struct axis *a, int t)
{
    return a->back ? ((a->kernel - 1) * a->dilation) / a->stride -
                         t * a->dilation / a->stride
                   : t * a->dilation;
}

/* Where in the source the bases of places i, i+1, ... begin; going backward i
 * is a multiple of the stride. */
static int first_of(const struct axis *a, int i)
{
    return a->back ? (a->before / a->stride + i / a->stride) - tap_at(a, 0)
                   : i * a->stride - a->before;
}

/* Places of the source that n places of the target need. */
static int length(const struct axis *a, int n)
{
    return base_of(a, n - 1) + tap_at(a, a->back ? 0 : a->kernel - 1) + 1;
}

/* How many of n places have the phase. */
static int count_phase(const struct axis *a, int n, int phase)
{
    int s = phases(a), first = 0;
    if (a->back)
        first = (phase - a->before % s + s) % s;
    return n > first ? (n - 1 - first) / s + 1 : 0;
}

/* ---- a pass ---------------------------------------------------------------*/

struct pass {
    const struct rt_conv *g;
    struct axis axis[AXES];
    int from[AXES], to[AXES];
    int from_ch, to_ch;       /* channels of both images */
    int from_group, to_group; /* of one group */
    int images, band, bands;  /* of one unit; units of one image */
    int units, chunks;
    bool copied;        /* a unit's source is copied, padded, before use */
    int len[AXES];      /* of that copy */
    size_t step[AXES];  /* floats to the next place of the source as read */
    size_t image, copy; /* floats of one image and of all in the copy */
    int n_rows, n_cols; /* of the lists, all phases together */
};

static size_t times(const int v[AXES])
{
    return (size_t)v[0] * (size_t)v[1] * (size_t)v[2];
}

/* Numbers of the target's rows that keep a unit within its bounds. */
static int rows_within(const struct pass *p)
{
    const struct axis *a = &p->axis[p->g->band];
    size_t places = times(p->to) / (size_t)p->to[p->g->band];
    int least = phases(a), n = least;
    while (n < p->to[p->g->band]) {
        int next = n + least, len[AXES];
        for (int k = 0; k < AXES; k++)
            len[k] = length(&p->axis[k], k == p->g->band ? next : p->to[k]);
        size_t to = (size_t)next * places;
        if (to > PLACES || to * (size_t)p->to_ch > FLOATS ||
            times(len) * (size_t)p->from_ch > FLOATS)
            break;
        n = next;
    }
    return n < p->to[p->g->band] ? n : p->to[p->g->band];
}

static void cut_units(struct pass *p)
{
    int b = p->g->band, most = p->to[b], len[AXES];
    p->band = rows_within(p);
    p->bands = (most + p->band - 1) / p->band;
    p->images = 1;
    for (int k = 0; k < AXES; k++)
        len[k] = length(&p->axis[k], k == b ? p->band : p->to[k]);
    size_t to = times(p->to), from = times(len) * (size_t)p->from_ch;
    while (p->bands == 1 && p->images < p->g->n &&
           (size_t)p->images * to < ENOUGH &&
           (size_t)(p->images + 1) * from <= FLOATS &&
           (size_t)(p->images + 1) * to * (size_t)p->to_ch <= FLOATS)
        p->images++;
    p->units = p->bands * ((p->g->n + p->images - 1) / p->images);
    memcpy(p->len, len, sizeof len);
}

/* Numbers multiplied, in millions: less is not worth a thread. */
static int worth(const struct rt_conv *g, int most)
{
    double all = (double)g->n * (double)times(g->out) *
                 (double)times(g->kernel) * (g->channels / g->groups) *
                 g->filters / 1e6;
    return all < 1 ? 1 : all > most ? most : (int)all;
}

static struct pass pass_of(const struct rt_conv *g, bool back, bool masked)
{
    struct pass p = { .g = g, .copied = masked };
    p.from_ch = back ? g->filters : g->channels;
    p.to_ch = back ? g->channels : g->filters;
    p.from_group = p.from_ch / g->groups;
    p.to_group = p.to_ch / g->groups;
    memcpy(p.from, back ? g->out : g->in, sizeof p.from);
    memcpy(p.to, back ? g->in : g->out, sizeof p.to);
    for (int k = 0; k < AXES; k++) {
        struct axis *a = &p.axis[k];
        *a = (struct axis){ back, g->stride[k], g->dilation[k], g->kernel[k],
                            g->before[k] };
        int first = first_of(a, 0);
        p.copied |= first < 0 || first + length(a, p.to[k]) > p.from[k];
    }
    cut_units(&p);
    p.chunks = worth(g, p.units < CHUNKS ? p.units : CHUNKS);
    const int *of = p.copied ? p.len : p.from;
    p.step[2] = (size_t)p.from_ch;
    p.step[1] = p.step[2] * (size_t)of[2];
    p.step[0] = p.step[1] * (size_t)of[1];
    p.image = p.step[0] * (size_t)of[0];
    p.copy = p.copied ? (size_t)p.images * p.image : 0;
    p.n_rows = p.images * p.band * (int)(times(p.to) / (size_t)p.to[g->band]);
    p.n_cols = (int)times(g->kernel) * p.from_group;
    return p;
}

/* ---- lists ----------------------------------------------------------------*/

/* Rows: where a place's base lies in the source, and the place in the target.
 * Columns: from the base to a tap's channel, and the tap's row of weights. */
struct lists {
    uint32_t *from, *to;
    uint32_t *tap, *weight;
};

struct phase {
    int at[AXES];
};

static uint32_t *list_rows(const struct pass *p, const struct phase *phase,
                           uint32_t *from, uint32_t *to)
{
    int n[AXES], i[AXES];
    memcpy(n, p->to, sizeof n);
    n[p->g->band] = p->band;
    for (int image = 0; image < p->images; image++)
        for (i[0] = 0; i[0] < n[0]; i[0]++)
            for (i[1] = 0; i[1] < n[1]; i[1]++)
                for (i[2] = 0; i[2] < n[2]; i[2]++) {
                    size_t at = (size_t)image * p->image;
                    bool meets = true;
                    for (int k = 0; k < AXES; k++) {
                        const struct axis *a = &p->axis[k];
                        meets &= phase_of(a, i[k]) == phase->at[k];
                        at += (size_t)base_of(a, i[k]) * p->step[k];
                    }
                    if (!meets)
                        continue;
                    size_t place =
                        ((size_t)i[0] * (size_t)p->to[1] + (size_t)i[1]) *
                            (size_t)p->to[2] +
                        (size_t)i[2];
                    place += (size_t)image * times(p->to);
                    *from++ = (uint32_t)at;
                    *to++ = (uint32_t)(place * (size_t)p->to_ch);
                }
    return from;
}

/* Rows of the weights: (kernel..., from_group) of `row` floats each, or, going
 * backward and turned round, (kernel..., from_ch). */
static uint32_t *list_cols(const struct pass *p, const struct phase *phase,
                           uint32_t *tap, uint32_t *weight)
{
    const int *n = p->g->kernel;
    bool back = p->axis[0].back;
    size_t rows = (size_t)(back ? p->from_ch : p->from_group);
    size_t row = (size_t)(back ? p->to_group : p->to_ch);
    int t[AXES], number = 0;
    for (t[0] = 0; t[0] < n[0]; t[0]++)
        for (t[1] = 0; t[1] < n[1]; t[1]++)
            for (t[2] = 0; t[2] < n[2]; t[2]++, number++) {
                size_t at = 0;
                bool meets = true;
                for (int k = 0; k < AXES; k++) {
                    const struct axis *a = &p->axis[k];
                    meets &= phase_of_tap(a, t[k]) == phase->at[k];
                    at += (size_t)tap_at(a, t[k]) * p->step[k];
                }
                for (int c = 0; meets && c < p->from_group; c++) {
                    *tap++ = (uint32_t)(at + (size_t)c);
                    *weight++ =
                        (uint32_t)(((size_t)number * rows + (size_t)c) * row);
                }
            }
    return tap;
}

static bool next_phase(const struct pass *p, struct phase *phase)
{
    for (int k = AXES - 1; k >= 0; k--) {
        if (++phase->at[k] < phases(&p->axis[k]))
            return true;
        phase->at[k] = 0;
    }
    return false;
}

static void list_all(const struct pass *p, const struct lists *l)
{
    struct phase phase = { { 0 } };
    uint32_t *from = l->from, *tap = l->tap;
    do {
        from = list_rows(p, &phase, from, l->to + (from - l->from));
        tap = list_cols(p, &phase, tap, l->weight + (tap - l->tap));
    } while (next_phase(p, &phase));
}

/* ---- memory ---------------------------------------------------------------*/

/* Pieces of the scratch block; of none, to learn how large it must be. */
struct pieces {
    char *base;
    size_t used;
};

static void *piece(struct pieces *m, size_t bytes)
{
    void *at = m->base ? m->base + m->used : NULL;
    m->used += (bytes + 63) / 64 * 64;
    return at;
}

static struct lists lists_in(struct pieces *m, const struct pass *p)
{
    size_t rows = (size_t)p->n_rows * sizeof(uint32_t);
    size_t cols = (size_t)p->n_cols * sizeof(uint32_t);
    return (struct lists){ piece(m, rows), piece(m, rows), piece(m, cols),
                           piece(m, cols) };
}

/* ---- a unit's source ------------------------------------------------------*/

struct unit {
    int image, images; /* first and number */
    int row, rows;     /* of the target, along the band's axis */
};

static struct unit unit_of(const struct pass *p, int u)
{
    struct unit at = { .image = u / p->bands * p->images,
                       .row = u % p->bands * p->band };
    int left = p->g->n - at.image, rows = p->to[p->g->band] - at.row;
    at.images = left < p->images ? left : p->images;
    at.rows = rows < p->band ? rows : p->band;
    return at;
}

static size_t places(const struct pass *p, const struct unit *u)
{
    return (size_t)u->images * (size_t)u->rows *
           (times(p->to) / (size_t)p->to[p->g->band]);
}

/* The unit's first place in the target. */
static size_t target_at(const struct pass *p, const struct unit *u)
{
    size_t row = times(p->to) / (size_t)p->to[p->g->band];
    return ((size_t)u->image * times(p->to) + (size_t)u->row * row) *
           (size_t)p->to_ch;
}

static void mask_copy(const float *v, const float *mask, float *out, size_t n)
{
    if (mask)
        rt_kern()->unary_back(RT_UNARY_relu, mask, mask, v, out, n, 0);
    else
        memcpy(out, v, n * sizeof *out);
}

/* One line of the last axis, with what lies outside as zeros. */
static void copy_line(const struct pass *p, const float *v, const float *mask,
                      int first, float *out)
{
    int from = first > 0 ? first : 0, to = first + p->len[2];
    size_t ch = (size_t)p->from_ch, size = ch * sizeof *out;
    if (to > p->from[2])
        to = p->from[2];
    if (from >= to) {
        memset(out, 0, (size_t)p->len[2] * size);
        return;
    }
    size_t at = (size_t)from * ch, n = (size_t)(to - from) * ch;
    size_t ahead = (size_t)(from - first);
    memset(out, 0, ahead * size);
    mask_copy(v + at, mask ? mask + at : NULL, out + ahead * ch, n);
    memset(out + ahead * ch + n, 0,
           ((size_t)p->len[2] - ahead - (size_t)(to - from)) * size);
}

static void copy_image(const struct pass *p, const float *v, const float *mask,
                       const int first[AXES], float *out)
{
    size_t line = (size_t)p->from[2] * (size_t)p->from_ch;
    size_t wide = (size_t)p->len[2] * (size_t)p->from_ch;
    for (int i = first[0]; i < first[0] + p->len[0]; i++)
        for (int j = first[1]; j < first[1] + p->len[1]; j++, out += wide) {
            if (i < 0 || i >= p->from[0] || j < 0 || j >= p->from[1]) {
                memset(out, 0, wide * sizeof *out);
                continue;
            }
            size_t at = ((size_t)i * (size_t)p->from[1] + (size_t)j) * line;
            copy_line(p, v + at, mask ? mask + at : NULL, first[2], out);
        }
}

/* What the lists' offsets count from. */
static const float *source(const struct pass *p, const struct unit *u,
                           const float *v, const float *mask, float *copy)
{
    int first[AXES];
    size_t image = times(p->from) * (size_t)p->from_ch, at = 0;
    for (int k = 0; k < AXES; k++) {
        first[k] = first_of(&p->axis[k], k == p->g->band ? u->row : 0);
        at += p->copied ? 0 : (size_t)first[k] * p->step[k];
    }
    at += (size_t)u->image * image;
    if (!p->copied)
        return v + at;
    for (int i = 0; i < u->images; i++, at += image)
        copy_image(p, v + at, mask ? mask + at : NULL, first,
                   copy + (size_t)i * p->image);
    return copy;
}

/* ---- from image to image --------------------------------------------------*/

struct job {
    struct pass p;
    struct lists l;
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

static void by_channel(const struct job *j, const struct lists *l, size_t rows,
                       size_t cols, const float *from, float *to)
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

static void by_group(const struct job *j, const struct lists *l, size_t rows,
                     size_t cols, const float *from, float *to)
{
    const struct pass *p = &j->p;
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

static void run_unit(const struct job *j, const struct unit *u, float *copy)
{
    const struct pass *p = &j->p;
    const float *from = source(p, u, j->from, j->mask, copy);
    float *to = j->to + target_at(p, u);
    struct lists l = j->l;
    struct phase phase = { { 0 } };
    do {
        size_t all = (size_t)p->images, now = (size_t)u->images;
        size_t cols = (size_t)p->from_group;
        for (int k = 0; k < AXES; k++) {
            const struct axis *a = &p->axis[k];
            bool band = k == p->g->band;
            int taps = 0;
            for (int t = 0; t < a->kernel; t++)
                taps += phase_of_tap(a, t) == phase.at[k];
            cols *= (size_t)taps;
            all *=
                (size_t)count_phase(a, band ? p->band : p->to[k], phase.at[k]);
            now *=
                (size_t)count_phase(a, band ? u->rows : p->to[k], phase.at[k]);
        }
        if (cols == 0)
            only_start(j, l.to, now, to);
        else if (j->each)
            by_channel(j, &l, now, cols, from, to);
        else
            by_group(j, &l, now, cols, from, to);
        l.from += all;
        l.to += all;
        l.tap += cols;
        l.weight += cols;
    } while (next_phase(p, &phase));
}

static void run_chunk(void *arg, int chunk)
{
    const struct job *j = arg;
    const struct pass *p = &j->p;
    int begin = (int)((int64_t)p->units * chunk / p->chunks);
    int end = (int)((int64_t)p->units * (chunk + 1) / p->chunks);
    for (int u = begin; u < end; u++) {
        struct unit unit = unit_of(p, u);
        run_unit(j, &unit, j->copies + (size_t)chunk * p->copy);
    }
}

static bool each_channel(const struct rt_conv *g)
{
    return g->groups == g->channels && g->filters == g->channels;
}

static void place_job(struct job *j, struct pieces *m)
{
    j->l = lists_in(m, &j->p);
    j->copies = piece(m, (size_t)j->p.chunks * j->p.copy * sizeof(float));
    j->each = each_channel(j->p.g);
}

void rt_conv_forward(const struct rt_conv *g, const float *x, const float *w,
                     const float *b, bool relu, float *y, void *scratch)
{
    struct job j = { .p = pass_of(g, false, false),
                     .from = x,
                     .w = w,
                     .start = b,
                     .relu = relu,
                     .to = y };
    struct pieces m = { .base = scratch };
    place_job(&j, &m);
    list_all(&j.p, &j.l);
    rt_pool_run(j.p.chunks, run_chunk, &j);
}

static size_t n_weights(const struct rt_conv *g)
{
    return times(g->kernel) * (size_t)(g->channels / g->groups) *
           (size_t)g->filters;
}

/* (taps, channels, filters) -> (taps, filters, channels) */
static void turn_round(const struct rt_conv *g, const float *w, float *turned)
{
    size_t channels = (size_t)(g->channels / g->groups);
    size_t filters = (size_t)g->filters, taps = times(g->kernel);
    for (size_t t = 0; t < taps; t++)
        for (size_t f = 0; f < filters; f++)
            for (size_t c = 0; c < channels; c++)
                *turned++ = w[(t * channels + c) * filters + f];
}

void rt_conv_back_x(const struct rt_conv *g, const float *dy, const float *y,
                    const float *w, const float *b, float *dx, void *scratch)
{
    struct job j = { .p = pass_of(g, true, y != NULL),
                     .from = dy,
                     .mask = y,
                     .start = b,
                     .to = dx };
    struct pieces m = { .base = scratch };
    float *turned = piece(&m, n_weights(g) * sizeof *turned);
    place_job(&j, &m);
    turn_round(g, w, turned);
    j.w = turned;
    list_all(&j.p, &j.l);
    rt_pool_run(j.p.chunks, run_chunk, &j);
}

/* ---- the weights' gradient ------------------------------------------------*/

/* Units are shared among parts, each with a sum of its own; where the weights
 * are too many for that, their rows are shared among slices. */
struct sums {
    struct pass p;
    struct lists l;
    const float *x, *dy, *y;
    float *dw, *db; /* those of the first part; NULL: not wanted */
    int parts, slices;
    size_t n, filters; /* of dw, of db */
    float *copies, *masked, *few;
    size_t masked_n;
};

static void place_sums(struct sums *s, struct pieces *m, bool masked)
{
    const struct rt_conv *g = s->p.g;
    s->n = n_weights(g);
    s->filters = (size_t)g->filters;
    int most = worth(g, PARTS);
    s->parts = s->n < PART_FLOATS / PARTS ? PARTS : (int)(PART_FLOATS / s->n);
    s->parts = s->parts < 1 ? 1 : s->parts;
    s->parts = s->parts > most ? most : s->parts;
    s->parts = s->parts > s->p.units ? s->p.units : s->parts;
    s->slices = each_channel(g) ? 1 : most / s->parts;
    if (s->slices > s->p.n_cols / 48)
        s->slices = s->p.n_cols / 48 > 1 ? s->p.n_cols / 48 : 1;
    s->masked_n = masked ? (size_t)s->p.n_rows * s->filters : 0;
    s->l = lists_in(m, &s->p);
    /* room for `most` chunks: parts x slices may be more in a smaller batch */
    s->copies = piece(m, (size_t)most * s->p.copy * sizeof(float));
    s->masked = piece(m, (size_t)most * s->masked_n * sizeof(float));
    s->few = piece(m, (size_t)s->parts * s->filters * sizeof(float));
    if (s->parts > 1) {
        s->dw = piece(m, (size_t)s->parts * s->n * sizeof(float));
        s->db = piece(m, (size_t)s->parts * s->filters * sizeof(float));
    }
}

static void sum_unit(const struct sums *s, const struct unit *u, int part,
                     int slice, float *copy, float *masked)
{
    const struct pass *p = &s->p;
    const float *x = source(p, u, s->x, NULL, copy);
    const float *dy = s->dy + target_at(p, u);
    size_t rows = places(p, u), cols = (size_t)p->n_cols;
    size_t begin = cols * (size_t)slice / (size_t)s->slices;
    size_t end = cols * (size_t)(slice + 1) / (size_t)s->slices;
    if (s->y) {
        mask_copy(dy, s->y + target_at(p, u), masked, rows * s->filters);
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
    if (each_channel(p->g)) {
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
        struct unit unit = unit_of(&s->p, u);
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
    struct sums s = { .p = pass_of(g, false, false),
                      .x = x,
                      .dy = dy,
                      .y = y,
                      .dw = dw,
                      .db = db };
    struct pieces m = { .base = scratch };
    place_sums(&s, &m, y != NULL);
    s.dw = dw ? s.dw : NULL;
    s.db = db ? s.db : NULL;
    list_all(&s.p, &s.l);
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

size_t rt_conv_scratch(const struct rt_conv *g)
{
    struct job ahead = { .p = pass_of(g, false, false) };
    struct job back = { .p = pass_of(g, true, true) };
    struct sums s = { .p = pass_of(g, false, false) };
    struct pieces a = { 0 }, b = { 0 }, c = { 0 };
    place_job(&ahead, &a);
    piece(&b, n_weights(g) * sizeof(float));
    place_job(&back, &b);
    place_sums(&s, &c, true);
    size_t most = a.used > b.used ? a.used : b.used;
    return (most > c.used ? most : c.used) + 64;
}
