/* dense: y = x W + b over the last axis of x. */
#include "graph/blas.h"
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <limits.h>
#include <string.h>

static int check_weights(const struct rt_shape *w, const struct rt_shape *b,
                         struct rt_err *err)
{
    if (w->rank != 2 || w->dim[0] < 1 || w->dim[1] < 1)
        return rt_fail(err, RT_ESHAPE,
                       "dense: weights %s, want (features,units)",
                       rt_shape_text(w));
    if (b && (b->rank != 1 || b->dim[0] != w->dim[1]))
        return rt_fail(err, RT_ESHAPE,
                       "dense: bias %s for weights %s, want (%d)",
                       rt_shape_text(b), rt_shape_text(w), w->dim[1]);
    return RT_OK;
}

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    const struct rt_shape *x = &in[0], *w = &in[1];
    (void)args;
    if (check_weights(w, n_in > 2 ? &in[2] : NULL, err))
        return RT_ESHAPE;
    if (x->rank < 2)
        return rt_fail(err, RT_ESHAPE,
                       "dense: input %s, want (none,...,%d) for weights %s",
                       rt_shape_text(x), w->dim[0], rt_shape_text(w));
    int features = x->dim[x->rank - 1];
    if (features == RT_DIM_ANY)
        return rt_fail(err, RT_ESHAPE,
                       "dense: the last axis of input %s is not known, want "
                       "%d for weights %s",
                       rt_shape_text(x), w->dim[0], rt_shape_text(w));
    if (features != w->dim[0]) {
        bool flat = rt_shape_row(x) == (size_t)w->dim[0];
        return rt_fail(err, RT_ESHAPE,
                       "dense: input %s ends in %d, weights %s want %d%s",
                       rt_shape_text(x), features, rt_shape_text(w), w->dim[0],
                       flat ? "; flatten the input first" : "");
    }
    size_t rows = rt_shape_count(x) / (size_t)features;
    if (rows > INT_MAX)
        return rt_fail(err, RT_ESHAPE,
                       "dense: input %s has %zu rows, want at most %d",
                       rt_shape_text(x), rows, INT_MAX);
    *out = *x;
    out->dim[x->rank - 1] = w->dim[1];
    return RT_OK;
}

/* All axes but the last are rows of one matrix. */
struct size {
    int rows, features, units;
};

static struct size size_of(const struct rt_call *c)
{
    struct size s = { .features = c->x[1].shape.dim[0],
                      .units = c->x[1].shape.dim[1] };
    s.rows = (int)(c->x[0].n / (size_t)s.features);
    return s;
}

static void forward(struct rt_call *c)
{
    struct size s = size_of(c);
    bool bias = c->n_in > 2;
    /* The bias is what the product is added to: no pass of its own later. */
    if (bias)
        for (int r = 0; r < s.rows; r++)
            memcpy(c->y.v + (size_t)r * (size_t)s.units, c->x[2].v,
                   (size_t)s.units * sizeof *c->y.v);
    rt_gemm(false, false, s.rows, s.units, s.features, 1, c->x[0].v, s.features,
            c->x[1].v, s.units, bias ? 1 : 0, c->y.v, s.units);
}

static void backward(struct rt_call *c)
{
    struct size s = size_of(c);
    if (c->dx[0].v)
        rt_gemm(false, true, s.rows, s.features, s.units, 1, c->dy.v, s.units,
                c->x[1].v, s.units, 0, c->dx[0].v, s.features);
    if (c->dx[1].v)
        rt_gemm(true, false, s.features, s.units, s.rows, 1, c->x[0].v,
                s.features, c->dy.v, s.units, 0, c->dx[1].v, s.units);
    if (c->dx[2].v)
        rt_kern()->col_sum(c->dy.v, c->dx[2].v, (size_t)s.rows,
                           (size_t)s.units);
}

const struct rt_op rt_operator_dense = {
    .name = "dense",
    .help = "x W + b over the last axis",
    .min_in = 2,
    .max_in = 3,
    .flags = RT_OP_BACK_X,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .tests = { { "3x4 4x5 5" },
               { "3x4 4x1" },
               { "2x3x4 4x5 5" },
               { "1x7 7x3 3" },
               { "33x130 130x70 70" } },
};

struct rt_node *rt_op_dense(struct rt_graph *g, struct rt_node *x,
                            struct rt_node *w, struct rt_node *b,
                            struct rt_err *err)
{
    struct rt_node *in[] = { x, w, b };
    return rt_graph_op(g, &rt_operator_dense, in, b ? 3 : 2, NULL, err);
}
