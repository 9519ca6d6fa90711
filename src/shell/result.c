#include "shell/result.h"

#include "base/mem.h"
#include "shell/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void rt_result_init(struct rt_result *r)
{
    memset(r, 0, sizeof *r);
}

void rt_result_release(struct rt_result *r)
{
    rt_value_release(&r->value);
    rt_str_release(&r->text);
}

void rt_value_release(struct rt_value *v)
{
    for (int i = 0; i < v->n; i++) {
        rt_value_release(&v->items[i]);
        if (v->keys)
            free(v->keys[i]);
    }
    free(v->items);
    free(v->keys);
    free(v->text);
    memset(v, 0, sizeof *v);
}

void rt_value_set_text(struct rt_value *v, const char *s)
{
    v->kind = RT_VALUE_TEXT;
    v->text = rt_xstrdup(s ? s : "");
}

void rt_value_set_int(struct rt_value *v, int64_t i)
{
    v->kind = RT_VALUE_INT;
    v->i = i;
}

void rt_value_set_number(struct rt_value *v, double x)
{
    v->kind = RT_VALUE_NUMBER;
    v->x = x;
}

void rt_value_copy(struct rt_value *v, const struct rt_value *from)
{
    v->kind = from->kind;
    v->text = from->text ? rt_xstrdup(from->text) : NULL;
    v->i = from->i;
    v->x = from->x;
    for (int i = 0; i < from->n; i++)
        rt_value_copy(from->kind == RT_VALUE_DICT
                          ? rt_value_put(v, from->keys[i])
                          : rt_value_push(v),
                      &from->items[i]);
}

const struct rt_value *rt_value_get(const struct rt_value *dict,
                                    const char *key)
{
    for (int i = 0; dict->kind == RT_VALUE_DICT && i < dict->n; i++)
        if (!strcmp(dict->keys[i], key))
            return &dict->items[i];
    return NULL;
}

double rt_value_number(const struct rt_value *v)
{
    if (v && v->kind == RT_VALUE_INT)
        return (double)v->i;
    return v && v->kind == RT_VALUE_NUMBER ? v->x : NAN;
}

void rt_value_set_word(struct rt_value *v, const char *word)
{
    char *end = NULL;
    bool named = !strcasecmp(word, "nan") || !strcasecmp(word, "inf") ||
                 !strcasecmp(word, "-inf");
    bool number = *word && strspn(word, "0123456789+-.eE") == strlen(word);
    if (number && strlen(word) < 19) {
        long long i = strtoll(word, &end, 10);
        if (end != word && !*end) {
            rt_value_set_int(v, i);
            return;
        }
    }
    double x = number || named ? strtod(word, &end) : NAN;
    if ((number || named) && end != word && !*end)
        rt_value_set_number(v, x);
    else
        rt_value_set_text(v, word);
}

void rt_value_set_bool(struct rt_value *v, bool b)
{
    v->kind = RT_VALUE_BOOL;
    v->i = b;
}

void rt_value_set_list(struct rt_value *v)
{
    v->kind = RT_VALUE_LIST;
}

void rt_value_set_dict(struct rt_value *v)
{
    v->kind = RT_VALUE_DICT;
}

static struct rt_value *grow(struct rt_value *v)
{
    /* Capacity is the next power of two, so it needs no field. */
    if ((v->n & (v->n - 1)) == 0) {
        size_t cap = v->n ? (size_t)v->n * 2 : 1;
        v->items = rt_xrealloc(v->items, cap * sizeof *v->items);
        if (v->kind == RT_VALUE_DICT)
            v->keys = rt_xrealloc(v->keys, cap * sizeof *v->keys);
    }
    memset(&v->items[v->n], 0, sizeof *v->items);
    return &v->items[v->n++];
}

struct rt_value *rt_value_push(struct rt_value *v)
{
    return grow(v);
}

struct rt_value *rt_value_put(struct rt_value *v, const char *key)
{
    struct rt_value *item = grow(v);
    v->keys[v->n - 1] = rt_xstrdup(key);
    return item;
}

void rt_value_put_text(struct rt_value *v, const char *key, const char *s)
{
    rt_value_set_text(rt_value_put(v, key), s);
}

void rt_value_put_int(struct rt_value *v, const char *key, int64_t i)
{
    rt_value_set_int(rt_value_put(v, key), i);
}

void rt_value_put_number(struct rt_value *v, const char *key, double x)
{
    rt_value_set_number(rt_value_put(v, key), x);
}

/* ---- for people ---------------------------------------------------------- */

enum { DIGITS = 6, FEWEST = 2 }; /* of a number */

static void show_scalar(const struct rt_value *v, int digits,
                        struct rt_str *out)
{
    switch (v->kind) {
    case RT_VALUE_TEXT:
        rt_str_add(out, v->text);
        break;
    case RT_VALUE_INT:
        rt_str_addf(out, "%lld", (long long)v->i);
        break;
    case RT_VALUE_NUMBER:
        rt_str_addf(out, "%.*g", digits, v->x);
        break;
    case RT_VALUE_BOOL:
        rt_str_add(out, v->i ? "yes" : "no");
        break;
    case RT_VALUE_LIST:
    case RT_VALUE_DICT:
        for (int i = 0; i < v->n; i++) {
            if (i)
                rt_str_addc(out, ' ');
            if (v->keys)
                rt_str_addf(out, "%s ", v->keys[i]);
            show_scalar(&v->items[i], digits, out);
        }
        break;
    case RT_VALUE_NONE:
        break;
    }
}

/* A list of dicts with the keys of the first one is a table. */
static bool is_table(const struct rt_value *v)
{
    if (v->kind != RT_VALUE_LIST || !v->n)
        return false;
    for (int i = 0; i < v->n; i++)
        if (v->items[i].kind != RT_VALUE_DICT || v->items[i].n != v->items[0].n)
            return false;
    return v->items[0].n > 0;
}

static void fill_table(struct rt_table *t, const struct rt_value *v, int digits)
{
    const struct rt_value *first = &v->items[0];
    struct rt_str cell = RT_STR_INIT;
    for (int i = 0; i < first->n; i++)
        rt_table_column(t, first->keys[i],
                        first->items[i].kind == RT_VALUE_INT ||
                            first->items[i].kind == RT_VALUE_NUMBER);
    for (int r = 0; r < v->n; r++)
        for (int i = 0; i < first->n; i++) {
            rt_str_clear(&cell);
            show_scalar(&v->items[r].items[i], digits, &cell);
            rt_table_cell(t, "%s", rt_str_c(&cell));
        }
    rt_str_release(&cell);
}

/* Of numbers only as many digits as there is room for. */
static void show_table(const struct rt_value *v, struct rt_str *out, int width)
{
    for (int digits = DIGITS; digits >= FEWEST; digits--) {
        struct rt_table t;
        rt_table_init(&t);
        fill_table(&t, v, digits);
        bool fits = !width || rt_table_width(&t) <= width || digits == FEWEST;
        if (fits)
            rt_table_print(&t, width, out);
        rt_table_release(&t);
        if (fits)
            return;
    }
}

void rt_value_show(const struct rt_value *v, struct rt_str *out, int width)
{
    if (is_table(v)) {
        show_table(v, out, width);
        return;
    }
    if (v->kind != RT_VALUE_DICT) {
        show_scalar(v, DIGITS, out);
        return;
    }
    int key_width = 0;
    for (int i = 0; i < v->n; i++) {
        int n = (int)strlen(v->keys[i]);
        key_width = n > key_width ? n : key_width;
    }
    for (int i = 0; i < v->n; i++) {
        rt_str_addf(out, "%s%-*s  ", i ? "\n" : "", key_width, v->keys[i]);
        show_scalar(&v->items[i], DIGITS, out);
    }
}

/* ---- JSON ---------------------------------------------------------------- */

static void json_text(const char *s, struct rt_str *out)
{
    rt_str_addc(out, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            rt_str_addf(out, "\\%c", c);
        else if (c == '\n')
            rt_str_add(out, "\\n");
        else if (c < 0x20)
            rt_str_addf(out, "\\u%04x", c);
        else
            rt_str_addc(out, (char)c);
    }
    rt_str_addc(out, '"');
}

void rt_value_json(const struct rt_value *v, struct rt_str *out)
{
    switch (v->kind) {
    case RT_VALUE_NONE:
        rt_str_add(out, "null");
        break;
    case RT_VALUE_TEXT:
        json_text(v->text, out);
        break;
    case RT_VALUE_INT:
        rt_str_addf(out, "%lld", (long long)v->i);
        break;
    case RT_VALUE_NUMBER:
        if (isfinite(v->x))
            rt_str_add_exact(out, v->x);
        else
            rt_str_add(out, "null");
        break;
    case RT_VALUE_BOOL:
        rt_str_add(out, v->i ? "true" : "false");
        break;
    case RT_VALUE_LIST:
    case RT_VALUE_DICT:
        rt_str_addc(out, v->kind == RT_VALUE_LIST ? '[' : '{');
        for (int i = 0; i < v->n; i++) {
            if (i)
                rt_str_addc(out, ',');
            if (v->kind == RT_VALUE_DICT) {
                json_text(v->keys[i], out);
                rt_str_addc(out, ':');
            }
            rt_value_json(&v->items[i], out);
        }
        rt_str_addc(out, v->kind == RT_VALUE_LIST ? ']' : '}');
        break;
    }
}
