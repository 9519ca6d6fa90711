#include "support.h"

#include "base/mem.h"
#include "data/transform.h"

#include <math.h>

static struct rt_dataset *floats(const char *name, const char *col,
                                 const float *v, size_t n, struct rt_shape row)
{
    struct rt_dataset *d = rt_dataset_new(name, n, NULL);
    void *data = rt_xmemdup(v, n * rt_shape_count(&row) * sizeof *v);
    assert_int_equal(
        rt_dataset_add_column(d, col, RT_F32, &row, n, data, NULL, 0, NULL), 0);
    return d;
}

static void gathered(const struct rt_dataset *d, const char *col, float *out)
{
    const struct rt_column *c = rt_dataset_column(d, col, NULL);
    assert_non_null(c);
    rt_dataset_gather(d, c, NULL, 0, d->n_rows, out);
}

/* Columns 1..5 and 10..50; 2 goes to 1/4. */
static const float table[] = { 1, 10, 2, 20, 5, 50 };
static const struct rt_shape pair = { .rank = 1, .dim = { 2 } };

static void minmax_of_a_table_is_per_column(void **state)
{
    (void)state;
    struct rt_dataset *d = floats("d", "x", table, 3, pair);
    struct rt_dataset *s = rt_scale(d, "minmax", NAN, NULL, NULL, 0, NULL);
    const double want[] = { 0, 0, 0.25, 0.25, 1, 1 };
    float got[6];
    gathered(s, "x", got);
    for (int i = 0; i < 6; i++)
        rt_assert_close((double)got[i], want[i], 1e-7);
    assert_true(got[0] == 0 && got[4] == 1);
    rt_dataset_unref(s);
    rt_dataset_unref(d);
}

static void minmax_of_pictures_is_over_the_whole_array(void **state)
{
    (void)state;
    const float v[] = { 0, 1, 2, 3, 4, 5, 6, 8 };
    struct rt_dataset *d = floats("d", "x", v, 2, RT_SHAPE(2, 2));
    struct rt_dataset *s = rt_scale(d, "minmax", NAN, NULL, NULL, 0, NULL);
    float got[8];
    gathered(s, "x", got);
    for (int i = 0; i < 8; i++)
        assert_true(got[i] == v[i] / 8);
    rt_dataset_unref(s);
    rt_dataset_unref(d);
}

/* scikit-learn: StandardScaler().fit_transform([[1],[2],[6]]) */
static void standard_divides_by_the_population_deviation(void **state)
{
    (void)state;
    const float v[] = { 1, 2, 6 };
    const double want[] = { -0.9258200997725514, -0.4629100498862757,
                            1.3887301496588271 };
    struct rt_dataset *d = floats("d", "x", v, 3, RT_SHAPE(1));
    struct rt_dataset *s = rt_scale(d, "standard", NAN, NULL, NULL, 0, NULL);
    float got[3];
    gathered(s, "x", got);
    for (int i = 0; i < 3; i++)
        rt_assert_close((double)got[i], want[i], 1e-7);
    rt_dataset_unref(s);
    rt_dataset_unref(d);
}

/* A float sum of these would be off in the third digit. */
static void statistics_are_summed_in_double(void **state)
{
    (void)state;
    enum { N = 100000 };
    float *v = rt_xmalloc(N * sizeof *v);
    for (int i = 0; i < N; i++)
        v[i] = 10000 + (i % 2 ? 0.5f : -0.5f);
    struct rt_dataset *d = floats("d", "x", v, N, RT_SHAPE(1));
    struct rt_dataset *s = rt_scale(d, "standard", NAN, NULL, NULL, 0, NULL);
    const struct rt_transform *t = rt_dataset_column(s, "x", NULL)->steps[0];
    rt_assert_close(t->a[0], 2, 1e-12);
    rt_assert_close(t->b[0], -20000, 1e-12);
    rt_dataset_unref(s);
    rt_dataset_unref(d);
    free(v);
}

/* A day in minutes, as seconds since 1970: 128 of them are one float. */
static void numbers_far_from_zero_keep_their_distances(void **state)
{
    (void)state;
    enum { N = 1440 };
    int64_t *whole = rt_xmalloc(N * sizeof *whole);
    double *broken = rt_xmalloc(2 * N * sizeof *broken);
    for (int i = 0; i < N; i++) {
        whole[i] = 1600000000 + 60 * i;
        broken[2 * i] = (double)whole[i] + 0.5;
        broken[2 * i + 1] = -broken[2 * i];
    }
    struct rt_err err = RT_ERR_INIT;
    struct rt_shape one = { .rank = 0 }, two = RT_SHAPE(2);
    struct rt_dataset *d = rt_dataset_new("d", N, NULL);
    rt_dataset_add_column(d, "x", RT_I64, &one, N, whole, NULL, 0, NULL);
    rt_dataset_add_column(d, "t", RT_F64, &two, N, broken, NULL, 0, NULL);
    const char *const cols[] = { "x", "t" };
    struct rt_dataset *s = rt_scale(d, "minmax", NAN, NULL, cols, 2, &err);
    assert_non_null(s);
    float x[N], t[2 * N];
    gathered(s, "x", x);
    gathered(s, "t", t);
    for (int i = 0; i < N; i++) {
        rt_assert_close((double)x[i], i / (N - 1.0), 1e-7);
        rt_assert_close((double)t[2 * i], i / (N - 1.0), 1e-7);
        rt_assert_close((double)t[2 * i + 1], 1 - i / (N - 1.0), 1e-7);
    }
    rt_dataset_unref(s);
    rt_dataset_unref(d);
}

static void a_constant_column_becomes_zero(void **state)
{
    (void)state;
    const float v[] = { 7, 1, 7, 3 };
    struct rt_dataset *d = floats("d", "x", v, 2, pair);
    const char *const kinds[] = { "minmax", "standard" };
    for (int i = 0; i < 2; i++) {
        struct rt_dataset *s = rt_scale(d, kinds[i], NAN, NULL, NULL, 0, NULL);
        float got[4];
        gathered(s, "x", got);
        assert_true(got[0] == 0 && got[2] == 0 && got[3] == 1);
        rt_dataset_unref(s);
    }
    rt_dataset_unref(d);
}

static void nan_is_left_out_of_the_fit(void **state)
{
    (void)state;
    const float v[] = { NAN, 2, 4, NAN };
    struct rt_dataset *d = floats("d", "x", v, 4, RT_SHAPE(1));
    struct rt_dataset *s = rt_scale(d, "minmax", NAN, NULL, NULL, 0, NULL);
    float got[4];
    gathered(s, "x", got);
    assert_true(isnan(got[0]) && got[1] == 0 && got[2] == 1 && isnan(got[3]));
    rt_dataset_unref(s);
    rt_dataset_unref(d);
}

static void scale_is_fitted_on_the_part_it_is_told(void **state)
{
    (void)state;
    struct rt_dataset *d = floats("d", "x", table, 3, pair);
    const uint32_t two[] = { 0, 1 };
    struct rt_dataset *train = rt_dataset_pick(d, "d.train", two, 2, NULL);
    struct rt_dataset *s = rt_scale(d, "minmax", NAN, train, NULL, 0, NULL);
    float got[6];
    gathered(s, "x", got);
    assert_true(got[2] == 1 && got[4] == 4 && got[5] == 4);
    rt_dataset_unref(s);
    rt_dataset_unref(train);
    rt_dataset_unref(d);
}

static void what_cannot_be_scaled_is_said(void **state)
{
    (void)state;
    const float holes[] = { NAN, 1, NAN, 2 }, wild[] = { 1, 2, 3, INFINITY };
    struct rt_dataset *d = floats("d", "x", holes, 2, pair);
    struct rt_dataset *w = floats("w", "x", wild, 2, pair);
    const struct {
        const struct rt_dataset *d;
        const char *kind;
        double by;
        const char *col;
        int code;
        const char *text;
    } cases[] = {
        { d, "minmax", NAN, "x", RT_EINVAL,
          "column 'x' of data 'd': number 0 of its rows is always NaN" },
        { w, "standard", NAN, "x", RT_EINVAL,
          "column 'x' of data 'w': row 1 has an infinite number" },
        { d, "minmx", NAN, "x", RT_EINVAL,
          "scale: 'minmx' is no way to scale; did you mean" },
        { d, NULL, 0, "x", RT_EINVAL, "scale: by is 0, want a finite number" },
        { d, NULL, NAN, "x", RT_EINVAL, "scale: by is nan" },
        { d, "minmax", 2, "x", RT_EINVAL,
          "scale: minmax and by=2 together, want one of them" },
        { d, "minmax", NAN, "z", RT_ENOENT, "has no column 'z'" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        assert_null(rt_scale(cases[i].d, cases[i].kind, cases[i].by, NULL,
                             &cases[i].col, 1, &err));
        rt_assert_error(&err, cases[i].code, cases[i].text);
    }
    struct rt_err err = RT_ERR_INIT;
    const char *const twice[] = { "x", "x" };
    assert_null(rt_scale(d, NULL, 2, NULL, twice, 2, &err));
    rt_assert_error(&err, RT_EINVAL, "column 'x' is named twice");
    rt_dataset_unref(w);
    rt_dataset_unref(d);
}

static void like_takes_over_the_numbers_of_another_set(void **state)
{
    (void)state;
    const float other[] = { 3, 30 };
    struct rt_dataset *d = floats("d", "x", table, 3, pair);
    struct rt_dataset *test = floats("test", "x", other, 1, pair);
    struct rt_dataset *s = rt_scale(d, "minmax", NAN, NULL, NULL, 0, NULL);
    struct rt_dataset *t = rt_transform_like(test, s, NULL, 0, NULL);
    float got[2];
    gathered(t, "x", got);
    assert_true(got[0] == 0.5f && got[1] == 0.5f);
    /* twice is once */
    struct rt_dataset *again = rt_transform_like(t, s, NULL, 0, NULL);
    assert_int_equal(rt_dataset_column(again, "x", NULL)->n_steps, 1);
    rt_dataset_unref(again);
    rt_dataset_unref(t);
    rt_dataset_unref(s);
    rt_dataset_unref(test);
    rt_dataset_unref(d);
}

static void like_refuses_other_steps_and_other_shapes(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = floats("d", "x", table, 3, pair);
    struct rt_dataset *thrice = floats("e", "x", table, 2, RT_SHAPE(3));
    struct rt_dataset *s = rt_scale(d, "minmax", NAN, NULL, NULL, 0, NULL);
    struct rt_dataset *b = rt_scale(d, NULL, 0.1, NULL, NULL, 0, NULL);
    assert_null(rt_transform_like(b, s, NULL, 0, &err));
    rt_assert_error(&err, RT_ESTATE,
                    "column 'x' of data 'd' is transformed already (scale "
                    "by=0.1), not as in 'd'");
    assert_null(rt_transform_like(thrice, s, NULL, 0, &err));
    rt_assert_error(&err, RT_ESHAPE,
                    "column 'x' of data 'e' has rows of (3), 'x' of 'd' was "
                    "scaled with rows of (2)");
    rt_dataset_unref(b);
    rt_dataset_unref(s);
    rt_dataset_unref(thrice);
    rt_dataset_unref(d);
}

static void inverse_gives_back_the_numbers(void **state)
{
    (void)state;
    const char *y = "y", *ret = "ret";
    const float v[] = { -2, 1, 6 }, p[] = { 0, 0.5f, 1 };
    struct rt_dataset *d = floats("d", "y", v, 3, RT_SHAPE(1));
    struct rt_dataset *s = rt_scale(d, "minmax", NAN, NULL, &y, 1, NULL);
    /* predictions are called as the output that y is bound to */
    struct rt_dataset *pred = floats("p", "ret", p, 3, RT_SHAPE(1));
    rt_dataset_bind(s, "ret", &y, 1, NULL);
    struct rt_dataset *back = rt_transform_back(pred, s, &ret, 1, NULL);
    float got[3];
    gathered(back, "ret", got);
    assert_true(got[0] == -2 && got[1] == 2 && got[2] == 6);
    /* steps of its own are taken off, not undone */
    struct rt_dataset *plain = rt_transform_back(s, s, &y, 1, NULL);
    assert_int_equal(rt_dataset_column(plain, "y", NULL)->n_steps, 0);
    gathered(plain, "y", got);
    assert_true(got[0] == -2 && got[1] == 1 && got[2] == 6);
    rt_dataset_unref(plain);
    rt_dataset_unref(back);
    rt_dataset_unref(pred);
    rt_dataset_unref(s);
    rt_dataset_unref(d);
}

static void onehot_has_no_inverse(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *y = "y";
    const float v[] = { 0, 1 };
    struct rt_dataset *d = floats("d", "y", v, 2, RT_SHAPE(1));
    struct rt_dataset *hot = rt_onehot(d, "y", 0, NULL, NULL);
    struct rt_dataset *p = floats("p", "y", v, 1, RT_SHAPE(2));
    assert_null(rt_transform_back(p, hot, &y, 1, &err));
    rt_assert_error(&err, RT_EINVAL, "onehot classes=2 cannot be taken back");
    rt_dataset_unref(p);
    rt_dataset_unref(hot);
    rt_dataset_unref(d);
}

static void onehot_counts_the_classes(void **state)
{
    (void)state;
    const float v[] = { 2, 0, NAN };
    struct rt_dataset *d = floats("d", "y", v, 3, RT_SHAPE(1));
    struct rt_dataset *hot = rt_onehot(d, "y", 0, NULL, NULL);
    const struct rt_column *c = rt_dataset_column(hot, "y", NULL);
    struct rt_shape shape = rt_column_shape(c), want = RT_SHAPE(3);
    assert_true(rt_shape_equal(&shape, &want));
    float got[9];
    gathered(hot, "y", got);
    const float rows[] = { 0, 0, 1, 1, 0, 0 };
    assert_memory_equal(got, rows, sizeof rows);
    assert_true(isnan(got[6]) && isnan(got[7]) && isnan(got[8]));
    rt_dataset_unref(hot);
    rt_dataset_unref(d);
}

static void onehot_refuses_what_is_no_class(void **state)
{
    (void)state;
    const float wrong[] = { 0, 1, 1.5f }, minus[] = { 0, -1, 0 };
    const float holes[] = { NAN, NAN, NAN }, fine[] = { 0, 2, 1 };
    const struct {
        const float *v;
        int classes;
        const char *text;
    } cases[] = {
        { wrong, 0,
          "column 'y' of data 'd': row 2 is 1.5, want class numbers "
          "0, 1, 2, ..." },
        { wrong, 3, "row 2 is 1.5, want class numbers 0..2" },
        { minus, 0, "row 1 is -1" },
        { fine, 2, "row 1 is 2, want class numbers 0..1" },
        { holes, 0, "has no class number" },
        { fine, -1, "classes is -1, want 1..1000000" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_dataset *d = floats("d", "y", cases[i].v, 3, RT_SHAPE(1));
        assert_null(rt_onehot(d, "y", cases[i].classes, NULL, &err));
        rt_assert_error(&err, RT_EINVAL, cases[i].text);
        rt_dataset_unref(d);
    }
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = floats("d", "y", fine, 3, RT_SHAPE(1));
    struct rt_dataset *hot = rt_onehot(d, "y", 0, NULL, &err);
    assert_null(rt_onehot(hot, "y", 0, NULL, &err));
    rt_assert_error(&err, RT_ESTATE, "is one-hot already");
    rt_dataset_unref(hot);
    rt_dataset_unref(d);
}

/* A row of a million numbers as one of a million classes each. */
static void onehot_refuses_more_than_memory_holds(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_shape row = RT_SHAPE(1000000, 1);
    struct rt_dataset *d = rt_dataset_new("d", 1, NULL);
    rt_dataset_add_column(d, "y", RT_U8, &row, 1, rt_xcalloc(1000000, 1), NULL,
                          0, NULL);
    assert_null(rt_onehot(d, "y", 1000000, NULL, &err));
    rt_assert_error(&err, RT_ENOMEM,
                    "column 'y' of data 'd': shape (1000000,1000000) has more "
                    "numbers than memory can hold");
    rt_dataset_unref(d);
}

/* The test part lacks the last class, the training part tells it. */
static void onehot_is_fitted_on_the_part_it_is_told(void **state)
{
    (void)state;
    const float v[] = { 0, 1, 2, 1 };
    const uint32_t end[] = { 3 };
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *d = floats("d", "y", v, 4, RT_SHAPE(1));
    struct rt_dataset *test = rt_dataset_pick(d, "t", end, 1, NULL);
    struct rt_dataset *a = rt_onehot(test, "y", 0, d, NULL);
    assert_int_equal(rt_dataset_column(a, "y", NULL)->steps[0]->k, 3);
    assert_null(rt_onehot(d, "y", 0, test, &err));
    rt_assert_error(&err, RT_EINVAL, "row 2 is 2, want class numbers 0..1");
    rt_dataset_unref(a);
    rt_dataset_unref(test);
    rt_dataset_unref(d);
}

static void named_classes_all_count(void **state)
{
    (void)state;
    struct rt_dataset *d = rt_dataset_new("d", 2, NULL);
    char **names = rt_xcalloc(3, sizeof *names);
    names[0] = rt_xstrdup("cat");
    names[1] = rt_xstrdup("dog");
    names[2] = rt_xstrdup("owl");
    struct rt_shape number = { .rank = 0 };
    rt_dataset_add_column(d, "y", RT_U8, &number, 2, rt_xcalloc(2, 1), names, 3,
                          NULL);
    struct rt_dataset *hot = rt_onehot(d, "y", 0, NULL, NULL);
    const struct rt_column *c = rt_dataset_column(hot, "y", NULL);
    assert_int_equal(c->steps[0]->k, 3);
    assert_string_equal(c->classes[2], "owl");
    rt_dataset_unref(hot);
    rt_dataset_unref(d);
}

/* Whatever numbers come, a listed transform stays inside its memory. */
static void every_transform_takes_any_number(void **state)
{
    (void)state;
    const float v[] = { -1, 1e30f, NAN, INFINITY, 0.5f, 3, -0.0f, 2 };
    struct rt_dataset *d = floats("d", "y", v, 8, RT_SHAPE(1));
    const float k[] = { 0, 2 };
    struct rt_dataset *model = floats("m", "y", k, 2, RT_SHAPE(1));
    struct rt_dataset *hot = rt_onehot(model, "y", 0, NULL, NULL);
    struct rt_transform *step = rt_dataset_column(hot, "y", NULL)->steps[0];
    struct rt_dataset *odd = rt_dataset_copy(d, "odd");
    rt_column_add_step(rt_dataset_column(odd, "y", NULL),
                       rt_transform_ref(step));
    float got[24];
    gathered(odd, "y", got);
    for (int i = 0; i < 24; i++)
        if (i / 3 == 2)
            assert_true(isnan(got[i]));
        else
            assert_true(got[i] == (i == 12 || i == 18 || i == 23));
    rt_dataset_unref(odd);
    rt_dataset_unref(hot);
    rt_dataset_unref(model);
    rt_dataset_unref(d);
}

static void the_list_is_sorted_and_complete(void **state)
{
    (void)state;
    const struct rt_transform_type *const *list = rt_transforms();
    int n = 0;
    for (; list[n]; n++) {
        assert_non_null(list[n]->help);
        assert_true(n == 0 || strcmp(list[n - 1]->name, list[n]->name) < 0);
    }
    assert_int_equal(n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minmax_of_a_table_is_per_column),
        cmocka_unit_test(minmax_of_pictures_is_over_the_whole_array),
        cmocka_unit_test(standard_divides_by_the_population_deviation),
        cmocka_unit_test(statistics_are_summed_in_double),
        cmocka_unit_test(numbers_far_from_zero_keep_their_distances),
        cmocka_unit_test(a_constant_column_becomes_zero),
        cmocka_unit_test(nan_is_left_out_of_the_fit),
        cmocka_unit_test(scale_is_fitted_on_the_part_it_is_told),
        cmocka_unit_test(what_cannot_be_scaled_is_said),
        cmocka_unit_test(like_takes_over_the_numbers_of_another_set),
        cmocka_unit_test(like_refuses_other_steps_and_other_shapes),
        cmocka_unit_test(inverse_gives_back_the_numbers),
        cmocka_unit_test(onehot_has_no_inverse),
        cmocka_unit_test(onehot_counts_the_classes),
        cmocka_unit_test(onehot_refuses_what_is_no_class),
        cmocka_unit_test(onehot_refuses_more_than_memory_holds),
        cmocka_unit_test(onehot_is_fitted_on_the_part_it_is_told),
        cmocka_unit_test(named_classes_all_count),
        cmocka_unit_test(every_transform_takes_any_number),
        cmocka_unit_test(the_list_is_sorted_and_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
