/* --json: each result of a script's own commands as one line of JSON on
 * standard output; all that is said to people goes to standard error.
 *   {"line":3,"command":"evaluate","value":{"loss":0.31,"acc":0.9}}
 *   {"error":"fit: ...","code":"EINVAL","exit":1} */
#ifndef RT_SHELL_JSON_LINES_H
#define RT_SHELL_JSON_LINES_H
#include "shell/session.h"

/* For struct rt_interp_each. */
void rt_json_told(void *ctx, const char *name, int line,
                  const struct rt_value *value, const char *text);
void rt_json_error(const struct rt_err *err);
/* For rt_session.print. */
void rt_json_print(struct rt_session *s, const char *text);
#endif
