/* Keras' files that lie about layers, settings and states get a sentence. */
#include "keras_tree.h"
#include "model_lines.h"

#include "base/mem.h"
#include "files/h5_child.h"
#include "files/keras_parts.h"
#include "files/keras_write.h"

static struct rt_err err;

static const char *file_at(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", rt_test_temp(), name);
    return path;
}

/* ---- models that lie ----------------------------------------------------- */

#define DENSE(name, units, from)                                               \
    "{\"name\":\"" name                                                        \
    "\",\"class_name\":\"Dense\",\"config\":{\"name\":\"" name                 \
    "\",\"units\":" units "},\"inbound_nodes\":[[" from "]]}"
#define INPUT(name)                                                            \
    "{\"name\":\"" name "\",\"class_name\":\"InputLayer\",\"config\":{"        \
    "\"name\":\"" name "\",\"batch_input_shape\":[null,4]},"                   \
    "\"inbound_nodes\":[]}"
#define MODEL(layers, in, out)                                                 \
    "{\"class_name\":\"Model\",\"config\":{\"name\":\"m\",\"layers\":[" layers \
    "],\"input_layers\":[" in "],\"output_layers\":[" out "]}}"
#define X "[\"x\",0,0]"
#define A "[\"a\",0,0]"
#define SEQUENTIAL(config)                                                     \
    "{\"class_name\":\"Sequential\",\"config\":[{\"class_name\":\"Dense\","    \
    "\"config\":" config "}]}"

/* A layer in a wrapper, and in three of them. */
#define WRAP(name, inner)                                                      \
    "{\"class_name\":\"TimeDistributed\",\"config\":{\"name\":\"" name         \
    "\",\"layer\":" inner "}}"
#define WRAP3(inner) WRAP("u", WRAP("v", WRAP("w", inner)))
#define INNER(name)                                                            \
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"" name "\",\"units\":2}" \
    "}"
#define WRAPPED(inner)                                                         \
    "{\"class_name\":\"Sequential\",\"config\":[{\"class_name\":"              \
    "\"TimeDistributed\",\"config\":{\"name\":\"t\",\"batch_input_shape\":"    \
    "[null,3,4],\"layer\":" inner "}}]}"

static void lying_configs_get_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *config, *says;
    } lies[] = {
        { "[]", "of class ''" },
        { "{\"class_name\":\"Model\"}", "lists no layers" },
        { "{\"class_name\":\"Tree\",\"config\":{}}", "of class 'Tree'" },
        { MODEL(INPUT("x") "," DENSE("a", "3", A), X, A), "a cycle" },
        { MODEL(INPUT("x") "," DENSE("a", "3", "[\"b\",0,0]") "," DENSE("b",
                                                                        "3", A),
                X, A),
          "a cycle" },
        { MODEL(INPUT("x") "," DENSE("a", "3", "[\"y\",0,0]"), X, A),
          "'y', which is not there" },
        { MODEL(INPUT("x") "," DENSE("a", "3", "[\"x\",1,0]"), X, A),
          "node 1 of 'x', which has 1 node" },
        { MODEL(INPUT("x") "," DENSE("a", "3", "[\"x\",0,-1]"), X, A),
          "tensor -1" },
        { MODEL(INPUT("x") "," DENSE("a", "3", "[\"x\",0,1]"), X, A),
          "layer 'a'" },
        { MODEL(INPUT("x") "," DENSE("a", "3", "[\"x\",0,0,{\"mask\":1}]"), X,
                A),
          "the argument 'mask'" },
        { MODEL(INPUT("x") "," DENSE("x", "3", X), X, A), "two layers" },
        { MODEL(INPUT("x") "," DENSE("a", "3", X), X, "[\"q\",0,0]"),
          "output_layers" },
        { MODEL(INPUT("x") "," DENSE("a", "3", X), X, ""), "output_layers" },
        { MODEL(INPUT("x") "," DENSE("a", "3", X), "", A),
          "'x' is not among input_layers" },
        { MODEL(INPUT("x") "," DENSE("a", "3", X), A, A), "no InputLayer" },
        { MODEL(INPUT("x") "," DENSE("a", "-1", X), X, A), "units" },
        { MODEL(INPUT("x") "," DENSE("a", "\"many\"", X), X, A), "units" },
        { MODEL(INPUT("x") "," DENSE("a", "[3,4]", X), X, A), "units" },
        { MODEL(INPUT("x") "," DENSE("a\\n", "3", X), X, A), "control" },
        { SEQUENTIAL("{\"name\":\"a\",\"units\":3}"), "batch_input_shape" },
        { SEQUENTIAL("{\"units\":3,\"batch_input_shape\":[null,4]}"), "name" },
        { SEQUENTIAL("{\"name\":\"a\",\"units\":3,\"batch_input_shape\":[4]}"),
          "1 axes" },
        { SEQUENTIAL("{\"name\":\"a\",\"units\":3,\"batch_input_shape\":"
                     "[null,0]}"),
          "no size" },
        { SEQUENTIAL("{\"name\":\"a\",\"units\":3,\"dtype\":\"float64\","
                     "\"batch_input_shape\":[null,4]}"),
          "'dtype' is" },
        { SEQUENTIAL("{\"name\":\"a\",\"units\":3,\"kernel_constraint\":"
                     "{\"class_name\":\"Odd\"},"
                     "\"batch_input_shape\":[null,4]}"),
          "kernel_constraint" },
        { SEQUENTIAL("{\"name\":\"a\",\"units\":3,\"kernel_initializer\":"
                     "{\"class_name\":\"Odd\",\"config\":{}},"
                     "\"batch_input_shape\":[null,4]}"),
          "'Odd'" },
        { WRAPPED(INNER("a}b")), "holds a brace" },
        { WRAPPED(INNER("a{}")), "holds a brace" },
        { WRAPPED(INNER("a\\\\b")), "or a backslash" },
        { WRAPPED(INNER("a\\n")), "control" },
        { WRAPPED(INNER("")), "a layer has no name" },
        { WRAPPED(WRAP("s", INNER("a}b"))), "holds a brace" },
        { WRAPPED(WRAP3(WRAP3(INNER("a")))), "wrapped more than 6 times" },
        { WRAPPED(WRAP3(WRAP3(WRAP3(INNER("a}b"))))),
          "wrapped more than 6 times" },
        { "{", "damaged" },
        { "{\"class_name\": nan}", "damaged" },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct rt_h5_tree tree;
        tree_of_config(NULL, lies[i].config, &tree);
        struct rt_keras_load usual = { 0 };
        rt_err_clear(&err);
        if (rt_keras_model("lie.h5", &tree, &usual, &err))
            fail_msg("a model of %s", lies[i].config);
        if (!err.code || !strstr(err.text, lies[i].says))
            fail_msg("'%s' for %s, want '%s' in it", err.text, lies[i].config,
                     lies[i].says);
        rt_h5_tree_free(&tree);
    }
}

/* A compiled model with state, as a file's tree. */
static void compiled_tree(struct rt_h5_tree *tree)
{
    struct rt_model *m = lines_model("input x 4; dense 3 name=a; dense 2 "
                                     "name=b; output; compile adam loss=mse");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    m->iterations = 7;
    rt_assert_ok(rt_keras_save(m, file_at("tree.h5"), NULL, &err), &err);
    rt_assert_ok(rt_h5_read(file_at("tree.h5"), true, tree, &err), &err);
    rt_model_free(m);
}

static void lying_settings_get_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *was, *now, *says;
    } lies[] = {
        { "\"mse\"", "\"my_own\"", "custom=my_own:LOSS" },
        { "\"mse\"", "[\"mse\", \"mse\"]", "2 entries" },
        { "\"mse\"", "{\"q\": \"mse\"}", "'q' is no output" },
        { "\"Adam\"", "\"Magic\"", "no optimizer of class 'Magic'" },
        { "0.001", "-1", "want lr >= 0" },
        { "0.001", "{\"class_name\": \"Slow\"}", "'lr' is {" },
        { "\"metrics\": null", "\"metrics\": [\"odd\"]", "'odd'" },
        { "\"sample_weight_mode\": null",
          "\"sample_weight_mode\": [\"spatial\"]", "sample_weight_mode" },
        { "\"weighted_metrics\": null", "\"weighted_metrics\": [\"odd\"]",
          "'odd'" },
        { "\"weighted_metrics\": null",
          "\"weighted_metrics\": {\"q\": [\"acc\"]}", "weighted_metrics" },
        { "{", "", "training_config is damaged" },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct rt_h5_tree tree;
        struct rt_keras_load how = { 0 };
        compiled_tree(&tree);
        tree_edit(&tree, "training_config", lies[i].was, lies[i].now);
        rt_err_clear(&err);
        assert_null(rt_keras_model("lie.h5", &tree, &how, &err));
        if (!strstr(err.text, lies[i].says))
            fail_msg("'%s', want '%s' in it", err.text, lies[i].says);
        how.no_compile = true;
        rt_model_free(rt_keras_model("lie.h5", &tree, &how, &err));
        rt_h5_tree_free(&tree);
    }
    struct rt_h5_tree tree;
    struct rt_keras_load how = { 0 };
    compiled_tree(&tree);
    for (int i = 0; i < tree.n; i++)
        if (strstr(tree.items[i]->path, "iterations"))
            tree.items[i]->one = NAN;
    assert_null(rt_keras_model("lie.h5", &tree, &how, &err));
    rt_assert_error(&err, RT_EFORMAT, "want a count");
    rt_h5_tree_free(&tree);
}

/* A model compiled with a loss and a metric by expressions, as a file's tree.
 */
static void custom_tree(struct rt_h5_tree *tree)
{
    struct rt_model *m = lines_model("input x 4; dense 3 name=a; output");
    struct rt_customs *one = rt_customs_define(
        NULL,
        &(struct rt_custom_words){ .name = "masked",
                                   .text = "mse(y[:, 0:3], p) * y[:, 3]",
                                   .label = &RT_SHAPE(4) },
        &err);
    m->customs = rt_customs_define(
        one,
        &(struct rt_custom_words){ .name = "near",
                                   .text = "mean(abs(y[:, 0:3] - p) < 0.1)",
                                   .metric = true,
                                   .mode = RT_MODE_MAX },
        &err);
    rt_customs_unref(one);
    rt_assert_ok(
        rt_model_compile(m,
                         &(struct rt_compile_words){ .optimizer = "adam",
                                                     .loss = "masked",
                                                     .metrics = "near" },
                         &err),
        &err);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_ok(rt_keras_save(m, file_at("custom.h5"), NULL, &err), &err);
    rt_assert_ok(rt_h5_read(file_at("custom.h5"), true, tree, &err), &err);
    rt_model_free(m);
}

static void definitions_come_back_with_what_was_compiled(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_keras_load how = { 0 };
    custom_tree(&tree);
    struct rt_model *m = rt_keras_model("c.h5", &tree, &how, &err);
    if (!m)
        fail_msg("%s", err.text);
    const struct rt_customs *c = m->compiled->customs;
    const struct rt_custom *loss = rt_customs_find(c, "masked", false);
    const struct rt_custom *metric = rt_customs_find(c, "near", true);
    assert_int_equal(c->n, 2);
    assert_string_equal(rt_expr_text(loss->expr),
                        "mse(y[:, 0:3], p) * y[:, 3]");
    assert_int_equal(loss->label.rank, 1);
    assert_int_equal(loss->label.dim[0], 4);
    assert_true(metric->metric);
    assert_int_equal(metric->mode, RT_MODE_MAX);
    assert_int_equal(metric->label.rank, -1);
    assert_string_equal(m->compiled->outputs[0].loss, "masked");
    rt_model_free(m);
    rt_h5_tree_free(&tree);
}

static void what_is_defined_already_counts(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    custom_tree(&tree);
    struct rt_keras_load how = {
        .customs = rt_customs_define(
            NULL,
            &(struct rt_custom_words){ .name = "masked", .text = "mse(y, p)" },
            &err)
    };
    struct rt_model *m = rt_keras_model("c.h5", &tree, &how, &err);
    if (!m)
        fail_msg("%s", err.text);
    const struct rt_custom *loss =
        rt_customs_find(m->compiled->customs, "masked", false);
    assert_string_equal(rt_expr_text(loss->expr), "mse(y, p)");
    rt_model_free(m);
    rt_customs_unref(how.customs);
    rt_h5_tree_free(&tree);
}

static void lying_definitions_get_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *was, *now, *says;
    } lies[] = {
        { "p) *", "p) */", "'masked'" },
        { "\"masked\"", "\"mse\"", "built in" },
        { "\"masked\"", "\"a b\"", "'a b'" },
        { "\"masked\"", "7", "''" },
        { "[4]", "[-4]", "label is no shape" },
        { "[4]", "[1,1,1,1,1,1,1,1,1,1]", "label is no shape" },
        { "[4]", "\"wide\"", "label is no shape" },
        { "mse(", "system(", "system" },
        { "[{", "[7,{", "''" },
        { "[{", "", "retort_custom_objects is damaged" },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct rt_h5_tree tree;
        struct rt_keras_load how = { 0 };
        custom_tree(&tree);
        tree_edit(&tree, RT_KERAS_CUSTOMS, lies[i].was, lies[i].now);
        rt_err_clear(&err);
        assert_null(rt_keras_model("lie.h5", &tree, &how, &err));
        if (!strstr(err.text, lies[i].says))
            fail_msg("'%s', want '%s' in it", err.text, lies[i].says);
        how.no_compile = true;
        rt_model_free(rt_keras_model("lie.h5", &tree, &how, &err));
        rt_h5_tree_free(&tree);
    }
}

static void state_of_layers_frozen_later_is_kept(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_keras_load how = { 0 };
    compiled_tree(&tree);
    tree_edit(&tree, "model_config", "\"trainable\": true",
              "\"trainable\": false");
    struct rt_model *m = rt_keras_model("frozen.h5", &tree, &how, &err);
    if (!m)
        fail_msg("%s", err.text);
    assert_int_equal(m->iterations, 7);
    assert_int_equal(rt_model_params(m, true), 3 * 2 + 2);
    rt_model_free(m);
    rt_h5_tree_free(&tree);
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lying_configs_get_a_sentence),
        cmocka_unit_test(lying_settings_get_a_sentence),
        cmocka_unit_test(definitions_come_back_with_what_was_compiled),
        cmocka_unit_test(what_is_defined_already_counts),
        cmocka_unit_test(lying_definitions_get_a_sentence),
        cmocka_unit_test(state_of_layers_frozen_later_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
