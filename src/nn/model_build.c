/* Making the graph from calls of layers, and the commands that add them. */
#include "nn/model.h"

#include "base/schema.h"
#include "base/vec.h"
#include "graph/op.h"
#include "nn/group.h"
#include "nn/model_private.h"

#include <assert.h>
#include <math.h>

/* ---- calls --------------------------------------------------------------- */

/* Who it was, unless an operator of the same name has said so. */
static void say_who(const struct rt_layer *type, struct rt_err *err)
{
    size_t n = strlen(type->name);
    if (err && (strncmp(err->text, type->name, n) != 0 || err->text[n] != ':'))
        rt_err_within(err, "%s", type->name);
}

void rt_build_also(struct rt_build *b, struct rt_node *node)
{
    assert(node && b->n_also < RT_TENSORS_MAX - 1);
    b->also[b->n_also++] = node;
}

int rt_model_build_call(const struct rt_model *m, struct rt_graph *g,
                        struct rt_built *built, struct rt_model_layer *l,
                        const struct rt_place *from, struct rt_node *const *in,
                        struct rt_node *const *mask, int n_in,
                        struct rt_made *out, struct rt_err *err)
{
    struct rt_build b = { .g = g,
                          .in = in,
                          .mask = mask,
                          .from = from,
                          .n_in = n_in,
                          .layer = l,
                          .model = m,
                          .built = built };
    rt_graph_where(g, l->name);
    *out = (struct rt_made){ 0 };
    out->node[0] = rt_build_layer(&b, l->type, l->args, err);
    if (!out->node[0]) {
        say_who(l->type, err);
        return 0;
    }
    memcpy(out->node + 1, b.also, (size_t)b.n_also * sizeof *out->node);
    memcpy(out->mask, b.masks, sizeof b.masks);
    return 1 + b.n_also;
}

static int seq_of(const struct rt_place *p)
{
    return p->layer->calls[p->call].seq;
}

int rt_model_build(const struct rt_model *m, struct rt_graph *g,
                   struct rt_node **in, struct rt_node **out,
                   struct rt_node **mask, struct rt_built *built,
                   struct rt_err *err)
{
    struct rt_made *made = rt_xcalloc((size_t)m->n_order + 1, sizeof *made);
    *built = (struct rt_built){ 0 };
    for (int i = 0; i < m->n_order; i++) {
        struct rt_model_layer *l = m->order[i].layer;
        const struct rt_model_call *c = &l->calls[m->order[i].call];
        struct rt_node *x[RT_OP_IN_MAX], *masks[RT_OP_IN_MAX];
        for (int k = 0; k < c->n_in; k++) {
            x[k] = made[seq_of(&c->in[k])].node[c->in[k].tensor];
            masks[k] = made[seq_of(&c->in[k])].mask[c->in[k].tensor];
        }
        if (!rt_model_build_call(m, g, built, l, c->in, x, masks, c->n_in,
                                 &made[i], err)) {
            free(made);
            rt_built_release(built);
            return err && err->code ? err->code : RT_EINVAL;
        }
    }
    for (int i = 0; i < m->n_inputs; i++)
        in[i] = made[seq_of(&m->inputs[i])].node[m->inputs[i].tensor];
    for (int i = 0; i < m->n_outputs; i++) {
        const struct rt_place *p = &m->outputs[i].place;
        out[i] = made[seq_of(p)].node[p->tensor];
        if (mask)
            mask[i] = made[seq_of(p)].mask[p->tensor];
    }
    free(made);
    return RT_OK;
}

/* Adds a call to m->graph, whose calls before it are there. */
static int build_here(struct rt_model *m, struct rt_model_layer *l,
                      struct rt_model_call *c, const struct rt_place *from,
                      struct rt_err *err)
{
    struct rt_node *x[RT_OP_IN_MAX], *masks[RT_OP_IN_MAX];
    struct rt_made made;
    for (int i = 0; i < c->n_in; i++) {
        const struct rt_model_call *at = &from[i].layer->calls[from[i].call];
        x[i] = at->out[from[i].tensor];
        masks[i] = at->mask[from[i].tensor];
    }
    c->n_out = rt_model_build_call(m, m->graph, &m->built, l, from, x, masks,
                                   c->n_in, &made, err);
    memcpy(c->out, made.node, sizeof c->out);
    memcpy(c->mask, made.mask, sizeof c->mask);
    return c->n_out;
}

void rt_model_rebuild(struct rt_model *m)
{
    rt_graph_free(m->graph);
    rt_built_release(&m->built);
    m->graph = rt_graph_new();
    for (int i = 0; i < m->n_order; i++) {
        struct rt_model_layer *l = m->order[i].layer;
        struct rt_model_call *c = &l->calls[m->order[i].call];
        int n = build_here(m, l, c, c->in, NULL);
        assert(n && "what built once builds again");
        (void)n;
    }
}

/* What a build that failed halfway has left is gone when the graph is made
 * anew. */
int rt_model_call_at(struct rt_model *m, struct rt_model_layer *l,
                     const struct rt_place *from, int n_in, struct rt_err *err)
{
    struct rt_model_call made = { .n_in = n_in, .seq = m->n_order };
    int before = rt_graph_n(m->graph);
    if (!build_here(m, l, &made, from, err)) {
        if (rt_graph_n(m->graph) > before)
            rt_model_rebuild(m);
        return err && err->code ? err->code : RT_EINVAL;
    }
    l->calls =
        rt_xrealloc(l->calls, (size_t)(l->n_calls + 1) * sizeof *l->calls);
    made.in = rt_places_copy(from, n_in);
    l->calls[l->n_calls] = made;
    m->cursor = (struct rt_place){ l, l->n_calls++, 0 };
    m->order =
        rt_xrealloc(m->order, (size_t)(m->n_order + 1) * sizeof *m->order);
    m->order[m->n_order++] = m->cursor;
    return RT_OK;
}

int rt_layer_takes(const struct rt_layer *type, int n, struct rt_err *err)
{
    bool one = !type->min_in && !type->max_in;
    int least = one ? 1 : type->min_in;
    int most = one ? 1 : type->max_in == RT_LAYER_NO_INPUT ? 0 : type->max_in;
    if (n >= least && n <= most)
        return RT_OK;
    return rt_fail(err, RT_EINVAL, "%d layer%s to read, want %s%d", n,
                   n == 1 ? "" : "s",
                   least == most ? ""
                   : n < least   ? "at least "
                                 : "at most ",
                   n < least ? least : most);
}

int rt_model_resolve(const struct rt_model *m, const struct rt_layer *type,
                     const char *const *from, int n_from, struct rt_place *in,
                     int *n, struct rt_err *err)
{
    bool reads = type->max_in != RT_LAYER_NO_INPUT;
    *n = n_from ? n_from : reads;
    if (*n && !n_from) {
        if (!m->cursor.layer)
            return rt_fail(err, RT_ESTATE,
                           "model '%s' has no layer yet; begin with `input "
                           "NAME SHAPE`",
                           m->name);
        in[0] = m->cursor;
    }
    if (!n_from && type->min_in > *n)
        return rt_fail(err, RT_EINVAL,
                       "want at least %d layers to read; name them",
                       type->min_in);
    if (rt_layer_takes(type, *n, err))
        return RT_EINVAL;
    for (int i = 0; i < n_from; i++)
        if (rt_model_open(m, from[i], &in[i], err))
            return rt_err_code(err, RT_ENOENT);
    return RT_OK;
}

int rt_model_free_name(const struct rt_model *m, const char *name,
                       struct rt_err *err)
{
    if (!m->any_names && rt_name_check(name, err))
        return RT_EINVAL;
    if (!*name)
        return rt_fail(err, RT_EINVAL, "a name is empty, want letters");
    if (rt_model_layer_find(m, name, NULL) || rt_group_find(m, name))
        return rt_fail(err, RT_EEXIST,
                       "layer '%s' exists already; to use it again: call %s",
                       name, name);
    return RT_OK;
}

static void take_in(struct rt_model *m, struct rt_model_layer *l)
{
    l->uid = m->next_uid++;
    m->layers =
        rt_xrealloc(m->layers, (size_t)(m->n_layers + 1) * sizeof *m->layers);
    m->layers[m->n_layers++] = l;
    if (l->calls[0].out[0]->kind != RT_NODE_INPUT || l->calls[0].n_in)
        return;
    m->inputs =
        rt_xrealloc(m->inputs, (size_t)(m->n_inputs + 1) * sizeof *m->inputs);
    m->inputs[m->n_inputs++] = (struct rt_place){ l, 0, 0 };
}

struct rt_model_layer *rt_model_add(struct rt_model *m,
                                    const struct rt_layer *type,
                                    const char *name, const char *const *from,
                                    int n_from, const char *const *words,
                                    int n_words, struct rt_err *err)
{
    struct rt_place in[RT_OP_IN_MAX];
    int n_in;
    if (rt_model_editable(m, err))
        return NULL;
    void *args = rt_args_parse(type->opts, sizeof(struct rt_opt),
                               type->args_size, words, n_words, err);
    if (!args || (name && rt_model_free_name(m, name, err)) ||
        rt_model_resolve(m, type, from, n_from, in, &n_in, err)) {
        rt_err_within(err, "%s", type->name);
        rt_args_free(args);
        return NULL;
    }
    char *own = name ? rt_xstrdup(name)
                     : rt_model_auto_name(type, m->layers, m->n_layers);
    struct rt_model_layer *l = rt_model_layer_new(type, own, args);
    if (rt_model_call_at(m, l, in, n_in, err)) {
        rt_model_layer_unref(l);
        return NULL;
    }
    take_in(m, l);
    rt_model_edited(m);
    return l;
}

struct rt_model_layer *rt_model_input(struct rt_model *m, const char *name,
                                      const struct rt_shape *row,
                                      struct rt_err *err)
{
    const struct rt_layer *type = rt_layer_find("input", err);
    struct rt_str shape = RT_STR_INIT;
    if (!type)
        return NULL;
    for (int i = 0; i < row->rank; i++) {
        rt_str_add(&shape, i ? "," : "");
        if (row->dim[i] == RT_DIM_ANY)
            rt_str_add(&shape, "none");
        else
            rt_str_addf(&shape, "%d", row->dim[i]);
    }
    const char *words[] = { rt_str_c(&shape) };
    struct rt_model_layer *l =
        rt_model_add(m, type, name, NULL, 0, words, 1, err);
    rt_str_release(&shape);
    return l;
}

int rt_model_call(struct rt_model *m, const char *layer,
                  const char *const *from, int n_from, struct rt_err *err)
{
    struct rt_place in[RT_OP_IN_MAX];
    int n_in;
    if (rt_model_editable(m, err))
        return RT_EBUSY;
    struct rt_model_group *g = rt_group_find(m, layer);
    if (g)
        return rt_model_use(m, g, from, n_from, err);
    struct rt_model_layer *l = rt_model_layer_find(m, layer, err);
    if (!l)
        return RT_ENOENT;
    if (l->group)
        return rt_fail(err, RT_EINVAL,
                       "'%s' is inside of '%s', which is called as a whole",
                       l->name, l->group->name);
    if (l->type->max_in == RT_LAYER_NO_INPUT)
        return rt_fail(err, RT_EINVAL, "'%s' is an input and cannot be called",
                       l->name);
    if (rt_model_resolve(m, l->type, from, n_from, in, &n_in, err))
        return rt_err_within(err, "%s", l->type->name);
    int status = rt_model_call_at(m, l, in, n_in, err);
    if (!status)
        rt_model_edited(m);
    return status;
}

int rt_model_at(struct rt_model *m, const char *layer, struct rt_err *err)
{
    if (rt_model_editable(m, err))
        return RT_EBUSY;
    struct rt_place p;
    int status = rt_model_open(m, layer, &p, err);
    if (!status)
        m->cursor = p;
    return status;
}

/* ---- outputs ------------------------------------------------------------- */

static struct rt_model_output *output_at(struct rt_model *m,
                                         const struct rt_place *p)
{
    for (int i = 0; i < m->n_outputs; i++)
        if (rt_place_same(&m->outputs[i].place, p))
            return &m->outputs[i];
    return NULL;
}

char *rt_output_name(const struct rt_model *m, const struct rt_place *p)
{
    const char *stem = p->layer->group ? p->layer->group->name : p->layer->name;
    char *name = rt_xstrdup(stem);
    for (int k = 1, i = 0; i < m->n_outputs;) {
        bool taken = strcmp(m->outputs[i].name, name) == 0 &&
                     !rt_place_same(&m->outputs[i].place, p);
        i = taken ? 0 : i + 1;
        if (!taken)
            continue;
        free(name);
        name = rt_xprintf("%s_%d", stem, k++);
    }
    return name;
}

static int check_output(struct rt_model *m, const struct rt_place *p,
                        const char *loss, double weight, struct rt_err *err)
{
    if (p->layer->type->max_in == RT_LAYER_NO_INPUT)
        return rt_fail(err, RT_EINVAL, "output: '%s' is an input",
                       p->layer->name);
    if (!isnan(weight) && !(weight >= 0 && isfinite(weight)))
        return rt_fail(err, RT_EINVAL, "output: weight is %g, want at least 0",
                       weight);
    if (loss && rt_customs_check_loss(m->customs, loss, err))
        return rt_err_within(err, "output");
    return RT_OK;
}

int rt_model_output(struct rt_model *m, const char *layer, const char *loss,
                    double weight, struct rt_err *err)
{
    struct rt_place p = m->cursor;
    if (rt_model_editable(m, err))
        return RT_EBUSY;
    if (layer ? rt_model_open(m, layer, &p, err) != 0 : !p.layer)
        return layer ? rt_err_within(err, "output")
                     : rt_fail(err, RT_ESTATE,
                               "output: model '%s' has no layer yet", m->name);
    if (check_output(m, &p, loss, weight, err))
        return rt_err_code(err, RT_EINVAL);
    struct rt_model_output *o = output_at(m, &p);
    if (!o) {
        m->outputs = rt_xrealloc(m->outputs, (size_t)(m->n_outputs + 1) *
                                                 sizeof *m->outputs);
        char *name = rt_output_name(m, &p);
        o = &m->outputs[m->n_outputs++];
        *o =
            (struct rt_model_output){ .place = p, .name = name, .weight = NAN };
    }
    if (loss) {
        free(o->loss);
        o->loss = rt_xstrdup(loss);
    }
    o->retired = o->leaves = false;
    if (!isnan(weight))
        o->weight = weight;
    if (loss || !isnan(weight)) {
        rt_compiled_unref(m->compiled);
        m->compiled = NULL;
    }
    rt_model_edited(m);
    return RT_OK;
}
