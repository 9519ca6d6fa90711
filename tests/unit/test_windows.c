/* Windows over a series, by the worked example of Keras' TimeseriesGenerator
 * and its rules. */
#include "support.h"

#include "base/mem.h"
#include "data/transform.h"
#include "data/windows.h"

static struct rt_dataset *counting(int n, const char *const *cols, int n_cols)
{
    struct rt_dataset *d = rt_dataset_new("level", (size_t)n, "test");
    for (int k = 0; k < n_cols; k++) {
        int32_t *v = rt_xmalloc((size_t)n * sizeof *v);
        for (int i = 0; i < n; i++)
            v[i] = 100 * k + i;
        assert_int_equal(rt_dataset_add_column(d, cols[k], RT_I32,
                                               &(struct rt_shape){ .rank = 0 },
                                               (size_t)n, v, NULL, 0, NULL),
                         0);
    }
    return d;
}
static const char *const x_alone[] = { "x" }, *const x_and_y[] = { "x", "y" };

static struct rt_series_args series(int length, int rate, int stride)
{
    return (struct rt_series_args){ .length = length,
                                    .sampling_rate = rate,
                                    .stride = stride,
                                    .start_index = RT_UNSET_INT,
                                    .end_index = RT_UNSET_INT };
}

/* Row `row` of a column must be these numbers. */
static void assert_row(const struct rt_dataset *d, const char *col, size_t row,
                       const double *want, int n)
{
    const struct rt_column *c = rt_dataset_column(d, col, NULL);
    float got[16];
    assert_non_null(c);
    struct rt_shape shape = rt_column_shape(c);
    assert_int_equal(rt_shape_count(&shape), n);
    rt_dataset_gather(d, c, NULL, row, 1, got);
    for (int i = 0; i < n; i++)
        rt_assert_close((double)got[i], want[i], 0);
}
#define ROW(d, col, row, ...)                                                  \
    assert_row((d), (col), (row), (const double[]){ __VA_ARGS__ },             \
               (int)(sizeof((double[]){ __VA_ARGS__ }) / sizeof(double)))

static void the_example_of_keras_comes_out(void **state)
{
    (void)state;
    struct rt_dataset *d = counting(50, x_alone, 1);
    struct rt_series_args a = series(10, 2, 1);
    struct rt_dataset *w = rt_dataset_series(d, "w", &a, NULL);
    assert_non_null(w);
    assert_int_equal(w->n_rows, 40); /* 20 batches of 2 there */
    struct rt_shape shape = rt_column_shape(w->cols[0]);
    assert_string_equal(rt_shape_text(&shape), "(5,1)");
    ROW(w, "x", 0, 0, 2, 4, 6, 8);
    ROW(w, "x", 1, 1, 3, 5, 7, 9);
    ROW(w, "y", 0, 10);
    ROW(w, "y", 1, 11);
    ROW(w, "y", 39, 49);
    rt_dataset_unref(w);
    rt_dataset_unref(d);
}

static void windows_stride_and_turn_round(void **state)
{
    (void)state;
    struct rt_dataset *d = counting(10, x_and_y, 2);
    struct rt_series_args a = series(3, 1, 2);
    a.reverse = true;
    a.start_index = 1;
    a.end_index = 8;
    struct rt_dataset *w = rt_dataset_series(d, "w", &a, NULL);
    assert_non_null(w);
    assert_int_equal(w->n_rows, 3); /* targets 4, 6, 8 */
    assert_int_equal(w->n_cols, 2); /* y is the target, no windows of it */
    ROW(w, "x", 0, 3, 2, 1);
    ROW(w, "y", 0, 104);
    ROW(w, "x", 2, 7, 6, 5);
    ROW(w, "y", 2, 108);
    rt_dataset_unref(w);
    rt_dataset_unref(d);
}

static void a_length_no_multiple_of_the_rate_is_rounded_up(void **state)
{
    (void)state;
    struct rt_dataset *d = counting(6, x_alone, 1);
    struct rt_series_args a = series(5, 2, 1);
    struct rt_dataset *w = rt_dataset_series(d, "w", &a, NULL);
    assert_non_null(w);
    assert_int_equal(w->n_rows, 1);
    ROW(w, "x", 0, 0, 2, 4); /* data[0:5:2] */
    rt_dataset_unref(w);
    rt_dataset_unref(d);
}

static void targets_are_named_after_their_windows(void **state)
{
    (void)state;
    static const char *const cols[] = { "temp.x", "level" };
    struct rt_dataset *d = counting(6, cols, 2);
    struct rt_series_args a = series(2, 1, 1);
    struct rt_dataset *w = rt_dataset_series(d, "w", &a, NULL);
    assert_non_null(w);
    assert_int_equal(w->n_cols, 4);
    ROW(w, "temp.y", 0, 2);
    ROW(w, "level_next", 0, 102);
    rt_dataset_unref(w);
    a.y = (struct rt_texts){ .n = 1, .v = &cols[1] };
    w = rt_dataset_series(d, "w", &a, NULL);
    assert_non_null(w);
    assert_int_equal(w->n_cols, 2);
    ROW(w, "level", 3, 105);
    rt_dataset_unref(w);
    rt_dataset_unref(d);
}

static void scaling_and_picked_rows_stay(void **state)
{
    (void)state;
    static const uint32_t rows[] = { 9, 0, 4, 2 };
    struct rt_dataset *d = counting(10, x_alone, 1);
    struct rt_dataset *few = rt_dataset_pick(d, "few", rows, 4, NULL);
    struct rt_dataset *half = rt_scale(few, NULL, 0.5, NULL, NULL, 0, NULL);
    struct rt_series_args a = series(2, 1, 1);
    struct rt_dataset *w = rt_dataset_series(half, "w", &a, NULL);
    assert_non_null(w);
    ROW(w, "x", 0, 4.5, 0);
    ROW(w, "y", 1, 1);
    rt_dataset_unref(w);
    rt_dataset_unref(half);
    rt_dataset_unref(few);
    rt_dataset_unref(d);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = counting(6, x_alone, 1);
    struct rt_series_args a = series(6, 1, 1);
    assert_null(rt_dataset_series(d, "w", &a, &err));
    rt_assert_error(&err, RT_EINVAL, "rows 0..5");
    a = series(2, 1, 1);
    a.end_index = 6;
    assert_null(rt_dataset_series(d, "w", &a, &err));
    rt_assert_error(&err, RT_EINVAL, "end_index is 6");
    static const char *const nope = "z";
    a = series(2, 1, 1);
    a.x = (struct rt_texts){ .n = 1, .v = &nope };
    assert_null(rt_dataset_series(d, "w", &a, &err));
    rt_assert_error(&err, RT_ENOENT, "no column 'z'");
    a = series(2, 1, 1);
    a.y = (struct rt_texts){ .n = 1, .v = x_alone };
    assert_null(rt_dataset_series(d, "w", &a, &err));
    rt_assert_error(&err, RT_EINVAL, "all columns");
    rt_dataset_unref(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_keras_comes_out),
        cmocka_unit_test(windows_stride_and_turn_round),
        cmocka_unit_test(a_length_no_multiple_of_the_rate_is_rounded_up),
        cmocka_unit_test(targets_are_named_after_their_windows),
        cmocka_unit_test(scaling_and_picked_rows_stay),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
