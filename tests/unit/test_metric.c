/* Metrics: values per sample, the choice of accuracy. */
#include "support.h"

#include "base/schema.h"
#include "graph/plan.h"
#include "nn/metric.h"

#include <math.h>

static enum rt_mode mode;
static const char *unit;

static void evaluate(const char *spec, const char *loss_name, int y_width,
                     const float *y, int p_width, const float *p, int n,
                     double *out)
{
    struct rt_err err = RT_ERR_INIT;
    void *args = NULL;
    const struct rt_loss *loss =
        loss_name ? rt_loss_find(loss_name, &args, &err) : NULL;
    struct rt_graph *g = rt_graph_new();
    struct rt_node *yn =
        rt_graph_input(g, "y", &RT_SHAPE(RT_DIM_ANY, y_width), &err);
    struct rt_node *pn =
        rt_graph_input(g, "p", &RT_SHAPE(RT_DIM_ANY, p_width), &err);
    struct rt_node *each =
        rt_metric_build(spec, g, loss, yn, pn, &mode, &unit, &err);
    if (!each)
        fail_msg("%s", err.text);
    struct rt_plan_spec plan_spec = {
        .graph = g, .roots = &each, .n_roots = 1, .rows = n
    };
    struct rt_plan *plan = rt_plan_new(&plan_spec, &err);
    if (!plan)
        fail_msg("%s", err.text);
    rt_plan_bind(plan, yn, y);
    rt_plan_bind(plan, pn, p);
    rt_plan_forward(plan, n, (struct rt_key){ 0 });
    struct rt_tensor v = rt_plan_value(plan, each);
    assert_int_equal(v.n, n);
    for (int i = 0; i < n; i++)
        out[i] = (double)v.v[i];
    rt_plan_free(plan);
    rt_graph_free(g);
    rt_args_free(args);
}

static const float onehot[] = { 0, 1, 0, 0, 0, 1 };
static const float numbers[] = { 1, 2 };
static const float p3[] = { 0.2f, 0.5f, 0.3f, 0.6f, 0.1f, 0.3f };

static void accuracy_of_one_unit_is_binary(void **state)
{
    (void)state;
    const float y[] = { 1, 0, 1, 0 }, p[] = { 0.7f, 0.5f, 0.4f, 0.9f };
    double v[4];
    evaluate("acc", "mse", 1, y, 1, p, 4, v);
    rt_assert_close(v[0], 1, 0);
    rt_assert_close(v[1], 1, 0); /* 0.5 is not above 0.5 */
    rt_assert_close(v[2], 0, 0);
    rt_assert_close(v[3], 0, 0);
    assert_int_equal(mode, RT_MODE_MAX);
    assert_string_equal(unit, "share");
}

static void accuracy_follows_the_loss(void **state)
{
    (void)state;
    double v[2];
    evaluate("acc", "categorical_crossentropy", 3, onehot, 3, p3, 2, v);
    rt_assert_close(v[0], 1, 0);
    rt_assert_close(v[1], 0, 0);
    evaluate("accuracy", "sparse_categorical_crossentropy", 1, numbers, 3, p3,
             2, v);
    rt_assert_close(v[0], 1, 0);
    rt_assert_close(v[1], 0, 0);
    evaluate("accuracy", "bce", 3, onehot, 3, p3, 2, v);
    rt_assert_close(v[0], 2.0 / 3, 1e-6); /* 0.5 counts as no */
    rt_assert_close(v[1], 1.0 / 3, 1e-6);
    evaluate("accuracy", NULL, 3, onehot, 3, p3, 2, v);
    rt_assert_close(v[0], 1, 0);
}

static void binary_accuracy_has_a_threshold(void **state)
{
    (void)state;
    const float y[] = { 1, 0 }, p[] = { 0.3f, 0.3f };
    double v[2];
    evaluate("binary_accuracy(threshold=0.25)", NULL, 1, y, 1, p, 2, v);
    rt_assert_close(v[0], 1, 0);
    rt_assert_close(v[1], 0, 0);
}

static void every_loss_is_a_metric(void **state)
{
    (void)state;
    double v[2];
    for (const struct rt_loss *const *l = rt_losses(); *l; l++) {
        bool sparse = (*l)->label != NULL;
        evaluate((*l)->name, NULL, sparse ? 1 : 3, sparse ? numbers : onehot, 3,
                 p3, 2, v);
        assert_true(isfinite(v[0]));
        assert_int_equal(mode, RT_MODE_MIN);
    }
    evaluate("mse", NULL, 3, onehot, 3, p3, 2, v);
    rt_assert_close(v[0], (0.04 + 0.25 + 0.09) / 3, 1e-6);
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_graph *g = rt_graph_new();
    struct rt_node *y = rt_graph_input(g, "y", &RT_SHAPE(RT_DIM_ANY, 1), &err);
    struct rt_node *p = rt_graph_input(g, "p", &RT_SHAPE(RT_DIM_ANY, 3), &err);
    assert_null(rt_metric_build("mse", g, NULL, y, p, &mode, &unit, &err));
    rt_assert_error(&err, RT_ESHAPE, "mse: label is (none,1)");
    assert_null(rt_metric_build("acuracy", g, NULL, y, p, &mode, &unit, &err));
    rt_assert_error(&err, RT_ENOENT, "accuracy");
    rt_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accuracy_of_one_unit_is_binary),
        cmocka_unit_test(accuracy_follows_the_loss),
        cmocka_unit_test(binary_accuracy_has_a_threshold),
        cmocka_unit_test(every_loss_is_a_metric),
        cmocka_unit_test(what_does_not_fit_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
