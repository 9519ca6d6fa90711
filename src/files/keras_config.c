/* Our words as Keras' JSON. */
#include "base/mem.h"
#include "base/schema.h"
#include "files/keras_map.h"
#include "nn/regularizer.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- values -------------------------------------------------------------- */

static json_t *class_and_config(const char *class_name, json_t *config)
{
    return json_pack("{s:s, s:o}", "class_name", class_name, "config", config);
}

/* A number before and one behind for every axis; of a single axis a flat list.
 */
static json_t *sides(const struct rt_ints *v, int axes)
{
    json_t *list = json_array();
    for (int i = 0; i < axes; i++) {
        int k = v->n == 2 * axes ? 2 * i : v->n == axes ? i : 0;
        int behind = v->v[v->n == 2 * axes ? k + 1 : k];
        json_t *two = json_pack("[i,i]", v->v[k], behind);
        if (axes > 1)
            json_array_append_new(list, two);
        else
            json_array_extend(list, two), json_decref(two);
    }
    return list;
}

/* Where lists are for axes, one number stands for all of them; a list of axes
 * may be one number. */
static json_t *ints(const struct rt_ints *v, const char *key, int axes,
                    bool pairs)
{
    bool one = !strcmp(key, "axis") || !strcmp(key, "axes") ||
               (axes == 1 && !strcmp(key, "size")); /* of UpSampling1D */
    if (pairs && axes)
        return sides(v, axes);
    if (one && v->n == 1)
        return json_integer(v->v[0]);
    int n = v->n == 1 && axes > 1 ? axes : v->n;
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(list, json_integer(v->v[v->n == 1 ? 0 : i]));
    return list;
}

static json_t *unwrapped(const char *text)
{
    struct rt_inner in;
    if (rt_inner_parse(text, &in, NULL))
        return json_null();
    json_t *config = json_pack("{s:s, s:b}", "name", in.name, "trainable", 1);
    json_t *own = rt_keras_layer_config(in.type, in.args);
    json_object_update(config, own);
    json_decref(own);
    json_t *v = class_and_config(in.type->keras, config);
    rt_inner_release(&in);
    return v;
}

static json_t *value(const struct rt_opt *o, const void *args, int axes,
                     bool pairs)
{
    const void *field = (const char *)args + o->offset;
    struct rt_str text = RT_STR_INIT;
    json_t *v = NULL;
    rt_args_value(o, args, &text);
    const char *t = rt_str_c(&text);
    switch (o->kind) {
    case RT_KIND_BOOL:
        v = json_boolean(*(const bool *)field);
        break;
    case RT_KIND_INT:
        if (!o->choices && *(const int *)field != RT_UNSET_INT)
            v = json_integer(*(const int *)field);
        else if (o->choices && *(const int *)field != RT_UNSET_INT &&
                 strcmp(t, "none") != 0)
            v = json_string(t);
        break;
    case RT_KIND_LONG:
        if (*(const int64_t *)field != INT64_MIN)
            v = json_integer(*(const int64_t *)field);
        break;
    case RT_KIND_NUMBER:
        if (isfinite(*(const double *)field))
            v = json_real(*(const double *)field);
        break;
    case RT_KIND_INTS:
        if (((const struct rt_ints *)field)->n)
            v = ints(field, o->name, axes, pairs);
        break;
    default:
        if (o->kind == RT_KIND_TEXT && !*(const char *const *)field)
            break; /* not given, which the text calls none */
        if (*t &&
            (o->names == RT_NAMES_INIT || o->names == RT_NAMES_REGULARIZER ||
             o->names == RT_NAMES_CONSTRAINT))
            v = rt_keras_unspec(o->names, t);
        else if (*t && o->names == RT_NAMES_WRAPPED)
            v = unwrapped(t);
        else if (*t && o->names == RT_NAMES_ACTIVATION)
            v = json_string(rt_keras_activation(t, true));
        else if (*t)
            v = json_string(t);
        break;
    }
    rt_str_release(&text);
    return v ? v : json_null();
}

/* ---- configs ------------------------------------------------------------- */

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; p && (p = strstr(p, word)); p += n)
        if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ' '))
            return true;
    return false;
}

/* Takes out what Keras' class does not have, where it is as by default. */
static void leave_out(json_t *config, const char *lacks,
                      const struct rt_opt *opts, size_t args_size,
                      const void *args)
{
    const struct rt_opt *o;
    void *plain = rt_args_default(opts, sizeof(struct rt_opt), args_size);
    for (int i = 0; (o = rt_opt_at(opts, sizeof(struct rt_opt), i)); i++) {
        struct rt_str is = RT_STR_INIT, was = RT_STR_INIT;
        rt_args_value(o, args, &is);
        rt_args_value(o, plain, &was);
        if (has_word(lacks, o->name) && !strcmp(rt_str_c(&is), rt_str_c(&was)))
            json_object_del(config, o->name);
        rt_str_release(&is);
        rt_str_release(&was);
    }
    rt_args_free(plain);
}

static json_t *config_of(const struct rt_opt *opts, size_t args_size,
                         const void *args, int axes, bool pairs,
                         const char *lacks)
{
    json_t *config = json_object();
    const struct rt_opt *o;
    for (int i = 0; (o = rt_opt_at(opts, sizeof(struct rt_opt), i)); i++)
        json_object_set_new(config, o->name, value(o, args, axes, pairs));
    if (lacks)
        leave_out(config, lacks, opts, args_size, args);
    return config;
}

struct json_t *rt_keras_config(const struct rt_opt *opts, size_t args_size,
                               const void *args, const char *lacks)
{
    return config_of(opts, args_size, args, 0, false, lacks);
}

struct json_t *rt_keras_layer_config(const struct rt_layer *type,
                                     const void *args)
{
    json_t *config = config_of(type->opts, type->args_size, args, type->axes,
                               type->pairs, type->keras_lacks);
    /* whoever reads it may have Keras set to channels_first */
    if (type->axes > 1 || type->keras_channels)
        json_object_set_new(config, "data_format",
                            json_string("channels_last"));
    return config;
}

/* ---- specs --------------------------------------------------------------- */

static json_t *unspec_regularizer(const char *spec)
{
    struct rt_regularizer_args a;
    char *text = rt_regularizer_expression(spec);
    if (text) { /* of ours alone: Keras wants it in custom_objects */
        json_t *v = class_and_config("Expression",
                                     json_pack("{s:s}", "expression", text));
        free(text);
        return v;
    }
    return rt_regularizer_find(spec, &a, NULL)
               ? json_null()
               : class_and_config(
                     "L1L2", json_pack("{s:f, s:f}", "l1", a.l1, "l2", a.l2));
}

static json_t *unspec_init(const char *name, const struct rt_keras_record *r,
                           const void *args)
{
    for (const struct rt_keras_scaling *s = rt_keras_scalings; s->name; s++)
        if (!strcmp(s->name, name))
            return class_and_config(
                "VarianceScaling",
                json_pack("{s:f, s:s, s:s, s:n}", "scale", s->scale, "mode",
                          s->mode, "distribution", s->spread, "seed"));
    return class_and_config(r->keras,
                            rt_keras_config(r->opts, r->args_size, args, NULL));
}

struct json_t *rt_keras_unspec(int names, const char *spec)
{
    char *name;
    const char *const *words;
    int n;
    struct rt_keras_record r;
    json_t *v = NULL;
    if (names == RT_NAMES_REGULARIZER)
        return unspec_regularizer(spec);
    if (rt_spec_split(spec, &name, &words, &n, NULL))
        return json_string(spec);
    if (rt_keras_find(names, name, &r)) {
        void *args = rt_args_parse(r.opts, sizeof(struct rt_opt), r.args_size,
                                   words, n, NULL);
        if (args && names == RT_NAMES_INIT)
            v = unspec_init(r.name, &r, args);
        else if (args && !n && r.text)
            v = json_string(r.text);
        else if (args && r.keras)
            v = class_and_config(
                r.keras, rt_keras_config(r.opts, r.args_size, args, NULL));
        rt_args_free(args);
    }
    if (!v)
        v = json_string(name);
    free(name);
    return v;
}
