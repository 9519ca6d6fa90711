/* Runs that are over and that nobody follows any more. A session keeps the
 * newest of them with all that was seen; older ones are in the store, and what
 * looks at runs finds them there: a session that trains for days does not grow.
 */
#ifndef RT_SHELL_FORGET_H
#define RT_SHELL_FORGET_H
#include "shell/session.h"

enum { RT_RUNS_REMEMBERED = 8 };
/* Forgets those that are over but for so many and the newest of each model.
 * Their orders become lines of the clean script. Called when a run begins, as
 * nobody then goes through the runs. */
void rt_session_forget(struct rt_session *s);
/* Ends it if need be. */
void rt_session_run_free(struct rt_session_run *r);
#endif
