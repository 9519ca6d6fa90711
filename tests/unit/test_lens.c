#include "support.h"

#include "watch/lens.h"

#include <math.h>

static struct rt_lens at_100(void)
{
    struct rt_lens l;
    rt_lens_init(&l);
    rt_lens_update(&l, 100, 50);
    return l;
}

static void assert_part(const struct rt_lens *l, double lo, double hi)
{
    double from, to;
    rt_lens_part(l, &from, &to);
    rt_assert_close(from, lo, 1e-9);
    rt_assert_close(to, hi, 1e-9);
}

static void at_first_all_is_shown(void **state)
{
    (void)state;
    struct rt_lens l = at_100();
    double lo, hi;
    rt_lens_part(&l, &lo, &hi);
    assert_true(lo >= hi);
    rt_assert_close(rt_lens_cursor(&l), 100, 0);
}

static void zoomed_to_the_newest_half_it_follows(void **state)
{
    (void)state;
    struct rt_lens l = at_100();
    rt_lens_zoom(&l);
    assert_part(&l, 50, 100);
    rt_lens_update(&l, 130, 50);
    assert_part(&l, 80, 130);
    rt_lens_out(&l);
    assert_part(&l, 30, 130);
    rt_lens_out(&l); /* more than there is: all */
    assert_part(&l, 0, 0);
}

static void zoomed_elsewhere_it_stays(void **state)
{
    (void)state;
    struct rt_lens l = at_100();
    rt_lens_inspect(&l);
    rt_lens_to(&l, 40);
    rt_lens_zoom(&l);
    assert_part(&l, 15, 65);
    rt_lens_update(&l, 130, 50);
    assert_part(&l, 15, 65);
    rt_lens_all(&l);
    assert_part(&l, 0, 0);
}

static void a_region_is_what_is_shown(void **state)
{
    (void)state;
    struct rt_lens l = at_100();
    rt_lens_inspect(&l);
    rt_lens_to(&l, 20);
    rt_lens_anchor(&l);
    rt_lens_move(&l, 5); /* columns, two epochs each */
    rt_lens_zoom(&l);
    assert_part(&l, 20, 30);
    assert_true(isnan(l.anchor));
}

static void beyond_an_edge_the_cursor_takes_the_window_along(void **state)
{
    (void)state;
    struct rt_lens l = at_100();
    rt_lens_inspect(&l);
    rt_lens_to(&l, 50);
    rt_lens_zoom(&l);
    assert_part(&l, 25, 75);
    rt_lens_to(&l, 80);
    assert_part(&l, 30, 80);
    rt_lens_to(&l, 10);
    assert_part(&l, 10, 60);
    rt_lens_to(&l, 1e9);
    assert_part(&l, 50, 100);
    rt_lens_update(&l, 200, 50); /* at the newest: both follow */
    assert_part(&l, 150, 200);
    rt_assert_close(rt_lens_cursor(&l), 200, 0);
    rt_lens_to(&l, -5);
    rt_assert_close(rt_lens_cursor(&l), 0, 0);
}

static void zooming_in_without_end_is_safe(void **state)
{
    (void)state;
    struct rt_lens l = at_100();
    for (int i = 0; i < 200; i++)
        rt_lens_zoom(&l);
    double lo, hi;
    rt_lens_part(&l, &lo, &hi);
    assert_true(lo < hi && isfinite(lo) && hi == 100);
    for (int i = 0; i < 200; i++)
        rt_lens_out(&l);
    assert_part(&l, 0, 0);
    rt_lens_update(&l, 0, 0); /* a run without a value yet */
    rt_lens_zoom(&l);
    rt_lens_move(&l, 1);
    assert_part(&l, 0, 0);
}

static void places_are_told_in_epochs_steps_and_seconds(void **state)
{
    (void)state;
    struct rt_history_time times[] = { { 1, 10 }, { 2, 40 } };
    struct rt_history h = {
        .times = times, .n_times = 2, .x = 4, .wall_begin = 1000, .wall = 1060
    };
    rt_assert_close(rt_lens_unit(RT_X_EPOCH, &h, 8, 1.5), 1.5, 0);
    rt_assert_close(rt_lens_unit(RT_X_STEP, &h, 8, 1.5), 12, 0);
    rt_assert_close(rt_lens_unit(RT_X_TIME, &h, 8, .5), 5, 1e-12);
    rt_assert_close(rt_lens_unit(RT_X_TIME, &h, 8, 1.5), 25, 1e-12);
    rt_assert_close(rt_lens_unit(RT_X_TIME, &h, 8, 3), 50, 1e-12);
    rt_assert_close(rt_lens_unit(RT_X_TIME, &h, 8, 4), 60, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_first_all_is_shown),
        cmocka_unit_test(zoomed_to_the_newest_half_it_follows),
        cmocka_unit_test(zoomed_elsewhere_it_stays),
        cmocka_unit_test(a_region_is_what_is_shown),
        cmocka_unit_test(beyond_an_edge_the_cursor_takes_the_window_along),
        cmocka_unit_test(zooming_in_without_end_is_safe),
        cmocka_unit_test(places_are_told_in_epochs_steps_and_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
