/* Weights of samples in the loss: a column of a data set, or a number for each
 * class of a label, or both, which are multiplied. They belong to the data set
 * and say for which output they are. */
#ifndef RT_DATA_WEIGH_H
#define RT_DATA_WEIGH_H
#include "data/dataset.h"

struct rt_weighing {
    char *output;     /* or the column with its labels; NULL: every output that
                         has none of its own */
    char *col;        /* weights of samples, or of their steps; NULL: none */
    double *by_class; /* weights of the classes 0..n_classes-1; NULL: none.
                         Others have 1 */
    int n_classes;
};

/* In a copy nobody else sees yet; given twice for an output, the second
 * replaces. output NULL: of every output.
 * Errors: RT_ENOENT for a column that is not there; RT_ESHAPE if a row of
 *         it is neither a number nor a list of them, one for each step;
 * RT_EINVAL for a weight that is no number of at least 0, with its row. */
int rt_dataset_weigh_samples(struct rt_dataset *d, const char *output,
                             const char *col, struct rt_err *err);
/* by_class (n) is copied. Errors: RT_EINVAL for a weight below 0. */
int rt_dataset_weigh_classes(struct rt_dataset *d, const char *output,
                             const double *by_class, int n, struct rt_err *err);
void rt_dataset_unweigh(struct rt_dataset *d);

/* What was said of samples for an output: the column, or NULL. */
const struct rt_column *rt_weigh_column(const struct rt_dataset *d,
                                        const char *output);
/* What was said of its classes, or NULL. */
const struct rt_weighing *rt_weigh_classes(const struct rt_dataset *d,
                                           const char *output);

/* Whether all that was said is of some output of these, or of the column with
 * its labels. Errors: RT_ENOENT with the name that is not. */
int rt_weigh_check(const struct rt_dataset *d, const char *const *outputs,
                   int n, struct rt_err *err);

/* The column that holds the label of an output: what is bound to it, else of
 * its name, else y. RT_ENOENT, RT_EINVAL if several are bound. */
const struct rt_column *rt_weigh_label(const struct rt_dataset *d,
                                       const char *output, struct rt_err *err);
/* The class of a label: its number, or the place of its largest; -1: none. */
int rt_weigh_class(const float *label, size_t width);
/* Weights that give every class of a label the same weight in all: rows /
 * (classes x rows of the class); 1 for one that never occurs. Caller frees.
 * Errors: RT_ESHAPE if a row is no single label, RT_EINVAL for a number that is
 *         no class. */
int rt_weigh_auto(const struct rt_dataset *d, const struct rt_column *label,
                  double **by_class, int *n, struct rt_err *err);
/* How many classes a label has, as far as the column says; 0: any. */
int rt_weigh_n_classes(const struct rt_column *label);

/* For dataset.c: */
void rt_weighings_copy(struct rt_dataset *to, const struct rt_dataset *from);
uint64_t rt_weighings_fold(uint64_t hash, const struct rt_dataset *d);
#endif
