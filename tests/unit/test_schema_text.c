/* Options back to words, and the splitting of specs and lists. */
#include "schema_case.h"

/* ---- back to text -------------------------------------------------------- */

static void prints(const struct rt_opt *opts, const void *args, bool all,
                   const char *want)
{
    struct rt_str out = RT_STR_INIT;
    rt_args_words(opts, STRIDE, args, all, &out);
    assert_string_equal(rt_str_c(&out), want);
    rt_str_release(&out);
}

static void only_what_differs_is_written(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(CONV("8"));
    prints(conv_opts, a, false, "8");
    rt_args_free(a);
    a = MUST(CONV("8", "3,3", "rate=1/4", "padding=s", "use_bias=0",
                  "metrics=acc,top_k(k=3)", "strides=2"));
    prints(conv_opts, a, false,
           "8 strides=2 padding=same use_bias=no metrics=acc,top_k(k=3)");
    rt_args_free(a);
    a = MUST(CONV("8", "5x3"));
    prints(conv_opts, a, true,
           "8 5x3 padding=valid activation=linear use_bias=yes rate=0.25 "
           "parts=0.8,0.2");
    rt_args_free(a);
}

static void flags_and_the_rest_are_written(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct looks *a = MUST(LOOK("a b", "-memory", "c", "-to", "x y.png"));
    prints(look_opts, a, false, "{a b} c -memory -to {x y.png}");
    rt_args_free(a);
}

static void texts_are_quoted_for_tcl(void **state)
{
    (void)state;
    static const char *const pair[][2] = {
        { "plain", "activation=plain" },    { "a b", "{activation=a b}" },
        { "$x", "{activation=$x}" },        { "a}b", "activation=a\\}b" },
        { "a\\b", "activation=a\\\\b" },    { "a;b", "{activation=a;b}" },
        { "a\nb{", "activation=a\\nb\\{" },
    };
    for (int i = 0; i < 7; i++) {
        struct conv *a = rt_args_default(conv_opts, STRIDE, sizeof *a);
        a->activation = pair[i][0];
        prints(conv_opts, a, false, pair[i][1]);
        rt_args_free(a);
    }
}

static void a_word_that_would_be_misread_gets_its_key(void **state)
{
    (void)state;
    struct save {
        const char *file;
        const char *how;
    };
    static const struct rt_opt opts[] = {
        RT_OPT(struct save, file, .word = 1),
        RT_OPT(struct save, how, .word = 2, .def = ""), RT_OPT_END
    };
    struct rt_err err = RT_ERR_INIT;
    struct save *a = MUST(rt_args_parse(opts, STRIDE, sizeof *a,
                                        WORDS("file=-a", "how=b"), &err));
    prints(opts, a, false, "file=-a how=b");
    rt_args_free(a);
    a = MUST(
        rt_args_parse(opts, STRIDE, sizeof *a, WORDS("f", "how=k=v"), &err));
    prints(opts, a, false, "f how=k=v");
    rt_args_free(a);
}

static void usage_tells_words_and_keys(void **state)
{
    (void)state;
    struct rt_str out = RT_STR_INIT;
    rt_args_usage(conv_opts, STRIDE, &out);
    assert_string_equal(
        rt_str_c(&out),
        "FILTERS [KERNEL_SIZE] [strides=N,N] [padding=same|valid|causal] "
        "[activation=TEXT] [use_bias=yes|no] [rate=X] [max_value=X] "
        "[seed=N] [parts=X,X] [metrics=METRIC,...]");
    rt_str_clear(&out);
    rt_args_usage(look_opts, STRIDE, &out);
    assert_string_equal(rt_str_c(&out),
                        "[LAYERS...] [name=TEXT] [-memory] [-to FILE] "
                        "[every=N]");
    rt_str_release(&out);
}

static void ranges_are_told_for_help(void **state)
{
    (void)state;
    static const char *const want[][2] = {
        { "filters", "whole number; filters >= 1" },
        { "rate", "number; 0 <= rate < 1" },
        { "padding", "same, valid or causal" },
        { "use_bias", "yes or no" },
        { "max_value", "number" },
    };
    for (int i = 0; i < 5; i++) {
        struct rt_str out = RT_STR_INIT;
        rt_opt_range(rt_opt_find(conv_opts, STRIDE, want[i][0]), &out);
        assert_string_equal(rt_str_c(&out), want[i][1]);
        rt_str_release(&out);
    }
}

/* ---- splitting ----------------------------------------------------------- */

static void specs_have_a_name_and_words(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    char *name;
    const char *const *words;
    int n;
    rt_assert_ok(
        rt_spec_split("huber(delta=0.4, w=f(1,2))", &name, &words, &n, &err),
        &err);
    assert_string_equal(name, "huber");
    assert_int_equal(n, 2);
    assert_string_equal(words[0], "delta=0.4");
    assert_string_equal(words[1], "w=f(1,2)");
    assert_null(words[2]);
    free(name);
    rt_assert_ok(rt_spec_split("norm(1, axis=0, 1,2, x=f(1,a=2), y=3,4)", &name,
                               &words, &n, &err),
                 &err);
    assert_int_equal(n, 4);
    assert_string_equal(words[0], "1");
    assert_string_equal(words[1], "axis=0,1,2");
    assert_string_equal(words[2], "x=f(1,a=2)");
    assert_string_equal(words[3], "y=3,4");
    assert_null(words[4]);
    free(name);
    rt_assert_ok(rt_spec_split("acc", &name, &words, &n, &err), &err);
    assert_string_equal(name, "acc");
    assert_int_equal(n, 0);
    assert_null(words[0]);
    free(name);
    rt_assert_ok(rt_spec_split(" acc ( ) ", &name, &words, &n, &err), &err);
    assert_string_equal(name, "acc");
    assert_int_equal(n, 0);
    free(name);
}

static void bad_specs_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        { "huber(delta=1", "a ( is not closed" },
        { "huber)", "a ) without its (" },
        { "f(a))(", "a ) without its (" },
        { "huber(1)x", "'x' behind the )" },
        { "f(1)(2)", "'(2)' behind the )" },
        { "(1)", "a name is wanted before the (" },
        { "", "a name is wanted" },
        { "f(a,,b)", "has an empty part" },
    };
    for (int i = 0; i < 8; i++) {
        struct rt_err err = RT_ERR_INIT;
        char *name;
        const char *const *words;
        int n;
        assert_int_equal(rt_spec_split(bad[i][0], &name, &words, &n, &err),
                         RT_EINVAL);
        rt_assert_error(&err, RT_EINVAL, bad[i][1]);
    }
}

static void lists_split_outside_parentheses(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char **v;
    int n;
    rt_assert_ok(rt_list_split("a, b(c,d) ,out:mse", &v, &n, &err), &err);
    assert_int_equal(n, 3);
    assert_string_equal(v[0], "a");
    assert_string_equal(v[1], "b(c,d)");
    assert_string_equal(v[2], "out:mse");
    assert_null(v[3]);
    free(v);
    rt_assert_ok(rt_list_split("(a,b)", &v, &n, &err), &err);
    assert_int_equal(n, 2);
    assert_string_equal(v[1], "b");
    free(v);
    rt_assert_ok(rt_list_split("", &v, &n, &err), &err);
    assert_int_equal(n, 0);
    free(v);
    assert_int_equal(rt_list_split("a,,b", &v, &n, &err), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "'a,,b' has an empty part");
}

static void numbers_may_be_quotients(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    double v;
    rt_assert_ok(rt_number_parse("1e-3", &v, &err), &err);
    assert_true(v == 1e-3);
    rt_assert_ok(rt_number_parse("1/255", &v, &err), &err);
    assert_true(v == 1.0 / 255);
    rt_assert_ok(rt_number_parse(" 2 * 3 / 4 ", &v, &err), &err);
    assert_true(v == 1.5);
    rt_assert_ok(rt_number_parse("-inf", &v, &err), &err);
    assert_true(v == -INFINITY);
    rt_assert_ok(rt_number_parse("nan", &v, &err), &err);
    assert_true(isnan(v));
    static const char *const bad[] = { "",    "x",   "1/",    "1/x",
                                       "1 2", "1+1", "1,000", "1/0" };
    for (int i = 0; i < 8; i++)
        assert_int_equal(rt_number_parse(bad[i], &v, &err), RT_EINVAL);
    rt_number_parse("1/0", &v, &err);
    rt_assert_error(&err, RT_EINVAL, "'1/0' divides by zero");
    rt_number_parse("1e999", &v, &err);
    rt_assert_error(&err, RT_EINVAL, "'1e999' is too large a number");
}

static void words_in_braces_are_one(void **state)
{
    struct rt_err err = RT_ERR_INIT;
    (void)state;
    const char **v;
    int n;
    rt_assert_ok(
        rt_words_split("  lstm 64 {a {b c} d}  e\\ f x={1} ", &v, &n, &err),
        &err);
    assert_int_equal(n, 5);
    assert_string_equal(v[0], "lstm");
    assert_string_equal(v[1], "64");
    assert_string_equal(v[2], "a {b c} d");
    assert_string_equal(v[3], "e f");
    assert_string_equal(v[4], "x={1}");
    assert_null(v[5]);
    free(v);
    rt_assert_ok(rt_words_split("", &v, &n, &err), &err);
    assert_int_equal(n, 0);
    free(v);
    static const char *const bad[] = { "{a", "a {b}c", "{{}", "{a\\}" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(rt_words_split(bad[i], &v, &n, &err), RT_EINVAL);
        assert_null(v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_in_braces_are_one),
        cmocka_unit_test(only_what_differs_is_written),
        cmocka_unit_test(flags_and_the_rest_are_written),
        cmocka_unit_test(texts_are_quoted_for_tcl),
        cmocka_unit_test(a_word_that_would_be_misread_gets_its_key),
        cmocka_unit_test(usage_tells_words_and_keys),
        cmocka_unit_test(ranges_are_told_for_help),
        cmocka_unit_test(specs_have_a_name_and_words),
        cmocka_unit_test(bad_specs_are_refused),
        cmocka_unit_test(lists_split_outside_parentheses),
        cmocka_unit_test(numbers_may_be_quotients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
