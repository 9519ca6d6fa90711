/* N = mean + 3 sd of validation losses, and the weights of it. */
#include "support.h"

#include "train/weighing.h"

#include <math.h>

static void put(struct rt_history *h, int id, const char *key)
{
    struct rt_event *e = rt_event_new(RT_EV_SERIES, h->run, 0);
    e->series_id = id;
    e->key = strdup(key);
    rt_history_add(h, e);
    rt_event_unref(e);
}

static void epoch_of(struct rt_history *h, int64_t epoch, double temp,
                     double gas)
{
    struct rt_event *e = rt_event_new(RT_EV_EPOCH, h->run, 2);
    e->epoch = epoch;
    e->batch = e->n_batches = 1;
    e->series[0] = 0;
    e->series[1] = 1;
    e->value[0] = temp;
    e->value[1] = gas;
    rt_history_add(h, e);
    rt_event_unref(e);
}

static struct rt_history *two_series(void)
{
    struct rt_history *h = rt_history_new(7);
    put(h, 0, "val_temp_loss");
    put(h, 1, "val_gas_loss");
    return h;
}
static const char *const outputs[] = { "temp", "gas" };

static void n_is_mean_and_three_population_deviations(void **state)
{
    (void)state;
    struct rt_history *h = two_series();
    struct rt_weighed w[2];
    struct rt_str text = RT_STR_INIT;
    epoch_of(h, 1, 1, 10);
    epoch_of(h, 2, 3, 20);
    assert_int_equal(
        rt_weigh_losses(h, outputs, 2, 0, RT_WEIGHING_RATIO, w, NULL), 0);
    rt_assert_close(w[0].mean, 2, 1e-15);
    rt_assert_close(w[0].sd, 1, 1e-15); /* of 1 and 3, divided by 2 */
    rt_assert_close(w[0].size, 5, 1e-15);
    rt_assert_close(w[1].size, 30, 1e-14);
    rt_assert_close(w[0].weight, 1, 0);
    rt_assert_close(w[1].weight, 6, 1e-15);
    rt_weighed_text(w, 2, RT_WEIGHING_RATIO, &text);
    assert_string_equal(rt_str_c(&text),
                        "N = mean + 3 sd: temp 2 + 3 x 1 = 5, gas 15 + 3 x 5 = "
                        "30; weight N / N_f: temp 1, gas 6");
    assert_int_equal(
        rt_weigh_losses(h, outputs, 2, 0, RT_WEIGHING_INVERSE, w, NULL), 0);
    rt_assert_close(w[0].weight, 1, 0);
    rt_assert_close(w[1].weight, 1.0 / 6, 1e-15);
    rt_str_release(&text);
    rt_history_free(h);
}

static void a_window_is_of_the_last_epochs(void **state)
{
    (void)state;
    struct rt_history *h = two_series();
    struct rt_weighed w[2];
    epoch_of(h, 1, 1000, 1);
    epoch_of(h, 2, 2, 4);
    epoch_of(h, 3, 2, 4);
    assert_int_equal(
        rt_weigh_losses(h, outputs, 2, 2, RT_WEIGHING_RATIO, w, NULL), 0);
    assert_int_equal(w[0].n, 2);
    rt_assert_close(w[1].weight, 2, 1e-15);
    assert_int_equal(
        rt_weigh_losses(h, outputs, 2, 99, RT_WEIGHING_RATIO, w, NULL), 0);
    assert_int_equal(w[0].n, 3);
    rt_history_free(h);
}

static void what_is_not_finite_is_left_out(void **state)
{
    (void)state;
    struct rt_history *h = two_series();
    struct rt_weighed w[2];
    epoch_of(h, 1, 1, (double)NAN);
    epoch_of(h, 2, 1, (double)INFINITY);
    epoch_of(h, 3, 1, 3);
    assert_int_equal(
        rt_weigh_losses(h, outputs, 2, 0, RT_WEIGHING_RATIO, w, NULL), 0);
    assert_int_equal(w[1].n, 3);
    assert_int_equal(w[1].n_bad, 2);
    rt_assert_close(w[1].weight, 3, 1e-15);
    rt_history_free(h);
}

static void what_gives_no_weights_gets_a_sentence(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_weighed w[2];
    struct rt_history *h = rt_history_new(7);
    assert_int_equal(
        rt_weigh_losses(h, outputs, 1, 0, RT_WEIGHING_RATIO, w, &err),
        RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "one output with a loss");
    rt_weigh_losses(h, outputs, 2, 0, RT_WEIGHING_RATIO, w, &err);
    rt_assert_error(&err, RT_ENOENT, "run 7 has no series val_temp_loss");
    rt_history_free(h);
    h = two_series();
    rt_weigh_losses(h, outputs, 2, 0, RT_WEIGHING_RATIO, w, &err);
    rt_assert_error(&err, RT_ESTATE, "val_temp_loss of run 7 has no value yet");
    epoch_of(h, 1, (double)NAN, 1);
    rt_weigh_losses(h, outputs, 2, 0, RT_WEIGHING_RATIO, w, &err);
    rt_assert_error(&err, RT_ESTATE, "never a finite number");
    rt_history_free(h);
    h = two_series();
    epoch_of(h, 1, 1, 0);
    rt_weigh_losses(h, outputs, 2, 0, RT_WEIGHING_RATIO, w, &err);
    rt_assert_error(&err, RT_ESTATE, "N of gas is 0");
    rt_history_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(n_is_mean_and_three_population_deviations),
        cmocka_unit_test(a_window_is_of_the_last_epochs),
        cmocka_unit_test(what_is_not_finite_is_left_out),
        cmocka_unit_test(what_gives_no_weights_gets_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
