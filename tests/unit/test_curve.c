#include "support.h"

#include "watch/curve.h"

#include <math.h>

static struct rt_curve curve;

static void one_value_a_point_while_there_is_room(void **state)
{
    (void)state;
    rt_curve_clear(&curve);
    for (int i = 0; i < RT_CURVE_POINTS; i++)
        rt_curve_add(&curve, i, i, i, i, 1);
    assert_int_equal(curve.n, RT_CURVE_POINTS);
    rt_assert_close(curve.mean[7], 7, 0);
}

static void a_million_values_keep_every_spike(void **state)
{
    (void)state;
    rt_curve_clear(&curve);
    for (int i = 0; i < 1000000; i++) {
        double v = i == 654321 ? 99 : 1;
        rt_curve_add(&curve, i, v, v, v, 1);
    }
    assert_true(curve.n <= RT_CURVE_POINTS);
    assert_true(curve.n > RT_CURVE_POINTS / 2 - 1);
    double top = 0;
    for (int i = 0; i < curve.n; i++)
        top = fmax(top, curve.hi[i]);
    rt_assert_close(top, 99, 0);
}

static void merged_points_hold_equally_many_values_in_order(void **state)
{
    (void)state;
    rt_curve_clear(&curve);
    for (int i = 0; i < 5000; i++)
        rt_curve_add(&curve, i, i, i, i, 1);
    for (int i = 0; i + 1 < curve.n; i++) {
        rt_assert_close(curve.weight[i], (double)curve.per_point, 0);
        rt_assert_close(curve.mean[i], curve.x[i], 1e-12);
        assert_true(curve.x[i] < curve.x[i + 1]);
    }
}

static void means_are_weighted_by_the_values_behind_them(void **state)
{
    (void)state;
    rt_curve_clear(&curve);
    curve.per_point = 2;
    rt_curve_add(&curve, 1, 10, 5, 15, 3);
    rt_curve_add(&curve, 2, 2, 1, 3, 1);
    assert_int_equal(curve.n, 1);
    rt_assert_close(curve.mean[0], 8, 1e-12);
    rt_assert_close(curve.lo[0], 1, 0);
    rt_assert_close(curve.hi[0], 15, 0);
}

static void what_is_not_finite_is_left_out(void **state)
{
    (void)state;
    rt_curve_clear(&curve);
    rt_curve_add(&curve, 1, NAN, NAN, NAN, 1);
    rt_curve_add(&curve, 2, INFINITY, 0, INFINITY, 1);
    assert_int_equal(curve.n, 0);
    assert_int_equal(curve.n_in, 2);
}

static void epochs_are_taken_in_once_and_anew_when_they_went_back(void **state)
{
    (void)state;
    double x[6] = { 1, 2, 3, 4, 5, 6 }, v[6] = { 6, 5, 4, 3, 2, 1 };
    struct rt_history_series s = { .epoch_x = x, .epoch_v = v, .n_epochs = 4 };
    rt_curve_clear(&curve);
    rt_curve_epochs(&curve, &s);
    s.n_epochs = 6;
    rt_curve_epochs(&curve, &s);
    assert_int_equal(curve.n, 6);
    rt_assert_close(curve.mean[5], 1, 0);
    s.n_epochs = 2;
    rt_curve_epochs(&curve, &s);
    assert_int_equal(curve.n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_value_a_point_while_there_is_room),
        cmocka_unit_test(a_million_values_keep_every_spike),
        cmocka_unit_test(merged_points_hold_equally_many_values_in_order),
        cmocka_unit_test(means_are_weighted_by_the_values_behind_them),
        cmocka_unit_test(what_is_not_finite_is_left_out),
        cmocka_unit_test(epochs_are_taken_in_once_and_anew_when_they_went_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
