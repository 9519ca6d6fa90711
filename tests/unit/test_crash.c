#include "support.h"

#include "base/crash.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A stand-in for a plugin that uses up its stack. */
static int deep(int n)
{
    volatile char room[4096];
    room[0] = (char)n;
    return n < 0 ? 0 : deep(n + 1) + room[0];
}

static void *overflow(void *arg)
{
    (void)arg;
    rt_crash_thread();
    rt_crash_guest("plugin 'deep'");
    deep(0);
    return NULL;
}

static void in_a_thread(void)
{
    pthread_t t;
    pthread_create(&t, NULL, overflow, NULL);
    pthread_join(t, NULL);
}

/* Sanitizers keep this signal for themselves, unless they are told at a
 * program's start. */
static void in_a_thread_of_a_new_program(void)
{
    setenv("ASAN_OPTIONS", "handle_segv=0", 1);
    setenv("TSAN_OPTIONS", "handle_segv=0", 1);
    execl("/proc/self/exe", "test_crash", "overflow", (char *)NULL);
}

static void divide(void)
{
    rt_crash_guest("plugin 'sum'");
    raise(SIGFPE);
}

static void our_own_abort(void)
{
    rt_crash_guest("plugin 'sum'");
    rt_crash_guest(NULL);
    abort();
}

static void leave(void)
{
    rt_crash_guest("plugin 'sum'");
    exit(0);
}

static void leave_quickly(void)
{
    rt_crash_guest("plugin 'sum'");
    quick_exit(0);
}

static void *end_thread(void *arg)
{
    rt_crash_thread();
    rt_crash_guest("plugin 'sum'");
    pthread_exit(arg);
}

static void leave_thread(void)
{
    pthread_t t;
    pthread_create(&t, NULL, end_thread, NULL);
    pthread_join(t, NULL);
}

static void our_own_exit(void)
{
    rt_crash_guest("plugin 'sum'");
    rt_crash_guest(NULL);
    exit(6);
}

/* As while a screen is up: stderr leads elsewhere. */
static void with_a_screen(void)
{
    int real = dup(STDERR_FILENO);
    FILE *log = tmpfile();
    dup2(fileno(log), STDERR_FILENO);
    rt_crash_screen_on("<restore>", real, real);
    abort();
}

static void after_a_screen(void)
{
    rt_crash_screen_on("<restore>", STDERR_FILENO, STDERR_FILENO);
    rt_crash_screen_off();
    abort();
}

/* Runs act in a process of its own, which must have said exactly this; returns
 * its status. */
static int status_of(void (*act)(void), const char *want)
{
    int end[2];
    char text[512];
    size_t n = 0;
    ssize_t got;
    assert_int_equal(pipe(end), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
        dup2(end[1], STDERR_FILENO);
        close(end[0]);
        close(end[1]);
        rt_crash_install();
        act();
        _exit(0);
    }
    close(end[1]);
    while ((got = read(end[0], text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)got;
    close(end[0]);
    text[n] = '\0';
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_string_equal(text, want);
    return status;
}

static void dies(void (*act)(void), int number, const char *want)
{
    int status = status_of(act, want);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), number);
}

static void fails(void (*act)(void), const char *want)
{
    int status = status_of(act, want);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), rt_status_exit(RT_EPLUGIN));
}

static void a_crash_names_the_guest(void **state)
{
    (void)state;
    dies(divide, SIGFPE, "\nretort: arithmetic fault in plugin 'sum'\n");
}

static void our_own_crash_names_nobody(void **state)
{
    (void)state;
    dies(our_own_abort, SIGABRT, "\nretort: abort\n");
}

static void a_guest_that_ends_the_program_is_named(void **state)
{
    (void)state;
    fails(leave, "\nretort: exit called in plugin 'sum'\n");
    fails(leave_quickly, "\nretort: exit called in plugin 'sum'\n");
    fails(leave_thread, "\nretort: the thread was ended in plugin 'sum'\n");
    fails(our_own_exit, "");
}

static void a_full_stack_of_a_thread_is_reported(void **state)
{
    (void)state;
    dies(in_a_thread_of_a_new_program, SIGSEGV,
         "\nretort: segmentation fault in plugin 'deep'\n");
}

static void the_screen_is_restored_first(void **state)
{
    (void)state;
    dies(with_a_screen, SIGABRT, "<restore>\nretort: abort\n");
    dies(after_a_screen, SIGABRT, "\nretort: abort\n");
}

static void the_guest_is_of_this_thread(void **state)
{
    (void)state;
    assert_null(rt_crash_guest_now());
    rt_crash_guest("a");
    assert_string_equal(rt_crash_guest_now(), "a");
    rt_crash_guest(NULL);
    assert_null(rt_crash_guest_now());
}

static void the_own_stack_comes_and_goes(void **state)
{
    (void)state;
    stack_t before, now;
    sigaltstack(NULL, &before);
    rt_crash_thread();
    rt_crash_thread();
    sigaltstack(NULL, &now);
    assert_ptr_not_equal(now.ss_sp, before.ss_sp);
    assert_int_equal(now.ss_flags, 0);
    rt_crash_thread_end();
    rt_crash_thread_end();
    sigaltstack(NULL, &now);
    assert_int_equal(now.ss_flags, before.ss_flags);
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "overflow")) {
        rt_crash_install();
        in_a_thread();
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_names_the_guest),
        cmocka_unit_test(our_own_crash_names_nobody),
        cmocka_unit_test(a_guest_that_ends_the_program_is_named),
        cmocka_unit_test(a_full_stack_of_a_thread_is_reported),
        cmocka_unit_test(the_screen_is_restored_first),
        cmocka_unit_test(the_guest_is_of_this_thread),
        cmocka_unit_test(the_own_stack_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
