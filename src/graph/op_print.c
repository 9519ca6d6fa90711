/* print: passes its operand on and reports it while training. */
#include "graph/print.h"

#include "graph/op.h"

#include <string.h>

static _Thread_local rt_print_fn *listener;
static _Thread_local void *listening;

void rt_print_listen(rt_print_fn *fn, void *who)
{
    listener = fn;
    listening = who;
}

static const struct rt_opt opts[] = {
    RT_OPT(struct rt_print_args, every, .def = "0", .min = 0, .max = INT32_MAX,
           .help = "batches from report to report; 0: once an epoch"),
    RT_OPT_END,
};

/* Not a view: those are never run. */
static void forward(struct rt_call *c)
{
    if (c->y.v != c->x[0].v)
        memcpy(c->y.v, c->x[0].v, c->y.n * sizeof *c->y.v);
    if (c->training && listener)
        listener(listening, c->args, &c->y);
}

static void backward(struct rt_call *c)
{
    if (c->dx[0].v != c->dy.v)
        memcpy(c->dx[0].v, c->dy.v, c->y.n * sizeof *c->y.v);
}

const struct rt_op rt_operator_print = {
    .name = "print",
    .help = "x itself, reported while training",
    .opts = opts,
    .args_size = sizeof(struct rt_print_args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_IN_PLACE,
    .shape = rt_op_shape_same,
    .forward = forward,
    .backward = backward,
    .tests = { { "3x4" }, { "3x4", "every=2" } },
};

struct rt_node *rt_op_print(struct rt_graph *g, struct rt_node *x,
                            const char *tag, int every, struct rt_err *err)
{
    struct rt_print_args a = { .every = every };
    strncpy(a.tag, tag, sizeof a.tag - 1);
    return rt_graph_op(g, &rt_operator_print, &x, 1, &a, err);
}
