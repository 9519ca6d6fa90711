/* Trying an edit: the calls are sorted so that each comes behind what it reads,
 * those of a use of a group together, and built one by one. A layer whose
 * weights do not fit is replaced by a new one like it, so that undo finds the
 * old one with its weights; one of a group cannot be. What does not build is
 * taken back as undo does it. */
#include "base/schema.h"
#include "graph/op.h"
#include "nn/edit_private.h"
#include "nn/steer.h"

int rt_edit_begin(struct rt_edit *e, struct rt_model *m, struct rt_str *renewed,
                  struct rt_err *err)
{
    *e = (struct rt_edit){ .m = m, .renewed = renewed };
    if (rt_model_editable(m, err))
        return RT_EBUSY;
    e->before = rt_model_shot(m);
    return RT_OK;
}

static void repoint(struct rt_place *v, int n, const struct rt_model_layer *old,
                    struct rt_model_layer *l)
{
    for (int i = 0; i < n; i++)
        if (v[i].layer == old)
            v[i].layer = l;
}

/* l takes all calls of old, and old leaves. */
void rt_edit_swap(struct rt_edit *e, struct rt_model_layer *old,
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
    m->layers[rt_edit_index(m, old)] = l;
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_calls; k++)
            repoint(m->layers[i]->calls[k].in, m->layers[i]->calls[k].n_in, old,
                    l);
    repoint(m->order, m->n_order, old, l);
    for (int i = 0; i < m->n_outputs; i++)
        repoint(&m->outputs[i].place, 1, old, l);
    repoint(&m->cursor, 1, old, l);
}

/* ---- trying -------------------------------------------------------------- */

/* A use comes when all that it reads has come, and then as a whole. */
static bool use_ready(const struct rt_model_group *g, int use, const bool *done)
{
    struct rt_place last = rt_group_output(g, use - (use > 0), 0);
    if (use && !done[rt_edit_call(&last)->seq])
        return false;
    for (int i = 0; i < g->inner->n_inputs; i++) {
        struct rt_place in = rt_group_input(g, use, i);
        if (!done[rt_edit_call(&in)->seq])
            return false;
    }
    return true;
}

static bool ready(const struct rt_place *p, const bool *done)
{
    const struct rt_model_call *c = rt_edit_call(p);
    if (p->layer->group)
        return use_ready(p->layer->group, rt_group_use(p), done);
    for (int i = 0; i < c->n_in; i++)
        if (!done[rt_edit_call(&c->in[i])->seq])
            return false;
    return p->call == 0 || done[p->layer->calls[p->call - 1].seq];
}

/* The calls of a use, of whose layers one is called at p. */
static int take_use(const struct rt_place *p, bool *done, struct rt_place *to)
{
    const struct rt_model_group *g = p->layer->group;
    int n = 0;
    for (int i = 0; i < g->inner->n_order; i++) {
        struct rt_place at = rt_group_call(g, rt_group_use(p), i);
        if (!at.layer)
            continue;
        done[rt_edit_call(&at)->seq] = true;
        to[n++] = at;
    }
    return n;
}

/* Each call behind what it reads, and else as they stood. Uses of a group stand
 * in their order, as its first call of each layer must come first. */
static int sort(struct rt_model *m, struct rt_err *err)
{
    bool *done = rt_xcalloc((size_t)m->n_order + 1, sizeof *done);
    struct rt_place *sorted =
        rt_xcalloc((size_t)m->n_order + 1, sizeof *sorted);
    int status = RT_OK;
    for (int i = 0; i < m->n_order; i++)
        rt_edit_call(&m->order[i])->seq = i;
    for (int n = 0; n < m->n_order && !status;) {
        int i = 0;
        while (i < m->n_order && (done[i] || !ready(&m->order[i], done)))
            i++;
        if (i < m->n_order && m->order[i].layer->group) {
            n += take_use(&m->order[i], done, sorted + n);
            continue;
        }
        if (i < m->n_order) {
            done[i] = true;
            sorted[n++] = m->order[i];
            continue;
        }
        for (i = 0; done[i];)
            i++;
        const struct rt_model_layer *l = m->order[i].layer;
        status = rt_fail(err, RT_EINVAL, "layer '%s' would read its own result",
                         l->group ? l->group->name : l->name);
    }
    if (!status) {
        free(m->order);
        m->order = sorted;
        sorted = NULL;
        for (int i = 0; i < m->n_order; i++)
            rt_edit_call(&m->order[i])->seq = i;
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
    rt_layer_learn(made, rt_layer_learns(l));
    return made;
}

/* One call, in a graph that is thrown away. */
static int try_call(struct rt_edit *e, struct rt_graph *g,
                    struct rt_built *built, int seq, struct rt_made *made,
                    int *n_made, struct rt_err *err)
{
    struct rt_node *x[RT_OP_IN_MAX], *mask[RT_OP_IN_MAX];
    struct rt_model_layer *l = e->m->order[seq].layer;
    const struct rt_model_call *c = rt_edit_call(&e->m->order[seq]);
    for (int i = 0; i < c->n_in; i++) {
        int from = rt_edit_call(&c->in[i])->seq;
        if (c->in[i].tensor >= n_made[from])
            return rt_fail(err, RT_EINVAL, "it reads '%s', which is not given",
                           rt_place_name(&c->in[i]));
        x[i] = made[from].node[c->in[i].tensor];
        mask[i] = made[from].mask[c->in[i].tensor];
        if (rt_nest_fits(&e->m->order[seq], i, &x[i]->shape, err))
            return RT_ESHAPE;
    }
    n_made[seq] = rt_model_build_call(e->m, g, built, l, c->in, x, mask,
                                      c->n_in, &made[seq], err);
    return n_made[seq] ? RT_OK : err->code;
}

static int try_all(struct rt_edit *e, struct rt_err *err)
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
        if (status == RT_ESHAPE && l->n_weights && !l->group &&
            m->order[i].call == 0) {
            rt_edit_swap(e, l, like(m, l));
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
        if (p->tensor >= n_made[rt_edit_call(p)->seq])
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
int rt_edit_finish(struct rt_edit *e, int status, struct rt_err *err)
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
    rt_model_group_unref(e->gone_group);
    for (int i = 0; i < e->gone.n; i++)
        rt_model_layer_unref(e->gone.v[i]);
    rt_vec_release(&e->gone);
    return status;
}
