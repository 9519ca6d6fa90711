/* Models: copies, the commands that build one, its hash. */
#include "model_case.h"

#include "nn/steer.h"

static const char large[] =
    "input a 4x3\n"
    "input b 12\n"
    "flatten from=a\n"
    "dense 8 relu name=fc\n"
    "call fc from=b\n"
    "concatenate from=fc:0,fc\n"
    "dropout 0.25\n"
    "dense 3 softmax use_bias=no name=kind\n"
    "dense 1 name=size from=dropout_1\n"
    "output kind loss=categorical_crossentropy\n"
    "output size loss=mse weight=0.5\n"
    "compile adam lr=0.01 loss=kind:categorical_crossentropy,size:mse "
    "loss_weights=kind:1,size:0.5 metrics=kind:acc,size:mae "
    "global_clipnorm=1\n";

static void commands_rebuild_the_model(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(large);
    char *text = lines_of(m);
    assert_string_equal(text, large);
    struct rt_model *again = lines_model(text);
    assert_true(rt_model_hash(again) == rt_model_hash(m));
    free(text);
    rt_model_free(again);
    rt_model_free(m);
}

static void commands_quote_names_for_tcl(void **state)
{
    (void)state;
    struct rt_model *m = rt_model_new("m", 1);
    const char *words[] = { "2" }, *from[] = { "in put" };
    m->any_names = true;
    rt_model_input(m, "in put", &RT_SHAPE(3), &err);
    rt_model_input(m, "b", &RT_SHAPE(3), &err);
    rt_model_add(m, rt_layer_find("dense", &err), "my $layer", from, 1, words,
                 1, &err);
    char *text = lines_of(m);
    assert_string_equal(text, "input {in put} 3\ninput b 3\n"
                              "dense 2 {name=my $layer} {from=in put}\n");
    free(text);
    rt_model_free(m);
}

static void the_hash_sees_what_matters(void **state)
{
    (void)state;
    static const char *const other[] = {
        "input x 4; dense 3 relu; output loss=mse; compile sgd lr=0.1",
        "input x 4; dense 3 tanh; output loss=mse; compile sgd lr=0.1",
        "input x 5; dense 3 relu; output loss=mse; compile sgd lr=0.1",
        "input x 4; dense 3 relu name=y; output loss=mse; compile sgd lr=0.1",
        "input x 4; dense 3 relu; output loss=mae; compile sgd lr=0.1",
        "input x 4; dense 3 relu; output loss=mse; compile sgd lr=0.2",
        "input x 4; dense 3 relu; output loss=mse",
    };
    enum { N = sizeof other / sizeof *other };
    uint64_t h[N];
    for (int i = 0; i < N; i++) {
        struct rt_model *m = lines_model(other[i]);
        h[i] = rt_model_hash(m);
        m->layers[0]->trainable = false;
        assert_true(rt_model_hash(m) == h[i]);
        for (int k = 0; k < i; k++)
            assert_true(h[k] != h[i]);
        rt_model_free(m);
    }
}

static void commands_say_rates_as_lr_takes_them(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 4; dense 2 name=a; dense 2");
    struct rt_str says = RT_STR_INIT;
    rt_assert_ok(rt_model_rate(m, "a=0.1x", &says, &err), &err);
    rt_assert_ok(rt_model_rate(m, "dense_1=0.5", &says, &err), &err);
    char *text = lines_of(m);
    assert_non_null(strstr(text, "\nlr a=0.1x\nlr dense_1=0.5\n"));
    free(text);
    rt_str_release(&says);
    rt_model_free(m);
}

static void a_copy_is_the_same_and_lives_alone(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(large);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    m->slots[1][3] = 5;
    m->iterations = 4;
    values(m, "fc", 0)[2] = 8;
    layer(m, "fc")->trainable = false;
    struct rt_model *c = rt_model_copy(m, "other", &err);
    assert_non_null(c);
    assert_string_equal(c->name, "other");
    assert_true(rt_model_hash(c) == rt_model_hash(m));
    rt_assert_ok(rt_model_ready(c, &err), &err);
    assert_int_equal(c->n_params, m->n_params);
    assert_memory_equal(c->weights, m->weights, m->n_params * sizeof(float));
    rt_assert_close(c->slots[1][3], 5, 0);
    assert_int_equal(c->iterations, 4);
    assert_false(layer(c, "fc")->trainable);
    rt_model_free(m);
    lines_run(c, "at fc; dense 2");
    rt_assert_ok(rt_model_ready(c, &err), &err);
    rt_assert_close(values(c, "fc", 0)[2], 8, 0);
    rt_model_free(c);
}

static void building_anew_gives_the_same_graph(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(large);
    struct rt_graph *g = rt_graph_new();
    struct rt_node *in[2], *out[2];
    struct rt_built built;
    rt_assert_ok(rt_model_build(m, g, in, out, NULL, &built, &err), &err);
    assert_int_equal(rt_graph_n(g), rt_graph_n(m->graph));
    assert_string_equal(in[1]->name, "b");
    assert_true(rt_shape_equal(&out[0]->shape, &RT_SHAPE(RT_DIM_ANY, 3)));
    for (int i = 0; i < rt_graph_n_weights(g); i++)
        assert_ptr_equal(built.by_number[i], m->built.by_number[i]);
    for (int i = 0; i < rt_graph_n(g); i++)
        assert_true(rt_graph_node(g, i)->key ==
                    rt_graph_node(m->graph, i)->key);
    rt_built_release(&built);
    rt_graph_free(g);
    rt_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_rebuild_the_model),
        cmocka_unit_test(commands_quote_names_for_tcl),
        cmocka_unit_test(the_hash_sees_what_matters),
        cmocka_unit_test(commands_say_rates_as_lr_takes_them),
        cmocka_unit_test(a_copy_is_the_same_and_lives_alone),
        cmocka_unit_test(building_anew_gives_the_same_graph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
