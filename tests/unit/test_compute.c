/* Columns and rows of data sets by expressions. */
#include "support.h"

#include "data/compute.h"
#include "data/dataset.h"

#include <math.h>

static struct rt_err err;
enum { N = 3000 };

/* x (N,2): i, -i; k: i % 7 as one byte. */
static struct rt_dataset *data(void)
{
    struct rt_dataset *d = rt_dataset_new("d", N, "test");
    float *x = malloc(2 * N * sizeof *x);
    uint8_t *k = malloc(N);
    for (int i = 0; i < N; i++) {
        x[2 * i] = (float)i;
        x[2 * i + 1] = (float)-i;
        k[i] = (uint8_t)(i % 7);
    }
    static const struct rt_shape one = { .rank = 0 };
    rt_assert_ok(rt_dataset_add_column(d, "x", RT_F32, &RT_SHAPE(2), N, x, NULL,
                                       0, &err),
                 &err);
    rt_assert_ok(
        rt_dataset_add_column(d, "k", RT_U8, &one, N, k, NULL, 0, &err), &err);
    return d;
}

static double number(const struct rt_dataset *d, const char *name, size_t row)
{
    float v[8];
    const struct rt_column *c = rt_dataset_column(d, name, &err);
    assert_non_null(c);
    rt_dataset_gather(d, c, NULL, row, 1, v);
    return (double)v[0];
}

static void a_column_is_computed_for_every_row(void **state)
{
    (void)state;
    struct rt_dataset *d = data();
    struct rt_dataset *e =
        rt_dataset_compute(d, "e", "z", "x[:, 0] * 2 + k", NULL, &err);
    if (!e)
        fail_msg("%s", err.text);
    assert_int_equal(e->n_cols, 3);
    assert_int_equal(d->n_cols, 2);
    for (int i = 0; i < N; i += 37)
        rt_assert_close(number(e, "z", (size_t)i), 2 * i + i % 7, 0);
    struct rt_dataset *f =
        rt_dataset_compute(e, "f", "both", "concat(x, x ^ 2)", NULL, &err);
    assert_non_null(f);
    struct rt_shape row = rt_column_shape(rt_dataset_column(f, "both", &err));
    assert_true(rt_shape_equal(&row, &RT_SHAPE(4)));
    rt_dataset_unref(f);
    rt_dataset_unref(e);
    rt_dataset_unref(d);
}

static void picked_rows_keep_their_columns_together(void **state)
{
    (void)state;
    struct rt_dataset *d = data();
    struct rt_dataset *some =
        rt_dataset_filter(d, "some", "k == 3 and x[:, 0] > 100", NULL, &err);
    if (!some)
        fail_msg("%s", err.text);
    struct rt_dataset *e =
        rt_dataset_compute(some, "e", "z", "x[:, 1] - k", NULL, &err);
    assert_non_null(e);
    size_t n = 0;
    for (int i = 101; i < N; i++)
        if (i % 7 == 3) {
            rt_assert_close(number(e, "x", n), i, 0);
            rt_assert_close(number(e, "z", n++), -i - 3, 0);
        }
    assert_int_equal(e->n_rows, n);
    rt_dataset_unref(e);
    rt_dataset_unref(some);
    rt_dataset_unref(d);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *column, *text;
        int code;
        const char *says;
    } cases[] = {
        { "z", "x +", RT_EINVAL, "it ends here, want a value\n" },
        { "z", "x + q", RT_ENOENT, "unknown name 'q'" },
        { "z", "mean(k)", RT_ESHAPE, "over all rows" },
        { "z", "x - mean(x, axis=0)", RT_ESHAPE, "over all rows" },
        { "z", "3", RT_ESHAPE, "gives ()" },
        { "k", "x", RT_EEXIST, "k" },
        { NULL, "x", RT_ESHAPE, "one number for each row" },
        { NULL, "k > 9", RT_EINVAL, "none of the 3000 rows" },
        { NULL, "relu(k)", RT_EINVAL, "unknown function 'relu'" },
    };
    struct rt_dataset *d = data();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *column = cases[i].column;
        rt_err_clear(&err);
        struct rt_dataset *e =
            column
                ? rt_dataset_compute(d, "e", column, cases[i].text, NULL, &err)
                : rt_dataset_filter(d, "e", cases[i].text, NULL, &err);
        assert_null(e);
        rt_assert_error(&err, cases[i].code, cases[i].says);
    }
    rt_dataset_unref(d);
}

static void nan_is_no_yes(void **state)
{
    (void)state;
    struct rt_dataset *d = data();
    struct rt_dataset *e =
        rt_dataset_filter(d, "e", "log(x[:, 1] + 2)", NULL, &err);
    assert_non_null(e);
    /* i = 0: log 2; i = 1: log 1 = 0; i = 2: -inf; then NaN */
    assert_int_equal(e->n_rows, 2);
    rt_dataset_unref(e);
    rt_dataset_unref(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_is_computed_for_every_row),
        cmocka_unit_test(picked_rows_keep_their_columns_together),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(nan_is_no_yes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
