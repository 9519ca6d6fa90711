/* compile: the optimizer, and for every output its loss, weight and metrics,
 * gathered from what compile says and what `output` said. */
#include "nn/model.h"

#include "base/schema.h"
#include "base/vec.h"
#include "nn/group.h"
#include "nn/model_private.h"
#include "nn/objective.h"

#include <math.h>

/* ---- the settings as an object ------------------------------------------- */

static void output_release(struct rt_compile_output *o)
{
    for (int i = 0; i < o->n_metrics; i++)
        free(o->metrics[i]);
    free(o->metrics);
    free(o->loss);
    free(o->output);
}

void rt_compiled_unref(struct rt_compiled *c)
{
    if (!c || --c->refs > 0)
        return;
    for (int i = 0; i < c->n_outputs; i++)
        output_release(&c->outputs[i]);
    free(c->outputs);
    rt_customs_unref(c->customs);
    rt_args_free(c->args);
    free(c);
}

struct rt_compiled *rt_compiled_copy(const struct rt_compiled *from)
{
    struct rt_compiled *c = rt_xmemdup(from, sizeof *from);
    c->refs = 1;
    rt_customs_ref(c->customs);
    c->args = rt_args_copy(c->optimizer->opts, sizeof(struct rt_opt),
                           c->optimizer->args_size, from->args);
    c->outputs = rt_xcalloc((size_t)c->n_outputs, sizeof *c->outputs);
    for (int i = 0; i < c->n_outputs; i++) {
        const struct rt_compile_output *o = &from->outputs[i];
        struct rt_compile_output *to = &c->outputs[i];
        to->output = rt_xstrdup(o->output);
        to->loss = rt_xstrdup(o->loss);
        to->weight = o->weight;
        to->temporal = o->temporal;
        to->n_metrics = o->n_metrics;
        to->metrics = rt_xcalloc((size_t)o->n_metrics + 1, sizeof *to->metrics);
        for (int k = 0; k < o->n_metrics; k++)
            to->metrics[k] = rt_xstrdup(o->metrics[k]);
    }
    return c;
}

struct rt_compiled *rt_compiled_without(const struct rt_compiled *from,
                                        const bool *drop)
{
    struct rt_compiled *c = rt_compiled_copy(from);
    int n = c->n_outputs;
    c->n_outputs = 0;
    for (int i = 0; i < n; i++)
        if (drop[i])
            output_release(&c->outputs[i]);
        else
            c->outputs[c->n_outputs++] = c->outputs[i];
    return c;
}

void rt_compiled_rename(struct rt_model *m, const char *output, const char *to)
{
    struct rt_compiled *c = m->compiled ? rt_compiled_copy(m->compiled) : NULL;
    if (!c)
        return;
    for (int i = 0; i < c->n_outputs; i++) {
        struct rt_compile_output *o = &c->outputs[i];
        if (strcmp(o->output, output) != 0)
            continue;
        free(o->output);
        o->output = rt_xstrdup(to);
        break;
    }
    rt_compiled_unref(m->compiled);
    m->compiled = c;
}

static bool is_among(char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

char **rt_model_names_anew(const struct rt_model *m)
{
    char **names = rt_xcalloc((size_t)m->n_outputs + 1, sizeof *names);
    for (int i = 0; i < m->n_outputs; i++) {
        const struct rt_model_layer *l = m->outputs[i].place.layer;
        const char *stem = l->group ? l->group->name : l->name;
        names[i] = rt_xstrdup(stem);
        for (int k = 1; is_among(names, i, names[i]); k++) {
            free(names[i]);
            names[i] = rt_xprintf("%s_%d", stem, k);
        }
    }
    return names;
}

void rt_model_names_free(const struct rt_model *m, char **names)
{
    for (int i = 0; i < m->n_outputs; i++)
        free(names[i]);
    free(names);
}

struct rt_compiled *rt_compiled_anew(const struct rt_model *m)
{
    struct rt_compiled *c = m->compiled ? rt_compiled_copy(m->compiled) : NULL;
    char **names = rt_model_names_anew(m);
    for (int i = 0; c && i < c->n_outputs; i++) {
        char *was = c->outputs[i].output;
        c->outputs[i].output = names[i];
        names[i] = was;
    }
    rt_model_names_free(m, names);
    return c;
}

bool rt_compiled_fits(const struct rt_compiled *c, const struct rt_model *m)
{
    if (c->n_outputs != m->n_outputs)
        return false;
    for (int i = 0; i < c->n_outputs; i++)
        if (strcmp(c->outputs[i].output, m->outputs[i].name) != 0)
            return false;
    return true;
}

/* ---- lists over outputs -------------------------------------------------- */

static void add_outputs(const struct rt_model *m, struct rt_str *out)
{
    for (int i = 0; i < m->n_outputs; i++)
        rt_str_addf(out, "%s%s", i ? ", " : "", m->outputs[i].name);
}

/* "a:mse" -> output a and "mse"; "mse" -> -1. The longest name wins, since
 * names may hold colons. Fails at a name that is no output's. */
static int part(const struct rt_model *m, const char *what, const char *text,
                int *output, const char **rest, struct rt_err *err)
{
    size_t longest = 0;
    *output = -1;
    *rest = text;
    for (int i = 0; i < m->n_outputs; i++) {
        const char *name = m->outputs[i].name;
        size_t n = strlen(name);
        if (strncmp(text, name, n) == 0 && text[n] == ':' && n >= longest) {
            longest = n;
            *output = i;
            *rest = text + n + 1;
        }
    }
    const char *end = strpbrk(text, ":(");
    if (*output >= 0 || !end || *end == '(')
        return RT_OK;
    struct rt_str names = RT_STR_INIT;
    add_outputs(m, &names);
    rt_fail(err, RT_ENOENT, "%s: '%.*s' is no output; outputs are %s", what,
            (int)(end - text), text, rt_str_c(&names));
    rt_str_release(&names);
    return RT_ENOENT;
}

/* A list of at most one text an output: named, one for all, or one each. */
struct spread {
    const char **list; /* owns the texts */
    const char **each; /* per output, or NULL */
};

static void spread_release(struct spread *s)
{
    free(s->list);
    free(s->each);
}

static int count_mismatch(const struct rt_model *m, const char *what, int n,
                          struct rt_err *err)
{
    struct rt_str names = RT_STR_INIT;
    add_outputs(m, &names);
    rt_fail(err, RT_EINVAL,
            "%s: %d entries for %d output%s (%s); name them as %s:VALUE", what,
            n, m->n_outputs, m->n_outputs == 1 ? "" : "s", rt_str_c(&names),
            m->outputs[0].name);
    rt_str_release(&names);
    return RT_EINVAL;
}

static int spread(const struct rt_model *m, const char *what, const char *text,
                  struct spread *s, struct rt_err *err)
{
    int n = 0, n_plain = 0;
    const char *plain = NULL;
    s->list = NULL;
    s->each = rt_xcalloc((size_t)m->n_outputs, sizeof *s->each);
    if (!text)
        return RT_OK;
    if (rt_list_split(text, &s->list, &n, err))
        return rt_err_within(err, "%s", what);
    for (int i = 0; i < n; i++) {
        int output;
        const char *rest;
        if (part(m, what, s->list[i], &output, &rest, err))
            return RT_ENOENT;
        if (output < 0) {
            n_plain++;
            plain = rest;
        } else if (s->each[output]) {
            return rt_fail(err, RT_EINVAL, "%s: output '%s' is named twice",
                           what, m->outputs[output].name);
        } else {
            s->each[output] = rest;
        }
    }
    if (n_plain > 1 && (n_plain != n || n != m->n_outputs))
        return count_mismatch(m, what, n, err);
    for (int i = 0; i < m->n_outputs; i++)
        if (n_plain > 1)
            s->each[i] = s->list[i];
        else if (plain && !s->each[i])
            s->each[i] = plain;
    return RT_OK;
}

/* ---- gathering ----------------------------------------------------------- */

static int take_losses(struct rt_compiled *c, const struct rt_model *m,
                       const char *text, struct rt_err *err)
{
    struct spread s;
    bool any = false;
    int status = spread(m, "loss", text, &s, err);
    for (int i = 0; i < c->n_outputs && !status; i++) {
        const char *loss = s.each[i] ? s.each[i] : m->outputs[i].loss;
        c->outputs[i].loss = rt_xstrdup(loss);
        any |= loss != NULL;
    }
    if (!status && !any)
        status = rt_fail(err, RT_EINVAL,
                         "no output has a loss; say loss=NAME, or loss= at "
                         "`output`");
    spread_release(&s);
    return status;
}

static int take_weights(struct rt_compiled *c, const struct rt_model *m,
                        const char *text, struct rt_err *err)
{
    struct spread s;
    int status = spread(m, "loss_weights", text, &s, err);
    for (int i = 0; i < c->n_outputs && !status; i++) {
        struct rt_compile_output *o = &c->outputs[i];
        o->weight = isnan(m->outputs[i].weight) ? 1 : m->outputs[i].weight;
        if (!s.each[i])
            continue;
        status = rt_number_parse(s.each[i], &o->weight, err);
        if (status)
            rt_err_within(err, "loss_weights: output '%s'", o->output);
        else if (!(o->weight >= 0 && isfinite(o->weight)))
            status = rt_fail(err, RT_EINVAL,
                             "loss_weights: output '%s' has %s, want at "
                             "least 0",
                             o->output, s.each[i]);
        else if (!o->loss)
            status =
                rt_fail(err, RT_EINVAL, "loss_weights: output '%s' has no loss",
                        o->output);
    }
    spread_release(&s);
    return status;
}

static void add_metric(struct rt_compile_output *o, const char *spec)
{
    o->metrics = rt_xrealloc(o->metrics,
                             (size_t)(o->n_metrics + 1) * sizeof *o->metrics);
    o->metrics[o->n_metrics++] = rt_xstrdup(spec);
}

static bool has_metric(const struct rt_compile_output *o, const char *spec)
{
    for (int i = 0; i < o->n_metrics; i++)
        if (strcmp(o->metrics[i], spec) == 0)
            return true;
    return false;
}

static int put_metric(struct rt_compiled *c, int output, const char *spec,
                      struct rt_err *err)
{
    for (int i = 0; i < c->n_outputs; i++) {
        struct rt_compile_output *o = &c->outputs[i];
        if (output >= 0 ? i != output : !o->loss)
            continue;
        if (!o->loss)
            return rt_fail(err, RT_EINVAL, "metrics: output '%s' has no loss",
                           o->output);
        if (has_metric(o, spec))
            return rt_fail(err, RT_EINVAL, "metrics: '%s' is given twice",
                           spec);
        add_metric(o, spec);
    }
    return RT_OK;
}

static int take_metric(struct rt_compiled *c, const struct rt_model *m,
                       const char *what, const char *prefix, const char *text,
                       struct rt_err *err)
{
    int output;
    const char *spec;
    if (part(m, what, text, &output, &spec, err))
        return RT_ENOENT;
    char *own = rt_xprintf("%s%s", prefix, spec);
    int status = put_metric(c, output, own, err);
    free(own);
    return status;
}

/* prefix: of the metrics that are weighed. */
static int take_metrics(struct rt_compiled *c, const struct rt_model *m,
                        const char *what, const char *prefix, const char *text,
                        struct rt_err *err)
{
    const char **list;
    int n, status = 0;
    if (!text)
        return RT_OK;
    if (rt_list_split(text, &list, &n, err))
        return rt_err_within(err, "%s", what);
    for (int i = 0; i < n && !status; i++)
        status = take_metric(c, m, what, prefix, list[i], err);
    free(list);
    return status;
}

/* Keras says lr or learning_rate, by its version. */
static void *optimizer_args(const struct rt_optimizer *o,
                            const struct rt_compile_words *from,
                            struct rt_err *err)
{
    static const char full[] = "learning_rate=";
    RT_VEC(const char *) words = { 0 };
    char *lr = NULL;
    for (int i = 0; i < from->n_words; i++)
        if (strncmp(from->words[i], full, sizeof full - 1) == 0 && !lr)
            rt_vec_push(&words, lr = rt_xprintf("lr=%s", from->words[i] +
                                                             sizeof full - 1));
        else
            rt_vec_push(&words, from->words[i]);
    void *args = rt_args_parse(o->opts, sizeof(struct rt_opt), o->args_size,
                               words.v, words.n, err);
    if (!args)
        rt_err_within(err, "%s", o->name);
    rt_vec_release(&words);
    free(lr);
    return args;
}

static struct rt_compiled *gather(const struct rt_model *m,
                                  const struct rt_compile_words *words,
                                  struct rt_err *err)
{
    struct rt_compiled *c = rt_xcalloc(1, sizeof *c);
    c->refs = 1;
    c->clip = words->clip;
    c->customs = rt_customs_ref(m->customs);
    c->outputs = rt_xcalloc((size_t)m->n_outputs, sizeof *c->outputs);
    c->n_outputs = m->n_outputs;
    for (int i = 0; i < m->n_outputs; i++)
        c->outputs[i].output = rt_xstrdup(m->outputs[i].name);
    c->optimizer = rt_optimizer_find(words->optimizer, err);
    if (c->optimizer)
        c->args = optimizer_args(c->optimizer, words, err);
    if (!c->args || take_losses(c, m, words->loss, err) ||
        take_weights(c, m, words->loss_weights, err) ||
        take_metrics(c, m, "metrics", "", words->metrics, err) ||
        take_metrics(c, m, "weighted_metrics", RT_METRIC_WEIGHTED,
                     words->weighted_metrics, err)) {
        rt_compiled_unref(c);
        return NULL;
    }
    return c;
}

int rt_model_compile(struct rt_model *m, const struct rt_compile_words *words,
                     struct rt_err *err)
{
    struct rt_err own = RT_ERR_INIT;
    err = err ? err : &own;
    if (rt_model_editable(m, err))
        return RT_EBUSY;
    if (!m->n_outputs)
        return rt_fail(err, RT_ESTATE,
                       "compile: model '%s' has no output; say `output` "
                       "behind its last layer",
                       m->name);
    struct rt_compiled *c = gather(m, words, err);
    struct rt_compiled *before = m->compiled;
    uint64_t was = before ? rt_model_hash(m) : 0;
    m->compiled = c;
    if (!c || rt_objective_check(m, err)) {
        m->compiled = before;
        rt_compiled_unref(c);
        return rt_err_within(err, "compile");
    }
    /* the same once more, as in a loop, is no step of undo */
    bool same = before && !words->reset && before->customs == c->customs &&
                rt_model_hash(m) == was;
    rt_compiled_unref(before);
    c->nth = ++m->n_compiles;
    if (words->reset || m->slots_of != c->optimizer)
        rt_model_drop_slots(m);
    m->slots_of = c->optimizer;
    if (!same)
        rt_model_edited(m);
    return RT_OK;
}
