/* Groups looked at: which layers are whose, what a use reads and gives. */
#include "nn/group.h"

#include "base/schema.h"
#include "base/vec.h"
#include "nn/model_private.h"
#include "nn/steer.h"

struct rt_model_group *rt_model_group_new(const char *name,
                                          struct rt_model *inner)
{
    struct rt_model_group *g = rt_xcalloc(1, sizeof *g);
    g->refs = 1;
    g->name = rt_xstrdup(name);
    g->inner = inner;
    g->layers = rt_xcalloc((size_t)inner->n_layers + 1, sizeof *g->layers);
    return g;
}

void rt_group_take(struct rt_model_group *g, int i, struct rt_model_layer *l)
{
    g->layers[i] = l;
    l->group = g;
}

void rt_model_group_unref(struct rt_model_group *g)
{
    if (!g || --g->refs > 0)
        return;
    rt_model_free(g->inner);
    free(g->layers);
    free(g->name);
    free(g);
}

/* ---- by name ------------------------------------------------------------- */

struct rt_model_group *rt_group_find(const struct rt_model *m, const char *name)
{
    for (int i = 0; i < m->n_groups; i++)
        if (strcmp(m->groups[i]->name, name) == 0)
            return m->groups[i];
    return NULL;
}

static int choose_layer(const struct rt_model *m,
                        const struct rt_model_layer *l, bool *chosen)
{
    int n = 0;
    for (int i = 0; i < m->n_layers && l; i++)
        if (m->layers[i] == l) {
            chosen[i] = true;
            n++;
        }
    return n;
}

int rt_group_choose(const struct rt_model *m, const char *name, bool *chosen)
{
    int n = 0;
    for (int i = 0; i < m->n_groups && !n; i++) {
        const struct rt_model_group *g = m->groups[i];
        const struct rt_model *inner = g->inner;
        size_t len = strlen(g->name);
        if (strncmp(g->name, name, len) || (name[len] && name[len] != '/'))
            continue;
        bool *within = rt_xcalloc((size_t)inner->n_layers + 1, sizeof *within);
        if (name[len])
            rt_group_choose(inner, name + len + 1, within);
        for (int k = 0; k < inner->n_layers; k++)
            if (!name[len] || within[k])
                n += choose_layer(m, g->layers[k], chosen);
        free(within);
    }
    return n;
}

struct rt_model_group *rt_group_around(const struct rt_model *m,
                                       const char *name)
{
    for (int i = 0; i < m->n_groups; i++) {
        struct rt_model_group *g = m->groups[i];
        size_t len = strlen(g->name);
        const char *part = name + len + 1;
        if (!strncmp(g->name, name, len) && name[len] == '/' &&
            (rt_group_find(g->inner, part) || rt_group_around(g->inner, part)))
            return g;
    }
    return NULL;
}

int rt_group_layers(const struct rt_model *m)
{
    int n = m->n_groups;
    for (int i = 0; i < m->n_layers; i++)
        n += !m->layers[i]->group;
    return n;
}

const char *rt_group_class(const struct rt_model_group *g)
{
    return rt_model_is_sequential(g->inner)         ? "Sequential"
           : g->inner->dialect == RT_TF_KERAS_2_4_0 ? "Functional"
                                                    : "Model";
}

/* ---- uses ---------------------------------------------------------------- */

static int index_of(const struct rt_model *inner,
                    const struct rt_model_layer *l)
{
    int i = 0;
    while (inner->layers[i] != l)
        i++;
    return i;
}

int rt_group_n_uses(const struct rt_model_group *g)
{
    int i = 0;
    while (!g->layers[i])
        i++;
    return g->layers[i]->n_calls / g->inner->layers[i]->n_calls;
}

/* A place of the inner model, which is none of its inputs, in a use. */
static struct rt_place outside(const struct rt_model_group *g, int use,
                               const struct rt_place *p)
{
    return (struct rt_place){ g->layers[index_of(g->inner, p->layer)],
                              use * p->layer->n_calls + p->call, p->tensor };
}

struct rt_place rt_group_output(const struct rt_model_group *g, int use, int i)
{
    return outside(g, use, &g->inner->outputs[i].place);
}

struct rt_place rt_group_input(const struct rt_model_group *g, int use, int i)
{
    const struct rt_model *inner = g->inner;
    for (int k = 0; k < inner->n_order; k++) {
        const struct rt_place *p = &inner->order[k];
        const struct rt_model_call *c = &p->layer->calls[p->call];
        for (int j = 0; j < c->n_in; j++)
            if (c->in[j].layer == inner->inputs[i].layer) {
                struct rt_place at = outside(g, use, p);
                return at.layer->calls[at.call].in[j];
            }
    }
    return (struct rt_place){ NULL, 0, 0 };
}

int rt_group_use(const struct rt_place *p)
{
    const struct rt_model_group *g = p->layer->group;
    int i = 0;
    while (g->layers[i] != p->layer)
        i++;
    return p->call / g->inner->layers[i]->n_calls;
}

bool rt_group_same_use(const struct rt_place *a, const struct rt_place *b)
{
    return a->layer->group && a->layer->group == b->layer->group &&
           rt_group_use(a) == rt_group_use(b);
}

struct rt_place rt_group_call(const struct rt_model_group *g, int use, int i)
{
    return outside(g, use, &g->inner->order[i]);
}

bool rt_group_gives(const struct rt_place *p, int *use, int *output)
{
    const struct rt_model_group *g = p->layer->group;
    int at = 0;
    if (!g)
        return false;
    while (g->layers[at] != p->layer)
        at++;
    const struct rt_model_layer *l = g->inner->layers[at];
    for (int i = 0; i < g->inner->n_outputs; i++) {
        const struct rt_place *o = &g->inner->outputs[i].place;
        if (o->layer == l && o->tensor == p->tensor &&
            o->call == p->call % l->n_calls) {
            *use = p->call / l->n_calls;
            *output = i;
            return true;
        }
    }
    return false;
}

struct rt_model *rt_group_model(const struct rt_model_group *g)
{
    struct rt_model *m = rt_model_structure(g->inner, g->inner->name, NULL);
    for (int i = 0; m && i < m->n_layers; i++) {
        struct rt_model_layer *l = m->layers[i];
        const struct rt_model_layer *now = g->layers[i];
        if (!now)
            continue;
        rt_args_free(l->args);
        l->args = rt_args_copy(l->type->opts, sizeof(struct rt_opt),
                               l->type->args_size, now->args);
        rt_layer_learn(l, rt_layer_learns(now));
    }
    return m;
}
