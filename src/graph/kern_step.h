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

static void adam(float *w, const float *g, float *m, float *v, float lr_t,
                 double b1, double b2, float eps, size_t n)
{
    float keep1 = (float)b1, rest1 = (float)(1 - b1);
    float keep2 = (float)b2, rest2 = (float)(1 - b2);
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        m[i] = keep1 * m[i] + rest1 * g[i];
        v[i] = keep2 * v[i] + rest2 * (g[i] * g[i]);
        w[i] -= lr_t * m[i] / (sqrtf(v[i]) + eps);
    }
}

static void rmsprop(float *w, const float *g, float *s, float lr, double rho,
                    float eps, size_t n)
{
    float keep = (float)rho, rest = (float)(1 - rho);
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        s[i] = keep * s[i] + rest * (g[i] * g[i]);
        w[i] -= lr * g[i] / (sqrtf(s[i]) + eps);
    }
}
#endif
