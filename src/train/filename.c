/* Patterns of file names, as Keras' ModelCheckpoint writes them. */
#include "train/filename.h"
#include "base/suggest.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct format {
    bool zero;
    int width, digits; /* digits -1: not given */
    char type;
};

/* A number below 100; false if there is a larger one. */
static bool small(const char **p, int *v)
{
    *v = 0;
    while (isdigit((unsigned char)**p) && *v < 100)
        *v = *v * 10 + (*(*p)++ - '0');
    return *v < 100;
}

static bool parse_format(const char *p, const char *end, struct format *f)
{
    bool digits = false;
    *f = (struct format){ .digits = -1, .type = 'g' };
    f->zero = *p == '0';
    if (!small(&p, &f->width))
        return false;
    if (*p == '.') {
        p++;
        digits = isdigit((unsigned char)*p) && small(&p, &f->digits);
        if (!digits)
            return false;
        f->type = 'f';
    }
    if (p < end && strchr("dfeg", *p))
        f->type = *p++;
    return p == end && !(f->type == 'd' && digits);
}

static void add(struct rt_str *out, const struct format *f, double v)
{
    int digits = f->type == 'd' ? 0 : f->digits >= 0 ? f->digits : 6;
    switch (f->type) {
    case 'd':
    case 'f':
        rt_str_addf(out, f->zero ? "%0*.*f" : "%*.*f", f->width, digits, v);
        break;
    case 'e':
        rt_str_addf(out, f->zero ? "%0*.*e" : "%*.*e", f->width, digits, v);
        break;
    default:
        rt_str_addf(out, f->zero ? "%0*.*g" : "%*.*g", f->width, digits, v);
    }
}

static int unknown(const char *pattern, const char *name,
                   const char *const *names, struct rt_err *err)
{
    return rt_fail_unknown(err, RT_ENOENT, name, rt_name_of_list, names,
                           "'%s': unknown value '%s'", pattern, name);
}

int rt_filename_expand(const char *pattern,
                       int (*value)(void *ctx, const char *name, double *v),
                       void *ctx, const char *const *names, struct rt_str *out,
                       struct rt_err *err)
{
    for (const char *p = pattern; *p;) {
        if ((*p == '{' || *p == '}') && p[1] == *p) {
            rt_str_addc(out, *p);
            p += 2;
            continue;
        }
        if (*p != '{') {
            rt_str_addc(out, *p++);
            continue;
        }
        const char *end = strchr(p, '}');
        if (!end)
            return rt_fail(err, RT_EINVAL, "'%s': a { is not closed", pattern);
        const char *colon = memchr(p, ':', (size_t)(end - p));
        const char *stop = colon ? colon : end;
        char name[128];
        struct format f = { .digits = -1, .type = 'g' };
        double v;
        snprintf(name, sizeof name, "%.*s", (int)(stop - p - 1), p + 1);
        if (value(ctx, name, &v))
            return unknown(pattern, name, names, err);
        if (colon && !parse_format(colon + 1, end, &f))
            return rt_fail(err, RT_EINVAL,
                           "'%s': format '%.*s', want one like 02d or .4f",
                           pattern, (int)(end - stop - 1), stop + 1);
        if (isnan(v))
            return rt_fail(err, RT_ESTATE, "'%s': '%s' has no value yet",
                           pattern, name);
        add(out, &f, v);
        p = end + 1;
    }
    return 0;
}
