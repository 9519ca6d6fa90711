/* Help, made from the tables alone: the overview, a page about one command,
 * the words that mention something, and the reference manual. */
#ifndef RT_SHELL_HELP_H
#define RT_SHELL_HELP_H
#include "shell/cmd.h"

/* All commands by group, a line each. Here and below lines wider than width
 * are broken between words. */
void rt_help_overview(int width, struct rt_str *out);
/* Synopsis: "dense UNITS [activation=NAME] ...". */
void rt_help_usage(const struct rt_cmd *c, struct rt_str *out);
void rt_help_page(const struct rt_cmd *c, int width, struct rt_str *out);
/* Commands, options and records whose name or help mentions the word. */
int rt_help_apropos(const char *word, int width, struct rt_str *out);
/* doc/reference.md. */
void rt_help_reference(struct rt_str *out);
/* Topics beside commands: optimizers, losses, metrics, initializers,
 * activations, callbacks, orders, readers, sources. false: no such topic. */
bool rt_help_topic(const char *name, int width, struct rt_str *out);
/* What is called so within the topics: "generate", "adam", "csv". false: none.
 */
bool rt_help_entry(const char *name, int width, struct rt_str *out);
extern const char *const rt_help_topics[];
/* Calls fn with every name that has a page or an entry. */
void rt_help_each(void (*fn)(void *ctx, const char *name), void *ctx);
#endif
