/* Where this process may write, once somebody has said so (--safe): below the
 * project, and below folders of the program's own. Until then anywhere.
 * Links are followed to where they lead. What is not written through
 * base/file.h asks here itself.
 * Thread: set before others begin; asked by any. */
#ifndef RT_BASE_GUARD_H
#define RT_BASE_GUARD_H
#include "base/err.h"
#include <stdbool.h>

/* From now on only below dir, which exists, and what rt_guard_allow adds.
 * Errors: RT_EIO. */
int rt_guard_project(const char *dir, struct rt_err *err);
void rt_guard_allow(const char *dir);
/* The project, an absolute path; NULL: it may write anywhere. */
const char *rt_guard_root(void);
/* 0, or RT_EIO "x: cannot write, --safe allows it below DIR alone". */
int rt_guard_write(const char *path, struct rt_err *err);
/* The same for names that a user chose: the project alone. */
int rt_guard_user(const char *path, struct rt_err *err);
#endif
