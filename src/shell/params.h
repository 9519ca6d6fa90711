/* Settings of scripts: `param NAME DEFAULT` asks for one, NAME=VALUE on the
 * command line gives it. A script says only by running what it asks for, but
 * what it could ask for stands in it: rt_params_foresee before it runs,
 * rt_params_unasked at its first fit, rt_params_check when it has run. */
#ifndef RT_SHELL_PARAMS_H
#define RT_SHELL_PARAMS_H
#include "shell/session.h"

/* A setting that was given and stands nowhere in the script as a name behind
 * `param`, nor in the files that it takes in with source: an error before
 * anything is computed. Where it asks by a name that is made as it runs, or
 * runs what is written elsewhere, nothing can be told. file: where the text is
 * from, or NULL.
 * Errors: RT_EINVAL with the nearest name. */
int rt_params_foresee(struct rt_session *s, const char *file, const char *text,
                      struct rt_err *err);
/* The first setting that nothing has asked for so far, or NULL. */
const char *rt_params_unasked(const struct rt_session *s);
/* All that ran: a setting that nothing asked for.
 * Errors: RT_EINVAL with the nearest name. */
int rt_params_check(struct rt_session *s, struct rt_err *err);
#endif
