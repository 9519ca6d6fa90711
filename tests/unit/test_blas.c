/* Products against plain double arithmetic; bits against the thread count. */
#include "base/pool.h"
#include "base/rng.h"
#include "graph/blas.h"
#include "support.h"

#include <math.h>

enum { MOST = 1 << 19 };
static float a[MOST], b[MOST], c[MOST], was[MOST];

static int begin(void **state)
{
    struct rt_key key = rt_key_make(2, RT_FOR_TEST);
    (void)state;
    rt_blas_start();
    rt_rng_normal(key, 0, a, MOST);
    rt_rng_normal(key, MOST, b, MOST);
    rt_rng_normal(key, 2 * MOST, was, MOST);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rt_pool_stop();
    return 0;
}

static void check(bool ta, bool tb, int m, int n, int k, float alpha,
                  float beta)
{
    int lda = (ta ? m : k) + 1, ldb = (tb ? k : n) + 2, ldc = n + 3;
    memcpy(c, was, sizeof c);
    rt_gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            double sum = 0, size = 0;
            for (int l = 0; l < k; l++) {
                double x = (double)(ta ? a[l * lda + i] : a[i * lda + l]);
                double y = (double)(tb ? b[j * ldb + l] : b[l * ldb + j]);
                sum += x * y;
                size += fabs(x * y);
            }
            double old = (double)(beta * was[i * ldc + j]);
            double got = (double)c[i * ldc + j];
            if (!(fabs(got - ((double)alpha * sum + old)) <=
                  1e-6 * (size + fabs(old) + 1)))
                fail_msg("%d%d %dx%dx%d at %d,%d: %g, want %g", ta, tb, m, n, k,
                         i, j, got, (double)alpha * sum + old);
        }
    /* what lies between the rows of C stays */
    for (int i = 0; i < m; i++)
        assert_memory_equal(c + i * ldc + n, was + i * ldc + n, 3 * sizeof *c);
}

static void products_are_right_for_all_shapes_of_tiles(void **state)
{
    static const int shapes[][3] = {
        { 1, 1, 1 },      { 1, 256, 200 },  { 4, 33, 70 },    { 7, 65, 129 },
        { 32, 256, 300 }, { 65, 130, 257 }, { 100, 10, 128 }, { 33, 70, 976 },
        { 70, 33, 1200 }, { 25, 65, 1400 }, { 8, 8, 4000 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int t = 0; t < 4; t++)
            check(t & 1, t & 2, shapes[i][0], shapes[i][1], shapes[i][2], 1, 0);
    check(false, false, 33, 65, 70, 0.5f, 1);
    check(true, false, 33, 65, 70, 2, -1);
    check(false, true, 33, 65, 70, 1, 1);
    check(false, false, 1, 260, 700, 1, 1);
    check(true, false, 13, 260, 700, 1, 1);
}

/* The gradient of a narrow layer over many rows: more work than C has tiles. */
static void a_small_product_of_a_long_sum_is_not_cut_to_nothing(void **state)
{
    static const int sides[] = { 16, 30 };
    enum { K = 150000 };
    (void)state;
    for (int s = 0; s < 2; s++) {
        int n = sides[s];
        size_t count = (size_t)K * (size_t)n;
        float *x = malloc(count * sizeof *x);
        for (size_t i = 0; i < count; i++)
            x[i] = 1;
        rt_gemm(true, false, n, n, K, 1, x, n, x, n, 0, c, n);
        for (int i = 0; i < n * n; i++)
            assert_true(c[i] == K);
        free(x);
    }
}

/* beta = 0 overwrites whatever was there. */
/* One float sum of it is off by some 0.3 %. */
static void a_long_sum_keeps_its_digits(void **state)
{
    (void)state;
    enum { K = 250000 };
    static float x[K], one[K], y;
    for (int i = 0; i < K; i++) {
        x[i] = 0.1f;
        one[i] = 1;
    }
    rt_gemm(true, false, 1, 1, K, 1, x, 1, one, 1, 0, &y, 1);
    rt_assert_close(y / (K * (double)0.1f), 1, 2e-5);
}

static void old_numbers_that_are_not_finite_do_not_matter(void **state)
{
    (void)state;
    for (int i = 0; i < 64 * 64; i++)
        c[i] = NAN;
    rt_gemm(false, false, 64, 64, 64, 1, a, 64, b, 64, 0, c, 64);
    for (int i = 0; i < 64 * 64; i++)
        assert_true(isfinite(c[i]));
}

static void bits_do_not_depend_on_the_thread_count(void **state)
{
    static const int shapes[][3] = {
        { 128, 256, 784 },
        { 1024, 32, 288 },
        { 512, 512, 512 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int t = 0; t < 4; t++) {
            int m = shapes[i][0], n = shapes[i][1], k = shapes[i][2];
            bool ta = t & 1, tb = t & 2;
            size_t size = (size_t)m * (size_t)n * sizeof *c;
            for (int threads = 1; threads <= 2; threads++) {
                rt_pool_threads(threads);
                rt_gemm(ta, tb, m, n, k, 1, a, ta ? m : k, b, tb ? k : n, 0, c,
                        n);
                if (threads == 1)
                    memcpy(was, c, size);
                else
                    assert_memory_equal(c, was, size);
            }
        }
}

static void bits_do_not_depend_on_alignment(void **state)
{
    enum { M = 32, U = 100, F = 300 };
    (void)state;
    rt_gemm(false, false, M, U, F, 1, a, F, b, U, 0, was, U);
    for (int by = 1; by < 16; by += 2) {
        static float a2[M * F + 16], b2[F * U + 16];
        memcpy(a2 + by, a, M * F * sizeof *a);
        memcpy(b2 + 16 - by, b, F * U * sizeof *b);
        rt_gemm(false, false, M, U, F, 1, a2 + by, F, b2 + 16 - by, U, 0,
                c + by, U);
        assert_memory_equal(c + by, was, M * U * sizeof *c);
    }
}

/* C = A B for rows m0.. of A alone. */
static void some_rows(int m0, int m, int n, int k, float *to)
{
    rt_gemm(false, false, m, n, k, 1, a + m0 * k, k, b, n, 0, to + m0 * n, n);
}

static void a_row_gives_the_same_alone_and_in_a_batch(void **state)
{
    enum { M = 37, K = 600 };
    static const int widths[] = { 10, 64, 100, 256, 300 };
    (void)state;
    for (int w = 0; w < 5; w++) {
        int n = widths[w];
        some_rows(0, M, n, K, was);
        for (int r = 0; r < M; r++)
            some_rows(r, 1, n, K, c);
        assert_memory_equal(c, was, (size_t)(M * n) * sizeof *c);
        some_rows(0, 20, n, K, c);
        some_rows(20, M - 20, n, K, c);
        assert_memory_equal(c, was, (size_t)(M * n) * sizeof *c);
    }
}

/* Zeros are left out where there are many; every sum is still in order, so it
 * must be that of plain loops in the same order and precision. */
static void leaving_zeros_out_changes_no_bit(void **state)
{
    enum { M = 50, N = 70, K = 600 };
    static float sparse[K * M], dense[M * N];
    struct rt_key key = rt_key_make(8, RT_FOR_TEST);
    (void)state;
    for (int ta = 0; ta < 2; ta++) {
        for (int i = 0; i < K * M; i++)
            sparse[i] = rt_rng_word(key, (uint64_t)i) % 16 ? 0 : a[i];
        rt_gemm(ta, false, M, N, K, 1, sparse, ta ? M : K, b, N, 0, c, N);
        /* as many ones as make it dense, in rows of their own */
        static float more[2 * K * M], result[2 * M * N];
        int lda = ta ? 2 * M : K;
        for (int r = 0; r < 2 * M; r++)
            for (int k = 0; k < K; k++)
                more[ta ? k * lda + r : r * lda + k] =
                    r < M ? sparse[ta ? k * M + r : r * K + k] : 1;
        rt_gemm(ta, false, 2 * M, N, K, 1, more, lda, b, N, 0, result, N);
        memcpy(dense, result, sizeof dense);
        assert_memory_equal(c, dense, sizeof dense);
    }
}

static void the_library_has_a_name_and_a_file(void **state)
{
    (void)state;
    assert_non_null(strstr(rt_blas_name(), "OpenBLAS 0."));
    assert_non_null(strstr(rt_blas_file(), "openblas"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_right_for_all_shapes_of_tiles),
        cmocka_unit_test(a_small_product_of_a_long_sum_is_not_cut_to_nothing),
        cmocka_unit_test(a_long_sum_keeps_its_digits),
        cmocka_unit_test(old_numbers_that_are_not_finite_do_not_matter),
        cmocka_unit_test(bits_do_not_depend_on_the_thread_count),
        cmocka_unit_test(bits_do_not_depend_on_alignment),
        cmocka_unit_test(a_row_gives_the_same_alone_and_in_a_batch),
        cmocka_unit_test(leaving_zeros_out_changes_no_bit),
        cmocka_unit_test(the_library_has_a_name_and_a_file),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
