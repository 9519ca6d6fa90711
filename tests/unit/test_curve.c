#include "support.h"

#include "base/mem.h"
#include "watch/curve.h"

#include <math.h>
#include <stdlib.h>

static struct rt_curve curve;

/* A series of n epochs, 1 everywhere but at the spike. */
static struct rt_history_series series_of(int n, int spike)
{
    struct rt_history_series s = { .n_epochs = n };
    s.epoch_x = rt_xmalloc((size_t)n * sizeof(double));
    s.epoch_v = rt_xmalloc((size_t)n * sizeof(double));
    for (int i = 0; i < n; i++) {
        s.epoch_x[i] = i + 1;
        s.epoch_v[i] = i == spike ? 99 : 1;
    }
    struct rt_values all = { .x = s.epoch_x, .v = s.epoch_v, .n = n };
    rt_pyramid_grow(&s.epochs, &all);
    return s;
}

static void release(struct rt_history_series *s)
{
    free(s->epoch_x);
    free(s->epoch_v);
    rt_pyramid_release(&s->epochs);
}

static void few_values_are_taken_as_they_are(void **state)
{
    (void)state;
    struct rt_history_series s = series_of(300, 7);
    rt_curve_take(&curve, &s, true, 0, 0); /* it has no batches */
    assert_int_equal(curve.n, 300);
    assert_true(curve.mean[7] == 99 && curve.x[7] == 8);
    assert_int_equal(rt_curve_near(&curve, 8.4), 7);
    release(&s);
}

/* The cost of a frame: work is counted, not timed. */
static void ten_million_values_cost_no_more_than_a_few_thousand(void **state)
{
    (void)state;
    struct rt_history_series few = series_of(5000, 4321);
    struct rt_history_series many = series_of(10000000, 7654321);
    double parts[][2] = {
        { 0, 0 }, { 7654000, 7655000 }, { 1, 9e6 }, { 9999990, 1e7 }
    };
    rt_curve_take(&curve, &few, false, 0, 0);
    assert_true(curve.looked <= 8 * RT_CURVE_POINTS);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        rt_curve_take(&curve, &many, false, parts[i][0], parts[i][1]);
        assert_true(curve.looked <= 16 * RT_CURVE_POINTS);
        double top = 0;
        for (int k = 0; k < curve.n; k++)
            top = fmax(top, curve.hi[k]);
        assert_true(i == 3 ? top == 1 : top == 99); /* no spike is lost */
    }
    release(&few);
    release(&many);
}

static void what_is_not_finite_is_left_out(void **state)
{
    (void)state;
    struct rt_history_series s = series_of(10, 3);
    s.epoch_v[5] = NAN;
    s.epoch_v[6] = INFINITY;
    rt_curve_take(&curve, &s, false, 0, 0);
    assert_int_equal(curve.n, 8);
    release(&s);
    struct rt_history_series none = { 0 };
    rt_curve_take(&curve, &none, true, 0, 0);
    assert_int_equal(curve.n, 0);
    assert_int_equal(rt_curve_near(&curve, 1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_values_are_taken_as_they_are),
        cmocka_unit_test(ten_million_values_cost_no_more_than_a_few_thousand),
        cmocka_unit_test(what_is_not_finite_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
