/* A model_config becomes a model: a Sequential layer by layer, a functional
 * model call by call as their inputs come to be. */
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "files/keras_map.h"
#include "files/keras_parts.h"
#include "graph/op.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More layers, or calls, than any model has. */
enum { MOST = 10000 };

static const char *text_of(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

/* ---- one layer ----------------------------------------------------------- */

static int refuse_nested(const json_t *entry, struct rt_err *err)
{
    const char *class_name = text_of(entry, "class_name");
    static const char *const models[] = { "Sequential", "Model", "Functional",
                                          NULL };
    for (int i = 0; class_name && models[i]; i++)
        if (!strcmp(class_name, models[i]))
            return rt_fail(err, RT_EINVAL,
                           "is a whole model (%s) used as a layer, which "
                           "cannot be read yet",
                           class_name);
    return 0;
}

/* "(none,28,28)" of a batch_input_shape, without its batch. */
static int read_row(const json_t *shape, struct rt_shape *row,
                    struct rt_err *err)
{
    size_t n = json_array_size(shape);
    if (n < 2 || n > RT_RANK_MAX)
        return rt_fail(err, RT_EFORMAT,
                       "batch_input_shape has %zu axes, want 2 to %d", n,
                       RT_RANK_MAX);
    row->rank = 0;
    for (size_t i = 1; i < n; i++) {
        const json_t *d = json_array_get(shape, i);
        json_int_t v = json_integer_value(d);
        if (!json_is_null(d) && (!json_is_integer(d) || v < 1 || v > 1 << 30))
            return rt_fail(err, RT_EFORMAT,
                           "an axis of batch_input_shape is no size");
        row->dim[row->rank++] = json_is_null(d) ? RT_DIM_ANY : (int)v;
    }
    return 0;
}

/* The size of all batches, where the file says one. */
static int read_batch(struct rt_model *m, struct rt_model_layer *input,
                      const json_t *shape, struct rt_err *err)
{
    const json_t *rows = json_array_get(shape, 0);
    char word[64];
    const char *words[] = { word };
    if (!json_is_integer(rows))
        return 0;
    snprintf(word, sizeof word, "batch_size=%lld",
             (long long)json_integer_value(rows));
    return rt_model_change(m, &input, 1, words, 1, err);
}

static struct rt_model_layer *add_input(struct rt_model *m, const char *name,
                                        const json_t *config,
                                        struct rt_err *err)
{
    struct rt_shape row;
    const json_t *shape = json_object_get(config, "batch_input_shape");
    if (rt_keras_name_check(name, err))
        return NULL;
    if (!shape)
        shape = json_object_get(config, "batch_shape");
    struct rt_model_layer *l =
        read_row(shape, &row, err) ? NULL : rt_model_input(m, name, &row, err);
    if (l && read_batch(m, l, shape, err))
        l = NULL;
    if (!l)
        rt_err_within(err, "layer '%s'", name);
    return l;
}

static struct rt_model_layer *add_layer(struct rt_model *m, const json_t *entry,
                                        const char *name,
                                        const char *const *from, int n_from,
                                        struct rt_err *err)
{
    const char *class_name = text_of(entry, "class_name");
    const json_t *config = json_object_get(entry, "config");
    struct rt_keras_words words = RT_KERAS_WORDS_INIT;
    struct rt_model_layer *l = NULL;
    if (rt_keras_name_check(name, err))
        return NULL;
    const struct rt_layer *type = NULL;
    if (!class_name || !json_is_object(config))
        rt_fail(err, RT_EFORMAT, "has no class_name and config");
    else if (!refuse_nested(entry, err))
        type = rt_keras_layer(class_name, err);
    if (type && type->max_in == RT_LAYER_NO_INPUT)
        rt_fail(err, RT_EFORMAT, "is an input where none can be");
    else if (type &&
             !rt_keras_words(type->opts, type->axes, config, &words, err))
        l = rt_model_add(m, type, name, from, n_from, rt_keras_words_v(&words),
                         words.own.n, err);
    if (l)
        l->trainable = !json_is_false(json_object_get(config, "trainable"));
    else
        rt_err_within(err, "layer '%s'", name);
    rt_keras_words_release(&words);
    return l;
}

/* ---- Sequential ---------------------------------------------------------- */

static bool is_input(const json_t *entry)
{
    const char *class_name = text_of(entry, "class_name");
    const struct rt_layer *type =
        class_name ? rt_keras_layer(class_name, NULL) : NULL;
    return type && type->max_in == RT_LAYER_NO_INPUT;
}

/* The input that a first layer with a shape stands for. */
static int add_implied(struct rt_model *m, const json_t *config,
                       const json_t *first, struct rt_err *err)
{
    const json_t *own = json_object_get(first, "config");
    json_t *shape = json_object_get(own, "batch_input_shape");
    const char *name = text_of(own, "name");
    if (!shape)
        shape = json_object_get(config, "build_input_shape");
    if (!shape)
        return rt_fail(err, RT_EFORMAT,
                       "the first layer has no batch_input_shape: the shape "
                       "of the input is not known");
    json_t *with = json_pack("{s:O}", "batch_input_shape", shape);
    char *input = rt_xprintf("%s_input", name ? name : "");
    struct rt_model_layer *l = add_input(m, input, with, err);
    json_decref(with);
    free(input);
    return l ? 0 : RT_EFORMAT;
}

static int build_chain(struct rt_model *m, const json_t *config,
                       const json_t *layers, struct rt_model_layer **listed,
                       int *n, struct rt_err *err)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(layers, i, entry)
    {
        const json_t *own = json_object_get(entry, "config");
        const char *name = text_of(own, "name");
        struct rt_model_layer *l = NULL;
        if (i == 0 && is_input(entry)) {
            l = add_input(m, name, own, err);
        } else {
            if (i == 0 && add_implied(m, config, entry, err))
                return err->code;
            l = add_layer(m, entry, name, NULL, 0, err);
        }
        if (!l)
            return err->code;
        listed[(*n)++] = l;
    }
    return rt_model_output(m, NULL, NULL, NAN, err);
}

/* ---- functional models --------------------------------------------------- */

struct entry {
    const json_t *json;
    const char *name;
    const json_t *calls; /* inbound_nodes */
    json_t *all;         /* the same, released in the end */
    int n_calls, made;
    bool input;
    struct rt_model_layer *layer; /* NULL: not made yet */
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
    int most = e->input ? 1 : e->n_calls;
    if ((at && !json_is_integer(at)) || (of && !json_is_integer(of)) || i < 0 ||
        i >= most || k < 0 || k >= RT_TENSORS_MAX) {
        rt_fail(w->err, RT_EFORMAT,
                "names tensor %lld of node %lld of '%s', which has %d node%s",
                (long long)k, (long long)i, name, most, most == 1 ? "" : "s");
        return NULL;
    }
    *node = (int)i;
    *tensor = (int)k;
    return e;
}

static int check_kwargs(const json_t *place, struct rt_err *err)
{
    const json_t *kwargs = json_array_get(place, 3);
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)kwargs, key, v)
    {
        if (!json_is_null(v))
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
static int check_calls(const struct network *w, const struct entry *e)
{
    for (int c = 0; c < e->n_calls; c++) {
        const json_t *call = json_array_get(e->calls, (size_t)c);
        size_t n;
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
            if (check_kwargs(place, w->err))
                return rt_err_within(w->err, "layer '%s'", e->name);
        }
    }
    return 0;
}

static json_t *calls_of(const json_t *entry)
{
    const json_t *calls = json_object_get(entry, "inbound_nodes");
    const char *class_name = text_of(entry, "class_name");
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
        const char *inner = text_of(json_object_get(json, "config"), "name");
        e->json = json;
        e->name = text_of(json, "name") ? text_of(json, "name") : inner;
        e->calls = e->all = calls_of(json);
        e->n_calls = (int)json_array_size(e->calls);
        e->input = is_input(json);
        calls += e->n_calls;
        if (rt_keras_name_check(e->name, w->err))
            return RT_EFORMAT;
        if (entry_of(w, e->name))
            return rt_fail(w->err, RT_EFORMAT, "two layers are called '%s'",
                           e->name);
        if (refuse_nested(json, w->err))
            return rt_err_within(w->err, "layer '%s'", e->name);
        if (!e->n_calls && !e->input)
            return rt_fail(w->err, RT_EFORMAT,
                           "layer '%s' has no inbound node: it reads nothing",
                           e->name);
        if (calls > MOST)
            return rt_fail(w->err, RT_EFORMAT, "more than %d calls of layers",
                           MOST);
        rt_map_set(&w->by_name, e->name, e);
    }
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
        if (!e->input || e->layer)
            return rt_fail(w->err, RT_EFORMAT, "input_layers: '%s' %s", e->name,
                           e->input ? "is there twice" : "is no InputLayer");
        e->layer = add_input(w->m, e->name, json_object_get(e->json, "config"),
                             w->err);
        if (!e->layer)
            return w->err->code;
    }
    for (int i = 0; i < w->n; i++)
        if (w->v[i].input && !w->v[i].layer)
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
        if (!e->layer || (!e->input && node >= e->made))
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
    if (ready && !e->layer) {
        e->layer = add_layer(w->m, e->json, e->name, names, n, w->err);
        rc = e->layer ? 1 : w->err->code;
    } else if (ready) {
        rc = rt_model_call(w->m, e->name, names, n, w->err);
        rc = rc ? rt_err_within(w->err, "layer '%s'", e->name) : 1;
    }
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
        int status = rt_model_output(w->m, place, NULL, NAN, w->err);
        free(place);
        if (status)
            return status;
    }
    return 0;
}

static int build_network(struct rt_model *m, const json_t *config,
                         const json_t *layers, struct rt_model_layer **listed,
                         int *n, struct rt_err *err)
{
    struct network w = { .m = m, .err = err };
    w.v = rt_xcalloc(json_array_size(layers) + 1, sizeof *w.v);
    int status = read_entries(&w, layers);
    if (!status)
        status = add_inputs(&w, json_object_get(config, "input_layers"));
    if (!status)
        status = make_calls(&w);
    if (!status)
        status = add_outputs(&w, json_object_get(config, "output_layers"));
    for (int i = 0; i < w.n && !status; i++)
        listed[(*n)++] = w.v[i].layer;
    rt_map_release(&w.by_name);
    for (int i = 0; i < w.n; i++)
        json_decref(w.v[i].all);
    free(w.v);
    return status;
}

/* ---- both ---------------------------------------------------------------- */

int rt_keras_graph(struct rt_model *m, const struct json_t *model_config,
                   struct rt_model_layer ***listed, int *n, struct rt_err *err)
{
    const char *class_name = text_of(model_config, "class_name");
    const json_t *config = json_object_get(model_config, "config");
    /* up to 2.2.2 a Sequential is the bare list of its layers */
    const json_t *layers =
        json_is_array(config) ? config : json_object_get(config, "layers");
    bool chain = class_name && !strcmp(class_name, "Sequential");
    bool network = class_name && (!strcmp(class_name, "Model") ||
                                  !strcmp(class_name, "Functional"));
    *listed = NULL;
    *n = 0;
    if (!chain && !network)
        return rt_fail(err, RT_EFORMAT,
                       "model_config is of class '%s', want Sequential or "
                       "Model",
                       class_name ? class_name : "");
    if (!json_array_size(layers))
        return rt_fail(err, RT_EFORMAT, "model_config lists no layers");
    if (json_array_size(layers) > MOST)
        return rt_fail(err, RT_EFORMAT, "model_config lists %zu layers",
                       json_array_size(layers));
    *listed = rt_xcalloc(json_array_size(layers) + 1, sizeof **listed);
    return (chain ? build_chain : build_network)(m, config, layers, *listed, n,
                                                 err);
}
