/* Sentences at a terminal: broken between words, not where its edge is. For
 * what is read, never for what is copied (scripts, tables). */
#ifndef RT_SHELL_WRAP_H
#define RT_SHELL_WRAP_H
#include "base/str.h"

/* Adds text to out, its lines broken at blanks to be of at most width cells;
 * they go on below what stands behind their first gap of two blanks. Escape
 * sequences (ESC [ ... letter) take no cell. width <= 0: as it is. */
void rt_wrap(const char *text, int width, struct rt_str *out);
#endif
