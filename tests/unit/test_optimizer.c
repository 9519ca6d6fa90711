/* Optimizers against double precision, clipping, ranges. */
#include "support.h"

#include "base/pool.h"
#include "base/rng.h"
#include "base/schema.h"
#include "nn/optimizer.h"

#include <math.h>

enum { N = 70001, STEPS = 3 }; /* more than two chunks */
static float w[N], g[STEPS][N], slot[RT_SLOTS_MAX][N];
static double ref[N], ref_slot[RT_SLOTS_MAX][N];

static void *args_of(const struct rt_optimizer *o, const char *words)
{
    char text[128];
    const char *v[8];
    int n = 0;
    struct rt_err err = RT_ERR_INIT;
    snprintf(text, sizeof text, "%s", words);
    for (char *p = strtok(text, " "); p; p = strtok(NULL, " "))
        v[n++] = p;
    void *args =
        rt_args_parse(o->opts, sizeof(struct rt_opt), o->args_size, v, n, &err);
    if (!args)
        fail_msg("%s: %s", words, err.text);
    return args;
}

static void start(void)
{
    rt_rng_normal((struct rt_key){ 1 }, 0, w, N);
    for (int t = 0; t < STEPS; t++)
        rt_rng_normal((struct rt_key){ 2 + (uint64_t)t }, 0, g[t], N);
    memset(slot, 0, sizeof slot);
    memset(ref_slot, 0, sizeof ref_slot);
    for (int i = 0; i < N; i++)
        ref[i] = w[i];
}

/* Two ranges, with a gap that no step may touch. */
static const struct rt_range ranges[] = { { 0, 40000 }, { 40016, N - 40016 } };
static bool in_gap(int i)
{
    return i >= 40000 && i < 40016;
}

/* words for the optimizer; step(t, i) does one element in double. */
static void compare(const char *name, const char *words,
                    void (*step)(int t, int i, double grad))
{
    const struct rt_optimizer *o = rt_optimizer_find(name, NULL);
    void *args = args_of(o, words);
    const struct rt_optim_args *common = args;
    float *slots[] = { slot[0], slot[1], slot[2] };
    float gap;
    start();
    gap = w[40003];
    for (int t = 0; t < STEPS; t++) {
        o->step(args, common->lr, t, w, g[t], slots, ranges, 2);
        for (int i = 0; i < N; i++)
            if (!in_gap(i))
                step(t, i, g[t][i]);
    }
    for (int i = 0; i < N; i++)
        rt_assert_close(w[i], ref[i], 2e-6);
    assert_memory_equal(&gap, &w[40003], sizeof gap);
    for (int k = 0; k < o->n_slots(args); k++)
        for (int i = 0; i < N; i++)
            rt_assert_close(slot[k][i], ref_slot[k][i], 2e-6);
    rt_args_free(args);
}

static void sgd_step(int t, int i, double grad)
{
    ref[i] -= 0.05 / (1 + 0.1 * t) * grad;
}

static void momentum_step(int t, int i, double grad)
{
    double *v = &ref_slot[0][i];
    (void)t;
    *v = 0.9 * *v - 0.01 * grad;
    ref[i] += *v;
}

static void nesterov_step(int t, int i, double grad)
{
    double *v = &ref_slot[0][i];
    (void)t;
    *v = 0.8 * *v - 0.01 * grad;
    ref[i] += 0.8 * *v - 0.01 * grad;
}

static void adam_step(int t, int i, double grad)
{
    double *m = &ref_slot[0][i], *v = &ref_slot[1][i];
    double lr = 0.001 * sqrt(1 - pow(0.999, t + 1)) / (1 - pow(0.9, t + 1));
    *m = 0.9 * *m + 0.1 * grad;
    *v = 0.999 * *v + (1 - 0.999) * grad * grad;
    ref[i] -= lr * *m / (sqrt(*v) + 1e-7);
}

static void rmsprop_step(int t, int i, double grad)
{
    double *s = &ref_slot[0][i];
    double lr = 0.002 / (1 + 0.5 * t);
    *s = 0.9 * *s + 0.1 * grad * grad;
    ref[i] -= lr * grad / (sqrt(*s) + 1e-7);
}

static void sgd_decays_as_keras(void **state)
{
    (void)state;
    compare("sgd", "lr=0.05 decay=0.1", sgd_step);
}

static void sgd_has_momentum(void **state)
{
    (void)state;
    compare("sgd", "momentum=0.9", momentum_step);
}

static void sgd_has_nesterov_momentum(void **state)
{
    (void)state;
    compare("sgd", "momentum=0.8 nesterov=yes", nesterov_step);
}

static void adam_is_keras_adam(void **state)
{
    (void)state;
    compare("adam", "", adam_step);
}

static void rmsprop_is_keras_rmsprop(void **state)
{
    (void)state;
    compare("rmsprop", "lr=0.002 decay=0.5", rmsprop_step);
}

/* Adam's second mean is exact enough that 1 - beta_2 was not made in float. */
static void adam_keeps_one_minus_beta_in_double(void **state)
{
    (void)state;
    const struct rt_optimizer *o = rt_optimizer_find("adam", NULL);
    void *args = args_of(o, "");
    float x = 0, grad = 1, m = 0, v = 0;
    float *slots[] = { &m, &v };
    o->step(args, 0.001, 0, &x, &grad, slots, &(struct rt_range){ 0, 1 }, 1);
    rt_assert_close(v / 0.001, 1, 1e-7);
    rt_args_free(args);
}

static void defaults_are_those_of_keras(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double lr;
        int slots;
    } want[] = { { "sgd", 0.01, 0 },
                 { "adam", 0.001, 2 },
                 { "rmsprop", 0.001, 1 } };
    for (int i = 0; i < 3; i++) {
        const struct rt_optimizer *o = rt_optimizer_find(want[i].name, NULL);
        struct rt_optim_args *a = args_of(o, "");
        rt_assert_close(a->lr, want[i].lr, 1e-15);
        rt_assert_close(a->decay, 0, 0);
        assert_int_equal(o->n_slots(a), want[i].slots);
        rt_args_free(a);
    }
}

static void the_pool_does_not_change_bits(void **state)
{
    (void)state;
    static float one[N];
    const struct rt_optimizer *o = rt_optimizer_find("adam", NULL);
    const struct rt_clipping clip = { .clipnorm = 3 };
    void *args = args_of(o, "");
    float *slots[] = { slot[0], slot[1], slot[2] };
    double norm = 0;
    for (int threads = 1; threads <= 3; threads++) {
        rt_pool_threads(threads);
        start();
        double found = rt_clip(&clip, g[0], ranges, 2);
        o->step(args, 0.001, 0, w, g[0], slots, ranges, 2);
        if (threads == 1) {
            norm = found;
            memcpy(one, w, sizeof w);
        }
        assert_true(norm == found);
        assert_memory_equal(one, w, sizeof w);
    }
    rt_pool_stop();
    rt_args_free(args);
}

static void clipnorm_is_over_all_gradients(void **state)
{
    (void)state;
    float v[] = { 3, 99, 4 };
    const struct rt_range r[] = { { 0, 1 }, { 2, 1 } };
    struct rt_clipping c = { NAN, 10, NAN };
    rt_assert_close(rt_clip(&c, v, r, 2), 5, 1e-12);
    rt_assert_close(v[0], 3, 0);
    c.clipnorm = 1;
    rt_assert_close(rt_clip(&c, v, r, 2), 5, 1e-12);
    rt_assert_close(v[0], 0.6, 1e-7);
    rt_assert_close(v[1], 99, 0);
    rt_assert_close(v[2], 0.8, 1e-7);
    c = (struct rt_clipping){ NAN, NAN, 0.5 };
    rt_assert_close(rt_clip(&c, v, r, 2), 1, 1e-6);
    rt_assert_close(v[2], 0.4, 1e-7);
}

static void clipvalue_is_by_number_and_lets_nan_through(void **state)
{
    (void)state;
    float v[] = { -3, 0.5f, NAN, 7 };
    struct rt_clipping c = { 1, NAN, NAN };
    assert_true(isnan(rt_clip(&c, v, &(struct rt_range){ 0, 4 }, 1)));
    rt_assert_close(v[0], -1, 0);
    rt_assert_close(v[1], 0.5, 0);
    assert_true(isnan(v[2]));
    rt_assert_close(v[3], 1, 0);
}

static void an_unknown_optimizer_is_told_with_the_nearest(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    assert_null(rt_optimizer_find("adm", &err));
    rt_assert_error(&err, RT_ENOENT, "unknown optimizer 'adm'");
    rt_assert_error(&err, RT_ENOENT, "adam");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sgd_decays_as_keras),
        cmocka_unit_test(sgd_has_momentum),
        cmocka_unit_test(sgd_has_nesterov_momentum),
        cmocka_unit_test(adam_is_keras_adam),
        cmocka_unit_test(rmsprop_is_keras_rmsprop),
        cmocka_unit_test(adam_keeps_one_minus_beta_in_double),
        cmocka_unit_test(defaults_are_those_of_keras),
        cmocka_unit_test(the_pool_does_not_change_bits),
        cmocka_unit_test(clipnorm_is_over_all_gradients),
        cmocka_unit_test(clipvalue_is_by_number_and_lets_nan_through),
        cmocka_unit_test(an_unknown_optimizer_is_told_with_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
