/* Finding, checking and opening plugins. The built-in ones come from RT_PLUGINS
 * or plugins/.libs beside this program, the fixtures (tests/plugins) from
 * RT_TEST_PLUGINS or tests/plugins/.libs beside it. */
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/schema.h"
#include "plugins/load.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static char *fixtures;

static char *fixture(const char *name)
{
    return rt_xprintf("%s/%s.so", fixtures, name);
}

static void assert_refused(const char *name, const char *says)
{
    struct rt_err err = RT_ERR_INIT;
    char *path = fixture(name);
    assert_null(rt_plugin_load(path, NULL, &err));
    rt_assert_error(&err, RT_EPLUGIN, says);
    rt_assert_error(&err, RT_EPLUGIN, rt_path_base(path));
    free(path);
}

static const struct rt_plugin *load(const char *path, const char *as)
{
    struct rt_err err = RT_ERR_INIT;
    const struct rt_plugin *p = rt_plugin_load(path, as, &err);
    if (!p)
        fail_msg("%s", err.text);
    return p;
}

static void copy_file(const char *from, const char *to)
{
    struct rt_err err = RT_ERR_INIT;
    unsigned char *data;
    size_t n;
    rt_assert_ok(rt_file_read(from, 0, &data, &n, &err), &err);
    rt_assert_ok(rt_file_write(to, data, n, &err), &err);
    free(data);
}

/* ---- what is found ------------------------------------------------------- */

static void *find_all(void *arg)
{
    static const char *const kinds[] = { "csv_logger", "model_checkpoint",
                                         "terminate_on_nan" };
    const struct rt_plugin **found = arg;
    struct rt_plugin_info info;
    struct rt_err err = RT_ERR_INIT;
    for (int i = 0; i < 3; i++) {
        found[i] = rt_plugin_find(kinds[i], &err);
        rt_plugin_loaded(0, &info);
        free(rt_plugin_names());
    }
    return NULL;
}

/* Training threads look for kinds while the prompt does. */
static void many_threads_find_the_same_records(void **state)
{
    (void)state;
    const struct rt_plugin *found[3][3];
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, find_all, found[i]);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    for (int k = 0; k < 3; k++) {
        assert_non_null(found[0][k]);
        assert_ptr_equal(found[0][k], found[1][k]);
        assert_ptr_equal(found[0][k], found[2][k]);
    }
}

static void kinds_are_found_by_name(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const struct rt_plugin *p = rt_plugin_find("early_stopping", &err);
    if (!p)
        fail_msg("%s", err.text);
    assert_string_equal(p->name, "early_stopping");
    assert_non_null(p->on_epoch_end);
    assert_ptr_equal(rt_plugin_find("early_stopping", &err), p);
}

static void unknown_kind_names_the_nearest(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    assert_null(rt_plugin_find("early_stoping", &err));
    rt_assert_error(&err, RT_ENOENT, "did you mean early_stopping?");
    assert_null(rt_plugin_find("../early_stopping", &err));
    rt_assert_error(&err, RT_ENOENT, "no callback '../early_stopping'");
}

static void names_are_sorted_and_each_once(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    assert_non_null(rt_plugin_find("csv_logger", &err));
    char **names = rt_plugin_names();
    int found = 0;
    for (int i = 0; names[i]; i++) {
        found += !strcmp(names[i], "csv_logger");
        assert_true(!i || strcmp(names[i - 1], names[i]) < 0);
    }
    assert_int_equal(found, 1);
    free(names);
}

static void loaded_ones_are_listed(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_plugin_info info;
    bool found = false;
    const struct rt_plugin *p = rt_plugin_find("csv_logger", &err);
    for (int i = 0; rt_plugin_loaded(i, &info); i++)
        if (info.plugin == p) {
            found = true;
            assert_string_equal(info.name, "csv_logger");
            assert_true(*info.file == '/');
        }
    assert_true(found);
    assert_false(rt_plugin_loaded(-1, &info));
}

static void folder_of_the_path_comes_first(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_plugin_info info;
    const char *was = getenv("RETORT_PLUGIN_PATH");
    char *old = rt_xstrdup(was ? was : "");
    char *dir = rt_xprintf("%s/path", rt_test_temp());
    char *from = fixture("older"), *to = rt_path_join(dir, "older.so");
    char *path = rt_xprintf("/nowhere::%s:%s", dir, old);
    rt_assert_ok(rt_dir_make(dir, &err), &err);
    copy_file(from, to);
    setenv("RETORT_PLUGIN_PATH", path, 1);
    const struct rt_plugin *p = rt_plugin_find("older", &err);
    setenv("RETORT_PLUGIN_PATH", old, 1);
    assert_non_null(p);
    for (int i = 0; rt_plugin_loaded(i, &info); i++)
        if (info.plugin == p)
            assert_non_null(strstr(info.file, "/path/older.so"));
    free(path);
    free(to);
    free(from);
    free(dir);
    free(old);
}

static void every_built_in_has_help_and_defaults(void **state)
{
    (void)state;
    static const char *const kinds[] = {
        "csv_logger",       "early_stopping",       "learning_rate_scheduler",
        "model_checkpoint", "reduce_lr_on_plateau", "terminate_on_nan"
    };
    for (int i = 0; i < 6; i++) {
        struct rt_err err = RT_ERR_INIT;
        const struct rt_plugin *p = rt_plugin_find(kinds[i], &err);
        const struct rt_opt *o;
        if (!p)
            fail_msg("%s", err.text);
        assert_true(strlen(p->help) > 10);
        for (int j = 0; (o = rt_opt_at(p->opts, p->opt_size, j)); j++)
            assert_true(o->help && (o->def || o->word == 1));
    }
}

/* ---- what is refused ----------------------------------------------------- */

static void other_major_version_is_refused(void **state)
{
    (void)state;
    assert_refused("bad_abi", "built for plugin interface 2.3, want 1.x");
}

static void absurd_sizes_are_refused(void **state)
{
    (void)state;
    assert_refused("bad_size", "RT_PLUGIN_HEAD");
    assert_refused("bad_opt_size", "an option has 3 bytes");
    assert_refused("bad_offset", "option 'patience'");
}

static void missing_names_are_refused(void **state)
{
    (void)state;
    assert_refused("bad_name", "no .name");
    assert_refused("bad_other_name", "want 'bad_other_name'");
}

static void missing_symbols_are_refused(void **state)
{
    (void)state;
    assert_refused("bad_symbol", "no symbol rt_plugin_id");
    assert_refused("bad_record", "no symbol rt_plugin_bad_record");
    assert_refused("bad_link", "nobody_has_this");
}

static void what_is_no_shared_object_is_refused(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *text = rt_test_file("text.so", "not a shared object\n", 20);
    assert_null(rt_plugin_load(text, NULL, &err));
    rt_assert_error(&err, RT_EPLUGIN, "text.so");
    assert_null(rt_plugin_load(rt_test_temp(), NULL, &err));
    rt_assert_error(&err, RT_EPLUGIN, "not a file");
    assert_null(rt_plugin_load("./none.so", NULL, &err));
    rt_assert_error(&err, RT_ENOENT, "./none.so: no such file");
    assert_null(rt_plugin_load(text, "No Name", &err));
    rt_assert_error(&err, RT_EINVAL, "No Name");
}

/* ---- what is taken ------------------------------------------------------- */

static void same_file_gives_the_same_record(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    char *path = fixture("newer");
    char *link_path = rt_xprintf("%s/link.so", rt_test_temp());
    const struct rt_plugin *p = load(path, NULL);
    assert_ptr_equal(load(path, NULL), p);
    assert_int_equal(symlink(path, link_path), 0);
    assert_ptr_equal(load(link_path, NULL), p);
    const struct rt_plugin *q = load(path, "second");
    assert_ptr_not_equal(p, q);
    assert_string_equal(p->name, "newer");
    assert_string_equal(q->name, "second");
    assert_ptr_equal(rt_plugin_find("second", &err), q);
    free(link_path);
    free(path);
}

static void newer_minor_version_is_understood(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    char *path = fixture("newer");
    const char *words[] = { "7", "factor=0.25" };
    const struct rt_plugin *p = load(path, NULL);
    assert_int_equal(p->size, sizeof *p);
    assert_int_equal(p->opt_size, sizeof(struct rt_opt));
    assert_string_equal(p->opts[1].name, "factor");
    assert_null(p->opts[2].name);
    struct {
        int patience;
        double factor;
    } *args = rt_args_parse(p->opts, p->opt_size, p->args_size, words, 2, &err);
    assert_non_null(args);
    assert_int_equal(args->patience, 7);
    assert_true(args->factor == 0.25);
    rt_args_free(args);
    free(path);
}

static void hooks_beyond_the_size_are_not_there(void **state)
{
    (void)state;
    char *path = fixture("older");
    const struct rt_plugin *p = load(path, "older_too");
    assert_int_equal(p->size, sizeof *p);
    assert_non_null(p->on_epoch_begin);
    assert_null(p->on_batch_begin);
    assert_null(p->on_train_end);
    free(path);
}

static void name_in_use_wants_another(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    char *path = fixture("newer");
    char *copy = rt_xprintf("%s/copy.so", rt_test_temp());
    copy_file(path, copy);
    load(path, NULL);
    assert_null(rt_plugin_load(copy, NULL, &err));
    rt_assert_error(&err, RT_EEXIST, "the name 'newer' is that of");
    assert_string_equal(load(copy, "newest")->name, "newest");
    free(copy);
    free(path);
}

static void file_built_anew_gives_a_new_record(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    char *older = fixture("older");
    char *path = rt_xprintf("%s/work.so", rt_test_temp());
    copy_file(older, path);
    const struct rt_plugin *first = load(path, "work");
    copy_file(older, path);
    const struct rt_plugin *second = load(path, "work");
    assert_ptr_not_equal(first, second);
    assert_ptr_not_equal(first->on_epoch_begin, second->on_epoch_begin);
    assert_string_equal(first->name, "work");
    assert_ptr_equal(rt_plugin_find("work", &err), second);
    assert_ptr_equal(load(path, "work"), second);
    free(path);
    free(older);
}

static void mended_file_loads_after_all(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    char *bad = fixture("bad_name"), *good = fixture("older");
    char *path = rt_xprintf("%s/mended.so", rt_test_temp());
    copy_file(bad, path);
    assert_null(rt_plugin_load(path, "mended", &err));
    copy_file(good, path);
    assert_string_equal(load(path, "mended")->name, "mended");
    free(path);
    free(good);
    free(bad);
}

/* ---- the template -------------------------------------------------------- */

static void template_builds_with_one_make_and_loads(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *dir = rt_test_temp();
    char *include = realpath(rt_test_path("../include"), NULL);
    rt_assert_ok(rt_plugin_write_template(dir, "my_limit", &err), &err);
    char *command = rt_xprintf("make -s -C %s/my_limit INCLUDE=%s"
                               " CFLAGS='-Wall -Wextra -Werror'",
                               dir, include);
    assert_int_equal(system(command), 0);
    free(command);
    free(include);
    char *so = rt_xprintf("%s/my_limit/my_limit.so", dir);
    const struct rt_plugin *p = load(so, NULL);
    assert_string_equal(p->name, "my_limit");
    assert_string_equal(p->opts[0].name, "monitor");
    free(so);
    char *readme = rt_xprintf("%s/my_limit/README.md", dir);
    assert_true(rt_file_exists(readme));
    free(readme);
}

/* With a pkg-config that knows nothing. */
static void template_says_what_it_needs(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *dir = rt_test_temp();
    rt_assert_ok(rt_plugin_write_template(dir, "lost", &err), &err);
    char *command = rt_xprintf("make -s -C %s/lost INCLUDE= PATH=/nowhere"
                               " SHELL=/bin/sh 2>%s/says",
                               dir, dir);
    assert_int_not_equal(system(command), 0);
    free(command);
    char *says = rt_xprintf("%s/says", dir);
    unsigned char *text;
    size_t n;
    rt_assert_ok(rt_file_read(says, 0, &text, &n, &err), &err);
    assert_non_null(strstr((char *)text, "pkg-config does not know retort"));
    free(text);
    free(says);
}

static void template_never_writes_over_a_folder(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *dir = rt_test_temp();
    rt_assert_ok(rt_plugin_write_template(dir, "twice", &err), &err);
    assert_int_equal(rt_plugin_write_template(dir, "twice", &err), RT_EEXIST);
    rt_assert_error(&err, RT_EEXIST, "/twice exists already");
    assert_int_equal(rt_plugin_write_template(dir, "a/b", &err), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "'a/b'");
    assert_int_equal(rt_plugin_write_template("/proc/none", "x", &err), RT_EIO);
    rt_assert_error(&err, RT_EIO, "/proc/none/x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_threads_find_the_same_records),
        cmocka_unit_test(kinds_are_found_by_name),
        cmocka_unit_test(unknown_kind_names_the_nearest),
        cmocka_unit_test(names_are_sorted_and_each_once),
        cmocka_unit_test(loaded_ones_are_listed),
        cmocka_unit_test(folder_of_the_path_comes_first),
        cmocka_unit_test(every_built_in_has_help_and_defaults),
        cmocka_unit_test(other_major_version_is_refused),
        cmocka_unit_test(absurd_sizes_are_refused),
        cmocka_unit_test(missing_names_are_refused),
        cmocka_unit_test(missing_symbols_are_refused),
        cmocka_unit_test(what_is_no_shared_object_is_refused),
        cmocka_unit_test(same_file_gives_the_same_record),
        cmocka_unit_test(newer_minor_version_is_understood),
        cmocka_unit_test(hooks_beyond_the_size_are_not_there),
        cmocka_unit_test(name_in_use_wants_another),
        cmocka_unit_test(file_built_anew_gives_a_new_record),
        cmocka_unit_test(mended_file_loads_after_all),
        cmocka_unit_test(template_builds_with_one_make_and_loads),
        cmocka_unit_test(template_says_what_it_needs),
        cmocka_unit_test(template_never_writes_over_a_folder),
    };
    const char *built_in = getenv("RT_PLUGINS");
    const char *mine = getenv("RT_TEST_PLUGINS");
    char *program = rt_dir_program();
    if (built_in)
        setenv("RETORT_PLUGIN_PATH", built_in, 1);
    fixtures =
        mine ? rt_xstrdup(mine) : rt_path_join(program, "tests/plugins/.libs");
    free(program);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(fixtures);
    return failed;
}
