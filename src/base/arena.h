/* A bump arena for many small things that die together. */
#ifndef RT_BASE_ARENA_H
#define RT_BASE_ARENA_H
#include <stddef.h>

struct rt_arena {
    struct rt_arena_block *top;
};
#define RT_ARENA_INIT                                                          \
    {                                                                          \
        0                                                                      \
    }
void *rt_arena_alloc(struct rt_arena *a, size_t n); /* zeroed, 16-aligned */
char *rt_arena_strdup(struct rt_arena *a, const char *s);
char *rt_arena_printf(struct rt_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void rt_arena_release(struct rt_arena *a);
#endif
