#include "shell/child.h"

#include "base/clock.h"
#include "base/guard.h"
#include "base/mem.h"
#include "shell/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 10.0 /* seconds it has to end when it is asked to */

extern char **environ;

/* The environment with another number of threads. */
static char **environment(char *threads)
{
    static const char name[] = "RETORT_THREADS=";
    int n = 0, kept = 0;
    while (environ[n])
        n++;
    char **env = rt_xcalloc((size_t)n + 2, sizeof *env);
    for (int i = 0; i < n; i++)
        if (!threads || strncmp(environ[i], name, sizeof name - 1))
            env[kept++] = environ[i];
    env[kept] = threads;
    return env;
}

/* posix_spawn takes them as if it could change them. */
static char **arguments(struct rt_session *s, const char *const *words)
{
    int n = 0, at = 0;
    while (words[n])
        n++;
    char **argv = rt_xcalloc((size_t)n + 3, sizeof *argv);
    argv[at++] = rt_xstrdup("retort");
    for (int i = 0; i < n; i++)
        argv[at++] = rt_xstrdup(words[i]);
    if (s->safe)
        argv[at++] = rt_xprintf("--safe=%s", rt_guard_root());
    return argv;
}

int rt_child_start(struct rt_session *s, const struct rt_child *c, pid_t *pid,
                   struct rt_err *err)
{
    posix_spawn_file_actions_t acts;
    posix_spawnattr_t attr;
    sigset_t none, all;
    char threads[48];
    snprintf(threads, sizeof threads, "RETORT_THREADS=%d", c->threads);
    char **env = environment(c->threads ? threads : NULL);
    char **argv = arguments(s, c->words);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&acts);
    posix_spawn_file_actions_addopen(&acts, STDIN_FILENO, "/dev/null", O_RDONLY,
                                     0);
    if (c->log) {
        posix_spawn_file_actions_addopen(
            &acts, STDOUT_FILENO, c->log,
            O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
        posix_spawn_file_actions_adddup2(&acts, STDOUT_FILENO, STDERR_FILENO);
    }
    if (c->says >= 0)
        posix_spawn_file_actions_adddup2(&acts, c->says, 3);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
                                        POSIX_SPAWN_SETSIGMASK |
                                        POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    fflush(stdout);
    int rc = posix_spawn(pid, s->program, &acts, &attr, argv, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&acts);
    for (int i = 0; argv[i]; i++)
        free(argv[i]);
    free(argv);
    free(env);
    if (!rc)
        return 0;
    errno = rc;
    return rt_fail_errno(err, "starting %s", s->program);
}

int rt_child_wait(struct rt_session *s, pid_t pid, int *status,
                  struct rt_err *err)
{
    struct timespec a_while = { .tv_nsec = 20000000 };
    bool stopped = false, forced = false;
    double until = 0;
    rt_loop_answer(1);
    while (waitpid(pid, status, WNOHANG) == 0) {
        if (!stopped && s->pump(s, 0.05)) {
            stopped = true;
            until = rt_clock_now() + PATIENCE;
            kill(pid, SIGTERM);
        }
        if (!stopped)
            continue;
        if (!forced && (rt_clock_now() > until || s->interrupted())) {
            forced = true;
            kill(pid, SIGKILL);
        }
        nanosleep(&a_while, NULL);
    }
    rt_loop_answer(-1);
    return stopped ? rt_fail(err, RT_ECANCEL, "stopped") : 0;
}

void rt_child_begin(void)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    fcntl(3, F_SETFD, FD_CLOEXEC);
}
