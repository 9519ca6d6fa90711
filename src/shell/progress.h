/* The bar and the lines of a fit that somebody waits for: on a terminal a bar
 * that fills, one line an epoch left behind; elsewhere one stable, greppable
 * key=value line an epoch. */
#ifndef RT_SHELL_PROGRESS_H
#define RT_SHELL_PROGRESS_H
#include "shell/result.h"
#include "shell/session.h"

/* Waits until the run is over (or paused), showing its progress. Ctrl-C asks
 * what to do: stop, detach, pause, continue; a second one within two seconds
 * stops at once. Errors: RT_ECANCEL when it was stopped by Ctrl-C in batch
 * mode or the program ends; the run's own error when it failed. */
int rt_progress_wait(struct rt_session *s, struct rt_session_run *r,
                     struct rt_err *err);
/* What a run that is over came to: a dict of run, state, epochs, seconds and
 * the last value of each series; and one line. */
void rt_progress_result(const struct rt_session_run *r, struct rt_result *out);
/* An epoch's values: "epoch 3/50  loss 0.1234  val_loss 0.0891" or, plain,
 * "epoch=3/50 loss=0.1234 val_loss=0.0891". */
void rt_progress_epoch(const struct rt_session_run *r,
                       const struct rt_event *e, bool plain,
                       struct rt_str *out);
/* For rt_session_drain: an event of a run that is waited for; a message of any
 * run. */
void rt_progress_event(struct rt_session *s, struct rt_session_run *r,
                       const struct rt_event *e);
void rt_progress_message(struct rt_session *s, struct rt_session_run *r,
                         const char *who, const char *text);
#endif
