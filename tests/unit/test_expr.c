/* Expressions as text: what they mean as numbers, and what is said of those
 * that are wrong. */
#include "support.h"

#include "graph/expr.h"

#include <math.h>

static struct rt_err err;

static int number_of(void *who, const char *name, double *v, struct rt_err *e)
{
    (void)who;
    if (strcmp(name, "a") == 0)
        *v = 2;
    else if (strcmp(name, "val_loss") == 0 || strcmp(name, "b.x") == 0)
        *v = -3;
    else
        return rt_fail(e, RT_ENOENT, "unknown series '%s'", name);
    return RT_OK;
}

static double eval(const char *text)
{
    double v = NAN;
    struct rt_expr *e = rt_expr_parse(text, &err);
    if (!e || rt_expr_eval(e, number_of, NULL, &v, &err))
        fail_msg("%s: %s", text, err.text);
    rt_expr_free(e);
    return v;
}

/* Each checked with Python (^ written **, log10 and so on from math). */
static void operators_bind_as_in_python(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double want;
    } cases[] = {
        { "1 + 2 * 3", 7 },
        { "(1 + 2) * 3", 9 },
        { "2 ^ 3 ^ 2", 512 },
        { "-2 ^ 2", -4 },
        { "2 ^ -1", 0.5 },
        { "2 ^ -2 ^ 2", 0.0625 },
        { "2 * -3", -6 },
        { "-2 * 3 - -4", -2 },
        { "- - 3", 3 },
        { "+3", 3 },
        { "8 / 4 / 2", 1 },
        { "8 - 4 - 2", 2 },
        { "-7 % 3", 2 },
        { "7 % -3", -2 },
        { "7.5 % 2", 1.5 },
        { "1 < 2", 1 },
        { "2 * 3 >= 7 - 1", 1 },
        { "1 == 1.0", 1 },
        { "1 != 1", 0 },
        { "not 1 == 2", 1 },
        { "not 0 and 0", 0 },
        { "1 or 0 and 0", 1 },
        { "2 and 3", 1 },
        { "(1 < 2) + (2 < 3)", 2 },
        { "1e-3 * 1E3 + .5 + 2.", 3.5 },
        { "a * val_loss", -6 },
        { "a*b.x", -6 },
        { "'val_loss' + \"a\"", -1 },
        { "min(a, 5, val_loss)", -3 },
        { "max(a, 5, val_loss)", 5 },
        { "clip(10, 0, a)", 2 },
        { "where(a > 1, 10, 20)", 10 },
        { "log2(8) + log10(100) + log(exp(1))", 6 },
        { "abs(-2) + sign(-9) + sqrt(16)", 5 },
        { "pi", M_PI },
        { "inf > 1e308", 1 },
        { "\n  1\n  + 1 ", 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (fabs(eval(cases[i].text) - cases[i].want) > 1e-12)
            fail_msg("%s: %.17g, want %.17g", cases[i].text,
                     eval(cases[i].text), cases[i].want);
}

/* Wrong ones: the whole of what is said, place included. */
static void mistakes_are_shown_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "", "expression is empty" },
        { " \n ", "expression is empty" },
        { "1 +", "it ends here, want a value\n"
                 "    1 +\n"
                 "       ^" },
        { "(1 + 2", "( has no )\n"
                    "    (1 + 2\n"
                    "    ^" },
        { "exp(1, 2", "( has no )\n"
                      "    exp(1, 2\n"
                      "       ^" },
        { "1 + 2)", "found ')', want an operator\n"
                    "    1 + 2)\n"
                    "         ^" },
        { "2 x", "found 'x', want an operator\n"
                 "    2 x\n"
                 "      ^" },
        { "2x", "found 'x', want an operator behind the number\n"
                "    2x\n"
                "     ^" },
        { "1.2.3", "found '.', want an operator behind the number\n"
                   "    1.2.3\n"
                   "       ^" },
        { "1 < 2 < 3", "comparisons do not chain: write a < b and b < c\n"
                       "    1 < 2 < 3\n"
                       "          ^" },
        { "a ** 2", "found '**', want ^ for a power\n"
                    "    a ** 2\n"
                    "      ^" },
        { "a && 2", "found '&&', want and\n"
                    "    a && 2\n"
                    "      ^" },
        { "a || 2", "found '||', want or\n"
                    "    a || 2\n"
                    "      ^" },
        { "!a", "found '!', want not\n"
                "    !a\n"
                "    ^" },
        { "a = 2", "found '=', want == to compare\n"
                   "    a = 2\n"
                   "      ^" },
        { "$a + 1", "found '$', but variables are not known here\n"
                    "    $a + 1\n"
                    "    ^" },
        { "1 + and 2", "found 'and', want a value\n"
                       "    1 + and 2\n"
                       "        ^" },
        { "a[0:10:2]", "a slice with a step, want from:to\n"
                       "    a[0:10:2]\n"
                       "          ^" },
        { "a[]", "found ']', want an index, a range as 0:10, ':' or '...'\n"
                 "    a[]\n"
                 "      ^" },
        { "a[b]", "found 'b', want an index, a range as 0:10, ':' or '...'\n"
                  "    a[b]\n"
                  "      ^" },
        { "a[1.5]", "want a whole number as index\n"
                    "    a[1.5]\n"
                    "      ^" },
        { "a[1", "[ has no ]\n"
                 "    a[1\n"
                 "     ^" },
        { "a[..., ...]", "'...' stands twice\n"
                         "    a[..., ...]\n"
                         "           ^" },
        { "a[0,0,0,0,0,0,0,0]", "more than 6 indices\n"
                                "    a[0,0,0,0,0,0,0,0]\n"
                                "                    ^" },
        { "a[99999999999]", "index out of all range\n"
                            "    a[99999999999]\n"
                            "      ^" },
        { "f(axis=1, axis=2)", "'axis' is given twice\n"
                               "    f(axis=1, axis=2)\n"
                               "              ^" },
        { "f(axis=1, 2)", "a value behind 'axis=', want key=value there\n"
                          "    f(axis=1, 2)\n"
                          "              ^" },
        { "()", "nothing between the brackets, want a value\n"
                "    ()\n"
                "    ^" },
        { "print(1, \"tag)", "\" has no closing \"\n"
                             "    print(1, \"tag)\n"
                             "             ^" },
        { "1 +\n  2 *\n  ^ 3", "found '^', want a value\n"
                               "    ^ 3\n"
                               "    ^" },
        { "\xc3\xa4 + ?", "found '?', want a value\n"
                          "    \xc3\xa4 + ?\n"
                          "        ^" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rt_err_clear(&err);
        struct rt_expr *e = rt_expr_parse(cases[i].text, &err);
        assert_null(e);
        assert_int_equal(err.code, RT_EINVAL);
        assert_string_equal(err.text, cases[i].says);
    }
}

static void numbers_are_refused_what_wants_arrays(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "1 + mse(a, 2)", "mse: no such function of single numbers\n"
                           "    1 + mse(a, 2)\n"
                           "        ^" },
        { "sum(a)", "sum: there are single numbers here, and it wants arrays\n"
                    "    sum(a)\n"
                    "    ^" },
        { "a[0]", "there are single numbers here, nothing to slice\n"
                  "    a[0]\n"
                  "     ^" },
        { "2 * q", "unknown series 'q'\n"
                   "    2 * q\n"
                   "        ^" },
        { "[1, 2]", "a list, want a number\n"
                    "    [1, 2]\n"
                    "    ^" },
        { "clip(1, 2)", "clip: 2 values, want clip(x, lo, hi)\n"
                        "    clip(1, 2)\n"
                        "    ^" },
        { "exp(1, axis=2)", "exp: no option 'axis', want exp(x)\n"
                            "    exp(1, axis=2)\n"
                            "    ^" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double v;
        struct rt_expr *e = rt_expr_parse(cases[i].text, &err);
        assert_non_null(e);
        assert_int_not_equal(rt_expr_eval(e, number_of, NULL, &v, &err), 0);
        assert_string_equal(err.text, cases[i].says);
        rt_expr_free(e);
    }
}

static void long_lines_are_shown_around_the_place(void **state)
{
    (void)state;
    char text[400];
    memset(text, ' ', sizeof text);
    text[0] = '1';
    memcpy(text + 200, "+ ? + 2", 7);
    text[399] = '\0';
    assert_null(rt_expr_parse(text, &err));
    char *line = strchr(err.text, '\n') + 1, *caret = strchr(line, '\n') + 1;
    assert_int_equal(line[strlen(caret) - 1], '?');
    assert_true(strlen(caret) < 60);
}

/* Hostile ones end in a sentence, not in a full stack or memory. */
static void limits_are_kept(void **state)
{
    (void)state;
    char *text = malloc(100001);
    static const char *const parts[] = { "(",     "-",   "exp(", "2^",
                                         "a[0][", "1+",  "[",    "not ",
                                         "f(k=",  "1<(", "a," };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (size_t n = 100; n <= 100000; n *= 10) {
            size_t len = strlen(parts[i]);
            for (size_t at = 0; at < n; at++)
                text[at] = parts[i][at % len];
            text[n] = '\0';
            rt_err_clear(&err);
            assert_null(rt_expr_parse(text, &err));
            assert_int_equal(err.code, RT_EINVAL);
            assert_true(strlen(err.text) < 600);
        }
    memset(text, '1', 100000);
    assert_null(rt_expr_parse(text, &err));
    assert_true(strstr(err.text, "want at most 16384"));
    free(text);
}

static void any_bytes_give_a_tree_or_a_sentence(void **state)
{
    (void)state;
    static const char signs[] = "a1 .,()[]:+-*/^%<>=!'\"$ e\n\xc3\xa4not";
    unsigned seed = 7;
    for (int i = 0; i < 20000; i++) {
        char text[24];
        int n = i % 23;
        for (int k = 0; k < n; k++) {
            seed = seed * 1664525u + 1013904223u;
            text[k] = signs[(seed >> 16) % (sizeof signs - 1)];
        }
        text[n] = '\0';
        rt_err_clear(&err);
        struct rt_expr *e = rt_expr_parse(text, &err);
        double v;
        if (e)
            rt_expr_eval(e, number_of, NULL, &v, &err);
        else
            assert_true(err.code && *err.text);
        rt_expr_free(e);
    }
}

/* ---- variables ----------------------------------------------------------- */

static int variable(void *who, const char *name, double *v, struct rt_err *e)
{
    (void)who;
    if (strcmp(name, "k") == 0)
        *v = -1.5;
    else if (strcmp(name, "n") == 0)
        *v = 3;
    else if (strcmp(name, "::a::b") == 0)
        *v = -2;
    else if (strcmp(name, "bad") == 0)
        *v = NAN;
    else
        return rt_fail(e, RT_ENOENT, "can't read \"%s\"", name);
    return RT_OK;
}

static void variables_become_their_numbers(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "$k^2 + $n", "(-1.5)^2 + 3" },
        { "y[:, $n:] - y[:, ${::a::b}]", "y[:, 3:] - y[:, -2]" },
        { "$::a::b", "(-2)" },
        { "print(x, \"$n\")", "print(x, \"$n\")" },
        { "", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = rt_expr_fill(cases[i][0], variable, NULL, &err);
        assert_string_equal(text, cases[i][1]);
        free(text);
    }
    assert_null(rt_expr_fill("1 + $q", variable, NULL, &err));
    assert_string_equal(err.text, "can't read \"q\"\n    1 + $q\n        ^");
    assert_null(rt_expr_fill("1 + $ q", variable, NULL, &err));
    assert_string_equal(err.text, "want a variable's name behind $\n"
                                  "    1 + $ q\n        ^");
    assert_null(rt_expr_fill("${k", variable, NULL, &err));
    assert_null(rt_expr_fill("$bad", variable, NULL, &err));
    rt_assert_error(&err, RT_EINVAL, "variable 'bad' is nan");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_bind_as_in_python),
        cmocka_unit_test(mistakes_are_shown_at_their_place),
        cmocka_unit_test(numbers_are_refused_what_wants_arrays),
        cmocka_unit_test(long_lines_are_shown_around_the_place),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(any_bytes_give_a_tree_or_a_sentence),
        cmocka_unit_test(variables_become_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
