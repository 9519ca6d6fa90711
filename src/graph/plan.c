/* Makes a plan in one pass each: what is needed, what has a gradient, the
 * forward steps, the backward steps, and last the memory.
 *
 * Every value, gradient, saved or scratch block is a buffer with a first and a
 * last step; buffers whose lives do not meet share memory. A value whose
 * operand dies with the step takes the operand's buffer instead (in place), a
 * view has none of its own. Gradients of weights are no buffers: they are
 * written straight to their place in the gradient arena, and a second one for
 * the same node is added to the first. */
#include "graph/plan.h"

#include "graph/plan_parts.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1, DIRECT = -2 };

struct buffer {
    size_t n; /* floats */
    int first, last;
    size_t at; /* in the arena */
};

/* A step before there is memory: buffers by number. */
struct draft {
    enum rt_step_kind kind;
    const struct rt_node *node;
    int to, root;
    int from; /* COPY, ADD: whose gradient, or NONE: the buffer `temp` */
    int temp;
    int saved, scratch;
    int dx;      /* BACKWARD: first of its n_in entries in maker.dx */
    int forward; /* BACKWARD: number of the forward step */
};

struct maker {
    const struct rt_plan_spec *spec;
    struct rt_plan *p;
    int n; /* nodes */
    RT_VEC(struct buffer) buffers;
    RT_VEC(struct draft) drafts; /* forward, then backward */
    RT_VEC(int) dx; /* NONE, DIRECT or a buffer to be added afterwards */
    int n_forward;
    struct track {       /* by node id */
        int value, grad; /* buffers, or NONE */
        int step;        /* that computes the value */
        int last_use;    /* forward, of the owner's memory */
        bool kept;       /* the owner's value outlives the forward pass */
        bool begun;      /* the gradient holds something */
    } * track;
};

static const struct rt_node *node_of(const struct maker *m, int id)
{
    return rt_graph_node(m->spec->graph, id);
}

/* The value is the operand's: a view, or what runs only in training. */
static bool is_view(const struct maker *m, const struct rt_node *node)
{
    if (node->kind != RT_NODE_OP)
        return false;
    return node->op->flags & RT_OP_VIEW ||
           (node->op->flags & RT_OP_TRAIN_ONLY && !m->spec->training);
}

static int n_read(const struct maker *m, const struct rt_node *node)
{
    return is_view(m, node) ? 1 : node->n_in;
}

/* ---- what is needed -------------------------------------------------------*/

static void mark_needed(struct maker *m)
{
    struct rt_plan_place *place = m->p->place;
    for (int r = 0; r < m->spec->n_roots; r++)
        place[m->spec->roots[r]->id].needed = true;
    for (int id = m->n - 1; id >= 0; id--) {
        const struct rt_node *node = node_of(m, id);
        for (int i = 0; place[id].needed && i < n_read(m, node); i++)
            place[node->in[i]->id].needed = true;
    }
    for (int id = 0; id < m->n; id++) {
        const struct rt_node *node = node_of(m, id);
        place[id].owner = is_view(m, node) ? place[node->in[0]->id].owner : id;
    }
}

static bool learns(const struct maker *m, const struct rt_node *node)
{
    return node->kind == RT_NODE_WEIGHT && m->spec->trainable &&
           m->spec->trainable[node->weight];
}

/* A gradient is wanted for what lies on a way from a trainable weight up to a
 * seeded root. */
static void mark_grads(struct maker *m)
{
    struct rt_plan_place *place = m->p->place;
    bool *wanted = rt_xcalloc((size_t)m->n, sizeof *wanted);
    for (int r = 0; m->spec->seeded && r < m->spec->n_roots; r++)
        if (m->spec->seeded[r])
            wanted[m->spec->roots[r]->id] = true;
    for (int id = m->n - 1; id >= 0; id--) {
        const struct rt_node *node = node_of(m, id);
        if (wanted[id] && node->kind == RT_NODE_OP &&
            !(node->op->flags & RT_OP_NO_GRAD))
            for (int i = 0; i < n_read(m, node); i++)
                wanted[node->in[i]->id] = true;
    }
    for (int id = 0; id < m->n; id++) {
        const struct rt_node *node = node_of(m, id);
        bool any = learns(m, node);
        if (node->kind == RT_NODE_OP && !(node->op->flags & RT_OP_NO_GRAD))
            for (int i = 0; i < n_read(m, node); i++)
                any = any || place[node->in[i]->id].has_grad;
        place[id].has_grad = any && wanted[id];
    }
    free(wanted);
}

static int check_dims(const struct maker *m, struct rt_err *err)
{
    for (int id = 0; id < m->n; id++) {
        const struct rt_node *node = node_of(m, id);
        for (int i = 0; m->p->place[id].needed && i < node->shape.rank; i++)
            if (node->shape.dim[i] == RT_DIM_ANY &&
                (i > 0 || node->kind == RT_NODE_CONST))
                return rt_fail(err, RT_ESHAPE,
                               "%s%s'%s' of shape %s: only the first "
                               "dimension may be unknown",
                               node->where, *node->where ? ": " : "",
                               node->name, rt_shape_text(&node->shape));
    }
    return RT_OK;
}

/* ---- buffers --------------------------------------------------------------*/

static size_t round_up(size_t n)
{
    return (n + 15) / 16 * 16; /* 64 bytes */
}

static int new_buffer(struct maker *m, size_t n, int step)
{
    struct buffer b = { .n = round_up(n), .first = step, .last = step };
    if (n == 0)
        return NONE;
    rt_vec_push(&m->buffers, b);
    return m->buffers.n - 1;
}

static void touch(struct maker *m, int buffer, int step)
{
    if (buffer >= 0 && m->buffers.v[buffer].last < step)
        m->buffers.v[buffer].last = step;
}

static struct track *owner_of(struct maker *m, const struct rt_node *node)
{
    return &m->track[m->p->place[node->id].owner];
}

/* ---- forward --------------------------------------------------------------*/

static struct draft *add_draft(struct maker *m, enum rt_step_kind kind,
                               const struct rt_node *node, int to)
{
    struct draft d = { .kind = kind,
                       .node = node,
                       .to = to,
                       .root = NONE,
                       .from = NONE,
                       .temp = NONE,
                       .saved = NONE,
                       .scratch = NONE,
                       .forward = NONE };
    rt_vec_push(&m->drafts, d);
    return &m->drafts.v[m->drafts.n - 1];
}

static bool goes_back(const struct maker *m, const struct rt_node *node)
{
    return node->kind == RT_NODE_OP && m->p->place[node->id].has_grad &&
           !is_view(m, node);
}

static void list_forward(struct maker *m)
{
    for (int id = 0; id < m->n; id++) {
        const struct rt_node *node = node_of(m, id);
        if (node->kind != RT_NODE_OP || !m->p->place[id].needed ||
            is_view(m, node))
            continue;
        int step = m->drafts.n;
        add_draft(m, RT_STEP_FORWARD, node, id);
        m->track[id].step = step;
        for (int i = 0; i < node->n_in; i++) {
            struct track *x = owner_of(m, node->in[i]);
            x->last_use = step;
            if (goes_back(m, node) && node->op->flags & RT_OP_BACK_X)
                x->kept = true;
        }
        if (goes_back(m, node) && node->op->flags & RT_OP_BACK_Y)
            m->track[id].kept = true;
    }
    for (int r = 0; r < m->spec->n_roots; r++)
        owner_of(m, m->spec->roots[r])->kept = true;
    m->n_forward = m->drafts.n;
}

static bool may_overwrite(struct maker *m, const struct rt_node *node, int step)
{
    const struct rt_plan_place *place = m->p->place;
    const struct rt_node *x = node->in[0];
    const struct track *t = owner_of(m, x);
    if (m->spec->unshared || !(node->op->flags & RT_OP_IN_PLACE) ||
        t->value < 0 || t->kept || t->last_use > step ||
        !rt_shape_equal(&place[x->id].value.shape,
                        &place[node->id].value.shape))
        return false;
    for (int i = 1; i < node->n_in; i++)
        if (place[node->in[i]->id].owner == place[x->id].owner)
            return false;
    return true;
}

static void place_values(struct maker *m)
{
    for (int step = 0; step < m->n_forward; step++) {
        struct draft *d = &m->drafts.v[step];
        const struct rt_node *node = d->node;
        struct track *y = &m->track[node->id];
        if (may_overwrite(m, node, step))
            y->value = owner_of(m, node->in[0])->value;
        else
            y->value = new_buffer(m, m->p->place[node->id].value.n, step);
        touch(m, y->value, step);
        for (int i = 0; i < node->n_in; i++)
            touch(m, owner_of(m, node->in[i])->value, step);
        d->saved =
            new_buffer(m, rt_plan_room(m->p, node, node->op->saved), step);
        d->scratch =
            new_buffer(m, rt_plan_room(m->p, node, node->op->scratch), step);
    }
    for (int r = 0; r < m->spec->n_roots; r++)
        touch(m, owner_of(m, m->spec->roots[r])->value, INT_MAX);
}

/* ---- backward -------------------------------------------------------------*/

/* Readies a node for its first gradient; false if it has one already. */
static bool begin_grad(struct maker *m, const struct rt_node *node, int step)
{
    struct track *t = &m->track[node->id];
    if (t->begun)
        return false;
    t->begun = true;
    if (node->kind != RT_NODE_WEIGHT)
        t->grad = new_buffer(m, m->p->place[node->id].value.n, step);
    return true;
}

static void seed_step(struct maker *m, int root)
{
    const struct rt_node *node = m->spec->roots[root];
    int step = m->drafts.n;
    assert(m->p->place[node->id].value.n == 1);
    if (!m->p->place[node->id].has_grad)
        return;
    add_draft(m, RT_STEP_SEED, node, node->id)->root = root;
    if (!begin_grad(m, node, step)) { /* the same root twice */
        m->drafts.v[step].temp = new_buffer(m, 1, step);
        struct draft *d = add_draft(m, RT_STEP_ADD, node, node->id);
        d->temp = m->drafts.v[step].temp;
        touch(m, d->temp, step + 1);
        touch(m, m->track[node->id].grad, step + 1);
    }
}

/* The gradient of a view is the operand's, or one part of it. */
static void view_step(struct maker *m, const struct rt_node *node)
{
    const struct rt_node *x = node->in[0];
    int step = m->drafts.n;
    if (!m->track[x->id].begun && x->kind != RT_NODE_WEIGHT &&
        !m->spec->unshared) {
        m->track[x->id].begun = true;
        m->track[x->id].grad = m->track[node->id].grad;
        return;
    }
    bool first = begin_grad(m, x, step);
    add_draft(m, first ? RT_STEP_COPY : RT_STEP_ADD, x, x->id)->from = node->id;
    touch(m, m->track[node->id].grad, step);
    touch(m, m->track[x->id].grad, step);
}

static bool may_overwrite_grad(const struct maker *m,
                               const struct rt_node *node)
{
    const struct rt_plan_place *place = m->p->place;
    const struct rt_node *x = node->in[0];
    return !m->spec->unshared && node->op->flags & RT_OP_IN_PLACE &&
           place[x->id].has_grad && !m->track[x->id].begun &&
           x->kind != RT_NODE_WEIGHT &&
           rt_shape_equal(&place[x->id].value.shape,
                          &place[node->id].value.shape);
}

static void touch_read(struct maker *m, const struct rt_node *node, int step)
{
    if (node->op->flags & RT_OP_BACK_X)
        for (int i = 0; i < node->n_in; i++)
            touch(m, owner_of(m, node->in[i])->value, step);
    if (node->op->flags & RT_OP_BACK_Y)
        touch(m, m->track[node->id].value, step);
}

static void backward_step(struct maker *m, const struct rt_node *node)
{
    int step = m->drafts.n, first = m->dx.n;
    struct draft *d = add_draft(m, RT_STEP_BACKWARD, node, NONE);
    struct draft *ahead = &m->drafts.v[m->track[node->id].step];
    d->dx = first;
    d->forward = m->track[node->id].step;
    d->saved = ahead->saved;
    touch(m, d->saved, step);
    d->scratch =
        new_buffer(m, rt_plan_room(m->p, node, node->op->scratch), step);
    touch_read(m, node, step);
    touch(m, m->track[node->id].grad, step);
    if (may_overwrite_grad(m, node)) {
        m->track[node->in[0]->id].begun = true;
        m->track[node->in[0]->id].grad = m->track[node->id].grad;
        rt_vec_push(&m->dx, DIRECT);
    }
    for (int i = m->dx.n - first; i < node->n_in; i++) {
        const struct rt_node *x = node->in[i];
        int to = NONE;
        if (m->p->place[x->id].has_grad)
            to = begin_grad(m, x, step)
                     ? DIRECT
                     : new_buffer(m, m->p->place[x->id].value.n, step);
        rt_vec_push(&m->dx, to);
    }
    for (int i = 0; i < node->n_in; i++) {
        int temp = m->dx.v[first + i], id = node->in[i]->id;
        if (temp >= 0) {
            int at = m->drafts.n;
            add_draft(m, RT_STEP_ADD, node->in[i], id)->temp = temp;
            touch(m, temp, at);
            touch(m, m->track[id].grad, at);
        }
    }
}

static void list_backward(struct maker *m)
{
    for (int r = 0; m->spec->seeded && r < m->spec->n_roots; r++)
        if (m->spec->seeded[r])
            seed_step(m, r);
    for (int id = m->n - 1; id >= 0; id--) {
        const struct rt_node *node = node_of(m, id);
        if (node->kind != RT_NODE_OP || !m->p->place[id].has_grad)
            continue;
        if (is_view(m, node))
            view_step(m, node);
        else
            backward_step(m, node);
    }
    for (int id = 0; id < m->n; id++)
        if (learns(m, node_of(m, id)) && !m->track[id].begun)
            add_draft(m, RT_STEP_ZERO, node_of(m, id), id);
}

/* ---- memory ---------------------------------------------------------------*/

static int larger_first(const void *a, const void *b)
{
    const struct buffer *x = *(struct buffer *const *)a;
    const struct buffer *y = *(struct buffer *const *)b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return x < y ? -1 : x > y;
}

/* Largest first, each at the lowest place where no buffer of its time is.
 * Returns the floats in all. */
static size_t lay_out(struct maker *m)
{
    int n = m->buffers.n, placed = 0;
    size_t end = 0;
    struct buffer **order = rt_xcalloc((size_t)n, sizeof *order);
    struct buffer **by_place = rt_xcalloc((size_t)n, sizeof *by_place);
    for (int i = 0; i < n; i++)
        order[i] = &m->buffers.v[i];
    qsort(order, (size_t)n, sizeof *order, larger_first);
    for (int i = 0; i < n; i++) {
        struct buffer *b = order[i];
        for (int j = 0; j < placed; j++) {
            const struct buffer *o = by_place[j];
            bool meet = m->spec->unshared ||
                        (o->first <= b->last && b->first <= o->last);
            if (meet && o->at < b->at + b->n && b->at < o->at + o->n)
                b->at = o->at + o->n;
        }
        int j = placed++;
        for (; j > 0 && by_place[j - 1]->at > b->at; j--)
            by_place[j] = by_place[j - 1];
        by_place[j] = b;
        end = b->at + b->n > end ? b->at + b->n : end;
    }
    free(by_place);
    free(order);
    return end;
}

static float *memory(const struct maker *m, int buffer)
{
    return buffer < 0 ? NULL : m->p->arena + m->buffers.v[buffer].at;
}

static void point_places(struct maker *m)
{
    for (int id = 0; id < m->n; id++) {
        const struct rt_node *node = node_of(m, id);
        struct rt_plan_place *at = &m->p->place[id];
        const struct rt_node *owner = node_of(m, at->owner);
        if (owner->kind == RT_NODE_WEIGHT && at->needed)
            at->value.v = m->spec->weights + m->spec->offset[owner->weight];
        else if (owner->kind == RT_NODE_CONST)
            at->value.v = (float *)(uintptr_t)owner->value;
        else
            at->value.v = memory(m, m->track[at->owner].value);
        if (learns(m, node))
            at->grad = m->spec->grads + m->spec->offset[node->weight];
        else
            at->grad = memory(m, m->track[id].grad);
        if (owner->kind == RT_NODE_INPUT)
            rt_vec_push(&m->p->patches,
                        ((struct rt_patch){ owner->id, &at->value.v }));
    }
}

static void point_operands(struct maker *m, const struct rt_node *node,
                           struct rt_call *c)
{
    for (int i = 0; i < node->n_in; i++) {
        const struct rt_plan_place *x = &m->p->place[node->in[i]->id];
        c->x[i].v = x->value.v;
        if (node_of(m, x->owner)->kind == RT_NODE_INPUT)
            rt_vec_push(&m->p->patches,
                        ((struct rt_patch){ x->owner, &c->x[i].v }));
    }
    c->n_in = node->n_in;
    c->args = node->args;
    c->y.v = m->p->place[node->id].value.v;
    c->training = m->spec->training;
    c->fault = &m->p->fault;
}

static void point_step(struct maker *m, const struct draft *d,
                       struct rt_step *s)
{
    struct rt_call *c = &s->call;
    struct rt_plan_place *place = m->p->place;
    s->kind = d->kind;
    s->node = d->node;
    s->to = d->to;
    s->root = d->root;
    switch (d->kind) {
    case RT_STEP_FORWARD:
        point_operands(m, d->node, c);
        break;
    case RT_STEP_BACKWARD:
        point_operands(m, d->node, c);
        m->p->forward[d->forward].partner = s;
        c->dy.v = place[d->node->id].grad;
        for (int i = 0; i < d->node->n_in; i++) {
            int to = m->dx.v[d->dx + i];
            c->dx[i].v =
                to == DIRECT ? place[d->node->in[i]->id].grad : memory(m, to);
        }
        break;
    case RT_STEP_SEED:
        c->dy.v = d->temp >= 0 ? memory(m, d->temp) : place[d->to].grad;
        break;
    case RT_STEP_COPY:
    case RT_STEP_ADD:
        c->dy.v = d->from >= 0 ? place[d->from].grad : memory(m, d->temp);
        break;
    case RT_STEP_ZERO:
        break;
    }
    c->saved = memory(m, d->saved);
    c->scratch = memory(m, d->scratch);
    s->n_saved = d->saved >= 0 ? m->buffers.v[d->saved].n : 0;
    s->n_scratch = d->scratch >= 0 ? m->buffers.v[d->scratch].n : 0;
}

static int point_all(struct maker *m, struct rt_err *err)
{
    struct rt_plan *p = m->p;
    size_t n = lay_out(m);
    int n_backward = m->drafts.n - m->n_forward;
    p->bytes = n * sizeof *p->arena;
    if (m->spec->measured)
        return 0;
    if (n && !(p->arena = rt_try_alloc(n, sizeof *p->arena, "plan", err)))
        return RT_ENOMEM;
    p->forward = rt_xcalloc((size_t)m->n_forward, sizeof *p->forward);
    p->backward = rt_xcalloc((size_t)n_backward, sizeof *p->backward);
    p->n_forward = m->n_forward;
    p->n_backward = n_backward;
    point_places(m);
    for (int i = 0; i < m->drafts.n; i++)
        point_step(m, &m->drafts.v[i],
                   i < m->n_forward ? &p->forward[i]
                                    : &p->backward[i - m->n_forward]);
    return rt_plan_resize(p, p->rows, err);
}

/* ---- the whole ------------------------------------------------------------*/

static int make(struct maker *m, struct rt_err *err)
{
    mark_needed(m);
    mark_grads(m);
    int status = check_dims(m, err);
    if (!status)
        status = rt_plan_resize(m->p, m->p->rows, err);
    if (status)
        return status;
    list_forward(m);
    place_values(m);
    list_backward(m);
    return point_all(m, err);
}

struct rt_plan *rt_plan_new(const struct rt_plan_spec *spec, struct rt_err *err)
{
    struct rt_plan *p = rt_xcalloc(1, sizeof *p);
    struct maker m = { .spec = spec, .p = p, .n = rt_graph_n(spec->graph) };
    assert(spec->rows > 0);
    p->graph = spec->graph;
    p->rows = spec->rows;
    p->training = spec->training;
    p->stop = spec->stop;
    p->n_places = m.n;
    p->place = rt_xcalloc((size_t)m.n, sizeof *p->place);
    p->seed = rt_xcalloc((size_t)spec->n_roots, sizeof *p->seed);
    for (int r = 0; r < spec->n_roots; r++)
        p->seed[r] = 1;
    m.track = rt_xcalloc((size_t)m.n, sizeof *m.track);
    for (int id = 0; id < m.n; id++)
        m.track[id].value = m.track[id].grad = NONE;
    int status = make(&m, err);
    free(m.track);
    rt_vec_release(&m.dx);
    rt_vec_release(&m.drafts);
    rt_vec_release(&m.buffers);
    if (status) {
        rt_plan_free(p);
        return NULL;
    }
    return p;
}

void rt_plan_free(struct rt_plan *p)
{
    if (!p)
        return;
    free(p->place);
    free(p->forward);
    free(p->backward);
    rt_vec_release(&p->patches);
    free(p->seed);
    free(p->arena);
    free(p);
}
