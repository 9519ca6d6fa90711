/* Initializers of recurrent layers: kernels that keep lengths, and a bias that
 * holds the forget gate of an lstm open. Defaults: Keras 2.3.1. */
#include "nn/init.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

/* ---- orthogonal ---------------------------------------------------------- */

struct orthogonal {
    double gain;
};
static const struct rt_opt orthogonal_opts[] = {
    RT_OPT(struct orthogonal, gain, .word = 1, .def = "1",
           .help = "factor of all numbers"),
    RT_OPT_END,
};

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Makes row k of v orthogonal to those before and of length 1: Gram and
 * Schmidt, twice, since once leaves rounding of the size of what was taken. */
static void straighten(double *v, size_t k, size_t n)
{
    double *row = v + k * n;
    for (int again = 0; again < 2; again++)
        for (size_t i = 0; i < k; i++) {
            const double *other = v + i * n;
            double part = dot(row, other, n);
            for (size_t j = 0; j < n; j++)
                row[j] -= part * other[j];
        }
    double length = sqrt(dot(row, row, n));
    for (size_t j = 0; j < n; j++)
        row[j] /= length;
}

/* Of the two sides of the matrix (all axes but the last; the last) the shorter
 * one's vectors are orthonormal. */
static int draw_orthogonal(const void *args, const struct rt_shape *shape,
                           struct rt_key key, float *out, struct rt_err *err)
{
    const struct orthogonal *a = args;
    size_t all = rt_shape_count(shape);
    size_t cols = shape->rank ? (size_t)shape->dim[shape->rank - 1] : 1;
    size_t rows = all / cols, few = rows < cols ? rows : cols;
    size_t n = all / few;
    double *v = rt_try_alloc(all, sizeof *v, "initializer 'orthogonal'", err);
    if (!v)
        return RT_ENOMEM;
    rt_rng_normal(key, 0, out, all);
    for (size_t i = 0; i < all; i++)
        v[i] = (double)out[i];
    for (size_t k = 0; k < few; k++)
        straighten(v, k, n);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            out[r * cols + c] =
                (float)(a->gain * (rows < cols ? v[r * n + c] : v[c * n + r]));
    free(v);
    return 0;
}

const struct rt_init rt_init_orthogonal = {
    .name = "orthogonal",
    .help = "random, of orthonormal rows or columns",
    .keras = "Orthogonal",
    .opts = orthogonal_opts,
    .args_size = sizeof(struct orthogonal),
    .try_draw = draw_orthogonal,
};

/* ---- unit_forget --------------------------------------------------------- */

struct forget {
    const char *others;
};
static const struct rt_opt forget_opts[] = {
    RT_OPT(struct forget, others, .word = 1, .def = "zeros",
           .names = RT_NAMES_INIT, .help = "initializer of the other gates"),
    RT_OPT_END,
};

static int draw_forget(const void *args, const struct rt_shape *shape,
                       struct rt_key key, float *out, struct rt_err *err)
{
    const struct forget *a = args;
    size_t quarter = rt_shape_count(shape) / 4;
    struct rt_err why = RT_ERR_INIT;
    int status = rt_init_draw(a->others, shape, key, out, &why);
    if (status == RT_ENOMEM)
        return rt_fail(err, status, "%s", why.text);
    if (status)
        rt_init_draw("zeros", shape, key, out, NULL);
    for (size_t i = quarter; i < 2 * quarter; i++)
        out[i] = 1;
    return 0;
}

const struct rt_init rt_init_unit_forget = {
    .name = "unit_forget",
    .help = "1 for the forget gate of an lstm's bias",
    .opts = forget_opts,
    .args_size = sizeof(struct forget),
    .try_draw = draw_forget,
};
