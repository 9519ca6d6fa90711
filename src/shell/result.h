/* What a command gives back: a value (for Tcl, a variable, JSON) and, where it
 * differs, a text for people. Commands never see Tcl, curses or a file
 * descriptor.
 *   rt_result_dict(r) ... rt_value_put_number(d, "acc", 0.98);
 *   rt_str_addf(&r->text, "...\n"); */
#ifndef RT_SHELL_RESULT_H
#define RT_SHELL_RESULT_H
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum rt_value_kind {
    RT_VALUE_NONE,
    RT_VALUE_TEXT,
    RT_VALUE_INT,
    RT_VALUE_NUMBER,
    RT_VALUE_BOOL,
    RT_VALUE_LIST,
    RT_VALUE_DICT,
};
struct rt_value {
    enum rt_value_kind kind;
    char *text;
    int64_t i; /* INT, BOOL */
    double x;
    struct rt_value *items; /* LIST, DICT; owned */
    char **keys;            /* DICT, in order */
    int n;
};
struct rt_result {
    struct rt_value value;
    struct rt_str text; /* for people; empty: the value, formatted */
    bool looks;         /* is printed in a script too */
    bool as_is; /* text is a script or drawn: its lines are not folded */
};
void rt_result_init(struct rt_result *r);
void rt_result_release(struct rt_result *r);
void rt_value_release(struct rt_value *v);

/* Set a value that was NONE. */
void rt_value_set_text(struct rt_value *v, const char *s);
void rt_value_set_int(struct rt_value *v, int64_t i);
void rt_value_set_number(struct rt_value *v, double x);
void rt_value_set_bool(struct rt_value *v, bool b);
void rt_value_set_list(struct rt_value *v);
void rt_value_set_dict(struct rt_value *v);
/* An int, a number or a text, as the word reads. */
void rt_value_set_word(struct rt_value *v, const char *word);
/* v, NONE, becomes as `from` is. */
void rt_value_copy(struct rt_value *v, const struct rt_value *from);
/* Add a NONE element and return it (valid until the next addition to v). */
struct rt_value *rt_value_push(struct rt_value *v);
struct rt_value *rt_value_put(struct rt_value *v, const char *key);
void rt_value_put_text(struct rt_value *v, const char *key, const char *s);
void rt_value_put_int(struct rt_value *v, const char *key, int64_t i);
void rt_value_put_number(struct rt_value *v, const char *key, double x);
/* A member of a dict; NULL if there is none or it is no dict. */
const struct rt_value *rt_value_get(const struct rt_value *dict,
                                    const char *key);
/* Of an int or a number; NaN of anything else, NULL too. */
double rt_value_number(const struct rt_value *v);
/* For people: a number, a line a key, or a table for a list of dicts. */
void rt_value_show(const struct rt_value *v, struct rt_str *out, int width);
/* One line of JSON. */
void rt_value_json(const struct rt_value *v, struct rt_str *out);
#endif
