/* The values of options: what each kind looks like as text and in a struct.
 * Every kind has one case in each function here and nowhere else. */
#include "base/schema_value.h"

#include "base/schema.h"
#include "base/suggest.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* So many choices are listed in an error; of more, only the nearest. */
enum { LISTED = 8 };
#define MAX_OF(array) ((int)(sizeof(array) / sizeof *(array)))

int rt_value_kind(const struct rt_opt *o)
{
    return o->kind == RT_KIND_INT && o->choices ? RT_KIND_CHOICE : o->kind;
}

size_t rt_value_size(const struct rt_opt *o)
{
    static const size_t size[] = {
        [RT_KIND_BOOL] = sizeof(bool),
        [RT_KIND_INT] = sizeof(int),
        [RT_KIND_LONG] = sizeof(int64_t),
        [RT_KIND_NUMBER] = sizeof(double),
        [RT_KIND_TEXT] = sizeof(const char *),
        [RT_KIND_CHOICE] = sizeof(int),
        [RT_KIND_INTS] = sizeof(struct rt_ints),
        [RT_KIND_NUMBERS] = sizeof(struct rt_numbers),
        [RT_KIND_TEXTS] = sizeof(struct rt_texts),
    };
    assert(o->kind >= 0 && o->kind < MAX_OF(size));
    return size[o->kind];
}

static void load(const struct rt_opt *o, const void *field, union rt_value *v)
{
    memcpy(v, field, rt_value_size(o));
}

static void store(const struct rt_opt *o, void *field, const union rt_value *v)
{
    memcpy(field, v, rt_value_size(o));
}

void rt_value_unset(const struct rt_opt *o, void *field)
{
    union rt_value v;
    memset(&v, 0, sizeof v);
    switch (rt_value_kind(o)) {
    case RT_KIND_INT:
    case RT_KIND_CHOICE:
        v.i = RT_UNSET_INT;
        break;
    case RT_KIND_LONG:
        v.l = INT64_MIN;
        break;
    case RT_KIND_NUMBER:
        v.d = NAN;
        break;
    default:
        break;
    }
    store(o, field, &v);
}

bool rt_value_is_unset(const struct rt_opt *o, const void *field)
{
    union rt_value v;
    load(o, field, &v);
    switch (rt_value_kind(o)) {
    case RT_KIND_INT:
    case RT_KIND_CHOICE:
        return v.i == RT_UNSET_INT;
    case RT_KIND_LONG:
        return v.l == INT64_MIN;
    case RT_KIND_NUMBER:
        return isnan(v.d);
    case RT_KIND_TEXT:
        return !v.s;
    case RT_KIND_INTS:
        return v.ints.n == 0;
    case RT_KIND_NUMBERS:
        return v.numbers.n == 0;
    case RT_KIND_TEXTS:
        return v.texts.n == 0;
    default:
        return false;
    }
}

bool rt_value_may_be_unset(const struct rt_opt *o)
{
    if (o->kind == RT_KIND_BOOL)
        return false;
    return o->def ? !*o->def : o->word == 0 || o->form != RT_FORM_KEY;
}

/* ---- from text ----------------------------------------------------------- */

static int wrong(const struct rt_opt *o, const char *text, const char *want,
                 struct rt_err *err)
{
    return rt_fail(err, RT_EINVAL, "'%s' is '%s', want %s", o->name, text,
                   want);
}

static int parse_bool(const struct rt_opt *o, const char *text, bool *v,
                      struct rt_err *err)
{
    static const char *const word[] = { "no",  "yes", "false", "true",
                                        "off", "on",  "0",     "1" };
    for (int i = 0; i < MAX_OF(word); i++) {
        if (strcasecmp(text, word[i]) == 0) {
            *v = i & 1;
            return 0;
        }
    }
    return wrong(o, text, "yes or no", err);
}

/* Digits are read as they are, since a double holds only 53 bits of a seed. */
static int parse_long(const struct rt_opt *o, const char *text, int64_t *v,
                      struct rt_err *err)
{
    char *end;
    errno = 0;
    *v = strtoll(text, &end, 10);
    if (end != text && !*end && !errno && *v != INT64_MIN)
        return 0;
    double d;
    if (rt_number_parse(text, &d, NULL) || d != floor(d) || isinf(d))
        return wrong(o, text, "a whole number", err);
    if (!(fabs(d) < 0x1p63))
        return wrong(o, text, "a whole number of at most 63 bits", err);
    *v = (int64_t)d;
    return 0;
}

static int parse_int(const struct rt_opt *o, const char *text, int *v,
                     struct rt_err *err)
{
    int64_t l;
    if (parse_long(o, text, &l, err))
        return RT_EINVAL;
    if (l > INT_MAX || l <= INT_MIN)
        return wrong(o, text, "at most 2147483647 either way", err);
    *v = (int)l;
    return 0;
}

static const char *skip_space(const char *p)
{
    while (isspace((unsigned char)*p))
        p++;
    return p;
}

static int parse_ints(const struct rt_opt *o, const char *text,
                      struct rt_ints *v, struct rt_err *err)
{
    static const char want[] = "whole numbers such as 2,1 or 28x28";
    const char *p = skip_space(text);
    bool open = *p == '(';
    p = skip_space(p + open);
    v->n = 0;
    while (*p && *p != ')') {
        if (v->n == MAX_OF(v->v))
            return rt_fail(err, RT_EINVAL,
                           "'%s' is '%s', want at most %d numbers", o->name,
                           text, MAX_OF(v->v));
        char *end;
        long one;
        errno = 0;
        if (strncasecmp(p, "none", 4) == 0) {
            one = -1;
            p += 4;
        } else {
            one = strtol(p, &end, 10);
            if (end == p || errno || one > INT_MAX || one < -INT_MAX)
                return wrong(o, text, want, err);
            p = end;
        }
        v->v[v->n++] = (int)one;
        p = skip_space(p);
        if (*p == 'x' || *p == 'X') {
            if (!p[1])
                return wrong(o, text, want, err);
        } else if (*p != ',') {
            break;
        }
        p = skip_space(p + 1);
    }
    if (open != (*p == ')') || *skip_space(p + open) || v->n == 0)
        return wrong(o, text, want, err);
    return 0;
}

static int parse_numbers(const struct rt_opt *o, const char *text,
                         struct rt_numbers *v, struct rt_err *err)
{
    const char **part;
    int n;
    if (rt_list_split(text, &part, &n, err))
        return rt_err_within(err, "'%s'", o->name);
    int status = 0;
    if (n > MAX_OF(v->v))
        status =
            rt_fail(err, RT_EINVAL, "'%s' holds %d numbers, want at most %d",
                    o->name, n, MAX_OF(v->v));
    else if (n == 0)
        status = wrong(o, text, "numbers such as 0.8,0.2", err);
    v->n = 0;
    for (int i = 0; i < n && !status; i++)
        if (rt_number_parse(part[i], &v->v[v->n++], NULL))
            status = wrong(o, text, "numbers such as 0.8,0.2", err);
    free(part);
    return status;
}

/* The choice that text names in full or in its beginning, or -1. */
static int choose(const struct rt_opt *o, const char *text, struct rt_err *err)
{
    int found = -1, n_found = 0, n = 0;
    struct rt_str why = RT_STR_INIT;
    for (; o->choices[n]; n++) {
        if (strcmp(o->choices[n], text) == 0)
            return n;
        if (*text && strncasecmp(o->choices[n], text, strlen(text)) == 0) {
            if (strlen(o->choices[n]) == strlen(text))
                return n;
            found = n;
            n_found++;
        }
    }
    if (n_found == 1)
        return found;
    rt_str_addf(&why, "'%s' is '%s', ", o->name, text);
    if (n <= LISTED) {
        rt_str_add(&why, "want ");
        rt_names_join(o->choices, ", ", " or ", &why);
    } else {
        rt_str_add(&why, n_found ? "which fits several" : "which is unknown");
    }
    if (*text)
        rt_suggest(&why, text, o->choices);
    rt_fail(err, RT_EINVAL, "%s", rt_str_c(&why));
    rt_str_release(&why);
    return -1;
}

static int parse_text(const struct rt_opt *o, const char *text, const char **v,
                      struct rt_arena *a, struct rt_err *err)
{
    if (!o->choices) {
        *v = rt_arena_strdup(a, text);
        return 0;
    }
    int i = choose(o, text, err);
    *v = i < 0 ? NULL : o->choices[i];
    return i < 0 ? RT_EINVAL : 0;
}

static int parse_texts(const struct rt_opt *o, const char *text,
                       struct rt_texts *v, struct rt_arena *a,
                       struct rt_err *err)
{
    const char **part;
    int n, status = 0;
    if (rt_list_split(text, &part, &n, err))
        return rt_err_within(err, "'%s'", o->name);
    const char **copy = rt_arena_alloc(a, ((size_t)n + 1) * sizeof *copy);
    for (int i = 0; i < n && !status; i++)
        status = parse_text(o, part[i], &copy[i], a, err);
    free(part);
    v->n = n;
    v->v = copy;
    return status;
}

static bool says_unset(const struct rt_opt *o, const char *text)
{
    if (!rt_value_may_be_unset(o))
        return false;
    if (!*text)
        return true;
    if (strcasecmp(text, "none") != 0)
        return false;
    switch (rt_value_kind(o)) {
    case RT_KIND_INT:
    case RT_KIND_LONG:
    case RT_KIND_NUMBER:
    case RT_KIND_NUMBERS:
        return true;
    case RT_KIND_INTS: /* where -1 is no value: strides=none */
        return !rt_value_in_range(o, -1);
    case RT_KIND_CHOICE:
        for (const char *const *c = o->choices; *c; c++)
            if (strcasecmp(*c, "none") == 0)
                return false;
        return true;
    default:
        return false;
    }
}

int rt_value_parse(const struct rt_opt *o, const char *text, void *field,
                   struct rt_arena *a, struct rt_err *err)
{
    if (says_unset(o, text)) {
        rt_value_unset(o, field);
        return 0;
    }
    union rt_value v;
    memset(&v, 0, sizeof v);
    int status = 0;
    if (!*text && (o->kind != RT_KIND_TEXT || !o->def))
        return rt_fail(err, RT_EINVAL, "'%s' has no value", o->name);
    switch (rt_value_kind(o)) {
    case RT_KIND_BOOL:
        status = parse_bool(o, text, &v.yes, err);
        break;
    case RT_KIND_INT:
        status = parse_int(o, text, &v.i, err);
        break;
    case RT_KIND_LONG:
        status = parse_long(o, text, &v.l, err);
        break;
    case RT_KIND_NUMBER:
        if (rt_number_parse(text, &v.d, NULL) ||
            (isnan(v.d) && !rt_value_may_be_unset(o)))
            status = wrong(o, text, "a number", err);
        break;
    case RT_KIND_TEXT:
        status = parse_text(o, text, &v.s, a, err);
        break;
    case RT_KIND_CHOICE:
        v.i = choose(o, text, err);
        status = v.i < 0 ? RT_EINVAL : 0;
        break;
    case RT_KIND_INTS:
        status = parse_ints(o, text, &v.ints, err);
        break;
    case RT_KIND_NUMBERS:
        status = parse_numbers(o, text, &v.numbers, err);
        break;
    case RT_KIND_TEXTS:
        status = parse_texts(o, text, &v.texts, a, err);
        break;
    }
    if (!status)
        store(o, field, &v);
    return status;
}

void rt_value_default(const struct rt_opt *o, void *field, struct rt_arena *a)
{
    rt_value_unset(o, field);
    if (!o->def || !*o->def)
        return;
    int status = rt_value_parse(o, o->def, field, a, NULL);
    assert(status == 0 && "a default is a text that a user may type");
    (void)status;
}

/* ---- to text and to other places ----------------------------------------- */

static void print_ints(const struct rt_opt *o, const struct rt_ints *v,
                       struct rt_str *out)
{
    char between = o->def && strchr(o->def, ',') ? ',' : 'x';
    for (int i = 0; i < v->n; i++)
        if (v->v[i] < 0)
            between = ',';
    for (int i = 0; i < v->n; i++) {
        if (i)
            rt_str_addc(out, between);
        if (v->v[i] == -1)
            rt_str_add(out, "none");
        else
            rt_str_addf(out, "%d", v->v[i]);
    }
}

void rt_value_print(const struct rt_opt *o, const void *field,
                    struct rt_str *out)
{
    union rt_value v;
    load(o, field, &v);
    if (rt_value_is_unset(o, field)) {
        rt_str_add(out, "none");
        return;
    }
    switch (rt_value_kind(o)) {
    case RT_KIND_BOOL:
        rt_str_add(out, v.yes ? "yes" : "no");
        break;
    case RT_KIND_INT:
        rt_str_addf(out, "%d", v.i);
        break;
    case RT_KIND_LONG:
        rt_str_addf(out, "%lld", (long long)v.l);
        break;
    case RT_KIND_NUMBER:
        rt_str_add_exact(out, v.d);
        break;
    case RT_KIND_TEXT:
        rt_str_add(out, v.s);
        break;
    case RT_KIND_CHOICE:
        rt_str_add(out, o->choices[v.i]);
        break;
    case RT_KIND_INTS:
        print_ints(o, &v.ints, out);
        break;
    case RT_KIND_NUMBERS:
        for (int i = 0; i < v.numbers.n; i++) {
            rt_str_add(out, i ? "," : "");
            rt_str_add_exact(out, v.numbers.v[i]);
        }
        break;
    case RT_KIND_TEXTS:
        for (int i = 0; i < v.texts.n; i++) {
            rt_str_add(out, i ? "," : "");
            rt_str_add(out, v.texts.v[i]);
        }
        break;
    }
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool rt_value_equal(const struct rt_opt *o, const void *a, const void *b)
{
    union rt_value x, y;
    load(o, a, &x);
    load(o, b, &y);
    switch (rt_value_kind(o)) {
    case RT_KIND_BOOL:
        return x.yes == y.yes;
    case RT_KIND_LONG:
        return x.l == y.l;
    case RT_KIND_NUMBER:
        return x.d == y.d || (isnan(x.d) && isnan(y.d));
    case RT_KIND_TEXT:
        return same_text(x.s, y.s);
    case RT_KIND_INTS:
        return x.ints.n == y.ints.n &&
               memcmp(x.ints.v, y.ints.v,
                      (size_t)x.ints.n * sizeof x.ints.v[0]) == 0;
    case RT_KIND_NUMBERS:
        if (x.numbers.n != y.numbers.n)
            return false;
        for (int i = 0; i < x.numbers.n; i++)
            if (x.numbers.v[i] != y.numbers.v[i])
                return false;
        return true;
    case RT_KIND_TEXTS:
        if (x.texts.n != y.texts.n)
            return false;
        for (int i = 0; i < x.texts.n; i++)
            if (!same_text(x.texts.v[i], y.texts.v[i]))
                return false;
        return true;
    default:
        return x.i == y.i;
    }
}

void rt_value_adopt(const struct rt_opt *o, void *field, struct rt_arena *a)
{
    union rt_value v;
    load(o, field, &v);
    if (o->kind == RT_KIND_TEXT) {
        v.s = rt_arena_strdup(a, v.s);
    } else if (o->kind == RT_KIND_TEXTS && v.texts.n) {
        int n = v.texts.n;
        const char **copy = rt_arena_alloc(a, ((size_t)n + 1) * sizeof *copy);
        for (int i = 0; i < n; i++)
            copy[i] = rt_arena_strdup(a, v.texts.v[i]);
        v.texts.v = copy;
    } else {
        return;
    }
    store(o, field, &v);
}

void rt_names_join(const char *const *names, const char *between,
                   const char *last, struct rt_str *out)
{
    for (int i = 0; names[i]; i++) {
        if (i)
            rt_str_add(out, names[i + 1] ? between : last);
        rt_str_add(out, names[i]);
    }
}

double rt_args_number(const struct rt_opt *o, const void *args)
{
    const char *field = (const char *)args + o->offset;
    union rt_value v;
    if (rt_value_is_unset(o, field))
        return NAN;
    load(o, field, &v);
    switch (rt_value_kind(o)) {
    case RT_KIND_BOOL:
        return v.yes;
    case RT_KIND_INT:
    case RT_KIND_CHOICE:
        return v.i;
    case RT_KIND_LONG:
        return (double)v.l;
    case RT_KIND_NUMBER:
        return v.d;
    default:
        return NAN;
    }
}

void rt_args_set_number(const struct rt_opt *o, void *args, double number)
{
    char *field = (char *)args + o->offset;
    union rt_value v;
    if (isnan(number)) {
        rt_value_unset(o, field);
        return;
    }
    load(o, field, &v);
    switch (rt_value_kind(o)) {
    case RT_KIND_BOOL:
        v.yes = number != 0;
        break;
    case RT_KIND_INT:
    case RT_KIND_CHOICE:
        v.i = (int)number;
        break;
    case RT_KIND_LONG:
        v.l = (int64_t)number;
        break;
    case RT_KIND_NUMBER:
        v.d = number;
        break;
    default:
        assert(!"a number, flag or choice");
    }
    store(o, field, &v);
}
