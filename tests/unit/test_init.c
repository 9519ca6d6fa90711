/* Initializers: distributions, fans, keys, specs. */
#include "support.h"

#include "nn/init.h"

#include <math.h>

enum { N = 200 * 300 };
static float v[N];

static void draw(const char *spec, const struct rt_shape *s, uint64_t key)
{
    struct rt_err err = RT_ERR_INIT;
    rt_assert_ok(rt_init_draw(spec, s, (struct rt_key){ key }, v, &err), &err);
}

static void moments(double *mean, double *sd, double *most)
{
    double sum = 0, squares = 0;
    *most = 0;
    for (int i = 0; i < N; i++) {
        sum += v[i];
        squares += (double)v[i] * v[i];
        *most = fmax(*most, fabs((double)v[i]));
    }
    *mean = sum / N;
    *sd = sqrt(squares / N - *mean * *mean);
}

static void scaled_inits_have_keras_variance(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        double sd; /* of 200 inputs, 300 outputs */
        double most;
    } want[] = {
        { "glorot_uniform", 0.0632455532, 0.109544512 },
        { "he_uniform", 0.1, 0.173205081 },
        { "lecun_uniform", 0.0707106781, 0.122474487 },
        { "glorot_normal", 0.0632455532, 0.143801304 },
        { "he_normal", 0.1, 0.227369926 },
        { "lecun_normal", 0.0707106781, 0.160774816 },
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        double mean, sd, most;
        draw(want[i].spec, &RT_SHAPE(200, 300), 11);
        moments(&mean, &sd, &most);
        rt_assert_close(mean, 0, 0.001);
        rt_assert_close(sd / want[i].sd, 1, 0.01);
        assert_true(most <= want[i].most * 1.000001);
        assert_true(most > want[i].most * 0.99);
    }
}

static void fans_of_a_kernel_count_its_positions(void **state)
{
    (void)state;
    /* 5x5 positions, 20 in, 120 out: limit sqrt(6 / (500 + 3000)) */
    double mean, sd, most;
    draw("glorot_uniform", &RT_SHAPE(5, 5, 20, 120), 3);
    moments(&mean, &sd, &most);
    assert_true(most <= 0.0414039);
    assert_true(most > 0.0413);
}

static void plain_inits_take_their_options(void **state)
{
    (void)state;
    double mean, sd, most;
    draw("constant(value=2)", &RT_SHAPE(3), 1);
    rt_assert_close(v[0], 2, 0);
    rt_assert_close(v[2], 2, 0);
    draw("ones", &RT_SHAPE(3), 1);
    rt_assert_close(v[2], 1, 0);
    draw("zeros", &RT_SHAPE(3), 1);
    rt_assert_close(v[2], 0, 0);
    draw("random_uniform(minval=0,maxval=4)", &RT_SHAPE(N), 1);
    moments(&mean, &sd, &most);
    rt_assert_close(mean, 2, 0.01);
    rt_assert_close(sd, 4 / sqrt(12), 0.01);
    assert_true(most < 4.00001);
    draw("random_normal(mean=1,stddev=0.5)", &RT_SHAPE(N), 1);
    moments(&mean, &sd, &most);
    rt_assert_close(mean, 1, 0.01);
    rt_assert_close(sd, 0.5, 0.01);
    assert_true(most > 2.5);
    draw("truncated_normal(stddev=0.5)", &RT_SHAPE(N), 1);
    moments(&mean, &sd, &most);
    rt_assert_close(sd, 0.5 * .87962566103423978, 0.01);
    assert_true(most <= 1.000001);
}

static void variance_scaling_takes_any_fan_and_spread(void **state)
{
    (void)state;
    const struct rt_shape s = RT_SHAPE(200, 300);
    double mean, sd, most;
    draw("variance_scaling(2,mode=fan_out,distribution=uniform)", &s, 3);
    moments(&mean, &sd, &most);
    rt_assert_close(most / sqrt(6.0 / 300), 1, 0.01);
    draw("variance_scaling(scale=0.5)", &s, 3);
    moments(&mean, &sd, &most);
    rt_assert_close(sd / sqrt(0.5 / 200), 1, 0.02);
    assert_true(most < 2.28 * sqrt(0.5 / 200));
    draw("variance_scaling(mode=fan_avg,distribution=untruncated_normal)", &s,
         3);
    moments(&mean, &sd, &most);
    rt_assert_close(sd / sqrt(1.0 / 250), 1, 0.02);
    assert_true(most > 3 * sqrt(1.0 / 250));
}

static void identity_is_for_matrices(void **state)
{
    (void)state;
    struct rt_err err;
    draw("identity(gain=2)", &RT_SHAPE(2, 3), 1);
    for (int i = 0; i < 6; i++)
        assert_true(v[i] == (i == 0 || i == 4 ? 2 : 0));
    assert_int_equal(rt_init_draw("identity", &RT_SHAPE(3),
                                  (struct rt_key){ 1 }, NULL, &err),
                     RT_ESHAPE);
    rt_assert_error(&err, RT_ESHAPE, "for weights of 2 axes, found (3)");
}

static void defaults_are_those_of_keras(void **state)
{
    (void)state;
    double mean, sd, most;
    draw("random_uniform", &RT_SHAPE(N), 5);
    moments(&mean, &sd, &most);
    assert_true(most <= 0.0500001 && most > 0.0499);
    draw("random_normal", &RT_SHAPE(N), 5);
    moments(&mean, &sd, &most);
    rt_assert_close(sd / 0.05, 1, 0.01);
}

static void the_key_decides_alone(void **state)
{
    (void)state;
    float once[64];
    draw("he_normal", &RT_SHAPE(8, 8), 21);
    memcpy(once, v, sizeof once);
    draw("he_normal", &RT_SHAPE(8, 8), 22);
    assert_memory_not_equal(once, v, sizeof once);
    draw("he_normal", &RT_SHAPE(8, 8), 21);
    assert_memory_equal(once, v, sizeof once);
}

static void a_wrong_spec_is_told(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_key key = { 0 };
    assert_int_equal(rt_init_draw("he_norml", &RT_SHAPE(2), key, NULL, &err),
                     RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT, "unknown initializer 'he_norml'");
    rt_assert_error(&err, RT_ENOENT, "he_normal");
    assert_int_equal(rt_init_draw("ones(k=2)", &RT_SHAPE(2), key, NULL, &err),
                     RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "initializer 'ones'");
    assert_int_equal(rt_init_draw("ones", &RT_SHAPE(2), key, NULL, &err), 0);
}

/* Nothing is written: the memory is asked for first. */
static void more_than_memory_holds_is_told(void **state)
{
    (void)state;
    static const char *const specs[] = { "orthogonal",
                                         "unit_forget(others=orthogonal)" };
    struct rt_err err = RT_ERR_INIT;
    struct rt_key key = { 0 };
    float one = 2;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rt_init_draw(specs[i], &RT_SHAPE(1 << 25, 1 << 25),
                                      key, &one, &err),
                         RT_ENOMEM);
        rt_assert_error(&err, RT_ENOMEM, "initializer 'orthogonal'");
        assert_true(one == 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scaled_inits_have_keras_variance),
        cmocka_unit_test(fans_of_a_kernel_count_its_positions),
        cmocka_unit_test(plain_inits_take_their_options),
        cmocka_unit_test(variance_scaling_takes_any_fan_and_spread),
        cmocka_unit_test(identity_is_for_matrices),
        cmocka_unit_test(defaults_are_those_of_keras),
        cmocka_unit_test(the_key_decides_alone),
        cmocka_unit_test(a_wrong_spec_is_told),
        cmocka_unit_test(more_than_memory_holds_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
