/* Allocation, in the form that aborts and in the form that fails. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *sure(void *p)
{
    if (!p)
        abort();
    return p;
}

void *rt_xmalloc(size_t n)
{
    return sure(malloc(n ? n : 1));
}

void *rt_xcalloc(size_t n, size_t size)
{
    return sure(n && size ? calloc(n, size) : calloc(1, 1));
}

void *rt_xrealloc(void *p, size_t n)
{
    return sure(realloc(p, n ? n : 1));
}

char *rt_xstrdup(const char *s)
{
    return s ? sure(strdup(s)) : NULL;
}

char *rt_xstrndup(const char *s, size_t n)
{
    return sure(strndup(s, n));
}

char *rt_xprintf(const char *fmt, ...)
{
    char *s;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    return s;
}

void *rt_xmemdup(const void *p, size_t n)
{
    void *q = rt_xmalloc(n);
    if (n)
        memcpy(q, p, n);
    return q;
}

/* Linux grants more than there is and kills the process when it is touched, so
 * a size beyond the machine's memory is turned down here. Small sizes spare
 * the system call. */
static int too_much(double bytes)
{
    if (bytes < 0x1p30)
        return 0;
    double pages = (double)sysconf(_SC_PHYS_PAGES);
    return pages > 0 && bytes > pages * (double)sysconf(_SC_PAGESIZE);
}

static void *no_memory(double bytes, const char *what, struct rt_err *err)
{
    static const char *const unit[] = { "bytes", "KiB", "MiB", "GiB",
                                        "TiB",   "PiB", "EiB" };
    int i = 0;
    for (; bytes >= 1024 && i < 6; i++)
        bytes /= 1024;
    rt_fail(err, RT_ENOMEM, "%s: %.*f %s wanted, out of memory", what, i > 0,
            bytes, unit[i]);
    return NULL;
}

void *rt_try_alloc(size_t n, size_t size, const char *what, struct rt_err *err)
{
    double want = (double)n * (double)size;
    if (want >= (double)(SIZE_MAX / 2) || too_much(want))
        return no_memory(want, what, err);
    size_t bytes = (n * size + 63) / 64 * 64;
    if (!bytes)
        bytes = 64;
    void *p = aligned_alloc(64, bytes);
    if (!p)
        return no_memory(want, what, err);
    return memset(p, 0, bytes);
}

void *rt_try_realloc(void *p, size_t n, const char *what, struct rt_err *err)
{
    void *q = NULL;
    if (n < SIZE_MAX / 2 && !too_much((double)n))
        q = realloc(p, n ? n : 1);
    return q ? q : no_memory((double)n, what, err);
}
