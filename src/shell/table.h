/* Aligned tables for people: columns of text, numbers to the right.
 * Order: rt_table_init, rt_table_column ..., rt_table_cell row by row,
 *        rt_table_print, rt_table_release. */
#ifndef RT_SHELL_TABLE_H
#define RT_SHELL_TABLE_H
#include "base/str.h"
#include "base/vec.h"
#include <stdbool.h>

struct rt_table {
    RT_VEC(char *) head;
    RT_VEC(char *) cell;
    RT_VEC(bool) right; /* of each column */
    RT_VEC(bool) spare;
};
void rt_table_init(struct rt_table *t);
void rt_table_release(struct rt_table *t);
void rt_table_column(struct rt_table *t, const char *head, bool right);
/* The column added last, not the first one, is left out where there is no room
 * for all; the last of several goes first. */
void rt_table_spare(struct rt_table *t);
void rt_table_cell(struct rt_table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* 0.0123, or - for NaN. */
void rt_table_number(struct rt_table *t, double v);
/* Cells of the table when nothing is left out of it and cut. */
int rt_table_width(const struct rt_table *t);
/* At most `width` cells wide (0: no limit): columns stand closer, spare ones
 * go, the widest text column is cut. */
void rt_table_print(const struct rt_table *t, int width, struct rt_str *out);
#endif
