/* A tree to nodes. What cannot be is said at the place where it stands, before
 * an operator would say it in its own terms. */
#include "graph/expr_tree.h"

#include "base/suggest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 4, 5))) static struct rt_node *
fail(const struct rt_expr_made *m, const struct rt_expr_node *t,
     struct rt_err *err, const char *fmt, ...)
{
    char sentence[768];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    rt_fail(err, RT_EINVAL, "%s", sentence);
    rt_expr_mark(m->expr->text, t->at, err);
    return NULL;
}

/* Whether the first axis is the samples. */
static bool by_rows(const struct rt_node *x)
{
    return x->shape.rank > 0 && x->shape.dim[0] == RT_DIM_ANY;
}

/* ---- names --------------------------------------------------------------- */

static bool knows(const struct rt_expr_functions *f, const char *name)
{
    return f && f->knows(name);
}

static const char *name_at(const void *of, int i)
{
    const struct rt_expr_scope *s = of;
    return i < s->n_names ? s->names[i].name : NULL;
}

static struct rt_node *named(struct rt_expr_made *m,
                             const struct rt_expr_node *t, struct rt_err *err)
{
    const struct rt_expr_scope *s = m->scope;
    for (int i = 0; i < s->n_names; i++)
        if (strcmp(s->names[i].name, t->name) == 0)
            return s->names[i].node;
    if (!t->quoted && (rt_expr_record(t->name) || knows(s->functions, t->name)))
        return fail(m, t, err, "'%s' is a function: want %s(...)", t->name,
                    t->name);
    rt_fail_unknown(err, RT_ENOENT, t->name, name_at, s, "unknown name '%s'",
                    t->name);
    rt_expr_mark(m->expr->text, t->at, err);
    return NULL;
}

/* ---- operators ----------------------------------------------------------- */

int rt_expr_meet(const struct rt_node *a, const struct rt_node *b,
                 struct rt_err *err)
{
    struct rt_shape out;
    const struct rt_shape *x = &a->shape, *y = &b->shape;
    if (rt_shape_broadcast(x, y, &out, err))
        return RT_ESHAPE;
    bool crossed = by_rows(a) && by_rows(b) && x->rank != y->rank;
    /* an array without samples that reaches over their axis */
    crossed |= by_rows(a) && !by_rows(b) && y->rank > x->rank;
    crossed |= by_rows(b) && !by_rows(a) && x->rank > y->rank;
    if (!crossed)
        return RT_OK;
    const struct rt_node *longer = x->rank > y->rank ? a : b;
    bool drop = longer->shape.dim[longer->shape.rank - 1] == 1;
    return rt_fail(err, RT_ESHAPE,
                   "shapes %s and %s do not go together: the samples are not "
                   "along the same axis%s",
                   rt_shape_text(x), rt_shape_text(y),
                   drop ? " (a[..., 0] drops the last axis)" : "");
}

struct rt_node *rt_expr_binary(struct rt_expr_made *m, enum rt_binary f,
                               struct rt_node *a, struct rt_node *b,
                               struct rt_err *err)
{
    if (!a || !b || rt_expr_meet(a, b, err))
        return NULL;
    return rt_op_binary(m->scope->graph, f, a, b, err);
}

static const int binaries[RT_EXPR_N_OPS] = {
    [RT_EXPR_LE] = RT_BINARY_le,   [RT_EXPR_GE] = RT_BINARY_ge,
    [RT_EXPR_EQ] = RT_BINARY_eq,   [RT_EXPR_NE] = RT_BINARY_ne,
    [RT_EXPR_LT] = RT_BINARY_lt,   [RT_EXPR_GT] = RT_BINARY_gt,
    [RT_EXPR_ADD] = RT_BINARY_add, [RT_EXPR_SUB] = RT_BINARY_sub,
    [RT_EXPR_MUL] = RT_BINARY_mul, [RT_EXPR_DIV] = RT_BINARY_div,
    [RT_EXPR_MOD] = RT_BINARY_mod, [RT_EXPR_POW] = RT_BINARY_pow,
    [RT_EXPR_OR] = RT_BINARY_max,  [RT_EXPR_AND] = RT_BINARY_mul,
};

static struct rt_node *binary(struct rt_expr_made *m,
                              const struct rt_expr_node *t, struct rt_err *err)
{
    struct rt_graph *g = m->scope->graph;
    const struct rt_expr_node *right = t->arg[1];
    struct rt_node *a = rt_expr_node_build(m, t->arg[0], err), *y;
    /* exact and quick, and its slope is right where x is negative */
    if (t->op == RT_EXPR_POW && right->kind == RT_EXPR_NUMBER &&
        right->number == 2)
        return rt_op_unary(g, RT_UNARY_square, a, 0, err);
    struct rt_node *b = a ? rt_expr_node_build(m, right, err) : NULL;
    if (!b)
        return NULL;
    if (t->op == RT_EXPR_AND || t->op == RT_EXPR_OR) {
        a = rt_expr_binary(m, RT_BINARY_ne, a, rt_graph_scalar(g, 0), err);
        b = rt_expr_binary(m, RT_BINARY_ne, b, rt_graph_scalar(g, 0), err);
    }
    y = rt_expr_binary(m, (enum rt_binary)binaries[t->op], a, b, err);
    if (!y)
        rt_expr_mark(m->expr->text, t->at, err);
    return y;
}

static struct rt_node *unary(struct rt_expr_made *m,
                             const struct rt_expr_node *t, struct rt_err *err)
{
    enum rt_unary f = t->op == RT_EXPR_NOT ? RT_UNARY_not : RT_UNARY_neg;
    return rt_op_unary(m->scope->graph, f,
                       rt_expr_node_build(m, t->arg[0], err), 0, err);
}

/* ---- slices -------------------------------------------------------------- */

/* One index on one axis; *dropped: the axis is gone. */
static struct rt_node *cut(struct rt_expr_made *m,
                           const struct rt_expr_index *i, struct rt_node *x,
                           int axis, bool *dropped, struct rt_err *err)
{
    struct rt_graph *g = m->scope->graph;
    int n = x->shape.dim[axis];
    *dropped = i->kind == RT_INDEX_ONE;
    if (i->kind == RT_INDEX_RANGE && !i->has_from && !i->has_to)
        return x;
    if (n == RT_DIM_ANY) {
        rt_fail(err, RT_ESHAPE,
                axis ? "axis %d of %s has no known length, want ':' there"
                     : "axis %d of %s is the samples, want ':' there",
                axis, rt_shape_text(&x->shape));
        return NULL;
    }
    int from = i->from < 0 ? i->from + n : i->from;
    int to = i->has_to ? i->to < 0 ? i->to + n : i->to : n;
    if (*dropped && (from < 0 || from >= n)) {
        rt_fail(err, RT_ESHAPE, "index %d of axis %d of %s, want %d to %d",
                i->from, axis, rt_shape_text(&x->shape), -n, n - 1);
        return NULL;
    }
    if (*dropped)
        to = from + 1;
    if (from < 0 || from >= to || to > n) {
        rt_fail(err, RT_ESHAPE,
                "%d to %d of axis %d of %s, want at least one of its %d "
                "indices and no others",
                from, to, axis, rt_shape_text(&x->shape), n);
        return NULL;
    }
    if (from != 0 || to != n)
        x = rt_op_slice(g, x, axis, from, to == n ? 0 : to, err);
    /* an axis of one goes by a sum over it */
    return *dropped ? rt_op_reduce(g, RT_REDUCE_sum, x, axis, false, err) : x;
}

static struct rt_node *sliced(struct rt_expr_made *m,
                              const struct rt_expr_node *t, struct rt_err *err)
{
    struct rt_node *x = rt_expr_node_build(m, t->arg[0], err);
    if (!x)
        return NULL;
    int rank = x->shape.rank, dots = 0, axis = 0;
    for (int i = 0; i < t->n_index; i++)
        dots += t->index[i].kind == RT_INDEX_DOTS;
    if (t->n_index - dots > rank)
        return fail(m, t, err, "%d indices of a value of shape %s",
                    t->n_index - dots, rt_shape_text(&x->shape));
    for (int i = 0; i < t->n_index; i++) {
        const struct rt_expr_index *index = &t->index[i];
        bool dropped = false;
        if (index->kind == RT_INDEX_DOTS) {
            axis += rank - (t->n_index - 1);
            continue;
        }
        x = cut(m, index, x, axis, &dropped, err);
        if (!x) {
            rt_expr_mark(m->expr->text, index->at, err);
            return NULL;
        }
        axis += !dropped;
    }
    return x;
}

/* ---- calls --------------------------------------------------------------- */

/* The options of a call as those of a spec: "huber(delta=0.4)". */
static int spec_of(const struct rt_expr_made *m, const struct rt_expr_node *t,
                   struct rt_str *spec, struct rt_err *err)
{
    rt_str_add(spec, t->name);
    for (int i = rt_expr_n_values(t); i < t->n_args; i++) {
        const struct rt_expr_node *a = t->arg[i];
        double v;
        rt_str_addf(spec, "%s%s=", i == rt_expr_n_values(t) ? "(" : ",",
                    t->key[i]);
        if (a->kind == RT_EXPR_NAME) {
            rt_str_add(spec, a->name);
        } else {
            int status = rt_expr_constant(m->expr, a, &v, err);
            if (status)
                return status;
            rt_str_add_exact(spec, v);
        }
    }
    rt_str_add(spec, rt_expr_n_values(t) < t->n_args ? ")" : "");
    return RT_OK;
}

static struct rt_node *foreign(struct rt_expr_made *m,
                               const struct rt_expr_node *t, struct rt_err *err)
{
    const struct rt_expr_scope *s = m->scope;
    struct rt_node *in[RT_OP_IN_MAX], *y = NULL;
    int n = rt_expr_n_values(t);
    struct rt_str spec = RT_STR_INIT;
    if (n > RT_OP_IN_MAX)
        return fail(m, t, err, "%s: %d values, want at most %d", t->name, n,
                    RT_OP_IN_MAX);
    for (int i = 0; i < n; i++) {
        in[i] = rt_expr_node_build(m, t->arg[i], err);
        if (!in[i])
            return NULL;
    }
    if (!spec_of(m, t, &spec, err)) {
        y = s->functions->call(s->graph, rt_str_c(&spec), in, n, err);
        if (!y)
            rt_expr_mark(m->expr->text, t->at, err);
    }
    rt_str_release(&spec);
    return y;
}

/* The grammar's own, then the caller's. */
static const char *function_at(const void *of, int i)
{
    const struct rt_expr_functions *f = of;
    const struct rt_expr_record *own = rt_expr_record_at(i);
    if (own)
        return own->name;
    return f ? f->name(i - rt_expr_n_records()) : NULL;
}

static int unknown(const struct rt_expr *e, const struct rt_expr_node *t,
                   const struct rt_expr_functions *f, struct rt_err *err)
{
    rt_fail_unknown(err, RT_EINVAL, t->name, function_at, f,
                    "unknown function '%s'", t->name);
    return rt_expr_mark(e->text, t->at, err);
}

static int check_calls(const struct rt_expr *e, const struct rt_expr_node *t,
                       const struct rt_expr_functions *f, struct rt_err *err)
{
    if (t->kind == RT_EXPR_CALL && !rt_expr_record(t->name) &&
        !knows(f, t->name)) {
        unknown(e, t, f, err);
        return RT_EINVAL;
    }
    for (int i = 0; i < t->n_args; i++)
        if (check_calls(e, t->arg[i], f, err))
            return RT_EINVAL;
    return RT_OK;
}

int rt_expr_check_calls(const struct rt_expr *e,
                        const struct rt_expr_functions *f, struct rt_err *err)
{
    return check_calls(e, e->top, f, err);
}

static struct rt_node *called(struct rt_expr_made *m,
                              const struct rt_expr_node *t, struct rt_err *err)
{
    const struct rt_expr_record *f = rt_expr_record(t->name);
    if (!f && knows(m->scope->functions, t->name))
        return foreign(m, t, err);
    if (!f) {
        unknown(m->expr, t, m->scope->functions, err);
        return NULL;
    }
    if (rt_expr_args_check(m->expr->text, f, t, err))
        return NULL;
    return f->build(m, t, err);
}

/* ---- the whole ----------------------------------------------------------- */

struct rt_node *rt_expr_node_build(struct rt_expr_made *m,
                                   const struct rt_expr_node *t,
                                   struct rt_err *err)
{
    double v;
    /* in double, once: 1 - 1e-7 */
    if (t->constant && !rt_expr_constant(m->expr, t, &v, NULL))
        return rt_graph_scalar(m->scope->graph, v);
    switch (t->kind) {
    case RT_EXPR_NAME:
        return named(m, t, err);
    case RT_EXPR_UNARY:
        return unary(m, t, err);
    case RT_EXPR_BINARY:
        return binary(m, t, err);
    case RT_EXPR_SLICE:
        return sliced(m, t, err);
    case RT_EXPR_CALL:
        return called(m, t, err);
    default:
        return fail(m, t, err, "a list, want one value");
    }
}

struct rt_node *rt_expr_build(const struct rt_expr *e,
                              const struct rt_expr_scope *scope,
                              struct rt_err *err)
{
    struct rt_expr_made m = { .expr = e, .scope = scope };
    return rt_expr_node_build(&m, e->top, err);
}

/* ---- what a label must have ---------------------------------------------- */

struct need {
    const char *name;
    int rank; /* of what it is like */
    int least;
    bool open; /* used whole, or from the end */
};

/* The index that stands for the last axis, or NULL. */
static const struct rt_expr_index *last_index(const struct rt_expr_node *t,
                                              int rank)
{
    int n = t->n_index;
    bool dots = false;
    for (int i = 0; i < n; i++)
        dots |= t->index[i].kind == RT_INDEX_DOTS;
    if (!n || (!dots && n != rank))
        return NULL;
    const struct rt_expr_index *i = &t->index[n - 1];
    return i->kind == RT_INDEX_DOTS ? NULL : i;
}

static void need(struct need *n, const struct rt_expr_node *t)
{
    bool is_name = t->kind == RT_EXPR_NAME && strcmp(t->name, n->name) == 0;
    const struct rt_expr_node *of = t->kind == RT_EXPR_SLICE ? t->arg[0] : NULL;
    if (is_name)
        n->open = true;
    if (!of || of->kind != RT_EXPR_NAME || strcmp(of->name, n->name) != 0) {
        for (int i = 0; i < t->n_args; i++)
            need(n, t->arg[i]);
        return;
    }
    const struct rt_expr_index *i = last_index(t, n->rank);
    bool one = i && i->kind == RT_INDEX_ONE;
    int least = 0;
    if (one && i->from >= 0)
        least = i->from + 1;
    else if (i && i->has_to && i->to > 0 && i->from >= 0)
        least = i->to;
    else if (i && i->has_from && i->from >= 0)
        least = i->from + 1;
    else if (i && i->has_from)
        least = -i->from;
    n->open |= !one && !(i && i->has_to && i->to > 0 && i->from >= 0);
    n->open |= one && i->from < 0;
    n->least = least > n->least ? least : n->least;
}

int rt_expr_columns(const struct rt_expr *e, const char *name,
                    const struct rt_shape *like)
{
    int width = like->rank > 1 ? like->dim[like->rank - 1] : 1;
    struct need n = { .name = name, .rank = like->rank };
    need(&n, e->top);
    return n.open && n.least < width ? width : n.least;
}
