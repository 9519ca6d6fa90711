/* Gates of the recurrent operators: one step of some rows. What tanh and
 * sigmoid (or hard_sigmoid) make of an LSTM, the usual case by far, is one pass
 * over the units; other functions are applied row by row. Only for kern_body.h.
 *
 * Source: Keras 2.3.1 recurrent.py, LSTMCell and GRUCell. */
#ifndef RT_GRAPH_KERN_GATES_H
#define RT_GRAPH_KERN_GATES_H
#include "graph/kern.h"
#include "graph/kern_math.h"

#include <string.h>

static void unary(enum rt_unary f, const float *x, float *y, size_t n,
                  float alpha);
static void unary_back(enum rt_unary f, const float *x, const float *y,
                       const float *dy, float *dx, size_t n, float alpha);

static void apply(struct rt_gate_fn f, float *x, size_t n)
{
    unary(f.f, x, x, n, f.alpha);
}

/* y: the function's value; its gradient dy becomes the operand's, in dx. */
static void apply_back(struct rt_gate_fn f, const float *x, const float *y,
                       const float *dy, float *dx, size_t n)
{
    unary_back(f.f, x, y, dy, dx, n, f.alpha);
}

/* ---- lstm: i f c o --------------------------------------------------------*/

/* The places of a row's units. */
struct lanes {
    float *i, *f, *g, *o; /* gates; on the way back their gradients after it */
    const float *c0;
    float *c, *a, *h;
    const float *dh;
    float *dc;
};

#define EACH_LANE _Pragma("omp simd") for (size_t j = 0; j < n; j++)

static inline __attribute__((always_inline)) void
lstm_lanes(const struct lanes *l, size_t n, bool hard)
{
    float *i = l->i, *f = l->f, *g = l->g, *o = l->o;
    float *c = l->c, *a = l->a, *h = l->h;
    const float *c0 = l->c0;
    EACH_LANE
    {
        float in = hard ? hard_sigmoid_f(i[j]) : sigmoid_f(i[j]);
        float keep = hard ? hard_sigmoid_f(f[j]) : sigmoid_f(f[j]);
        float out = hard ? hard_sigmoid_f(o[j]) : sigmoid_f(o[j]);
        float cand = tanh_f(g[j]);
        float cell = keep * c0[j] + in * cand;
        float shown = tanh_f(cell);
        i[j] = in;
        f[j] = keep;
        g[j] = cand;
        o[j] = out;
        c[j] = cell;
        a[j] = shown;
        h[j] = out * shown;
    }
}

static inline float slope(float y, bool hard)
{
    return hard ? (y > 0 && y < 1 ? 0.2f : 0.0f) : y * (1.0f - y);
}

static inline __attribute__((always_inline)) void
lstm_lanes_back(const struct lanes *l, size_t n, bool hard)
{
    float *i = l->i, *f = l->f, *g = l->g, *o = l->o, *dc = l->dc;
    const float *c0 = l->c0, *a = l->a, *dh = l->dh;
    EACH_LANE
    {
        float in = i[j], keep = f[j], cand = g[j], out = o[j];
        float cell = dc[j] + dh[j] * out * (1.0f - a[j] * a[j]);
        i[j] = cell * cand * slope(in, hard);
        f[j] = cell * c0[j] * slope(keep, hard);
        g[j] = cell * in * (1.0f - cand * cand);
        o[j] = dh[j] * a[j] * slope(out, hard);
        dc[j] = cell * keep;
    }
}

/* Runs fn over n units in whole registers: the last ones in a copy. */
#define N_LANES 10
typedef void lanes_fn(const struct lanes *l, size_t n, bool hard);
static inline __attribute__((always_inline)) void
in_lanes(const struct lanes *row, size_t n, bool hard, lanes_fn *fn)
{
    enum { WIDE = RT_KERN_WIDTH };
    struct lanes l = *row;
    float *at[N_LANES] = { l.i,
                           l.f,
                           l.g,
                           l.o,
                           (float *)(uintptr_t)l.c0,
                           l.c,
                           l.a,
                           l.h,
                           (float *)(uintptr_t)l.dh,
                           l.dc };
    size_t j = 0;
    for (; j + WIDE <= n; j += WIDE) {
        struct lanes some = { l.i + j, l.f + j, l.g + j, l.o + j, l.c0 + j,
                              l.c + j, l.a + j, NULL,    NULL,    NULL };
        if (l.h)
            some.h = l.h + j;
        if (l.dh) {
            some.dh = l.dh + j;
            some.dc = l.dc + j;
        }
        fn(&some, WIDE, hard);
    }
    if (j == n)
        return;
    float copy[N_LANES][WIDE] = { { 0 } };
    size_t bytes = (n - j) * sizeof(float);
    for (int k = 0; k < N_LANES; k++)
        if (at[k])
            memcpy(copy[k], at[k] + j, bytes);
    fn(&(struct lanes){ copy[0], copy[1], copy[2], copy[3], copy[4], copy[5],
                        copy[6], copy[7], copy[8], copy[9] },
       WIDE, hard);
    for (int k = 0; k < N_LANES; k++)
        if (at[k] && at[k] != l.c0 && at[k] != l.dh)
            memcpy(at[k] + j, copy[k], bytes);
}

static struct lanes lanes_of(const struct rt_lstm_step *s, size_t r)
{
    size_t u = s->units;
    float *z = s->z + r * 4 * u;
    struct lanes l = { z,
                       z + u,
                       z + 2 * u,
                       z + 3 * u,
                       s->c0 + r * u,
                       s->c + r * u,
                       s->a + r * u,
                       NULL,
                       NULL,
                       NULL };
    if (s->h)
        l.h = s->h + r * u;
    if (s->dh) {
        l.dh = s->dh + r * u;
        l.dc = s->dc + r * u;
    }
    return l;
}

static void lstm_any(const struct rt_lstm_step *s, const struct lanes *l,
                     size_t r)
{
    size_t n = s->units;
    if (s->pre)
        memcpy(s->pre + r * 4 * n, l->i, 4 * n * sizeof(float));
    apply(s->rec, l->i, 2 * n);
    apply(s->act, l->g, n);
    apply(s->rec, l->o, n);
    EACH_LANE l->a[j] = l->c[j] = l->f[j] * l->c0[j] + l->i[j] * l->g[j];
    apply(s->act, l->a, n);
    EACH_LANE l->h[j] = l->o[j] * l->a[j];
}

static void lstm_any_back(const struct rt_lstm_step *s, const struct lanes *l,
                          size_t r)
{
    size_t n = s->units;
    const float *pre = s->pre ? s->pre + r * 4 * n : l->i;
    float *d = s->work;
    EACH_LANE
    {
        d[j] = l->dh[j] * l->o[j];
        d[3 * n + j] = l->dh[j] * l->a[j];
    }
    apply_back(s->act, l->c, l->a, d, d, n);
    EACH_LANE
    {
        float cell = l->dc[j] + d[j];
        d[j] = cell * l->g[j];
        d[n + j] = cell * l->c0[j];
        d[2 * n + j] = cell * l->i[j];
        l->dc[j] = cell * l->f[j];
    }
    apply_back(s->rec, pre, l->i, d, l->i, 2 * n);
    apply_back(s->act, pre + 2 * n, l->g, d + 2 * n, l->g, n);
    apply_back(s->rec, pre + 3 * n, l->o, d + 3 * n, l->o, n);
}

static bool usual(struct rt_gate_fn act, enum rt_unary rec,
                  struct rt_gate_fn is)
{
    return act.f == RT_UNARY_tanh && is.f == rec;
}

static void lstm(const struct rt_lstm_step *s)
{
    for (size_t r = 0; r < s->rows; r++) {
        struct lanes l = lanes_of(s, r);
        if (usual(s->act, RT_UNARY_sigmoid, s->rec))
            in_lanes(&l, s->units, false, lstm_lanes);
        else if (usual(s->act, RT_UNARY_hard_sigmoid, s->rec))
            in_lanes(&l, s->units, true, lstm_lanes);
        else
            lstm_any(s, &l, r);
    }
}

static void lstm_back(const struct rt_lstm_step *s)
{
    for (size_t r = 0; r < s->rows; r++) {
        struct lanes l = lanes_of(s, r);
        if (usual(s->act, RT_UNARY_sigmoid, s->rec))
            in_lanes(&l, s->units, false, lstm_lanes_back);
        else if (usual(s->act, RT_UNARY_hard_sigmoid, s->rec))
            in_lanes(&l, s->units, true, lstm_lanes_back);
        else
            lstm_any_back(s, &l, r);
    }
}

/* ---- gru: z r h -----------------------------------------------------------*/

/* One row of a step. */
struct gru_row {
    float *z, *r, *g; /* gates; on the way back their gradients after it */
    const float *pre; /* of all three, or the gates if not needed */
    const float *h0, *read;
    float *h, *inner;
    const float *dh;
    float *dh0, *d_inner;
};

static struct gru_row gru_row_of(const struct rt_gru_step *s, size_t r)
{
    size_t u = s->units, at = r * u;
    float *z = s->z + 3 * at;
    struct gru_row row = { .z = z, .r = z + u, .g = z + 2 * u };
    row.pre = s->pre ? s->pre + 3 * at : z;
    row.h0 = s->h0 + at;
    row.read = s->read + at;
    row.inner = s->inner + at;
    if (s->h)
        row.h = s->h + at;
    if (s->dh) {
        row.dh = s->dh + at;
        row.dh0 = s->dh0 + at;
        row.d_inner = s->d_inner + at;
    }
    return row;
}

static void gru_reset(const struct rt_gru_step *s)
{
    size_t n = s->units;
    for (size_t r = 0; r < s->rows; r++) {
        struct gru_row l = gru_row_of(s, r);
        if (s->pre)
            memcpy(s->pre + r * 3 * n, l.z, 2 * n * sizeof(float));
        apply(s->rec, l.z, 2 * n);
        if (s->after)
            EACH_LANE l.g[j] += l.r[j] * l.inner[j];
        else
            EACH_LANE l.inner[j] = l.r[j] * l.read[j];
    }
}

static void gru_out(const struct rt_gru_step *s)
{
    size_t n = s->units;
    for (size_t r = 0; r < s->rows; r++) {
        struct gru_row l = gru_row_of(s, r);
        if (s->pre)
            memcpy(s->pre + r * 3 * n + 2 * n, l.g, n * sizeof(float));
        apply(s->act, l.g, n);
        EACH_LANE l.h[j] = l.z[j] * l.h0[j] + (1.0f - l.z[j]) * l.g[j];
    }
}

static void gru_out_back(const struct rt_gru_step *s)
{
    size_t n = s->units;
    for (size_t r = 0; r < s->rows; r++) {
        struct gru_row l = gru_row_of(s, r);
        float *dz = s->work, *dg = s->work + n;
        EACH_LANE
        {
            dz[j] = l.dh[j] * (l.h0[j] - l.g[j]);
            dg[j] = l.dh[j] * (1.0f - l.z[j]);
            l.dh0[j] = l.dh[j] * l.z[j];
        }
        apply_back(s->rec, l.pre, l.z, dz, l.z, n);
        apply_back(s->act, l.pre + 2 * n, l.g, dg, l.g, n);
        if (!s->after)
            continue;
        EACH_LANE
        {
            dz[j] = l.g[j] * l.inner[j];
            l.d_inner[j] = l.g[j] * l.r[j];
        }
        apply_back(s->rec, l.pre + n, l.r, dz, l.r, n);
    }
}

static void gru_reset_back(const struct rt_gru_step *s)
{
    size_t n = s->units;
    for (size_t r = 0; r < s->rows; r++) {
        struct gru_row l = gru_row_of(s, r);
        float *dr = s->work;
        EACH_LANE
        {
            dr[j] = l.d_inner[j] * l.read[j];
            l.d_inner[j] *= l.r[j];
        }
        apply_back(s->rec, l.pre + n, l.r, dr, l.r, n);
    }
}

#undef EACH_LANE
#undef N_LANES
#endif
