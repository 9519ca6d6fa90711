/* Sets side by side: names, rows as picked, transforms and classes kept. */
#include "support.h"

#include "base/mem.h"
#include "data/join.h"
#include "data/transform.h"
#include "data/weigh.h"
#include "data/windows.h"

static struct rt_dataset *make(const char *name, int n, int first)
{
    struct rt_dataset *d = rt_dataset_new(name, (size_t)n, "test");
    int16_t *v = rt_xmalloc((size_t)n * sizeof *v);
    for (int i = 0; i < n; i++)
        v[i] = (int16_t)(first + i);
    assert_int_equal(rt_dataset_add_column(d, "x", RT_I16,
                                           &(struct rt_shape){ .rank = 0 },
                                           (size_t)n, v, NULL, 0, NULL),
                     0);
    return d;
}

static double number(const struct rt_dataset *d, const char *col, size_t row)
{
    float v;
    const struct rt_column *c = rt_dataset_column(d, col, NULL);
    assert_non_null(c);
    rt_dataset_gather(d, c, NULL, row, 1, &v);
    return (double)v;
}

static void columns_stand_side_by_side(void **state)
{
    (void)state;
    static const uint32_t back[] = { 3, 2, 1, 0 }, late[] = { 4, 5, 6, 7 };
    struct rt_dataset *a = make("a", 4, 0), *b = make("b", 8, 10);
    struct rt_dataset *turned = rt_dataset_pick(a, "t", back, 4, NULL);
    struct rt_dataset *end = rt_dataset_pick(b, "e", late, 4, NULL);
    struct rt_dataset *scaled =
        rt_scale(turned, NULL, 0.5, NULL, NULL, 0, NULL);
    const struct rt_join of[] = { { "a", a }, { "t", scaled }, { "e", end } };
    struct rt_dataset *d = rt_dataset_join("all", of, 3, NULL);
    assert_non_null(d);
    assert_int_equal(d->n_cols, 3);
    for (size_t i = 0; i < 4; i++) {
        rt_assert_close(number(d, "a.x", i), (double)i, 0);
        rt_assert_close(number(d, "t.x", i), 0.5 * (3 - (double)i), 0);
        rt_assert_close(number(d, "e.x", i), 14 + (double)i, 0);
    }
    assert_ptr_equal(d->cols[0]->block, a->cols[0]->block); /* no copy */
    rt_dataset_unref(d);
    rt_dataset_unref(scaled);
    rt_dataset_unref(end);
    rt_dataset_unref(turned);
    rt_dataset_unref(b);
    rt_dataset_unref(a);
}

static void names_of_classes_stay(void **state)
{
    (void)state;
    struct rt_dataset *d = rt_dataset_new("d", 2, "test");
    int32_t *v = rt_xcalloc(2, sizeof *v);
    char **classes = rt_xcalloc(2, sizeof *classes);
    classes[0] = rt_xstrdup("cat");
    classes[1] = rt_xstrdup("dog");
    assert_int_equal(rt_dataset_add_column(d, "y", RT_I32,
                                           &(struct rt_shape){ .rank = 0 }, 2,
                                           v, classes, 2, NULL),
                     0);
    static const uint32_t back[] = { 1, 0 };
    struct rt_dataset *turned = rt_dataset_pick(d, "t", back, 2, NULL);
    const struct rt_join of[] = { { "a", d }, { "b", turned } };
    struct rt_dataset *all = rt_dataset_join("all", of, 2, NULL);
    assert_non_null(all);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(all->cols[i]->n_classes, 2);
        assert_string_equal(all->cols[i]->classes[1], "dog");
    }
    rt_dataset_unref(all);
    rt_dataset_unref(turned);
    rt_dataset_unref(d);
}

static void unequal_sets_are_refused(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_dataset *a = make("a", 4, 0), *b = make("b", 5, 0);
    const struct rt_join uneven[] = { { "a", a }, { "b", b } };
    assert_null(rt_dataset_join("all", uneven, 2, &err));
    rt_assert_error(&err, RT_ESHAPE, "'a' has 4 rows and 'b' 5");
    const struct rt_join twice[] = { { "a", a }, { "a", a } };
    assert_null(rt_dataset_join("all", twice, 2, &err));
    rt_assert_error(&err, RT_EEXIST, "'a' stands before two sets");
    rt_dataset_unref(a);
    rt_dataset_unref(b);
}

/* As the help of `data` says. */
static void bindings_and_weights_do_not_go_on(void **state)
{
    (void)state;
    static const char *const col[] = { "x" };
    struct rt_dataset *a = make("a", 4, 0), *b = make("b", 4, 10);
    assert_int_equal(rt_dataset_bind(a, "in", col, 1, NULL), 0);
    assert_int_equal(rt_dataset_weigh_samples(a, NULL, "x", NULL), 0);
    const struct rt_join of[] = { { "a", a }, { "b", b } };
    const struct rt_series_args args = { .length = 2,
                                         .sampling_rate = 1,
                                         .stride = 1,
                                         .start_index = RT_UNSET_INT,
                                         .end_index = RT_UNSET_INT };
    struct rt_dataset *made[] = { rt_dataset_join("all", of, 2, NULL),
                                  rt_dataset_series(a, "w", &args, NULL) };
    for (int i = 0; i < 2; i++) {
        assert_non_null(made[i]);
        assert_int_equal(made[i]->n_bindings, 0);
        assert_int_equal(made[i]->n_weighings, 0);
        rt_dataset_unref(made[i]);
    }
    rt_dataset_unref(b);
    rt_dataset_unref(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_stand_side_by_side),
        cmocka_unit_test(names_of_classes_stay),
        cmocka_unit_test(unequal_sets_are_refused),
        cmocka_unit_test(bindings_and_weights_do_not_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
