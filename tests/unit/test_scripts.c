/* Scripts of runs: what many runs say alike is kept once. */
#include "support.h"

#include "base/mem.h"
#include "base/str.h"
#include "store/db.h"
#include "store/checkpoint.h"
#include "store/marks.h"
#include "store/scripts.h"
#include "store/tables.h"

#include <sys/stat.h>

struct fixture {
    char *dir;
    struct rt_store *s;
    struct rt_err err;
};

static int set_up(void **state)
{
    static int n;
    struct fixture *f = rt_xcalloc(1, sizeof *f);
    f->dir = rt_xprintf("%s/scripts%d", rt_test_temp(), n++);
    f->s = rt_store_open(f->dir, &f->err);
    *state = f;
    return f->s ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    rt_store_close(f->s);
    free(f->dir);
    free(f);
    return 0;
}

static int begin(struct fixture *f, struct rt_store *s, const char *script)
{
    struct rt_run_record r = { .name = "r", .model = "m", .script = script };
    rt_assert_ok(rt_store_begin(s, &r, &f->err), &f->err);
    rt_store_release(s, r.id);
    return r.id;
}

static void assert_script(struct fixture *f, int run, const char *want)
{
    char *script = rt_store_script(f->s, run, &f->err);
    if (!script)
        fail_msg("%s", f->err.text);
    assert_string_equal(script, want);
    free(script);
}

static int64_t ask(struct fixture *f, const char *sql)
{
    char *path = rt_xprintf("%s/runs.db", f->dir);
    struct rt_db *db = rt_db_open_read(path, rt_store_tables, &f->err);
    assert_non_null(db);
    struct rt_stmt *q = rt_db_prepare(db, sql, &f->err);
    assert_int_equal(rt_stmt_step(q, &f->err), 1);
    int64_t value = rt_stmt_int(q, 0);
    rt_stmt_free(q);
    rt_db_close(db);
    free(path);
    return value;
}

static int64_t kept_bytes(struct fixture *f)
{
    return ask(f, "SELECT ifnull(sum(length(CAST(text AS BLOB))), 0)"
                  " FROM script");
}

/* Long enough to be worth sharing. */
#define HEAD                                                                   \
    "seed 1\ndata s generate moons n=80\nmodel m\ninput x 2\n"                 \
    "dense 8 activation=tanh\n"

static void scripts_that_grow_are_kept_once(void **state)
{
    struct fixture *f = *state;
    struct rt_str text = RT_STR_INIT;
    char *want[50];
    rt_str_add(&text, HEAD);
    for (int i = 0; i < 50; i++) {
        want[i] = rt_xstrdup(rt_str_c(&text));
        begin(f, f->s, want[i]);
        rt_str_addf(&text, "fit s epochs=%d name=größe\n", i);
    }
    assert_int_equal(kept_bytes(f), strlen(want[49]));
    for (int i = 0; i < 50; i++) {
        assert_script(f, i + 1, want[i]);
        free(want[i]);
    }
    rt_str_release(&text);
}

/* Lines of a run that was going may become others, as its orders come in. */
static void a_script_that_changed_in_the_middle_shares_its_head(void **state)
{
    struct fixture *f = *state;
    const char *const v[] = { HEAD "fit s &\n",
                              HEAD "tune lr=0.1\nfit s &\n",
                              HEAD "tune lr=0.1\nfit s &\nfit s\n",
                              HEAD "fit t\n",
                              HEAD "fit t\n",
                              HEAD,
                              "model other\n" };
    int n = sizeof v / sizeof *v;
    for (int i = 0; i < n; i++)
        begin(f, f->s, v[i]);
    for (int i = 0; i < n; i++)
        assert_script(f, i + 1, v[i]);
    assert_true(kept_bytes(f) < (int64_t)strlen(HEAD) + 100);
    /* what shares no more than an older one's part builds on that */
    assert_int_equal(ask(f, "SELECT base FROM script WHERE text = 'fit t\n'"),
                     1);
}

static void a_run_without_a_script_has_an_empty_one(void **state)
{
    struct fixture *f = *state;
    begin(f, f->s, NULL);
    begin(f, f->s, "");
    assert_script(f, 1, "");
    assert_script(f, 2, "");
}

static void purge(struct fixture *f, struct rt_store *s, const char *id)
{
    struct rt_run_row *r;
    rt_assert_ok(rt_store_find(s, id, &r, &f->err), &f->err);
    rt_assert_ok(rt_store_delete(s, r, true, &f->err), &f->err);
    rt_run_rows_free(r, 1);
    rt_assert_ok(rt_store_find(s, id, &r, &f->err), &f->err);
    rt_assert_ok(rt_store_purge(s, r, &f->err), &f->err);
    rt_run_rows_free(r, 1);
}

static void purged_runs_leave_what_others_build_on(void **state)
{
    struct fixture *f = *state;
    begin(f, f->s, HEAD "fit a\n");
    begin(f, f->s, HEAD "fit a\nfit b\n");
    begin(f, f->s, HEAD "fit a\nfit b\nfit c\n");
    purge(f, f->s, "1");
    purge(f, f->s, "3");
    assert_int_equal(ask(f, "SELECT count(*) FROM script"), 2);
    assert_script(f, 2, HEAD "fit a\nfit b\n");
    purge(f, f->s, "2");
    assert_int_equal(ask(f, "SELECT count(*) FROM script"), 0);
}

static void what_another_process_purged_is_not_built_on(void **state)
{
    struct fixture *f = *state;
    struct rt_store *other = rt_store_open(f->dir, &f->err);
    begin(f, f->s, HEAD "fit a\n");
    rt_store_keep(f->s, &f->err);
    purge(f, other, "1");
    int id = begin(f, f->s, HEAD "fit a\nfit b\n");
    assert_script(f, id, HEAD "fit a\nfit b\n");
    rt_store_close(other);
}

/* A store of before, when each run had the whole of it. */
static void an_older_store_is_brought_up(void **state)
{
    struct fixture *f = *state;
    const char *old[4] = { rt_store_tables[0], rt_store_tables[1],
                           rt_store_tables[2], NULL };
    static const char *const script[] = { HEAD,
                                          HEAD "fit größe\n",
                                          HEAD "fit größe\nfit b\n",
                                          "another\n",
                                          NULL,
                                          "another\nfit c\n",
                                          "" };
    rt_store_close(f->s);
    free(f->dir);
    f->dir = rt_xprintf("%s/scripts-old", rt_test_temp());
    mkdir(f->dir, 0777);
    char *path = rt_xprintf("%s/runs.db", f->dir);
    struct rt_db *db = rt_db_open(path, old, RT_DB_NORMAL, &f->err);
    struct rt_stmt *put =
        rt_db_prepare(db,
                      "INSERT INTO run (name, model, state, script, dir)"
                      " VALUES ('r', 'm', 'finished', ?1, '/')",
                      &f->err);
    for (int i = 0; i < 7; i++)
        rt_assert_ok(rt_stmt_run(put, &f->err, "t", script[i]), &f->err);
    rt_stmt_free(put);
    rt_db_close(db);
    free(path);
    f->s = rt_store_open(f->dir, &f->err);
    if (!f->s)
        fail_msg("%s", f->err.text);
    for (int i = 0; i < 7; i++)
        assert_script(f, i + 1, script[i] ? script[i] : "");
    assert_int_equal(kept_bytes(f), strlen(script[2]) + strlen(script[5]));
    assert_int_equal(begin(f, f->s, HEAD), 8);
    assert_script(f, 8, HEAD);
}

static void a_damaged_one_is_told(void **state)
{
    struct fixture *f = *state;
    begin(f, f->s, HEAD);
    begin(f, f->s, HEAD "fit a\n");
    char *path = rt_xprintf("%s/runs.db", f->dir);
    struct rt_db *db = rt_db_open(path, rt_store_tables, RT_DB_NORMAL, &f->err);
    rt_assert_ok(rt_db_exec(db,
                            "UPDATE script SET base = 2, keep = 9 WHERE id = 1",
                            &f->err),
                 &f->err);
    assert_null(rt_store_script(f->s, 2, &f->err));
    rt_assert_error(&f->err, RT_EFORMAT, "script of run 2");
    rt_db_close(db);
    free(path);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(scripts_that_grow_are_kept_once),
        TEST(a_script_that_changed_in_the_middle_shares_its_head),
        TEST(a_run_without_a_script_has_an_empty_one),
        TEST(purged_runs_leave_what_others_build_on),
        TEST(what_another_process_purged_is_not_built_on),
        TEST(an_older_store_is_brought_up),
        TEST(a_damaged_one_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
