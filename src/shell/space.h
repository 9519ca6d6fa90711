/* The space a sweep searches: "lr=1e-4..1e-1:log:4 units=64,128 seed=1..3".
 * A key is a list of texts or a range of numbers:
 *   64,128,256     these
 *   1..3           whole numbers: each of them
 *   0..0.5:6       six numbers, evenly apart, both ends among them
 *   32..256:by:32  every 32nd
 *   1e-4..1e-1:log[:4]  four, each the same times the one before; without a
 *                  number, one a power of ten
 * Where points are drawn at random, a range without a number is drawn from
 * anywhere between its ends.
 * Order: rt_space_parse, rt_space_grid or rt_space_random, rt_space_release. */
#ifndef RT_SHELL_SPACE_H
#define RT_SHELL_SPACE_H
#include "base/err.h"
#include "base/rng.h"
#include "base/str.h"
#include "base/vec.h"
#include <stdbool.h>

struct rt_space_key {
    char *name;
    RT_VEC(char *) value; /* the grid's; empty: how many was not said */
    bool range, log, whole;
    bool open; /* a range that does not say how many: drawn from between */
    double from, to;
};
struct rt_space {
    RT_VEC(struct rt_space_key) keys;
};
enum { RT_SPACE_MOST = 100000 }; /* points of a sweep */

/* Words "key=values". Errors: RT_EINVAL with the key and what was found. */
int rt_space_parse(struct rt_space *s, const char *const *words, int n,
                   struct rt_err *err);
void rt_space_release(struct rt_space *s);
/* How many points the grid has. Errors: RT_EINVAL for a range that does not
 * say how many, for more than RT_SPACE_MOST. */
int rt_space_size(const struct rt_space *s, int *n, struct rt_err *err);
/* Value of key k at point i of the grid, in which the last key runs fastest. */
const char *rt_space_grid(const struct rt_space *s, int i, int k);
/* Adds the value of key k at the i-th random point. */
void rt_space_random(const struct rt_space *s, struct rt_key key, int i, int k,
                     struct rt_str *out);
/* -1 if there is none. */
int rt_space_find(const struct rt_space *s, const char *name);
#endif
