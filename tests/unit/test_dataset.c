#include "support.h"

#include "base/mem.h"
#include "data/dataset.h"
#include "data/transform.h"

#include <math.h>

static const struct rt_shape NUMBER = { .rank = 0 };

/* pictures x (n,2,2) of bytes 0, 1, 2, ... and numbers y = row */
static struct rt_dataset *small(size_t n)
{
    struct rt_dataset *d = rt_dataset_new("small", n, "test");
    uint8_t *x = rt_xmalloc(4 * n);
    int32_t *y = rt_xmalloc(n * sizeof *y);
    for (size_t i = 0; i < 4 * n; i++)
        x[i] = (uint8_t)i;
    for (size_t i = 0; i < n; i++)
        y[i] = (int32_t)i;
    struct rt_err err = RT_ERR_INIT;
    struct rt_shape row = RT_SHAPE(2, 2);
    rt_assert_ok(
        rt_dataset_add_column(d, "x", RT_U8, &row, n, x, NULL, 0, &err), &err);
    rt_assert_ok(
        rt_dataset_add_column(d, "y", RT_I32, &NUMBER, n, y, NULL, 0, &err),
        &err);
    return d;
}

static const struct rt_column *column(const struct rt_dataset *d,
                                      const char *name)
{
    struct rt_err err = RT_ERR_INIT;
    const struct rt_column *c = rt_dataset_column(d, name, &err);
    if (!c)
        fail_msg("%s", err.text);
    return c;
}

static void every_type_is_gathered_as_floats(void **state)
{
    (void)state;
    const int8_t i8[] = { -128, 127, 3 };
    const int16_t i16[] = { -32768, 32767, 3 };
    const int64_t i64[] = { -5, 1 << 20, 3 };
    const float f32[] = { 0.5f, -1e30f, 3 };
    const double f64[] = { 0.25, 1e300, 3 };
    const struct {
        enum rt_dtype type;
        const void *v;
        double want[3];
    } cases[] = {
        { RT_I8, i8, { -128, 127, 3 } },
        { RT_I16, i16, { -32768, 32767, 3 } },
        { RT_I64, i64, { -5, 1 << 20, 3 } },
        { RT_F32, f32, { 0.5, (double)-1e30f, 3 } },
        { RT_F64, f64, { 0.25, INFINITY, 3 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_dataset *d = rt_dataset_new("d", 3, NULL);
        void *v = rt_xmemdup(cases[i].v, 3 * rt_dtype_size(cases[i].type));
        float out[3];
        assert_int_equal(rt_dataset_add_column(d, "x", cases[i].type, &NUMBER,
                                               3, v, NULL, 0, NULL),
                         0);
        rt_dataset_gather(d, column(d, "x"), NULL, 0, 3, out);
        for (int j = 0; j < 3; j++)
            assert_true((double)out[j] == cases[i].want[j]);
        rt_dataset_unref(d);
    }
}

static void types_have_sizes_and_names(void **state)
{
    (void)state;
    assert_int_equal(rt_dtype_size(RT_U8), 1);
    assert_int_equal(rt_dtype_size(RT_F64), 8);
    assert_string_equal(rt_dtype_name(RT_F32), "float32");
    assert_string_equal(rt_dtype_name(RT_I64), "int64");
}

static void a_column_is_refused_twice_and_with_other_rows(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = small(3);
    int status = rt_dataset_add_column(d, "x", RT_U8, &NUMBER, 3, rt_xmalloc(3),
                                       NULL, 0, &err);
    assert_int_equal(status, RT_EEXIST);
    rt_assert_error(&err, RT_EEXIST, "data 'small' has a column 'x' already");
    char **classes = rt_xcalloc(1, sizeof *classes);
    classes[0] = rt_xstrdup("cat"); /* freed on the error, as is the data */
    status = rt_dataset_add_column(d, "z", RT_U8, &NUMBER, 2, rt_xmalloc(2),
                                   classes, 1, &err);
    assert_int_equal(status, RT_ESHAPE);
    rt_assert_error(&err, RT_ESHAPE,
                    "column 'z' has 2 rows, data 'small' has 3");
    rt_dataset_unref(d);
}

static void an_unknown_column_gets_the_nearest_name(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = small(1);
    free(d->cols[1]->name);
    d->cols[1]->name = rt_xstrdup("species");
    assert_null(rt_dataset_column(d, "specis", &err));
    rt_assert_error(&err, RT_ENOENT, "has no column 'specis'; did you mean");
    rt_assert_error(&err, RT_ENOENT, "species");
    rt_dataset_unref(d);
}

static void rows_are_picked_by_number_and_again(void **state)
{
    (void)state;
    struct rt_dataset *d = small(10);
    const uint32_t odd[] = { 1, 3, 5, 7, 9 }, some[] = { 4, 0, 2 };
    struct rt_dataset *a = rt_dataset_pick(d, "odd", odd, 5, NULL);
    struct rt_dataset *b = rt_dataset_pick(a, "some", some, 3, NULL);
    rt_dataset_unref(d); /* parts keep the memory they need */
    rt_dataset_unref(a);
    float y[3], x[12];
    rt_dataset_gather(b, column(b, "y"), NULL, 0, 3, y);
    assert_true(y[0] == 9 && y[1] == 1 && y[2] == 5);
    const uint32_t last[] = { 2 };
    rt_dataset_gather(b, column(b, "x"), last, 0, 1, x);
    assert_true(x[0] == 20 && x[3] == 23);
    assert_int_equal(b->n_rows, 3);
    assert_string_equal(b->name, "some");
    rt_dataset_unref(b);
}

static void neighbours_picked_stay_one_piece(void **state)
{
    (void)state;
    struct rt_dataset *d = small(10);
    const uint32_t end[] = { 6, 7, 8, 9 };
    struct rt_dataset *p = rt_dataset_pick(d, "val", end, 4, NULL);
    assert_null(p->rows);
    float y[2];
    rt_dataset_gather(p, column(p, "y"), NULL, 2, 2, y);
    assert_true(y[0] == 8 && y[1] == 9);
    assert_ptr_equal(rt_column_row(p, column(p, "x"), 0),
                     rt_column_row(d, column(d, "x"), 6));
    rt_dataset_unref(p);
    rt_dataset_unref(d);
}

static void a_row_that_is_not_there_is_refused(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = small(10);
    const uint32_t rows[] = { 3, 10 };
    assert_null(rt_dataset_pick(d, "p", rows, 2, &err));
    rt_assert_error(&err, RT_EINVAL,
                    "data 'small': row 10 wanted, its rows are 0..9");
    assert_null(rt_dataset_pick(d, "p", rows, 0, &err));
    rt_assert_error(&err, RT_EINVAL, "no rows picked");
    rt_dataset_unref(d);
}

static void a_copy_changes_without_the_original(void **state)
{
    (void)state;
    struct rt_dataset *d = small(2);
    const char *x = "x", *y = "y";
    rt_dataset_bind(d, "in", &x, 1, NULL);
    struct rt_dataset *scaled = rt_scale(d, NULL, 0.5, NULL, NULL, 0, NULL);
    rt_dataset_bind(scaled, "in", &y, 1, NULL);
    assert_int_equal(column(d, "x")->n_steps, 0);
    assert_int_equal(column(scaled, "x")->n_steps, 1);
    assert_string_equal(d->bindings[0].cols[0], "x");
    assert_string_equal(scaled->bindings[0].cols[0], "y");
    assert_int_equal(scaled->n_bindings, 1);
    rt_dataset_unref(scaled);
    rt_dataset_unref(d);
}

static void bind_refuses_columns_that_are_not_there(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = small(2);
    const char *cols[] = { "x", "z" };
    assert_int_equal(rt_dataset_bind(d, "img", cols, 2, &err), RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT, "bind img: data 'small' has no column");
    assert_int_equal(d->n_bindings, 0);
    rt_dataset_unref(d);
}

/* The same numbers by every way a gather can take. */
static void gather_agrees_on_all_paths(void **state)
{
    (void)state;
    enum { N = 3000 }; /* more than one tile */
    struct rt_dataset *d = small(N);
    struct rt_dataset *one = rt_scale(d, NULL, 1 / 255.0, NULL, NULL, 0, NULL);
    struct rt_dataset *two = rt_scale(one, NULL, 2, NULL, NULL, 0, NULL);
    static uint32_t back[N];
    static float x[4 * N], fast[4 * N], slow[4 * N];
    for (uint32_t i = 0; i < N; i++)
        back[i] = N - 1 - i;
    rt_dataset_gather(d, column(d, "x"), back, 0, N, x);
    rt_dataset_gather(one, column(one, "x"), back, 0, N, fast);
    rt_dataset_gather(two, column(two, "x"), back, 0, N, slow);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < 4; j++) {
            float want = (float)(uint8_t)(4 * (N - 1 - i) + j);
            assert_true(x[4 * i + j] == want);
            rt_assert_close((double)fast[4 * i + j], (double)want / 255, 1e-7);
            rt_assert_close((double)slow[4 * i + j], (double)want / 127.5,
                            2e-7);
        }
    rt_dataset_unref(two);
    rt_dataset_unref(one);
    rt_dataset_unref(d);
}

/* A mask of a picture: class numbers in rows wider than a tile. */
static void wide_rows_change_their_shape(void **state)
{
    (void)state;
    enum { W = 5000 };
    struct rt_dataset *d = rt_dataset_new("masks", 2, NULL);
    uint8_t *v = rt_xcalloc(2, W);
    v[W + 7] = 2;
    struct rt_shape row = RT_SHAPE(W);
    rt_dataset_add_column(d, "y", RT_U8, &row, 2, v, NULL, 0, NULL);
    struct rt_dataset *hot = rt_onehot(d, "y", 0, NULL, NULL);
    struct rt_shape shape = rt_column_shape(column(hot, "y"));
    struct rt_shape want = RT_SHAPE(W, 3);
    assert_true(rt_shape_equal(&shape, &want));
    static float out[2 * W * 3];
    rt_dataset_gather(hot, column(hot, "y"), NULL, 0, 2, out);
    for (int i = 0; i < 2 * W; i++) {
        int class = i == W + 7 ? 2 : 0;
        for (int k = 0; k < 3; k++)
            assert_true(out[3 * i + k] == (k == class));
    }
    rt_dataset_unref(hot);
    rt_dataset_unref(d);
}

static void hash_is_of_contents_and_transforms(void **state)
{
    (void)state;
    struct rt_dataset *a = small(20), *b = small(20);
    uint64_t h = rt_dataset_hash(a);
    assert_true(h != 0 && h == rt_dataset_hash(b));
    /* picked rows are what they hold */
    uint32_t rows[20];
    for (uint32_t i = 0; i < 20; i++)
        rows[i] = i;
    struct rt_dataset *same = rt_dataset_pick(a, "other", rows, 20, NULL);
    assert_true(rt_dataset_hash(same) == h);
    rows[3] = 4;
    rows[4] = 3;
    struct rt_dataset *swapped = rt_dataset_pick(a, "p", rows, 20, NULL);
    assert_true(rt_dataset_hash(swapped) != h);
    struct rt_dataset *fewer = rt_dataset_pick(a, "p", rows, 19, NULL);
    assert_true(rt_dataset_hash(fewer) != rt_dataset_hash(swapped));
    struct rt_dataset *scaled = rt_scale(a, NULL, 0.5, NULL, NULL, 0, NULL);
    assert_true(rt_dataset_hash(scaled) != h);
    struct rt_dataset *twin = small(20);
    uint8_t *bytes =
        (uint8_t *)(uintptr_t)rt_column_row(twin, column(twin, "x"), 19);
    bytes[3] ^= 1;
    assert_true(rt_dataset_hash(twin) != h);
    struct rt_dataset *all[] = { a, b, same, swapped, fewer, scaled, twin };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        rt_dataset_unref(all[i]);
}

static void bytes_are_counted(void **state)
{
    (void)state;
    struct rt_dataset *d = small(10);
    assert_int_equal(rt_dataset_bytes(d), 10 * 4 + 10 * 4);
    const uint32_t rows[] = { 5, 1 };
    struct rt_dataset *p = rt_dataset_pick(d, "p", rows, 2, NULL);
    assert_int_equal(rt_dataset_bytes(p), 80 + 2 * 4);
    rt_dataset_unref(p);
    rt_dataset_unref(d);
    rt_dataset_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_gathered_as_floats),
        cmocka_unit_test(types_have_sizes_and_names),
        cmocka_unit_test(a_column_is_refused_twice_and_with_other_rows),
        cmocka_unit_test(an_unknown_column_gets_the_nearest_name),
        cmocka_unit_test(rows_are_picked_by_number_and_again),
        cmocka_unit_test(neighbours_picked_stay_one_piece),
        cmocka_unit_test(a_row_that_is_not_there_is_refused),
        cmocka_unit_test(a_copy_changes_without_the_original),
        cmocka_unit_test(bind_refuses_columns_that_are_not_there),
        cmocka_unit_test(gather_agrees_on_all_paths),
        cmocka_unit_test(wide_rows_change_their_shape),
        cmocka_unit_test(hash_is_of_contents_and_transforms),
        cmocka_unit_test(bytes_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
