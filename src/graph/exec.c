/* Runs a plan: every step is a call made ready when the plan was made. A batch
 * of another size changes the shapes in the calls and nothing else. */
#include "graph/kern.h"
#include "graph/plan.h"
#include "graph/plan_parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- shapes for n rows ----------------------------------------------------*/

static int within(const struct rt_node *node, int status, struct rt_err *err)
{
    if (*node->where)
        rt_err_within(err, "%s", node->where);
    return status;
}

static int shape_of(struct rt_plan *p, const struct rt_node *node, int n,
                    struct rt_err *err)
{
    struct rt_shape in[RT_OP_IN_MAX];
    struct rt_tensor *t = &p->place[node->id].value;
    if (node->kind != RT_NODE_OP) {
        t->shape = node->shape;
        if (t->shape.rank > 0 && t->shape.dim[0] == RT_DIM_ANY)
            t->shape.dim[0] = n;
    } else {
        for (int i = 0; i < node->n_in; i++)
            in[i] = p->place[node->in[i]->id].value.shape;
        int status =
            node->op->shape(node->args, in, node->n_in, &t->shape, err);
        if (status)
            return within(node, status, err);
    }
    /* a row may have room in memory and a batch of them none */
    int status = rt_shape_check(&t->shape, err);
    if (status) {
        rt_err_within(err, "%s", node->name);
        return within(node, status, err);
    }
    t->n = rt_shape_count(&t->shape);
    return RT_OK;
}

static void fit(struct rt_tensor *t, const struct rt_tensor *like)
{
    t->n = like->n;
    t->shape = like->shape;
}

size_t rt_plan_room(const struct rt_plan *p, const struct rt_node *node,
                    rt_room_fn *bytes)
{
    struct rt_shape in[RT_OP_IN_MAX];
    if (!bytes)
        return 0;
    for (int i = 0; i < node->n_in; i++)
        in[i] = p->place[node->in[i]->id].value.shape;
    size_t n =
        bytes(node->args, in, node->n_in, &p->place[node->id].value.shape);
    return (n + sizeof(float) - 1) / sizeof(float);
}

static void fit_step(const struct rt_plan *p, struct rt_step *s)
{
    if (s->kind != RT_STEP_FORWARD && s->kind != RT_STEP_BACKWARD) {
        fit(&s->call.dy, &p->place[s->to].value);
        return;
    }
    for (int i = 0; i < s->node->n_in; i++) {
        const struct rt_tensor *x = &p->place[s->node->in[i]->id].value;
        fit(&s->call.x[i], x);
        fit(&s->call.dx[i], x);
    }
    fit(&s->call.y, &p->place[s->node->id].value);
    fit(&s->call.dy, &p->place[s->node->id].value);
    /* a smaller batch must not want more room than the largest, see op.h */
    assert(rt_plan_room(p, s->node, s->node->op->saved) <= s->n_saved);
    assert(rt_plan_room(p, s->node, s->node->op->scratch) <= s->n_scratch);
}

int rt_plan_resize(struct rt_plan *p, int n, struct rt_err *err)
{
    for (int id = 0; id < p->n_places; id++) {
        const struct rt_node *node = rt_graph_node(p->graph, id);
        /* a weight nobody needs still has a gradient, of zeros */
        if (!p->place[id].needed && node->kind != RT_NODE_WEIGHT)
            continue;
        int status = shape_of(p, node, n, err);
        if (status)
            return status;
    }
    for (int i = 0; i < p->n_forward; i++)
        fit_step(p, &p->forward[i]);
    for (int i = 0; i < p->n_backward; i++)
        fit_step(p, &p->backward[i]);
    p->now = n;
    return RT_OK;
}

/* ---- running --------------------------------------------------------------*/

void rt_plan_bind(struct rt_plan *p, const struct rt_node *input,
                  const float *v)
{
    assert(input->kind == RT_NODE_INPUT);
    for (int i = 0; i < p->patches.n; i++)
        if (p->patches.v[i].input == input->id)
            *p->patches.v[i].at = (float *)(uintptr_t)v;
}

bool rt_plan_needs(const struct rt_plan *p, const struct rt_node *node)
{
    return p->place[node->id].needed;
}

static void ready(struct rt_plan *p, int n)
{
    assert(n >= 1 && n <= p->rows);
    if (n != p->now) {
        int status = rt_plan_resize(p, n, NULL);
        assert(status == RT_OK);
        (void)status;
    }
}

static void step_forward(struct rt_step *s, struct rt_key key)
{
    if (s->node->op->flags & RT_OP_RANDOM) {
        s->call.key = rt_key_int(key, s->node->key);
        if (s->partner)
            s->partner->call.key = s->call.key;
    }
    s->node->op->forward(&s->call);
}

static bool stopped(const struct rt_plan *p)
{
    return p->stop && atomic_load_explicit(p->stop, memory_order_relaxed);
}

bool rt_plan_forward(struct rt_plan *p, int n, struct rt_key key)
{
    ready(p, n);
    rt_err_clear(&p->fault);
    for (int i = 0; i < p->n_forward && !stopped(p); i++) {
        step_forward(&p->forward[i], key);
        if (p->fault.code) {
            within(p->forward[i].node, p->fault.code, &p->fault);
            return false;
        }
        if (p->tap)
            p->tap(p->tap_ctx, p->forward[i].node, &p->forward[i].call.y);
    }
    return !stopped(p);
}

void rt_plan_tap(struct rt_plan *p, rt_plan_tap_fn *fn, void *ctx)
{
    p->tap = fn;
    p->tap_ctx = ctx;
}

const struct rt_err *rt_plan_fault(const struct rt_plan *p)
{
    return p->fault.code ? &p->fault : NULL;
}

void rt_plan_seed(struct rt_plan *p, int root, double v)
{
    p->seed[root] = v;
}

bool rt_plan_backward(struct rt_plan *p)
{
    for (int i = 0; i < p->n_backward && !stopped(p); i++) {
        struct rt_step *s = &p->backward[i];
        struct rt_call *c = &s->call;
        switch (s->kind) {
        case RT_STEP_FORWARD:
            break;
        case RT_STEP_BACKWARD:
            s->node->op->backward(c);
            break;
        case RT_STEP_SEED:
            *c->dy.v = (float)p->seed[s->root];
            break;
        case RT_STEP_COPY:
            memcpy(p->place[s->to].grad, c->dy.v, c->dy.n * sizeof *c->dy.v);
            break;
        case RT_STEP_ADD:
            rt_kern()->axpy(p->place[s->to].grad, 1, c->dy.v, c->dy.n);
            break;
        case RT_STEP_ZERO:
            memset(p->place[s->to].grad, 0, c->dy.n * sizeof *c->dy.v);
            break;
        }
    }
    return !stopped(p);
}

struct rt_tensor rt_plan_value(const struct rt_plan *p,
                               const struct rt_node *node)
{
    return p->place[node->id].value;
}

/* ---- looking --------------------------------------------------------------*/

static bool bad(const struct rt_tensor *t, size_t *at)
{
    if (rt_kern()->finite(t->v, t->n))
        return false;
    size_t i = 0;
    while (rt_kern()->finite(t->v + i, 1))
        i++;
    if (at)
        *at = i;
    return true;
}

/* Results are looked at before the next step may overwrite them. */
const struct rt_node *rt_plan_nonfinite(struct rt_plan *p, int n,
                                        struct rt_key key, size_t *at)
{
    struct rt_step *s = p->forward;
    ready(p, n);
    for (int id = 0; id < p->n_places; id++) {
        const struct rt_node *node = rt_graph_node(p->graph, id);
        if (!p->place[id].needed)
            continue;
        if (node->kind == RT_NODE_OP) {
            if (s == p->forward + p->n_forward || s->node != node)
                continue; /* a view */
            step_forward(s++, key);
        }
        if (bad(&p->place[id].value, at))
            return node;
    }
    return NULL;
}

size_t rt_plan_bytes(const struct rt_plan *p)
{
    return p->bytes;
}

int rt_plan_n_steps(const struct rt_plan *p, bool backward)
{
    return backward ? p->n_backward : p->n_forward;
}

static void describe(const struct rt_plan *p, const struct rt_step *s,
                     struct rt_str *out)
{
    static const char *const kinds[] = {
        [RT_STEP_FORWARD] = "forward", [RT_STEP_BACKWARD] = "backward",
        [RT_STEP_SEED] = "seed",       [RT_STEP_COPY] = "copy",
        [RT_STEP_ADD] = "add",         [RT_STEP_ZERO] = "zero",
    };
    const struct rt_call *c = &s->call;
    const struct rt_node *node = s->node;
    rt_str_addf(out, "%-8s %d %s", kinds[s->kind], node->id, node->name);
    if (*node->where)
        rt_str_addf(out, " of %s", node->where);
    rt_str_addf(out, " %s", rt_shape_text(&p->place[node->id].value.shape));
    if (s->kind == RT_STEP_FORWARD) {
        for (int i = 0; i < node->n_in; i++)
            rt_str_addf(out, "%s%d", i ? "," : " from ", node->in[i]->id);
        if (c->y.v == c->x[0].v)
            rt_str_add(out, " in place");
    } else if (s->kind == RT_STEP_BACKWARD) {
        const char *between = " to ";
        for (int i = 0; i < node->n_in; i++)
            if (c->dx[i].v) {
                rt_str_addf(out, "%s%d", between, node->in[i]->id);
                between = ",";
            }
        if (c->dx[0].v && c->dx[0].v == c->dy.v)
            rt_str_add(out, " in place");
    }
    rt_str_addc(out, '\n');
}

void rt_plan_describe(const struct rt_plan *p, struct rt_str *out)
{
    for (int i = 0; i < p->n_forward; i++)
        describe(p, &p->forward[i], out);
    for (int i = 0; i < p->n_backward; i++)
        describe(p, &p->backward[i], out);
}
