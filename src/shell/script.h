/* The clean script: the commands that made what there is, in a form that
 * repeats it to the bit. What was only looked at is not in it. An order stands
 * before the fit that it steered, with when=EPOCH:BATCH; a run that was paused
 * goes on there without waiting for anybody. */
#ifndef RT_SHELL_SCRIPT_H
#define RT_SHELL_SCRIPT_H
#include "shell/session.h"

struct rt_script_order { /* that was applied to a run */
    char *line;          /* its command with when= */
    int hold;            /* as struct rt_order_type has it */
};
/* A fit that has begun. */
struct rt_cmd_call;
void rt_script_fit(const struct rt_cmd_call *call, int run);
/* A script of `on` changed a model at rest by what is an order while it trains.
 */
void rt_script_steered(struct rt_session *s, const char *text);
/* Runs that have ended by now will have ended there too: what is recorded next
 * may need it. rt_session_record does the same. */
void rt_script_settle(struct rt_session *s);
/* `wait` stood here, until a condition or (NULL) for the run's end, and was met
 * or the run was over. */
void rt_script_wait(struct rt_session *s, const struct rt_session_run *r,
                    const char *condition);
/* An order kept for a model's next fit, and that none is any more. */
void rt_script_keep(struct rt_session *s, const struct rt_session_model *sm,
                    const char *line);
/* Those there are, a line each. */
void rt_script_kept(const struct rt_session *s,
                    const struct rt_session_model *sm, struct rt_str *out);
/* What a run that is over says in the script becomes plain text. */
void rt_script_forget(struct rt_session *s, const struct rt_session_run *r);
/* A run of before goes on: it stands in the script with its orders. */
void rt_script_resumed(struct rt_session *s, struct rt_session_run *r,
                       const struct rt_run_row *row);
/* The fit of a stored run without the orders that were kept for it. */
const char *rt_script_fit_line(const struct rt_run_row *row);
void rt_script_kept_gone(struct rt_session *s,
                         const struct rt_session_model *sm);
/* "callback set stop patience=9 when=3:0" of the order "callback_set ...", to
 * be freed. false: it is of no kind that is known. */
bool rt_script_order(const char *order, int64_t epoch, int64_t batch,
                     struct rt_script_order *made);
/* A stored run: its script, its orders, its fit. */
int rt_script_of_run(struct rt_session *s, const struct rt_run_row *row,
                     struct rt_str *out, struct rt_err *err);
void rt_script_orders_free(struct rt_script_order *v, int n);
#endif
