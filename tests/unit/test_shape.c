/* Shapes: counts, text, broadcasting. */
#include "graph/shape.h"
#include "support.h"

static const struct rt_shape scalar = { .rank = 0 };

static void shape_counts_unknown_dimensions_as_one(void **state)
{
    (void)state;
    struct rt_shape s = RT_SHAPE(RT_DIM_ANY, 28, 28);
    assert_int_equal(rt_shape_count(&s), 784);
    assert_int_equal(rt_shape_row(&s), 784);
    s.dim[0] = 3;
    assert_int_equal(rt_shape_count(&s), 3 * 784);
    assert_int_equal(rt_shape_row(&s), 784);
    assert_int_equal(rt_shape_count(&scalar), 1);
    assert_int_equal(rt_shape_row(&scalar), 1);
}

static void shape_text_says_none_for_unknown(void **state)
{
    (void)state;
    assert_string_equal(rt_shape_text(&RT_SHAPE(RT_DIM_ANY, 28, 28, 1)),
                        "(none,28,28,1)");
    assert_string_equal(rt_shape_text(&scalar), "()");
    assert_string_equal(rt_shape_text(&RT_SHAPE(7)), "(7)");
    struct rt_shape wide = { .rank = 6 };
    for (int i = 0; i < 6; i++)
        wide.dim[i] = 2147483647;
    assert_string_equal(rt_shape_text(&wide),
                        "(2147483647,2147483647,2147483647,2147483647,"
                        "2147483647,2147483647)");
}

static void shape_texts_of_one_sentence_do_not_overwrite_each_other(void **s)
{
    (void)s;
    const char *a = rt_shape_text(&RT_SHAPE(1));
    for (int i = 2; i <= 8; i++)
        rt_shape_text(&RT_SHAPE(i));
    assert_string_equal(a, "(1)");
}

static void shape_fits_where_both_are_known(void **state)
{
    (void)state;
    struct rt_shape any = RT_SHAPE(RT_DIM_ANY, 3), four = RT_SHAPE(4, 3);
    assert_true(rt_shape_fits(&any, &four));
    assert_true(rt_shape_fits(&four, &any));
    assert_false(rt_shape_equal(&any, &four));
    assert_false(rt_shape_fits(&four, &RT_SHAPE(4, 2)));
    assert_false(rt_shape_fits(&four, &RT_SHAPE(4, 3, 1)));
}

static void broadcast_follows_numpy(void **state)
{
    static const struct {
        struct rt_shape a, b, out;
    } cases[] = {
        { { 2, { 3, 4 } }, { 2, { 3, 4 } }, { 2, { 3, 4 } } },
        { { 2, { 3, 4 } }, { 1, { 4 } }, { 2, { 3, 4 } } },
        { { 2, { 3, 1 } }, { 2, { 1, 4 } }, { 2, { 3, 4 } } },
        { { 0, { 0 } }, { 2, { 3, 4 } }, { 2, { 3, 4 } } },
        { { 2, { -1, 4 } }, { 2, { -1, 1 } }, { 2, { -1, 4 } } },
        { { 2, { -1, 4 } }, { 2, { 1, 4 } }, { 2, { -1, 4 } } },
        { { 3, { 2, 1, 4 } }, { 2, { 3, 1 } }, { 3, { 2, 3, 4 } } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rt_err err = RT_ERR_INIT;
        struct rt_shape out;
        rt_assert_ok(rt_shape_broadcast(&cases[i].a, &cases[i].b, &out, &err),
                     &err);
        assert_true(rt_shape_equal(&out, &cases[i].out));
        rt_assert_ok(rt_shape_broadcast(&cases[i].b, &cases[i].a, &out, &err),
                     &err);
        assert_true(rt_shape_equal(&out, &cases[i].out));
    }
}

static void broadcast_refuses_with_both_shapes(void **state)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_shape out;
    (void)state;
    rt_shape_broadcast(&RT_SHAPE(3, 4), &RT_SHAPE(3, 5), &out, &err);
    rt_assert_error(&err, RT_ESHAPE, "(3,4) and (3,5)");
}

/* (none) with (none,10) would work for a batch of 10 alone. */
static void broadcast_refuses_rows_against_a_number(void **state)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_shape out;
    (void)state;
    rt_shape_broadcast(&RT_SHAPE(RT_DIM_ANY), &RT_SHAPE(RT_DIM_ANY, 10), &out,
                       &err);
    rt_assert_error(&err, RT_ESHAPE, "(none) and (none,10)");
}

static void axis_counts_from_the_end_if_negative(void **state)
{
    struct rt_err err = RT_ERR_INIT;
    int axis;
    (void)state;
    rt_assert_ok(rt_shape_axis(&RT_SHAPE(2, 3, 4), -1, &axis, &err), &err);
    assert_int_equal(axis, 2);
    rt_assert_ok(rt_shape_axis(&RT_SHAPE(2, 3, 4), 0, &axis, &err), &err);
    assert_int_equal(axis, 0);
    rt_shape_axis(&RT_SHAPE(2, 3, 4), 3, &axis, &err);
    rt_assert_error(&err, RT_EINVAL, "axis 3 of shape (2,3,4), want -3 to 2");
    rt_shape_axis(&scalar, 0, &axis, &err);
    rt_assert_error(&err, RT_EINVAL, "scalar");
}

static void check_refuses_more_than_memory_holds(void **state)
{
    struct rt_err err = RT_ERR_INIT;
    int most = 2147483647;
    (void)state;
    rt_assert_ok(rt_shape_check(&RT_SHAPE(RT_DIM_ANY, 1000), &err), &err);
    rt_shape_check(&RT_SHAPE(most, most), &err);
    rt_assert_error(&err, RT_ENOMEM, "memory");
    rt_shape_check(&RT_SHAPE(most, most, most, most), &err);
    rt_assert_error(&err, RT_ENOMEM, "memory");
    rt_shape_check(&RT_SHAPE(3, -2), &err);
    rt_assert_error(&err, RT_ESHAPE, "negative");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shape_counts_unknown_dimensions_as_one),
        cmocka_unit_test(shape_text_says_none_for_unknown),
        cmocka_unit_test(
            shape_texts_of_one_sentence_do_not_overwrite_each_other),
        cmocka_unit_test(shape_fits_where_both_are_known),
        cmocka_unit_test(broadcast_follows_numpy),
        cmocka_unit_test(broadcast_refuses_with_both_shapes),
        cmocka_unit_test(broadcast_refuses_rows_against_a_number),
        cmocka_unit_test(axis_counts_from_the_end_if_negative),
        cmocka_unit_test(check_refuses_more_than_memory_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
