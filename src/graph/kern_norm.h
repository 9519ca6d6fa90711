/* Kernels of batch and layer normalisation, for kern_body.h alone. Matrices are
 * (m,n): a channel is a column, a row of layer normalisation is a row. */
#ifndef RT_GRAPH_KERN_NORM_H
#define RT_GRAPH_KERN_NORM_H
#include <math.h>
#include <stddef.h>

enum { NORM_W = 32 }; /* columns that are summed side by side */

/* For columns j..j+w-1; w is NORM_W but at the right end. */
static inline void add_columns(const float *x, const float *mean, double *sum,
                               size_t m, size_t n, size_t j, size_t w)
{
    double lane[NORM_W] = { 0 };
    float at[NORM_W] = { 0 };
    for (size_t l = 0; mean && l < w; l++)
        at[l] = mean[j + l];
    for (size_t i = 0; i < m; i++)
        for (size_t l = 0; l < w; l++) {
            double d = (double)(x[i * n + j + l] - at[l]);
            lane[l] += mean ? d * d : d;
        }
    for (size_t l = 0; l < w; l++)
        sum[j + l] += lane[l];
}

static void norm_sums(const float *x, const float *mean, double *sum, size_t m,
                      size_t n)
{
    size_t j = 0;
    for (; j + NORM_W <= n; j += NORM_W)
        add_columns(x, mean, sum, m, n, j, NORM_W);
    if (j < n)
        add_columns(x, mean, sum, m, n, j, n - j);
}

static inline void add_back_columns(const float *x, const float *mean,
                                    const float *dy, double *sum_dy,
                                    double *sum_dyx, size_t m, size_t n,
                                    size_t j, size_t w)
{
    double a[NORM_W] = { 0 }, b[NORM_W] = { 0 };
    float at[NORM_W] = { 0 };
    for (size_t l = 0; l < w; l++)
        at[l] = mean[j + l];
    for (size_t i = 0; i < m; i++)
        for (size_t l = 0; l < w; l++) {
            double g = (double)dy[i * n + j + l];
            a[l] += g;
            b[l] += g * (double)(x[i * n + j + l] - at[l]);
        }
    for (size_t l = 0; l < w; l++) {
        sum_dy[j + l] += a[l];
        sum_dyx[j + l] += b[l];
    }
}

static void norm_back_sums(const float *x, const float *mean, const float *dy,
                           double *sum_dy, double *sum_dyx, size_t m, size_t n)
{
    size_t j = 0;
    for (; j + NORM_W <= n; j += NORM_W)
        add_back_columns(x, mean, dy, sum_dy, sum_dyx, m, n, j, NORM_W);
    if (j < n)
        add_back_columns(x, mean, dy, sum_dy, sum_dyx, m, n, j, n - j);
}

static void norm_apply(const float *x, const float *mean, const float *scale,
                       const float *shift, float *y, size_t m, size_t n)
{
    for (size_t i = 0; i < m; i++) {
        const float *xr = x + i * n;
        float *yr = y + i * n;
#pragma omp simd
        for (size_t j = 0; j < n; j++)
            yr[j] = (xr[j] - mean[j]) * scale[j] + shift[j];
    }
}

static void norm_back(const float *x, const float *mean, const float *dy,
                      const float *a, const float *b, const float *c, float *dx,
                      size_t m, size_t n)
{
    for (size_t i = 0; i < m; i++) {
        const float *xr = x + i * n, *gr = dy + i * n;
        float *dr = dx + i * n;
#pragma omp simd
        for (size_t j = 0; j < n; j++)
            dr[j] = a[j] * (gr[j] - b[j] - (xr[j] - mean[j]) * c[j]);
    }
}

/* ---- rows ------------------------------------------------------------------
 */

/* Adds in lanes of fixed number, as the other sums do. */
enum { NORM_LANES = 16 };

static inline double lanes_total(const double *lane)
{
    double total = 0;
    for (int l = 0; l < NORM_LANES; l++)
        total += lane[l];
    return total;
}

static double row_square(const float *x, float mean, size_t n)
{
    double lane[NORM_LANES] = { 0 };
    size_t i = 0;
    for (; i + NORM_LANES <= n; i += NORM_LANES)
        for (size_t l = 0; l < NORM_LANES; l++) {
            double d = (double)(x[i + l] - mean);
            lane[l] += d * d;
        }
    for (; i < n; i++) {
        double d = (double)(x[i] - mean);
        lane[0] += d * d;
    }
    return lanes_total(lane);
}

static double row_sum(const float *x, size_t n)
{
    double lane[NORM_LANES] = { 0 };
    size_t i = 0;
    for (; i + NORM_LANES <= n; i += NORM_LANES)
        for (size_t l = 0; l < NORM_LANES; l++)
            lane[l] += (double)x[i + l];
    for (; i < n; i++)
        lane[0] += (double)x[i];
    return lanes_total(lane);
}

static void layer_norm(const float *x, const float *scale, const float *shift,
                       float epsilon, float *y, float *stats, size_t m,
                       size_t n)
{
    for (size_t i = 0; i < m; i++) {
        const float *xr = x + i * n;
        float *yr = y + i * n;
        float mean = (float)(row_sum(xr, n) / (double)n);
        double var = row_square(xr, mean, n) / (double)n;
        float inv = (float)(1 / sqrt(var + (double)epsilon));
        stats[2 * i] = mean;
        stats[2 * i + 1] = inv;
#pragma omp simd
        for (size_t j = 0; j < n; j++)
            yr[j] = (xr[j] - mean) * inv * scale[j] + shift[j];
    }
}

static void layer_norm_back(const float *x, const float *scale,
                            const float *stats, const float *dy, float *dx,
                            double *d_scale, double *d_shift, size_t m,
                            size_t n)
{
    for (size_t i = 0; i < m; i++) {
        const float *xr = x + i * n, *gr = dy + i * n;
        float mean = stats[2 * i], inv = stats[2 * i + 1];
        double a[NORM_LANES] = { 0 }, b[NORM_LANES] = { 0 };
        size_t j = 0;
        for (; j + NORM_LANES <= n; j += NORM_LANES)
            for (size_t l = 0; l < NORM_LANES; l++) {
                float g = gr[j + l] * scale[j + l];
                a[l] += (double)g;
                b[l] += (double)(g * ((xr[j + l] - mean) * inv));
            }
        for (; j < n; j++) {
            float g = gr[j] * scale[j];
            a[0] += (double)g;
            b[0] += (double)(g * ((xr[j] - mean) * inv));
        }
#pragma omp simd
        for (size_t k = 0; k < n; k++) {
            d_shift[k] += (double)gr[k];
            d_scale[k] += (double)(gr[k] * ((xr[k] - mean) * inv));
        }
        float m1 = (float)(lanes_total(a) / (double)n);
        float m2 = (float)(lanes_total(b) / (double)n);
        if (!dx)
            continue;
        float *dr = dx + i * n;
#pragma omp simd
        for (size_t k = 0; k < n; k++)
            dr[k] = inv * (gr[k] * scale[k] - m1 - (xr[k] - mean) * inv * m2);
    }
}
#endif
