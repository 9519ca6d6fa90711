/* Ranges, scales, ticks and the texts of numbers. */
#include "support.h"

#include "plot/axis.h"

#include <math.h>

static struct rt_extent range_of(const double *v, int n)
{
    struct rt_extent r = { 0 };
    for (int i = 0; i < n; i++)
        rt_extent_add(&r, v[i]);
    return r;
}

/* The ticks of lo..hi as one line: labels, and ' for what has none. */
static const char *ticks(struct rt_axis a, int want)
{
    static char out[1024];
    struct rt_ticks t;
    char *end = out;
    rt_axis_ticks(&a, want, &t);
    out[0] = 0;
    for (int i = 0; i < t.n; i++)
        end += sprintf(end, "%s%s", i ? " " : "",
                       t.v[i].text[0] ? t.v[i].text : "'");
    return out;
}

static void range_passes_over_what_no_axis_can_show(void **state)
{
    (void)state;
    struct rt_extent r =
        range_of((double[]){ NAN, -2, INFINITY, 3, 1e-3, -INFINITY, 1e299 }, 7);
    assert_true(r.any && r.positive);
    rt_assert_close(r.lo, -2, 0);
    rt_assert_close(r.hi, 3, 0);
    rt_assert_close(r.least, 1e-3, 0);
}

static void linear_ticks_are_one_two_or_five(void **state)
{
    (void)state;
    assert_string_equal(ticks((struct rt_axis){ .lo = 0, .hi = 1 }, 5),
                        "0 0.2 0.4 0.6 0.8 1.0");
    assert_string_equal(ticks((struct rt_axis){ .lo = -.3, .hi = .31 }, 4),
                        "-0.2 0 0.2");
    assert_string_equal(ticks((struct rt_axis){ .lo = 1, .hi = 64 }, 7),
                        "10 20 30 40 50 60");
    assert_string_equal(ticks((struct rt_axis){ .lo = 0, .hi = 1e5 }, 4),
                        "0 50k 100k");
    assert_string_equal(ticks((struct rt_axis){ .lo = 0, .hi = 3e-5 }, 3),
                        "0 1e-5 2e-5 3e-5");
    assert_string_equal(ticks((struct rt_axis){ .lo = .98, .hi = .99 }, 2),
                        "0.980 0.985 0.990");
}

static void integer_axis_has_whole_ticks(void **state)
{
    (void)state;
    struct rt_axis a = { .integer = true, .lo = 1, .hi = 3 };
    assert_string_equal(ticks(a, 10), "1 2 3");
    a.integer = false;
    assert_string_equal(ticks(a, 4), "1.0 1.5 2.0 2.5 3.0");
}

static void log_ticks_are_decades(void **state)
{
    (void)state;
    struct rt_axis a = { .log = true, .lo = 1e-2, .hi = 1 };
    assert_string_equal(ticks(a, 5),
                        "1e-2 ' ' ' ' ' ' ' ' 1e-1 ' ' ' ' ' ' ' ' 1e+0");
    a.lo = 1e-9;
    a.hi = 1e3;
    assert_string_equal(ticks(a, 4), "1e-8 1e-4 1e+0");
}

static void log_axis_within_a_decade_has_labels_too(void **state)
{
    (void)state;
    struct rt_axis a = { .log = true, .lo = .015, .hi = .3 };
    assert_string_equal(ticks(a, 4), "2e-2 ' ' 5e-2 ' ' ' ' 1e-1 2e-1 '");
    a.lo = .021;
    a.hi = .029;
    assert_string_equal(ticks(a, 4), "0.022 0.024 0.026 0.028");
}

/* As many decades as were asked for and are there, two if need be. */
static void low_log_axis_keeps_its_labels(void **state)
{
    (void)state;
    struct rt_axis a = { .log = true };
    struct rt_ticks t;
    for (int d = -9; d < 5; d++)
        for (int decades = 1; decades < 12; decades++)
            for (int want = 1; want < 4; want++) {
                int labels = 0;
                a.lo = 2 * pow(10, d);
                a.hi = 5 * pow(10, d + decades);
                rt_axis_ticks(&a, want, &t);
                for (int i = 0; i < t.n; i++)
                    labels += strchr(t.v[i].text, 'e') != NULL;
                assert_in_range(labels, want == 1 ? 1 : 2, want + 2);
            }
}

static void minor_ticks_know_two_and_five(void **state)
{
    (void)state;
    struct rt_axis a = { .log = true, .lo = 1, .hi = 100 };
    struct rt_ticks t;
    rt_axis_ticks(&a, 3, &t);
    for (int i = 0; i < t.n; i++) {
        double m = t.v[i].at >= 10 ? t.v[i].at / 10 : t.v[i].at;
        bool round = fabs(m - 1) < 1e-9 || fabs(m - 2) < 1e-9 ||
                     fabs(m - 5) < 1e-9 || fabs(m - 10) < 1e-9;
        assert_int_equal(t.v[i].minor, !round);
    }
}

static void numbers_are_short(void **state)
{
    (void)state;
    static const struct {
        double v, step;
        const char *want;
    } cases[] = {
        { .25, .05, "0.25" },
        { 20000, 10000, "20k" },
        { 12300, 100, "12.3k" },
        { 2.5e6, 5e5, "2.5M" },
        { 1.5e-5, 5e-6, "1.5e-5" },
        { 3e12, 1e12, "3e+12" },
        { 1.60945, 5e-5, "1.60945" },
        { 1e-18, .1, "0" },
        { -.5, .5, "-0.5" },
        { .000123456, 0, "1.23e-4" },
        { .31, 0, "0.31" },
        { 123456, 0, "1.23e+5" },
        { 0, 0, "0" },
        { INFINITY, 0, "inf" },
        { -1.2345678e-300, 0, "-1.23e-300" },
        { -1.23456789e249, 1, "-1.2345679e+249" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[16];
        rt_number_text(cases[i].v, cases[i].step, out);
        assert_string_equal(out, cases[i].want);
    }
}

static void log_falls_back_where_nothing_is_positive(void **state)
{
    (void)state;
    struct rt_axis log = { .log = true };
    struct rt_extent none = range_of((double[]){ -3, 0, -1 }, 3);
    struct rt_axis a = rt_axis_fit(&log, &none, 0);
    assert_false(a.log);
    rt_assert_close(a.lo, -3, 0);
    rt_assert_close(a.hi, 0, 0);
    struct rt_extent some = range_of((double[]){ -3, .01, 10 }, 3);
    a = rt_axis_fit(&log, &some, 0);
    assert_true(a.log);
    rt_assert_close(a.lo, .01, 1e-12);
    assert_true(isnan(rt_axis_place(&a, -3)));
    assert_true(isnan(rt_axis_place(&a, 0)));
    rt_assert_close(rt_axis_place(&a, .1), 1 / 3., 1e-12);
}

static void axis_is_never_empty(void **state)
{
    (void)state;
    static const struct rt_axis kinds[] = { { .lo = 0 },
                                            { .log = true },
                                            { .integer = true },
                                            { .log = true, .lo = -5, .hi = -1 },
                                            { .log = true, .lo = -5, .hi = 1 },
                                            { .lo = NAN, .hi = 3 },
                                            { .lo = -INFINITY, .hi = 3 } };
    static const double values[] = { 0, 7, -7, 1e-300, 1e249, -1e249, 1e16 };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; i <= sizeof values / sizeof *values; i++) {
            bool empty = i == sizeof values / sizeof *values;
            struct rt_extent r = range_of(values + i, !empty);
            struct rt_axis a = rt_axis_fit(&kinds[k], &r, .04);
            struct rt_ticks t;
            assert_true(isfinite(a.lo) && isfinite(a.hi) && a.lo < a.hi);
            assert_true(!a.log || a.lo > 0);
            rt_axis_ticks(&a, 5, &t);
            for (int j = 0; j < t.n; j++)
                assert_true(isfinite(rt_axis_place(&a, t.v[j].at)));
        }
}

static void widest_range_does_not_overflow(void **state)
{
    (void)state;
    struct rt_extent r = range_of((double[]){ -1e250, 1e250, 1e-249 }, 3);
    struct rt_ticks t;
    for (int log = 0; log < 2; log++) {
        struct rt_axis want = { .log = log };
        struct rt_axis a = rt_axis_fit(&want, &r, .04);
        assert_true(isfinite(a.lo) && isfinite(a.hi) && a.lo < a.hi);
        rt_axis_ticks(&a, 5, &t);
        assert_in_range(t.n, 2, 8);
    }
}

static void margin_spares_what_the_caller_fixed(void **state)
{
    (void)state;
    struct rt_extent r = range_of((double[]){ 0, 10 }, 2);
    struct rt_axis a = rt_axis_fit(&(struct rt_axis){ .lo = 0 }, &r, .1);
    rt_assert_close(a.lo, -1, 1e-12);
    rt_assert_close(a.hi, 11, 1e-12);
    a = rt_axis_fit(&(struct rt_axis){ .lo = 2, .hi = 4 }, &r, .1);
    rt_assert_close(a.lo, 2, 0);
    rt_assert_close(a.hi, 4, 0);
}

static void place_and_value_undo_each_other(void **state)
{
    (void)state;
    for (int log = 0; log < 2; log++) {
        struct rt_axis a = { .log = log, .lo = .003, .hi = 40 };
        for (int i = 0; i <= 10; i++)
            rt_assert_close(rt_axis_place(&a, rt_axis_value(&a, i / 10.)),
                            i / 10., 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(range_passes_over_what_no_axis_can_show),
        cmocka_unit_test(linear_ticks_are_one_two_or_five),
        cmocka_unit_test(integer_axis_has_whole_ticks),
        cmocka_unit_test(log_ticks_are_decades),
        cmocka_unit_test(log_axis_within_a_decade_has_labels_too),
        cmocka_unit_test(low_log_axis_keeps_its_labels),
        cmocka_unit_test(minor_ticks_know_two_and_five),
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(log_falls_back_where_nothing_is_positive),
        cmocka_unit_test(axis_is_never_empty),
        cmocka_unit_test(widest_range_does_not_overflow),
        cmocka_unit_test(margin_spares_what_the_caller_fixed),
        cmocka_unit_test(place_and_value_undo_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
