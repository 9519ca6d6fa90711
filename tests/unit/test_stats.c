#include "model_lines.h"

#include "train/stats.h"

static struct rt_model *model(void)
{
    struct rt_model *m = lines_model("input x 4x6; flatten; dense 8 name=first;"
                                     "dropout 0.5; dense 3 name=last; output");
    struct rt_err err = RT_ERR_INIT;
    rt_assert_ok(rt_model_ready(m, &err), &err);
    return m;
}

static void layers_are_told_in_order_with_their_moments(void **state)
{
    (void)state;
    struct rt_model *m = model();
    struct rt_model_layer *first = rt_model_layer_find(m, "first", NULL);
    const struct rt_weight *kernel = first->weights[0];
    double sum = 0, squares = 0;
    int n;
    for (size_t i = 0; i < kernel->n; i++) {
        float v = (float)i - 50;
        m->weights[kernel->offset + i] = v;
        sum += v;
        squares += v * v;
    }
    double all = (double)kernel->n + 8, mean = sum / all;
    struct rt_layer_stats *s = rt_stats_layers(m, &n);
    assert_int_equal(n, 5);
    assert_string_equal(s[0].name, "x");
    assert_string_equal(s[0].shape, "4x6");
    assert_true(isnan(s[0].mean) && isnan(s[0].sd));
    assert_string_equal(s[2].name, "first");
    assert_string_equal(s[2].type, "dense");
    assert_string_equal(s[2].shape, "8");
    assert_int_equal(s[2].params, 24 * 8 + 8);
    assert_true(s[2].trainable && !s[2].output && s[4].output);
    rt_assert_close(s[2].mean, mean, 1e-6);
    rt_assert_close(s[2].sd, sqrt(squares / all - mean * mean), 1e-6);
    assert_true(s[2].lo == -50 && s[2].hi == (double)kernel->n - 51);
    rt_assert_close(s[2].zeros, 9 / all, 1e-12);
    free(s);
    struct rt_layer_stats one;
    assert_true(rt_stats_layer(m, 4, &one));
    assert_string_equal(one.name, "last");
    assert_false(rt_stats_layer(m, 5, &one));
    assert_false(rt_stats_layer(m, -1, &one));
    rt_model_free(m);
}

static void a_histogram_counts_every_finite_value(void **state)
{
    (void)state;
    struct rt_model *m = model();
    struct rt_model_layer *first = rt_model_layer_find(m, "first", NULL);
    const struct rt_weight *kernel = first->weights[0];
    struct rt_histogram h;
    float *w = m->weights + kernel->offset;
    for (size_t i = 0; i < kernel->n; i++)
        w[i] = i % 2 ? -1 : 0.5f;
    w[0] = NAN;
    assert_true(rt_stats_histogram(m, 2, &h));
    assert_string_equal(h.title, "first · kernel");
    assert_true(h.from == -1 && h.to == 1);
    assert_int_equal(h.n, kernel->n - 1);
    assert_int_equal(h.bin[0], kernel->n / 2);
    assert_int_equal(h.bin[48], kernel->n / 2 - 1);
    for (size_t i = 0; i < kernel->n; i++)
        w[i] = 3;
    assert_true(rt_stats_histogram(m, 2, &h));
    assert_true(h.from < 3 && h.to > 3);
    assert_int_equal(h.n, kernel->n);
    for (size_t i = 0; i < kernel->n; i++)
        w[i] = INFINITY;
    assert_true(rt_stats_histogram(m, 2, &h));
    assert_int_equal(h.n, 0);
    rt_model_free(m);
}

static void layers_without_weights_have_no_histogram(void **state)
{
    (void)state;
    struct rt_model *m = model();
    struct rt_histogram h;
    assert_false(rt_stats_histogram(m, 1, &h));
    assert_false(rt_stats_histogram(m, -1, &h));
    assert_false(rt_stats_histogram(m, 99, &h));
    rt_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_are_told_in_order_with_their_moments),
        cmocka_unit_test(a_histogram_counts_every_finite_value),
        cmocka_unit_test(layers_without_weights_have_no_histogram),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
