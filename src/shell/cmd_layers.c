#include "shell/cmd_layers.h"

#include "base/mem.h"
#include "base/schema.h"
#include "graph/op.h"
#include "shell/interp.h"
#include "shell/keras_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct common {
    const char *name;
    struct rt_texts from;
    bool trainable;
    double l1, l2;
};
#define OF_ALL                                                                 \
    RT_OPT(struct common, name,                                                \
           .help = "its name; else the next free one of its kind (dense_1)"),  \
        RT_OPT(struct common, from, .names = RT_NAMES_LAYER,                   \
               .help = "layers it gets its input from; else the cursor"),      \
        RT_OPT(struct common, trainable, .def = "yes",                         \
               .help = "whether its weights learn")
static const struct rt_opt of_all[] = { OF_ALL, RT_OPT_END };
static const struct rt_opt with_kernel[] = {
    OF_ALL,
    RT_OPT(struct common, l1, .def = "", .min = 0, .max = INFINITY,
           .help = "short for kernel_regularizer=l1(...)"),
    RT_OPT(struct common, l2, .def = "", .min = 0, .max = INFINITY,
           .help = "short for kernel_regularizer=l2(...)"),
    RT_OPT_END,
};

const struct rt_opt *rt_layer_common(const struct rt_layer *l)
{
    return rt_opt_find(l->opts, sizeof *l->opts, "kernel_regularizer")
               ? with_kernel
               : of_all;
}

/* "kernel_regularizer=l1_l2(0.1,0.2)"; NULL if neither is given. */
static char *penalty(const struct common *c)
{
    struct rt_str out = RT_STR_INIT;
    if (isnan(c->l1) && isnan(c->l2))
        return NULL;
    rt_str_addf(&out, "kernel_regularizer=%s(",
                isnan(c->l2)   ? "l1"
                : isnan(c->l1) ? "l2"
                               : "l1_l2");
    if (!isnan(c->l1))
        rt_str_add_exact(&out, c->l1);
    if (!isnan(c->l1) && !isnan(c->l2))
        rt_str_addc(&out, ',');
    if (!isnan(c->l2))
        rt_str_add_exact(&out, c->l2);
    rt_str_addc(&out, ')');
    return rt_str_take(&out);
}

/* Whether words without a key are options of the layer's own. */
static bool has_positional(const struct rt_layer *l)
{
    for (const struct rt_opt *o = l->opts; o && o->name; o++)
        if (o->word > 0)
            return true;
    return false;
}

static bool has_key(const char *word)
{
    size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz_0123456789");
    return n && word[n] == '=' && word[n + 1] != '=';
}

/* Puts the numbers of $names into the word that is an expression. */
static int fill(struct rt_session *s, struct rt_layer_words *w,
                struct rt_err *err)
{
    bool wanted = false;
    int at = 0;
    for (const struct rt_opt *o = w->type->opts; o && o->name; o++)
        wanted |= o->names == RT_NAMES_EXPRESSION && o->word == 1;
    while (at < w->n && has_key(w->words[at]))
        at++;
    if (!wanted || at == w->n || !strchr(w->words[at], '$'))
        return 0;
    w->filled = rt_interp_fill(s->interp, w->words[at], err);
    if (!w->filled)
        return rt_err_code(err, RT_EINVAL);
    w->words[at] = w->filled;
    return 0;
}

/* The command as it is now, for the clean script. */
static void keep_line(struct rt_layer_words *w)
{
    struct rt_str line = RT_STR_INIT;
    rt_str_add(&line, w->type->name);
    for (int i = 0; i < w->n; i++) {
        rt_str_addc(&line, ' ');
        rt_interp_quote(w->words[i], &line);
    }
    w->line = rt_str_take(&line);
}

/* Merging layers take their inputs as plain words too: concatenate a b. */
static int take_inputs(const struct rt_layer *l, const char **words, int *n,
                       const char **from)
{
    int n_from = 0, kept = 0;
    for (int i = 0; i < *n; i++) {
        bool plain = words[i][0] != '-' && !strchr(words[i], '=');
        if (l->max_in > 1 && plain && !has_positional(l))
            from[n_from++] = words[i];
        else
            words[kept++] = words[i];
    }
    *n = kept;
    return n_from;
}

/* "dense_1  (none,256)  200,960 parameters, 200,960 so far". */
static void describe(const struct rt_model *m, const struct rt_model_layer *l,
                     struct rt_str *out)
{
    rt_str_addf(out, "%s  %s  ", l->name,
                rt_shape_text(&l->calls[l->n_calls - 1].out[0]->shape));
    rt_str_add_count(out, rt_layer_params(l));
    rt_str_add(out, " parameters, ");
    rt_str_add_count(out, rt_model_params(m, false));
    rt_str_add(out, " so far");
}

int rt_layer_words(struct rt_session *s, const struct rt_layer *type,
                   const char *const *words, int n, struct rt_layer_words *w,
                   struct rt_err *err)
{
    *w = (struct rt_layer_words){ .type = type, .n = n };
    w->words = rt_xcalloc((size_t)n + 2, sizeof *w->words);
    if (n)
        memcpy(w->words, words, (size_t)n * sizeof *words);
    const struct rt_opt *common = rt_layer_common(type);
    struct common *c = NULL;
    if (!fill(s, w, err)) {
        keep_line(w);
        c = w->common = rt_args_take(common, sizeof *c, type->opts,
                                     sizeof *type->opts, w->words, &w->n, err);
    }
    if (!c)
        return rt_err_within(err, "%s", type->name);
    w->name = c->name;
    w->trainable = c->trainable;
    w->n_from = c->from.n;
    int most = w->n_from > w->n ? w->n_from : w->n;
    w->from = rt_xcalloc((size_t)most + 1, sizeof *w->from);
    if (w->n_from)
        memcpy(w->from, c->from.v, (size_t)w->n_from * sizeof *w->from);
    else
        w->n_from = take_inputs(type, w->words, &w->n, w->from);
    w->penalty = common == with_kernel ? penalty(c) : NULL;
    if (w->penalty)
        w->words[w->n++] = w->penalty;
    return 0;
}

void rt_layer_words_release(struct rt_layer_words *w)
{
    rt_args_free(w->common);
    free(w->words);
    free(w->from);
    free(w->filled);
    free(w->penalty);
    free(w->line);
}

static int run_layer(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    struct rt_layer_words w;
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    int rc = rt_layer_words(call->s, call->cmd->layer, call->words, call->n, &w,
                            err);
    struct rt_model_layer *l =
        rc ? NULL
           : rt_model_add(sm->model, w.type, w.name, w.from, w.n_from, w.words,
                          w.n, err);
    if (l) {
        l->trainable = w.trainable;
        describe(sm->model, l, &call->out->text);
        rt_value_set_text(&call->out->value, l->name);
        call->line = w.filled ? w.line : NULL;
        w.line = w.filled ? NULL : w.line;
    } else if (!rc) {
        rc = rt_err_code(err, RT_EINVAL);
    }
    rt_layer_words_release(&w);
    return rc;
}

/* A script out of the layer's self-test: inputs of its shapes, then itself. */
static void add_example(const struct rt_layer *l, struct rt_str *out)
{
    char name = 'a';
    struct rt_str names = RT_STR_INIT;
    bool named = has_positional(l); /* from=a,b */
    rt_str_add(out, "model m\n");
    for (const char *p = l->selftest.in; *p; name++) {
        size_t n = strcspn(p, " ");
        rt_str_addf(out, "input %c %.*s\n", name, (int)n, p);
        rt_str_addf(&names, named ? ",%c" : " %c", name);
        p += n + (p[n] == ' ');
    }
    rt_str_addf(out, "%s%s%s%s", l->name,
                l->max_in > 1 && !named ? rt_str_c(&names) : "",
                *l->selftest.words ? " " : "", l->selftest.words);
    if (l->max_in > 1 && named)
        rt_str_addf(out, " from=%s", rt_str_c(&names) + 1);
    rt_str_addc(out, '\n');
    rt_str_release(&names);
}

/* One record a layer, made at the first call. */
const struct rt_cmd *rt_cmd_of_layer(const struct rt_layer *l)
{
    static struct rt_cmd made[128];
    static struct rt_str text[128], example[128];
    static int n;
    if (l->max_in == RT_LAYER_NO_INPUT)
        return NULL; /* `input NAME SHAPE` is a command of its own */
    for (int i = 0; i < n; i++)
        if (made[i].layer == l)
            return &made[i];
    if (n == (int)(sizeof made / sizeof *made))
        return NULL;
    if (l->max_in > 1 && !has_positional(l))
        rt_str_add(&text[n], "A B ... ");
    rt_args_usage(l->opts, sizeof *l->opts, &text[n]);
    rt_str_addf(&text[n], "%s%s[name=NAME] [from=LAYER,...] [trainable=yes|no]",
                text[n].n && text[n].s[text[n].n - 1] != ' ' ? " " : "",
                rt_layer_common(l) == with_kernel ? "[l1=X] [l2=X] " : "");
    add_example(l, &example[n]);
    made[n] = (struct rt_cmd){
        .group = "building",
        .name = l->name,
        .help = l->help,
        .usage = rt_str_c(&text[n]),
        .opts = l->opts,
        .args_size = l->args_size,
        .flags = RT_CMD_WORDS | RT_CMD_CHANGES | RT_CMD_UNDO,
        .run = run_layer,
        .layer = l,
        .keras = rt_keras_layer_words,
        .example = rt_str_c(&example[n]),
    };
    return &made[n++];
}
