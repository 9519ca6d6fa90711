/* Steering: the one way a command sends an order to a run. While the chosen
 * model trains the order goes to its run, and is answered when it is applied,
 * or when it is known to wait for the boundary that when= names. Before that
 * an order with when= is kept for the model's next fit. Orders that were
 * applied stand in the clean script before their fit (shell/script.h), so a
 * command that steers is not recorded itself.
 *
 * A command with an order: put RT_STEER_WHEN(struct args) into its options
 * with a field `const char *when`, and call rt_steer; one that also changes a
 * model at rest asks rt_steers first. */
#ifndef RT_SHELL_STEER_H
#define RT_SHELL_STEER_H
#include "shell/cmd.h"

#define RT_STEER_WHEN(type)                                                    \
    RT_OPT(type, when, .def = "",                                              \
           .help = "EPOCH:BATCH to wait for (3:17: after batch 17 of epoch "   \
                   "3); before a fit: kept for it")

/* Whether an order goes to a run or is kept for one: the chosen model trains,
 * or `when` (NULL: not given) says when. */
bool rt_steers(struct rt_cmd_call *call, const char *when);
/* The run of the chosen model that goes on, or NULL. */
struct rt_session_run *rt_steer_live(struct rt_session *s);
/* Sends words as an order to the chosen model's run, or keeps them for its next
 * fit. call->out says what came of it; its value is the order's answer.
 * Errors: RT_ESTATE when nothing trains and `when` is NULL; what the order
 *         says; a boundary that has passed or lies behind the epochs. */
int rt_steer(struct rt_cmd_call *call, const char *when,
             const char *const *words, int n, struct rt_err *err);
/* The command itself as the order: its name and its words but for when=. */
int rt_steer_words(struct rt_cmd_call *call, const char *when,
                   struct rt_err *err);
/* The same to the run of an id; NULL: the chosen model's, else the newest that
 * lives. */
int rt_steer_run(struct rt_cmd_call *call, const char *id, const char *when,
                 const char *const *words, int n, struct rt_err *err);

/* A fit begins: what was kept for its model goes to the run, which has not
 * been started. Errors: an order that cannot come; all stay kept. */
int rt_steer_begin(struct rt_session_model *sm, struct rt_run *run,
                   struct rt_err *err);
/* It has begun, or they are dropped: nothing is kept any more. */
void rt_steer_begun(struct rt_session *s, struct rt_session_model *sm);
/* The fit is left out: what was kept for it has changed the model's callbacks,
 * and undo goes no further back than it would behind the fit. */
void rt_steer_skip(struct rt_session *s);
/* RT_EV_ORDER: an order that was applied to r is noted for the clean script;
 * one about callbacks that had waited changes the model's too, as a command
 * without when= did at once. */
void rt_steer_applied(struct rt_session_run *r, const struct rt_event *e);
#endif
