/* The texts of a summary: what stands in its cells, before any style. */
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "nn/fold.h"
#include "nn/summary_parts.h"

#include <stdlib.h>
#include <string.h>

int rt_summary_length(const char *s)
{
    int n = 0;
    for (uint32_t cp; *s; n++)
        s += rt_utf8_decode(s, &cp);
    return n;
}

size_t rt_summary_prefix(const char *s, int n)
{
    const char *p = s;
    for (uint32_t cp; *p && n > 0; n--)
        p += rt_utf8_decode(p, &cp);
    return (size_t)(p - s);
}

void rt_summary_shape(const struct rt_shape *s, struct rt_str *out)
{
    rt_str_addc(out, '(');
    for (int i = 0; i < s->rank; i++) {
        rt_str_add(out, i ? ", " : "");
        if (s->dim[i] == RT_DIM_ANY)
            rt_str_add(out, "None");
        else
            rt_str_addf(out, "%d", s->dim[i]);
    }
    rt_str_add(out, s->rank == 1 ? ",)" : ")");
}

void rt_summary_bytes(int64_t bytes, struct rt_str *out)
{
    static const char *const unit[] = { "B", "KB", "MB", "GB", "TB", "PB" };
    double size = (double)bytes;
    int i = 0;
    for (; size >= 1024 && i < 5; i++)
        size /= 1024;
    rt_str_addf(out, "%.2f %s", size, unit[i]);
}

/* ---- rows ---------------------------------------------------------------- */

/* A model whose rows are made: m itself or one within it, at some level. */
struct level {
    const struct rt_fold *f;
    struct rt_model_layer *const
        *own; /* of m, for each of f's model's layers */
    int depth;
    bool keras3;
};

/* The tensors of a call of an item. */
static struct rt_node *node_of(const struct level *v, int item, int call,
                               int tensor)
{
    struct rt_fold_place p = { item, call, tensor };
    struct rt_place at = rt_fold_out(v->f, &p);
    return rt_place_node(&at);
}

static int n_tensors(const struct level *v, int item)
{
    const struct rt_fold_item *it = &v->f->items[item];
    return it->group ? it->group->inner->n_outputs : it->layer->calls[0].n_out;
}

static bool same_shapes(const struct level *v, int item, int a, int b)
{
    for (int k = 0; k < n_tensors(v, item); k++)
        if (!rt_shape_equal(&node_of(v, item, a, k)->shape,
                            &node_of(v, item, b, k)->shape))
            return false;
    return true;
}

/* Keras 2 shows the shape that all calls give, or "multiple"; Keras 3 that of
 * the last call, without the comma of a tuple of one. */
static char *shape_text(const struct level *v, int item)
{
    int n_calls = v->f->items[item].n_calls, n = n_tensors(v, item);
    int call = v->keras3 ? n_calls - 1 : 0;
    struct rt_str out = RT_STR_INIT;
    for (int i = 1; i < n_calls && !v->keras3; i++)
        if (!same_shapes(v, item, i, call))
            return rt_xstrdup("multiple");
    for (int k = 0; k < n; k++) {
        const struct rt_shape *s = &node_of(v, item, call, k)->shape;
        rt_str_add(&out, k ? ", " : n > 1 ? "[" : "");
        if (v->keras3 && s->rank == 1)
            rt_str_add(&out, "(None)");
        else
            rt_summary_shape(s, &out);
    }
    rt_str_add(&out, n > 1 ? "]" : "");
    return rt_str_take(&out);
}

static struct rt_model_layer *own_of(const struct level *v,
                                     const struct rt_model_layer *l)
{
    int i = 0;
    while (v->f->model->layers[i] != l)
        i++;
    return v->own[i];
}

/* The layers of m that an item stands for; caller frees. */
static struct rt_model_layer **own_layers(const struct level *v, int item,
                                          int *n)
{
    struct rt_model_layer **all =
        rt_xcalloc((size_t)v->f->model->n_layers + 1, sizeof *all);
    *n = rt_fold_layers(&v->f->items[item], all);
    for (int i = 0; i < *n; i++)
        all[i] = own_of(v, all[i]);
    return all;
}

/* Y, N, or - without weights; of a group what its layers with weights do. */
static const char *learns(struct rt_model_layer *const *l, int n)
{
    bool any = false, learn = false;
    for (int i = 0; i < n; i++) {
        any = any || l[i]->n_weights;
        learn = learn || (l[i]->n_weights && l[i]->trainable);
    }
    return !any ? "-" : learn ? "Y" : "N";
}

static void add_from(const struct level *v, int item, struct rt_summary_row *r)
{
    const struct rt_fold *f = v->f;
    int n = 0;
    for (int i = 0; i < f->n_calls; i++)
        n += f->calls[i].item == item ? f->calls[i].n_in : 0;
    r->from = rt_xcalloc((size_t)n + 1, sizeof *r->from);
    for (int call = 0; call < f->items[item].n_calls; call++)
        for (int i = 0; i < f->n_calls; i++) {
            const struct rt_fold_call *c = &f->calls[i];
            for (int k = 0; k < c->n_in && c->item == item && c->call == call;
                 k++) {
                const struct rt_fold_item *of = &f->items[c->in[k].item];
                /* Keras 2 counts a model's own inputs as its first call */
                int first = of->group && !v->keras3;
                r->from[r->n_from++] =
                    rt_xprintf("%s[%d][%d]", of->name, c->in[k].call + first,
                               c->in[k].tensor);
            }
        }
}

static const char *class_of(const struct level *v, int item)
{
    const char *class = rt_fold_class(&v->f->items[item]);
    return v->keras3 && !strcmp(class, "Model") ? "Functional" : class;
}

static void fill_row(const struct level *v, int item, struct rt_summary_row *r)
{
    struct rt_str memory = RT_STR_INIT, name = RT_STR_INIT;
    int n;
    struct rt_model_layer **own = own_layers(v, item, &n);
    for (int i = 0; i < v->depth; i++)
        rt_str_add(&name, v->keras3 ? "   " : "|");
    if (v->depth)
        rt_str_add(&name, v->keras3 ? "└ " : " ");
    rt_str_addf(&name, "%s (%s)", v->f->items[item].name, class_of(v, item));
    r->name = rt_str_take(&name);
    r->depth = v->depth;
    r->shape = shape_text(v, item);
    for (int i = 0; i < n; i++)
        r->params += rt_layer_params(own[i]);
    r->trainable = learns(own, n);
    rt_summary_bytes(r->params * (int64_t)sizeof(float), &memory);
    r->memory = rt_str_take(&memory);
    if (v->depth && v->keras3) /* which shows no connections within */
        r->from = rt_xcalloc(1, sizeof *r->from);
    else
        add_from(v, item, r);
    free(own);
}

/* ---- which rows ---------------------------------------------------------- */

struct choice {
    const struct rt_model *m;
    const bool *chosen; /* NULL: all */
    bool expand;
    struct rt_summary_rows *rows;
};

static bool is_chosen(const struct choice *c, const struct rt_model_layer *l)
{
    int i = 0;
    while (c->chosen && c->m->layers[i] != l)
        i++;
    return !c->chosen || c->chosen[i];
}

static void add_level(struct choice *c, const struct level *v);

/* A group of which some layers are chosen shows these below it. */
static void add_within(struct choice *c, const struct level *v, int item)
{
    const struct rt_model_group *g = v->f->items[item].group;
    int n = g->inner->n_layers;
    struct rt_model_layer **own = rt_xcalloc((size_t)n + 1, sizeof *own);
    for (int i = 0; i < n; i++)
        own[i] = g->layers[i] ? own_of(v, g->layers[i]) : g->inner->layers[i];
    struct rt_fold *f = rt_fold_new(g->inner);
    add_level(c, &(struct level){ f, own, v->depth + 1, v->keras3 });
    rt_fold_free(f);
    free(own);
}

static void add_level(struct choice *c, const struct level *v)
{
    bool row = rt_model_is_sequential(v->f->model);
    for (int i = row ? 1 : 0; i < v->f->n_items; i++) {
        const struct rt_fold_item *item = &v->f->items[i];
        bool input = item->layer && !item->layer->calls[0].n_in;
        int n, chosen = 0;
        struct rt_model_layer **own = own_layers(v, i, &n);
        for (int k = 0; k < n && !(v->depth && input); k++)
            chosen += is_chosen(c, own[k]);
        free(own);
        if (v->depth && input)
            chosen = n = !c->chosen;
        if (!chosen)
            continue;
        rt_vec_push(c->rows, (struct rt_summary_row){ 0 });
        fill_row(v, i, &c->rows->v[c->rows->n - 1]);
        if (item->group && (c->expand || chosen < n))
            add_within(c, v, i);
    }
}

void rt_summary_rows(const struct rt_model *m,
                     const struct rt_summary_spec *spec,
                     struct rt_summary_rows *rows)
{
    struct rt_fold *f = rt_fold_new(m);
    struct choice c = { m, spec->chosen, spec->expand_nested, rows };
    *rows = (struct rt_summary_rows){ .chain = f->chain };
    rt_vec_reserve(rows, 1);
    int n = 0;
    for (int i = 0; spec->chosen && i < m->n_layers; i++)
        n += spec->chosen[i];
    if (n == m->n_layers)
        c.chosen = NULL;
    add_level(&c, &(struct level){ f, m->layers, 0,
                                   spec->style == RT_SUMMARY_KERAS3 });
    rt_fold_free(f);
}

void rt_summary_rows_release(struct rt_summary_rows *rows)
{
    for (int i = 0; i < rows->n; i++) {
        struct rt_summary_row *r = &rows->v[i];
        for (int k = 0; k < r->n_from; k++)
            free(r->from[k]);
        free(r->from);
        free(r->name);
        free(r->shape);
        free(r->memory);
    }
    free(rows->v);
}
