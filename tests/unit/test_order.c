#include "support.h"

#include "train/order.h"

static void check_split(const char *line, int n, const char *const *want)
{
    const char **words;
    struct rt_err err = RT_ERR_INIT;
    int got;
    rt_assert_ok(rt_line_split(line, &words, &got, &err), &err);
    assert_int_equal(got, n);
    for (int i = 0; i < n; i++)
        assert_string_equal(words[i], want[i]);
    assert_null(words[n]);
    free(words);
}

static void a_line_splits_at_blanks_but_not_within_quotes(void **state)
{
    (void)state;
    check_split("", 0, NULL);
    check_split("  \t", 0, NULL);
    check_split(" lr  1e-4 ", 2, (const char *[]){ "lr", "1e-4" });
    check_split("a {b c} \"d e\" f\\ g", 4,
                (const char *[]){ "a", "b c", "d e", "f g" });
    check_split("{} \"\" {a {b} c}", 3, (const char *[]){ "", "", "a {b} c" });
    check_split("a\\nb x{y}z", 2, (const char *[]){ "a\nb", "x{y}z" });
}

static void what_is_not_closed_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = { "a {b", "a \"b", "{a}b", "{{a}",
                                         "\"a\"b" };
    for (int i = 0; i < 5; i++) {
        const char **words;
        int n;
        struct rt_err err = RT_ERR_INIT;
        assert_int_equal(rt_line_split(lines[i], &words, &n, &err), RT_EINVAL);
        rt_assert_error(&err, RT_EINVAL, lines[i]);
    }
}

static void an_order_s_text_gives_the_order_again(void **state)
{
    (void)state;
    const char *words[] = { "callback_add", "model_checkpoint",
                            "best {of} all.npz", "note=a \"b\" \\ c\nd", "" };
    struct rt_err err = RT_ERR_INIT;
    struct rt_order *o = rt_order_new("user", words, 5, &err);
    assert_non_null(o);
    struct rt_order *again = rt_order_parse("user", o->text, &err);
    assert_non_null(again);
    assert_string_equal(o->text, again->text);
    const struct rt_order_words *w = again->args;
    assert_string_equal(w->name, "model_checkpoint");
    assert_int_equal(w->words.n, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(w->words.v[i], words[i + 2]);
    rt_order_free(o);
    rt_order_free(again);
}

static void arguments_are_checked_when_an_order_is_made(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    assert_null(rt_order_parse("user", "lr", &err));
    rt_assert_error(&err, RT_EINVAL, "lr: 'value' is missing");
    assert_null(rt_order_parse("user", "lr -1", &err));
    rt_assert_error(&err, RT_EINVAL, "lr: ");
    assert_null(rt_order_parse("user", "pause now", &err));
    rt_assert_error(&err, RT_EINVAL, "pause: ");
    assert_null(rt_order_parse("user", "callback_set", &err));
    rt_assert_error(&err, RT_EINVAL, "'name' is missing");
    assert_null(rt_order_parse("user", "", &err));
    rt_assert_error(&err, RT_EINVAL, "without words");
    assert_null(rt_order_parse("user", "paus", &err));
    rt_assert_error(&err, RT_ENOENT, "did you mean pause");
    rt_order_free(NULL);
}

static void kinds_are_sorted_and_say_what_they_do(void **state)
{
    (void)state;
    const struct rt_order_type *const *t = rt_orders();
    for (int i = 0; t[i]; i++) {
        if (i)
            assert_true(strcmp(t[i - 1]->name, t[i]->name) < 0);
        assert_non_null(t[i]->help);
        assert_non_null(t[i]->apply);
        assert_ptr_equal(rt_order_find(t[i]->name, NULL), t[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_splits_at_blanks_but_not_within_quotes),
        cmocka_unit_test(what_is_not_closed_is_refused),
        cmocka_unit_test(an_order_s_text_gives_the_order_again),
        cmocka_unit_test(arguments_are_checked_when_an_order_is_made),
        cmocka_unit_test(kinds_are_sorted_and_say_what_they_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
