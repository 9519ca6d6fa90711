/* gru: a recurrent layer whose state is kept or renewed by gates. The reset
 * gate multiplies the state before the candidate's product (Cho et al. 2014),
 * or what that product gives (reset_after, as cuDNN has it). A state of which
 * some is dropped is so wherever it is used, also where the update gate keeps
 * it. Source: Keras 2.3.1, GRUCell with its default implementation=2. */
#include "graph/blas.h"
#include "graph/ops.h"
#include "graph/recur.h"

#include <string.h>

enum { GATES = 3 };

/* Saved: r h, which the candidate's product is made of; or, with reset_after,
 * the product, which r multiplies, and in the end its gradient. Scratch: of h
 * as it is kept, as it is read. */
enum { INNER, DH0 = 0, DREAD };
static const struct rt_recur_kind kind = { "gru", GATES, .kept = 1, .more = 2 };
RT_RECUR_SIZES(&kind)

static struct rt_gru_step step_of(const struct rt_recur *r,
                                  const struct rt_recur_part *p, size_t t)
{
    size_t width = GATES * r->u;
    return (struct rt_gru_step){
        .rows = p->n,
        .units = r->u,
        .act = r->act,
        .rec = r->rec,
        .after = r->a->reset_after,
        .z = rt_recur_at(r, p, r->z, t, width),
        .pre = rt_recur_at(r, p, r->pre, t, width),
        .h0 = rt_recur_at(r, p, r->read, t, r->u),
        .read = rt_recur_at(r, p, r->read, t, r->u),
        .inner = rt_recur_at(r, p, r->kept[INNER], t, r->u),
        .work = p->work,
    };
}

/* ---- forward --------------------------------------------------------------*/

/* What the reset gate multiplies: the state's product with the candidate's
 * columns, and the second row of the bias. */
static void inner_product(const struct rt_recur *r,
                          const struct rt_recur_part *p, size_t t)
{
    int at = rt_recur_bias(r->call);
    const float *bias = at < 0 ? NULL : r->call->x[at].v;
    float *inner = rt_recur_at(r, p, r->kept[INNER], t, r->u);
    for (size_t i = 0; bias && i < p->n; i++)
        memcpy(inner + i * r->u, bias + 5 * r->u, r->u * sizeof *inner);
    if (rt_recur_reads(r, t))
        rt_gemm(false, false, (int)p->n, (int)r->u, (int)r->u, 1,
                rt_recur_at(r, p, r->read, t, r->u), (int)r->u,
                r->call->x[2].v + 2 * r->u, (int)(GATES * r->u), bias ? 1 : 0,
                inner, (int)r->u);
    else if (!bias)
        memset(inner, 0, p->n * r->u * sizeof *inner);
}

/* The candidate's product with the state that the reset gate let through. */
static void candidate_product(const struct rt_recur *r,
                              const struct rt_recur_part *p, size_t t)
{
    size_t width = GATES * r->u;
    if (rt_recur_reads(r, t))
        rt_gemm(false, false, (int)p->n, (int)r->u, (int)r->u, 1,
                rt_recur_at(r, p, r->kept[INNER], t, r->u), (int)r->u,
                r->call->x[2].v + 2 * r->u, (int)width, 1,
                rt_recur_at(r, p, r->z, t, width) + 2 * r->u, (int)width);
}

static void run_ahead(void *arg, const struct rt_recur_part *p)
{
    const struct rt_recur *r = arg;
    const struct rt_kern *k = rt_kern();
    for (size_t t = 0; t < r->t; t++) {
        struct rt_gru_step step = step_of(r, p, t);
        step.h = rt_recur_at(r, p, r->h, t + 1, r->u);
        rt_recur_ahead(r, r->call, p, t, 2 * r->u);
        if (step.after)
            inner_product(r, p, t);
        k->gru_reset(&step);
        if (!step.after)
            candidate_product(r, p, t);
        k->gru_out(&step);
        rt_recur_hold(r, r->call, p, t, r->h);
    }
}

/* The second row of the bias belongs to what the recurrent kernel gives; but
 * for the candidate's it is as good as one with the first. */
static void add_recurrent_bias(const struct rt_recur *r)
{
    const float *bias = r->call->x[3].v + GATES * r->u;
    for (size_t i = 0; i < r->t * r->n; i++)
        rt_kern()->axpy(r->z + i * GATES * r->u, 1, bias, 2 * r->u);
}

static void forward(struct rt_call *c)
{
    struct rt_recur set = rt_recur_of(&kind, c);
    rt_recur_begin(&set, c, NULL);
    if (set.a->reset_after && rt_recur_bias(c) >= 0)
        add_recurrent_bias(&set);
    rt_recur_run(&set, run_ahead, &set);
    rt_recur_end(&set, c, NULL);
}

/* ---- backward -------------------------------------------------------------*/

/* to = d times the candidate's columns of the recurrent kernel, transposed. */
static void through_candidate(const struct rt_recur *r,
                              const struct rt_recur_part *p, const float *d,
                              size_t ld, float *to)
{
    rt_gemm(false, false, (int)p->n, (int)r->u, (int)r->u, 1, d, (int)ld,
            r->across + 2 * r->u * r->u, (int)r->u, 0, to, (int)r->u);
}

static void run_back(void *arg, const struct rt_recur_part *p)
{
    const struct rt_recur *r = arg;
    const struct rt_kern *k = rt_kern();
    float *dh = rt_recur_at(r, p, r->dh, 0, r->u);
    float *dread = rt_recur_at(r, p, r->more[DREAD], 0, r->u);
    for (size_t t = r->t; t-- > 0;) {
        struct rt_gru_step step = step_of(r, p, t);
        rt_recur_dy(r, r->call, p, t, dh);
        rt_recur_aside(r, r->call, p, t, 0, dh);
        step.dh = dh;
        step.dh0 = rt_recur_at(r, p, r->more[DH0], 0, r->u);
        step.d_inner = step.after ? step.inner : dread;
        k->gru_out_back(&step);
        if (step.after) {
            through_candidate(r, p, step.inner, r->u, dread);
        } else {
            through_candidate(r, p, step.z + 2 * r->u, GATES * r->u, dread);
            k->gru_reset_back(&step);
        }
        if (r->mask_h) /* what is kept goes through the mask too */
            k->binary(RT_BINARY_add, step.dh0, dread, dread, p->n * r->u);
        rt_recur_back(r, p, t, 2 * r->u, true, dread);
        if (r->mask_h)
            memcpy(dh, dread, p->n * r->u * sizeof *dh);
        else
            k->binary(RT_BINARY_add, step.dh0, dread, dh, p->n * r->u);
        rt_recur_back_again(r, r->call, p, t, 0, dh);
    }
}

static void bias_grad(const struct rt_recur *r, float *db)
{
    size_t width = GATES * r->u;
    memcpy(db + width, db, 2 * r->u * sizeof *db);
    rt_kern()->col_sum(r->kept[INNER], db + width + 2 * r->u, r->t * r->n,
                       r->u);
}

static void backward(struct rt_call *c)
{
    struct rt_recur set = rt_recur_of(&kind, c);
    const struct rt_recur *r = &set;
    size_t width = GATES * r->u;
    bool after = r->a->reset_after;
    rt_recur_turn(r, c, NULL);
    rt_recur_run(r, run_back, &set);
    if (c->dx[2].v) {
        rt_recur_kernel_grad(r, c, r->read, r->z, width, 0, 2 * r->u);
        if (after)
            rt_recur_kernel_grad(r, c, r->read, r->kept[INNER], r->u, 2 * r->u,
                                 r->u);
        else
            rt_recur_kernel_grad(r, c, r->kept[INNER], r->z + 2 * r->u, width,
                                 2 * r->u, r->u);
    }
    rt_recur_grads(r, c, NULL);
    if (after && rt_recur_bias(c) >= 0 && c->dx[3].v)
        bias_grad(r, c->dx[3].v);
}

const struct rt_op rt_operator_gru = {
    .name = "gru",
    .help = "gated recurrent units over whole sequences",
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
        { "3x4x2 2x15 5x15 15 3x5",
          "initial=yes return_state=yes return_sequences=yes", .lo = -1,
          .hi = 1 },
        { "3x4x2 2x15 5x15 2x15", "reset_after=yes", .lo = -1, .hi = 1 },
        { "2x3x3 3x57 19x57", "reset_after=yes return_sequences=yes "
          "go_backwards=yes recurrent_activation=hard_sigmoid",
          .lo = -1, .hi = 1 },
        { "3x4x2 2x15 5x15", "activation=softplus recurrent_activation=elu",
          .lo = -1, .hi = 1 },
        { "3x4x2 2x15 5x15 2x15",
          "reset_after=yes activation=elu recurrent_activation=softplus",
          .lo = -1, .hi = 1 },
        { "3x4x5 5x51 17x51 51",
          "dropout=0.4 recurrent_dropout=0.3 return_sequences=yes",
          .lo = -1, .hi = 1 },
        { "40x3x2 2x9 3x9 2x9 40x3 40x3",
          "reset_after=yes recurrent_dropout=0.3 masked=yes initial=yes",
          .lo = -1, .hi = 1 },
    },
};

struct rt_node *rt_op_gru(struct rt_graph *g, const struct rt_recur_in *in,
                          const struct rt_recur_args *a, struct rt_err *err)
{
    return rt_recur_add(g, &rt_operator_gru, in, a, err);
}
