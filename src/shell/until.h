/* A condition over the series of a run, "val_loss < 0.1 and epoch > 3", held
 * against every epoch as its news arrive.
 * Order: rt_until_new, rt_until_met as often as wanted, rt_until_free. */
#ifndef RT_SHELL_UNTIL_H
#define RT_SHELL_UNTIL_H
#include "shell/session.h"

struct rt_until; /* opaque */
/* text is an expression without variables. Errors: RT_EINVAL with the place. */
struct rt_until *rt_until_new(const char *text, struct rt_session_run *r,
                              struct rt_err *err);
void rt_until_free(struct rt_until *u);
/* 1 if it held at the newest epoch when first asked, or at any since; 0 not
 * yet; once its series are known an error if a name is none of them. A series
 * that has no value yet is NaN, which no comparison holds for.
 * Errors: RT_ENOENT with the nearest names. */
int rt_until_met(struct rt_until *u, struct rt_err *err);
#endif
