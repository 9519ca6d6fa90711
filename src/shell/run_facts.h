/* All that is known of a recorded run as one flat dict: settings and results
 * under the names that filters, columns and comparisons use. */
#ifndef RT_SHELL_RUN_FACTS_H
#define RT_SHELL_RUN_FACTS_H
#include "shell/result.h"
#include "store/runs.h"
#include "train/history.h"

/* v becomes a dict. */
void rt_run_facts(const struct rt_run_row *r, const struct rt_history *h,
                  struct rt_value *v);
/* Seconds a run took; NaN for one that nobody saw end. */
double rt_run_seconds(const struct rt_run_row *r);
#endif
