/* What the styles of a summary have in common, for summary*.c alone: the texts
 * of a table's cells, cut and laid out by each style in its own way. */
#ifndef RT_NN_SUMMARY_PARTS_H
#define RT_NN_SUMMARY_PARTS_H
#include "nn/summary.h"

struct rt_summary_row {
    char *name;  /* dense_1 (Dense); within a model "| dense_1 (Dense)" */
    int depth;   /* of models that it is within */
    char *shape; /* (None, 10) */
    int64_t params;
    char **from; /* dense_1[0][0], one an input of any call */
    int n_from;
    const char *trainable; /* Y, N or - */
    char *memory;
};
struct rt_summary_rows {
    struct rt_summary_row *v;
    int n, cap;
    bool chain; /* each has one input and one output: no connections shown */
};
void rt_summary_rows(const struct rt_model *m,
                     const struct rt_summary_spec *spec,
                     struct rt_summary_rows *rows);
void rt_summary_rows_release(struct rt_summary_rows *rows);
/* Characters of s, and the bytes of its first n characters. */
int rt_summary_length(const char *s);
size_t rt_summary_prefix(const char *s, int n);

void rt_summary_framed(const struct rt_model *m,
                       const struct rt_summary_spec *spec,
                       const struct rt_summary_rows *rows, struct rt_str *out);
#endif
