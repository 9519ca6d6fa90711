/* Penalties: their rates, what they add to a model's loss, and once. */
#include "model_lines.h"

#include "graph/plan.h"
#include "nn/objective.h"
#include "nn/regularizer.h"

static struct rt_err err;

static void specs_give_rates(void **state)
{
    (void)state;
    struct rt_regularizer_args a;
    rt_assert_ok(rt_regularizer_find("l1", &a, &err), &err);
    assert_true(a.l1 == 0.01 && a.l2 == 0);
    rt_assert_ok(rt_regularizer_find("l2(0.5)", &a, &err), &err);
    assert_true(a.l1 == 0 && a.l2 == 0.5);
    rt_assert_ok(rt_regularizer_find("l1_l2(l1=0.2)", &a, &err), &err);
    assert_true(a.l1 == 0.2 && a.l2 == 0.01);
    assert_int_equal(rt_regularizer_find("l3", &a, &err), RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT, "unknown regularizer 'l3'");
    assert_int_equal(rt_regularizer_find("l2(-1)", &a, &err), RT_EINVAL);
}

/* The sum of all penalties for inputs of one row after another. */
static double penalty(struct rt_model *m, const float *x, int rows)
{
    struct rt_objective *o = rt_objective_new(m, false, &err);
    if (!o)
        fail_msg("%s", err.text);
    struct rt_plan *p =
        rt_plan_new(&(struct rt_plan_spec){ .graph = o->graph,
                                            .roots = o->built.penalties,
                                            .n_roots = o->built.n_penalties,
                                            .offset = o->offset,
                                            .weights = m->weights,
                                            .rows = rows },
                    &err);
    assert_non_null(p);
    rt_plan_bind(p, o->inputs[0], x);
    rt_plan_forward(p, rows, (struct rt_key){ 1 });
    double total = 0;
    for (int i = 0; i < o->built.n_penalties; i++)
        total += (double)rt_plan_value(p, o->built.penalties[i]).v[0];
    rt_plan_free(p);
    rt_objective_free(o);
    return total;
}

static void weights_are_penalised_once_however_often_called(void **state)
{
    (void)state;
    const float x[2] = { 1, -2 };
    struct rt_model *m = lines_model(
        "input x 2; dense 2 name=fc kernel_initializer=constant(-0.5) "
        "kernel_regularizer=l1(0.1) bias_initializer=ones "
        "bias_regularizer=l2(0.25); call fc; call fc; output");
    rt_assert_close(penalty(m, x, 1), 4 * 0.5 * 0.1 + 2 * 0.25, 1e-6);
    rt_model_layer_find(m, "fc", NULL)->trainable = false;
    rt_assert_close(penalty(m, x, 1), 0.7, 1e-6);
    rt_model_free(m);
}

static void an_expression_is_a_penalty_too(void **state)
{
    (void)state;
    const float x[4] = { 1, -2, 3, 0 };
    struct rt_model *m = lines_model(
        "input x 2; dense 2 name=fc kernel_initializer=constant(-0.5) "
        "kernel_regularizer=expr(0.1*sum(abs(w))+sum(w^2,axis=(0,1))) "
        "activity_regularizer=expr(mean(h>0)); output");
    /* w is -0.5 four times; h is 0.5, 0.5 and -1.5, -1.5 */
    rt_assert_close(penalty(m, x, 2), 0.2 + 1 + 0.5, 1e-6);
    struct rt_model_layer *fc = rt_model_layer_find(m, "fc", NULL);
    const char *words[] = { "kernel_regularizer=expr(w)" };
    assert_int_not_equal(rt_model_change(m, &fc, 1, words, 1, &err), 0);
    rt_assert_error(&err, RT_ESHAPE, "gives (2,2), want a scalar");
    rt_assert_close(penalty(m, x, 2), 1.7, 1e-6);
    words[0] = "kernel_regularizer=l2(1)";
    rt_assert_ok(rt_model_change(m, &fc, 1, words, 1, &err), &err);
    rt_assert_close(penalty(m, x, 2), 1 + 0.5, 1e-6);
    rt_model_free(m);
}

static void activations_are_summed_over_the_batch_but_in_tf_keras(void **state)
{
    (void)state;
    const float x[6] = { 1, -2, 3, 0, -1, 1 };
    static const char text[] =
        "input x 2; dense 1 name=fc kernel_initializer=ones "
        "activity_regularizer=l1_l2(0.5,0.25); output";
    struct rt_model *m = lines_model(text);
    /* -1, 3, 0 */
    rt_assert_close(penalty(m, x, 3), 0.5 * 4 + 0.25 * 10, 1e-6);
    rt_model_free(m);
    m = lines_model("");
    m->dialect = RT_TF_KERAS_2_4_0;
    lines_run(m, text);
    rt_assert_close(penalty(m, x, 3), (0.5 * 4 + 0.25 * 10) / 3, 1e-6);
    struct rt_model *copy = rt_model_copy(m, "copy", &err);
    assert_int_equal(copy->dialect, RT_TF_KERAS_2_4_0);
    rt_model_free(copy);
    rt_model_free(m);
}

static void a_wrong_spec_is_told_where_the_layer_is_made(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 2");
    assert_true(line_run(m, "dense 1 kernel_regularizer=l9", &err) != 0);
    rt_assert_error(&err, RT_ENOENT, "dense: unknown regularizer 'l9'");
    assert_int_equal(m->built.n_penalties, 0);
    rt_model_free(m);
}

static void the_hash_knows_the_dialect(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 2; dense 1");
    uint64_t before = rt_model_hash(m);
    m->dialect = RT_KERAS_2_2_4;
    assert_true(rt_model_hash(m) != before);
    rt_model_free(m);
}

static void dialects_have_names(void **state)
{
    (void)state;
    enum rt_dialect d;
    for (int i = 0; i < RT_N_DIALECTS; i++) {
        rt_assert_ok(
            rt_dialect_find(rt_dialect_name((enum rt_dialect)i), &d, &err),
            &err);
        assert_int_equal(d, i);
    }
    assert_int_equal(rt_dialect_find("keras-2.3", &d, &err), RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT, "did you mean keras-2.3.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specs_give_rates),
        cmocka_unit_test(weights_are_penalised_once_however_often_called),
        cmocka_unit_test(an_expression_is_a_penalty_too),
        cmocka_unit_test(activations_are_summed_over_the_batch_but_in_tf_keras),
        cmocka_unit_test(a_wrong_spec_is_told_where_the_layer_is_made),
        cmocka_unit_test(the_hash_knows_the_dialect),
        cmocka_unit_test(dialects_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
