/* batch_dot: one product of matrices for each row of a batch. */
#include "graph/blas.h"
#include "graph/op.h"
#include "graph/ops.h"

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    const struct rt_shape *a = &in[0], *b = &in[1];
    (void)args;
    (void)n_in;
    if (a->rank != 3 || b->rank != 3 || a->dim[2] != b->dim[2] ||
        a->dim[0] != b->dim[0])
        return rt_fail(err, RT_ESHAPE,
                       "batch_dot: %s and %s, want (N,I,K) and (N,J,K)",
                       rt_shape_text(a), rt_shape_text(b));
    *out = RT_SHAPE(a->dim[0], a->dim[1], b->dim[1]);
    return RT_OK;
}

struct sizes {
    size_t n;
    int i, j, k;
};

static struct sizes sizes_of(const struct rt_call *c)
{
    const int *a = c->x[0].shape.dim, *b = c->x[1].shape.dim;
    return (struct sizes){ (size_t)a[0], a[1], b[1], a[2] };
}

/* The matrix of row n of a (n,rows,cols) array. */
static float *row(const struct rt_tensor *t, size_t n)
{
    return t->v + n * ((size_t)t->shape.dim[1] * (size_t)t->shape.dim[2]);
}

static void forward(struct rt_call *c)
{
    struct sizes s = sizes_of(c);
    for (size_t n = 0; n < s.n; n++)
        rt_gemm(false, true, s.i, s.j, s.k, 1, row(&c->x[0], n), s.k,
                row(&c->x[1], n), s.k, 0, row(&c->y, n), s.j);
}

static void backward(struct rt_call *c)
{
    struct sizes s = sizes_of(c);
    for (size_t n = 0; n < s.n; n++) {
        if (c->dx[0].v)
            rt_gemm(false, false, s.i, s.k, s.j, 1, row(&c->dy, n), s.j,
                    row(&c->x[1], n), s.k, 0, row(&c->dx[0], n), s.k);
        if (c->dx[1].v)
            rt_gemm(true, false, s.j, s.k, s.i, 1, row(&c->dy, n), s.j,
                    row(&c->x[0], n), s.k, 0, row(&c->dx[1], n), s.k);
    }
}

const struct rt_op rt_operator_batch_dot = {
    .name = "batch_dot",
    .help = "product of two matrices for each row of a batch",
    .min_in = 2,
    .max_in = 2,
    .flags = RT_OP_BACK_X,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .tests = { { "3x4x5 3x2x5" }, { "2x1x7 2x1x7" }, { "2x3x1 2x4x1" } },
};

struct rt_node *rt_op_batch_dot(struct rt_graph *g, struct rt_node *a,
                                struct rt_node *b, struct rt_err *err)
{
    struct rt_node *in[] = { a, b };
    return rt_graph_op(g, &rt_operator_batch_dot, in, 2, NULL, err);
}
