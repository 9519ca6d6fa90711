/* A session made again from the script of a recorded run, beside the one that
 * is used: its models and data sets can be taken over when all is well, and
 * nothing has changed when it is not. */
#ifndef RT_SHELL_REBUILD_H
#define RT_SHELL_REBUILD_H
#include "shell/session.h"

/* fits: they are made again too, silently; else left out with all that acts on
 * runs. Freed with rt_rebuild_free.
 * Errors: the command's that failed, with its line. */
struct rt_session *rt_rebuild(struct rt_session *s, const char *script,
                              bool fits, struct rt_err *err);
/* Whether it can be taken over. Errors: RT_EEXIST naming what differs. */
int rt_rebuild_check(struct rt_session *s, const struct rt_session *from,
                     struct rt_err *err);
/* Models, data sets and definitions go to s, after that. What s has under the
 * same name is kept if it is a data set of the same contents. */
void rt_rebuild_take(struct rt_session *s, struct rt_session *from);
void rt_rebuild_free(struct rt_session *from);
#endif
