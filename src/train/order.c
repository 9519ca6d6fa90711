/* Orders: lines of words to a kind with its arguments. What they do stands in
 * order_*.c; when they do it, in mailbox.c. */
#include "train/order.h"
#include "base/mem.h"
#include "base/schema.h"
#include "base/suggest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define RT_ORDER(name) extern const struct rt_order_type rt_order_##name;
#include "train/orders.def"
#undef RT_ORDER

static const struct rt_order_type *const types[] = {
#define RT_ORDER(name) &rt_order_##name,
#include "train/orders.def"
#undef RT_ORDER
    NULL
};

const struct rt_order_type *const *rt_orders(void)
{
    return types;
}

static const char *name_at(const void *of, int i)
{
    const struct rt_order_type *const *type = of;
    return type[i] ? type[i]->name : NULL;
}

const struct rt_order_type *rt_order_find(const char *name, struct rt_err *err)
{
    for (int i = 0; types[i]; i++)
        if (!strcmp(types[i]->name, name))
            return types[i];
    rt_fail_unknown(err, RT_ENOENT, name, name_at, types, "unknown order '%s'",
                    name);
    return NULL;
}

/* ---- lines and words ----------------------------------------------------- */

/* Copies what stands at p without its quoting to *to, up to the end of the
 * word; NULL if something is not closed. */
static const char *copy_word(const char *p, char **to)
{
    char *out = *to;
    if (*p == '{') {
        int depth = 1;
        for (p++; *p; *out++ = *p++) {
            depth += (*p == '{') - (*p == '}');
            if (!depth)
                break;
        }
        if (!*p++)
            return NULL;
    } else {
        char end = *p == '"' ? '"' : '\0';
        if (end)
            p++;
        while (*p && (end ? *p != end : !isspace((unsigned char)*p))) {
            if (*p == '\\' && p[1]) {
                *out++ = p[1] == 'n' ? '\n' : p[1];
                p += 2;
            } else {
                *out++ = *p++;
            }
        }
        if (end && *p++ != end)
            return NULL;
    }
    *out++ = '\0';
    *to = out;
    return p;
}

int rt_line_split(const char *line, const char ***words, int *n,
                  struct rt_err *err)
{
    /* Every word but the last is followed by a blank: n characters hold at
     * most n / 2 + 1 words, and all of them with their ends fit into n + 1. */
    size_t len = strlen(line), most = len / 2 + 2;
    const char **v = rt_xmalloc(most * sizeof *v + len + 1);
    char *to = (char *)(v + most);
    int count = 0;
    for (const char *p = line;;) {
        while (isspace((unsigned char)*p))
            p++;
        if (!*p)
            break;
        v[count++] = to;
        const char *end = copy_word(p, &to);
        if (!end || (*end && !isspace((unsigned char)*end))) {
            free(v);
            return rt_fail(err, RT_EINVAL, "'%s': a %s", line,
                           end ? "blank is missing behind a closing brace or "
                                 "quote"
                               : "brace or quote is not closed");
        }
        p = end;
    }
    v[count] = NULL;
    *words = v;
    *n = count;
    return 0;
}

static void add_word(const char *word, struct rt_str *line)
{
    if (line->n)
        rt_str_addc(line, ' ');
    if (!*word)
        rt_str_add(line, "{}");
    for (; *word; word++) {
        if (*word == '\n') {
            rt_str_add(line, "\\n");
            continue;
        }
        if (isspace((unsigned char)*word) || strchr("{}\"\\", *word))
            rt_str_addc(line, '\\');
        rt_str_addc(line, *word);
    }
}

int rt_order_when(const char *text, int64_t *epoch, int64_t *batch,
                  struct rt_err *err)
{
    char *end;
    long long e = strtoll(text, &end, 10), b = 0;
    if (isdigit((unsigned char)*text) && *end == ':' &&
        isdigit((unsigned char)end[1]))
        b = strtoll(end + 1, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || e < 1 || e >= INT64_MAX ||
        b >= INT64_MAX)
        return rt_fail(err, RT_EINVAL,
                       "when is '%s', want EPOCH:BATCH: 3:17 is after batch 17 "
                       "of epoch 3, 3:0 before its first",
                       text);
    *epoch = e;
    *batch = b;
    return 0;
}

/* ---- orders -------------------------------------------------------------- */

/* The name and the words in one block, so that free() frees all. */
static void *keep_words(const struct rt_order_type *type,
                        const char *const *words, int n, struct rt_err *err)
{
    if (n < 1) {
        rt_fail(err, RT_EINVAL, "'%s' is missing", type->opts[0].name);
        return NULL;
    }
    size_t bytes =
        sizeof(struct rt_order_words) + (size_t)n * sizeof(const char *);
    for (int i = 0; i < n; i++)
        bytes += strlen(words[i]) + 1;
    struct rt_order_words *w = rt_xmalloc(bytes);
    const char **v = (const char **)(w + 1);
    char *to = (char *)(v + n);
    for (int i = 0; i < n; i++) {
        size_t len = strlen(words[i]) + 1;
        v[i] = memcpy(to, words[i], len);
        to += len;
    }
    w->name = v[0];
    w->words = (struct rt_texts){ .n = n - 1, .v = v + 1 };
    return w;
}

struct rt_order *rt_order_new(const char *who, const char *const *words, int n,
                              struct rt_err *err)
{
    if (n < 1) {
        rt_fail(err, RT_EINVAL, "an order without words");
        return NULL;
    }
    const struct rt_order_type *type = rt_order_find(words[0], err);
    if (!type)
        return NULL;
    void *args = type->foreign
                     ? keep_words(type, words + 1, n - 1, err)
                     : rt_args_parse(type->opts, sizeof(struct rt_opt),
                                     type->args_size, words + 1, n - 1, err);
    if (!args || (type->check && type->check(args, err))) {
        rt_err_within(err, "%s", type->name);
        if (args && !type->foreign)
            rt_args_free(args);
        return NULL;
    }
    struct rt_str line = RT_STR_INIT;
    for (int i = 0; i < n; i++)
        add_word(words[i], &line);
    struct rt_order *o = rt_xcalloc(1, sizeof *o);
    o->type = type;
    o->args = args;
    o->text = rt_str_take(&line);
    o->who = rt_xstrdup(who);
    return o;
}

struct rt_order *rt_order_parse(const char *who, const char *line,
                                struct rt_err *err)
{
    const char **words;
    int n;
    if (rt_line_split(line, &words, &n, err))
        return NULL;
    struct rt_order *o = rt_order_new(who, words, n, err);
    free(words);
    return o;
}

void rt_order_free(struct rt_order *o)
{
    if (!o)
        return;
    if (o->type->foreign)
        free(o->args);
    else
        rt_args_free(o->args);
    free(o->text);
    free(o->who);
    free(o);
}
