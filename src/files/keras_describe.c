/* A model as Keras' model_config: layers with their options and what they
 * read, models within it with all of theirs. */
#include "files/keras_map.h"
#include "files/keras_parts.h"
#include "nn/fold.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct describing {
    const struct rt_model *m;
    const struct rt_fold *f;
    enum rt_dialect dialect;
};

/* ---- layers -------------------------------------------------------------- */

/* What an input takes, with the size of its batches if it has one. */
static json_t *batch_shape(const struct rt_model_layer *input)
{
    const struct rt_shape *s = &input->calls[0].out[0]->shape;
    int batch = rt_input_batch(input);
    json_t *list = json_array();
    json_array_append_new(list, batch ? json_integer(batch) : json_null());
    for (int i = 1; i < s->rank; i++)
        json_array_append_new(list, s->dim[i] == RT_DIM_ANY
                                        ? json_null()
                                        : json_integer(s->dim[i]));
    return list;
}

static json_t *input_config(const struct rt_model_layer *l)
{
    return json_pack("{s:o, s:s, s:b, s:s}", "batch_input_shape",
                     batch_shape(l), "dtype", "float32", "sparse", 0, "name",
                     l->name);
}

static json_t *plain_config(const struct rt_model_layer *l,
                            const struct rt_model_layer *input,
                            enum rt_dialect dialect)
{
    json_t *config =
        json_pack("{s:s, s:b}", "name", l->name, "trainable", l->trainable);
    if (input)
        json_object_set_new(config, "batch_input_shape", batch_shape(input));
    if (input || dialect >= RT_KERAS_2_3_1)
        json_object_set_new(config, "dtype", json_string("float32"));
    json_t *own = rt_keras_layer_config(l->type, l->args);
    json_object_update(config, own);
    json_decref(own);
    return config;
}

/* input: what the first layer listed of a Sequential reads, or NULL. */
static json_t *layer_config(const struct describing *w,
                            const struct rt_model_layer *l,
                            const struct rt_model_layer *input)
{
    json_t *config = l->type->max_in == RT_LAYER_NO_INPUT
                         ? input_config(l)
                         : plain_config(l, input, w->dialect);
    rt_keras_fill(l->type->keras, config, w->dialect);
    return config;
}

/* The first call of a model is its second node: it is one by itself. */
static json_t *place(const struct describing *w, const struct rt_fold_place *p)
{
    const struct rt_fold_item *item = &w->f->items[p->item];
    return json_pack("[s, i, i]", item->name, p->call + (item->group != NULL),
                     p->tensor);
}

/* Inputs behind the first by their names, where Keras wants them so. */
static json_t *named_inputs(const struct describing *w, const char *name,
                            const struct rt_fold_call *c)
{
    json_t *named = json_object();
    for (int i = 1; i < c->n_in && name; i++) {
        size_t n = strcspn(name, " ");
        char key[32];
        snprintf(key, sizeof key, "%.*s", (int)n, name);
        json_object_set_new(named, key, place(w, &c->in[i]));
        name = name[n] ? name + n + 1 : NULL;
    }
    return named;
}

static json_t *inbound_node(const struct describing *w,
                            const struct rt_fold_call *c)
{
    const struct rt_model_layer *l = w->f->items[c->item].layer;
    const char *names = l ? l->type->keras_inputs : NULL;
    json_t *call = json_array();
    for (int i = 0; i < (names ? 1 : c->n_in); i++) {
        json_t *from = place(w, &c->in[i]);
        json_array_append_new(from,
                              i ? json_object() : named_inputs(w, names, c));
        json_array_append_new(call, from);
    }
    return call;
}

static json_t *inbound_nodes(const struct describing *w, int item)
{
    json_t *calls = json_array();
    for (int i = 0; i < w->f->n_calls; i++)
        if (w->f->calls[i].item == item && w->f->calls[i].n_in)
            json_array_append_new(calls, inbound_node(w, &w->f->calls[i]));
    return calls;
}

/* ---- models -------------------------------------------------------------- */

/* {"class_name", "config"} of a layer, or of a model that is used as one.
 * input: what the first listed of a Sequential reads, or NULL. */
static json_t *entry(const struct describing *w,
                     const struct rt_fold_item *item,
                     const struct rt_model_layer *input)
{
    if (item->layer)
        return json_pack("{s:s, s:o}", "class_name", item->layer->type->keras,
                         "config", layer_config(w, item->layer, input));
    struct rt_model *inner = rt_group_model(item->group);
    json_t *v = rt_keras_describe(inner, w->dialect);
    json_t *config = json_object_get(v, "config");
    /* by which the layers here know it; Keras leaves a list without one */
    json_object_set_new(json_is_object(config) ? config : v, "name",
                        json_string(item->name));
    rt_model_free(inner);
    return v;
}

static json_t *sequential(const struct describing *w)
{
    const struct rt_fold *f = w->f;
    json_t *layers = json_array();
    bool with_input = w->dialect == RT_TF_KERAS_2_4_0;
    for (int i = with_input ? 0 : 1; i < f->n_items; i++)
        json_array_append_new(
            layers, entry(w, &f->items[i],
                          i == 1 && !with_input ? f->items[0].layer : NULL));
    if (w->dialect == RT_KERAS_2_1_6)
        return layers;
    return json_pack("{s:s, s:o}", "name", w->m->name, "layers", layers);
}

/* Tensors that nobody reads: the outputs of a model that names none. */
static void add_ends(const struct describing *w, json_t *out)
{
    const struct rt_fold *f = w->f;
    for (int i = 0; i < f->n_calls; i++) {
        struct rt_fold_place p = { f->calls[i].item, f->calls[i].call, 0 };
        bool read = false;
        for (int k = 0; k < f->n_calls; k++)
            for (int j = 0; j < f->calls[k].n_in; j++)
                read |= f->calls[k].in[j].item == p.item &&
                        f->calls[k].in[j].call == p.call;
        if (!read)
            json_array_append_new(out, place(w, &p));
    }
}

static json_t *network(const struct describing *w)
{
    const struct rt_model *m = w->m;
    json_t *layers = json_array(), *in = json_array(), *out = json_array();
    for (int i = 0; i < w->f->n_items; i++) {
        const struct rt_fold_item *item = &w->f->items[i];
        json_t *one = json_pack("{s:s}", "name", item->name);
        json_t *own = entry(w, item, NULL);
        json_object_update(one, own);
        json_decref(own);
        json_object_set_new(one, "inbound_nodes", inbound_nodes(w, i));
        json_array_append_new(layers, one);
    }
    for (int i = 0; i < m->n_inputs; i++) {
        struct rt_fold_place p = rt_fold_place(w->f, &m->inputs[i]);
        json_array_append_new(in, place(w, &p));
    }
    for (int i = 0; i < m->n_outputs; i++) {
        struct rt_fold_place p = rt_fold_place(w->f, &m->outputs[i].place);
        json_array_append_new(out, place(w, &p));
    }
    if (!m->n_outputs)
        add_ends(w, out);
    return json_pack("{s:s, s:o, s:o, s:o}", "name", m->name, "layers", layers,
                     "input_layers", in, "output_layers", out);
}

struct json_t *rt_keras_describe(const struct rt_model *m,
                                 enum rt_dialect dialect)
{
    struct rt_fold *f = rt_fold_new(m);
    struct describing w = { m, f, dialect };
    bool chain = rt_model_is_sequential(m);
    const char *class_name = chain                          ? "Sequential"
                             : dialect == RT_TF_KERAS_2_4_0 ? "Functional"
                                                            : "Model";
    json_t *v = json_pack("{s:s, s:o}", "class_name", class_name, "config",
                          chain ? sequential(&w) : network(&w));
    rt_fold_free(f);
    return v;
}
