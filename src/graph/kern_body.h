/* The one source of the vector kernels. kern_base.c, kern_avx2.c and
 * kern_avx512.c define RT_KERN (the name of the table), RT_KERN_ISA and
 * RT_KERN_WIDTH (floats in a register) and include this; each is compiled for
 * its instruction set.
 *
 * Reductions add in an order written out here (lanes of fixed number), so that
 * neither the alignment of a buffer nor the width of a register changes it. */
#include "base/philox.h"
#include "graph/kern.h"
#include "graph/kern_gates.h"
#include "graph/kern_image.h"
#include "graph/kern_math.h"
#include "graph/kern_norm.h"
#include "graph/kern_product.h"
#include "graph/kern_step.h"

#include <float.h>

#define EACH(y, value)                                                         \
    do {                                                                       \
        _Pragma("omp simd") for (size_t i = 0; i < n; i++)(y)[i] = (value);    \
    } while (0)

/* ---- element-wise ---------------------------------------------------------*/

/* selu's two constants, Klambauer et al. 2017 */
#define SELU_SCALE 1.05070098735548f
#define SELU_SLOPE 1.75809934084737f /* scale * 1.67326324235438 */

static inline float sign_f(float x)
{
    return x > 0 ? 1.0f : x < 0 ? -1.0f : x;
}

static inline float swish_slope(float x)
{
    float s = sigmoid_f(x);
    return s * (1.0f + x * (1.0f - s));
}

static void unary(enum rt_unary f, const float *x, float *y, size_t n,
                  float alpha)
{
    switch (f) {
    case RT_UNARY_neg:
        EACH(y, -x[i]);
        break;
    case RT_UNARY_exp:
    case RT_UNARY_exponential:
        EACH(y, exp_f(x[i]));
        break;
    case RT_UNARY_log:
        EACH(y, log_f(x[i]));
        break;
    case RT_UNARY_sqrt:
        EACH(y, sqrtf(x[i]));
        break;
    case RT_UNARY_square:
        EACH(y, x[i] * x[i]);
        break;
    case RT_UNARY_abs:
        EACH(y, fabsf(x[i]));
        break;
    case RT_UNARY_sign:
        EACH(y, sign_f(x[i]));
        break;
    case RT_UNARY_relu: /* a NaN stays one */
        EACH(y, x[i] <= 0 ? 0.0f : x[i]);
        break;
    case RT_UNARY_sigmoid:
        EACH(y, sigmoid_f(x[i]));
        break;
    case RT_UNARY_hard_sigmoid:
        EACH(y, hard_sigmoid_f(x[i]));
        break;
    case RT_UNARY_tanh:
        EACH(y, tanh_f(x[i]));
        break;
    case RT_UNARY_softplus:
        EACH(y, softplus_f(x[i]));
        break;
    case RT_UNARY_softsign:
        EACH(y, x[i] / (1.0f + fabsf(x[i])));
        break;
    case RT_UNARY_elu:
        EACH(y, x[i] >= 0 ? x[i] : alpha * expm1_neg(x[i]));
        break;
    case RT_UNARY_selu:
        EACH(y, x[i] >= 0 ? SELU_SCALE * x[i] : SELU_SLOPE * expm1_neg(x[i]));
        break;
    case RT_UNARY_leaky_relu:
        EACH(y, x[i] > 0 ? x[i] : alpha * x[i]);
        break;
    case RT_UNARY_swish:
        EACH(y, x[i] * sigmoid_f(x[i]));
        break;
    case RT_UNARY_gelu:
        EACH(y, x[i] * normal_f(x[i]));
        break;
    case RT_UNARY_not:
        EACH(y, x[i] == 0 ? 1.0f : 0.0f);
        break;
    case RT_N_UNARY:
        break;
    }
}

static void unary_back(enum rt_unary f, const float *x, const float *y,
                       const float *dy, float *dx, size_t n, float alpha)
{
    switch (f) {
    case RT_UNARY_neg:
        EACH(dx, -dy[i]);
        break;
    case RT_UNARY_exp:
    case RT_UNARY_exponential:
        EACH(dx, dy[i] * y[i]);
        break;
    case RT_UNARY_log:
        EACH(dx, dy[i] / x[i]);
        break;
    case RT_UNARY_sqrt:
        EACH(dx, 0.5f * dy[i] / y[i]);
        break;
    case RT_UNARY_square:
        EACH(dx, 2.0f * dy[i] * x[i]);
        break;
    case RT_UNARY_abs:
        EACH(dx, dy[i] * sign_f(x[i]));
        break;
    case RT_UNARY_relu:
        EACH(dx, y[i] > 0 ? dy[i] : 0.0f);
        break;
    case RT_UNARY_sigmoid:
        EACH(dx, dy[i] * y[i] * (1.0f - y[i]));
        break;
    case RT_UNARY_hard_sigmoid:
        EACH(dx, y[i] > 0 && y[i] < 1 ? 0.2f * dy[i] : 0.0f);
        break;
    case RT_UNARY_tanh:
        EACH(dx, dy[i] * (1.0f - y[i] * y[i]));
        break;
    case RT_UNARY_softplus:
        EACH(dx, dy[i] * sigmoid_f(x[i]));
        break;
    case RT_UNARY_softsign:
        EACH(dx, dy[i] * (1.0f - fabsf(y[i])) * (1.0f - fabsf(y[i])));
        break;
    case RT_UNARY_elu:
        EACH(dx, y[i] >= 0 ? dy[i] : dy[i] * (y[i] + alpha));
        break;
    case RT_UNARY_selu:
        EACH(dx, dy[i] * (y[i] >= 0 ? SELU_SCALE : y[i] + SELU_SLOPE));
        break;
    case RT_UNARY_swish:
        EACH(dx, dy[i] * swish_slope(x[i]));
        break;
    case RT_UNARY_gelu:
        EACH(dx, dy[i] * (normal_f(x[i]) + x[i] * normal_density_f(x[i])));
        break;
    case RT_UNARY_leaky_relu:
        EACH(dx, x[i] > 0 ? dy[i] : alpha * dy[i]);
        break;
    case RT_UNARY_sign:
    case RT_UNARY_not:
    case RT_N_UNARY:
        EACH(dx, 0.0f);
        break;
    }
}

/* f(a, b) where A and B say how an operand is read; ties of max and min go to
 * a, and a NaN in either stays. */
#define BINARY(A, B)                                                           \
    switch (f) {                                                               \
    case RT_BINARY_add:                                                        \
        EACH(y, (A) + (B));                                                    \
        break;                                                                 \
    case RT_BINARY_sub:                                                        \
        EACH(y, (A) - (B));                                                    \
        break;                                                                 \
    case RT_BINARY_mul:                                                        \
        EACH(y, (A) * (B));                                                    \
        break;                                                                 \
    case RT_BINARY_div:                                                        \
        EACH(y, (A) / (B));                                                    \
        break;                                                                 \
    case RT_BINARY_mod:                                                        \
        EACH(y, (A) - (B)*floorf((A) / (B)));                                  \
        break;                                                                 \
    case RT_BINARY_pow:                                                        \
        for (size_t i = 0; i < n; i++)                                         \
            y[i] = powf((A), (B));                                             \
        break;                                                                 \
    case RT_BINARY_max:                                                        \
        EACH(y, (A) >= (B) || (A) != (A) ? (A) : (B));                         \
        break;                                                                 \
    case RT_BINARY_min:                                                        \
        EACH(y, (A) <= (B) || (A) != (A) ? (A) : (B));                         \
        break;                                                                 \
    case RT_BINARY_eq:                                                         \
        EACH(y, (A) == (B) ? 1.0f : 0.0f);                                     \
        break;                                                                 \
    case RT_BINARY_ne:                                                         \
        EACH(y, (A) != (B) ? 1.0f : 0.0f);                                     \
        break;                                                                 \
    case RT_BINARY_lt:                                                         \
        EACH(y, (A) < (B) ? 1.0f : 0.0f);                                      \
        break;                                                                 \
    case RT_BINARY_le:                                                         \
        EACH(y, (A) <= (B) ? 1.0f : 0.0f);                                     \
        break;                                                                 \
    case RT_BINARY_prelu:                                                      \
        EACH(y, (A) > 0 ? (A) : (A) * (B));                                    \
        break;                                                                 \
    case RT_BINARY_gt:                                                         \
        EACH(y, (A) > (B) ? 1.0f : 0.0f);                                      \
        break;                                                                 \
    case RT_BINARY_ge:                                                         \
        EACH(y, (A) >= (B) ? 1.0f : 0.0f);                                     \
        break;                                                                 \
    case RT_N_BINARY:                                                          \
        break;                                                                 \
    }

static void binary(enum rt_binary f, const float *a, const float *b, float *y,
                   size_t n)
{
    BINARY(a[i], b[i])
}

static void binary_scalar(enum rt_binary f, const float *a, float b, float *y,
                          size_t n)
{
    BINARY(a[i], b)
}

/* db before da, which may take dy's place. */
#define SLOPES(by_a, by_b)                                                     \
    do {                                                                       \
        if (db)                                                                \
            EACH(db, by_b);                                                    \
        if (da)                                                                \
            EACH(da, by_a);                                                    \
    } while (0)

static void binary_back(enum rt_binary f, const float *a, const float *b,
                        const float *y, const float *dy, float *da, float *db,
                        size_t n)
{
    switch (f) {
    case RT_BINARY_add:
        SLOPES(dy[i], dy[i]);
        break;
    case RT_BINARY_sub:
        SLOPES(dy[i], -dy[i]);
        break;
    case RT_BINARY_mul:
        SLOPES(dy[i] * b[i], dy[i] * a[i]);
        break;
    case RT_BINARY_div:
        SLOPES(dy[i] / b[i], -dy[i] * (a[i] / b[i]) / b[i]);
        break;
    case RT_BINARY_mod:
        SLOPES(dy[i], -dy[i] * floorf(a[i] / b[i]));
        break;
    case RT_BINARY_pow:
        if (db)
            EACH(db, a[i] > 0 ? dy[i] * y[i] * log_f(a[i]) : 0.0f);
        for (size_t i = 0; da && i < n; i++)
            da[i] = b[i] == 0 ? 0 : dy[i] * b[i] * powf(a[i], b[i] - 1);
        break;
    case RT_BINARY_max:
        SLOPES(a[i] >= b[i] ? dy[i] : 0.0f, a[i] >= b[i] ? 0.0f : dy[i]);
        break;
    case RT_BINARY_min:
        SLOPES(a[i] <= b[i] ? dy[i] : 0.0f, a[i] <= b[i] ? 0.0f : dy[i]);
        break;
    case RT_BINARY_prelu:
        SLOPES(a[i] > 0 ? dy[i] : dy[i] * b[i], a[i] > 0 ? 0.0f : dy[i] * a[i]);
        break;
    default: /* comparisons */
        SLOPES(0.0f, 0.0f);
        break;
    }
}

static void fill(float *y, float v, size_t n)
{
    EACH(y, v);
}

static void scale(float *y, float a, size_t n)
{
    EACH(y, y[i] * a);
}

static void axpy(float *y, float a, const float *x, size_t n)
{
    EACH(y, y[i] + a * x[i]);
}

static void clip(const float *x, float *y, size_t n, float lo, float hi)
{
    EACH(y, x[i] < lo ? lo : x[i] > hi ? hi : x[i]);
}

static void clip_back(const float *x, const float *dy, float *dx, size_t n,
                      float lo, float hi)
{
    EACH(dx, x[i] >= lo && x[i] <= hi ? dy[i] : 0.0f);
}

static inline float bent_f(float x, float most, float least, float slope,
                           float threshold)
{
    float y = x < least ? least : x > most ? most : x;
    return x > threshold ? y : slope * (x - threshold);
}

static void bent_relu(const float *x, float *y, size_t n, float most,
                      float least, float slope, float threshold)
{
    EACH(y, bent_f(x[i], most, least, slope, threshold));
}

static void bent_relu_back(const float *x, const float *dy, float *dx, size_t n,
                           float most, float least, float slope,
                           float threshold)
{
    EACH(dx, x[i] <= threshold               ? slope * dy[i]
             : x[i] >= least && x[i] <= most ? dy[i]
                                             : 0.0f);
}

static void bytes(const uint8_t *x, float *y, float a, float b, size_t n)
{
    EACH(y, a * (float)x[i] + b);
}

/* ---- sums -----------------------------------------------------------------*/

#define LANES 16

static double fold(const double lane[LANES])
{
    double a[LANES / 2];
    for (int i = 0; i < 8; i++)
        a[i] = lane[i] + lane[i + 8];
    for (int i = 0; i < 4; i++)
        a[i] += a[i + 4];
    return (a[0] + a[2]) + (a[1] + a[3]);
}

static double sum(const float *x, size_t n)
{
    double lane[LANES] = { 0 }, rest = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++)
            lane[j] += (double)x[i + (size_t)j];
    for (; i < n; i++)
        rest += (double)x[i];
    return fold(lane) + rest;
}

static double dot(const float *x, const float *y, size_t n)
{
    double lane[LANES] = { 0 }, rest = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++)
            lane[j] += (double)x[i + (size_t)j] * (double)y[i + (size_t)j];
    for (; i < n; i++)
        rest += (double)x[i] * (double)y[i];
    return fold(lane) + rest;
}

static double sum_abs(const float *x, size_t n)
{
    double lane[LANES] = { 0 }, rest = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++)
            lane[j] += (double)fabsf(x[i + (size_t)j]);
    for (; i < n; i++)
        rest += (double)fabsf(x[i]);
    return fold(lane) + rest;
}

static void penalty_back(const float *x, float *dx, float a, float b, size_t n)
{
    EACH(dx, a * sign_f(x[i]) + b * x[i]);
}

static void col_sum(const float *x, float *y, size_t m, size_t n)
{
    enum { W = 32 };
    size_t j = 0;
    for (; j + W <= n; j += W) {
        double lane[W] = { 0 };
        for (size_t i = 0; i < m; i++)
            for (int l = 0; l < W; l++)
                lane[l] += (double)x[i * n + j + (size_t)l];
        for (int l = 0; l < W; l++)
            y[j + (size_t)l] = (float)lane[l];
    }
    if (j == n)
        return;
    double lane[W] = { 0 };
    size_t left = n - j;
    for (size_t i = 0; i < m; i++)
        for (size_t l = 0; l < left; l++)
            lane[l] += (double)x[i * n + j + l];
    for (size_t l = 0; l < left; l++)
        y[j + l] = (float)lane[l];
}

static bool all_finite(const float *x, size_t n)
{
    enum { BLOCK = 4096 };
    for (size_t from = 0; from < n; from += BLOCK) {
        size_t to = n - from < BLOCK ? n : from + BLOCK;
        uint32_t bad = 0;
#pragma omp simd reduction(| : bad)
        for (size_t i = from; i < to; i++)
            bad |= (bits_of(x[i]) & 0x7f800000u) == 0x7f800000u;
        if (bad)
            return false;
    }
    return true;
}

static void moments(const float *x, size_t n, double out[6])
{
    double count[LANES] = { 0 }, total[LANES] = { 0 }, square[LANES] = { 0 };
    double zeros[LANES] = { 0 };
    float low[LANES], high[LANES];
    for (int j = 0; j < LANES; j++) {
        low[j] = INFINITY;
        high[j] = -INFINITY;
    }
    for (size_t i = 0; i < n; i += LANES) {
        float v[LANES];
        size_t left = n - i < LANES ? n - i : LANES;
        for (size_t j = 0; j < LANES; j++) /* NaN: not there */
            v[j] = j < left ? x[i + j] : NAN;
        for (int j = 0; j < LANES; j++) {
            bool ok = fabsf(v[j]) <= FLT_MAX;
            double d = ok ? (double)v[j] : 0;
            count[j] += ok;
            total[j] += d;
            square[j] += d * d;
            zeros[j] += v[j] == 0;
            low[j] = ok && v[j] < low[j] ? v[j] : low[j];
            high[j] = ok && v[j] > high[j] ? v[j] : high[j];
        }
    }
    out[0] = fold(count);
    out[1] = fold(total);
    out[2] = fold(square);
    out[5] = fold(zeros);
    for (int j = 1; j < LANES; j++) {
        low[0] = low[j] < low[0] ? low[j] : low[0];
        high[0] = high[j] > high[0] ? high[j] : high[0];
    }
    out[3] = (double)low[0];
    out[4] = (double)high[0];
}

/* ---- softmax --------------------------------------------------------------*/

static float most_of(const float *x, size_t n)
{
    float lane[LANES], most = -INFINITY;
    size_t i = 0;
    for (int j = 0; j < LANES; j++)
        lane[j] = -INFINITY;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++)
            lane[j] = x[i + (size_t)j] > lane[j] ? x[i + (size_t)j] : lane[j];
    for (; i < n; i++)
        most = x[i] > most ? x[i] : most;
    for (int j = 0; j < LANES; j++)
        most = lane[j] > most ? lane[j] : most;
    return most;
}

/* Rows are often short (ten classes), so the exponentials are taken over many
 * rows at once: one long loop instead of many that are all remainder. */
static void softmax(const float *x, float *y, size_t m, size_t n)
{
    enum { BLOCK = 4096 };
    size_t step = n && n < BLOCK ? BLOCK / n : 1;
    for (size_t from = 0; from < m; from += step) {
        size_t rows = m - from < step ? m - from : step;
        const float *xr = x + from * n;
        float *yr = y + from * n;
        for (size_t r = 0; r < rows; r++) {
            float most = most_of(xr + r * n, n);
#pragma omp simd
            for (size_t i = 0; i < n; i++)
                yr[r * n + i] = xr[r * n + i] - most;
        }
#pragma omp simd
        for (size_t i = 0; i < rows * n; i++)
            yr[i] = exp_f(yr[i]);
        for (size_t r = 0; r < rows; r++)
            scale(yr + r * n, (float)(1.0 / sum(yr + r * n, n)), n);
    }
}

static void softmax_back(const float *y, const float *dy, float *dx, size_t m,
                         size_t n)
{
    for (size_t r = 0; r < m; r++) {
        const float *yr = y + r * n, *dr = dy + r * n;
        float mean = (float)dot(yr, dr, n);
        EACH(dx + r * n, yr[i] * (dr[i] - mean));
    }
}

/* ---- random ---------------------------------------------------------------*/

/* Words of the blocks from..from+BLOCKS-1, as rt_rng_block gives them. Unlike
 * rt_philox this keeps the 32-bit words in 64-bit lanes, and their upper halves
 * are never cleared, since a product takes the lower half alone: half the time
 * where the compiler has to shuffle lanes for a product of 32-bit words. */
#define BLOCKS 64

static void philox(struct rt_key key, uint64_t from, uint32_t out[4 * BLOCKS])
{
    uint64_t a[BLOCKS], b[BLOCKS], c[BLOCKS], d[BLOCKS];
    uint32_t k0 = (uint32_t)key.k, k1 = (uint32_t)(key.k >> 32);
    for (int i = 0; i < BLOCKS; i++) {
        a[i] = from + (uint64_t)i;
        b[i] = a[i] >> 32;
        c[i] = d[i] = 0;
    }
    for (int round = 0; round < RT_PHILOX_ROUNDS; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            uint64_t p = (uint64_t)RT_PHILOX_M0 * (uint32_t)a[i];
            uint64_t q = (uint64_t)RT_PHILOX_M1 * (uint32_t)c[i];
            a[i] = (q >> 32) ^ b[i] ^ k0;
            b[i] = q;
            c[i] = (p >> 32) ^ d[i] ^ k1;
            d[i] = p;
        }
        k0 += RT_PHILOX_W0;
        k1 += RT_PHILOX_W1;
    }
    for (int i = 0; i < BLOCKS; i++) {
        out[4 * i] = (uint32_t)a[i];
        out[4 * i + 1] = (uint32_t)b[i];
        out[4 * i + 2] = (uint32_t)c[i];
        out[4 * i + 3] = (uint32_t)d[i];
    }
}

static void dropout(struct rt_key key, uint64_t from, float rate,
                    const float *x, float *y, uint8_t *kept, size_t n)
{
    /* A word below `least` drops; at a rate of 1 all of them would have to. */
    double limit = (double)rate * 4294967296.0;
    uint32_t least = limit < 4294967295.0 ? (uint32_t)limit : UINT32_MAX;
    float up = rate < 1 ? 1.0f / (1.0f - rate) : 0.0f;
    uint32_t word[4 * BLOCKS];
    for (size_t done = 0; done < n;) {
        uint64_t at = from + done;
        size_t skip = at % 4, count = 4 * BLOCKS - skip;
        if (count > n - done)
            count = n - done;
        philox(key, at / 4, word);
        const float *xs = x + done;
        const uint32_t *w = word + skip;
        float *ys = y + done;
        uint8_t *ks = kept + done;
#pragma omp simd
        for (size_t i = 0; i < count; i++) {
            ys[i] = w[i] >= least ? xs[i] * up : 0.0f;
            ks[i] = w[i] >= least;
        }
        done += count;
    }
}

static void dropout_back(const uint8_t *kept, float rate, const float *dy,
                         float *dx, size_t n)
{
    float up = rate < 1 ? 1.0f / (1.0f - rate) : 0.0f;
    EACH(dx, kept[i] ? dy[i] * up : 0.0f);
}

const struct rt_kern RT_KERN = {
    .isa = RT_KERN_ISA,
    .unary = unary,
    .unary_back = unary_back,
    .binary = binary,
    .binary_scalar = binary_scalar,
    .binary_back = binary_back,
    .clip = clip,
    .clip_back = clip_back,
    .bent_relu = bent_relu,
    .bent_relu_back = bent_relu_back,
    .fill = fill,
    .scale = scale,
    .axpy = axpy,
    .sum = sum,
    .dot = dot,
    .sum_abs = sum_abs,
    .penalty_back = penalty_back,
    .col_sum = col_sum,
    .norm_sums = norm_sums,
    .norm_apply = norm_apply,
    .norm_back_sums = norm_back_sums,
    .norm_back = norm_back,
    .layer_norm = layer_norm,
    .layer_norm_back = layer_norm_back,
    .product = product,
    .lanes = lanes,
    .lanes_back = lanes_back,
    .pool_max = pool_max,
    .pool_max_back = pool_max_back,
    .pool_mean = pool_mean,
    .softmax = softmax,
    .softmax_back = softmax_back,
    .dropout = dropout,
    .dropout_back = dropout_back,
    .lstm = lstm,
    .lstm_back = lstm_back,
    .gru_reset = gru_reset,
    .gru_out = gru_out,
    .gru_out_back = gru_out_back,
    .gru_reset_back = gru_reset_back,
    .finite = all_finite,
    .bytes = bytes,
    .sgd = sgd,
    .momentum = momentum,
    .adam = adam,
    .adamax = adamax,
    .nadam = nadam,
    .rmsprop = rmsprop,
    .adagrad = adagrad,
    .adadelta = adadelta,
    .moments = moments,
};
