/* Programs that are started: their words, environment and files. */
#include "support.h"

#include "base/spawn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a shell that runs this script says; static. */
static const char *says(const char *script, const char *const *set)
{
    static char text[256];
    const char *words[] = { "sh", "-c", script, NULL };
    posix_spawn_file_actions_t acts;
    int to[2], status;
    pid_t pid;
    assert_int_equal(pipe(to), 0);
    posix_spawn_file_actions_init(&acts);
    posix_spawn_file_actions_adddup2(&acts, to[1], STDOUT_FILENO);
    assert_int_equal(rt_spawn(&pid, "/bin/sh", words, set, &acts), 0);
    posix_spawn_file_actions_destroy(&acts);
    close(to[1]);
    assert_int_equal(getpgid(pid), pid);
    size_t n = 0;
    for (ssize_t got; (got = read(to[0], text + n, sizeof text - 1 - n)) > 0;)
        n += (size_t)got;
    text[n] = '\0';
    close(to[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    return text;
}

static void variables_are_set_instead_of_what_was_there(void **state)
{
    (void)state;
    static const char *const set[] = { "RT_ONE=new", NULL };
    static const char *const none[] = { NULL };
    setenv("RT_ONE", "old", 1);
    setenv("RT_ONE_MORE", "stays", 1);
    assert_string_equal(
        says("echo $RT_ONE $RT_ONE_MORE; env | grep -c ^RT_ONE=", set),
        "new stays\n1\n");
    assert_string_equal(says("echo $RT_ONE", none), "old\n");
}

static void it_reads_nothing(void **state)
{
    (void)state;
    static const char *const none[] = { NULL };
    assert_string_equal(says("cat; echo end", none), "end\n");
}

static void a_program_that_is_not_there_is_an_errno(void **state)
{
    (void)state;
    static const char *const none[] = { NULL };
    const char *words[] = { "nobody", NULL };
    posix_spawn_file_actions_t acts;
    pid_t pid;
    posix_spawn_file_actions_init(&acts);
    assert_int_equal(rt_spawn(&pid, "/nowhere/nobody", words, none, &acts),
                     ENOENT);
    posix_spawn_file_actions_destroy(&acts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_are_set_instead_of_what_was_there),
        cmocka_unit_test(it_reads_nothing),
        cmocka_unit_test(a_program_that_is_not_there_is_an_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
