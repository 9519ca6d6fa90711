/* Where a data set comes from: the word behind the name in `data NAME KIND ...`
 * is a reader of files (files/readers.def) or one of the ways that make rows
 * of other sets, of numbers or of nothing. */
#ifndef RT_SHELL_SOURCES_H
#define RT_SHELL_SOURCES_H
#include "shell/session.h"

/* All that may stand there, NULL-terminated. */
extern const char *const rt_source_kinds[];

/* A new data set, from the words behind the kind.
 * Errors: RT_ENOENT for a kind there is not; those of options, readers and of
 *         the way itself, told with the kind. */
struct rt_dataset *rt_source_make(struct rt_session *s, const char *name,
                                  const char *kind, const char *const *words,
                                  int n, struct rt_err *err);
/* Options of the kind among a command's words, as rt_cmd.more. */
const struct rt_opt *rt_source_more(const struct rt_session *s,
                                    const char *const *words, int n,
                                    size_t *size, int *first);
/* The i-th that is no reader: a line of help, its options and more of them, or
 * NULL; NULL past the last. */
const char *rt_source_help(int i, const char **name, const struct rt_opt **opts,
                           const struct rt_opt **more);
/* Which positional word of a kind is an expression, from 1; 0: none. */
int rt_source_expression(const char *kind);
#endif
