/* Putting a model into another: its layers, under long names, with their
 * weights, and their calls for every use of it. */
#include "nn/group.h"

#include "base/schema.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "graph/op.h"
#include "nn/model_private.h"
#include "nn/steer.h"

#include <math.h>

/* ---- what can be nested -------------------------------------------------- */

static bool is_read(const struct rt_model *m, const struct rt_model_layer *in)
{
    for (int i = 0; i < m->n_order; i++) {
        const struct rt_place *p = &m->order[i];
        const struct rt_model_call *c = &p->layer->calls[p->call];
        for (int k = 0; k < c->n_in; k++)
            if (c->in[k].layer == in)
                return true;
    }
    return false;
}

static int check_inner(const struct rt_model *m, const struct rt_model *inner,
                       struct rt_err *err)
{
    if (inner == m)
        return rt_fail(err, RT_EINVAL, "model '%s' cannot be within itself",
                       m->name);
    if (rt_model_editable(inner, err))
        return RT_EBUSY;
    if (!inner->n_outputs)
        return rt_fail(err, RT_ESTATE,
                       "model '%s' has no output yet; `model use %s`, then "
                       "`output`",
                       inner->name, inner->name);
    if (inner->dialect != m->dialect)
        return rt_fail(err, RT_EINVAL,
                       "model '%s' follows %s, want %s as '%s' does; `model "
                       "NAME dialect=%s` begins one that it fits into",
                       inner->name, rt_dialect_name(inner->dialect),
                       rt_dialect_name(m->dialect), m->name,
                       rt_dialect_name(inner->dialect));
    for (int i = 0; i < inner->n_inputs; i++)
        if (!is_read(inner, inner->inputs[i].layer))
            return rt_fail(err, RT_EINVAL,
                           "nothing reads the input '%s' of model '%s'",
                           inner->inputs[i].layer->name, inner->name);
    return RT_OK;
}

/* The places that a use reads. */
int rt_nest_resolve(const struct rt_model *m, const struct rt_model *inner,
                    const char *const *from, int n_from, struct rt_place *in,
                    struct rt_err *err)
{
    int want = inner->n_inputs;
    if (want > RT_OP_IN_MAX)
        return rt_fail(err, RT_EINVAL, "it has %d inputs, want at most %d",
                       want, RT_OP_IN_MAX);
    if (!n_from && want == 1 && !m->cursor.layer)
        return rt_fail(err, RT_ESTATE,
                       "model '%s' has no layer yet; begin with `input NAME "
                       "SHAPE`",
                       m->name);
    if (!n_from && want == 1)
        in[0] = m->cursor;
    else if (n_from != want)
        return rt_fail(err, RT_EINVAL, "%d layer%s to read, want %d", n_from,
                       n_from == 1 ? "" : "s", want);
    for (int i = 0; i < n_from; i++)
        if (rt_model_open(m, from[i], &in[i], err))
            return rt_err_code(err, RT_ENOENT);
    return RT_OK;
}

/* ---- its layers ---------------------------------------------------------- */

/* A copy of the value that a weight of m has; NULL if it has none yet. */
static int keep_value(const struct rt_model *m, const struct rt_weight *w,
                      float **kept, struct rt_err *err)
{
    const float *value = w->placed ? m->weights + w->offset : w->kept;
    *kept = NULL;
    if (value && !(*kept = rt_try_alloc(w->n, sizeof **kept, "weights", err)))
        return RT_ENOMEM;
    if (value)
        memcpy(*kept, value, w->n * sizeof **kept);
    return RT_OK;
}

/* With the value that the weight has in the inner model. */
static int take_weight(struct rt_model_layer *l, const struct rt_model *inner,
                       const struct rt_weight *w, struct rt_err *err)
{
    float *kept;
    if (keep_value(inner, w, &kept, err))
        return RT_ENOMEM;
    struct rt_weight *c = rt_xmemdup(w, sizeof *w);
    c->layer = l;
    c->name = rt_xstrdup(w->name);
    c->init = rt_xstrdup(w->init);
    c->placed = false;
    c->offset = 0;
    c->kept = kept;
    c->kept_slots = 0;
    l->weights[l->n_weights++] = c;
    return RT_OK;
}

/* A layer like one of the inner model, without its calls. */
static struct rt_model_layer *take_layer(struct rt_model *m, char *name,
                                         const struct rt_model *inner,
                                         const struct rt_model_layer *from,
                                         struct rt_err *err)
{
    struct rt_model_layer *l =
        rt_model_layer_new(from->type, name,
                           rt_args_copy(from->type->opts, sizeof(struct rt_opt),
                                        from->type->args_size, from->args));
    rt_layer_learn(l, rt_layer_learns(from));
    l->uid = m->next_uid++;
    l->weights = rt_xcalloc((size_t)from->n_weights + 1, sizeof *l->weights);
    for (int i = 0; i < from->n_weights; i++)
        if (take_weight(l, inner, from->weights[i], err)) {
            rt_model_layer_unref(l);
            return NULL;
        }
    m->layers =
        rt_xrealloc(m->layers, (size_t)(m->n_layers + 1) * sizeof *m->layers);
    m->layers[m->n_layers++] = l;
    return l;
}

static int take_layers(struct rt_model *m, struct rt_model_group *g,
                       const struct rt_model *inner, struct rt_err *err)
{
    for (int i = 0; i < inner->n_layers; i++) {
        const struct rt_model_layer *from = inner->layers[i];
        if (from->type->max_in == RT_LAYER_NO_INPUT)
            continue;
        char *name = rt_xprintf("%s/%s", g->name, from->name);
        if (rt_model_layer_find(m, name, NULL)) {
            rt_fail(err, RT_EEXIST, "layer '%s' exists already", name);
            free(name);
            return RT_EEXIST;
        }
        struct rt_model_layer *l = take_layer(m, name, inner, from, err);
        if (!l)
            return RT_ENOMEM;
        rt_group_take(g, i, l);
    }
    return RT_OK;
}

/* The inner model as groups keep it: a description. */
static struct rt_model *describe(const struct rt_model *inner,
                                 struct rt_err *err)
{
    struct rt_model *c = rt_model_structure(inner, inner->name, err);
    if (!c)
        return NULL;
    rt_compiled_unref(c->compiled);
    c->compiled = NULL;
    for (int i = 0; i < c->n_outputs; i++) {
        free(c->outputs[i].loss);
        c->outputs[i].loss = NULL;
        c->outputs[i].weight = NAN;
        c->outputs[i].retired = c->outputs[i].leaves = false;
    }
    for (int i = 0; i < c->n_layers; i++)
        for (int k = 0; k < c->layers[i]->n_weights; k++) {
            struct rt_weight *w = c->layers[i]->weights[k];
            free(w->kept);
            w->kept = NULL;
            w->placed = false;
        }
    return c;
}

/* ---- its calls ----------------------------------------------------------- */

static struct rt_place place_in(const struct rt_model_group *g, int use,
                                const struct rt_place *p,
                                const struct rt_place *in)
{
    const struct rt_model *inner = g->inner;
    int i = 0;
    for (; i < inner->n_inputs; i++)
        if (inner->inputs[i].layer == p->layer)
            return in[i];
    for (i = 0; inner->layers[i] != p->layer;)
        i++;
    return (struct rt_place){ g->layers[i], use * p->layer->n_calls + p->call,
                              p->tensor };
}

static int check_shape(const struct rt_place *input,
                       const struct rt_place *reads, const struct rt_shape *has,
                       struct rt_err *err)
{
    const struct rt_shape *want = &rt_place_node(input)->shape;
    if (rt_shape_fits(want, has))
        return RT_OK;
    return rt_fail(err, RT_ESHAPE, "'%s' is %s, want %s as the input '%s' is",
                   rt_place_name(reads), rt_shape_text(has),
                   rt_shape_text(want), input->layer->name);
}

int rt_nest_fits(const struct rt_place *call, int i,
                 const struct rt_shape *shape, struct rt_err *err)
{
    const struct rt_model_group *g = call->layer->group;
    int at = 0;
    while (g && g->layers[at] != call->layer)
        at++;
    if (!g)
        return RT_OK;
    const struct rt_model_layer *of = g->inner->layers[at];
    const struct rt_place *in = &of->calls[call->call % of->n_calls].in[i];
    return in->layer->type->max_in != RT_LAYER_NO_INPUT
               ? RT_OK
               : check_shape(in, &call->layer->calls[call->call].in[i], shape,
                             err);
}

static int use(struct rt_model *m, struct rt_model_group *g,
               const struct rt_place *in, struct rt_err *err)
{
    int n = rt_group_n_uses(g);
    for (int i = 0; i < g->inner->n_inputs; i++)
        if (check_shape(&g->inner->inputs[i], &in[i],
                        &rt_place_node(&in[i])->shape, err))
            return RT_ESHAPE;
    for (int i = 0; i < g->inner->n_order; i++) {
        const struct rt_place *p = &g->inner->order[i];
        const struct rt_model_call *c = &p->layer->calls[p->call];
        struct rt_place from[RT_OP_IN_MAX];
        struct rt_place at = { p->layer, 0, 0 };
        if (p->layer->type->max_in == RT_LAYER_NO_INPUT)
            continue;
        for (int k = 0; k < c->n_in; k++)
            from[k] = place_in(g, n, &c->in[k], in);
        struct rt_model_layer *l = place_in(g, n, &at, in).layer;
        int status = rt_model_call_at(m, l, from, c->n_in, err);
        if (status)
            return rt_err_within(err, "layer '%s'", l->name);
    }
    m->cursor = rt_group_output(g, n, 0);
    return RT_OK;
}

/* The new state, or the one of before. */
static int finish(struct rt_model *m, struct rt_model_shot *before, int status)
{
    if (status) {
        rt_model_shot_put(m, before);
        return status;
    }
    rt_model_shot_free(before);
    rt_model_edited(m);
    return RT_OK;
}

int rt_model_use(struct rt_model *m, struct rt_model_group *g,
                 const char *const *from, int n_from, struct rt_err *err)
{
    struct rt_place in[RT_OP_IN_MAX];
    int status = rt_nest_resolve(m, g->inner, from, n_from, in, err);
    if (!status)
        status = finish(m, rt_model_shot(m), use(m, g, in, err));
    return status ? rt_err_within(err, "'%s'", g->name) : RT_OK;
}

struct rt_model_group *rt_model_nest(struct rt_model *m,
                                     const struct rt_model *inner,
                                     const char *name, const char *const *from,
                                     int n_from, struct rt_err *err)
{
    struct rt_place in[RT_OP_IN_MAX];
    name = name ? name : inner->name;
    if (rt_model_editable(m, err) || check_inner(m, inner, err))
        return NULL;
    if (rt_model_free_name(m, name, err) ||
        rt_nest_resolve(m, inner, from, n_from, in, err)) {
        rt_err_within(err, "'%s'", name);
        return NULL;
    }
    struct rt_model *described = describe(inner, err);
    if (!described)
        return NULL;
    struct rt_model_shot *before = rt_model_shot(m);
    struct rt_model_group *g = rt_model_group_new(name, described);
    m->groups =
        rt_xrealloc(m->groups, (size_t)(m->n_groups + 1) * sizeof *m->groups);
    m->groups[m->n_groups++] = g;
    int status = take_layers(m, g, inner, err);
    if (!status)
        status = use(m, g, in, err);
    if (status)
        rt_err_within(err, "'%s'", name);
    return finish(m, before, status) ? NULL : g;
}

/* ---- out again ----------------------------------------------------------- */

/* The group whose name a path begins with; *rest: what is behind it, "" if
 * nothing. */
static struct rt_model_group *first_of(const struct rt_model *m,
                                       const char *path, const char **rest)
{
    for (int i = 0; i < m->n_groups; i++) {
        size_t n = strlen(m->groups[i]->name);
        *rest = path + n + (path[n] == '/');
        if (!strncmp(m->groups[i]->name, path, n) &&
            (!path[n] || path[n] == '/'))
            return m->groups[i];
    }
    return NULL;
}

static const char *group_name(const void *of, int i)
{
    const struct rt_model *m = of;
    return i < m->n_groups ? m->groups[i]->name : NULL;
}

static int take_values(struct rt_model *out, const struct rt_model *m,
                       const struct rt_model_group *g, struct rt_err *err)
{
    for (int i = 0; i < out->n_layers; i++)
        for (int k = 0; g->layers[i] && k < g->layers[i]->n_weights; k++)
            if (keep_value(m, g->layers[i]->weights[k],
                           &out->layers[i]->weights[k]->kept, err))
                return RT_ENOMEM;
    return RT_OK;
}

struct rt_model *rt_group_take_out(const struct rt_model *m, const char *path,
                                   const char *name, struct rt_err *err)
{
    const char *rest;
    const struct rt_model_group *g = first_of(m, path, &rest);
    if (rt_model_editable(m, err))
        return NULL;
    if (!g) {
        rt_fail_unknown(err, RT_ENOENT, path, group_name, m,
                        "no model '%s' within '%s'", path, m->name);
        return NULL;
    }
    struct rt_model *out = rt_group_model(g);
    if (!out)
        rt_fail(err, RT_ENOMEM, "'%s' wants more memory than there is", path);
    if (!out || take_values(out, m, g, err)) {
        rt_model_free(out);
        return NULL;
    }
    if (*rest) {
        struct rt_model *within = rt_group_take_out(out, rest, name, err);
        rt_model_free(out);
        return within;
    }
    free(out->name);
    out->name = rt_xstrdup(name);
    out->seed = m->seed;
    return out;
}
