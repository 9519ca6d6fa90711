/* Buckets of buckets over the values of a series, so that any part of it can be
 * had in a few hundred points without looking at all that lies in it. A bucket
 * holds the mean, the least and the largest of its values: no spike is lost.
 * Order: values are appended by whoever owns them, then rt_pyramid_grow;
 *        rt_pyramid_cut before some at the end are taken back or changed. */
#ifndef RT_TRAIN_PYRAMID_H
#define RT_TRAIN_PYRAMID_H
#include <stdint.h>

struct rt_bucket {
    double x, mean, lo, hi; /* x: of its last value */
    int64_t n;              /* values; 0: none that is finite */
};
/* The values: buckets, or single ones. x ascends. Borrowed for a call. */
struct rt_values {
    const struct rt_bucket *bucket; /* or NULL: */
    const double *x, *v;
    int n;
};

enum { RT_PYRAMID_FAN = 4, RT_PYRAMID_LEVELS = 13 };
struct rt_pyramid {
    /* level[k] has buckets of FAN^k values each; level[0] is empty, the values
     * themselves. The last value of all may yet change and is in none. */
    struct rt_pyramid_level {
        struct rt_bucket *v;
        int n, cap;
    } level[RT_PYRAMID_LEVELS];
};
void rt_pyramid_release(struct rt_pyramid *p);
/* Takes in what came since the last call: each value once in its life. */
void rt_pyramid_grow(struct rt_pyramid *p, const struct rt_values *from);
/* Only the first n values are as they were. */
void rt_pyramid_cut(struct rt_pyramid *p, int n);
/* What lies between lo and hi with a neighbour on either side, in at most
 * `most` buckets of equally many values (a few more or less at the ends).
 * Returns how many; adds to *looked (or NULL) how many values and buckets were
 * looked at: a small multiple of most, whatever the length of the series. */
int rt_pyramid_take(const struct rt_pyramid *p, const struct rt_values *from,
                    double lo, double hi, int most, struct rt_bucket *out,
                    int64_t *looked);
/* Takes another bucket, which follows it, into one; passes over what is not
 * finite. */
void rt_bucket_merge(struct rt_bucket *to, const struct rt_bucket *from);
#endif
