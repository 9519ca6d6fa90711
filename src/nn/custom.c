/* Definitions of users, their lists, and what they add to a graph. */
#include "nn/custom.h"

#include "base/mem.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "nn/model.h"

#include <stdlib.h>
#include <string.h>

/* ---- one definition ------------------------------------------------------ */

static void unref(struct rt_custom *c)
{
    if (!c || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    rt_expr_free(c->expr);
    free(c->name);
    free(c);
}

static int check_name(const struct rt_customs *old,
                      const struct rt_custom_words *w, struct rt_err *err)
{
    int status = rt_name_check(w->name, err);
    if (status)
        return status;
    bool taken = rt_expr_is_function(w->name) || rt_functions.knows(w->name);
    if (taken)
        return rt_fail(err, RT_EEXIST, "'%s' is built in: want another name",
                       w->name);
    for (int i = 0; old && i < old->n; i++)
        if (old->v[i]->metric != w->metric &&
            strcmp(old->v[i]->name, w->name) == 0)
            return rt_fail(err, RT_EEXIST, "'%s' is a %s: want another name",
                           w->name, old->v[i]->metric ? "metric" : "loss");
    return RT_OK;
}

static struct rt_custom *make(const struct rt_custom_words *w,
                              struct rt_err *err)
{
    struct rt_expr *e = rt_expr_parse(w->text, err);
    if (!e || rt_expr_check_calls(e, &rt_functions, err)) {
        rt_expr_free(e);
        return NULL;
    }
    struct rt_custom *c = rt_xcalloc(1, sizeof *c);
    c->refs = 1;
    c->name = rt_xstrdup(w->name);
    c->metric = w->metric;
    c->expr = e;
    c->label = w->label ? *w->label : (struct rt_shape){ .rank = -1 };
    c->mode = w->mode;
    return c;
}

/* ---- lists --------------------------------------------------------------- */

struct rt_customs *rt_customs_define(const struct rt_customs *old,
                                     const struct rt_custom_words *w,
                                     struct rt_err *err)
{
    struct rt_custom *made = check_name(old, w, err) ? NULL : make(w, err);
    if (!made)
        return NULL;
    int n = old ? old->n : 0;
    struct rt_customs *c = rt_xcalloc(1, sizeof *c);
    c->refs = 1;
    c->v = rt_xcalloc((size_t)n + 1, sizeof *c->v);
    for (int i = 0; i < n; i++) {
        if (strcmp(old->v[i]->name, w->name) == 0)
            continue;
        c->v[c->n] = old->v[i];
        __atomic_add_fetch(&c->v[c->n++]->refs, 1, __ATOMIC_RELAXED);
    }
    c->v[c->n++] = made;
    return c;
}

struct rt_customs *rt_customs_ref(struct rt_customs *c)
{
    if (c)
        __atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
    return c;
}

void rt_customs_unref(struct rt_customs *c)
{
    if (!c || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (int i = 0; i < c->n; i++)
        unref(c->v[i]);
    free(c->v);
    free(c);
}

const struct rt_custom *rt_customs_find(const struct rt_customs *c,
                                        const char *name, bool metric)
{
    for (int i = 0; c && i < c->n; i++)
        if (strcmp(c->v[i]->name, name) == 0 && (metric || !c->v[i]->metric))
            return c->v[i];
    return NULL;
}

int rt_customs_check_loss(const struct rt_customs *c, const char *spec,
                          struct rt_err *err)
{
    void *args = NULL;
    struct rt_err own = RT_ERR_INIT;
    if (rt_customs_find(c, spec, false) || rt_loss_find(spec, &args, &own)) {
        rt_args_free(args);
        return RT_OK;
    }
    for (int i = 0; own.code == RT_ENOENT && c && i < c->n; i++)
        if (!c->v[i]->metric && rt_suggest_distance(c->v[i]->name, spec, 3) < 3)
            return rt_fail(err, RT_ENOENT,
                           "unknown loss '%s'; did you mean %s?", spec,
                           c->v[i]->name);
    return rt_fail(err, own.code, "%s", own.text);
}

/* ---- nodes --------------------------------------------------------------- */

struct rt_shape rt_custom_label(const struct rt_custom *c,
                                const struct rt_shape *output)
{
    if (c->label.rank >= 0)
        return c->label;
    struct rt_shape like = { .rank = output->rank + 1, .dim = { RT_DIM_ANY } };
    memcpy(like.dim + 1, output->dim,
           (size_t)output->rank * sizeof *output->dim);
    int n = rt_expr_columns(c->expr, "y", &like);
    struct rt_shape label = *output;
    if (n && label.rank)
        label.dim[label.rank - 1] = n;
    return label;
}

/* A scalar counts for every sample: a zero for each is added to it, which is
 * made of a place and so finite whatever the output is. */
static struct rt_node *for_each(struct rt_graph *g, struct rt_node *x,
                                struct rt_node *p, struct rt_err *err)
{
    struct rt_node *zero =
        rt_op_reduce(g, RT_REDUCE_argmax, p, RT_AXES_FROM(1), false, err);
    zero = rt_op_binary(g, RT_BINARY_mul, zero, rt_graph_scalar(g, 0), err);
    return rt_op_binary(g, RT_BINARY_add, x, zero, err);
}

struct rt_node *rt_custom_build(const struct rt_custom *c, struct rt_graph *g,
                                struct rt_node *y, struct rt_node *p,
                                const struct rt_expr_name *outputs,
                                int n_outputs, struct rt_err *err)
{
    RT_VEC(struct rt_expr_name) names = { 0 };
    struct rt_expr_scope s = { .graph = g, .functions = &rt_functions };
    rt_vec_push(&names, ((struct rt_expr_name){ "y", y }));
    rt_vec_push(&names, ((struct rt_expr_name){ "p", p }));
    for (int i = 0; i < n_outputs; i++)
        rt_vec_push(&names, outputs[i]);
    s.names = names.v;
    s.n_names = names.n;
    struct rt_node *x = rt_expr_build(c->expr, &s, err);
    rt_vec_release(&names);
    if (!x)
        return NULL;
    const struct rt_shape *shape = &x->shape;
    if (!shape->rank)
        return for_each(g, x, p, err);
    if (shape->dim[0] == RT_DIM_ANY && shape->rank == 1)
        return x;
    bool one = shape->dim[0] == RT_DIM_ANY;
    for (int i = 1; i < shape->rank; i++)
        one &= shape->dim[i] == 1;
    if (one)
        return rt_op_reduce(g, RT_REDUCE_sum, x, RT_AXES_FROM(1), false, err);
    rt_fail(err, RT_ESHAPE,
            "{%s} gives %s, want one value per sample, (none), or a scalar: "
            "mean(..., axis=-1) makes one of the last axis",
            rt_expr_text(c->expr), rt_shape_text(shape));
    return NULL;
}

const struct rt_loss rt_loss_by_expression = {
    .name = "by_expression",
    .help = "defined by the command loss",
};

/* ---- as a command -------------------------------------------------------- */

struct words {
    const char *name, *text;
    struct rt_ints label;
    const char *mode;
};
static const struct rt_opt words_opts[] = {
    RT_OPT(struct words, name, .word = 1),
    RT_OPT(struct words, text, .word = 2),
    RT_OPT(struct words, label, .word = 0, .def = ""),
    RT_OPT(struct words, mode, .word = 0, .def = "min"),
    RT_OPT_END,
};

void rt_custom_command(const struct rt_custom *c, struct rt_str *out)
{
    char *text = rt_xstrdup(rt_expr_text(c->expr));
    struct words w = { .name = c->name,
                       .text = text,
                       .mode = c->metric && c->mode == RT_MODE_MAX ? "max"
                                                                   : "min" };
    for (char *p = text; (p = strpbrk(p, "\r\n"));) /* a command is a line */
        *p = ' ';
    w.label.n = c->label.rank > 0 ? c->label.rank : 0;
    memcpy(w.label.v, c->label.dim, (size_t)w.label.n * sizeof *w.label.v);
    rt_str_add(out, c->metric ? "metric" : "loss");
    rt_args_words(words_opts, sizeof(struct rt_opt), &w, false, out);
    rt_str_addc(out, '\n');
    free(text);
}
