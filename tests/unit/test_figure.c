/* What a figure keeps, smoothing, and series reduced to columns. */
#include "support.h"

#include "plot/figure.h"

#include <math.h>

static const struct rt_axis unit = { .lo = 0, .hi = 1 };

static void smoothing_follows_the_formula(void **state)
{
    (void)state;
    double y[] = { 1, 3, 2, 8 }, out[4];
    rt_smooth(y, 4, .6, out);
    double s1 = .4 * 1, s2 = .6 * s1 + .4 * 3, s3 = .6 * s2 + .4 * 2;
    double s4 = .6 * s3 + .4 * 8;
    rt_assert_close(out[0], 1, 1e-15);
    rt_assert_close(out[1], s2 / (1 - .36), 1e-15);
    rt_assert_close(out[2], s3 / (1 - .216), 1e-15);
    rt_assert_close(out[3], s4 / (1 - .1296), 1e-15);
    rt_smooth(y, 4, .6, y); /* in place */
    rt_assert_close(y[3], out[3], 0);
}

static void smoothing_skips_what_is_not_finite(void **state)
{
    (void)state;
    double y[] = { 1, NAN, 3, INFINITY, 2 }, out[5];
    double dense[] = { 1, 3, 2 }, want[3];
    rt_smooth(y, 5, .6, out);
    rt_smooth(dense, 3, .6, want);
    assert_true(isnan(out[1]) && isinf(out[3]));
    rt_assert_close(out[2], want[1], 0);
    rt_assert_close(out[4], want[2], 0);
}

static void smoothing_leaves_a_constant_alone(void **state)
{
    (void)state;
    double y[] = { .1, .1, NAN, .1 }, out[4];
    rt_smooth(y, 4, .9, out);
    assert_true(out[0] == .1 && out[1] == .1 && out[3] == .1);
}

static void smoothing_on_a_log_axis_keeps_up_with_what_falls(void **state)
{
    (void)state;
    double y[20], even[20], steep[20];
    for (int i = 0; i < 20; i++)
        y[i] = pow(10, -i);
    rt_smooth(y, 20, .8, even);
    rt_smooth_log(y, 20, .8, steep);
    assert_true(even[19] > 1e12 * y[19]);
    assert_true(steep[19] < 1e5 * y[19]);
    y[3] = 0;
    y[4] = -1;
    rt_smooth_log(y, 20, .8, steep);
    assert_true(isnan(steep[3]) && isnan(steep[4]) && steep[5] > 0);
}

static struct rt_trace trace_of(const struct rt_series *s, int columns)
{
    struct rt_trace t = { 0 };
    rt_trace_make(&t, s, NULL, &unit, &unit, columns);
    return t;
}

/* 100,000 points, one spike up and one down: both are there at 50 columns. */
static void no_spike_is_lost(void **state)
{
    (void)state;
    enum { N = 100000, COLUMNS = 50 };
    double *x = calloc(N, sizeof *x), *y = calloc(N, sizeof *y);
    for (int i = 0; i < N; i++) {
        x[i] = i / (N - 1.);
        y[i] = .5;
    }
    y[31234] = .9;
    y[31235] = .1;
    struct rt_trace t =
        trace_of(&(struct rt_series){ .x = x, .y = y, .n = N }, COLUMNS);
    double top = 0, low = 1;
    for (int i = 0; i < t.p.n; i++) {
        top = fmax(top, t.p.v[i].y);
        low = fmin(low, t.p.v[i].y);
    }
    rt_assert_close(top, .9, 1e-12);
    rt_assert_close(low, .1, 1e-12);
    assert_in_range(t.p.n, COLUMNS, 4 * COLUMNS);
    rt_trace_release(&t);
    free(x);
    free(y);
}

static void gaps_break_the_line(void **state)
{
    (void)state;
    double x[] = { 0, .2, .4, .6, .8 }, y[] = { .1, .2, NAN, INFINITY, .3 };
    struct rt_trace t =
        trace_of(&(struct rt_series){ .x = x, .y = y, .n = 5 }, 10);
    assert_int_equal(t.p.n, 4);
    assert_true(isnan(t.p.v[2].y));
    rt_assert_close(t.p.v[3].x, .8, 1e-12);
    rt_trace_release(&t);
}

static void line_is_cut_at_the_sides(void **state)
{
    (void)state;
    double x[] = { -3, -1, 1, 3, 5 }, y[] = { .9, 0, 1, 0, .9 };
    struct rt_trace t =
        trace_of(&(struct rt_series){ .x = x, .y = y, .n = 5 }, 10);
    assert_int_equal(t.p.n, 2);
    rt_assert_close(t.p.v[0].x, 0, 0);
    rt_assert_close(t.p.v[0].y, .5, 1e-12); /* half way from 0 to 1 */
    rt_assert_close(t.p.v[1].y, 1, 1e-12);
    rt_trace_release(&t);
    double far_x[] = { -1, 3 }, far_y[] = { 0, 1 };
    t = trace_of(&(struct rt_series){ .x = far_x, .y = far_y, .n = 2 }, 10);
    assert_int_equal(t.p.n, 2); /* no point inside, and yet it passes */
    rt_assert_close(t.p.v[0].y, .25, 1e-12);
    rt_assert_close(t.p.v[1].y, .5, 1e-12);
    rt_trace_release(&t);
}

static void buckets_of_a_column_become_one_span(void **state)
{
    (void)state;
    double x[] = { .1, .11, .5, .9 }, y[] = { .2, .3, NAN, .5 };
    double lo[] = { .1, .2, NAN, .4 }, hi[] = { .3, .7, NAN, .6 };
    struct rt_series s = { .x = x, .y = y, .lo = lo, .hi = hi, .n = 4 };
    struct rt_trace t = trace_of(&s, 10);
    assert_int_equal(t.spans.n, 3);
    rt_assert_close(t.spans.v[0].lo, .1, 1e-12);
    rt_assert_close(t.spans.v[0].hi, .7, 1e-12);
    assert_true(isnan(t.spans.v[1].lo));
    rt_assert_close(t.spans.v[2].hi, .6, 1e-12);
    rt_trace_release(&t);
}

static void bucket_from_below_zero_reaches_a_log_axis_edge(void **state)
{
    (void)state;
    struct rt_axis log = { .log = true, .lo = .01, .hi = 1 };
    double x[] = { .5 }, y[] = { .2 }, lo[] = { -1 }, hi[] = { .1 };
    struct rt_series s = { .x = x, .y = y, .lo = lo, .hi = hi, .n = 1 };
    struct rt_trace t = { 0 };
    rt_trace_make(&t, &s, NULL, &unit, &log, 10);
    rt_assert_close(t.spans.v[0].lo, 0, 0);
    rt_assert_close(t.spans.v[0].hi, .5, 1e-12);
    rt_trace_release(&t);
}

static void zoomed_range_is_of_what_shows(void **state)
{
    (void)state;
    double y[] = { 100, 5, 4, 3, -50 }; /* at 1, 2, 3, 4, 5 */
    struct rt_series s = { .y = y, .n = 5 };
    struct rt_extent rx = { 0 }, ry = { 0 };
    rt_series_range(&s, &(struct rt_axis){ .lo = 2, .hi = 4 }, false, &rx, &ry);
    rt_assert_close(rx.lo, 2, 0);
    rt_assert_close(rx.hi, 4, 0);
    rt_assert_close(ry.lo, 3, 0);
    rt_assert_close(ry.hi, 5, 0);
}

static void noise_of_a_smoothed_series_does_not_set_the_range(void **state)
{
    (void)state;
    double y[400];
    struct rt_extent rx = { 0 }, ry = { 0 };
    struct rt_series s = { .y = y, .n = 400, .smooth = .9 };
    for (int i = 0; i < 400; i++)
        y[i] = i % 2 ? 1.1 : .9;
    y[100] = 1000;
    y[200] = 1e-9;
    rt_series_range(&s, &(struct rt_axis){ 0 }, false, &rx, &ry);
    assert_true(rx.lo == 1 && rx.hi == 400);
    rt_assert_close(ry.lo, .9, 0);
    assert_true(ry.hi < 90); /* the smoothed curve shows that it jumped */
    s.smooth = 0;
    rt_series_range(&s, &(struct rt_axis){ 0 }, false, &rx, &ry);
    assert_true(ry.hi == 1000 && ry.least == 1e-9);
}

static void value_under_a_cursor_is_the_nearest(void **state)
{
    (void)state;
    double y[] = { 10, NAN, 30 }, x;
    struct rt_series s = { .y = y, .n = 3 };
    rt_assert_close(rt_series_at(&s, 2.1, &x), 30, 0);
    rt_assert_close(x, 3, 0);
    rt_assert_close(rt_series_at(&s, -9, NULL), 10, 0);
    s.n = 0;
    assert_true(isnan(rt_series_at(&s, 1, &x)) && isnan(x));
}

static void texts_live_as_long_as_the_figure(void **state)
{
    (void)state;
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_PICTURES, NULL);
    const char *first = rt_figure_text(&f, "%d of %d", 1, 2);
    for (int i = 0; i < 1000; i++)
        rt_figure_text(&f, "caption %d", i);
    assert_string_equal(first, "1 of 2");
    rt_figure_release(&f);
}

static void marks_and_spots_have_their_colours(void **state)
{
    (void)state;
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_CURVES, NULL);
    rt_figure_mark(&f, 3, "lr", 0);
    rt_figure_mark(&f, 4, "gas", RT_C_FROZEN);
    rt_figure_spot(&f, &(struct rt_spot){ .x = 1 });
    assert_int_equal(f.marks.v[0].color, RT_C_MARK);
    assert_int_equal(f.marks.v[1].color, RT_C_FROZEN);
    assert_int_equal(f.spots.v[0].color, RT_C_BEST);
    assert_int_equal(f.spots.v[0].shape, RT_GLYPH_DIAMOND);
    rt_figure_release(&f);
}

static void thirty_digits_take_six_rows_of_pictures(void **state)
{
    (void)state;
    unsigned char bytes[28 * 28] = { 0 };
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_PICTURES, "digits");
    for (int i = 0; i < 30; i++)
        rt_figure_picture(&f, &(struct rt_picture){ .img = { bytes, 28, 28, 1 },
                                                    .caption = "7" });
    assert_int_equal(rt_figure_rows(&f, 80), 1 + 6 * 9);
    assert_int_equal(rt_figure_rows(&f, 1), 1 + 30 * 2);
    rt_figure_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smoothing_follows_the_formula),
        cmocka_unit_test(smoothing_skips_what_is_not_finite),
        cmocka_unit_test(smoothing_leaves_a_constant_alone),
        cmocka_unit_test(smoothing_on_a_log_axis_keeps_up_with_what_falls),
        cmocka_unit_test(no_spike_is_lost),
        cmocka_unit_test(gaps_break_the_line),
        cmocka_unit_test(line_is_cut_at_the_sides),
        cmocka_unit_test(buckets_of_a_column_become_one_span),
        cmocka_unit_test(bucket_from_below_zero_reaches_a_log_axis_edge),
        cmocka_unit_test(zoomed_range_is_of_what_shows),
        cmocka_unit_test(noise_of_a_smoothed_series_does_not_set_the_range),
        cmocka_unit_test(value_under_a_cursor_is_the_nearest),
        cmocka_unit_test(texts_live_as_long_as_the_figure),
        cmocka_unit_test(marks_and_spots_have_their_colours),
        cmocka_unit_test(thirty_digits_take_six_rows_of_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
