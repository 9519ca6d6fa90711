/* What a command's usage line says of its next word. It is a list of
 * alternatives, " | " between them, that may begin with a verb:
 *   [add] KIND [its options] | set NAME key=value... | delete|restore RUN...
 * Words in capitals stand for names: RUN, LAYER, FILE, ... */
#ifndef RT_SHELL_COMPLETE_USAGE_H
#define RT_SHELL_COMPLETE_USAGE_H
#include "shell/complete_names.h"

/* Adds the verbs, and words that lead to something: [until {condition}]. */
void rt_usage_verbs(struct rt_candidates *l, const char *usage);
void rt_usage_leads(struct rt_candidates *l, const char *usage);
/* Whether words[1] is a verb of it: then what it says decides all, and
 * rt_usage_follow adds the at-th word behind the verb (1 the first). own: what
 * NAME stands for. */
bool rt_usage_has(const char *usage, const char *verb);
void rt_usage_follow(struct rt_candidates *l, struct rt_session *s,
                     const char *usage, const char *verb, int at, int own);
/* Whether an alternative that begins with the verb has the option key=. */
bool rt_usage_takes(const char *usage, const char *verb, const char *key);
/* Adds inputs and outputs where the usage has INPUT=... and OUTPUT=...; false:
 * it has not. */
bool rt_usage_pairs(struct rt_candidates *l, struct rt_session *s,
                    const char *usage);
#endif
