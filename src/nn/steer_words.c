/* What orders and commands say of a model's learning, done to the model: see
 * steer.h. */
#include "nn/steer.h"

#include "base/mem.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "nn/init.h"
#include "nn/model_private.h"
#include "nn/objective.h"
#include "nn/select.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- answers ------------------------------------------------------------- */

enum { NAMED = 6 }; /* layers by name in an answer */

/* "lstm_b, gas" of the layers marked; how many there are. */
static int add_names(const struct rt_model *m, const bool *which,
                     struct rt_str *out)
{
    int n = 0;
    for (int i = 0; i < m->n_layers; i++)
        if (which[i] && n++ < NAMED)
            rt_str_addf(out, "%s%s", n > 1 ? ", " : "", m->layers[i]->name);
    if (n > NAMED)
        rt_str_addf(out, " and %d more", n - NAMED);
    return n;
}

/* "froze lstm_b, gas (91,351 parameters)" */
static void say(const struct rt_model *m, const char *verb, const bool *which,
                struct rt_str *says)
{
    int64_t params = 0;
    rt_str_addf(says, "%s ", verb);
    if (!add_names(m, which, says)) {
        rt_str_add(says, "nothing new");
        return;
    }
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; which[i] && k < m->layers[i]->n_weights; k++)
            if (!m->layers[i]->weights[k]->fixed)
                params += (int64_t)m->layers[i]->weights[k]->n;
    rt_str_add(says, " (");
    rt_str_add_count(says, params);
    rt_str_add(says, params == 1 ? " parameter)" : " parameters)");
}

/* ---- freeze -------------------------------------------------------------- */

/* Sets the flags; in `set` stay the layers with weights that changed. */
static void set_trainable(struct rt_model *m, bool *set, bool trainable,
                          int norm)
{
    for (int i = 0; i < m->n_layers; i++) {
        struct rt_model_layer *l = m->layers[i];
        if (!set[i])
            continue;
        bool acts = l->type->frozen && l->norm != norm;
        set[i] = l->n_weights && (l->trainable != trainable || acts);
        l->trainable = trainable;
        l->norm = norm;
    }
}

static int change(struct rt_model *m, const char *const *words, int n,
                  bool trainable, int norm, struct rt_str *says,
                  struct rt_err *err)
{
    bool *set = rt_xcalloc((size_t)m->n_layers + 1, sizeof *set);
    int chosen = rt_select(m, words, n, set, err);
    if (chosen >= 0) {
        set_trainable(m, set, trainable, norm);
        say(m, trainable ? "unfroze" : "froze", set, says);
        if (norm != RT_NORM_DIALECT)
            rt_str_addf(says, ", bn=%s", rt_norm_name(norm));
    }
    free(set);
    return chosen < 0 ? chosen : RT_OK;
}

int rt_model_freeze(struct rt_model *m, const char *const *words, int n,
                    int norm, struct rt_str *says, struct rt_err *err)
{
    return change(m, words, n, false, norm, says, err);
}

int rt_model_unfreeze(struct rt_model *m, const char *const *words, int n,
                      struct rt_str *says, struct rt_err *err)
{
    return change(m, words, n, true, RT_NORM_DIALECT, says, err);
}

/* ---- rates --------------------------------------------------------------- */

static int read_rate(const char *word, const char *text, double *share,
                     double *rate, struct rt_err *err)
{
    size_t n = strlen(text);
    bool is_share = n > 1 && text[n - 1] == 'x';
    char *number = rt_xstrndup(text, is_share ? n - 1 : n);
    double v;
    int status = rt_number_parse(number, &v, NULL);
    free(number);
    if (status || !(v >= 0 && v <= 1e9))
        return rt_fail(err, RT_EINVAL,
                       "'%s': '%s', want a rate as 1e-4, or a share of the "
                       "model's as 0.1x",
                       word, text);
    *share = is_share ? v : 1;
    *rate = is_share ? NAN : v;
    return RT_OK;
}

int rt_model_rate(struct rt_model *m, const char *word, struct rt_str *says,
                  struct rt_err *err)
{
    const char *equals = strrchr(word, '=');
    double share = 1, rate = NAN;
    if (!equals || equals == word)
        return rt_fail(err, RT_EINVAL, "'%s', want LAYERS=RATE as in a=0.1x",
                       word);
    if (read_rate(word, equals + 1, &share, &rate, err))
        return RT_EINVAL;
    char *set = rt_xstrndup(word, (size_t)(equals - word));
    bool *chosen = rt_xcalloc((size_t)m->n_layers + 1, sizeof *chosen);
    int n = rt_select(m, (const char *const *)&set, 1, chosen, err);
    for (int i = 0; i < m->n_layers && n >= 0; i++) {
        struct rt_model_layer *l = m->layers[i];
        if (!chosen[i])
            continue;
        l->share = share;
        l->rate = rate;
        chosen[i] = l->n_weights > 0;
    }
    if (n >= 0) {
        rt_str_addf(says, "%slr of ", says->n ? ", " : "");
        if (!add_names(m, chosen, says))
            rt_str_add(says, "no layer with weights");
        rt_str_addf(says, ": %s", equals + 1);
    }
    free(chosen);
    free(set);
    return n < 0 ? n : RT_OK;
}

/* ---- retire -------------------------------------------------------------- */

static struct rt_model_output *find_output(struct rt_model *m, const char *name,
                                           struct rt_err *err)
{
    const char **names = rt_xcalloc((size_t)m->n_outputs + 1, sizeof *names);
    struct rt_model_output *found = NULL;
    for (int i = 0; i < m->n_outputs; i++) {
        names[i] = m->outputs[i].name;
        if (!strcmp(names[i], name))
            found = &m->outputs[i];
    }
    if (!found)
        rt_fail_unknown(err, RT_ENOENT, name, rt_name_of_list, names,
                        "'%s' is no output of model '%s'", name, m->name);
    free(names);
    return found;
}

static int check_others(const struct rt_model *m,
                        const struct rt_model_output *o, struct rt_err *err)
{
    for (int i = 0; i < m->n_outputs; i++)
        if (&m->outputs[i] != o && !m->outputs[i].retired)
            return RT_OK;
    return rt_fail(err, RT_ESTATE,
                   "'%s' is the last output that trains; `stop` ends the run",
                   o->name);
}

int rt_model_retire(struct rt_model *m, const struct rt_retire_words *w,
                    struct rt_str *says, struct rt_err *err)
{
    struct rt_model_output *o = find_output(m, w->output, err);
    if (!o || check_others(m, o, err))
        return rt_err_code(err, RT_ENOENT);
    char *branch = rt_xprintf("branch:%s", w->output);
    bool *set = rt_xcalloc((size_t)m->n_layers + 1, sizeof *set);
    int n = rt_select(m, (const char *const *)&branch, 1, set, err);
    rt_str_addf(says, o->retired ? "'%s' is retired already" : "retired '%s'",
                w->output);
    o->retired = true;
    o->leaves = o->leaves || w->remove;
    if (n >= 0 && w->freeze) {
        set_trainable(m, set, false, RT_NORM_DIALECT);
        rt_str_add(says, ", ");
        say(m, "froze", set, says);
    }
    if (w->remove)
        rt_str_add(says, ", removed when the run is over");
    free(set);
    free(branch);
    return n < 0 ? n : RT_OK;
}

/* The outputs that are not dropped, with their losses; or all as they were. */
static int drop_outputs(struct rt_model *m, const bool *drop,
                        struct rt_err *err)
{
    int n_was = m->n_outputs;
    struct rt_compiled *was = m->compiled;
    struct rt_model_output *outputs =
        rt_xmemdup(m->outputs, (size_t)n_was * sizeof *outputs);
    m->n_outputs = 0;
    for (int i = 0; i < n_was; i++)
        if (!drop[i])
            m->outputs[m->n_outputs++] = outputs[i];
    m->compiled = was ? rt_compiled_without(was, drop) : NULL;
    int status = was ? rt_objective_check(m, err) : RT_OK;
    if (status) {
        memcpy(m->outputs, outputs, (size_t)n_was * sizeof *outputs);
        m->n_outputs = n_was;
        rt_compiled_unref(m->compiled);
        m->compiled = was;
    } else {
        for (int i = 0; i < n_was; i++)
            if (drop[i])
                rt_model_output_release(&outputs[i]);
        rt_compiled_unref(was);
        rt_model_edited(m);
    }
    free(outputs);
    return status;
}

int rt_model_drop_retired(struct rt_model *m, const char *step,
                          struct rt_err *err)
{
    int n = 0, status = rt_model_editable(m, err);
    bool *drop = rt_xcalloc((size_t)m->n_outputs + 1, sizeof *drop);
    for (int i = 0; i < m->n_outputs && !status; i++) {
        struct rt_model_output *o = &m->outputs[i];
        n += drop[i] = o->retired && o->leaves;
        o->retired = o->retired && !drop[i];
        o->leaves = false;
    }
    if (n) {
        if (step)
            rt_model_mark(m, step); /* as they were before */
        status = drop_outputs(m, drop, err);
        for (int i = 0; i < m->n_outputs && status; i++)
            m->outputs[i].retired = m->outputs[i].retired || drop[i];
    }
    free(drop);
    return status ? status : n;
}

/* ---- reinit -------------------------------------------------------------- */

static struct rt_key key_of(const struct rt_model *m, const struct rt_weight *w,
                            int64_t seed)
{
    struct rt_key k;
    if (seed == INT64_MIN)
        return rt_key_int(rt_key_text(w->key, "reinit"), (uint64_t)m->n_draws);
    k = rt_key_make((uint64_t)seed, RT_FOR_WEIGHTS);
    return rt_key_text(rt_key_text(k, w->layer->name), w->name);
}

/* Fills the numbers of the chosen layers in an arena laid out as the model's.
 */
static int draw(const struct rt_model *m, const bool *chosen,
                const struct rt_reinit_words *w, float *out, struct rt_err *err)
{
    int status = RT_OK;
    for (int i = 0; i < m->n_layers && !status; i++)
        for (int k = 0; chosen[i] && k < m->layers[i]->n_weights && !status;
             k++) {
            const struct rt_weight *v = m->layers[i]->weights[k];
            bool kernel = w->init && v->shape.rank > 1 && !v->fixed;
            status = rt_init_draw(kernel ? w->init : v->init, &v->shape,
                                  key_of(m, v, w->seed), out + v->offset, err);
            if (status)
                rt_err_within(err, "%s of layer '%s'", v->name,
                              m->layers[i]->name);
        }
    return status;
}

static void take_over(struct rt_model *m, const bool *chosen, const float *from)
{
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; chosen[i] && k < m->layers[i]->n_weights; k++) {
            const struct rt_weight *w = m->layers[i]->weights[k];
            memcpy(m->weights + w->offset, from + w->offset,
                   w->n * sizeof *from);
            rt_model_start_slots(m, w);
        }
}

int rt_model_reinit(struct rt_model *m, const struct rt_reinit_words *w,
                    struct rt_str *says, struct rt_err *err)
{
    if (rt_model_ready(m, err))
        return rt_err_code(err, RT_ENOMEM);
    bool *chosen = rt_xcalloc((size_t)m->n_layers + 1, sizeof *chosen);
    float *drawn =
        rt_try_alloc(m->n_params + 1, sizeof *drawn, "new weights", err);
    int n =
        drawn ? rt_select(m, w->layers.v, w->layers.n, chosen, err) : RT_ENOMEM;
    int status = n < 0 ? n : RT_OK;
    m->n_draws++;
    if (!status)
        status = draw(m, chosen, w, drawn, err);
    if (!status) {
        take_over(m, chosen, drawn);
        for (int i = 0; i < m->n_layers; i++)
            chosen[i] = chosen[i] && m->layers[i]->n_weights;
        say(m, "drew anew", chosen, says);
    } else {
        m->n_draws--;
    }
    free(drawn);
    free(chosen);
    return status;
}
