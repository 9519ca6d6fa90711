/* Losses and metrics of users' own in a model file: Keras knows them by their
 * names alone (custom_objects), so what computes them stands in an attribute
 * beside its own, retort_custom_objects, which Keras does not look at. */
#include "base/mem.h"
#include "base/vec.h"
#include "files/keras_parts.h"

#include <jansson.h>
#include <string.h>

/* ---- writing ------------------------------------------------------------- */

static bool has(char *const *list, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(list[i], name))
            return true;
    return false;
}

static bool is_used(const struct rt_compiled *c, const struct rt_custom *of)
{
    for (int i = 0; i < c->n_outputs; i++) {
        const struct rt_compile_output *o = &c->outputs[i];
        if ((o->loss && !strcmp(o->loss, of->name)) ||
            has(o->metrics, o->n_metrics, of->name))
            return true;
    }
    return false;
}

static json_t *definition(const struct rt_custom *c)
{
    json_t *v =
        json_pack("{s:s, s:s, s:s}", "kind", c->metric ? "metric" : "loss",
                  "name", c->name, "expression", rt_expr_text(c->expr));
    if (c->metric && c->mode == RT_MODE_MAX)
        json_object_set_new(v, "mode", json_string("max"));
    if (c->label.rank >= 0) {
        json_t *label = json_array();
        for (int i = 0; i < c->label.rank; i++)
            json_array_append_new(label, json_integer(c->label.dim[i]));
        json_object_set_new(v, "label", label);
    }
    return v;
}

struct json_t *rt_keras_customs(const struct rt_compiled *c)
{
    json_t *list = json_array();
    for (int i = 0; c->customs && i < c->customs->n; i++)
        if (is_used(c, c->customs->v[i]))
            json_array_append_new(list, definition(c->customs->v[i]));
    if (json_array_size(list))
        return list;
    json_decref(list);
    return NULL;
}

/* ---- reading ------------------------------------------------------------- */

static int read_label(const json_t *v, struct rt_shape *label,
                      struct rt_err *err)
{
    size_t i;
    const json_t *one;
    if (!json_is_array(v) || json_array_size(v) >= RT_RANK_MAX)
        return rt_fail(err, RT_EFORMAT, "label is no shape");
    json_array_foreach(v, i, one)
    {
        json_int_t dim = json_integer_value(one);
        if (dim < 1 || dim > 1000000000)
            return rt_fail(err, RT_EFORMAT, "label is no shape");
        label->dim[label->rank++] = (int)dim;
    }
    return 0;
}

static const char *text_of(const json_t *v, const char *key)
{
    const char *text = json_string_value(json_object_get(v, key));
    return text ? text : "";
}

static int read_one(struct rt_model *m, const json_t *v, struct rt_err *err)
{
    struct rt_shape label = { .rank = 0 };
    const json_t *shape = json_object_get(v, "label");
    struct rt_custom_words w = {
        .name = text_of(v, "name"),
        .text = text_of(v, "expression"),
        .metric = !strcmp(text_of(v, "kind"), "metric"),
        .label = shape ? &label : NULL,
        .mode = strcmp(text_of(v, "mode"), "max") ? RT_MODE_MIN : RT_MODE_MAX,
    };
    if (rt_customs_find(m->customs, w.name, true))
        return 0; /* what the session says of the name counts */
    struct rt_customs *made = NULL;
    if (!shape || !read_label(shape, &label, err))
        made = rt_customs_define(m->customs, &w, err);
    if (!made)
        return rt_err_within(err, "'%.100s'", w.name);
    rt_customs_unref(m->customs);
    m->customs = made;
    return 0;
}

int rt_keras_take_customs(struct rt_model *m, const struct json_t *list,
                          struct rt_err *err)
{
    enum { MOST = 1000 };
    size_t i;
    const json_t *one;
    int status = 0;
    if (json_array_size(list) > MOST)
        return rt_fail(err, RT_EFORMAT, "it has %zu definitions, want %d",
                       json_array_size(list), MOST);
    json_array_foreach(list, i, one)
    {
        if (!status)
            status = read_one(m, one, err);
    }
    return status;
}
