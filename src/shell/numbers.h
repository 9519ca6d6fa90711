/* Numbers that a user types as a list. */
#ifndef RT_SHELL_NUMBERS_H
#define RT_SHELL_NUMBERS_H
#include "shell/interp.h"

/* The numbers of a list, "0 1 2" and "0,1,2" alike; caller frees.
 * Errors: RT_EINVAL naming the one that is none, RT_ENOMEM. */
float *rt_numbers_parse(struct rt_interp *t, const char *text, int *n,
                        struct rt_err *err);
#endif
