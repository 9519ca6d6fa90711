/* A data set made of the columns of several, row beside row. */
#ifndef RT_DATA_JOIN_H
#define RT_DATA_JOIN_H
#include "data/dataset.h"

/* The columns of all of them, called PREFIX.COLUMN, with their transforms; row
 * i is row i of each. Bindings and weights stay behind: they are of columns
 * that are called otherwise here.
 * Errors: RT_ESHAPE if they differ in rows, RT_EEXIST for a prefix twice,
 *         RT_ENOMEM. */
struct rt_join {
    const char *prefix;
    const struct rt_dataset *set;
};
struct rt_dataset *rt_dataset_join(const char *name, const struct rt_join *of,
                                   int n, struct rt_err *err);
#endif
