/* What edits have in common: layers and calls that come and go, who reads a
 * place, and where outputs go. */
#include "nn/edit_private.h"

int rt_edit_index(const struct rt_model *m, const struct rt_model_layer *l)
{
    int i = 0;
    while (m->layers[i] != l)
        i++;
    return i;
}

struct rt_model_call *rt_edit_call(const struct rt_place *p)
{
    return &p->layer->calls[p->call];
}

void rt_edit_put_in(struct rt_model *m, struct rt_model_layer *l, int at)
{
    m->layers =
        rt_xrealloc(m->layers, (size_t)(m->n_layers + 1) * sizeof *m->layers);
    memmove(m->layers + at + 1, m->layers + at,
            (size_t)(m->n_layers++ - at) * sizeof *m->layers);
    m->layers[at] = l;
}

void rt_edit_take_out(struct rt_edit *e, struct rt_model_layer *l)
{
    struct rt_model *m = e->m;
    int at = rt_edit_index(m, l), kept = 0;
    rt_vec_push(&e->gone, l);
    memmove(m->layers + at, m->layers + at + 1,
            (size_t)(--m->n_layers - at) * sizeof *m->layers);
    for (int i = 0; i < m->n_order; i++)
        if (m->order[i].layer != l)
            m->order[kept++] = m->order[i];
    m->n_order = kept;
    for (int i = kept = 0; i < m->n_inputs; i++)
        if (m->inputs[i].layer != l)
            m->inputs[kept++] = m->inputs[i];
    m->n_inputs = kept;
}

void rt_edit_add_call(struct rt_model *m, struct rt_model_layer *l,
                      const struct rt_place *in, int n_in)
{
    l->calls =
        rt_xrealloc(l->calls, (size_t)(l->n_calls + 1) * sizeof *l->calls);
    l->calls[l->n_calls] = (struct rt_model_call){
        .in = rt_places_copy(in, n_in),
        .n_in = n_in,
    };
    m->order =
        rt_xrealloc(m->order, (size_t)(m->n_order + 1) * sizeof *m->order);
    m->order[m->n_order++] = (struct rt_place){ l, l->n_calls++, 0 };
}

/* ---- who reads a place --------------------------------------------------- */

int rt_edit_redirect(struct rt_model *m, const struct rt_place *from,
                     const struct rt_place *to)
{
    int n = 0;
    for (int i = 0; i < m->n_order; i++) {
        struct rt_model_call *c = rt_edit_call(&m->order[i]);
        for (int k = 0; k < c->n_in; k++)
            if (rt_place_same(&c->in[k], from) &&
                !rt_group_same_use(&m->order[i], from)) {
                c->in[k] = *to;
                n++;
            }
    }
    if (rt_place_same(&m->cursor, from))
        m->cursor = *to;
    return n;
}

struct rt_model_output *rt_edit_output_at(struct rt_model *m,
                                          const struct rt_place *p)
{
    for (int i = 0; i < m->n_outputs; i++)
        if (rt_place_same(&m->outputs[i].place, p))
            return &m->outputs[i];
    return NULL;
}

/* By the layer that it is of now. */
static void rename_output(struct rt_model *m, struct rt_model_output *o)
{
    char *name = rt_output_name(m, &o->place);
    if (strcmp(name, o->name) != 0)
        rt_compiled_rename(m, o->name, name);
    free(o->name);
    o->name = name;
}

void rt_edit_rename_outputs(struct rt_model *m, const struct rt_model_layer *l)
{
    for (int i = 0; i < m->n_outputs; i++)
        if (m->outputs[i].place.layer == l)
            rename_output(m, &m->outputs[i]);
}

void rt_edit_move_output(struct rt_model *m, struct rt_model_output *o,
                         const struct rt_place *to)
{
    o->place = *to;
    rename_output(m, o);
}

static void drop_output(struct rt_model *m, struct rt_model_output *o)
{
    int at = (int)(o - m->outputs);
    bool *drop = rt_xcalloc((size_t)m->n_outputs, sizeof *drop);
    drop[at] = true;
    if (m->compiled) {
        struct rt_compiled *c = rt_compiled_without(m->compiled, drop);
        rt_compiled_unref(m->compiled);
        m->compiled = c;
    }
    free(drop);
    rt_model_output_release(o);
    memmove(o, o + 1, (size_t)(--m->n_outputs - at) * sizeof *o);
}

int rt_edit_bridge(struct rt_model *m, const struct rt_place *at,
                   const struct rt_place *to, struct rt_err *err)
{
    struct rt_model_output *o = rt_edit_output_at(m, at);
    rt_edit_redirect(m, at, to);
    if (!o)
        return RT_OK;
    if (rt_edit_output_at(m, to)) {
        drop_output(m, o);
        return RT_OK;
    }
    if (to->layer->type->max_in == RT_LAYER_NO_INPUT)
        return rt_fail(err, RT_EINVAL,
                       "'%s' is an output that reads the input '%s', which "
                       "can be none",
                       o->name, to->layer->name);
    rt_edit_move_output(m, o, to);
    return RT_OK;
}
