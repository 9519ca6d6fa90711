/* The optimizer's state out of Keras' files: arrays of its slots, one for each
 * weight that learns. */
#include "base/mem.h"
#include "base/vec.h"
#include "files/keras_parts.h"
#include "files/weights_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct state {
    struct rt_model *m;
    const struct rt_fold_item *items; /* in the file's order */
    int n_items;
    struct rt_str *notes;
    struct rt_model_layer **layers; /* of them, in the same order */
    int n_layers;
    RT_VEC(struct rt_file_array) arrays;
    RT_VEC(const struct rt_weight *) weights; /* that learn */
    struct rt_err *err;
    int at; /* arrays taken so far */
};

static int read_arrays(struct state *s, const struct rt_h5_tree *tree,
                       const struct rt_h5_item *group)
{
    const char **names;
    int n, status = rt_h5_attr_texts(group, "weight_names", &names, &n, s->err);
    for (int i = 0; i < n && !status; i++) {
        char *path = rt_xprintf("%s/%s", group->path, names[i]);
        const struct rt_h5_item *item = rt_h5_find(tree, path);
        struct rt_file_array a = { .name = names[i] };
        if (!item)
            status =
                rt_fail(s->err, RT_EFORMAT,
                        "weight_names tells of '%s', which is not there", path);
        else
            status = rt_file_array_take(item, &a, s->err);
        if (!status && !a.v)
            status = rt_fail(s->err, RT_EFORMAT, "'%s' holds %s, want floats",
                             path, a.holds);
        rt_vec_push(&s->arrays, a);
        free(path);
    }
    /* the names are the tree's and stay */
    free(names);
    return status;
}

static enum rt_slot_kind slot_kind(const struct rt_model *m, int slot)
{
    const struct rt_compiled *c = m->compiled;
    const struct rt_optimizer *type = c->optimizer;
    if (type->keras_slot)
        return type->keras_slot(c->args, m->dialect, slot);
    return slot < type->n_slots(c->args) ? RT_SLOT_FULL : RT_SLOT_ABSENT;
}

/* The next array if it is a single number, as iterations is. */
static const struct rt_file_array *take_scalar(struct state *s)
{
    return s->at < s->arrays.n && !s->arrays.v[s->at].shape.rank
               ? &s->arrays.v[s->at++]
               : NULL;
}

static int wrong_count(const struct state *s, int want)
{
    return rt_fail(s->err, RT_EFORMAT,
                   "optimizer_weights has %d arrays, %s over %d weights that "
                   "learn has %d; -no_compile reads the model without them",
                   s->arrays.n, s->m->compiled->optimizer->keras, s->weights.n,
                   want);
}

/* Those that learn, or all that could. */
static void list_weights(struct state *s, bool frozen_too)
{
    s->weights.n = 0;
    for (int i = 0; i < s->n_layers; i++) {
        const struct rt_model_layer *l = s->layers[i];
        for (int k = 0; k < l->n_weights; k++)
            if ((l->trainable || frozen_too) && !l->weights[k]->fixed)
                rt_vec_push(&s->weights, l->weights[k]);
    }
}

/* How many arrays a state for the listed weights has. */
static int count_arrays(const struct state *s)
{
    int n = s->at;
    for (int k = 0; k < RT_SLOTS_MAX; k++)
        if (slot_kind(s->m, k) != RT_SLOT_ABSENT)
            n += s->weights.n;
    return n;
}

static int check_slots(struct state *s)
{
    for (int k = 0, at = s->at; k < RT_SLOTS_MAX; k++) {
        enum rt_slot_kind kind = slot_kind(s->m, k);
        for (int i = 0; kind != RT_SLOT_ABSENT && i < s->weights.n; i++) {
            const struct rt_file_array *a = &s->arrays.v[at++];
            const struct rt_weight *w = s->weights.v[i];
            if (kind == RT_SLOT_FULL && !rt_shape_equal(&a->shape, &w->shape))
                return rt_fail(s->err, RT_ESHAPE,
                               "'%s' of the optimizer is %s, want %s for "
                               "%s/%s",
                               a->name, rt_shape_text(&a->shape),
                               rt_shape_text(&w->shape), w->layer->name,
                               w->name);
        }
    }
    return 0;
}

/* Of so many models, each set of them is tried. */
enum { MOST_MODELS = 8 };

/* The set has a bit for each of the first models, in the file's order. */
static void freeze(struct state *s, unsigned set, bool frozen)
{
    struct rt_model_layer **v =
        rt_xcalloc((size_t)s->m->n_layers + 1, sizeof(struct rt_model_layer *));
    for (int i = 0, g = 0; i < s->n_items && g < MOST_MODELS; i++) {
        bool in = s->items[i].group && (set >> g++ & 1);
        int n = in ? rt_fold_layers(&s->items[i], v) : 0;
        for (int k = 0; k < n; k++)
            v[k]->trainable = !frozen;
        if (in && frozen && s->notes)
            rt_str_addf(s->notes,
                        "%s%s is frozen, as the optimizer has no state for it",
                        s->notes->n ? "; " : "", s->items[i].name);
    }
    free(v);
}

/* Why: Keras alone (tf.keras freezes each layer) writes in no config that a
 * model within was frozen as a whole, as one to build upon mostly is; only the
 * optimizer's arrays say it. Those sets of models are tried of which everything
 * learns; the one that fits, if no other does, is frozen. */
static bool find_frozen(struct state *s)
{
    unsigned open = 0, found = 0;
    int n = 0, n_found = 0;
    struct rt_err *err = s->err, none = RT_ERR_INIT;
    struct rt_model_layer **v =
        rt_xcalloc((size_t)s->m->n_layers + 1, sizeof(struct rt_model_layer *));
    for (int i = 0; i < s->n_items; i++) {
        if (!s->items[i].group || n == MOST_MODELS)
            continue;
        bool learns = true;
        for (int k = rt_fold_layers(&s->items[i], v); k > 0; k--)
            learns &= v[k - 1]->trainable;
        open |= learns ? 1U << n : 0;
        n++;
    }
    free(v);
    struct rt_str *notes = s->notes;
    s->err = &none;
    s->notes = NULL;
    for (unsigned set = 1; set < 1U << n; set++) {
        if (set & ~open)
            continue;
        freeze(s, set, true);
        list_weights(s, false);
        if (count_arrays(s) == s->arrays.n && !check_slots(s)) {
            found = set;
            n_found++;
        }
        freeze(s, set, false);
    }
    s->err = err;
    s->notes = notes;
    if (n_found != 1)
        return false;
    freeze(s, found, true);
    list_weights(s, false);
    return true;
}

/* The weights that the arrays are for: those that learn; all that could, where
 * layers were frozen after the optimizer had begun; or those outside of models
 * that were frozen as a whole. */
static int find_weights(struct state *s)
{
    list_weights(s, false);
    int want = count_arrays(s);
    if (want == s->arrays.n)
        return 0;
    list_weights(s, true);
    if (count_arrays(s) == s->arrays.n || find_frozen(s))
        return 0;
    list_weights(s, false);
    return wrong_count(s, want);
}

static void copy_slots(struct state *s)
{
    for (int k = 0; k < RT_SLOTS_MAX; k++) {
        enum rt_slot_kind kind = slot_kind(s->m, k);
        for (int i = 0; kind != RT_SLOT_ABSENT && i < s->weights.n; i++) {
            const struct rt_file_array *a = &s->arrays.v[s->at++];
            const struct rt_weight *w = s->weights.v[i];
            if (kind == RT_SLOT_FULL && k < s->m->n_slots)
                memcpy(s->m->slots[k] + w->offset, a->v, w->n * sizeof *a->v);
        }
    }
}

int rt_keras_state(struct rt_model *m, const struct rt_fold_item *listed, int n,
                   const struct rt_h5_tree *tree, struct rt_str *notes,
                   struct rt_err *err)
{
    struct state s = {
        .m = m, .items = listed, .n_items = n, .notes = notes, .err = err
    };
    const struct rt_h5_item *group = rt_h5_find(tree, "optimizer_weights");
    if (!group)
        return 0;
    s.layers = rt_xcalloc((size_t)m->n_layers + 1, sizeof *s.layers);
    for (int i = 0; i < n; i++)
        s.n_layers += rt_fold_layers(&listed[i], s.layers + s.n_layers);
    int status = read_arrays(&s, tree, group);
    const struct rt_file_array *t = status ? NULL : take_scalar(&s);
    const struct rt_file_array *product =
        t && m->compiled->optimizer->m_schedule ? take_scalar(&s) : NULL;
    if (t && !(t->one >= 0 && t->one < 1e15))
        status = rt_fail(err, RT_EFORMAT, "'%s' is %g, want a count", t->name,
                         t->one);
    if (product && !isfinite(product->one))
        status =
            rt_fail(err, RT_EFORMAT, "'%s' is %g", product->name, product->one);
    if (!status && s.arrays.n)
        status = find_weights(&s);
    if (!status && s.arrays.n)
        status = check_slots(&s);
    if (!status)
        status = rt_model_ready(m, err);
    if (!status && s.arrays.n) {
        copy_slots(&s);
        m->iterations = t ? (int64_t)t->one : 0;
        if (product)
            m->m_schedule = product->one;
    }
    for (int i = 0; i < s.arrays.n; i++)
        free(s.arrays.v[i].own);
    rt_vec_release(&s.arrays);
    rt_vec_release(&s.weights);
    free(s.layers);
    return status;
}
