/* tune: numbers of the optimizer, loss weights and options of layers, changed
 * where they lie. All words are read before the first number changes. */
#include "nn/tune.h"

#include "base/schema.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "nn/model_private.h"
#include "nn/select.h"
#include "nn/steer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One number that is to change: an option in a block, or a number alone. */
struct change {
    const struct rt_opt *opt;
    void *args;
    double *number;
    double v;
};
struct reader {
    struct rt_model *m;
    struct rt_tuned *did;
    struct rt_str *says;
    RT_VEC(struct change) changes;
};

static void say(struct reader *r, const char *name, const char *from,
                const char *to)
{
    rt_str_addf(r->says, "%s%s %s -> %s", r->says->n ? ", " : "", name, from,
                to);
}

/* ---- options ------------------------------------------------------------- */

/* "rate" of a block of options from the text behind it. type: whose they are,
 * for errors. */
static int read_option(struct reader *r, const char *type,
                       const struct rt_opt *opts, size_t size, void *args,
                       const char *said, const char *key, const char *value,
                       struct rt_err *err)
{
    const struct rt_opt *o = rt_opt_find(opts, sizeof *opts, key);
    if (o && !o->live)
        return rt_fail(err, RT_EINVAL,
                       "'%s' of %s cannot change while it trains", key, type);
    char *word = rt_xprintf("%s=%s", key, value);
    const char *words[] = { word };
    void *changed =
        rt_args_change(opts, sizeof *opts, size, args, words, 1, err);
    free(word);
    if (!changed)
        return rt_err_within(err, "%s", type);
    struct rt_str from = RT_STR_INIT, to = RT_STR_INIT;
    rt_args_value(o, args, &from);
    rt_args_value(o, changed, &to);
    say(r, said, rt_str_c(&from), rt_str_c(&to));
    rt_vec_push(&r->changes, ((struct change){
                                 .opt = o,
                                 .args = args,
                                 .v = rt_args_number(o, changed),
                             }));
    rt_str_release(&from);
    rt_str_release(&to);
    rt_args_free(changed);
    return RT_OK;
}

static int read_number(struct reader *r, const char *said, double *number,
                       double v)
{
    char from[32], to[32];
    snprintf(from, sizeof from, "%g", *number > 0 ? *number : 0);
    snprintf(to, sizeof to, "%g", v);
    say(r, said, *number > 0 || v == 0 ? from : "none", to);
    rt_vec_push(&r->changes, ((struct change){ .number = number, .v = v }));
    return RT_OK;
}

double *rt_clipping_number(struct rt_clipping *clip, const char *key)
{
    return !strcmp(key, "clipnorm")          ? &clip->clipnorm
           : !strcmp(key, "global_clipnorm") ? &clip->global_clipnorm
           : !strcmp(key, "clipvalue")       ? &clip->clipvalue
                                             : NULL;
}

/* ---- loss weights -------------------------------------------------------- */

static int read_weight(struct reader *r, const char *text, struct rt_err *err)
{
    struct rt_compiled *c = r->m->compiled;
    const char *colon = strrchr(text, ':');
    double v;
    if (!colon || rt_number_parse(colon + 1, &v, NULL) ||
        !(v >= 0 && isfinite(v)))
        return rt_fail(err, RT_EINVAL,
                       "'%s', want OUTPUT:WEIGHT with a weight of 0 or more",
                       text);
    size_t n = (size_t)(colon - text);
    for (int i = 0; i < c->n_outputs; i++) {
        struct rt_compile_output *o = &c->outputs[i];
        if (!o->loss || strlen(o->output) != n || memcmp(o->output, text, n))
            continue;
        char *said = rt_xprintf("%s%s", r->did->weights ? "" : "loss weights ",
                                o->output);
        char from[32], to[32];
        snprintf(from, sizeof from, "%g", o->weight);
        snprintf(to, sizeof to, "%g", v);
        say(r, said, from, to);
        free(said);
        r->did->weights = true;
        rt_vec_push(&r->changes,
                    ((struct change){ .number = &o->weight, .v = v }));
        return RT_OK;
    }
    return rt_fail(err, RT_ENOENT, "'%s': no output with a loss of this name",
                   text);
}

static int read_weights(struct reader *r, const char *list, struct rt_err *err)
{
    const char **v;
    int n, status;
    if (rt_list_split(list, &v, &n, err))
        return rt_err_within(err, "loss_weights");
    status = RT_OK;
    for (int i = 0; i < n && !status; i++)
        status = read_weight(r, v[i], err);
    free(v);
    return status;
}

/* ---- options of layers --------------------------------------------------- */

/* "drop*.rate": of the layers of the set, those whose kind has the option. */
static int read_layers(struct reader *r, const char *key, const char *value,
                       struct rt_err *err)
{
    const char *dot = strrchr(key, '.'), *option = dot + 1;
    char *set = rt_xstrndup(key, (size_t)(dot - key));
    bool *chosen = rt_xcalloc((size_t)r->m->n_layers + 1, sizeof *chosen);
    int found = 0,
        status = rt_select(r->m, (const char *const *)&set, 1, chosen, err);
    for (int i = 0; i < r->m->n_layers && status >= 0; i++) {
        struct rt_model_layer *l = r->m->layers[i];
        if (!chosen[i] ||
            !rt_opt_find(l->type->opts, sizeof(struct rt_opt), option))
            continue;
        char *said = rt_xprintf("%s.%s", l->name, option);
        status =
            read_option(r, l->type->name, l->type->opts, l->type->args_size,
                        l->args, said, option, value, err);
        free(said);
        r->did->layers = true;
        found++;
    }
    if (status >= 0 && !found)
        status = rt_fail(err, RT_ENOENT, "'%s': no layer '%s' has an option %s",
                         key, set, option);
    free(chosen);
    free(set);
    return status < 0 ? status : RT_OK;
}

/* ---- words --------------------------------------------------------------- */

struct names {
    RT_VEC(char *) all;
};
static void add_live(const struct rt_opt *opts, const char *layer,
                     struct names *names)
{
    const struct rt_opt *o;
    for (int i = 0; opts && (o = rt_opt_at(opts, sizeof *o, i)); i++)
        if (o->live)
            rt_vec_push(&names->all, layer ? rt_xprintf("%s.%s", layer, o->name)
                                           : rt_xstrdup(o->name));
}

/* The nearest of what there is, layers' too; else all, but them. */
static int no_such(const struct rt_model *m, const char *key,
                   struct rt_err *err)
{
    static const char *const others[] = { "clipnorm", "global_clipnorm",
                                          "clipvalue", "batch_size",
                                          "loss_weights" };
    const struct rt_optimizer *by = m->compiled->optimizer;
    struct names names = { .all = { 0 } };
    struct rt_str near = RT_STR_INIT, live = RT_STR_INIT;
    add_live(by->opts, NULL, &names);
    for (int i = 0; i < names.all.n; i++)
        rt_str_addf(&live, "%s, ", names.all.v[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        rt_vec_push(&names.all, rt_xstrdup(others[i]));
    for (int i = 0; i < m->n_layers; i++)
        add_live(m->layers[i]->type->opts, m->layers[i]->name, &names);
    rt_vec_push(&names.all, NULL);
    rt_suggest(&near, key, (const char *const *)names.all.v);
    if (near.n)
        rt_fail(err, RT_ENOENT, "'%s' is nothing to tune%s", key,
                rt_str_c(&near));
    else
        rt_fail(err, RT_ENOENT,
                "'%s' is nothing to tune; %s has %sclipnorm, "
                "global_clipnorm, clipvalue; and batch_size, loss_weights, "
                "LAYER.rate",
                key, by->name, rt_str_c(&live));
    for (int i = 0; i < names.all.n; i++)
        free(names.all.v[i]);
    rt_vec_release(&names.all);
    rt_str_release(&near);
    rt_str_release(&live);
    return RT_ENOENT;
}

static int read_word(struct reader *r, const char *word, struct rt_err *err)
{
    struct rt_compiled *c = r->m->compiled;
    const char *equals = strrchr(word, '=');
    double v, *number;
    if (!equals || equals == word)
        return rt_fail(err, RT_EINVAL, "'%s', want KEY=VALUE as in lr=1e-4",
                       word);
    char *key = rt_xstrndup(word, (size_t)(equals - word));
    const char *value = equals + 1;
    int status;
    if (!strcmp(key, "learning_rate"))
        strcpy(key, "lr");
    if (!strcmp(key, "loss_weights")) {
        status = read_weights(r, value, err);
    } else if ((number = rt_clipping_number(&c->clip, key))) {
        status = rt_number_parse(value, &v, err);
        if (!status && !(v >= 0 && isfinite(v)))
            status =
                rt_fail(err, RT_EINVAL, "%s is %s, want 0 or more", key, value);
        if (!status)
            status = read_number(r, key, number, v);
    } else if (rt_opt_find(c->optimizer->opts, sizeof(struct rt_opt), key)) {
        r->did->optimizer = true;
        status =
            read_option(r, c->optimizer->name, c->optimizer->opts,
                        c->optimizer->args_size, c->args, key, key, value, err);
    } else if (strchr(key, '.')) {
        status = read_layers(r, key, value, err);
    } else {
        status = no_such(r->m, key, err);
    }
    free(key);
    return status;
}

static void store(const struct change *c)
{
    if (c->opt)
        rt_args_set_number(c->opt, c->args, c->v);
    else
        *c->number = c->v;
}

int rt_model_tune(struct rt_model *m, const char *const *words, int n,
                  struct rt_tuned *did, struct rt_str *says, struct rt_err *err)
{
    struct reader r = { .m = m, .did = did, .says = says };
    int status = RT_OK;
    *did = (struct rt_tuned){ false };
    if (!m->compiled)
        return rt_fail(err, RT_ESTATE,
                       "model '%s' is not compiled, so it has no optimizer",
                       m->name);
    for (int i = 0; i < n && !status; i++)
        status = read_word(&r, words[i], err);
    for (int i = 0; i < r.changes.n && !status; i++)
        store(&r.changes.v[i]);
    rt_vec_release(&r.changes);
    return status;
}

int rt_model_retune(struct rt_model *m, const char *const *words, int n,
                    struct rt_str *says, struct rt_err *err)
{
    struct rt_tuned did;
    rt_model_own_numbers(m);
    int status = rt_model_tune(m, words, n, &did, says, err);
    if (!status)
        rt_model_steered(m);
    return status;
}

/* ---- all of it ----------------------------------------------------------- */

static void visit_live(const struct rt_opt *opts, const char *of, void *args,
                       rt_tune_visit *fn, void *arg)
{
    const struct rt_opt *o;
    for (int i = 0; opts && (o = rt_opt_at(opts, sizeof *o, i)); i++) {
        if (!o->live)
            continue;
        double v = rt_args_number(o, args), was = v;
        fn(arg, of, o->name, &v);
        if (memcmp(&v, &was, sizeof v)) /* read by others meanwhile */
            rt_args_set_number(o, args, v);
    }
}

void rt_model_each_live(struct rt_model *m, rt_tune_visit *fn, void *arg)
{
    struct rt_compiled *c = m->compiled;
    visit_live(c->optimizer->opts, "", c->args, fn, arg);
    fn(arg, "", "clipnorm", &c->clip.clipnorm);
    fn(arg, "", "global_clipnorm", &c->clip.global_clipnorm);
    fn(arg, "", "clipvalue", &c->clip.clipvalue);
    for (int i = 0; i < c->n_outputs; i++)
        fn(arg, "loss_weights", c->outputs[i].output, &c->outputs[i].weight);
    for (int i = 0; i < m->n_layers; i++)
        visit_live(m->layers[i]->type->opts, m->layers[i]->name,
                   m->layers[i]->args, fn, arg);
}
