/* Compile settings and optimizer state out of a Keras file. */
#include "base/mem.h"
#include "base/schema.h"
#include "base/vec.h"
#include "files/keras_map.h"
#include "files/keras_parts.h"
#include "files/weights_file.h"
#include "nn/loss.h"
#include "nn/metric.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- losses and metrics -------------------------------------------------- */

/* What custom=NAME:LOSS says of a name, or NULL. */
static const char *custom(const struct rt_keras_load *o, const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < o->n_custom; i++)
        if (!strncmp(o->custom[i], name, n) && o->custom[i][n] == ':')
            return o->custom[i] + n + 1;
    return NULL;
}

static int unknown(const char *what, const char *name, struct rt_err *err)
{
    return rt_fail(err, RT_ENOENT,
                   "%s '%s' is none of Keras'; define it before by `%s %s "
                   "{...}`, say custom=%s:%s with one that computes the same, "
                   "or -no_compile",
                   what, name, what, name, name,
                   what[0] == 'l' ? "LOSS" : "METRIC");
}

static int loss_spec(const json_t *v, const struct rt_keras_load *o,
                     const struct rt_customs *customs, struct rt_str *out,
                     struct rt_err *err)
{
    const char *name = json_string_value(v);
    void *args = NULL;
    if (name && custom(o, name)) {
        rt_str_add(out, custom(o, name));
    } else if (name && (rt_customs_find(customs, name, false) ||
                        rt_loss_find(name, &args, NULL))) {
        rt_args_free(args);
        rt_str_add(out, name);
    } else if (rt_keras_spec(RT_NAMES_LOSS, v, out, err)) {
        return name ? unknown("loss", name, err) : rt_err_within(err, "loss");
    }
    return 0;
}

/* A metric as text, as an object, or as the wrapper that tf.keras makes of a
 * function. */
static int metric_spec(const json_t *v, const struct rt_keras_load *o,
                       struct rt_str *out, struct rt_err *err)
{
    const json_t *fn = json_object_get(json_object_get(v, "config"), "fn");
    const char *name = json_string_value(json_is_string(fn) ? fn : v);
    if (name)
        rt_str_add(out, custom(o, name) ? custom(o, name) : name);
    else if (rt_keras_spec(RT_NAMES_METRIC, v, out, err))
        return rt_err_within(err, "metrics");
    return 0;
}

/* ---- per output ---------------------------------------------------------- */

struct compiling {
    struct rt_model *m;
    const struct rt_keras_load *o;
    struct rt_str loss, weights, metrics;
    struct rt_err *err;
};

static const char *output_name(const struct rt_model *m, int i)
{
    return m->outputs[i].name;
}

/* What a list or an object has for the i-th output; anything else is for the
 * only one. */
static const json_t *of_output(const struct rt_model *m, const json_t *v, int i)
{
    if (json_is_array(v))
        return json_array_get(v, (size_t)i);
    if (json_is_object(v))
        return json_object_get(v, output_name(m, i));
    return v;
}

static int check_outputs(const struct rt_model *m, const json_t *v,
                         const char *what, struct rt_err *err)
{
    if (json_is_array(v) && (int)json_array_size(v) != m->n_outputs)
        return rt_fail(err, RT_EFORMAT,
                       "%s has %zu entries, the model has %d outputs", what,
                       json_array_size(v), m->n_outputs);
    const char *key;
    json_t *one;
    if (!json_is_object(v))
        return 0;
    json_object_foreach((json_t *)(uintptr_t)v, key, one)
    {
        bool known = false;
        for (int i = 0; i < m->n_outputs; i++)
            known |= !strcmp(output_name(m, i), key);
        if (!known)
            return rt_fail(err, RT_EFORMAT, "%s: '%s' is no output", what, key);
    }
    return 0;
}

/* One more entry of a list that compile reads. */
static void add_entry(const struct rt_model *m, int output, const char *text,
                      struct rt_str *list)
{
    if (list->n)
        rt_str_addc(list, ',');
    if (m->n_outputs > 1)
        rt_str_addf(list, "%s:", output_name(m, output));
    rt_str_add(list, text);
}

static bool is_spec(const json_t *v)
{
    return json_is_string(json_object_get(v, "class_name"));
}

static int take_losses(struct compiling *c, const json_t *v)
{
    bool one = json_is_string(v) || is_spec(v);
    if (!one && check_outputs(c->m, v, "loss", c->err))
        return RT_EFORMAT;
    for (int i = 0; i < c->m->n_outputs; i++) {
        const json_t *loss = one ? v : of_output(c->m, v, i);
        struct rt_str text = RT_STR_INIT;
        int status = !loss || json_is_null(loss)
                         ? 0
                         : loss_spec(loss, c->o, c->m->customs, &text, c->err);
        if (text.n)
            add_entry(c->m, i, rt_str_c(&text), &c->loss);
        rt_str_release(&text);
        if (status)
            return status;
    }
    return 0;
}

static int take_weights(struct compiling *c, const json_t *v)
{
    if (check_outputs(c->m, v, "loss_weights", c->err))
        return RT_EFORMAT;
    for (int i = 0; i < c->m->n_outputs; i++) {
        const json_t *weight = of_output(c->m, v, i);
        struct rt_str text = RT_STR_INIT;
        if (!json_is_number(weight))
            continue;
        rt_str_add_exact(&text, json_number_value(weight));
        add_entry(c->m, i, rt_str_c(&text), &c->weights);
        rt_str_release(&text);
    }
    return 0;
}

/* "a,b(c,d)" has the entry already: Keras counts it twice, which says nothing.
 */
static bool is_listed(const struct rt_str *list, const char *entry)
{
    size_t n = strlen(entry);
    for (const char *p = rt_str_c(list); (p = strstr(p, entry)); p += n)
        if ((p == rt_str_c(list) || p[-1] == ',') && (!p[n] || p[n] == ','))
            return true;
    return false;
}

static int add_metric(struct compiling *c, int output, bool weigh,
                      const json_t *v)
{
    struct rt_str text = RT_STR_INIT, entry = RT_STR_INIT;
    if (weigh)
        rt_str_add(&text, RT_METRIC_WEIGHTED);
    int status = metric_spec(v, c->o, &text, c->err);
    add_entry(c->m, output, rt_str_c(&text), &entry);
    if (!status && !is_listed(&c->metrics, rt_str_c(&entry)))
        add_entry(c->m, output, rt_str_c(&text), &c->metrics);
    rt_str_release(&text);
    rt_str_release(&entry);
    return status;
}

static int take_metrics(struct compiling *c, bool weigh, const json_t *v)
{
    bool each = json_is_array(json_array_get(v, 0)) || json_is_object(v);
    if (each &&
        check_outputs(c->m, v, weigh ? "weighted_metrics" : "metrics", c->err))
        return RT_EFORMAT;
    for (int i = 0; i < c->m->n_outputs; i++) {
        const json_t *own = each ? of_output(c->m, v, i) : v;
        size_t k;
        const json_t *one;
        if ((json_is_string(own) || is_spec(own)) &&
            add_metric(c, i, weigh, own))
            return c->err->code;
        json_array_foreach(own, k, one)
        {
            if (!json_is_null(one) && add_metric(c, i, weigh, one))
                return c->err->code;
        }
    }
    return 0;
}

/* ---- the optimizer ------------------------------------------------------- */

static const struct rt_optimizer *find_optimizer(const char *class_name)
{
    for (int i = 0; class_name && rt_optimizers()[i]; i++)
        if (!strcmp(rt_optimizers()[i]->keras, class_name))
            return rt_optimizers()[i];
    return NULL;
}

static double take_number(json_t *config, const char *key)
{
    const json_t *v = json_object_get(config, key);
    double x = json_is_number(v) ? json_number_value(v) : NAN;
    json_object_del(config, key);
    return x;
}

/* What to do about a name that only the file's author knows. */
static void add_hint(struct rt_err *err)
{
    char text[sizeof err->text];
    memcpy(text, err->text, sizeof text);
    rt_fail(err, err->code,
            "%.600s; say custom=NAME:METRIC for one of the author's own, or "
            "-no_compile",
            text);
}

static int compile(struct compiling *c, const json_t *optimizer)
{
    const char *class_name =
        json_string_value(json_object_get(optimizer, "class_name"));
    const struct rt_optimizer *type = find_optimizer(class_name);
    struct rt_keras_words words = RT_KERAS_WORDS_INIT;
    if (!type)
        return rt_fail(c->err, RT_ENOENT,
                       "there is no optimizer of class '%s'; -no_compile "
                       "reads the model without it",
                       class_name ? class_name : "");
    json_t *config = json_copy(json_object_get(optimizer, "config"));
    json_t *rate = json_object_get(config, "learning_rate");
    if (rate)
        json_object_set(config, "lr", rate);
    json_object_del(config, "learning_rate");
    json_t *decay = json_object_get(config, "decay");
    if (decay && type->tf_decay && c->m->dialect == RT_TF_KERAS_2_4_0) {
        json_object_set(config, type->tf_decay, decay);
        json_object_del(config, "decay");
    }
    struct rt_compile_words w = {
        .optimizer = type->name,
        .loss = rt_str_c(&c->loss),
        .loss_weights = c->weights.n ? rt_str_c(&c->weights) : NULL,
        .metrics = c->metrics.n ? rt_str_c(&c->metrics) : NULL,
    };
    w.clip.clipnorm = take_number(config, "clipnorm");
    w.clip.clipvalue = take_number(config, "clipvalue");
    w.clip.global_clipnorm = take_number(config, "global_clipnorm");
    int status = rt_keras_words(type->opts, 0, config, &words, c->err);
    if (status)
        rt_err_within(c->err, "optimizer %s", class_name);
    w.words = rt_keras_words_v(&words);
    w.n_words = words.own.n;
    if (!status)
        status = rt_model_compile(c->m, &w, c->err);
    if (status == RT_ENOENT)
        add_hint(c->err);
    rt_keras_words_release(&words);
    json_decref(config);
    return status;
}

/* sample_weight_mode, null or "temporal" for all outputs or for each. */
static bool is_temporal(const struct compiling *c, const json_t *config, int i)
{
    const json_t *v = json_object_get(config, "sample_weight_mode");
    const char *mode = json_string_value(of_output(c->m, v, i));
    return mode && !strcmp(mode, "temporal");
}

static int check_mode(const struct compiling *c, const json_t *config)
{
    const json_t *v = json_object_get(config, "sample_weight_mode");
    if (check_outputs(c->m, v, "sample_weight_mode", c->err))
        return RT_EFORMAT;
    for (int i = 0; i < c->m->n_outputs; i++) {
        const json_t *mode = of_output(c->m, v, i);
        if (!mode || json_is_null(mode) || is_temporal(c, config, i))
            continue;
        char *text = rt_keras_text(mode);
        rt_fail(c->err, RT_EINVAL,
                "sample_weight_mode is %.100s, want null or temporal", text);
        free(text);
        return RT_EINVAL;
    }
    return 0;
}

static void take_mode(const struct compiling *c, const json_t *config)
{
    for (int i = 0; c->m->compiled && i < c->m->compiled->n_outputs; i++)
        c->m->compiled->outputs[i].temporal = is_temporal(c, config, i);
}

int rt_keras_compile(struct rt_model *m, const struct json_t *training_config,
                     const struct rt_keras_load *o, struct rt_err *err)
{
    struct compiling c = { .m = m, .o = o, .err = err };
    const json_t *optimizer =
        json_object_get(training_config, "optimizer_config");
    int status = 0;
    if (!json_is_object(optimizer))
        return 0;
    status = check_mode(&c, training_config);
    if (!status)
        status = take_losses(&c, json_object_get(training_config, "loss"));
    if (!status)
        status =
            take_weights(&c, json_object_get(training_config, "loss_weights"));
    if (!status)
        status = take_metrics(&c, false,
                              json_object_get(training_config, "metrics"));
    if (!status)
        status = take_metrics(
            &c, true, json_object_get(training_config, "weighted_metrics"));
    if (!status && c.loss.n)
        status = compile(&c, optimizer);
    if (!status)
        take_mode(&c, training_config);
    rt_str_release(&c.loss);
    rt_str_release(&c.weights);
    rt_str_release(&c.metrics);
    return status ? rt_err_within(err, "training_config") : 0;
}

/* ---- the optimizer's state ----------------------------------------------- */

struct state {
    struct rt_model *m;
    struct rt_model_layer **layers; /* in the file's order */
    int n_layers;
    RT_VEC(struct rt_file_array) arrays;
    RT_VEC(const struct rt_weight *) weights; /* that learn */
    struct rt_err *err;
    int at; /* arrays taken so far */
};

static int read_arrays(struct state *s, const struct rt_h5_tree *tree,
                       const struct rt_h5_item *group)
{
    const char **names;
    int n, status = rt_h5_attr_texts(group, "weight_names", &names, &n, s->err);
    for (int i = 0; i < n && !status; i++) {
        char *path = rt_xprintf("%s/%s", group->path, names[i]);
        const struct rt_h5_item *item = rt_h5_find(tree, path);
        struct rt_file_array a = { .name = names[i] };
        if (!item)
            status =
                rt_fail(s->err, RT_EFORMAT,
                        "weight_names tells of '%s', which is not there", path);
        else
            status = rt_file_array_take(item, &a, s->err);
        if (!status && !a.v)
            status = rt_fail(s->err, RT_EFORMAT, "'%s' holds %s, want floats",
                             path, a.holds);
        rt_vec_push(&s->arrays, a);
        free(path);
    }
    /* the names are the tree's and stay */
    free(names);
    return status;
}

static enum rt_slot_kind slot_kind(const struct rt_model *m, int slot)
{
    const struct rt_compiled *c = m->compiled;
    const struct rt_optimizer *type = c->optimizer;
    if (type->keras_slot)
        return type->keras_slot(c->args, m->dialect, slot);
    return slot < type->n_slots(c->args) ? RT_SLOT_FULL : RT_SLOT_ABSENT;
}

/* The next array if it is a single number, as iterations is. */
static const struct rt_file_array *take_scalar(struct state *s)
{
    return s->at < s->arrays.n && !s->arrays.v[s->at].shape.rank
               ? &s->arrays.v[s->at++]
               : NULL;
}

static int wrong_count(const struct state *s, int want)
{
    return rt_fail(s->err, RT_EFORMAT,
                   "optimizer_weights has %d arrays, %s over %d weights that "
                   "learn has %d; -no_compile reads the model without them",
                   s->arrays.n, s->m->compiled->optimizer->keras, s->weights.n,
                   want);
}

static void list_weights(struct state *s, bool frozen_too)
{
    s->weights.n = 0;
    for (int i = 0; i < s->n_layers; i++) {
        const struct rt_model_layer *l = s->layers[i];
        for (int k = 0; k < l->n_weights; k++)
            if ((l->trainable || frozen_too) && !l->weights[k]->fixed)
                rt_vec_push(&s->weights, l->weights[k]);
    }
}

/* The weights that the arrays are for: those that learn, or all that could,
 * where layers were frozen after the optimizer had begun. */
static int find_weights(struct state *s)
{
    int want[2] = { s->at, s->at };
    for (int all = 1; all >= 0; all--) {
        list_weights(s, all);
        for (int k = 0; k < RT_SLOTS_MAX; k++)
            if (slot_kind(s->m, k) != RT_SLOT_ABSENT)
                want[all] += s->weights.n;
    }
    if (want[0] == s->arrays.n)
        return 0;
    if (want[1] != s->arrays.n)
        return wrong_count(s, want[0]);
    list_weights(s, true);
    return 0;
}

static int check_slots(struct state *s)
{
    for (int k = 0, at = s->at; k < RT_SLOTS_MAX; k++) {
        enum rt_slot_kind kind = slot_kind(s->m, k);
        for (int i = 0; kind != RT_SLOT_ABSENT && i < s->weights.n; i++) {
            const struct rt_file_array *a = &s->arrays.v[at++];
            const struct rt_weight *w = s->weights.v[i];
            if (kind == RT_SLOT_FULL && !rt_shape_equal(&a->shape, &w->shape))
                return rt_fail(s->err, RT_ESHAPE,
                               "'%s' of the optimizer is %s, want %s for "
                               "%s/%s",
                               a->name, rt_shape_text(&a->shape),
                               rt_shape_text(&w->shape), w->layer->name,
                               w->name);
        }
    }
    return 0;
}

static void copy_slots(struct state *s)
{
    for (int k = 0; k < RT_SLOTS_MAX; k++) {
        enum rt_slot_kind kind = slot_kind(s->m, k);
        for (int i = 0; kind != RT_SLOT_ABSENT && i < s->weights.n; i++) {
            const struct rt_file_array *a = &s->arrays.v[s->at++];
            const struct rt_weight *w = s->weights.v[i];
            if (kind == RT_SLOT_FULL && k < s->m->n_slots)
                memcpy(s->m->slots[k] + w->offset, a->v, w->n * sizeof *a->v);
        }
    }
}

int rt_keras_state(struct rt_model *m, const struct rt_fold_item *listed, int n,
                   const struct rt_h5_tree *tree, struct rt_err *err)
{
    struct state s = { .m = m, .err = err };
    const struct rt_h5_item *group = rt_h5_find(tree, "optimizer_weights");
    if (!group)
        return 0;
    s.layers = rt_xcalloc((size_t)m->n_layers + 1, sizeof *s.layers);
    for (int i = 0; i < n; i++)
        s.n_layers += rt_fold_layers(&listed[i], s.layers + s.n_layers);
    int status = read_arrays(&s, tree, group);
    const struct rt_file_array *t = status ? NULL : take_scalar(&s);
    const struct rt_file_array *product =
        t && m->compiled->optimizer->m_schedule ? take_scalar(&s) : NULL;
    if (t && !(t->one >= 0 && t->one < 1e15))
        status = rt_fail(err, RT_EFORMAT, "'%s' is %g, want a count", t->name,
                         t->one);
    if (product && !isfinite(product->one))
        status =
            rt_fail(err, RT_EFORMAT, "'%s' is %g", product->name, product->one);
    if (!status && s.arrays.n)
        status = find_weights(&s);
    if (!status && s.arrays.n)
        status = check_slots(&s);
    if (!status)
        status = rt_model_ready(m, err);
    if (!status && s.arrays.n) {
        copy_slots(&s);
        m->iterations = t ? (int64_t)t->one : 0;
        if (product)
            m->m_schedule = product->one;
    }
    for (int i = 0; i < s.arrays.n; i++)
        free(s.arrays.v[i].own);
    rt_vec_release(&s.arrays);
    rt_vec_release(&s.weights);
    free(s.layers);
    return status;
}
