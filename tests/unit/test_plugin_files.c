/* The built-in callbacks that write: model_checkpoint and csv_logger. */
#include "plugin_case.h"

/* ---- model_checkpoint ---------------------------------------------------- */

static char *in_temp(const char *name)
{
    return rt_path_join(rt_test_temp(), name);
}

static void checkpoint_saves_every_period(void **state)
{
    (void)state;
    char *file = in_temp("p{epoch}.h5");
    struct run *r = start("model_checkpoint", file, "period=2");
    for (int i = 0; i < 5; i++)
        step(r, 1);
    assert_string_equal(r->at.files, "model p2.h5\nmodel p4.h5\n");
    assert_string_equal(r->at.status, "saved at 4\n");
    finish(r);
    free(file);
}

static void checkpoint_saves_the_best_alone(void **state)
{
    (void)state;
    char *file = in_temp("b{epoch}.npz");
    struct run *r = start("model_checkpoint", file, "save_best_only=yes");
    STOPS_AT(r, 3, 2, 2, (double)NAN, 1, 4);
    assert_string_equal(r->at.files,
                        "weights b1.npz\nweights b2.npz\nweights b5.npz\n");
    assert_string_equal(r->at.status, "saved at 5, best 1 at 5\n");
    finish(r);
    free(file);
}

static void checkpoint_keeps_the_newest_files(void **state)
{
    (void)state;
    char *file = in_temp("k{epoch}.h5"), *path;
    char name[32];
    struct run *r =
        start("model_checkpoint", file, "keep=2", "save_weights_only=yes");
    for (int i = 1; i <= 6; i++) {
        step(r, 1);
        if (i == 4)
            resume(r);
    }
    for (int i = 1; i <= 6; i++) {
        snprintf(name, sizeof name, "k%d.h5", i);
        path = in_temp(name);
        assert_int_equal(rt_file_exists(path), i >= 5);
        free(path);
    }
    finish(r);
    free(file);
}

static void checkpoint_keeps_a_file_that_it_writes_again(void **state)
{
    (void)state;
    char *file = in_temp("same.h5");
    struct run *r = start("model_checkpoint", file, "keep=1");
    for (int i = 0; i < 3; i++)
        step(r, 1);
    assert_true(rt_file_exists(file));
    finish(r);
    free(file);
}

static void checkpoint_fails_with_what_the_host_says(void **state)
{
    (void)state;
    struct run *r = start("model_checkpoint", "x.h5");
    r->at.no_disk = true;
    assert_int_equal(step(r, 1), -12);
    assert_string_equal(r->at.error, "disk full\n");
    finish(r);
}

/* ---- csv_logger ---------------------------------------------------------- */

static void assert_file(const char *path, const char *want)
{
    struct rt_err err = RT_ERR_INIT;
    unsigned char *data;
    size_t n;
    rt_assert_ok(rt_file_read(path, 0, &data, &n, &err), &err);
    assert_string_equal((char *)data, want);
    free(data);
}

static void csv_logger_writes_sorted_columns(void **state)
{
    (void)state;
    char *file = in_temp("log.csv");
    struct run *r = start("csv_logger", file);
    put(r, "val_loss", NAN);
    put(r, "loss", NAN);
    assert_int_equal(begin(r), RT_GO_ON);
    r->at.epoch = 1;
    put(r, "loss", 0.1);
    assert_int_equal(end_epoch(r), RT_GO_ON);
    put(r, "lr", 5); /* after the columns were fixed */
    r->at.epoch = 2;
    put(r, "loss", 1.0 / 3);
    put(r, "val_loss", (double)INFINITY);
    assert_int_equal(end_epoch(r), RT_GO_ON);
    assert_file(file, "epoch,loss,val_loss\n0,0.1,NA\n"
                      "1,0.3333333333333333,inf\n");
    finish(r);
    free(file);
}

static void csv_logger_appends_to_its_columns(void **state)
{
    (void)state;
    const char *file =
        rt_test_file("old.csv", "epoch;val_loss;gone\n7;1;2\n", 26);
    struct run *r = start("csv_logger", file, "separator=;", "append=yes");
    assert_int_equal(begin(r), RT_GO_ON);
    step(r, 3);
    assert_file(file, "epoch;val_loss;gone\n7;1;2\n0;3;NA\n");
    finish(r);
}

static void csv_logger_resumed_writes_no_row_twice(void **state)
{
    (void)state;
    char *file = in_temp("resume.csv");
    struct run *r = start("csv_logger", file);
    begin(r);
    step(r, 3);
    r->at.n_saved = 0;
    assert_int_equal(r->p->save(&host, &r->at, r->args, r->state), RT_GO_ON);
    step(r, 2);
    step(r, 1);
    /* killed within the next row; goes on from what was saved after the 1st */
    if (r->p->release)
        r->p->release(r->state);
    FILE *f = fopen(file, "a");
    assert_true(f && fputs("3,0", f) >= 0 && !fclose(f));
    memset(r->state, 0, r->p->state_size);
    r->at.loading = true;
    assert_int_equal(r->p->load(&host, &r->at, r->args, r->state), RT_GO_ON);
    assert_int_equal(begin(r), RT_GO_ON);
    r->at.epoch = 1;
    step(r, 2);
    step(r, 1);
    step(r, 0.5);
    assert_file(file, "epoch,val_loss\n0,3\n1,2\n2,1\n3,0.5\n");
    finish(r);
    free(file);
}

static void csv_logger_never_writes_over_other_rows(void **state)
{
    (void)state;
    char *file = in_temp("other.csv");
    struct run *r = start("csv_logger", file);
    begin(r);
    step(r, 3);
    FILE *f = fopen(file, "a");
    assert_true(f && fputs("mine\n", f) >= 0 && !fclose(f));
    step(r, 2);
    assert_file(file, "epoch,val_loss\n0,3\nmine\n1,2\n");
    finish(r);
    free(file);
}

static void csv_logger_refuses_a_stranger_to_append_to(void **state)
{
    (void)state;
    const char *file = rt_test_file("notes.txt", "Dear diary,\n", 12);
    struct run *r = start("csv_logger", file, "append=yes");
    assert_int_equal(begin(r), -12);
    assert_non_null(strstr(r->at.error, "Dear diary"));
    assert_int_equal(step(r, 1), -12);
    assert_file(file, "Dear diary,\n");
    finish(r);
}

static void csv_logger_refuses_a_separator_of_names(void **state)
{
    (void)state;
    static const char *const bad[] = { "separator=_", "separator=e",
                                       "separator=, ", "separator=." };
    for (int i = 0; i < 4; i++) {
        struct run *r = start("csv_logger", "never.csv", bad[i]);
        assert_int_equal(begin(r), -12);
        assert_non_null(strstr(r->at.error, "separator"));
        finish(r);
    }
    assert_false(rt_file_exists("never.csv"));
}

static void csv_logger_says_what_it_cannot_open(void **state)
{
    (void)state;
    struct run *r = start("csv_logger", "/proc/none/log.csv");
    assert_int_equal(begin(r), -12);
    assert_non_null(strstr(r->at.error, "/proc/none/log.csv: "));
    finish(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoint_saves_every_period),
        cmocka_unit_test(checkpoint_saves_the_best_alone),
        cmocka_unit_test(checkpoint_keeps_the_newest_files),
        cmocka_unit_test(checkpoint_keeps_a_file_that_it_writes_again),
        cmocka_unit_test(checkpoint_fails_with_what_the_host_says),
        cmocka_unit_test(csv_logger_writes_sorted_columns),
        cmocka_unit_test(csv_logger_appends_to_its_columns),
        cmocka_unit_test(csv_logger_resumed_writes_no_row_twice),
        cmocka_unit_test(csv_logger_never_writes_over_other_rows),
        cmocka_unit_test(csv_logger_refuses_a_stranger_to_append_to),
        cmocka_unit_test(csv_logger_refuses_a_separator_of_names),
        cmocka_unit_test(csv_logger_says_what_it_cannot_open),
    };
    use_built_in_plugins();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
