/* lstm: a recurrent layer whose state is kept in cells behind gates. */
#include "graph/ops.h"
#include "graph/recur.h"

enum { GATES = 4 };

/* Cells, from those before the first step; activation of the cells. */
enum { CELLS, ACTIVE };
static const struct rt_recur_kind kind = { "lstm", GATES, .kept = 2,
                                           .more = 1 };
RT_RECUR_SIZES(&kind)

static struct rt_lstm_step step_of(const struct rt_recur *r,
                                   const struct rt_recur_part *p, size_t t)
{
    size_t width = GATES * r->u;
    return (struct rt_lstm_step){
        .rows = p->n,
        .units = r->u,
        .act = r->act,
        .rec = r->rec,
        .z = rt_recur_at(r, p, r->z, t, width),
        .pre = rt_recur_at(r, p, r->pre, t, width),
        .c0 = rt_recur_at(r, p, r->kept[CELLS], t, r->u),
        .c = rt_recur_at(r, p, r->kept[CELLS], t + 1, r->u),
        .a = rt_recur_at(r, p, r->kept[ACTIVE], t, r->u),
        .work = p->work,
    };
}

static void run_ahead(void *arg, const struct rt_recur_part *p)
{
    const struct rt_recur *r = arg;
    for (size_t t = 0; t < r->t; t++) {
        rt_recur_ahead(r, r->call, p, t, GATES * r->u);
        struct rt_lstm_step step = step_of(r, p, t);
        step.h = rt_recur_at(r, p, r->h, t + 1, r->u);
        rt_kern()->lstm(&step);
        rt_recur_hold(r, r->call, p, t, r->h);
        rt_recur_hold(r, r->call, p, t, r->kept[CELLS]);
    }
}

static void forward(struct rt_call *c)
{
    struct rt_recur r = rt_recur_of(&kind, c);
    rt_recur_begin(&r, c, r.kept[CELLS]);
    rt_recur_run(&r, run_ahead, &r);
    rt_recur_end(&r, c, r.kept[CELLS]);
}

static void run_back(void *arg, const struct rt_recur_part *p)
{
    const struct rt_recur *r = arg;
    float *dh = rt_recur_at(r, p, r->dh, 0, r->u);
    float *dc = rt_recur_at(r, p, r->more[0], 0, r->u);
    for (size_t t = r->t; t-- > 0;) {
        rt_recur_dy(r, r->call, p, t, dh);
        rt_recur_aside(r, r->call, p, t, 0, dh);
        rt_recur_aside(r, r->call, p, t, 1, dc);
        struct rt_lstm_step step = step_of(r, p, t);
        step.dh = dh;
        step.dc = dc;
        rt_kern()->lstm_back(&step);
        rt_recur_back(r, p, t, GATES * r->u, false, dh);
        rt_recur_back_again(r, r->call, p, t, 0, dh);
        rt_recur_back_again(r, r->call, p, t, 1, dc);
    }
}

static void backward(struct rt_call *c)
{
    struct rt_recur r = rt_recur_of(&kind, c);
    rt_recur_turn(&r, c, r.more[0]);
    rt_recur_run(&r, run_back, &r);
    if (c->dx[2].v)
        rt_recur_kernel_grad(&r, c, r.read, r.z, GATES * r.u, 0, GATES * r.u);
    rt_recur_grads(&r, c, r.more[0]);
}

const struct rt_op rt_operator_lstm = {
    .name = "lstm",
    .help = "long short-term memory over whole sequences",
    .opts = rt_recur_opts,
    .args_size = sizeof(struct rt_recur_args),
    .min_in = 3,
    .max_in = 7,
    .flags = RT_OP_RANDOM | RT_OP_BACK_X,
    .shape = shape,
    .saved = saved,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .tests = {
        { "3x4x2 2x20 5x20 20", .lo = -1, .hi = 1 },
        { "2x3x3 3x76 19x76 76", "return_sequences=yes go_backwards=yes "
          "recurrent_activation=hard_sigmoid", .lo = -1, .hi = 1 },
        { "3x4x2 2x20 5x20", "activation=softplus recurrent_activation=elu",
          .lo = -1, .hi = 1 },
        { "3x4x5 5x68 17x68 68",
          "dropout=0.4 recurrent_dropout=0.3 return_sequences=yes",
          .lo = -1, .hi = 1 },
        { "40x3x2 2x12 3x12 12", "go_backwards=yes", .lo = -1, .hi = 1 },
        { "2x1x3 3x8 2x8 8 2x1 2x2 2x2",
          "masked=yes initial=yes return_state=yes", .lo = -1, .hi = 1 },
        { "3x4x2 2x20 5x20 20 3x5 3x5",
          "initial=yes return_state=yes return_sequences=yes "
          "recurrent_dropout=0.3", .lo = -1, .hi = 1 },
    },
};

struct rt_node *rt_op_lstm(struct rt_graph *g, const struct rt_recur_in *in,
                           const struct rt_recur_args *a, struct rt_err *err)
{
    return rt_recur_add(g, &rt_operator_lstm, in, a, err);
}
