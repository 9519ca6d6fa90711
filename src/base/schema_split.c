/* Texts that hold more than one thing: "huber(delta=0.4)", "a,b(c,d)", and
 * numbers written as products and quotients. */
#include "base/schema.h"

#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct span {
    const char *s, *end;
};

static struct span trim(struct span t)
{
    while (t.s < t.end && isspace((unsigned char)*t.s))
        t.s++;
    while (t.end > t.s && isspace((unsigned char)t.end[-1]))
        t.end--;
    return t;
}

static int check_parentheses(const char *text, struct rt_err *err)
{
    int depth = 0;
    for (const char *p = text; *p && depth >= 0; p++)
        depth += (*p == '(') - (*p == ')');
    if (depth > 0)
        return rt_fail(err, RT_EINVAL, "'%s': a ( is not closed", text);
    if (depth < 0)
        return rt_fail(err, RT_EINVAL, "'%s': a ) without its (", text);
    return 0;
}

/* Where the text goes on behind the parenthesis at p. */
static const char *behind(const char *p)
{
    int depth = 0;
    do
        depth += (*p == '(') - (*p == ')');
    while (*p++ && depth > 0);
    return p;
}

static const char *part_end(struct span t)
{
    int depth = 0;
    const char *p = t.s;
    for (; p < t.end && (depth > 0 || *p != ','); p++)
        depth += (*p == '(') - (*p == ')');
    return p;
}

static int most_parts(const char *text)
{
    int n = 1;
    for (; *text; text++)
        n += *text == ',';
    return n;
}

/* Copies the parts of t to room and their places to v; one NULL follows. A
 * comma at the end is allowed, as in Python's (28,). */
static int cut(const char *text, struct span t, char *room, const char **v,
               int *n, struct rt_err *err)
{
    *n = 0;
    t = trim(t);
    while (t.s < t.end) {
        struct span part = { t.s, part_end(t) };
        t.s = part.end + (part.end < t.end);
        part = trim(part);
        size_t len = (size_t)(part.end - part.s);
        if (!len)
            return rt_fail(err, RT_EINVAL, "'%s' has an empty part", text);
        v[(*n)++] = memcpy(room, part.s, len);
        room[len] = '\0';
        room += len + 1;
    }
    v[*n] = NULL;
    return 0;
}

int rt_list_split(const char *text, const char ***v, int *n, struct rt_err *err)
{
    if (check_parentheses(text, err))
        return RT_EINVAL;
    struct span t = trim((struct span){ text, text + strlen(text) });
    if (*t.s == '(' && behind(t.s) == t.end) {
        t.s++;
        t.end--;
    }
    size_t places = ((size_t)most_parts(text) + 1) * sizeof **v;
    char *block = rt_xmalloc(places + strlen(text) + 1);
    void *start = block;
    *v = start;
    if (cut(text, t, block + places, *v, n, err)) {
        free(block);
        *v = NULL;
        return RT_EINVAL;
    }
    return 0;
}

/* The end of the word at p, which is not blank; NULL for a brace that is not
 * closed or has something behind it. */
static const char *word_end(const char *p)
{
    int depth = 0;
    bool braced = *p == '{';
    do {
        if (*p == '\\' && p[1])
            p++;
        else
            depth += braced ? (*p == '{') - (*p == '}') : 0;
        p++;
    } while (*p && (depth > 0 || (!braced && !isspace((unsigned char)*p))));
    return depth > 0 || (*p && !isspace((unsigned char)*p)) ? NULL : p;
}

/* In braces all stays; elsewhere a backslash gives the character behind it. */
static char *add_word(const char *p, const char *end, char *room)
{
    if (*p == '{') {
        memcpy(room, p + 1, (size_t)(end - p) - 2);
        room += end - p - 2;
    } else {
        for (; p < end; p++) {
            p += *p == '\\' && p + 1 < end;
            *room++ = *p;
        }
    }
    *room++ = '\0';
    return room;
}

int rt_words_split(const char *text, const char ***v, int *n,
                   struct rt_err *err)
{
    size_t len = strlen(text);
    char *block = rt_xmalloc((len / 2 + 2) * sizeof **v + len + 2);
    void *start = block;
    char *room = block + (len / 2 + 2) * sizeof **v;
    *v = start;
    *n = 0;
    for (const char *p = text; *p;) {
        if (isspace((unsigned char)*p)) {
            p++;
            continue;
        }
        const char *end = word_end(p);
        if (!end) {
            free(block);
            *v = NULL;
            return rt_fail(err, RT_EINVAL,
                           "'%s': a { without its }, or text behind a }", text);
        }
        (*v)[(*n)++] = room;
        room = add_word(p, end, room);
        p = end;
    }
    (*v)[*n] = NULL;
    return 0;
}

/* As in Python nothing without a key follows what has one: in max_norm(1,
 * axis=0,1) the last two are one word, the parts standing one behind another
 * in their room. */
static void join_lists(const char **v, int *n)
{
    int kept = 0;
    bool list = false;
    for (int i = 0; i < *n; i++) {
        bool key = v[i][strcspn(v[i], "=(")] == '=';
        if (list && !key)
            *strchr(v[kept - 1], '\0') = ',';
        else
            v[kept++] = v[i];
        list |= key;
    }
    v[ *n = kept] = NULL;
}

int rt_spec_split(const char *text, char **name, const char *const **words,
                  int *n, struct rt_err *err)
{
    if (check_parentheses(text, err))
        return RT_EINVAL;
    struct span t = trim((struct span){ text, text + strlen(text) });
    const char *open = memchr(t.s, '(', (size_t)(t.end - t.s));
    if (open && behind(open) != t.end)
        return rt_fail(err, RT_EINVAL, "'%s': '%.*s' behind the )", text,
                       (int)(t.end - behind(open)), behind(open));
    struct span head = trim((struct span){ t.s, open ? open : t.end });
    struct span inside = { t.end, t.end };
    if (open)
        inside = (struct span){ open + 1, t.end - 1 };
    size_t len = (size_t)(head.end - head.s);
    if (!len)
        return rt_fail(err, RT_EINVAL, "'%s': a name is wanted%s", text,
                       open ? " before the (" : "");
    /* the name, the parts, then their places on a boundary of pointers */
    size_t texts = len + 1 + strlen(text) + 1;
    size_t align = sizeof(char *);
    texts = (texts + align - 1) / align * align;
    size_t places = ((size_t)most_parts(text) + 1) * sizeof(char *);
    char *block = rt_xmalloc(texts + places);
    memcpy(block, head.s, len);
    block[len] = '\0';
    void *at = block + texts;
    const char **v = at;
    if (cut(text, inside, block + len + 1, v, n, err)) {
        free(block);
        return RT_EINVAL;
    }
    join_lists(v, n);
    *name = block;
    *words = v;
    return 0;
}

int rt_number_parse(const char *text, double *v, struct rt_err *err)
{
    char op = '*';
    double product = 1;
    for (const char *p = text;;) {
        char *end;
        errno = 0;
        double factor = strtod(p, &end);
        if (end == p)
            break;
        if (errno == ERANGE && isinf(factor))
            return rt_fail(err, RT_EINVAL, "'%s' is too large a number", text);
        if (op == '/' && factor == 0)
            return rt_fail(err, RT_EINVAL, "'%s' divides by zero", text);
        product = op == '/' ? product / factor : product * factor;
        while (isspace((unsigned char)*end))
            end++;
        if (!*end) {
            *v = product;
            return 0;
        }
        op = *end;
        if (op != '/' && op != '*')
            break;
        p = end + 1;
    }
    return rt_fail(err, RT_EINVAL, "'%s' is not a number", text);
}
