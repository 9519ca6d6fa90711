#include "shell/complete.h"

#include "base/schema.h"
#include "shell/cmd.h"
#include "shell/cmd_layers.h"
#include "shell/complete_usage.h"
#include "shell/interp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- options ---------------------------------------------------------------
 */

static void add_values(struct rt_candidates *l, struct rt_session *s,
                       const struct rt_opt *o)
{
    for (int i = 0; o->choices && o->choices[i]; i++)
        rt_candidate(l, o->choices[i], "");
    if (o->kind == RT_KIND_BOOL && o->form != RT_FORM_FLAG) {
        rt_candidate(l, "yes", "");
        rt_candidate(l, "no", "");
    }
    if (o->form == RT_FORM_REST && o->names == RT_NAMES_LAYER)
        rt_candidates_sets(l, s, "");
    else
        rt_candidates_named(l, s, o->names);
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

/* The command that is being typed. */
struct line {
    const char *const *words; /* before the one that is completed */
    int n;
    const char *usage; /* the command's, or NULL */
    const char *verb;  /* words[1] if the usage has it */
    bool kinds;   /* its positional words choose a kind and are never keys */
    bool of_kind; /* the options are those of a kind, or of a layer */
    bool paired;  /* what follows are pairs, INPUT=COLUMN */
};

/* Whether another option is meant first by what is typed of this one. */
static bool outshone(const struct rt_candidates *l, const struct rt_opt *opts,
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

/* Whether the key of an option is offered: not of a positional word that is
 * behind, nor, before a letter of it is typed, of one that has names to offer,
 * that stands in braces (key={...} is no word of Tcl) or, of a command itself,
 * that may stay away. valued: candidates for the word at `at` were found. */
static bool is_offered(const struct rt_candidates *l, const struct line *c,
                       const struct rt_opt *o, int at, bool valued)
{
    bool braces = o->names == RT_NAMES_EXPRESSION ||
                  o->names == RT_NAMES_WRAPPED ||
                  (c->usage && strchr(c->usage, '{'));
    if (c->verb && !rt_usage_takes(c->usage, c->verb, o->name))
        return false;
    if (!o->word || (*l->word && o->word >= at && !c->kinds))
        return true;
    if (c->kinds || o->word < at || braces)
        return false;
    return o->word == at ? !valued && (!o->def || c->of_kind) : c->of_kind;
}

static void add_options(struct rt_candidates *l, struct rt_session *s,
                        const struct rt_opt *opts, size_t opt_size,
                        const struct line *c)
{
    int at = positionals(c->words, c->n) + 1;
    const struct rt_opt *o = flag_before(opts, opt_size, c->words, c->n);
    if (o) {
        add_values(l, s, o);
        return;
    }
    int before = l->v.n;
    for (int i = 0; !c->verb && (o = rt_opt_at(opts, opt_size, i)); i++)
        if (o->form != RT_FORM_FLAG &&
            (o->word == at || (o->form == RT_FORM_REST && !c->paired)))
            add_values(l, s, o);
    bool valued = l->v.n > before;
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++) {
        if (o->form == RT_FORM_FLAG && l->word[0] == '-') {
            char *flag = rt_xprintf("-%s", o->name);
            rt_candidate(l, flag, "");
            free(flag);
        } else if (o->form == RT_FORM_KEY && is_offered(l, c, o, at, valued) &&
                   !given(o, c->words, c->n) &&
                   !outshone(l, opts, opt_size, o)) {
            rt_candidate(l, o->name, "=");
        }
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

/* The rest of words that are pairs NAME=DATA or NAME=COLUMN, as bind's; those
 * of tune have one with names behind it. */
static const struct rt_opt *find_pairs(const struct rt_opt *opts,
                                       size_t opt_size, const char *key)
{
    static const struct rt_opt weights = { .kind = RT_KIND_TEXT,
                                           .names = RT_NAMES_WEIGHED };
    const struct rt_opt *o;
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++) {
        if (o->form != RT_FORM_REST)
            continue;
        if (o->names == RT_NAMES_DATA || o->names == RT_NAMES_COLUMN)
            return o;
        if (o->names == RT_NAMES_TUNED && !strcmp(key, "loss_weights"))
            return &weights;
    }
    return NULL;
}

/* The part of a value after the last comma or colon is what is completed. */
static bool add_value_of(struct rt_candidates *l, struct rt_session *s,
                         const struct rt_opt *opts, size_t opt_size,
                         const char *word)
{
    const char *eq = strchr(word, '=');
    char *key = rt_xstrndup(word, (size_t)(eq - word));
    const struct rt_opt *o = find_key(opts, opt_size, key);
    if (!o)
        o = find_pairs(opts, opt_size, key);
    free(key);
    const char *from = eq + 1;
    for (const char *p = from; *p; p++)
        if (*p == ',' || *p == ':')
            from = p + 1;
    /* a weight stands behind the colon */
    if (!o || (o->names == RT_NAMES_WEIGHED && from[-1] == ':'))
        return false;
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

static char **finish(struct rt_candidates *l)
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
static int within_braces(const struct rt_session *s, const char *line,
                         int point)
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
    size_t size = sizeof(struct rt_opt);
    int first = 0;
    const struct rt_opt *o,
        *more = c && c->more ? c->more(s, words, n, &size, &first) : NULL,
        *opts = more ? more
                : c  ? c->opts
                     : NULL;
    int at = positionals(words + first, n - first) + 1;
    for (int i = 0; opts && (o = rt_opt_at(opts, size, i)); i++)
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
static void add_expression(struct rt_candidates *l, struct rt_session *s,
                           int names)
{
    const char *from = l->word + strlen(l->word);
    while (from > l->word &&
           (isalnum((unsigned char)from[-1]) || strchr("_.", from[-1])))
        from--;
    char *head = rt_xstrndup(l->word, (size_t)(from - l->word));
    l->head = head;
    l->word = from;
    rt_candidates_named(l, s, names);
    if (names == RT_NAMES_SERIES)
        rt_candidate(l, "epoch", "");
    l->head = "";
    free(head);
}

static void add_commands(struct rt_candidates *l, struct rt_session *s)
{
    rt_candidates_named(l, s, RT_NAMES_COMMAND);
    if (!*l->word || !s->interp)
        return;
    char *pattern = rt_xprintf("%s*", l->word);
    char **tcl = rt_interp_names(s->interp, pattern);
    for (int i = 0; tcl[i]; i++)
        rt_candidate(l, tcl[i], "");
    free(tcl);
    free(pattern);
}

/* What the at-th positional word names. */
static int names_at(const struct rt_opt *opts, int at)
{
    const struct rt_opt *o;
    for (int i = 0; (o = rt_opt_at(opts, sizeof *o, i)); i++)
        if (o->word == at)
            return o->names;
    return RT_NAMES_NONE;
}

/* concatenate a b: a layer of several inputs without words of its own. */
static bool takes_layers(const struct rt_cmd *c)
{
    const struct rt_opt *o = c->layer ? c->layer->opts : NULL;
    for (; o && o->name; o++)
        if (o->word)
            return false;
    return c->layer && c->layer->max_in > 1;
}

static void add_arguments(struct rt_candidates *l, struct rt_session *s,
                          const struct rt_cmd *c, const char *const *words,
                          int n)
{
    size_t size = sizeof(struct rt_opt);
    int first = 0;
    const char *word = l->word;
    const struct rt_opt *more =
        c->more ? c->more(s, words, n, &size, &first) : NULL;
    if (strchr(word, '=')) {
        if (!add_value_of(l, s, c->opts, sizeof *c->opts, word) &&
            !(more && add_value_of(l, s, more, size, word)) && c->layer)
            add_value_of(l, s, rt_layer_common(c->layer), sizeof(struct rt_opt),
                         word);
        return;
    }
    bool flag = flag_before(c->opts, sizeof *c->opts, words, n);
    struct line line = {
        .words = words,
        .n = n,
        .usage = c->usage,
        .verb = n > 1 && rt_usage_has(c->usage, words[1]) ? words[1] : NULL,
        .kinds = c->more != NULL,
        .of_kind = c->layer != NULL,
        .paired = n > 1 && rt_usage_pairs(l, s, c->usage),
    };
    if (n > 1 && !strcmp(words[n - 1], "until"))
        return; /* {condition} */
    if (line.verb && !flag) {
        int at = positionals(words, n);
        rt_usage_follow(l, s, c->usage, line.verb, at,
                        names_at(c->opts, at + 1));
    } else if (n == 1) {
        rt_usage_verbs(l, c->usage);
    }
    add_options(l, s, c->opts, sizeof *c->opts, &line);
    if (!flag && !line.verb)
        rt_usage_leads(l, c->usage);
    if (takes_layers(c))
        rt_candidates_named(l, s, RT_NAMES_LAYER);
    line = (struct line){ words + first, n - first, .of_kind = true };
    if (more)
        add_options(l, s, more, size, &line);
    line = (struct line){ words, n, .of_kind = true };
    if (c->layer)
        add_options(l, s, rt_layer_common(c->layer), sizeof(struct rt_opt),
                    &line);
}

char **rt_complete(struct rt_session *s, const char *line, int point)
{
    const char *from = command_start(line, point), *words[64];
    char *text = rt_xstrndup(
        from, from < line + point ? (size_t)(line + point - from) : 0);
    int names = within_braces(s, line, point);
    bool fresh;
    int n = split(text, words, &fresh);
    const char *word = fresh || !n ? "" : words[--n];
    words[n] = NULL;
    struct rt_candidates l = {
        .word = word, .head = "", .words = words, .n_words = n
    };
    const struct rt_cmd *c = n ? rt_cmd_find(words[0], NULL) : NULL;
    if (names == RT_NAMES_SERIES || names == RT_NAMES_EXPRESSION)
        add_expression(&l, s, names);
    else if (n == 0 && names == RT_NAMES_WRAPPED)
        rt_candidates_named(&l, s, names);
    else if (n == 0)
        add_commands(&l, s);
    else if (c)
        add_arguments(&l, s, c, words, n);
    else
        rt_candidates_named(&l, s, RT_NAMES_FILE);
    free(text);
    return finish(&l);
}
