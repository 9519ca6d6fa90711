/* The graph of a fit: labels, losses, weights, metrics, keys, gradients. */
#include "model_lines.h"

#include "graph/gradcheck.h"
#include "graph/plan.h"
#include "nn/objective.h"

static struct rt_err err;

static struct rt_objective *objective(struct rt_model *m, bool with_labels)
{
    struct rt_objective *o = rt_objective_new(m, with_labels, &err);
    if (!o)
        fail_msg("%s", err.text);
    return o;
}

static const char two[] =
    "input x 4; dense 5 tanh; dense 3 softmax name=kind; output;"
    "dense 2 name=size from=dense_1; output;"
    "dense 1 name=free from=dense_1; output;"
    "compile sgd loss=kind:sparse_categorical_crossentropy,size:mse "
    "loss_weights=size:0.5 metrics=acc,size:mae";

static void outputs_have_labels_losses_and_metrics(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(two);
    struct rt_objective *o = objective(m, true);
    assert_int_equal(o->n_inputs, 1);
    assert_int_equal(o->n_outputs, 3);
    assert_string_equal(o->inputs[0]->name, "x");
    assert_string_equal(o->outputs[0].name, "kind");
    assert_string_equal(o->outputs[0].label->name, "y:kind");
    assert_true(
        rt_shape_equal(&o->outputs[0].label->shape, &RT_SHAPE(RT_DIM_ANY, 1)));
    assert_true(
        rt_shape_equal(&o->outputs[1].label->shape, &RT_SHAPE(RT_DIM_ANY, 2)));
    assert_string_equal(o->outputs[1].sample_weight->name, "w:size");
    assert_string_equal(o->outputs[0].type->name,
                        "sparse_categorical_crossentropy");
    assert_int_equal(o->outputs[0].loss->shape.rank, 0);
    rt_assert_close(o->outputs[0].weight, 1, 0);
    rt_assert_close(o->outputs[1].weight, 0.5, 0);
    assert_int_equal(o->outputs[0].n_metrics, 1);
    assert_int_equal(o->outputs[1].n_metrics, 2);
    assert_string_equal(o->outputs[0].metrics[0].key, "acc");
    assert_int_equal(o->outputs[0].metrics[0].metric.mode, RT_MODE_MAX);
    assert_int_equal(o->outputs[1].metrics[1].metric.mode, RT_MODE_MIN);
    assert_null(o->outputs[2].label);
    assert_null(o->outputs[2].loss);
    assert_int_equal(o->built.n_penalties, 0);
    rt_objective_free(o);
    rt_model_free(m);
}

static void without_labels_there_are_outputs_alone(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 4; dense 3; output");
    struct rt_objective *o = objective(m, false);
    assert_null(o->outputs[0].label);
    assert_int_equal(rt_graph_n(o->graph), rt_graph_n(m->graph));
    rt_objective_free(o);
    assert_null(rt_objective_new(m, true, &err));
    rt_assert_error(&err, RT_ESTATE, "is not compiled");
    rt_model_free(m);
    m = lines_model("input x 4; dense 3");
    assert_null(rt_objective_new(m, false, &err));
    rt_assert_error(&err, RT_ESTATE, "has no output");
    rt_model_free(m);
}

static void weights_are_numbered_with_their_places(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(two);
    rt_model_layer_find(m, "kind", NULL)->trainable = false;
    struct rt_objective *o = objective(m, true);
    assert_int_equal(o->n_weights, 8);
    for (int i = 0; i < o->n_weights; i++) {
        const struct rt_weight *w = o->built.by_number[i];
        assert_true(o->offset[i] == w->offset);
        assert_true(o->trainable[i] == (strcmp(w->layer->name, "kind") != 0));
    }
    rt_objective_free(o);
    rt_model_free(m);
}

static void keys(struct rt_model *m, int output, const char *metric, bool val,
                 const char *want)
{
    struct rt_objective *o = objective(m, true);
    char *key = rt_series_key(o, output, metric, val);
    assert_string_equal(key, want);
    free(key);
    rt_objective_free(o);
}

static void series_have_keras_keys(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(two);
    keys(m, 0, NULL, false, "kind_loss");
    keys(m, 0, "acc", true, "val_kind_acc");
    keys(m, -1, NULL, true, "val_loss");
    rt_model_free(m);
    m = lines_model("input x 4; dense 1 name=y; output; compile sgd loss=mse");
    keys(m, 0, NULL, false, "loss");
    keys(m, 0, "mae", true, "val_mae");
    rt_model_free(m);
}

/* y = x exactly: an identity kernel, no bias. */
static void sample_weights_count_in_the_loss_alone(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input x 2; dense 2 name=y use_bias=no; output;"
                    "compile sgd loss=mse metrics=mse");
    struct rt_objective *o = objective(m, true);
    const float x[] = { 1, 2, 3, 4, 5, 6 }, y[] = { 1, 4, 3, 4, 9, 6 };
    const float w[] = { 1, 1, 0.5f };
    float *kernel = m->weights + o->offset[0];
    kernel[0] = kernel[3] = 1;
    kernel[1] = kernel[2] = 0;
    struct rt_objective_output *out = &o->outputs[0];
    struct rt_node *roots[] = { out->loss, out->metrics[0].mean };
    struct rt_plan_spec spec = { .graph = o->graph,
                                 .roots = roots,
                                 .n_roots = 2,
                                 .offset = o->offset,
                                 .weights = m->weights,
                                 .rows = 3 };
    struct rt_plan *p = rt_plan_new(&spec, &err);
    if (!p)
        fail_msg("%s", err.text);
    rt_plan_bind(p, o->inputs[0], x);
    rt_plan_bind(p, out->label, y);
    rt_plan_bind(p, out->sample_weight, w);
    rt_plan_forward(p, 3, (struct rt_key){ 0 });
    rt_assert_close(*rt_plan_value(p, roots[0]).v, (2 + 0 + 0.5 * 8) / 3, 1e-6);
    rt_assert_close(*rt_plan_value(p, roots[1]).v, (2 + 0 + 8.0) / 3, 1e-6);
    rt_plan_free(p);
    rt_objective_free(o);
    rt_model_free(m);
}

/* Every loss, behind an activation that suits it, against differences. */
static void gradients_of_losses_are_right(void **state)
{
    (void)state;
    const struct rt_loss *const *l = rt_losses();
    float x[6 * 4], y[6 * 3], ones[6];
    for (int i = 0; l[i]; i++) {
        char lines[256];
        snprintf(lines, sizeof lines,
                 "input x 4; dense 3 softmax; output loss=%s; compile sgd",
                 l[i]->name);
        struct rt_model *m = lines_model(lines);
        struct rt_objective *o = objective(m, true);
        rt_rng_normal((struct rt_key){ 5 }, 0, x, 6 * 4);
        rt_rng_uniform((struct rt_key){ 6 }, 0, y, 6 * 3);
        for (int k = 0; k < 6; k++) {
            ones[k] = 1 + 0.5f * (float)k;
            if (l[i]->classes)
                y[k] = (float)(k % 3);
        }
        const float *in[] = { x, y, ones };
        struct rt_gradcheck g;
        rt_assert_ok(rt_gradcheck(o->graph, o->outputs[0].loss, o->offset,
                                  m->weights, NULL, in, 6, true,
                                  (struct rt_key){ 1 }, 0, 2e-4, &g, &err),
                     &err);
        assert_int_equal(g.n, 15);
        if (g.worst > 1)
            fail_msg("%s: %s[%zu] is %g, differences give %g", l[i]->name,
                     g.weight, g.at, g.analytic, g.numeric);
        rt_objective_free(o);
        rt_model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_have_labels_losses_and_metrics),
        cmocka_unit_test(without_labels_there_are_outputs_alone),
        cmocka_unit_test(weights_are_numbered_with_their_places),
        cmocka_unit_test(series_have_keras_keys),
        cmocka_unit_test(sample_weights_count_in_the_loss_alone),
        cmocka_unit_test(gradients_of_losses_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
