/* Figures on paper: what the files are, and some of their pixels. */
#include "support.h"

#include "base/file.h"
#include "plot/draw.h"
#include "plot/surface_cairo.h"

#include <math.h>
#include <png.h>
#include <sys/stat.h>
#include <unistd.h>

/* fontconfig keeps some of what it read until the process ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\n";
}

static const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", rt_test_temp(), name);
    return path;
}

static int has_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

struct pixels {
    unsigned char *v;
    int w, h;
};

static struct pixels read_png(const char *path)
{
    png_image img = { .version = PNG_IMAGE_VERSION };
    if (!png_image_begin_read_from_file(&img, path))
        fail_msg("%s: %s", path, img.message);
    img.format = PNG_FORMAT_RGB;
    struct pixels p = { malloc(PNG_IMAGE_SIZE(img)), (int)img.width,
                        (int)img.height };
    if (!png_image_finish_read(&img, NULL, p.v, 0, NULL))
        fail_msg("%s: %s", path, img.message);
    return p;
}

static uint32_t at(const struct pixels *p, int x, int y)
{
    const unsigned char *v = p->v + 3 * (y * p->w + x);
    return (uint32_t)(v[0] << 16 | v[1] << 8 | v[2]);
}

static int count(const struct pixels *p, uint32_t rgb)
{
    int n = 0;
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++)
            n += at(p, x, y) == rgb;
    return n;
}

static double y_values[] = { 1, .5, .25, .2, .18 };

static void curves(struct rt_figure *f)
{
    rt_figure_init(f, RT_FIG_CURVES, "loss · \xff bad byte \033 温度");
    f->legend = true;
    f->x.label = "epoch";
    f->x.integer = true;
    rt_figure_series(
        f, &(struct rt_series){
               .name = "train", .y = y_values, .n = 5, .color = RT_C_TRAIN });
    rt_figure_mark(f, 3, "lr÷10", 0);
    rt_figure_spot(f, &(struct rt_spot){ .x = 5, .y = .18, .text = "best" });
}

static void png_has_its_size_and_a_white_ground(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_figure f;
    const char *path = path_of("curves.png");
    unsigned char *bytes;
    size_t n;
    curves(&f);
    rt_assert_ok(rt_draw_file(&f, path, 0, 0, &err), &err);
    rt_assert_ok(rt_file_read(path, 0, &bytes, &n, &err), &err);
    assert_memory_equal(bytes, "\x89PNG\r\n\x1a\n", 8);
    free(bytes);
    struct pixels p = read_png(path);
    assert_int_equal(p.w, 900);
    assert_int_equal(p.h, 560);
    assert_int_equal(at(&p, 0, 0), 0xffffff);
    assert_int_equal(at(&p, 899, 559), 0xffffff);
    assert_true(count(&p, rt_color_rgb(RT_C_TRAIN)) > 300);
    assert_true(count(&p, rt_color_rgb(RT_C_BEST)) > 20);
    assert_true(count(&p, rt_color_rgb(RT_C_GRID)) > 1000);
    free(p.v);
    rt_figure_release(&f);
}

static void svg_and_pdf_are_what_they_say(void **state)
{
    (void)state;
    static const char *const cases[][2] = { { "a.svg", "<?xml" },
                                            { "a.SVG", "<?xml" },
                                            { "a.pdf", "%PDF-" } };
    for (int i = 0; i < 3; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_figure f;
        unsigned char *bytes;
        size_t n;
        curves(&f);
        rt_assert_ok(rt_draw_file(&f, path_of(cases[i][0]), 400, 300, &err),
                     &err);
        rt_assert_ok(rt_file_read(path_of(cases[i][0]), 0, &bytes, &n, &err),
                     &err);
        assert_memory_equal(bytes, cases[i][1], 5);
        assert_true(n > 2000);
        free(bytes);
        rt_figure_release(&f);
    }
}

/* Four pixels enlarged: squares with nothing mixed in between. */
static void picture_keeps_its_pixels_and_a_wrong_one_is_framed(void **state)
{
    (void)state;
    static const unsigned char bytes[] = { 255, 0, 0, 0, 255, 0,
                                           0,   0, 9, 8, 7,   6 };
    struct rt_err err = RT_ERR_INIT;
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_PICTURES, NULL);
    rt_figure_picture(&f, &(struct rt_picture){ .img = { bytes, 2, 2, 3 },
                                                .caption = "7",
                                                .color = RT_C_ERROR,
                                                .flagged = true });
    rt_assert_ok(rt_draw_file(&f, path_of("p.png"), 900, 560, &err), &err);
    struct pixels p = read_png(path_of("p.png"));
    assert_true(count(&p, 0xff0000) > 3000); /* nothing between the squares */
    assert_true(count(&p, 0x00ff00) > 3000);
    assert_true(count(&p, 0x000009) > 3000);
    assert_true(count(&p, 0x080706) > 3000);
    assert_true(count(&p, rt_color_rgb(RT_C_ERROR)) > 100);
    free(p.v);
    rt_figure_release(&f);
}

static void heat_map_is_darkest_where_the_row_is(void **state)
{
    (void)state;
    static const double v[] = { 100, 0, 0, 7 };
    struct rt_err err = RT_ERR_INIT;
    struct rt_figure f;
    rt_figure_init(&f, RT_FIG_HEAT, NULL);
    f.heat = (struct rt_heat){ .v = v, .n_rows = 2, .n_cols = 2, .by_row = 1 };
    rt_assert_ok(rt_draw_file(&f, path_of("h.png"), 300, 200, &err), &err);
    struct pixels p = read_png(path_of("h.png"));
    int full = count(&p, rt_color_rgb(rt_color_heat(1, true)));
    int none = count(&p, rt_color_rgb(rt_color_heat(0, true)));
    assert_in_range(full, 12000, 40000);
    assert_in_range(none, 12000, 40000);
    free(p.v);
    rt_figure_release(&f);
}

static void other_endings_and_sizes_are_refused(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_figure f;
    curves(&f);
    assert_int_equal(rt_draw_file(&f, path_of("a.gif"), 0, 0, &err), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "must end in .png, .svg, .pdf or .txt");
    rt_err_clear(&err);
    assert_int_equal(rt_draw_file(&f, path_of("b.png"), 9, 99999, &err),
                     RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "size is 9x99999, want 16..16384");
    assert_false(has_file(path_of("a.gif")) || has_file(path_of("b.png")));
    assert_int_equal(rt_draw_file(&f, "plot", 0, 0, NULL), RT_EINVAL);
    rt_figure_release(&f);
}

static void missing_folder_is_an_error_not_a_file(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_figure f;
    curves(&f);
    assert_int_equal(rt_draw_file(&f, path_of("no/such/a.svg"), 0, 0, &err),
                     RT_EIO);
    assert_true(strstr(err.text, "no/such") != NULL);
    rt_figure_release(&f);
}

static void nothing_is_written_before_write(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_surface *s =
        rt_surface_cairo_new(path_of("late.pdf"), 100, 100, &err);
    assert_non_null(s);
    assert_false(has_file(path_of("late.pdf")));
    rt_surface_cairo_free(s);
    assert_false(has_file(path_of("late.pdf")));
    rt_surface_cairo_free(NULL);
}

static void every_kind_lives_on_the_smallest_sheet(void **state)
{
    (void)state;
    static const double v[] = { 1, 2, NAN, 4 };
    static const unsigned char grey[4] = { 0, 80, 160, 255 };
    for (int kind = 0; kind <= RT_FIG_PICTURES; kind++)
        for (int side = 16; side < 130; side += 37) {
            struct rt_err err = RT_ERR_INIT;
            struct rt_figure f;
            curves(&f);
            f.kind = kind;
            f.heat = (struct rt_heat){ .v = v, .n_rows = 2, .n_cols = 2 };
            rt_figure_bins(
                &f, &(struct rt_bins){
                        .count = v, .n = 4, .lo = -1, .hi = 1, .label = "1" });
            rt_figure_picture(
                &f, &(struct rt_picture){ .img = { grey, 2, 2, 1 },
                                          .caption = "long caption" });
            rt_assert_ok(rt_draw_file(&f, path_of("s.png"), side, side, &err),
                         &err);
            struct pixels p = read_png(path_of("s.png"));
            assert_int_equal(p.w, side);
            free(p.v);
            rt_figure_release(&f);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_has_its_size_and_a_white_ground),
        cmocka_unit_test(svg_and_pdf_are_what_they_say),
        cmocka_unit_test(picture_keeps_its_pixels_and_a_wrong_one_is_framed),
        cmocka_unit_test(heat_map_is_darkest_where_the_row_is),
        cmocka_unit_test(other_endings_and_sizes_are_refused),
        cmocka_unit_test(missing_folder_is_an_error_not_a_file),
        cmocka_unit_test(nothing_is_written_before_write),
        cmocka_unit_test(every_kind_lives_on_the_smallest_sheet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
