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
