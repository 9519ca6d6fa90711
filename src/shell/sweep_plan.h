/* Which points a sweep has: all of a grid, random ones, or those that halving
 * comes to. Order: rt_sweep_plan_make; for halving rt_sweep_plan_next after
 * each round, until it says that there is none; rt_sweep_plan_release. */
#ifndef RT_SHELL_SWEEP_PLAN_H
#define RT_SHELL_SWEEP_PLAN_H
#include "shell/result.h"
#include "shell/session.h"
#include "shell/space.h"

struct rt_sweep_plan {
    RT_VEC(char *) settings; /* of each point a Tcl list: lr 0.1 seed 1 */
    struct rt_space space;
    int factor; /* of halving: one of so many goes on; else 0 */
    double epochs, most;
    int round; /* index of the first point of this round */
};
/* method: grid, random:N, halving or halving:FACTOR. Errors: RT_EINVAL for
 * another, for a space that does not say how many, for halving without
 * epochs=A..B. */
int rt_sweep_plan_make(struct rt_session *s, const char *space,
                       const char *method, struct rt_sweep_plan *p,
                       struct rt_err *err);
/* Adds the points of the next round, which are the best of this one with more
 * epochs; rows: what there is (rt_sweep_rows) in the plan's order. false: there
 * is none, or none of this round has the goal. */
bool rt_sweep_plan_next(struct rt_session *s, struct rt_sweep_plan *p,
                        const struct rt_value *rows, const char *goal,
                        bool maximize);
void rt_sweep_plan_release(struct rt_sweep_plan *p);
#endif
