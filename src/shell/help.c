#include "shell/help.h"

#include "base/mem.h"
#include "base/schema.h"
#include "base/utf8.h"
#include "files/reader.h"
#include "nn/constraint.h"
#include "nn/init.h"
#include "nn/metric.h"
#include "nn/regularizer.h"
#include "plugins/load.h"
#include "nn/spec.h"
#include "shell/cmd_layers.h"
#include "shell/sources.h"
#include "shell/wrap.h"
#include "train/order.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const groups[][2] = {
    { "building", "Building a model" },
    { "data", "Data" },
    { "training", "Compiling, training" },
    { "looking", "Looking" },
    { "runs", "Runs, files" },
    { "session", "The session" },
};
#define N_GROUPS ((int)(sizeof groups / sizeof *groups))

/* ---- lines
 * --------------------------------------------------------------------- */

/* Adds text, lines wider than width broken at blanks, and ends its line. */
static void fold(const char *text, int width, struct rt_str *out)
{
    rt_wrap(text, width, out);
    if (*text && text[strlen(text) - 1] != '\n')
        rt_str_addc(out, '\n');
}

/* The lines of a paragraph as one, to be folded anew. */
static void join_lines(const char *text, struct rt_str *out)
{
    for (; *text; text++) {
        bool inside = *text == '\n' && text[1] && !strchr(" \n", text[1]);
        rt_str_addc(out, inside ? ' ' : *text);
    }
}

static void end_line(struct rt_str *out)
{
    while (out->n && out->s[out->n - 1] == '\n')
        out->s[--out->n] = '\0';
}

/* ---- one record's options
 * ---------------------------------------------------- */

static const char *spelled(const struct rt_opt *o, char buf[80])
{
    if (o->form == RT_FORM_FLAG)
        snprintf(buf, 80, "-%s", o->name);
    else
        snprintf(buf, 80, "%s", o->name);
    return buf;
}

static void options_text(const struct rt_opt *opts, size_t size,
                         struct rt_str *out)
{
    char name[80];
    const struct rt_opt *o;
    for (int i = 0; (o = rt_opt_at(opts, size, i)); i++) {
        rt_str_addf(out, "  %-20s  %s", spelled(o, name), o->help);
        struct rt_str range = RT_STR_INIT;
        rt_opt_range(o, &range);
        if (range.n)
            rt_str_addf(out, " (%s)", rt_str_c(&range));
        rt_str_release(&range);
        if (o->def && *o->def)
            rt_str_addf(out, " [%s]", o->def);
        else if (!o->def && o->word)
            rt_str_add(out, " [needed]");
        rt_str_addc(out, '\n');
    }
}

static void options_table(const struct rt_opt *opts, size_t size,
                          struct rt_str *out)
{
    char name[80];
    const struct rt_opt *o;
    if (!rt_opt_at(opts, size, 0))
        return;
    rt_str_add(out, "\n| option | default | |\n|---|---|---|\n");
    for (int i = 0; (o = rt_opt_at(opts, size, i)); i++) {
        struct rt_str range = RT_STR_INIT;
        rt_opt_range(o, &range);
        rt_str_addf(out, "| `%s` | %s%s%s | %s", spelled(o, name),
                    o->def && *o->def ? "`" : "",
                    o->def && *o->def    ? o->def
                    : !o->def && o->word ? "needed"
                                         : "",
                    o->def && *o->def ? "`" : "", o->help);
        if (range.n) {
            rt_str_add(out, "; ");
            for (const char *p = rt_str_c(&range); *p; p++) {
                if (*p == '|')
                    rt_str_addc(out, '\\');
                rt_str_addc(out, *p);
            }
        }
        rt_str_add(out, " |\n");
        rt_str_release(&range);
    }
}

/* ---- pages
 * --------------------------------------------------------------------- */

void rt_help_usage(const struct rt_cmd *c, struct rt_str *out)
{
    rt_str_add(out, c->name);
    if (c->usage) {
        rt_str_addf(out, "%s%s", *c->usage ? " " : "", c->usage);
        return;
    }
    struct rt_str words = RT_STR_INIT;
    rt_args_usage(c->opts, sizeof *c->opts, &words);
    if (words.n)
        rt_str_addf(out, " %s", rt_str_c(&words));
    rt_str_release(&words);
}

void rt_help_overview(int width, struct rt_str *out)
{
    struct rt_str text = RT_STR_INIT;
    int widest = 0;
    for (const struct rt_cmd *const *c = rt_cmds(); *c; c++)
        if ((int)strlen((*c)->name) > widest)
            widest = (int)strlen((*c)->name);
    for (int g = 0; g < N_GROUPS; g++) {
        rt_str_addf(&text, "%s%s\n", g ? "\n" : "", groups[g][1]);
        for (const struct rt_cmd *const *c = rt_cmds(); *c; c++)
            if (!strcmp((*c)->group, groups[g][0]))
                rt_str_addf(&text, "  %-*s  %s\n", widest, (*c)->name,
                            (*c)->help);
    }
    rt_str_add(&text, "\nhelp COMMAND shows a page with examples; apropos WORD "
                      "searches; help topics lists what else there is.");
    fold(rt_str_c(&text), width, out);
    end_line(out);
    rt_str_release(&text);
}

void rt_help_page(const struct rt_cmd *c, int width, struct rt_str *out)
{
    struct rt_str text = RT_STR_INIT, usage = RT_STR_INIT;
    rt_help_usage(c, &usage);
    rt_str_addf(&text, "%s - %s\n\n  %s\n", c->name, c->help, rt_str_c(&usage));
    rt_str_release(&usage);
    if (rt_opt_at(c->opts, sizeof *c->opts, 0)) {
        rt_str_add(&text, "\noptions\n");
        options_text(c->opts, sizeof *c->opts, &text);
    }
    if (c->layer) {
        rt_str_addf(&text, "\nof every layer (Keras: %s)\n", c->layer->keras);
        options_text(rt_layer_common(c->layer), sizeof(struct rt_opt), &text);
    }
    if (c->details) {
        rt_str_addc(&text, '\n');
        join_lines(c->details, &text);
    }
    fold(rt_str_c(&text), width, out);
    rt_str_release(&text);
    if (c->example && *c->example) {
        rt_str_add(out, "\nexample\n");
        for (const char *p = c->example; *p;) {
            const char *end = strchrnul(p, '\n');
            rt_str_addf(out, "  %.*s\n", (int)(end - p), p);
            p = *end ? end + 1 : end;
        }
    }
    end_line(out);
}

/* ---- topics
 * ---------------------------------------------------------------------- */

const char *const rt_help_topics[] = {
    "activations",  "callbacks", "constraints", "expressions", "initializers",
    "losses",       "metrics",   "optimizers",  "orders",      "readers",
    "regularizers", "sources",   NULL,
};

struct entry { /* what the registries have in common */
    const char *name, *help;
    const char *alias, *nick; /* other names, a space between; or NULL */
    const struct rt_opt *opts;
    const struct rt_opt *more; /* further ones, or NULL */
    size_t opt_size;
};

/* The i-th entry of a topic; false past its end. */
static bool topic_entry(const char *topic, int i, struct entry *e)
{
    e->opt_size = sizeof(struct rt_opt);
    e->opts = NULL;
    e->more = NULL;
    e->alias = e->nick = NULL;
#define ENTRY(list)                                                            \
    do {                                                                       \
        if (!(list)[i])                                                        \
            return false;                                                      \
        e->name = (list)[i]->name;                                             \
        e->help = (list)[i]->help;                                             \
        e->opts = (list)[i]->opts;                                             \
        return true;                                                           \
    } while (0)
#define NAMED(list)                                                            \
    do {                                                                       \
        if ((list)[i]) {                                                       \
            e->alias = (list)[i]->alias;                                       \
            e->nick = (list)[i]->nick;                                         \
        }                                                                      \
        ENTRY(list);                                                           \
    } while (0)
    if (!strcmp(topic, "losses"))
        NAMED(rt_losses());
    if (!strcmp(topic, "metrics"))
        NAMED(rt_metrics());
    if (!strcmp(topic, "optimizers"))
        ENTRY(rt_optimizers());
    if (!strcmp(topic, "initializers"))
        ENTRY(rt_inits());
    if (!strcmp(topic, "constraints"))
        ENTRY(rt_constraints());
    if (!strcmp(topic, "regularizers"))
        ENTRY(rt_regularizers());
    if (!strcmp(topic, "orders"))
        ENTRY(rt_orders());
    if (!strcmp(topic, "readers"))
        ENTRY(rt_readers());
#undef ENTRY
#undef NAMED
    if (!strcmp(topic, "sources")) {
        e->help = rt_source_help(i, &e->name, &e->opts, &e->more);
        return e->help != NULL;
    }
    if (!strcmp(topic, "expressions")) {
        e->name = rt_expr_function(i, &e->help);
        return e->name != NULL;
    }
    if (!strcmp(topic, "activations")) {
        e->name = rt_activations()[i];
        e->help = "";
        return e->name != NULL;
    }
    if (!strcmp(topic, "callbacks")) {
        char **names = rt_plugin_names();
        const struct rt_plugin *p = NULL;
        for (int k = 0; names && names[k]; k++)
            if (k == i)
                p = rt_plugin_find(names[k], NULL);
        free(names);
        if (!p)
            return false;
        e->name = p->name;
        e->help = p->help;
        e->opts = p->opts;
        e->opt_size = p->opt_size;
        return true;
    }
    return false;
}

/* Its other names behind `before`, if it has any. */
static void add_others(const struct entry *e, const char *before,
                       struct rt_str *out)
{
    if (!e->alias && !e->nick)
        return;
    rt_str_addf(out, "%s%s%s%s", before, e->alias ? e->alias : "",
                e->alias && e->nick ? " " : "", e->nick ? e->nick : "");
}

static bool is_topic(const char *name)
{
    for (int i = 0; rt_help_topics[i]; i++)
        if (!strcmp(name, rt_help_topics[i]))
            return true;
    return false;
}

/* A line, and its options below. */
static void add_entry(const struct entry *e, const char *of, struct rt_str *out)
{
    struct rt_str opts = RT_STR_INIT;
    rt_str_addf(out, "  %-28s  %s", e->name, e->help);
    add_others(e, " (also ", out);
    rt_str_addf(out, "%s%s%s%s\n", e->alias || e->nick ? ")" : "",
                of ? " (" : "", of ? of : "", of ? ")" : "");
    options_text(e->opts, e->opt_size, &opts);
    options_text(e->more, sizeof *e->more, &opts);
    for (const char *p = rt_str_c(&opts); *p;) {
        const char *end = strchr(p, '\n');
        rt_str_addf(out, "    %.*s\n", (int)(end - p), p);
        p = end + 1;
    }
    rt_str_release(&opts);
}

static void finish(struct rt_str *text, int width, struct rt_str *out)
{
    fold(rt_str_c(text), width, out);
    end_line(out);
    rt_str_release(text);
}

bool rt_help_topic(const char *name, int width, struct rt_str *out)
{
    struct rt_str text = RT_STR_INIT;
    struct entry e;
    if (!is_topic(name))
        return false;
    rt_str_addf(&text, "%s\n", name);
    for (int i = 0; topic_entry(name, i, &e); i++)
        add_entry(&e, NULL, &text);
    finish(&text, width, out);
    return true;
}

bool rt_help_entry(const char *name, int width, struct rt_str *out)
{
    struct rt_str text = RT_STR_INIT;
    struct entry e;
    for (int t = 0; rt_help_topics[t]; t++)
        for (int i = 0; topic_entry(rt_help_topics[t], i, &e); i++)
            if (!strcmp(e.name, name) || rt_spec_has_word(e.alias, name) ||
                rt_spec_has_word(e.nick, name))
                add_entry(&e, rt_help_topics[t], &text);
    if (text.n)
        finish(&text, width, out);
    return out->n > 0;
}

void rt_help_each(void (*fn)(void *ctx, const char *name), void *ctx)
{
    struct entry e;
    fn(ctx, "topics");
    for (const struct rt_cmd *const *c = rt_cmds(); *c; c++)
        fn(ctx, (*c)->name);
    for (const char *const *t = rt_help_topics; *t; t++) {
        fn(ctx, *t);
        for (int i = 0; topic_entry(*t, i, &e); i++)
            fn(ctx, e.name);
    }
}

/* ---- search
 * ------------------------------------------------------------------------ */

static bool mentions(const char *text, const char *word)
{
    return text && strcasestr(text, word);
}

static bool options_mention(const struct rt_opt *opts, size_t size,
                            const char *word)
{
    const struct rt_opt *o;
    for (int i = 0; (o = rt_opt_at(opts, size, i)); i++)
        if (mentions(o->name, word) || mentions(o->help, word))
            return true;
    return false;
}

int rt_help_apropos(const char *word, int width, struct rt_str *out)
{
    struct rt_str text = RT_STR_INIT;
    int n = 0;
    for (const struct rt_cmd *const *c = rt_cmds(); *c; c++) {
        if (!mentions((*c)->name, word) && !mentions((*c)->help, word) &&
            !mentions((*c)->details, word) &&
            !options_mention((*c)->opts, sizeof(struct rt_opt), word))
            continue;
        rt_str_addf(&text, "%-22s  %s\n", (*c)->name, (*c)->help);
        n++;
    }
    for (int t = 0; rt_help_topics[t]; t++) {
        struct entry e;
        for (int i = 0; topic_entry(rt_help_topics[t], i, &e); i++) {
            if (!mentions(e.name, word) && !mentions(e.help, word) &&
                !mentions(e.alias, word) && !mentions(e.nick, word) &&
                !options_mention(e.opts, e.opt_size, word) &&
                !options_mention(e.more, sizeof *e.more, word))
                continue;
            rt_str_addf(&text, "%-22s  %s%s(%s)\n", e.name, e.help,
                        *e.help ? " " : "", rt_help_topics[t]);
            n++;
        }
    }
    fold(rt_str_c(&text), width, out);
    end_line(out);
    rt_str_release(&text);
    return n;
}

/* ---- the reference manual
 * ------------------------------------------------------------ */

static void reference_command(const struct rt_cmd *c, struct rt_str *out)
{
    struct rt_str usage = RT_STR_INIT;
    rt_help_usage(c, &usage);
    rt_str_addf(out, "\n### %s\n\n    %s\n\n%c%s.\n", c->name, rt_str_c(&usage),
                toupper((unsigned char)c->help[0]), c->help + 1);
    rt_str_release(&usage);
    if (c->layer)
        rt_str_addf(
            out,
            "Keras: `%s`. Every layer also takes `name=`, "
            "`from=`, `trainable=`%s.\n",
            c->layer->keras,
            rt_opt_find(rt_layer_common(c->layer), sizeof(struct rt_opt), "l1")
                ? "; `l1=`, `l2=` are short for "
                  "`kernel_regularizer=`"
                : "");
    options_table(c->opts, sizeof *c->opts, out);
    if (c->details)
        rt_str_addf(out, "\n%s\n", c->details);
    if (c->example && *c->example)
        rt_str_addf(out, "\n```tcl\n%s%s```\n", c->example,
                    c->example[strlen(c->example) - 1] == '\n' ? "" : "\n");
}

static void reference_entry(const struct entry *e, struct rt_str *out)
{
    rt_str_addf(out, "\n### %s\n\n%s.", e->name, e->help);
    add_others(e, " Also: ", out);
    rt_str_addc(out, '\n');
}

void rt_help_reference(struct rt_str *out)
{
    rt_str_add(out, "# Reference\n\nWritten by the program from its tables "
                    "(`make reference`); the manual is `manual.md`.\n");
    for (int g = 0; g < N_GROUPS; g++) {
        rt_str_addf(out, "\n## %s\n", groups[g][1]);
        for (const struct rt_cmd *const *c = rt_cmds(); *c; c++)
            if (!strcmp((*c)->group, groups[g][0]))
                reference_command(*c, out);
    }
    for (int t = 0; rt_help_topics[t]; t++) {
        struct entry e;
        rt_str_addf(out, "\n## %c%s\n", rt_help_topics[t][0] - 32,
                    rt_help_topics[t] + 1);
        for (int i = 0; topic_entry(rt_help_topics[t], i, &e); i++) {
            if (*e.help)
                reference_entry(&e, out);

            else
                rt_str_addf(out, "\n- `%s`", e.name);
            options_table(e.opts, e.opt_size, out);
            options_table(e.more, sizeof *e.more, out);
        }
        rt_str_addc(out, '\n');
    }
}
