/* Kernels over the channels of an image, each channel for itself: depthwise
 * convolution and pooling. Only for kern_body.h. */
#ifndef RT_GRAPH_KERN_IMAGE_H
#define RT_GRAPH_KERN_IMAGE_H
#include "graph/kern.h"
#include "graph/kern_product.h" /* vec, W, EVERY */

typedef uint16_t vec_short __attribute__((vector_size(2 * W)));
typedef uint16_t vec_short_at
    __attribute__((vector_size(2 * W), aligned(2), may_alias));

/* ---- depthwise convolution ------------------------------------------------*/

static inline float clamp(float v, bool relu)
{
    return relu && v <= 0 ? 0.0f : v;
}

/* clang-format off */
#define LANES_TILE(nr, nv)                                                 \
    static size_t lanes_##nr##_##nv(const struct rt_lanes *p, size_t m,    \
                                        size_t j)                              \
    {                                                                          \
        for (; j + nv * W <= p->n; j += nv * W) {                          \
            vec sum[nr][nv] = { 0 };                                       \
            const float *x[nr];                                              \
            EVERY(r, nr)                                                     \
                x[r] = p->x + p->rows[m + (size_t)r] + j;                      \
            if (p->start)                                                      \
                EVERY(r, nr)                                                 \
                    EVERY(v, nv)                                             \
                        sum[r][v] = *(const vec_at *)(p->start + j + v * W);   \
            for (size_t k = 0; k < p->k; k++) {                                \
                const float *w = p->w + p->taps[k] + j;                        \
                size_t at = p->cols[k];                                        \
                EVERY(v, nv)                                                 \
                    EVERY(r, nr)                                             \
                        sum[r][v] += *(const vec_at *)(x[r] + at + v * W) *    \
                                     *(const vec_at *)(w + v * W);             \
            }                                                                  \
            EVERY(r, nr)                                                     \
                EVERY(v, nv)                                                 \
                    *(vec_at *)(p->y + p->y_rows[m + (size_t)r] + j + v * W) = \
                        p->relu ? positive(sum[r][v]) : sum[r][v];             \
        }                                                                      \
        return j;                                                              \
    }
/* clang-format on */
LANES_TILE(4, 2)
LANES_TILE(4, 1)
LANES_TILE(1, 2)
LANES_TILE(1, 1)

static void lanes_rest(const struct rt_lanes *p, size_t m, size_t j)
{
    const float *x = p->x + p->rows[m];
    float *y = p->y + p->y_rows[m];
    for (; j < p->n; j++) {
        float sum = p->start ? p->start[j] : 0.0f;
        for (size_t k = 0; k < p->k; k++)
            sum += x[p->cols[k] + j] * p->w[p->taps[k] + j];
        y[j] = clamp(sum, p->relu);
    }
}

static void lanes(const struct rt_lanes *p)
{
    size_t m = 0;
    for (; m + 4 <= p->m; m += 4) {
        size_t j = lanes_4_1(p, m, lanes_4_2(p, m, 0));
        for (size_t r = 0; r < 4; r++)
            lanes_rest(p, m + r, j);
    }
    for (; m < p->m; m++)
        lanes_rest(p, m, lanes_1_1(p, m, lanes_1_2(p, m, 0)));
}

/* Four taps share what is read of y. */
static void lanes_back_4(const struct rt_lanes *p, const size_t taps[4],
                         float *w, size_t j)
{
    vec sum[4] = { 0 };
    for (size_t m = 0; m < p->m; m++) {
        vec y = *(const vec_at *)(p->y + p->y_rows[m] + j);
        const float *x = p->x + p->rows[m] + j;
        EVERY(t, 4)
        sum[t] += *(const vec_at *)(x + p->cols[taps[t]]) * y;
    }
    EVERY(t, 4)
    *(vec_at *)(w + p->taps[taps[t]] + j) += sum[t];
}

static void lanes_back_1(const struct rt_lanes *p, size_t tap, float *w,
                         size_t j)
{
    vec sum = { 0 };
    for (size_t m = 0; m < p->m; m++)
        sum += *(const vec_at *)(p->x + p->rows[m] + p->cols[tap] + j) *
               *(const vec_at *)(p->y + p->y_rows[m] + j);
    *(vec_at *)(w + p->taps[tap] + j) += sum;
}

static void lanes_back_rest(const struct rt_lanes *p, size_t tap, float *w,
                            size_t j)
{
    for (; j < p->n; j++) {
        float sum = 0;
        for (size_t m = 0; m < p->m; m++)
            sum += p->x[p->rows[m] + p->cols[tap] + j] * p->y[p->y_rows[m] + j];
        w[p->taps[tap] + j] += sum;
    }
}

static void lanes_back(const struct rt_lanes *p, float *w)
{
    size_t whole = p->n / W * W;
    for (size_t j = 0; j < whole; j += W) {
        size_t k = 0;
        for (; k + 4 <= p->k; k += 4)
            lanes_back_4(p, (const size_t[]){ k, k + 1, k + 2, k + 3 }, w, j);
        for (; k < p->k; k++)
            lanes_back_1(p, k, w, j);
    }
    for (size_t k = 0; whole < p->n && k < p->k; k++)
        lanes_back_rest(p, k, w, whole);
}

/* ---- pooling --------------------------------------------------------------*/

static void pool_max(const float *x, const uint32_t *at, size_t k, float *y,
                     uint16_t *which, size_t n)
{
    size_t j = 0;
    for (; j + W <= n; j += W) {
        vec best = *(const vec_at *)(x + at[0] + j);
        vec_int from = { 0 };
        for (size_t i = 1; i < k; i++) {
            vec v = *(const vec_at *)(x + at[i] + j);
            vec_int take = (vec_int)(v > best) | (vec_int)(v != v);
            best = (vec)(((vec_int)v & take) | ((vec_int)best & ~take));
            from = (((vec_int){ 0 } + (int32_t)i) & take) | (from & ~take);
        }
        *(vec_at *)(y + j) = best;
        if (which)
            *(vec_short_at *)(which + j) =
                __builtin_convertvector(from, vec_short);
    }
    for (; j < n; j++) {
        size_t best = 0;
        for (size_t i = 1; i < k; i++) {
            float v = x[at[i] + j];
            if (v > x[at[best] + j] || v != v)
                best = i;
        }
        y[j] = x[at[best] + j];
        if (which)
            which[j] = (uint16_t)best;
    }
}

static void pool_max_back(const float *dy, const uint16_t *which,
                          const uint32_t *at, size_t k, float *dx, size_t n,
                          bool add)
{
    for (size_t i = 0; i < k; i++) {
        float *to = dx + at[i];
        if (add) {
#pragma omp simd
            for (size_t j = 0; j < n; j++)
                to[j] += which[j] == i ? dy[j] : 0.0f;
        } else {
#pragma omp simd
            for (size_t j = 0; j < n; j++)
                to[j] = which[j] == i ? dy[j] : 0.0f;
        }
    }
}

static void pool_mean(const float *x, const uint32_t *at, size_t k, float *y,
                      size_t n)
{
    float share = 1.0f / (float)k;
    memcpy(y, x + at[0], n * sizeof *y);
    for (size_t i = 1; i < k; i++) {
        const float *from = x + at[i];
#pragma omp simd
        for (size_t j = 0; j < n; j++)
            y[j] += from[j];
    }
#pragma omp simd
    for (size_t j = 0; j < n; j++)
        y[j] *= share;
}

#undef W
#undef HIGH
#undef DEEP
#endif
