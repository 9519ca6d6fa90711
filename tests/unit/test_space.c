/* The space a sweep searches. */
#include "support.h"

#include "shell/space.h"

static struct rt_space space;
static struct rt_err err;

static int parse(const char *word)
{
    return rt_space_parse(&space, &word, 1, &err);
}

/* The values of the only key, between blanks. */
static void assert_values(const char *word, const char *want)
{
    struct rt_str text = RT_STR_INIT;
    rt_assert_ok(parse(word), &err);
    for (int i = 0; i < space.keys.v[0].value.n; i++)
        rt_str_addf(&text, "%s%s", i ? " " : "", space.keys.v[0].value.v[i]);
    assert_string_equal(rt_str_c(&text), want);
    rt_str_release(&text);
    rt_space_release(&space);
}

static void a_list_keeps_its_texts(void **state)
{
    (void)state;
    assert_values("units=64,128,256", "64 128 256");
    assert_values("loss=mse,huber(delta=0.4,x=1)", "mse huber(delta=0.4,x=1)");
    assert_values("x=1e-3", "1e-3");
    assert_values("file=../a.csv,../b.csv", "../a.csv ../b.csv");
}

static void a_range_has_the_numbers_it_says(void **state)
{
    (void)state;
    assert_values("seed=1..3", "1 2 3");
    assert_values("x=0..0.5:6", "0 0.1 0.2 0.3 0.4 0.5");
    assert_values("x=32..128:by:32", "32 64 96 128");
    assert_values("x=0..1:by:0.25", "0 0.25 0.5 0.75 1");
    assert_values("lr=1e-4..1e-1:log:4", "0.0001 0.001 0.01 0.1");
    assert_values("lr=1e-4..1e-1:log", "0.0001 0.001 0.01 0.1");
    assert_values("units=16..256:log:5", "16 32 64 128 256");
    assert_values("units=1..4:log:9", "1 2 3 4");
    assert_values("x=-1..1:3", "-1 0 1");
    assert_values("x=-1..2:6", "-1 0 1 2"); /* -0.4 and 0.2 are one 0 */
}

static void a_grid_counts_its_last_key_fastest(void **state)
{
    const char *const words[] = { "a=1,2", "b=x,y,z" };
    int n;
    (void)state;
    rt_assert_ok(rt_space_parse(&space, words, 2, &err), &err);
    rt_assert_ok(rt_space_size(&space, &n, &err), &err);
    assert_int_equal(n, 6);
    assert_string_equal(rt_space_grid(&space, 0, 0), "1");
    assert_string_equal(rt_space_grid(&space, 1, 1), "y");
    assert_string_equal(rt_space_grid(&space, 3, 0), "2");
    assert_string_equal(rt_space_grid(&space, 3, 1), "x");
    assert_string_equal(rt_space_grid(&space, 5, 1), "z");
    rt_space_release(&space);
}

static void random_points_lie_in_their_ranges(void **state)
{
    const char *const words[] = { "lr=1e-4..1e-1:log", "x=-2..2", "n=3..5",
                                  "a=p,q" };
    struct rt_key key = rt_key_make(7, RT_FOR_SWEEP);
    int low = 0, seen[6] = { 0 };
    (void)state;
    rt_assert_ok(rt_space_parse(&space, words, 4, &err), &err);
    for (int i = 0; i < 400; i++) {
        double v[3];
        for (int k = 0; k < 3; k++) {
            struct rt_str text = RT_STR_INIT;
            rt_space_random(&space, key, i, k, &text);
            v[k] = strtod(rt_str_c(&text), NULL);
            rt_str_release(&text);
        }
        assert_true(v[0] >= 1e-4 && v[0] <= 1e-1);
        assert_true(v[1] >= -2 && v[1] <= 2);
        assert_true(v[2] == 3 || v[2] == 4 || v[2] == 5);
        low += v[0] < 1e-3;
        seen[(int)v[2]]++;
    }
    /* a third of a log range of three decades lies in its lowest one */
    assert_in_range(low, 100, 170);
    assert_in_range(seen[3], 95, 175);
    assert_in_range(seen[5], 95, 175);
    rt_space_release(&space);
}

static void the_same_key_draws_the_same_points(void **state)
{
    struct rt_str a = RT_STR_INIT, b = RT_STR_INIT;
    (void)state;
    rt_assert_ok(parse("lr=0.1..0.9"), &err);
    for (int i = 0; i < 5; i++)
        rt_space_random(&space, rt_key_make(1, RT_FOR_SWEEP), i, 0, &a);
    for (int i = 0; i < 5; i++)
        rt_space_random(&space, rt_key_make(1, RT_FOR_SWEEP), i, 0, &b);
    assert_string_equal(rt_str_c(&a), rt_str_c(&b));
    rt_str_clear(&b);
    for (int i = 0; i < 5; i++)
        rt_space_random(&space, rt_key_make(2, RT_FOR_SWEEP), i, 0, &b);
    assert_string_not_equal(rt_str_c(&a), rt_str_c(&b));
    rt_str_release(&a);
    rt_str_release(&b);
    rt_space_release(&space);
}

static void what_is_no_space_is_told(void **state)
{
    static const struct {
        const char *word, *part;
    } bad[] = {
        { "units", "want NAME=VALUES" },
        { "units=", "want NAME=VALUES" },
        { "2x=1", "name of a variable" },
        { "a b=1", "name of a variable" },
        { "lr=0..1:log", "begins above 0" },
        { "lr=1..x", "from a number to a number" },
        { "lr=5..1", "smaller number first" },
        { "lr=1..5:lg:3", "follows the range" },
        { "lr=1..5:1", "at least 2" },
        { "lr=1..5:2.5", "at least 2" },
        { "lr=1..5:by:0", "step above 0" },
        { "lr=0..1:by:1e-9", "more than" },
        { "lr=0..1:1e9", "more than" },
        { "seed=a,b", "whole number" },
        { "seed=-1", "whole number" },
        { "seed=0.5..1.5", "whole numbers from 0" },
        { "seed=-9..99999999", "whole numbers from 0" },
        { "a=(1", "not closed" },
        { "a=1,,2", "empty" },
        { "a=1,2,1", "1 is given twice" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (!parse(bad[i].word))
            fail_msg("'%s' is taken", bad[i].word);
        rt_assert_error(&err, RT_EINVAL, bad[i].part);
    }
    const char *const twice[] = { "a=1", "a=2" };
    assert_int_equal(rt_space_parse(&space, twice, 2, &err), RT_EINVAL);
    assert_int_equal(rt_space_parse(&space, NULL, 0, &err), RT_EINVAL);
}

static void a_grid_wants_to_know_how_many(void **state)
{
    const char *const many[] = { "a=1..1000", "b=1..1000" };
    int n;
    (void)state;
    rt_assert_ok(parse("lr=0.1..0.5"), &err);
    assert_int_equal(rt_space_size(&space, &n, &err), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "how many");
    rt_space_release(&space);
    rt_assert_ok(rt_space_parse(&space, many, 2, &err), &err);
    assert_int_equal(rt_space_size(&space, &n, &err), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "more than");
    rt_space_release(&space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_keeps_its_texts),
        cmocka_unit_test(a_range_has_the_numbers_it_says),
        cmocka_unit_test(a_grid_counts_its_last_key_fastest),
        cmocka_unit_test(random_points_lie_in_their_ranges),
        cmocka_unit_test(the_same_key_draws_the_same_points),
        cmocka_unit_test(what_is_no_space_is_told),
        cmocka_unit_test(a_grid_wants_to_know_how_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
