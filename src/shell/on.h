/* on EVENT {script}: Tcl that runs at events of the session's runs. An event is
 * noted as it is drained from the bus, and its scripts run on the main thread a
 * little later, between commands or while one waits: the run has gone on. What
 * they order is recorded with its place, and a replay has those orders instead
 * of the scripts: the clean script holds neither `on` nor what it calls, but for
 * fits, and what would have been an order had the run not ended before.
 *
 * A script finds the dict $event (event, run, name, state, epoch, batch; of an
 * epoch its series, of an order who and order, of a checkpoint why) and the
 * run's model chosen. One that fails is told and taken away. Scripts of an
 * event run in the order they were given, one at a time. */
#ifndef RT_SHELL_ON_H
#define RT_SHELL_ON_H
#include "shell/session.h"

extern const char *const rt_on_events[]; /* ends with NULL */
/* Notes what an event of the bus means, if a script is there for it. */
void rt_on_event(struct rt_session *s, const struct rt_session_run *r,
                 const struct rt_event *e);
/* Runs the scripts of what was noted, for a while or for all of it; none within
 * one of them. */
void rt_on_serve(struct rt_session *s, bool all);
void rt_on_remove(struct rt_session *s, int event); /* all its scripts */
void rt_on_release(struct rt_session *s);
#endif
