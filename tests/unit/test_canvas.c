/* The grid of cells: text and its spelling, frames, bars, dots, dumps; and the
 * theme's colours. */
#include "support.h"

#include "plot/canvas.h"

#include <math.h>

static const struct rt_pen plain;

/* The dump of a canvas in a static buffer. */
static const char *dump(const struct rt_canvas *c, enum rt_depth depth)
{
    static char out[8192];
    struct rt_str s = RT_STR_INIT;
    rt_canvas_dump(c, depth, &s);
    snprintf(out, sizeof out, "%s", rt_str_c(&s));
    rt_str_release(&s);
    return out;
}

static void new_canvas_is_blank(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 3, 2, RT_SYM_BRAILLE);
    assert_string_equal(dump(&c, RT_DEPTH_256), "\n\n");
    rt_canvas_release(&c);
}

static void sides_stay_between_1_and_4096(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 0, -7, RT_SYM_ASCII);
    assert_int_equal(c.w, 1);
    assert_int_equal(c.h, 1);
    rt_canvas_resize(&c, 2, 1 << 30);
    assert_int_equal(c.h, 4096);
    rt_canvas_release(&c);
}

static void text_too_long_ends_in_an_ellipsis(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 8, 3, RT_SYM_BRAILLE);
    assert_int_equal(rt_canvas_text(&c, 0, 0, 5, "abcdefg", plain), 5);
    assert_int_equal(rt_canvas_text(&c, 0, 1, 5, "abcde", plain), 5);
    assert_int_equal(rt_canvas_text(&c, 0, 2, 0, "abcde", plain), 0);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "abcd…\nabcde\n\n");
    rt_canvas_release(&c);
}

static void text_outside_the_canvas_is_dropped(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 4, 1, RT_SYM_BRAILLE);
    rt_canvas_text(&c, -2, 0, 9, "abcdefghi", plain);
    rt_canvas_text(&c, 0, 1, 9, "below", plain);
    rt_canvas_text(&c, 0, -1, 9, "above", plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "cdef\n");
    rt_canvas_release(&c);
}

static void control_characters_become_question_marks(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 8, 1, RT_SYM_BRAILLE);
    rt_canvas_text(&c, 0, 0, 8, "a\033[m\tb", plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "a?[m?b\n");
    rt_canvas_release(&c);
}

static void half_a_wide_character_never_stays(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 5, 1, RT_SYM_BRAILLE);
    assert_int_equal(rt_canvas_text(&c, 0, 0, 5, "温度", plain), 4);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "温度\n");
    rt_canvas_put(&c, 1, 0, 'x', plain); /* right half of the first */
    rt_canvas_put(&c, 2, 0, 'y', plain); /* left half of the second */
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), " xy\n");
    rt_canvas_put(&c, 4, 0, 0x6e29, plain); /* no room for its right half */
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), " xy\n");
    rt_canvas_release(&c);
}

static void ascii_spells_what_it_lacks(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 24, 1, RT_SYM_ASCII);
    rt_canvas_text(&c, 0, 0, 24, "a · ×2 ▸ ❄ ✓ σ Δw … é", plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "a - x2 > * v s dw . ?\n");
    rt_canvas_release(&c);
}

static void clip_only_narrows_and_is_put_back(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 5, 1, RT_SYM_ASCII);
    struct rt_rect all = rt_canvas_clip(&c, (struct rt_rect){ 1, 0, 3, 1 });
    struct rt_rect one = rt_canvas_clip(&c, (struct rt_rect){ 0, 0, 2, 9 });
    rt_canvas_text(&c, 0, 0, 5, "aaaaa", plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), " a\n");
    rt_canvas_unclip(&c, one);
    rt_canvas_text(&c, 0, 0, 5, "bbbbb", plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), " bbb\n");
    rt_canvas_unclip(&c, all);
    rt_canvas_fill(&c, (struct rt_rect){ -2000000000, 0, 2147483647, 1 }, 'c',
                   plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "ccccc\n");
    rt_canvas_release(&c);
}

static void frame_shows_title_right_and_foot(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 40, 3, RT_SYM_BRAILLE);
    struct rt_rect in =
        rt_canvas_frame(&c, c.clip, "temp · loss ×1.00", "log  smooth 0.6",
                        "train 0.007  val 0.009", plain, plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN),
                        "╭─ temp · loss ×1.00 ─ log  smooth 0.6 ╮\n"
                        "│                                      │\n"
                        "╰───────────── train 0.007  val 0.009 ─╯\n");
    assert_int_equal(in.x, 1);
    assert_int_equal(in.w, 38);
    assert_int_equal(in.h, 1);
    c.symbols = RT_SYM_ASCII;
    rt_canvas_resize(&c, 20, 3);
    rt_canvas_frame(&c, c.clip, "digit · loss", "log  smooth 0.6",
                    "train 0.007  val 0.009", plain, plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "+- digit - loss ---+\n"
                                                  "|                  |\n"
                                                  "+- train 0.007  . -+\n");
    rt_canvas_release(&c);
}

static void gauge_counts_eighths(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 6, 5, RT_SYM_BRAILLE);
    rt_canvas_gauge(&c, 0, 0, 6, 0, plain);
    rt_canvas_gauge(&c, 0, 1, 6, .61, plain);
    rt_canvas_gauge(&c, 0, 2, 6, 7, plain);
    rt_canvas_gauge(&c, 0, 3, 6, NAN, plain);
    rt_canvas_gauge(&c, 0, 4, 2, .5, plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN),
                        "▕    ▏\n▕██▍ ▏\n▕████▏\n▕    ▏\n\n");
    c.symbols = RT_SYM_ASCII;
    rt_canvas_clear(&c);
    rt_canvas_gauge(&c, 0, 0, 6, .61, plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "[##..]\n\n\n\n\n");
    rt_canvas_release(&c);
}

static void column_grows_by_eighths(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 10, 2, RT_SYM_BRAILLE);
    for (int i = 0; i < 10; i++)
        rt_canvas_column(&c, i, 1, i / 8. + (i == 9), plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "         █\n"
                                                  " ▁▂▃▄▅▆▇██\n");
    c.symbols = RT_SYM_ASCII;
    rt_canvas_clear(&c);
    for (int i = 0; i < 10; i++)
        rt_canvas_column(&c, i, 1, i / 8., plain);
    rt_canvas_column(&c, 0, 1, NAN, plain);
    rt_canvas_column(&c, 0, 1, -1, plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "         .\n"
                                                  " .::-=+*##\n");
    rt_canvas_release(&c);
}

/* The corners of a 2x2 canvas as dots of each set of symbols. */
static void dots_become_the_sets_characters(void **state)
{
    (void)state;
    static const char *const want[] = { "⠁⠈\n⡀⢀\n", "▘▝\n▖▗\n", "▀▀\n▄▄\n",
                                        "oo\noo\n" };
    for (int s = RT_SYM_BRAILLE; s <= RT_SYM_ASCII; s++) {
        struct rt_canvas c;
        rt_canvas_init(&c, 2, 2, s);
        int right = 2 * rt_canvas_dots_x(&c) - 1;
        int low = 2 * rt_canvas_dots_y(&c) - 1;
        struct rt_pen pen = { .ascii = 'o' };
        rt_canvas_dot(&c, 0, 0, pen);
        rt_canvas_dot(&c, right, 0, pen);
        rt_canvas_dot(&c, 0, low, pen);
        rt_canvas_dot(&c, right, low, pen);
        rt_canvas_dot(&c, right + 1, low, pen);
        rt_canvas_dot(&c, -1, low, pen);
        assert_string_equal(dump(&c, RT_DEPTH_PLAIN), want[s]);
        rt_canvas_release(&c);
    }
}

static void dots_of_a_colour_add_up(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 1, 1, RT_SYM_BRAILLE);
    for (int i = 0; i < 8; i++)
        rt_canvas_dot(&c, i % 2, i / 2, (struct rt_pen){ .fg = RT_C_TRAIN });
    assert_int_equal(c.cells[0].cp, 0x28ff);
    assert_int_equal(c.cells[0].fg, RT_C_TRAIN);
    rt_canvas_text(&c, 0, 0, 1, "a", plain);
    rt_canvas_dot(&c, 0, 0, plain); /* text is replaced, not added to */
    assert_int_equal(c.cells[0].cp, 0x2801);
    rt_canvas_release(&c);
}

/* Two curves in the same row of cells; without colours both show. */
static void curves_in_the_same_cells_take_turns(void **state)
{
    (void)state;
    for (int color = 0; color < 2; color++) {
        struct rt_canvas c;
        rt_canvas_init(&c, 8, 1, RT_SYM_BRAILLE);
        c.color = color;
        for (int x = 0; x < 16; x++)
            rt_canvas_dot(&c, x, 0, (struct rt_pen){ .fg = RT_C_TRAIN });
        for (int x = 0; x < 16; x++)
            rt_canvas_dot(&c, x, 3, (struct rt_pen){ .fg = RT_C_VAL });
        for (int x = 0; x < 8 && color; x++) {
            bool first = x / 2 % 2;
            assert_int_equal(c.cells[x].fg, first ? RT_C_TRAIN : RT_C_VAL);
            assert_int_equal(c.cells[x].cp, first ? 0x2809 : 0x28c0);
        }
        if (!color)
            assert_int_equal(c.cells[2].cp, 0x28c9);
        rt_canvas_release(&c);
    }
}

static void dim_dots_give_way(void **state)
{
    (void)state;
    struct rt_canvas c;
    struct rt_pen dim = { .fg = 1, .attr = RT_A_DIM }, bright = { .fg = 2 };
    rt_canvas_init(&c, 4, 1, RT_SYM_BLOCK);
    rt_canvas_dot(&c, 0, 0, dim);
    rt_canvas_dot(&c, 1, 0, bright);
    rt_canvas_dot(&c, 0, 1, dim);
    assert_int_equal(c.cells[0].cp, 0x259d); /* ▝ */
    assert_int_equal(c.cells[0].fg, 2);
    rt_canvas_dot(&c, 2, 0, dim);
    assert_true(rt_canvas_vacant(&c, 2, 0, 2, false));
    assert_false(rt_canvas_vacant(&c, 1, 0, 2, false));
    assert_true(rt_canvas_vacant(&c, 1, 0, 2, true));
    assert_false(rt_canvas_vacant(&c, 0, 0, 2, true));
    assert_false(rt_canvas_vacant(&c, 3, 0, 2, true)); /* past the edge */
    rt_canvas_release(&c);
}

static void line_reaches_both_ends(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 4, 2, RT_SYM_BRAILLE);
    rt_canvas_line(&c, 0, 7, 7, 0, plain, NULL);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "  ⡠⠊\n⡠⠊\n");
    rt_canvas_release(&c);
}

static void line_from_afar_is_cut_at_once(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 4, 1, RT_SYM_BRAILLE);
    rt_canvas_line(&c, -1e15, 0, 1e15, 0, plain, NULL);
    rt_canvas_line(&c, 0, NAN, 5, 1, plain, NULL);
    rt_canvas_line(&c, 0, -INFINITY, 5, 1, plain, NULL);
    rt_canvas_line(&c, 0, 50, 5, 60, plain, NULL);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "⠉⠉⠉⠉\n");
    rt_canvas_release(&c);
}

static void dashes_are_for_canvases_without_colour(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 4, 1, RT_SYM_BRAILLE);
    struct rt_pen dashed = { .dash = 1 };
    int phase = 0;
    rt_canvas_line(&c, 0, 0, 7, 0, dashed, NULL);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "⠉⠉⠉⠉\n");
    rt_canvas_clear(&c);
    c.color = false;
    for (int i = 0; i < 7; i++) /* the pattern goes on from piece to piece */
        rt_canvas_line(&c, i, 0, i + 1, 0, dashed, &phase);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "⠁⠁⠁⠁\n");
    rt_canvas_release(&c);
}

static void dump_escapes_as_deep_as_asked(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 4, 1, RT_SYM_BRAILLE);
    rt_canvas_text(&c, 0, 0, 1, "a",
                   (struct rt_pen){ .fg = RT_C_ERROR, .attr = RT_A_BOLD });
    rt_canvas_text(
        &c, 1, 0, 1, "b",
        (struct rt_pen){ .fg = RT_RGB(1, 2, 3), .bg = RT_RGB(250, 4, 5) });
    rt_canvas_text(&c, 2, 0, 1, "c", plain);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "abc\n");
    assert_string_equal(dump(&c, RT_DEPTH_MONO), "\033[0;1ma\033[0mbc\n");
    assert_string_equal(dump(&c, RT_DEPTH_8),
                        "\033[0;1;31ma\033[0;30;41mb\033[0mc\n");
    assert_string_equal(dump(&c, RT_DEPTH_256),
                        "\033[0;1;38;5;203ma\033[0;38;5;16;48;5;196mb"
                        "\033[0mc\n");
    assert_string_equal(dump(&c, RT_DEPTH_RGB),
                        "\033[0;1;38;5;203ma\033[0;38;2;1;2;3;48;2;250;4;5mb"
                        "\033[0mc\n");
    c.color = false;
    assert_string_equal(dump(&c, RT_DEPTH_RGB), "\033[0;1ma\033[0mbc\n");
    rt_canvas_release(&c);
}

static void painted_blanks_are_kept_in_colour_alone(void **state)
{
    (void)state;
    struct rt_canvas c;
    rt_canvas_init(&c, 3, 1, RT_SYM_BRAILLE);
    rt_canvas_paint(&c, (struct rt_rect){ 1, 0, 1, 1 }, RT_C_OK);
    assert_string_equal(dump(&c, RT_DEPTH_PLAIN), "\n");
    assert_string_equal(dump(&c, RT_DEPTH_8), " \033[0;42m \033[0m\n");
    rt_canvas_release(&c);
}

static void everything_is_safe_on_one_cell(void **state)
{
    (void)state;
    for (int s = RT_SYM_BRAILLE; s <= RT_SYM_ASCII; s++) {
        struct rt_canvas c;
        rt_canvas_init(&c, 1, 1, s);
        for (int y = -2; y < 3; y++)
            for (int x = -2; x < 3; x++) {
                struct rt_rect r = { x, y, 5, 5 };
                rt_canvas_put(&c, x, y, 0x6e29, plain);
                rt_canvas_text(&c, x, y, 9, "温度 x", plain);
                rt_canvas_frame(&c, r, "t", "r", "f", plain, plain);
                rt_canvas_gauge(&c, x, y, 5, .5, plain);
                rt_canvas_column(&c, x, y, 1e300, plain);
                rt_canvas_line(&c, x, y, 9 * y, 9 * x, plain, NULL);
                rt_canvas_paint(&c, r, RT_C_OK);
            }
        rt_canvas_release(&c);
    }
}

static void colours_go_to_the_nearest_of_the_palette(void **state)
{
    (void)state;
    assert_int_equal(rt_color_index(RT_RGB(255, 0, 0), RT_DEPTH_256), 196);
    assert_int_equal(rt_color_index(RT_RGB(128, 128, 128), RT_DEPTH_256), 244);
    assert_int_equal(rt_color_index(RT_RGB(0, 0, 0), RT_DEPTH_256), 16);
    assert_int_equal(rt_color_index(RT_RGB(0, 255, 255), RT_DEPTH_8), 6);
    assert_int_equal(rt_color_index(RT_C_TEXT, RT_DEPTH_256), -1);
    assert_int_equal(rt_color_index(12345, RT_DEPTH_8), -1);
    assert_int_equal(rt_color_index(RT_C_TRAIN, RT_DEPTH_RGB), 0x00afff);
    assert_int_equal(rt_color_index(RT_C_DIM, RT_DEPTH_RGB), 0x8a8a8a);
    assert_int_equal(rt_color_index(RT_C_TEXT, RT_DEPTH_RGB), -1);
    assert_int_equal(rt_color_index(RT_RGB(1, 2, 3), RT_DEPTH_RGB), 0x010203);
    for (int i = -7; i < 7; i++) { /* 256 colours keep all steps apart */
        uint32_t a = rt_color_signed(i / 7.), b = rt_color_signed((i + 1) / 7.);
        assert_true(rt_color_index(a, RT_DEPTH_256) !=
                    rt_color_index(b, RT_DEPTH_256));
    }
    assert_int_equal(rt_color_signed(-3), rt_color_signed(-1));
    assert_int_equal(rt_color_series(RT_N_SERIES), RT_C_SERIES);
    assert_int_equal(rt_color_series(-1), RT_C_SERIES + RT_N_SERIES - 1);
}

static int light(uint32_t color)
{
    uint32_t c = rt_color_rgb(color);
    return (int)(299 * (c >> 16 & 255) + 587 * (c >> 8 & 255) +
                 114 * (c & 255));
}

/* In grey print, and to those who see no colours, more must still be more. */
static void heat_is_told_by_lightness_alone(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        double a = i / 20., b = (i + 1) / 20.;
        assert_true(light(rt_color_heat(b, true)) <
                    light(rt_color_heat(a, true)));
        assert_true(light(rt_color_heat(b, false)) >
                    light(rt_color_heat(a, false)));
    }
    assert_int_equal(rt_color_heat(NAN, true), rt_color_heat(0, true));
    assert_int_equal(rt_color_heat(9, true), rt_color_heat(1, true));
    assert_int_equal(rt_color_rgb(rt_color_ink(rt_color_heat(1, true))),
                     0xffffff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_canvas_is_blank),
        cmocka_unit_test(sides_stay_between_1_and_4096),
        cmocka_unit_test(text_too_long_ends_in_an_ellipsis),
        cmocka_unit_test(text_outside_the_canvas_is_dropped),
        cmocka_unit_test(control_characters_become_question_marks),
        cmocka_unit_test(half_a_wide_character_never_stays),
        cmocka_unit_test(ascii_spells_what_it_lacks),
        cmocka_unit_test(clip_only_narrows_and_is_put_back),
        cmocka_unit_test(frame_shows_title_right_and_foot),
        cmocka_unit_test(gauge_counts_eighths),
        cmocka_unit_test(column_grows_by_eighths),
        cmocka_unit_test(dots_become_the_sets_characters),
        cmocka_unit_test(dots_of_a_colour_add_up),
        cmocka_unit_test(curves_in_the_same_cells_take_turns),
        cmocka_unit_test(dim_dots_give_way),
        cmocka_unit_test(line_reaches_both_ends),
        cmocka_unit_test(line_from_afar_is_cut_at_once),
        cmocka_unit_test(dashes_are_for_canvases_without_colour),
        cmocka_unit_test(dump_escapes_as_deep_as_asked),
        cmocka_unit_test(painted_blanks_are_kept_in_colour_alone),
        cmocka_unit_test(everything_is_safe_on_one_cell),
        cmocka_unit_test(colours_go_to_the_nearest_of_the_palette),
        cmocka_unit_test(heat_is_told_by_lightness_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
