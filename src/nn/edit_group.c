/* Edits of a whole group: its inside is never touched. */
#include "graph/op.h"
#include "nn/edit_private.h"

/* Lets a use read another place as its input i, wherever it does. */
static void set_input(struct rt_model_group *g, int use, int i,
                      const struct rt_place *to)
{
    const struct rt_model *inner = g->inner;
    for (int k = 0; k < inner->n_layers; k++) {
        const struct rt_model_layer *of = inner->layers[k];
        for (int c = 0; c < of->n_calls && g->layers[k]; c++)
            for (int j = 0; j < of->calls[c].n_in; j++)
                if (of->calls[c].in[j].layer == inner->inputs[i].layer)
                    g->layers[k]->calls[use * of->n_calls + c].in[j] = *to;
    }
}

static int first_layer(const struct rt_model *m, const struct rt_model_group *g)
{
    int i = 0;
    while (m->layers[i]->group != g)
        i++;
    return i;
}

int rt_edit_group_before(struct rt_model *m, struct rt_model_layer *l,
                         struct rt_model_group *g, int use, struct rt_err *err)
{
    if (g->inner->n_inputs != 1)
        return rt_fail(err, RT_EINVAL,
                       "'%s' reads %d layers, want one; say after: which",
                       g->name, g->inner->n_inputs);
    struct rt_place in = rt_group_input(g, use, 0);
    set_input(g, use, 0, &(struct rt_place){ l, 0, 0 });
    rt_edit_put_in(m, l, first_layer(m, g));
    rt_edit_add_call(m, l, &in, 1);
    return RT_OK;
}

/* Its layers and itself leave the model; nothing may read it any more. */
static void leave(struct rt_edit *e, struct rt_model_group *g)
{
    struct rt_model *m = e->m;
    int i = 0;
    if (m->cursor.layer && m->cursor.layer->group == g)
        m->cursor = (struct rt_place){ NULL, 0, 0 };
    for (int k = 0; k < g->inner->n_layers; k++)
        if (g->layers[k])
            rt_edit_take_out(e, g->layers[k]);
    while (m->groups[i] != g)
        i++;
    memmove(m->groups + i, m->groups + i + 1,
            (size_t)(--m->n_groups - i) * sizeof *m->groups);
    e->gone_group = g;
}

int rt_edit_group_remove(struct rt_edit *e, struct rt_model_group *g,
                         struct rt_err *err)
{
    if (g->inner->n_inputs != 1)
        return rt_fail(err, RT_EINVAL,
                       "'%s' reads %d layers, so it is not known which one is "
                       "read instead; reconnect what reads it first",
                       g->name, g->inner->n_inputs);
    for (int use = 0; use < rt_group_n_uses(g); use++)
        for (int i = 0; i < g->inner->n_outputs; i++) {
            struct rt_place at = rt_group_output(g, use, i);
            struct rt_place to = rt_group_input(g, use, 0);
            int status = rt_edit_bridge(e->m, &at, &to, err);
            if (status)
                return status;
        }
    leave(e, g);
    return RT_OK;
}

static int check_replacement(const struct rt_model_group *g,
                             const struct rt_new_layer *made,
                             struct rt_err *err)
{
    if (g->inner->n_outputs != 1)
        return rt_fail(err, RT_EINVAL, "'%s' gives %d tensors, want one",
                       g->name, g->inner->n_outputs);
    return rt_layer_takes(made->type, g->inner->n_inputs, err);
}

int rt_edit_group_replace(struct rt_edit *e, struct rt_model_group *g,
                          const struct rt_new_layer *made,
                          struct rt_model_layer **l, struct rt_err *err)
{
    struct rt_model *m = e->m;
    int n = g->inner->n_inputs;
    if (check_replacement(g, made, err))
        return RT_EINVAL;
    *l = rt_edit_make(m, made, g->name, err);
    if (!*l)
        return RT_EINVAL;
    rt_edit_put_in(m, *l, first_layer(m, g));
    struct rt_place *in = rt_xcalloc((size_t)n + 1, sizeof *in);
    for (int use = 0; use < rt_group_n_uses(g); use++) {
        struct rt_place at = rt_group_output(g, use, 0), to = { *l, use, 0 };
        for (int i = 0; i < n; i++)
            in[i] = rt_group_input(g, use, i);
        rt_edit_add_call(m, *l, in, n);
        struct rt_model_output *o = rt_edit_output_at(m, &at);
        rt_edit_redirect(m, &at, &to);
        if (o)
            rt_edit_move_output(m, o, &to);
    }
    free(in);
    leave(e, g);
    return RT_OK;
}

int rt_edit_group_rename(struct rt_model *m, struct rt_model_group *g,
                         const char *to, struct rt_err *err)
{
    int status = rt_model_free_name(m, to, err);
    if (status)
        return status;
    size_t n = strlen(g->name);
    for (int i = 0; i < m->n_layers; i++) {
        struct rt_model_layer *l = m->layers[i];
        if (l->group != g)
            continue;
        char *name = rt_xprintf("%s%s", to, l->name + n);
        if (rt_model_layer_find(m, name, NULL))
            status = rt_fail(err, RT_EEXIST, "layer '%s' exists already", name);
        free(name);
    }
    for (int i = 0; i < m->n_layers && !status; i++) {
        struct rt_model_layer *l = m->layers[i];
        if (l->group != g)
            continue;
        char *name = rt_xprintf("%s%s", to, l->name + n);
        free(l->name);
        l->name = name;
    }
    if (status)
        return status;
    free(g->name);
    g->name = rt_xstrdup(to);
    for (int i = 0; i < m->n_layers; i++)
        if (m->layers[i]->group == g)
            rt_edit_rename_outputs(m, m->layers[i]);
    return RT_OK;
}

int rt_edit_group_reconnect(struct rt_model *m, struct rt_model_group *g,
                            int use, const char *const *from, int n_from,
                            struct rt_err *err)
{
    struct rt_place in[RT_OP_IN_MAX];
    int status = rt_nest_resolve(m, g->inner, from, n_from, in, err);
    for (int i = 0; i < g->inner->n_inputs && !status; i++)
        set_input(g, use, i, &in[i]);
    return status;
}
