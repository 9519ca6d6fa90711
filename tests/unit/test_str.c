#include "support.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#include <math.h>

/* What add_one made of an empty string. */
#define SAYS(add_one, want)                                                    \
    do {                                                                       \
        struct rt_str b = RT_STR_INIT;                                         \
        add_one;                                                               \
        assert_string_equal(rt_str_c(&b), want);                               \
        rt_str_release(&b);                                                    \
    } while (0)

static void an_empty_string_is_a_text(void **state)
{
    (void)state;
    struct rt_str b = RT_STR_INIT;
    assert_string_equal(rt_str_c(&b), "");
    char *s = rt_str_take(&b);
    assert_string_equal(s, "");
    free(s);
}

static void additions_stand_in_order(void **state)
{
    (void)state;
    struct rt_str b = RT_STR_INIT;
    rt_str_add(&b, "ab");
    rt_str_addc(&b, 'c');
    rt_str_addn(&b, "defg", 2);
    rt_str_pad(&b, '.', 3);
    rt_str_addf(&b, "%d", 42);
    assert_string_equal(rt_str_c(&b), "abcde...42");
    assert_int_equal(b.n, 10);
    rt_str_clear(&b);
    assert_string_equal(rt_str_c(&b), "");
    rt_str_release(&b);
}

static void format_longer_than_the_room_is_whole(void **state)
{
    (void)state;
    struct rt_str b = RT_STR_INIT;
    rt_str_add(&b, "x");
    rt_str_addf(&b, "%*d", 5000, 7);
    assert_int_equal(b.n, 5001);
    assert_int_equal(b.s[5000], '7');
    assert_int_equal(b.s[5001], '\0');
    rt_str_release(&b);
}

static void take_leaves_an_empty_string(void **state)
{
    (void)state;
    struct rt_str b = RT_STR_INIT;
    rt_str_add(&b, "kept");
    char *s = rt_str_take(&b);
    assert_string_equal(s, "kept");
    assert_string_equal(rt_str_c(&b), "");
    free(s);
}

static void counts_have_commas(void **state)
{
    (void)state;
    SAYS(rt_str_add_count(&b, 0), "0");
    SAYS(rt_str_add_count(&b, 999), "999");
    SAYS(rt_str_add_count(&b, 1000), "1,000");
    SAYS(rt_str_add_count(&b, 1234567), "1,234,567");
    SAYS(rt_str_add_count(&b, -123456), "-123,456");
}

static void bytes_have_units(void **state)
{
    (void)state;
    SAYS(rt_str_add_bytes(&b, 0), "0 B");
    SAYS(rt_str_add_bytes(&b, 999), "999 B");
    SAYS(rt_str_add_bytes(&b, 58.6e6), "58.6 MB");
    SAYS(rt_str_add_bytes(&b, 999.97e3), "1.0 MB");
    SAYS(rt_str_add_bytes(&b, 12e9), "12.0 GB");
}

static void exact_numbers_are_short_and_read_back(void **state)
{
    (void)state;
    SAYS(rt_str_add_exact(&b, 0.1), "0.1");
    SAYS(rt_str_add_exact(&b, 0.001), "0.001");
    SAYS(rt_str_add_exact(&b, 1e-7), "1e-7");
    SAYS(rt_str_add_exact(&b, 100000), "100000");
    SAYS(rt_str_add_exact(&b, -3), "-3");
    SAYS(rt_str_add_exact(&b, 1e30), "1e30");
    SAYS(rt_str_add_exact(&b, 1.25e-12), "1.25e-12");
    SAYS(rt_str_add_exact(&b, INFINITY), "inf");
    SAYS(rt_str_add_exact(&b, -INFINITY), "-inf");
    SAYS(rt_str_add_exact(&b, NAN), "nan");
    double v = 1.0;
    for (int i = 0; i < 200; i++) {
        struct rt_str b = RT_STR_INIT;
        v = -v / 3.7;
        rt_str_add_exact(&b, v);
        assert_true(strtod(rt_str_c(&b), NULL) == v);
        rt_str_release(&b);
    }
}

static void durations_are_said_as_people_say_them(void **state)
{
    (void)state;
    SAYS(rt_str_add_duration(&b, 0.42), "0.4 s");
    SAYS(rt_str_add_duration(&b, 9.96), "10 s");
    SAYS(rt_str_add_duration(&b, 12.2), "12 s");
    SAYS(rt_str_add_duration(&b, 59.7), "1:00");
    SAYS(rt_str_add_duration(&b, 125), "2:05");
    SAYS(rt_str_add_duration(&b, 3725), "1:02:05");
    SAYS(rt_str_add_duration(&b, 360000), "100:00:00");
    SAYS(rt_str_add_duration(&b, NAN), "-");
    SAYS(rt_str_add_duration(&b, -1), "-");
}

static void dates_are_utc(void **state)
{
    (void)state;
    SAYS(rt_str_add_date(&b, 0), "1970-01-01T00:00:00Z");
    SAYS(rt_str_add_date(&b, 1795264855.9), "2026-11-21T12:40:55Z");
}

static void the_clock_does_not_go_back(void **state)
{
    (void)state;
    double a = rt_clock_now(), b = rt_clock_now();
    assert_true(b >= a);
    assert_true(rt_clock_wall() > 1.6e9);
}

static void an_impossible_size_is_an_error(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    assert_null(rt_try_alloc(SIZE_MAX / 2, 8, "weights", &err));
    rt_assert_error(&err, RT_ENOMEM, "weights: ");
    assert_null(rt_try_alloc(3, (size_t)1 << 50, "data 's'", &err));
    rt_assert_error(&err, RT_ENOMEM, "data 's': 3.0 PiB wanted, out of memory");
    void *p = rt_xmalloc(4);
    assert_null(rt_try_realloc(p, SIZE_MAX - 1, "file", &err));
    rt_assert_error(&err, RT_ENOMEM, "file: 16.0 EiB wanted");
    free(p);
}

static void try_alloc_is_aligned_and_zeroed(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    for (size_t n = 0; n < 200; n += 13) {
        unsigned char *p = rt_try_alloc(n, 3, "x", &err);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        for (size_t i = 0; i < 3 * n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, 3 * n);
        free(p);
    }
}

/* On a boundary of large pages, with an end that is none. */
static void large_blocks_are_for_large_pages(void **state)
{
    static const size_t size[] = { 3 << 18, 1 << 20, 2797000, 5 << 20 };
    struct rt_err err = RT_ERR_INIT;
    (void)state;
    for (int i = 0; i < 4; i++) {
        unsigned char *p = rt_try_alloc(size[i], 1, "x", &err);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % (2 << 20), 0);
        assert_int_equal(p[0], 0);
        assert_memory_equal(p, p + 1, size[i] - 1);
        memset(p, 0xff, size[i]);
        free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_string_is_a_text),
        cmocka_unit_test(additions_stand_in_order),
        cmocka_unit_test(format_longer_than_the_room_is_whole),
        cmocka_unit_test(take_leaves_an_empty_string),
        cmocka_unit_test(counts_have_commas),
        cmocka_unit_test(bytes_have_units),
        cmocka_unit_test(exact_numbers_are_short_and_read_back),
        cmocka_unit_test(durations_are_said_as_people_say_them),
        cmocka_unit_test(dates_are_utc),
        cmocka_unit_test(the_clock_does_not_go_back),
        cmocka_unit_test(an_impossible_size_is_an_error),
        cmocka_unit_test(try_alloc_is_aligned_and_zeroed),
        cmocka_unit_test(large_blocks_are_for_large_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
