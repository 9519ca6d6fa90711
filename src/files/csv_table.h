/* A delimited text as a table: separator and names found, columns by name,
 * number or range, rows of equal length.
 * Order: rt_csv_open, then rt_csv_find and rt_csv_each as often as wanted,
 *        rt_csv_close (also after an error). */
#ifndef RT_FILES_CSV_TABLE_H
#define RT_FILES_CSV_TABLE_H
#include "base/str.h"
#include "files/csv_cells.h"

enum rt_csv_header { RT_CSV_GUESS, RT_CSV_NO_NAMES, RT_CSV_NAMES };
struct rt_csv_spec {
    const char *file;
    enum rt_csv_header header;
    const char *sep; /* one character, "tab", "space"; NULL: guessed */
    int skip;        /* lines before the table */
};
struct rt_csv_table {
    const char *file;
    unsigned char *bytes;
    const char *text, *end; /* the table within bytes */
    int line;               /* of text */
    char sep;
    bool header;  /* the first row is names */
    char **names; /* c1, c2, ... where there are none */
    int width;
};
/* Errors: RT_EFORMAT for a file that is no text or has no rows, RT_EINVAL for
 *         a separator that cannot be, and what rt_file_read says. */
int rt_csv_open(struct rt_csv_table *t, const struct rt_csv_spec *spec,
                struct rt_err *err);
void rt_csv_close(struct rt_csv_table *t);
/* A name, or a number from 1: its index; RT_ENOENT with the nearest names. */
int rt_csv_find(const struct rt_csv_table *t, const char *name,
                struct rt_err *err);
/* "a", "3", "a..c", "1..4" as first and last index. */
int rt_csv_range(const struct rt_csv_table *t, const char *item, int *first,
                 int *last, struct rt_err *err);
/* Tells fn the cells of every row, names left out, until it returns an error;
 * *n_rows (may be NULL) becomes the rows.
 * Errors: RT_EFORMAT for rows of different length, with the line. */
typedef int rt_csv_fn(void *arg, size_t row, int col,
                      const struct rt_csv_cell *cell, struct rt_err *err);
int rt_csv_each(const struct rt_csv_table *t, rt_csv_fn *fn, void *arg,
                size_t *n_rows, struct rt_err *err);
#endif
