/* A bump arena: blocks that grow, freed together. */
#include "base/arena.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 512, LARGEST_BLOCK = 64 * 1024 };

struct rt_arena_block {
    struct rt_arena_block *below;
    size_t used, cap;
    alignas(16) unsigned char data[];
};

static struct rt_arena_block *push(struct rt_arena *a, size_t n)
{
    size_t cap = a->top ? a->top->cap * 2 : FIRST_BLOCK;
    if (cap > LARGEST_BLOCK)
        cap = LARGEST_BLOCK;
    if (cap < n)
        cap = n;
    if (cap > SIZE_MAX - sizeof(struct rt_arena_block))
        abort();
    struct rt_arena_block *b = rt_xcalloc(1, sizeof *b + cap);
    b->cap = cap;
    b->below = a->top;
    a->top = b;
    return b;
}

void *rt_arena_alloc(struct rt_arena *a, size_t n)
{
    if (n > SIZE_MAX - 15)
        abort();
    n = (n + 15) / 16 * 16;
    struct rt_arena_block *b = a->top;
    if (!b || b->cap - b->used < n)
        b = push(a, n);
    void *p = b->data + b->used;
    b->used += n;
    return p;
}

char *rt_arena_strdup(struct rt_arena *a, const char *s)
{
    if (!s)
        return NULL;
    size_t n = strlen(s) + 1;
    return memcpy(rt_arena_alloc(a, n), s, n);
}

char *rt_arena_printf(struct rt_arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    char *s = rt_arena_alloc(a, (size_t)n + 1);
    vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    return s;
}

void rt_arena_release(struct rt_arena *a)
{
    while (a->top) {
        struct rt_arena_block *below = a->top->below;
        free(a->top);
        a->top = below;
    }
}
