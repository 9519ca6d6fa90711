/* The bar and the lines of a fit that somebody waits for: on a terminal a bar
 * that fills, one line an epoch left behind; elsewhere one stable, greppable
 * key=value line an epoch. */
#ifndef RT_SHELL_PROGRESS_H
#define RT_SHELL_PROGRESS_H
#include "shell/result.h"
#include "shell/session.h"

/* Waits until the run is over (or paused), showing its progress. Ctrl-C lets
 * the batch be finished and asks what to do: stop, stop with the best weights,
 * detach, pause, continue. A second one stops without a question, a third one
 * leaves the batch undone, or, where a callback's hook does not return, names
 * the callback and offers to leave (s->abandoned). Errors: RT_ECANCEL when it
 * was stopped by Ctrl-C in batch mode or the program ends; the run's own error
 * when it failed. */
int rt_progress_wait(struct rt_session *s, struct rt_session_run *r,
                     struct rt_err *err);
struct rt_until;
/* The same, but no longer than until u (shell/until.h) is met; *met out.
 * Errors: those of rt_until_met too. */
int rt_progress_until(struct rt_session *s, struct rt_session_run *r,
                      struct rt_until *u, bool *met, struct rt_err *err);
/* Ctrl-Z: whoever waits at a terminal offers to go on behind the prompt before
 * the program stops; false: nobody does. */
bool rt_progress_shelve(void);
/* What a run that is over came to: a dict of run, state, epochs, seconds and
 * the last value of each series; and one line. */
void rt_progress_result(const struct rt_session_run *r, struct rt_result *out);
/* The program ends: interrupts what is live and waits for it. false, with
 * s->abandoned set, when a callback's hook does not return and nobody wants to
 * wait any longer: the training threads must be left as they are. */
bool rt_progress_wind_up(struct rt_session *s);
/* What is said of a run that is no longer waited for though it is not over. */
void rt_progress_left(const struct rt_session_run *r, struct rt_str *out);
/* One line that stays the last of a terminal until the next takes its place;
 * NULL takes it away, which is to be done before anything is printed. */
void rt_progress_line(struct rt_session *s, const char *text);
/* For rt_session_drain: an epoch, of a run that is waited for at once, of
 * another above the prompt now and then; a message of any run; the end of one
 * that nobody waits for. */
void rt_progress_epoch(struct rt_session *s, struct rt_session_run *r,
                       const struct rt_event *e);
void rt_progress_message(struct rt_session *s, struct rt_session_run *r,
                         const char *who, const char *text);
void rt_progress_end(struct rt_session *s, struct rt_session_run *r);
#endif
