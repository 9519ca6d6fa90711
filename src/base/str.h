/* A growable string, always NUL-terminated. RT_STR_INIT or rt_str_init, then
 * add, then rt_str_release (or rt_str_take to keep the text). */
#ifndef RT_BASE_STR_H
#define RT_BASE_STR_H
#include <stdarg.h>
#include <stddef.h>

struct rt_str {
    char *s; /* never NULL after the first add; "" before through rt_str_c */
    size_t n, cap;
};
#define RT_STR_INIT                                                            \
    {                                                                          \
        0                                                                      \
    }
void rt_str_release(struct rt_str *b);
void rt_str_clear(struct rt_str *b); /* empty, memory kept */
const char *rt_str_c(const struct rt_str *b);
char *rt_str_take(struct rt_str *b); /* caller frees; b is empty again */
void rt_str_add(struct rt_str *b, const char *s);
void rt_str_addn(struct rt_str *b, const char *s, size_t n);
void rt_str_addc(struct rt_str *b, char c);
void rt_str_pad(struct rt_str *b, char c, size_t n); /* n times c */
void rt_str_addf(struct rt_str *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void rt_str_vaddf(struct rt_str *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Numbers for people: 1,234,567 · 58.6 MB · 0.0312 · 1.0e-3. */
void rt_str_add_count(struct rt_str *b, long long n);
void rt_str_add_bytes(struct rt_str *b, double bytes);
/* The shortest text that reads back as the same double. */
void rt_str_add_exact(struct rt_str *b, double v);
#endif
