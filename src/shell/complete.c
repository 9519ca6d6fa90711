#include "shell/complete.h"

#include "base/file.h"
#include "base/schema.h"
#include "nn/constraint.h"
#include "nn/init.h"
#include "nn/regularizer.h"
#include "nn/metric.h"
#include "plugins/load.h"
#include "shell/cmd.h"
#include "shell/cmd_layers.h"
#include "shell/interp.h"
#include "shell/run_of.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct list {
    RT_VEC(char *) v;
    const char *word; /* what is typed of it */
    const char *head; /* part of the word that stays: "loss=a:" */
};

static void add(struct list *l, const char *name, const char *tail)
{
    if (strncmp(name, l->word, strlen(l->word)))
        return;
    rt_vec_push(&l->v, rt_xprintf("%s%s%s", l->head, name, tail));
}

/* ---- names of the session --------------------------------------------------
 */

static void add_files(struct list *l)
{
    const char *slash = strrchr(l->word, '/');
    char *dir = slash ? rt_xstrndup(l->word, (size_t)(slash - l->word + 1))
                      : rt_xstrdup("./");
    const char *base = slash ? slash + 1 : l->word;
    DIR *d = opendir(dir);
    struct dirent *e;
    while (d && (e = readdir(d))) {
        if (strncmp(e->d_name, base, strlen(base)) ||
            (e->d_name[0] == '.' && base[0] != '.'))
            continue;
        struct stat st;
        char *path = rt_path_join(dir, e->d_name);
        bool folder = !stat(path, &st) && S_ISDIR(st.st_mode);
        rt_vec_push(&l->v, rt_xprintf("%s%s%s%s", l->head, slash ? dir : "",
                                      e->d_name, folder ? "/" : ""));
        free(path);
    }
    if (d)
        closedir(d);
    free(dir);
}

static void add_keys(struct list *l, const struct rt_map *m)
{
    for (int i = 0; i < m->n; i++)
        add(l, m->v[i].key, "");
}

static void add_layers(struct list *l, const struct rt_model *m, int names)
{
    /* what stands before a name in a set of layers */
    static const char *const before[] = { "after:", "before:", "upto:", "!" };
    int n = 0;
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (!strncmp(l->word, before[i], strlen(before[i])))
            n = (int)strlen(before[i]);
    for (int i = 0; names == RT_NAMES_LAYER && i < m->n_layers; i++) {
        char *name = rt_xprintf("%.*s%s", n, l->word, m->layers[i]->name);
        add(l, name, "");
        free(name);
    }
    for (int i = 0; names == RT_NAMES_INPUT && i < m->n_inputs; i++)
        add(l, m->inputs[i].layer->name, "");
    for (int i = 0; names == RT_NAMES_OUTPUT && i < m->n_outputs; i++)
        add(l, m->outputs[i].name, "");
}

/* Layers that have weights, or the weights of the layer that is typed. */
static void add_weights(struct list *l, const struct rt_model *m)
{
    bool named = strchr(l->word, '/');
    for (int i = 0; i < m->n_layers; i++) {
        const struct rt_model_layer *layer = m->layers[i];
        if (!named && layer->n_weights)
            add(l, layer->name, "/");
        for (int k = 0; named && k < layer->n_weights; k++) {
            char *one =
                rt_xprintf("%s/%s", layer->name, layer->weights[k]->name);
            add(l, one, "");
            free(one);
        }
    }
}

/* The numbers of a compiled model that may change: lr=, drop.rate=. */
static void add_tuned(struct list *l, const struct rt_model *m)
{
    static const char *const others[] = { "batch_size", "clipnorm", "clipvalue",
                                          "global_clipnorm", "loss_weights" };
    const struct rt_optimizer *by = m->compiled ? m->compiled->optimizer : NULL;
    const struct rt_opt *o;
    for (int i = 0; by && (o = rt_opt_at(by->opts, sizeof *o, i)); i++)
        if (o->live)
            add(l, o->name, "=");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        add(l, others[i], "=");
    for (int k = 0; k < m->n_layers; k++) {
        const struct rt_layer *type = m->layers[k]->type;
        for (int i = 0; type->opts && (o = rt_opt_at(type->opts, sizeof *o, i));
             i++) {
            char *one = rt_xprintf("%s.%s", m->layers[k]->name, o->name);
            if (o->live)
                add(l, one, "=");
            free(one);
        }
    }
}

static void add_columns(struct list *l, const struct rt_session *s)
{
    for (int i = 0; i < s->data.n; i++) {
        const struct rt_dataset *d = s->data.v[i].value;
        for (int c = 0; c < d->n_cols; c++)
            add(l, d->cols[c]->name, "");
    }
}

static void add_series(struct list *l, const struct rt_session *s)
{
    for (int i = 0; i < s->runs.n; i++) {
        const struct rt_history *h = s->runs.v[i]->history;
        for (int k = 0; k < h->n_series; k++)
            add(l, h->series[k].key, "");
    }
}

static void add_words(struct list *l, const char *words)
{
    for (const char *p = words; p && *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        char *one = rt_xstrndup(p, n);
        add(l, one, "");
        free(one);
        p += n;
    }
}

/* A name and those of two lists parted by spaces, or NULL. */
static void add_named(struct list *l, const char *name, const char *alias,
                      const char *nick)
{
    add(l, name, "");
    add_words(l, alias);
    add_words(l, nick);
}

static void add_customs(struct list *l, const struct rt_session *s, bool metric)
{
    for (int i = 0; s->customs && i < s->customs->n; i++)
        if (s->customs->v[i]->metric == metric)
            add(l, s->customs->v[i]->name, "");
}

static void add_names(struct list *l, struct rt_session *s, int names)
{
    struct rt_map runs = RT_MAP_INIT;
    char **kinds;
    switch (names) {
    case RT_NAMES_FILE:
        add_files(l);
        break;
    case RT_NAMES_LAYER:
    case RT_NAMES_INPUT:
    case RT_NAMES_OUTPUT:
        if (s->model)
            add_layers(l, s->model->model, names);
        break;
    case RT_NAMES_WEIGHT:
        if (s->model)
            add_weights(l, s->model->model);
        break;
    case RT_NAMES_TUNED:
        if (s->model)
            add_tuned(l, s->model->model);
        break;
    case RT_NAMES_DATA:
        add_keys(l, &s->data);
        break;
    case RT_NAMES_COLUMN:
        add_columns(l, s);
        break;
    case RT_NAMES_MODEL:
        add_keys(l, &s->models);
        break;
    case RT_NAMES_RUN:
        rt_run_names(s, &runs);
        add_keys(l, &runs);
        rt_map_release(&runs);
        break;
    case RT_NAMES_COMMAND:
        for (const struct rt_cmd *const *c = rt_cmds(); *c; c++)
            add(l, (*c)->name, "");
        break;
    case RT_NAMES_CALLBACK:
        for (int i = 0; s->model && i < s->model->callbacks.n; i++)
            add(l, s->model->callbacks.v[i].name, "");
        break;
    case RT_NAMES_CALLBACK_KIND:
    case RT_NAMES_PLUGIN:
        kinds = rt_plugin_names();
        for (int i = 0; kinds && kinds[i]; i++)
            add(l, kinds[i], "");
        free(kinds);
        break;
    case RT_NAMES_SERIES:
        add_series(l, s);
        break;
    case RT_NAMES_METRIC:
        for (const struct rt_metric *const *m = rt_metrics(); *m; m++)
            add_named(l, (*m)->name, (*m)->alias, (*m)->nick);
        /* every loss is a metric too */
        add_customs(l, s, true);
        __attribute__((fallthrough));
    case RT_NAMES_LOSS:
        add_customs(l, s, false);
        for (const struct rt_loss *const *x = rt_losses(); *x; x++)
            add_named(l, (*x)->name, (*x)->alias, (*x)->nick);
        break;
    case RT_NAMES_OPTIMIZER:
        for (const struct rt_optimizer *const *o = rt_optimizers(); *o; o++)
            add(l, (*o)->name, "");
        break;
    case RT_NAMES_INIT:
        for (const struct rt_init *const *i = rt_inits(); *i; i++)
            add(l, (*i)->name, "");
        break;
    case RT_NAMES_REGULARIZER:
        for (const struct rt_regularizer *const *r = rt_regularizers(); *r; r++)
            add(l, (*r)->name, "");
        break;
    case RT_NAMES_CONSTRAINT:
        for (const struct rt_constraint *const *k = rt_constraints(); *k; k++)
            add(l, (*k)->name, "");
        break;
    case RT_NAMES_WRAPPED:
        for (const struct rt_layer *const *y = rt_layers(); *y; y++)
            add(l, (*y)->name, "");
        break;
    case RT_NAMES_EXPRESSION:
        add_columns(l, s);
        break;
    case RT_NAMES_ACTIVATION:
        for (const char *const *a = rt_activations(); *a; a++)
            add(l, *a, "");
        break;
    default:
        break;
    }
}

/* ---- options ---------------------------------------------------------------
 */

static void add_values(struct list *l, struct rt_session *s,
                       const struct rt_opt *o)
{
    for (int i = 0; o->choices && o->choices[i]; i++)
        add(l, o->choices[i], "");
    if (o->kind == RT_KIND_BOOL && o->form != RT_FORM_FLAG) {
        add(l, "yes", "");
        add(l, "no", "");
    }
    add_names(l, s, o->names);
}

static bool given(const struct rt_opt *o, const char *const *words, int n)
{
    size_t len = strlen(o->name);
    for (int i = 1; i < n; i++)
        if (!strncmp(words[i], o->name, len) && words[i][len] == '=')
            return true;
    return false;
}

/* Positional words typed before the current one. */
static int positionals(const char *const *words, int n)
{
    int k = 0;
    for (int i = 1; i < n; i++)
        k += !strchr(words[i], '=') && words[i][0] != '-';
    return k;
}

/* Whether another option is meant first by what is typed of this one. */
static bool outshone(const struct list *l, const struct rt_opt *opts,
                     size_t opt_size, const struct rt_opt *o)
{
    const struct rt_opt *other;
    size_t n = strlen(l->word);
    if (!o->rare || !n)
        return false;
    for (int i = 0; (other = rt_opt_at(opts, opt_size, i)); i++)
        if (!other->rare && !strncmp(other->name, l->word, n))
            return true;
    return false;
}

/* The words that stand in a usage line as they are typed: those that begin an
 * alternative ("list | use NAME") and those in brackets ("[until {...}]"). */
static void add_usage(struct list *l, const char *usage, int at)
{
    bool begins = true;
    for (const char *p = usage; p && *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        bool bracket = *p == '[';
        const char *word = p + bracket;
        size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyz_");
        const char *next = p + n + strspn(p + n, " ");
        bool whole = len && (word + len == p + n ||
                             (bracket && word[len] == ']' && len + 2 == n));
        bool led = bracket && (word[len] == ']' || strchr("{ABCDEFNR", *next));
        if (whole && ((begins && at == 1) || led)) {
            char *one = rt_xstrndup(word, len);
            add(l, one, "");
            free(one);
        }
        begins = n == 1 && *p == '|';
        p += n;
    }
}

/* The option whose value the next word is, by the flag before it: -by. */
static const struct rt_opt *flag_before(const struct rt_opt *opts,
                                        size_t opt_size,
                                        const char *const *words, int n)
{
    if (n < 2 || words[n - 1][0] != '-')
        return NULL;
    const struct rt_opt *o = rt_opt_find(opts, opt_size, words[n - 1] + 1);
    return o && o->form == RT_FORM_FLAG && o->kind != RT_KIND_BOOL ? o : NULL;
}

/* kinds: the command's positional words choose a kind and are never keys. */
static void add_options(struct list *l, struct rt_session *s,
                        const struct rt_opt *opts, size_t opt_size,
                        const char *const *words, int n, bool kinds)
{
    int at = positionals(words, n) + 1;
    const struct rt_opt *o = flag_before(opts, opt_size, words, n);
    if (o) {
        add_values(l, s, o);
        return;
    }
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++) {
        if (o->form == RT_FORM_FLAG) {
            if (l->word[0] == '-') {
                char *flag = rt_xprintf("-%s", o->name);
                add(l, flag, "");
                free(flag);
            }
            continue;
        }
        if (o->word == at || o->form == RT_FORM_REST)
            add_values(l, s, o);
        bool typed = o->word && (kinds || o->word < at);
        if (o->form == RT_FORM_KEY && !typed && !given(o, words, n) &&
            !outshone(l, opts, opt_size, o))
            add(l, o->name, "=");
    }
}

/* The option of a key, which may be shortened while it is unambiguous. */
static const struct rt_opt *find_key(const struct rt_opt *opts, size_t opt_size,
                                     const char *key)
{
    const struct rt_opt *found = rt_opt_find(opts, opt_size, key), *o;
    int n[2] = { 0 };
    if (found)
        return found;
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++)
        if (o->form == RT_FORM_KEY && !strncmp(o->name, key, strlen(key)) &&
            (!o->rare || !n[0])) {
            found = o;
            n[o->rare]++;
        }
    return n[0] == 1 || (!n[0] && n[1] == 1) ? found : NULL;
}

/* The rest of words that are pairs NAME=DATA or NAME=COLUMN, as bind's. */
static const struct rt_opt *find_pairs(const struct rt_opt *opts,
                                       size_t opt_size)
{
    const struct rt_opt *o;
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++)
        if (o->form == RT_FORM_REST &&
            (o->names == RT_NAMES_DATA || o->names == RT_NAMES_COLUMN))
            return o;
    return NULL;
}

/* The part of a value after the last comma or colon is what is completed. */
static bool add_value_of(struct list *l, struct rt_session *s,
                         const struct rt_opt *opts, size_t opt_size,
                         const char *word)
{
    const char *eq = strchr(word, '=');
    char *key = rt_xstrndup(word, (size_t)(eq - word));
    const struct rt_opt *o = find_key(opts, opt_size, key);
    free(key);
    if (!o)
        o = find_pairs(opts, opt_size);
    if (!o)
        return false;
    const char *from = eq + 1;
    for (const char *p = from; *p; p++)
        if (*p == ',' || *p == ':')
            from = p + 1;
    char *head = rt_xstrndup(word, (size_t)(from - word));
    l->head = head;
    l->word = from;
    add_values(l, s, o);
    l->head = "";
    free(head);
    return true;
}

/* ---- the line --------------------------------------------------------------
 */

/* Where the command begins in which point lies. */
static const char *command_start(const char *line, int point)
{
    const char *start = line;
    for (const char *p = line; p < line + point; p++)
        if (*p == ';' || *p == '\n' || *p == '[' || *p == '{')
            start = p + 1;
    while (*start == ' ' || *start == '\t')
        start++;
    return start;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char **finish(struct list *l)
{
    if (!l->v.n)
        return NULL;
    qsort(l->v.v, (size_t)l->v.n, sizeof *l->v.v, by_text);
    int n = 0;
    for (int i = 0; i < l->v.n; i++) {
        if (n && !strcmp(l->v.v[n - 1], l->v.v[i]))
            free(l->v.v[i]);
        else
            l->v.v[n++] = l->v.v[i];
    }
    l->v.n = n;
    rt_vec_push(&l->v, NULL);
    return l->v.v;
}

/* The words of a command, in a copy of its text; whether a new one begins. */
static int split(char *text, const char *words[64], bool *fresh)
{
    size_t len = strlen(text);
    int n = 0;
    char *save = NULL;
    *fresh = !len || strchr(" \t", text[len - 1]);
    for (char *w = strtok_r(text, " \t", &save); w && n < 63;
         w = strtok_r(NULL, " \t", &save))
        words[n++] = w;
    return n;
}

/* What is named in the braces in which point lies, by the option of the command
 * that they belong to: RT_NAMES_WRAPPED, RT_NAMES_SERIES in a condition,
 * RT_NAMES_EXPRESSION; RT_NAMES_NONE where they hold a script, or are none. */
static int within_braces(const char *line, int point)
{
    int open = -1, depth = 0;
    for (int i = point - 1; i >= 0 && open < 0; i--) {
        depth += line[i] == '}' ? 1 : line[i] == '{' ? -1 : 0;
        if (depth < 0)
            open = i;
    }
    if (open < 0)
        return RT_NAMES_NONE;
    const char *from = command_start(line, open), *words[64];
    char *text = rt_xstrndup(
        from, from < line + open ? (size_t)(line + open - from) : 0);
    bool fresh;
    int n = split(text, words, &fresh), names = RT_NAMES_NONE;
    const struct rt_cmd *c = n ? rt_cmd_find(words[0], NULL) : NULL;
    const struct rt_opt *o;
    int at = positionals(words, n) + 1;
    for (int i = 0; c && (o = rt_opt_at(c->opts, sizeof *o, i)); i++)
        if (o->word == at || o->form == RT_FORM_REST)
            names = o->names;
    free(text);
    if (names == RT_NAMES_RUN)
        names = RT_NAMES_SERIES; /* wait RUN until {its series} */
    return names == RT_NAMES_WRAPPED || names == RT_NAMES_SERIES ||
                   names == RT_NAMES_EXPRESSION
               ? names
               : RT_NAMES_NONE;
}

/* The last name of an expression. */
static void add_expression(struct list *l, struct rt_session *s, int names)
{
    const char *from = l->word + strlen(l->word);
    while (from > l->word &&
           (isalnum((unsigned char)from[-1]) || strchr("_.", from[-1])))
        from--;
    char *head = rt_xstrndup(l->word, (size_t)(from - l->word));
    l->head = head;
    l->word = from;
    add_names(l, s, names);
    if (names == RT_NAMES_SERIES)
        add(l, "epoch", "");
    l->head = "";
    free(head);
}

static void add_commands(struct list *l, struct rt_session *s)
{
    add_names(l, s, RT_NAMES_COMMAND);
    if (!*l->word || !s->interp)
        return;
    char *pattern = rt_xprintf("%s*", l->word);
    char **tcl = rt_interp_names(s->interp, pattern);
    for (int i = 0; tcl[i]; i++)
        add(l, tcl[i], "");
    free(tcl);
    free(pattern);
}

static void add_arguments(struct list *l, struct rt_session *s,
                          const struct rt_cmd *c, const char *const *words,
                          int n)
{
    size_t size = sizeof(struct rt_opt);
    int first = 0;
    const char *word = l->word;
    const struct rt_opt *more =
        c->more ? c->more(words, n, &size, &first) : NULL;
    if (strchr(word, '=')) {
        if (!add_value_of(l, s, c->opts, sizeof *c->opts, word) &&
            !(more && add_value_of(l, s, more, size, word)) && c->layer)
            add_value_of(l, s, rt_layer_common(c->layer), sizeof(struct rt_opt),
                         word);
        return;
    }
    add_options(l, s, c->opts, sizeof *c->opts, words, n, c->more != NULL);
    if (!flag_before(c->opts, sizeof *c->opts, words, n))
        add_usage(l, c->usage, positionals(words, n) + 1);
    if (more)
        add_options(l, s, more, size, words + first, n - first, false);
    if (c->layer)
        add_options(l, s, rt_layer_common(c->layer), sizeof(struct rt_opt),
                    words, n, false);
}

char **rt_complete(struct rt_session *s, const char *line, int point)
{
    const char *from = command_start(line, point), *words[64];
    char *text = rt_xstrndup(
        from, from < line + point ? (size_t)(line + point - from) : 0);
    int names = within_braces(line, point);
    bool fresh;
    int n = split(text, words, &fresh);
    const char *word = fresh || !n ? "" : words[--n];
    words[n] = NULL;
    struct list l = { .word = word, .head = "" };
    const struct rt_cmd *c = n ? rt_cmd_find(words[0], NULL) : NULL;
    if (names == RT_NAMES_SERIES || names == RT_NAMES_EXPRESSION)
        add_expression(&l, s, names);
    else if (n == 0 && names == RT_NAMES_WRAPPED)
        add_names(&l, s, names);
    else if (n == 0)
        add_commands(&l, s);
    else if (c)
        add_arguments(&l, s, c, words, n);
    else
        add_files(&l);
    free(text);
    return finish(&l);
}
