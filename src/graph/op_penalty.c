/* penalty: l1 sum(|x|) + l2 sum(x^2), what regularizers are made of. */
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

struct args {
    double l1, l2;
    bool by_rows;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, l1, .def = "0", .help = "rate of the absolute values"),
    RT_OPT(struct args, l2, .def = "0", .help = "rate of the squares"),
    RT_OPT(struct args, by_rows, .def = "no",
           .help = "divide by the number of rows"),
    RT_OPT_END,
};

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    const struct args *a = args;
    (void)n_in;
    if (a->by_rows && in[0].rank < 1)
        return rt_fail(err, RT_ESHAPE,
                       "penalty: input is a scalar, want (none,...)");
    *out = (struct rt_shape){ .rank = 0 };
    return RT_OK;
}

static double share(const struct rt_call *c)
{
    const struct args *a = c->args;
    return a->by_rows ? 1.0 / c->x[0].shape.dim[0] : 1;
}

static void forward(struct rt_call *c)
{
    const struct args *a = c->args;
    const struct rt_kern *k = rt_kern();
    const float *x = c->x[0].v;
    double total = 0;
    if (a->l1 != 0)
        total += a->l1 * k->sum_abs(x, c->x[0].n);
    if (a->l2 != 0)
        total += a->l2 * k->dot(x, x, c->x[0].n);
    *c->y.v = (float)(total * share(c));
}

static void backward(struct rt_call *c)
{
    const struct args *a = c->args;
    double by = share(c) * (double)*c->dy.v;
    rt_kern()->penalty_back(c->x[0].v, c->dx[0].v, (float)(by * a->l1),
                            (float)(by * 2 * a->l2), c->x[0].n);
}

const struct rt_op rt_operator_penalty = {
    .name = "penalty",
    .help = "weighted sums of absolute values and of squares",
    .opts = opts,
    .args_size = sizeof(struct args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_BACK_X,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .tests = { { "3x17", "l1=0.3" },
               { "3x17", "l2=0.2" },
               { "37", "l1=0.1 l2=0.5" },
               { "4x2x3", "l1=0.1 l2=0.5 by_rows=yes" } },
};

struct rt_node *rt_op_penalty(struct rt_graph *g, struct rt_node *x, double l1,
                              double l2, bool by_rows, struct rt_err *err)
{
    struct args a = { .l1 = l1, .l2 = l2, .by_rows = by_rows };
    return rt_graph_op(g, &rt_operator_penalty, &x, 1, &a, err);
}
