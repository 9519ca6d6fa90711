/* Vector kernels: every table this machine can run, against libm and plain
 * double arithmetic, at every alignment. */
#include "graph/kern.h"
#include "support.h"

#include <math.h>

enum { N = 4099 };

static const struct rt_kern *tables[3];
static int n_tables;

/* The tables below the chosen one run here too. */
static int list_tables(void **state)
{
    static const struct rt_kern *const all[] = { &rt_kern_base, &rt_kern_avx2,
                                                 &rt_kern_avx512 };
    (void)state;
    do
        tables[n_tables] = all[n_tables];
    while (tables[n_tables++] != rt_kern());
    return 0;
}

static float x[N + 64], y[N + 64], z[N + 64], want[N + 64];

static void draw(float *v, float lo, float hi, uint64_t stream)
{
    struct rt_key key = rt_key_int(rt_key_make(1, RT_FOR_TEST), stream);
    rt_rng_uniform(key, 0, v, N);
    for (int i = 0; i < N; i++)
        v[i] = lo + (hi - lo) * v[i];
}

/* ---- accuracy -------------------------------------------------------------*/

static double sigmoid(double v)
{
    return 1 / (1 + exp(-v));
}

static double softplus(double v)
{
    return (v > 0 ? v : 0) + log1p(exp(-fabs(v)));
}

static double elu(double v)
{
    return v >= 0 ? v : expm1(v);
}

static double ulps(float got, double exact)
{
    float near = fabsf((float)exact);
    return fabs((double)got - exact) /
           (double)(nextafterf(near, INFINITY) - near);
}

static void functions_are_accurate_to_a_few_ulp(void **state)
{
    static const struct {
        enum rt_unary f;
        double (*exact)(double);
        float lo, hi;
        double most;
    } cases[] = {
        { RT_UNARY_exp, exp, -87, 88.7f, 1.5 },
        { RT_UNARY_exp, exp, -1, 1, 1.5 },
        { RT_UNARY_log, log, 1e-6f, 2, 1.5 },
        { RT_UNARY_log, log, 1, 1e30f, 1.5 },
        { RT_UNARY_tanh, tanh, -10, 10, 1.5 },
        { RT_UNARY_tanh, tanh, -1, 1, 1.5 },
        { RT_UNARY_sigmoid, sigmoid, -80, 20, 3 },
        { RT_UNARY_sigmoid, sigmoid, -4, 4, 3 },
        { RT_UNARY_softplus, softplus, -80, 80, 3 },
        { RT_UNARY_softplus, softplus, -3, 3, 3 },
        { RT_UNARY_elu, elu, -80, 1, 1.5 },
        { RT_UNARY_elu, elu, -1, 1, 1.5 },
    };
    (void)state;
    for (int t = 0; t < n_tables; t++)
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
            for (uint64_t part = 0; part < 16; part++) {
                draw(x, cases[c].lo, cases[c].hi, part);
                tables[t]->unary(cases[c].f, x, y, N, 1);
                for (int i = 0; i < N; i++) {
                    double off = ulps(y[i], cases[c].exact((double)x[i]));
                    if (!(off <= cases[c].most))
                        fail_msg("%s function %d at %.9g: %g ulp off",
                                 tables[t]->isa, cases[c].f, (double)x[i], off);
                }
            }
}

static void functions_meet_their_limits(void **state)
{
    (void)state;
    for (int t = 0; t < n_tables; t++) {
        const struct rt_kern *k = tables[t];
        float v[] = { INFINITY, -INFINITY, NAN, 0, 1000, -1000 };
        float r[6];
        k->unary(RT_UNARY_exp, v, r, 6, 0);
        assert_true(r[0] == INFINITY && r[1] == 0 && isnan(r[2]) && r[3] == 1 &&
                    r[4] == INFINITY && r[5] == 0);
        k->unary(RT_UNARY_log, v, r, 6, 0);
        assert_true(r[0] == INFINITY && isnan(r[1]) && isnan(r[2]) &&
                    r[3] == -INFINITY && isnan(r[5]));
        k->unary(RT_UNARY_tanh, v, r, 6, 0);
        assert_true(r[0] == 1 && r[1] == -1 && isnan(r[2]) && r[3] == 0 &&
                    r[4] == 1 && r[5] == -1);
        k->unary(RT_UNARY_sigmoid, v, r, 6, 0);
        assert_true(r[0] == 1 && r[1] == 0 && isnan(r[2]) && r[3] == 0.5f &&
                    r[4] == 1 && r[5] == 0);
        k->unary(RT_UNARY_relu, v, r, 6, 0);
        assert_true(r[0] == INFINITY && r[1] == 0 && isnan(r[2]) && r[3] == 0 &&
                    r[4] == 1000 && r[5] == 0);
        k->unary(RT_UNARY_softplus, v, r, 6, 0);
        assert_true(r[0] == INFINITY && r[1] == 0 && isnan(r[2]) &&
                    r[4] == 1000 && r[5] == 0);
    }
}

static void slopes_at_kinks_are_those_of_tensorflow(void **state)
{
    (void)state;
    for (int t = 0; t < n_tables; t++) {
        const struct rt_kern *k = tables[t];
        float zero = 0, one = 1, dx, da, db, at[] = { -1, 1 }, slope[2];
        k->unary_back(RT_UNARY_relu, &zero, &zero, &one, &dx, 1, 0);
        assert_true(dx == 0);
        k->unary_back(RT_UNARY_abs, &zero, &zero, &one, &dx, 1, 0);
        assert_true(dx == 0);
        k->clip_back(at, (const float[]){ 1, 1 }, slope, 2, -1, 1);
        assert_true(slope[0] == 1 && slope[1] == 1);
        k->binary_back(RT_BINARY_max, &one, &one, &one, &one, &da, &db, 1);
        assert_true(da == 1 && db == 0);
        k->binary_back(RT_BINARY_min, &one, &one, &one, &one, &da, &db, 1);
        assert_true(da == 1 && db == 0);
    }
}

/* ---- sums -----------------------------------------------------------------*/

static void sums_do_not_depend_on_alignment(void **state)
{
    static float moved[N + 64], moved_y[N + 64];
    (void)state;
    draw(x, -1, 1, 1);
    draw(y, -1, 1, 2);
    for (int t = 0; t < n_tables; t++) {
        const struct rt_kern *k = tables[t];
        double sum = k->sum(x, N), dot = k->dot(x, y, N), all[6], again[6];
        k->moments(x, N, all);
        for (int by = 0; by < 17; by++) {
            memcpy(moved + by, x, N * sizeof *x);
            memcpy(moved_y + 16 - by, y, N * sizeof *y);
            assert_true(k->sum(moved + by, N) == sum);
            assert_true(k->dot(moved + by, moved_y + 16 - by, N) == dot);
            k->moments(moved + by, N, again);
            assert_memory_equal(all, again, sizeof all);
        }
    }
}

static void sums_are_the_same_on_all_machines(void **state)
{
    (void)state;
    draw(x, -1, 1, 1);
    draw(y, -1, 1, 2);
    for (int t = 1; t < n_tables; t++)
        for (size_t n = 0; n < 70; n++) {
            assert_true(tables[t]->sum(x, n) == tables[0]->sum(x, n));
            assert_true(tables[t]->dot(x, y, n) == tables[0]->dot(x, y, n));
        }
}

static void elements_do_not_depend_on_alignment(void **state)
{
    static float from[N + 64], to[N + 64];
    (void)state;
    draw(x, -3, 3, 3);
    for (int t = 0; t < n_tables; t++)
        for (int f = 0; f < RT_N_UNARY; f++) {
            tables[t]->unary((enum rt_unary)f, x, want, N, 0.3f);
            for (int by = 1; by < 17; by += 3) {
                memcpy(from + by, x, N * sizeof *x);
                tables[t]->unary((enum rt_unary)f, from + by, to + 17 - by, N,
                                 0.3f);
                assert_memory_equal(to + 17 - by, want, N * sizeof *want);
                /* and in place */
                tables[t]->unary((enum rt_unary)f, from + by, from + by, N,
                                 0.3f);
                assert_memory_equal(from + by, want, N * sizeof *want);
            }
        }
}

static void column_sums_are_double_sums_of_rows(void **state)
{
    static const size_t widths[] = { 1, 10, 31, 32, 33, 128 };
    (void)state;
    draw(x, -1, 1, 4);
    for (int t = 0; t < n_tables; t++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            size_t n = widths[w], m = N / n;
            tables[t]->col_sum(x, y, m, n);
            for (size_t j = 0; j < n; j++) {
                double exact = 0;
                for (size_t i = 0; i < m; i++)
                    exact += (double)x[i * n + j];
                assert_true(y[j] == (float)exact);
            }
        }
}

static void moments_leave_out_what_is_not_finite(void **state)
{
    const float v[] = { 1, -2, 0, NAN, INFINITY, 3, -INFINITY, 0 };
    (void)state;
    for (int t = 0; t < n_tables; t++) {
        double m[6];
        tables[t]->moments(v, 8, m);
        rt_assert_close(m[0], 5, 0);
        rt_assert_close(m[1], 2, 0);
        rt_assert_close(m[2], 14, 0);
        rt_assert_close(m[3], -2, 0);
        rt_assert_close(m[4], 3, 0);
        rt_assert_close(m[5], 2, 0);
    }
}

static void finite_finds_one_bad_number_anywhere(void **state)
{
    const float evil[] = { NAN, INFINITY, -INFINITY };
    (void)state;
    draw(x, -1, 1, 5);
    for (int t = 0; t < n_tables; t++) {
        assert_true(tables[t]->finite(x, N));
        for (size_t at = 0; at < N; at += 97) {
            float was = x[at];
            x[at] = evil[at % 3];
            assert_false(tables[t]->finite(x, N));
            assert_true(tables[t]->finite(x, at));
            x[at] = was;
        }
    }
}

/* ---- softmax --------------------------------------------------------------*/

static void softmax_of_any_width_is_exact(void **state)
{
    static const size_t widths[] = { 1, 2, 10, 33, 1000, N };
    (void)state;
    draw(x, -2, 2, 6);
    for (int t = 0; t < n_tables; t++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            size_t n = widths[w], m = N / n;
            tables[t]->softmax(x, y, m, n);
            for (size_t r = 0; r < m; r++) {
                double all = 0;
                for (size_t i = 0; i < n; i++)
                    all += exp((double)x[r * n + i]);
                for (size_t i = 0; i < n; i++) {
                    double p = exp((double)x[r * n + i]) / all;
                    rt_assert_close((double)y[r * n + i] / p, 1, 1e-6);
                }
            }
        }
}

static void softmax_survives_large_numbers(void **state)
{
    const float v[] = { 1e30f, 1e30f, -1e30f, 5 };
    (void)state;
    for (int t = 0; t < n_tables; t++) {
        tables[t]->softmax(v, y, 1, 4);
        assert_true(y[0] == 0.5f && y[1] == 0.5f && y[2] == 0 && y[3] == 0);
        x[0] = NAN;
        x[1] = 1;
        tables[t]->softmax(x, y, 1, 2);
        assert_true(isnan(y[0]) && isnan(y[1]));
    }
}

/* ---- random ---------------------------------------------------------------*/

static void dropout_keeps_by_the_words_of_the_stream(void **state)
{
    static uint8_t kept[N];
    struct rt_key key = { 0x123456789abcdef0u };
    const float rate = 0.3f;
    (void)state;
    draw(x, 1, 2, 7);
    for (int t = 0; t < n_tables; t++)
        for (uint64_t from = 0; from < 6; from++) {
            tables[t]->dropout(key, from, rate, x, y, kept, N);
            tables[t]->dropout_back(kept, rate, x, z, N);
            for (size_t i = 0; i < N; i++) {
                double word = rt_rng_word(key, from + i);
                bool keep = word >= floor((double)rate * 4294967296.0);
                assert_int_equal(kept[i], keep);
                assert_true(y[i] == (keep ? x[i] * (1 / (1 - rate)) : 0));
                assert_true(z[i] == y[i]);
            }
        }
}

static void dropout_goes_on_past_the_32_bit_blocks(void **state)
{
    static uint8_t kept[N];
    struct rt_key key = { 77 };
    uint64_t from = ((uint64_t)1 << 34) - 100;
    (void)state;
    for (int t = 0; t < n_tables; t++) {
        tables[t]->dropout(key, from, 0.5f, x, y, kept, 300);
        for (uint64_t i = 0; i < 300; i++)
            assert_int_equal(kept[i],
                             rt_rng_word(key, from + i) >= 0x80000000u);
    }
}

static void dropout_of_rate_zero_keeps_all(void **state)
{
    static uint8_t kept[N];
    (void)state;
    draw(x, -1, 1, 8);
    for (int t = 0; t < n_tables; t++) {
        tables[t]->dropout((struct rt_key){ 5 }, 0, 0, x, y, kept, N);
        assert_memory_equal(x, y, N * sizeof *x);
    }
}

/* ---- optimizer steps ------------------------------------------------------*/

static void adam_is_the_formula(void **state)
{
    static float w[N], m[N], v[N];
    (void)state;
    for (int t = 0; t < n_tables; t++) {
        draw(w, -1, 1, 9);
        draw(m, -0.1f, 0.1f, 10);
        draw(v, 0, 0.1f, 11);
        draw(x, -1, 1, 12);
        memcpy(want, w, N * sizeof *w);
        memcpy(y, m, N * sizeof *m);
        memcpy(z, v, N * sizeof *v);
        tables[t]->adam(w, x, m, v, NULL, 0.01f, 0.9, 0.999, 1e-7f, N);
        for (int i = 0; i < N; i++) {
            double g = (double)x[i];
            double mi = 0.9 * (double)y[i] + 0.1 * g;
            double vi = 0.999 * (double)z[i] + 0.001 * g * g;
            rt_assert_close(m[i], mi, 1e-6);
            rt_assert_close(v[i], vi, 1e-6);
            rt_assert_close(
                w[i], (double)want[i] - 0.01 * mi / (sqrt(vi) + 1e-7), 2e-6);
        }
    }
}

/* The formulas themselves are in test_optimizer.c, by the best table. */
static void steps_are_those_of_the_plain_table(void **state)
{
    static float w[2][N], a[2][N], b[2][N], c[2][N];
    (void)state;
    for (int t = 1; t < n_tables; t++)
        for (int step = 0; step < 7; step++) {
            draw(x, -1, 1, 20);
            for (int i = 0; i < 2; i++) {
                const struct rt_kern *k = tables[i ? t : 0];
                draw(w[i], -1, 1, 21);
                draw(a[i], -0.1f, 0.1f, 22);
                draw(b[i], 0.5f, 1, 23);
                draw(c[i], 0, 1, 24);
                if (step == 0)
                    k->adam(w[i], x, a[i], b[i], c[i], 0.1f, 0.9, 0.9, 1e-3f,
                            N);
                else if (step == 1)
                    k->adamax(w[i], x, a[i], b[i], 0.1f, 0.9, 0.9f, 1e-3f, N);
                else if (step == 2)
                    k->nadam(w[i], x, a[i], b[i], 0.1f, 0.2f, 0.9, 0.9, 2,
                             1e-3f, N);
                else if (step == 3)
                    k->adagrad(w[i], x, b[i], 0.1f, 1e-3f, N);
                else if (step == 4)
                    k->adadelta(w[i], x, b[i], c[i], 1, 0.9, 1e-3f, N);
                else if (step == 5)
                    k->rmsprop(w[i], x, b[i], c[i], NULL, 0.1f, 0.9, 0.5f,
                               1e-3f, N);
                else
                    k->rmsprop(w[i], x, b[i], c[i], a[i], 0.1f, 0.9, 0.5f,
                               1e-3f, N);
            }
            for (int i = 0; i < N; i++) {
                rt_assert_close(w[1][i], w[0][i], 2e-6);
                rt_assert_close(a[1][i], a[0][i], 1e-6);
                rt_assert_close(b[1][i], b[0][i], 1e-6);
                rt_assert_close(c[1][i], c[0][i], 1e-6);
            }
        }
}

static void momentum_is_the_formula(void **state)
{
    static float w[N], v[N];
    (void)state;
    for (int t = 0; t < n_tables; t++)
        for (int nesterov = 0; nesterov < 2; nesterov++) {
            draw(w, -1, 1, 13);
            draw(v, -1, 1, 14);
            draw(x, -1, 1, 15);
            memcpy(want, w, N * sizeof *w);
            memcpy(y, v, N * sizeof *v);
            tables[t]->momentum(w, x, v, 0.1f, 0.9f, nesterov, N);
            for (int i = 0; i < N; i++) {
                double step = 0.1 * (double)x[i];
                double vi = 0.9 * (double)y[i] - step;
                rt_assert_close(v[i], vi, 1e-6);
                rt_assert_close(
                    w[i], (double)want[i] + (nesterov ? 0.9 * vi - step : vi),
                    1e-6);
            }
        }
}

static void sgd_and_rmsprop_are_the_formulas(void **state)
{
    static float w[N], s[N];
    (void)state;
    for (int t = 0; t < n_tables; t++) {
        draw(w, -1, 1, 16);
        draw(s, 0, 1, 17);
        draw(x, -1, 1, 18);
        memcpy(want, w, N * sizeof *w);
        memcpy(y, s, N * sizeof *s);
        tables[t]->rmsprop(w, x, s, NULL, NULL, 0.1f, 0.9, 0, 1e-3f, N);
        for (int i = 0; i < N; i++) {
            double g = (double)x[i];
            double si = 0.9 * (double)y[i] + 0.1 * g * g;
            rt_assert_close(s[i], si, 1e-6);
            rt_assert_close(w[i], (double)want[i] - 0.1 * g / (sqrt(si) + 1e-3),
                            2e-6);
        }
        memcpy(w, want, N * sizeof *w);
        tables[t]->sgd(w, x, 0.5f, N);
        for (int i = 0; i < N; i++)
            rt_assert_close(w[i], (double)want[i] - 0.5 * (double)x[i], 1e-6);
    }
}

static void bytes_are_scaled(void **state)
{
    uint8_t b[256];
    (void)state;
    for (int i = 0; i < 256; i++)
        b[i] = (uint8_t)i;
    for (int t = 0; t < n_tables; t++) {
        tables[t]->bytes(b, y, 1.0f / 255, -0.5f, 256);
        for (int i = 0; i < 256; i++)
            rt_assert_close(y[i], i / 255.0 - 0.5, 1e-7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_accurate_to_a_few_ulp),
        cmocka_unit_test(functions_meet_their_limits),
        cmocka_unit_test(slopes_at_kinks_are_those_of_tensorflow),
        cmocka_unit_test(sums_do_not_depend_on_alignment),
        cmocka_unit_test(sums_are_the_same_on_all_machines),
        cmocka_unit_test(elements_do_not_depend_on_alignment),
        cmocka_unit_test(column_sums_are_double_sums_of_rows),
        cmocka_unit_test(moments_leave_out_what_is_not_finite),
        cmocka_unit_test(finite_finds_one_bad_number_anywhere),
        cmocka_unit_test(softmax_of_any_width_is_exact),
        cmocka_unit_test(softmax_survives_large_numbers),
        cmocka_unit_test(dropout_keeps_by_the_words_of_the_stream),
        cmocka_unit_test(dropout_goes_on_past_the_32_bit_blocks),
        cmocka_unit_test(dropout_of_rate_zero_keeps_all),
        cmocka_unit_test(adam_is_the_formula),
        cmocka_unit_test(steps_are_those_of_the_plain_table),
        cmocka_unit_test(momentum_is_the_formula),
        cmocka_unit_test(sgd_and_rmsprop_are_the_formulas),
        cmocka_unit_test(bytes_are_scaled),
    };
    return cmocka_run_group_tests(tests, list_tables, NULL);
}
