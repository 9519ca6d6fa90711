/* A functional model's config becomes a model, call by call as their inputs
 * come to be. */
#include "base/map.h"
#include "base/mem.h"
#include "base/schema.h"
#include "files/keras_map.h"
#include "files/keras_parts.h"
#include "graph/op.h"
#include "nn/fold.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const json_t *json;
    const char *name;
    const json_t *calls; /* inbound_nodes */
    json_t *all;         /* the same, released in the end */
    int n_calls, made;
    int first;   /* number of its first call: a model has one for itself */
    int n_still; /* calls that say training=false */
    bool input, nested;
    struct rt_fold_item is; /* empty: not made yet */
};
struct network {
    struct rt_model *m;
    struct entry *v;
    int n;
    struct rt_map by_name;
    struct rt_err *err;
};

static struct entry *entry_of(const struct network *w, const char *name)
{
    return name ? rt_map_get(&w->by_name, name) : NULL;
}

/* [name, node, tensor] of something that exists in the file. */
static struct entry *read_place(const struct network *w, const json_t *place,
                                int *node, int *tensor)
{
    const char *name = json_string_value(json_array_get(place, 0));
    struct entry *e = entry_of(w, name);
    const json_t *at = json_array_get(place, 1), *of = json_array_get(place, 2);
    if (!name) {
        rt_fail(w->err, RT_EFORMAT, "is no [layer, node, tensor]");
        return NULL;
    }
    if (!e) {
        rt_fail(w->err, RT_EFORMAT, "names layer '%s', which is not there",
                name);
        return NULL;
    }
    json_int_t i = json_integer_value(at), k = json_integer_value(of);
    int first = e->first, most = first + (e->input ? 1 : e->n_calls);
    if ((at && !json_is_integer(at)) || (of && !json_is_integer(of)) ||
        i < first || i >= most || k < 0 ||
        k >= (e->nested ? RT_KERAS_MOST : RT_TENSORS_MAX)) {
        rt_fail(w->err, RT_EFORMAT,
                "names tensor %lld of node %lld of '%s', which has %d node%s%s",
                (long long)k, (long long)i, name, most, most == 1 ? "" : "s",
                first ? ", the first its own" : "");
        return NULL;
    }
    *node = (int)i - first;
    *tensor = (int)k;
    return e;
}

/* still: whether the call says training=false. */
static int check_kwargs(const json_t *place, bool *still, struct rt_err *err)
{
    const json_t *kwargs = json_array_get(place, 3);
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)kwargs, key, v)
    {
        if (!strcmp(key, "training") && json_is_false(v))
            *still = true;
        else if (!json_is_null(v))
            return rt_fail(err, RT_EINVAL,
                           "is called with the argument '%s', which cannot "
                           "be read",
                           key);
    }
    return 0;
}

/* A call's list of places; a single one may stand without its list. */
static const json_t *place_at(const json_t *call, size_t i, size_t *n)
{
    bool single = json_is_string(json_array_get(call, 0));
    *n = single ? 1 : json_array_size(call);
    return single ? call : json_array_get(call, i);
}

/* The calls of a layer whose inputs Keras takes by name, with those behind the
 * first in the list of places, too; caller releases. */
static json_t *list_named(const struct rt_layer *type, const json_t *calls)
{
    json_t *all = json_deep_copy(calls), *call;
    size_t i;
    json_array_foreach(all, i, call)
    {
        json_t *named = json_array_get(json_array_get(call, 0), 3);
        for (const char *name = type->keras_inputs; name && *name;) {
            size_t n = strcspn(name, " ");
            char key[32];
            snprintf(key, sizeof key, "%.*s", (int)n, name);
            json_t *place = json_object_get(named, key);
            if (json_is_array(place))
                json_array_append(call, place);
            if (json_is_array(place))
                json_object_del(named, key);
            name += n + (name[n] != '\0');
        }
    }
    return all;
}

/* All that the file says of calls is looked at before any is made. */
static int check_calls(const struct network *w, struct entry *e)
{
    for (int c = 0; c < e->n_calls; c++) {
        const json_t *call = json_array_get(e->calls, (size_t)c);
        size_t n;
        bool still = false;
        place_at(call, 0, &n);
        if (n < 1 || n > RT_OP_IN_MAX)
            return rt_fail(w->err, RT_EFORMAT,
                           "layer '%s': %zu inputs, want 1 to %d", e->name, n,
                           RT_OP_IN_MAX);
        for (size_t i = 0; i < n; i++) {
            const json_t *place = place_at(call, i, &n);
            int node, tensor;
            if (!read_place(w, place, &node, &tensor))
                return rt_err_within(w->err, "layer '%s': an inbound node",
                                     e->name);
            if (check_kwargs(place, &still, w->err))
                return rt_err_within(w->err, "layer '%s'", e->name);
        }
        e->n_still += still;
    }
    return 0;
}

static json_t *calls_of(const json_t *entry)
{
    const json_t *calls = json_object_get(entry, "inbound_nodes");
    const char *class_name = rt_keras_member(entry, "class_name");
    const struct rt_layer *type =
        class_name ? rt_keras_layer(class_name, NULL) : NULL;
    if (type && type->keras_inputs && json_is_array(calls))
        return list_named(type, calls);
    return json_incref((json_t *)(uintptr_t)calls);
}

static int read_entries(struct network *w, const json_t *layers)
{
    size_t i;
    const json_t *json;
    int calls = 0;
    json_array_foreach(layers, i, json)
    {
        struct entry *e = &w->v[w->n++];
        const char *inner =
            rt_keras_member(json_object_get(json, "config"), "name");
        e->json = json;
        e->name = rt_keras_member(json, "name") ? rt_keras_member(json, "name")
                                                : inner;
        e->calls = e->all = calls_of(json);
        e->n_calls = (int)json_array_size(e->calls);
        e->input = rt_keras_is_input(json);
        e->nested = rt_keras_is_model(json) || rt_keras_is_wrapped(json);
        e->first = e->nested;
        calls += e->n_calls;
        if (rt_keras_name_check(e->name, w->err))
            return RT_EFORMAT;
        if (entry_of(w, e->name))
            return rt_fail(w->err, RT_EFORMAT, "two layers are called '%s'",
                           e->name);
        if (!e->n_calls && !e->input)
            return rt_fail(w->err, RT_EFORMAT,
                           "layer '%s' has no inbound node: it reads nothing",
                           e->name);
        if (calls > RT_KERAS_MOST)
            return rt_fail(w->err, RT_EFORMAT, "more than %d calls of layers",
                           RT_KERAS_MOST);
        rt_map_set(&w->by_name, e->name, e);
    }
    return 0;
}

/* Keras counts what a model gives by itself as its first node, so that its
 * calls begin with 1; tf.keras does not for a Sequential that had no shape. */
static void find_first(struct network *w, const json_t *place)
{
    struct entry *e = entry_of(w, json_string_value(json_array_get(place, 0)));
    const json_t *node = json_array_get(place, 1);
    if (e && e->nested && json_is_integer(node) && !json_integer_value(node))
        e->first = 0;
}

static void find_firsts(struct network *w, const json_t *outputs)
{
    size_t n;
    place_at(outputs, 0, &n);
    for (size_t i = 0; i < n; i++)
        find_first(w, place_at(outputs, i, &n));
    for (int k = 0; k < w->n; k++)
        for (int c = 0; c < w->v[k].n_calls; c++) {
            const json_t *call = json_array_get(w->v[k].calls, (size_t)c);
            place_at(call, 0, &n);
            for (size_t i = 0; i < n; i++)
                find_first(w, place_at(call, i, &n));
        }
}

static int check_entries(struct network *w, const json_t *outputs)
{
    find_firsts(w, outputs);
    for (int k = 0; k < w->n; k++)
        if (check_calls(w, &w->v[k]))
            return w->err->code;
    return 0;
}

/* The inputs, in the order that the model has them in. */
static int add_inputs(struct network *w, const json_t *list)
{
    size_t n;
    place_at(list, 0, &n);
    for (size_t i = 0; i < n; i++) {
        int node, tensor;
        struct entry *e = read_place(w, place_at(list, i, &n), &node, &tensor);
        if (!e)
            return rt_err_within(w->err, "input_layers");
        if (!e->input || e->is.layer)
            return rt_fail(w->err, RT_EFORMAT, "input_layers: '%s' %s", e->name,
                           e->input ? "is there twice" : "is no InputLayer");
        e->is.layer = rt_keras_add_input(
            w->m, e->name, json_object_get(e->json, "config"), w->err);
        if (!e->is.layer)
            return w->err->code;
        e->is.name = e->is.layer->name;
    }
    for (int i = 0; i < w->n; i++)
        if (w->v[i].input && !w->v[i].is.layer)
            return rt_fail(w->err, RT_EFORMAT,
                           "input '%s' is not among input_layers",
                           w->v[i].name);
    return 0;
}

/* "name:node:tensor" of what a call reads; false if one is not made yet. */
static bool gather(const struct network *w, const json_t *call,
                   char *from[RT_OP_IN_MAX], int *n_from)
{
    size_t n;
    place_at(call, 0, &n);
    *n_from = 0;
    for (size_t i = 0; i < n; i++) {
        int node, tensor;
        struct entry *e = read_place(w, place_at(call, i, &n), &node, &tensor);
        if (!e->input ? node >= e->made : !e->is.layer)
            return false;
        from[(*n_from)++] = rt_xprintf("%s:%d:%d", e->name, node, tensor);
    }
    return true;
}

/* The next call of an entry if its inputs are there: 1 made, 0 not yet. */
static int make_call(struct network *w, struct entry *e)
{
    char *from[RT_OP_IN_MAX];
    int n, rc = 0;
    const json_t *call = json_array_get(e->calls, (size_t)e->made);
    bool ready = gather(w, call, from, &n);
    const char *const *names = (const char *const *)from;
    if (ready && !e->made)
        rc = rt_keras_add(w->m, e->json, e->name, names, n, &e->is, w->err);
    else if (ready && e->nested &&
             rt_keras_room(w->m, e->is.group->inner, w->err))
        rc = w->err->code;
    else if (ready)
        rc = rt_model_call(w->m, e->name, names, n, w->err);
    if (rc)
        rt_err_within(w->err, "layer '%s'", e->name);
    else
        rc = ready;
    e->made += rc > 0;
    for (int i = 0; i < n; i++)
        free(from[i]);
    return rc;
}

static int say_stuck(const struct network *w)
{
    struct rt_str names = RT_STR_INIT;
    for (int i = 0; i < w->n && names.n < 200; i++)
        if (w->v[i].made < w->v[i].n_calls)
            rt_str_addf(&names, "%s'%s'", names.n ? ", " : "", w->v[i].name);
    rt_fail(w->err, RT_EFORMAT,
            "a cycle: no order in which %s could be computed",
            rt_str_c(&names));
    rt_str_release(&names);
    return RT_EFORMAT;
}

/* Calls in the order of the file, those whose inputs are still missing in a
 * later round. */
static int make_calls(struct network *w)
{
    bool moved = true, left = true;
    while (moved && left) {
        moved = left = false;
        for (int i = 0; i < w->n; i++) {
            struct entry *e = &w->v[i];
            int rc = 1;
            while (!e->input && e->made < e->n_calls && rc > 0) {
                rc = make_call(w, e);
                if (rc < 0)
                    return rc;
                moved |= rc > 0;
            }
            left |= !e->input && e->made < e->n_calls;
        }
    }
    return left ? say_stuck(w) : 0;
}

/* ---- training=false ------------------------------------------------------ */

/* Whether the layer draws while its model trains. */
static bool draws(const struct rt_model *m, const struct rt_model_layer *l)
{
    const unsigned draw = RT_OP_RANDOM | RT_OP_TRAIN_ONLY;
    static const char *const rates[] = { "dropout", "recurrent_dropout" };
    bool any = false;
    for (int i = 0; i < rt_graph_n(m->graph); i++) {
        const struct rt_node *node = rt_graph_node(m->graph, i);
        any |= node->kind == RT_NODE_OP && node->where &&
               !strcmp(node->where, l->name) &&
               (node->op->flags & draw) == draw;
    }
    for (int i = 0; i < 2; i++) {
        const struct rt_opt *o =
            rt_opt_find(l->type->opts, sizeof *o, rates[i]);
        struct rt_str rate = RT_STR_INIT;
        if (o)
            rt_args_value(o, l->args, &rate);
        any |= o && strcmp(rt_str_c(&rate), "0") != 0;
        rt_str_release(&rate);
    }
    return any;
}

/* A layer that is called so does in training what it does otherwise. Most do;
 * one that is frozen and takes the batch's numbers is told not to. */
static int keep_still(const struct network *w, const struct entry *e,
                      struct rt_model_layer *l)
{
    bool drawing = draws(w->m, l);
    if (!drawing && !l->type->frozen)
        return 0;
    if (drawing || l->trainable || e->n_still < e->n_calls)
        return rt_fail(w->err, RT_EINVAL,
                       "is called with training=false, which cannot be read "
                       "where '%s' %s",
                       l->name,
                       drawing        ? "draws while its model trains"
                       : l->trainable ? "learns"
                                      : "is called without it, too");
    l->norm = RT_NORM_INFER;
    return 0;
}

static int keep_all_still(const struct network *w)
{
    struct rt_model_layer **v =
        rt_xcalloc((size_t)w->m->n_layers + 1, sizeof(struct rt_model_layer *));
    int status = 0;
    for (int i = 0; i < w->n && !status; i++) {
        const struct entry *e = &w->v[i];
        int n = e->n_still ? rt_fold_layers(&e->is, v) : 0;
        for (int k = 0; k < n && !status; k++)
            if (keep_still(w, e, v[k]))
                status = rt_err_within(w->err, "layer '%s'", e->name);
    }
    free(v);
    return status;
}

static int add_outputs(struct network *w, const json_t *list)
{
    size_t n;
    place_at(list, 0, &n);
    if (!n)
        return rt_fail(w->err, RT_EFORMAT, "output_layers names no layer");
    for (size_t i = 0; i < n; i++) {
        int node, tensor;
        struct entry *e = read_place(w, place_at(list, i, &n), &node, &tensor);
        if (!e)
            return rt_err_within(w->err, "output_layers");
        char *place = rt_xprintf("%s:%d:%d", e->name, node, tensor);
        int before = w->m->n_outputs;
        int status = rt_model_output(w->m, place, NULL, NAN, w->err);
        if (!status && w->m->n_outputs == before)
            status = rt_fail(w->err, RT_EINVAL,
                             "output_layers names '%s' twice", place);
        free(place);
        if (status)
            return status;
    }
    return 0;
}

int rt_keras_network(struct rt_model *m, const struct json_t *config,
                     const struct json_t *layers, struct rt_fold_item *listed,
                     int *n, struct rt_err *err)
{
    struct network w = { .m = m, .err = err };
    const json_t *outputs = json_object_get(config, "output_layers");
    w.v = rt_xcalloc(json_array_size(layers) + 1, sizeof *w.v);
    int status = read_entries(&w, layers);
    if (!status)
        status = check_entries(&w, outputs);
    if (!status)
        status = add_inputs(&w, json_object_get(config, "input_layers"));
    if (!status)
        status = make_calls(&w);
    if (!status)
        status = keep_all_still(&w);
    if (!status)
        status = add_outputs(&w, outputs);
    for (int i = 0; i < w.n && !status; i++)
        listed[(*n)++] = w.v[i].is;
    rt_map_release(&w.by_name);
    for (int i = 0; i < w.n; i++)
        json_decref(w.v[i].all);
    free(w.v);
    return status;
}
