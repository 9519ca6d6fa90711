/* Data sets by expressions (graph/expr.h) over the columns of another, which go
 * by their names: plain numbers are (none), pictures (none,28,28). Values are
 * computed row by row, some at a time; what would need all rows at once, as a
 * mean over them, is refused. */
#ifndef RT_DATA_COMPUTE_H
#define RT_DATA_COMPUTE_H
#include "data/dataset.h"
#include "graph/expr.h"

/* The set with one more column. functions: beside the grammar's own, or NULL.
 * Errors: those of expressions, with the place; RT_EEXIST for the name of a
 *         column, RT_ENOMEM. */
struct rt_dataset *rt_dataset_compute(const struct rt_dataset *d,
                                      const char *name, const char *column,
                                      const char *text,
                                      const struct rt_expr_functions *functions,
                                      struct rt_err *err);
/* The rows for which it is neither 0 nor NaN.
 * Errors: the same; RT_EINVAL if there is none. */
struct rt_dataset *rt_dataset_filter(const struct rt_dataset *d,
                                     const char *name, const char *text,
                                     const struct rt_expr_functions *functions,
                                     struct rt_err *err);
#endif
