#include "shell/child.h"

#include "base/clock.h"
#include "base/guard.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/vec.h"
#include "shell/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 10.0 /* seconds it has to end when it is asked to */

int rt_child_start(struct rt_session *s, const struct rt_child *c, pid_t *pid,
                   struct rt_err *err)
{
    posix_spawn_file_actions_t acts;
    RT_VEC(const char *) words = { 0 };
    char threads[48], *safe = NULL;
    const char *set[] = { c->threads ? threads : NULL, NULL };
    snprintf(threads, sizeof threads, "RETORT_THREADS=%d", c->threads);
    rt_vec_push(&words, "retort");
    for (int i = 0; c->words[i]; i++)
        rt_vec_push(&words, c->words[i]);
    if (s->safe) {
        safe = rt_xprintf("--safe=%s", rt_guard_root());
        rt_vec_push(&words, safe);
    }
    rt_vec_push(&words, NULL);
    posix_spawn_file_actions_init(&acts);
    if (c->log) {
        posix_spawn_file_actions_addopen(
            &acts, STDOUT_FILENO, c->log,
            O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
        posix_spawn_file_actions_adddup2(&acts, STDOUT_FILENO, STDERR_FILENO);
    }
    if (c->says >= 0)
        posix_spawn_file_actions_adddup2(&acts, c->says, 3);
    fflush(stdout);
    int rc = rt_spawn(pid, s->program, words.v, set, &acts);
    posix_spawn_file_actions_destroy(&acts);
    rt_vec_release(&words);
    free(safe);
    if (!rc)
        return 0;
    errno = rc;
    return rt_fail_errno(err, "starting %s", s->program);
}

int rt_child_urge(struct rt_session *s, struct rt_child_end *end)
{
    struct timespec a_while = { .tv_nsec = 20000000 };
    if (end->until == 0) {
        end->until = rt_clock_now() + PATIENCE;
        return SIGTERM;
    }
    nanosleep(&a_while, NULL);
    if (end->forced || (rt_clock_now() <= end->until && !s->interrupted()))
        return 0;
    end->forced = true;
    return SIGKILL;
}

int rt_child_wait(struct rt_session *s, pid_t pid, int *status,
                  struct rt_err *err)
{
    struct rt_child_end end = { 0 };
    bool stopped = false;
    rt_loop_answer(1);
    while (waitpid(pid, status, WNOHANG) == 0) {
        stopped = stopped || s->pump(s, 0.05);
        int sig = stopped ? rt_child_urge(s, &end) : 0;
        if (sig)
            kill(pid, sig);
    }
    rt_loop_answer(-1);
    return stopped ? rt_fail(err, RT_ECANCEL, "stopped") : 0;
}

void rt_child_begin(void)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    fcntl(3, F_SETFD, FD_CLOEXEC);
}
