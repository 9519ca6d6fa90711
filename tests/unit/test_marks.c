/* Labels, tags, notes, deletion and results of runs, in the store alone. */
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/marks.h"
#include "store/results.h"
#include "store/sweeps.h"
#include "store/store.h"

#include <math.h>
#include <unistd.h>

static struct rt_store *s;
static struct rt_err err;

static int opened(void **state)
{
    static int n;
    char name[32];
    (void)state;
    snprintf(name, sizeof name, "store%d", n++);
    char *dir = rt_path_join(rt_test_temp(), name);
    s = rt_store_open(dir, &err);
    free(dir);
    return s ? 0 : -1;
}

static int closed(void **state)
{
    (void)state;
    rt_store_close(s);
    return 0;
}

static int begin(const char *name)
{
    struct rt_run_record r = { .name = name,
                               .model = "m",
                               .tags = "given",
                               .point = "lr 0.1",
                               .repeats = 7 };
    rt_assert_ok(rt_store_begin(s, &r, &err), &err);
    return r.id;
}

static struct rt_run_row *find(const char *id)
{
    struct rt_run_row *row;
    rt_assert_ok(rt_store_find(s, id, &row, &err), &err);
    return row;
}

static void what_is_written_on_a_run_is_read_again(void **state)
{
    (void)state;
    int id = begin("one");
    struct rt_run_row *r = find("one");
    assert_string_equal(r->tags, "given");
    assert_string_equal(r->point, "lr 0.1");
    assert_int_equal(r->repeats, 7);
    assert_null(r->label);
    rt_run_rows_free(r, 1);
    rt_assert_ok(rt_store_mark(s, id, RT_MARK_LABEL, "it's it", &err), &err);
    rt_assert_ok(rt_store_mark(s, id, RT_MARK_TAGS, "a b", &err), &err);
    rt_assert_ok(rt_store_mark(s, id, RT_MARK_NOTE, "n", &err), &err);
    rt_assert_ok(rt_store_put_weights_hash(s, id, UINT64_MAX, &err), &err);
    r = find("one");
    assert_string_equal(r->label, "it's it");
    assert_string_equal(r->tags, "a b");
    assert_string_equal(r->note, "n");
    assert_true(r->weights_hash == UINT64_MAX);
    rt_run_rows_free(r, 1);
    rt_assert_ok(rt_store_mark(s, id, RT_MARK_LABEL, "", &err), &err);
    r = find("one");
    assert_null(r->label);
    rt_run_rows_free(r, 1);
}

/* One that ended: nobody holds its lock, so it is found interrupted. */
static void end(int id)
{
    rt_store_release(s, id);
    if (s->keeper)
        rt_keeper_flush(s->keeper, NULL);
}

static void only_what_is_over_is_deleted_and_only_that_purged(void **state)
{
    struct rt_run_row *r, *all;
    int n;
    (void)state;
    int id = begin("two");
    r = find("two");
    assert_int_equal(rt_store_delete(s, r, true, &err), RT_EBUSY);
    rt_run_rows_free(r, 1);
    end(id);
    int older = begin("two");
    end(older);
    r = find("two");
    assert_int_equal(r->id, older);
    assert_int_equal(rt_store_purge(s, r, &err), RT_ESTATE);
    rt_assert_ok(rt_store_delete(s, r, true, &err), &err);
    rt_run_rows_free(r, 1);
    r = find("two"); /* the one that is left */
    assert_int_equal(r->id, id);
    rt_run_rows_free(r, 1);
    rt_assert_ok(rt_store_list(s, false, &all, &n, &err), &err);
    assert_int_equal(n, 1);
    rt_run_rows_free(all, n);
    rt_assert_ok(rt_store_list(s, true, &all, &n, &err), &err);
    assert_int_equal(n, 2);
    assert_true(isfinite(all[0].deleted));
    char *folder = rt_store_run_path(s, older, NULL);
    assert_true(rt_file_exists(folder));
    rt_assert_ok(rt_store_purge(s, &all[0], &err), &err);
    assert_false(rt_file_exists(folder));
    free(folder);
    rt_run_rows_free(all, n);
    rt_assert_ok(rt_store_list(s, true, &all, &n, &err), &err);
    assert_int_equal(n, 1);
    rt_run_rows_free(all, n);
}

static void results_are_the_newest_and_the_best_by_mode(void **state)
{
    struct rt_run_result *v;
    int n;
    (void)state;
    int id = begin("three");
    char *sql =
        rt_xprintf("INSERT INTO series VALUES (%d, 0, 'loss', NULL, NULL, %d);"
                   "INSERT INTO series VALUES (%d, 1, 'acc', NULL, NULL, %d);"
                   "INSERT INTO series VALUES (%d, 2, 'none', NULL, NULL, 1);",
                   id, RT_MODE_MIN, id, RT_MODE_MAX, id);
    rt_assert_ok(rt_db_exec(s->db, sql, &err), &err);
    free(sql);
    /* the store is new: its first run is 1 */
    sql =
        rt_xstrdup("INSERT INTO metric VALUES (1, 0, 1, 0.5), (1, 0, 2, 0.25),"
                   " (1, 0, 3, 0.75), (1, 1, 1, 0.1), (1, 1, 3, 0.9),"
                   " (1, 1, 4, NULL)");
    rt_assert_ok(rt_db_exec(s->db, sql, &err), &err);
    free(sql);
    rt_assert_ok(rt_store_results(s, id, &v, &n, &err), &err);
    assert_int_equal(n, 3);
    assert_string_equal(v[0].key, "loss");
    rt_assert_close(v[0].last, 0.75, 0);
    rt_assert_close(v[0].best, 0.25, 0);
    assert_int_equal(v[0].best_epoch, 2);
    assert_true(isnan(v[1].last)); /* of epoch 4 */
    rt_assert_close(v[1].best, 0.9, 0);
    assert_int_equal(v[1].best_epoch, 3);
    assert_true(isnan(v[2].last) && isnan(v[2].best));
    rt_run_results_free(v, n);
}

static void a_plan_keeps_what_was_done_with_the_same_hash(void **state)
{
    char name[] = "w", text[] = "", done[] = "done", one[] = "loss 1";
    struct rt_sweep_row w = { .name = name,
                              .script = text,
                              .space = text,
                              .method = text,
                              .goal = text };
    const char *const a[] = { "x 1", "x 2" }, *const b[] = { "x 3", "x 1" };
    struct rt_point_row *p;
    int n;
    (void)state;
    rt_assert_ok(rt_store_sweep_plan(s, &w, a, 2, 11, &err), &err);
    rt_assert_ok(rt_store_points(s, "w", &p, &n, &err), &err);
    assert_int_equal(n, 2);
    struct rt_point_row is = p[0];
    is.state = done;
    is.result = one;
    rt_assert_ok(rt_store_point_put(s, "w", &is, &err), &err);
    rt_point_rows_free(p, n);
    rt_assert_ok(rt_store_sweep_plan(s, &w, b, 2, 11, &err), &err);
    rt_assert_ok(rt_store_points(s, "w", &p, &n, &err), &err);
    assert_int_equal(n, 2);
    assert_int_equal(p[0].number, 3); /* numbers are never given again */
    assert_string_equal(p[0].state, "missing");
    assert_int_equal(p[1].number, 1);
    assert_string_equal(p[1].state, "done");
    assert_string_equal(p[1].result, "loss 1");
    rt_point_rows_free(p, n);
    rt_assert_ok(rt_store_sweep_plan(s, &w, b, 2, 12, &err), &err);
    rt_assert_ok(rt_store_points(s, "w", &p, &n, &err), &err);
    assert_string_equal(p[1].state, "missing");
    rt_point_rows_free(p, n);
    struct rt_sweep_row *row;
    assert_int_equal(rt_store_sweep(s, "v", &row, &err), RT_ENOENT);
    rt_assert_ok(rt_store_sweep_drop(s, "w", &err), &err);
    assert_int_equal(rt_store_sweep(s, "w", &row, &err), RT_ENOENT);
}

/* A sweep is forgotten with all its points or stays with all of them. */
static void what_cannot_be_forgotten_stays_whole(void **state)
{
    char name[] = "w", text[] = "";
    struct rt_sweep_row w = { .name = name,
                              .script = text,
                              .space = text,
                              .method = text,
                              .goal = text };
    const char *const points[] = { "x 1", "x 2" };
    struct rt_point_row *p;
    int n;
    (void)state;
    rt_assert_ok(rt_store_sweep_plan(s, &w, points, 2, 11, &err), &err);
    rt_assert_ok(rt_db_exec(s->db,
                            "CREATE TEMP TRIGGER no BEFORE DELETE ON sweep"
                            " BEGIN SELECT RAISE(ABORT, 'not now'); END",
                            &err),
                 &err);
    assert_int_not_equal(rt_store_sweep_drop(s, "w", &err), 0);
    assert_non_null(strstr(err.text, "not now"));
    rt_assert_ok(rt_store_points(s, "w", &p, &n, &err), &err);
    assert_int_equal(n, 2);
    rt_point_rows_free(p, n);
    rt_assert_ok(rt_db_exec(s->db, "DROP TRIGGER no", &err), &err);
    rt_assert_ok(rt_store_sweep_drop(s, "w", &err), &err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_on_a_run_is_read_again),
        TEST(only_what_is_over_is_deleted_and_only_that_purged),
        TEST(results_are_the_newest_and_the_best_by_mode),
        TEST(what_cannot_be_forgotten_stays_whole),
        TEST(a_plan_keeps_what_was_done_with_the_same_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
