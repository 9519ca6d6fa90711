#include "shell/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

static const int caught[] = { SIGINT,  SIGTERM,  SIGHUP,
                              SIGUSR1, SIGWINCH, SIGTSTP };
#define N_CAUGHT ((int)(sizeof caught / sizeof *caught))

static int pipe_fd[2] = { -1, -1 };
static pthread_t thread;
static bool running;
static void (*tell)(int);

static void handle(int sig)
{
    int keep = errno;
    unsigned char byte = (unsigned char)sig;
    if (write(pipe_fd[1], &byte, 1) < 0) {
        /* A full pipe holds signals enough. */
    }
    errno = keep;
}

static void *reader(void *arg)
{
    unsigned char byte;
    (void)arg;
    for (;;) {
        ssize_t n = read(pipe_fd[0], &byte, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n != 1 || byte == 0)
            return NULL;
        tell(byte);
    }
}

int rt_signals_start(void (*on)(int signal), struct rt_err *err)
{
    if (pipe2(pipe_fd, O_CLOEXEC))
        return rt_fail_errno(err, "signals: pipe");
    fcntl(pipe_fd[1], F_SETFL, O_NONBLOCK);
    tell = on;
    if (pthread_create(&thread, NULL, reader, NULL))
        return rt_fail(err, RT_ENOMEM, "signals: no thread");
    running = true;
    struct sigaction sa = { .sa_handler = handle, .sa_flags = SA_RESTART };
    sigemptyset(&sa.sa_mask);
    for (int i = 0; i < N_CAUGHT; i++)
        sigaction(caught[i], &sa, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, nobody could wait for a child */
    signal(SIGXFSZ,
           SIG_IGN); /* a file grown too large is an error of its write */
    return 0;
}

void rt_signals_stop(void)
{
    if (!running)
        return;
    for (int i = 0; i < N_CAUGHT; i++)
        signal(caught[i], SIG_DFL);
    unsigned char end = 0;
    if (write(pipe_fd[1], &end, 1) == 1)
        pthread_join(thread, NULL);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
    running = false;
}
