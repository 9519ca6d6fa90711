/* Runs that are long enough to be met on their way, for tests. */
#ifndef RT_TESTS_RUN_CASE_H
#define RT_TESTS_RUN_CASE_H
#include "fit_case.h"

#include <pthread.h>

#define LONG 100000 /* epochs: until somebody ends it */

static inline void open_long(struct fit_case *c)
{
    case_open(c, SPIRAL_MODEL, spiral(50)); /* 3 batches an epoch */
    c->spec.epochs = LONG;
}

static inline void nothing(void *arg)
{
    (void)arg;
}

/* Until the run is beyond so many batches: a look waits for the next one. */
static inline void pass_steps(struct fit_case *c, int64_t steps)
{
    struct rt_snapshot s = { 0 };
    while (s.step < steps) {
        rt_run_look(c->run, nothing, NULL);
        rt_run_snapshot(c->run, &s);
        rt_snapshot_release(&s);
    }
}
#endif
