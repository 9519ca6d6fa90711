#include "support.h"

#include "watch/keys.h"
#include "watch/prompt.h"

static struct rt_prompt prompt;

static int begin(void **state)
{
    (void)state;
    rt_prompt_begin(&prompt, RT_PROMPT_COMMAND, ":");
    return 0;
}

static int end(void **state)
{
    (void)state;
    rt_prompt_release(&prompt);
    return 0;
}

static void type(const char *text)
{
    for (; *text; text++)
        rt_prompt_key(&prompt, *text);
}

static void assert_line(const char *want)
{
    assert_string_equal(rt_str_c(&prompt.line), want);
}

static void letters_go_in_at_the_cursor(void **state)
{
    (void)state;
    type("lr 1");
    rt_prompt_key(&prompt, RT_KEY_HOME);
    rt_prompt_key(&prompt, RT_KEY_RIGHT);
    type("x");
    assert_line("lxr 1");
    rt_prompt_key(&prompt, RT_KEY_DELETE);
    assert_line("lx 1");
}

static void the_cursor_never_splits_a_character(void **state)
{
    (void)state;
    type("a");
    rt_prompt_key(&prompt, 0x2192);
    type("b");
    rt_prompt_key(&prompt, RT_KEY_LEFT);
    rt_prompt_key(&prompt, RT_KEY_LEFT);
    type("c");
    assert_line("ac→b");
    rt_prompt_key(&prompt, RT_KEY_RIGHT);
    rt_prompt_key(&prompt, RT_KEY_BACKSPACE);
    assert_line("acb");
}

static void words_and_ends_of_the_line_are_deleted(void **state)
{
    (void)state;
    type("freeze lstm_a  ");
    rt_prompt_key(&prompt, RT_KEY_CTRL('w'));
    assert_line("freeze ");
    rt_prompt_key(&prompt, RT_KEY_CTRL('u'));
    assert_line("");
    rt_prompt_key(&prompt, RT_KEY_CTRL('w'));
    rt_prompt_key(&prompt, RT_KEY_DELETE);
    rt_prompt_key(&prompt, RT_KEY_LEFT);
    rt_prompt_key(&prompt, RT_KEY_RIGHT);
    assert_line("");
}

static void backspace_on_nothing_leaves(void **state)
{
    (void)state;
    type("a");
    assert_int_equal(rt_prompt_key(&prompt, RT_KEY_BACKSPACE), RT_PROMPT_EDITS);
    assert_int_equal(rt_prompt_key(&prompt, RT_KEY_BACKSPACE), RT_PROMPT_LEFT);
}

static void keys_without_a_character_do_not_end_in_the_line(void **state)
{
    (void)state;
    rt_prompt_key(&prompt, RT_KEY_F1);
    rt_prompt_key(&prompt, RT_KEY_RESIZE);
    rt_prompt_key(&prompt, RT_KEY_CTRL('l'));
    assert_line("");
}

static void lines_typed_before_come_back_and_so_does_the_new_one(void **state)
{
    (void)state;
    type("summary");
    rt_prompt_end(&prompt, true);
    rt_prompt_begin(&prompt, RT_PROMPT_COMMAND, ":");
    type("lr");
    rt_prompt_key(&prompt, RT_KEY_UP);
    assert_line("summary");
    rt_prompt_key(&prompt, RT_KEY_UP);
    assert_line("summary");
    rt_prompt_key(&prompt, RT_KEY_DOWN);
    assert_line("lr");
}

static void one_candidate_is_put_in_with_a_blank(void **state)
{
    (void)state;
    type("fit mni");
    rt_prompt_offer(&prompt, 4, "mnist\n");
    assert_line("fit mnist ");
    assert_string_equal(rt_str_c(&prompt.offer), "");
}

static void a_key_is_completed_without_a_blank(void **state)
{
    (void)state;
    type("fit mnist ep");
    rt_prompt_offer(&prompt, 10, "epochs=\n");
    assert_line("fit mnist epochs=");
}

static void several_candidates_give_what_they_share_and_are_shown(void **state)
{
    (void)state;
    type("sa");
    rt_prompt_offer(&prompt, 0, "save\nsave_weights\n");
    assert_line("save");
    assert_string_equal(rt_str_c(&prompt.offer), "save  save_weights");
    type("_");
    assert_string_equal(rt_str_c(&prompt.offer), "");
}

static void no_candidate_changes_nothing(void **state)
{
    (void)state;
    type("zz");
    rt_prompt_offer(&prompt, 0, "");
    assert_line("zz");
}

static void candidates_that_differ_within_a_character_are_not_split(void **s)
{
    (void)s;
    type("l");
    rt_prompt_offer(&prompt, 0, "lé\nlè\n");
    assert_line("l");
}

static void a_question_takes_yes_no_and_nothing_else(void **state)
{
    (void)state;
    rt_prompt_begin(&prompt, RT_PROMPT_QUESTION, "sure?");
    assert_int_equal(rt_prompt_key(&prompt, 'x'), RT_PROMPT_EDITS);
    assert_line("");
    assert_int_equal(rt_prompt_key(&prompt, 'y'), RT_PROMPT_DONE);
    assert_int_equal(rt_prompt_key(&prompt, 'n'), RT_PROMPT_LEFT);
    assert_int_equal(rt_prompt_key(&prompt, RT_KEY_ESCAPE), RT_PROMPT_LEFT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(letters_go_in_at_the_cursor),
        TEST(the_cursor_never_splits_a_character),
        TEST(words_and_ends_of_the_line_are_deleted),
        TEST(backspace_on_nothing_leaves),
        TEST(keys_without_a_character_do_not_end_in_the_line),
        TEST(lines_typed_before_come_back_and_so_does_the_new_one),
        TEST(one_candidate_is_put_in_with_a_blank),
        TEST(a_key_is_completed_without_a_blank),
        TEST(several_candidates_give_what_they_share_and_are_shown),
        TEST(no_candidate_changes_nothing),
        TEST(candidates_that_differ_within_a_character_are_not_split),
        TEST(a_question_takes_yes_no_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
