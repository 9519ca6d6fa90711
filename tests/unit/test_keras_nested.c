/* Models used as layers, to Keras' files and back. */
#include "keras_nested.h"

/* The first layer of a Sequential is a model. */
static struct rt_model *front(void)
{
    struct rt_model *m = lines_model("input sequential_1_input 4");
    put(m, "sequential_1", "input dense_1_input 4; dense 3; output", NULL,
        NULL);
    lines_run(m, "dense 2 name=last; output");
    return m;
}

/* Three levels, with one more layer at each, used twice in between. */
static struct rt_model *deep(void)
{
    struct rt_model *m = lines_model("input x 4; input y 4");
    struct rt_model *b = named("body", "input p 4; input q 4");
    put(b, "core", "input c 4; dense 4 name=d; batch_norm name=n; output", "p",
        NULL);
    lines_run(b, "call core from=q; add name=sum from=core:0,core:1; dense 4 "
                 "name=d; output");
    const char *from[] = { "x", "y" };
    assert_non_null(rt_model_nest(m, b, "body", from, 2, &err));
    rt_model_free(b);
    lines_run(m, "dense 2 name=d; output; output body");
    return m;
}

/* Masks, states and attention inside. */
static struct rt_model *words(void)
{
    struct rt_model *m = lines_model("input x 4 batch_size=3");
    put(m, "reader",
        "input w 4 batch_size=3; embedding 5 4 mask_zero=yes name=e; "
        "lstm 4 return_sequences=yes stateful=yes name=l; "
        "attention from=l,e name=at; output",
        "x", NULL);
    lines_run(m, "gru 3 name=g; output");
    return m;
}

/* An encoder as for sequences to sequences: the states of one layer are its
 * outputs, and both of its uses are outputs of the whole. */
static struct rt_model *states(void)
{
    struct rt_model *m = lines_model("input a 4x1; input b 4x1");
    put(m, "enc",
        "input w 4x1; lstm 3 return_state=yes name=l; output l:0:1; output "
        "l:0:2",
        "a", NULL);
    lines_run(m, "call enc from=b; dense 2 name=top from=enc:0:1; "
                 "output enc:0; output enc:1:1; output top; compile adam "
                 "loss=enc:mse,enc_1:mae,top:mse loss_weights=enc_1:0.5");
    return m;
}

static const struct {
    const char *name;
    struct rt_model *(*make)(void);
} cases[] = { { "twin", twin },    { "plain", plain }, { "row", row },
              { "front", front },  { "deep", deep },   { "words", words },
              { "states", states } };
enum { N_CASES = sizeof cases / sizeof *cases };

static void models_within_come_back_from_files_of_every_version(void **state)
{
    (void)state;
    for (int i = 0; i < N_CASES; i++) {
        struct rt_model *m = cases[i].make();
        check_round(m, cases[i].name);
        rt_model_free(m);
    }
}

/* Settings by the names of outputs, slots by the order of weights. */
static void settings_and_slots_come_back(void **state)
{
    (void)state;
    for (int d = 0; d < RT_N_DIALECTS; d++) {
        struct rt_keras_save how = { .as = true,
                                     .dialect = (enum rt_dialect)d };
        struct rt_model *m = deep();
        m->dialect = how.dialect;
        freeze(m, "body/core/d");
        lines_run(m, "compile adam loss=d:mse,body:mae "
                     "loss_weights=d:1,body:0.5 metrics=body:mse");
        rt_assert_ok(rt_model_ready(m, &err), &err);
        m->iterations = 7;
        for (int s = 0; s < m->n_slots; s++)
            for (size_t i = 0; i < m->n_params; i++)
                m->slots[s][i] = (float)i + 0.5F * (float)s;
        check_comes_back(m, &how, "deep");
        rt_model_free(m);
    }
}

/* ---- how it lies in a file ----------------------------------------------- */

static void check_names(const struct rt_h5_tree *tree, const char *group,
                        const char *attr, const char *want)
{
    const char **names;
    struct rt_str list = RT_STR_INIT;
    int n;
    rt_assert_ok(
        rt_h5_attr_texts(rt_h5_find(tree, group), attr, &names, &n, &err),
        &err);
    for (int i = 0; i < n; i++)
        rt_str_addf(&list, "%s%s", i ? " " : "", names[i]);
    assert_string_equal(rt_str_c(&list), want);
    rt_str_release(&list);
    free(names);
}

/* As Network.weights of Keras 2.3.1: what learns, then the rest. */
static void weights_lie_in_the_order_of_keras(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_model *m = twin();
    rt_assert_ok(rt_model_ready(m, &err), &err);
    read_back(m, &tree);
    check_names(&tree, "model_weights", "layer_names",
                "left right encoder both heads kind size");
    check_names(&tree, "model_weights/encoder", "weight_names",
                "low/kernel:0 low/bias:0 norm/gamma:0 norm/beta:0 "
                "head/kernel:0 head/bias:0 norm/moving_mean:0 "
                "norm/moving_variance:0");
    rt_h5_tree_free(&tree);
    freeze(m, "encoder/low");
    read_back(m, &tree);
    check_names(&tree, "model_weights/encoder", "weight_names",
                "norm/gamma:0 norm/beta:0 head/kernel:0 head/bias:0 "
                "low/kernel:0 low/bias:0 norm/moving_mean:0 "
                "norm/moving_variance:0");
    rt_h5_tree_free(&tree);
    rt_model_free(m);
}

static void check_json(const json_t *v, const char *want)
{
    char *text = rt_keras_text(v);
    assert_string_equal(text, want);
    free(text);
}

/* A model is its own node 0: its uses are 1 and 2. */
static void uses_are_counted_as_in_keras(void **state)
{
    (void)state;
    struct rt_model *m = twin();
    json_t *v = rt_keras_describe(m, RT_KERAS_2_3_1);
    json_t *config = json_object_get(v, "config");
    json_t *encoder = part(config, "layers", "encoder");
    check_json(json_object_get(encoder, "class_name"), "\"Model\"");
    check_json(json_object_get(encoder, "inbound_nodes"),
               "[[[\"left\", 0, 0, {}]], [[\"right\", 0, 0, {}]]]");
    check_json(
        json_object_get(part(config, "layers", "heads"), "inbound_nodes"),
        "[[[\"encoder\", 1, 1, {}], [\"encoder\", 2, 1, {}]]]");
    check_json(
        json_object_get(json_object_get(encoder, "config"), "output_layers"),
        "[[\"norm\", 0, 0], [\"head\", 0, 0]]");
    json_decref(v);
    v = rt_keras_describe(m, RT_TF_KERAS_2_4_0);
    encoder = part(json_object_get(v, "config"), "layers", "encoder");
    check_json(json_object_get(encoder, "class_name"), "\"Functional\"");
    json_decref(v);
    rt_model_free(m);
}

/* Whatever the inner model is called here. */
static void a_model_within_is_called_as_the_layer_that_it_is(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 6"),
                    *inner = named("b", two_heads);
    const char *from[] = { "x" };
    assert_non_null(rt_model_nest(m, inner, "e", from, 1, &err));
    rt_model_free(inner);
    json_t *v = rt_keras_describe(m, RT_KERAS_2_3_1);
    json_t *e = part(json_object_get(v, "config"), "layers", "e");
    check_json(json_object_get(json_object_get(e, "config"), "name"), "\"e\"");
    json_decref(v);
    rt_model_free(m);
}

/* Keras lists what learns first, by what was frozen when it wrote the file: by
 * their order the numbers would go into others of the same shape. */
static void names_tell_what_the_order_does_not(void **state)
{
    (void)state;
    static const char inner[] = "input a 3; dense 3 name=p; dense 3 name=q; "
                                "output";
    struct rt_model *m = lines_model("input x 3");
    put(m, "e", inner, NULL, NULL);
    lines_run(m, "output");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    freeze(m, "e/p");
    rt_assert_ok(rt_weights_save(m, file_at("w.h5"), &err), &err);
    struct rt_model *other = rt_model_copy(m, "other", &err);
    rt_model_layer_find(other, "e/p", NULL)->trainable = true;
    for (size_t i = 0; i < other->n_params; i++)
        other->weights[i] = 0;
    rt_assert_ok(rt_weights_load(other, file_at("w.h5"), NULL, NULL, &err),
                 &err);
    assert_memory_equal(other->weights, m->weights,
                        m->n_params * sizeof(float));
    rt_model_free(other);
    rt_model_free(m);
}

/* ---- weights from one to the other --------------------------------------- */

static void layers_within_are_mapped_by_their_names(void **state)
{
    (void)state;
    struct rt_model *m = fresh(two_heads), *other = twin();
    rt_assert_ok(rt_model_ready(other, &err), &err);
    const char *into[] = { "*:encoder/*" }, *out[] = { "encoder/*:*" };
    struct rt_weights_how how = { .map = into, .n_map = 1 };
    struct rt_weights_done done;
    const char *files[] = { "apart.h5", "apart.npz" };
    for (int i = 0; i < 2; i++) {
        m->weights[0] = 3 + (float)i;
        rt_assert_ok(rt_weights_save(m, file_at(files[i]), &err), &err);
        rt_assert_ok(
            rt_weights_load(other, file_at(files[i]), &how, &done, &err), &err);
        assert_int_equal(done.layers, 3);
        assert_true(first_of(other, "encoder/low") == first_of(m, "low"));
    }
    how.map = out;
    for (int i = 0; i < 2; i++) {
        other->weights[0] = 5 + (float)i;
        rt_assert_ok(rt_weights_save(other, file_at(files[i]), &err), &err);
        rt_assert_ok(rt_weights_load(m, file_at(files[i]), &how, &done, &err),
                     &err);
        assert_int_equal(done.layers, 3);
        assert_true(first_of(m, "low") == first_of(other, "encoder/low"));
        assert_true(first_of(m, "head") == first_of(other, "encoder/head"));
    }
    rt_model_free(other);
    rt_model_free(m);
}

static void one_layer_within_is_loaded_alone(void **state)
{
    (void)state;
    const char *layers[] = { "encoder/head" }, *map[] = { "encoder:coder" };
    struct rt_model *m = twin(), *other = twin(), *coder;
    struct rt_weights_how how = { .layers = layers, .n_layers = 1 };
    struct rt_weights_done done;
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_ok(rt_model_ready(other, &err), &err);
    for (size_t i = 0; i < m->n_params; i++)
        m->weights[i] = 9;
    const char *files[] = { "one.h5", "one.npz" };
    float low = first_of(other, "encoder/low");
    for (int i = 0; i < 2; i++) {
        rt_assert_ok(rt_weights_save(m, file_at(files[i]), &err), &err);
        rt_assert_ok(
            rt_weights_load(other, file_at(files[i]), &how, &done, &err), &err);
        assert_int_equal(done.layers, 1);
        assert_int_equal(done.weights, 2);
    }
    assert_true(first_of(other, "encoder/head") == 9);
    assert_true(first_of(other, "encoder/low") == low);

    /* a whole model under another name */
    coder = lines_model("input left 6");
    put(coder, "coder", two_heads, "left", NULL);
    lines_run(coder, "output coder");
    rt_assert_ok(rt_model_ready(coder, &err), &err);
    how = (struct rt_weights_how){ .map = map, .n_map = 1 };
    rt_assert_ok(rt_weights_load(coder, file_at("one.h5"), &how, &done, &err),
                 &err);
    assert_int_equal(done.layers, 3);
    assert_true(first_of(coder, "coder/low") == 9);
    rt_model_free(coder);
    rt_model_free(other);
    rt_model_free(m);
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_within_come_back_from_files_of_every_version),
        cmocka_unit_test(settings_and_slots_come_back),
        cmocka_unit_test(weights_lie_in_the_order_of_keras),
        cmocka_unit_test(uses_are_counted_as_in_keras),
        cmocka_unit_test(a_model_within_is_called_as_the_layer_that_it_is),
        cmocka_unit_test(names_tell_what_the_order_does_not),
        cmocka_unit_test(layers_within_are_mapped_by_their_names),
        cmocka_unit_test(one_layer_within_is_loaded_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
