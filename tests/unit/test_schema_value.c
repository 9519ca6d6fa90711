/* Options: what each kind of value is read from. */
#include "schema_case.h"

static void defaults_fill_what_is_not_said(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(CONV("8"));
    assert_int_equal(a->filters, 8);
    assert_int_equal(a->kernel_size.n, 2);
    assert_int_equal(a->kernel_size.v[1], 3);
    assert_int_equal(a->strides.n, 0);
    assert_int_equal(a->padding, VALID);
    assert_string_equal(a->activation, "linear");
    assert_true(a->use_bias);
    assert_true(a->rate == 0.25);
    assert_true(isnan(a->max_value));
    assert_true(a->seed == INT64_MIN);
    assert_int_equal(a->parts.n, 2);
    assert_int_equal(a->metrics.n, 0);
    rt_args_free(a);
}

static void every_kind_is_read(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(CONV(
        "32", "5", "strides=2,1", "padding=same", "activation=elu(alpha=2)",
        "use_bias=no", "rate=1/4", "max_value=6", "seed=9007199254740993",
        "parts=0.7,0.2,1/10", "metrics=acc,top_k(k=3,x=1),mse"));
    assert_int_equal(a->kernel_size.n, 1);
    assert_int_equal(a->kernel_size.v[0], 5);
    assert_int_equal(a->strides.n, 2);
    assert_int_equal(a->strides.v[0], 2);
    assert_int_equal(a->padding, SAME);
    assert_string_equal(a->activation, "elu(alpha=2)");
    assert_false(a->use_bias);
    assert_true(a->rate == 0.25);
    assert_true(a->max_value == 6);
    assert_true(a->seed == 9007199254740993);
    assert_int_equal(a->parts.n, 3);
    assert_true(a->parts.v[2] == 0.1);
    assert_int_equal(a->metrics.n, 3);
    assert_string_equal(a->metrics.v[1], "top_k(k=3,x=1)");
    rt_args_free(a);
}

static void shapes_are_read(const char *text, int n, int first, int last)
{
    struct rt_err err = RT_ERR_INIT;
    static const struct rt_opt opts[] = {
        { .name = "shape", .kind = RT_KIND_INTS, .word = 1 }, RT_OPT_END
    };
    struct rt_ints *v =
        MUST(rt_args_parse(opts, STRIDE, sizeof *v, &text, 1, &err));
    assert_int_equal(v->n, n);
    assert_int_equal(v->v[0], first);
    assert_int_equal(v->v[n - 1], last);
    rt_args_free(v);
}

static void shapes_are_written_in_four_ways(void **state)
{
    (void)state;
    shapes_are_read("28x28x1", 3, 28, 1);
    shapes_are_read("28,28,1", 3, 28, 1);
    shapes_are_read("(28,28,1)", 3, 28, 1);
    shapes_are_read("( 28, 28 )", 2, 28, 28);
    shapes_are_read("(28,)", 1, 28, 28);
    shapes_are_read("none,28", 2, -1, 28);
    shapes_are_read("Nonex4", 2, -1, 4);
    shapes_are_read("none", 1, -1, -1);
    shapes_are_read("7", 1, 7, 7);
}

static void shapes_that_are_none_are_refused(void **state)
{
    (void)state;
    REFUSES("want whole numbers such as 2,1 or 28x28", "8", "3y3");
    REFUSES("want whole numbers", "8", "3x");
    REFUSES("want whole numbers", "8", "(3,3");
    REFUSES("want whole numbers", "8", "3,3)");
    REFUSES("want whole numbers", "8", "()");
    REFUSES("want whole numbers", "8", "2.5");
    REFUSES("want whole numbers", "8", "3,,3");
    REFUSES("want whole numbers", "8", "3 3");
    REFUSES("want whole numbers", "8", "99999999999");
    REFUSES("want at most 8 numbers", "8", "1,2,3,4,5,6,7,8,9");
    REFUSES("want whole numbers", "8", "strides=,");
}

static void booleans_have_eight_words(void **state)
{
    (void)state;
    static const char *const word[] = { "no",  "yes", "false", "True",
                                        "off", "ON",  "0",     "1" };
    for (int i = 0; i < 8; i++) {
        struct rt_err err = RT_ERR_INIT;
        char text[32];
        snprintf(text, sizeof text, "use_bias=%s", word[i]);
        struct conv *a = MUST(CONV("8", text));
        assert_int_equal(a->use_bias, i % 2);
        rt_args_free(a);
    }
    REFUSES("'use_bias' is '2', want yes or no", "8", "use_bias=2");
    REFUSES("'use_bias' has no value", "8", "use_bias=");
}

static void choices_may_be_shortened(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(CONV("8", "padding=cau"));
    assert_int_equal(a->padding, CAUSAL);
    rt_args_free(a);
    a = MUST(CONV("8", "padding=SAME"));
    assert_int_equal(a->padding, SAME);
    rt_args_free(a);
    REFUSES("'padding' is 'vaild', want same, valid or causal; "
            "did you mean valid?",
            "8", "padding=vaild");
}

static void none_unsets_where_unset_is_the_default(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(
        CONV("8", "max_value=none", "strides=none", "seed=none", "metrics="));
    assert_true(isnan(a->max_value));
    assert_int_equal(a->strides.n, 0);
    assert_true(a->seed == INT64_MIN);
    rt_args_free(a);
    REFUSES("'rate' is 'none', want a number", "8", "rate=none");
    REFUSES("'rate' is 'nan', want a number", "8", "rate=nan");
    REFUSES("'filters' is 'none', want a whole number", "none");
    REFUSES("'kernel_size' holds none, want 1 <= kernel_size <= 1000", "8",
            "none");
}

static void ranges_are_told_as_sentences(void **state)
{
    (void)state;
    REFUSES("'rate' is 1, want 0 <= rate < 1", "8", "rate=1");
    REFUSES("'rate' is -0.5, want 0 <= rate < 1", "8", "rate=-0.5");
    REFUSES("'filters' is 0, want filters >= 1", "0");
    REFUSES("'strides' holds 0, want 1 <= strides <= 1000", "8", "strides=2,0");
    REFUSES("'parts' holds 1.5, want 0 <= parts <= 1", "8", "parts=0,1.5");
}

static void numbers_that_are_none_are_refused(void **state)
{
    (void)state;
    REFUSES("'filters' is 'relu', want a whole number", "relu");
    REFUSES("'filters' is '1.5', want a whole number", "1.5");
    REFUSES("'filters' is 'inf', want a whole number", "inf");
    REFUSES("'filters' is '3e9', want at most 2147483647", "3e9");
    REFUSES("'rate' is 'abc', want a number", "8", "rate=abc");
    REFUSES("'seed' is '1e30', want a whole number of at most 63 bits", "8",
            "seed=1e30");
    REFUSES("'parts' is '0.8;0.2', want numbers such as 0.8,0.2", "8",
            "parts=0.8;0.2");
    REFUSES("'parts' holds 17 numbers, want at most 16", "8",
            "parts=1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1");
    REFUSES("a ( is not closed", "8", "metrics=top_k(k=3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_fill_what_is_not_said),
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(shapes_are_written_in_four_ways),
        cmocka_unit_test(shapes_that_are_none_are_refused),
        cmocka_unit_test(booleans_have_eight_words),
        cmocka_unit_test(choices_may_be_shortened),
        cmocka_unit_test(none_unsets_where_unset_is_the_default),
        cmocka_unit_test(ranges_are_told_as_sentences),
        cmocka_unit_test(numbers_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
