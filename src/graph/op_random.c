/* dropout: element i is kept or not by word i of the node's stream. */
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

static const struct rt_opt opts[] = {
    RT_OPT(struct rt_dropout_args, rate, .def = "0.5", .min = 0, .max = 1,
           .open = 2, .help = "share of the numbers set to zero"),
    RT_OPT_END,
};

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    const struct rt_dropout_args *a = args;
    (void)n_in;
    if (!(a->rate >= 0 && a->rate < 1))
        return rt_fail(err, RT_EINVAL,
                       "dropout: rate is %g, want 0 <= rate < 1", a->rate);
    *out = in[0];
    return RT_OK;
}

/* A byte a number: what was kept. */
static size_t saved(const void *args, const struct rt_shape *in, int n_in,
                    const struct rt_shape *out)
{
    (void)args;
    (void)in;
    (void)n_in;
    return rt_shape_count(out);
}

static void forward(struct rt_call *c)
{
    const struct rt_dropout_args *a = c->args;
    rt_kern()->dropout(c->key, 0, (float)a->rate, c->x[0].v, c->y.v, c->saved,
                       c->y.n);
}

static void backward(struct rt_call *c)
{
    const struct rt_dropout_args *a = c->args;
    rt_kern()->dropout_back(c->saved, (float)a->rate, c->dy.v, c->dx[0].v,
                            c->y.n);
}

const struct rt_op rt_operator_dropout = {
    .name = "dropout",
    .help = "zero a random share while training, scale up the rest",
    .opts = opts,
    .args_size = sizeof(struct rt_dropout_args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_IN_PLACE | RT_OP_RANDOM | RT_OP_TRAIN_ONLY,
    .shape = shape,
    .saved = saved,
    .forward = forward,
    .backward = backward,
    .tests = { { "4x33", "rate=0.3" }, { "4x33", "rate=0" } },
};

struct rt_node *rt_op_dropout(struct rt_graph *g, struct rt_node *x,
                              double rate, struct rt_err *err)
{
    struct rt_dropout_args a = { .rate = rate };
    return rt_graph_op(g, &rt_operator_dropout, &x, 1, &a, err);
}
