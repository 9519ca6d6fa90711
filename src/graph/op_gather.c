/* gather: rows of a table by number. Numbers are cut to whole ones, as Keras
 * casts them; one that is no row of the table is a fault of the run. */
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <string.h>

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    const struct rt_shape *x = &in[0], *table = &in[1];
    (void)args, (void)n_in;
    if (table->rank != 2 || table->dim[0] < 1 || table->dim[1] < 1)
        return rt_fail(err, RT_ESHAPE, "gather: table %s, want (rows,width)",
                       rt_shape_text(table));
    if (x->rank >= RT_RANK_MAX)
        return rt_fail(err, RT_ESHAPE,
                       "gather: numbers %s, want at most %d dimensions",
                       rt_shape_text(x), RT_RANK_MAX - 1);
    *out = *x;
    out->dim[out->rank++] = table->dim[1];
    return RT_OK;
}

/* The row that x means, or -1. */
static int row_of(float x, int rows)
{
    return x > -1 && x < (float)rows ? (int)x : -1;
}

static void fault(const struct rt_call *c, size_t at)
{
    size_t row = c->x[0].n / (size_t)c->x[0].shape.dim[0];
    rt_fail(c->fault, RT_EFORMAT,
            "index %g in row %zu of the batch, want 0 <= index < %d",
            (double)c->x[0].v[at], at / row, c->x[1].shape.dim[0]);
}

static void forward(struct rt_call *c)
{
    int rows = c->x[1].shape.dim[0];
    size_t width = (size_t)c->x[1].shape.dim[1];
    for (size_t i = 0; i < c->x[0].n; i++) {
        int row = row_of(c->x[0].v[i], rows);
        if (row < 0) {
            fault(c, i);
            return;
        }
        memcpy(c->y.v + i * width, c->x[1].v + (size_t)row * width,
               width * sizeof *c->y.v);
    }
}

static void backward(struct rt_call *c)
{
    size_t width = (size_t)c->x[1].shape.dim[1];
    float *table = c->dx[1].v;
    if (c->dx[0].v)
        memset(c->dx[0].v, 0, c->dx[0].n * sizeof *c->dx[0].v);
    if (!table)
        return;
    memset(table, 0, c->dx[1].n * sizeof *table);
    for (size_t i = 0; i < c->x[0].n; i++) {
        int row = row_of(c->x[0].v[i], c->x[1].shape.dim[0]);
        rt_kern()->axpy(table + (size_t)row * width, 1, c->dy.v + i * width,
                        width);
    }
}

const struct rt_op rt_operator_gather = {
    .name = "gather",
    .help = "rows of a table by number",
    .min_in = 2,
    .max_in = 2,
    .flags = RT_OP_BACK_X | RT_OP_INDEX,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .tests = { { "3x4 5x6", .lo = 0, .hi = 4.9 },
               { "20 3x1", .lo = -0.9, .hi = 2.9 },
               { "2x3x2 4x17", .lo = 0, .hi = 3.9 } },
};

struct rt_node *rt_op_gather(struct rt_graph *g, struct rt_node *x,
                             struct rt_node *table, struct rt_err *err)
{
    struct rt_node *in[] = { x, table };
    return rt_graph_op(g, &rt_operator_gather, in, 2, NULL, err);
}
