#include "support.h"

#include "base/utf8.h"

static void decodes_to(const char *s, int want_n, uint32_t want)
{
    uint32_t cp = 12345;
    assert_int_equal(rt_utf8_decode(s, &cp), want_n);
    assert_int_equal(cp, want);
}

static void characters_of_every_length_decode(void **state)
{
    (void)state;
    decodes_to("", 0, 0);
    decodes_to("a", 1, 'a');
    decodes_to("\xc3\xa9", 2, 0xe9);
    decodes_to("\xe2\xa3\xbf", 3, 0x28ff);
    decodes_to("\xf0\x9f\x98\x80", 4, 0x1f600);
}

static void bad_bytes_decode_one_at_a_time(void **state)
{
    (void)state;
    decodes_to("\x80", 1, 0xfffd);             /* no head */
    decodes_to("\xc3", 1, 0xfffd);             /* cut off */
    decodes_to("\xe2\xa3", 1, 0xfffd);         /* cut off */
    decodes_to("\xc0\xaf", 1, 0xfffd);         /* overlong */
    decodes_to("\xe0\x80\xaf", 1, 0xfffd);     /* overlong */
    decodes_to("\xed\xa0\x80", 1, 0xfffd);     /* surrogate */
    decodes_to("\xf4\x90\x80\x80", 1, 0xfffd); /* above 10FFFF */
    decodes_to("\xff", 1, 0xfffd);
}

static void what_is_encoded_decodes(void **state)
{
    (void)state;
    char text[5];
    for (uint32_t cp = 1; cp < 0x110000; cp += 61) {
        if (cp >= 0xd800 && cp < 0xe000)
            continue;
        int n = rt_utf8_encode(cp, text);
        assert_int_equal(strlen(text), n);
        decodes_to(text, n, cp);
    }
    assert_int_equal(rt_utf8_encode(0xd800, text), 3);
    assert_string_equal(text, "\xef\xbf\xbd");
}

static void width_counts_cells(void **state)
{
    (void)state;
    assert_int_equal(rt_utf8_width(""), 0);
    assert_int_equal(rt_utf8_width("abc"), 3);
    assert_int_equal(rt_utf8_width("\xc3\xa9t\xc3\xa9"), 3);
    assert_int_equal(rt_utf8_width("e\xcc\x81"), 1);        /* combining */
    assert_int_equal(rt_utf8_width("\xe6\x97\xa5"), 2);     /* CJK */
    assert_int_equal(rt_utf8_width("\xe2\xa3\xbf"), 1);     /* braille */
    assert_int_equal(rt_utf8_width("\xe2\x94\x80"), 1);     /* box */
    assert_int_equal(rt_utf8_width("\xf0\x9f\x98\x80"), 2); /* emoji */
    assert_int_equal(rt_utf8_width("\xea\xb0\x80"), 2);     /* Hangul */
    assert_int_equal(rt_utf8_width("\xff"), 1);
    assert_int_equal(rt_utf8_cell('\t'), 0);
    assert_int_equal(rt_utf8_cell(0x200d), 0);
}

static void cutting_never_splits_a_character(void **state)
{
    (void)state;
    assert_int_equal(rt_utf8_cut("abc", 2), 2);
    assert_int_equal(rt_utf8_cut("abc", 9), 3);
    assert_int_equal(rt_utf8_cut("abc", 0), 0);
    assert_int_equal(rt_utf8_cut("\xc3\xa9t\xc3\xa9", 1), 2);
    assert_int_equal(rt_utf8_cut("a\xe6\x97\xa5", 2), 1);
    assert_int_equal(rt_utf8_cut("e\xcc\x81x", 1), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_of_every_length_decode),
        cmocka_unit_test(bad_bytes_decode_one_at_a_time),
        cmocka_unit_test(what_is_encoded_decodes),
        cmocka_unit_test(width_counts_cells),
        cmocka_unit_test(cutting_never_splits_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
