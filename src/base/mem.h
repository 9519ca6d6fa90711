/* Memory for small bookkeeping: ends the program when there is none. A size
 * that a user chose (tensor, data set, file) goes through rt_try_alloc, which
 * fails with RT_ENOMEM and a sentence that says for what. */
#ifndef RT_BASE_MEM_H
#define RT_BASE_MEM_H
#include "base/err.h"
#include <stddef.h>

void *rt_xmalloc(size_t n);
void *rt_xcalloc(size_t n, size_t size); /* or on overflow, too */
void *rt_xrealloc(void *p, size_t n);
char *rt_xstrdup(const char *s); /* NULL gives NULL */
char *rt_xstrndup(const char *s, size_t n);
char *rt_xprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void *rt_xmemdup(const void *p, size_t n);

/* Bytes of memory that this machine has, in use or not. */
size_t rt_memory(void);

/* n*size zeroed bytes on a 64-byte boundary, or NULL with
 * RT_ENOMEM "what: 12.0 GiB wanted, out of memory". More than the machine has
 * is refused at once, not when the pages are touched. From 768 KiB on it lies
 * in pages of 2 MiB where the system has them. Free with free(). */
void *rt_try_alloc(size_t n, size_t size, const char *what, struct rt_err *err);
/* realloc in the same manner: on failure p stays as it was. New bytes are not
 * zeroed and the boundary is malloc's. */
void *rt_try_realloc(void *p, size_t n, const char *what, struct rt_err *err);
#endif
