/* Weights as pictures (train/mosaic.h), and laid out for so many pixels
 * (watch/tiles.h). */
#include "model_lines.h"

#include "base/mem.h"
#include "plot/theme.h"
#include "train/mosaic.h"
#include "watch/tiles.h"

#include <math.h>

/* All weights are numbered, from 1 in each weight. */
static struct rt_model *numbered(const char *lines)
{
    struct rt_model *m = lines_model(lines);
    struct rt_err err = RT_ERR_INIT;
    rt_assert_ok(rt_model_ready(m, &err), &err);
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_weights; k++) {
            const struct rt_weight *w = m->layers[i]->weights[k];
            for (size_t j = 0; j < w->n; j++)
                m->weights[w->offset + j] = (float)(j + 1);
        }
    return m;
}

static struct rt_mosaic *taken(const struct rt_model *m, int layer)
{
    struct rt_mosaic *out = rt_xcalloc(1, sizeof *out);
    assert_true(rt_mosaic_take(m, layer, out));
    return out;
}

static void a_filter_of_one_channel_is_a_tile(void **state)
{
    (void)state;
    struct rt_model *m = numbered("input x 6x6x1; conv2d 4 2x3 name=c; output");
    struct rt_mosaic *a = taken(m, 1);
    assert_string_equal(a->title, "c · kernel");
    assert_int_equal(a->layer, 1);
    assert_int_equal(a->rows, 4);
    assert_int_equal(a->columns, 1);
    assert_int_equal(a->h, 2);
    assert_int_equal(a->w, 3);
    assert_int_equal(a->channels, 1);
    /* (KH,KW,1,F): filter 2 of F = 4, at (1,2): (1*3+2)*4 + 2 */
    rt_assert_close(a->v[2 * 6 + 5], 5 * 4 + 2 + 1, 0);
    free(a);
    rt_model_free(m);
}

static void three_channels_are_colours_and_others_columns(void **state)
{
    (void)state;
    struct rt_model *m = numbered("input x 6x6x3; conv2d 4 2 name=rgb;"
                                  "conv2d 5 2 name=deep; output");
    struct rt_mosaic *a = taken(m, 1), *b = taken(m, 2);
    assert_int_equal(a->channels, 3);
    assert_int_equal(a->columns, 1);
    /* filter 1, place (0,1), blue: ((0*2+1)*3+2)*4 + 1 */
    rt_assert_close(a->v[1 * 12 + 1 * 3 + 2], 5 * 4 + 1 + 1, 0);
    assert_int_equal(b->channels, 1);
    assert_int_equal(b->rows, 5);
    assert_int_equal(b->columns, 4);
    /* filter 3, channel 2, place (1,0): ((1*2+0)*4+2)*5 + 3 */
    rt_assert_close(b->v[(3 * 4 + 2) * 4 + 2], 10 * 5 + 3 + 1, 0);
    free(a);
    free(b);
    rt_model_free(m);
}

static void time_goes_to_the_right_in_a_filter_of_conv1d(void **state)
{
    (void)state;
    struct rt_model *m = numbered("input x 9x2; conv1d 4 3 name=c; output");
    struct rt_mosaic *a = taken(m, 1);
    assert_int_equal(a->w, 3);
    assert_int_equal(a->h, 2);
    assert_int_equal(a->rows, 4);
    /* filter 1, step 2, channel 0: (2*2+0)*4 + 1 */
    rt_assert_close(a->v[1 * 6 + 0 * 3 + 2], 4 * 4 + 1 + 1, 0);
    free(a);
    rt_model_free(m);
}

static void a_matrix_keeps_the_weights_farthest_from_zero(void **state)
{
    (void)state;
    struct rt_model *m = numbered("input x 300; dense 600 name=d; output");
    const struct rt_weight *w = m->layers[1]->weights[0];
    for (size_t i = 0; i < w->n; i++)
        m->weights[w->offset + i] = .01f;
    m->weights[w->offset + 299 * 600 + 599] = -7;
    m->weights[w->offset + 0] = 3;
    struct rt_mosaic *a = taken(m, 1);
    assert_int_equal(a->full_h, 300);
    assert_int_equal(a->full_w, 600);
    assert_true(a->h * a->w <= RT_MOSAIC_MOST);
    rt_assert_close(a->v[a->h * a->w - 1], -7, 0);
    rt_assert_close(a->v[0], 3, 0);
    rt_assert_close(a->v[1], .01, 1e-9);
    assert_true(a->reach > 0 && a->reach < 7);
    m->weights[w->offset + 299 * 600 + 599] = NAN;
    assert_true(rt_mosaic_take(m, 1, a));
    assert_true(isnan(a->v[a->h * a->w - 1]));
    free(a);
    rt_model_free(m);
}

static void of_too_many_filters_some_are_kept(void **state)
{
    (void)state;
    struct rt_model *m =
        numbered("input x 8x8x64; conv2d 256 3 name=c; output");
    struct rt_mosaic *a = taken(m, 1);
    assert_int_equal(a->all_rows, 256);
    assert_int_equal(a->all_columns, 64);
    assert_true(a->rows < 256 && a->columns > 30);
    assert_true(a->rows * a->columns * 9 <= RT_MOSAIC_MOST);
    assert_false(rt_mosaic_take(m, 0, a)); /* an input has no weights */
    free(a);
    rt_model_free(m);
}

/* ---- tiles --------------------------------------------------------------- */

static struct rt_mosaic *mosaic(int rows, int columns, int h, int w)
{
    struct rt_mosaic *m = rt_xcalloc(1, sizeof *m);
    m->rows = m->all_rows = rows;
    m->columns = m->all_columns = columns;
    m->h = m->full_h = h;
    m->w = m->full_w = w;
    m->channels = 1;
    m->reach = 1;
    for (int i = 0; i < rows * columns * h * w; i++)
        m->v[i] = i % 2 ? .5f : -.5f;
    return m;
}

static void tiles_are_as_large_as_fit_and_a_pixel_apart(void **state)
{
    (void)state;
    struct rt_mosaic *m = mosaic(4, 1, 3, 3);
    struct rt_tiles t;
    rt_tiles_make(&t, m, 13, 13);
    assert_int_equal(t.shown, 4);
    assert_int_equal(t.w, 13); /* two of 3x3 weights of 2x2 pixels */
    assert_int_equal(t.h, 13);
    assert_int_equal(rt_tiles_color(&t, 6, 0), 0);
    assert_int_equal(rt_tiles_color(&t, 0, 0), rt_color_signed(-.5));
    assert_int_equal(rt_tiles_color(&t, 1, 1), rt_color_signed(-.5));
    assert_int_equal(rt_tiles_color(&t, 2, 0), rt_color_signed(.5));
    assert_int_equal(rt_tiles_color(&t, 7, 0), rt_color_signed(.5));
    rt_tiles_release(&t);
    rt_tiles_make(&t, m, 7, 3);
    assert_int_equal(t.shown, 2);
    assert_int_equal(t.all, 4);
    rt_tiles_release(&t);
    free(m);
}

static void channels_that_do_not_fit_become_the_strongest(void **state)
{
    (void)state;
    struct rt_mosaic *m = mosaic(2, 4, 1, 1);
    struct rt_tiles t;
    m->v[5] = -2;
    rt_tiles_make(&t, m, 7, 3); /* a row a filter, a column a channel */
    assert_false(t.strongest);
    assert_int_equal(t.shown, 8);
    rt_assert_close(rt_tiles_value(&t, 2, 2), -1, 0);
    rt_tiles_release(&t);
    rt_tiles_make(&t, m, 3, 2);
    assert_true(t.strongest);
    assert_int_equal(t.shown, 2);
    rt_assert_close(t.reach, 2, 0);
    rt_assert_close(rt_tiles_value(&t, 2, 0), -1, 0);
    rt_tiles_release(&t);
    free(m);
}

static void a_matrix_fills_the_room_or_is_shrunk_to_it(void **state)
{
    (void)state;
    struct rt_mosaic *m = mosaic(1, 1, 2, 20);
    struct rt_tiles t;
    m->v[13] = 9;
    rt_tiles_make(&t, m, 45, 30);
    assert_int_equal(t.w, 40);
    assert_int_equal(t.h, 16);
    assert_false(t.shrunk);
    rt_tiles_release(&t);
    rt_tiles_make(&t, m, 5, 1);
    assert_true(t.shrunk);
    assert_int_equal(t.w, 5);
    rt_assert_close(rt_tiles_value(&t, 3, 0), 1, 0);
    rt_tiles_release(&t);
    rt_tiles_make(&t, m, 1, 1);
    assert_int_equal(t.w * t.h, 1);
    rt_tiles_release(&t);
    free(m);
}

/* Whatever a model has and however small the room. */
static void tiles_never_leave_their_room(void **state)
{
    (void)state;
    static const int shapes[][4] = { { 1, 1, 1, 1 },  { 7, 1, 5, 5 },
                                     { 1, 9, 3, 3 },  { 12, 6, 3, 3 },
                                     { 3, 2, 40, 9 }, { 1, 1, 64, 200 } };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const int *s = shapes[i];
        struct rt_mosaic *m = mosaic(s[0], s[1], s[2], s[3]);
        for (int w = 1; w < 60; w += 3)
            for (int h = 1; h < 40; h += 2) {
                struct rt_tiles t;
                rt_tiles_make(&t, m, w, h);
                assert_true(t.w >= 1 && t.w <= w && t.h >= 1 && t.h <= h);
                assert_true(t.shown >= 1 && t.shown <= t.all);
                rt_tiles_release(&t);
            }
        free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_of_one_channel_is_a_tile),
        cmocka_unit_test(three_channels_are_colours_and_others_columns),
        cmocka_unit_test(time_goes_to_the_right_in_a_filter_of_conv1d),
        cmocka_unit_test(a_matrix_keeps_the_weights_farthest_from_zero),
        cmocka_unit_test(of_too_many_filters_some_are_kept),
        cmocka_unit_test(tiles_are_as_large_as_fit_and_a_pixel_apart),
        cmocka_unit_test(channels_that_do_not_fit_become_the_strongest),
        cmocka_unit_test(a_matrix_fills_the_room_or_is_shrunk_to_it),
        cmocka_unit_test(tiles_never_leave_their_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
