/* Another process of this program, for work that must not be this session's:
 * a sweep's point, a run repeated. posix_spawn, never fork without exec. It
 * stands in a process group of its own: Ctrl-C is for whoever waits for it.
 * Thread: main. */
#ifndef RT_SHELL_CHILD_H
#define RT_SHELL_CHILD_H
#include "shell/session.h"

#include <sys/types.h>

struct rt_child {
    const char *const *words; /* behind the program's name; NULL-terminated */
    const char *log; /* what it prints goes to this file; NULL: where this
                        session's goes */
    int threads;     /* that compute; 0: as this session */
    int says;        /* its descriptor 3, to be closed by the caller; -1 none */
};
/* Errors: RT_EIO, RT_ENOMEM: what the system said. */
int rt_child_start(struct rt_session *s, const struct rt_child *c, pid_t *pid,
                   struct rt_err *err);
/* Waits, serving events, until it ends: its status as waitpid has it. When it
 * is interrupted or the program ends, it is asked to end, and made to after a
 * while. Errors: RT_ECANCEL then. */
int rt_child_wait(struct rt_session *s, pid_t pid, int *status,
                  struct rt_err *err);
/* How children that are to end are made to: asked again and again, this waits a
 * little and returns the signal that is to be sent to them now, SIGTERM first,
 * SIGKILL when they had their time or it is interrupted once more; else 0. */
struct rt_child_end {
    double until; /* 0: not asked yet */
    bool forced;
};
int rt_child_urge(struct rt_session *s, struct rt_child_end *end);
/* Within a child: it does not outlive the one that started it. */
void rt_child_begin(void);
#endif
