/* Pairing the weights of a model with the arrays of a file. */
#include "files/weights.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "files/keras_write.h"
#include "nn/select.h"

#include <stdlib.h>
#include <string.h>

/* ---- saving -------------------------------------------------------------- */

static int save_npz(const struct rt_model *m, const float *v, bool learning,
                    const char *file, struct rt_err *err)
{
    RT_VEC(struct rt_npz_item) items = { 0 };
    RT_VEC(char *) keys = { 0 };
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_weights; k++) {
            const struct rt_weight *w = m->layers[i]->weights[k];
            if (learning && !rt_weight_learns(w))
                continue;
            rt_vec_push(&keys,
                        rt_xprintf("%s/%s", m->layers[i]->name, w->name));
            rt_vec_push(&items,
                        ((struct rt_npz_item){ keys.v[keys.n - 1], w->shape,
                                               v + w->offset }));
        }
    int rc = rt_npz_write(file, items.v, items.n, err);
    for (int i = 0; i < keys.n; i++)
        free(keys.v[i]);
    rt_vec_release(&keys);
    rt_vec_release(&items);
    return rc;
}

/* Callable on the training thread, where the arenas are laid out already. */
int rt_weights_save(const struct rt_model *m, const char *file,
                    struct rt_err *err)
{
    return rt_weights_save_as(m, m->weights, false, file, err);
}

int rt_weights_save_as(const struct rt_model *m, const float *v, bool learning,
                       const char *file, struct rt_err *err)
{
    const char *ext = rt_path_ext(file);
    if (!m->weights)
        return rt_fail(err, RT_ESTATE,
                       "model '%s' has no weights yet: nothing was computed "
                       "with it",
                       m->name);
    if (!strcmp(ext, "npz"))
        return save_npz(m, v, learning, file, err);
    if (!strcmp(ext, "h5") || !strcmp(ext, "hdf5"))
        return rt_keras_save_weights(m, v, learning, file, err);
    return rt_fail(err, RT_EINVAL, "'%s' does not end in .h5 or .npz", file);
}

/* ---- pairs --------------------------------------------------------------- */

struct pair {
    const struct rt_weight *w;
    const struct rt_file_array *a;
};
/* What has a group of weights in a file: a layer, or a model used as one. */
struct unit {
    struct rt_fold_item of;
    struct rt_fold_weight *v;
    int n;
};
struct pairing {
    const struct rt_model *m;
    const struct rt_weights_file *file;
    const struct rt_weights_how *how;
    bool *chosen; /* by uid of layers */
    RT_VEC(struct pair) pairs;
    RT_VEC(struct unit) units;          /* with chosen weights */
    RT_VEC(struct rt_file_layer) parts; /* of what is a model in the file */
    struct rt_weights_done done;
    struct rt_err *err;
};

static int check_array(struct pairing *p, const struct rt_weight *w,
                       const struct rt_file_layer *from,
                       const struct rt_file_array *a)
{
    /* an .h5 has the layer in the array's name */
    const char *layer = p->file->named ? from->name : "";
    const char *slash = p->file->named ? "/" : "";
    if (!p->chosen[w->layer->uid])
        return 0;
    if (!a->v)
        return rt_fail(p->err, RT_EFORMAT, "'%s%s%s' holds %s, want floats",
                       layer, slash, a->name, a->holds);
    if (p->file->old && w->type->keras_swapped && w->shape.rank > 2)
        return rt_fail(p->err, RT_EFORMAT,
                       "'%s%s%s' has its channels in another order", layer,
                       slash, a->name);
    if (rt_shape_equal(&w->shape, &a->shape)) {
        rt_vec_push(&p->pairs, ((struct pair){ w, a }));
        p->done.weights++;
        p->done.numbers += (int64_t)w->n;
        return 0;
    }
    p->done.skipped++;
    if (p->how->skip_mismatch)
        return 0;
    return rt_fail(p->err, RT_ESHAPE, "'%s%s%s' is %s, want %s for %s/%s",
                   layer, slash, a->name, rt_shape_text(&a->shape),
                   rt_shape_text(&w->shape), w->layer->name, w->name);
}

static const struct rt_file_array *array_of(const struct rt_file_layer *l,
                                            const char *name)
{
    for (int i = 0; i < l->n; i++)
        if (!strcmp(l->arrays[i].name, name))
            return &l->arrays[i];
    return NULL;
}

static const char *array_name(const void *layer, int i)
{
    const struct rt_file_layer *l = layer;
    return i < l->n ? l->arrays[i].name : NULL;
}

static int missing(struct pairing *p, const struct rt_file_layer *from,
                   const char *name)
{
    return rt_fail_unknown(p->err, RT_EFORMAT, name, array_name, from,
                           "has no '%s/%s', which model '%s' needs", from->name,
                           name, p->m->name);
}

/* "dense_1/kernel:0" is encoder/dense_1/kernel, and that of a model within. */
static bool is_called(const char *array, const char *name)
{
    size_t n = strlen(array), k = strlen(name);
    n -= n > 2 && !strcmp(array + n - 2, ":0") ? 2 : 0;
    return k >= n && !strncmp(name + k - n, array, n) &&
           (k == n || name[k - n - 1] == '/');
}

/* The array of each weight of a model, by names if they say all of it, else in
 * their order. Why: Keras lists first what learns, so that its order changes
 * as soon as a layer is frozen. */
static const struct rt_file_array **
arrays_of_model(const struct unit *u, const struct rt_file_layer *from)
{
    const struct rt_file_array **v = rt_xcalloc((size_t)u->n + 1, sizeof *v);
    bool *taken = rt_xcalloc((size_t)u->n + 1, sizeof *taken), all = true;
    for (int i = 0; i < u->n; i++) {
        int met = 0, at = 0;
        for (int k = 0; k < from->n; k++)
            if (is_called(from->arrays[k].name, u->v[i].name) && ++met)
                at = k;
        all &= met == 1 && !taken[at];
        taken[at] = true;
        v[i] = &from->arrays[at];
    }
    for (int i = 0; i < u->n && !all; i++)
        v[i] = &from->arrays[i];
    free(taken);
    return v;
}

static int pair_model(struct pairing *p, const struct unit *u,
                      const struct rt_file_layer *from)
{
    const struct rt_file_array **v = arrays_of_model(u, from);
    int status = 0;
    for (int i = 0; i < u->n && !status; i++)
        status = check_array(p, u->v[i].weight, from, v[i]);
    free(v);
    return status;
}

static int pair_unit(struct pairing *p, const struct unit *u,
                     const struct rt_file_layer *from)
{
    if (!p->file->named && u->n != from->n && p->how->skip_mismatch) {
        p->done.skipped += u->n;
        return 0;
    }
    if (!p->file->named && u->n != from->n)
        return rt_fail(p->err, RT_EFORMAT,
                       "layer '%s' of the file has %d arrays, '%s' of the "
                       "model has %d weights",
                       from->name, from->n, u->of.name, u->n);
    if (u->of.group)
        return pair_model(p, u, from);
    for (int i = 0; i < u->n; i++) {
        const struct rt_file_array *a =
            p->file->named ? array_of(from, u->v[i].name) : &from->arrays[i];
        if (!a)
            return missing(p, from, u->v[i].name);
        if (check_array(p, u->v[i].weight, from, a))
            return p->err->code;
    }
    return 0;
}

/* What the file's `name` is called in the model. */
static char *mapped(const struct pairing *p, const char *name)
{
    for (int i = 0; i < p->how->n_map; i++) {
        const char *rule = p->how->map[i], *colon = strchr(rule, ':');
        const char *to = colon + 1;
        size_t n = (size_t)(colon - rule), end = strlen(to);
        bool begins = n && rule[n - 1] == '*';
        if (begins && !strncmp(name, rule, n - 1))
            return end && to[end - 1] == '*'
                       ? rt_xprintf("%.*s%s", (int)end - 1, to, name + n - 1)
                       : rt_xstrdup(to);
        if (!begins && strlen(name) == n && !strncmp(name, rule, n))
            return rt_xstrdup(to);
    }
    return rt_xstrdup(name);
}

static const struct rt_file_layer *find_in(const struct pairing *p,
                                           const struct rt_file_layer *v, int n,
                                           const char *name)
{
    for (int i = 0; i < n; i++) {
        char *called = mapped(p, v[i].name);
        bool same = !strcmp(called, name);
        free(called);
        if (same && v[i].n)
            return &v[i];
    }
    return NULL;
}

static const struct rt_file_layer *find_layer(const struct pairing *p,
                                              const char *name)
{
    const struct rt_file_layer *found =
        find_in(p, p->file->layers, p->file->n, name);
    return found ? found : find_in(p, p->parts.v, p->parts.n, name);
}

/* The layers of a model of this program that a file has not as one: each for
 * itself. Returns how many were met, or an error. */
static int by_names_within(struct pairing *p, const struct unit *u)
{
    int met = 0;
    struct rt_model_layer **v =
        rt_xcalloc((size_t)p->m->n_layers + 1, sizeof(struct rt_model_layer *));
    int n = rt_fold_layers(&u->of, v);
    for (int i = 0; i < n && met >= 0; i++) {
        struct unit l = { .of = { .layer = v[i], .name = v[i]->name } };
        const struct rt_file_layer *from = find_layer(p, v[i]->name);
        if (!from || !v[i]->n_weights)
            continue;
        l.v = rt_fold_weights(&l.of, &l.n);
        met = pair_unit(p, &l, from) ? p->err->code : met + 1;
        rt_fold_weights_free(l.v, l.n);
    }
    free(v);
    return met;
}

static int by_name(struct pairing *p, bool every)
{
    int met = 0;
    for (int i = 0; i < p->units.n; i++) {
        const struct unit *u = &p->units.v[i];
        const struct rt_file_layer *from = find_layer(p, u->of.name);
        int status = 0;
        if (!from && every)
            return rt_fail(p->err, RT_EFORMAT,
                           "has no '%s/%s', which model '%s' needs", u->of.name,
                           u->v[0].name, p->m->name);
        if (from)
            status = pair_unit(p, u, from) ? p->err->code : 1;
        else if (u->of.group)
            status = by_names_within(p, u);
        if (status < 0)
            return status;
        met += status;
    }
    if (met || !p->units.n)
        return 0;
    return rt_fail(p->err, RT_ENOENT,
                   "no layer of the file has the name of one that is wanted, "
                   "as '%s'",
                   p->units.v[0].of.name);
}

static int by_order(struct pairing *p)
{
    RT_VEC(const struct rt_file_layer *) from = { 0 };
    for (int i = 0; i < p->file->n; i++)
        if (p->file->layers[i].n)
            rt_vec_push(&from, &p->file->layers[i]);
    int status = 0;
    if (from.n != p->units.n)
        status = rt_fail(p->err, RT_EFORMAT,
                         "has weights of %d layers, model '%s' has %d with "
                         "weights",
                         from.n, p->m->name, p->units.n);
    for (int i = 0; i < p->units.n && !status; i++)
        status = pair_unit(p, &p->units.v[i], from.v[i]);
    rt_vec_release(&from);
    return status;
}

/* What Keras 1 laid out as Keras 2 does is read: dense and convolution, not
 * recurrent layers. */
static int say_old(struct rt_err *err)
{
    char text[sizeof err->text];
    memcpy(text, err->text, sizeof text);
    return rt_fail(err, err->code,
                   "%.700s; Keras 1 wrote the file: load it into its model "
                   "with Keras 2.0 to 2.3 and save the weights again there",
                   text);
}

/* ---- choosing ------------------------------------------------------------ */

/* Whether a layer is meant: by its name, or where the last of the n letters is
 * a * by what it begins with. */
static bool meant(const char *name, const char *rule, size_t n, bool begins)
{
    return begins ? !strncmp(name, rule, n - 1)
                  : strlen(name) == n && !strncmp(name, rule, n);
}

/* One OLD:NEW, of which neither may be nowhere: a typing error would leave a
 * layer as it was without a word. */
static int check_rule(const struct pairing *p, const char *rule)
{
    const char *colon = strchr(rule, ':');
    if (!colon)
        return rt_fail(p->err, RT_EINVAL, "map: '%s' is no OLD:NEW", rule);
    const char *to = colon + 1;
    size_t n = (size_t)(colon - rule), end = strlen(to);
    bool begins = n && rule[n - 1] == '*';
    bool many = begins && end && to[end - 1] == '*';
    bool in_file = false, in_model = false;
    for (int i = 0; i < p->file->n; i++)
        in_file |= meant(p->file->layers[i].name, rule, n, begins);
    for (int i = 0; i < p->parts.n; i++)
        in_file |= meant(p->parts.v[i].name, rule, n, begins);
    for (int i = 0; i < p->m->n_layers; i++)
        in_model |= meant(p->m->layers[i]->name, to, end, many);
    for (int i = 0; i < p->m->n_groups; i++)
        in_model |= meant(p->m->groups[i]->name, to, end, many);
    if (!in_file)
        return rt_fail(p->err, RT_ENOENT,
                       "map: '%s': no layer of the file is called '%.*s'", rule,
                       (int)n, rule);
    if (!in_model)
        return rt_fail(p->err, RT_ENOENT,
                       "map: '%s': no layer of model '%s' is called '%s'", rule,
                       p->m->name, to);
    return 0;
}

static int check_map(const struct pairing *p)
{
    int status = 0;
    for (int i = 0; i < p->how->n_map && !status; i++)
        status = check_rule(p, p->how->map[i]);
    return status;
}

/* What a layer of an .h5 holds under other names than its own, as the model
 * encoder does dense_1/kernel:0, is layer encoder/dense_1, too. */
static void add_parts(struct pairing *p)
{
    for (int i = 0; i < p->file->n && !p->file->named; i++) {
        const struct rt_file_layer *l = &p->file->layers[i];
        int first = p->parts.n;
        for (int k = 0; k < l->n; k++) {
            const char *array = l->arrays[k].name, *end = strrchr(array, '/');
            char *name = rt_xprintf("%s/%.*s", l->name,
                                    end ? (int)(end - array) : 0, array);
            int at = first;
            while (at < p->parts.n && strcmp(p->parts.v[at].name, name) != 0)
                at++;
            if (at == p->parts.n)
                rt_vec_push(&p->parts,
                            ((struct rt_file_layer){ .name = name }));
            else
                free(name);
            struct rt_file_layer *part = &p->parts.v[at];
            part->arrays = rt_xrealloc(part->arrays, ((size_t)part->n + 1) *
                                                         sizeof *part->arrays);
            part->arrays[part->n++] = l->arrays[k];
        }
    }
}

static void add_unit(struct pairing *p, const struct rt_fold_item *item)
{
    struct unit u = { .of = *item };
    bool any = false;
    u.v = rt_fold_weights(item, &u.n);
    for (int i = 0; i < u.n; i++)
        any |= p->chosen[u.v[i].weight->layer->uid];
    if (any)
        rt_vec_push(&p->units, u);
    else
        rt_fold_weights_free(u.v, u.n);
}

/* What is chosen; an .npz has the layers of groups each by its long name. */
static int choose(struct pairing *p, const struct rt_fold_item *items, int n)
{
    const struct rt_model *m = p->m;
    bool *chosen = rt_xcalloc((size_t)m->n_layers + 1, sizeof *chosen);
    struct rt_model_layer **v =
        rt_xcalloc((size_t)m->n_layers + 1, sizeof(struct rt_model_layer *));
    int status =
        rt_select(m, p->how->layers, p->how->n_layers, chosen, p->err) < 0
            ? p->err->code
            : 0;
    for (int i = 0; i < m->n_layers && !status; i++)
        p->chosen[m->layers[i]->uid] = chosen[i];
    for (int i = 0; i < n && !status; i++) {
        int n_own = p->file->named ? rt_fold_layers(&items[i], v) : 0;
        for (int k = 0; k < n_own; k++)
            add_unit(
                p, &(struct rt_fold_item){ .layer = v[k], .name = v[k]->name });
        if (!p->file->named)
            add_unit(p, &items[i]);
    }
    free(v);
    free(chosen);
    return status;
}

/* ---- copying ------------------------------------------------------------- */

/* The kernel, which is what has more axes than two. One of Theano lies turned
 * round in all its spatial axes; the last two are the channels. */
static void copy_turned(const struct rt_weight *w, const float *from, float *to)
{
    struct rt_span s = rt_shape_span(&w->shape, 0, w->shape.rank - 2);
    for (size_t i = 0; i < s.len; i++)
        memcpy(to + i * s.inner, from + (s.len - 1 - i) * s.inner,
               s.inner * sizeof *to);
}

static void copy(const struct pairing *p)
{
    for (int i = 0; i < p->pairs.n; i++) {
        const struct rt_weight *w = p->pairs.v[i].w;
        float *to = p->m->weights + w->offset;
        if (p->file->turned && w->type->keras_turned && w->shape.rank > 2)
            copy_turned(w, p->pairs.v[i].a->v, to);
        else
            memcpy(to, p->pairs.v[i].a->v, w->n * sizeof *to);
    }
}

static void count_layers(struct pairing *p)
{
    bool *met = rt_xcalloc((size_t)p->m->next_uid + 1, sizeof *met);
    for (int i = 0; i < p->pairs.n; i++) {
        int uid = p->pairs.v[i].w->layer->uid;
        p->done.layers += !met[uid];
        met[uid] = true;
    }
    free(met);
}

static void release(struct pairing *p)
{
    for (int i = 0; i < p->units.n; i++)
        rt_fold_weights_free(p->units.v[i].v, p->units.v[i].n);
    for (int i = 0; i < p->parts.n; i++) {
        free((char *)(uintptr_t)p->parts.v[i].name);
        free(p->parts.v[i].arrays);
    }
    rt_vec_release(&p->units);
    rt_vec_release(&p->parts);
    rt_vec_release(&p->pairs);
    free(p->chosen);
}

int rt_weights_put(struct rt_model *m, const struct rt_fold_item *items, int n,
                   const struct rt_weights_file *w,
                   const struct rt_weights_how *how,
                   struct rt_weights_done *done, struct rt_err *err)
{
    static const struct rt_weights_how usual = { 0 };
    struct rt_err own = RT_ERR_INIT;
    struct pairing p = {
        .m = m, .file = w, .how = how ? how : &usual, .err = err ? err : &own
    };
    p.chosen = rt_xcalloc((size_t)m->next_uid + 1, sizeof *p.chosen);
    add_parts(&p);
    int status = check_map(&p);
    if (!status && p.how->n_map && p.how->pairs == RT_WEIGHTS_BY_ORDER)
        status = rt_fail(p.err, RT_EINVAL,
                         "map is of names, which by=order does not look at");
    if (!status)
        status = choose(&p, items, n);
    enum rt_weights_pairs pairs = p.how->pairs;
    bool some = p.how->n_layers || p.how->n_map;
    if (pairs == RT_WEIGHTS_USUAL && !w->named && !some)
        pairs = RT_WEIGHTS_BY_ORDER;
    if (!status && pairs == RT_WEIGHTS_BY_ORDER)
        status = by_order(&p);
    else if (!status)
        status = by_name(&p, pairs == RT_WEIGHTS_USUAL && w->named && !some);
    if ((status == RT_EFORMAT || status == RT_ESHAPE) && w->old)
        status = say_old(p.err);
    if (!status)
        status = rt_model_ready(m, p.err);
    if (!status)
        copy(&p);
    count_layers(&p);
    if (done)
        *done = p.done;
    release(&p);
    return status;
}

/* What the layers of m may be called in a file: their names, and those that map
 * makes such of. */
struct called {
    RT_VEC(char *) names;
};

static void add_called(struct called *c, const struct rt_model *m,
                       const char *rule)
{
    const char *colon = strchr(rule, ':');
    size_t n = colon ? (size_t)(colon - rule) : 0;
    size_t end = colon ? strlen(colon + 1) : 0;
    if (n && rule[n - 1] != '*')
        rt_vec_push(&c->names, rt_xstrndup(rule, n));
    for (int i = 0; n && end && rule[n - 1] == '*' && i < m->n_layers; i++)
        if (colon[end] == '*' &&
            !strncmp(m->layers[i]->name, colon + 1, end - 1))
            rt_vec_push(&c->names, rt_xprintf("%.*s%s", (int)n - 1, rule,
                                              m->layers[i]->name + end - 1));
}

static int open_file(const struct rt_model *m, const char *file,
                     const struct rt_weights_how *how,
                     struct rt_weights_file *w, struct rt_err *err)
{
    struct called c = { 0 };
    for (int i = 0; i < m->n_layers; i++)
        rt_vec_push(&c.names, rt_xstrdup(m->layers[i]->name));
    for (int i = 0; how && i < how->n_map; i++)
        add_called(&c, m, how->map[i]);
    int status = rt_weights_file_open(file, (const char *const *)c.names.v,
                                      c.names.n, w, err);
    for (int i = 0; i < c.names.n; i++)
        free(c.names.v[i]);
    rt_vec_release(&c.names);
    return status;
}

int rt_weights_load(struct rt_model *m, const char *file,
                    const struct rt_weights_how *how,
                    struct rt_weights_done *done, struct rt_err *err)
{
    struct rt_weights_file w;
    int status = open_file(m, file, how, &w, err);
    if (status)
        return status;
    struct rt_fold *f = rt_fold_new(m);
    if (rt_weights_put(m, f->items, f->n_items, &w, how, done, err))
        status = rt_err_within(err, "%s", file);
    rt_fold_free(f);
    rt_weights_file_close(&w);
    return status;
}
