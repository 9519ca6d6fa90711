/* Merging layers, dot, permute, repeat_vector and the activation layers: shapes
 * as Keras gives them, and what is refused. Their values and gradients are in
 * the sweeps and the reference cases. */
#include "model_lines.h"

static struct rt_err err;

/* The shape of the cursor after some lines. */
static const char *shape_of(const char *lines)
{
    struct rt_model *m = lines_model(lines);
    const char *text = rt_shape_text(&rt_place_node(&m->cursor)->shape);
    rt_model_free(m);
    return text;
}

static void refused(const char *lines, const char *last, const char *why)
{
    struct rt_model *m = lines_model(lines);
    assert_true(line_run(m, last, &err) != 0);
    if (!strstr(err.text, why))
        fail_msg("'%s' says: %s", last, err.text);
    rt_model_free(m);
}

#define THREE "input a 3x4; input b 4; input c 3x1; input d 5;"

static void fewer_axes_get_ones_behind_the_batch(void **state)
{
    (void)state;
    assert_string_equal(shape_of(THREE "add from=a,b"), "(none,3,4)");
    assert_string_equal(shape_of(THREE "multiply from=b,a,c"), "(none,3,4)");
    assert_string_equal(shape_of(THREE "average from=c,b"), "(none,3,4)");
    assert_string_equal(shape_of(THREE "subtract from=c,a"), "(none,3,4)");
    refused(THREE, "maximum from=a,d", "want equal shapes, or axes of 1");
    refused(THREE, "subtract from=a,a,a", "3 layers to read, want 2");
}

static void dot_keeps_the_axes_that_are_left(void **state)
{
    (void)state;
    assert_string_equal(shape_of("input a 3x4; input b 3x5; dot from=a,b"),
                        "(none,4,5)");
    assert_string_equal(
        shape_of("input a 3x4; input b 5x4; dot from=a,b axes=2"),
        "(none,3,5)");
    assert_string_equal(
        shape_of("input a 4; input b 4; dot from=a,b normalize=yes"),
        "(none,1)");
    assert_string_equal(
        shape_of("input a 3x4; input b 4; dot from=a,b axes=-1"), "(none,3)");
    assert_string_equal(
        shape_of("input a 4x2x3; input b 3; dot from=a,b axes=3,1"),
        "(none,4,2)");
    refused("input a 3x4; input b 3x5", "dot from=a,b axes=2",
            "axis 2 of a is (none,3,4)");
    refused("input a 3x4; input b 3x5", "dot from=a,b axes=0", "is the batch");
}

static void axes_are_permuted_and_rows_repeated(void **state)
{
    (void)state;
    assert_string_equal(shape_of("input a 2x3x4; permute 3,1,2"),
                        "(none,4,2,3)");
    refused("input a 2x3x4", "permute 3,1", "want each of 1 to 3 once");
    refused("input a 2x3x4", "permute 3,1,1", "want each of 1 to 3 once");
    refused("input a 2x3x4", "permute 0,1,2", "want each of 1 to 3 once");
    assert_string_equal(shape_of("input a 7; repeat_vector 4"), "(none,4,7)");
    refused("input a 7x2", "repeat_vector 4", "want (none,features)");
}

static void any_axes_but_the_batch_are_normalised(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input a 3x5x2; layer_norm axis=1 name=p;"
                                     "layer_norm axis=3,1 name=q");
    assert_int_equal(rt_layer_params(rt_model_layer_find(m, "p", NULL)), 6);
    assert_int_equal(rt_layer_params(rt_model_layer_find(m, "q", NULL)), 12);
    rt_model_free(m);
    assert_string_equal(shape_of("input a 3x5x2; layer_norm axis=2"),
                        "(none,3,5,2)");
    refused("input a 3x5", "layer_norm axis=0", "is the batch");
    refused("input a 3x5", "layer_norm axis=2,-1",
            "axis -1 of (none,3,5) twice");
    refused("input a nonex5", "layer_norm axis=1", "of known size");
}

static void slopes_are_shared_along_axes(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input a 5x6x3; prelu shared_axes=1,2 name=p; prelu name=q");
    assert_int_equal(rt_layer_params(rt_model_layer_find(m, "p", NULL)), 3);
    assert_int_equal(rt_layer_params(rt_model_layer_find(m, "q", NULL)), 90);
    rt_model_free(m);
    refused("input a 5x6", "prelu shared_axes=0", "want 1 to 2");
    refused("input a nonex6", "prelu", "share it by shared_axes=1");
}

static void relu_is_plain_unless_it_has_parameters(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input a 5; relu");
    assert_string_equal(rt_place_node(&m->cursor)->name, "relu");
    lines_run(m, "relu max_value=6");
    assert_string_equal(rt_place_node(&m->cursor)->name, "bent_relu");
    lines_run(m, "activation relu(negative_slope=0.1)");
    assert_string_equal(rt_place_node(&m->cursor)->name, "bent_relu");
    assert_string_equal(m->layers[1]->name, "re_lu_1");
    rt_model_free(m);
}

static void a_penalty_alone_is_a_layer(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input a 5; activity_reg l1=0.5");
    assert_int_equal(m->built.n_penalties, 1);
    assert_string_equal(m->cursor.layer->name, "activity_regularization_1");
    rt_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fewer_axes_get_ones_behind_the_batch),
        cmocka_unit_test(dot_keeps_the_axes_that_are_left),
        cmocka_unit_test(axes_are_permuted_and_rows_repeated),
        cmocka_unit_test(any_axes_but_the_batch_are_normalised),
        cmocka_unit_test(slopes_are_shared_along_axes),
        cmocka_unit_test(relu_is_plain_unless_it_has_parameters),
        cmocka_unit_test(a_penalty_alone_is_a_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
