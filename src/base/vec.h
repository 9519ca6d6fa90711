/* Typed growable arrays: struct { T *v; int n, cap; } declared in place.
 *   RT_VEC(int) ids = { 0 };  rt_vec_push(&ids, 7);  rt_vec_release(&ids); */
#ifndef RT_BASE_VEC_H
#define RT_BASE_VEC_H
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

#define RT_VEC(T)                                                              \
    struct {                                                                   \
        T *v;                                                                  \
        int n, cap;                                                            \
    }
#define rt_vec_reserve(a, want)                                                \
    do {                                                                       \
        if ((want) > (a)->cap) {                                               \
            int cap_ = (a)->cap ? (a)->cap : 8;                                \
            while (cap_ < (want))                                              \
                cap_ *= 2;                                                     \
            (a)->v = rt_xrealloc((a)->v, (size_t)cap_ * sizeof *(a)->v);       \
            (a)->cap = cap_;                                                   \
        }                                                                      \
    } while (0)
#define rt_vec_push(a, x)                                                      \
    do {                                                                       \
        rt_vec_reserve((a), (a)->n + 1);                                       \
        (a)->v[(a)->n++] = (x);                                                \
    } while (0)
#define rt_vec_remove(a, i)                                                    \
    do {                                                                       \
        int i_ = (i);                                                          \
        memmove((a)->v + i_, (a)->v + i_ + 1,                                  \
                (size_t)((a)->n - i_ - 1) * sizeof *(a)->v);                   \
        (a)->n--;                                                              \
    } while (0)
#define rt_vec_release(a)                                                      \
    do {                                                                       \
        free((a)->v);                                                          \
        (a)->v = NULL;                                                         \
        (a)->n = (a)->cap = 0;                                                 \
    } while (0)
#endif
