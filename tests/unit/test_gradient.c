/* The gradient of the first batch: what a step of gradient descent takes. */
#include "fit_case.h"

#include "train/gradient.h"

#include <stdlib.h>

#define TWO_LAYERS                                                             \
    "input x 2; dense 8 tanh name=first; dense 3 softmax name=y; output;"      \
    "compile sgd lr=1 loss=sparse_categorical_crossentropy"

static void first_batch(struct fit_case *c, float **grads, double *loss)
{
    case_open(c, TWO_LAYERS, spiral(40));
    rt_assert_ok(rt_gradient(c->model, c->data, 24, 1, grads, loss, &c->err),
                 &c->err);
}

static void is_what_a_step_at_rate_one_takes_away(void **state)
{
    (void)state;
    struct fit_case c;
    float *grads;
    double loss;
    first_batch(&c, &grads, &loss);
    size_t n = c.model->n_params;
    float *before = malloc(n * sizeof *before);
    memcpy(before, c.model->weights, n * sizeof *before);
    c.spec.validation_split = NAN;
    c.spec.epochs = 1;
    c.spec.steps = 1;
    c.spec.batch_size = 24;
    c.spec.shuffle = false;
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    const struct rt_event *batch = case_event(&c, RT_EV_BATCH, 0);
    rt_assert_close(loss, case_value(&c, batch, "loss"), 0);
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(c.model->weights[i] == before[i] - grads[i]);
        most = fmax(most, fabs((double)grads[i]));
    }
    assert_true(most > 0.01);
    free(before);
    free(grads);
    case_close(&c);
}

static void is_zero_where_a_layer_is_frozen(void **state)
{
    (void)state;
    struct fit_case c;
    float *grads;
    case_open(&c, TWO_LAYERS, spiral(40));
    struct rt_model_layer *l = rt_model_layer_find(c.model, "first", &c.err);
    l->trainable = false;
    rt_assert_ok(rt_gradient(c.model, c.data, 40, 1, &grads, NULL, &c.err),
                 &c.err);
    const struct rt_weight *w = l->weights[0];
    for (size_t i = 0; i < w->n; i++)
        assert_true(grads[w->offset + i] == 0.0f);
    free(grads);
    case_close(&c);
}

static void is_refused_where_nothing_learns_or_no_loss_is(void **state)
{
    (void)state;
    struct fit_case c;
    float *grads;
    case_open(&c, "input x 2; dense 3 softmax name=y; output", spiral(40));
    assert_int_equal(rt_gradient(c.model, c.data, 8, 1, &grads, NULL, &c.err),
                     RT_ESTATE);
    assert_null(grads);
    rt_model_layer_find(c.model, "y", &c.err)->trainable = false;
    assert_int_equal(rt_gradient(c.model, c.data, 8, 1, &grads, NULL, &c.err),
                     RT_ESTATE);
    assert_non_null(strstr(c.err.text, "learns"));
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_what_a_step_at_rate_one_takes_away),
        cmocka_unit_test(is_zero_where_a_layer_is_frozen),
        cmocka_unit_test(is_refused_where_nothing_learns_or_no_loss_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
