/* Cells of delimited text (RFC 4180 and what is found in the wild: LF or CRLF,
 * blanks around cells, no newline at the end).
 * Order: rt_csv_begin, rt_csv_next until 0 or an error, rt_csv_end. */
#ifndef RT_FILES_CSV_CELLS_H
#define RT_FILES_CSV_CELLS_H
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct rt_csv_cursor {
    const char *p, *end;
    const char *file;   /* for errors */
    char sep;           /* ' ' is any run of blanks and tabs */
    int line;           /* of p, from 1 */
    bool inside;        /* between two cells of a row */
    struct rt_str text; /* of a quoted cell */
};
struct rt_csv_cell {
    const char *s; /* n bytes, valid until the next call; not terminated */
    size_t n;
    int line;
    bool last; /* of its row */
};
void rt_csv_begin(struct rt_csv_cursor *c, const char *file, const char *text,
                  size_t n, char sep, int line);
void rt_csv_end(struct rt_csv_cursor *c);
/* 1 and a cell; 0 at the end. Blank lines are passed over.
 * Errors: RT_EFORMAT "file:line: ..." for a quote without an end and for text
 *         behind one. */
int rt_csv_next(struct rt_csv_cursor *c, struct rt_csv_cell *cell,
                struct rt_err *err);
/* The cell is one decimal number, or inf; correctly rounded. */
bool rt_csv_number(const struct rt_csv_cell *cell, double *v);
#endif
