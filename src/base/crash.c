/* The crash handler. It runs on a stack of its own, since the one that crashed
 * may be full, and calls nothing that is not safe in a signal handler. */
#include "base/crash.h"

#include "base/err.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { STACK = 64 * 1024 };

static const struct fatal {
    int number;
    const char *text;
} fatal[] = {
    { SIGSEGV, "segmentation fault" },
    { SIGBUS, "bus error" },
    { SIGFPE, "arithmetic fault" },
    { SIGILL, "illegal instruction" },
    { SIGABRT, "abort" },
};
enum { N_FATAL = sizeof fatal / sizeof *fatal };

/* Written while no screen is up, then made visible by the flag. */
static struct {
    char escapes[256];
    size_t n_escapes;
    int tty, real_stderr;
    struct termios modes;
    bool has_modes;
} screen;
static atomic_bool screen_up;

/* How the terminal was at the start, before readline or curses. */
static struct termios first_modes;
static bool has_first_modes;

static pthread_once_t thread_key_made = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key; /* set in each thread that runs guests */
static _Thread_local const char *guest;
static _Thread_local void *own_stack;
static _Thread_local stack_t old_stack;

static void say(const char *text)
{
    ssize_t done = write(STDERR_FILENO, text, strlen(text));
    (void)done; /* nobody is left to be told */
}

static void restore_terminal(void)
{
    /* in the background, setting modes would stop the process instead */
    signal(SIGTTOU, SIG_IGN);
    if (atomic_load(&screen_up)) {
        ssize_t done = write(screen.tty, screen.escapes, screen.n_escapes);
        (void)done;
        if (screen.has_modes)
            tcsetattr(screen.tty, TCSANOW, &screen.modes);
        if (screen.real_stderr >= 0)
            dup2(screen.real_stderr, STDERR_FILENO);
    } else if (has_first_modes) {
        tcsetattr(STDIN_FILENO, TCSANOW, &first_modes);
    }
}

/* The first who comes here tells what ended the program; others wait for the
 * end. */
static void tell(const char *what)
{
    static atomic_flag begun = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&begun))
        for (;;)
            pause();
    restore_terminal();
    say("\nretort: ");
    say(what);
    if (guest) {
        say(" in ");
        say(guest);
    }
    say("\n");
}

/* The signal is blocked until the handler returns; then the one raised here,
 * or the faulting instruction again, ends the process and dumps its core. */
static void handle(int number)
{
    const char *what = "signal";
    for (int i = 0; i < N_FATAL; i++)
        if (fatal[i].number == number)
            what = fatal[i].text;
    tell(what);
    signal(number, SIG_DFL);
    raise(number);
}

void rt_crash_out_of_memory(void)
{
    tell("out of memory");
    _exit(rt_status_exit(RT_ENOMEM));
}

/* Guests that end the program, or their thread, without a signal. What is
 * registered for an exit is left out: our other threads are at work yet. */
static void exit_called(void)
{
    if (!guest)
        return;
    tell("exit called");
    _exit(rt_status_exit(RT_EPLUGIN));
}

static void thread_ended(void *stack)
{
    (void)stack;
    if (!guest)
        return;
    tell("the thread was ended");
    _exit(rt_status_exit(RT_EPLUGIN));
}

static void make_thread_key(void)
{
    pthread_key_create(&thread_key, thread_ended);
}

void rt_crash_install(void)
{
    struct sigaction sa = { .sa_handler = handle, .sa_flags = SA_ONSTACK };
    sigemptyset(&sa.sa_mask);
    for (int i = 0; i < N_FATAL; i++)
        sigaddset(&sa.sa_mask, fatal[i].number);
    has_first_modes = tcgetattr(STDIN_FILENO, &first_modes) == 0;
    atexit(exit_called);
    at_quick_exit(exit_called);
    rt_crash_thread();
    for (int i = 0; i < N_FATAL; i++)
        sigaction(fatal[i].number, &sa, NULL);
}

/* What was there before is put back at the end: a sanitizer frees the stack
 * that it finds. */
void rt_crash_thread(void)
{
    if (own_stack)
        return;
    own_stack = rt_xmalloc(STACK);
    stack_t stack = { .ss_sp = own_stack, .ss_size = STACK };
    sigaltstack(&stack, &old_stack);
    pthread_once(&thread_key_made, make_thread_key);
    pthread_setspecific(thread_key, own_stack);
}

void rt_crash_thread_end(void)
{
    if (!own_stack)
        return;
    sigaltstack(&old_stack, NULL);
    pthread_setspecific(thread_key, NULL);
    free(own_stack);
    own_stack = NULL;
}

void rt_crash_guest(const char *who)
{
    guest = who;
}

const char *rt_crash_guest_now(void)
{
    return guest;
}

void rt_crash_screen_on(const char *escapes, int tty_fd, int real_stderr)
{
    rt_crash_screen_off();
    size_t n = strnlen(escapes, sizeof screen.escapes);
    memcpy(screen.escapes, escapes, n);
    screen.n_escapes = n;
    screen.tty = tty_fd;
    screen.real_stderr = real_stderr;
    screen.has_modes = true;
    if (has_first_modes)
        screen.modes = first_modes;
    else
        screen.has_modes = tcgetattr(tty_fd, &screen.modes) == 0;
    atomic_store(&screen_up, true);
}

void rt_crash_screen_off(void)
{
    atomic_store(&screen_up, false);
}
