/* heterogeneous_weights: the weights it orders, and when. */
#include "plugin_case.h"

static int series_of(const struct run *r, const char *key)
{
    int i = 0;
    while (strcmp(r->at.series[i].key, key))
        i++;
    return i;
}

static struct run *two(struct run *r)
{
    r->at.outputs[0] = "temp";
    r->at.outputs[1] = "gas";
    put(r, "temp_loss", 1);
    put(r, "gas_loss", 1);
    put(r, "val_temp_loss", 1);
    put(r, "val_gas_loss", 1);
    assert_int_equal(r->p->check(&host, &r->at, r->args, r->state), RT_GO_ON);
    assert_int_equal(begin(r), RT_GO_ON);
    return r;
}

static void epoch_of(struct run *r, double temp, double gas)
{
    r->at.epoch++;
    put(r, "val_temp_loss", temp);
    put(r, "val_gas_loss", gas);
    assert_int_equal(end_epoch(r), RT_GO_ON);
}

static int end_training(struct run *r)
{
    return r->p->on_train_end(&host, &r->at, r->args, r->state);
}

static void the_ratio_of_n_is_ordered(void **state)
{
    (void)state;
    struct run *r = two(start("heterogeneous_weights", "warmup=2"));
    epoch_of(r, 1, 10);
    assert_string_equal(r->at.orders, "");
    epoch_of(r, 3, 20); /* N = 2 + 3 and 15 + 15 */
    assert_string_equal(r->at.orders, "loss_weights \"temp:1,gas:6\"\n");
    assert_string_equal(r->at.status, "temp 1 \xc2\xb7 gas 6\n");
    epoch_of(r, 3, 20); /* not before ten more */
    assert_string_equal(r->at.orders, "loss_weights \"temp:1,gas:6\"\n");
    finish(r);
    r = two(start("heterogeneous_weights", "inverse", "warmup=2"));
    epoch_of(r, 1, 10);
    epoch_of(r, 3, 20);
    assert_string_equal(r->at.orders, "loss_weights \"temp:1,gas:0.166667\"\n");
    finish(r);
}

static void it_tells_the_numbers_and_the_formula(void **state)
{
    (void)state;
    struct run *r = two(start("heterogeneous_weights", "apply=no"));
    epoch_of(r, 1, 10);
    epoch_of(r, 3, 20);
    assert_int_equal(end_training(r), RT_GO_ON);
    assert_string_equal(r->at.orders, "");
    assert_string_equal(
        r->at.log,
        "2 epochs, N = mean + 3 sd: temp 2 + 3 x 1 = 5, gas 15 + 3 x "
        "5 = 30; weight N / N_f: temp 1, gas 6 (not set)\n");
    finish(r);
}

static void a_window_forgets(void **state)
{
    (void)state;
    struct run *r =
        two(start("heterogeneous_weights", "window=2", "every=1", "warmup=3"));
    epoch_of(r, 1000, 1);
    epoch_of(r, 2, 4);
    epoch_of(r, 2, 4);
    assert_string_equal(r->at.orders, "loss_weights \"temp:1,gas:2\"\n");
    epoch_of(r, 2, 4); /* the same again is no order */
    assert_string_equal(r->at.orders, "loss_weights \"temp:1,gas:2\"\n");
    finish(r);
}

static void small_changes_are_no_orders(void **state)
{
    (void)state;
    struct run *r = two(start("heterogeneous_weights", "window=1", "every=1",
                              "warmup=1", "change=0.2"));
    epoch_of(r, 1, 5);
    epoch_of(r, 1, 5.9);
    assert_string_equal(r->at.orders, "loss_weights \"temp:1,gas:5\"\n");
    epoch_of(r, 1, 6.1);
    assert_string_equal(r->at.orders, "loss_weights \"temp:1,gas:5\"\n"
                                      "loss_weights \"gas:6.1\"\n");
    finish(r);
}

static void what_was_retired_counts_no_more(void **state)
{
    (void)state;
    for (int cut = 0; cut < 3; cut++) {
        struct run *r =
            start("heterogeneous_weights", "window=1", "every=1", "warmup=1");
        r->at.outputs[2] = "rain";
        put(r, "rain_loss", 1);
        put(r, "val_rain_loss", 1);
        two(r);
        for (int i = 0; i < 3; i++) {
            if (cut && i == cut)
                resume(r);
            r->at.epoch++;
            put(r, "val_temp_loss", 1);
            put(r, "val_gas_loss", i ? 3 : 4);
            put(r, "val_rain_loss", 8);
            if (i)
                r->at.series[series_of(r, "val_temp_loss")].epoch = 0;
            assert_int_equal(end_epoch(r), RT_GO_ON);
        }
        assert_string_equal(r->at.orders,
                            "loss_weights \"temp:1,gas:4,rain:8\"\n"
                            "loss_weights \"gas:1,rain:2.66667\"\n");
        assert_string_equal(r->at.status, "gas 1 \xc2\xb7 rain 2.67\n");
        finish(r);
    }
}

static void what_is_not_finite_is_left_out(void **state)
{
    (void)state;
    struct run *r = two(start("heterogeneous_weights", "every=1", "warmup=1"));
    epoch_of(r, 1, (double)NAN);
    assert_string_equal(r->at.orders, "");
    epoch_of(r, 1, 3);
    assert_string_equal(r->at.orders, "loss_weights \"temp:1,gas:3\"\n");
    finish(r);
    r = two(start("heterogeneous_weights"));
    assert_int_equal(end_training(r), RT_GO_ON);
    assert_non_null(strstr(r->at.log, "no weights"));
    finish(r);
}

static void it_is_refused_where_it_can_do_nothing(void **state)
{
    (void)state;
    struct run *r = start("heterogeneous_weights");
    r->at.outputs[0] = "digit";
    put(r, "val_loss", 1);
    assert_true(r->p->check(&host, &r->at, r->args, r->state) < 0);
    assert_non_null(strstr(r->at.error, "one output with a loss"));
    r->at.outputs[1] = "other";
    put(r, "digit_loss", 1);
    put(r, "other_loss", 1);
    assert_true(r->p->check(&host, &r->at, r->args, r->state) < 0);
    assert_non_null(strstr(r->at.error, "no series val_digit_loss"));
    finish(r);
}

static void it_goes_on_where_it_was_saved(void **state)
{
    (void)state;
    static const char *const windows[] = { "window=0", "window=3" };
    for (int w = 0; w < 2; w++) {
        char want[1024] = "";
        for (int cut = -1; cut < 8; cut++) {
            struct run *r = two(start("heterogeneous_weights", windows[w],
                                      "every=2", "warmup=1", "change=0.01"));
            for (int i = 0; i < 8; i++) {
                if (i == cut)
                    resume(r);
                epoch_of(r, 1.0 / (i + 1), 5 + i % 3);
            }
            if (cut < 0)
                memcpy(want, r->at.orders, sizeof want);
            assert_string_equal(r->at.orders, want);
            assert_true(*want);
            finish(r);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ratio_of_n_is_ordered),
        cmocka_unit_test(it_tells_the_numbers_and_the_formula),
        cmocka_unit_test(a_window_forgets),
        cmocka_unit_test(small_changes_are_no_orders),
        cmocka_unit_test(what_was_retired_counts_no_more),
        cmocka_unit_test(what_is_not_finite_is_left_out),
        cmocka_unit_test(it_is_refused_where_it_can_do_nothing),
        cmocka_unit_test(it_goes_on_where_it_was_saved),
    };
    use_built_in_plugins();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
