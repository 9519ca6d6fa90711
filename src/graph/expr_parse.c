/* Text to a tree by recursive descent, one function a kind of phrase. */
#include "graph/expr_tree.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the place of an error ----------------------------------------------- */

enum { SHOWN = 68, INDENT = 4 }; /* bytes of a line, blanks before it */

static bool starts_char(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

int rt_expr_mark(const char *text, int at, struct rt_err *err)
{
    if (!err)
        return RT_EINVAL;
    const char *place = text + at, *from = place, *to;
    while (from > text && from[-1] != '\n')
        from--;
    while (from < place && isspace((unsigned char)*from))
        from++;
    to = place + strcspn(place, "\n");
    bool cut_left = place - from > SHOWN * 2 / 3;
    if (cut_left)
        from = place - SHOWN / 3;
    while (from < place && !starts_char(*from))
        from++;
    bool cut_right = to - from > SHOWN;
    if (cut_right)
        to = from + SHOWN;
    while (to > from && cut_right && !starts_char(*to))
        to--;

    struct rt_str line = RT_STR_INIT, before = RT_STR_INIT;
    rt_str_add(&line, cut_left ? "..." : "");
    rt_str_addn(&line, from, (size_t)(to - from));
    rt_str_add(&line, cut_right ? "..." : "");
    rt_str_add(&before, cut_left ? "..." : "");
    rt_str_addn(&before, from, (size_t)(place - from));
    for (size_t i = 0; i < line.n; i++)
        if (iscntrl((unsigned char)line.s[i]))
            line.s[i] = ' ';
    int width = rt_utf8_width(rt_str_c(&before));
    size_t n = strlen(err->text);
    snprintf(err->text + n, sizeof err->text - n, "\n%*s%s\n%*s^", INDENT, "",
             rt_str_c(&line), INDENT + (width > 0 ? width : 0), "");
    rt_str_release(&line);
    rt_str_release(&before);
    return err->code;
}

/* ---- words --------------------------------------------------------------- */

struct parser {
    struct rt_expr *e;
    const char *text, *p;
    int depth;
    struct rt_err *err;
};

__attribute__((format(printf, 3, 4))) static struct rt_expr_node *
fail(struct parser *s, const char *at, const char *fmt, ...)
{
    char sentence[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    rt_fail(s->err, RT_EINVAL, "%s", sentence);
    rt_expr_mark(s->text, (int)(at - s->text), s->err);
    return NULL;
}

static void skip(struct parser *s)
{
    while (isspace((unsigned char)*s->p))
        s->p++;
}

static bool name_starts(const char *p)
{
    return isalpha((unsigned char)*p) || *p == '_' || (unsigned char)*p >= 0x80;
}

/* A name goes on over a dot between two of its characters: a.x of a joined
 * data set. */
static const char *name_end(const char *p)
{
    while (name_starts(p) || isdigit((unsigned char)*p) ||
           (*p == '.' && (name_starts(p + 1) || isdigit((unsigned char)p[1]))))
        p++;
    return p;
}

/* The text of one thing at p, for a sentence. */
static struct rt_expr_node *unexpected(struct parser *s, const char *want)
{
    const char *end = s->p;
    skip(s);
    if (!*s->p)
        return fail(s, s->p, "it ends here, want %s", want);
    if (name_starts(s->p))
        end = name_end(s->p);
    else if (isdigit((unsigned char)*s->p))
        end = s->p + strspn(s->p, "0123456789.");
    else
        end = s->p + 1;
    if (strncmp(s->p, "**", 2) == 0)
        return fail(s, s->p, "found '**', want ^ for a power");
    if (strncmp(s->p, "&&", 2) == 0)
        return fail(s, s->p, "found '&&', want and");
    if (strncmp(s->p, "||", 2) == 0)
        return fail(s, s->p, "found '||', want or");
    if (*s->p == '=')
        return fail(s, s->p, "found '=', want == to compare");
    if (*s->p == '!')
        return fail(s, s->p, "found '!', want not");
    if (*s->p == '$')
        return fail(s, s->p, "found '$', but variables are not known here");
    return fail(s, s->p, "found '%.*s', want %s", (int)(end - s->p), s->p,
                want);
}

static bool take(struct parser *s, const char *sign)
{
    size_t n = strlen(sign);
    skip(s);
    if (strncmp(s->p, sign, n) != 0)
        return false;
    if (isalpha((unsigned char)*sign) && name_end(s->p) != s->p + n)
        return false;
    s->p += n;
    return true;
}

/* ---- nodes --------------------------------------------------------------- */

static struct rt_expr_node *made(struct parser *s, enum rt_expr_kind kind,
                                 const char *at)
{
    struct rt_expr_node *t = rt_arena_alloc(&s->e->arena, sizeof *t);
    t->kind = kind;
    t->at = (int)(at - s->text);
    t->depth = 1;
    return t;
}

/* Over the arguments, which are copied. */
static struct rt_expr_node *over(struct parser *s, enum rt_expr_kind kind,
                                 const char *at,
                                 struct rt_expr_node *const *arg, int n)
{
    struct rt_expr_node *t = made(s, kind, at);
    t->arg = rt_arena_alloc(&s->e->arena, (size_t)(n + 1) * sizeof *t->arg);
    t->n_args = n;
    t->constant = n > 0;
    for (int i = 0; i < n; i++) {
        t->arg[i] = arg[i];
        t->constant &= arg[i]->constant;
        if (arg[i]->depth >= t->depth)
            t->depth = arg[i]->depth + 1;
    }
    if (t->depth > RT_EXPR_DEPTH_MAX)
        return fail(s, at, "more than %d steps deep, want fewer",
                    RT_EXPR_DEPTH_MAX);
    return t;
}

static char *name_here(struct parser *s)
{
    const char *end = name_end(s->p);
    char *name = rt_arena_alloc(&s->e->arena, (size_t)(end - s->p) + 1);
    memcpy(name, s->p, (size_t)(end - s->p));
    s->p = end;
    return name;
}

/* ---- phrases ------------------------------------------------------------- */

static struct rt_expr_node *phrase(struct parser *s, int power);

static struct rt_expr_node *number(struct parser *s)
{
    const char *at = s->p, *p = at;
    p += strspn(p, "0123456789");
    if (*p == '.')
        p += 1 + strspn(p + 1, "0123456789");
    if (*p == 'e' || *p == 'E') {
        const char *q = p + 1 + (p[1] == '-' || p[1] == '+');
        if (isdigit((unsigned char)*q))
            p = q + strspn(q, "0123456789");
    }
    struct rt_expr_node *t = made(s, RT_EXPR_NUMBER, at);
    char digits[64];
    if ((size_t)(p - at) >= sizeof digits)
        return fail(s, at, "number of %d digits, want fewer", (int)(p - at));
    memcpy(digits, at, (size_t)(p - at));
    digits[p - at] = '\0';
    t->number = strtod(digits, NULL);
    t->constant = true;
    s->p = p;
    if (*p == '.' || name_starts(p))
        return unexpected(s, "an operator behind the number");
    return t;
}

static struct rt_expr_node *quoted(struct parser *s)
{
    const char *at = s->p, *end = strchr(at + 1, *at);
    if (!end)
        return fail(s, at, "%c has no closing %c", *at, *at);
    struct rt_expr_node *t = made(s, RT_EXPR_NAME, at);
    char *name = rt_arena_alloc(&s->e->arena, (size_t)(end - at));
    memcpy(name, at + 1, (size_t)(end - at - 1));
    t->name = name;
    t->quoted = true;
    s->p = end + 1;
    return t;
}

typedef RT_VEC(struct rt_expr_node *) node_vec;
typedef RT_VEC(const char *) key_vec;

/* `key=` before an argument, or NULL. */
static const char *key_here(struct parser *s)
{
    skip(s);
    if (!name_starts(s->p))
        return NULL;
    const char *end = name_end(s->p), *p = end;
    while (isspace((unsigned char)*p))
        p++;
    if (*p != '=' || p[1] == '=')
        return NULL;
    char *key = name_here(s);
    s->p = p + 1;
    return key;
}

static bool key_known(const key_vec *keys, const char *key)
{
    for (int i = 0; i < keys->n; i++)
        if (keys->v[i] && strcmp(keys->v[i], key) == 0)
            return true;
    return false;
}

/* Phrases up to `close`; keys NULL: none are allowed. */
static bool items(struct parser *s, const char *open, char close,
                  node_vec *list, key_vec *keys)
{
    char end[] = { close, '\0' };
    if (take(s, end))
        return true;
    for (;;) {
        skip(s);
        const char *at = s->p, *key = keys ? key_here(s) : NULL;
        if (keys && key && key_known(keys, key))
            return fail(s, at, "'%s' is given twice", key);
        if (keys && !key && keys->n && keys->v[keys->n - 1])
            return fail(s, at, "a value behind '%s=', want key=value there",
                        keys->v[keys->n - 1]);
        struct rt_expr_node *item = phrase(s, 0);
        if (!item)
            return false;
        rt_vec_push(list, item);
        if (keys)
            rt_vec_push(keys, key);
        if (take(s, end))
            return true;
        if (!take(s, ",")) {
            skip(s);
            if (!*s->p)
                fail(s, open, "%c has no %c", *open, close);
            else
                unexpected(s, close == ')' ? "an operator, ',' or ')'"
                                           : "an operator, ',' or ']'");
            return false;
        }
    }
}

static struct rt_expr_node *called(struct parser *s, const char *at,
                                   const char *name)
{
    const char *open = s->p - 1;
    node_vec list = { 0 };
    key_vec keys = { 0 };
    struct rt_expr_node *t = NULL;
    if (items(s, open, ')', &list, &keys))
        t = over(s, RT_EXPR_CALL, at, list.v, list.n);
    if (t) {
        t->name = name;
        t->key =
            rt_arena_alloc(&s->e->arena, (size_t)(keys.n + 1) * sizeof *t->key);
        for (int i = 0; i < keys.n; i++)
            t->key[i] = keys.v[i];
    }
    rt_vec_release(&list);
    rt_vec_release(&keys);
    return t;
}

static struct rt_expr_node *named(struct parser *s)
{
    const char *at = s->p, *name = name_here(s);
    if (take(s, "("))
        return called(s, at, name);
    bool inf = strcmp(name, "inf") == 0;
    if (inf || strcmp(name, "pi") == 0) {
        struct rt_expr_node *t = made(s, RT_EXPR_NUMBER, at);
        t->number = inf ? (double)INFINITY : M_PI;
        t->constant = true;
        return t;
    }
    if (strcmp(name, "and") == 0 || strcmp(name, "or") == 0 ||
        strcmp(name, "not") == 0) {
        s->p = at;
        return unexpected(s, "a value");
    }
    struct rt_expr_node *t = made(s, RT_EXPR_NAME, at);
    t->name = name;
    return t;
}

/* ( ... ): a value, or with commas a list. */
static struct rt_expr_node *bracketed(struct parser *s, char close)
{
    const char *open = s->p++;
    node_vec list = { 0 };
    struct rt_expr_node *t = NULL;
    if (items(s, open, close, &list, NULL)) {
        if (!list.n)
            fail(s, open, "nothing between the brackets, want a value");
        else if (list.n == 1 && close == ')')
            t = list.v[0];
        else
            t = over(s, RT_EXPR_LIST, open, list.v, list.n);
    }
    rt_vec_release(&list);
    return t;
}

static struct rt_expr_node *primary(struct parser *s)
{
    skip(s);
    const char *p = s->p;
    if (isdigit((unsigned char)*p) ||
        (*p == '.' && isdigit((unsigned char)p[1])))
        return number(s);
    if (name_starts(p))
        return named(s);
    if (*p == '"' || *p == '\'')
        return quoted(s);
    if (*p == '(')
        return bracketed(s, ')');
    if (*p == '[')
        return bracketed(s, ']');
    return unexpected(s, "a value");
}

/* ---- slices -------------------------------------------------------------- */

/* A whole number, or nothing. */
static bool whole(struct parser *s, int *v, bool *there)
{
    skip(s);
    char *end;
    const char *p = s->p + (*s->p == '-' || *s->p == '+');
    *there = isdigit((unsigned char)*p);
    if (!*there)
        return true;
    long n = strtol(s->p, &end, 10);
    if (n < -1000000000 || n > 1000000000) {
        fail(s, s->p, "index out of all range");
        return false;
    }
    if (*end == '.' || name_starts(end)) {
        fail(s, s->p, "want a whole number as index");
        return false;
    }
    *v = (int)n;
    s->p = end;
    return true;
}

static bool index_here(struct parser *s, struct rt_expr_index *i)
{
    skip(s);
    *i = (struct rt_expr_index){ .kind = RT_INDEX_ONE,
                                 .at = (int)(s->p - s->text) };
    if (take(s, "...")) {
        i->kind = RT_INDEX_DOTS;
        return true;
    }
    if (!whole(s, &i->from, &i->has_from))
        return false;
    if (take(s, ":")) {
        i->kind = RT_INDEX_RANGE;
        if (!whole(s, &i->to, &i->has_to))
            return false;
        skip(s);
        if (*s->p == ':')
            return fail(s, s->p, "a slice with a step, want from:to");
    } else if (!i->has_from) {
        return unexpected(s, "an index, a range as 0:10, ':' or '...'");
    }
    return true;
}

static struct rt_expr_node *sliced(struct parser *s, struct rt_expr_node *x)
{
    const char *open = s->p++;
    struct rt_expr_index index[RT_RANK_MAX + 1];
    int n = 0, n_dots = 0;
    do {
        skip(s);
        if (n == RT_RANK_MAX + 1)
            return fail(s, s->p, "more than %d indices", RT_RANK_MAX);
        if (!index_here(s, &index[n]))
            return NULL;
        n_dots += index[n].kind == RT_INDEX_DOTS;
        if (n_dots > 1)
            return fail(s, s->text + index[n].at, "'...' stands twice");
        n++;
    } while (take(s, ","));
    skip(s);
    if (!*s->p)
        return fail(s, open, "[ has no ]");
    if (!take(s, "]"))
        return unexpected(s, "',' or ']' (an index is a number)");
    struct rt_expr_node *t = over(s, RT_EXPR_SLICE, open, &x, 1);
    if (t) {
        t->index = rt_arena_alloc(&s->e->arena, sizeof index);
        memcpy(t->index, index, (size_t)n * sizeof *index);
        t->n_index = n;
    }
    return t;
}

static struct rt_expr_node *postfix(struct parser *s)
{
    struct rt_expr_node *t = primary(s);
    for (skip(s); t && *s->p == '['; skip(s))
        t = sliced(s, t);
    return t;
}

/* ---- operators ----------------------------------------------------------- */

static const struct {
    const char *sign;
    int power;
} ops[RT_EXPR_N_OPS] = {
#define X(name, sign, power) [RT_EXPR_##name] = { sign, power },
    RT_EXPR_OPS(X)
#undef X
};
enum { COMPARING = 4, SIGN = 7, POWER = 8 };

static bool op_here(struct parser *s, int power, enum rt_expr_op *op)
{
    for (int i = 0; i < RT_EXPR_N_OPS; i++) {
        if (i == RT_EXPR_NOT || i == RT_EXPR_NEG || ops[i].power < power)
            continue;
        const char *before = s->p;
        if (!take(s, ops[i].sign))
            continue;
        if (i == RT_EXPR_MUL && *s->p == '*') {
            s->p = before;
            return false;
        }
        *op = (enum rt_expr_op)i;
        return true;
    }
    return false;
}

static struct rt_expr_node *unary(struct parser *s, const char *at,
                                  enum rt_expr_op op)
{
    struct rt_expr_node *x = phrase(s, ops[op].power);
    struct rt_expr_node *t = x ? over(s, RT_EXPR_UNARY, at, &x, 1) : NULL;
    if (t)
        t->op = op;
    return t;
}

static struct rt_expr_node *operand(struct parser *s, int power)
{
    skip(s);
    const char *at = s->p;
    if (power <= ops[RT_EXPR_NOT].power && take(s, "not"))
        return unary(s, at, RT_EXPR_NOT);
    if (take(s, "-"))
        return unary(s, at, RT_EXPR_NEG);
    if (take(s, "+"))
        return phrase(s, SIGN);
    return postfix(s);
}

/* Everything whose operators bind at least as tight as power. */
static struct rt_expr_node *chain(struct parser *s, int power)
{
    struct rt_expr_node *t = operand(s, power);
    enum rt_expr_op op, last = RT_EXPR_N_OPS;
    while (t) {
        skip(s);
        const char *at = s->p;
        /* -x ^ 2 is -(x ^ 2), but -x * y is (-x) * y */
        if (!op_here(s, power, &op))
            return t;
        if (last < RT_EXPR_N_OPS && ops[op].power == COMPARING &&
            ops[last].power == COMPARING)
            return fail(s, at,
                        "comparisons do not chain: write a < b and b < c");
        last = op;
        /* of the right side of ^ a sign is part: 2 ^ -1 */
        struct rt_expr_node *both[] = {
            t, phrase(s, op == RT_EXPR_POW ? SIGN : ops[op].power + 1)
        };
        t = both[1] ? over(s, RT_EXPR_BINARY, at, both, 2) : NULL;
        if (t)
            t->op = op;
    }
    return NULL;
}

static struct rt_expr_node *phrase(struct parser *s, int power)
{
    if (++s->depth > RT_EXPR_DEPTH_MAX)
        return fail(s, s->p, "more than %d steps deep, want fewer",
                    RT_EXPR_DEPTH_MAX);
    struct rt_expr_node *t = chain(s, power);
    s->depth--;
    return t;
}

/* ---- the whole ----------------------------------------------------------- */

struct rt_expr *rt_expr_parse(const char *text, struct rt_err *err)
{
    if (strlen(text) > RT_EXPR_LENGTH_MAX) {
        rt_fail(err, RT_EINVAL,
                "expression has %zu characters, want at most %d", strlen(text),
                RT_EXPR_LENGTH_MAX);
        return NULL;
    }
    struct rt_expr *e = rt_xcalloc(1, sizeof *e);
    e->text = rt_arena_strdup(&e->arena, text);
    struct parser s = { .e = e, .text = e->text, .p = e->text, .err = err };
    skip(&s);
    if (!*s.p)
        rt_fail(err, RT_EINVAL, "expression is empty");
    else
        e->top = phrase(&s, 0);
    skip(&s);
    if (e->top && *s.p) {
        unexpected(&s, "an operator");
        e->top = NULL;
    }
    if (!e->top) {
        rt_expr_free(e);
        return NULL;
    }
    return e;
}

void rt_expr_free(struct rt_expr *e)
{
    if (!e)
        return;
    rt_arena_release(&e->arena);
    free(e);
}

const char *rt_expr_text(const struct rt_expr *e)
{
    return e->text;
}
