/* The scripts of runs. The next run of a session has the script of the run
 * before and some lines more: kept are those lines, and which script they
 * follow, so that a session of n fits writes what it says once and not n times.
 */
#ifndef RT_STORE_SCRIPTS_H
#define RT_STORE_SCRIPTS_H
#include "store/runs.h"

/* "" of a run without one; NULL on errors. Caller frees. Thread: main. */
char *rt_store_script(struct rt_store *s, int run, struct rt_err *err);
#endif
