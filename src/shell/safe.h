/* --safe: a script of somebody else's. No programs, no sockets, no loading of
 * libraries, no writing outside the project, no plugins outside the trusted
 * folders, and no other interpreter in which all that could be done. */
#ifndef RT_SHELL_SAFE_H
#define RT_SHELL_SAFE_H
#include "shell/session.h"

/* After rt_interp_new, before any script; for the rest of the process. project:
 * where it may write; NULL: the working folder. */
int rt_safe_begin(struct rt_session *s, const char *project,
                  struct rt_err *err);
#endif
