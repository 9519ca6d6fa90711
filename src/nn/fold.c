/* Calls gathered into those that Keras has, and the order in which it lists
 * what is called. A walk knows calls by their place in fold.calls and items by
 * theirs in fold.items as they were made. */
#include "nn/fold.h"

#include "base/vec.h"

/* ---- calls and items ----------------------------------------------------- */

static struct rt_fold_item item_of(struct rt_model_layer *l)
{
    struct rt_fold_item item = { .group = l->group };
    if (l->group) {
        item.name = l->group->name;
        item.n_calls = rt_group_n_uses(l->group);
    } else {
        item.layer = l;
        item.name = l->name;
        item.n_calls = l->n_calls;
    }
    return item;
}

static bool is_of(const struct rt_fold_item *item,
                  const struct rt_model_layer *l)
{
    return l->group ? item->group == l->group : item->layer == l;
}

static int find_item(const struct rt_fold *f, const struct rt_model_layer *l)
{
    int i = 0;
    while (i < f->n_items && !is_of(&f->items[i], l))
        i++;
    return i;
}

struct rt_fold_place rt_fold_place(const struct rt_fold *f,
                                   const struct rt_place *p)
{
    struct rt_fold_place at = { find_item(f, p->layer), p->call, p->tensor };
    rt_group_gives(p, &at.call, &at.tensor);
    return at;
}

struct rt_place rt_fold_out(const struct rt_fold *f,
                            const struct rt_fold_place *p)
{
    const struct rt_fold_item *item = &f->items[p->item];
    return item->group ? rt_group_output(item->group, p->call, p->tensor)
                       : (struct rt_place){ item->layer, p->call, p->tensor };
}

/* The calls of a use stand together: its first is where the use stands. */
static void add_call(struct rt_fold *f, const struct rt_place *p)
{
    struct rt_model_group *g = p->layer->group;
    int item = find_item(f, p->layer);
    struct rt_fold_call c = { .item = item, .call = p->call };
    if (item == f->n_items)
        f->items[f->n_items++] = item_of(p->layer);
    if (g)
        c.call = rt_group_use(p);
    if (g && f->n_calls && f->calls[f->n_calls - 1].item == item &&
        f->calls[f->n_calls - 1].call == c.call)
        return;
    const struct rt_model_call *of = &p->layer->calls[p->call];
    c.n_in = g ? g->inner->n_inputs : of->n_in;
    c.n_out = g ? g->inner->n_outputs : of->n_out;
    c.in = rt_xcalloc((size_t)c.n_in + 1, sizeof *c.in);
    for (int i = 0; i < c.n_in; i++) {
        struct rt_place from = g ? rt_group_input(g, c.call, i) : of->in[i];
        c.in[i] = rt_fold_place(f, &from);
    }
    f->calls[f->n_calls++] = c;
}

/* ---- by depth ------------------------------------------------------------ */

/* One walk up from the outputs over calls. */
struct walk {
    const struct rt_fold *f;
    int **at;      /* per item and its call: place in f->calls */
    bool *done;    /* per call */
    int *depth;    /* per call: longest way to an output */
    int *finished; /* calls, each after all it reads */
    int n_finished;
    int *met;        /* per item: when it was met, 0 not yet */
    int *item_depth; /* per item */
    int n_met;
};

static int call_of(const struct walk *w, const struct rt_fold_place *p)
{
    return w->at[p->item][p->call];
}

static void climb(struct walk *w, int at)
{
    const struct rt_fold_call *c = &w->f->calls[at];
    if (w->done[at])
        return;
    w->done[at] = true;
    if (!w->met[c->item])
        w->met[c->item] = ++w->n_met;
    for (int i = 0; i < c->n_in; i++)
        climb(w, call_of(w, &c->in[i]));
    w->finished[w->n_finished++] = at;
}

/* From the outputs; then from ends that nobody reads and nobody made an
 * output, so that a model in the making shows all its layers. */
static void climb_all(struct walk *w)
{
    const struct rt_fold *f = w->f;
    bool *read = rt_xcalloc((size_t)f->n_calls + 1, sizeof *read);
    for (int i = 0; i < f->n_calls; i++)
        for (int k = 0; k < f->calls[i].n_in; k++)
            read[call_of(w, &f->calls[i].in[k])] = true;
    for (int i = 0; i < f->model->n_outputs; i++) {
        struct rt_fold_place p = rt_fold_place(f, &f->model->outputs[i].place);
        climb(w, call_of(w, &p));
    }
    for (int i = 0; i < f->n_calls; i++)
        if (!read[i])
            climb(w, i);
    free(read);
}

/* Readers come before what they read; an item lies as deep as its deepest
 * call, and so do the calls seen after that. */
static void sink(struct walk *w)
{
    for (int i = w->n_finished - 1; i >= 0; i--) {
        int at = w->finished[i];
        const struct rt_fold_call *c = &w->f->calls[at];
        int *of_item = &w->item_depth[c->item];
        if (w->depth[at] < *of_item)
            w->depth[at] = *of_item;
        *of_item = w->depth[at];
        for (int k = 0; k < c->n_in; k++) {
            int *below = &w->depth[call_of(w, &c->in[k])];
            if (*below < w->depth[at] + 1)
                *below = w->depth[at] + 1;
        }
    }
}

static bool is_chain(const struct walk *w)
{
    for (int i = 0; i < w->f->n_calls; i++) {
        const struct rt_fold_call *c = &w->f->calls[i];
        if (c->n_in > 1 || w->f->items[c->item].n_calls > 1)
            return false;
        for (int k = 0; k < i; k++)
            if (w->depth[k] == w->depth[i])
                return false;
    }
    return true;
}

static bool before(const struct walk *w, int a, int b)
{
    int da = w->item_depth[a], db = w->item_depth[b];
    return da != db ? da > db : w->met[a] < w->met[b];
}

/* Items by insertion, as they come nearly in order; calls say where they went.
 */
static void sort_items(struct rt_fold *f, const struct walk *w)
{
    int *order = rt_xcalloc((size_t)f->n_items + 1, sizeof *order);
    int *to = rt_xcalloc((size_t)f->n_items + 1, sizeof *to);
    struct rt_fold_item *sorted =
        rt_xcalloc((size_t)f->n_items + 1, sizeof *sorted);
    for (int i = 0; i < f->n_items; i++) {
        int at = i;
        for (; at > 0 && before(w, i, order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    for (int i = 0; i < f->n_items; i++) {
        sorted[i] = f->items[order[i]];
        to[order[i]] = i;
    }
    for (int i = 0; i < f->n_calls; i++) {
        f->calls[i].item = to[f->calls[i].item];
        for (int k = 0; k < f->calls[i].n_in; k++)
            f->calls[i].in[k].item = to[f->calls[i].in[k].item];
    }
    free(f->items);
    f->items = sorted;
    free(order);
    free(to);
}

static void order_items(struct rt_fold *f)
{
    size_t n = (size_t)f->n_calls + 1, items = (size_t)f->n_items + 1;
    struct walk w = {
        .f = f,
        .at = rt_xcalloc(items, sizeof *w.at),
        .done = rt_xcalloc(n, sizeof *w.done),
        .depth = rt_xcalloc(n, sizeof *w.depth),
        .finished = rt_xcalloc(n, sizeof *w.finished),
        .met = rt_xcalloc(items, sizeof *w.met),
        .item_depth = rt_xcalloc(items, sizeof *w.item_depth),
    };
    for (int i = 0; i < f->n_items; i++)
        w.at[i] = rt_xcalloc((size_t)f->items[i].n_calls + 1, sizeof **w.at);
    for (int i = 0; i < f->n_calls; i++)
        w.at[f->calls[i].item][f->calls[i].call] = i;
    climb_all(&w);
    sink(&w);
    f->chain = is_chain(&w);
    for (int i = 0; i < f->n_items; i++)
        free(w.at[i]);
    sort_items(f, &w);
    free(w.at);
    free(w.done);
    free(w.depth);
    free(w.finished);
    free(w.met);
    free(w.item_depth);
}

struct rt_fold *rt_fold_new(const struct rt_model *m)
{
    struct rt_fold *f = rt_xcalloc(1, sizeof *f);
    f->model = m;
    f->items = rt_xcalloc((size_t)m->n_layers + 1, sizeof *f->items);
    f->calls = rt_xcalloc((size_t)m->n_order + 1, sizeof *f->calls);
    for (int i = 0; i < m->n_order; i++)
        add_call(f, &m->order[i]);
    order_items(f);
    return f;
}

void rt_fold_free(struct rt_fold *f)
{
    if (!f)
        return;
    for (int i = 0; i < f->n_calls; i++)
        free(f->calls[i].in);
    free(f->calls);
    free(f->items);
    free(f);
}

/* ---- what an item is ----------------------------------------------------- */

const char *rt_fold_class(const struct rt_fold_item *item)
{
    return item->group ? rt_group_class(item->group) : item->layer->type->keras;
}

static struct rt_model_layer *own(const struct rt_model_group *g,
                                  const struct rt_model_layer *of_inner)
{
    int i = 0;
    while (g->inner->layers[i] != of_inner)
        i++;
    return g->layers[i];
}

int rt_fold_layers(const struct rt_fold_item *item, struct rt_model_layer **out)
{
    int n = 0;
    if (item->layer) {
        out[n++] = item->layer;
        return n;
    }
    struct rt_fold *within = rt_fold_new(item->group->inner);
    for (int i = 0; i < within->n_items; i++)
        n += rt_fold_layers(&within->items[i], out + n);
    int kept = 0;
    for (int i = 0; i < n; i++)
        if (out[i]->type->max_in != RT_LAYER_NO_INPUT)
            out[kept++] = own(item->group, out[i]);
    rt_fold_free(within);
    return kept;
}

/* All layers of an item, in memory of its own. */
static struct rt_model_layer **layers_of(const struct rt_fold_item *item,
                                         int *n)
{
    size_t most = item->group ? (size_t)item->group->inner->n_layers : 1;
    struct rt_model_layer **v = rt_xcalloc(most + 1, sizeof *v);
    *n = rt_fold_layers(item, v);
    return v;
}

int64_t rt_fold_params(const struct rt_fold_item *item)
{
    int n;
    int64_t sum = 0;
    struct rt_model_layer **v = layers_of(item, &n);
    for (int i = 0; i < n; i++)
        sum += rt_layer_params(v[i]);
    free(v);
    return sum;
}

struct found {
    RT_VEC(struct rt_fold_weight) v;
};

/* The weights of layers, all or (learn 0, 1) those that do. */
static void add_weights(const struct rt_fold_item *item,
                        struct rt_model_layer *const *v, int n, int learn,
                        struct found *out)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < v[i]->n_weights; k++) {
            struct rt_weight *w = v[i]->weights[k];
            if (learn >= 0 && rt_weight_learns(w) != learn)
                continue;
            const char *within =
                item->group ? v[i]->name + strlen(item->name) + 1 : NULL;
            char *name = within ? rt_xprintf("%s/%s", within, w->name)
                                : rt_xstrdup(w->name);
            rt_vec_push(&out->v, ((struct rt_fold_weight){ w, name }));
        }
}

struct rt_fold_weight *rt_fold_weights(const struct rt_fold_item *item, int *n)
{
    struct found out = { 0 };
    int n_layers;
    struct rt_model_layer **v = layers_of(item, &n_layers);
    rt_vec_reserve(&out.v, 1);
    if (item->group) {
        add_weights(item, v, n_layers, 1, &out);
        add_weights(item, v, n_layers, 0, &out);
    } else {
        add_weights(item, v, n_layers, -1, &out);
    }
    free(v);
    *n = out.v.n;
    return out.v.v;
}

void rt_fold_weights_free(struct rt_fold_weight *v, int n)
{
    for (int i = 0; i < n; i++)
        free(v[i].name);
    free(v);
}
