/* The nearest names to a word that is none. A name is near when few letters
 * were mistyped, or when one begins with or holds the other. */
#include "base/suggest.h"

#include "base/mem.h"
#include "base/vec.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum {
    LONGEST = 64,
    SHOWN = 3,
    FEW = 8, /* so many are all listed */
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Three rows of the table suffice: a transposition looks two rows back. */
int rt_suggest_distance(const char *a, const char *b, int limit)
{
    size_t la = strlen(a), lb = strlen(b);
    int gap = la > lb ? (int)(la - lb) : (int)(lb - la);
    if (la >= LONGEST || lb >= LONGEST || gap > limit)
        return limit + 1;
    int row[3][LONGEST];
    for (int j = 0; j <= (int)lb; j++)
        row[0][j] = j;
    for (int i = 1; i <= (int)la; i++) {
        int *now = row[i % 3];
        const int *up = row[(i + 2) % 3];
        const int *up2 = row[(i + 1) % 3];
        int best = now[0] = i;
        for (int j = 1; j <= (int)lb; j++) {
            int d = up[j - 1] + !same(a[i - 1], b[j - 1]);
            d = least(d, least(up[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
                same(a[i - 2], b[j - 1]))
                d = least(d, up2[j - 2] + 1);
            now[j] = d;
            best = least(best, d);
        }
        if (best > limit)
            return limit + 1;
    }
    return least(row[la % 3][lb], limit + 1);
}

/* Without what joins its parts: cross_entropy is found in crossentropy. */
static const char *joined(const char *name, char out[LONGEST])
{
    size_t n = 0;
    for (; *name && n < LONGEST - 1; name++)
        if (*name != '_')
            out[n++] = *name;
    out[n] = 0;
    return out;
}

/* 0 is best; past limit is not near. */
static int remoteness(const char *word, const char *name, int limit)
{
    char a[LONGEST], b[LONGEST];
    size_t n = strlen(word), m = strlen(name);
    int d = rt_suggest_distance(word, name, limit);
    if (n >= 2 && strncasecmp(word, name, n) == 0)
        d = least(d, 1);
    if (m >= 3 && strncasecmp(word, name, m) == 0)
        d = least(d, limit);
    if (n >= 4 && strcasestr(joined(name, b), joined(word, a)))
        d = least(d, limit);
    return d;
}

/* mae and MAE are one. */
static bool holds(const char *const *near, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcasecmp(near[i], name) == 0)
            return true;
    return false;
}

void rt_suggest(struct rt_str *b, const char *word, const char *const *names)
{
    const char *near[SHOWN];
    int far[SHOWN], n = 0;
    int limit = least(1 + (int)strnlen(word, LONGEST) / 4, 3);
    for (; *names; names++) {
        int d = remoteness(word, *names, limit);
        if (d > limit || holds(near, n, *names))
            continue;
        int i = n < SHOWN ? n++ : SHOWN;
        for (; i > 0 && far[i - 1] > d; i--) {
            if (i < SHOWN) {
                near[i] = near[i - 1];
                far[i] = far[i - 1];
            }
        }
        if (i < SHOWN) {
            near[i] = *names;
            far[i] = d;
        }
    }
    for (int i = 0; i < n; i++) {
        rt_str_add(b, i == 0 ? "; did you mean " : i < n - 1 ? ", " : " or ");
        rt_str_add(b, near[i]);
    }
    if (n)
        rt_str_addc(b, '?');
}

const char *rt_name_of_list(const void *of, int i)
{
    return ((const char *const *)of)[i];
}

const char *rt_name_of_map(const void *of, int i)
{
    const struct rt_map *m = of;
    return i < m->n ? m->v[i].key : NULL;
}

static void list_all(struct rt_str *b, const char *const *names, int n)
{
    rt_str_add(b, n == 1 ? "; there is " : "; there are ");
    for (int i = 0; i < n; i++)
        rt_str_addf(b, "%s%s",
                    i == 0      ? ""
                    : i < n - 1 ? ", "
                                : " and ",
                    names[i]);
}

int rt_fail_unknown(struct rt_err *err, int code, const char *word,
                    rt_name_fn *name, const void *of, const char *fmt, ...)
{
    RT_VEC(const char *) names = { 0 };
    struct rt_str text = RT_STR_INIT;
    va_list ap;
    if (!err)
        return code;
    for (int i = 0; name(of, i); i++)
        rt_vec_push(&names, name(of, i));
    rt_vec_push(&names, NULL);
    va_start(ap, fmt);
    rt_str_vaddf(&text, fmt, ap);
    va_end(ap);
    size_t said = text.n;
    int n = names.n - 1;
    rt_suggest(&text, word, names.v);
    if (text.n == said && n > 0 && n <= FEW)
        list_all(&text, names.v, n);
    rt_fail(err, code, "%s", rt_str_c(&text));
    rt_str_release(&text);
    rt_vec_release(&names);
    return code;
}
