/* Keras' JSON and our words. */
#include "files/keras_map.h"

#include "base/mem.h"
#include "base/schema.h"
#include "files/keras_parts.h"
#include "nn/constraint.h"
#include "nn/init.h"
#include "nn/loss.h"
#include "nn/metric.h"
#include "nn/spec.h"

#include <ctype.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void rt_keras_words_release(struct rt_keras_words *w)
{
    for (int i = 0; i < w->own.n; i++)
        free(w->own.v[i]);
    rt_vec_release(&w->own);
}

const char *const *rt_keras_words_v(const struct rt_keras_words *w)
{
    return (const char *const *)w->own.v;
}

/* ---- names --------------------------------------------------------------- */

/* Whether two names are one but for capitals and underscores: L1L2 and l1_l2,
 * LogCosh and logcosh. */
static bool same_name(const char *a, const char *b)
{
    for (; a && b; a++, b++) {
        while (*a == '_')
            a++;
        while (*b == '_')
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
    }
    return false;
}

const struct rt_layer *rt_keras_layer(const char *class_name,
                                      struct rt_err *err)
{
    for (int i = 0; rt_layers()[i]; i++)
        if (!strcmp(rt_layers()[i]->keras, class_name))
            return rt_layers()[i];
    rt_fail(err, RT_ENOENT, "there is no layer of class '%s'", class_name);
    return NULL;
}

/* A name that Keras has too stands as it was given: it is the key of a series.
 */
static const char *as_text(const char *given, const char *keras,
                           const char *alias)
{
    bool known =
        keras && (!strcmp(given, keras) || rt_spec_has_word(alias, given));
    return known ? given : keras;
}

static bool find_loss(const char *name, struct rt_keras_record *r)
{
    const struct rt_loss *l = rt_loss_named(name);
    for (int i = 0; !l && rt_losses()[i]; i++)
        if (same_name(rt_losses()[i]->keras_class, name))
            l = rt_losses()[i];
    if (l)
        *r = (struct rt_keras_record){ l->name, l->keras_class,
                                       as_text(name, l->keras, l->alias),
                                       l->opts, l->args_size };
    return l != NULL;
}

static bool find_metric(const char *name, struct rt_keras_record *r)
{
    const struct rt_metric *m = rt_metric_named(name);
    for (int i = 0; !m && rt_metrics()[i]; i++)
        if (same_name(rt_metrics()[i]->keras_class, name))
            m = rt_metrics()[i];
    if (!m)
        return find_loss(name, r);
    *r = (struct rt_keras_record){ m->name, m->keras_class,
                                   as_text(name, m->keras, m->alias), m->opts,
                                   m->args_size };
    return true;
}

static bool find_init(const char *name, struct rt_keras_record *r)
{
    for (int i = 0; rt_inits()[i]; i++) {
        const struct rt_init *n = rt_inits()[i];
        if (!same_name(n->name, name) && !same_name(n->keras, name))
            continue;
        *r = (struct rt_keras_record){ n->name, n->keras, NULL, n->opts,
                                       n->args_size };
        return true;
    }
    return false;
}

static bool find_constraint(const char *name, struct rt_keras_record *r)
{
    for (int i = 0; rt_constraints()[i]; i++) {
        const struct rt_constraint *c = rt_constraints()[i];
        if (!same_name(c->name, name) && !same_name(c->keras, name))
            continue;
        *r = (struct rt_keras_record){ c->name, c->keras, NULL, c->opts,
                                       sizeof(struct rt_constraint_args) };
        return true;
    }
    return false;
}

const char *rt_keras_activation(const char *name, bool ours)
{
    static const struct {
        const char *keras, *ours;
    } other[] = {
        { "relu6", "relu(max_value=6)" }, /* of MobileNet, a custom object */
        { NULL, NULL },
    };
    for (int i = 0; other[i].keras; i++)
        if (!strcmp(name, ours ? other[i].ours : other[i].keras))
            return ours ? other[i].keras : other[i].ours;
    return name;
}

bool rt_keras_find(int names, const char *name, struct rt_keras_record *r)
{
    return names == RT_NAMES_LOSS         ? find_loss(name, r)
           : names == RT_NAMES_METRIC     ? find_metric(name, r)
           : names == RT_NAMES_INIT       ? find_init(name, r)
           : names == RT_NAMES_CONSTRAINT ? find_constraint(name, r)
                                          : false;
}

static const char *sort_name(int names)
{
    return names == RT_NAMES_LOSS         ? "loss"
           : names == RT_NAMES_METRIC     ? "metric"
           : names == RT_NAMES_INIT       ? "initializer"
           : names == RT_NAMES_CONSTRAINT ? "constraint"
                                          : "regularizer";
}

/* ---- JSON to words ------------------------------------------------------- */

static void add_number(const json_t *v, struct rt_str *out)
{
    if (json_is_integer(v))
        rt_str_addf(out, "%lld", (long long)json_integer_value(v));
    else
        rt_str_add_exact(out, json_real_value(v));
}

/* Numbers of lists in lists, one after another: [[1, 0], [0, 2]] is 1,0,0,2.
 */
static int add_list(const json_t *v, int depth, struct rt_str *out,
                    struct rt_err *err)
{
    size_t i;
    json_t *e;
    json_array_foreach(v, i, e)
    {
        if (json_is_array(e) && depth < 2) {
            if (add_list(e, depth + 1, out, err))
                return RT_EFORMAT;
            continue;
        }
        if (out->n)
            rt_str_addc(out, ',');
        if (json_is_null(e) ||
            (json_is_integer(e) && json_integer_value(e) == -1))
            rt_str_add(out, "none");
        else if (json_is_number(e))
            add_number(e, out);
        else
            return rt_fail(err, RT_EFORMAT, "a list holds what is no number");
    }
    return 0;
}

/* "3,3" is "3" where one number stands for all axes. */
static void shorten(struct rt_str *list)
{
    size_t n = strcspn(rt_str_c(list), ",");
    for (const char *p = rt_str_c(list) + n; *p; p += n + 1)
        if (strncmp(p + 1, list->s, n) != 0 || (p[n + 1] && p[n + 1] != ','))
            return;
    char *one = rt_xstrndup(rt_str_c(list), n);
    rt_str_clear(list);
    rt_str_add(list, one);
    free(one);
}

int rt_keras_name_check(const char *name, struct rt_err *err)
{
    if (!name || !*name)
        return rt_fail(err, RT_EFORMAT, "a layer has no name");
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return rt_fail(err, RT_EFORMAT,
                           "a layer's name holds control characters");
    return 0;
}

static int config_words(const struct rt_opt *opts, int axes,
                        const json_t *config, int depth,
                        struct rt_keras_words *out, struct rt_err *err);

/* Why: every level quotes the text of the one below, and a backslash or a lone
 * brace would double from level to level. */
static int check_wrapped(const char *name, int depth, struct rt_err *err)
{
    if (depth >= RT_RANK_MAX)
        return rt_fail(err, RT_EFORMAT, "layers are wrapped more than %d times",
                       RT_RANK_MAX);
    if (rt_keras_name_check(name, err))
        return RT_EFORMAT;
    if (strpbrk(name, "{}\\"))
        return rt_fail(err, RT_EFORMAT,
                       "the name of the wrapped layer '%.60s' holds a brace "
                       "or a backslash",
                       name);
    return 0;
}

/* A wrapped layer as one word: "lstm 64 name=lstm_1". depth: wrappers around
 * the one that it is in. */
static int add_wrapped(const json_t *v, int depth, struct rt_str *out,
                       struct rt_err *err)
{
    const char *class_name =
        json_string_value(json_object_get(v, "class_name"));
    const json_t *config = json_object_get(v, "config");
    const char *name = json_string_value(json_object_get(config, "name"));
    struct rt_keras_words w = RT_KERAS_WORDS_INIT;
    struct rt_inner in = { 0 };
    if (rt_keras_is_model(v))
        return rt_fail(err, RT_EINVAL,
                       "wraps a whole model (%s), which TimeDistributed alone "
                       "may",
                       class_name);
    if (!class_name || !name)
        return rt_fail(err, RT_EFORMAT,
                       "the wrapped layer has no class_name and name");
    if (check_wrapped(name, depth, err))
        return RT_EFORMAT;
    in.type = rt_keras_layer(class_name, err);
    if (in.type &&
        !config_words(in.type->opts, in.type->axes, config, depth + 1, &w, err))
        in.args = rt_args_parse(in.type->opts, sizeof(struct rt_opt),
                                in.type->args_size, rt_keras_words_v(&w),
                                w.own.n, err);
    in.name = rt_xstrdup(name);
    bool good = in.args != NULL;
    if (good)
        rt_inner_text(&in, out);
    rt_inner_release(&in);
    rt_keras_words_release(&w);
    return good ? 0 : err->code;
}

static int add_value(const struct rt_opt *o, int axes, const json_t *v,
                     int depth, struct rt_str *out, struct rt_err *err)
{
    bool list = o->kind == RT_KIND_INTS || o->kind == RT_KIND_NUMBERS;
    if (json_is_object(v))
        return o->names == RT_NAMES_WRAPPED
                   ? add_wrapped(v, depth, out, err)
                   : rt_keras_spec(o->names, v, out, err);
    if (json_is_array(v) && !list && json_array_size(v) == 1)
        v = json_array_get(v, 0);
    if (json_is_array(v)) {
        if (add_list(v, 0, out, err))
            return RT_EFORMAT;
        if (axes)
            shorten(out);
        return 0;
    }
    if (json_is_string(v) && o->names == RT_NAMES_ACTIVATION)
        rt_str_add(out, rt_keras_activation(json_string_value(v), false));
    else if (json_is_string(v))
        rt_str_add(out, json_string_value(v));
    else if (json_is_boolean(v))
        rt_str_add(out, json_is_true(v) ? "yes" : "no");
    else if (json_is_number(v))
        add_number(v, out);
    return 0;
}

/* What has a value under which it changes nothing. */
static bool says_nothing(const json_t *v)
{
    return json_is_null(v) || json_is_false(v) ||
           (json_is_number(v) && json_number_value(v) == 0) ||
           (json_is_string(v) && !*json_string_value(v)) ||
           (json_is_array(v) && !json_array_size(v)) ||
           (json_is_object(v) && !json_object_size(v));
}

static bool is_text(const json_t *v, const char *text)
{
    return json_is_string(v) && !strcmp(json_string_value(v), text);
}

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && !strcmp(s + n - k, end);
}

/* Options of Keras that no record has: whether the value may be ignored. How
 * first values were drawn does not matter to who reads the values. */
static bool may_ignore(const char *key, const json_t *v)
{
    static const char *const always[] = {
        "name",         "trainable",   "unroll", "implementation",
        "input_length", "input_dtype", "seed",   "batch_input_shape",
        "input_shape",  NULL,
    };
    static const struct {
        const char *key, *value;
    } only[] = {
        { "dtype", "float32" },
        { "data_format", "channels_last" },
        { "interpolation", "nearest" },
        { "reduction", "sum_over_batch_size" },
        { "reduction", "auto" },
        { "curve", "ROC" },
        { "summation_method", "interpolation" },
        { NULL, NULL },
    };
    for (int i = 0; always[i]; i++)
        if (!strcmp(key, always[i]))
            return true;
    for (int i = 0; only[i].key; i++)
        if (!strcmp(key, only[i].key) && is_text(v, only[i].value))
            return true;
    if (!strcmp(key, "groups") && json_is_integer(v))
        return json_integer_value(v) == 1;
    if (!strcmp(key, "axis") && json_is_integer(v))
        return json_integer_value(v) == -1;
    return says_nothing(v) || ends_in(key, "_initializer");
}

static int unknown_option(const char *key, const json_t *v, struct rt_err *err)
{
    char *text = rt_keras_text(v);
    rt_fail(err, RT_EINVAL, "'%s' is %.100s, which this program has not", key,
            text);
    free(text);
    return RT_EINVAL;
}

static bool takes_object(const struct rt_opt *o)
{
    return o->names == RT_NAMES_INIT || o->names == RT_NAMES_REGULARIZER ||
           o->names == RT_NAMES_CONSTRAINT || o->names == RT_NAMES_WRAPPED ||
           o->names == RT_NAMES_ACTIVATION;
}

static bool has_choice(const struct rt_opt *o, const char *text)
{
    for (int i = 0; o->choices && o->choices[i]; i++)
        if (!strcmp(o->choices[i], text))
            return true;
    return false;
}

static int config_words(const struct rt_opt *opts, int axes,
                        const json_t *config, int depth,
                        struct rt_keras_words *out, struct rt_err *err)
{
    const char *key;
    json_t *v;
    /* jansson's iteration takes no const object but changes nothing */
    json_object_foreach((json_t *)(uintptr_t)config, key, v)
    {
        const struct rt_opt *o =
            opts ? rt_opt_find(opts, sizeof *opts, key) : NULL;
        if (!o || !strcmp(key, "name")) {
            if (!may_ignore(key, v))
                return unknown_option(key, v, err);
            continue;
        }
        struct rt_str word = RT_STR_INIT, value = RT_STR_INIT;
        int status = 0;
        if (json_is_null(v) && o->names == RT_NAMES_ACTIVATION)
            rt_str_add(&value, "linear");
        else if (json_is_null(v) && has_choice(o, "none"))
            rt_str_add(&value, "none");
        else if (json_is_object(v) && !takes_object(o))
            status = unknown_option(key, v, err);
        else if (!json_is_null(v))
            status = add_value(o, axes, v, depth, &value, err);
        if (value.n && !status) {
            rt_str_addf(&word, "%s=%s", key, rt_str_c(&value));
            rt_vec_push(&out->own, rt_str_take(&word));
        }
        rt_str_release(&value);
        if (status)
            return rt_err_within(err, "'%s'", key);
    }
    return 0;
}

int rt_keras_words(const struct rt_opt *opts, int axes,
                   const struct json_t *config, struct rt_keras_words *out,
                   struct rt_err *err)
{
    return config_words(opts, axes, config, 0, out, err);
}

/* ---- JSON to specs ------------------------------------------------------- */

/* Source: Keras 2.3.1 initializers.py. */
const struct rt_keras_scaling rt_keras_scalings[] = {
    { "glorot_uniform", 1, "fan_avg", "uniform" },
    { "glorot_normal", 1, "fan_avg", "normal" },
    { "lecun_uniform", 1, "fan_in", "uniform" },
    { "lecun_normal", 1, "fan_in", "normal" },
    { "he_uniform", 2, "fan_in", "uniform" },
    { "he_normal", 2, "fan_in", "normal" },
    { NULL, 0, NULL, NULL },
};

static const struct rt_keras_scaling *find_scaling(const json_t *config)
{
    double scale = json_number_value(json_object_get(config, "scale"));
    const json_t *spread = json_object_get(config, "distribution");
    for (const struct rt_keras_scaling *s = rt_keras_scalings; s->name; s++)
        if (s->scale == scale &&
            is_text(json_object_get(config, "mode"), s->mode) &&
            (is_text(spread, s->spread) ||
             (*s->spread == 'n' && is_text(spread, "truncated_normal"))))
            return s;
    return NULL;
}

/* "name(key=value,...)", with what differs from the defaults. */
static int add_spec(const struct rt_keras_record *r, const json_t *config,
                    struct rt_str *out, struct rt_err *err)
{
    struct rt_keras_words w = RT_KERAS_WORDS_INIT;
    int status = config ? rt_keras_words(r->opts, 0, config, &w, err) : 0;
    void *args =
        status ? NULL
               : rt_args_parse(r->opts, sizeof(struct rt_opt), r->args_size,
                               rt_keras_words_v(&w), w.own.n, err);
    void *plain = rt_args_default(r->opts, sizeof(struct rt_opt), r->args_size);
    const struct rt_opt *o;
    int n = 0;
    rt_str_add(out, args ? r->name : "");
    for (int i = 0; args && (o = rt_opt_at(r->opts, sizeof(struct rt_opt), i));
         i++) {
        struct rt_str is = RT_STR_INIT, was = RT_STR_INIT;
        rt_args_value(o, args, &is);
        rt_args_value(o, plain, &was);
        if (strcmp(rt_str_c(&is), rt_str_c(&was)) != 0)
            rt_str_addf(out, "%s%s=%s", n++ ? "," : "(", o->name,
                        rt_str_c(&is));
        rt_str_release(&is);
        rt_str_release(&was);
    }
    rt_str_add(out, n ? ")" : "");
    rt_keras_words_release(&w);
    rt_args_free(plain);
    if (!args)
        return rt_err_within(err, "%s", r->name);
    rt_args_free(args);
    return 0;
}

static void add_rate(struct rt_str *words, const char *key, double rate)
{
    if (rate == 0 || rate == 0.01)
        return;
    rt_str_addf(words, "%s%s=", words->n ? "," : "", key);
    rt_str_add_exact(words, rate);
}

static int add_regularizer(const char *class_name, const json_t *config,
                           struct rt_str *out, struct rt_err *err)
{
    if (strcmp(class_name, "L1L2") != 0 && strcmp(class_name, "L1") != 0 &&
        strcmp(class_name, "L2") != 0)
        return rt_fail(err, RT_ENOENT, "there is no regularizer of class '%s'",
                       class_name);
    double l1 = json_number_value(json_object_get(config, "l1"));
    double l2 = json_number_value(json_object_get(config, "l2"));
    /* what has the usual rate needs no more words: l2 */
    struct rt_str words = RT_STR_INIT;
    const char *name = l1 != 0 && l2 != 0 ? "l1_l2" : l1 != 0 ? "l1" : "l2";
    add_rate(&words, l1 != 0 && l2 != 0 ? "l1" : "l", l1);
    add_rate(&words, l1 != 0 && l2 != 0 ? "l2" : "l", l2);
    if (l1 != 0 || l2 != 0)
        rt_str_add(out, name);
    if (words.n)
        rt_str_addf(out, "(%s)", rt_str_c(&words));
    rt_str_release(&words);
    return 0;
}

int rt_keras_spec(int names, const struct json_t *v, struct rt_str *out,
                  struct rt_err *err)
{
    struct rt_keras_record r;
    const json_t *config = json_object_get(v, "config");
    const char *class_name =
        json_is_string(v) ? json_string_value(v)
                          : json_string_value(json_object_get(v, "class_name"));
    if (!class_name || (config && !json_is_object(config)))
        return rt_fail(err, RT_EFORMAT,
                       "an object has no class_name and config");
    const char *text = json_string_value(json_object_get(config, "expression"));
    if (names == RT_NAMES_REGULARIZER && text) {
        rt_str_addf(out, "expr(%s)", text);
        return 0;
    }
    if (names == RT_NAMES_REGULARIZER)
        return add_regularizer(class_name, config, out, err);
    if (names == RT_NAMES_ACTIVATION) {
        rt_str_add(out, class_name);
        return 0;
    }
    if (names == RT_NAMES_INIT && !strcmp(class_name, "VarianceScaling")) {
        const struct rt_keras_scaling *s = find_scaling(config);
        if (s) {
            rt_str_add(out, s->name);
            return 0;
        }
    }
    if (!rt_keras_find(names, class_name, &r))
        return rt_fail(err, RT_ENOENT, "there is no %s '%s'", sort_name(names),
                       class_name);
    return add_spec(&r, config, out, err);
}
