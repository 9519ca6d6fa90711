/* The nearest names for "unknown layer 'dens'; did you mean dense?".
 * Use: static const char *layer_name(const void *of, int i) ...
 *      return rt_fail_unknown(err, RT_ENOENT, name, layer_name, m,
 *                             "no layer '%s' in model '%s'", name, m->name); */
#ifndef RT_BASE_SUGGEST_H
#define RT_BASE_SUGGEST_H
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

/* Adds "; did you mean a, b or c?" with up to three names near to word, or
 * nothing. names is NULL-terminated. */
void rt_suggest(struct rt_str *b, const char *word, const char *const *names);
/* What there is: the i-th name, NULL past the last one. */
typedef const char *rt_name_fn(const void *of, int i);
rt_name_fn rt_name_of_list; /* of: const char *const *, NULL-terminated */
rt_name_fn rt_name_of_map;  /* of: struct rt_map *, its keys */
/* Fails with the sentence, and behind it the names near to word; if none is
 * near, all of them where they are few: "; there are a, b and c". Returns
 * code. */
int rt_fail_unknown(struct rt_err *err, int code, const char *word,
                    rt_name_fn *name, const void *of, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
/* Damerau-Levenshtein distance, case-blind, bounded by limit. */
int rt_suggest_distance(const char *a, const char *b, int limit);
#endif
