/* Allocation, in the form that ends the program and in the form that fails. */
#include "base/mem.h"

#include "base/crash.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *sure(void *p)
{
    if (!p)
        rt_crash_out_of_memory();
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
        rt_crash_out_of_memory();
    return s;
}

void *rt_xmemdup(const void *p, size_t n)
{
    void *q = rt_xmalloc(n);
    if (n)
        memcpy(q, p, n);
    return q;
}

size_t rt_memory(void)
{
    static atomic_size_t known;
    size_t bytes = atomic_load_explicit(&known, memory_order_relaxed);
    if (bytes)
        return bytes;
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    bytes = pages > 0 && size > 0 ? (size_t)pages * (size_t)size : SIZE_MAX / 2;
    atomic_store_explicit(&known, bytes, memory_order_relaxed);
    return bytes;
}

/* Linux grants more than there is and kills the process when it is touched, so
 * a size beyond the machine's memory is turned down here. */
static bool too_much(double bytes)
{
    return bytes > (double)rt_memory() || bytes >= (double)(SIZE_MAX / 2);
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

/* LARGE: what is worth a page of 2 MiB, as a block or as the end of one. */
enum { LINE = 64, LARGE = 3 << 18, HUGE_PAGE = 2 << 20 };

/* Weights that would fit into the second-level cache do not where their small
 * pages happen to lie badly in memory, and a walk over rows of pictures looks
 * up a page at each. One large page has neither fault: the MNIST network
 * predicts 365,000 single rows a second in each of many processes, instead of
 * 290,000 to 370,000. */
static void *alloc_huge(size_t bytes)
{
    if (bytes % HUGE_PAGE >= LARGE)
        bytes = (bytes / HUGE_PAGE + 1) * HUGE_PAGE;
    void *p = NULL;
    if (posix_memalign(&p, HUGE_PAGE, bytes))
        return NULL;
#if defined MADV_HUGEPAGE
    madvise(p, bytes, MADV_HUGEPAGE); /* a wish: it may fail */
#endif
    return p;
}

void *rt_try_alloc(size_t n, size_t size, const char *what, struct rt_err *err)
{
    double want = (double)n * (double)size;
    if (too_much(want))
        return no_memory(want, what, err);
    size_t bytes = (n * size + LINE - 1) / LINE * LINE;
    void *p = bytes < LARGE ? aligned_alloc(LINE, bytes ? bytes : LINE)
                            : alloc_huge(bytes);
    if (!p)
        return no_memory(want, what, err);
    return memset(p, 0, bytes);
}

void *rt_try_realloc(void *p, size_t n, const char *what, struct rt_err *err)
{
    void *q = too_much((double)n) ? NULL : realloc(p, n ? n : 1);
    return q ? q : no_memory((double)n, what, err);
}
