/* One value of an option: from text, to text, compared. What the files of the
 * schema share; everybody else uses base/schema.h.
 * Owner:  texts are put into the arena and borrowed by the field. */
#ifndef RT_BASE_SCHEMA_VALUE_H
#define RT_BASE_SCHEMA_VALUE_H
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include <retort/plugin.h>

/* Room for a field of any kind. */
union rt_value {
    bool yes;
    int i;
    int64_t l;
    double d;
    const char *s;
    struct rt_ints ints;
    struct rt_numbers numbers;
    struct rt_texts texts;
};

/* .kind, but RT_KIND_CHOICE for an int that has choices. */
int rt_value_kind(const struct rt_opt *o);
size_t rt_value_size(const struct rt_opt *o);
void rt_value_unset(const struct rt_opt *o, void *field);
bool rt_value_is_unset(const struct rt_opt *o, const void *field);
/* Whether "none" and "" may be said: the default is to be unset. */
bool rt_value_may_be_unset(const struct rt_opt *o);

/* Errors: RT_EINVAL with the option's name; the field may be half set. */
int rt_value_parse(const struct rt_opt *o, const char *text, void *field,
                   struct rt_arena *a, struct rt_err *err);
/* The range; a value that is unset passes. */
int rt_value_check(const struct rt_opt *o, const void *field,
                   struct rt_err *err);
bool rt_value_in_range(const struct rt_opt *o, double v);
/* The default as a value. */
void rt_value_default(const struct rt_opt *o, void *field, struct rt_arena *a);
void rt_value_print(const struct rt_opt *o, const void *field,
                    struct rt_str *out);
bool rt_value_equal(const struct rt_opt *o, const void *a, const void *b);
/* Texts that the field borrows become the arena's. */
void rt_value_adopt(const struct rt_opt *o, void *field, struct rt_arena *a);

/* Letters before the = of "key=value", or 0: "x == 0" and "m(k=1)" have none.
 */
size_t rt_word_key(const char *word);
/* "-name" and nothing else, so that "-x*2" and "-3" are words. */
bool rt_word_is_flag(const char *word);

/* The range as a sentence, "0 <= rate < 1"; nothing if there is none. */
void rt_opt_bounds(const struct rt_opt *o, struct rt_str *out);
/* "a, b or c", "a|b|c" with other separators. */
void rt_names_join(const char *const *names, const char *between,
                   const char *last, struct rt_str *out);
#endif
