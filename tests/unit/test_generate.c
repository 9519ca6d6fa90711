#include "support.h"

#include "base/schema.h"
#include "data/generate.h"

#include <math.h>

static struct rt_dataset *make(const char *kind, const char *words,
                               struct rt_err *err)
{
    const char **v;
    int n;
    rt_list_split(words, &v, &n, NULL);
    struct rt_generate_args *a =
        rt_args_parse(rt_generate_opts, sizeof *rt_generate_opts, sizeof *a, v,
                      *words ? n : 0, err);
    free(v);
    if (!a)
        return NULL;
    if (a->seed == INT64_MIN)
        a->seed = 7;
    struct rt_dataset *d = rt_generate("g", kind, a, err);
    rt_args_free(a);
    return d;
}

/* All numbers of a column; the caller frees. */
static float *numbers(const struct rt_dataset *d, const char *name)
{
    const struct rt_column *c = rt_dataset_column(d, name, NULL);
    assert_non_null(c);
    struct rt_shape shape = rt_column_shape(c);
    float *v = malloc(d->n_rows * rt_shape_count(&shape) * sizeof *v);
    rt_dataset_gather(d, c, NULL, 0, d->n_rows, v);
    return v;
}

static void shape_is(const struct rt_dataset *d, const char *name,
                     enum rt_dtype type, struct rt_shape want)
{
    const struct rt_column *c = rt_dataset_column(d, name, NULL);
    assert_non_null(c);
    struct rt_shape shape = rt_column_shape(c);
    assert_string_equal(rt_shape_text(&shape), rt_shape_text(&want));
    assert_int_equal(c->type, type);
}

static void every_kind_makes_rows(void **state)
{
    (void)state;
    for (int i = 0; rt_generate_kinds[i]; i++) {
        const char *kind = rt_generate_kinds[i];
        struct rt_err err = RT_ERR_INIT;
        struct rt_dataset *d = make(kind, "n=40", &err);
        assert_non_null(d);
        assert_int_equal(d->n_rows, 40);
        bool sine = strcmp(kind, "sine") == 0;
        shape_is(d, "x", RT_F32, sine ? RT_SHAPE(20, 1) : RT_SHAPE(2));
        shape_is(d, "y", sine ? RT_F32 : RT_I32, RT_SHAPE(1));
        rt_dataset_unref(d);
    }
}

static void classes_take_turns(void **state)
{
    (void)state;
    const struct {
        const char *kind, *words;
        int classes;
    } cases[] = { { "spiral", "", 3 },
                  { "moons", "", 2 },
                  { "blobs", "classes=5", 5 },
                  { "spiral", "classes=4", 4 },
                  { "blobs", "classes=1", 1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_dataset *d = make(cases[i].kind, cases[i].words, &err);
        assert_non_null(d);
        float *y = numbers(d, "y");
        for (size_t r = 0; r < d->n_rows; r++)
            assert_int_equal((int)y[r], (int)r % cases[i].classes);
        free(y);
        rt_dataset_unref(d);
    }
}

static void xor_is_the_signs_that_differ(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = make("xor", "n=200", &err);
    float *x = numbers(d, "x"), *y = numbers(d, "y");
    int ones = 0;
    for (size_t i = 0; i < 200; i++) {
        assert_true((y[i] == 1) == ((x[2 * i] > 0) != (x[2 * i + 1] > 0)));
        assert_true(fabsf(x[2 * i]) <= 1);
        ones += y[i] == 1;
    }
    assert_true(ones > 60 && ones < 140);
    free(x);
    free(y);
    rt_dataset_unref(d);
}

static void a_sine_goes_on_in_y(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = make("sine", "n=5,length=7", &err);
    shape_is(d, "x", RT_F32, RT_SHAPE(7, 1));
    float *x = numbers(d, "x"), *y = numbers(d, "y");
    for (int i = 0; i < 5; i++) {
        const float *s = x + 7 * i;
        double two_cos = 2 * cos(2 * 3.141592653589793 / 25);
        for (int t = 2; t < 7; t++) /* s[t+1] = 2 cos(w) s[t] - s[t-1] */
            rt_assert_close((double)s[t],
                            two_cos * (double)s[t - 1] - (double)s[t - 2],
                            1e-6);
        rt_assert_close((double)y[i], two_cos * (double)s[6] - (double)s[5],
                        1e-6);
    }
    assert_true(x[0] != x[7]);
    free(x);
    free(y);
    rt_dataset_unref(d);
}

static void blobs_have_the_noise_asked_for(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = make("blobs", "n=4000,classes=1,noise=0.5", &err);
    float *x = numbers(d, "x");
    double sum = 0, squares = 0;
    for (int i = 0; i < 4000; i++) {
        double v = (double)x[2 * i] - 5;
        sum += v;
        squares += v * v;
    }
    assert_true(fabs(sum / 4000) < 0.03);
    assert_true(fabs(sqrt(squares / 4000) - 0.5) < 0.02);
    free(x);
    rt_dataset_unref(d);
}

static void the_seed_is_all_that_matters(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *a = make("moons", "n=50", &err);
    struct rt_dataset *b = make("moons", "n=50", &err);
    struct rt_dataset *c = make("moons", "n=50,seed=8", &err);
    struct rt_dataset *more = make("moons", "n=60", &err);
    float *va = numbers(a, "x"), *vm = numbers(more, "x");
    assert_true(rt_dataset_hash(a) == rt_dataset_hash(b));
    assert_true(rt_dataset_hash(a) != rt_dataset_hash(c));
    assert_memory_equal(va, vm, 100 * sizeof *va);
    free(va);
    free(vm);
    rt_dataset_unref(a);
    rt_dataset_unref(b);
    rt_dataset_unref(c);
    rt_dataset_unref(more);
}

static void the_origin_makes_it_again(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = make("spiral", "n=30,seed=3", &err);
    assert_string_equal(d->origin, "generate spiral n=30 seed=3");
    rt_dataset_unref(d);
}

static void keys_without_effect_are_errors(void **state)
{
    (void)state;
    const struct {
        const char *kind, *words, *text;
        int code;
    } cases[] = {
        { "moons", "classes=3", "moons has no classes=, it always has two",
          RT_EINVAL },
        { "sine", "classes=3", "sine has no classes=", RT_EINVAL },
        { "spiral", "length=3", "spiral has no length=, only sine has",
          RT_EINVAL },
        { "spirl", "", "unknown kind 'spirl'; did you mean spiral", RT_ENOENT },
        { "moons", "n=0", "n", RT_EINVAL },
        { "moons", "noise=-1", "noise", RT_EINVAL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        assert_null(make(cases[i].kind, cases[i].words, &err));
        rt_assert_error(&err, cases[i].code, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_makes_rows),
        cmocka_unit_test(classes_take_turns),
        cmocka_unit_test(xor_is_the_signs_that_differ),
        cmocka_unit_test(a_sine_goes_on_in_y),
        cmocka_unit_test(blobs_have_the_noise_asked_for),
        cmocka_unit_test(the_seed_is_all_that_matters),
        cmocka_unit_test(the_origin_makes_it_again),
        cmocka_unit_test(keys_without_effect_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
