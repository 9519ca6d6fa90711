/* The edits of layers; those of groups are in edit_group.c, and how a change is
 * tried in edit_try.c. */
#include "base/schema.h"
#include "graph/op.h"
#include "nn/edit_private.h"

static int code_of(const struct rt_err *err)
{
    return err && err->code ? err->code : RT_ENOENT;
}

/* A layer that may be edited. */
static struct rt_model_layer *find(const struct rt_model *m, const char *name,
                                   struct rt_err *err)
{
    struct rt_model_layer *l = rt_model_layer_find(m, name, err);
    const struct rt_model_group *g = l ? l->group : rt_group_around(m, name);
    if (!g)
        return l;
    rt_fail(err, RT_EINVAL,
            "'%s' is inside of '%s', which is edited as a whole", name,
            g->name);
    return NULL;
}

/* ---- layers that come and go --------------------------------------------- */

struct rt_model_layer *rt_edit_make(struct rt_model *m,
                                    const struct rt_new_layer *w,
                                    const char *instead, struct rt_err *err)
{
    const struct rt_layer *type = w->type;
    if (type->max_in == RT_LAYER_NO_INPUT) {
        rt_fail(err, RT_EINVAL, "an input has its own command: %s NAME SHAPE",
                type->name);
        return NULL;
    }
    void *args = rt_args_parse(type->opts, sizeof(struct rt_opt),
                               type->args_size, w->words, w->n_words, err);
    bool keeps = instead && (!w->name || !strcmp(w->name, instead));
    if (!args || (w->name && !keeps && rt_model_free_name(m, w->name, err))) {
        rt_args_free(args);
        rt_err_within(err, "%s", type->name);
        return NULL;
    }
    char *name = keeps     ? rt_xstrdup(instead)
                 : w->name ? rt_xstrdup(w->name)
                           : rt_model_auto_name(type, m->layers, m->n_layers);
    struct rt_model_layer *l = rt_model_layer_new(type, name, args);
    l->uid = m->next_uid++;
    l->trainable = w->trainable;
    return l;
}

/* ---- the edits ----------------------------------------------------------- */

/* The place of a layer among them, or of the last one of its group. */
static int last_of(const struct rt_model *m, const struct rt_model_layer *l)
{
    int i = m->n_layers - 1;
    while (m->layers[i] != l && (!l->group || m->layers[i]->group != l->group))
        i--;
    return i;
}

static void insert_after(struct rt_model *m, struct rt_model_layer *l,
                         const struct rt_place *at)
{
    struct rt_place to = { l, 0, 0 };
    struct rt_model_output *o = rt_edit_output_at(m, at);
    bool read = rt_edit_redirect(m, at, &to) > 0;
    rt_edit_put_in(m, l, 1 + last_of(m, at->layer));
    rt_edit_add_call(m, l, at, 1);
    if (o && !read)
        rt_edit_move_output(m, o, &to);
}

static int insert_before(struct rt_model *m, struct rt_model_layer *l,
                         const struct rt_place *at, struct rt_err *err)
{
    struct rt_model_call *c = rt_edit_call(at);
    if (at->layer->group)
        return rt_edit_group_before(m, l, at->layer->group, rt_group_use(at),
                                    err);
    if (c->n_in != 1)
        return rt_fail(err, RT_EINVAL,
                       "'%s' reads %d layers, want one; say after: which",
                       at->layer->name, c->n_in);
    struct rt_place in = c->in[0];
    c->in[0] = (struct rt_place){ l, 0, 0 };
    rt_edit_put_in(m, l, rt_edit_index(m, at->layer));
    rt_edit_add_call(m, l, &in, 1);
    return RT_OK;
}

struct rt_model_layer *rt_model_insert(struct rt_model *m, const char *place,
                                       bool before,
                                       const struct rt_new_layer *made,
                                       struct rt_str *renewed,
                                       struct rt_err *err)
{
    struct rt_edit e;
    struct rt_place at;
    struct rt_model_layer *l = NULL;
    if (rt_edit_begin(&e, m, renewed, err))
        return NULL;
    int status = rt_model_open(m, place, &at, err);
    if (!status)
        status = rt_layer_takes(made->type, 1, err);
    if (!status && !(l = rt_edit_make(m, made, NULL, err)))
        status = RT_EINVAL;
    if (!status && before)
        status = insert_before(m, l, &at, err);
    else if (!status)
        insert_after(m, l, &at);
    if (status && l) {
        rt_model_layer_unref(l);
        l = NULL;
    }
    return rt_edit_finish(&e, status, err) ? NULL : l;
}

static int replace(struct rt_edit *e, const char *name,
                   const struct rt_new_layer *made, struct rt_model_layer **l,
                   struct rt_err *err)
{
    struct rt_model *m = e->m;
    struct rt_model_group *g = rt_group_find(m, name);
    if (g)
        return rt_edit_group_replace(e, g, made, l, err);
    struct rt_model_layer *old = find(m, name, err);
    if (!old)
        return code_of(err);
    if (old->type->max_in == RT_LAYER_NO_INPUT)
        return rt_fail(err, RT_EINVAL,
                       "'%s' is an input, which is not replaced; declare "
                       "another and reconnect what reads it",
                       name);
    int status = RT_OK;
    for (int i = 0; i < old->n_calls && !status; i++)
        status = rt_layer_takes(made->type, old->calls[i].n_in, err);
    if (status)
        return status;
    *l = rt_edit_make(m, made, old->name, err);
    if (!*l)
        return RT_EINVAL;
    rt_edit_swap(e, old, *l);
    rt_edit_rename_outputs(m, *l);
    return RT_OK;
}

struct rt_model_layer *rt_model_replace(struct rt_model *m, const char *name,
                                        const struct rt_new_layer *made,
                                        struct rt_str *renewed,
                                        struct rt_err *err)
{
    struct rt_edit e;
    struct rt_model_layer *l = NULL;
    if (rt_edit_begin(&e, m, renewed, err))
        return NULL;
    int status = replace(&e, name, made, &l, err);
    return rt_edit_finish(&e, status, err) ? NULL : l;
}

static int check_removal(struct rt_model *m, const struct rt_model_layer *l,
                         struct rt_err *err)
{
    bool is_input = l->type->max_in == RT_LAYER_NO_INPUT;
    for (int i = 0; i < m->n_order && is_input; i++) {
        const struct rt_model_call *c = rt_edit_call(&m->order[i]);
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

static int take_away(struct rt_edit *e, const char *name, struct rt_err *err)
{
    struct rt_model *m = e->m;
    struct rt_model_group *g = rt_group_find(m, name);
    if (g)
        return rt_edit_group_remove(e, g, err);
    struct rt_model_layer *l = find(m, name, err);
    int status = l ? check_removal(m, l, err) : code_of(err);
    bool is_input = l && l->type->max_in == RT_LAYER_NO_INPUT;
    for (int i = 0; l && i < l->n_calls && !status && !is_input; i++) {
        struct rt_place to = l->calls[i].in[0];
        /* its other tensors cannot be read */
        status = rt_edit_bridge(m, &(struct rt_place){ l, i, 0 }, &to, err);
    }
    if (status)
        return status;
    if (m->cursor.layer == l)
        m->cursor = (struct rt_place){ NULL, 0, 0 };
    rt_edit_take_out(e, l);
    return RT_OK;
}

int rt_model_remove(struct rt_model *m, const char *name,
                    struct rt_str *renewed, struct rt_err *err)
{
    struct rt_edit e;
    if (rt_edit_begin(&e, m, renewed, err))
        return RT_EBUSY;
    return rt_edit_finish(&e, take_away(&e, name, err), err);
}

static int rename_layer(struct rt_model *m, const char *name, const char *to,
                        struct rt_err *err)
{
    struct rt_model_layer *l = find(m, name, err);
    int status = l ? rt_model_free_name(m, to, err) : code_of(err);
    if (status)
        return status;
    free(l->name);
    l->name = rt_xstrdup(to);
    rt_edit_rename_outputs(m, l);
    return RT_OK;
}

int rt_model_rename(struct rt_model *m, const char *name, const char *to,
                    struct rt_err *err)
{
    if (rt_model_editable(m, err))
        return RT_EBUSY;
    struct rt_model_group *g = rt_group_find(m, name);
    int status = g ? rt_edit_group_rename(m, g, to, err)
                   : rename_layer(m, name, to, err);
    if (status)
        return status;
    rt_model_rebuild(m);
    rt_model_edited(m);
    return RT_OK;
}

static int reconnect(struct rt_model *m, const char *call,
                     const char *const *from, int n_from, struct rt_err *err)
{
    struct rt_place at, in[RT_OP_IN_MAX];
    int n_in, status = rt_model_open(m, call, &at, err);
    if (status)
        return status;
    if (at.layer->group)
        return rt_edit_group_reconnect(m, at.layer->group, rt_group_use(&at),
                                       from, n_from, err);
    if (at.layer->type->max_in == RT_LAYER_NO_INPUT)
        return rt_fail(err, RT_EINVAL, "'%s' is an input, which reads none",
                       at.layer->name);
    status = rt_model_resolve(m, at.layer->type, from, n_from, in, &n_in, err);
    if (status)
        return status;
    struct rt_model_call *c = rt_edit_call(&at);
    free(c->in);
    c->in = rt_places_copy(in, n_in);
    c->n_in = n_in;
    return RT_OK;
}

int rt_model_reconnect(struct rt_model *m, const char *call,
                       const char *const *from, int n_from,
                       struct rt_str *renewed, struct rt_err *err)
{
    struct rt_edit e;
    if (rt_edit_begin(&e, m, renewed, err))
        return RT_EBUSY;
    return rt_edit_finish(&e, reconnect(m, call, from, n_from, err), err);
}
