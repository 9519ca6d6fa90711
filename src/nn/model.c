/* The model as an object: made, copied, freed; its layers and places by name.
 * Building is in model_build.c, values in model_arena.c. */
#include "nn/model.h"

#include "base/schema.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "nn/group.h"
#include "nn/model_private.h"
#include "nn/steer.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

/* ---- layers -------------------------------------------------------------- */

struct rt_model_layer *rt_model_layer_new(const struct rt_layer *type,
                                          char *name, void *args)
{
    struct rt_model_layer *l = rt_xcalloc(1, sizeof *l);
    l->refs = 1;
    l->type = type;
    l->name = name;
    l->args = args;
    l->trainable = true;
    l->share = 1;
    l->rate = NAN;
    return l;
}

void rt_model_output_release(struct rt_model_output *o)
{
    free(o->name);
    free(o->loss);
}

static void weight_free(struct rt_weight *w)
{
    free(w->name);
    free(w->init);
    free(w->kept);
    free(w);
}

void rt_model_layer_unref(struct rt_model_layer *l)
{
    if (!l || --l->refs > 0)
        return;
    for (int i = 0; i < l->n_calls; i++)
        free(l->calls[i].in);
    for (int i = 0; i < l->n_weights; i++)
        weight_free(l->weights[i]);
    for (int i = 0; i < l->n_states; i++)
        weight_free(l->states[i]);
    free(l->states);
    free(l->calls);
    free(l->weights);
    rt_args_free(l->args);
    free(l->name);
    free(l);
}

bool rt_weight_learns(const struct rt_weight *w)
{
    return w->layer->trainable && !w->fixed;
}

int64_t rt_layer_params(const struct rt_model_layer *l)
{
    int64_t n = 0;
    for (int i = 0; i < l->n_weights; i++)
        n += (int64_t)l->weights[i]->n;
    return n;
}

/* ---- names --------------------------------------------------------------- */

int rt_name_check(const char *name, struct rt_err *err)
{
    if (!*name)
        return rt_fail(err, RT_EINVAL, "a name is empty, want letters");
    if (*name == '-' || *name == '.')
        return rt_fail(err, RT_EINVAL,
                       "name '%s' begins with '%c', want a letter", name,
                       *name);
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("_-.", *p) &&
            (unsigned char)*p < 0x80)
            return rt_fail(err, RT_EINVAL,
                           "name '%s' holds '%c', want letters, digits, "
                           "_ - and .",
                           name, *p);
    if (strstr(name, ".."))
        return rt_fail(err, RT_EINVAL,
                       "name '%s' holds '..', which is a range of layers",
                       name);
    return RT_OK;
}

/* A class as Keras names its layers: Conv2DTranspose, conv2d_transpose. Source:
 * Keras 2.2.4 base_layer.py, _to_snake_case. */
static void add_snake_case(const char *s, struct rt_str *out)
{
    for (int i = 0; s[i]; i++) {
        bool word = islower((unsigned char)s[i + 1]) ||
                    isdigit((unsigned char)s[i + 1]);
        if (i && isupper((unsigned char)s[i]) &&
            (word || islower((unsigned char)s[i - 1])))
            rt_str_addc(out, '_');
        rt_str_addc(out, (char)tolower((unsigned char)s[i]));
    }
}

/* k of a name STEM_k, 0 of any other. */
static int number_in(const char *name, const struct rt_str *stem)
{
    const char *digits = name + stem->n;
    if (strncmp(name, rt_str_c(stem), stem->n) || *digits < '1' ||
        *digits > '9' || strlen(digits) > 9 ||
        digits[strspn(digits, "0123456789")])
        return 0;
    return atoi(digits);
}

char *rt_model_auto_name(const struct rt_layer *type,
                         struct rt_model_layer *const *layers, int n)
{
    struct rt_str name = RT_STR_INIT;
    bool *taken = rt_xcalloc((size_t)n + 2, sizeof *taken);
    int k = 1;
    if (type->stem)
        rt_str_add(&name, type->stem);
    else
        add_snake_case(type->keras, &name);
    rt_str_addc(&name, '_');
    for (int i = 0; i < n; i++) {
        const struct rt_model_group *g = layers[i]->group;
        int at = number_in(g ? g->name : layers[i]->name, &name);
        if (at <= n)
            taken[at] = true;
    }
    while (taken[k])
        k++;
    free(taken);
    rt_str_addf(&name, "%d", k);
    return rt_str_take(&name);
}

static const char *layer_name(const void *of, int i)
{
    const struct rt_model *m = of;
    return i < m->n_layers                 ? m->layers[i]->name
           : i < m->n_layers + m->n_groups ? m->groups[i - m->n_layers]->name
                                           : NULL;
}

static int unknown(const struct rt_model *m, const char *name,
                   struct rt_err *err)
{
    return rt_fail_unknown(err, RT_ENOENT, name, layer_name, m,
                           "no layer '%s' in model '%s'", name, m->name);
}

/* The layer whose name is the first n bytes. */
static struct rt_model_layer *find(const struct rt_model *m, const char *name,
                                   size_t n)
{
    for (int i = 0; i < m->n_layers; i++) {
        const char *has = m->layers[i]->name;
        if (strncmp(has, name, n) == 0 && !has[n])
            return m->layers[i];
    }
    return NULL;
}

struct rt_model_layer *rt_model_layer_find(const struct rt_model *m,
                                           const char *name, struct rt_err *err)
{
    struct rt_model_layer *l = find(m, name, strlen(name));
    const struct rt_model_group *g = l ? NULL : rt_group_find(m, name);
    if (g)
        rt_fail(err, RT_ENOENT,
                "'%s' is a model within '%s', want one of its layers: %s/%s",
                name, m->name, name,
                g->inner->order[g->inner->n_order - 1].layer->name);
    else if (!l)
        unknown(m, name, err);
    return l;
}

/* The number behind the last colon of the first *end bytes, which it cuts. */
static bool cut_number(const char *name, size_t *end, int *number)
{
    size_t colon = *end;
    while (colon > 0 && isdigit((unsigned char)name[colon - 1]))
        colon--;
    if (!colon || colon == *end || *end - colon > 6 || name[colon - 1] != ':')
        return false;
    *number = atoi(name + colon);
    *end = colon - 1;
    return true;
}

/* What has calls, by the first n bytes of a name. */
struct callee {
    struct rt_model_layer *layer;
    struct rt_model_group *group;
};

static bool find_callee(const struct rt_model *m, const char *name, size_t n,
                        struct callee *c)
{
    *c = (struct callee){ .layer = find(m, name, n) };
    for (int i = 0; i < m->n_groups && !c->layer && !c->group; i++) {
        const char *has = m->groups[i]->name;
        if (strncmp(has, name, n) == 0 && !has[n])
            c->group = m->groups[i];
    }
    return c->layer || c->group;
}

int rt_model_place(const struct rt_model *m, const char *name,
                   struct rt_place *out, struct rt_err *err)
{
    struct callee c;
    size_t end = strlen(name);
    int number[2], n = 0;
    while (!find_callee(m, name, end, &c)) {
        if (n == 2 || !cut_number(name, &end, &number[n]))
            return unknown(m, name, err);
        n++;
    }
    int n_calls = c.layer ? c.layer->n_calls : rt_group_n_uses(c.group);
    int call = n ? number[n - 1] : n_calls - 1;
    int tensor = n == 2 ? number[0] : 0;
    const char *own = c.layer ? c.layer->name : c.group->name;
    if (call >= n_calls)
        return rt_fail(err, RT_ENOENT,
                       "layer '%s' is called %d time%s, want a call of 0 to "
                       "%d",
                       own, n_calls, n_calls == 1 ? "" : "s", n_calls - 1);
    int n_out =
        c.layer ? c.layer->calls[call].n_out : c.group->inner->n_outputs;
    if (tensor >= n_out)
        return rt_fail(err, RT_ENOENT,
                       "call %d of layer '%s' gives %d tensor%s, want one of "
                       "0 to %d",
                       call, own, n_out, n_out == 1 ? "" : "s", n_out - 1);
    *out = c.layer ? (struct rt_place){ c.layer, call, tensor }
                   : rt_group_output(c.group, call, tensor);
    return RT_OK;
}

int rt_model_open(const struct rt_model *m, const char *name,
                  struct rt_place *out, struct rt_err *err)
{
    int use, output, status = rt_model_place(m, name, out, err);
    if (!status && out->layer->group && !rt_group_gives(out, &use, &output))
        return rt_fail(err, RT_EINVAL,
                       "'%s' is inside of '%s', whose outputs alone can be "
                       "read",
                       name, out->layer->group->name);
    return status;
}

bool rt_place_same(const struct rt_place *a, const struct rt_place *b)
{
    return a->layer == b->layer && a->call == b->call && a->tensor == b->tensor;
}

struct rt_node *rt_place_node(const struct rt_place *p)
{
    return p->layer->calls[p->call].out[p->tensor];
}

const char *rt_place_name(const struct rt_place *p)
{
    static _Thread_local char text[4][512];
    static _Thread_local unsigned turn;
    char *out = text[turn++ % 4];
    const char *name = p->layer->name;
    int call = p->call, tensor = p->tensor, n_calls = p->layer->n_calls;
    if (rt_group_gives(p, &call, &tensor)) {
        name = p->layer->group->name;
        n_calls = rt_group_n_uses(p->layer->group);
    }
    if (tensor > 0)
        snprintf(out, sizeof text[0], "%s:%d:%d", name, call, tensor);
    else if (n_calls > 1)
        snprintf(out, sizeof text[0], "%s:%d", name, call);
    else
        snprintf(out, sizeof text[0], "%s", name);
    return out;
}

struct rt_place *rt_places_copy(const struct rt_place *v, int n)
{
    return n ? rt_xmemdup(v, (size_t)n * sizeof *v) : NULL;
}

/* ---- the model ----------------------------------------------------------- */

struct rt_model *rt_model_new(const char *name, uint64_t seed)
{
    struct rt_model *m = rt_xcalloc(1, sizeof *m);
    m->name = rt_xstrdup(name);
    m->seed = seed;
    m->dialect = RT_KERAS_2_3_1;
    m->m_schedule = 1;
    m->graph = rt_graph_new();
    return m;
}

void rt_model_free(struct rt_model *m)
{
    if (!m)
        return;
    rt_model_past_free(m->past);
    for (int i = 0; i < m->n_layers; i++)
        rt_model_layer_unref(m->layers[i]);
    for (int i = 0; i < m->n_groups; i++)
        rt_model_group_unref(m->groups[i]);
    for (int i = 0; i < m->n_outputs; i++)
        rt_model_output_release(&m->outputs[i]);
    rt_compiled_unref(m->compiled);
    rt_customs_unref(m->customs);
    rt_graph_free(m->graph);
    for (int i = 0; i < RT_SLOTS_MAX; i++)
        free(m->slots[i]);
    free(m->weights);
    rt_built_release(&m->built);
    free(m->layers);
    free(m->groups);
    free(m->order);
    free(m->inputs);
    free(m->outputs);
    free(m->name);
    free(m);
}

int rt_model_editable(const struct rt_model *m, struct rt_err *err)
{
    if (m->busy)
        return rt_fail(err, RT_EBUSY,
                       "model '%s' is being trained; stop its run, or wait "
                       "for it",
                       m->name);
    return RT_OK;
}

void rt_model_edited(struct rt_model *m)
{
    m->edits++;
    rt_model_forget_redo(m);
    if (m->compiled && !rt_compiled_fits(m->compiled, m)) {
        rt_compiled_unref(m->compiled);
        m->compiled = NULL;
    }
}

int64_t rt_model_params(const struct rt_model *m, bool trainable_only)
{
    int64_t n = 0;
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *l = m->layers[i];
        for (int k = 0; k < l->n_weights; k++)
            if (!trainable_only || rt_weight_learns(l->weights[k]))
                n += (int64_t)l->weights[k]->n;
    }
    return n;
}

/* ---- copies -------------------------------------------------------------- */

static struct rt_place place_in(const struct rt_model *to,
                                const struct rt_model *from,
                                const struct rt_place *p)
{
    for (int i = 0; i < from->n_layers; i++)
        if (from->layers[i] == p->layer)
            return (struct rt_place){ to->layers[i], p->call, p->tensor };
    return (struct rt_place){ NULL, 0, 0 };
}

static struct rt_place *places_in(const struct rt_model *to,
                                  const struct rt_model *from,
                                  const struct rt_place *v, int n)
{
    struct rt_place *out = rt_places_copy(v, n);
    for (int i = 0; i < n; i++)
        out[i] = place_in(to, from, &v[i]);
    return out;
}

struct rt_weight *rt_weight_copy(const struct rt_weight *w,
                                 struct rt_model_layer *l, struct rt_err *err)
{
    struct rt_weight *c = rt_xmemdup(w, sizeof *w);
    c->layer = l;
    c->name = rt_xstrdup(w->name);
    c->init = rt_xstrdup(w->init);
    if (w->kept) {
        size_t n = w->n * (size_t)(1 + w->kept_slots);
        c->kept = rt_try_alloc(n, sizeof *c->kept, "copy of a weight", err);
        if (!c->kept) {
            weight_free(c);
            return NULL;
        }
        memcpy(c->kept, w->kept, n * sizeof *c->kept);
    }
    return c;
}

static int copy_weights(struct rt_weight *const *from, int n,
                        struct rt_model_layer *l, struct rt_weight ***to,
                        int *n_to, struct rt_err *err)
{
    *to = rt_xcalloc((size_t)n + 1, sizeof **to);
    for (*n_to = 0; *n_to < n; ++*n_to)
        if (!((*to)[*n_to] = rt_weight_copy(from[*n_to], l, err)))
            return RT_ENOMEM;
    return RT_OK;
}

/* Without its calls, whose places need the other layers. */
static struct rt_model_layer *copy_layer(const struct rt_model_layer *l,
                                         struct rt_err *err)
{
    struct rt_model_layer *c =
        rt_model_layer_new(l->type, rt_xstrdup(l->name),
                           rt_args_copy(l->type->opts, sizeof(struct rt_opt),
                                        l->type->args_size, l->args));
    c->uid = l->uid;
    rt_layer_learn(c, rt_layer_learns(l));
    if (copy_weights(l->weights, l->n_weights, c, &c->weights, &c->n_weights,
                     err) ||
        copy_weights(l->states, l->n_states, c, &c->states, &c->n_states,
                     err)) {
        rt_model_layer_unref(c);
        return NULL;
    }
    return c;
}

static void copy_calls(struct rt_model *c, const struct rt_model *m, int i)
{
    const struct rt_model_layer *from = m->layers[i];
    struct rt_model_layer *to = c->layers[i];
    to->calls = rt_xcalloc((size_t)from->n_calls, sizeof *to->calls);
    to->n_calls = from->n_calls;
    for (int k = 0; k < to->n_calls; k++) {
        to->calls[k] = from->calls[k];
        to->calls[k].in =
            places_in(c, m, from->calls[k].in, from->calls[k].n_in);
        to->calls[k].n_out = 0;
    }
}

static float *copy_arena(const float *v, size_t n, struct rt_err *err)
{
    float *c = rt_try_alloc(n + 1, sizeof *c, "copy of a model", err);
    if (c && n)
        memcpy(c, v, n * sizeof *c);
    return c;
}

static int copy_values(struct rt_model *c, const struct rt_model *m,
                       struct rt_err *err)
{
    c->n_params = m->n_params;
    c->slots_of = m->slots_of;
    c->slots_epoch = m->slots_epoch;
    c->iterations = m->iterations;
    c->m_schedule = m->m_schedule;
    c->n_fits = m->n_fits;
    c->n_draws = m->n_draws;
    c->n_compiles = m->n_compiles;
    if (!m->weights)
        return RT_OK;
    c->weights = copy_arena(m->weights, m->n_params, err);
    if (!c->weights)
        return RT_ENOMEM;
    for (; c->n_slots < m->n_slots; c->n_slots++) {
        int i = c->n_slots;
        c->slots[i] = copy_arena(m->slots[i], m->n_params, err);
        if (!c->slots[i])
            return RT_ENOMEM;
    }
    return RT_OK;
}

static int copy_groups(struct rt_model *c, const struct rt_model *m,
                       struct rt_err *err)
{
    c->groups = rt_xcalloc((size_t)m->n_groups + 1, sizeof *c->groups);
    for (; c->n_groups < m->n_groups; c->n_groups++) {
        const struct rt_model_group *g = m->groups[c->n_groups];
        struct rt_model *inner =
            rt_model_structure(g->inner, g->inner->name, err);
        if (!inner)
            return RT_ENOMEM;
        struct rt_model_group *made = rt_model_group_new(g->name, inner);
        for (int i = 0; i < inner->n_layers; i++)
            for (int k = 0; k < m->n_layers && g->layers[i]; k++)
                if (m->layers[k] == g->layers[i])
                    rt_group_take(made, i, c->layers[k]);
        c->groups[c->n_groups] = made;
    }
    return RT_OK;
}

struct rt_model *rt_model_structure(const struct rt_model *m, const char *name,
                                    struct rt_err *err)
{
    struct rt_model *c = rt_model_new(name, m->seed);
    c->dialect = m->dialect;
    c->customs = rt_customs_ref(m->customs);
    c->any_names = m->any_names;
    c->next_uid = m->next_uid;
    c->layers = rt_xcalloc((size_t)m->n_layers + 1, sizeof *c->layers);
    for (; c->n_layers < m->n_layers; c->n_layers++) {
        c->layers[c->n_layers] = copy_layer(m->layers[c->n_layers], err);
        if (!c->layers[c->n_layers]) {
            rt_model_free(c);
            return NULL;
        }
    }
    for (int i = 0; i < m->n_layers; i++)
        copy_calls(c, m, i);
    if (copy_groups(c, m, err)) {
        rt_model_free(c);
        return NULL;
    }
    c->order = places_in(c, m, m->order, m->n_order);
    c->n_order = m->n_order;
    c->inputs = places_in(c, m, m->inputs, m->n_inputs);
    c->n_inputs = m->n_inputs;
    c->outputs = rt_xcalloc((size_t)m->n_outputs + 1, sizeof *c->outputs);
    c->n_outputs = m->n_outputs;
    for (int i = 0; i < m->n_outputs; i++) {
        c->outputs[i].place = place_in(c, m, &m->outputs[i].place);
        c->outputs[i].name = rt_xstrdup(m->outputs[i].name);
        c->outputs[i].loss = rt_xstrdup(m->outputs[i].loss);
        c->outputs[i].weight = m->outputs[i].weight;
        c->outputs[i].retired = m->outputs[i].retired;
        c->outputs[i].leaves = m->outputs[i].leaves;
    }
    c->cursor = place_in(c, m, &m->cursor);
    c->compiled = m->compiled ? rt_compiled_copy(m->compiled) : NULL;
    rt_model_rebuild(c);
    return c;
}

static struct rt_model *copy_all(const struct rt_model *m, const char *name,
                                 struct rt_err *err)
{
    struct rt_model *c = rt_model_structure(m, name, err);
    if (c && copy_values(c, m, err)) {
        rt_model_free(c);
        return NULL;
    }
    return c;
}

struct rt_model *rt_model_copy(const struct rt_model *m, const char *name,
                               struct rt_err *err)
{
    if (rt_model_editable(m, err))
        return NULL;
    return copy_all(m, name, err);
}

struct rt_model *rt_model_portrait(const struct rt_model *m, struct rt_err *err)
{
    return copy_all(m, m->name, err);
}

struct rt_model *rt_model_twin(const struct rt_model *m, struct rt_err *err)
{
    struct rt_model *c = rt_model_structure(m, m->name, err);
    if (!c)
        return NULL;
    c->n_params = m->n_params;
    c->n_fits = m->n_fits;
    c->weights = rt_try_alloc(m->n_params + 1, sizeof *c->weights,
                              "copy of a model", err);
    if (!c->weights) {
        rt_model_free(c);
        return NULL;
    }
    return c;
}
