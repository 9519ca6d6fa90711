/* The built-in callbacks that decide: when they stop a run or lower its rate,
 * and that a saved and loaded one decides the same. */
#include "plugin_case.h"

/* ---- early_stopping ------------------------------------------------------ */

static void early_stopping_stops_as_keras_does(void **state)
{
    (void)state;
    /* case train_early_stopping of the reference, made with Keras' rules */
    static const double val_loss[] = { 1.400501738,  1.364080893,  1.638556557,
                                       0.7239866062, 0.4730263552, 0.4198299815,
                                       0.2942372216, 0.3223317662, 0.5265884038,
                                       0.1 };
    struct run *r = start("early_stopping", "patience=2", "min_delta=0.001",
                          "restore_best_weights=yes");
    assert_int_equal(stops_at(r, val_loss, 10), 9);
    assert_int_equal(r->at.restored, 7);
    assert_string_equal(r->at.status, "2/2, best 0.2942 at 7\n");
    assert_non_null(strstr(r->at.stops, "val_loss 2/2\n"));
    assert_non_null(strstr(r->at.log, "weights of epoch 7 restored"));
    finish(r);
}

static void early_stopping_without_patience_stops_at_once(void **state)
{
    (void)state;
    struct run *r = start("early_stopping");
    assert_int_equal(STOPS_AT(r, 3, 2, 2, 1), 3);
    assert_int_equal(r->at.kept, 0);
    finish(r);
}

static void early_stopping_wants_more_than_min_delta(void **state)
{
    (void)state;
    struct run *r = start("early_stopping", "min_delta=0.5", "patience=2");
    /* steps of exactly 0.5 do not count, all are measured from the best */
    assert_int_equal(STOPS_AT(r, 4, 3.5, 3, 2.5, 2.75, 1), 5);
    assert_string_equal(r->at.status, "2/2, best 3 at 3\n");
    finish(r);
}

static void early_stopping_maximises_what_is_better_larger(void **state)
{
    (void)state;
    struct run *r = start("early_stopping", "patience=2");
    r->at.mode = RT_MODE_MAX;
    assert_int_equal(STOPS_AT(r, 1, 2, 3, 3, 2.5, 9), 5);
    finish(r);
    r = start("early_stopping", "patience=2", "mode=max");
    assert_int_equal(STOPS_AT(r, 1, 2, 1.5, 3, 3, 2.5), 6);
    finish(r);
}

static void early_stopping_demands_the_baseline(void **state)
{
    (void)state;
    struct run *r = start("early_stopping", "patience=3", "baseline=1",
                          "restore_best_weights=yes");
    assert_int_equal(STOPS_AT(r, 3, 2, 1.5, 1.2), 3);
    assert_int_equal(r->at.restored, 0);
    finish(r);
    r = start("early_stopping", "patience=2", "baseline=1");
    assert_int_equal(STOPS_AT(r, 3, 0.9, 0.95, 0.8, 0.9, 0.9), 6);
    finish(r);
}

static void early_stopping_counts_nan_as_no_better(void **state)
{
    (void)state;
    struct run *r = start("early_stopping", "patience=2");
    assert_int_equal(STOPS_AT(r, (double)NAN, 1, (double)NAN, 2, 0), 4);
    finish(r);
}

static void early_stopping_counts_epochs_with_validation_alone(void **state)
{
    (void)state;
    struct run *r = start("early_stopping", "patience=2");
    step(r, 1);
    for (int i = 0; i < 9; i++) {
        r->at.epoch++;
        assert_int_equal(end_epoch(r), RT_GO_ON);
    }
    assert_int_equal(step(r, 2), RT_GO_ON);
    assert_int_equal(step(r, 2), RT_STOP);
    finish(r);
}

static void a_series_that_is_missing_is_refused_before_the_start(void **state)
{
    (void)state;
    static const char *const kinds[] = { "early_stopping",
                                         "reduce_lr_on_plateau" };
    for (int i = 0; i < 2; i++) {
        struct run *r = start(kinds[i], "val_acc");
        put(r, "val_loss", 1);
        assert_int_equal(check(r), -12);
        assert_string_equal(r->at.error, "no series val_acc\n");
        put(r, "val_acc", 1);
        assert_int_equal(check(r), RT_GO_ON);
        finish(r);
    }
}

static const double noisy[] = { 5,    4,    4.2,  4.1,  3.9,  3.95, 3.9,  3.8,
                                3.81, 3.82, 3.83, 3.84, 3.85, 3.7,  3.71, 3.72,
                                3.73, 3.74, 3.75, 3.76, 3.77, 3.78 };
#define N_NOISY ((int)(sizeof noisy / sizeof *noisy))

static void early_stopping_goes_on_where_it_was_saved(void **state)
{
    (void)state;
    struct run *r = start("early_stopping", "patience=5");
    int64_t want = stops_at(r, noisy, N_NOISY);
    assert_int_equal(want, 13);
    finish(r);
    for (int cut = 0; cut < want - 1; cut++) {
        r = start("early_stopping", "patience=5");
        stops_at(r, noisy, cut);
        resume(r);
        assert_int_equal(stops_at(r, noisy + cut, N_NOISY - cut), want);
        finish(r);
    }
}

/* ---- reduce_lr_on_plateau ------------------------------------------------ */

/* Runs val_loss through it with the orders applied; lr[i] is the rate used in
 * epoch i. cut: where it is saved and loaded. */
static void rates(struct run *r, const double *val_loss, int n, int cut,
                  double first, double *lr)
{
    double now = first;
    for (int i = 0; i < n; i++) {
        if (i == cut)
            resume(r);
        lr[i] = now;
        put(r, "lr", now);
        r->at.orders[0] = '\0';
        assert_int_equal(step(r, val_loss[i]), RT_GO_ON);
        if (r->at.orders[0])
            assert_int_equal(sscanf(r->at.orders, "lr %lf", &now), 1);
    }
}

static void reduce_lr_reduces_as_keras_does(void **state)
{
    (void)state;
    /* case train_reduce_lr of the reference */
    static const double val_loss[] = { 0.4628241004, 0.5056439113, 0.439489839,
                                       0.4257280024, 0.4209168276, 0.3990572706,
                                       0.3864035098, 0.3784881516, 0.3714001061,
                                       0.3657849143, 0.36232324,   0.3592498953,
                                       0.356508324,  0.3540504006 };
    static const double want[] = { 0.3,   0.3,   0.15,  0.15,   0.15,
                                   0.075, 0.075, 0.075, 0.0375, 0.0375,
                                   0.02,  0.02,  0.02,  0.02 };
    for (int cut = -1; cut < 14; cut++) {
        double lr[14];
        struct run *r =
            start("reduce_lr_on_plateau", "factor=0.5", "patience=1",
                  "min_delta=0.01", "cooldown=1", "min_lr=0.02");
        rates(r, val_loss, 14, cut, 0.3, lr);
        for (int i = 0; i < 14; i++)
            rt_assert_close(lr[i], want[i], 1e-12);
        finish(r);
    }
}

static void reduce_lr_rests_while_it_cools_down(void **state)
{
    (void)state;
    double same[12], lr[12];
    for (int i = 0; i < 12; i++)
        same[i] = 1;
    struct run *r = start("reduce_lr_on_plateau", "patience=2", "cooldown=3");
    rates(r, same, 12, -1, 1, lr);
    /* reduced at the end of epoch 3, counts again from epoch 6 on, which is
     * the one in which the cooldown ends */
    static const double want[] = { 1,   1,    1,    0.1,  0.1,  0.1,
                                   0.1, 0.01, 0.01, 0.01, 0.01, 0.001 };
    for (int i = 0; i < 12; i++)
        rt_assert_close(lr[i], want[i], 1e-12);
    finish(r);
}

static void reduce_lr_says_how_far_it_is(void **state)
{
    (void)state;
    struct run *r = start("reduce_lr_on_plateau", "patience=2", "cooldown=3");
    put(r, "lr", 1);
    step(r, 0.5);
    step(r, 0.5);
    assert_string_equal(r->at.status, "1/2, best 0.5 at 1\n");
    step(r, 0.5);
    assert_string_equal(r->at.status, "cooldown 3/3, best 0.5 at 1\n");
    assert_string_equal(r->at.orders, "lr 0.1\n");
    finish(r);
    r = start("reduce_lr_on_plateau", "patience=2", "min_lr=1");
    put(r, "lr", 1);
    step(r, 0.5);
    step(r, 0.5);
    step(r, 0.5);
    assert_string_equal(r->at.status, "at min_lr, best 0.5 at 1\n");
    finish(r);
}

static void reduce_lr_without_a_rate_fails(void **state)
{
    (void)state;
    struct run *r = start("reduce_lr_on_plateau", "patience=1");
    step(r, 1);
    assert_int_equal(step(r, 1), -12);
    assert_non_null(strstr(r->at.error, "no series lr"));
    finish(r);
}

static void reduce_lr_refuses_a_factor_of_one(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const struct rt_plugin *p = rt_plugin_find("reduce_lr_on_plateau", &err);
    const char *words[] = { "factor=1" };
    assert_non_null(p);
    assert_null(
        rt_args_parse(p->opts, p->opt_size, p->args_size, words, 1, &err));
    rt_assert_error(&err, RT_EINVAL, "factor");
}

/* ---- learning_rate_scheduler --------------------------------------------- */

/* The rate that it orders for an epoch; the last one if it orders none. */
static double scheduled(struct run *r, int64_t for_epoch)
{
    r->at.epoch = for_epoch;
    *r->at.orders = '\0';
    assert_int_equal(r->p->on_epoch_begin(&host, &r->at, r->args, r->state),
                     RT_GO_ON);
    if (*r->at.orders)
        put(r, "lr", atof(r->at.orders + strlen("lr ")));
    return metric(&r->at, "lr");
}

static struct run *schedule(struct run *r, double lr)
{
    put(r, "lr", lr);
    assert_int_equal(begin(r), RT_GO_ON);
    return r;
}

static void a_schedule_sets_the_rate_of_each_epoch(void **state)
{
    (void)state;
    struct run *r = schedule(
        start("learning_rate_scheduler", "step", "factor=0.1", "every=2"), 0.5);
    static const double steps[] = { 0.5, 0.5, 0.05, 0.05, 0.005 };
    for (int i = 0; i < 5; i++)
        rt_assert_close(scheduled(r, i + 1), steps[i], 1e-15);
    finish(r);
    r = schedule(start("learning_rate_scheduler", "exp", "factor=0.9"), 0.2);
    rt_assert_close(scheduled(r, 1), 0.2, 0);
    rt_assert_close(scheduled(r, 4), 0.2 * 0.9 * 0.9 * 0.9, 1e-15);
    finish(r);
    r = schedule(start("learning_rate_scheduler", "poly", "end=0.1", "power=2"),
                 0.5);
    rt_assert_close(scheduled(r, 1), 0.5, 1e-15);
    rt_assert_close(scheduled(r, 6), 0.1 + 0.4 * 0.25, 1e-15); /* of 10 */
    rt_assert_close(scheduled(r, 99), 0.1, 1e-15);
    finish(r);
    r = schedule(
        start("learning_rate_scheduler", "cosine", "rate=0.4", "epochs=4"),
        0.5);
    rt_assert_close(scheduled(r, 1), 0.4, 1e-15);
    rt_assert_close(scheduled(r, 3), 0.2, 1e-15);
    rt_assert_close(scheduled(r, 5), 0, 1e-15);
    finish(r);
    r = schedule(
        start("learning_rate_scheduler", "values", "values=2:0.3,5:0.01"), 0.5);
    static const double listed[] = { 0.5, 0.3, 0.3, 0.3, 0.01, 0.01 };
    for (int i = 0; i < 6; i++)
        rt_assert_close(scheduled(r, i + 1), listed[i], 0);
    finish(r);
}

static void a_schedule_orders_a_rate_only_where_it_changes(void **state)
{
    (void)state;
    struct run *r = schedule(
        start("learning_rate_scheduler", "step", "every=3", "verbose=1"), 0.5);
    scheduled(r, 3);
    assert_string_equal(r->at.orders, "");
    scheduled(r, 4);
    assert_string_equal(r->at.orders, "lr 0.25\n");
    assert_string_equal(r->at.status, "rate 0.25\n");
    assert_int_equal(r->at.n_logs, 2);
    finish(r);
}

static void a_schedule_remembers_the_epoch_of_the_rate(void **state)
{
    (void)state;
    struct run *r = schedule(start("learning_rate_scheduler", "exp"), 0.5);
    scheduled(r, 3);
    resume(r); /* the rate is 0.125 now */
    rt_assert_close(scheduled(r, 3), 0.125, 0);
    rt_assert_close(scheduled(r, 4), 0.0625, 1e-15);
    finish(r);
}

static void a_schedule_goes_on_from_the_rate_of_a_file(void **state)
{
    (void)state;
    static const char *const rules[][2] = { { "step", "every=2" },
                                            { "exp", "factor=0.9" },
                                            { "poly", "end=0.01" },
                                            { "cosine", "end=0.01" },
                                            { "values", "values=2:0.3" } };
    for (int i = 0; i < 5; i++) {
        struct run *r = schedule(
            start("learning_rate_scheduler", rules[i][0], rules[i][1]), 0.5);
        double want[7];
        for (int e = 1; e <= 6; e++)
            want[e] = scheduled(r, e);
        finish(r);
        r = start("learning_rate_scheduler", rules[i][0], rules[i][1]);
        r->at.epoch = 3; /* initial_epoch */
        schedule(r, want[3]);
        for (int e = 4; e <= 6; e++)
            rt_assert_close(scheduled(r, e), want[e], 0);
        finish(r);
    }
}

static void a_schedule_takes_up_a_rate_that_somebody_set(void **state)
{
    (void)state;
    struct run *r = schedule(start("learning_rate_scheduler", "exp"), 0.5);
    scheduled(r, 1);
    put(r, "lr", 0.1);
    rt_assert_close(scheduled(r, 2), 0.05, 1e-15);
    finish(r);
    r = schedule(start("learning_rate_scheduler", "exp", "rate=0.5"), 0.5);
    scheduled(r, 1);
    put(r, "lr", 0.1); /* all are computed from rate= */
    rt_assert_close(scheduled(r, 2), 0.25, 1e-15);
    finish(r);
}

static void a_list_that_is_none_fails_at_the_beginning(void **state)
{
    (void)state;
    static const char *const bad[] = { "values=", "values=3", "values=0:1",
                                       "values=2:-1", "values=3:1,3:2" };
    for (int i = 0; i < 5; i++) {
        struct run *r = start("learning_rate_scheduler", "values", bad[i]);
        put(r, "lr", 1);
        assert_true(begin(r) != RT_GO_ON);
        assert_non_null(strstr(r->at.error, "values"));
        finish(r);
    }
}

/* ---- terminate_on_nan ---------------------------------------------------- */

static void terminate_on_nan_stops_at_the_batch(void **state)
{
    (void)state;
    static const double bad[] = { (double)NAN, (double)INFINITY,
                                  -(double)INFINITY };
    struct run *r = start("terminate_on_nan");
    r->at.epoch = 1;
    put(r, "loss", 1e30);
    assert_int_equal(r->p->on_batch_end(&host, &r->at, r->args, r->state),
                     RT_GO_ON);
    for (int i = 0; i < 3; i++) {
        put(r, "loss", bad[i]);
        assert_int_equal(r->p->on_batch_end(&host, &r->at, r->args, r->state),
                         RT_STOP);
    }
    assert_non_null(strstr(r->at.log, "epoch 1, batch 3"));
    finish(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(early_stopping_stops_as_keras_does),
        cmocka_unit_test(early_stopping_without_patience_stops_at_once),
        cmocka_unit_test(early_stopping_wants_more_than_min_delta),
        cmocka_unit_test(early_stopping_maximises_what_is_better_larger),
        cmocka_unit_test(early_stopping_demands_the_baseline),
        cmocka_unit_test(early_stopping_counts_nan_as_no_better),
        cmocka_unit_test(early_stopping_counts_epochs_with_validation_alone),
        cmocka_unit_test(a_series_that_is_missing_is_refused_before_the_start),
        cmocka_unit_test(early_stopping_goes_on_where_it_was_saved),
        cmocka_unit_test(reduce_lr_reduces_as_keras_does),
        cmocka_unit_test(reduce_lr_rests_while_it_cools_down),
        cmocka_unit_test(reduce_lr_says_how_far_it_is),
        cmocka_unit_test(reduce_lr_without_a_rate_fails),
        cmocka_unit_test(reduce_lr_refuses_a_factor_of_one),
        cmocka_unit_test(a_schedule_sets_the_rate_of_each_epoch),
        cmocka_unit_test(a_schedule_orders_a_rate_only_where_it_changes),
        cmocka_unit_test(a_schedule_remembers_the_epoch_of_the_rate),
        cmocka_unit_test(a_schedule_goes_on_from_the_rate_of_a_file),
        cmocka_unit_test(a_schedule_takes_up_a_rate_that_somebody_set),
        cmocka_unit_test(a_list_that_is_none_fails_at_the_beginning),
        cmocka_unit_test(terminate_on_nan_stops_at_the_batch),
    };
    use_built_in_plugins();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
