/* Metrics: values per sample, the choice of accuracy, streaming ones. */
#include "support.h"

#include "base/schema.h"
#include "graph/plan.h"
#include "metric_cases.h"
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
    struct rt_metric_made made;
    rt_assert_ok(rt_metric_make(spec, g, loss, yn, pn, &made, &err), &err);
    struct rt_node *each = rt_loss_per_sample(g, made.each, &err);
    mode = made.mode;
    unit = made.unit;
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
        if (!strcmp((*l)->name, "cosine_similarity"))
            continue; /* a metric of its own */
        evaluate((*l)->name, NULL, sparse ? 1 : 3, sparse ? numbers : onehot, 3,
                 p3, 2, v);
        assert_true(isfinite(v[0]));
        assert_int_equal(mode, RT_MODE_MIN);
    }
    evaluate("mse", NULL, 3, onehot, 3, p3, 2, v);
    rt_assert_close(v[0], (0.04 + 0.25 + 0.09) / 3, 1e-6);
}

static void top_k_counts_higher_outputs(void **state)
{
    (void)state;
    const float p[] = { 0.1f, 0.4f, 0.4f, 0.2f, 0.3f, 0.5f };
    const float y[] = { 0, 0, 1, 1, 0, 0 }, sparse[] = { 2, 0 };
    double v[2];
    evaluate("top_k(k=1)", NULL, 3, y, 3, p, 2, v);
    rt_assert_close(v[0], 1, 0); /* an equal one is not higher */
    rt_assert_close(v[1], 0, 0);
    evaluate("top_k_categorical_accuracy(k=2)", NULL, 3, y, 3, p, 2, v);
    rt_assert_close(v[1], 0, 0);
    evaluate("TopKCategoricalAccuracy", NULL, 3, y, 3, p, 2, v);
    rt_assert_close(v[1], 1, 0);
    evaluate("sparse_top_k(2)", NULL, 1, sparse, 3, p, 2, v);
    rt_assert_close(v[0], 1, 0);
    rt_assert_close(v[1], 0, 0);
}

static void cosine_as_a_metric_is_no_negative(void **state)
{
    (void)state;
    const float y[] = { 1, 2, 2 }, p[] = { 2, 4, 4 };
    double v[1];
    evaluate("cosine_similarity", NULL, 3, y, 3, p, 1, v);
    rt_assert_close(v[0], 1, 1e-6);
    assert_int_equal(mode, RT_MODE_MAX);
    evaluate("cosine_proximity", NULL, 3, y, 3, p, 1, v); /* the loss */
    rt_assert_close(v[0], -1, 1e-6);
}

/* In batches of any size, which changes no bit. */
static void streaming_metrics_have_the_values_of_their_definitions(void **state)
{
    (void)state;
    enum { ROWS = 40, WIDTH = 2 };
    static const int sizes[] = { 40, 7, 1 };
    for (size_t i = 0; i < sizeof stream_cases / sizeof *stream_cases; i++) {
        const struct stream_case *c = &stream_cases[i];
        struct rt_err err = RT_ERR_INIT;
        struct rt_graph *g = rt_graph_new();
        const struct rt_shape s = RT_SHAPE(RT_DIM_ANY, WIDTH);
        struct rt_node *y = rt_graph_input(g, "y", &s, &err);
        struct rt_node *p = rt_graph_input(g, "p", &s, &err);
        struct rt_metric_made m;
        double first = 0;
        rt_assert_ok(rt_metric_make(c->spec, g, NULL, y, p, &m, &err), &err);
        assert_null(m.each);
        assert_int_equal(m.width, WIDTH);
        for (int k = 0; k < 3; k++) {
            double *kept = calloc(m.n_state, sizeof *kept);
            for (int from = 0; from < ROWS; from += sizes[k]) {
                int n = ROWS - from < sizes[k] ? ROWS - from : sizes[k];
                const struct rt_metric_batch b = { c->y + from * WIDTH,
                                                   c->p + from * WIDTH,
                                                   (size_t)n, WIDTH };
                m.type->add(m.args, &b, kept);
            }
            double got = m.type->result(m.args, kept, WIDTH);
            if (fabs(got - c->want) > 1e-9)
                fail_msg("%s: %.12g, want %.12g", c->spec, got, c->want);
            first = k ? first : got;
            assert_true(first == got);
            free(kept);
        }
        rt_args_free(m.args);
        rt_graph_free(g);
    }
}

static void counts_without_a_denominator_are_zero(void **state)
{
    (void)state;
    static const char *const names[] = { "precision", "recall", "f1", "auc",
                                         "r2" };
    const float y[] = { 0, 0 }, p[] = { 0.1f, 0.2f };
    for (int i = 0; i < 5; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_graph *g = rt_graph_new();
        struct rt_node *yn =
            rt_graph_input(g, "y", &RT_SHAPE(RT_DIM_ANY, 1), &err);
        struct rt_metric_made m;
        double kept[1000] = { 0 };
        rt_assert_ok(rt_metric_make(names[i], g, NULL, yn, yn, &m, &err), &err);
        const struct rt_metric_batch b = { y, p, 2, 1 };
        m.type->add(m.args, &b, kept);
        rt_assert_close(m.type->result(m.args, kept, 1), 0, 0);
        rt_args_free(m.args);
        rt_graph_free(g);
    }
}

static void records_are_sorted_and_complete(void **state)
{
    (void)state;
    const struct rt_metric *const *m = rt_metrics();
    for (int i = 0; m[i]; i++) {
        assert_non_null(m[i]->help);
        assert_non_null(m[i]->unit);
        assert_true(m[i]->keras || m[i]->keras_class);
        assert_true(m[i]->build || (m[i]->n_state && m[i]->add));
        assert_true(m[i]->mode != RT_MODE_AUTO);
        if (i)
            assert_true(strcmp(m[i - 1]->name, m[i]->name) < 0);
    }
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_graph *g = rt_graph_new();
    struct rt_node *y = rt_graph_input(g, "y", &RT_SHAPE(RT_DIM_ANY, 1), &err);
    struct rt_node *p = rt_graph_input(g, "p", &RT_SHAPE(RT_DIM_ANY, 3), &err);
    struct rt_metric_made made;
    assert_int_equal(rt_metric_make("mse", g, NULL, y, p, &made, &err),
                     RT_ESHAPE);
    rt_assert_error(&err, RT_ESHAPE, "mse: label is (none,1)");
    assert_int_equal(rt_metric_make("precision", g, NULL, y, p, &made, &err),
                     RT_ESHAPE);
    rt_assert_error(&err, RT_ESHAPE, "precision: label is (none,1)");
    assert_int_equal(rt_metric_make("acuracy", g, NULL, y, p, &made, &err),
                     RT_ENOENT);
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
        cmocka_unit_test(top_k_counts_higher_outputs),
        cmocka_unit_test(cosine_as_a_metric_is_no_negative),
        cmocka_unit_test(
            streaming_metrics_have_the_values_of_their_definitions),
        cmocka_unit_test(counts_without_a_denominator_are_zero),
        cmocka_unit_test(records_are_sorted_and_complete),
        cmocka_unit_test(what_does_not_fit_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
