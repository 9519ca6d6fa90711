/* What a word could become: from the tables of commands and options, and from
 * what the session holds. Knows no readline. */
#ifndef RT_SHELL_COMPLETE_H
#define RT_SHELL_COMPLETE_H
#include "shell/session.h"

/* Candidates for the word of line that ends at point, each the whole word,
 * sorted; NULL-terminated malloc'd strings in a malloc'd array, or NULL. One
 * that ends in = / , or : wants more and gets no space. */
char **rt_complete(struct rt_session *s, const char *line, int point);
#endif
