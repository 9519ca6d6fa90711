#include "support.h"

#include "base/mem.h"
#include "train/pyramid.h"

#include <math.h>
#include <stdlib.h>

enum { N = 100000 };
static double x[N], v[N];

static struct rt_values fill(int n)
{
    unsigned seed = 3;
    for (int i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = i;
        v[i] = (double)(seed >> 8) / 16777216.0;
    }
    return (struct rt_values){ .x = x, .v = v, .n = n };
}

/* The buckets hold every value from the first to the last of them, once. */
static void assert_true_to_values(const struct rt_bucket *b, int n, int from,
                                  int to)
{
    int at = from;
    for (int i = 0; i < n; i++) {
        double sum = 0, lo = INFINITY, hi = -INFINITY;
        int64_t count = b[i].n;
        for (int64_t k = 0; k < count; k++, at++) {
            sum += v[at];
            lo = fmin(lo, v[at]);
            hi = fmax(hi, v[at]);
        }
        rt_assert_close(b[i].mean, sum / (double)count, 1e-12);
        assert_true(b[i].lo == lo && b[i].hi == hi);
        assert_true(b[i].x == x[at - 1]);
    }
    assert_int_equal(at, to);
}

static void any_part_is_had_in_a_few_hundred_buckets(void **state)
{
    (void)state;
    static const int size[] = { 1, 2, 5, 511, 512, 513, 4096, 99999, N };
    struct rt_bucket b[512];
    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        struct rt_pyramid p = { 0 };
        struct rt_values all = fill(size[i]);
        rt_pyramid_grow(&p, &all);
        int n = rt_pyramid_take(&p, &all, -INFINITY, INFINITY, 512, b, NULL);
        assert_in_range(n, size[i] < 512 ? size[i] : 256, 512);
        assert_true_to_values(b, n, 0, size[i]);
        rt_pyramid_release(&p);
    }
}

static void a_part_has_a_neighbour_on_either_side(void **state)
{
    (void)state;
    struct rt_pyramid p = { 0 };
    struct rt_values all = fill(N);
    struct rt_bucket b[64];
    rt_pyramid_grow(&p, &all);
    int n = rt_pyramid_take(&p, &all, 100, 110, 64, b, NULL);
    assert_int_equal(n, 13);
    assert_true(b[0].x == 99 && b[12].x == 111);
    n = rt_pyramid_take(&p, &all, 5000.5, 70000.5, 64, b, NULL);
    assert_in_range(n, 31, 64);
    assert_true(b[0].x - (double)b[0].n < 5001 && b[n - 1].x >= 70001);
    assert_int_equal(rt_pyramid_take(&p, &all, 1e9, 2e9, 64, b, NULL), 1);
    all.n = 0;
    assert_int_equal(rt_pyramid_take(&p, &all, 0, 1, 64, b, NULL), 0);
    rt_pyramid_release(&p);
}

/* Value by value, as they come, is the same as all at once. */
static void it_grows_with_its_values(void **state)
{
    (void)state;
    struct rt_pyramid a = { 0 }, b = { 0 };
    struct rt_bucket x1[128], x2[128];
    struct rt_values all = fill(20000), some = all;
    rt_pyramid_grow(&a, &all);
    for (some.n = 1; some.n <= all.n; some.n++)
        rt_pyramid_grow(&b, &some);
    int n = rt_pyramid_take(&a, &all, -1, 1e9, 128, x1, NULL);
    assert_int_equal(rt_pyramid_take(&b, &all, -1, 1e9, 128, x2, NULL), n);
    assert_memory_equal(x1, x2, (size_t)n * sizeof *x1);
    rt_pyramid_release(&a);
    rt_pyramid_release(&b);
}

static void what_is_taken_back_is_forgotten(void **state)
{
    (void)state;
    struct rt_pyramid p = { 0 };
    struct rt_values all = fill(20000);
    struct rt_bucket b[128];
    rt_pyramid_grow(&p, &all);
    rt_pyramid_cut(&p, 7001);
    for (int i = 7001; i < all.n; i++)
        v[i] = -v[i];
    rt_pyramid_grow(&p, &all);
    int n = rt_pyramid_take(&p, &all, -1, 1e9, 128, b, NULL);
    assert_true_to_values(b, n, 0, all.n);
    rt_pyramid_release(&p);
}

static void what_is_not_finite_spoils_no_mean(void **state)
{
    (void)state;
    struct rt_pyramid p = { 0 };
    struct rt_values all = fill(64);
    struct rt_bucket b[4];
    for (int i = 0; i < 64; i++)
        v[i] = i % 2 ? NAN : 3;
    rt_pyramid_grow(&p, &all);
    int n = rt_pyramid_take(&p, &all, -1, 1e9, 4, b, NULL);
    for (int i = 0; i < n; i++)
        assert_true(b[i].mean == 3 && b[i].lo == 3 && b[i].hi == 3);
    rt_pyramid_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_part_is_had_in_a_few_hundred_buckets),
        cmocka_unit_test(a_part_has_a_neighbour_on_either_side),
        cmocka_unit_test(it_grows_with_its_values),
        cmocka_unit_test(what_is_taken_back_is_forgotten),
        cmocka_unit_test(what_is_not_finite_spoils_no_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
