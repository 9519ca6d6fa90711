/* What a steered model holds and Keras' files have no place for: rates of
 * layers, what a frozen batch_norm does, outputs that are retired, counts that
 * an old version leaves out. It stands in an attribute beside Keras' own,
 * retort_steering, which Keras does not look at; a model without any of it has
 * no such attribute. */
#include "base/mem.h"
#include "files/keras_parts.h"
#include "nn/steer.h"

#include <jansson.h>
#include <math.h>
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
