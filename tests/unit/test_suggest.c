#include "support.h"

#include "base/suggest.h"

static const char *const layers[] = { "dense",   "dropout",    "max_pool2d",
                                      "flatten", "batch_norm", "conv1d",
                                      "conv2d",  "conv3d",     "lstm",
                                      NULL };

static void says(const char *word, const char *want)
{
    struct rt_str b = RT_STR_INIT;
    rt_suggest(&b, word, layers);
    assert_string_equal(rt_str_c(&b), want);
    rt_str_release(&b);
}

static void a_mistyped_name_is_found(void **state)
{
    (void)state;
    says("dens", "; did you mean dense?");
    says("dnese", "; did you mean dense?");
    says("Flaten", "; did you mean flatten?");
    says("batchnorm", "; did you mean batch_norm?");
}

static void a_part_of_a_name_is_found(void **state)
{
    (void)state;
    says("pool2d", "; did you mean max_pool2d?");
    says("drop", "; did you mean dropout?");
}

static void at_most_three_are_named(void **state)
{
    (void)state;
    says("conv2", "; did you mean conv2d, conv1d or conv3d?");
}

static void nothing_is_said_where_nothing_is_near(void **state)
{
    (void)state;
    says("xyzzy", "");
    says("", "");
}

static const char *color(const void *of, int i)
{
    static const char *const all[] = { "red", "green", "blue" };
    return i < *(const int *)of ? all[i] : NULL;
}

static void fails(const char *word, int n, const char *want)
{
    struct rt_err err = RT_ERR_INIT;
    assert_int_equal(rt_fail_unknown(&err, RT_ENOENT, word, color, &n,
                                     "no color '%s'", word),
                     RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT, "");
    assert_string_equal(err.text, want);
}

static void an_unknown_name_is_told_with_what_there_is(void **state)
{
    (void)state;
    fails("geren", 3, "no color 'geren'; did you mean green?");
    fails("pink", 3, "no color 'pink'; there are red, green and blue");
    fails("pink", 2, "no color 'pink'; there are red and green");
    fails("pink", 1, "no color 'pink'; there is red");
    fails("pink", 0, "no color 'pink'");
    assert_int_equal(
        rt_fail_unknown(NULL, RT_EINVAL, "x", color, &(int){ 3 }, "no x"),
        RT_EINVAL);
}

static void a_long_list_is_not_told(void **state)
{
    (void)state;
    static const char *const names[] = { "a1", "b1", "c1", "d1", "e1",
                                         "f1", "g1", "h1", "i1", NULL };
    struct rt_err err = RT_ERR_INIT;
    rt_fail_unknown(&err, RT_ENOENT, "xyz", rt_name_of_list, names, "no xyz");
    assert_string_equal(err.text, "no xyz");
    rt_fail_unknown(&err, RT_ENOENT, "xyz", rt_name_of_list, names + 1,
                    "no xyz");
    assert_string_equal(err.text, "no xyz; there are b1, c1, d1, e1, f1, g1, "
                                  "h1 and i1");
}

static void distance_counts_edits_and_swaps(void **state)
{
    (void)state;
    assert_int_equal(rt_suggest_distance("relu", "relu", 3), 0);
    assert_int_equal(rt_suggest_distance("RELU", "relu", 3), 0);
    assert_int_equal(rt_suggest_distance("rleu", "relu", 3), 1);
    assert_int_equal(rt_suggest_distance("rel", "relu", 3), 1);
    assert_int_equal(rt_suggest_distance("kitten", "sitting", 3), 3);
    assert_int_equal(rt_suggest_distance("abcdef", "uvwxyz", 3), 4);
    assert_int_equal(rt_suggest_distance("a", "abcdefg", 3), 4);
    assert_int_equal(rt_suggest_distance("", "ab", 3), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mistyped_name_is_found),
        cmocka_unit_test(a_part_of_a_name_is_found),
        cmocka_unit_test(at_most_three_are_named),
        cmocka_unit_test(nothing_is_said_where_nothing_is_near),
        cmocka_unit_test(an_unknown_name_is_told_with_what_there_is),
        cmocka_unit_test(a_long_list_is_not_told),
        cmocka_unit_test(distance_counts_edits_and_swaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
