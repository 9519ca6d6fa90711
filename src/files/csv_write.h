/* Tables to CSV files (RFC 4180, lines ended by \n): `export`, `predict -o
 * x.csv`, `runs export`. What is written reads back as the same numbers. */
#ifndef RT_FILES_CSV_WRITE_H
#define RT_FILES_CSV_WRITE_H
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/* One column: its name and one of the three. NaN is an empty field, text may
 * be NULL (an empty field too). */
struct rt_csv_column {
    const char *name;
    const double *number;
    const float *single; /* as few digits as a float needs */
    const char *const *text;
    size_t stride; /* from one row to the next; 0 is 1 */
};
int rt_csv_write(const char *file, const struct rt_csv_column *cols, int n_cols,
                 size_t n_rows, struct rt_err *err);
/* A table of one array: v (n_rows,width) under name_0, name_1, ..., or under
 * the name alone where it is one number a row. */
int rt_csv_write_rows(const char *file, const char *name, const float *v,
                      size_t n_rows, int width, struct rt_err *err);
/* One field, quoted if it must be. */
void rt_csv_field(const char *text, struct rt_str *out);
#endif
