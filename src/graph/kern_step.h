/* Optimizer steps over one range of the arenas. Only for kern_body.h. */
#ifndef RT_GRAPH_KERN_STEP_H
#define RT_GRAPH_KERN_STEP_H
#include "graph/kern.h"

#include <math.h>

static void sgd(float *w, const float *g, float lr, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        w[i] -= lr * g[i];
}

static void momentum(float *w, const float *g, float *v, float lr, float mu,
                     bool nesterov, size_t n)
{
    if (nesterov) {
#pragma omp simd
        for (size_t i = 0; i < n; i++) {
            float step = lr * g[i];
            v[i] = mu * v[i] - step;
            w[i] += mu * v[i] - step;
        }
        return;
    }
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        v[i] = mu * v[i] - lr * g[i];
        w[i] += v[i];
    }
}

/* vhat NULL: without AMSGrad. */
static void adam(float *w, const float *g, float *m, float *v, float *vhat,
                 float lr_t, double b1, double b2, float eps, size_t n)
{
    float keep1 = (float)b1, rest1 = (float)(1 - b1);
    float keep2 = (float)b2, rest2 = (float)(1 - b2);
    if (vhat) {
#pragma omp simd
        for (size_t i = 0; i < n; i++) {
            m[i] = keep1 * m[i] + rest1 * g[i];
            v[i] = keep2 * v[i] + rest2 * (g[i] * g[i]);
            vhat[i] = v[i] > vhat[i] ? v[i] : vhat[i];
            w[i] -= lr_t * m[i] / (sqrtf(vhat[i]) + eps);
        }
        return;
    }
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        m[i] = keep1 * m[i] + rest1 * g[i];
        v[i] = keep2 * v[i] + rest2 * (g[i] * g[i]);
        w[i] -= lr_t * m[i] / (sqrtf(v[i]) + eps);
    }
}

static void adamax(float *w, const float *g, float *m, float *u, float lr_t,
                   double b1, float b2, float eps, size_t n)
{
    float keep = (float)b1, rest = (float)(1 - b1);
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float faded = b2 * u[i], size = fabsf(g[i]);
        m[i] = keep * m[i] + rest * g[i];
        u[i] = size > faded ? size : faded;
        w[i] -= lr_t * m[i] / (u[i] + eps);
    }
}

static void nadam(float *w, const float *g, float *m, float *v, float by_g,
                  float by_m, double b1, double b2, float unbias, float eps,
                  size_t n)
{
    float keep1 = (float)b1, rest1 = (float)(1 - b1);
    float keep2 = (float)b2, rest2 = (float)(1 - b2);
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        m[i] = keep1 * m[i] + rest1 * g[i];
        v[i] = keep2 * v[i] + rest2 * (g[i] * g[i]);
        w[i] -= (by_g * g[i] + by_m * m[i]) / (sqrtf(v[i] * unbias) + eps);
    }
}

/* The variance that rounding made negative is none. */
static inline float spread_f(float square, float mean)
{
    float d = square - mean * mean;
    return d < 0 ? 0.0f : d;
}

/* mean: centered; move: with momentum, epsilon inside the root. Each loop has
 * its own work alone. */
static void rmsprop(float *w, const float *g, float *s, float *move,
                    float *mean, float lr, double rho, float mu, float eps,
                    size_t n)
{
    float keep = (float)rho, rest = (float)(1 - rho);
    if (!mean && !move) {
#pragma omp simd
        for (size_t i = 0; i < n; i++) {
            s[i] = keep * s[i] + rest * (g[i] * g[i]);
            w[i] -= lr * g[i] / (sqrtf(s[i]) + eps);
        }
    } else if (!mean) {
#pragma omp simd
        for (size_t i = 0; i < n; i++) {
            s[i] = keep * s[i] + rest * (g[i] * g[i]);
            move[i] = mu * move[i] + lr * g[i] / sqrtf(s[i] + eps);
            w[i] -= move[i];
        }
    } else if (!move) {
#pragma omp simd
        for (size_t i = 0; i < n; i++) {
            s[i] = keep * s[i] + rest * (g[i] * g[i]);
            mean[i] = keep * mean[i] + rest * g[i];
            w[i] -= lr * g[i] / (sqrtf(spread_f(s[i], mean[i])) + eps);
        }
    } else {
#pragma omp simd
        for (size_t i = 0; i < n; i++) {
            s[i] = keep * s[i] + rest * (g[i] * g[i]);
            mean[i] = keep * mean[i] + rest * g[i];
            move[i] =
                mu * move[i] + lr * g[i] / sqrtf(spread_f(s[i], mean[i]) + eps);
            w[i] -= move[i];
        }
    }
}

static void adagrad(float *w, const float *g, float *a, float lr, float eps,
                    size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        a[i] += g[i] * g[i];
        w[i] -= lr * g[i] / (sqrtf(a[i]) + eps);
    }
}

static void adadelta(float *w, const float *g, float *a, float *d, float lr,
                     double rho, float eps, size_t n)
{
    float keep = (float)rho, rest = (float)(1 - rho);
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        a[i] = keep * a[i] + rest * (g[i] * g[i]);
        float step = g[i] * sqrtf(d[i] + eps) / sqrtf(a[i] + eps);
        w[i] -= lr * step;
        d[i] = keep * d[i] + rest * (step * step);
    }
}
#endif
