/* Programs that are started, never forked: the child of a thread would have the
 * locks of the others. */
#ifndef RT_BASE_SPAWN_H
#define RT_BASE_SPAWN_H
#include <spawn.h>
#include <sys/types.h>

/* A program with its words (the first is its name, NULL at the end) in a
 * process group of its own: Ctrl-C is for the session, not for it. It reads
 * /dev/null, has no signal blocked or handled, and the environment with these
 * NAME=VALUE (NULL at the end) instead of what was there. acts: further files,
 * initialised; stays the caller's.
 * Errors: an errno; 0 is good. */
int rt_spawn(pid_t *pid, const char *program, const char *const *words,
             const char *const *set, posix_spawn_file_actions_t *acts);
#endif
