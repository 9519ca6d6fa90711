#include "support.h"

#include "base/mem.h"
#include "base/pool.h"
#include "data/batch.h"
#include "data/transform.h"

#include <math.h>

/* x (n,3) floats 10 row + 0..2, y numbers = row, b (n,1) bytes = row % 256 */
static struct rt_dataset *rows(size_t n)
{
    struct rt_dataset *d = rt_dataset_new("d", n, NULL);
    float *x = rt_xmalloc(3 * n * sizeof *x);
    int32_t *y = rt_xmalloc(n * sizeof *y);
    uint8_t *b = rt_xmalloc(n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < 3; j++)
            x[3 * i + j] = (float)(10 * i + j);
        y[i] = (int32_t)i;
        b[i] = (uint8_t)i;
    }
    struct rt_shape row = RT_SHAPE(3), one = RT_SHAPE(1);
    struct rt_shape number = { .rank = 0 };
    rt_dataset_add_column(d, "x", RT_F32, &row, n, x, NULL, 0, NULL);
    rt_dataset_add_column(d, "y", RT_I32, &number, n, y, NULL, 0, NULL);
    rt_dataset_add_column(d, "b", RT_U8, &one, n, b, NULL, 0, NULL);
    return d;
}

static struct rt_feed feed(const struct rt_dataset *d, const char *a,
                           const char *b)
{
    struct rt_feed f = { .n_cols = b ? 2 : 1 };
    f.cols[0] = rt_dataset_column(d, a, NULL);
    f.row = rt_column_shape(f.cols[0]);
    if (b) {
        f.cols[1] = rt_dataset_column(d, b, NULL);
        struct rt_shape s = rt_column_shape(f.cols[1]);
        f.row.dim[f.row.rank - 1] += s.dim[s.rank - 1];
    }
    return f;
}

static struct rt_batches *batches(struct rt_dataset *d, const struct rt_feed *f,
                                  int n_feeds, int size, bool shuffle)
{
    struct rt_batches_spec spec = {
        .data = d,
        .n = d->n_rows,
        .feeds = f,
        .n_feeds = n_feeds,
        .size = size,
        .shuffle = shuffle,
        .key = rt_key_make(1, RT_FOR_SHUFFLE),
    };
    struct rt_err err = RT_ERR_INIT;
    struct rt_batches *b = rt_batches_new(&spec, &err);
    if (!b)
        fail_msg("%s", err.text);
    return b;
}

static void unshuffled_batches_come_in_order(void **state)
{
    (void)state;
    struct rt_dataset *d = rows(10);
    struct rt_feed f[] = { feed(d, "x", NULL), feed(d, "y", NULL) };
    struct rt_batches *b = batches(d, f, 2, 4, false);
    const int want[] = { 4, 4, 2, 0, 0 };
    const float *v[2];
    float at = 0;
    assert_int_equal(rt_batches_count(b), 3);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(rt_batches_next(b, v), want[i]);
        for (int r = 0; r < want[i]; r++, at++) {
            assert_true(v[0][3 * r] == 10 * at &&
                        v[0][3 * r + 2] == 10 * at + 2);
            assert_true(v[1][r] == at);
            assert_int_equal(rt_batches_rows(b)[r], (uint32_t)at);
        }
    }
    rt_batches_free(b);
    rt_dataset_unref(d);
}

static void float_columns_in_order_are_not_copied(void **state)
{
    (void)state;
    struct rt_dataset *d = rows(10);
    struct rt_feed f = feed(d, "x", NULL);
    struct rt_batches *b = batches(d, &f, 1, 4, false);
    const float *v;
    rt_batches_next(b, &v);
    rt_batches_next(b, &v);
    assert_ptr_equal(v, rt_column_row(d, f.cols[0], 4));
    rt_batches_free(b);
    rt_dataset_unref(d);
}

static void an_epoch_is_a_permutation_of_key_and_number(void **state)
{
    (void)state;
    enum { N = 103, SIZE = 16 };
    struct rt_dataset *d = rows(N);
    struct rt_feed f[] = { feed(d, "y", NULL), feed(d, "x", NULL) };
    struct rt_batches *a = batches(d, f, 2, SIZE, true);
    struct rt_batches *b = batches(d, f, 2, SIZE, true);
    uint32_t order[2][N];
    for (int epoch = 0; epoch < 2; epoch++) {
        char seen[N] = { 0 };
        const float *v[2];
        size_t at = 0;
        rt_batches_begin(a, epoch, 0);
        for (int n; (n = rt_batches_next(a, v)) > 0; at += (size_t)n)
            for (int r = 0; r < n; r++) {
                uint32_t row = rt_batches_rows(a)[r];
                order[epoch][at + (size_t)r] = row;
                assert_int_equal(seen[row]++, 0);
                assert_true(v[0][r] == (float)row);
                assert_true(v[1][3 * r + 1] == (float)(10 * row + 1));
            }
        assert_int_equal(at, N);
    }
    assert_memory_not_equal(order[0], order[1], sizeof order[0]);
    /* going on in the middle of epoch 1, without epoch 0 */
    const float *v[2];
    rt_batches_begin(b, 1, 3);
    assert_int_equal(rt_batches_next(b, v), SIZE);
    assert_memory_equal(rt_batches_rows(b), order[1] + 3 * SIZE,
                        SIZE * sizeof(uint32_t));
    rt_batches_begin(b, 1, rt_batches_count(b));
    assert_int_equal(rt_batches_next(b, v), 0);
    rt_batches_free(a);
    rt_batches_free(b);
    rt_dataset_unref(d);
}

static void a_range_of_rows_is_kept_to(void **state)
{
    (void)state;
    struct rt_dataset *d = rows(20);
    struct rt_feed f = feed(d, "y", NULL);
    struct rt_batches_spec spec = {
        .data = d,
        .from = 15,
        .n = 5,
        .feeds = &f,
        .n_feeds = 1,
        .size = 3,
        .shuffle = true,
        .key = rt_key_make(2, RT_FOR_SHUFFLE),
    };
    struct rt_batches *b = rt_batches_new(&spec, NULL);
    const float *v;
    int seen[20] = { 0 }, total = 0;
    for (int n; (n = rt_batches_next(b, &v)) > 0; total += n)
        for (int r = 0; r < n; r++)
            seen[(int)v[r]]++;
    assert_int_equal(total, 5);
    for (int i = 15; i < 20; i++)
        assert_int_equal(seen[i], 1);
    rt_batches_free(b);
    rt_dataset_unref(d);
}

static void columns_are_joined_along_the_last_axis(void **state)
{
    (void)state;
    struct rt_dataset *d = rows(6);
    struct rt_feed f = feed(d, "b", "x");
    struct rt_batches *b = batches(d, &f, 1, 4, true);
    const float *v;
    for (int n; (n = rt_batches_next(b, &v)) > 0;)
        for (int r = 0; r < n; r++) {
            float row = (float)rt_batches_rows(b)[r];
            assert_true(v[4 * r] == row && v[4 * r + 1] == 10 * row &&
                        v[4 * r + 3] == 10 * row + 2);
        }
    rt_batches_free(b);
    rt_dataset_unref(d);
}

/* (2,3) beside (2,1) is (2,4): line by line, not one after the other. */
static void sequences_are_joined_step_by_step(void **state)
{
    (void)state;
    const float p[] = { 1, 2, 3, 4, 5, 6 }, q[] = { 7, 8 };
    const float want[] = { 1, 2, 3, 7, 4, 5, 6, 8 };
    struct rt_dataset *d = rt_dataset_new("d", 1, NULL);
    struct rt_shape wide = RT_SHAPE(2, 3), thin = RT_SHAPE(2, 1);
    rt_dataset_add_column(d, "p", RT_F32, &wide, 1, rt_xmemdup(p, sizeof p),
                          NULL, 0, NULL);
    rt_dataset_add_column(d, "q", RT_F32, &thin, 1, rt_xmemdup(q, sizeof q),
                          NULL, 0, NULL);
    struct rt_feed f = feed(d, "p", "q");
    struct rt_batches *b = batches(d, &f, 1, 32, false);
    const float *v;
    assert_int_equal(rt_batches_next(b, &v), 1);
    assert_memory_equal(v, want, sizeof want);
    rt_batches_free(b);
    rt_dataset_unref(d);
}

/* Pictures large enough to be gathered in chunks by the pool. */
static void chunks_change_nothing(void **state)
{
    (void)state;
    enum { N = 10, W = 70000 };
    struct rt_dataset *d = rt_dataset_new("d", N, NULL);
    uint8_t *x = rt_xmalloc((size_t)N * W);
    for (size_t i = 0; i < (size_t)N * W; i++)
        x[i] = (uint8_t)(i * 7 + i / W);
    struct rt_shape row = RT_SHAPE(W);
    rt_dataset_add_column(d, "x", RT_U8, &row, N, x, NULL, 0, NULL);
    struct rt_dataset *s = rt_scale(d, NULL, 1 / 255.0, NULL, NULL, 0, NULL);
    struct rt_feed f = feed(s, "x", NULL);
    float *one = rt_xmalloc((size_t)N * W * sizeof *one);
    for (int threads = 1; threads <= 2; threads++) {
        rt_pool_threads(threads);
        struct rt_batches *b = batches(s, &f, 1, N, true);
        const float *v;
        assert_int_equal(rt_batches_next(b, &v), N);
        if (threads == 1)
            memcpy(one, v, (size_t)N * W * sizeof *one);
        else
            assert_memory_equal(one, v, (size_t)N * W * sizeof *one);
        uint32_t first = rt_batches_rows(b)[0];
        rt_assert_close((double)v[5],
                        (uint8_t)((first * W + 5) * 7 + first) / 255.0, 1e-6);
        rt_batches_free(b);
    }
    rt_pool_stop();
    free(one);
    rt_dataset_unref(s);
    rt_dataset_unref(d);
}

static void the_data_set_outlives_its_session(void **state)
{
    (void)state;
    struct rt_dataset *d = rows(4);
    struct rt_feed f = feed(d, "y", NULL);
    struct rt_batches *b = batches(d, &f, 1, 4, false);
    rt_dataset_unref(d);
    const float *v;
    assert_int_equal(rt_batches_next(b, &v), 4);
    assert_true(v[3] == 3);
    rt_batches_free(b);
    rt_batches_free(NULL);
}

static void wrong_sizes_are_refused(void **state)
{
    (void)state;
    struct rt_dataset *d = rows(4);
    struct rt_feed f = feed(d, "y", NULL);
    const struct {
        size_t from, n;
        int size;
        const char *text;
    } cases[] = {
        { 0, 4, 0, "batch_size is 0, want at least 1" },
        { 0, 0, 2, "data 'd': 0 rows from 0 wanted, it has 4" },
        { 2, 3, 2, "data 'd': 3 rows from 2 wanted, it has 4" },
        { 5, 1, 2, "1 rows from 5 wanted" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_batches_spec spec = { .data = d,
                                        .from = cases[i].from,
                                        .n = cases[i].n,
                                        .feeds = &f,
                                        .n_feeds = 1,
                                        .size = cases[i].size };
        assert_null(rt_batches_new(&spec, &err));
        rt_assert_error(&err, RT_EINVAL, cases[i].text);
    }
    rt_dataset_unref(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unshuffled_batches_come_in_order),
        cmocka_unit_test(float_columns_in_order_are_not_copied),
        cmocka_unit_test(an_epoch_is_a_permutation_of_key_and_number),
        cmocka_unit_test(a_range_of_rows_is_kept_to),
        cmocka_unit_test(columns_are_joined_along_the_last_axis),
        cmocka_unit_test(sequences_are_joined_step_by_step),
        cmocka_unit_test(chunks_change_nothing),
        cmocka_unit_test(the_data_set_outlives_its_session),
        cmocka_unit_test(wrong_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
