#include "base/utf8.h"
#include "shell/wrap.h"
#include "support.h"

static void expect(const char *text, int width, const char *want)
{
    struct rt_str out = RT_STR_INIT;
    rt_wrap(text, width, &out);
    assert_string_equal(rt_str_c(&out), want);
    rt_str_release(&out);
}

static void breaks_between_words(void **state)
{
    (void)state;
    expect("no layer 'a'; did you mean b?", 14,
           "no layer 'a';\ndid you mean\nb?");
    expect("ab cd", 5, "ab cd");
    expect("ab cd", 4, "ab\ncd");
    expect("  abc cd", 7, "  abc\n    cd");
    expect("m #1  epoch one", 12, "m #1  epoch\n      one");
}

static void leaves_what_fits_or_has_no_edge(void **state)
{
    (void)state;
    expect("a b c d e f", 0, "a b c d e f");
    expect("a  b\n\n  c\n", 4, "a  b\n\n  c\n");
    expect("", 4, "");
}

static void a_word_longer_than_the_line_stays_whole(void **state)
{
    (void)state;
    expect("/a/long/path is bad", 6, "/a/long/path\nis bad");
    expect("is /a/long/path", 6, "is\n/a/long/path");
}

static void escapes_and_wide_letters_are_counted_in_cells(void **state)
{
    (void)state;
    expect("\033[1;31merror:\033[0m ab cd", 9,
           "\033[1;31merror:\033[0m ab\ncd");
    expect("⠒⠒ ⠒⠒", 5, "⠒⠒ ⠒⠒");
    expect("⠒⠒ ⠒⠒", 4, "⠒⠒\n⠒⠒");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breaks_between_words),
        cmocka_unit_test(leaves_what_fits_or_has_no_edge),
        cmocka_unit_test(a_word_longer_than_the_line_stays_whole),
        cmocka_unit_test(escapes_and_wide_letters_are_counted_in_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
