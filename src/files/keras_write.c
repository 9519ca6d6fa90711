/* A model to Keras' HDF5 files. */
#include "files/keras_write.h"

#include "base/mem.h"
#include "base/schema.h"
#include "base/vec.h"
#include "files/h5.h"
#include "files/keras_map.h"
#include "files/keras_parts.h"
#include "nn/fold.h"
#include "nn/metric.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct writing {
    const struct rt_model *m;
    enum rt_dialect dialect;
    struct rt_fold *fold;           /* what has a group of weights */
    struct rt_model_layer **layers; /* all, in the same order */
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
    struct rt_compiled *c = rt_compiled_anew(w->m);
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
    rt_compiled_unref(c);
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

/* The weights of a layer are called dense_1/kernel:0; those of a model that is
 * used as a layer too, by the layers in it. */
static void put_item(struct writing *w, const char *group,
                     const struct rt_fold_item *item)
{
    RT_VEC(char *) names = { 0 };
    char *own = inside(group, item->name);
    int n;
    struct rt_fold_weight *v = rt_fold_weights(item, &n);
    rt_h5_out_group(w->out, own);
    for (int i = 0; i < n; i++) {
        const struct rt_weight *of = v[i].weight;
        if (w->learning && !rt_weight_learns(of))
            continue;
        rt_vec_push(&names, item->group
                                ? rt_xprintf("%s:0", v[i].name)
                                : rt_xprintf("%s/%s:0", item->name, v[i].name));
        char *path = inside(own, names.v[names.n - 1]);
        rt_h5_out_floats(w->out, path, &of->shape, w->v + of->offset);
        free(path);
    }
    rt_h5_out_texts(w->out, own, "weight_names", (const char *const *)names.v,
                    names.n);
    for (int i = 0; i < names.n; i++)
        free(names.v[i]);
    rt_vec_release(&names);
    rt_fold_weights_free(v, n);
    free(own);
}

/* A Sequential does not list its input. */
static bool is_listed(const struct writing *w, const struct rt_fold_item *item)
{
    return !w->chain || item->group ||
           item->layer->type->max_in != RT_LAYER_NO_INPUT;
}

static void put_weights(struct writing *w, const char *group)
{
    const struct rt_fold *f = w->fold;
    RT_VEC(const char *) names = { 0 };
    for (int i = 0; i < f->n_items; i++)
        if (is_listed(w, &f->items[i]))
            rt_vec_push(&names, f->items[i].name);
    rt_h5_out_texts(w->out, group, "layer_names", names.v, names.n);
    put_version(w, group);
    for (int i = 0; i < f->n_items; i++)
        if (is_listed(w, &f->items[i]))
            put_item(w, group, &f->items[i]);
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
    w->fold = rt_fold_new(m);
    w->chain = rt_model_is_sequential(m);
    w->out = rt_h5_out_new();
    return 0;
}

static int end(struct writing *w, const char *file, struct rt_err *err)
{
    int status = rt_h5_out_save(w->out, file, err);
    rt_h5_out_free(w->out);
    rt_fold_free(w->fold);
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
    put_json(&w, "model_config", rt_keras_describe(m, w.dialect));
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
        if (has_state(m, o)) {
            put_state(&w);
            rt_keras_put_frozen(m, w.out);
        }
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
