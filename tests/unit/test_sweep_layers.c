/* Every layer of the list: builds from its selftest, has the shape it says,
 * the right gradient, and comes back from its own commands. Every activation
 * and initializer by name. */
#include "model_lines.h"

#include "graph/gradcheck.h"
#include "graph/plan.h"
#include "nn/init.h"
#include "nn/objective.h"

enum { ROWS = 3, MOST = 4096 };
static struct rt_err err;

static struct rt_model *model_of(const struct rt_layer *l)
{
    struct rt_model *m = layer_model(l, true);
    lines_run(m, "compile sgd loss=mse");
    return m;
}

/* Numbers for all inputs of a graph; the sample weights are 1. */
static void numbers(const struct rt_graph *g, float *v, const float **in)
{
    for (int i = 0, n = 0; i < rt_graph_n(g); i++) {
        const struct rt_node *node = rt_graph_node(g, i);
        size_t count = ROWS * rt_shape_row(&node->shape);
        if (node->kind != RT_NODE_INPUT)
            continue;
        rt_rng_normal((struct rt_key){ (uint64_t)i }, 0, v, count);
        for (size_t k = 0; node->name[0] == 'w' && k < count; k++)
            v[k] = 1;
        in[n++] = v;
        v += count;
    }
}

static void check_shape(const struct rt_model *m, const struct rt_objective *o,
                        const float *const *in)
{
    struct rt_node *value = o->outputs[0].value;
    struct rt_plan_spec spec = { .graph = o->graph,
                                 .roots = &value,
                                 .n_roots = 1,
                                 .offset = o->offset,
                                 .weights = m->weights,
                                 .rows = ROWS };
    struct rt_plan *p = rt_plan_new(&spec, &err);
    if (!p)
        fail_msg("%s", err.text);
    for (int i = 0, n = 0; i < rt_graph_n(o->graph); i++)
        if (rt_graph_node(o->graph, i)->kind == RT_NODE_INPUT)
            rt_plan_bind(p, rt_graph_node(o->graph, i), in[n++]);
    rt_plan_forward(p, ROWS, (struct rt_key){ 1 });
    struct rt_shape want = value->shape;
    want.dim[0] = ROWS;
    struct rt_tensor got = rt_plan_value(p, value);
    assert_true(rt_shape_equal(&got.shape, &want));
    assert_int_equal(got.n, rt_shape_count(&want));
    rt_plan_free(p);
}

static void check_gradient(struct rt_model *m, const char *name)
{
    static float v[MOST];
    const float *in[8];
    struct rt_objective *o = rt_objective_new(m, true, &err);
    struct rt_gradcheck g;
    if (!o)
        fail_msg("%s: %s", name, err.text);
    numbers(o->graph, v, in);
    check_shape(m, o, in);
    rt_assert_ok(rt_gradcheck(o->graph, o->outputs[0].loss, o->offset,
                              m->weights, NULL, in, ROWS, true,
                              (struct rt_key){ 1 }, 20, 2e-4, &g, &err),
                 &err);
    if (g.n == 0)
        fail_msg("%s: no gradient was compared", name);
    if (g.worst > 1)
        fail_msg("%s: %s[%zu] is %g, differences give %g", name, g.weight, g.at,
                 g.analytic, g.numeric);
    rt_objective_free(o);
}

static void check_commands(const struct rt_model *m, const char *name)
{
    char *text = lines_of(m);
    struct rt_model *again = lines_model(text);
    if (rt_model_hash(again) != rt_model_hash(m))
        fail_msg("%s comes back otherwise from\n%s", name, text);
    free(text);
    rt_model_free(again);
}

static void every_layer_builds_learns_and_comes_back(void **state)
{
    (void)state;
    for (const struct rt_layer *const *l = rt_layers(); *l; l++) {
        struct rt_model *m = model_of(*l);
        check_gradient(m, (*l)->name);
        check_commands(m, (*l)->name);
        struct rt_model *copy = rt_model_copy(m, "copy", &err);
        assert_true(rt_model_hash(copy) == rt_model_hash(m));
        rt_model_free(copy);
        rt_model_free(m);
    }
}

static void records_are_sorted_and_complete(void **state)
{
    (void)state;
    const struct rt_layer *const *l = rt_layers();
    for (int i = 0; l[i]; i++) {
        assert_non_null(l[i]->help);
        assert_non_null(l[i]->keras);
        assert_non_null(l[i]->build);
        assert_non_null(l[i]->selftest.in);
        assert_ptr_equal(rt_layer_find(l[i]->name, NULL), l[i]);
        if (i)
            assert_true(strcmp(l[i - 1]->name, l[i]->name) < 0);
    }
}

static void every_activation_learns(void **state)
{
    (void)state;
    char line[128];
    for (const char *const *a = rt_activations(); *a; a++) {
        snprintf(line, sizeof line,
                 "input x 5; dense 4 %s; output loss=mse; compile sgd", *a);
        struct rt_model *m = lines_model(line);
        check_gradient(m, *a);
        check_commands(m, *a);
        rt_model_free(m);
    }
}

static void activations_take_options(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 2x3; activation elu(alpha=2);"
                                     "dense 3 softmax(axis=1); output "
                                     "loss=mse; compile sgd");
    check_gradient(m, "elu and softmax");
    check_commands(m, "elu and softmax");
    assert_true(line_run(m, "activation relu(alpha=2)", &err) != 0);
    rt_assert_error(&err, RT_EINVAL, "activation 'relu'");
    rt_model_free(m);
}

static void every_initializer_draws(void **state)
{
    (void)state;
    float v[12];
    for (const struct rt_init *const *i = rt_inits(); *i; i++) {
        for (int k = 0; k < 12; k++)
            v[k] = NAN;
        rt_assert_ok(rt_init_draw((*i)->name, &RT_SHAPE(3, 4),
                                  (struct rt_key){ 1 }, v, &err),
                     &err);
        for (int k = 0; k < 12; k++)
            assert_true(isfinite(v[k]));
        assert_non_null((*i)->help);
        if (i > rt_inits())
            assert_true(strcmp(i[-1]->name, i[0]->name) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_builds_learns_and_comes_back),
        cmocka_unit_test(records_are_sorted_and_complete),
        cmocka_unit_test(every_activation_learns),
        cmocka_unit_test(activations_take_options),
        cmocka_unit_test(every_initializer_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
