/* Phases, units and lists of a pass over images. */
#include "graph/conv_pass.h"

#include "graph/kern.h"

#include <string.h>

enum {
    AXES = RT_CONV_AXES,
    FLOATS = 1 << 16, /* of a source image, and of a target, in one unit */
    PLACES = 1024,    /* of the target in one unit */
    ENOUGH = 256,     /* places that are worth a product */
    CHUNKS = 32
};

/* ---- one axis -------------------------------------------------------------*/

static int phases(const struct rt_conv_axis *a)
{
    return a->back ? a->stride : 1;
}

/* Of the target's place i. */
static int phase_of(const struct rt_conv_axis *a, int i)
{
    return a->back ? (i + a->before) % a->stride : 0;
}

static int base_of(const struct rt_conv_axis *a, int i)
{
    return a->back ? (i + a->before % a->stride) / a->stride : i * a->stride;
}

static int phase_of_tap(const struct rt_conv_axis *a, int t)
{
    return a->back ? t * a->dilation % a->stride : 0;
}

/* From the base to what the tap meets. */
static int tap_at(const struct rt_conv_axis *a, int t)
{
    return a->back ? ((a->kernel - 1) * a->dilation) / a->stride -
                         t * a->dilation / a->stride
                   : t * a->dilation;
}

/* Where in the source the bases of places i, i+1, ... begin; going backward i
 * is a multiple of the stride. */
static int first_of(const struct rt_conv_axis *a, int i)
{
    return a->back ? (a->before / a->stride + i / a->stride) - tap_at(a, 0)
                   : i * a->stride - a->before;
}

/* Places of the source that n places of the target need. */
static int length(const struct rt_conv_axis *a, int n)
{
    return base_of(a, n - 1) + tap_at(a, a->back ? 0 : a->kernel - 1) + 1;
}

/* How many of n places have the phase. */
static int count_phase(const struct rt_conv_axis *a, int n, int phase)
{
    int s = phases(a), first = 0;
    if (a->back)
        first = (phase - a->before % s + s) % s;
    return n > first ? (n - 1 - first) / s + 1 : 0;
}

/* ---- a pass ---------------------------------------------------------------*/

size_t rt_conv_times(const int v[AXES])
{
    return (size_t)v[0] * (size_t)v[1] * (size_t)v[2];
}

/* Numbers of the target's rows that keep a unit within its bounds. */
static int rows_within(const struct rt_conv_pass *p)
{
    const struct rt_conv_axis *a = &p->axis[p->g->band];
    size_t places = rt_conv_times(p->to) / (size_t)p->to[p->g->band];
    int least = phases(a), n = least;
    while (n < p->to[p->g->band]) {
        int next = n + least, len[AXES];
        for (int k = 0; k < AXES; k++)
            len[k] = length(&p->axis[k], k == p->g->band ? next : p->to[k]);
        size_t to = (size_t)next * places;
        if (to > PLACES || to * (size_t)p->to_ch > FLOATS ||
            rt_conv_times(len) * (size_t)p->from_ch > FLOATS)
            break;
        n = next;
    }
    return n < p->to[p->g->band] ? n : p->to[p->g->band];
}

static void cut_units(struct rt_conv_pass *p)
{
    int b = p->g->band, most = p->to[b], len[AXES];
    p->band = rows_within(p);
    p->bands = (most + p->band - 1) / p->band;
    p->images = 1;
    for (int k = 0; k < AXES; k++)
        len[k] = length(&p->axis[k], k == b ? p->band : p->to[k]);
    size_t to = rt_conv_times(p->to),
           from = rt_conv_times(len) * (size_t)p->from_ch;
    while (p->bands == 1 && p->images < p->g->n &&
           (size_t)p->images * to < ENOUGH &&
           (size_t)(p->images + 1) * from <= FLOATS &&
           (size_t)(p->images + 1) * to * (size_t)p->to_ch <= FLOATS)
        p->images++;
    p->units = p->bands * ((p->g->n + p->images - 1) / p->images);
    memcpy(p->len, len, sizeof len);
}

int rt_conv_worth(const struct rt_conv *g, int most)
{
    double all = (double)g->n * (double)rt_conv_times(g->out) *
                 (double)rt_conv_times(g->kernel) * (g->channels / g->groups) *
                 g->filters / 1e6;
    return all < 1 ? 1 : all > most ? most : (int)all;
}

struct rt_conv_pass rt_conv_pass_of(const struct rt_conv *g, bool back,
                                    bool masked)
{
    struct rt_conv_pass p = { .g = g, .copied = masked };
    p.from_ch = back ? g->filters : g->channels;
    p.to_ch = back ? g->channels : g->filters;
    p.from_group = p.from_ch / g->groups;
    p.to_group = p.to_ch / g->groups;
    memcpy(p.from, back ? g->out : g->in, sizeof p.from);
    memcpy(p.to, back ? g->in : g->out, sizeof p.to);
    for (int k = 0; k < AXES; k++) {
        struct rt_conv_axis *a = &p.axis[k];
        *a = (struct rt_conv_axis){ back, g->stride[k], g->dilation[k],
                                    g->kernel[k], g->before[k] };
        int first = first_of(a, 0);
        p.copied |= first < 0 || first + length(a, p.to[k]) > p.from[k];
    }
    cut_units(&p);
    p.chunks = rt_conv_worth(g, p.units < CHUNKS ? p.units : CHUNKS);
    const int *of = p.copied ? p.len : p.from;
    p.step[2] = (size_t)p.from_ch;
    p.step[1] = p.step[2] * (size_t)of[2];
    p.step[0] = p.step[1] * (size_t)of[1];
    p.image = p.step[0] * (size_t)of[0];
    p.copy = p.copied ? (size_t)p.images * p.image : 0;
    p.n_rows =
        p.images * p.band * (int)(rt_conv_times(p.to) / (size_t)p.to[g->band]);
    p.n_cols = (int)rt_conv_times(g->kernel) * p.from_group;
    return p;
}

/* ---- lists ----------------------------------------------------------------*/

static uint32_t *list_rows(const struct rt_conv_pass *p,
                           const struct rt_conv_phase *phase, uint32_t *from,
                           uint32_t *to)
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
                        const struct rt_conv_axis *a = &p->axis[k];
                        meets &= phase_of(a, i[k]) == phase->at[k];
                        at += (size_t)base_of(a, i[k]) * p->step[k];
                    }
                    if (!meets)
                        continue;
                    size_t place =
                        ((size_t)i[0] * (size_t)p->to[1] + (size_t)i[1]) *
                            (size_t)p->to[2] +
                        (size_t)i[2];
                    place += (size_t)image * rt_conv_times(p->to);
                    *from++ = (uint32_t)at;
                    *to++ = (uint32_t)(place * (size_t)p->to_ch);
                }
    return from;
}

/* Rows of the weights: (kernel..., from_group) of `row` floats each, or, going
 * backward and turned round, (kernel..., from_ch). */
static uint32_t *list_cols(const struct rt_conv_pass *p,
                           const struct rt_conv_phase *phase, uint32_t *tap,
                           uint32_t *weight)
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
                    const struct rt_conv_axis *a = &p->axis[k];
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

bool rt_conv_next_phase(const struct rt_conv_pass *p,
                        struct rt_conv_phase *phase)
{
    for (int k = AXES - 1; k >= 0; k--) {
        if (++phase->at[k] < phases(&p->axis[k]))
            return true;
        phase->at[k] = 0;
    }
    return false;
}

void rt_conv_list_all(const struct rt_conv_pass *p,
                      const struct rt_conv_lists *l)
{
    struct rt_conv_phase phase = { { 0 } };
    uint32_t *from = l->from, *tap = l->tap;
    do {
        from = list_rows(p, &phase, from, l->to + (from - l->from));
        tap = list_cols(p, &phase, tap, l->weight + (tap - l->tap));
    } while (rt_conv_next_phase(p, &phase));
}

/* ---- memory ---------------------------------------------------------------*/

void *rt_conv_piece(struct rt_conv_pieces *m, size_t bytes)
{
    void *at = m->base ? m->base + m->used : NULL;
    m->used += (bytes + 63) / 64 * 64;
    return at;
}

struct rt_conv_lists rt_conv_lists_in(struct rt_conv_pieces *m,
                                      const struct rt_conv_pass *p)
{
    size_t rows = (size_t)p->n_rows * sizeof(uint32_t);
    size_t cols = (size_t)p->n_cols * sizeof(uint32_t);
    return (
        struct rt_conv_lists){ rt_conv_piece(m, rows), rt_conv_piece(m, rows),
                               rt_conv_piece(m, cols), rt_conv_piece(m, cols) };
}

/* ---- a unit's source ------------------------------------------------------*/

struct rt_conv_unit rt_conv_unit_of(const struct rt_conv_pass *p, int u)
{
    struct rt_conv_unit at = { .image = u / p->bands * p->images,
                               .row = u % p->bands * p->band };
    int left = p->g->n - at.image, rows = p->to[p->g->band] - at.row;
    at.images = left < p->images ? left : p->images;
    at.rows = rows < p->band ? rows : p->band;
    return at;
}

size_t rt_conv_places(const struct rt_conv_pass *p,
                      const struct rt_conv_unit *u)
{
    return (size_t)u->images * (size_t)u->rows *
           (rt_conv_times(p->to) / (size_t)p->to[p->g->band]);
}

size_t rt_conv_target_at(const struct rt_conv_pass *p,
                         const struct rt_conv_unit *u)
{
    size_t row = rt_conv_times(p->to) / (size_t)p->to[p->g->band];
    return ((size_t)u->image * rt_conv_times(p->to) + (size_t)u->row * row) *
           (size_t)p->to_ch;
}

struct rt_conv_size rt_conv_phase_size(const struct rt_conv_pass *p,
                                       const struct rt_conv_unit *u,
                                       const struct rt_conv_phase *phase)
{
    struct rt_conv_size n = { (size_t)u->images, (size_t)p->from_group,
                              (size_t)p->images };
    for (int k = 0; k < AXES; k++) {
        const struct rt_conv_axis *a = &p->axis[k];
        bool band = k == p->g->band;
        int taps = 0;
        for (int t = 0; t < a->kernel; t++)
            taps += phase_of_tap(a, t) == phase->at[k];
        n.cols *= (size_t)taps;
        n.room *=
            (size_t)count_phase(a, band ? p->band : p->to[k], phase->at[k]);
        n.rows *=
            (size_t)count_phase(a, band ? u->rows : p->to[k], phase->at[k]);
    }
    return n;
}

void rt_conv_mask_copy(const float *v, const float *mask, float *out, size_t n)
{
    if (mask)
        rt_kern()->unary_back(RT_UNARY_relu, mask, mask, v, out, n, 0);
    else
        memcpy(out, v, n * sizeof *out);
}

/* One line of the last axis, with what lies outside as zeros. */
static void copy_line(const struct rt_conv_pass *p, const float *v,
                      const float *mask, int first, float *out)
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
    rt_conv_mask_copy(v + at, mask ? mask + at : NULL, out + ahead * ch, n);
    memset(out + ahead * ch + n, 0,
           ((size_t)p->len[2] - ahead - (size_t)(to - from)) * size);
}

static void copy_image(const struct rt_conv_pass *p, const float *v,
                       const float *mask, const int first[AXES], float *out)
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

const float *rt_conv_source(const struct rt_conv_pass *p,
                            const struct rt_conv_unit *u, const float *v,
                            const float *mask, float *copy)
{
    int first[AXES];
    size_t image = rt_conv_times(p->from) * (size_t)p->from_ch, at = 0;
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

bool rt_conv_each_channel(const struct rt_conv *g)
{
    return g->groups == g->channels && g->filters == g->channels;
}

size_t rt_conv_n_weights(const struct rt_conv *g)
{
    return rt_conv_times(g->kernel) * (size_t)(g->channels / g->groups) *
           (size_t)g->filters;
}
