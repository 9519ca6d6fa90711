/* The grammar's own functions: one record each, for nodes and for numbers. */
#include "graph/expr_tree.h"

#include <math.h>
#include <string.h>

/* ---- arguments ----------------------------------------------------------- */

int rt_expr_n_values(const struct rt_expr_node *call)
{
    int n = 0;
    while (n < call->n_args && !call->key[n])
        n++;
    return n;
}

const struct rt_expr_node *rt_expr_arg(const struct rt_expr_node *call,
                                       const char *key)
{
    for (int i = 0; i < call->n_args; i++)
        if (call->key[i] && strcmp(call->key[i], key) == 0)
            return call->arg[i];
    return NULL;
}

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        if (len == n && strncmp(p, word, n) == 0)
            return true;
        p += len;
    }
    return false;
}

int rt_expr_args_check(const char *text, const struct rt_expr_record *f,
                       const struct rt_expr_node *call, struct rt_err *err)
{
    int n = rt_expr_n_values(call), at = call->at;
    if (n < f->min || n > f->max) {
        rt_fail(err, RT_EINVAL, "%s: %d value%s, want %s", f->name, n,
                n == 1 ? "" : "s", f->usage);
        return rt_expr_mark(text, at, err);
    }
    for (int i = n; i < call->n_args; i++)
        if (!has_word(f->keys, call->key[i])) {
            rt_fail(err, RT_EINVAL, "%s: no option '%s', want %s", f->name,
                    call->key[i], f->usage);
            return rt_expr_mark(text, at, err);
        }
    return RT_OK;
}

/* yes, no, true, False, 1 ... */
static int flag(struct rt_expr_made *m, const struct rt_expr_node *call,
                const char *key, bool *v, struct rt_err *err)
{
    const struct rt_expr_node *t = rt_expr_arg(call, key);
    *v = false;
    if (!t)
        return RT_OK;
    if (t->kind == RT_EXPR_NAME) {
        if (has_word("yes true True on", t->name))
            *v = true;
        if (*v || has_word("no false False off", t->name))
            return RT_OK;
        rt_fail(err, RT_EINVAL, "%s=%s, want yes or no", key, t->name);
        return rt_expr_mark(m->expr->text, t->at, err);
    }
    int i;
    int status = rt_expr_whole(m->expr, t, &i, err);
    *v = !status && i != 0;
    return status;
}

static struct rt_node *value(struct rt_expr_made *m,
                             const struct rt_expr_node *call, int i,
                             struct rt_err *err)
{
    return rt_expr_node_build(m, call->arg[i], err);
}

/* What an operator said, at the place of the call. */
static struct rt_node *at(struct rt_expr_made *m,
                          const struct rt_expr_node *call, struct rt_node *y,
                          struct rt_err *err)
{
    if (!y)
        rt_expr_mark(m->expr->text, call->at, err);
    return y;
}

static struct rt_node *refuse(struct rt_expr_made *m,
                              const struct rt_expr_node *t,
                              const char *sentence, struct rt_err *err)
{
    rt_fail(err, RT_EINVAL, "%s", sentence);
    rt_expr_mark(m->expr->text, t->at, err);
    return NULL;
}

/* ---- of one value -------------------------------------------------------- */

#define ONE(f)                                                                 \
    static struct rt_node *f##_build(struct rt_expr_made *m,                   \
                                     const struct rt_expr_node *call,          \
                                     struct rt_err *err)                       \
    {                                                                          \
        return rt_op_unary(m->scope->graph, RT_UNARY_##f,                      \
                           value(m, call, 0, err), 0, err);                    \
    }
ONE(exp)
ONE(log)
ONE(sqrt)
ONE(abs)
ONE(sign)

static struct rt_node *log_of(struct rt_expr_made *m,
                              const struct rt_expr_node *call, double base,
                              struct rt_err *err)
{
    struct rt_graph *g = m->scope->graph;
    return rt_op_binary(g, RT_BINARY_mul, log_build(m, call, err),
                        rt_graph_scalar(g, 1 / log(base)), err);
}

static struct rt_node *log2_build(struct rt_expr_made *m,
                                  const struct rt_expr_node *call,
                                  struct rt_err *err)
{
    return log_of(m, call, 2, err);
}

static struct rt_node *log10_build(struct rt_expr_made *m,
                                   const struct rt_expr_node *call,
                                   struct rt_err *err)
{
    return log_of(m, call, 10, err);
}

static struct rt_node *stop_gradient_build(struct rt_expr_made *m,
                                           const struct rt_expr_node *call,
                                           struct rt_err *err)
{
    return rt_op_stop_gradient(m->scope->graph, value(m, call, 0, err), err);
}

static double exp_eval(const double *v, int n)
{
    (void)n;
    return exp(v[0]);
}
static double log_eval(const double *v, int n)
{
    (void)n;
    return log(v[0]);
}
static double log2_eval(const double *v, int n)
{
    (void)n;
    return log2(v[0]);
}
static double log10_eval(const double *v, int n)
{
    (void)n;
    return log10(v[0]);
}
static double sqrt_eval(const double *v, int n)
{
    (void)n;
    return sqrt(v[0]);
}
static double abs_eval(const double *v, int n)
{
    (void)n;
    return fabs(v[0]);
}
static double sign_eval(const double *v, int n)
{
    (void)n;
    return (v[0] > 0) - (v[0] < 0);
}

/* ---- of several, element by element -------------------------------------- */

static struct rt_node *clip_build(struct rt_expr_made *m,
                                  const struct rt_expr_node *call,
                                  struct rt_err *err)
{
    struct rt_node *x = value(m, call, 0, err), *lo, *hi;
    double a, b;
    if (x && !rt_expr_constant(m->expr, call->arg[1], &a, NULL) &&
        !rt_expr_constant(m->expr, call->arg[2], &b, NULL))
        return at(m, call, rt_op_clip(m->scope->graph, x, a, b, err), err);
    lo = x ? value(m, call, 1, err) : NULL;
    hi = lo ? value(m, call, 2, err) : NULL;
    if (!hi)
        return NULL;
    x = rt_expr_binary(m, RT_BINARY_max, x, lo, err);
    return at(m, call, rt_expr_binary(m, RT_BINARY_min, x, hi, err), err);
}

static double clip_eval(const double *v, int n)
{
    (void)n;
    return fmin(fmax(v[0], v[1]), v[2]);
}

static struct rt_node *where_build(struct rt_expr_made *m,
                                   const struct rt_expr_node *call,
                                   struct rt_err *err)
{
    struct rt_node *x[3];
    for (int i = 0; i < 3; i++) {
        x[i] = value(m, call, i, err);
        if (!x[i])
            return NULL;
    }
    for (int i = 0; i < 3; i++)
        for (int k = i + 1; k < 3; k++)
            if (rt_expr_meet(x[i], x[k], err))
                return at(m, call, NULL, err);
    return at(m, call, rt_op_where(m->scope->graph, x[0], x[1], x[2], err),
              err);
}

static double where_eval(const double *v, int n)
{
    (void)n;
    return v[0] != 0 ? v[1] : v[2];
}

/* ---- over axes ----------------------------------------------------------- */

struct axes {
    int axis[RT_RANK_MAX]; /* from the last to the first */
    int n;
    bool all, keepdims;
};

static int add_axis(struct rt_expr_made *m, const struct rt_expr_node *t,
                    const struct rt_node *x, struct axes *a, struct rt_err *err)
{
    int axis, i = a->n;
    int status = rt_expr_whole(m->expr, t, &axis, err);
    if (status)
        return status;
    if (rt_shape_axis(&x->shape, axis, &axis, err))
        return rt_expr_mark(m->expr->text, t->at, err);
    for (int k = 0; k < a->n; k++)
        if (a->axis[k] == axis) {
            rt_fail(err, RT_EINVAL, "axis %d is given twice", axis);
            return rt_expr_mark(m->expr->text, t->at, err);
        }
    for (; i > 0 && a->axis[i - 1] < axis; i--)
        a->axis[i] = a->axis[i - 1];
    a->axis[i] = axis;
    a->n++;
    return RT_OK;
}

/* axis= or the second value; what stands for none. */
static int axes_of(struct rt_expr_made *m, const struct rt_expr_node *call,
                   const struct rt_node *x, bool by_value, struct axes *a,
                   struct rt_err *err)
{
    const struct rt_expr_node *t = rt_expr_arg(call, "axis");
    *a = (struct axes){ .n = 0 };
    if (flag(m, call, "keepdims", &a->keepdims, err))
        return RT_EINVAL;
    if (!t && by_value && rt_expr_n_values(call) > 1)
        t = call->arg[1];
    a->all = !t;
    if (t && t->kind != RT_EXPR_LIST)
        return add_axis(m, t, x, a, err);
    for (int i = 0; t && i < t->n_args; i++)
        if (add_axis(m, t->arg[i], x, a, err))
            return RT_EINVAL;
    return RT_OK;
}

static struct rt_node *over(struct rt_graph *g, enum rt_reduce f,
                            struct rt_node *x, const struct axes *a,
                            bool keepdims, struct rt_err *err)
{
    if (a->all)
        return rt_op_reduce(g, f, x, RT_AXES_ALL, keepdims, err);
    for (int i = 0; i < a->n; i++)
        x = rt_op_reduce(g, f, x, a->axis[i], keepdims, err);
    return x;
}

static struct rt_node *reduced(struct rt_expr_made *m,
                               const struct rt_expr_node *call,
                               enum rt_reduce f, bool by_value,
                               struct rt_err *err)
{
    struct axes a;
    struct rt_node *x = value(m, call, 0, err);
    if (!x || axes_of(m, call, x, by_value, &a, err))
        return NULL;
    return at(m, call, over(m->scope->graph, f, x, &a, a.keepdims, err), err);
}

static struct rt_node *sum_build(struct rt_expr_made *m,
                                 const struct rt_expr_node *call,
                                 struct rt_err *err)
{
    return reduced(m, call, RT_REDUCE_sum, true, err);
}

static struct rt_node *mean_build(struct rt_expr_made *m,
                                  const struct rt_expr_node *call,
                                  struct rt_err *err)
{
    return reduced(m, call, RT_REDUCE_mean, true, err);
}

/* Of all numbers, not an estimate: divided by n. */
static struct rt_node *var_build(struct rt_expr_made *m,
                                 const struct rt_expr_node *call,
                                 struct rt_err *err)
{
    struct rt_graph *g = m->scope->graph;
    struct axes a;
    struct rt_node *x = value(m, call, 0, err);
    if (!x || axes_of(m, call, x, true, &a, err))
        return NULL;
    struct rt_node *mean = over(g, RT_REDUCE_mean, x, &a, true, err);
    x = rt_op_binary(g, RT_BINARY_sub, x, mean, err);
    x = rt_op_unary(g, RT_UNARY_square, x, 0, err);
    return at(m, call, over(g, RT_REDUCE_mean, x, &a, a.keepdims, err), err);
}

static struct rt_node *std_build(struct rt_expr_made *m,
                                 const struct rt_expr_node *call,
                                 struct rt_err *err)
{
    return rt_op_unary(m->scope->graph, RT_UNARY_sqrt, var_build(m, call, err),
                       0, err);
}

static struct rt_node *argmax_build(struct rt_expr_made *m,
                                    const struct rt_expr_node *call,
                                    struct rt_err *err)
{
    struct axes a;
    struct rt_node *x = value(m, call, 0, err);
    if (!x || axes_of(m, call, x, true, &a, err))
        return NULL;
    if (a.n > 1)
        return refuse(m, call, "argmax: several axes, want one", err);
    return at(m, call,
              rt_op_reduce(m->scope->graph, RT_REDUCE_argmax, x,
                           a.all ? -1 : a.axis[0], a.keepdims, err),
              err);
}

/* min and max: of one value over axes, of several the least at each place. */
static struct rt_node *extreme(struct rt_expr_made *m,
                               const struct rt_expr_node *call,
                               enum rt_reduce over_axes, enum rt_binary of_two,
                               struct rt_err *err)
{
    int n = rt_expr_n_values(call);
    if (n == 1)
        return reduced(m, call, over_axes, false, err);
    if (n < call->n_args)
        return refuse(m, call,
                      "of several values it is taken at each place: want no "
                      "axis= and keepdims=",
                      err);
    struct rt_node *y = value(m, call, 0, err);
    for (int i = 1; i < n && y; i++) {
        struct rt_node *x = value(m, call, i, err);
        if (!x)
            return NULL;
        y = at(m, call, rt_expr_binary(m, of_two, y, x, err), err);
    }
    return y;
}

static struct rt_node *min_build(struct rt_expr_made *m,
                                 const struct rt_expr_node *call,
                                 struct rt_err *err)
{
    return extreme(m, call, RT_REDUCE_min, RT_BINARY_min, err);
}

static struct rt_node *max_build(struct rt_expr_made *m,
                                 const struct rt_expr_node *call,
                                 struct rt_err *err)
{
    return extreme(m, call, RT_REDUCE_max, RT_BINARY_max, err);
}

static double min_eval(const double *v, int n)
{
    double y = v[0];
    for (int i = 1; i < n; i++)
        y = v[i] < y ? v[i] : y;
    return y;
}
static double max_eval(const double *v, int n)
{
    double y = v[0];
    for (int i = 1; i < n; i++)
        y = v[i] > y ? v[i] : y;
    return y;
}

/* ---- others -------------------------------------------------------------- */

/* (none) or (none,1) of class numbers to (none,K). */
static struct rt_node *onehot_build(struct rt_expr_made *m,
                                    const struct rt_expr_node *call,
                                    struct rt_err *err)
{
    struct rt_graph *g = m->scope->graph;
    struct rt_node *x = value(m, call, 0, err);
    int n = 0;
    if (!x || rt_expr_whole(m->expr, call->arg[1], &n, err))
        return NULL;
    if (n < 1 || n > 1000000)
        return refuse(m, call->arg[1], "onehot: want 1 to 1000000 classes",
                      err);
    int rank = x->shape.rank;
    if (rank > 0 && (rank == 1 || x->shape.dim[rank - 1] != 1)) {
        struct rt_shape row = { .rank = rank };
        memcpy(row.dim, x->shape.dim + 1, (size_t)(rank - 1) * sizeof *row.dim);
        row.dim[rank - 1] = 1;
        x = rt_op_reshape(g, x, &row, err);
    }
    return at(m, call, rt_op_onehot(g, x, n, err), err);
}

static struct rt_node *concat_build(struct rt_expr_made *m,
                                    const struct rt_expr_node *call,
                                    struct rt_err *err)
{
    struct rt_node *x[RT_OP_IN_MAX];
    const struct rt_expr_node *of = call, *axis = rt_expr_arg(call, "axis");
    int n = rt_expr_n_values(call), along = -1;
    if (n == 1 && call->arg[0]->kind == RT_EXPR_LIST) {
        of = call->arg[0];
        n = of->n_args;
    }
    if (n > RT_OP_IN_MAX)
        return refuse(m, call, "concat: want at most 16 values", err);
    if (axis && rt_expr_whole(m->expr, axis, &along, err))
        return NULL;
    for (int i = 0; i < n; i++) {
        x[i] = rt_expr_node_build(m, of->arg[i], err);
        if (!x[i])
            return NULL;
    }
    return at(m, call, rt_op_concat(m->scope->graph, x, n, along, err), err);
}

static struct rt_node *print_build(struct rt_expr_made *m,
                                   const struct rt_expr_node *call,
                                   struct rt_err *err)
{
    const struct rt_expr_node *tag = rt_expr_n_values(call) > 1 ? call->arg[1]
                                                                : NULL,
                              *every = rt_expr_arg(call, "every");
    struct rt_node *x = value(m, call, 0, err);
    int n = 0;
    if (!x || (every && rt_expr_whole(m->expr, every, &n, err)))
        return NULL;
    if (tag && (tag->kind != RT_EXPR_NAME || strlen(tag->name) >= RT_TAG_MAX))
        return refuse(m, tag, "print: want a short name in quotes here", err);
    if (n < 0)
        return refuse(m, every, "print: want every= of at least 0", err);
    return at(
        m, call,
        rt_op_print(m->scope->graph, x, tag ? tag->name : "print", n, err),
        err);
}

/* ---- the table ----------------------------------------------------------- */

#define OVER "axis keepdims"
/* Name, usage, help, least and most values, keys, of single numbers; sorted. */
#define FUNCTIONS(X)                                                           \
    X(abs, "abs(x)", "without its sign", 1, 1, "", abs_eval)                   \
    X(argmax, "argmax(x, axis=-1, keepdims=no)",                               \
      "place of the largest along an axis", 1, 2, OVER, NULL)                  \
    X(clip, "clip(x, lo, hi)", "kept between lo and hi", 3, 3, "", clip_eval)  \
    X(concat, "concat(a, b, ..., axis=-1)", "one after the other", 1, 16,      \
      "axis", NULL)                                                            \
    X(exp, "exp(x)", "e to the x", 1, 1, "", exp_eval)                         \
    X(log, "log(x)", "natural logarithm", 1, 1, "", log_eval)                  \
    X(log10, "log10(x)", "logarithm to the base 10", 1, 1, "", log10_eval)     \
    X(log2, "log2(x)", "logarithm to the base 2", 1, 1, "", log2_eval)         \
    X(max, "max(x, axis=, keepdims=no) or max(a, b, ...)",                     \
      "the largest over axes, or of several at each place", 1, 16, OVER,       \
      max_eval)                                                                \
    X(mean, "mean(x, axis=, keepdims=no)", "mean over axes, or over all", 1,   \
      2, OVER, NULL)                                                           \
    X(min, "min(x, axis=, keepdims=no) or min(a, b, ...)",                     \
      "the smallest over axes, or of several at each place", 1, 16, OVER,      \
      min_eval)                                                                \
    X(onehot, "onehot(x, n)", "class numbers as rows of n", 2, 2, "", NULL)    \
    X(print, "print(x, \"tag\", every=)",                                      \
      "x itself, reported while training: at an epoch's first batch, or "      \
      "every so many batches",                                                 \
      1, 2, "every", NULL)                                                     \
    X(sign, "sign(x)", "-1, 0 or 1", 1, 1, "", sign_eval)                      \
    X(sqrt, "sqrt(x)", "square root", 1, 1, "", sqrt_eval)                     \
    X(std, "std(x, axis=, keepdims=no)", "square root of var", 1, 2, OVER,     \
      NULL)                                                                    \
    X(stop_gradient, "stop_gradient(x)",                                       \
      "x itself; no gradient goes back through it", 1, 1, "", NULL)            \
    X(sum, "sum(x, axis=, keepdims=no)", "sum over axes, or over all", 1, 2,   \
      OVER, NULL)                                                              \
    X(var, "var(x, axis=, keepdims=no)",                                       \
      "mean square of the distance from the mean", 1, 2, OVER, NULL)           \
    X(where, "where(c, a, b)", "a where c is not 0, else b", 3, 3, "",         \
      where_eval)

static const struct rt_expr_record all[] = {
#define X(name, usage, help, min, max, keys, eval)                             \
    { #name, usage, help, min, max, keys, name##_build, eval },
    FUNCTIONS(X)
#undef X
};
enum { N_ALL = sizeof all / sizeof *all };

const struct rt_expr_record *rt_expr_record(const char *name)
{
    for (int i = 0; i < N_ALL; i++)
        if (strcmp(all[i].name, name) == 0)
            return &all[i];
    return NULL;
}

const struct rt_expr_record *rt_expr_record_at(int i)
{
    return i < N_ALL ? &all[i] : NULL;
}

int rt_expr_n_records(void)
{
    return N_ALL;
}

const char *rt_expr_function(int i, const char **help)
{
    if (i >= N_ALL)
        return NULL;
    *help = all[i].help;
    return all[i].usage;
}

bool rt_expr_is_function(const char *name)
{
    return rt_expr_record(name) != NULL;
}
