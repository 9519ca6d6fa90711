/* batch_norm: what a batch's own numbers, moving averages, frozen layers and
 * dialects make of it. */
#include "fit_case.h"

#include "graph/plan.h"
#include "nn/objective.h"

static const char one[] =
    "input x 2; batch_norm name=bn momentum=0.8; dense 1 name=size; output;"
    "compile sgd lr=0.1 loss=mse";

static const float *values(const struct rt_model *m, const char *weight)
{
    const struct rt_model_layer *l = rt_model_layer_find(m, "bn", NULL);
    for (int i = 0; i < l->n_weights; i++)
        if (strcmp(l->weights[i]->name, weight) == 0)
            return m->weights + l->weights[i]->offset;
    fail_msg("no weight %s", weight);
    return NULL;
}

/* The moving average and variance of column k of x after one pass over all
 * rows in batches. */
static void expect(struct rt_dataset *d, int batch, int k, double momentum,
                   bool unbiased, double epsilon, double out[2])
{
    struct rt_err err;
    float x[200 * 2];
    size_t n = d->n_rows;
    rt_dataset_gather(d, rt_dataset_column(d, "x", &err), NULL, 0, n, x);
    out[0] = 0;
    out[1] = 1;
    for (size_t from = 0; from < n; from += (size_t)batch) {
        size_t rows = n - from < (size_t)batch ? n - from : (size_t)batch;
        double mean = 0, var = 0;
        for (size_t i = from; i < from + rows; i++)
            mean += (double)x[2 * i + (size_t)k] / (double)rows;
        for (size_t i = from; i < from + rows; i++)
            var += pow((double)x[2 * i + (size_t)k] - mean, 2) / (double)rows;
        if (unbiased)
            var *= (double)rows / ((double)rows - 1 - epsilon);
        out[0] = momentum * out[0] + (1 - momentum) * mean;
        out[1] = momentum * out[1] + (1 - momentum) * var;
    }
}

static void open_one(struct fit_case *c, enum rt_dialect dialect)
{
    case_open(c, "", two_labels(50));
    c->model->dialect = dialect;
    lines_run(c->model, one);
    c->spec.validation_split = 0;
    c->spec.epochs = 1;
    c->spec.shuffle = false;
}

static void check_moving(const struct fit_case *c, bool unbiased, double eps)
{
    for (int k = 0; k < 2; k++) {
        double want[2];
        expect(c->data, 16, k, 0.8, unbiased, eps, want);
        rt_assert_close(values(c->model, "moving_mean")[k], want[0], 1e-6);
        rt_assert_close(values(c->model, "moving_variance")[k], want[1], 1e-6);
    }
}

static void averages_move_once_a_batch(void **state)
{
    (void)state;
    struct fit_case c;
    open_one(&c, RT_KERAS_2_3_1);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED); /* 16 16 16 2 rows */
    check_moving(&c, true, 1e-3);
    case_close(&c);
}

static void tf_keras_corrects_the_variance_of_pictures_alone(void **state)
{
    (void)state;
    struct fit_case c;
    open_one(&c, RT_TF_KERAS_2_4_0);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    check_moving(&c, false, 0);
    case_close(&c);
    struct rt_model *m = lines_model("");
    m->dialect = RT_TF_KERAS_2_4_0;
    lines_run(m, "input x 2x3x4; batch_norm; batch_norm axis=2");
    const bool want[] = { false, true, false, false };
    assert_int_equal(m->built.n_updates, 4);
    for (int i = 0; i < 4; i++) {
        const struct rt_moving_args *a = m->built.updates[i].value->args;
        assert_true(a->unbiased == want[i]);
        rt_assert_close(a->epsilon, i % 2 ? 0 : 1e-3, 1e-12);
    }
    rt_model_free(m);
}

static void frozen_averages_stay(void **state)
{
    (void)state;
    struct fit_case c;
    open_one(&c, RT_KERAS_2_3_1);
    rt_model_layer_find(c.model, "bn", NULL)->trainable = false;
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    for (int k = 0; k < 2; k++) {
        assert_true(values(c.model, "moving_mean")[k] == 0);
        assert_true(values(c.model, "moving_variance")[k] == 1);
        assert_true(values(c.model, "gamma")[k] == 1);
    }
    case_close(&c);
}

/* The output in training for three rows whose batch has another mean and
 * variance than what is stored. */
static double first_output(struct rt_model *m, bool training)
{
    struct rt_err err;
    const float x[6] = { 1, 5, 3, 5, 8, 5 };
    struct rt_objective *o = rt_objective_new(m, false, &err);
    if (!o)
        fail_msg("%s", err.text);
    struct rt_node *y = o->outputs[0].value;
    struct rt_plan *p =
        rt_plan_new(&(struct rt_plan_spec){ .graph = o->graph,
                                            .roots = &y,
                                            .n_roots = 1,
                                            .offset = o->offset,
                                            .weights = m->weights,
                                            .rows = 3,
                                            .training = training },
                    &err);
    assert_non_null(p);
    rt_plan_bind(p, o->inputs[0], x);
    rt_plan_forward(p, 3, (struct rt_key){ 1 });
    double v = (double)rt_plan_value(p, y).v[0];
    rt_plan_free(p);
    rt_objective_free(o);
    return v;
}

static void a_frozen_layer_uses_what_its_dialect_says(void **state)
{
    (void)state;
    double own = (1 - 4) / sqrt(26.0 / 3 + 1e-3), stored = 1 / sqrt(1 + 1e-3);
    for (int d = 0; d < RT_N_DIALECTS; d++) {
        struct rt_model *m = lines_model("");
        m->dialect = (enum rt_dialect)d;
        lines_run(m, "input x 2; batch_norm name=bn; output");
        rt_assert_close(first_output(m, true), own, 1e-5);
        rt_assert_close(first_output(m, false), stored, 1e-6);
        rt_model_layer_find(m, "bn", NULL)->trainable = false;
        rt_assert_close(first_output(m, true),
                        d == RT_TF_KERAS_2_4_0 ? stored : own, 1e-5);
        rt_assert_close(first_output(m, false), stored, 1e-6);
        rt_model_free(m);
    }
}

static void a_layer_called_twice_moves_twice(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c,
              "input x 2; batch_norm name=bn momentum=0.8; call bn;"
              "dense 1 name=size; output; compile sgd lr=0.1 loss=mse",
              two_labels(16));
    c.spec.validation_split = 0;
    c.spec.epochs = 1;
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    double want[2];
    expect(c.data, 16, 0, 0.8, true, 1e-3, want);
    /* the second call sees what the first one gave: mean 0 */
    rt_assert_close(values(c.model, "moving_mean")[0], 0.8 * want[0], 1e-6);
    case_close(&c);
}

static void a_batch_that_is_skipped_moves_nothing(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c,
              "input x 2; batch_norm name=bn; dense 1 name=size "
              "kernel_initializer=constant(inf); output; compile sgd loss=mse",
              two_labels(32));
    c.spec.validation_split = 0;
    c.spec.epochs = 1;
    c.spec.nan_go_on = true;
    case_run(&c);
    assert_true(values(c.model, "moving_mean")[0] == 0);
    case_close(&c);
}

static void weights_stand_in_keras_order(void **state)
{
    (void)state;
    static const char *const want[] = { "gamma", "beta", "moving_mean",
                                        "moving_variance" };
    struct rt_model *m = lines_model("input x 4x3; batch_norm name=bn axis=1");
    const struct rt_model_layer *l = rt_model_layer_find(m, "bn", NULL);
    assert_int_equal(l->n_weights, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(l->weights[i]->name, want[i]);
    assert_int_equal(l->weights[0]->n, 4);
    assert_int_equal(rt_model_params(m, true), 8);
    assert_int_equal(rt_model_params(m, false), 16);
    struct rt_err err;
    assert_true(line_run(m, "batch_norm axis=0", &err) != 0);
    rt_assert_error(&err, RT_EINVAL, "axis 0 is the batch");
    lines_run(m, "batch_norm center=no scale=no name=bare");
    l = rt_model_layer_find(m, "bare", NULL);
    assert_int_equal(l->n_weights, 2);
    assert_string_equal(l->weights[0]->name, "moving_mean");
    rt_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averages_move_once_a_batch),
        cmocka_unit_test(tf_keras_corrects_the_variance_of_pictures_alone),
        cmocka_unit_test(frozen_averages_stay),
        cmocka_unit_test(a_frozen_layer_uses_what_its_dialect_says),
        cmocka_unit_test(a_layer_called_twice_moves_twice),
        cmocka_unit_test(a_batch_that_is_skipped_moves_nothing),
        cmocka_unit_test(weights_stand_in_keras_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
