/* Losses against numbers computed in double by their definitions. */
#include "support.h"

#include "base/schema.h"
#include "graph/plan.h"
#include "nn/loss.h"

#include <math.h>

/* Values per sample of a loss of y and p, n rows. */
static void evaluate(const char *spec, const struct rt_shape *y_shape,
                     const float *y, const struct rt_shape *p_shape,
                     const float *p, int n, double *out)
{
    struct rt_err err = RT_ERR_INIT;
    void *args;
    const struct rt_loss *loss = rt_loss_find(spec, &args, &err);
    if (!loss)
        fail_msg("%s", err.text);
    struct rt_graph *g = rt_graph_new();
    struct rt_node *yn = rt_graph_input(g, "y", y_shape, &err);
    struct rt_node *pn = rt_graph_input(g, "p", p_shape, &err);
    struct rt_node *each = loss->build(g, yn, pn, args, &err);
    if (!each)
        fail_msg("%s: %s", spec, err.text);
    assert_int_equal(each->shape.rank, 1);
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

static const struct rt_shape wide = { 2, { RT_DIM_ANY, 3 } };
static const struct rt_shape one = { 2, { RT_DIM_ANY, 1 } };

static void squares_and_absolutes_are_means_of_a_row(void **state)
{
    (void)state;
    const float y[] = { 1, 2, 3, 0, -1, 4 };
    const float p[] = { 1.5f, 2, 1, 2, -1, 4.5f };
    double v[2];
    evaluate("mean_squared_error", &wide, y, &wide, p, 2, v);
    rt_assert_close(v[0], 4.25 / 3, 1e-6);
    rt_assert_close(v[1], 4.25 / 3, 1e-6);
    evaluate("mse", &wide, y, &wide, p, 2, v);
    rt_assert_close(v[0], 4.25 / 3, 1e-6);
    evaluate("mae", &wide, y, &wide, p, 2, v);
    rt_assert_close(v[0], 2.5 / 3, 1e-6);
    rt_assert_close(v[1], 2.5 / 3, 1e-6);
}

static void all_axes_but_the_batch_are_averaged(void **state)
{
    (void)state;
    const struct rt_shape s = RT_SHAPE(RT_DIM_ANY, 2, 2);
    const float y[] = { 0, 0, 0, 0, 1, 1, 1, 1 };
    const float p[] = { 1, 2, 3, 4, 1, 1, 1, 3 };
    double v[2];
    evaluate("mse", &s, y, &s, p, 2, v);
    rt_assert_close(v[0], 30.0 / 4, 1e-6);
    rt_assert_close(v[1], 4.0 / 4, 1e-6);
}

static void categorical_divides_by_the_sum_first(void **state)
{
    (void)state;
    const float y[] = { 0, 1, 0, 0.5f, 0.25f, 0.25f };
    const float p[] = { 0.2f, 0.5f, 0.3f, 1, 2, 1 };
    double v[2];
    evaluate("categorical_crossentropy", &wide, y, &wide, p, 2, v);
    rt_assert_close(v[0], -log(0.5), 1e-6);
    rt_assert_close(v[1], -0.75 * log(0.25) - 0.25 * log(0.5), 1e-6);
}

static void probabilities_are_clipped(void **state)
{
    (void)state;
    const float y[] = { 1, 0, 0, 0, 1, 0 };
    const float p[] = { 0, 1, 0, 0, 1, 0 };
    double v[2];
    evaluate("categorical_crossentropy", &wide, y, &wide, p, 2, v);
    rt_assert_close(v[0], -log(1e-7), 1e-6);
    rt_assert_close(v[1], 1e-7, 3e-8);
    evaluate("bce", &wide, y, &wide, p, 2, v);
    rt_assert_close(v[0], -2 * log(1e-7) / 3, 0.01); /* 1 - 1e-7 in float */
    rt_assert_close(v[1], 1e-7, 3e-8);
}

static void binary_counts_both_answers(void **state)
{
    (void)state;
    const float y[] = { 1, 0, 0.5f };
    const float p[] = { 0.75f, 0.75f, 0.25f };
    double v[3];
    evaluate("binary_crossentropy", &one, y, &one, p, 3, v);
    rt_assert_close(v[0], -log(0.75), 1e-6);
    rt_assert_close(v[1], -log(0.25), 1e-6);
    rt_assert_close(v[2], -0.5 * log(0.25) - 0.5 * log(0.75), 1e-6);
}

static void sparse_takes_class_numbers_and_divides_after_clipping(void **state)
{
    (void)state;
    const float y[] = { 1, 2 };
    const float p[] = { 0.2f, 0.5f, 0.3f, 1, 1, 2 };
    double v[2], most = 1 - 1e-7;
    evaluate("sparse_categorical_crossentropy", &one, y, &wide, p, 2, v);
    rt_assert_close(v[0], -log(0.5), 1e-6);
    rt_assert_close(v[1], log(3 * most) - log(most), 1e-6);
}

static void sparse_works_on_sequences(void **state)
{
    (void)state;
    const struct rt_shape ys = RT_SHAPE(RT_DIM_ANY, 2, 1);
    const struct rt_shape ps = RT_SHAPE(RT_DIM_ANY, 2, 3);
    const float y[] = { 0, 2 };
    const float p[] = { 0.5f, 0.25f, 0.25f, 0.25f, 0.5f, 0.25f };
    double v[1];
    evaluate("sparse_categorical_crossentropy", &ys, y, &ps, p, 1, v);
    rt_assert_close(v[0], -(log(0.5) + log(0.25)) / 2, 1e-6);
}

static void sparse_labels_have_a_last_axis_of_one(void **state)
{
    (void)state;
    void *args;
    struct rt_shape label = { 0 };
    const struct rt_loss *l =
        rt_loss_find("sparse_categorical_crossentropy", &args, NULL);
    l->label(&RT_SHAPE(5, 10), &label);
    assert_true(rt_shape_equal(&label, &RT_SHAPE(5, 1)));
    assert_int_equal(l->classes, 1);
    rt_args_free(args);
}

static void a_label_of_another_shape_is_refused(void **state)
{
    (void)state;
    for (const struct rt_loss *const *l = rt_losses(); *l; l++) {
        struct rt_err err = RT_ERR_INIT;
        void *args =
            rt_args_default((*l)->opts, sizeof(struct rt_opt), (*l)->args_size);
        struct rt_graph *g = rt_graph_new();
        struct rt_node *y =
            rt_graph_input(g, "y", &RT_SHAPE(RT_DIM_ANY, 2), &err);
        struct rt_node *p = rt_graph_input(g, "p", &wide, &err);
        assert_null((*l)->build(g, y, p, args, &err));
        rt_assert_error(&err, RT_ESHAPE, "label is (none,2)");
        rt_assert_error(&err, RT_ESHAPE, "output is (none,3)");
        rt_graph_free(g);
        rt_args_free(args);
    }
}

static void an_unknown_loss_is_told_with_the_nearest(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    void *args;
    assert_null(rt_loss_find("ms", &args, &err));
    rt_assert_error(&err, RT_ENOENT, "unknown loss 'ms'");
    rt_assert_error(&err, RT_ENOENT, "mse");
    assert_null(rt_loss_find("mse(k=1)", &args, &err));
    rt_assert_error(&err, RT_EINVAL, "loss 'mse'");
}

static void the_list_is_sorted_and_complete(void **state)
{
    (void)state;
    const struct rt_loss *const *l = rt_losses();
    for (int i = 0; l[i]; i++) {
        assert_non_null(l[i]->help);
        assert_non_null(l[i]->keras);
        if (i)
            assert_true(strcmp(l[i - 1]->name, l[i]->name) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squares_and_absolutes_are_means_of_a_row),
        cmocka_unit_test(all_axes_but_the_batch_are_averaged),
        cmocka_unit_test(categorical_divides_by_the_sum_first),
        cmocka_unit_test(probabilities_are_clipped),
        cmocka_unit_test(binary_counts_both_answers),
        cmocka_unit_test(sparse_takes_class_numbers_and_divides_after_clipping),
        cmocka_unit_test(sparse_works_on_sequences),
        cmocka_unit_test(sparse_labels_have_a_last_axis_of_one),
        cmocka_unit_test(a_label_of_another_shape_is_refused),
        cmocka_unit_test(an_unknown_loss_is_told_with_the_nearest),
        cmocka_unit_test(the_list_is_sorted_and_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
