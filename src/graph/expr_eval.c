/* A tree to one number, in double, now. */
#include "graph/expr_tree.h"

#include <math.h>
#include <string.h>

struct eval {
    const struct rt_expr *e;
    rt_expr_number_fn *fn;
    void *who;
};

static int fail(const struct eval *s, const struct rt_expr_node *t,
                const char *sentence, struct rt_err *err)
{
    rt_fail(err, RT_EINVAL, "%s", sentence);
    return rt_expr_mark(s->e->text, t->at, err);
}

static int value(const struct eval *s, const struct rt_expr_node *t, double *v,
                 struct rt_err *err);

static int called(const struct eval *s, const struct rt_expr_node *t, double *v,
                  struct rt_err *err)
{
    enum { MOST = 64 };
    const struct rt_expr_record *f = rt_expr_record(t->name);
    double x[MOST];
    if (!f || !f->eval || t->n_args > MOST) {
        rt_fail(err, RT_EINVAL, "%s: %s", t->name,
                f ? "there are single numbers here, and it wants arrays"
                  : "no such function of single numbers");
        return rt_expr_mark(s->e->text, t->at, err);
    }
    int status = rt_expr_args_check(s->e->text, f, t, err);
    for (int i = 0; i < t->n_args && !status; i++) {
        if (t->key[i])
            return fail(s, t, "options need arrays, here are single numbers",
                        err);
        status = value(s, t->arg[i], &x[i], err);
    }
    if (!status)
        *v = f->eval(x, t->n_args);
    return status;
}

/* % has the sign of the divisor, as in Python. */
static double modulo(double a, double b)
{
    return a - b * floor(a / b);
}

static double combine(enum rt_expr_op op, double a, double b)
{
    switch (op) {
    case RT_EXPR_OR:
        return a != 0 || b != 0;
    case RT_EXPR_AND:
        return a != 0 && b != 0;
    case RT_EXPR_LE:
        return a <= b;
    case RT_EXPR_GE:
        return a >= b;
    case RT_EXPR_EQ:
        return a == b;
    case RT_EXPR_NE:
        return a != b;
    case RT_EXPR_LT:
        return a < b;
    case RT_EXPR_GT:
        return a > b;
    case RT_EXPR_ADD:
        return a + b;
    case RT_EXPR_SUB:
        return a - b;
    case RT_EXPR_MUL:
        return a * b;
    case RT_EXPR_DIV:
        return a / b;
    case RT_EXPR_MOD:
        return modulo(a, b);
    default:
        return pow(a, b);
    }
}

static int value(const struct eval *s, const struct rt_expr_node *t, double *v,
                 struct rt_err *err)
{
    double a, b;
    int status;
    switch (t->kind) {
    case RT_EXPR_NUMBER:
        *v = t->number;
        return RT_OK;
    case RT_EXPR_NAME:
        if (!s->fn)
            return fail(s, t, "want a number here", err);
        status = s->fn(s->who, t->name, v, err);
        return status ? rt_expr_mark(s->e->text, t->at, err) : RT_OK;
    case RT_EXPR_UNARY:
        status = value(s, t->arg[0], &a, err);
        *v = t->op == RT_EXPR_NOT ? a == 0 : -a;
        return status;
    case RT_EXPR_BINARY:
        status = value(s, t->arg[0], &a, err);
        if (!status)
            status = value(s, t->arg[1], &b, err);
        if (!status)
            *v = combine(t->op, a, b);
        return status;
    case RT_EXPR_CALL:
        return called(s, t, v, err);
    case RT_EXPR_SLICE:
        return fail(s, t, "there are single numbers here, nothing to slice",
                    err);
    default:
        return fail(s, t, "a list, want a number", err);
    }
}

int rt_expr_eval(const struct rt_expr *e, rt_expr_number_fn *fn, void *who,
                 double *v, struct rt_err *err)
{
    struct eval s = { .e = e, .fn = fn, .who = who };
    return value(&s, e->top, v, err);
}

int rt_expr_constant(const struct rt_expr *e, const struct rt_expr_node *t,
                     double *v, struct rt_err *err)
{
    struct eval s = { .e = e };
    return value(&s, t, v, err);
}

int rt_expr_whole(const struct rt_expr *e, const struct rt_expr_node *t, int *v,
                  struct rt_err *err)
{
    double x;
    int status = rt_expr_constant(e, t, &x, err);
    if (status)
        return status;
    if (!(x >= -1e9 && x <= 1e9 && x == floor(x))) {
        rt_fail(err, RT_EINVAL, "%g, want a whole number", x);
        return rt_expr_mark(e->text, t->at, err);
    }
    *v = (int)x;
    return RT_OK;
}
