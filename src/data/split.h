/* Dividing rows into parts. */
#ifndef RT_DATA_SPLIT_H
#define RT_DATA_SPLIT_H
#include "base/rng.h"
#include "data/dataset.h"

/* Bytes of a set's name without the part it is: 1 of "s.train", "s.val",
 * "s.test" and "s". */
int rt_split_stem(const char *name);
/* Two or three shares that sum to at most 1 as counts that sum to at most n.
 * Errors: RT_EINVAL for a share that cannot be, or that would get no row. */
int rt_split_counts(size_t n, const double *share, int n_shares, size_t *count,
                    struct rt_err *err);
/* Rows of each part in random order of the key; stratify: the same share of
 * each class of a column; by: rows with equal values of a column stay
 * together. NULL: neither. out[i] malloc'd, count[i] rows; sorted inside.
 * Errors: RT_EINVAL, RT_ENOENT for a column; out[i] is NULL then. */
int rt_split(const struct rt_dataset *d, const double *share, int n_shares,
             const char *by, const char *stratify, struct rt_key key,
             uint32_t **out, size_t *count, struct rt_err *err);
/* Keras' validation_split: the last part, before shuffling; the first
 * int(n (1 - share)) rows train. */
size_t rt_split_last(size_t n, double share);
#endif
