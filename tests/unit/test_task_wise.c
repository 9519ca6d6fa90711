/* task_wise_early_stopping: when each output stops, what it freezes, that a
 * saved and loaded one goes on the same. */
#include "plugin_case.h"

/* In an epoch: what both outputs' validation losses are. */
struct pair {
    double temp, gas;
};
/* temp is best at 3, gas at 5 */
static const struct pair both[] = { { 5, 9 }, { 4, 8 }, { 3, 7 },   { 4, 6 },
                                    { 5, 5 }, { 6, 6 }, { 6, 5.5 }, { 6, 7 } };
enum { N_BOTH = sizeof both / sizeof *both };

static struct run *two(struct run *r)
{
    r->at.outputs[0] = "temp";
    r->at.outputs[1] = "gas";
    put(r, "temp_loss", 1);
    put(r, "gas_loss", 1);
    put(r, "val_temp_loss", 1);
    put(r, "val_gas_loss", 1);
    assert_int_equal(begin(r), RT_GO_ON);
    return r;
}

static int epoch_of(struct run *r, const struct pair *p)
{
    r->at.epoch++;
    put(r, "val_temp_loss", p->temp);
    put(r, "val_gas_loss", p->gas);
    return end_epoch(r);
}

/* The epoch at which the run ends, 0 if it goes on. */
static int64_t ends_at(struct run *r, int from)
{
    for (int i = from; i < N_BOTH; i++) {
        int verdict = epoch_of(r, &both[i]);
        if (verdict == RT_STOP)
            return r->at.epoch;
        assert_int_equal(verdict, RT_GO_ON);
    }
    return 0;
}

static void outputs_stop_one_after_another(void **state)
{
    (void)state;
    struct run *r = two(start("task_wise_early_stopping", "patience=2"));
    assert_int_equal(ends_at(r, 0), 7);
    assert_string_equal(r->at.orders, "freeze branch:temp\n");
    assert_string_equal(r->at.status,
                        "temp stopped at 5 \xc2\xb7 gas stopped at 7\n");
    assert_non_null(strstr(r->at.log, "temp: val_temp_loss has not improved "
                                      "for 2 epochs, best 3 at 3\n"));
    assert_non_null(strstr(r->at.log, "best 5 at 5, training ends"));
    finish(r);
}

static void its_status_tells_how_far_each_is(void **state)
{
    (void)state;
    static const struct pair few[] = { { 0.00861, 1 }, { 0.009, 0.5 } };
    struct run *r = two(start("task_wise_early_stopping", "patience=30,gas:4"));
    epoch_of(r, &few[0]);
    epoch_of(r, &few[1]);
    assert_string_equal(r->at.status, "temp 1/30 best .00861 @1 \xc2\xb7 gas "
                                      "0/4 best .5 @2\n");
    assert_non_null(strstr(r->at.stops, "temp 1/30\ngas 0/4\n"));
    finish(r);
}

static void options_go_by_output(void **state)
{
    (void)state;
    struct run *r = two(start("task_wise_early_stopping", "patience=1,gas:3",
                              "min_delta=temp:2"));
    /* steps of 1 are not enough for temp */
    assert_int_equal(ends_at(r, 0), 8);
    assert_string_equal(r->at.status,
                        "temp stopped at 2 \xc2\xb7 gas stopped at 8\n");
    assert_non_null(strstr(r->at.stops, "temp stopped at 2\ngas stopped"));
    finish(r);
    r = two(
        start("task_wise_early_stopping", "patience=0", "mode=max,gas:min"));
    assert_int_equal(ends_at(r, 0), 6);
    assert_string_equal(r->at.status,
                        "temp stopped at 2 \xc2\xb7 gas stopped at 6\n");
    finish(r);
}

static void a_baseline_is_demanded_of_its_output(void **state)
{
    (void)state;
    struct run *r = two(start("task_wise_early_stopping", "patience=3",
                              "baseline=gas:0.1", "verbose=1"));
    epoch_of(r, &both[0]);
    epoch_of(r, &both[1]);
    assert_string_equal(r->at.status, "temp 0/3 best 4 @2 \xc2\xb7 gas 2/3\n");
    assert_non_null(strstr(r->at.log, "temp: val_temp_loss improved to 4"));
    finish(r);
}

static void best_weights_come_back_in_the_outputs_own_layers(void **state)
{
    (void)state;
    struct run *r = two(start("task_wise_early_stopping", "patience=2",
                              "restore_best_weights=temp:yes"));
    for (int i = 0; i < 5; i++)
        epoch_of(r, &both[i]);
    assert_string_equal(r->at.sets,
                        "branch:temp@1 branch:temp@2 branch:temp@3 ");
    assert_int_equal(r->at.restored, 3);
    assert_non_null(strstr(r->at.log, "temp: weights of epoch 3 restored"));
    finish(r);
}

static void it_retires_where_told_so(void **state)
{
    (void)state;
    struct run *r =
        two(start("task_wise_early_stopping", "patience=2", "then=retire"));
    ends_at(r, 0);
    assert_string_equal(r->at.orders, "retire temp -freeze\n");
    finish(r);
}

static void one_retired_by_hand_is_not_waited_for(void **state)
{
    (void)state;
    struct run *r = two(start("task_wise_early_stopping", "patience=2"));
    epoch_of(r, &both[0]);
    epoch_of(r, &both[1]);
    r->at.epoch++;
    put(r, "val_temp_loss", 3);
    put(r, "val_gas_loss", 8);
    for (int i = 0; i < r->at.n_series; i++)
        if (!strcmp(r->at.series[i].key, "val_gas_loss"))
            r->at.series[i].epoch = 0;
    assert_int_equal(end_epoch(r), RT_GO_ON);
    assert_string_equal(r->at.status,
                        "temp 0/2 best 3 @3 \xc2\xb7 gas stopped at 3\n");
    assert_non_null(strstr(r->at.log, "gas: retired, it is not waited for"));
    assert_string_equal(r->at.orders, "");
    epoch_of(r, &both[4]);
    assert_int_equal(epoch_of(r, &both[4]), RT_STOP);
    finish(r);
}

static void an_only_output_goes_by_val_loss(void **state)
{
    (void)state;
    struct run *r = start("task_wise_early_stopping", "patience=2");
    r->at.outputs[0] = "digit";
    put(r, "val_loss", 1);
    assert_int_equal(begin(r), RT_GO_ON);
    assert_int_equal(STOPS_AT(r, 3, 2, 2.5, 2.5, 1), 4);
    assert_string_equal(r->at.orders, "");
    finish(r);
}

static int checked(struct run *r)
{
    return r->p->check(&host, &r->at, r->args, r->state);
}

static void an_output_without_its_series_is_refused(void **state)
{
    (void)state;
    struct run *r = start("task_wise_early_stopping", "patience=1");
    r->at.outputs[0] = "temp";
    r->at.outputs[1] = "gas";
    r->at.outputs[2] = "picture"; /* has no loss and is let alone */
    put(r, "temp_loss", 1);
    put(r, "gas_loss", 1);
    put(r, "val_temp_loss", 1);
    assert_true(checked(r) < 0);
    assert_non_null(strstr(r->at.error, "no series val_gas_loss"));
    put(r, "val_gas_loss", 1);
    assert_int_equal(checked(r), RT_GO_ON);
    assert_int_equal(begin(r), RT_GO_ON);
    r->at.epoch++;
    assert_int_equal(epoch_of(r, &both[0]), RT_GO_ON);
    assert_int_equal(epoch_of(r, &both[0]), RT_STOP);
    finish(r);
    r = start("task_wise_early_stopping", "monitor=gas:val_gas_mse");
    r->at.outputs[0] = "temp";
    r->at.outputs[1] = "gas";
    put(r, "val_temp_loss", 1);
    put(r, "val_gas_loss", 1);
    assert_true(checked(r) < 0);
    assert_non_null(strstr(r->at.error, "no series val_gas_mse"));
    finish(r);
}

static void what_is_written_wrong_fails_at_the_beginning(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        { "patience=gass:3", "'gass' is no output of model 'two'" },
        { "patience=many", "patience is 'many' for temp" },
        { "min_delta=gas:-1", "min_delta is '-1' for gas" },
        { "mode=up", "mode is 'up' for temp, want auto, min or max" },
        { "restore_best_weights=gas:maybe", "want no, yes" },
    };
    for (int i = 0; i < 5; i++) {
        struct run *r = start("task_wise_early_stopping", bad[i][0]);
        r->at.outputs[0] = "temp";
        r->at.outputs[1] = "gas";
        assert_true(checked(r) < 0);
        if (!strstr(r->at.error, bad[i][1]))
            fail_msg("%s: %s", bad[i][0], r->at.error);
        finish(r);
    }
}

static void it_goes_on_where_it_was_saved(void **state)
{
    (void)state;
    for (int cut = 0; cut < 6; cut++) {
        struct run *r =
            two(start("task_wise_early_stopping", "patience=2,gas:2"));
        for (int i = 0; i < cut; i++)
            epoch_of(r, &both[i]);
        r->at.stops[0] = '\0';
        resume(r);
        assert_non_null(strstr(r->at.stops, "temp "));
        assert_int_equal(ends_at(r, cut), 7);
        assert_string_equal(r->at.orders, "freeze branch:temp\n");
        finish(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_stop_one_after_another),
        cmocka_unit_test(its_status_tells_how_far_each_is),
        cmocka_unit_test(options_go_by_output),
        cmocka_unit_test(a_baseline_is_demanded_of_its_output),
        cmocka_unit_test(best_weights_come_back_in_the_outputs_own_layers),
        cmocka_unit_test(it_retires_where_told_so),
        cmocka_unit_test(one_retired_by_hand_is_not_waited_for),
        cmocka_unit_test(an_only_output_goes_by_val_loss),
        cmocka_unit_test(an_output_without_its_series_is_refused),
        cmocka_unit_test(what_is_written_wrong_fails_at_the_beginning),
        cmocka_unit_test(it_goes_on_where_it_was_saved),
    };
    use_built_in_plugins();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
