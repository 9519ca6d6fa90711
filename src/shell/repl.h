/* The prompt: typed lines become commands, messages appear above the line that
 * is being typed, Ctrl-C and Ctrl-D do what people expect.
 * Order: rt_repl_start, rt_repl_run, rt_repl_stop. Thread: main. */
#ifndef RT_SHELL_REPL_H
#define RT_SHELL_REPL_H
#include "shell/session.h"

void rt_repl_start(struct rt_session *s);
/* Until `quit`, Ctrl-D or a signal; s->quit_code says how it ended. */
void rt_repl_run(struct rt_session *s);
void rt_repl_stop(void);
/* Puts the line away and back (a full screen takes the terminal). */
void rt_repl_suspend(void);
void rt_repl_resume(void);
/* Evaluates a line as if typed there; what is to be shown, errors included,
 * goes to out. Returns 0 or RT_E.... */
int rt_repl_line(struct rt_session *s, const char *line, struct rt_str *out);
/* Text to the terminal, above the line if one is shown; s->print. */
void rt_repl_print(struct rt_session *s, const char *text);
/* s->ask for a terminal. */
int rt_repl_ask(struct rt_session *s, const char *question, const char *keys);
#endif
