/* The run store: what is written about runs, and what can be asked. The events
 * are the test's own; they come by a real bus. */
#include "store_case.h"

#include "base/file.h"
#include "store/db.h"
#include "store/lock.h"
#include "store/scripts.h"
#include "store/tables.h"
#include "train/history.h"

#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- runs ---------------------------------------------------------------- */

static void what_a_run_is_comes_back(void **state)
{
    struct fixture *f = *state;
    struct rt_run_record r = {
        .name = "mnist_mlp",
        .model = "mlp",
        .script = "seed 7\nfit mnist\n",
        .settings = "{\"lr\": 0.001}",
        .data = "mnist.npz",
        .data_hash = 0xfedcba9876543210,
        .model_hash = 0x8000000000000001,
        .seed = UINT64_MAX,
        .version = "0.1.0",
        .blas = "OpenBLAS 0.3.21",
        .isa = "avx512",
        .threads = 4,
        .epochs = 50,
        .batch_size = 128,
        .params = INT64_C(5000000000),
    };
    rt_assert_ok(rt_store_begin(f->s, &r, &f->err), &f->err);
    assert_int_equal(r.id, 1);
    struct rt_run_row *b = find(f, f->s, 1);
    assert_string_equal(b->name, r.name);
    assert_string_equal(b->model, r.model);
    char *script = rt_store_script(f->s, 1, &f->err);
    assert_string_equal(script, r.script);
    free(script);
    assert_string_equal(b->settings, r.settings);
    assert_string_equal(b->data, r.data);
    assert_string_equal(b->version, r.version);
    assert_string_equal(b->blas, r.blas);
    assert_string_equal(b->isa, r.isa);
    assert_true(b->data_hash == r.data_hash);
    assert_true(b->model_hash == r.model_hash);
    assert_true(b->seed == r.seed);
    assert_int_equal(b->threads, 4);
    assert_int_equal(b->epochs, 50);
    assert_int_equal(b->batch_size, 128);
    assert_true(b->params == r.params);
    assert_string_equal(b->state, "queued");
    assert_null(b->reason);
    assert_true(b->begun > 1.6e9);
    assert_true(isnan(b->ended) && isnan(b->loss) && isnan(b->best_val_loss));
    assert_int_equal(b->epoch, 0);
    rt_run_rows_free(b, 1);
}

static void state_reason_and_end_are_kept(void **state)
{
    struct fixture *f = *state;
    int id = begin_with_series(f, "a");
    rt_store_flush(f->s);
    assert_run_state(f, f->s, id, "running");
    set_state(f, id, RT_RUN_PAUSED, NULL);
    rt_store_flush(f->s);
    assert_run_state(f, f->s, id, "paused");
    set_state(f, id, RT_RUN_STOPPED, "early_stopping: stop");
    rt_store_release(f->s, id);
    struct rt_run_row *r = find(f, f->s, id);
    assert_string_equal(r->state, "stopped");
    assert_string_equal(r->reason, "early_stopping: stop");
    assert_true(r->ended >= r->begun);
    rt_run_rows_free(r, 1);
}

static void numbers_are_never_given_twice(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(begin(f, f->s, "a"), 1);
    assert_int_equal(begin(f, f->s, "b"), 2);
    /* what is left of a store whose file was taken away */
    char *left = rt_xprintf("%s/runs/3", f->dir);
    rt_assert_ok(rt_dir_make(left, &f->err), &f->err);
    free(left);
    assert_int_equal(begin(f, f->s, "c"), 4);
}

static void run_left_behind_is_interrupted(void **state)
{
    struct fixture *f = *state;
    int id = begin_with_series(f, "a");
    rt_store_close(f->s);
    f->s = rt_store_open(f->dir, &f->err);
    struct rt_run_row *r = find(f, f->s, id);
    assert_string_equal(r->state, "interrupted");
    assert_non_null(r->reason);
    rt_run_rows_free(r, 1);
}

static void two_stores_see_each_others_runs(void **state)
{
    struct fixture *f = *state;
    struct rt_store *other = rt_store_open(f->dir, &f->err);
    assert_non_null(other);
    int mine = begin_with_series(f, "mine");
    int yours = begin(f, other, "yours");
    assert_int_not_equal(mine, yours);
    rt_store_flush(f->s);
    assert_run_state(f, other, mine, "running");
    assert_run_state(f, f->s, yours, "queued");
    set_state(f, mine, RT_RUN_FINISHED, NULL);
    rt_store_release(f->s, mine);
    assert_run_state(f, other, mine, "finished");
    rt_store_close(other);
    assert_run_state(f, f->s, yours, "interrupted");
}

static void list_is_newest_first(void **state)
{
    struct fixture *f = *state;
    struct rt_run_row *r;
    int n;
    begin(f, f->s, "mnist_mlp");
    int done = begin(f, f->s, "mnist_cnn");
    begin(f, f->s, "spiral");
    set_state(f, done, RT_RUN_FINISHED, NULL);
    rt_store_release(f->s, done);
    rt_assert_ok(rt_store_list(f->s, true, &r, &n, &f->err), &f->err);
    assert_int_equal(n, 3);
    assert_string_equal(r[0].name, "spiral");
    assert_string_equal(r[2].name, "mnist_mlp");
    rt_run_rows_free(r, n);
}

static void find_knows_numbers_and_newest_of_a_name(void **state)
{
    struct fixture *f = *state;
    struct rt_run_row *r;
    begin(f, f->s, "mnist_mlp");
    int newest = begin(f, f->s, "mnist_mlp");
    rt_assert_ok(rt_store_find(f->s, "mnist_mlp", &r, &f->err), &f->err);
    assert_int_equal(r->id, newest);
    rt_run_rows_free(r, 1);
    rt_assert_ok(rt_store_find(f->s, "#1", &r, &f->err), &f->err);
    assert_int_equal(r->id, 1);
    rt_run_rows_free(r, 1);
    assert_int_equal(rt_store_find(f->s, "mnist_mpl", &r, &f->err), RT_ENOENT);
    rt_assert_error(&f->err, RT_ENOENT, "did you mean mnist_mlp?");
    assert_int_equal(rt_store_find(f->s, "3", &r, &f->err), RT_ENOENT);
    rt_assert_ok(rt_store_find(f->s, NULL, &r, &f->err), &f->err);
    assert_int_equal(r->id, newest);
    rt_run_rows_free(r, 1);
}

/* ---- orders and messages ------------------------------------------------- */

static void order_is_committed_before_it_is_answered(void **state)
{
    struct fixture *f = *state;
    char user[] = "user", words[] = "lr 0.001";
    struct rt_order o = {
        .id = 3, .text = words, .who = user, .epoch = 2, .batch = 3
    };
    struct rt_recorder recorder = rt_store_recorder(f->s);
    struct rt_store *other = rt_store_open(f->dir, &f->err);
    struct rt_run_note *v;
    int n, id = begin_with_series(f, "a");
    rt_assert_ok(recorder.order(recorder.ctx, id, &o, &f->err), &f->err);
    rt_assert_ok(rt_store_notes(other, id, &v, &n, &f->err), &f->err);
    assert_int_equal(n, 1);
    assert_true(v->order && !v->says && !v->by_callback);
    assert_string_equal(v->text, "lr 0.001");
    assert_string_equal(v->who, "user");
    assert_int_equal(v->number, 3);
    assert_int_equal(v->epoch, 2);
    assert_int_equal(v->batch, 3);
    rt_run_notes_free(v, n);
    answer(f, id, &o, "lr 0.01 -> 0.001", 0);
    rt_store_flush(f->s);
    rt_assert_ok(rt_store_notes(other, id, &v, &n, &f->err), &f->err);
    assert_int_equal(n, 1);
    assert_string_equal(v->text, "lr 0.001");
    assert_string_equal(v->says, "lr 0.01 -> 0.001");
    rt_run_notes_free(v, n);
    struct rt_history *h = rt_store_history(other, id, &f->err);
    assert_int_equal(h->n_marks, 1);
    assert_true(h->marks->x == 1.75);
    assert_string_equal(h->marks->text, "lr 0.01 -> 0.001");
    rt_history_free(h);
    rt_store_close(other);
}

static void answers_find_their_orders(void **state)
{
    struct fixture *f = *state;
    char user[] = "user", plateau[] = "plateau", lr[] = "lr 1", stop[] = "stop";
    struct rt_order killed = { .id = 4, .text = lr, .who = user };
    struct rt_order outer = { .id = 1, .text = lr, .who = user };
    struct rt_order inner = {
        .id = 2, .text = lr, .who = plateau, .by_callback = true
    };
    struct rt_order refused = { .text = stop, .who = user };
    struct rt_recorder recorder = rt_store_recorder(f->s);
    struct rt_run_note *v;
    int n, id = begin_with_series(f, "a");
    recorder.order(recorder.ctx, id, &killed, NULL); /* before its answer */
    recorder.order(recorder.ctx, id, &outer, NULL);
    recorder.order(recorder.ctx, id, &inner, NULL);
    answer(f, id, &inner, "inner", 0);
    answer(f, id, &outer, "outer", RT_EINVAL);
    answer(f, id, &refused, "stop: run 1 is over", RT_ESTATE);
    answer(f, id, &outer, "replayed: its row is there", 0);
    rt_bus_log(f->bus, id, RT_LOG_WARNING, "me", "a message");
    rt_store_flush(f->s);
    rt_assert_ok(rt_store_notes(f->s, id, &v, &n, &f->err), &f->err);
    assert_int_equal(n, 5);
    assert_null(v[0].says);
    assert_string_equal(v[1].says, "outer");
    assert_int_equal(v[1].code, RT_EINVAL);
    assert_string_equal(v[2].says, "inner");
    assert_true(v[2].by_callback && v[2].code == 0);
    assert_string_equal(v[3].text, "stop: run 1 is over");
    assert_int_equal(v[3].number, 0);
    assert_true(!v[4].order && v[4].code == RT_LOG_WARNING);
    assert_string_equal(v[4].text, "a message");
    rt_run_notes_free(v, n);
}

struct giver {
    struct fixture *f;
    int id, failed;
};

static void *give_orders(void *arg)
{
    struct giver *g = arg;
    char who[] = "user", words[] = "pause";
    struct rt_recorder recorder = rt_store_recorder(g->f->s);
    for (int i = 1; i <= 25; i++) {
        struct rt_order o = { .id = i, .text = words, .who = who };
        g->failed |= recorder.order(recorder.ctx, g->id, &o, NULL);
        epoch(g->f, g->id, i, i, i);
        answer(g->f, g->id, &o, "done", 0);
    }
    return NULL;
}

static void runs_side_by_side_give_orders(void **state)
{
    struct fixture *f = *state;
    pthread_t thread[3];
    struct giver g[3];
    struct rt_run_note *v;
    int n;
    for (int i = 0; i < 3; i++)
        g[i] = (struct giver){ .f = f, .id = begin_with_series(f, "a") };
    for (int i = 0; i < 3; i++)
        pthread_create(&thread[i], NULL, give_orders, &g[i]);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    rt_store_flush(f->s);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(g[i].failed, 0);
        rt_assert_ok(rt_store_notes(f->s, g[i].id, &v, &n, &f->err), &f->err);
        assert_int_equal(n, 25);
        for (int j = 0; j < n; j++)
            assert_string_equal(v[j].says, "done");
        rt_run_notes_free(v, n);
    }
}

/* ---- trouble ------------------------------------------------------------- */

/* A limit on the size of files stands in for a full disk. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static int warnings(struct rt_sub *sub)
{
    struct rt_event *e;
    int n = 0;
    while ((e = rt_sub_next(sub))) {
        n += e->type == RT_EV_LOG && e->code == RT_LOG_WARNING &&
             strstr(e->text, "cannot record");
        rt_event_unref(e);
    }
    return n;
}

static void full_disk_warns_once_and_loses_nothing(void **state)
{
    struct fixture *f = *state;
    char user[] = "user", words[] = "pause";
    struct rt_order o = { .id = 1, .text = words, .who = user };
    struct rt_recorder recorder = rt_store_recorder(f->s);
    int id = begin_with_series(f, "a");
    rt_store_flush(f->s);
    struct rt_sub *sub = rt_bus_subscribe(f->bus);
    limit_files(16384);
    for (int i = 1; i <= 1000; i++)
        epoch(f, id, i, i, i);
    rt_store_flush(f->s);
    int refused = recorder.order(recorder.ctx, id, &o, &f->err);
    epoch(f, id, 1001, 1, 1);
    rt_store_flush(f->s);
    limit_files(RLIM_INFINITY);
    assert_int_not_equal(refused, 0);
    assert_int_equal(warnings(sub), 1);
    rt_sub_free(sub);
    rt_store_flush(f->s);
    struct rt_history *h = rt_store_history(f->s, id, &f->err);
    assert_non_null(h);
    assert_int_equal(rt_history_find(h, "loss")->n_epochs, 1001);
    rt_history_free(h);
    rt_assert_ok(recorder.order(recorder.ctx, id, &o, &f->err), &f->err);
}

static void store_that_cannot_be_made_is_told(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    assert_null(rt_store_open("/proc/none", &err));
    rt_assert_error(&err, RT_EIO, "/proc/none");
    const char *file = rt_test_file("file", "x", 1);
    assert_null(rt_store_open(file, &err));
    rt_assert_error(&err, RT_EIO, file);
}

static void store_of_garbage_is_told(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    char *dir = rt_xprintf("%s/garbage", rt_test_temp());
    rt_assert_ok(rt_dir_make(dir, &err), &err);
    rt_test_file("garbage/runs.db",
                 "neither a database nor empty, but text of some length that "
                 "is more than a header has",
                 80);
    assert_null(rt_store_open(dir, &err));
    rt_assert_error(&err, RT_EFORMAT, "runs.db: this is no SQLite database");
    free(dir);
}

static void lock_is_one_owners(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    int fd, second;
    char *path = rt_xprintf("%s/lock", rt_test_temp());
    assert_false(rt_lock_held(path));
    rt_assert_ok(rt_lock_take(path, &fd, &err), &err);
    assert_true(rt_lock_held(path));
    assert_int_equal(rt_lock_take(path, &second, &err), RT_EBUSY);
    char *who = rt_xprintf("process %ld on ", (long)getpid());
    rt_assert_error(&err, RT_EBUSY, who);
    free(who);
    rt_lock_drop(fd);
    assert_false(rt_lock_held(path));
    free(path);
}

/* Root may write everywhere; without that for a while, on this thread. */
static uint32_t take_powers(uint32_t effective)
{
    struct __user_cap_header_struct head = { .version =
                                                 _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct now[2];
    assert_int_equal(syscall(SYS_capget, &head, now), 0);
    uint32_t were = now[0].effective;
    now[0].effective = effective & now[0].permitted;
    assert_int_equal(syscall(SYS_capset, &head, now), 0);
    return were;
}

static void a_store_that_cannot_be_written_can_be_read(void **state)
{
    struct fixture *f = *state;
    struct rt_run_row *row = NULL;
    struct rt_run_record r = { .name = "late", .model = "mlp" };
    int n = 0, id = begin(f, f->s, "old");
    rt_store_release(f->s, id);
    rt_store_close(f->s);
    f->s = NULL;
    char *db = rt_path_join(f->dir, "runs.db");
    chmod(db, 0444);
    chmod(f->dir, 0555);
    uint32_t powers = take_powers(0);
    struct rt_store *s = rt_store_open(f->dir, &f->err);
    int listed = s ? rt_store_list(s, true, &row, &n, &f->err) : -1;
    struct rt_err begins = RT_ERR_INIT, attaches = RT_ERR_INIT;
    if (s) {
        rt_store_begin(s, &r, &begins);
        rt_store_attach(s, f->bus, &attaches);
    }
    take_powers(powers);
    chmod(f->dir, 0755);
    rt_assert_ok(listed, &f->err);
    assert_true(rt_store_read_only(s));
    assert_int_equal(n, 1);
    assert_string_equal(row->name, "old");
    assert_string_equal(row->state, "interrupted");
    rt_assert_error(&begins, RT_EIO, "read-only");
    rt_assert_error(&attaches, RT_EIO, "read-only");
    assert_null(rt_store_recorder(s).order);
    rt_run_rows_free(row, n);
    rt_store_close(s);
    free(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(what_a_run_is_comes_back),
        WITH_STORE(state_reason_and_end_are_kept),
        WITH_STORE(numbers_are_never_given_twice),
        WITH_STORE(run_left_behind_is_interrupted),
        WITH_STORE(two_stores_see_each_others_runs),
        WITH_STORE(list_is_newest_first),
        WITH_STORE(find_knows_numbers_and_newest_of_a_name),
        WITH_STORE(order_is_committed_before_it_is_answered),
        WITH_STORE(answers_find_their_orders),
        WITH_STORE(runs_side_by_side_give_orders),
        WITH_STORE(full_disk_warns_once_and_loses_nothing),
        cmocka_unit_test(store_that_cannot_be_made_is_told),
        cmocka_unit_test(store_of_garbage_is_told),
        cmocka_unit_test(lock_is_one_owners),
        cmocka_unit_test_setup_teardown(
            a_store_that_cannot_be_written_can_be_read, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
