#include "base/spawn.h"

#include "base/mem.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static bool is_set(const char *const *set, const char *variable)
{
    size_t n = strcspn(variable, "=") + 1;
    for (int i = 0; set[i]; i++)
        if (!strncmp(set[i], variable, n))
            return true;
    return false;
}

/* posix_spawn takes texts as if it could change them. */
static char **add_all(char **list, int *at, const char *const *texts)
{
    for (int i = 0; texts[i]; i++)
        list[(*at)++] = rt_xstrdup(texts[i]);
    return list;
}

static int count(const char *const *texts)
{
    int n = 0;
    while (texts[n])
        n++;
    return n;
}

static void release(char **list)
{
    for (int i = 0; list[i]; i++)
        free(list[i]);
    free(list);
}

static char **environment(const char *const *set)
{
    const char *const *now = (const char *const *)environ;
    char **env =
        rt_xcalloc((size_t)count(now) + (size_t)count(set) + 1, sizeof *env);
    int n = 0;
    for (int i = 0; now[i]; i++)
        if (!is_set(set, now[i]))
            env[n++] = rt_xstrdup(now[i]);
    return add_all(env, &n, set);
}

int rt_spawn(pid_t *pid, const char *program, const char *const *words,
             const char *const *set, posix_spawn_file_actions_t *acts)
{
    posix_spawnattr_t attr;
    sigset_t none, all;
    int n = 0;
    char **argv = rt_xcalloc((size_t)count(words) + 1, sizeof *argv);
    char **env = environment(set);
    add_all(argv, &n, words);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_addopen(acts, STDIN_FILENO, "/dev/null", O_RDONLY,
                                     0);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
                                        POSIX_SPAWN_SETSIGMASK |
                                        POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    int rc = posix_spawn(pid, program, acts, &attr, argv, env);
    posix_spawnattr_destroy(&attr);
    release(argv);
    release(env);
    return rc;
}
