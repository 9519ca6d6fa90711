/* Convolution and pooling layers: shapes, weights, and what they refuse. */
#include "model_case.h"

static void shape_is(const char *lines, const struct rt_shape *want)
{
    struct rt_model *m = lines_model(lines);
    if (!rt_shape_equal(shape_of(m, "it"), want))
        fail_msg("%s gives %s, want %s", lines,
                 rt_shape_text(shape_of(m, "it")), rt_shape_text(want));
    rt_model_free(m);
}

static void shapes_are_those_of_keras(void **state)
{
    enum { N = RT_DIM_ANY };
    (void)state;
    shape_is("input x 28x27x3; conv2d 8 3,4 strides=2 name=it",
             &RT_SHAPE(N, 13, 12, 8));
    shape_is("input x 28x27x3; conv2d 8 3 strides=2 padding=same name=it",
             &RT_SHAPE(N, 14, 14, 8));
    shape_is("input x 9x3; conv1d 5 4 padding=causal dilation_rate=3 name=it",
             &RT_SHAPE(N, 9, 5));
    shape_is("input x 5x4x2; conv2d_transpose 3 4 strides=2 name=it",
             &RT_SHAPE(N, 12, 10, 3));
    shape_is("input x 5x4x2; conv2d_transpose 3 3 strides=3 padding=same "
             "output_padding=1,2 name=it",
             &RT_SHAPE(N, 14, 12, 3));
    shape_is("input x 5x4x2; depthwise_conv2d 3 depth_multiplier=3 name=it",
             &RT_SHAPE(N, 3, 2, 6));
    shape_is("input x 7x6x2; max_pool2d padding=same name=it",
             &RT_SHAPE(N, 4, 3, 2));
    shape_is("input x 7x6x2; avg_pool2d 3 strides=1 name=it",
             &RT_SHAPE(N, 5, 4, 2));
    shape_is("input x 7x6x2; zero_pad2d 1,2 name=it", &RT_SHAPE(N, 9, 10, 2));
    shape_is("input x 7x6x2; crop2d 1,2,3,0 name=it", &RT_SHAPE(N, 4, 3, 2));
    shape_is("input x 4x2x3x5; conv3d 2 2 padding=same strides=1,2,1 name=it",
             &RT_SHAPE(N, 4, 1, 3, 2));
    shape_is("input x nonex8x3; conv2d 4 3 padding=same name=it",
             &RT_SHAPE(N, N, 8, 4));
}

static void weights_are(const char *lines, const char *want)
{
    struct rt_model *m = lines_model(lines);
    struct rt_model_layer *l = rt_model_layer_find(m, "it", &err);
    struct rt_str text = RT_STR_INIT;
    for (int i = 0; i < l->n_weights; i++)
        rt_str_addf(&text, "%s%s%s", i ? " " : "", l->weights[i]->name,
                    rt_shape_text(&l->weights[i]->shape));
    assert_string_equal(rt_str_c(&text), want);
    rt_str_release(&text);
    rt_model_free(m);
}

static void weights_have_names_shapes_and_order_of_keras(void **state)
{
    (void)state;
    weights_are("input x 9x8x6; conv2d 4 3,2 groups=2 name=it",
                "kernel(3,2,3,4) bias(4)");
    weights_are("input x 9x8x6; conv2d_transpose 4 3,2 name=it",
                "kernel(3,2,4,6) bias(4)");
    weights_are("input x 9x8x6; depthwise_conv2d 3 depth_multiplier=2 name=it",
                "depthwise_kernel(3,3,6,2) bias(12)");
    weights_are("input x 9x6; separable_conv1d 5 3 depth_multiplier=2 name=it",
                "depthwise_kernel(3,6,2) pointwise_kernel(1,12,5) bias(5)");
    weights_are("input x 9x6; conv1d 5 3 use_bias=no name=it", "kernel(3,6,5)");
}

static void refused(const char *input, const char *line, const char *why)
{
    struct rt_model *m = lines_model(input);
    int n = m->n_layers;
    if (line_run(m, line, &err) == 0)
        fail_msg("%s is taken", line);
    if (!strstr(err.text, why))
        fail_msg("%s: %s", line, err.text);
    assert_int_equal(m->n_layers, n);
    rt_model_free(m);
}

static void what_cannot_be_is_refused_with_a_way_out(void **state)
{
    (void)state;
    refused("input x 6x5x2", "conv2d 3 9",
            "conv2d: kernel 9x9 does not fit in input (none,6,5,2); want a "
            "smaller one, or padding=same");
    refused("input x 28x28", "conv2d 3 3", "give it channels with `reshape`");
    refused("input x 8x8x3", "conv2d 4 3 strides=2 dilation_rate=2",
            "strides and dilation_rate are both above 1");
    refused("input x 8x8x6", "conv2d 4 3 groups=3",
            "3 groups of 6 channels and 4 filters");
    refused("input x 8x8x6", "conv2d 4 3,3,3", "has 3 numbers, want 1 or 2");
    refused("input x 8x8x6", "conv2d 4 3 padding=causal", "causal");
    refused("input x 3x8x6", "max_pool2d 4",
            "a window of 4 does not fit in axis 1");
    refused("input x 3x8x6", "crop2d 2", "want one left at least");
    refused("input x 3x8x6", "zero_pad2d 1,2,3",
            "'padding' has 3 numbers, want 1, 2 or 4");
    refused("input x 4x4x3", "conv2d_transpose 2 3 strides=2 output_padding=2",
            "want it below the strides");
}

static void what_no_int_counts_is_refused(void **state)
{
    (void)state;
    refused("input x 8x3", "conv1d 2 65536 padding=causal dilation_rate=65536",
            "is 4294901761 long, want at most");
    refused("input x 8x3", "conv1d 2 40000 padding=same dilation_rate=65536",
            "along axis 1 of input (none,8,3)");
    refused("input x 8x8x3", "conv2d_transpose 2 1,65536 dilation_rate=1,65536",
            "along axis 2");
    refused("input x 40000x8x3", "conv2d_transpose 2 3 strides=65536",
            "more than 2147483647 places of axis 1");
    refused("input x 40000x8x3",
            "conv2d_transpose 2 1 strides=65536 output_padding=65535",
            "more than 2147483647 places of axis 1");
    refused("input x 2147400000x1x1", "zero_pad2d 65536,0",
            "want no more than 2147483647");
    refused("input x 8x8x3", "crop2d 65536", "want one left at least");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_those_of_keras),
        cmocka_unit_test(weights_have_names_shapes_and_order_of_keras),
        cmocka_unit_test(what_cannot_be_is_refused_with_a_way_out),
        cmocka_unit_test(what_no_int_counts_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
