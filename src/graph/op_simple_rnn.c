/* simple_rnn: the next state is a function of x kernel + h recurrent + b. */
#include "graph/ops.h"
#include "graph/recur.h"

static const struct rt_recur_kind kind = { "simple_rnn", 1 };
RT_RECUR_SIZES(&kind)

static void run_ahead(void *arg, const struct rt_recur_part *p)
{
    const struct rt_recur *r = arg;
    for (size_t t = 0; t < r->t; t++) {
        rt_recur_ahead(r, r->call, p, t, r->u);
        rt_kern()->unary(r->act.f, rt_recur_at(r, p, r->z, t, r->u),
                         rt_recur_at(r, p, r->h, t + 1, r->u), p->n * r->u,
                         r->act.alpha);
        rt_recur_hold(r, r->call, p, t, r->h);
    }
}

static void forward(struct rt_call *c)
{
    struct rt_recur r = rt_recur_of(&kind, c);
    rt_recur_begin(&r, c, NULL);
    rt_recur_run(&r, run_ahead, &r);
    rt_recur_end(&r, c, NULL);
}

/* z has not been written over yet: it is the function's operand. */
static void run_back(void *arg, const struct rt_recur_part *p)
{
    const struct rt_recur *r = arg;
    float *dh = rt_recur_at(r, p, r->dh, 0, r->u);
    for (size_t t = r->t; t-- > 0;) {
        float *z = rt_recur_at(r, p, r->z, t, r->u);
        rt_recur_dy(r, r->call, p, t, dh);
        rt_recur_aside(r, r->call, p, t, 0, dh);
        rt_kern()->unary_back(r->act.f, z, rt_recur_at(r, p, r->h, t + 1, r->u),
                              dh, z, p->n * r->u, r->act.alpha);
        rt_recur_back(r, p, t, r->u, false, dh);
        rt_recur_back_again(r, r->call, p, t, 0, dh);
    }
}

static void backward(struct rt_call *c)
{
    struct rt_recur r = rt_recur_of(&kind, c);
    rt_recur_turn(&r, c, NULL);
    rt_recur_run(&r, run_back, &r);
    if (c->dx[2].v)
        rt_recur_kernel_grad(&r, c, r.read, r.z, r.u, 0, r.u);
    rt_recur_grads(&r, c, NULL);
}

const struct rt_op rt_operator_simple_rnn = {
    .name = "simple_rnn",
    .help = "fully connected recurrence over whole sequences",
    .opts = rt_recur_opts,
    .args_size = sizeof(struct rt_recur_args),
    .min_in = 3,
    .max_in = 6,
    .flags = RT_OP_RANDOM | RT_OP_BACK_X,
    .shape = shape,
    .saved = saved,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .tests = {
        { "3x4x2 2x5 5x5 5", .lo = -1, .hi = 1 },
        { "3x4x2 2x5 5x5 5 3x4 3x5",
          "masked=yes initial=yes return_state=yes return_sequences=yes",
          .lo = -1, .hi = 1 },
        { "2x3x3 3x19 19x19",
          "activation=softplus return_sequences=yes go_backwards=yes",
          .lo = -1, .hi = 1 },
        { "3x4x5 5x17 17x17 17",
          "dropout=0.4 recurrent_dropout=0.3 return_sequences=yes",
          .lo = -1, .hi = 1 },
    },
};

struct rt_node *rt_op_simple_rnn(struct rt_graph *g,
                                 const struct rt_recur_in *in,
                                 const struct rt_recur_args *a,
                                 struct rt_err *err)
{
    return rt_recur_add(g, &rt_operator_simple_rnn, in, a, err);
}
