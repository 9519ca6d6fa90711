#include "fit_case.h"

#include "train/evaluate.h"

static void scores_are_means_over_rows(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_score *one, *all;
    int n, m;
    case_open(&c, TWO_HEADS, two_labels(50));
    rt_assert_ok(rt_evaluate(c.model, c.data, 50, NULL, &all, &m, &c.err),
                 &c.err);
    rt_assert_ok(rt_evaluate(c.model, c.data, 7, NULL, &one, &n, &c.err),
                 &c.err);
    static const char *const keys[] = { "loss", "kind_loss", "size_loss",
                                        "kind_acc", "size_mae" };
    assert_int_equal(n, 5);
    assert_int_equal(m, 5);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(one[i].key, keys[i]);
        rt_assert_close(one[i].value, all[i].value, 1e-6);
    }
    rt_assert_close(one[0].value, one[1].value + 0.5 * one[2].value, 1e-9);
    rt_scores_free(one, n);
    rt_scores_free(all, m);
    case_close(&c);
}

static void predictions_stand_in_the_rows_order(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_prediction *a, *b;
    int n, m;
    case_open(&c, TWO_HEADS, two_labels(50));
    rt_assert_ok(rt_predict(c.model, c.data, 16, NULL, &a, &n, &c.err), &c.err);
    assert_int_equal(n, 2);
    assert_string_equal(a[0].output, "kind");
    assert_int_equal(a[0].row.rank, 1);
    assert_int_equal(a[0].row.dim[0], 3);
    assert_int_equal(a[1].row.dim[0], 1);
    for (int i = 0; i < 50; i++)
        rt_assert_close(a[0].v[3 * i] + a[0].v[3 * i + 1] + a[0].v[3 * i + 2],
                        1, 1e-5);
    uint32_t rows[] = { 49, 3, 20 };
    struct rt_dataset *some = rt_dataset_pick(c.data, "some", rows, 3, &c.err);
    rt_assert_ok(rt_predict(c.model, some, 2, NULL, &b, &m, &c.err), &c.err);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            rt_assert_close(b[0].v[3 * i + k],
                            a[0].v[3 * rows[i] + (uint32_t)k], 1e-6);
    rt_predictions_free(a, n);
    rt_predictions_free(b, m);
    rt_dataset_unref(some);
    case_close(&c);
}

static void prediction_needs_no_compile_and_evaluation_does(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_prediction *p;
    struct rt_score *s = NULL;
    int n;
    case_open(&c, "input x 2; dense 3 softmax name=y; output", spiral(20));
    rt_assert_ok(rt_predict(c.model, c.data, 8, NULL, &p, &n, &c.err), &c.err);
    rt_predictions_free(p, n);
    assert_int_equal(rt_evaluate(c.model, c.data, 8, NULL, &s, &n, &c.err),
                     RT_ESTATE);
    rt_assert_error(&c.err, RT_ESTATE, "compile");
    assert_int_equal(rt_predict(c.model, c.data, 0, NULL, &p, &n, &c.err),
                     RT_EINVAL);
    case_close(&c);
}

static bool at_once(void)
{
    return true;
}

static void an_interrupt_ends_it_between_batches(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_prediction *p = NULL;
    struct rt_score *s = NULL;
    int n;
    case_open(&c, SPIRAL_MODEL, spiral(20));
    assert_int_equal(rt_evaluate(c.model, c.data, 8, at_once, &s, &n, &c.err),
                     RT_ECANCEL);
    assert_null(s);
    assert_int_equal(rt_predict(c.model, c.data, 8, at_once, &p, &n, &c.err),
                     RT_ECANCEL);
    assert_null(p);
    case_close(&c);
}

static void confusion_counts_true_against_predicted(void **state)
{
    (void)state;
    float v[] = { 0.7f, 0.2f, 0.1f, 0.1f, 0.8f, 0.1f,
                  0.3f, 0.3f, 0.4f, 0.5f, 0.5f, 0 };
    struct rt_prediction p = { .output = strdup("y"),
                               .row = RT_SHAPE(3),
                               .v = v };
    float classes[] = { 0, 1, 1, NAN };
    float onehot[] = { 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1 };
    struct rt_err err = RT_ERR_INIT;
    int64_t *count;
    int k;
    rt_assert_ok(rt_confusion(&p, 4, classes, 1, &count, &k, &err), &err);
    assert_int_equal(k, 3);
    static const int64_t want[] = { 1, 0, 0, 0, 1, 1, 0, 0, 0 };
    assert_memory_equal(count, want, sizeof want);
    free(count);
    rt_assert_ok(rt_confusion(&p, 4, onehot, 3, &count, &k, &err), &err);
    assert_int_equal(count[2 * 3 + 0], 1);
    free(count);
    classes[2] = 3;
    assert_int_equal(rt_confusion(&p, 4, classes, 1, &count, &k, &err),
                     RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "row 2 has the label 3");
    assert_int_equal(rt_confusion(&p, 4, onehot, 2, &count, &k, &err),
                     RT_ESHAPE);
    free(p.output);
}

static void a_width_of_one_is_two_classes(void **state)
{
    (void)state;
    float v[] = { 0.2f, 0.5f, 0.51f, 0.9f }, y[] = { 0, 1, 1, 0 };
    struct rt_prediction p = { .output = strdup("y"),
                               .row = RT_SHAPE(1),
                               .v = v };
    struct rt_err err = RT_ERR_INIT;
    int64_t *count;
    int k;
    rt_assert_ok(rt_confusion(&p, 4, y, 1, &count, &k, &err), &err);
    assert_int_equal(k, 2);
    for (int i = 0; i < 4; i++)
        assert_int_equal(count[i], 1);
    free(count);
    free(p.output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_means_over_rows),
        cmocka_unit_test(predictions_stand_in_the_rows_order),
        cmocka_unit_test(prediction_needs_no_compile_and_evaluation_does),
        cmocka_unit_test(an_interrupt_ends_it_between_batches),
        cmocka_unit_test(confusion_counts_true_against_predicted),
        cmocka_unit_test(a_width_of_one_is_two_classes),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
