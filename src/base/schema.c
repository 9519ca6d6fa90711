/* Words to blocks of arguments. A block is a hidden head, whose arena owns the
 * texts, and behind it the struct that callers see. */
#include "base/schema.h"

#include "base/mem.h"
#include "base/schema_value.h"
#include "base/suggest.h"
#include "base/vec.h"

#include <assert.h>
#include <ctype.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct rt_arena arena;
    int refs;
    alignas(max_align_t) unsigned char args[];
};

/* A table, and one call of rt_args_parse or rt_args_change with it. */
struct parse {
    const struct rt_opt *opts;
    size_t opt_size;
    int n_opts;
    bool has_rest; /* it takes whatever is left */
    struct block *block;
    bool *given;   /* per option */
    int next_word; /* the positional word that comes next, from 1 */
    RT_VEC(const char *) rest;
    struct rt_err *err;
};

/* ---- tables of options --------------------------------------------------- */

/* No version had smaller entries; fields behind .offset would be read only
 * where opt_size covers them. */
#define SMALLEST_OPT (offsetof(struct rt_opt, offset) + sizeof(size_t))

const struct rt_opt *rt_opt_at(const struct rt_opt *opts, size_t opt_size,
                               int i)
{
    if (!opts || opt_size < SMALLEST_OPT)
        return NULL;
    const void *at = (const char *)opts + (size_t)i * opt_size;
    const struct rt_opt *o = at;
    return o->name ? o : NULL;
}

static int index_of(const struct rt_opt *opts, size_t opt_size,
                    const char *name)
{
    const struct rt_opt *o;
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++)
        if (strcmp(o->name, name) == 0)
            return i;
    return -1;
}

const struct rt_opt *rt_opt_find(const struct rt_opt *opts, size_t opt_size,
                                 const char *name)
{
    int i = index_of(opts, opt_size, name);
    return i < 0 ? NULL : rt_opt_at(opts, opt_size, i);
}

static const struct rt_opt *opt_at(const struct parse *p, int i)
{
    return rt_opt_at(p->opts, p->opt_size, i);
}

static struct parse table(const struct rt_opt *opts, size_t opt_size)
{
    struct parse p = { .opts = opts, .opt_size = opt_size };
    const struct rt_opt *o;
    for (; (o = opt_at(&p, p.n_opts)); p.n_opts++)
        p.has_rest = p.has_rest || o->form == RT_FORM_REST;
    return p;
}

static int check_opt(const struct rt_opt *o, size_t args_size,
                     struct rt_err *err)
{
    union rt_value v;
    struct rt_arena a = RT_ARENA_INIT;
    if (o->kind < RT_KIND_BOOL || o->kind > RT_KIND_TEXTS)
        return rt_fail(err, RT_EPLUGIN,
                       "is of kind %d, which this retort does not know",
                       o->kind);
    if (o->offset > args_size || args_size - o->offset < rt_value_size(o))
        return rt_fail(err, RT_EPLUGIN,
                       "lies at byte %zu of the arguments, which have %zu "
                       "bytes; is .args_size set?",
                       o->offset, args_size);
    if (rt_value_kind(o) == RT_KIND_CHOICE && !o->choices)
        return rt_fail(err, RT_EPLUGIN, "has no choices");
    if (o->form == RT_FORM_REST && o->kind != RT_KIND_TEXTS)
        return rt_fail(err, RT_EPLUGIN, "takes the rest and holds no texts");
    int status = 0;
    if (o->def && *o->def)
        status = rt_value_parse(o, o->def, &v, &a, err);
    rt_arena_release(&a);
    return status ? RT_EPLUGIN : 0;
}

int rt_opts_check(const struct rt_opt *opts, size_t opt_size, size_t args_size,
                  struct rt_err *err)
{
    const struct rt_opt *o;
    if (opts && opt_size < SMALLEST_OPT)
        return rt_fail(err, RT_EPLUGIN,
                       "options of %zu bytes each, want at least %zu", opt_size,
                       SMALLEST_OPT);
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++) {
        if (check_opt(o, args_size, err)) {
            rt_err_within(err, "option '%.64s'", o->name);
            return RT_EPLUGIN;
        }
    }
    return 0;
}

/* ---- blocks -------------------------------------------------------------- */

static struct block *block_new(size_t args_size)
{
    struct block *b = rt_xcalloc(1, sizeof *b + args_size);
    b->refs = 1;
    return b;
}

static struct block *block_of(void *args)
{
    void *b = (unsigned char *)args - offsetof(struct block, args);
    return b;
}

void rt_args_free(void *args)
{
    if (!args)
        return;
    struct block *b = block_of(args);
    if (--b->refs > 0)
        return;
    rt_arena_release(&b->arena);
    free(b);
}

void *rt_args_ref(void *args)
{
    block_of(args)->refs++;
    return args;
}

bool rt_args_shared(void *args)
{
    return block_of(args)->refs > 1;
}

static void check_field(const struct rt_opt *o, size_t args_size)
{
    assert(o->offset + rt_value_size(o) <= args_size);
    (void)o;
    (void)args_size;
}

void *rt_args_default(const struct rt_opt *opts, size_t opt_size,
                      size_t args_size)
{
    struct block *b = block_new(args_size);
    const struct rt_opt *o;
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++) {
        check_field(o, args_size);
        rt_value_default(o, b->args + o->offset, &b->arena);
    }
    return b->args;
}

void *rt_args_copy(const struct rt_opt *opts, size_t opt_size, size_t args_size,
                   const void *args)
{
    struct block *b = block_new(args_size);
    const struct rt_opt *o;
    if (args_size)
        memcpy(b->args, args, args_size);
    for (int i = 0; (o = rt_opt_at(opts, opt_size, i)); i++) {
        check_field(o, args_size);
        rt_value_adopt(o, b->args + o->offset, &b->arena);
    }
    return b->args;
}

/* ---- the shape of words -------------------------------------------------- */

static bool letter(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static size_t name_length(const char *s)
{
    size_t n = 0;
    if (letter(*s))
        while (letter(s[n]) || isdigit((unsigned char)s[n]))
            n++;
    return n;
}

size_t rt_word_key(const char *word)
{
    size_t n = name_length(word);
    return word[n] == '=' && word[n + 1] != '=' ? n : 0;
}

bool rt_word_is_flag(const char *word)
{
    return word[0] == '-' && name_length(word + 1) > 0 &&
           !word[1 + name_length(word + 1)];
}

static bool takes_word(const struct rt_opt *flag)
{
    return flag->kind != RT_KIND_BOOL;
}

/* ---- finding the option a word means ------------------------------------- */

enum { UNKNOWN = -1, SEVERAL = -2 };

/* Which of a table's options are looked at. */
struct among {
    bool flags; /* flags alone */
    bool rare;  /* the rare ones too */
};

static bool begins(const struct rt_opt *o, const char *name, size_t n,
                   struct among among)
{
    return (!among.flags || o->form == RT_FORM_FLAG) &&
           (!o->rare || among.rare) && !strncmp(o->name, name, n);
}

/* Of several names that begin so, the one that begins the others: loss, not
 * loss_weights. */
static int look_among(const struct parse *p, const char *name, size_t n,
                      struct among among)
{
    const struct rt_opt *o;
    int found = UNKNOWN;
    size_t length = SIZE_MAX;
    for (int i = 0; (o = opt_at(p, i)); i++)
        if (begins(o, name, n, among) && strlen(o->name) < length) {
            found = i;
            length = strlen(o->name);
        }
    if (found == UNKNOWN || length == n)
        return found;
    if (p->has_rest && !among.flags)
        return UNKNOWN; /* "n=x" may be the binding of an input n and not short
                           for name=x */
    for (int i = 0; (o = opt_at(p, i)); i++)
        if (begins(o, name, n, among) &&
            !begins(o, opt_at(p, found)->name, length, among))
            return SEVERAL;
    return found;
}

/* act=relu is the activation and not the activity_regularizer, which is rare.
 */
static int look_up(const struct parse *p, const char *name, size_t n,
                   bool flags)
{
    int found = look_among(p, name, n, (struct among){ flags, false });
    return found == UNKNOWN
               ? look_among(p, name, n, (struct among){ flags, true })
               : found;
}

/* The names of all options, or of the flags, that begin with word[0..n). */
static const char **names_of(const struct parse *p, bool flags,
                             const char *word, size_t n)
{
    RT_VEC(const char *) names = { 0 };
    const struct rt_opt *o;
    for (int i = 0; (o = opt_at(p, i)); i++) {
        if (flags && o->form != RT_FORM_FLAG)
            continue;
        if (strncmp(o->name, word, n) == 0)
            rt_vec_push(&names, o->name);
    }
    rt_vec_push(&names, NULL);
    return names.v;
}

static int unknown(struct parse *p, const char *word, size_t n, bool flag,
                   int why)
{
    struct rt_str text = RT_STR_INIT;
    char *name = rt_xstrndup(word, n);
    const char **names = names_of(p, flag, name, why == SEVERAL ? n : 0);
    rt_str_addf(&text, "%s '%s%s'",
                why == SEVERAL ? "option" : "unknown option", flag ? "-" : "",
                name);
    if (why == SEVERAL) {
        rt_str_add(&text, " could be ");
        rt_names_join(names, ", ", " or ", &text);
    } else if (flag && rt_opt_find(p->opts, p->opt_size, name)) {
        rt_str_addf(&text, "; write %s=VALUE", name);
    } else {
        rt_suggest(&text, name, names);
    }
    rt_fail(p->err, RT_EINVAL, "%s", rt_str_c(&text));
    rt_str_release(&text);
    free(names);
    free(name);
    return RT_EINVAL;
}

/* ---- taking words -------------------------------------------------------- */

static int assign(struct parse *p, int i, const char *value)
{
    const struct rt_opt *o = opt_at(p, i);
    void *field = p->block->args + o->offset;
    if (p->given[i])
        return rt_fail(p->err, RT_EINVAL, "'%s' is given twice", o->name);
    p->given[i] = true;
    if (rt_value_parse(o, value, field, &p->block->arena, p->err) ||
        rt_value_check(o, field, p->err))
        return RT_EINVAL;
    return 0;
}

/* Tcl took the brackets for a command and the braces for no quotes at all, so
 * what arrives here is only the beginning of what was meant. */
static int check_traps(struct parse *p, const char *word)
{
    size_t n = rt_word_key(word);
    if (word[0] == '#')
        return rt_fail(p->err, RT_EINVAL,
                       "'%s': a comment behind a command begins with ;#", word);
    if (n && (word[n + 1] == '[' || word[n + 1] == '{'))
        return rt_fail(
            p->err, RT_EINVAL,
            "'%s': Tcl reads %s; write lists with commas, "
            "%.*s=1,2, and options in parentheses, "
            "%.*s=NAME(k=1)",
            word, word[n + 1] == '[' ? "[ as a command" : "no { within a word",
            (int)n, word, (int)n, word);
    return 0;
}

static int take_flag(struct parse *p, int i, const char *const *words, int n,
                     int *used)
{
    const struct rt_opt *o = opt_at(p, i);
    if (!takes_word(o))
        return assign(p, i, "yes");
    if (n < 2)
        return rt_fail(p->err, RT_EINVAL, "'-%s' wants a word behind it",
                       o->name);
    *used = 2;
    return assign(p, i, words[1]);
}

static int too_many(struct parse *p, const char *word)
{
    const struct rt_opt *o = rt_opt_find(p->opts, p->opt_size, word);
    if (o && o->form == RT_FORM_FLAG)
        return rt_fail(p->err, RT_EINVAL, "unexpected word '%s'; write -%s",
                       word, word);
    if (o)
        return rt_fail(p->err, RT_EINVAL,
                       "unexpected word '%s'; write %s=VALUE", word, word);
    return rt_fail(p->err, RT_EINVAL,
                   "unexpected word '%s'; options are written key=value", word);
}

static int take_word(struct parse *p, const char *word)
{
    const struct rt_opt *o;
    for (int i = 0; (o = opt_at(p, i)); i++) {
        if (o->form == RT_FORM_KEY && o->word == p->next_word) {
            p->next_word++;
            return assign(p, i, word);
        }
    }
    if (!p->has_rest)
        return too_many(p, word);
    rt_vec_push(&p->rest, word);
    return 0;
}

static bool expects_word(const struct parse *p)
{
    const struct rt_opt *o;
    for (int i = 0; (o = opt_at(p, i)); i++)
        if (o->form == RT_FORM_REST ||
            (o->form == RT_FORM_KEY && o->word == p->next_word))
            return true;
    return false;
}

static bool has_flags(const struct parse *p)
{
    const struct rt_opt *o;
    for (int i = 0; (o = opt_at(p, i)); i++)
        if (o->form == RT_FORM_FLAG)
            return true;
    return false;
}

/* "-inf" and, where no flags are known, an expression "-x" are no flags. */
static bool plain_minus(const struct parse *p, const char *word)
{
    double v;
    return expects_word(p) &&
           (!has_flags(p) || rt_number_parse(word, &v, NULL) == 0);
}

/* Takes words[0], or two words for a flag with a value. */
static int take(struct parse *p, const char *const *words, int n, int *used)
{
    const char *word = words[0];
    *used = 1;
    if (check_traps(p, word))
        return RT_EINVAL;
    if (rt_word_is_flag(word)) {
        size_t len = strlen(word + 1);
        int i = look_up(p, word + 1, len, true);
        if (i >= 0)
            return take_flag(p, i, words, n, used);
        if (!plain_minus(p, word))
            return unknown(p, word + 1, len, true, i);
    }
    size_t len = rt_word_key(word);
    if (len) {
        int i = look_up(p, word, len, false);
        if (i >= 0)
            return assign(p, i, word + len + 1);
        if (!p->has_rest)
            return unknown(p, word, len, false, i);
    }
    return take_word(p, word);
}

/* The words that were left become the value of the option that wants them. */
static int take_rest(struct parse *p)
{
    const struct rt_opt *o;
    for (int i = 0; (o = opt_at(p, i)); i++) {
        if (o->form != RT_FORM_REST || p->rest.n == 0)
            continue;
        if (p->given[i])
            return rt_fail(p->err, RT_EINVAL, "'%s' is given twice", o->name);
        p->given[i] = true;
        assert(o->kind == RT_KIND_TEXTS);
        struct rt_texts texts = { p->rest.n, p->rest.v };
        void *field = p->block->args + o->offset;
        memcpy(field, &texts, sizeof texts);
        rt_value_adopt(o, field, &p->block->arena);
        return 0;
    }
    return 0;
}

static int check_missing(const struct parse *p)
{
    const struct rt_opt *o;
    for (int i = 0; (o = opt_at(p, i)); i++)
        if (o->word > 0 && !o->def && o->form != RT_FORM_FLAG && !p->given[i])
            return rt_fail(p->err, RT_EINVAL, "'%s' is missing", o->name);
    return 0;
}

/* Reads the words into a block and returns its arguments, or frees it. */
static void *read_words(const struct rt_opt *opts, size_t opt_size,
                        struct block *b, bool positional,
                        const char *const *words, int n, struct rt_err *err)
{
    struct parse p = table(opts, opt_size);
    int status = 0, used = 1;
    p.block = b;
    p.next_word = positional ? 1 : -1;
    p.has_rest = p.has_rest && positional;
    p.err = err;
    p.given = rt_xcalloc((size_t)p.n_opts, sizeof *p.given);
    for (int i = 0; i < n && !status; i += used)
        status = take(&p, words + i, n - i, &used);
    if (!status)
        status = take_rest(&p);
    if (!status && positional)
        status = check_missing(&p);
    rt_vec_release(&p.rest);
    free(p.given);
    if (status) {
        rt_args_free(b->args);
        return NULL;
    }
    return b->args;
}

void *rt_args_parse(const struct rt_opt *opts, size_t opt_size,
                    size_t args_size, const char *const *words, int n,
                    struct rt_err *err)
{
    void *args = rt_args_default(opts, opt_size, args_size);
    return read_words(opts, opt_size, block_of(args), true, words, n, err);
}

void *rt_args_change(const struct rt_opt *opts, size_t opt_size,
                     size_t args_size, const void *old,
                     const char *const *words, int n, struct rt_err *err)
{
    void *args = rt_args_copy(opts, opt_size, args_size, old);
    return read_words(opts, opt_size, block_of(args), false, words, n, err);
}

/* ---- options that several commands share --------------------------------- */

/* How many of words[0..n) are for the shared table: 0, 1 or 2. A whole name
 * decides; one cut short goes to the command's own table if it can, and is
 * left alone where that table takes whatever is left. */
static int shared_words(const struct parse *shared, const struct parse *own,
                        const char *const *words, int n)
{
    bool flag = rt_word_is_flag(words[0]);
    const char *name = words[0] + flag;
    size_t len = flag ? strlen(name) : rt_word_key(name);
    int i = len ? look_up(shared, name, len, flag) : UNKNOWN;
    bool whole = i >= 0 && !opt_at(shared, i)->name[len];
    if (i == UNKNOWN ||
        (!whole && (own->has_rest || look_up(own, name, len, flag) != UNKNOWN)))
        return 0;
    return flag && i >= 0 && takes_word(opt_at(shared, i)) && n > 1 ? 2 : 1;
}

void *rt_args_take(const struct rt_opt *opts, size_t args_size,
                   const struct rt_opt *own_opts, size_t own_size,
                   const char **words, int *n, struct rt_err *err)
{
    struct parse shared = table(opts, sizeof *opts);
    struct parse own = table(own_opts, own_size);
    RT_VEC(const char *) taken = { 0 };
    int left = 0;
    for (int i = 0; i < *n;) {
        int used = shared_words(&shared, &own, words + i, *n - i);
        if (!used)
            words[left++] = words[i++];
        for (; used; used--)
            rt_vec_push(&taken, words[i++]);
    }
    *n = left;
    void *args =
        rt_args_parse(opts, sizeof *opts, args_size, taken.v, taken.n, err);
    rt_vec_release(&taken);
    return args;
}
