/* A change is made in place and then tried: the calls are sorted so that each
 * comes behind what it reads, and built one by one. A layer whose weights do
 * not fit is replaced by a new one like it, so that undo finds the old one with
 * its weights. What does not build is taken back as undo does it. */
#include "nn/edit.h"

#include "base/schema.h"
#include "base/vec.h"
#include "graph/op.h"
#include "nn/group.h"
#include "nn/model_private.h"

struct edit {
    struct rt_model *m;
    struct rt_model_shot *before;
    struct rt_str *renewed;               /* or NULL */
    RT_VEC(struct rt_model_layer *) gone; /* counted */
};

static int begin(struct edit *e, struct rt_model *m, struct rt_str *renewed,
                 struct rt_err *err)
{
    *e = (struct edit){ .m = m, .renewed = renewed };
    if (rt_model_editable(m, err))
        return RT_EBUSY;
    e->before = rt_model_shot(m);
    return RT_OK;
}

static int index_of(const struct rt_model *m, const struct rt_model_layer *l)
{
    int i = 0;
    while (m->layers[i] != l)
        i++;
    return i;
}

static bool same_place(const struct rt_place *a, const struct rt_place *b)
{
    return a->layer == b->layer && a->call == b->call && a->tensor == b->tensor;
}

static struct rt_model_call *call_of(const struct rt_place *p)
{
    return &p->layer->calls[p->call];
}

static int code_of(const struct rt_err *err)
{
    return err && err->code ? err->code : RT_ENOENT;
}

/* A layer that may be edited. */
static struct rt_model_layer *find(const struct rt_model *m, const char *name,
                                   struct rt_err *err)
{
    struct rt_model_layer *l = rt_model_layer_find(m, name, err);
    if (!l || !l->group)
        return l;
    rt_fail(err, RT_EINVAL,
            "'%s' is inside of '%s', which is edited as a whole", name,
            l->group->name);
    return NULL;
}

/* ---- layers that come and go --------------------------------------------- */

static struct rt_model_layer *make(struct rt_model *m,
                                   const struct rt_new_layer *w,
                                   const struct rt_model_layer *instead,
                                   struct rt_err *err)
{
    const struct rt_layer *type = w->type;
    if (type->max_in == RT_LAYER_NO_INPUT) {
        rt_fail(err, RT_EINVAL, "an input has its own command: %s NAME SHAPE",
                type->name);
        return NULL;
    }
    void *args = rt_args_parse(type->opts, sizeof(struct rt_opt),
                               type->args_size, w->words, w->n_words, err);
    bool keeps = instead && (!w->name || !strcmp(w->name, instead->name));
    if (!args || (w->name && !keeps && rt_model_free_name(m, w->name, err))) {
        rt_args_free(args);
        rt_err_within(err, "%s", type->name);
        return NULL;
    }
    char *name = keeps     ? rt_xstrdup(instead->name)
                 : w->name ? rt_xstrdup(w->name)
                           : rt_model_auto_name(type, m->layers, m->n_layers);
    struct rt_model_layer *l = rt_model_layer_new(type, name, args);
    l->uid = m->next_uid++;
    l->trainable = w->trainable;
    return l;
}

static void put_in(struct rt_model *m, struct rt_model_layer *l, int at)
{
    m->layers =
        rt_xrealloc(m->layers, (size_t)(m->n_layers + 1) * sizeof *m->layers);
    memmove(m->layers + at + 1, m->layers + at,
            (size_t)(m->n_layers++ - at) * sizeof *m->layers);
    m->layers[at] = l;
}

static void take_out(struct edit *e, struct rt_model_layer *l)
{
    struct rt_model *m = e->m;
    int at = index_of(m, l), kept = 0;
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

static void add_call(struct rt_model *m, struct rt_model_layer *l,
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

static void repoint(struct rt_place *v, int n, const struct rt_model_layer *old,
                    struct rt_model_layer *l)
{
    for (int i = 0; i < n; i++)
        if (v[i].layer == old)
            v[i].layer = l;
}

/* l takes all calls of old, and old leaves. */
static void swap(struct edit *e, struct rt_model_layer *old,
                 struct rt_model_layer *l)
{
    struct rt_model *m = e->m;
    l->calls = rt_xcalloc((size_t)old->n_calls + 1, sizeof *l->calls);
    for (; l->n_calls < old->n_calls; l->n_calls++) {
        const struct rt_model_call *c = &old->calls[l->n_calls];
        l->calls[l->n_calls].in = rt_places_copy(c->in, c->n_in);
        l->calls[l->n_calls].n_in = c->n_in;
        l->calls[l->n_calls].seq = c->seq;
    }
    rt_vec_push(&e->gone, old);
    m->layers[index_of(m, old)] = l;
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_calls; k++)
            repoint(m->layers[i]->calls[k].in, m->layers[i]->calls[k].n_in, old,
                    l);
    repoint(m->order, m->n_order, old, l);
    for (int i = 0; i < m->n_outputs; i++)
        repoint(&m->outputs[i].place, 1, old, l);
    repoint(&m->cursor, 1, old, l);
}

/* ---- who reads a place --------------------------------------------------- */

/* What reads `from` reads `to`; returns how many did. */
static int redirect(struct rt_model *m, const struct rt_place *from,
                    const struct rt_place *to)
{
    int n = 0;
    for (int i = 0; i < m->n_order; i++) {
        struct rt_model_call *c = call_of(&m->order[i]);
        for (int k = 0; k < c->n_in; k++)
            if (same_place(&c->in[k], from)) {
                c->in[k] = *to;
                n++;
            }
    }
    if (same_place(&m->cursor, from))
        m->cursor = *to;
    return n;
}

static struct rt_model_output *output_at(struct rt_model *m,
                                         const struct rt_place *p)
{
    for (int i = 0; i < m->n_outputs; i++)
        if (same_place(&m->outputs[i].place, p))
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

static void rename_outputs(struct rt_model *m, const struct rt_model_layer *l)
{
    for (int i = 0; i < m->n_outputs; i++)
        if (m->outputs[i].place.layer == l)
            rename_output(m, &m->outputs[i]);
}

static void move_output(struct rt_model *m, struct rt_model_output *o,
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

/* ---- trying -------------------------------------------------------------- */

static bool ready(const struct rt_place *p, const bool *done)
{
    const struct rt_model_call *c = call_of(p);
    for (int i = 0; i < c->n_in; i++)
        if (!done[call_of(&c->in[i])->seq])
            return false;
    return p->call == 0 || done[p->layer->calls[p->call - 1].seq];
}

/* Each call behind what it reads, and else as they stood. */
static int sort(struct rt_model *m, struct rt_err *err)
{
    bool *done = rt_xcalloc((size_t)m->n_order + 1, sizeof *done);
    struct rt_place *sorted =
        rt_xcalloc((size_t)m->n_order + 1, sizeof *sorted);
    int status = RT_OK;
    for (int i = 0; i < m->n_order; i++)
        call_of(&m->order[i])->seq = i;
    for (int n = 0; n < m->n_order && !status; n++) {
        int i = 0;
        while (i < m->n_order && (done[i] || !ready(&m->order[i], done)))
            i++;
        if (i < m->n_order) {
            done[i] = true;
            sorted[n] = m->order[i];
            continue;
        }
        for (i = 0; done[i];)
            i++;
        status = rt_fail(err, RT_EINVAL, "layer '%s' would read its own result",
                         m->order[i].layer->name);
    }
    if (!status) {
        free(m->order);
        m->order = sorted;
        sorted = NULL;
        for (int i = 0; i < m->n_order; i++)
            call_of(&m->order[i])->seq = i;
    }
    free(sorted);
    free(done);
    return status;
}

/* A layer like l, without its weights. */
static struct rt_model_layer *like(struct rt_model *m,
                                   const struct rt_model_layer *l)
{
    struct rt_model_layer *made =
        rt_model_layer_new(l->type, rt_xstrdup(l->name),
                           rt_args_copy(l->type->opts, sizeof(struct rt_opt),
                                        l->type->args_size, l->args));
    made->uid = m->next_uid++;
    rt_layer_learns_as(made, l);
    return made;
}

/* One call, in a graph that is thrown away. */
static int try_call(struct edit *e, struct rt_graph *g, struct rt_built *built,
                    int seq, struct rt_made *made, int *n_made,
                    struct rt_err *err)
{
    struct rt_node *x[RT_OP_IN_MAX], *mask[RT_OP_IN_MAX];
    struct rt_model_layer *l = e->m->order[seq].layer;
    const struct rt_model_call *c = call_of(&e->m->order[seq]);
    for (int i = 0; i < c->n_in; i++) {
        int from = call_of(&c->in[i])->seq;
        if (c->in[i].tensor >= n_made[from])
            return rt_fail(err, RT_EINVAL, "it reads '%s', which is not given",
                           rt_place_name(&c->in[i]));
        x[i] = made[from].node[c->in[i].tensor];
        mask[i] = made[from].mask[c->in[i].tensor];
    }
    n_made[seq] = rt_model_build_call(e->m, g, built, l, c->in, x, mask,
                                      c->n_in, &made[seq], err);
    return n_made[seq] ? RT_OK : err->code;
}

static int try_all(struct edit *e, struct rt_err *err)
{
    struct rt_model *m = e->m;
    struct rt_graph *g = rt_graph_new();
    struct rt_built built = { 0 };
    struct rt_made *made = rt_xcalloc((size_t)m->n_order + 1, sizeof *made);
    int *n_made = rt_xcalloc((size_t)m->n_order + 1, sizeof *n_made);
    int status = RT_OK;
    for (int i = 0; i < m->n_order && !status; i++) {
        struct rt_model_layer *l = m->order[i].layer;
        struct rt_err why = RT_ERR_INIT;
        status = try_call(e, g, &built, i, made, n_made, &why);
        if (status == RT_ESHAPE && l->n_weights && m->order[i].call == 0) {
            swap(e, l, like(m, l));
            if (e->renewed)
                rt_str_addf(e->renewed, "%s%s", e->renewed->n ? ", " : "",
                            l->name);
            why = (struct rt_err)RT_ERR_INIT;
            status = try_call(e, g, &built, i, made, n_made, &why);
        }
        if (status) {
            rt_fail(err, status, "%s", why.text);
            rt_err_within(err, "layer '%s'", l->name);
        }
    }
    for (int i = 0; i < m->n_outputs && !status; i++) {
        const struct rt_place *p = &m->outputs[i].place;
        if (p->tensor >= n_made[call_of(p)->seq])
            status = rt_fail(err, RT_EINVAL,
                             "output '%s' is tensor %d of its layer, which is "
                             "not given any more",
                             rt_place_name(p), p->tensor);
    }
    rt_built_release(&built);
    rt_graph_free(g);
    free(made);
    free(n_made);
    return status;
}

/* The new state, or the one of before. */
static int finish(struct edit *e, int status, struct rt_err *err)
{
    struct rt_model *m = e->m;
    if (!status)
        status = sort(m, err);
    if (!status)
        status = try_all(e, err);
    for (int i = 0; i < e->gone.n && !status; i++)
        status = rt_model_stash(m, e->gone.v[i], err);
    if (status) {
        rt_model_shot_put(m, e->before);
        if (e->renewed)
            rt_str_clear(e->renewed);
    } else {
        if (!m->cursor.layer || m->cursor.call >= m->cursor.layer->n_calls)
            m->cursor = m->n_order ? m->order[m->n_order - 1]
                                   : (struct rt_place){ NULL, 0, 0 };
        rt_model_rebuild(m);
        rt_model_edited(m);
        rt_model_shot_free(e->before);
    }
    for (int i = 0; i < e->gone.n; i++)
        rt_model_layer_unref(e->gone.v[i]);
    rt_vec_release(&e->gone);
    return status;
}

/* ---- the edits ----------------------------------------------------------- */

static void insert_after(struct rt_model *m, struct rt_model_layer *l,
                         const struct rt_place *at)
{
    struct rt_place to = { l, 0, 0 };
    struct rt_model_output *o = output_at(m, at);
    bool read = redirect(m, at, &to) > 0;
    put_in(m, l, index_of(m, at->layer) + 1);
    add_call(m, l, at, 1);
    if (o && !read)
        move_output(m, o, &to);
}

static int insert_before(struct rt_model *m, struct rt_model_layer *l,
                         const struct rt_place *at, struct rt_err *err)
{
    struct rt_model_call *c = call_of(at);
    if (c->n_in != 1)
        return rt_fail(err, RT_EINVAL,
                       "'%s' reads %d layers, want one; say after: which",
                       at->layer->name, c->n_in);
    struct rt_place in = c->in[0];
    c->in[0] = (struct rt_place){ l, 0, 0 };
    put_in(m, l, index_of(m, at->layer));
    add_call(m, l, &in, 1);
    return RT_OK;
}

struct rt_model_layer *rt_model_insert(struct rt_model *m, const char *place,
                                       bool before,
                                       const struct rt_new_layer *made,
                                       struct rt_str *renewed,
                                       struct rt_err *err)
{
    struct edit e;
    struct rt_place at;
    struct rt_model_layer *l = NULL;
    if (begin(&e, m, renewed, err))
        return NULL;
    int status = rt_model_open(m, place, &at, err);
    if (!status)
        status = rt_layer_takes(made->type, 1, err);
    if (!status && !(l = make(m, made, NULL, err)))
        status = RT_EINVAL;
    if (!status && before)
        status = insert_before(m, l, &at, err);
    else if (!status)
        insert_after(m, l, &at);
    if (status && l) {
        rt_model_layer_unref(l);
        l = NULL;
    }
    return finish(&e, status, err) ? NULL : l;
}

struct rt_model_layer *rt_model_replace(struct rt_model *m, const char *name,
                                        const struct rt_new_layer *made,
                                        struct rt_str *renewed,
                                        struct rt_err *err)
{
    struct edit e;
    struct rt_model_layer *l = NULL, *old;
    if (begin(&e, m, renewed, err))
        return NULL;
    old = find(m, name, err);
    int status = old ? RT_OK : code_of(err);
    if (old && old->type->max_in == RT_LAYER_NO_INPUT)
        status = rt_fail(err, RT_EINVAL,
                         "'%s' is an input, which is not replaced; declare "
                         "another and reconnect what reads it",
                         name);
    for (int i = 0; i < (old ? old->n_calls : 0) && !status; i++)
        status = rt_layer_takes(made->type, old->calls[i].n_in, err);
    if (!status && !(l = make(m, made, old, err)))
        status = RT_EINVAL;
    if (!status) {
        swap(&e, old, l);
        rename_outputs(m, l);
    }
    return finish(&e, status, err) ? NULL : l;
}

static int check_removal(struct rt_model *m, const struct rt_model_layer *l,
                         struct rt_err *err)
{
    bool is_input = l->type->max_in == RT_LAYER_NO_INPUT;
    for (int i = 0; i < m->n_order && is_input; i++) {
        const struct rt_model_call *c = call_of(&m->order[i]);
        for (int k = 0; k < c->n_in; k++)
            if (c->in[k].layer == l)
                return rt_fail(err, RT_EINVAL,
                               "'%s' is an input that '%s' reads", l->name,
                               m->order[i].layer->name);
    }
    for (int i = 0; i < l->n_calls && !is_input; i++)
        if (l->calls[i].n_in != 1)
            return rt_fail(err, RT_EINVAL,
                           "'%s' reads %d layers, so it is not known which "
                           "one is read instead; reconnect what reads it "
                           "first",
                           l->name, l->calls[i].n_in);
    return RT_OK;
}

/* One call of a layer that leaves; its other tensors cannot be read. */
static int bridge(struct rt_model *m, const struct rt_place *at,
                  struct rt_err *err)
{
    struct rt_place to = call_of(at)->in[0];
    struct rt_model_output *o = output_at(m, at);
    redirect(m, at, &to);
    if (!o)
        return RT_OK;
    for (int i = 0; i < m->n_outputs; i++)
        if (m->outputs[i].place.layer == to.layer) {
            drop_output(m, o);
            return RT_OK;
        }
    if (to.layer->type->max_in == RT_LAYER_NO_INPUT)
        return rt_fail(err, RT_EINVAL,
                       "'%s' is an output that reads the input '%s', which "
                       "can be none",
                       at->layer->name, to.layer->name);
    move_output(m, o, &to);
    return RT_OK;
}

int rt_model_remove(struct rt_model *m, const char *name,
                    struct rt_str *renewed, struct rt_err *err)
{
    struct edit e;
    if (begin(&e, m, renewed, err))
        return RT_EBUSY;
    struct rt_model_layer *l = find(m, name, err);
    int status = l ? check_removal(m, l, err) : code_of(err);
    bool is_input = l && l->type->max_in == RT_LAYER_NO_INPUT;
    for (int i = 0; l && i < l->n_calls && !status && !is_input; i++)
        status = bridge(m, &(struct rt_place){ l, i, 0 }, err);
    if (!status) {
        if (m->cursor.layer == l)
            m->cursor = (struct rt_place){ NULL, 0, 0 };
        take_out(&e, l);
    }
    return finish(&e, status, err);
}

int rt_model_rename(struct rt_model *m, const char *name, const char *to,
                    struct rt_err *err)
{
    if (rt_model_editable(m, err))
        return RT_EBUSY;
    struct rt_model_layer *l = find(m, name, err);
    if (!l)
        return code_of(err);
    int status = rt_model_free_name(m, to, err);
    if (status)
        return status;
    free(l->name);
    l->name = rt_xstrdup(to);
    rename_outputs(m, l);
    rt_model_rebuild(m);
    rt_model_edited(m);
    return RT_OK;
}

int rt_model_reconnect(struct rt_model *m, const char *call,
                       const char *const *from, int n_from,
                       struct rt_str *renewed, struct rt_err *err)
{
    struct edit e;
    struct rt_place at, in[RT_OP_IN_MAX];
    int n_in;
    if (begin(&e, m, renewed, err))
        return RT_EBUSY;
    int status = rt_model_open(m, call, &at, err);
    if (!status && at.layer->type->max_in == RT_LAYER_NO_INPUT)
        status = rt_fail(err, RT_EINVAL, "'%s' is an input, which reads none",
                         at.layer->name);
    if (!status)
        status =
            rt_model_resolve(m, at.layer->type, from, n_from, in, &n_in, err);
    if (!status) {
        struct rt_model_call *c = call_of(&at);
        free(c->in);
        c->in = rt_places_copy(in, n_in);
        c->n_in = n_in;
    }
    return finish(&e, status, err);
}
