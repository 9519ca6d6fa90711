/* Who owns a run: an flock on a file, held as long as the run lives, gone with
 * its process however that ends. Children never inherit it (O_CLOEXEC). */
#ifndef RT_STORE_LOCK_H
#define RT_STORE_LOCK_H
#include "base/err.h"
#include <stdbool.h>

/* Makes the file if need be, takes the lock and writes who has it.
 * Errors: RT_EBUSY with the owner ("process 4711 on ada"), RT_EIO. */
int rt_lock_take(const char *path, int *fd, struct rt_err *err);
void rt_lock_drop(int fd);
/* Whether someone holds it. Without the file: nobody. */
bool rt_lock_held(const char *path);
#endif
