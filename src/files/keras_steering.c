/* What a steered model holds and Keras' files have no place for: rates of
 * layers, what a frozen batch_norm does, outputs that are retired, counts that
 * an old version leaves out. It stands in an attribute beside Keras' own,
 * retort_steering, which Keras does not look at; a model without any of it has
 * no such attribute. What the optimizer has of frozen weights, in case they
 * learn again, lies in a group of its own, retort_optimizer_weights. */
#include "base/mem.h"
#include "base/str.h"
#include "files/h5.h"
#include "files/keras_parts.h"
#include "nn/steer.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ------------------------------------------------------------- */

static json_t *layer_words(const struct rt_model_layer *l)
{
    json_t *v = json_object();
    double rate = l->rate, share = l->share;
    const char *norm = l->type->frozen ? rt_norm_name(l->norm) : NULL;
    if (!isnan(rate))
        json_object_set_new(v, "rate", json_real(rate));
    else if (share != 1)
        json_object_set_new(v, "share", json_real(share));
    if (norm)
        json_object_set_new(v, "bn", json_string(norm));
    return v;
}

static void set_some(json_t *to, const char *key, json_t *v)
{
    if (json_object_size(v) || json_array_size(v))
        json_object_set(to, key, v);
    json_decref(v);
}

struct json_t *rt_keras_steering(const struct rt_model *m, bool counts)
{
    json_t *all = json_object(), *layers = json_object(),
           *retired = json_array();
    char **names = rt_model_names_anew(m);
    for (int i = 0; i < m->n_layers; i++)
        set_some(layers, m->layers[i]->name, layer_words(m->layers[i]));
    for (int i = 0; i < m->n_outputs; i++)
        if (m->outputs[i].retired)
            json_array_append_new(retired, json_string(names[i]));
    rt_model_names_free(m, names);
    set_some(all, "layers", layers);
    set_some(all, "retired", retired);
    if (counts) {
        json_object_set_new(all, "iterations", json_integer(m->iterations));
        json_object_set_new(all, "m_schedule", json_real(m->m_schedule));
    }
    if (json_object_size(all))
        return all;
    json_decref(all);
    return NULL;
}

/* ---- what the optimizer has of frozen weights ---------------------------- */

#define FROZEN "retort_optimizer_weights"

/* One of the two is given. */
struct place {
    struct rt_h5_out *out;
    const struct rt_h5_tree *tree;
};
typedef int slot_fn(const struct rt_model *m, const struct rt_weight *w,
                    int slot, const char *path, const struct place *at,
                    struct rt_err *err);
/* Those that a file of Keras' leaves out, each with its path. */
static int each_frozen(const struct rt_model *m, slot_fn *fn,
                       const struct place *at, struct rt_err *err)
{
    const char *const *names = m->compiled->optimizer->slot_names;
    int status = 0;
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_weights; k++) {
            const struct rt_weight *w = m->layers[i]->weights[k];
            bool left_out = !m->layers[i]->trainable && !w->fixed;
            for (int s = 0; left_out && s < m->n_slots && !status; s++) {
                char *path = rt_xprintf(FROZEN "/%s/%s/%s", m->layers[i]->name,
                                        w->name, names[s]);
                status = fn(m, w, s, path, at, err);
                free(path);
            }
        }
    return status;
}

static int write_slot(const struct rt_model *m, const struct rt_weight *w,
                      int slot, const char *path, const struct place *at,
                      struct rt_err *err)
{
    const float *v = m->slots[slot] + w->offset;
    bool any = false;
    (void)err;
    for (size_t i = 0; i < w->n && !any; i++)
        any = v[i] != 0;
    if (any)
        rt_h5_out_floats(at->out, path, &w->shape, v);
    return 0;
}

void rt_keras_put_frozen(const struct rt_model *m, struct rt_h5_out *out)
{
    each_frozen(m, write_slot, &(struct place){ .out = out }, NULL);
}

static int read_slot(const struct rt_model *m, const struct rt_weight *w,
                     int slot, const char *path, const struct place *at,
                     struct rt_err *err)
{
    const struct rt_h5_item *item = rt_h5_find(at->tree, path);
    if (!item)
        return 0;
    if (item->type != RT_H5_FLOATS || item->n != w->n || !item->f)
        return rt_fail(err, RT_EFORMAT, "%.200s has %zu numbers, want %zu",
                       path, item->n, w->n);
    memcpy(m->slots[slot] + w->offset, item->f, w->n * sizeof(float));
    return 0;
}

int rt_keras_take_frozen(struct rt_model *m, const struct rt_h5_tree *tree,
                         struct rt_err *err)
{
    if (!m->compiled || !rt_h5_find(tree, FROZEN))
        return 0;
    int status = rt_model_ready(m, err);
    return status ? status
                  : each_frozen(m, read_slot, &(struct place){ .tree = tree },
                                err);
}

/* ---- reading ------------------------------------------------------------- */

static int read_number(const json_t *of, const char *key, double *out,
                       struct rt_err *err)
{
    const json_t *v = json_object_get(of, key);
    double number = json_number_value(v);
    if (!v)
        return 0;
    if (!json_is_number(v) || !(number >= 0 && number <= 1e9))
        return rt_fail(err, RT_EFORMAT, "%s is no number from 0 to 1e9", key);
    *out = number;
    return 0;
}

static int read_norm(const json_t *of, int *norm, struct rt_err *err)
{
    const json_t *v = json_object_get(of, "bn");
    const char *text = json_string_value(v);
    if (!v)
        return 0;
    for (int i = 0; text && rt_norm_names[i]; i++)
        if (!strcmp(text, rt_norm_names[i])) {
            *norm = RT_NORM_INFER + i;
            return 0;
        }
    return rt_fail(err, RT_EFORMAT,
                   "bn is '%.20s', want infer, batch or update",
                   text ? text : "");
}

/* A layer that is frozen by the file, and one that is not, may have them. */
static int read_layer(struct rt_model *m, const char *name, const json_t *v,
                      struct rt_err *err)
{
    struct rt_model_layer *l = rt_model_layer_find(m, name, err);
    double share = 1, rate = NAN;
    int norm = RT_NORM_DIALECT;
    if (!l)
        return RT_EFORMAT;
    if (read_number(v, "share", &share, err) ||
        read_number(v, "rate", &rate, err) || read_norm(v, &norm, err))
        return rt_err_within(err, "layer '%.100s'", name);
    l->share = share;
    l->rate = rate;
    l->norm = norm;
    return 0;
}

static int read_retired(struct rt_model *m, const json_t *v, struct rt_err *err)
{
    const char *name = json_string_value(v);
    int left = 0;
    struct rt_model_output *o = NULL;
    for (int i = 0; i < m->n_outputs; i++)
        if (name && !strcmp(m->outputs[i].name, name))
            o = &m->outputs[i];
        else
            left += !m->outputs[i].retired;
    if (!o || !left)
        return rt_fail(err, RT_EFORMAT, "'%.100s' cannot be a retired output",
                       name ? name : "");
    o->retired = true;
    return 0;
}

static int read_counts(struct rt_model *m, const json_t *v, struct rt_err *err)
{
    const json_t *n = json_object_get(v, "iterations");
    if (n && (!json_is_integer(n) || json_integer_value(n) < 0))
        return rt_fail(err, RT_EFORMAT, "iterations is no count");
    if (!m->compiled || !n)
        return 0;
    m->iterations = json_integer_value(n);
    return read_number(v, "m_schedule", &m->m_schedule, err);
}

int rt_keras_take_steering(struct rt_model *m, const struct json_t *v,
                           struct rt_err *err)
{
    const json_t *one;
    const char *name;
    size_t i;
    int status = read_counts(m, v, err);
    void *it = json_object_iter(json_object_get(v, "layers"));
    for (; it && !status;
         it = json_object_iter_next(json_object_get(v, "layers"), it)) {
        name = json_object_iter_key(it);
        status = read_layer(m, name, json_object_iter_value(it), err);
    }
    json_array_foreach(json_object_get(v, "retired"), i, one)
    {
        if (!status)
            status = read_retired(m, one, err);
    }
    if (!status)
        rt_model_steered(m);
    return status;
}
