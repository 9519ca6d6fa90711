/* Files of Keras 1 are refused with what converts them. */
#include "keras_tree.h"
#include "model_lines.h"

#include "files/h5.h"
#include "files/h5_child.h"
#include "files/keras_parts.h"
#include "files/weights.h"

static struct rt_err err;

static const char *file_at(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", rt_test_temp(), name);
    return path;
}

#define CHAIN(layers) "{\"class_name\":\"Sequential\",\"config\":[" layers "]}"
#define LAYER(class_name, words)                                               \
    "{\"class_name\":\"" class_name "\",\"config\":{\"name\":\"a\"," words "}" \
    "}"

/* Sources: get_config of Keras 1.2.2; 1.0 wrote no version. */
static const struct {
    const char *version, *config, *says;
} olds[] = {
    { "1.2.2", CHAIN(""), "written by Keras 1.2.2, whose" },
    { "1.0.8", "{}", "written by Keras 1.0.8, whose" },
    { "0.3.3", "{}", "written by Keras 0.3.3, whose" },
    { NULL, CHAIN(LAYER("Dense", "\"output_dim\":3")),
      "Keras 1 (layer 'a' has 'output_dim')" },
    { "2.0.0", CHAIN(LAYER("Dense", "\"output_dim\":3")),
      "Keras 1 (layer 'a' has 'output_dim')" },
    { NULL, CHAIN(LAYER("Convolution2D", "\"nb_filter\":3,\"nb_row\":2")),
      "'nb_filter'" },
    { NULL, CHAIN(LAYER("MaxPooling2D", "\"border_mode\":\"valid\"")),
      "'border_mode'" },
    { NULL,
      CHAIN(
          LAYER("Dropout", "\"p\":0.5") "," LAYER("Dense", "\"output_dim\":3")),
      "'p'" },
    { NULL, CHAIN(LAYER("LSTM", "\"inner_init\":\"orthogonal\"")),
      "'inner_init'" },
    { NULL, CHAIN(LAYER("BatchNormalization", "\"gamma_init\":\"one\"")),
      "'gamma_init'" },
    { NULL,
      CHAIN(LAYER("Embedding", "\"output_dim\":3,"
                               "\"W_constraint\":null")),
      "'W_constraint'" },
    { NULL,
      CHAIN(LAYER("TimeDistributed",
                  "\"layer\":" LAYER("Dense", "\"output_dim\":3"))),
      "'output_dim'" },
    { NULL,
      "{\"class_name\":\"Model\",\"config\":{\"layers\":[" CHAIN(
          LAYER("Dense", "\"output_dim\":3")) "]}}",
      "'output_dim'" },
    { NULL, CHAIN(LAYER("Merge", "\"mode\":\"sum\"")), "'mode'" },
};

static void models_of_keras_1_are_refused_with_what_converts_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof olds / sizeof *olds; i++) {
        struct rt_h5_tree tree;
        struct rt_keras_load usual = { 0 };
        rt_err_clear(&err);
        tree_of_config(olds[i].version, olds[i].config, &tree);
        assert_null(rt_keras_model("/x/my.old.h5", &tree, &usual, &err));
        rt_assert_error(&err, RT_EFORMAT, olds[i].says);
        rt_assert_error(&err, RT_EFORMAT,
                        "load_model('my.old.h5').save('my.old_keras2.h5')");
        rt_h5_tree_free(&tree);
    }
}

static void an_embedding_of_keras_2_has_an_output_dim(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_keras_load usual = { 0 };
    tree_of_config(NULL,
                   CHAIN(LAYER("Embedding", "\"input_dim\":3,\"output_dim\":2,"
                                            "\"batch_input_shape\":[null,4]")),
                   &tree);
    assert_null(rt_keras_model("e.h5", &tree, &usual, &err));
    rt_assert_error(&err, RT_EFORMAT, "no group 'model_weights'");
    rt_h5_tree_free(&tree);
}

static void keras_3_is_told_how_its_weights_are_read(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_keras_load usual = { 0 };
    tree_of_config("3.0.5", CHAIN(""), &tree);
    assert_null(rt_keras_model("e.h5", &tree, &usual, &err));
    rt_assert_error(&err, RT_EFORMAT, "then load_weights of this file");
    rt_h5_tree_free(&tree);
}

/* ---- weights ------------------------------------------------------------- */

static void write_arrays(const char *layer, const char *const *names,
                         const struct rt_shape *shapes, int n)
{
    static float v[64];
    struct rt_h5_out *o = rt_h5_out_new();
    for (int i = 0; i < 64; i++)
        v[i] = (float)i + 0.5F;
    rt_h5_out_texts(o, "", "layer_names", &layer, 1);
    rt_h5_out_group(o, layer);
    rt_h5_out_texts(o, layer, "weight_names", names, n);
    for (int i = 0; i < n; i++) {
        char path[100];
        snprintf(path, sizeof path, "%s/%s", layer, names[i]);
        rt_h5_out_floats(o, path, &shapes[i], v);
    }
    rt_assert_ok(rt_h5_out_save(o, file_at("old.h5"), &err), &err);
    rt_h5_out_free(o);
}

static int load_into(const char *lines, float *first)
{
    struct rt_model *m = lines_model(lines);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    float was = m->weights[0];
    int status = rt_weights_load(m, file_at("old.h5"), NULL, NULL, &err);
    *first = m->weights[0];
    assert_true(!status || *first == was);
    rt_model_free(m);
    return status;
}

static void weights_that_lie_as_in_keras_1_are_read(void **state)
{
    (void)state;
    const char *names[] = { "dense_1_W:0", "dense_1_b:0" };
    const struct rt_shape shapes[] = { RT_SHAPE(4, 3), RT_SHAPE(3) };
    float first;
    write_arrays("dense_1", names, shapes, 2);
    rt_assert_ok(load_into("input x 4; dense 3; output", &first), &err);
    assert_true(first == 0.5F);
}

static void weights_that_lie_otherwise_are_refused_with_a_way(void **state)
{
    (void)state;
    const char *names[] = { "a_W_i:0", "a_U_i:0", "a_b_i:0", "a_W_c:0",
                            "a_U_c:0", "a_b_c:0", "a_W_f:0", "a_U_f:0",
                            "a_b_f:0", "a_W_o:0", "a_U_o:0", "a_b_o:0" };
    struct rt_shape shapes[12];
    for (int i = 0; i < 12; i++)
        shapes[i] = i % 3 == 2   ? RT_SHAPE(2)
                    : i % 3 == 1 ? RT_SHAPE(2, 2)
                                 : RT_SHAPE(3, 2);
    float first;
    write_arrays("a", names, shapes, 12);
    assert_true(load_into("input x 5x3; lstm 2; output", &first) < 0);
    rt_assert_error(&err, RT_EFORMAT, "12 arrays");
    rt_assert_error(&err, RT_EFORMAT, "with Keras 2.0 to 2.3");

    /* of as many channels in as out, so that its shape says nothing */
    const char *kernel[] = { "d_W:0", "d_b:0" };
    const struct rt_shape of[] = { RT_SHAPE(2, 2, 3, 3), RT_SHAPE(3) };
    write_arrays("d", kernel, of, 2);
    assert_true(
        load_into("input x 5x5x3; conv2d_transpose 3 2; output", &first) < 0);
    rt_assert_error(&err, RT_EFORMAT, "'d_W:0' has its channels in another");
    rt_assert_error(&err, RT_EFORMAT, "with Keras 2.0 to 2.3");
    rt_assert_ok(load_into("input x 5x5x3; conv2d 3 2; output", &first), &err);
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_of_keras_1_are_refused_with_what_converts_them),
        cmocka_unit_test(an_embedding_of_keras_2_has_an_output_dim),
        cmocka_unit_test(keras_3_is_told_how_its_weights_are_read),
        cmocka_unit_test(weights_that_lie_as_in_keras_1_are_read),
        cmocka_unit_test(weights_that_lie_otherwise_are_refused_with_a_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
