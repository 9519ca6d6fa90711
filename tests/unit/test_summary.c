/* The table, byte for byte as Keras 2.2.4 prints it. */
#include "model_lines.h"

#include "nn/summary.h"

static void check(struct rt_model *m, const char *want)
{
    struct rt_str s = RT_STR_INIT;
    rt_summary(m, &(struct rt_summary_spec){ 0 }, &s);
    assert_string_equal(rt_str_c(&s), want);
    rt_str_release(&s);
    rt_model_free(m);
}

/* clang-format off: the tables are 98 wide */
static void a_chain_has_three_columns(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input input_1 28x28; flatten; dense 512 relu; dropout 0.2;"
                    "dense 10 softmax; output");
    m->layers[2]->trainable = false;
    check(
        m,
        "_________________________________________________________________\n"
        "Layer (type)                 Output Shape              Param #   \n"
        "=================================================================\n"
        "input_1 (InputLayer)         (None, 28, 28)            0         \n"
        "_________________________________________________________________\n"
        "flatten_1 (Flatten)          (None, 784)               0         \n"
        "_________________________________________________________________\n"
        "dense_1 (Dense)              (None, 512)               401920    \n"
        "_________________________________________________________________\n"
        "dropout_1 (Dropout)          (None, 512)               0         \n"
        "_________________________________________________________________\n"
        "dense_2 (Dense)              (None, 10)                5130      \n"
        "=================================================================\n"
        "Total params: 407,050\n"
        "Trainable params: 5,130\n"
        "Non-trainable params: 401,920\n"
        "_________________________________________________________________\n");
}

/* Depth decides: aux lies beside the layers as far from an output as it, and
 * a shared layer lists the connections of both calls. */
static void a_graph_shows_connections_by_depth(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input a 4; input b 4; dense 3 name=shared from=a;"
        "call shared from=b; concatenate from=shared:0,shared:1;"
        "input extra none,2; dense 2 name=a_layer_with_a_very_long_name;"
        "at concatenate_1; dense 1 name=main; output; output "
        "a_layer_with_a_very_long_name");
    check(m, "_________________________________________________________________"
             "_________________________________\n"
             "Layer (type)                    Output Shape         Param #     "
             "Connected to                     \n"
             "================================================================="
             "=================================\n"
             "a (InputLayer)                  (None, 4)            0           "
             "                                 \n"
             "_________________________________________________________________"
             "_________________________________\n"
             "b (InputLayer)                  (None, 4)            0           "
             "                                 \n"
             "_________________________________________________________________"
             "_________________________________\n"
             "shared (Dense)                  (None, 3)            15          "
             "a[0][0]                          \n"
             "                                                                 "
             "b[0][0]                          \n"
             "_________________________________________________________________"
             "_________________________________\n"
             "concatenate_1 (Concatenate)     (None, 6)            0           "
             "shared[0][0]                     \n"
             "                                                                 "
             "shared[1][0]                     \n"
             "_________________________________________________________________"
             "_________________________________\n"
             "extra (InputLayer)              (None, None, 2)      0           "
             "                                 \n"
             "_________________________________________________________________"
             "_________________________________\n"
             "main (Dense)                    (None, 1)            7           "
             "concatenate_1[0][0]              \n"
             "_________________________________________________________________"
             "_________________________________\n"
             "a_layer_with_a_very_long_name ( (None, None, 2)      6           "
             "extra[0][0]                      \n"
             "================================================================="
             "=================================\n"
             "Total params: 28\n"
             "Trainable params: 28\n"
             "Non-trainable params: 0\n"
             "_________________________________________________________________"
             "_________________________________\n");
}

/* clang-format on */
static void a_shared_layer_of_two_shapes_says_multiple(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input a 4; input b 2x4; dense 3 name=s from=a; output;"
                    "call s from=b; activation linear; output");
    struct rt_str s = RT_STR_INIT;
    rt_summary(m, &(struct rt_summary_spec){ 0 }, &s);
    assert_non_null(strstr(s.s, "s (Dense)                       multiple  "));
    rt_str_release(&s);
    rt_model_free(m);
}

static void a_model_in_the_making_shows_all_layers(void **state)
{
    (void)state;
    struct rt_str s = RT_STR_INIT;
    struct rt_model *m = lines_model("input x 4; dense 3; at x; dense 2");
    rt_summary(m, &(struct rt_summary_spec){ 0 }, &s);
    assert_non_null(strstr(s.s, "dense_1 (Dense)"));
    assert_non_null(strstr(s.s, "dense_2 (Dense)"));
    assert_non_null(strstr(s.s, "Total params: 25\n"));
    rt_str_release(&s);
    rt_model_free(m);
}

static void an_empty_model_has_an_empty_table(void **state)
{
    (void)state;
    struct rt_str s = RT_STR_INIT;
    struct rt_model *m = rt_model_new("m", 1);
    rt_summary(m, &(struct rt_summary_spec){ 0 }, &s);
    assert_non_null(strstr(s.s, "Total params: 0\n"));
    rt_str_release(&s);
    rt_model_free(m);
}

static void shapes_are_pythons_tuples(void **state)
{
    (void)state;
    struct rt_str s = RT_STR_INIT;
    rt_summary_shape(&RT_SHAPE(RT_DIM_ANY), &s);
    rt_summary_shape(&RT_SHAPE(RT_DIM_ANY, 28, 28), &s);
    rt_summary_shape(&(struct rt_shape){ 0 }, &s);
    assert_string_equal(s.s, "(None,)(None, 28, 28)()");
    rt_str_release(&s);
}

static void a_sequential_does_not_list_its_input(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input d_input 4; dense 3 name=d; dense 2; output");
    struct rt_str s = RT_STR_INIT;
    rt_summary(m, &(struct rt_summary_spec){ 0 }, &s);
    assert_null(strstr(rt_str_c(&s), "InputLayer"));
    assert_non_null(strstr(rt_str_c(&s), "d (Dense) "));
    rt_str_release(&s);
    rt_model_free(m);
}

/* clang-format off: lines as they are drawn */
/* As Keras 3 draws it in a terminal of 80 columns. */
static void a_frame_is_that_of_keras_3(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input x 16; dense 64; dropout 0.5;"
                    "dense 10 name=a_name_that_is_too_long_for_it; output");
    struct rt_str s = RT_STR_INIT;
    m->layers[1]->trainable = false;
    rt_summary(
        m, &(struct rt_summary_spec){ .style = RT_SUMMARY_KERAS3, .width = 80 },
        &s);
    assert_string_equal(rt_str_c(&s),
                        "Model: \"m\"\n"
                        "┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━"
                        "━━━━━┳━━━━━━━━━━━━━━━┓\n"
                        "┃ Layer (type)                    ┃ Output Shape      "
                        "     ┃       Param # ┃\n"
                        "┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━"
                        "━━━━━╇━━━━━━━━━━━━━━━┩\n"
                        "│ x (InputLayer)                  │ (None, 16)        "
                        "     │             0 │\n"
                        "├─────────────────────────────────┼───────────────────"
                        "─────┼───────────────┤\n"
                        "│ dense_1 (Dense)                 │ (None, 64)        "
                        "     │         1,088 │\n"
                        "├─────────────────────────────────┼───────────────────"
                        "─────┼───────────────┤\n"
                        "│ dropout_1 (Dropout)             │ (None, 64)        "
                        "     │             0 │\n"
                        "├─────────────────────────────────┼───────────────────"
                        "─────┼───────────────┤\n"
                        "│ a_name_that_is_too_long_for_it  │ (None, 10)        "
                        "     │           650 │\n"
                        "│ (Dense)                         │                   "
                        "     │               │\n"
                        "└─────────────────────────────────┴───────────────────"
                        "─────┴───────────────┘\n"
                        " Total params: 1,738 (6.79 KB)\n"
                        " Trainable params: 650 (2.54 KB)\n"
                        " Non-trainable params: 1,088 (4.25 KB)\n");
    rt_str_release(&s);
    rt_model_free(m);
}

static void chosen_layers_and_further_columns(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 16; dense 64; dropout 0.5;"
                                     "dense 10; output");
    struct rt_str s = RT_STR_INIT;
    m->layers[1]->trainable = false;
    rt_summary(m,
               &(struct rt_summary_spec){
                   .style = RT_SUMMARY_WIDE,
                   .chosen = (const bool[]){ false, true, true, false },
                   .trainable = true,
                   .memory = true },
               &s);
    assert_string_equal(
        rt_str_c(&s),
        "________________________________________________________________________________________________________________________\n"
        "Layer (type)                    Output Shape         Param #     Connected to                     Memory     Trainable  \n"
        "========================================================================================================================\n"
        "dense_1 (Dense)                 (None, 64)           1088        x[0][0]                          4.25 KB    N          \n"
        "________________________________________________________________________________________________________________________\n"
        "dropout_1 (Dropout)             (None, 64)           0           dense_1[0][0]                    0.00 B     -          \n"
        "========================================================================================================================\n"
        "Total params: 1,738\n"
        "Trainable params: 650\n"
        "Non-trainable params: 1,088\n"
        "________________________________________________________________________________________________________________________\n");
    rt_str_release(&s);
    rt_model_free(m);
}

static void a_narrow_terminal_moves_the_columns_together(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input x 16; dense 64 name=a_longer_name; add from=x,x;"
                    "dense 1; output; at a_longer_name; dense 1; output");
    struct rt_str s = RT_STR_INIT;
    rt_summary(m, &(struct rt_summary_spec){ .width = 64 }, &s);
    char *row = strstr(rt_str_c(&s), "a_longer_name (Dense)");
    assert_int_equal(strcspn(rt_str_c(&s), "\n"), 64);
    assert_non_null(row);
    assert_int_equal(strcspn(row, "\n"), 64);
    assert_non_null(strstr(row, " a_longer_name[0][0]"));
    rt_str_clear(&s);
    rt_summary(m, &(struct rt_summary_spec){ .width = 98 }, &s);
    assert_int_equal(strcspn(rt_str_c(&s), "\n"), 98);
    rt_str_clear(&s);
    rt_summary(m, &(struct rt_summary_spec){ .width = 40 }, &s);
    assert_int_equal(strcspn(rt_str_c(&s), "\n"), 40);
    rt_str_release(&s);
    rt_model_free(m);
}

/* clang-format on */
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_has_three_columns),
        cmocka_unit_test(a_graph_shows_connections_by_depth),
        cmocka_unit_test(a_shared_layer_of_two_shapes_says_multiple),
        cmocka_unit_test(a_model_in_the_making_shows_all_layers),
        cmocka_unit_test(an_empty_model_has_an_empty_table),
        cmocka_unit_test(shapes_are_pythons_tuples),
        cmocka_unit_test(a_sequential_does_not_list_its_input),
        cmocka_unit_test(a_frame_is_that_of_keras_3),
        cmocka_unit_test(chosen_layers_and_further_columns),
        cmocka_unit_test(a_narrow_terminal_moves_the_columns_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
