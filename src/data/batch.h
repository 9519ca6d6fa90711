/* Batches: rows of a data set in the order of an epoch, as floats in buffers
 * that a plan can be bound to.
 * Order: rt_batches_new, rt_batches_begin for each epoch, rt_batches_next until
 * 0, rt_batches_free. Thread: one at a time. */
#ifndef RT_DATA_BATCH_H
#define RT_DATA_BATCH_H
#include "base/rng.h"
#include "data/dataset.h"

struct rt_batches; /* opaque */
struct rt_batches_spec {
    struct rt_dataset *data;     /* a reference is taken */
    size_t from, n;              /* the rows used: from..from+n-1 of the set */
    const struct rt_feed *feeds; /* copied; columns live with the data set */
    int n_feeds;
    int size;     /* rows of a batch */
    bool shuffle; /* a permutation of each epoch by key and epoch number */
    struct rt_key key;
};
struct rt_batches *rt_batches_new(const struct rt_batches_spec *spec,
                                  struct rt_err *err);
void rt_batches_free(struct rt_batches *b);
int64_t rt_batches_count(const struct rt_batches *b); /* in an epoch */
/* The order depends on (key, epoch) alone; first is the batch to begin with
 * (0.., for going on in the middle). */
void rt_batches_begin(struct rt_batches *b, int64_t epoch, int64_t first);
/* The next batch: its number of rows, 0 at the end. x[i] is feed i, valid
 * until the next call; contiguous float columns may point into the set. */
int rt_batches_next(struct rt_batches *b, const float **x);
/* Whether feed i is gathered from now on; x[i] is NULL while it is not. */
void rt_batches_want(struct rt_batches *b, int i, bool wanted);
/* Row numbers (of the data set) of the batch last given. */
const uint32_t *rt_batches_rows(const struct rt_batches *b);
#endif
