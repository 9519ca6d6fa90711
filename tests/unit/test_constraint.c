/* Constraints: what each makes of a weight, and when. */
#include "fit_case.h"

#include "nn/constraint.h"

static struct rt_err err;

/* w is 2 inputs by 3 units: columns of norm 5, 1 and 0. */
static void apply(const char *spec, float w[6])
{
    static const float first[6] = { 3, -0.6f, 0, 4, 0.8f, 0 };
    struct rt_constraint_args a;
    memcpy(w, first, sizeof first);
    const struct rt_constraint *c =
        rt_constraint_find(spec, &RT_SHAPE(2, 3), &a, &err);
    if (!c)
        fail_msg("%s", err.text);
    c->apply(&a, &RT_SHAPE(2, 3), w);
}

static void norms_are_taken_over_the_inputs_of_a_unit(void **state)
{
    (void)state;
    float w[6];
    apply("max_norm(2)", w);
    rt_assert_close(w[0], 1.2, 1e-6);
    rt_assert_close(w[3], 1.6, 1e-6);
    rt_assert_close(w[1], -0.6, 1e-6);
    assert_true(w[2] == 0);
    apply("unit_norm", w);
    rt_assert_close(w[0], 0.6, 1e-6);
    rt_assert_close(w[4], 0.8, 1e-6);
    apply("min_max_norm(min_value=2,max_value=3,rate=0.5)", w);
    rt_assert_close(w[0], 3 * 0.8, 1e-6);    /* halfway from 5 to 3 */
    rt_assert_close(w[1], -0.6 * 1.5, 1e-6); /* from 1 to 2 */
    apply("non_neg", w);
    assert_true(w[1] == 0 && w[0] == 3);
}

/* A weight that is no number says that training diverged. */
static void what_is_no_number_stays_none(void **state)
{
    (void)state;
    static const char *const specs[] = { "non_neg", "max_norm(2)", "unit_norm",
                                         "min_max_norm" };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct rt_constraint_args a;
        float w[2] = { NAN, 1 };
        const struct rt_constraint *c =
            rt_constraint_find(specs[i], &RT_SHAPE(2, 1), &a, &err);
        assert_non_null(c);
        c->apply(&a, &RT_SHAPE(2, 1), w);
        assert_true(isnan(w[0]));
    }
}

static void another_axis_is_another_norm(void **state)
{
    (void)state;
    float w[6];
    apply("unit_norm(axis=1)", w);
    rt_assert_close(w[0], 3 / sqrt(9.36), 1e-6);
    apply("unit_norm(axis=(0,1))", w);
    rt_assert_close(w[0], 3 / sqrt(26), 1e-6);
    struct rt_constraint_args a;
    assert_null(
        rt_constraint_find("unit_norm(axis=2)", &RT_SHAPE(2, 3), &a, &err));
    rt_assert_error(&err, RT_EINVAL, "constraint 'unit_norm(axis=2)'");
    assert_null(
        rt_constraint_find("unit_norm((0,2))", &RT_SHAPE(2, 3, 4), &a, &err));
    assert_null(rt_constraint_find("norm", &RT_SHAPE(2, 3), &a, &err));
    rt_assert_error(&err, RT_ENOENT, "unknown constraint 'norm'");
}

static void weights_are_held_after_every_update(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c,
              "input x 2; dense 8 relu name=h kernel_constraint=unit_norm "
              "bias_constraint=non_neg; dense 1 name=size; output;"
              "compile sgd lr=0.5 loss=mse",
              two_labels(40));
    c.spec.epochs = 2;
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    const struct rt_model_layer *h = rt_model_layer_find(c.model, "h", &err);
    const float *w = c.model->weights + h->weights[0]->offset;
    const float *b = c.model->weights + h->weights[1]->offset;
    for (int u = 0; u < 8; u++) {
        rt_assert_close(hypot((double)w[u], (double)w[8 + u]), 1, 1e-5);
        assert_true(b[u] >= 0);
    }
    struct rt_model *twin = rt_model_twin(c.model, &err);
    assert_ptr_equal(twin->layers[1]->weights[0]->constraint,
                     h->weights[0]->constraint);
    rt_model_free(twin);
    case_close(&c);
}

static void a_frozen_layer_is_left_alone(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c,
              "input x 2; dense 8 relu name=h kernel_constraint=unit_norm;"
              "dense 1 name=size; output; compile sgd loss=mse",
              two_labels(40));
    rt_assert_ok(rt_model_ready(c.model, &err), &err);
    struct rt_model_layer *h = rt_model_layer_find(c.model, "h", &err);
    float before = c.model->weights[h->weights[0]->offset];
    h->trainable = false;
    c.spec.epochs = 1;
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_true(c.model->weights[h->weights[0]->offset] == before);
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(norms_are_taken_over_the_inputs_of_a_unit),
        cmocka_unit_test(what_is_no_number_stays_none),
        cmocka_unit_test(another_axis_is_another_norm),
        cmocka_unit_test(weights_are_held_after_every_update),
        cmocka_unit_test(a_frozen_layer_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
