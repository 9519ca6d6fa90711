/* Files that lie about models used as layers get a sentence. */
#include "keras_nested.h"

#define INPUT(name)                                                            \
    "{\"name\":\"" name "\",\"class_name\":\"InputLayer\",\"config\":{"        \
    "\"name\":\"" name "\",\"batch_input_shape\":[null,4]},"                   \
    "\"inbound_nodes\":[]}"
#define DENSE(name, from)                                                      \
    "{\"name\":\"" name                                                        \
    "\",\"class_name\":\"Dense\",\"config\":{\"name\":\"" name                 \
    "\",\"units\":4},\"inbound_nodes\":[[" from "]]}"
#define CONFIG(layers, in, out)                                                \
    "\"class_name\":\"Model\",\"config\":{\"name\":\"m\",\"layers\":[" layers  \
    "],\"input_layers\":[" in "],\"output_layers\":[" out "]}"
#define MODEL(layers, in, out) "{" CONFIG(layers, in, out) "}"
#define NEST(name, config, nodes)                                              \
    "{\"name\":\"" name "\"," config ",\"inbound_nodes\":[" nodes "]}"
#define P(name, node, tensor) "[\"" name "\"," node "," tensor "]"
#define X                     P("x", "0", "0")
#define SIMPLE                                                                 \
    CONFIG(INPUT("i") "," DENSE("d", P("i", "0", "0")), P("i", "0", "0"),      \
           P("d", "0", "0"))
#define BEHIND(place)                                                          \
    MODEL(INPUT("x") "," NEST("e", SIMPLE, "[" X "]"), X, place)

static void models_that_lie_get_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *config, *says;
    } lies[] = {
        { BEHIND(P("e", "2", "0")), "node 2 of 'e', which has 2 nodes, the" },
        { BEHIND(P("e", "1", "1")), "gives 1 tensor" },
        { BEHIND(P("e", "1", "-1")), "tensor -1" },
        { BEHIND(P("e", "1", "0") "," P("e", "1", "0")), "'e:0:0' twice" },
        { MODEL(INPUT("x") "," NEST("e", SIMPLE, "[" X "," X "]"), X,
                P("e", "1", "0")),
          "layer 'e'" },
        { MODEL(INPUT("x") "," NEST("e", CONFIG("", "", ""), "[" X "]"), X,
                P("e", "1", "0")),
          "layer 'e': model_config lists no layers" },
        { MODEL(INPUT("x") "," NEST(
                    "e",
                    CONFIG(INPUT("i") "," DENSE("d", P("d", "0", "0")),
                           P("i", "0", "0"), P("d", "0", "0")),
                    "[" X "]"),
                X, P("e", "1", "0")),
          "layer 'e': a cycle" },
        { MODEL(INPUT("x") "," NEST("e", SIMPLE, "[" P("e", "1", "0") "]"), X,
                P("e", "1", "0")),
          "a cycle" },
        { MODEL(INPUT("x") ","
                           "{\"name\":\"t\",\"class_name\":\"Bidirectional\""
                           ",\"config\":{\"name\":\"t\",\"layer\":{" SIMPLE
                           "}},\"inbound_nodes\":[[" X "]]}",
                X, P("t", "0", "0")),
          "wraps a whole model (Model), which TimeDistributed" },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct rt_h5_tree tree;
        struct rt_keras_load usual = { 0 };
        tree_of_config(NULL, lies[i].config, &tree);
        rt_err_clear(&err);
        if (rt_keras_model("lie.h5", &tree, &usual, &err))
            fail_msg("a model of %s", lies[i].config);
        if (!err.code || !strstr(err.text, lies[i].says))
            fail_msg("'%s' for %s, want '%s' in it", err.text, lies[i].config,
                     lies[i].says);
        rt_h5_tree_free(&tree);
    }
}

static void refuse(json_t *config, const char *says)
{
    struct rt_h5_tree tree;
    struct rt_keras_load usual = { 0 };
    char *text = json_dumps(config, 0);
    tree_of_config(NULL, text, &tree);
    assert_null(rt_keras_model("lie.h5", &tree, &usual, &err));
    rt_assert_error(&err, RT_EFORMAT, says);
    rt_h5_tree_free(&tree);
    free(text);
    json_decref(config);
}

static json_t *input_entry(void)
{
    return json_pack("{s:s, s:s, s:{s:s, s:[n, i]}, s:[]}", "name", "x",
                     "class_name", "InputLayer", "config", "name", "x",
                     "batch_input_shape", 4, "inbound_nodes");
}

/* Each level uses the one within it ten times: 10 to the power of the levels
 * would be calls. */
static json_t *bomb(int levels)
{
    json_t *entry =
        json_pack("{s:s, s:s, s:{s:s, s:i}}", "name", "e", "class_name",
                  "Dense", "config", "name", "e", "units", 4);
    for (int i = 0; i <= levels; i++) {
        json_t *calls = json_array();
        for (int k = 0; k < 10; k++)
            json_array_append_new(
                calls, k ? json_pack("[[s, i, i, {}]]", "e", k - 1 + (i > 0), 0)
                         : json_pack("[[s, i, i, {}]]", "x", 0, 0));
        json_object_set_new(entry, "inbound_nodes", calls);
        entry = json_pack(
            "{s:s, s:s, s:{s:s, s:[o, o], s:[[s, i, i]], s:[[s, i, i]]}}",
            "name", "e", "class_name", "Model", "config", "name", "e", "layers",
            input_entry(), entry, "input_layers", "x", 0, 0, "output_layers",
            "e", 9 + (i > 0), 0);
    }
    return entry;
}

static void a_short_file_cannot_ask_for_any_number_of_calls(void **state)
{
    (void)state;
    refuse(bomb(8), "more than 10000 calls of layers");
    json_t *model =
        json_pack("{s:s, s:[]}", "class_name", "Sequential", "config");
    for (int i = 0; i < 60; i++)
        model = json_pack("{s:s, s:[o]}", "class_name", "Sequential", "config",
                          model);
    refuse(model, "models within models over 10 levels");
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_that_lie_get_a_sentence),
        cmocka_unit_test(a_short_file_cannot_ask_for_any_number_of_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
