/* A model to Keras' HDF5 files. */
#include "files/keras_write.h"

#include "base/mem.h"
#include "base/schema.h"
#include "base/vec.h"
#include "files/h5.h"
#include "files/keras_map.h"
#include "files/keras_parts.h"
#include "nn/metric.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct writing {
    const struct rt_model *m;
    enum rt_dialect dialect;
    struct rt_model_layer **layers; /* in Keras' order */
    int n;
    bool chain;     /* a Sequential */
    const float *v; /* numbers of the weights, laid out as m->weights */
    bool learning;  /* of those that learn alone */
    struct rt_h5_out *out;
};

static const char *version_of(enum rt_dialect d)
{
    /* "keras-2.3.1", "tf.keras-2.4.0" */
    return strchr(rt_dialect_name(d), '-') + 1;
}

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
static json_t *layer_config(const struct writing *w,
                            const struct rt_model_layer *l,
                            const struct rt_model_layer *input)
{
    json_t *config = l->type->max_in == RT_LAYER_NO_INPUT
                         ? input_config(l)
                         : plain_config(l, input, w->dialect);
    rt_keras_fill(l->type->keras, config, w->dialect);
    return config;
}

static json_t *place(const struct rt_place *p)
{
    return json_pack("[s, i, i]", p->layer->name, p->call, p->tensor);
}

/* Inputs behind the first by their names, where Keras wants them so. */
static json_t *named_inputs(const struct rt_model_layer *l,
                            const struct rt_model_call *c)
{
    const char *name = l->type->keras_inputs;
    json_t *named = json_object();
    for (int i = 1; i < c->n_in && name; i++) {
        size_t n = strcspn(name, " ");
        char key[32];
        snprintf(key, sizeof key, "%.*s", (int)n, name);
        json_object_set_new(named, key, place(&c->in[i]));
        name = name[n] ? name + n + 1 : NULL;
    }
    return named;
}

static json_t *inbound_nodes(const struct rt_model_layer *l)
{
    json_t *calls = json_array();
    for (int c = 0; c < l->n_calls && l->calls[0].n_in; c++) {
        json_t *call = json_array();
        int listed = l->type->keras_inputs ? 1 : l->calls[c].n_in;
        for (int i = 0; i < listed; i++) {
            json_t *from = place(&l->calls[c].in[i]);
            json_array_append_new(from, i ? json_object()
                                          : named_inputs(l, &l->calls[c]));
            json_array_append_new(call, from);
        }
        json_array_append_new(calls, call);
    }
    return calls;
}

/* ---- model_config -------------------------------------------------------- */

static json_t *sequential(const struct writing *w)
{
    const struct rt_model *m = w->m;
    json_t *layers = json_array();
    bool with_input = w->dialect == RT_TF_KERAS_2_4_0;
    for (int i = with_input ? 0 : 1; i < m->n_order; i++) {
        const struct rt_model_layer *l = m->order[i].layer;
        const struct rt_model_layer *input =
            i == 1 && !with_input ? m->order[0].layer : NULL;
        json_array_append_new(layers, json_pack("{s:s, s:o}", "class_name",
                                                l->type->keras, "config",
                                                layer_config(w, l, input)));
    }
    if (w->dialect == RT_KERAS_2_1_6)
        return layers;
    return json_pack("{s:s, s:o}", "name", m->name, "layers", layers);
}

/* Whether nobody reads a call: an output of a model that names none. */
static bool is_end(const struct rt_model *m, const struct rt_place *p)
{
    for (int i = 0; i < m->n_order; i++) {
        const struct rt_model_call *c =
            &m->order[i].layer->calls[m->order[i].call];
        for (int k = 0; k < c->n_in; k++)
            if (c->in[k].layer == p->layer && c->in[k].call == p->call)
                return false;
    }
    return true;
}

static json_t *network(const struct writing *w)
{
    const struct rt_model *m = w->m;
    json_t *layers = json_array(), *in = json_array(), *out = json_array();
    for (int i = 0; i < w->n; i++) {
        const struct rt_model_layer *l = w->layers[i];
        json_array_append_new(layers,
                              json_pack("{s:s, s:s, s:o, s:o}", "name", l->name,
                                        "class_name", l->type->keras, "config",
                                        layer_config(w, l, NULL),
                                        "inbound_nodes", inbound_nodes(l)));
    }
    for (int i = 0; i < m->n_inputs; i++)
        json_array_append_new(in, place(&m->inputs[i]));
    for (int i = 0; i < m->n_outputs; i++)
        json_array_append_new(out, place(&m->outputs[i].place));
    for (int i = 0; i < m->n_order && !m->n_outputs; i++)
        if (is_end(m, &m->order[i]))
            json_array_append_new(out, place(&m->order[i]));
    return json_pack("{s:s, s:o, s:o, s:o}", "name", m->name, "layers", layers,
                     "input_layers", in, "output_layers", out);
}

static json_t *model_config(const struct writing *w)
{
    const char *class_name = w->chain                          ? "Sequential"
                             : w->dialect == RT_TF_KERAS_2_4_0 ? "Functional"
                                                               : "Model";
    return json_pack("{s:s, s:o}", "class_name", class_name, "config",
                     w->chain ? sequential(w) : network(w));
}

/* ---- training_config ----------------------------------------------------- */

static void add_number(json_t *config, const char *key, double v)
{
    if (v > 0)
        json_object_set_new(config, key, json_real(v));
}

static json_t *optimizer_config(const struct writing *w)
{
    const struct rt_compiled *c = w->m->compiled;
    const struct rt_optimizer *type = c->optimizer;
    json_t *config = json_object();
    json_t *own = rt_keras_config(type->opts, type->args_size, c->args,
                                  type->keras_lacks);
    bool before = w->dialect < RT_KERAS_2_3_1;
    json_object_set(config, before ? "lr" : "learning_rate",
                    json_object_get(own, "lr"));
    json_object_del(own, "lr");
    json_object_del(own, "learning_rate");
    if (type->tf_decay && w->dialect == RT_TF_KERAS_2_4_0) {
        json_object_set(own, "decay", json_object_get(own, type->tf_decay));
        json_object_del(own, type->tf_decay);
    }
    json_object_update(config, own);
    json_decref(own);
    if (w->dialect == RT_TF_KERAS_2_4_0)
        json_object_set_new(config, "name", json_string(type->keras));
    rt_keras_fill(type->keras, config, w->dialect);
    add_number(config, "clipnorm", c->clip.clipnorm);
    add_number(config, "clipvalue", c->clip.clipvalue);
    add_number(config, "global_clipnorm", c->clip.global_clipnorm);
    return json_pack("{s:s, s:o}", "class_name", type->keras, "config", config);
}

/* A metric's own name if it is weighed, else NULL. */
static const char *weighed(const struct rt_compiled *c, const char *spec)
{
    size_t n = strlen(RT_METRIC_WEIGHTED);
    if (strncmp(spec, RT_METRIC_WEIGHTED, n) ||
        rt_customs_find(c->customs, spec, true))
        return NULL;
    return spec + n;
}

static json_t *metrics_of(const struct rt_compiled *c, int output, bool weigh)
{
    const struct rt_compile_output *o = &c->outputs[output];
    json_t *list = json_array();
    for (int i = 0; i < o->n_metrics; i++) {
        const char *own = weighed(c, o->metrics[i]);
        if (weigh == (own != NULL))
            json_array_append_new(
                list,
                rt_keras_unspec(RT_NAMES_METRIC, own ? own : o->metrics[i]));
    }
    return list;
}

/* By output, or the list of the only one; null if there are none. */
static json_t *all_metrics(const struct rt_compiled *c, bool weigh)
{
    json_t *all = json_object();
    bool any = false;
    for (int i = 0; i < c->n_outputs; i++) {
        json_t *list = metrics_of(c, i, weigh);
        any |= json_array_size(list) > 0;
        json_object_set_new(all, c->outputs[i].output, list);
    }
    json_t *out = !any                ? json_null()
                  : c->n_outputs == 1 ? metrics_of(c, 0, weigh)
                                      : json_incref(all);
    json_decref(all);
    return out;
}

static bool any_temporal(const struct rt_compiled *c)
{
    for (int i = 0; i < c->n_outputs; i++)
        if (c->outputs[i].temporal)
            return true;
    return false;
}

static json_t *weight_mode(const struct rt_compiled *c)
{
    json_t *all = json_object();
    for (int i = 0; i < c->n_outputs; i++) {
        const struct rt_compile_output *o = &c->outputs[i];
        json_object_set_new(all, o->output,
                            o->temporal ? json_string("temporal")
                                        : json_null());
    }
    json_t *out = !any_temporal(c)    ? json_null()
                  : c->n_outputs == 1 ? json_string("temporal")
                                      : json_incref(all);
    json_decref(all);
    return out;
}

static json_t *training_config(const struct writing *w)
{
    const struct rt_compiled *c = w->m->compiled;
    json_t *loss = json_object(), *weights = json_object();
    bool by_loss = false;
    for (int i = 0; i < c->n_outputs; i++) {
        const struct rt_compile_output *o = &c->outputs[i];
        json_object_set_new(loss, o->output,
                            o->loss ? rt_keras_unspec(RT_NAMES_LOSS, o->loss)
                                    : json_null());
        json_object_set_new(weights, o->output, json_real(o->weight));
        by_loss |= o->weight != 1;
    }
    if (c->n_outputs == 1) {
        const char *name = c->outputs[0].output;
        json_t *only = json_incref(json_object_get(loss, name));
        json_decref(loss);
        loss = only;
    }
    json_t *config =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "optimizer_config",
                  optimizer_config(w), "loss", loss, "metrics",
                  all_metrics(c, false), "weighted_metrics",
                  all_metrics(c, true), "sample_weight_mode", weight_mode(c),
                  "loss_weights", by_loss ? json_incref(weights) : json_null());
    json_decref(weights);
    if (w->dialect == RT_TF_KERAS_2_4_0 && !any_temporal(c))
        json_object_del(config, "sample_weight_mode");
    return config;
}

/* ---- arrays -------------------------------------------------------------- */

static void put_json(struct writing *w, const char *name, json_t *v)
{
    char *text = rt_keras_text(v);
    rt_h5_out_text(w->out, "", name, text);
    free(text);
    json_decref(v);
}

static void put_version(struct writing *w, const char *group)
{
    rt_h5_out_text(w->out, group, "backend", "tensorflow");
    rt_h5_out_text(w->out, group, "keras_version", version_of(w->dialect));
}

static char *inside(const char *group, const char *name)
{
    return *group ? rt_xprintf("%s/%s", group, name) : rt_xstrdup(name);
}

static void put_layer(struct writing *w, const char *group,
                      const struct rt_model_layer *l)
{
    RT_VEC(char *) names = { 0 };
    char *own = inside(group, l->name);
    rt_h5_out_group(w->out, own);
    for (int i = 0; i < l->n_weights; i++) {
        const struct rt_weight *of = l->weights[i];
        if (w->learning && !rt_weight_learns(of))
            continue;
        rt_vec_push(&names, rt_xprintf("%s/%s:0", l->name, of->name));
        char *path = inside(own, names.v[names.n - 1]);
        rt_h5_out_floats(w->out, path, &of->shape, w->v + of->offset);
        free(path);
    }
    rt_h5_out_texts(w->out, own, "weight_names", (const char *const *)names.v,
                    names.n);
    for (int i = 0; i < names.n; i++)
        free(names.v[i]);
    rt_vec_release(&names);
    free(own);
}

/* A Sequential does not list its input. */
static void put_weights(struct writing *w, const char *group)
{
    RT_VEC(const char *) names = { 0 };
    for (int i = 0; i < w->n; i++)
        if (!w->chain || w->layers[i]->type->max_in != RT_LAYER_NO_INPUT)
            rt_vec_push(&names, w->layers[i]->name);
    rt_h5_out_texts(w->out, group, "layer_names", names.v, names.n);
    put_version(w, group);
    for (int i = 0; i < w->n; i++)
        if (!w->chain || w->layers[i]->type->max_in != RT_LAYER_NO_INPUT)
            put_layer(w, group, w->layers[i]);
    rt_vec_release(&names);
}

/* ---- optimizer_weights --------------------------------------------------- */

struct slots {
    struct writing *w;
    RT_VEC(char *) names;
};

static void put_slot_name(struct slots *s, char *name)
{
    rt_vec_push(&s->names, name);
}

static char *last_path(const struct slots *s)
{
    return inside("optimizer_weights", s->names.v[s->names.n - 1]);
}

/* One slot of one weight. */
static void put_slot(struct slots *s, int slot, enum rt_slot_kind kind,
                     const struct rt_weight *of, int number)
{
    const struct rt_model *m = s->w->m;
    const struct rt_optimizer *type = m->compiled->optimizer;
    put_slot_name(s, rt_xprintf("training/%s/%s_%d:0", type->keras,
                                type->keras_slots[slot], number));
    char *path = last_path(s);
    if (kind == RT_SLOT_FULL && slot < m->n_slots) {
        rt_h5_out_floats(s->w->out, path, &of->shape,
                         m->slots[slot] + of->offset);
    } else {
        struct rt_shape one = RT_SHAPE(1);
        const struct rt_shape *shape = kind == RT_SLOT_FULL ? &of->shape : &one;
        float *zeros = rt_xcalloc(rt_shape_count(shape), sizeof *zeros);
        rt_h5_out_floats(s->w->out, path, shape, zeros);
        free(zeros);
    }
    free(path);
}

static enum rt_slot_kind slot_kind(const struct writing *w, int slot)
{
    const struct rt_compiled *c = w->m->compiled;
    if (c->optimizer->keras_slot)
        return c->optimizer->keras_slot(c->args, w->dialect, slot);
    return slot < c->optimizer->n_slots(c->args) ? RT_SLOT_FULL
                                                 : RT_SLOT_ABSENT;
}

static void put_counts(struct slots *s)
{
    const struct rt_model *m = s->w->m;
    const struct rt_optimizer *type = m->compiled->optimizer;
    bool before = s->w->dialect < RT_KERAS_2_3_1;
    if (!before || !type->keras_uncounted) {
        put_slot_name(s, rt_xprintf("%s/iterations:0", type->keras));
        char *path = last_path(s);
        rt_h5_out_int(s->w->out, path, m->iterations);
        free(path);
    }
    if (!before && type->m_schedule) {
        put_slot_name(s, rt_xprintf("%s/m_schedule:0", type->keras));
        char *path = last_path(s);
        rt_h5_out_number(s->w->out, path, m->m_schedule);
        free(path);
    }
}

static void put_state(struct writing *w)
{
    struct slots s = { .w = w };
    rt_h5_out_group(w->out, "optimizer_weights");
    put_counts(&s);
    for (int k = 0; k < RT_SLOTS_MAX; k++) {
        enum rt_slot_kind kind = slot_kind(w, k);
        int number = 0;
        for (int i = 0; kind != RT_SLOT_ABSENT && i < w->n; i++) {
            const struct rt_model_layer *l = w->layers[i];
            for (int j = 0; j < l->n_weights && l->trainable; j++)
                if (!l->weights[j]->fixed)
                    put_slot(&s, k, kind, l->weights[j], number++);
        }
    }
    rt_h5_out_texts(w->out, "optimizer_weights", "weight_names",
                    (const char *const *)s.names.v, s.names.n);
    for (int i = 0; i < s.names.n; i++)
        free(s.names.v[i]);
    rt_vec_release(&s.names);
}

/* ---- files --------------------------------------------------------------- */

static int begin(struct writing *w, const struct rt_model *m,
                 enum rt_dialect dialect, struct rt_err *err)
{
    *w = (struct writing){ .m = m, .dialect = dialect, .v = m->weights };
    if (!m->n_order)
        return rt_fail(err, RT_ESTATE, "model '%s' has no layer yet", m->name);
    if (!m->weights)
        return rt_fail(err, RT_ESTATE,
                       "model '%s' has no weights yet: nothing was computed "
                       "with it",
                       m->name);
    w->layers =
        rt_xcalloc((size_t)m->n_layers + 1, sizeof(struct rt_model_layer *));
    w->n = rt_model_by_depth(m, w->layers, NULL);
    w->chain = rt_model_is_sequential(m);
    w->out = rt_h5_out_new();
    return 0;
}

static int end(struct writing *w, const char *file, struct rt_err *err)
{
    int status = rt_h5_out_save(w->out, file, err);
    rt_h5_out_free(w->out);
    free(w->layers);
    return status;
}

static bool has_state(const struct rt_model *m, const struct rt_keras_save *o)
{
    return m->compiled && !(o && o->no_optimizer) && m->iterations &&
           m->slots_of == m->compiled->optimizer;
}

const char *rt_keras_lost(const struct rt_model *m,
                          const struct rt_keras_save *o)
{
    if (!has_state(m, o) || !o || !o->as || o->dialect >= RT_KERAS_2_3_1)
        return NULL;
    const struct rt_optimizer *type = m->compiled->optimizer;
    const struct rt_optim_args *a = m->compiled->args; /* they begin so */
    if (type->m_schedule)
        return "the product of the momenta so far (m_schedule)";
    if (type->keras_uncounted && a->decay > 0)
        return "the number of updates (iterations), by which the rate decays";
    return NULL;
}

int rt_keras_save(const struct rt_model *m, const char *file,
                  const struct rt_keras_save *o, struct rt_err *err)
{
    struct writing w;
    int status = begin(&w, m, o && o->as ? o->dialect : RT_KERAS_2_3_1, err);
    if (status)
        return status;
    put_version(&w, "");
    put_json(&w, "model_config", model_config(&w));
    rt_h5_out_group(w.out, "model_weights");
    put_weights(&w, "model_weights");
    json_t *steering = rt_keras_steering(m, rt_keras_lost(m, o) != NULL);
    if (steering)
        put_json(&w, RT_KERAS_STEERING, steering);
    if (m->compiled && !(o && o->no_optimizer)) {
        json_t *customs = rt_keras_customs(m->compiled);
        put_json(&w, "training_config", training_config(&w));
        if (customs)
            put_json(&w, RT_KERAS_CUSTOMS, customs);
        if (has_state(m, o))
            put_state(&w);
    }
    return end(&w, file, err);
}

int rt_keras_save_all(const struct rt_model *m, const char *file,
                      struct rt_err *err)
{
    return rt_keras_save(m, file, NULL, err);
}

int rt_keras_save_weights(const struct rt_model *m, const float *v,
                          bool learning, const char *file, struct rt_err *err)
{
    struct writing w;
    int status = begin(&w, m, RT_KERAS_2_3_1, err);
    if (status)
        return status;
    w.v = v;
    w.learning = learning;
    put_weights(&w, "");
    return end(&w, file, err);
}
