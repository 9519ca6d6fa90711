#include "support.h"

#include "base/file.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static const char *temp(const char *name)
{
    static char path[4][512];
    static int turn;
    char *p = path[turn++ & 3];
    snprintf(p, sizeof path[0], "%s/%s", rt_test_temp(), name);
    return p;
}

static int entries(const char *dir)
{
    int n = 0;
    DIR *d = opendir(dir);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void holds(const char *path, const void *want, size_t n_want)
{
    struct rt_err err = RT_ERR_INIT;
    unsigned char *data;
    size_t n;
    rt_assert_ok(rt_file_read(path, 0, &data, &n, &err), &err);
    assert_int_equal(n, n_want);
    assert_memory_equal(data, want, n);
    assert_int_equal(data[n], 0);
    free(data);
}

static void refused(const char *path, size_t limit, int code, const char *part)
{
    struct rt_err err = RT_ERR_INIT;
    unsigned char *data;
    size_t n;
    assert_int_equal(rt_file_read(path, limit, &data, &n, &err), code);
    rt_assert_error(&err, code, part);
    assert_null(data);
}

/* ---- reading ------------------------------------------------------------- */

static void files_are_read_whole(void **state)
{
    (void)state;
    static char big[300001];
    memset(big, 'x', sizeof big);
    holds(rt_test_file("empty", "", 0), "", 0);
    holds(rt_test_file("one", "a", 1), "a", 1);
    holds(rt_test_file("big", big, sizeof big), big, sizeof big);
}

static void what_cannot_be_read_is_told(void **state)
{
    (void)state;
    refused(temp("none"), 0, RT_EIO, "none: cannot open: No such file");
    refused(rt_test_temp(), 0, RT_EIO, "is a folder, want a file");
    assert_int_equal(rt_file_read(temp("none"), 0, &(unsigned char *){ 0 },
                                  &(size_t){ 0 }, NULL),
                     RT_EIO);
}

static void the_limit_is_on_the_result(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    unsigned char *data;
    size_t n;
    const char *path = rt_test_file("ten", "0123456789", 10);
    refused(path, 9, RT_EFORMAT,
            "ten: more than the 9 bytes that its header claims");
    rt_assert_ok(rt_file_read(path, 10, &data, &n, &err), &err);
    assert_int_equal(n, 10);
    free(data);
}

static size_t gzip(const char *text, size_t n, unsigned char *out, size_t room)
{
    z_stream z = { 0 };
    unsigned char *in = malloc(n + 1);
    memcpy(in, text, n);
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, 0),
                     Z_OK);
    z.next_in = in;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    free(in);
    return room - z.avail_out;
}

static void gzip_is_seen_through(void **state)
{
    (void)state;
    static char big[1000000];
    static unsigned char packed[20000];
    memset(big, 'y', sizeof big);
    size_t n = gzip(big, sizeof big, packed, sizeof packed);
    const char *path = rt_test_file("big.gz", packed, n);
    holds(path, big, sizeof big);
    refused(path, 999999, RT_EFORMAT,
            "more than the 999999 bytes that its header");
}

static void gzip_may_have_members_and_padding(void **state)
{
    (void)state;
    unsigned char packed[300] = { 0 };
    size_t n = gzip("one ", 4, packed, 100);
    n += gzip("two", 3, packed + n, 100);
    holds(rt_test_file("two.gz", packed, n), "one two", 7);
    holds(rt_test_file("pad.gz", packed, n + 64), "one two", 7);
}

static void damaged_gzip_is_told_with_its_place(void **state)
{
    (void)state;
    unsigned char packed[300];
    size_t n = gzip("some text, some text, other text", 32, packed, 250);
    char want[64];
    snprintf(want, sizeof want, "damaged gzip at byte %zu: it ends too early",
             n - 9);
    refused(rt_test_file("cut.gz", packed, n - 9), 0, RT_EFORMAT, want);
    refused(rt_test_file("two.gz", packed, 2), 0, RT_EFORMAT,
            "damaged gzip at byte 2: it ends too early");
    memcpy(packed + n, "rest", 4);
    refused(rt_test_file("rest.gz", packed, n + 4), 0, RT_EFORMAT,
            "damaged gzip at byte ");
    packed[n - 5] ^= 1; /* the checksum */
    refused(rt_test_file("sum.gz", packed, n), 0, RT_EFORMAT,
            "incorrect data check");
}

static void the_head_is_that_of_the_result(void **state)
{
    (void)state;
    unsigned char packed[300];
    char got[8];
    size_t n = gzip("0123456789", 10, packed, sizeof packed);
    assert_int_equal(rt_file_head(rt_test_file("h.gz", packed, n), got, 8), 8);
    assert_memory_equal(got, "01234567", 8);
    assert_int_equal(rt_file_head(rt_test_file("h", "abc", 3), got, 8), 3);
    assert_memory_equal(got, "abc", 3);
    assert_int_equal(rt_file_head(temp("none"), got, 8), 0);
    assert_int_equal(rt_file_head(rt_test_temp(), got, 8), 0);
    /* what is read from a pipe is gone */
    assert_int_equal(mkfifo(temp("pipe"), 0600), 0);
    assert_int_equal(rt_file_head(temp("pipe"), got, 8), 0);
}

static void damaged_gzip_never_harms(void **state)
{
    (void)state;
    unsigned char packed[300], copy[300];
    size_t n = gzip("some text, some text, other text", 32, packed, 250);
    for (size_t i = 0; i < 8 * n; i++) {
        unsigned char *data;
        size_t got;
        memcpy(copy, packed, n);
        copy[i / 8] ^= (unsigned char)(1u << i % 8);
        const char *path = rt_test_file("flip.gz", copy, n);
        struct rt_err err = RT_ERR_INIT;
        int status = rt_file_read(path, 1000, &data, &got, &err);
        assert_true(status == 0 || status == RT_EFORMAT);
        free(data);
    }
}

/* ---- replacing ----------------------------------------------------------- */

static void writing_makes_and_replaces(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *path = temp("out");
    int before = entries(rt_test_temp());
    rt_assert_ok(rt_file_write(path, "first", 5, &err), &err);
    holds(path, "first", 5);
    rt_assert_ok(rt_file_write(path, "second", 6, &err), &err);
    holds(path, "second", 6);
    assert_int_equal(entries(rt_test_temp()), before + 1);
}

static void abandoning_leaves_the_old_file(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_file_replace r;
    const char *path = rt_test_file("old", "old", 3);
    int before = entries(rt_test_temp());
    rt_assert_ok(rt_file_replace_open(&r, path, &err), &err);
    fputs("new", r.f);
    fflush(r.f);
    holds(path, "old", 3);
    assert_int_equal(entries(rt_test_temp()), before + 1);
    rt_file_replace_abandon(&r);
    rt_file_replace_abandon(&r);
    holds(path, "old", 3);
    assert_int_equal(entries(rt_test_temp()), before);
}

static void abandoning_after_commit_changes_nothing(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_file_replace r;
    const char *path = temp("done");
    rt_assert_ok(rt_file_replace_open(&r, path, &err), &err);
    fputs("new", r.f);
    rt_assert_ok(rt_file_replace_commit(&r, &err), &err);
    rt_file_replace_abandon(&r);
    holds(path, "new", 3);
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    static char big[100000];
    struct rlimit old, small;
    const char *path = rt_test_file("kept", "kept", 4);
    int before = entries(rt_test_temp());
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    int status = rt_file_write(path, big, sizeof big, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(status, RT_EIO);
    rt_assert_error(&err, RT_EIO, "kept: cannot write");
    holds(path, "kept", 4);
    assert_int_equal(entries(rt_test_temp()), before);
}

static void a_full_disk_has_its_own_code(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    assert_int_equal(rt_file_write("/dev/full", "x", 1, &err), RT_ENOSPC);
    rt_assert_error(&err, RT_ENOSPC, "/dev/full: cannot write: No space");
    rt_assert_ok(rt_file_write("/dev/null", "x", 1, &err), &err);
    struct stat st;
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

static void what_cannot_be_written_is_told(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    assert_int_equal(rt_file_write(rt_test_temp(), "x", 1, &err), RT_EIO);
    rt_assert_error(&err, RT_EIO, "cannot write: Is a directory");
    assert_int_equal(rt_file_write(temp("none/x"), "x", 1, &err), RT_EIO);
    rt_assert_error(&err, RT_EIO, "none/x: cannot write: No such file");
}

static void modes_and_links_are_kept(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct stat st;
    const char *path = rt_test_file("mode", "a", 1), *link = temp("link");
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(symlink("mode", link), 0);
    rt_assert_ok(rt_file_write(link, "b", 1, &err), &err);
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    holds(path, "b", 1);
}

/* ---- folders and paths --------------------------------------------------- */

static void folders_are_made_with_their_parents(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *path = temp("a/b//c/");
    rt_assert_ok(rt_dir_make(path, &err), &err);
    assert_true(rt_file_exists(path));
    rt_assert_ok(rt_dir_make(path, &err), &err);
    rt_assert_ok(rt_dir_make("/", &err), &err);
    rt_test_file("file", "", 0);
    assert_int_equal(rt_dir_make(temp("file/x"), &err), RT_EIO);
    rt_assert_error(&err, RT_EIO, "file: is no folder");
}

static void is_folder(char *got, const char *want)
{
    assert_string_equal(got, want);
    free(got);
}

static void user_folders_follow_the_environment(void **state)
{
    (void)state;
    unsetenv("RETORT_HOME");
    setenv("HOME", "/home/u", 1);
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_CONFIG_HOME");
    is_folder(rt_dir_data(), "/home/u/.local/share/retort");
    is_folder(rt_dir_config(), "/home/u/.config/retort");
    setenv("XDG_DATA_HOME", "/d", 1);
    setenv("XDG_CONFIG_HOME", "relative", 1);
    is_folder(rt_dir_data(), "/d/retort");
    is_folder(rt_dir_config(), "/home/u/.config/retort");
    setenv("RETORT_HOME", "here", 1);
    is_folder(rt_dir_data(), "here");
}

static void the_program_has_a_folder(void **state)
{
    (void)state;
    char *dir = rt_dir_program();
    assert_int_equal(dir[0], '/');
    assert_true(rt_file_exists(dir));
    free(dir);
}

static void paths_are_taken_apart_and_joined(void **state)
{
    (void)state;
    is_folder(rt_path_join("a", "b"), "a/b");
    is_folder(rt_path_join("a/", "b"), "a/b");
    is_folder(rt_path_join("", "b"), "b");
    is_folder(rt_path_join("a", "/b"), "/b");
    assert_string_equal(rt_path_base("/x/y.npy"), "y.npy");
    assert_string_equal(rt_path_base("y"), "y");
    assert_string_equal(rt_path_ext("a.b/c.tar.gz"), "gz");
    assert_string_equal(rt_path_ext("a.b/c"), "");
    assert_string_equal(rt_path_ext(".hidden"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_whole),
        cmocka_unit_test(what_cannot_be_read_is_told),
        cmocka_unit_test(the_limit_is_on_the_result),
        cmocka_unit_test(gzip_is_seen_through),
        cmocka_unit_test(gzip_may_have_members_and_padding),
        cmocka_unit_test(damaged_gzip_is_told_with_its_place),
        cmocka_unit_test(the_head_is_that_of_the_result),
        cmocka_unit_test(damaged_gzip_never_harms),
        cmocka_unit_test(writing_makes_and_replaces),
        cmocka_unit_test(abandoning_leaves_the_old_file),
        cmocka_unit_test(abandoning_after_commit_changes_nothing),
        cmocka_unit_test(a_failed_write_leaves_the_old_file),
        cmocka_unit_test(a_full_disk_has_its_own_code),
        cmocka_unit_test(what_cannot_be_written_is_told),
        cmocka_unit_test(modes_and_links_are_kept),
        cmocka_unit_test(folders_are_made_with_their_parents),
        cmocka_unit_test(user_folders_follow_the_environment),
        cmocka_unit_test(the_program_has_a_folder),
        cmocka_unit_test(paths_are_taken_apart_and_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
