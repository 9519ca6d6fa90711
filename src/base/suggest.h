/* The nearest names for "unknown layer 'dens'; did you mean dense?". */
#ifndef RT_BASE_SUGGEST_H
#define RT_BASE_SUGGEST_H
#include "base/str.h"

/* Adds "; did you mean a, b or c?" with up to three names near to word, or
 * nothing. names is NULL-terminated. */
void rt_suggest(struct rt_str *b, const char *word, const char *const *names);
/* Damerau-Levenshtein distance, case-blind, bounded by limit. */
int rt_suggest_distance(const char *a, const char *b, int limit);
#endif
