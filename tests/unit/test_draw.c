/* Figures in cells, compared with the pictures they should make. Marks of the
 * drawings: braille needs a look at a terminal, ASCII reads here. */
#include "support.h"

#include "base/file.h"
#include "plot/draw.h"

#include <math.h>

/* The figure on a canvas of its own as text, in a static buffer. */
static const char *drawn(const struct rt_figure *f, int w, int h,
                         enum rt_symbols symbols, bool color)
{
    static char out[16384];
    struct rt_canvas c;
    struct rt_str s = RT_STR_INIT;
    rt_canvas_init(&c, w, h, symbols);
    c.color = color;
    rt_draw_cells(f, &c, c.clip, NULL);
    rt_canvas_dump(&c, RT_DEPTH_PLAIN, &s);
    snprintf(out, sizeof out, "%s", rt_str_c(&s));
    rt_str_release(&s);
    rt_canvas_release(&c);
    return out;
}

enum { EPOCHS = 30 };
static double train[EPOCHS], val[EPOCHS];

/* Two falling losses on a log axis, an order at 10, the best at 24. */
static void losses(struct rt_figure *f)
{
    for (int i = 0; i < EPOCHS; i++) {
        train[i] = exp(-.15 * i);
        val[i] = .05 + exp(-.15 * i) + (i > 23 ? .002 * (i - 23) : 0);
    }
    rt_figure_init(f, RT_FIG_CURVES, NULL);
    f->y.log = true;
    f->x.integer = true;
    rt_figure_series(
        f, &(struct rt_series){
               .name = "train", .y = train, .n = EPOCHS, .color = RT_C_TRAIN });
    rt_figure_series(
        f, &(struct rt_series){
               .name = "val", .y = val, .n = EPOCHS, .color = RT_C_VAL });
    rt_figure_mark(f, 10, "lr÷10", 0);
    rt_figure_spot(f, &(struct rt_spot){ .x = 24, .y = val[23] });
}

static void losses_in_braille(void **state)
{
    (void)state;
    struct rt_figure f;
    losses(&f);
    assert_string_equal(drawn(&f, 48, 10, RT_SYM_BRAILLE, true),
                        "1e+0 ┤⠤⣀⢄⣀       lr÷10\n"
                        "     ┤  ⠈⠉⠒⠤⠢⠤⣀⡀   ┊\n"
                        "     │        ⠉⠑⠉⠒⣀⠤⣀\n"
                        "     │             ⠉⠒⠉⢄⣀⠤⢄⣀⣀⡀\n"
                        "1e-1 ┤             ┊    ⠉⠑⠒⠤⠈⠉⠒⠒⠢⠤⣀⣀⣀\n"
                        "     │             ┊          ⠉⠒⢄⣀   ⠉⠉◆⠉⠉⠑⠒⠒⠒⠒⠒\n"
                        "     │             ┊              ⠉⠑⠒⠤⢄⣀\n"
                        "     ┤             ┊                    ⠉⠑⠢⠤⣀\n"
                        "     │             ┊                         ⠉⠒⠤\n"
                        "                   10            20           30\n");
    rt_figure_release(&f);
}

static void losses_in_ascii(void **state)
{
    (void)state;
    struct rt_figure f;
    losses(&f);
    f.x.hidden = true;
    assert_string_equal(drawn(&f, 48, 10, RT_SYM_ASCII, false),
                        "1e+0 +o          lr/10\n"
                        "     | oooooo      :\n"
                        "     |     ..ooooo :\n"
                        "     +           .oooooo\n"
                        "     |             : ...oooooooo\n"
                        "1e-1 +             :       .... ooooooo@oooooooo\n"
                        "     +             :           ......\n"
                        "     |             :                 ....\n"
                        "     +             :                     ......\n"
                        "     |             :                           .\n");
    rt_figure_release(&f);
}

static void title_and_legend_stand_above(void **state)
{
    (void)state;
    struct rt_figure f;
    losses(&f);
    f.title = "mlp #7 · loss";
    f.legend = true;
    f.y.label = "loss";
    f.x.label = "epoch";
    f.spots.v[0].text = "best 0.0818 @24";
    assert_string_equal(
        drawn(&f, 60, 14, RT_SYM_BLOCK, true),
        "mlp #7 · loss\n"
        "loss  ▄▄ train  ▄▄ val  ◆ best 0.0818 @24\n"
        "1e+0 ┤▄▄▄           lr÷10\n"
        "     │ ▀▀▀▚▄▄▄▖       ┊\n"
        "     ┤      ▝▀▀▀▀▀▄▄  ┊\n"
        "     │            ▀▀▀▀▄▖▄▄▄▖\n"
        "     │                ┊▝▀▀▀▚▀▀▀▄▄▄▖\n"
        "1e-1 ┤                ┊      ▀▀▀▀▄▖▀▀▀▀▀▄▄▄▄▄▖\n"
        "     │                ┊           ▝▀▀▀▚▄     ▝▀▀◆▀▀▀▀▀▀▀▀▀▀▀\n"
        "     ┤                ┊                 ▀▀▀▀▄▖\n"
        "     │                ┊                      ▝▀▀▀▚▄▖\n"
        "     ┤                ┊                            ▝▀▀▀▄▄\n"
        "     │                ┊                                  ▀▀▀\n"
        "             5        10        15       20       25   epoch\n");
    rt_figure_release(&f);
}

static void many_series_leave_room_for_the_plot(void **state)
{
    (void)state;
    static double y[3] = { 1, 2, 3 };
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_CURVES, NULL);
    f.legend = true;
    for (int i = 0; i < 40; i++)
        rt_figure_series(
            &f, &(struct rt_series){ .name = "a run's name", .y = y, .n = 3 });
    const char *out = drawn(&f, 40, 12, RT_SYM_ASCII, true);
    int legend = 0;
    for (const char *p = out; (p = strstr(p, "a run's name")); p++)
        legend++;
    assert_int_equal(legend, 6); /* three lines of two */
    assert_non_null(strstr(out, "+34\n"));
    rt_figure_release(&f);
}

/* The words go to the first row, from the top to the middle and then from the
 * bottom up, in which they touch nothing. */
static void words_of_a_mark_cover_no_curve(void **state)
{
    (void)state;
    static double rising[] = { 1, 2, 3, 4, 4 }, all[9];
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_CURVES, NULL);
    f.x.hidden = true;
    rt_figure_series(&f, &(struct rt_series){ .y = rising, .n = 5 });
    rt_figure_mark(&f, 4, "lr 0.1", 0);
    rt_figure_mark(&f, 4.2, "stop", 0);
    assert_string_equal(drawn(&f, 32, 6, RT_SYM_ASCII, true),
                        "4 +                    .........\n"
                        "  |                .... stop\n"
                        "  |           .....   lr 0.1\n"
                        "2 +      .....          ::\n"
                        "  |  ....               ::\n"
                        "  |..                   ::\n");
    f.series.n = 0;
    rt_figure_series(&f, &(struct rt_series){ .y = all, .n = 9 });
    const char *out = drawn(&f, 32, 1, RT_SYM_ASCII, true);
    assert_null(strstr(out, "lr"));
    rt_figure_release(&f);
}

/* Buckets far apart: without colours the band is hatched and the mean shows. */
static void buckets_make_a_band(void **state)
{
    (void)state;
    static double y[] = { 3, 2.5, 1 }, lo[] = { 2, 2, .5 }, hi[] = { 4, 3, 3 };
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_CURVES, NULL);
    f.x.integer = true;
    rt_figure_series(&f,
                     &(struct rt_series){ .y = y, .lo = lo, .hi = hi, .n = 3 });
    assert_string_equal(drawn(&f, 24, 7, RT_SYM_BRAILLE, false),
                        "4 ┤⡆⡆⡄⡀⡀\n"
                        "  │⣀⣀⡇⡇⡇⡇⡇⡆⡄⡄⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀⡀\n"
                        "  │⡇⡇⠉⠉⠉⠑⠒⠒⠒⠤⠤⢄⡀⡇⡇⡇⡇⡇⡇⡇⡇\n"
                        "2 ┤⠃⠃⠃⠃⠃⠃⠃⠃⠃⠃⠃⠇⠈⠑⠢⢄⣀⡇⡇⡇⡇\n"
                        "  │              ⠁⠃⠇⠉⠒⠤⣀\n"
                        "  │                  ⠁⠃⠇\n"
                        "   1         2         3\n");
    rt_figure_release(&f);
}

static void raw_is_left_out_where_it_would_hide_the_smoothed(void **state)
{
    (void)state;
    static double y[] = { 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9 };
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_CURVES, NULL);
    rt_figure_series(&f, &(struct rt_series){ .y = y, .n = 12, .smooth = .9 });
    assert_string_equal(drawn(&f, 11, 6, RT_SYM_ASCII, true), "\n"
                                                              "\n"
                                                              " . ........\n"
                                                              " ..\n"
                                                              ".\n"
                                                              "\n");
    rt_figure_release(&f);
}

static void log_without_positive_values_says_so(void **state)
{
    (void)state;
    static double y[] = { -1, 0, -3 };
    struct rt_figure f;
    struct rt_canvas c;
    struct rt_area area;
    rt_canvas_init(&c, 40, 10, RT_SYM_BRAILLE);
    rt_figure_init(&f, RT_FIG_CURVES, NULL);
    f.y.log = true;
    rt_figure_series(&f, &(struct rt_series){ .y = y, .n = 3 });
    rt_draw_cells(&f, &c, c.clip, &area);
    assert_false(area.y.log);
    rt_figure_release(&f);
    rt_canvas_release(&c);
}

static void area_tells_the_value_under_a_cell(void **state)
{
    (void)state;
    static double y[] = { 0, 10 };
    struct rt_figure f;
    struct rt_canvas c;
    struct rt_area area;
    rt_canvas_init(&c, 60, 20, RT_SYM_BRAILLE);
    rt_figure_init(&f, RT_FIG_CURVES, NULL);
    f.x.lo = 0;
    f.x.hi = 100;
    rt_figure_series(&f, &(struct rt_series){ .y = y, .n = 2 });
    rt_draw_cells(&f, &c, (struct rt_rect){ 5, 2, 50, 15 }, &area);
    assert_true(area.box.x >= 5 && area.box.y == 2);
    rt_assert_close(area.box.x + area.box.w, 55, 0);
    rt_assert_close(rt_area_x(&area, area.box.x), 0, 1e-9);
    rt_assert_close(rt_area_x(&area, 55), 100, 1e-9);
    rt_assert_close(rt_area_y(&area, area.box.y), area.y.hi, 1e-9);
    rt_figure_release(&f);
    rt_canvas_release(&c);
}

static void cursor_is_a_line_down(void **state)
{
    (void)state;
    struct rt_figure f;
    losses(&f);
    f.series.n = f.marks.n = f.spots.n = 0;
    f.x.lo = 1;
    f.x.hi = 3;
    f.x.hidden = f.y.hidden = true;
    f.cursor = 2;
    f.has_cursor = true;
    assert_string_equal(drawn(&f, 9, 2, RT_SYM_ASCII, false), "    |\n    |\n");
    rt_figure_release(&f);
}

static double bell[24];

static void histogram(struct rt_figure *f, enum rt_figure_kind kind)
{
    for (int i = 0; i < 24; i++)
        bell[i] = round(100 * exp(-pow((i - 11.5) / 5, 2)));
    rt_figure_init(f, kind, NULL);
    for (int i = 0; i < (kind == RT_FIG_RIDGE ? 9 : 1); i++)
        rt_figure_bins(f, &(struct rt_bins){
                              .count = bell,
                              .n = 24,
                              .lo = -.31 - .1 * i,
                              .hi = .31 + .1 * i,
                              .label = rt_figure_text(f, "%d", 5 * i),
                          });
}

static void histogram_in_eighth_blocks(void **state)
{
    (void)state;
    struct rt_figure f;
    histogram(&f, RT_FIG_HISTOGRAM);
    assert_string_equal(drawn(&f, 32, 6, RT_SYM_BRAILLE, true),
                        "             ▃▆██▆▃\n"
                        "           ▁████████▁\n"
                        "          ▄██████████▄\n"
                        "        ▄██████████████▄\n"
                        "  ▁▁▂▄▅▇████████████████▇▅▄▂▁▁\n"
                        "-0.31           0          +0.31\n");
    assert_string_equal(drawn(&f, 32, 6, RT_SYM_ASCII, true),
                        "             :+##+:\n"
                        "           .########.\n"
                        "          -##########-\n"
                        "        -##############-\n"
                        "  ..:-=*################*=-:..\n"
                        "-0.31           0          +0.31\n");
    rt_figure_release(&f);
}

/* What a relu gives: the other columns are still to be seen. */
static void histogram_cuts_a_peak_far_above_the_rest(void **state)
{
    (void)state;
    double relu[8] = { 900, 50, 40, 30, 20, 10, 5, 5 };
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_HISTOGRAM, NULL);
    rt_figure_bins(&f, &(struct rt_bins){ .count = relu, .n = 8, .hi = 8 });
    assert_string_equal(drawn(&f, 8, 5, RT_SYM_BRAILLE, true), "▲▂\n"
                                                               "██▄\n"
                                                               "███▇▂\n"
                                                               "█████▅▃▃\n"
                                                               "0     +8\n");
    relu[0] = 190; /* not so far */
    assert_string_equal(drawn(&f, 8, 5, RT_SYM_ASCII, true), "#\n"
                                                             "#\n"
                                                             "#\n"
                                                             "##*=::..\n"
                                                             "0     +8\n");
    rt_figure_release(&f);
}

/* Nine rows of bins on six lines: the first and the newest are there. */
static void ridge_keeps_the_newest(void **state)
{
    (void)state;
    struct rt_figure f;
    histogram(&f, RT_FIG_RIDGE);
    assert_string_equal(drawn(&f, 40, 7, RT_SYM_BRAILLE, true),
                        " 0                ▁▄▆█▆▄▁\n"
                        " 5               ▁▃▅▇█▇▅▃▁\n"
                        "15            ▁▁▂▃▅▇███▇▅▃▂▁▁\n"
                        "20           ▁▁▂▃▄▆▇███▇▆▄▃▂▁▁\n"
                        "30         ▁▁▂▂▃▄▅▆▇███▇▆▅▄▃▂▂▁▁\n"
                        "40       ▁▁▁▂▃▄▄▅▆▇▇███▇▇▆▅▄▄▃▂▁▁▁\n"
                        "   -1.11             0             +1.11\n");
    rt_figure_release(&f);
}

static const double counts[9] = { 95, 0, 5, 2, 110, 0, 0, 1, 87 };
static const char *const animals[3] = { "cat", "dog", "elephant" };

static void confusion(struct rt_figure *f)
{
    rt_figure_init(f, RT_FIG_HEAT, NULL);
    f->x.label = "predicted";
    f->y.label = "true";
    f->heat = (struct rt_heat){ .v = counts,
                                .n_rows = 3,
                                .n_cols = 3,
                                .row_names = animals,
                                .col_names = animals,
                                .by_row = true };
}

static void confusion_matrix_shows_counts(void **state)
{
    (void)state;
    struct rt_figure f;
    confusion(&f);
    assert_string_equal(drawn(&f, 50, 5, RT_SYM_BRAILLE, false),
                        "                    predicted\n"
                        "    true       cat       dog  elephant\n"
                        "     cat        95         ·         5\n"
                        "     dog         2       110         ·\n"
                        "elephant         ·         1        87\n");
    assert_string_equal(drawn(&f, 24, 4, RT_SYM_ASCII, false),
                        "    true  cat  dog ele.\n"
                        "     cat   95    -    5\n"
                        "     dog    2  110    -\n"
                        "elephant    -    1   87\n");
    rt_figure_release(&f);
}

static void confusion_without_room_for_counts_shows_shades(void **state)
{
    (void)state;
    struct rt_figure f;
    confusion(&f);
    f.heat.row_names = f.heat.col_names = NULL;
    assert_string_equal(drawn(&f, 9, 4, RT_SYM_BRAILLE, false), "tr… 012\n"
                                                                "  0 █ ▂\n"
                                                                "  1 ▁█\n"
                                                                "  2  ▁█\n");
    rt_figure_release(&f);
}

static void confusion_has_a_ground_by_share_of_its_row(void **state)
{
    (void)state;
    struct rt_figure f;
    struct rt_canvas c;
    confusion(&f);
    rt_canvas_init(&c, 50, 5, RT_SYM_BRAILLE);
    rt_draw_cells(&f, &c, c.clip, NULL);
    const struct rt_cell *row = &c.cells[2 * 50];
    assert_int_equal(row[17].cp, '5');
    assert_int_equal(row[17].bg, rt_color_heat(sqrt(.95), false));
    assert_int_equal(row[27].bg, 0); /* nothing confused: no ground */
    assert_int_equal(row[37].bg, rt_color_heat(sqrt(.05), false));
    assert_int_equal(row[17].attr, RT_A_BOLD);
    rt_figure_release(&f);
    rt_canvas_release(&c);
}

/* A ring of 8x8 bytes, drawn right and wrong. */
static void pictures(struct rt_figure *f, unsigned char bytes[64])
{
    for (int i = 0; i < 64; i++)
        bytes[i] = hypot(i % 8 - 3.5, i / 8 - 3.5) > 2.2 &&
                           hypot(i % 8 - 3.5, i / 8 - 3.5) < 4
                       ? 255
                       : 0;
    rt_figure_init(f, RT_FIG_PICTURES, NULL);
    for (int i = 0; i < 3; i++)
        rt_figure_picture(f, &(struct rt_picture){
                                 .img = { bytes, 8, 8, 1 },
                                 .caption = i == 1 ? "6 .51" : "0 .98",
                                 .color = i == 1 ? RT_C_ERROR : RT_C_TEXT,
                                 .flagged = i == 1,
                             });
}

static void pictures_in_shades_mark_what_is_wrong(void **state)
{
    (void)state;
    unsigned char bytes[64];
    struct rt_figure f;
    pictures(&f, bytes);
    assert_string_equal(drawn(&f, 27, 5, RT_SYM_ASCII, true),
                        " +@@@@+   +@@@@+   +@@@@+\n"
                        "@@    @@ @@    @@ @@    @@\n"
                        "@@    @@ @@    @@ @@    @@\n"
                        " +@@@@+   +@@@@+   +@@@@+\n"
                        "0 .98    x 6 .51  0 .98\n");
    assert_string_equal(drawn(&f, 27, 5, RT_SYM_BRAILLE, false),
                        " ▒████▒   ▒████▒   ▒████▒\n"
                        "██    ██ ██    ██ ██    ██\n"
                        "██    ██ ██    ██ ██    ██\n"
                        " ▒████▒   ▒████▒   ▒████▒\n"
                        "0 .98    ✗ 6 .51  0 .98\n");
    rt_figure_release(&f);
}

static void pictures_in_colour_are_half_blocks(void **state)
{
    (void)state;
    unsigned char bytes[64];
    struct rt_figure f;
    struct rt_canvas c;
    pictures(&f, bytes);
    rt_canvas_init(&c, 27, 5, RT_SYM_BRAILLE);
    rt_draw_cells(&f, &c, c.clip, NULL);
    const struct rt_cell *top = &c.cells[2];
    assert_int_equal(top->cp, 0x2580);
    assert_int_equal(top->fg, RT_RGB(255, 255, 255)); /* upper pixel */
    assert_int_equal(c.cells[3 + 27].fg, RT_RGB(0, 0, 0));
    assert_int_equal(c.cells[4 * 27 + 9].cp, 0x2717);
    assert_int_equal(c.cells[4 * 27 + 9].fg, RT_C_ERROR);
    rt_figure_release(&f);
    rt_canvas_release(&c);
}

/* One of each kind, so that no kind is forgotten where all are tried. */
static void any_figure(struct rt_figure *f, enum rt_figure_kind kind,
                       unsigned char bytes[64])
{
    if (kind == RT_FIG_CURVES) {
        losses(f);
        f->series.v[0].smooth = .5;
        f->series.v[0].lo = val;
        f->series.v[0].hi = train;
        f->series.v[1].look = RT_LOOK_POINTS;
    } else if (kind == RT_FIG_HEAT) {
        confusion(f);
    } else if (kind == RT_FIG_PICTURES) {
        pictures(f, bytes);
    } else {
        histogram(f, kind);
    }
    f->title = "a title that is longer than the place it has";
    f->legend = true;
    f->has_cursor = true;
    f->cursor = 12;
    if (!f->y.label)
        f->y.label = "loss";
}

static void nothing_is_drawn_outside_any_rectangle(void **state)
{
    (void)state;
    enum { SIDE = 34, OFF = 3 };
    unsigned char bytes[64];
    for (int kind = 0; kind <= RT_FIG_PICTURES; kind++)
        for (int symbols = 0; symbols <= RT_SYM_ASCII; symbols++)
            for (int w = 0; w < 28; w++)
                for (int h = 0; h < 14; h++) {
                    struct rt_figure f;
                    struct rt_canvas c;
                    any_figure(&f, kind, bytes);
                    rt_canvas_init(&c, SIDE, SIDE, symbols);
                    c.color = (w + h) % 2;
                    rt_draw_cells(&f, &c, (struct rt_rect){ OFF, OFF, w, h },
                                  NULL);
                    for (int y = 0; y < SIDE; y++)
                        for (int x = 0; x < SIDE; x++) {
                            const struct rt_cell *cell = &c.cells[y * SIDE + x];
                            bool in = x >= OFF && x < OFF + w && y >= OFF &&
                                      y < OFF + h;
                            if (!in)
                                assert_true(cell->cp == ' ' && !cell->bg);
                        }
                    rt_canvas_release(&c);
                    rt_figure_release(&f);
                }
}

static void rectangles_may_hang_over_the_canvas(void **state)
{
    (void)state;
    unsigned char bytes[64];
    for (int kind = 0; kind <= RT_FIG_PICTURES; kind++) {
        static const struct rt_rect at[] = { { -20, -5, 40, 12 },
                                             { 5, 5, 1000000, 1000000 },
                                             { 0, 0, -3, -3 },
                                             { 99, 99, 20, 20 } };
        for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
            struct rt_figure f;
            struct rt_canvas c;
            any_figure(&f, kind, bytes);
            rt_canvas_init(&c, 30, 10, RT_SYM_BRAILLE);
            rt_draw_cells(&f, &c, at[i], NULL);
            rt_canvas_release(&c);
            rt_figure_release(&f);
        }
    }
}

static void empty_figures_draw_nothing_and_live(void **state)
{
    (void)state;
    for (int kind = 0; kind <= RT_FIG_PICTURES; kind++) {
        struct rt_figure f;
        rt_figure_init(&f, kind, NULL);
        drawn(&f, 40, 12, RT_SYM_BRAILLE, true);
        if (kind != RT_FIG_CURVES) /* those have their axes */
            assert_string_equal(drawn(&f, 4, 2, RT_SYM_ASCII, true), "\n\n");
        rt_figure_release(&f);
    }
}

static void figure_goes_to_a_text_file(void **state)
{
    (void)state;
    struct rt_figure f;
    struct rt_err err = RT_ERR_INIT;
    char path[512];
    unsigned char *text;
    size_t n;
    losses(&f);
    snprintf(path, sizeof path, "%s/plot.txt", rt_test_temp());
    rt_assert_ok(rt_draw_file(&f, path, 48, 10, &err), &err);
    rt_assert_ok(rt_file_read(path, 0, &text, &n, &err), &err);
    assert_string_equal((char *)text, drawn(&f, 48, 10, RT_SYM_BRAILLE, false));
    free(text);
    rt_figure_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_in_braille),
        cmocka_unit_test(losses_in_ascii),
        cmocka_unit_test(title_and_legend_stand_above),
        cmocka_unit_test(many_series_leave_room_for_the_plot),
        cmocka_unit_test(words_of_a_mark_cover_no_curve),
        cmocka_unit_test(buckets_make_a_band),
        cmocka_unit_test(raw_is_left_out_where_it_would_hide_the_smoothed),
        cmocka_unit_test(log_without_positive_values_says_so),
        cmocka_unit_test(area_tells_the_value_under_a_cell),
        cmocka_unit_test(cursor_is_a_line_down),
        cmocka_unit_test(histogram_in_eighth_blocks),
        cmocka_unit_test(histogram_cuts_a_peak_far_above_the_rest),
        cmocka_unit_test(ridge_keeps_the_newest),
        cmocka_unit_test(confusion_matrix_shows_counts),
        cmocka_unit_test(confusion_without_room_for_counts_shows_shades),
        cmocka_unit_test(confusion_has_a_ground_by_share_of_its_row),
        cmocka_unit_test(pictures_in_shades_mark_what_is_wrong),
        cmocka_unit_test(pictures_in_colour_are_half_blocks),
        cmocka_unit_test(nothing_is_drawn_outside_any_rectangle),
        cmocka_unit_test(rectangles_may_hang_over_the_canvas),
        cmocka_unit_test(empty_figures_draw_nothing_and_live),
        cmocka_unit_test(figure_goes_to_a_text_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
