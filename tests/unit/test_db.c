/* The database file: new, migrated, refused; statements and transactions. */
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/db.h"

#include <math.h>

static const char *const one_step[] = { "CREATE TABLE t (a, b, c)", NULL };
static const char *const two_steps[] = { "CREATE TABLE t (a, b, c)",
                                         "ALTER TABLE t ADD COLUMN d", NULL };

/* A path in the temp folder that no test had before. */
static const char *fresh(void)
{
    static char path[512];
    static int n;
    snprintf(path, sizeof path, "%s/%d.db", rt_test_temp(), n++);
    return path;
}

static struct rt_db *open_at(const char *path, const char *const *steps)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_db *db = rt_db_open(path, steps, RT_DB_NORMAL, &err);
    if (!db)
        fail_msg("%s", err.text);
    return db;
}

static void values_come_back(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_db *db = open_at(fresh(), one_step);
    struct rt_stmt *put =
        rt_db_prepare(db, "INSERT INTO t VALUES (?1, ?2, ?3)", &err);
    assert_non_null(put);
    rt_assert_ok(rt_stmt_run(put, &err, "idt", INT64_MIN, 0.1, "h\xc3\xa9"),
                 &err);
    rt_assert_ok(
        rt_stmt_run(put, &err, "idt", (int64_t)2, (double)NAN, (char *)NULL),
        &err);
    rt_assert_ok(
        rt_stmt_run(put, &err, "idt", (int64_t)3, -(double)INFINITY, ""), &err);
    assert_int_equal(rt_db_changes(db), 1);
    struct rt_stmt *get = rt_db_prepare(db, "SELECT * FROM t ORDER BY a", &err);
    assert_int_equal(rt_stmt_step(get, &err), 1);
    assert_true(rt_stmt_int(get, 0) == INT64_MIN);
    assert_true(rt_stmt_number(get, 1) == 0.1);
    char *text = rt_stmt_text(get, 2);
    assert_string_equal(text, "h\xc3\xa9");
    free(text);
    assert_int_equal(rt_stmt_step(get, &err), 1);
    assert_true(isnan(rt_stmt_number(get, 1)));
    assert_null(rt_stmt_text(get, 2));
    assert_int_equal(rt_stmt_step(get, &err), 1);
    assert_true(rt_stmt_number(get, 1) == -INFINITY);
    assert_int_equal(rt_stmt_step(get, &err), 0);
    rt_stmt_free(get);
    rt_stmt_free(put);
    rt_db_close(db);
}

static void statement_given_back_comes_again_with_nothing_bound(void **state)
{
    (void)state;
    static const char sql[] = "SELECT ?1 UNION ALL SELECT 2";
    struct rt_err err = RT_ERR_INIT;
    struct rt_db *db = open_at(fresh(), one_step);
    struct rt_stmt *first = rt_db_prepare(db, sql, &err);
    struct rt_stmt *second = rt_db_prepare(db, sql, &err);
    assert_ptr_not_equal(first, second); /* both are in use */
    rt_assert_ok(rt_stmt_bind(first, &err, "i", (int64_t)7), &err);
    assert_int_equal(rt_stmt_step(first, &err), 1);
    assert_int_equal(rt_stmt_int(first, 0), 7);
    rt_stmt_free(first); /* in the middle of its rows */
    struct rt_stmt *again = rt_db_prepare(db, sql, &err);
    assert_ptr_equal(again, first);
    assert_int_equal(rt_stmt_step(again, &err), 1);
    assert_int_equal(rt_stmt_int(again, 0), 0);
    rt_stmt_free(again);
    rt_stmt_free(second);
    for (int i = 0; i < 100; i++) { /* no more are kept than that */
        char other[40];
        snprintf(other, sizeof other, "SELECT %d", i);
        rt_stmt_free(rt_db_prepare(db, other, &err));
    }
    rt_db_close(db);
}

static int64_t count(struct rt_db *db)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_stmt *s = rt_db_prepare(db, "SELECT count(*) FROM t", &err);
    assert_int_equal(rt_stmt_step(s, &err), 1);
    int64_t n = rt_stmt_int(s, 0);
    rt_stmt_free(s);
    return n;
}

static void rolled_back_rows_are_gone(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_db *db = open_at(fresh(), one_step);
    rt_assert_ok(rt_db_begin(db, &err), &err);
    rt_assert_ok(rt_db_exec(db, "INSERT INTO t VALUES (1, 2, 3)", &err), &err);
    rt_db_rollback(db);
    assert_int_equal(count(db), 0);
    rt_db_rollback(db);
    rt_db_close(db);
}

static void journal_is_wal(void **state)
{
    (void)state;
    struct rt_db *db = open_at(fresh(), one_step);
    assert_string_equal(rt_db_journal(db), "wal");
    rt_db_close(db);
}

static void older_file_is_migrated_and_keeps_its_rows(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *path = fresh();
    struct rt_db *db = open_at(path, one_step);
    rt_assert_ok(rt_db_exec(db, "INSERT INTO t VALUES (1, 2, 3)", &err), &err);
    rt_db_close(db);
    db = open_at(path, two_steps);
    rt_assert_ok(rt_db_exec(db, "UPDATE t SET d = 4", &err), &err);
    assert_int_equal(count(db), 1);
    rt_db_close(db);
}

static void newer_file_is_refused_with_both_versions(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *path = fresh();
    rt_db_close(open_at(path, two_steps));
    assert_null(rt_db_open(path, one_step, RT_DB_NORMAL, &err));
    rt_assert_error(&err, RT_EFORMAT, "has version 2");
    rt_assert_error(&err, RT_EFORMAT, "up to 1");
    rt_assert_error(&err, RT_EFORMAT, path);
}

static void failed_migration_leaves_the_old_file(void **state)
{
    (void)state;
    static const char *const bad[] = { "CREATE TABLE t (a, b, c)",
                                       "CREATE TABLE u (a); NONSENSE", NULL };
    struct rt_err err = RT_ERR_INIT;
    const char *path = fresh();
    rt_db_close(open_at(path, one_step));
    assert_null(rt_db_open(path, bad, RT_DB_NORMAL, &err));
    rt_assert_error(&err, RT_EIO, "NONSENSE");
    struct rt_db *db = open_at(path, one_step);
    assert_int_not_equal(rt_db_exec(db, "INSERT INTO u VALUES (1)", &err), 0);
    rt_db_close(db);
}

static void garbage_is_refused_and_left_alone(void **state)
{
    (void)state;
    static const char text[] = "This is not a database, but it is rather long "
                               "so that nobody takes it for an empty one.\n";
    struct rt_err err = RT_ERR_INIT;
    const char *path = rt_test_file("garbage.db", text, sizeof text - 1);
    assert_null(rt_db_open(path, one_step, RT_DB_NORMAL, &err));
    rt_assert_error(&err, RT_EFORMAT, "garbage.db: this is no SQLite");
    unsigned char *data;
    size_t n;
    rt_assert_ok(rt_file_read(path, 0, &data, &n, &err), &err);
    assert_string_equal((char *)data, text);
    free(data);
}

/* Not by us: application_id is 0. */
static void another_programs_database_is_refused(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *path = fresh();
    struct rt_db *db = open_at(path, one_step);
    rt_assert_ok(rt_db_exec(db, "PRAGMA application_id=0", &err), &err);
    rt_db_close(db);
    assert_null(rt_db_open(path, two_steps, RT_DB_NORMAL, &err));
    rt_assert_error(&err, RT_EFORMAT, "another program");
}

static void damage_is_told(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *path = fresh();
    struct rt_db *db = open_at(path, one_step);
    for (int i = 0; i < 500; i++)
        rt_assert_ok(
            rt_db_exec(db, "INSERT INTO t VALUES (1, 2, zeroblob(1000))", &err),
            &err);
    rt_db_close(db);
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    fseek(f, 4096, SEEK_SET);
    for (int i = 0; i < 100000; i++)
        fputc(0x5a, f);
    fclose(f);
    db = open_at(path, one_step);
    struct rt_stmt *s = rt_db_prepare(db, "SELECT sum(a) FROM t", &err);
    assert_non_null(s);
    assert_int_equal(rt_stmt_step(s, &err), RT_EFORMAT);
    rt_assert_error(&err, RT_EFORMAT, path);
    rt_stmt_free(s);
    rt_db_close(db);
}

/* What is written to it then would be gone without a word. */
static void a_file_that_is_taken_away_is_told(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *path = fresh();
    char *aside = rt_xprintf("%s.aside", path);
    struct rt_db *db = open_at(path, one_step);
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(rt_db_begin(db, &err), RT_EIO);
    rt_assert_error(&err, RT_EIO, "was taken away");
    rt_db_close(open_at(path, one_step)); /* another of this name */
    assert_int_equal(rt_db_begin(db, &err), RT_EIO);
    assert_int_equal(rename(aside, path), 0);
    rt_err_clear(&err);
    rt_assert_ok(rt_db_begin(db, &err), &err);
    rt_assert_ok(rt_db_commit(db, &err), &err);
    rt_db_close(db);
    free(aside);
}

static void folder_that_is_missing_is_told(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    assert_null(rt_db_open("/proc/none/x.db", one_step, RT_DB_NORMAL, &err));
    rt_assert_error(&err, RT_EIO, "/proc/none/x.db: ");
}

static void writer_that_waits_in_vain_is_busy(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *path = fresh();
    struct rt_db *a = open_at(path, one_step);
    struct rt_db *b = open_at(path, one_step);
    rt_assert_ok(rt_db_begin(a, &err), &err);
    rt_db_patience(b, 0.01);
    assert_int_equal(rt_db_begin(b, &err), RT_EBUSY);
    rt_assert_error(&err, RT_EBUSY, "another process");
    rt_assert_ok(rt_db_commit(a, &err), &err);
    rt_assert_ok(rt_db_begin(b, &err), &err);
    rt_assert_ok(rt_db_commit(b, &err), &err);
    rt_db_close(b);
    rt_db_close(a);
}

/* max_page_count stands in for a disk that is full. */
static void full_file_is_no_space(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_db *db = open_at(fresh(), one_step);
    rt_assert_ok(rt_db_exec(db, "PRAGMA max_page_count=10", &err), &err);
    rt_assert_ok(rt_db_begin(db, &err), &err);
    int status =
        rt_db_exec(db, "INSERT INTO t VALUES (1, 2, zeroblob(1000000))", &err);
    assert_int_equal(status, RT_ENOSPC);
    rt_db_rollback(db);
    assert_int_equal(count(db), 0);
    rt_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(statement_given_back_comes_again_with_nothing_bound),
        cmocka_unit_test(rolled_back_rows_are_gone),
        cmocka_unit_test(journal_is_wal),
        cmocka_unit_test(older_file_is_migrated_and_keeps_its_rows),
        cmocka_unit_test(newer_file_is_refused_with_both_versions),
        cmocka_unit_test(failed_migration_leaves_the_old_file),
        cmocka_unit_test(garbage_is_refused_and_left_alone),
        cmocka_unit_test(another_programs_database_is_refused),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(a_file_that_is_taken_away_is_told),
        cmocka_unit_test(folder_that_is_missing_is_told),
        cmocka_unit_test(writer_that_waits_in_vain_is_busy),
        cmocka_unit_test(full_file_is_no_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
