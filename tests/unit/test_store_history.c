/* How runs went, as the store has it: values, results, a run that another
 * process is training. */
#include "store_case.h"

#include "base/file.h"
#include "store/db.h"
#include "store/results.h"
#include "store/tables.h"
#include "train/history.h"

static void history_comes_back_to_the_bit(void **state)
{
    struct fixture *f = *state;
    int id = begin_with_series(f, "a");
    epoch(f, id, 1, 1.0 / 3, (double)NAN);
    epoch(f, id, 2, 0.1, (double)INFINITY);
    epoch(f, id, 3, 5e-324, 0.25);
    rt_store_flush(f->s);
    struct rt_history *h = rt_store_history(f->s, id, &f->err);
    assert_non_null(h);
    struct rt_history_series *loss = rt_history_find(h, "loss");
    struct rt_history_series *val = rt_history_find(h, "val_loss");
    assert_int_equal(loss->n_epochs, 3);
    assert_true(loss->epoch_v[0] == 1.0 / 3 && loss->epoch_v[2] == 5e-324);
    assert_true(isnan(val->epoch_v[0]) && val->epoch_v[1] == INFINITY);
    assert_int_equal(val->best_epoch, 3);
    assert_int_equal(val->mode, RT_MODE_MIN);
    assert_int_equal(h->epoch, 3);
    assert_int_equal(h->step, 12);
    rt_history_free(h);
    struct rt_run_row *r = find(f, f->s, id);
    assert_int_equal(r->epoch, 3);
    assert_true(r->loss == 5e-324 && r->val_loss == 0.25);
    assert_true(r->best_val_loss == 0.25);
    rt_run_rows_free(r, 1);
}

static void epoch_done_again_replaces_all_behind_it(void **state)
{
    struct fixture *f = *state;
    int id = begin_with_series(f, "a");
    for (int i = 1; i <= 6; i++)
        epoch(f, id, i, i, 0.1);
    epoch(f, id, 3, 30, 0.5);
    epoch(f, id, 4, 40, 0.4);
    rt_store_flush(f->s);
    struct rt_history *h = rt_store_history(f->s, id, &f->err);
    struct rt_history_series *loss = rt_history_find(h, "loss");
    static const double want[] = { 1, 2, 30, 40 };
    assert_int_equal(loss->n_epochs, 4);
    for (int i = 0; i < 4; i++)
        assert_true(loss->epoch_v[i] == want[i]);
    rt_history_free(h);
    struct rt_run_row *r = find(f, f->s, id);
    assert_int_equal(r->epoch, 4);
    assert_true(r->val_loss == 0.4);
    rt_run_rows_free(r, 1);
}

static void results_are_the_last_and_the_best_of_each_series(void **state)
{
    struct fixture *f = *state;
    static const double loss[] = { 3, 1, NAN, 1, 2 };
    static const double acc[] = { 0.5, 0.9, 0.9, 0.1, NAN };
    struct rt_run_result *v;
    int id = begin_with_series(f, "a"), other = begin_with_series(f, "b"), n;
    struct rt_event *e = rt_event_new(RT_EV_SERIES, id, 0);
    e->series_id = 1;
    e->key = rt_xstrdup("acc");
    e->mode = RT_MODE_MAX;
    rt_bus_publish(f->bus, e);
    announce(f, id, 2, "never");
    for (int i = 0; i < 5; i++) {
        epoch(f, id, i + 1, loss[i], acc[i]);
        epoch(f, other, i + 1, -1, 2);
    }
    rt_store_flush(f->s);
    rt_assert_ok(rt_store_results(f->s, id, &v, &n, &f->err), &f->err);
    assert_int_equal(n, 3);
    assert_string_equal(v[0].key, "loss");
    assert_true(v[0].last == 2 && v[0].best == 1);
    assert_int_equal(v[0].best_epoch, 2); /* of equal ones the first */
    assert_string_equal(v[1].key, "acc");
    assert_int_equal(v[1].mode, RT_MODE_MAX);
    assert_true(isnan(v[1].last) && v[1].best == 0.9);
    assert_int_equal(v[1].best_epoch, 2);
    assert_true(isnan(v[2].last) && isnan(v[2].best));
    rt_run_results_free(v, n);
}

static void thousands_of_events_are_written(void **state)
{
    struct fixture *f = *state;
    int id = begin_with_series(f, "a");
    for (int i = 1; i <= 2000; i++) {
        struct rt_event *e = rt_event_new(RT_EV_BATCH, id, 1);
        rt_bus_publish(f->bus, e);
        epoch(f, id, i, 1.0 / i, 2.0 / i);
    }
    rt_store_flush(f->s);
    struct rt_history *h = rt_store_history(f->s, id, &f->err);
    struct rt_history_series *val = rt_history_find(h, "val_loss");
    assert_int_equal(val->n_epochs, 2000);
    for (int i = 1; i <= 2000; i++)
        assert_true(val->epoch_v[i - 1] == 2.0 / i);
    rt_history_free(h);
}

static void runs_of_others_are_not_written(void **state)
{
    struct fixture *f = *state;
    struct rt_store *other = rt_store_open(f->dir, &f->err);
    int id = begin(f, other, "theirs");
    announce(f, id, 0, "loss");
    epoch(f, id, 1, 1, 1);
    set_state(f, id, RT_RUN_FAILED, NULL);
    rt_bus_log(f->bus, 0, RT_LOG_INFO, NULL, "of no run");
    rt_store_flush(f->s);
    assert_run_state(f, f->s, id, "queued");
    struct rt_history *h = rt_store_history(f->s, id, &f->err);
    assert_null(rt_history_find(h, "loss"));
    rt_history_free(h);
    rt_store_close(other);
}

static void what_another_process_writes_is_followed(void **state)
{
    struct fixture *f = *state;
    char user[] = "user", words[] = "lr 0.001";
    struct rt_order o = {
        .id = 1, .text = words, .who = user, .epoch = 3, .batch = 1
    };
    struct rt_recorder recorder = rt_store_recorder(f->s);
    struct rt_store *other = rt_store_open(f->dir, &f->err);
    struct rt_history *h = NULL, *was;
    struct rt_history_place at;
    int id = begin_with_series(f, "a");
    for (int i = 1; i <= 2; i++)
        epoch(f, id, i, 1.0 / i, 2);
    rt_store_flush(f->s);
    rt_assert_ok(rt_store_follow(other, id, &h, &at, &f->err), &f->err);
    assert_int_equal(rt_history_find(h, "loss")->n_epochs, 2);
    was = h;
    epoch(f, id, 3, 0.25, 2);
    rt_assert_ok(recorder.order(recorder.ctx, id, &o, &f->err), &f->err);
    rt_store_flush(f->s);
    for (int i = 0; i < 2; i++) {
        rt_assert_ok(rt_store_follow(other, id, &h, &at, &f->err), &f->err);
        assert_ptr_equal(h, was);
        assert_int_equal(rt_history_find(h, "loss")->n_epochs, 3);
        assert_true(rt_history_find(h, "loss")->epoch_v[2] == 0.25);
        assert_int_equal(h->n_marks, 0); /* it has no answer yet */
    }
    answer(f, id, &o, "lr 0.01 -> 0.001", 0);
    rt_bus_log(f->bus, id, RT_LOG_INFO, NULL, "and so on");
    rt_store_flush(f->s);
    for (int i = 0; i < 2; i++) {
        rt_assert_ok(rt_store_follow(other, id, &h, &at, &f->err), &f->err);
        assert_int_equal(h->n_marks, 1);
    }
    rt_assert_ok(rt_store_cut(f->s, id, 0, 1, 0, &f->err), &f->err);
    rt_assert_ok(rt_store_follow(other, id, &h, &at, &f->err), &f->err);
    assert_ptr_not_equal(h, was);
    assert_int_equal(rt_history_find(h, "loss")->n_epochs, 1);
    rt_history_free(was);
    rt_history_free(h);
    rt_store_close(other);
}

static void history_of_no_run_is_an_error(void **state)
{
    struct fixture *f = *state;
    assert_null(rt_store_history(f->s, 7, &f->err));
    rt_assert_error(&f->err, RT_ENOENT, "'7'");
}

/* A damaged file must not ask for memory by the gigabyte. */
static void a_series_that_cannot_be_is_told(void **state)
{
    struct fixture *f = *state;
    int id = begin(f, f->s, "a");
    char *path = rt_path_join(f->dir, "runs.db");
    char *sql = rt_xprintf("INSERT INTO series (run, number, key)"
                           " VALUES (%d, 2000000000, 'loss')",
                           id);
    struct rt_db *db = rt_db_open(path, rt_store_tables, RT_DB_NORMAL, &f->err);
    assert_non_null(db);
    rt_assert_ok(rt_db_exec(db, sql, &f->err), &f->err);
    rt_db_close(db);
    assert_null(rt_store_history(f->s, id, &f->err));
    rt_assert_error(&f->err, RT_EFORMAT, "series 2000000000, want 0..65535");
    free(sql);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(history_comes_back_to_the_bit),
        WITH_STORE(epoch_done_again_replaces_all_behind_it),
        WITH_STORE(results_are_the_last_and_the_best_of_each_series),
        WITH_STORE(thousands_of_events_are_written),
        WITH_STORE(runs_of_others_are_not_written),
        WITH_STORE(what_another_process_writes_is_followed),
        WITH_STORE(history_of_no_run_is_an_error),
        WITH_STORE(a_series_that_cannot_be_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
