/* layer_norm: rows over the last axes, in chunks of rows on the pool. */
#include "base/pool.h"
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <string.h>

struct args {
    int n_axes;
    double epsilon;
    bool scale, center;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, n_axes, .def = "1",
           .help = "how many of the last axes"),
    RT_OPT(struct args, epsilon, .def = "1e-3",
           .help = "added to the variance"),
    RT_OPT(struct args, scale, .def = "yes", .help = "operand: multiply by"),
    RT_OPT(struct args, center, .def = "yes", .help = "operand: add"),
    RT_OPT_END,
};

enum { GRAIN = 1 << 14, MOST_CHUNKS = 32 };

struct rows {
    size_t m, n; /* rows of so many numbers */
    size_t per;  /* rows of a chunk */
    int chunks;
    size_t most; /* at least the chunks, and never fewer for more rows */
};

static struct rows rows_of(const struct args *a, const struct rt_shape *x)
{
    struct rt_span s = rt_shape_span(x, x->rank - a->n_axes, x->rank);
    struct rows r = { s.outer, s.len, 1, 0, 0 };
    if (r.n && r.per * r.n < GRAIN)
        r.per = (GRAIN + r.n - 1) / r.n;
    r.most = (r.m + r.per - 1) / r.per;
    r.most = r.most < MOST_CHUNKS ? r.most : MOST_CHUNKS;
    if (r.per < (r.m + MOST_CHUNKS - 1) / MOST_CHUNKS)
        r.per = (r.m + MOST_CHUNKS - 1) / MOST_CHUNKS;
    r.chunks = (int)((r.m + r.per - 1) / r.per);
    return r;
}

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    const struct args *a = args;
    const struct rt_shape *x = &in[0];
    if (a->n_axes < 1 || a->n_axes > x->rank)
        return rt_fail(err, RT_ESHAPE,
                       "layer_norm: the last %d axes of %s, want at least one "
                       "that is there",
                       a->n_axes, rt_shape_text(x));
    if (n_in != 1 + a->scale + a->center)
        return rt_fail(err, RT_EINVAL, "layer_norm: %d inputs, want %d", n_in,
                       1 + a->scale + a->center);
    struct rt_shape row = { .rank = a->n_axes };
    for (int i = 0; i < row.rank; i++)
        row.dim[i] = x->dim[x->rank - row.rank + i];
    for (int i = 1; i < n_in; i++)
        if (!rt_shape_equal(&in[i], &row))
            return rt_fail(err, RT_ESHAPE, "layer_norm: %s for rows of %s",
                           rt_shape_text(&in[i]), rt_shape_text(&row));
    *out = *x;
    return RT_OK;
}

/* Mean and 1/sd of every row. */
static size_t saved(const void *args, const struct rt_shape *in, int n_in,
                    const struct rt_shape *out)
{
    (void)n_in;
    (void)out;
    return rows_of(args, in).m * 2 * sizeof(float);
}

/* Sums of every chunk for gamma and beta; ones and zeros for those that are
 * not there. */
static size_t scratch(const void *args, const struct rt_shape *in, int n_in,
                      const struct rt_shape *out)
{
    struct rows r = rows_of(args, in);
    (void)n_in;
    (void)out;
    return r.n * (r.most * 2 * sizeof(double) + 2 * sizeof(float));
}

struct job {
    struct rt_call *c;
    struct rows r;
    const float *scale, *shift;
    double *sum; /* chunks x 2 x n */
};

static struct job job_of(struct rt_call *c)
{
    const struct args *a = c->args;
    struct job j = { .c = c, .r = rows_of(a, &c->x[0].shape) };
    size_t n = j.r.n;
    j.sum = c->scratch;
    float *flat = (float *)(j.sum + (size_t)j.r.chunks * 2 * n);
    rt_kern()->fill(flat, 1, n);
    rt_kern()->fill(flat + n, 0, n);
    j.scale = a->scale ? c->x[1].v : flat;
    j.shift = a->center ? c->x[1 + a->scale].v : flat + n;
    return j;
}

static size_t chunk_rows(const struct job *j, int chunk, size_t *from)
{
    *from = (size_t)chunk * j->r.per;
    size_t left = j->r.m - *from;
    return left < j->r.per ? left : j->r.per;
}

static void forward_chunk(void *arg, int chunk)
{
    const struct job *j = arg;
    const struct args *a = j->c->args;
    size_t from, m = chunk_rows(j, chunk, &from), n = j->r.n;
    rt_kern()->layer_norm(j->c->x[0].v + from * n, j->scale, j->shift,
                          (float)a->epsilon, j->c->y.v + from * n,
                          (float *)j->c->saved + 2 * from, m, n);
}

static void forward(struct rt_call *c)
{
    struct job j = job_of(c);
    rt_pool_run(j.r.chunks, forward_chunk, &j);
}

static void backward_chunk(void *arg, int chunk)
{
    const struct job *j = arg;
    const struct rt_call *c = j->c;
    size_t from, m = chunk_rows(j, chunk, &from), n = j->r.n;
    double *sum = j->sum + (size_t)chunk * 2 * n;
    memset(sum, 0, 2 * n * sizeof *sum);
    rt_kern()->layer_norm_back(
        c->x[0].v + from * n, j->scale, (const float *)c->saved + 2 * from,
        c->dy.v + from * n, c->dx[0].v ? c->dx[0].v + from * n : NULL, sum,
        sum + n, m, n);
}

/* of: 0 gamma, 1 beta */
static void total(const struct job *j, int of, float *out)
{
    size_t n = j->r.n;
    for (size_t i = 0; out && i < n; i++) {
        double sum = 0;
        for (size_t k = 0; k < (size_t)j->r.chunks; k++)
            sum += j->sum[(2 * k + (size_t)of) * n + i];
        out[i] = (float)sum;
    }
}

static void backward(struct rt_call *c)
{
    const struct args *a = c->args;
    struct job j = job_of(c);
    rt_pool_run(j.r.chunks, backward_chunk, &j);
    if (a->scale)
        total(&j, 0, c->dx[1].v);
    if (a->center)
        total(&j, 1, c->dx[1 + a->scale].v);
}

const struct rt_op rt_operator_layer_norm = {
    .name = "layer_norm",
    .help = "rows to mean 0 and variance 1, times gamma plus beta",
    .opts = opts,
    .args_size = sizeof(struct args),
    .min_in = 1,
    .max_in = 3,
    .flags = RT_OP_IN_PLACE | RT_OP_BACK_X,
    .shape = shape,
    .saved = saved,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .tests = { { "4x17 17 17" },
               { "3x5x40 40", "scale=no epsilon=0.01" },
               { "3x5x7 5x7 5x7", "n_axes=2" },
               { "600x70", "scale=no center=no" } },
};

struct rt_node *rt_op_layer_norm(struct rt_graph *g, struct rt_node *x,
                                 struct rt_node *gamma, struct rt_node *beta,
                                 int n_axes, double epsilon, struct rt_err *err)
{
    struct args a = { n_axes, epsilon, gamma != NULL, beta != NULL };
    struct rt_node *in[3] = { x };
    int n = 1;
    if (gamma)
        in[n++] = gamma;
    if (beta)
        in[n++] = beta;
    return rt_graph_op(g, &rt_operator_layer_norm, in, n, &a, err);
}
