/* --json: each result of a script's own commands as one line of JSON on
 * standard output; all that is said to people goes to standard error.
 *   {"line":3,"command":"evaluate","value":{"loss":0.31,"acc":0.9}}
 *   {"error":"fit: ...","code":"EINVAL","exit":1} */
#ifndef RT_SHELL_JSON_LINES_H
#define RT_SHELL_JSON_LINES_H
#include "shell/session.h"

/* Errors: the script's, its text with name and line. */
int rt_json_text(struct rt_session *s, const char *text, const char *name,
                 struct rt_err *err);
int rt_json_file(struct rt_session *s, const char *file, struct rt_err *err);
void rt_json_error(const struct rt_err *err);
/* For rt_session.print. */
void rt_json_print(struct rt_session *s, const char *text);
#endif
