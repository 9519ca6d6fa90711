#include "support.h"

#include "train/speed.h"

#include <math.h>

static void nothing_is_known_at_the_start(void **state)
{
    (void)state;
    struct rt_speed s;
    rt_speed_start(&s, 100, 0);
    assert_true(isnan(rt_speed_samples(&s)));
    assert_true(isnan(rt_speed_left(&s, 0, 10)));
}

static void samples_are_counted_over_training_alone(void **state)
{
    (void)state;
    struct rt_speed s;
    double now = 100;
    rt_speed_start(&s, now, 0);
    for (int i = 0; i < 50; i++) {
        rt_speed_batch(&s, now += 0.01, 32);
        rt_speed_other(&s, now += 0.5);
        rt_speed_rest(&s, now += 60);
    }
    rt_assert_close(rt_speed_samples(&s), 3200, 1e-6);
    rt_assert_close(s.active, 50 * 0.51, 1e-6);
}

static void the_window_slides(void **state)
{
    (void)state;
    struct rt_speed s;
    double now = 0;
    rt_speed_start(&s, now, 0);
    for (int i = 0; i < 100; i++)
        rt_speed_batch(&s, now += 0.1, 100);
    for (int i = 0; i < 100; i++)
        rt_speed_batch(&s, now += 0.1, 10);
    rt_assert_close(rt_speed_samples(&s), 100, 1e-6);
}

static void time_left_goes_by_progress_since_the_start(void **state)
{
    (void)state;
    struct rt_speed s;
    rt_speed_start(&s, 0, 4);
    rt_speed_batch(&s, 10, 1);
    rt_assert_close(rt_speed_left(&s, 5, 10), 50, 1e-9);
    rt_assert_close(rt_speed_left(&s, 10, 10), 0, 1e-9);
    rt_assert_close(rt_speed_left(&s, 11, 10), 0, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_at_the_start),
        cmocka_unit_test(samples_are_counted_over_training_alone),
        cmocka_unit_test(the_window_slides),
        cmocka_unit_test(time_left_goes_by_progress_since_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
