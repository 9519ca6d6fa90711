/* Files that are given for a script. */
#ifndef RT_SHELL_SCRIPT_FILE_H
#define RT_SHELL_SCRIPT_FILE_H
#include "base/err.h"

/* Errors: RT_EIO of what cannot be read, is the name of a command, a folder, or
 * no text (a model): what would have been right is said. */
int rt_script_check(const char *file, struct rt_err *err);
#endif
