/* Layers that the words of a command made before it was called: [relu] within
 * `dense 3 activation=[relu]`. If the command then refuses its words, nothing
 * is to be left of them. */
#ifndef RT_SHELL_MADE_H
#define RT_SHELL_MADE_H
#include "shell/cmd.h"

struct rt_made {
    RT_VEC(char *) v; /* layer commands that succeeded just before */
};
void rt_made_forget(struct rt_made *m);
void rt_made_release(struct rt_made *m);
/* The command, written so in the script, was called and gave rc: keeps account,
 * or takes back what its words made and says so in err. */
void rt_made_note(struct rt_made *m, struct rt_session *s,
                  const struct rt_cmd *cmd, const char *source, int rc,
                  struct rt_err *err);
/* Fails for a command that nobody knows: a list that was written in brackets,
 * an assignment of Python's (next, the word behind it, is "="; NULL: none), the
 * name of a layer or model of the session, or one with others near to it. */
void rt_made_unknown(const struct rt_session *s, const char *name,
                     const char *next, struct rt_err *err);
#endif
