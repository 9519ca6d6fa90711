/* Transforms of a column: records listed in transforms.def, fitted when given
 * (on the training part where there is one) and applied when rows are
 * gathered. Fitted ones never change and are shared by reference.
 * Order: rt_scale, rt_onehot, rt_transform_like give a new data set each. */
#ifndef RT_DATA_TRANSFORM_H
#define RT_DATA_TRANSFORM_H
#include "data/dataset.h"
#include <retort/plugin.h>

struct rt_transform_type {
    const char *name, *help;
    /* Shape of a row afterwards. */
    void (*shape)(const struct rt_transform *t, const struct rt_shape *in,
                  struct rt_shape *out);
    /* n rows; out may be x where the shape stays, else they may not overlap.
     * Any input is safe: what cannot be transformed becomes NaN or 0. */
    void (*apply)(const struct rt_transform *t, const struct rt_shape *in,
                  const float *x, size_t n, float *out);
    /* A new transform that takes it back; NULL: there is none. */
    struct rt_transform *(*inverse)(const struct rt_transform *t);
};
struct rt_transform {
    int refs; /* atomic */
    const struct rt_transform_type *type;
    int n;         /* numbers below */
    double *a, *b; /* affine: y = a x + b, one or one per column of the row */
    int k;         /* onehot: classes */
    char *words;   /* how the user wrote it */
};
extern const struct rt_transform_type rt_transform_affine, rt_transform_onehot;
const struct rt_transform_type *const *rt_transforms(void); /* by name, NULL */
struct rt_transform *rt_transform_ref(struct rt_transform *t);
void rt_transform_unref(struct rt_transform *t); /* NULL is fine */
/* The same numbers, whoever fitted them. */
bool rt_transform_equal(const struct rt_transform *a,
                        const struct rt_transform *b);

/* Data sets with a column's steps extended; new set, or NULL. n_cols 0: the
 * column x. */

/* kind minmax or standard: fitted over `fit` (NULL: d) with `by` NaN; per
 * column of a table (rank <= 1 rows), over the whole array at rank 3 and more
 * with the row axis. kind NULL: y = by x. NaN is left out of the fit; a
 * constant column keeps scale 1, so it becomes 0.
 * Errors: RT_EINVAL with the column: an infinite number, no number at all. */
struct rt_dataset *rt_scale(const struct rt_dataset *d, const char *kind,
                            double by, const struct rt_dataset *fit,
                            const char *const *cols, int n_cols,
                            struct rt_err *err);
/* The steps that the column of that name has in another set (or the only one
 * bound there to an output of that name). Steps it has already in common are
 * not applied twice.
 * Errors: RT_ESTATE if it has other steps, RT_ESHAPE, RT_EINVAL. */
struct rt_dataset *rt_transform_like(const struct rt_dataset *d,
                                     const struct rt_dataset *other,
                                     const char *const *cols, int n_cols,
                                     struct rt_err *err);
/* Takes them back: drops them where the column has them, else appends their
 * inverses (predictions, whose columns are called as the outputs).
 * Errors: RT_EINVAL for a step that cannot be taken back. */
struct rt_dataset *rt_transform_back(const struct rt_dataset *d,
                                     const struct rt_dataset *other,
                                     const char *const *cols, int n_cols,
                                     struct rt_err *err);
/* (...,1) or (...) becomes (...,classes). classes 0: as many as the column has
 * names, else one more than the largest number found in `fit` (NULL: d). A
 * NaN label is no label and becomes a row of NaN.
 * Errors: RT_EINVAL for numbers that are no classes, with row and value;
 *         RT_ESTATE if it is one-hot already. */
struct rt_dataset *rt_onehot(const struct rt_dataset *d, const char *col,
                             int classes, const struct rt_dataset *fit,
                             struct rt_err *err);
#endif
