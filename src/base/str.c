/* A growable string. Its memory doubles, so that n additions cost n steps. */
#include "base/str.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct rt_str *b, size_t more)
{
    size_t want = b->n + more + 1;
    if (want <= b->n)
        abort();
    if (want <= b->cap)
        return;
    size_t cap = b->cap ? b->cap : 32;
    while (cap < want)
        cap *= 2;
    b->s = rt_xrealloc(b->s, cap);
    b->cap = cap;
}

void rt_str_release(struct rt_str *b)
{
    free(b->s);
    *b = (struct rt_str)RT_STR_INIT;
}

void rt_str_clear(struct rt_str *b)
{
    b->n = 0;
    if (b->s)
        b->s[0] = '\0';
}

const char *rt_str_c(const struct rt_str *b)
{
    return b->s ? b->s : "";
}

char *rt_str_take(struct rt_str *b)
{
    char *s = b->s ? b->s : rt_xstrdup("");
    *b = (struct rt_str)RT_STR_INIT;
    return s;
}

void rt_str_addn(struct rt_str *b, const char *s, size_t n)
{
    reserve(b, n);
    if (n)
        memcpy(b->s + b->n, s, n);
    b->n += n;
    b->s[b->n] = '\0';
}

void rt_str_add(struct rt_str *b, const char *s)
{
    rt_str_addn(b, s, strlen(s));
}

void rt_str_addc(struct rt_str *b, char c)
{
    rt_str_addn(b, &c, 1);
}

void rt_str_pad(struct rt_str *b, char c, size_t n)
{
    reserve(b, n);
    memset(b->s + b->n, c, n);
    b->n += n;
    b->s[b->n] = '\0';
}

void rt_str_vaddf(struct rt_str *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    reserve(b, 64);
    size_t room = b->cap - b->n;
    int n = vsnprintf(b->s + b->n, room, fmt, ap);
    if (n < 0)
        abort();
    if ((size_t)n >= room) {
        reserve(b, (size_t)n);
        vsnprintf(b->s + b->n, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    b->n += (size_t)n;
}

void rt_str_addf(struct rt_str *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    rt_str_vaddf(b, fmt, ap);
    va_end(ap);
}

void rt_str_add_count(struct rt_str *b, long long n)
{
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%lld", n);
    for (int i = 0; i < len; i++) {
        rt_str_addc(b, digits[i]);
        int left = len - 1 - i;
        if (left && left % 3 == 0 && digits[i] != '-')
            rt_str_addc(b, ',');
    }
}

void rt_str_add_bytes(struct rt_str *b, double bytes)
{
    static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", "PB" };
    int i = 0;
    /* 999.95 would be printed as 1000.0 */
    for (; bytes >= 999.95 && i < 5; i++)
        bytes /= 1000;
    rt_str_addf(b, "%.*f %s", i > 0, bytes, unit[i]);
}

/* "1e-07" as people write it: "1e-7". */
static void add_short_exponent(struct rt_str *b, const char *text)
{
    const char *e = strchr(text, 'e');
    if (!e) {
        rt_str_add(b, text);
        return;
    }
    rt_str_addn(b, text, (size_t)(e - text));
    rt_str_addf(b, "e%d", atoi(e + 1));
}

void rt_str_add_exact(struct rt_str *b, double v)
{
    char text[40];
    if (isnan(v)) {
        rt_str_add(b, "nan");
        return;
    }
    if (fabs(v) < 1e15 && v == floor(v)) {
        rt_str_addf(b, "%.0f", v);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    add_short_exponent(b, text);
}
