/* where: one of two operands at each place, broadcast as NumPy. A choice and
 * not a sum of products, so that a NaN which is not chosen stays out. */
#include "graph/op.h"
#include "graph/ops.h"

#include <string.h>

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    (void)args;
    *out = in[0];
    for (int i = 1; i < n_in; i++)
        if (rt_shape_broadcast(out, &in[i], out, err))
            return rt_err_within(err, "where");
    return RT_OK;
}

/* Places of the three operands, going over the result in order. A step of 0 is
 * an axis along which an operand is repeated. */
struct walk {
    int rank;
    size_t dim[RT_RANK_MAX], index[RT_RANK_MAX];
    size_t step[3][RT_RANK_MAX], at[3];
};

static struct walk walk_of(const struct rt_call *c)
{
    const struct rt_shape *y = &c->y.shape;
    struct walk w = { .rank = y->rank };
    for (int i = 0; i < y->rank; i++)
        w.dim[i] = (size_t)y->dim[i];
    for (int o = 0; o < 3; o++) {
        const struct rt_shape *x = &c->x[o].shape;
        size_t n = 1;
        for (int i = 1; i <= x->rank; i++) {
            int d = x->dim[x->rank - i];
            w.step[o][y->rank - i] = d == 1 ? 0 : n;
            n *= (size_t)d;
        }
    }
    return w;
}

static void next(struct walk *w)
{
    for (int i = w->rank - 1; i >= 0; i--) {
        for (int o = 0; o < 3; o++)
            w->at[o] += w->step[o][i];
        if (++w->index[i] < w->dim[i])
            return;
        for (int o = 0; o < 3; o++)
            w->at[o] -= w->step[o][i] * w->dim[i];
        w->index[i] = 0;
    }
}

static void forward(struct rt_call *c)
{
    struct walk w = walk_of(c);
    for (size_t i = 0; i < c->y.n; i++, next(&w))
        c->y.v[i] =
            c->x[0].v[w.at[0]] != 0 ? c->x[1].v[w.at[1]] : c->x[2].v[w.at[2]];
}

static size_t scratch(const void *args, const struct rt_shape *in, int n_in,
                      const struct rt_shape *out)
{
    (void)args;
    (void)n_in;
    (void)out;
    return (rt_shape_count(&in[1]) + rt_shape_count(&in[2])) * sizeof(double);
}

static void backward(struct rt_call *c)
{
    struct walk w = walk_of(c);
    double *sum[3] = { NULL, c->scratch, (double *)c->scratch + c->x[1].n };
    memset(c->scratch, 0, (c->x[1].n + c->x[2].n) * sizeof(double));
    for (size_t i = 0; i < c->y.n; i++, next(&w)) {
        int chosen = c->x[0].v[w.at[0]] != 0 ? 1 : 2;
        sum[chosen][w.at[chosen]] += (double)c->dy.v[i];
    }
    for (int o = 1; o < 3; o++)
        for (size_t i = 0; c->dx[o].v && i < c->x[o].n; i++)
            c->dx[o].v[i] = (float)sum[o][i];
    if (c->dx[0].v)
        memset(c->dx[0].v, 0, c->x[0].n * sizeof(float));
}

const struct rt_op rt_operator_where = {
    .name = "where",
    .help = "a where c is not 0, else b",
    .min_in = 3,
    .max_in = 3,
    .flags = RT_OP_BACK_X,
    .shape = shape,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .tests = { { "3x4 3x4 3x4" },
               { "3x4 1 4" },
               { "3x1 3x4 1x4" },
               { "4 2x3x4 3x1" } },
};

struct rt_node *rt_op_where(struct rt_graph *g, struct rt_node *c,
                            struct rt_node *a, struct rt_node *b,
                            struct rt_err *err)
{
    struct rt_node *in[] = { c, a, b };
    return rt_graph_op(g, &rt_operator_where, in, 3, NULL, err);
}
