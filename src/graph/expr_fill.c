/* Variables in the text of an expression become their numbers before it is
 * parsed, so that what is kept says the same later, when the variable has
 * another value. */
#include "graph/expr_tree.h"

#include "base/mem.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const char *p, const char **end)
{
    if (*p == '{') {
        *end = strchr(p, '}');
        return p + 1;
    }
    *end = p;
    while (isalnum((unsigned char)**end) || **end == '_' ||
           strncmp(*end, "::", 2) == 0)
        *end += **end == ':' ? 2 : 1;
    return p;
}

/* One variable at p, behind its $; returns where the text goes on, or NULL. */
static const char *one(const char *text, const char *p, bool in_slice,
                       rt_expr_number_fn *fn, void *who, struct rt_str *out,
                       struct rt_err *err)
{
    const char *end, *from = name_of(p, &end);
    int at = (int)(p - 1 - text);
    double v;
    if (!end || end == from) {
        rt_fail(err, RT_EINVAL, "want a variable's name behind $");
        rt_expr_mark(text, at, err);
        return NULL;
    }
    char *name = rt_xstrndup(from, (size_t)(end - from));
    int status = fn(who, name, &v, err);
    if (!status && !isfinite(v))
        status = rt_fail(err, RT_EINVAL, "variable '%s' is %g, want a number",
                         name, v);
    free(name);
    if (status) {
        rt_expr_mark(text, at, err);
        return NULL;
    }
    /* brackets keep the sign to the number: $k ^ 2; an index needs none */
    rt_str_add(out, v < 0 && !in_slice ? "(" : "");
    rt_str_add_exact(out, v);
    rt_str_add(out, v < 0 && !in_slice ? ")" : "");
    return *p == '{' ? end + 1 : end;
}

char *rt_expr_fill(const char *text, rt_expr_number_fn *fn, void *who,
                   struct rt_err *err)
{
    struct rt_str out = RT_STR_INIT;
    int brackets = 0;
    char quote = 0;
    for (const char *p = text; *p;) {
        if (quote ? *p == quote : *p == '"' || *p == '\'')
            quote = quote ? 0 : *p;
        brackets += *p == '[';
        brackets -= *p == ']';
        if (*p != '$' || quote) {
            rt_str_addc(&out, *p++);
            continue;
        }
        p = one(text, p + 1, brackets > 0, fn, who, &out, err);
        if (!p) {
            rt_str_release(&out);
            return NULL;
        }
    }
    rt_str_add(&out, "");
    return rt_str_take(&out);
}
