/* The description: nodes, shapes, errors, keys. */
#include "graph/graph.h"
#include "graph/op.h"
#include "graph/ops.h"
#include "support.h"

static struct rt_graph *g;
static struct rt_err err;

static int begin(void **state)
{
    (void)state;
    g = rt_graph_new();
    rt_err_clear(&err);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rt_graph_free(g);
    return 0;
}

static struct rt_node *input(int features)
{
    return rt_graph_input(g, "x", &RT_SHAPE(RT_DIM_ANY, features), &err);
}

static struct rt_node *weight(int rows, int cols)
{
    return rt_graph_weight(g, "w", &RT_SHAPE(rows, cols), &err);
}

static void nodes_are_numbered_as_added(void **state)
{
    (void)state;
    char name[] = "images";
    struct rt_node *x = rt_graph_input(g, name, &RT_SHAPE(RT_DIM_ANY, 4), &err);
    name[0] = '?';
    struct rt_node *w = weight(4, 2);
    struct rt_node *y = rt_op_dense(g, x, w, NULL, &err);
    assert_string_equal(x->name, "images");
    assert_int_equal(x->id, 0);
    assert_int_equal(y->id, 2);
    assert_int_equal(w->weight, 0);
    assert_int_equal(weight(1, 1)->weight, 1);
    assert_int_equal(rt_graph_n(g), 4);
    assert_int_equal(rt_graph_n_weights(g), 2);
    assert_ptr_equal(rt_graph_node(g, 2), y);
    assert_string_equal(y->name, "dense");
    assert_string_equal(rt_shape_text(&y->shape), "(none,2)");
}

static void constants_are_copied(void **state)
{
    float v[2] = { 1, 2 };
    (void)state;
    struct rt_node *c = rt_graph_const(g, &RT_SHAPE(2), v, &err);
    v[0] = 9;
    rt_assert_close(c->value[0], 1, 0);
    rt_assert_close(rt_graph_scalar(g, 0.5)->value[0], 0.5, 0);
}

static void arguments_are_copied(void **state)
{
    (void)state;
    struct rt_node *y = rt_op_dropout(g, input(3), 0.25, &err);
    const struct rt_dropout_args *a = y->args;
    rt_assert_close(a->rate, 0.25, 0);
}

static void failure_is_passed_through_nested_calls(void **state)
{
    (void)state;
    struct rt_node *y = rt_op_unary(
        g, RT_UNARY_relu, rt_op_dense(g, input(3), weight(4, 2), NULL, &err), 0,
        &err);
    assert_null(y);
    rt_assert_error(&err, RT_ESHAPE,
                    "dense: input (none,3) ends in 3, "
                    "weights (4,2) want 4");
}

static void dense_works_over_the_last_axis(void **state)
{
    (void)state;
    struct rt_node *x =
        rt_graph_input(g, "x", &RT_SHAPE(RT_DIM_ANY, 5, 4), &err);
    struct rt_node *y = rt_op_dense(g, x, weight(4, 7), NULL, &err);
    assert_string_equal(rt_shape_text(&y->shape), "(none,5,7)");
}

static void dense_tells_when_flattening_would_help(void **state)
{
    (void)state;
    struct rt_node *x =
        rt_graph_input(g, "x", &RT_SHAPE(RT_DIM_ANY, 28, 28), &err);
    assert_null(rt_op_dense(g, x, weight(784, 10), NULL, &err));
    rt_assert_error(&err, RT_ESHAPE, "(none,28,28)");
    rt_assert_error(&err, RT_ESHAPE, "(784,10)");
    rt_assert_error(&err, RT_ESHAPE, "flatten");
}

static void dense_refuses_vectors_and_unknown_features(void **state)
{
    (void)state;
    struct rt_node *w = weight(3, 2);
    struct rt_node *v = rt_graph_input(g, "v", &RT_SHAPE(RT_DIM_ANY), &err);
    assert_null(rt_op_dense(g, v, w, NULL, &err));
    rt_assert_error(&err, RT_ESHAPE, "(none)");
    struct rt_node *u =
        rt_graph_input(g, "u", &RT_SHAPE(RT_DIM_ANY, RT_DIM_ANY), &err);
    assert_null(rt_op_dense(g, u, w, NULL, &err));
    rt_assert_error(&err, RT_ESHAPE, "not known");
    struct rt_node *b = rt_graph_weight(g, "b", &RT_SHAPE(3), &err);
    assert_null(rt_op_dense(g, input(3), w, b, &err));
    rt_assert_error(&err, RT_ESHAPE, "bias (3)");
}

static void binary_names_both_shapes(void **state)
{
    (void)state;
    assert_null(rt_op_binary(g, RT_BINARY_mul, input(3), input(4), &err));
    rt_assert_error(&err, RT_ESHAPE, "mul: shapes (none,3) and (none,4)");
}

static void reshape_infers_one_dimension(void **state)
{
    (void)state;
    struct rt_node *x = input(12);
    struct rt_node *y = rt_op_reshape(g, x, &RT_SHAPE(2, -1), &err);
    assert_string_equal(rt_shape_text(&y->shape), "(none,2,6)");
    assert_null(rt_op_reshape(g, x, &RT_SHAPE(5, -1), &err));
    rt_assert_error(&err, RT_ESHAPE, "12 numbers a row");
    assert_null(rt_op_reshape(g, x, &RT_SHAPE(3, 5), &err));
    rt_assert_error(&err, RT_ESHAPE, "(3,5) wants 15");
    assert_null(rt_op_reshape(g, x, &RT_SHAPE(-1, -1), &err));
    rt_assert_error(&err, RT_EINVAL, "one -1");
}

/* 2^64 numbers count as none where the product wraps. */
static void reshape_refuses_more_numbers_than_memory_holds(void **state)
{
    (void)state;
    struct rt_node *x = input(12);
    struct rt_shape huge = RT_SHAPE(65536, 65536, 65536, 65536, -1);
    assert_null(rt_op_reshape(g, x, &huge, &err));
    rt_assert_error(&err, RT_ENOMEM,
                    "reshape: shape (65536,65536,65536,65536,none) has more "
                    "numbers than memory can hold");
    huge.rank = 4;
    assert_null(rt_op_reshape(g, x, &huge, &err));
    assert_null(rt_op_reshape(g, x, &RT_SHAPE(0, -1), &err));
    rt_assert_error(&err, RT_EINVAL, "dimension 0");
}

/* A dimension is an int, a size is not. */
static void no_dimension_wraps(void **state)
{
    (void)state;
    const struct rt_op *reshape = rt_op_find("reshape");
    const struct rt_op *concat = rt_op_find("concat");
    struct rt_shape out, wide = RT_SHAPE(RT_DIM_ANY, 65536, 65536);
    struct rt_shape most = RT_SHAPE(RT_DIM_ANY, 2147483647);
    struct rt_ints flat = { .n = 1, .v = { -1 } };
    assert_int_equal(reshape->shape(&flat, &wide, 1, &out, &err), RT_ESHAPE);
    rt_assert_error(&err, RT_ESHAPE,
                    "reshape: input (none,65536,65536) would get a dimension "
                    "of 4294967296, want at most 2147483647");
    int last = -1;
    assert_int_equal(
        concat->shape(&last, (struct rt_shape[]){ most, most }, 2, &out, &err),
        RT_ESHAPE);
    rt_assert_error(&err, RT_ESHAPE, "concat: axis 1 of inputs");
}

static void slice_counts_from_the_end(void **state)
{
    (void)state;
    struct rt_node *x = input(10);
    struct rt_node *y = rt_op_slice(g, x, -1, -3, 0, &err);
    assert_string_equal(rt_shape_text(&y->shape), "(none,3)");
    assert_null(rt_op_slice(g, x, -1, 4, 4, &err));
    rt_assert_error(&err, RT_EINVAL, "slice: 4 to 4");
    assert_null(rt_op_slice(g, x, -1, 0, 11, &err));
    assert_null(rt_op_slice(g, x, 0, 0, 1, &err));
    rt_assert_error(&err, RT_ESHAPE, "axis 0");
}

static void concat_wants_equal_other_axes(void **state)
{
    (void)state;
    struct rt_node *x[] = { input(3), input(4) };
    struct rt_node *y = rt_op_concat(g, x, 2, -1, &err);
    assert_string_equal(rt_shape_text(&y->shape), "(none,7)");
    x[1] = rt_graph_input(g, "z", &RT_SHAPE(RT_DIM_ANY, 2, 3), &err);
    assert_null(rt_op_concat(g, x, 2, -1, &err));
    rt_assert_error(&err, RT_ESHAPE, "(none,3) and (none,2,3)");
}

static void reduce_takes_one_axis_the_last_ones_or_all(void **state)
{
    (void)state;
    struct rt_node *x =
        rt_graph_input(g, "x", &RT_SHAPE(RT_DIM_ANY, 5, 4), &err);
    static const struct {
        int axis;
        bool keepdims;
        const char *shape;
    } cases[] = {
        { -1, false, "(none,5)" },
        { 1, true, "(none,1,4)" },
        { 0, false, "(5,4)" },
        { RT_AXES_ALL, false, "()" },
        { RT_AXES_FROM(1), false, "(none)" },
        { RT_AXES_FROM(1), true, "(none,1,1)" },
        { RT_AXES_FROM(3), false, "(none,5,4)" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_node *y = rt_op_reduce(g, RT_REDUCE_sum, x, cases[i].axis,
                                         cases[i].keepdims, &err);
        assert_string_equal(rt_shape_text(&y->shape), cases[i].shape);
    }
    assert_null(rt_op_reduce(g, RT_REDUCE_mean, x, 3, false, &err));
    rt_assert_error(&err, RT_EINVAL, "mean: axis 3");
}

static void onehot_wants_class_numbers(void **state)
{
    (void)state;
    assert_null(rt_op_onehot(g, input(3), 10, &err));
    rt_assert_error(&err, RT_ESHAPE, "(none,1)");
    struct rt_node *y = rt_op_onehot(g, input(1), 10, &err);
    assert_string_equal(rt_shape_text(&y->shape), "(none,10)");
}

static void dropout_refuses_rate_of_one(void **state)
{
    (void)state;
    assert_null(rt_op_dropout(g, input(3), 1, &err));
    rt_assert_error(&err, RT_EINVAL, "rate is 1, want 0 <= rate < 1");
}

static void weights_have_known_shapes(void **state)
{
    (void)state;
    assert_null(weight(RT_DIM_ANY, 3));
    rt_assert_error(&err, RT_ESHAPE, "weight 'w'");
    assert_null(weight(2147483647, 2147483647));
    rt_assert_error(&err, RT_ENOMEM, "weight 'w'");
}

/* Keys of a's dropouts, with or without another layer before. */
static void keys_of(bool with_other, uint64_t key[2])
{
    struct rt_graph *h = rt_graph_new();
    struct rt_node *x = rt_graph_input(h, "x", &RT_SHAPE(RT_DIM_ANY, 3), &err);
    if (with_other) {
        rt_graph_where(h, "b");
        x = rt_op_dropout(h, x, 0.1, &err);
    }
    rt_graph_where(h, "a");
    key[0] = rt_op_dropout(h, x, 0.1, &err)->key;
    rt_graph_where(h, "c");
    x = rt_op_dropout(h, x, 0.1, &err);
    assert_true(x->key != key[0]);
    rt_graph_where(h, "a");
    key[1] = rt_op_dropout(h, x, 0.1, &err)->key;
    rt_graph_free(h);
}

static void random_keys_do_not_depend_on_other_layers(void **state)
{
    uint64_t with[2], without[2];
    (void)state;
    keys_of(true, with);
    keys_of(false, without);
    assert_true(with[0] == without[0]);
    assert_true(with[1] == without[1]);
    assert_true(with[0] != with[1]);
}

static void operators_are_sorted_and_found_by_name(void **state)
{
    const struct rt_op *const *all = rt_ops();
    (void)state;
    for (int i = 0; all[i]; i++) {
        if (i)
            assert_true(strcmp(all[i - 1]->name, all[i]->name) < 0);
        assert_ptr_equal(rt_op_find(all[i]->name), all[i]);
        assert_non_null(all[i]->help);
        assert_non_null(all[i]->shape);
        assert_non_null(all[i]->tests[0].in);
        assert_true(all[i]->forward || all[i]->flags & RT_OP_VIEW);
        assert_true(all[i]->backward ||
                    all[i]->flags & (RT_OP_VIEW | RT_OP_NO_GRAD));
    }
    assert_null(rt_op_find("dens"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        T(nodes_are_numbered_as_added),
        T(constants_are_copied),
        T(arguments_are_copied),
        T(failure_is_passed_through_nested_calls),
        T(dense_works_over_the_last_axis),
        T(dense_tells_when_flattening_would_help),
        T(dense_refuses_vectors_and_unknown_features),
        T(binary_names_both_shapes),
        T(reshape_infers_one_dimension),
        T(reshape_refuses_more_numbers_than_memory_holds),
        T(no_dimension_wraps),
        T(slice_counts_from_the_end),
        T(concat_wants_equal_other_axes),
        T(reduce_takes_one_axis_the_last_ones_or_all),
        T(onehot_wants_class_numbers),
        T(dropout_refuses_rate_of_one),
        T(weights_have_known_shapes),
        T(random_keys_do_not_depend_on_other_layers),
        T(operators_are_sorted_and_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
