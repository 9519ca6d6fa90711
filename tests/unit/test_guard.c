/* Where this process may write. */
#include "support.h"

#include "base/file.h"
#include "base/guard.h"
#include "base/mem.h"

#include <sys/stat.h>
#include <unistd.h>

static struct rt_err err;

static char *below(const char *name)
{
    return rt_path_join(rt_test_temp(), name);
}

static void anywhere_until_it_is_said(void **state)
{
    (void)state;
    assert_null(rt_guard_root());
    rt_assert_ok(rt_guard_write("/nowhere/at/all", &err), &err);
    rt_assert_ok(rt_guard_user("/nowhere/at/all", &err), &err);
}

static void below_the_project_and_what_is_allowed(void **state)
{
    char *project = below("project"), *other = below("other");
    (void)state;
    rt_assert_ok(rt_dir_make(project, &err), &err);
    rt_assert_ok(rt_guard_project(project, &err), &err);
    rt_guard_allow(other); /* not made yet */
    assert_int_equal(chdir(project), 0);
    assert_int_equal(mkdir("in", 0777), 0);
    assert_int_equal(symlink("..", "up"), 0);
    assert_int_equal(symlink("../gone", "gone"), 0);
    assert_int_equal(symlink("in", "within"), 0);
    static const struct {
        const char *path;
        bool write, user;
    } is[] = {
        { "a.txt", true, true },
        { "in/a.txt", true, true },
        { "new/b/c", true, true },
        { "within/a", true, true },
        { "./in/../x", true, true },
        { "in/..", true, true },
        { ".", true, true },
        { "/dev/null", true, true },
        { "../x", false, false },
        { "up/x", false, false },
        { "gone", false, false },
        { "new/../../x", false, false },
        { "new/..", false, false },
        { "/etc/x", false, false },
        { "../projects/x", false, false },
        { "../project", true, true },
        { "../other/x", true, false },
        { "/", false, false },
        { "in/../../other/x", true, false },
    };
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        if (!rt_guard_write(is[i].path, NULL) != is[i].write)
            fail_msg("write %s", is[i].path);
        if (!rt_guard_user(is[i].path, NULL) != is[i].user)
            fail_msg("user %s", is[i].path);
    }
    rt_guard_user("../x", &err);
    rt_assert_error(&err, RT_EIO, "--safe allows it below");
    free(project);
    free(other);
}

static void files_and_folders_ask(void **state)
{
    struct rt_file_replace r;
    (void)state;
    rt_assert_ok(rt_file_write("in/ok", "x", 1, &err), &err);
    assert_int_equal(rt_file_write("../no", "x", 1, &err), RT_EIO);
    assert_int_equal(rt_file_replace_open(&r, "up/no", &err), RT_EIO);
    rt_file_replace_abandon(&r);
    assert_int_equal(rt_dir_make("../no/deep", &err), RT_EIO);
    assert_false(rt_file_exists("../no"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anywhere_until_it_is_said),
        cmocka_unit_test(below_the_project_and_what_is_allowed),
        cmocka_unit_test(files_and_folders_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
