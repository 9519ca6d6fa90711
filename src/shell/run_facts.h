/* All that is known of a recorded run as one flat dict, under the names that
 * filters, columns and comparisons use: what it is, its settings (the options
 * of its optimizer, too), the newest value of each series and its best as
 * best_KEY, then the variables of a sweep's point. A name that is taken stays
 * the first's: lr is the setting. */
#ifndef RT_SHELL_RUN_FACTS_H
#define RT_SHELL_RUN_FACTS_H
#include "shell/result.h"
#include "shell/session.h"

/* v becomes a dict. results: with what its series came to, which the store is
 * asked for. */
int rt_run_facts(struct rt_session *s, const struct rt_run_row *r, bool results,
                 struct rt_value *v, struct rt_err *err);
/* Seconds a run took; NaN for one that nobody saw end. */
double rt_run_seconds(const struct rt_run_row *r);
#endif
