/* Tables for people. */
#include "support.h"

#include "base/utf8.h"
#include "shell/table.h"

static void printed(const struct rt_table *t, int width, const char *want)
{
    struct rt_str out = RT_STR_INIT;
    rt_table_print(t, width, &out);
    assert_string_equal(rt_str_c(&out), want);
    rt_str_release(&out);
}

static void numbers_stand_to_the_right(void **state)
{
    (void)state;
    struct rt_table t;
    rt_table_init(&t);
    rt_table_column(&t, "name", false);
    rt_table_column(&t, "n", true);
    rt_table_cell(&t, "fc1");
    rt_table_cell(&t, "%d", 1234);
    rt_table_cell(&t, "out");
    rt_table_cell(&t, "%d", 10);
    printed(&t, 80, "name     n\nfc1   1234\nout     10");
    rt_table_release(&t);
}

static void lines_have_no_blanks_at_their_end(void **state)
{
    (void)state;
    struct rt_table t;
    rt_table_init(&t);
    rt_table_column(&t, "a", false);
    rt_table_column(&t, "wide head", false);
    rt_table_cell(&t, "x");
    rt_table_cell(&t, " ");
    printed(&t, 80, "a  wide head\nx");
    rt_table_release(&t);
}

static void widest_text_is_cut_to_the_terminal(void **state)
{
    (void)state;
    struct rt_table t;
    struct rt_str out = RT_STR_INIT;
    rt_table_init(&t);
    rt_table_column(&t, "name", false);
    rt_table_column(&t, "value", true);
    rt_table_cell(&t, "a name that is far too long for this terminal");
    rt_table_cell(&t, "0.125");
    rt_table_print(&t, 30, &out);
    char *second = strchr(rt_str_c(&out), '\n') + 1;
    assert_int_equal(rt_utf8_width(second), 30);
    assert_non_null(strstr(second, "~ 0.125"));
    rt_str_release(&out);
    rt_table_release(&t);
}

static void columns_move_together_before_anything_is_cut(void **state)
{
    (void)state;
    struct rt_table t;
    rt_table_init(&t);
    rt_table_column(&t, "state", false);
    rt_table_column(&t, "loss", true);
    rt_table_cell(&t, "finished");
    rt_table_cell(&t, "0.125");
    printed(&t, 15, "state      loss\nfinished  0.125");
    printed(&t, 14, "state     loss\nfinished 0.125");
    printed(&t, 13, "state    loss\nfinish~ 0.125");
    rt_table_release(&t);
}

static void spare_columns_go_where_there_is_no_room(void **state)
{
    (void)state;
    struct rt_table t;
    rt_table_init(&t);
    rt_table_column(&t, "name", false);
    rt_table_column(&t, "model", false);
    rt_table_spare(&t);
    rt_table_column(&t, "loss", true);
    rt_table_column(&t, "took", true);
    rt_table_spare(&t);
    rt_table_cell(&t, "a");
    rt_table_cell(&t, "m");
    rt_table_cell(&t, "0.125");
    rt_table_cell(&t, "1 s");
    printed(&t, 21, "name model  loss took\na    m     0.125  1 s");
    printed(&t, 20, "name model  loss\na    m     0.125");
    printed(&t, 15, "name  loss\na    0.125");
    rt_table_release(&t);
}

static void numbers_are_never_cut(void **state)
{
    (void)state;
    struct rt_table t;
    rt_table_init(&t);
    rt_table_column(&t, "n", true);
    rt_table_column(&t, "m", true);
    rt_table_cell(&t, "123456789");
    rt_table_cell(&t, "987654321");
    printed(&t, 10, "        n         m\n123456789 987654321");
    rt_table_release(&t);
}

static void wide_characters_keep_the_columns_straight(void **state)
{
    (void)state;
    struct rt_table t;
    rt_table_init(&t);
    rt_table_column(&t, "name", false);
    rt_table_column(&t, "n", false);
    rt_table_cell(&t, "猫");
    rt_table_cell(&t, "1");
    rt_table_cell(&t, "größe");
    rt_table_cell(&t, "2");
    printed(&t, 0, "name   n\n猫     1\ngröße  2");
    rt_table_release(&t);
}

static void percent_in_a_cell_is_text(void **state)
{
    (void)state;
    struct rt_table t;
    rt_table_init(&t);
    rt_table_column(&t, "share", false);
    rt_table_cell(&t, "%s", "100%d");
    printed(&t, 80, "share\n100%d");
    rt_table_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stand_to_the_right),
        cmocka_unit_test(lines_have_no_blanks_at_their_end),
        cmocka_unit_test(widest_text_is_cut_to_the_terminal),
        cmocka_unit_test(columns_move_together_before_anything_is_cut),
        cmocka_unit_test(spare_columns_go_where_there_is_no_room),
        cmocka_unit_test(numbers_are_never_cut),
        cmocka_unit_test(wide_characters_keep_the_columns_straight),
        cmocka_unit_test(percent_in_a_cell_is_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
