/* Arguments and tables of options as text: words that parse back, usage lines
 * and ranges for help. */
#include "base/schema.h"

#include "base/schema_value.h"

#include <ctype.h>
#include <string.h>

/* So many choices are spelled out in a usage line. */
enum { SPELLED = 4 };

/* ---- words --------------------------------------------------------------- */

static bool plain(const char *s)
{
    if (!*s || *s == '#' || *s == '"')
        return false;
    for (; *s; s++)
        if (isspace((unsigned char)*s) || strchr("$[]{};\"\\", *s))
            return false;
    return true;
}

/* Braces keep all but backslashes and braces that do not pair. */
static bool fits_braces(const char *s)
{
    int depth = 0;
    for (; *s && depth >= 0; s++) {
        if (*s == '\\')
            return false;
        depth += (*s == '{') - (*s == '}');
    }
    return depth == 0;
}

static void add_escaped(const char *s, struct rt_str *out)
{
    for (; *s; s++) {
        if (*s == '\n') {
            rt_str_add(out, "\\n");
            continue;
        }
        if (isspace((unsigned char)*s) || strchr("$[]{};\"\\#", *s))
            rt_str_addc(out, '\\');
        rt_str_addc(out, *s);
    }
}

static void add_word(const char *word, struct rt_str *out)
{
    if (out->n)
        rt_str_addc(out, ' ');
    if (plain(word))
        rt_str_add(out, word);
    else if (fits_braces(word))
        rt_str_addf(out, "{%s}", word);
    else
        add_escaped(word, out);
}

static const void *field_of(const struct rt_opt *o, const void *args)
{
    return (const char *)args + o->offset;
}

void rt_args_value(const struct rt_opt *o, const void *args, struct rt_str *out)
{
    rt_value_print(o, field_of(o, args), out);
}

static bool is_default(const struct rt_opt *o, const void *args)
{
    struct rt_arena a = RT_ARENA_INIT;
    union rt_value v;
    rt_value_default(o, &v, &a);
    bool same = rt_value_equal(o, &v, field_of(o, args));
    rt_arena_release(&a);
    return same;
}

static const struct rt_opt *positional(const struct rt_opt *opts,
                                       size_t opt_size, int word)
{
    const struct rt_opt *o;
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++)
        if (o->form == RT_FORM_KEY && o->word == word)
            return o;
    return NULL;
}

static const struct rt_opt *rest_of(const struct rt_opt *opts, size_t opt_size)
{
    const struct rt_opt *o;
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++)
        if (o->form == RT_FORM_REST)
            return o;
    return NULL;
}

/* A value that would be read as a flag, a comment or a key=value. */
static bool misread(const char *s)
{
    return *s == '#' || rt_word_is_flag(s) || rt_word_key(s) > 0;
}

static void add_key(const struct rt_opt *o, const void *args,
                    struct rt_str *out)
{
    struct rt_str word = RT_STR_INIT;
    rt_str_addf(&word, "%s=", o->name);
    rt_args_value(o, args, &word);
    add_word(rt_str_c(&word), out);
    rt_str_release(&word);
}

static void add_flag(const struct rt_opt *o, const void *args,
                     struct rt_str *out)
{
    if (o->kind == RT_KIND_BOOL) {
        bool yes = *(const bool *)field_of(o, args);
        rt_str_addf(out, "%s%s%s%s", out->n ? " " : "", yes ? "-" : "", o->name,
                    yes ? "" : "=no");
        return;
    }
    struct rt_str value = RT_STR_INIT;
    rt_args_value(o, args, &value);
    rt_str_addf(out, "%s-%s", out->n ? " " : "", o->name);
    add_word(rt_str_c(&value), out);
    rt_str_release(&value);
}

/* The positional words that can stand as such, in order; returns the first
 * that cannot, because it or one before it is left out. With needed, defaults
 * are written too, since words follow. */
static int add_positionals(const struct rt_opt *opts, size_t opt_size,
                           const void *args, bool needed, struct rt_str *out)
{
    const struct rt_opt *o;
    int word = 1;
    for (; (o = positional(opts, opt_size, word)); word++) {
        if (rt_value_is_unset(o, field_of(o, args)) ||
            (!needed && o->def && is_default(o, args)))
            break;
        struct rt_str value = RT_STR_INIT;
        rt_args_value(o, args, &value);
        bool stands = !misread(rt_str_c(&value));
        if (stands)
            add_word(rt_str_c(&value), out);
        rt_str_release(&value);
        if (!stands)
            break;
    }
    return word;
}

void rt_args_words(const struct rt_opt *opts, size_t opt_size, const void *args,
                   bool all, struct rt_str *out)
{
    struct rt_str words = RT_STR_INIT;
    struct rt_texts left = { 0 };
    const struct rt_opt *o, *rest = rest_of(opts, opt_size);
    if (rest)
        memcpy(&left, field_of(rest, args), sizeof left);
    int behind = add_positionals(opts, opt_size, args, all || left.n, &words);
    bool rest_stands = !positional(opts, opt_size, behind);
    for (int i = 0; i < left.n && rest_stands; i++)
        add_word(left.v[i], &words);
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++) {
        if (o->form == RT_FORM_KEY && o->word > 0 && o->word < behind)
            continue;
        if ((o == rest && rest_stands) ||
            rt_value_is_unset(o, field_of(o, args)) ||
            (!all && is_default(o, args)))
            continue;
        if (o->form == RT_FORM_FLAG)
            add_flag(o, args, &words);
        else
            add_key(o, args, &words);
    }
    if (words.n) {
        rt_str_add(out, out->n ? " " : "");
        rt_str_add(out, rt_str_c(&words));
    }
    rt_str_release(&words);
}

/* ---- help ---------------------------------------------------------------- */

static int n_choices(const struct rt_opt *o)
{
    int n = 0;
    while (o->choices && o->choices[n])
        n++;
    return n;
}

/* "yes|no", "FILE", "N,N": what stands behind the =. */
static void add_sort(const struct rt_opt *o, struct rt_str *out)
{
    static const char *const by_name[] = {
        [RT_NAMES_FILE] = "FILE",
        [RT_NAMES_LAYER] = "LAYER",
        [RT_NAMES_OUTPUT] = "OUTPUT",
        [RT_NAMES_INPUT] = "INPUT",
        [RT_NAMES_DATA] = "DATA",
        [RT_NAMES_COLUMN] = "COLUMN",
        [RT_NAMES_MODEL] = "MODEL",
        [RT_NAMES_RUN] = "RUN",
        [RT_NAMES_COMMAND] = "COMMAND",
        [RT_NAMES_CALLBACK] = "CALLBACK",
        [RT_NAMES_CALLBACK_KIND] = "KIND",
        [RT_NAMES_PLUGIN] = "PLUGIN",
        [RT_NAMES_SERIES] = "SERIES",
        [RT_NAMES_LOSS] = "LOSS",
        [RT_NAMES_METRIC] = "METRIC",
        [RT_NAMES_OPTIMIZER] = "OPTIMIZER",
        [RT_NAMES_INIT] = "INIT",
        [RT_NAMES_ACTIVATION] = "ACTIVATION",
        [RT_NAMES_REGULARIZER] = "REGULARIZER",
        [RT_NAMES_CONSTRAINT] = "CONSTRAINT",
        [RT_NAMES_WRAPPED] = "{LAYER ...}",
        [RT_NAMES_EXPRESSION] = "{EXPRESSION}",
        [RT_NAMES_CALLED] = "LAYER|MODEL",
    };
    static const char *const by_kind[] = {
        [RT_KIND_BOOL] = "yes|no", [RT_KIND_INT] = "N",
        [RT_KIND_LONG] = "N",      [RT_KIND_NUMBER] = "X",
        [RT_KIND_TEXT] = "TEXT",   [RT_KIND_CHOICE] = "CHOICE",
        [RT_KIND_INTS] = "N,N",    [RT_KIND_NUMBERS] = "X,X",
        [RT_KIND_TEXTS] = "TEXT",
    };
    int n_names = (int)(sizeof by_name / sizeof *by_name);
    int choices = n_choices(o);
    if (choices > 0 && choices <= SPELLED) {
        rt_names_join(o->choices, "|", "|", out);
    } else if (o->names < n_names && by_name[o->names]) {
        rt_str_add(out, by_name[o->names]);
        if (o->kind == RT_KIND_TEXTS)
            rt_str_add(out, ",...");
    } else {
        rt_str_add(out, by_kind[rt_value_kind(o)]);
        if (o->kind == RT_KIND_TEXTS)
            rt_str_add(out, ",...");
    }
}

static void add_upper(const char *name, struct rt_str *out)
{
    for (; *name; name++)
        rt_str_addc(out, (char)toupper((unsigned char)*name));
}

static void add_positional_usage(const struct rt_opt *o, struct rt_str *out)
{
    bool optional = o->def || o->word == 0;
    int choices = n_choices(o);
    rt_str_add(out, out->n ? " " : "");
    rt_str_add(out, optional ? "[" : "");
    if (choices > 0 && choices <= SPELLED)
        rt_names_join(o->choices, "|", "|", out);
    else
        add_upper(o->name, out);
    rt_str_add(out, o->form == RT_FORM_REST ? "..." : "");
    rt_str_add(out, optional ? "]" : "");
}

void rt_args_usage(const struct rt_opt *opts, size_t opt_size,
                   struct rt_str *out)
{
    struct rt_str text = RT_STR_INIT;
    const struct rt_opt *o;
    int word = 1;
    for (; (o = positional(opts, opt_size, word)); word++)
        add_positional_usage(o, &text);
    if ((o = rest_of(opts, opt_size)))
        add_positional_usage(o, &text);
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++) {
        if (o->form == RT_FORM_REST ||
            (o->form == RT_FORM_KEY && o->word > 0 && o->word < word))
            continue;
        bool flag = o->form == RT_FORM_FLAG;
        rt_str_addf(&text, "%s[%s%s", text.n ? " " : "", flag ? "-" : "",
                    o->name);
        if (!flag || o->kind != RT_KIND_BOOL) {
            rt_str_addc(&text, flag ? ' ' : '=');
            add_sort(o, &text);
        }
        rt_str_addc(&text, ']');
    }
    if (text.n) {
        rt_str_add(out, out->n ? " " : "");
        rt_str_add(out, rt_str_c(&text));
    }
    rt_str_release(&text);
}

/* What a text names: one, several; or where those that there are are listed. */
static const struct {
    const char *one, *many;
} named[] = {
    [RT_NAMES_FILE] = { "a file", "files" },
    [RT_NAMES_LAYER] = { "a layer", "layers" },
    [RT_NAMES_OUTPUT] = { "an output", "outputs" },
    [RT_NAMES_INPUT] = { "an input", "inputs" },
    [RT_NAMES_DATA] = { "a data set", "data sets" },
    [RT_NAMES_COLUMN] = { "a column", "columns" },
    [RT_NAMES_MODEL] = { "a model", "models" },
    [RT_NAMES_RUN] = { "a run", "runs" },
    [RT_NAMES_COMMAND] = { "a command", "commands" },
    [RT_NAMES_CALLBACK] = { "a callback", "callbacks" },
    [RT_NAMES_CALLBACK_KIND] = { "see `help callbacks`", NULL },
    [RT_NAMES_SERIES] = { "a series", "series" },
    [RT_NAMES_LOSS] = { "see `help losses`", NULL },
    [RT_NAMES_METRIC] = { "see `help metrics`", NULL },
    [RT_NAMES_OPTIMIZER] = { "see `help optimizers`", NULL },
    [RT_NAMES_INIT] = { "see `help initializers`", NULL },
    [RT_NAMES_ACTIVATION] = { "see `help activations`", NULL },
    [RT_NAMES_REGULARIZER] = { "see `help regularizers`", NULL },
    [RT_NAMES_CONSTRAINT] = { "see `help constraints`", NULL },
    [RT_NAMES_EXPRESSION] = { "see `help expressions`", NULL },
};

static bool add_named(const struct rt_opt *o, struct rt_str *out)
{
    size_t n = (size_t)o->names;
    bool many = rt_value_kind(o) == RT_KIND_TEXTS;
    if ((!many && rt_value_kind(o) != RT_KIND_TEXT) ||
        n >= sizeof named / sizeof *named || !named[n].one)
        return false;
    const char *noun = named[n].many ? strchr(named[n].one, ' ') + 1 : NULL;
    if (noun && o->help && strstr(o->help, noun))
        return true; /* it says so */
    rt_str_add(out, many && named[n].many ? named[n].many : named[n].one);
    if (many && named[n].many && o->form != RT_FORM_REST)
        rt_str_add(out, ", as a,b");
    return true;
}

void rt_opt_range(const struct rt_opt *o, struct rt_str *out)
{
    static const char *const by_kind[] = {
        [RT_KIND_BOOL] = "yes or no",
        [RT_KIND_INT] = "whole number",
        [RT_KIND_LONG] = "whole number",
        [RT_KIND_NUMBER] = "number",
        [RT_KIND_TEXT] = "text",
        [RT_KIND_CHOICE] = "choice",
        [RT_KIND_INTS] = "whole numbers, as 2,1 or 28x28",
        [RT_KIND_NUMBERS] = "numbers, as 0.8,0.2",
        [RT_KIND_TEXTS] = "list, as a,b",
    };
    struct rt_str bounds = RT_STR_INIT;
    if (n_choices(o)) {
        rt_names_join(o->choices, ", ", " or ", out);
        return;
    }
    if (add_named(o, out))
        return;
    if (o->form == RT_FORM_REST && rt_value_kind(o) == RT_KIND_TEXTS) {
        rt_str_add(out, "words");
        return;
    }
    rt_str_add(out, by_kind[rt_value_kind(o)]);
    rt_opt_bounds(o, &bounds);
    if (bounds.n)
        rt_str_addf(out, "; %s", rt_str_c(&bounds));
    rt_str_release(&bounds);
}
