/* Row numbers as they are written in commands: 7, 1,5,9..12, 0..2999. */
#ifndef RT_SHELL_ROWS_H
#define RT_SHELL_ROWS_H
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

/* Rows of a set of n_rows, in the order written, the same one perhaps twice;
 * malloc'd.
 * Errors: RT_EINVAL for what is no number or range, for a range that falls and
 *         for rows the set does not have. */
int rt_rows_parse(const char *text, size_t n_rows, uint32_t **rows, size_t *n,
                  struct rt_err *err);
#endif
