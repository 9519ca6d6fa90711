/* A model_config becomes a model: layers with their options, models in models,
 * and a Sequential layer by layer. What is functional: keras_network.c. */
#include "base/mem.h"
#include "files/keras_map.h"
#include "files/keras_parts.h"
#include "nn/fold.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Models within models, and letters of their names: of more, every layer
 * inside would have a name of any length. */
enum { MOST_LEVELS = 10, MOST_LETTERS = 250 };

const char *rt_keras_member(const struct json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static const json_t *layers_of(const json_t *model)
{
    /* up to 2.2.2 a Sequential is the bare list of its layers */
    const json_t *config = json_object_get(model, "config");
    return json_is_array(config) ? config : json_object_get(config, "layers");
}

static bool is_chain(const json_t *entry)
{
    const char *class_name = rt_keras_member(entry, "class_name");
    return class_name && !strcmp(class_name, "Sequential");
}

bool rt_keras_is_model(const struct json_t *entry)
{
    const char *class_name = rt_keras_member(entry, "class_name");
    return class_name && (is_chain(entry) || !strcmp(class_name, "Model") ||
                          !strcmp(class_name, "Functional"));
}

bool rt_keras_is_input(const struct json_t *entry)
{
    const char *class_name = rt_keras_member(entry, "class_name");
    const struct rt_layer *type =
        class_name ? rt_keras_layer(class_name, NULL) : NULL;
    return type && type->max_in == RT_LAYER_NO_INPUT;
}

/* ---- one layer ----------------------------------------------------------- */

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

struct rt_model_layer *rt_keras_add_input(struct rt_model *m, const char *name,
                                          const struct json_t *config,
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
    const char *class_name = rt_keras_member(entry, "class_name");
    const json_t *config = json_object_get(entry, "config");
    struct rt_keras_words words = RT_KERAS_WORDS_INIT;
    struct rt_model_layer *l = NULL;
    const struct rt_layer *type = NULL;
    if (!class_name || !json_is_object(config))
        rt_fail(err, RT_EFORMAT, "has no class_name and config");
    else
        type = rt_keras_layer(class_name, err);
    if (type && type->max_in == RT_LAYER_NO_INPUT)
        rt_fail(err, RT_EFORMAT, "is an input where none can be");
    else if (type &&
             !rt_keras_words(type->opts, type->axes, config, &words, err))
        l = rt_model_add(m, type, name, from, n_from, rt_keras_words_v(&words),
                         words.own.n, err);
    if (l)
        l->trainable = !json_is_false(json_object_get(config, "trainable"));
    rt_keras_words_release(&words);
    return l;
}

/* ---- models in models ---------------------------------------------------- */

/* The model that an entry is, or that it wraps, or NULL. */
static const json_t *model_in(const json_t *entry)
{
    if (rt_keras_is_wrapped(entry))
        return json_object_get(json_object_get(entry, "config"), "layer");
    return rt_keras_is_model(entry) ? entry : NULL;
}

/* levels: how deep models lie in models; returns how many layers are made, as
 * one of the second level is made for itself and again for the first. */
static size_t count_layers(const json_t *model, int depth, int *levels)
{
    size_t i, n = 0;
    const json_t *entry;
    *levels = depth > *levels ? depth : *levels;
    if (depth > MOST_LEVELS)
        return 0;
    json_array_foreach(layers_of(model), i, entry)
    {
        const json_t *in = model_in(entry);
        n += in ? count_layers(in, depth + 1, levels) : (size_t)depth + 1;
    }
    return n;
}

static int check_size(const json_t *model, struct rt_err *err)
{
    int levels = 0;
    size_t n = count_layers(model, 0, &levels);
    if (levels > MOST_LEVELS)
        return rt_fail(err, RT_EFORMAT, "models within models over %d levels",
                       MOST_LEVELS);
    if (n > RT_KERAS_MOST)
        return rt_fail(err, RT_EFORMAT,
                       "model_config lists %zu layers, those of models within "
                       "once for each level; want at most %d",
                       n, RT_KERAS_MOST);
    return 0;
}

/* Why: every use of a model is one more call of all its layers, so that a short
 * file could ask for any number of them. */
int rt_keras_room(const struct rt_model *m, const struct rt_model *inner,
                  struct rt_err *err)
{
    if (m->n_order + inner->n_order <= RT_KERAS_MOST)
        return 0;
    return rt_fail(err, RT_EFORMAT, "more than %d calls of layers",
                   RT_KERAS_MOST);
}

/* As a batch_input_shape, what a model without one of its own will read. */
static json_t *shape_read(const struct rt_model *m, const char *const *from,
                          int n_from)
{
    struct rt_place p = m->cursor;
    if (n_from && rt_model_place(m, from[0], &p, NULL))
        return NULL;
    if (!p.layer)
        return NULL;
    const struct rt_shape *s = &rt_place_node(&p)->shape;
    json_t *list = json_pack("[n]");
    for (int i = 1; i < s->rank; i++)
        json_array_append_new(list, s->dim[i] == RT_DIM_ANY
                                        ? json_null()
                                        : json_integer(s->dim[i]));
    return list;
}

static struct rt_model_group *add_model(struct rt_model *m, const json_t *entry,
                                        const char *name,
                                        const char *const *from, int n_from,
                                        struct rt_err *err)
{
    if (strlen(name) > MOST_LETTERS) {
        rt_fail(err, RT_EFORMAT, "the name of a model in it has %zu letters",
                strlen(name));
        return NULL;
    }
    struct rt_model *inner = rt_model_new(name, m->seed);
    struct rt_fold_item *listed;
    struct rt_model_group *g = NULL;
    json_t *shape = shape_read(m, from, n_from);
    json_t *model = rt_keras_is_wrapped(entry)
                        ? rt_keras_distributed(entry, shape)
                        : json_incref((json_t *)(uintptr_t)entry);
    int n;
    inner->any_names = true;
    inner->dialect = m->dialect;
    inner->customs = rt_customs_ref(m->customs);
    if (!rt_keras_graph(inner, model, shape, &listed, &n, err) &&
        !rt_keras_room(m, inner, err))
        g = rt_model_nest(m, inner, name, from, n_from, err);
    json_decref(model);
    json_decref(shape);
    free(listed);
    rt_model_free(inner);
    return g;
}

int rt_keras_add(struct rt_model *m, const struct json_t *entry,
                 const char *name, const char *const *from, int n_from,
                 struct rt_fold_item *out, struct rt_err *err)
{
    *out = (struct rt_fold_item){ 0 };
    if (rt_keras_name_check(name, err))
        return err->code;
    if (rt_keras_is_model(entry) || rt_keras_is_wrapped(entry))
        out->group = add_model(m, entry, name, from, n_from, err);
    else
        out->layer = add_layer(m, entry, name, from, n_from, err);
    if (!out->group && !out->layer)
        return err->code;
    out->name = out->group ? out->group->name : out->layer->name;
    return 0;
}

/* ---- Sequential ---------------------------------------------------------- */

/* The shape that the first layer says it reads, or the first of the model that
 * it is; NULL: none. */
static json_t *first_shape(const json_t *entry)
{
    const json_t *own = json_object_get(entry, "config");
    json_t *shape = json_object_get(own, "batch_input_shape");
    if (!shape)
        shape = json_object_get(own, "batch_shape"); /* of an InputLayer */
    if (!shape && rt_keras_is_model(entry))
        shape = first_shape(json_array_get(layers_of(entry), 0));
    return shape ? shape : json_object_get(own, "build_input_shape");
}

/* The input that a first layer with a shape stands for; shape: what else is
 * known of it, or NULL. */
static int add_implied(struct rt_model *m, const json_t *config,
                       const json_t *first, const char *name, json_t *shape,
                       struct rt_err *err)
{
    json_t *own = first_shape(first);
    if (!own)
        own = json_object_get(config, "build_input_shape");
    if (!own)
        own = shape;
    if (!own)
        return rt_fail(err, RT_EFORMAT,
                       "the first layer has no batch_input_shape: the shape "
                       "of the input is not known");
    json_t *with = json_pack("{s:O}", "batch_input_shape", own);
    char *input = rt_xprintf("%s_input", name);
    struct rt_model_layer *l = rt_keras_add_input(m, input, with, err);
    json_decref(with);
    free(input);
    return l ? 0 : RT_EFORMAT;
}

/* A name from the config. A model of before 2.2.3 has none there: the one that
 * Keras would give it, in the order of its class. */
static char *name_in_chain(const json_t *layers, size_t at)
{
    const json_t *entry = json_array_get(layers, at);
    const char *name =
        rt_keras_member(json_object_get(entry, "config"), "name");
    int number = 1;
    if (!name && rt_keras_is_model(entry))
        name = rt_keras_member(entry, "name"); /* by this program */
    if (name || !rt_keras_is_model(entry))
        return rt_xstrdup(name ? name : "");
    for (size_t i = 0; i < at; i++)
        number += is_chain(json_array_get(layers, i));
    return rt_xprintf("sequential_%d", number);
}

static int add_in_chain(struct rt_model *m, const json_t *config,
                        const json_t *layers, size_t at, const char *name,
                        json_t *shape, struct rt_fold_item *out,
                        struct rt_err *err)
{
    const json_t *entry = json_array_get(layers, at);
    if (at == 0 && rt_keras_is_input(entry)) {
        out->layer =
            rt_keras_add_input(m, name, json_object_get(entry, "config"), err);
        out->name = out->layer ? out->layer->name : NULL;
        return out->layer ? 0 : err->code;
    }
    if (at == 0 && add_implied(m, config, entry, name, shape, err))
        return err->code;
    return rt_keras_add(m, entry, name, NULL, 0, out, err)
               ? rt_err_within(err, "layer '%s'", name)
               : 0;
}

static int build_chain(struct rt_model *m, const json_t *config,
                       const json_t *layers, json_t *shape,
                       struct rt_fold_item *listed, int *n, struct rt_err *err)
{
    int status = 0;
    for (size_t i = 0; i < json_array_size(layers) && !status; i++) {
        char *name = name_in_chain(layers, i);
        status = add_in_chain(m, config, layers, i, name, shape,
                              &listed[(*n)++], err);
        free(name);
    }
    return status ? status : rt_model_output(m, NULL, NULL, NAN, err);
}

/* ---- both ---------------------------------------------------------------- */

int rt_keras_graph(struct rt_model *m, const struct json_t *model,
                   struct json_t *shape, struct rt_fold_item **listed, int *n,
                   struct rt_err *err)
{
    const char *class_name = rt_keras_member(model, "class_name");
    const json_t *config = json_object_get(model, "config");
    const json_t *layers = layers_of(model);
    *listed = NULL;
    *n = 0;
    if (!rt_keras_is_model(model))
        return rt_fail(err, RT_EFORMAT,
                       "model_config is of class '%s', want Sequential or "
                       "Model",
                       class_name ? class_name : "");
    if (!json_array_size(layers))
        return rt_fail(err, RT_EFORMAT, "model_config lists no layers");
    if (check_size(model, err))
        return RT_EFORMAT;
    *listed = rt_xcalloc(json_array_size(layers) + 1, sizeof **listed);
    if (is_chain(model))
        return build_chain(m, config, layers, shape, *listed, n, err);
    return rt_keras_network(m, config, layers, *listed, n, err);
}
