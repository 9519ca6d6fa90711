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
        cmocka_unit_test(distance_counts_edits_and_swaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
