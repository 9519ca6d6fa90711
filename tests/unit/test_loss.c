/* Losses against numbers computed in double by their definitions. */
#include "support.h"

#include "base/schema.h"
#include "graph/gradcheck.h"
#include "graph/plan.h"
#include "loss_cases.h"
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
    struct rt_node *each =
        rt_loss_per_sample(g, loss->build(g, yn, pn, args, &err), &err);
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

static void every_loss_has_the_values_of_its_definition(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof loss_cases / sizeof *loss_cases; i++) {
        const struct loss_case *c = &loss_cases[i];
        double v[4];
        evaluate(c->spec, c->y_width == 1 ? &one : &wide, c->y, &wide, c->p, 4,
                 v);
        for (int k = 0; k < 4; k++)
            if (!(fabs(v[k] - c->want[k]) <= 1e-6 + 3e-6 * fabs(c->want[k])))
                fail_msg("%s, sample %d: %.9g, want %.9g", c->spec, k, v[k],
                         c->want[k]);
    }
}

/* The four samples as two sequences of two steps: each has the mean. */
static void every_loss_averages_over_time(void **state)
{
    (void)state;
    const struct rt_shape ps = RT_SHAPE(RT_DIM_ANY, 2, 3);
    for (size_t i = 0; i < sizeof loss_cases / sizeof *loss_cases; i++) {
        const struct loss_case *c = &loss_cases[i];
        const struct rt_shape ys = RT_SHAPE(RT_DIM_ANY, 2, c->y_width);
        double v[2];
        evaluate(c->spec, &ys, c->y, &ps, c->p, 2, v);
        for (int k = 0; k < 2; k++)
            rt_assert_close(v[k], (c->want[2 * k] + c->want[2 * k + 1]) / 2,
                            3e-6);
    }
}

/* The first case of a loss has labels and outputs of its kind. */
static const struct loss_case *case_of(const struct rt_loss *loss,
                                       const char *words)
{
    bool logits = words && strstr(words, "from_logits");
    for (size_t i = 0; i < sizeof loss_cases / sizeof *loss_cases; i++) {
        void *args;
        const struct loss_case *c = &loss_cases[i];
        const struct rt_loss *l = rt_loss_find(c->spec, &args, NULL);
        rt_args_free(args);
        if (l == loss && logits == (strstr(c->spec, "from_logits") != NULL))
            return c;
    }
    fail_msg("no case of %s", loss->name);
    return NULL;
}

/* Outputs that learn: the identity times a weight of n x width. */
static const float identity[] = {
    1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1
};
static struct rt_node *learning(struct rt_graph *g, int n, int width,
                                struct rt_err *err)
{
    struct rt_node *x = rt_graph_input(g, "x", &RT_SHAPE(RT_DIM_ANY, n), err);
    struct rt_node *w = rt_graph_weight(g, "p", &RT_SHAPE(n, width), err);
    return rt_op_dense(g, x, w, NULL, err);
}

static void check_gradient(const struct rt_loss *loss, const char *words)
{
    const struct loss_case *c = case_of(loss, words);
    struct rt_err err = RT_ERR_INIT;
    char spec[128];
    void *args;
    float p[12];
    snprintf(spec, sizeof spec, words ? "%s(%s)" : "%s", loss->name, words);
    for (char *space = strchr(spec, ' '); space; space = strchr(spec, ' '))
        *space = ',';
    if (!rt_loss_find(spec, &args, &err))
        fail_msg("%s", err.text);
    memcpy(p, c->p, sizeof p);
    for (int i = 0; i < 12; i++)
        if (fabsf(p[i]) > 2 || p[i] == 0) /* differences need some slope */
            p[i] = 0.3f * p[i] / (1 + fabsf(p[i])) + 0.5f;
    struct rt_graph *g = rt_graph_new();
    struct rt_node *y =
        rt_graph_input(g, "y", &RT_SHAPE(RT_DIM_ANY, c->y_width), &err);
    struct rt_node *w = learning(g, 4, 3, &err);
    struct rt_node *each =
        rt_loss_per_sample(g, loss->build(g, y, w, args, &err), &err);
    struct rt_node *root = rt_op_batch_mean(g, each, NULL, &err);
    if (!root)
        fail_msg("%s: %s", spec, err.text);
    struct rt_gradcheck found;
    rt_assert_ok(rt_gradcheck(g, root, &(size_t){ 0 }, p, NULL,
                              (const float *[]){ c->y, identity }, 4, true,
                              (struct rt_key){ 1 }, 12, 2e-4, &found, &err),
                 &err);
    if (found.worst > 1)
        fail_msg("%s: [%zu] is %g, differences give %g", spec, found.at,
                 found.analytic, found.numeric);
    rt_graph_free(g);
    rt_args_free(args);
}

static void every_loss_has_the_gradient_of_its_values(void **state)
{
    (void)state;
    for (const struct rt_loss *const *l = rt_losses(); *l; l++) {
        check_gradient(*l, NULL);
        for (int i = 0; (*l)->tests[i]; i++)
            check_gradient(*l, (*l)->tests[i]);
    }
}

/* At equal outputs relu and abs have a corner; the loss has none. */
static void a_logit_of_zero_has_its_gradient(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    void *args;
    const float y[] = { 0, 1 }, eye[] = { 1, 0, 0, 1 };
    float p[] = { 0, 0 }, grad[2];
    const struct rt_loss *loss =
        rt_loss_find("bce(from_logits=yes)", &args, &err);
    struct rt_graph *g = rt_graph_new();
    struct rt_node *yn = rt_graph_input(g, "y", &one, &err);
    struct rt_node *w = learning(g, 2, 1, &err);
    struct rt_node *root = rt_op_batch_mean(
        g, rt_loss_per_sample(g, loss->build(g, yn, w, args, &err), &err), NULL,
        &err);
    struct rt_plan *plan =
        rt_plan_new(&(struct rt_plan_spec){ .graph = g,
                                            .roots = &root,
                                            .n_roots = 1,
                                            .seeded = (bool[]){ true },
                                            .trainable = (bool[]){ true },
                                            .offset = (size_t[]){ 0 },
                                            .weights = p,
                                            .grads = grad,
                                            .rows = 2,
                                            .training = true },
                    &err);
    if (!plan)
        fail_msg("%s", err.text);
    rt_plan_bind(plan, yn, y);
    rt_plan_bind(plan, w->in[0], eye);
    rt_plan_forward(plan, 2, (struct rt_key){ 1 });
    rt_plan_backward(plan);
    rt_assert_close(grad[0], 0.25, 1e-7);
    rt_assert_close(grad[1], -0.25, 1e-7);
    rt_plan_free(plan);
    rt_graph_free(g);
    rt_args_free(args);
}

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
        assert_non_null(l[i]->keras_class);
        if (i)
            assert_true(strcmp(l[i - 1]->name, l[i]->name) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_loss_has_the_values_of_its_definition),
        cmocka_unit_test(every_loss_averages_over_time),
        cmocka_unit_test(every_loss_has_the_gradient_of_its_values),
        cmocka_unit_test(a_logit_of_zero_has_its_gradient),
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
