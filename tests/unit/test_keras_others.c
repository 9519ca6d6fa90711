/* Models used as layers, as files of other versions of Keras have them. */
#include "keras_nested.h"

/* As Keras 2.1.6 itself writes it. */
static void a_model_without_a_name_has_the_next_one_of_its_class(void **state)
{
    (void)state;
    struct rt_keras_save how = { .as = true, .dialect = RT_KERAS_2_1_6 };
    struct rt_keras_load usual = { 0 };
    struct rt_h5_tree tree;
    struct rt_model *m = row();
    rt_model_layer_find(m, "base/mid/dense_1", &err)->share = 1;
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_ok(rt_keras_save(m, file_at("t.h5"), &how, &err), &err);
    rt_assert_ok(rt_h5_read(file_at("t.h5"), true, &tree, &err), &err);
    tree_edit(&tree, "model_config", ", \"name\": \"mid\"", "");
    tree_edit(&tree, "model_config", ", \"name\": \"base\"", "");
    struct rt_model *back = rt_keras_model("t.h5", &tree, &usual, &err);
    if (!back)
        fail_msg("%s", err.text);
    assert_non_null(
        rt_model_layer_find(back, "sequential_1/sequential_1/dense_1", &err));
    rt_model_free(back);
    rt_h5_tree_free(&tree);
    rt_model_free(m);
}

/* tf.keras, of a Sequential that had no shape of its own. */
static void a_sequential_without_a_shape_is_read(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_model *m = plain();
    rt_assert_ok(rt_model_ready(m, &err), &err);
    read_back(m, &tree);
    tree_edit(&tree, "model_config", "[\"features\", 1, 0, {}]",
              "[\"features\", 0, 0, {}]");
    tree_edit(&tree, "model_config",
              "\"trainable\": true, \"batch_input_shape\": "
              "[null, 5, 4, 1]",
              "\"trainable\": true");
    struct rt_model *back = read_tree(&tree);
    assert_string_equal(back->name, "m");
    check_same(back, m, "without a shape");
    rt_model_free(back);
    rt_h5_tree_free(&tree);
    rt_model_free(m);
}

/* base(x, training=False), as tf.keras advises for a model to build upon: what
 * is frozen in it keeps its averages, what draws or learns cannot. */
static void a_model_called_without_training_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *inner, *frozen, *says;
    } cases_[] = {
        { "input a 6; dense 5 name=d; batch_norm name=n; output", "e/n", NULL },
        { "input a 6; dense 5 name=d; output", NULL, NULL },
        { "input a 4x3; lstm 2 name=l; output", NULL, NULL },
        { "input a 6; dense 5 name=d; batch_norm name=n; output", NULL,
          "where 'e/n' learns" },
        { "input a 6; dropout 0.5 name=d; dense 2; output", NULL,
          "where 'e/d' draws while" },
        { "input a 4x3; lstm 2 dropout=0.5 name=l; output", NULL,
          "where 'e/l' draws while" },
    };
    for (size_t i = 0; i < sizeof cases_ / sizeof *cases_; i++) {
        struct rt_h5_tree tree;
        struct rt_keras_load usual = { 0 };
        bool steps = strstr(cases_[i].inner, "4x3");
        struct rt_model *m = lines_model(steps ? "input x 4x3" : "input x 6");
        put(m, "e", cases_[i].inner, "x", NULL);
        lines_run(m, "output; dense 2 name=end; output");
        if (cases_[i].frozen)
            freeze(m, cases_[i].frozen);
        rt_assert_ok(rt_model_ready(m, &err), &err);
        read_back(m, &tree);
        tree_edit(&tree, "model_config", "[\"x\", 0, 0, {}]",
                  "[\"x\", 0, 0, {\"training\": false}]");
        struct rt_model *back = rt_keras_model("t.h5", &tree, &usual, &err);
        if (cases_[i].says) {
            assert_null(back);
            rt_assert_error(&err, RT_EINVAL, cases_[i].says);
        } else if (!back) {
            fail_msg("%s", err.text);
        }
        if (cases_[i].frozen)
            assert_int_equal(rt_model_layer_find(back, "e/n", &err)->norm,
                             RT_NORM_INFER);
        rt_model_free(back);
        rt_h5_tree_free(&tree);
        rt_model_free(m);
    }
}

/* Names of others, as Keras makes them unique, say nothing: by order. */
static void other_names_are_paired_by_order(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_model *m = twin();
    rt_assert_ok(rt_model_ready(m, &err), &err);
    read_back(m, &tree);
    const struct rt_h5_item *e = rt_h5_find(&tree, "model_weights/encoder");
    for (int i = 0; i < tree.n; i++) {
        char *slash = strstr(tree.items[i]->path, "/low/");
        if (slash) /* low/kernel:0 is mow/kernel:0 */
            slash[1] = 'm';
    }
    for (int i = 0; i < e->attrs[0].n; i++)
        if (!strncmp(e->attrs[0].text[i], "low/", 4))
            e->attrs[0].text[i][0] = 'm';
    struct rt_h5_tree other = RT_H5_TREE_INIT;
    for (int i = 0; i < tree.n; i++)
        rt_assert_ok(rt_h5_tree_add(&other, tree.items[i], &err), &err);
    struct rt_model *back = read_tree(&other);
    check_same(back, m, "other names");
    rt_model_free(back);
    for (int i = 0; i < tree.n; i++)
        *tree.items[i] = (struct rt_h5_item){ 0 };
    rt_h5_tree_free(&tree);
    rt_h5_tree_free(&other);
    rt_model_free(m);
}

/* A wrapper around a whole model is a model of wrapped layers. */
static void a_model_for_each_step_is_read(void **state)
{
    (void)state;
    static const char inner[] =
        "input i 5x4x1; conv2d 2 2 name=c; batch_norm name=n; flatten name=f; "
        "dense 3 from=f name=p; dense 3 tanh from=f name=q; add from=p,q "
        "name=s; concatenate from=s,p axis=1 name=b; output";
    static const char wrapped[] =
        "input i 3x5x4x1; time_distributed {conv2d 2 2 name=c} name=c; "
        "time_distributed {batch_norm name=n} name=n; "
        "time_distributed {flatten name=f} name=f; "
        "time_distributed {dense 3 name=p} from=f name=p; "
        "time_distributed {dense 3 tanh name=q} from=f name=q; "
        "add from=p,q name=s; concatenate from=s,p axis=2 name=b; output";
    struct rt_h5_tree tree;
    struct rt_model *m = lines_model("input film 3x5x4x1");
    struct rt_model *alone = named("a", inner), *back;
    put(m, "t", wrapped, NULL, NULL);
    lines_run(m, "lstm 2 name=end; output");
    freeze(m, "t/p");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    read_back(m, &tree);

    /* as Keras has it: class TimeDistributed, and the model in its config */
    json_t *v = rt_keras_describe(m, RT_KERAS_2_3_1);
    json_t *t = part(json_object_get(v, "config"), "layers", "t");
    rt_model_layer_find(alone, "p", NULL)->trainable = false;
    json_object_set_new(t, "class_name", json_string("TimeDistributed"));
    json_object_set_new(t, "config",
                        json_pack("{s:s, s:o}", "name", "t", "layer",
                                  rt_keras_describe(alone, RT_KERAS_2_3_1)));
    json_t *end = part(json_object_get(v, "config"), "layers", "end");
    json_object_set_new(end, "inbound_nodes",
                        json_pack("[[[s, i, i, {}]]]", "t", 0, 0));
    char *text = rt_keras_text(v), *was;
    const struct rt_h5_item *root = rt_h5_find(&tree, "");
    for (int i = 0; i < root->n_attrs; i++)
        if (!strcmp(root->attrs[i].name, "model_config")) {
            was = root->attrs[i].text[0];
            root->attrs[i].text[0] = text;
            free(was);
        }
    back = read_tree(&tree);
    check_same(back, m, "for each step");
    check_round(back, "for each step");
    rt_model_free(back);
    json_decref(v);
    rt_h5_tree_free(&tree);
    rt_model_free(alone);
    rt_model_free(m);
}

/* Keras 2.3 writes nothing of a model frozen as a whole but that its optimizer
 * has nothing for it. */
static void a_model_frozen_as_a_whole_is_known_by_the_optimizer(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_str notes = RT_STR_INIT;
    struct rt_keras_load how = { .notes = &notes };
    struct rt_model *m = twin();
    freeze(m, "encoder/low");
    freeze(m, "encoder/norm");
    freeze(m, "encoder/head");
    lines_run(m, "compile adam loss=kind:mse,size:mae");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    m->iterations = 7;
    for (int s = 0; s < m->n_slots; s++)
        for (size_t i = 0; i < m->n_params; i++)
            m->slots[s][i] = (float)i + 0.5F * (float)s;
    read_back(m, &tree);
    for (int i = 0; i < 3; i++)
        tree_edit(&tree, "model_config", "\"trainable\": false",
                  "\"trainable\": true");
    struct rt_model *back = rt_keras_model("t.h5", &tree, &how, &err);
    if (!back)
        fail_msg("%s", err.text);
    check_same(back, m, "frozen as a whole");
    assert_string_equal(rt_str_c(&notes), "encoder is frozen, as the optimizer "
                                          "has no state for it");
    rt_str_release(&notes);
    rt_model_free(back);
    rt_h5_tree_free(&tree);
    rt_model_free(m);
}

/* Models past the eighth are not tried, however many there are. */
static void a_model_frozen_as_a_whole_is_known_among_many(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_str notes = RT_STR_INIT;
    struct rt_keras_load how = { .notes = &notes };
    struct rt_model *m = lines_model("input x 1");
    for (int i = 0; i < 33; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%d", i);
        put(m, name,
            i ? "input i 1; dense 1; output"
              : "input i 1; dense 3; dense 1; output",
            NULL, NULL);
    }
    freeze(m, "m0/dense_1");
    freeze(m, "m0/dense_2");
    lines_run(m, "output; compile adam loss=mse");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    m->iterations = 7;
    read_back(m, &tree);
    for (int i = 0; i < 2; i++)
        tree_edit(&tree, "model_config", "\"trainable\": false",
                  "\"trainable\": true");
    struct rt_model *back = rt_keras_model("t.h5", &tree, &how, &err);
    if (!back)
        fail_msg("%s", err.text);
    check_same(back, m, "frozen among many");
    assert_string_equal(rt_str_c(&notes), "m0 is frozen, as the optimizer has "
                                          "no state for it");
    rt_str_release(&notes);
    rt_model_free(back);
    rt_h5_tree_free(&tree);
    rt_model_free(m);
}

static void kernels_within_are_turned_from_theano(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 4x4x1"), *back;
    put(m, "a",
        "input i 4x4x1; conv2d 1 2 name=c; reshape 3x3x1; "
        "time_distributed {conv1d 1 2} name=t; conv2d_transpose 1 2 name=u; "
        "locally_connected2d 1 2 name=l; output",
        NULL, NULL);
    lines_run(m, "reshape 2x3x1x1; conv3d 1 2,1,1 name=d; output");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_weights; k++)
            for (size_t j = 0; j < m->layers[i]->weights[k]->n; j++)
                m->weights[m->layers[i]->weights[k]->offset + j] = (float)j;
    struct rt_h5_tree tree;
    read_back(m, &tree);
    const struct rt_h5_item *top = rt_h5_find(&tree, "model_weights");
    for (int i = 0; i < top->n_attrs; i++)
        if (!strcmp(top->attrs[i].name, "backend")) {
            free(top->attrs[i].text[0]);
            top->attrs[i].text[0] = rt_xstrdup("theano");
        }
    back = read_tree(&tree);
    assert_true(first_of(back, "a/c") == 3);
    assert_true(first_of(back, "a/t") == 1);
    assert_true(first_of(back, "a/u") == 3);
    assert_true(first_of(back, "a/l") == 0);
    assert_true(first_of(back, "d") == 1);
    rt_model_free(back);
    rt_h5_tree_free(&tree);
    rt_model_free(m);
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_without_a_name_has_the_next_one_of_its_class),
        cmocka_unit_test(a_sequential_without_a_shape_is_read),
        cmocka_unit_test(a_model_called_without_training_is_read),
        cmocka_unit_test(other_names_are_paired_by_order),
        cmocka_unit_test(a_model_for_each_step_is_read),
        cmocka_unit_test(a_model_frozen_as_a_whole_is_known_by_the_optimizer),
        cmocka_unit_test(a_model_frozen_as_a_whole_is_known_among_many),
        cmocka_unit_test(kernels_within_are_turned_from_theano),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
