/* Options: the one parser of "word key=value -flag" words into a C struct laid
 * out by struct rt_opt entries (retort/plugin.h), and back into words.
 * Order: rt_args_parse, use, rt_args_free. A block of arguments owns the texts
 * it points to; layers, orders and callbacks keep it for life. */
#ifndef RT_BASE_SCHEMA_H
#define RT_BASE_SCHEMA_H
#include "base/err.h"
#include "base/str.h"
#include <retort/plugin.h>

/* Words to arguments. opts NULL is an empty table; opt_size is the stride of
 * the table (sizeof(struct rt_opt), or a plugin's .opt_size). Keys may be
 * shortened while unambiguous (of loss and loss_weights, los= is the one that
 * begins the other); "-name" flags anywhere; positional words in order of
 * .word, RT_FORM_REST takes what is left, one text a word. In a table with
 * RT_FORM_REST keys must be whole, and other words with a = belong to the rest
 * (bind s in=x). Where the default is to be unset, "key=" and, save for texts,
 * "key=none" unset. A -1 in RT_KIND_INTS ("none") is checked against the range
 * like any number. An int with .choices is read as RT_KIND_CHOICE.
 * Errors: RT_EINVAL "unknown option 'unit'; did you mean units?", "'rate' is
 *         1.5, want 0 <= rate < 1", "'units' is missing", a key given twice,
 *         key=[ and key={ with the way to write it, "#" words (use ;#).
 * Owner:  caller frees with rt_args_free. */
void *rt_args_parse(const struct rt_opt *opts, size_t opt_size,
                    size_t args_size, const char *const *words, int n,
                    struct rt_err *err);
/* All defaults; an option that is required is left unset. */
void *rt_args_default(const struct rt_opt *opts, size_t opt_size,
                      size_t args_size);
/* The same, with words "a=1" changed; for re-tuning. The old block stays. */
void *rt_args_change(const struct rt_opt *opts, size_t opt_size,
                     size_t args_size, const void *old,
                     const char *const *words, int n, struct rt_err *err);
void *rt_args_copy(const struct rt_opt *opts, size_t opt_size, size_t args_size,
                   const void *args);
/* One more owner, who frees it too: what is remembered shares its blocks.
 * Thread: the same for all owners. */
void *rt_args_ref(void *args);
bool rt_args_shared(void *args);
void rt_args_free(void *args); /* NULL is fine */

/* Takes the words that are for opts, which several commands share (name=,
 * from=), out of words[] and parses them; the others, for the command's own
 * table, move down and *n shrinks. A key or flag may be shortened where no name
 * of the own table begins so and that table has no RT_FORM_REST. */
void *rt_args_take(const struct rt_opt *opts, size_t args_size,
                   const struct rt_opt *own, size_t own_size,
                   const char **words, int *n, struct rt_err *err);

/* Arguments to words: positionals first, then key=value; only what differs
 * from the default unless all. Quoted for Tcl where needed. */
void rt_args_words(const struct rt_opt *opts, size_t opt_size, const void *args,
                   bool all, struct rt_str *out);
/* One value as text ("relu", "28x28", "0.001", "none"). */
void rt_args_value(const struct rt_opt *o, const void *args,
                   struct rt_str *out);
/* "dense UNITS [activation=TEXT] [use_bias=yes|no]" without the name. */
void rt_args_usage(const struct rt_opt *opts, size_t opt_size,
                   struct rt_str *out);
/* "64 units, at least 1": range or choices of one option, for help. */
void rt_opt_range(const struct rt_opt *o, struct rt_str *out);
const struct rt_opt *rt_opt_find(const struct rt_opt *opts, size_t opt_size,
                                 const char *name);
const struct rt_opt *rt_opt_at(const struct rt_opt *opts, size_t opt_size,
                               int i); /* NULL at the end */
/* A number, flag or choice of a block, read and changed in place: NaN of what
 * is none of them, or unset. */
double rt_args_number(const struct rt_opt *o, const void *args);
void rt_args_set_number(const struct rt_opt *o, void *args, double v);
/* A table of somebody else's, before it is used.
 * Errors: RT_EPLUGIN for entries too small, an unknown kind, a field outside
 *         the struct, a default that does not parse. */
int rt_opts_check(const struct rt_opt *opts, size_t opt_size, size_t args_size,
                  struct rt_err *err);

/* "huber(delta=0.4)" or "acc": the name and the words inside. words is
 * NULL-terminated, one block with *name; free(*name).
 * Errors: RT_EINVAL on unbalanced parentheses. */
int rt_spec_split(const char *text, char **name, const char *const **words,
                  int *n, struct rt_err *err);
/* "a,b(c,d),e" or "(a,b)" split at commas outside parentheses, NULL-terminated;
 * caller frees with free(*v), one block. "out:mse" parts are left to the
 * caller.
 * Errors: RT_EINVAL on unbalanced parentheses and on an empty part. */
int rt_list_split(const char *text, const char ***v, int *n,
                  struct rt_err *err);
/* "lstm 64 {a b}" into its words, as a command line has them: {a b} is one, a
 * backslash outside braces gives what is behind it. NULL-terminated; caller
 * frees with free(*v), one block.
 * Errors: RT_EINVAL on a brace that is not closed, or with text behind it. */
int rt_words_split(const char *text, const char ***v, int *n,
                   struct rt_err *err);
/* One number as users write it: 1e-3, 1/255, 2*0.5, inf, nan. */
int rt_number_parse(const char *text, double *v, struct rt_err *err);
#endif
