#include "shell/run_filter.h"

#include "base/mem.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "shell/run_facts.h"
#include "store/marks.h"

#include <ctype.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one word ------------------------------------------------------------ */

enum op { WORD, TEXT, LESS, LESS_EQ, MORE, MORE_EQ, EQUAL, UNEQUAL };

struct cond {
    enum op op;
    bool not ;
    char *key, *text;
    double number; /* NaN: text is none */
};

static void release(struct cond *c)
{
    free(c->key);
    free(c->text);
}

static bool is_key(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)p[i]) && !strchr("_-./", p[i]))
            return false;
    return n > 0;
}

static enum op op_at(const char *p, size_t *n)
{
    static const struct {
        const char *text;
        enum op op;
    } ops[] = { { "<=", LESS_EQ }, { ">=", MORE_EQ }, { "!=", UNEQUAL },
                { "==", EQUAL },   { "<", LESS },     { ">", MORE },
                { "=", EQUAL },    { ":", TEXT } };
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (!strncmp(p, ops[i].text, strlen(ops[i].text))) {
            *n = strlen(ops[i].text);
            return ops[i].op;
        }
    return WORD;
}

static int parse(const char *word, struct cond *c, struct rt_err *err)
{
    const char *p = word + (*word == '!' && word[1] != '=');
    size_t at = strcspn(p, "<>=!:"), n = 0;
    enum op op = p[at] && is_key(p, at) ? op_at(p + at, &n) : WORD;
    *c = (struct cond){ .op = op, .not = p != word, .number = NAN };
    if (op == WORD) {
        c->text = rt_xstrdup(p);
        return 0;
    }
    c->key = rt_xstrndup(p, at);
    c->text = rt_xstrdup(p + at + n);
    /* as the table calls them */
    if (!strcmp(c->key, "best") || !strcmp(c->key, "took")) {
        bool best = !strcmp(c->key, "best");
        free(c->key);
        c->key = rt_xstrdup(best ? "best_val_loss" : "seconds");
    }
    if (rt_number_parse(c->text, &c->number, NULL))
        c->number = NAN;
    if (op != TEXT && op != EQUAL && op != UNEQUAL && isnan(c->number))
        return rt_fail(err, RT_EINVAL,
                       "'%s': '%s' is no number to compare with", word,
                       c->text);
    return 0;
}

static bool is_state(const char *word)
{
    for (int i = 0; i <= RT_RUN_INTERRUPTED; i++)
        if (!strcmp(word, rt_run_state_name((enum rt_run_state)i)))
            return true;
    return false;
}

/* "12", "#12", "3..9" */
static bool is_numbers(const char *word, long *from, long *to)
{
    char *end;
    word += *word == '#';
    if (!isdigit((unsigned char)*word))
        return false;
    *from = *to = strtol(word, &end, 10);
    if (!strncmp(end, "..", 2) && isdigit((unsigned char)end[2]))
        *to = strtol(end + 2, &end, 10);
    return !*end;
}

static bool fits_word(const struct rt_run_row *r, const char *word)
{
    long from, to;
    if (!strcmp(word, "deleted"))
        return isfinite(r->deleted);
    if (is_state(word))
        return !strcmp(r->state, word);
    if (is_numbers(word, &from, &to))
        return r->id >= from && r->id <= to;
    return strcasestr(r->name, word) || strcasestr(r->model, word) ||
           (r->label && strcasestr(r->label, word));
}

static bool fits_text(const struct rt_value *v, const char *text)
{
    struct rt_str is = RT_STR_INIT;
    rt_value_show(v, &is, 0);
    bool fits = !fnmatch(text, rt_str_c(&is), FNM_CASEFOLD);
    rt_str_release(&is);
    return fits;
}

static bool compare(const struct cond *c, const struct rt_value *v)
{
    double x = rt_value_number(v);
    bool numbers = !isnan(x) && !isnan(c->number);
    switch (c->op) {
    case LESS:
        return numbers && x < c->number;
    case LESS_EQ:
        return numbers && x <= c->number;
    case MORE:
        return numbers && x > c->number;
    case MORE_EQ:
        return numbers && x >= c->number;
    case EQUAL:
    case TEXT:
        return v && (numbers ? x == c->number : fits_text(v, c->text));
    case UNEQUAL:
        return v && !(numbers ? x == c->number : fits_text(v, c->text));
    case WORD:
        break;
    }
    return false;
}

static bool fits_tag(const struct rt_run_row *r, const struct cond *c)
{
    char *tag = strcmp(c->key, "tag") ? rt_xprintf("%s:%s", c->key, c->text)
                                      : rt_xstrdup(c->text);
    bool fits = rt_run_has_tag(r->tags, tag);
    free(tag);
    return fits;
}

static bool by_tag(const struct cond *c)
{
    return c->op == TEXT &&
           (!strcmp(c->key, "tag") || !strcmp(c->key, "sweep"));
}

static bool fits(const struct cond *c, const struct rt_run_row *r,
                 const struct rt_value *facts)
{
    bool does = c->op == WORD ? fits_word(r, c->text)
                : by_tag(c)   ? fits_tag(r, c)
                              : compare(c, rt_value_get(facts, c->key));
    return does != c->not ;
}

/* ---- all of them --------------------------------------------------------- */

void rt_run_picks_free(struct rt_run_picks *p)
{
    for (int i = 0; p->facts && i < p->n; i++)
        rt_value_release(&p->facts[i]);
    free(p->facts);
    rt_run_rows_free(p->row, p->n);
    *p = (struct rt_run_picks){ 0 };
}

static bool any_has(const struct rt_run_picks *p, const char *key)
{
    for (int i = 0; i < p->n; i++)
        if (rt_value_get(&p->facts[i], key))
            return true;
    return false;
}

static int make_facts(struct rt_session *s, struct rt_run_picks *p,
                      bool results, struct rt_err *err)
{
    int rc = 0;
    for (int i = 0; i < p->n; i++)
        rt_value_release(&p->facts[i]);
    for (int i = 0; i < p->n && !rc; i++)
        rc = rt_run_facts(s, &p->row[i], results, &p->facts[i], err);
    p->with_results = results;
    return rc;
}

static int unknown_key(const struct rt_run_picks *p, const char *key,
                       struct rt_err *err)
{
    struct rt_map names = RT_MAP_INIT;
    for (int i = 0; i < p->n; i++)
        for (int k = 0; k < p->facts[i].n; k++)
            rt_map_set(&names, p->facts[i].keys[k], NULL);
    int rc = rt_fail_unknown(err, RT_ENOENT, key, rt_name_of_map, &names,
                             "no run has a setting or result '%s'", key);
    rt_map_release(&names);
    return rc;
}

/* A name that stands for what some runs just lack. */
static bool is_known(const char *key)
{
    static const char *const names[] = {
        "label",   "reason",        "tags",          "note",
        "parent",  "data",          "point",         "repeats",
        "resumed", "deleted",       "seconds",       "val_loss",
        "loss",    "best_val_loss", "imported_from", NULL
    };
    for (int i = 0; names[i]; i++)
        if (!strcmp(key, names[i]))
            return true;
    return false;
}

/* The keys are there, at least in one run; results are read only if one is not
 * found without them. */
static int check_keys(struct rt_session *s, struct rt_run_picks *p,
                      const char *const *keys, int n, struct rt_err *err)
{
    int rc = 0;
    for (int i = 0; i < n && !rc; i++)
        if (!any_has(p, keys[i]) && !p->with_results)
            rc = make_facts(s, p, true, err);
    for (int i = 0; i < n && !rc && p->n; i++)
        if (!any_has(p, keys[i]) && !is_known(keys[i]))
            rc = unknown_key(p, keys[i], err);
    return rc;
}

static void keep(struct rt_run_picks *p, const struct cond *c, int n)
{
    int kept = 0;
    bool deleted = false;
    for (int k = 0; k < n; k++)
        deleted |= c[k].op == WORD && !strcmp(c[k].text, "deleted");
    for (int i = 0; i < p->n; i++) {
        bool wanted = deleted || !isfinite(p->row[i].deleted);
        for (int k = 0; k < n && wanted; k++)
            wanted = fits(&c[k], &p->row[i], &p->facts[i]);
        struct rt_run_row row = p->row[i];
        struct rt_value facts = p->facts[i];
        if (wanted) { /* others gather at the end */
            p->row[i] = p->row[kept];
            p->facts[i] = p->facts[kept];
            p->row[kept] = row;
            p->facts[kept++] = facts;
        }
    }
    struct rt_run_picks others = { .n = p->n - kept };
    others.row = rt_xmemdup(p->row + kept, (size_t)others.n * sizeof *p->row);
    others.facts =
        rt_xmemdup(p->facts + kept, (size_t)others.n * sizeof *p->facts);
    p->n = kept;
    rt_run_picks_free(&others);
}

int rt_run_pick(struct rt_session *s, const char *const *words, int n,
                const char *const *keys, int n_keys, struct rt_run_picks *out,
                struct rt_err *err)
{
    *out = (struct rt_run_picks){ 0 };
    struct rt_store *store = rt_session_store(s, err);
    if (!store)
        return rt_err_code(err, RT_EIO);
    rt_session_drain(s);
    rt_store_flush(store);
    struct cond *c = rt_xcalloc((size_t)n + 1, sizeof *c);
    RT_VEC(const char *) all = { 0 };
    int rc = 0, parsed = 0;
    for (; parsed < n && !rc; parsed++) {
        rc = parse(words[parsed], &c[parsed], err);
        if (!rc && c[parsed].key && !by_tag(&c[parsed]))
            rt_vec_push(&all, c[parsed].key);
    }
    for (int i = 0; i < n_keys; i++)
        rt_vec_push(&all, keys[i]);
    if (!rc)
        rc = rt_store_list(store, true, &out->row, &out->n, err);
    if (!rc) {
        out->facts = rt_xcalloc((size_t)out->n + 1, sizeof *out->facts);
        rc = make_facts(s, out, false, err);
    }
    if (!rc)
        rc = check_keys(s, out, all.v, all.n, err);
    if (!rc)
        keep(out, c, n);
    else
        rt_run_picks_free(out);
    for (int i = 0; i < parsed; i++)
        release(&c[i]);
    free(c);
    rt_vec_release(&all);
    return rc;
}

bool rt_run_narrows(const char *word)
{
    long from, to;
    return strpbrk(word, "<>=:!") ||
           (is_numbers(word, &from, &to) && from < to);
}

/* Those of one word, behind what is there. */
static int add_named(struct rt_session *s, const char *word,
                     struct rt_run_picks *p, struct rt_err *err)
{
    struct rt_run_picks some = { 0 };
    int rc = 0;
    if (rt_run_narrows(word)) {
        rc = rt_run_pick(s, &word, 1, NULL, 0, &some, err);
        if (!rc && !some.n)
            rc = rt_fail(err, RT_ENOENT, "no run fits '%s'", word);
    } else {
        rc = rt_store_find(s->store, word, &some.row, err);
        if (!rc) {
            some.n = 1;
            some.facts = rt_xcalloc(1, sizeof *some.facts);
            rc = rt_run_facts(s, some.row, false, some.facts, err);
        }
    }
    for (int i = 0; i < some.n && !rc; i++) {
        bool there = false;
        for (int k = 0; k < p->n; k++)
            there |= p->row[k].id == some.row[i].id;
        if (there)
            continue;
        p->row = rt_xrealloc(p->row, (size_t)(p->n + 1) * sizeof *p->row);
        p->facts = rt_xrealloc(p->facts, (size_t)(p->n + 1) * sizeof *p->facts);
        p->row[p->n] = some.row[i];
        p->facts[p->n++] = some.facts[i];
        memset(&some.row[i], 0, sizeof *some.row);
        memset(&some.facts[i], 0, sizeof *some.facts);
    }
    rt_run_picks_free(&some);
    return rc;
}

int rt_run_named(struct rt_session *s, const char *const *words, int n,
                 struct rt_run_picks *out, struct rt_err *err)
{
    *out = (struct rt_run_picks){ 0 };
    if (!rt_session_store(s, err))
        return rt_err_code(err, RT_EIO);
    rt_session_drain(s);
    rt_store_flush(s->store);
    int rc = 0;
    for (int i = 0; i < n && !rc; i++)
        rc = add_named(s, words[i], out, err);
    if (rc)
        rt_run_picks_free(out);
    return rc;
}

/* ---- order --------------------------------------------------------------- */

/* One run's place, by what it is sorted by. */
struct place {
    const struct rt_value *v; /* NULL: it has none */
    int was;
    bool down;
};

/* Numbers by size, texts by their letters, what is missing behind all; runs
 * that are equal keep their order. */
static int order(const void *first, const void *second)
{
    const struct place *a = first, *b = second;
    double x = rt_value_number(a->v), y = rt_value_number(b->v);
    int way = 0;
    if (!a->v || !b->v)
        way = !a->v - !b->v;
    else if (isnan(x) != isnan(y))
        way = isnan(x) - isnan(y);
    else if (!isnan(x))
        way = ((x > y) - (x < y)) * (a->down ? -1 : 1);
    else if (a->v->text && b->v->text)
        way = strcasecmp(a->v->text, b->v->text) * (a->down ? -1 : 1);
    return way ? way : a->was - b->was;
}

void rt_run_sort(struct rt_run_picks *p, const char *key)
{
    bool down = *key == '-';
    size_t n = (size_t)p->n;
    struct place *place = rt_xcalloc(n + 1, sizeof *place);
    struct rt_run_row *row = rt_xmemdup(p->row, n * sizeof *row);
    struct rt_value *facts = rt_xmemdup(p->facts, n * sizeof *facts);
    for (int i = 0; i < p->n; i++)
        place[i] =
            (struct place){ rt_value_get(&facts[i], key + down), i, down };
    qsort(place, n, sizeof *place, order);
    for (int i = 0; i < p->n; i++) {
        p->row[i] = row[place[i].was];
        p->facts[i] = facts[place[i].was];
    }
    free(place);
    free(row);
    free(facts);
}
