/* What a model takes of memory, before anything is run. */
#include "fit_case.h"

#include "train/footprint.h"
#include "train/pass.h"

#define MODEL "input x 2; dense 300 tanh; dense 3 softmax name=y; output;"

static void says_what_the_plans_of_a_fit_take(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_footprint f;
    struct rt_pass pass;
    case_open(&c, MODEL "compile adam loss=sparse_categorical_crossentropy",
              spiral(50));
    rt_assert_ok(rt_footprint(c.model, 50, &f, &c.err), &c.err);
    struct rt_objective *o = rt_objective_new(c.model, true, &c.err);
    float *grads = calloc(c.model->n_params, sizeof *grads);
    rt_assert_ok(rt_pass_open(&pass,
                              &(struct rt_pass_spec){ .model = c.model,
                                                      .objective = o,
                                                      .data = c.data,
                                                      .n = 50,
                                                      .batch_size = 50,
                                                      .labels = true,
                                                      .training = true,
                                                      .grads = grads },
                              &c.err),
                 &c.err);
    assert_int_equal(f.training, rt_plan_bytes(pass.plan));
    assert_true(f.training > 50 * 300 * sizeof(float));
    assert_true(f.inference < f.training);
    assert_int_equal(f.weights, c.model->n_params * sizeof(float));
    assert_int_equal(f.slots, 2 * f.weights);
    assert_int_equal(f.total,
                     2 * f.weights + f.slots + f.training + f.inference);
    rt_pass_close(&pass);
    rt_objective_free(o);
    free(grads);
    case_close(&c);
}

static void one_row_more_than_the_most_does_not_fit(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_footprint most, more;
    case_open(&c, MODEL, spiral(5));
    rt_assert_ok(rt_footprint(c.model, RT_FOOTPRINT_MOST, &most, &c.err),
                 &c.err);
    assert_true(most.rows > 1000);
    assert_int_equal(most.training, 0);
    rt_assert_ok(rt_footprint(c.model, most.rows + 1, &more, &c.err), &c.err);
    assert_true((double)most.total <= 0.9 * (double)rt_memory());
    assert_true((double)more.total > 0.9 * (double)rt_memory());
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_the_plans_of_a_fit_take),
        cmocka_unit_test(one_row_more_than_the_most_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
