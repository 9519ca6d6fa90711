/* lstm: a recurrent layer whose state is kept in cells behind gates. */
#include "graph/ops.h"
#include "graph/recur.h"

#include <string.h>

enum { GATES = 4 };

struct lstm {
    struct rt_recur r;
    float *c; /* (T+1,N,U): cells, from those before the first step */
    float *a; /* (T,N,U): activation of the cells */
    float *dc;
    const struct rt_call *call;
};

static void lay(struct lstm *s, const void *args, const struct rt_shape *x,
                const struct rt_shape *recurrent, struct rt_carve *saved,
                struct rt_carve *scratch)
{
    rt_recur_lay(&s->r, GATES, args, x, recurrent, saved, scratch);
    size_t state = s->r.n * s->r.u;
    if (saved) {
        s->c = rt_carve(saved, (s->r.t + 1) * state);
        s->a = rt_carve(saved, s->r.t * state);
    }
    if (scratch)
        s->dc = rt_carve(scratch, state);
}

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    return rt_recur_shape("lstm", GATES, args, in, n_in, out, err);
}

static size_t saved(const void *args, const struct rt_shape *in, int n_in,
                    const struct rt_shape *out)
{
    struct rt_carve c = { 0 };
    struct lstm s;
    (void)n_in, (void)out;
    lay(&s, args, &in[0], &in[2], &c, NULL);
    return c.n * sizeof(float);
}

static size_t scratch(const void *args, const struct rt_shape *in, int n_in,
                      const struct rt_shape *out)
{
    struct rt_carve c = { 0 };
    struct lstm s;
    (void)n_in, (void)out;
    lay(&s, args, &in[0], &in[2], NULL, &c);
    return c.n * sizeof(float);
}

static struct lstm lstm_of(const struct rt_call *c)
{
    struct rt_carve kept = { .base = c->saved }, more = { .base = c->scratch };
    struct lstm s;
    lay(&s, c->args, &c->x[0].shape, &c->x[2].shape, &kept, &more);
    s.call = c;
    return s;
}

static struct rt_lstm_step step_of(const struct lstm *s,
                                   const struct rt_recur_part *p, size_t t)
{
    const struct rt_recur *r = &s->r;
    size_t width = GATES * r->u;
    return (struct rt_lstm_step){
        .rows = p->n,
        .units = r->u,
        .act = r->act,
        .rec = r->rec,
        .z = rt_recur_at(r, p, r->z, t, width),
        .pre = rt_recur_at(r, p, r->pre, t, width),
        .c0 = rt_recur_at(r, p, s->c, t, r->u),
        .c = rt_recur_at(r, p, s->c, t + 1, r->u),
        .a = rt_recur_at(r, p, s->a, t, r->u),
        .work = p->work,
    };
}

static void run_ahead(void *arg, const struct rt_recur_part *p)
{
    const struct lstm *s = arg;
    for (size_t t = 0; t < s->r.t; t++) {
        rt_recur_ahead(&s->r, s->call, p, t, GATES * s->r.u);
        struct rt_lstm_step step = step_of(s, p, t);
        step.h = rt_recur_at(&s->r, p, s->r.h, t + 1, s->r.u);
        rt_kern()->lstm(&step);
        rt_recur_hold(&s->r, s->call, p, t, s->r.h);
        rt_recur_hold(&s->r, s->call, p, t, s->c);
    }
}

static void forward(struct rt_call *c)
{
    struct lstm s = lstm_of(c);
    rt_recur_begin(&s.r, c, s.c);
    rt_recur_run(&s.r, run_ahead, &s);
    rt_recur_end(&s.r, c, s.c);
}

static void run_back(void *arg, const struct rt_recur_part *p)
{
    const struct lstm *s = arg;
    float *dh = rt_recur_at(&s->r, p, s->r.dh, 0, s->r.u);
    float *dc = rt_recur_at(&s->r, p, s->dc, 0, s->r.u);
    for (size_t t = s->r.t; t-- > 0;) {
        rt_recur_dy(&s->r, s->call, p, t, dh);
        rt_recur_aside(&s->r, s->call, p, t, 0, dh);
        rt_recur_aside(&s->r, s->call, p, t, 1, dc);
        struct rt_lstm_step step = step_of(s, p, t);
        step.dh = dh;
        step.dc = dc;
        rt_kern()->lstm_back(&step);
        rt_recur_back(&s->r, p, t, GATES * s->r.u, false, dh);
        rt_recur_back_again(&s->r, s->call, p, t, 0, dh);
        rt_recur_back_again(&s->r, s->call, p, t, 1, dc);
    }
}

static void backward(struct rt_call *c)
{
    struct lstm s = lstm_of(c);
    rt_recur_turn(&s.r, c, s.dc);
    rt_recur_run(&s.r, run_back, &s);
    if (c->dx[2].v)
        rt_recur_kernel_grad(&s.r, c, s.r.read, s.r.z, GATES * s.r.u, 0,
                             GATES * s.r.u);
    rt_recur_grads(&s.r, c, s.dc);
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
