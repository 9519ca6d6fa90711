/* Vector kernels, built for several instruction sets from one source
 * (kern_body.h, compiled as kern_base, kern_avx2 and kern_avx512) and chosen
 * once, at the first call of rt_kern.
 * Same machine and build: same bits. Pointers need no alignment; y may be x
 * unless said otherwise; nothing else may overlap. Thread: any. */
#ifndef RT_GRAPH_KERN_H
#define RT_GRAPH_KERN_H
#include "base/rng.h"
#include "graph/ops.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* C (m,n) = A (m,k) B (k,n), added to what is there if add, else to the row
 * `start` (n) where there is one; relu: what is negative becomes zero at the
 * end. Rows and columns of A, rows of B and of C lie by strides, or at offsets
 * from a, b and c where a list is given: so A may be the patches of an image.
 * k and n are at least 1. Best where b is at most some 1 MB or m small.
 * sparse: A, by strides, is mostly zeros; what a zero meets in B is left out,
 * were it infinite. Bits: those of sums over 512 steps of k in order, added one
 * after the other. */
struct rt_product {
    const float *a, *b;
    float *c;
    size_t a_row, a_col, ldb, ldc, m, n, k;
    const uint32_t *a_rows, *a_cols, *b_rows, *c_rows; /* NULL: by strides */
    const float *start;
    bool add, sparse, relu;
};

/* y (m,n) = sum over k of x[rows[m] + cols[k] + n] w[taps[k] + n], from the row
 * `start` on if there is one; every column for itself. A row of y begins at
 * y_rows[m]. relu as above. */
struct rt_lanes {
    const float *x, *w, *start;
    float *y;
    const uint32_t *rows, *cols, *taps, *y_rows;
    size_t m, k, n;
    bool relu;
};

/* One step of an LSTM for some rows: z (rows,4 units) holds what the gates
 * i f c o are functions of, then the gates; on the way back the gates, then the
 * gradients of what they are functions of. All others (rows,units).
 * pre: a copy of z before, kept where a slope is not known from a value
 * (rt_unary_reads_x); NULL elsewhere. */
struct rt_gate_fn {
    enum rt_unary f;
    float alpha;
};
struct rt_lstm_step {
    size_t rows, units;
    struct rt_gate_fn act, rec;
    float *z, *pre;
    const float *c0; /* the cells before */
    float *c, *a;    /* the cells, act(c) */
    float *h;        /* result; forward alone */
    const float *dh; /* backward alone */
    float *dc;       /* gradient of c; then of c0 */
    float *work;     /* backward: 4 units */
};
/* One step of a GRU, gates z r h in z (rows,3 units). Forward: reset, then (the
 * candidate's product, unless `after`), out. Backward: out_back, then (the
 * product's gradient and reset_back, unless `after`). */
struct rt_gru_step {
    size_t rows, units;
    struct rt_gate_fn act, rec;
    bool after; /* the reset gate comes after the candidate's product */
    float *z, *pre;
    const float *h0, *read; /* the state before; the same with dropout */
    float *inner; /* what the candidate's product gave if after; else r read,
                     which it is to be made of */
    float *h;
    const float *dh;
    float *dh0;     /* gradient of h0, but for what comes through read */
    float *d_inner; /* of inner; by reset_back of read, through inner */
    float *work;    /* backward: 2 units */
};

struct rt_kern {
    const char *isa; /* "avx512" */
    void (*unary)(enum rt_unary f, const float *x, float *y, size_t n,
                  float alpha);
    /* dx = dy f'(x), by x and y as far as f needs them. dx may be dy. */
    void (*unary_back)(enum rt_unary f, const float *x, const float *y,
                       const float *dy, float *dx, size_t n, float alpha);
    void (*binary)(enum rt_binary f, const float *a, const float *b, float *y,
                   size_t n);
    void (*binary_scalar)(enum rt_binary f, const float *a, float b, float *y,
                          size_t n); /* f(a[i], b) */
    /* da, db where not NULL; da may be dy. y = f(a, b). */
    void (*binary_back)(enum rt_binary f, const float *a, const float *b,
                        const float *y, const float *dy, float *da, float *db,
                        size_t n);
    void (*clip)(const float *x, float *y, size_t n, float lo, float hi);
    void (*clip_back)(const float *x, const float *dy, float *dx, size_t n,
                      float lo, float hi);
    /* x between least and most above the threshold, else slope
     * (x - threshold). */
    void (*bent_relu)(const float *x, float *y, size_t n, float most,
                      float least, float slope, float threshold);
    void (*bent_relu_back)(const float *x, const float *dy, float *dx, size_t n,
                           float most, float least, float slope,
                           float threshold);
    void (*fill)(float *y, float v, size_t n);
    void (*scale)(float *y, float a, size_t n);                /* y *= a */
    void (*axpy)(float *y, float a, const float *x, size_t n); /* y += a x */
    double (*sum)(const float *x, size_t n);
    double (*dot)(const float *x, const float *y, size_t n);
    double (*sum_abs)(const float *x, size_t n);
    /* dx = a sign(x) + b x */
    void (*penalty_back)(const float *x, float *dx, float a, float b, size_t n);
    /* Rows: x (m,n). col_sum: y (n) = sum over rows (y overwritten). */
    void (*col_sum)(const float *x, float *y, size_t m, size_t n);
    /* Columns: sum (n) += sum over rows of x, or, with a mean (n), of
     * (x - mean)^2. */
    void (*norm_sums)(const float *x, const float *mean, double *sum, size_t m,
                      size_t n);
    /* y = (x - mean) scale + shift, all three (n). */
    void (*norm_apply)(const float *x, const float *mean, const float *scale,
                       const float *shift, float *y, size_t m, size_t n);
    /* The same of dy and of dy (x - mean). */
    void (*norm_back_sums)(const float *x, const float *mean, const float *dy,
                           double *sum_dy, double *sum_dyx, size_t m, size_t n);
    /* dx = a (dy - b - (x - mean) c); dx may be dy. */
    void (*norm_back)(const float *x, const float *mean, const float *dy,
                      const float *a, const float *b, const float *c, float *dx,
                      size_t m, size_t n);
    /* Each row to mean 0 and variance 1, then times scale plus shift (n);
     * stats (m,2): its mean and 1/sd. */
    void (*layer_norm)(const float *x, const float *scale, const float *shift,
                       float epsilon, float *y, float *stats, size_t m,
                       size_t n);
    /* d_scale, d_shift (n) are added to; dx may be dy, or NULL. */
    void (*layer_norm_back)(const float *x, const float *scale,
                            const float *stats, const float *dy, float *dx,
                            double *d_scale, double *d_shift, size_t m,
                            size_t n);
    void (*product)(const struct rt_product *p);
    void (*lanes)(const struct rt_lanes *p);
    /* w[taps[k] + n] += sum over m of x[rows[m] + cols[k] + n] y[m][n]. */
    void (*lanes_back)(const struct rt_lanes *p, float *w);
    /* One place of a pooled image: y (n) is the largest of x[at[k] + n], and
     * which (n), where not NULL, the k it was, the first of equals; a NaN is
     * the largest. k is at most 65536. */
    void (*pool_max)(const float *x, const uint32_t *at, size_t k, float *y,
                     uint16_t *which, size_t n);
    /* dx[at[k] + n] = or += dy[n] where k is which[n]; = writes 0 elsewhere. */
    void (*pool_max_back)(const float *dy, const uint16_t *which,
                          const uint32_t *at, size_t k, float *dx, size_t n,
                          bool add);
    /* y (n) is the mean of x[at[k] + n]. */
    void (*pool_mean)(const float *x, const uint32_t *at, size_t k, float *y,
                      size_t n);
    void (*softmax)(const float *x, float *y, size_t m, size_t n);
    void (*softmax_back)(const float *y, const float *dy, float *dx, size_t m,
                         size_t n);
    /* y = kept ? x / (1-rate) : 0, kept by words from..from+n-1 of key; what
     * was kept is noted, one byte each, for the way back. */
    void (*dropout)(struct rt_key key, uint64_t from, float rate,
                    const float *x, float *y, uint8_t *kept, size_t n);
    void (*dropout_back)(const uint8_t *kept, float rate, const float *dy,
                         float *dx, size_t n);
    void (*lstm)(const struct rt_lstm_step *s);
    void (*lstm_back)(const struct rt_lstm_step *s);
    void (*gru_reset)(const struct rt_gru_step *s);
    void (*gru_out)(const struct rt_gru_step *s);
    void (*gru_out_back)(const struct rt_gru_step *s);
    void (*gru_reset_back)(const struct rt_gru_step *s);
    bool (*finite)(const float *x, size_t n); /* all of them */
    /* y = a x + b for bytes: pictures into a batch. */
    void (*bytes)(const uint8_t *x, float *y, float a, float b, size_t n);
    /* Optimizer steps over one range; all scalars already combined as the
     * optimizer's file says. */
    void (*sgd)(float *w, const float *g, float lr, size_t n);
    void (*momentum)(float *w, const float *g, float *v, float lr, float mu,
                     bool nesterov, size_t n); /* v = mu v - lr g */
    /* b1, b2, rho in double: 1 - b2 would lose digits in float. vhat, move
     * and mean may be NULL. */
    void (*adam)(float *w, const float *g, float *m, float *v, float *vhat,
                 float lr_t, double b1, double b2, float eps, size_t n);
    void (*adamax)(float *w, const float *g, float *m, float *u, float lr_t,
                   double b1, float b2, float eps, size_t n);
    void (*nadam)(float *w, const float *g, float *m, float *v, float by_g,
                  float by_m, double b1, double b2, float unbias, float eps,
                  size_t n);
    void (*rmsprop)(float *w, const float *g, float *s, float *move,
                    float *mean, float lr, double rho, float mu, float eps,
                    size_t n);
    void (*adagrad)(float *w, const float *g, float *a, float lr, float eps,
                    size_t n);
    void (*adadelta)(float *w, const float *g, float *a, float *d, float lr,
                     double rho, float eps, size_t n);
    /* count, sum, sum of squares, min, max of finite values, zeros. */
    void (*moments)(const float *x, size_t n, double out[6]);
};
extern const struct rt_kern rt_kern_base, rt_kern_avx2, rt_kern_avx512;
/* The table of this machine; RETORT_ISA=base|avx2|avx512 chooses a lesser one
 * (for tests). Read once. */
const struct rt_kern *rt_kern(void);
#endif
