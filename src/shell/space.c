#include "shell/space.h"

#include "base/mem.h"
#include "base/schema.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one key ------------------------------------------------------------- */

/* Twelve digits hide what multiplying and rounding did: 0.01, not
 * 0.0099999999999999985. */
static void add_number(const struct rt_space_key *k, double v,
                       struct rt_str *out)
{
    if (k->whole)
        rt_str_addf(out, "%.0f", round(v) + 0.0); /* no -0 */
    else
        rt_str_addf(out, "%.12g", v);
}

/* Neighbours that round to the same whole number are one value. */
static void push_number(struct rt_space_key *k, double v)
{
    struct rt_str text = RT_STR_INIT;
    add_number(k, v, &text);
    if (k->value.n && !strcmp(k->value.v[k->value.n - 1], rt_str_c(&text)))
        rt_str_release(&text);
    else
        rt_vec_push(&k->value, rt_str_take(&text));
}

static double between(const struct rt_space_key *k, double share)
{
    if (share <= 0)
        return k->from;
    if (share >= 1)
        return k->to;
    if (k->log)
        return exp(log(k->from) + share * (log(k->to) - log(k->from)));
    return k->from + share * (k->to - k->from);
}

static bool is_whole(const char *text)
{
    text += *text == '-' || *text == '+';
    return *text && strspn(text, "0123456789") == strlen(text);
}

static int too_many(const char *word, struct rt_err *err)
{
    return rt_fail(err, RT_EINVAL, "'%s' has more than %d values", word,
                   RT_SPACE_MOST);
}

static int spread(struct rt_space_key *k, const char *word, double count,
                  struct rt_err *err)
{
    if (!(count >= 2 && count == floor(count)))
        return rt_fail(err, RT_EINVAL,
                       "'%s': want a whole number of values, at least 2", word);
    if (count > RT_SPACE_MOST)
        return too_many(word, err);
    for (int i = 0; i < (int)count; i++)
        push_number(k, between(k, i / (count - 1)));
    return 0;
}

static int stride(struct rt_space_key *k, const char *word, double by,
                  struct rt_err *err)
{
    if (!(by > 0))
        return rt_fail(err, RT_EINVAL, "'%s': want a step above 0", word);
    double count = floor((k->to - k->from) / by + 1e-9) + 1;
    if (count > RT_SPACE_MOST)
        return too_many(word, err);
    k->whole = k->whole && by == floor(by);
    for (int i = 0; i < (int)count; i++)
        push_number(k, k->from + i * by);
    return 0;
}

/* What stands behind the range: ":log", ":log:4", ":4", ":by:32" or nothing. */
static int take_form(struct rt_space_key *k, const char *word, const char *form,
                     struct rt_err *err)
{
    double v;
    if (!strncmp(form, ":log", 4) && (!form[4] || form[4] == ':')) {
        k->log = true;
        form += 4;
        if (!(k->from > 0))
            return rt_fail(err, RT_EINVAL,
                           "'%s': a log range begins above 0, not at %g", word,
                           k->from);
    }
    k->open = !*form;
    if (k->open && k->log)
        return spread(k, word, fmax(2, round(log10(k->to / k->from)) + 1), err);
    if (k->open)
        return k->whole && k->to - k->from < RT_SPACE_MOST
                   ? stride(k, word, 1, err)
                   : 0;
    bool by = !k->log && !strncmp(form, ":by:", 4);
    if (*form != ':' || rt_number_parse(form + (by ? 4 : 1), &v, NULL))
        return rt_fail(err, RT_EINVAL,
                       "'%s': '%s' follows the range, want :log, :N, :log:N or "
                       ":by:STEP",
                       word, form);
    return by ? stride(k, word, v, err) : spread(k, word, v, err);
}

/* 0: it is a range, taken; 1: it is none, as ../a.csv; else an error. */
static int take_range(struct rt_space_key *k, const char *word,
                      const char *text, struct rt_err *err)
{
    const char *dots = strstr(text, "..");
    if (!dots || strchr(text, '/'))
        return 1;
    char *from = rt_xstrndup(text, (size_t)(dots - text));
    const char *form = strchr(dots, ':');
    char *to = rt_xstrndup(dots + 2,
                           form ? (size_t)(form - dots - 2) : strlen(dots + 2));
    int rc = 0;
    if (rt_number_parse(from, &k->from, NULL) ||
        rt_number_parse(to, &k->to, NULL) || !isfinite(k->from) ||
        !isfinite(k->to))
        rc = rt_fail(err, RT_EINVAL,
                     "'%s': a range goes from a number to a number", word);
    else if (!(k->from < k->to))
        rc = rt_fail(err, RT_EINVAL, "'%s': want the smaller number first",
                     word);
    k->range = true;
    k->whole = is_whole(from) && is_whole(to);
    free(from);
    free(to);
    return rc ? rc : take_form(k, word, form ? form : "", err);
}

static int take_list(struct rt_space_key *k, const char *word, const char *text,
                     struct rt_err *err)
{
    const char **v;
    int n;
    int rc = rt_list_split(text, &v, &n, err);
    if (rc)
        return rt_err_within(err, "'%s'", word);
    for (int i = 0; i < n && !rc; i++) {
        for (int j = 0; j < i && !rc; j++)
            if (!strcmp(v[i], v[j])) /* a point is known by its values */
                rc = rt_fail(err, RT_EINVAL, "'%s': %s is given twice", word,
                             v[i]);
        rt_vec_push(&k->value, rt_xstrdup(v[i]));
    }
    free(v);
    if (rc)
        return rc;
    return n ? 0 : rt_fail(err, RT_EINVAL, "'%s': no value", word);
}

static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_')
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '_')
            return false;
    return true;
}

static int take_key(struct rt_space *s, const char *word, struct rt_err *err)
{
    const char *eq = strchr(word, '=');
    if (!eq || !eq[1])
        return rt_fail(err, RT_EINVAL,
                       "'%s' in the space of the search, want NAME=VALUES "
                       "(64,128 or 1..3 or 1e-4..1e-1:log:4)",
                       word);
    struct rt_space_key k = { .name = rt_xstrndup(word, (size_t)(eq - word)) };
    int rc = 0;
    if (!is_name(k.name))
        rc = rt_fail(err, RT_EINVAL, "'%s' cannot be the name of a variable",
                     k.name);
    else if (rt_space_find(s, k.name) >= 0)
        rc = rt_fail(err, RT_EINVAL, "'%s' is given twice", k.name);
    else if ((rc = take_range(&k, word, eq + 1, err)) == 1)
        rc = take_list(&k, word, eq + 1, err);
    for (int i = 0; !rc && i < k.value.n && !strcmp(k.name, "seed"); i++)
        if (!is_whole(k.value.v[i]) || k.value.v[i][0] == '-')
            rc = rt_fail(err, RT_EINVAL,
                         "seed is '%s', want a whole number from 0",
                         k.value.v[i]);
    if (!rc && k.range && !strcmp(k.name, "seed") && (!k.whole || k.from < 0))
        rc = rt_fail(err, RT_EINVAL, "'%s': seeds are whole numbers from 0",
                     word);
    rt_vec_push(&s->keys, k);
    return rc;
}

/* ---- all of them --------------------------------------------------------- */

int rt_space_parse(struct rt_space *s, const char *const *words, int n,
                   struct rt_err *err)
{
    int rc = 0;
    *s = (struct rt_space){ 0 };
    if (!n)
        rc = rt_fail(err, RT_EINVAL,
                     "the space of the search is empty, want NAME=VALUES ...");
    for (int i = 0; i < n && !rc; i++)
        rc = take_key(s, words[i], err);
    if (rc)
        rt_space_release(s);
    return rc;
}

void rt_space_release(struct rt_space *s)
{
    for (int i = 0; i < s->keys.n; i++) {
        struct rt_space_key *k = &s->keys.v[i];
        for (int j = 0; j < k->value.n; j++)
            free(k->value.v[j]);
        rt_vec_release(&k->value);
        free(k->name);
    }
    rt_vec_release(&s->keys);
}

int rt_space_size(const struct rt_space *s, int *n, struct rt_err *err)
{
    int64_t size = 1;
    for (int i = 0; i < s->keys.n; i++) {
        const struct rt_space_key *k = &s->keys.v[i];
        if (!k->value.n)
            return rt_fail(err, RT_EINVAL,
                           "%s=%g..%g does not say how many values a grid has "
                           "of it, want %s=%g..%g:N, or method=random:N",
                           k->name, k->from, k->to, k->name, k->from, k->to);
        size *= k->value.n;
        if (size > RT_SPACE_MOST)
            return rt_fail(err, RT_EINVAL, "the grid has more than %d points",
                           RT_SPACE_MOST);
    }
    *n = (int)size;
    return 0;
}

const char *rt_space_grid(const struct rt_space *s, int i, int k)
{
    int after = 1; /* points from one value of the key to the next */
    for (int j = k + 1; j < s->keys.n; j++)
        after *= s->keys.v[j].value.n;
    return s->keys.v[k].value.v[i / after % s->keys.v[k].value.n];
}

void rt_space_random(const struct rt_space *s, struct rt_key key, int i, int k,
                     struct rt_str *out)
{
    const struct rt_space_key *v = &s->keys.v[k];
    struct rt_key own = rt_key_text(key, v->name);
    double share = (rt_rng_word(own, (uint64_t)i) + 0.5) / 4294967296.0;
    if (!v->open)
        rt_str_add(out, v->value.v[(int)(share * v->value.n)]);
    else if (v->whole && !v->log) /* all have the same chance */
        add_number(v, v->from + floor(share * (v->to - v->from + 1)), out);
    else
        add_number(v, between(v, share), out);
}

int rt_space_find(const struct rt_space *s, const char *name)
{
    for (int i = 0; i < s->keys.n; i++)
        if (!strcmp(s->keys.v[i].name, name))
            return i;
    return -1;
}
