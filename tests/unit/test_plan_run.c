/* Plans that are run: seeds, roots, sizes of batches, bits, faults. */
#include "plan_case.h"

/* ---- seeds and roots ------------------------------------------------------*/

static void seeds_weigh_the_roots(void **state)
{
    (void)state;
    struct rt_node *x = input("x", 12), *y = input("y", 3);
    struct rt_node *h = unary(RT_UNARY_tanh, dense("a", x, 3));
    struct rt_node *roots[] = { squared_error(h, y),
                                mean(unary(RT_UNARY_abs, h)) };
    struct rt_node *total =
        binary(RT_BINARY_add,
               binary(RT_BINARY_mul, roots[0], rt_graph_scalar(g, 0.25)),
               binary(RT_BINARY_mul, roots[1], rt_graph_scalar(g, 3)));
    struct rt_plan *p = plan_of(roots, 2, seeds, grads, ROWS, false);
    bind(p);
    rt_plan_seed(p, 0, 0.25);
    rt_plan_seed(p, 1, 3);
    rt_plan_forward(p, ROWS, key);
    rt_plan_backward(p);
    struct rt_plan *q = plan_of(&total, 1, seeds, more_grads, ROWS, false);
    bind(q);
    rt_plan_forward(q, ROWS, key);
    rt_plan_backward(q);
    for (size_t i = 0; i < n_floats; i++)
        rt_assert_close(grads[i], more_grads[i], 1e-6);
    rt_plan_seed(p, 0, 0);
    rt_plan_seed(p, 1, 0);
    rt_plan_forward(p, ROWS, key);
    rt_plan_backward(p);
    for (size_t i = 0; i < n_floats; i++)
        assert_true(grads[i] == 0);
    rt_plan_free(p);
    rt_plan_free(q);
}

static void a_root_may_be_part_of_another(void **state)
{
    (void)state;
    struct rt_node *w = weight("w", RT_SHAPE(5));
    struct rt_node *size = rt_op_reduce(
        g, RT_REDUCE_sum, unary(RT_UNARY_square, w), RT_AXES_ALL, false, &err);
    struct rt_node *roots[] = { size, unary(RT_UNARY_square, size), size };
    struct rt_plan *p = plan_of(roots, 3, seeds, grads, ROWS, false);
    rt_plan_forward(p, ROWS, key);
    double s = (double)*rt_plan_value(p, size).v;
    rt_plan_backward(p);
    for (int i = 0; i < 5; i++)
        rt_assert_close(grads[i], (2 + 2 * s) * 2 * (double)weights[i], 1e-5);
    rt_plan_free(p);
}

static void roots_keep_their_values(void **state)
{
    (void)state;
    struct rt_node *x = input("x", 12);
    struct rt_node *roots[6] = { dense("a", x, 5) };
    for (int i = 1; i < 6; i++)
        roots[i] = unary(RT_UNARY_neg, roots[i - 1]);
    struct rt_plan *p = plan_of(roots, 6, NULL, NULL, ROWS, false);
    bind(p);
    rt_plan_forward(p, ROWS, key);
    for (int i = 1; i < 6; i++) {
        struct rt_tensor t = rt_plan_value(p, roots[i]);
        struct rt_tensor before = rt_plan_value(p, roots[i - 1]);
        assert_int_equal(t.n, ROWS * 5);
        for (size_t j = 0; j < t.n; j++)
            assert_true(t.v[j] == -before.v[j]);
    }
    assert_ptr_equal(rt_plan_value(p, x).v, x_data);
    rt_plan_free(p);
}

static void inputs_can_be_bound_anew_through_views(void **state)
{
    (void)state;
    struct rt_node *x = input("x", 12);
    struct rt_node *v = rt_op_reshape(g, x, &RT_SHAPE(3, 4), &err);
    struct rt_node *y =
        rt_op_reduce(g, RT_REDUCE_sum, v, RT_AXES_FROM(1), false, &err);
    struct rt_plan *p = plan_of(&y, 1, NULL, NULL, ROWS, false);
    for (int i = 0; i < 3; i++) {
        const float *data = x_data + 100 * i;
        rt_plan_bind(p, x, data);
        rt_plan_forward(p, 2, key);
        double sum = 0;
        for (int j = 12; j < 24; j++)
            sum += (double)data[j];
        rt_assert_close(rt_plan_value(p, y).v[1], sum, 1e-6);
        assert_ptr_equal(rt_plan_value(p, v).v, data);
    }
    rt_plan_free(p);
}

static void a_value_that_makes_no_sense_is_a_fault(void **state)
{
    (void)state;
    float numbers[] = { 0, 2, 1, 2.5f, 3, 0 };
    struct rt_node *x = input("x", 3);
    struct rt_node *y =
        rt_op_gather(g, x, weight("table", RT_SHAPE(3, 2)), &err);
    struct rt_plan *p = plan_of(&y, 1, NULL, NULL, ROWS, false);
    rt_plan_bind(p, x, numbers);
    assert_true(rt_plan_forward(p, 1, key));
    assert_null(rt_plan_fault(p));
    assert_false(rt_plan_forward(p, 2, key));
    rt_assert_error(rt_plan_fault(p), RT_EFORMAT,
                    "index 3 in row 1 of the batch, want 0 <= index < 3");
    numbers[4] = NAN;
    assert_false(rt_plan_forward(p, 2, key));
    numbers[4] = 2;
    assert_true(rt_plan_forward(p, 2, key));
    assert_null(rt_plan_fault(p));
    assert_true(rt_plan_value(p, y).v[6] == weights[4]);
    rt_plan_free(p);
}

/* ---- sizes ----------------------------------------------------------------*/

static void a_smaller_batch_gives_its_rows_results(void **state)
{
    static float all[MOST];
    (void)state;
    struct rt_node *x = input("x", 12);
    struct rt_node *out = rt_op_softmax(
        g, dense("b", unary(RT_UNARY_relu, dense("a", x, 9)), 4), -1, &err);
    struct rt_plan *p = plan_of(&out, 1, NULL, NULL, ROWS, false);
    bind(p);
    rt_plan_forward(p, ROWS, key);
    memcpy(all, rt_plan_value(p, out).v, ROWS * 4 * sizeof *all);
    static const int sizes[] = { 3, 1, 6, 7 };
    for (int i = 0; i < 4; i++) {
        rt_plan_forward(p, sizes[i], key);
        struct rt_tensor t = rt_plan_value(p, out);
        assert_int_equal(t.shape.dim[0], sizes[i]);
        assert_int_equal(t.n, sizes[i] * 4);
        for (size_t j = 0; j < t.n; j++)
            rt_assert_close(t.v[j], all[j], 1e-6);
    }
    rt_plan_free(p);
}

static void batch_mean_divides_by_the_rows_of_this_batch(void **state)
{
    (void)state;
    struct rt_node *x = input("x", 2);
    struct rt_node *m = mean(x);
    struct rt_plan *p = plan_of(&m, 1, NULL, NULL, ROWS, false);
    bind(p);
    for (int n = 1; n <= ROWS; n++) {
        double sum = 0;
        for (int i = 0; i < 2 * n; i++)
            sum += (double)x_data[i];
        rt_plan_forward(p, n, key);
        rt_assert_close(*rt_plan_value(p, m).v, sum / n, 1e-6);
    }
    rt_plan_free(p);
}

static void nothing_is_allocated_while_running(void **state)
{
    (void)state;
    struct rt_plan *p = trained(web());
    rt_plan_forward(p, ROWS, key); /* the first product fills BLAS's tables */
    rt_plan_backward(p);
    size_t before = mallinfo2().uordblks;
    for (int n = 1; n <= ROWS; n++) {
        rt_plan_forward(p, n, key);
        rt_plan_backward(p);
        assert_true(mallinfo2().uordblks == before);
    }
    rt_plan_free(p);
}

static void unknown_dimensions_besides_the_batch_are_refused(void **state)
{
    (void)state;
    struct rt_node *x =
        rt_graph_input(g, "speech", &RT_SHAPE(RT_DIM_ANY, RT_DIM_ANY, 8), &err);
    struct rt_node *y = unary(RT_UNARY_neg, x);
    assert_null(plan_of(&y, 1, NULL, NULL, ROWS, false));
    rt_assert_error(&err, RT_ESHAPE, "'speech' of shape (none,none,8)");
}

static void too_large_a_batch_is_refused(void **state)
{
    (void)state;
    struct rt_node *x = input("x", 1 << 30);
    struct rt_node *y = unary(RT_UNARY_neg, x);
    assert_null(plan_of(&y, 1, NULL, NULL, 1 << 30, false));
    rt_assert_error(&err, RT_ENOMEM,
                    "x: shape (1073741824,1073741824) has more numbers");
}

/* ---- bits and numbers -----------------------------------------------------*/

static void bits_do_not_depend_on_the_thread_count(void **state)
{
    (void)state;
    struct rt_node *x = input("x", 12), *y = input("y", 3);
    struct rt_node *h = unary(RT_UNARY_relu, dense("a", x, 96));
    struct rt_node *root = squared_error(dense("b", h, 3), y);
    struct rt_plan *p = plan_of(&root, 1, seeds, grads, 512, false);
    bind(p);
    for (int threads = 1; threads <= 2; threads++) {
        rt_pool_threads(threads);
        rt_plan_forward(p, 512, key);
        rt_plan_backward(p);
        if (threads == 1)
            memcpy(more_grads, grads, sizeof grads);
    }
    assert_memory_equal(grads, more_grads, n_floats * sizeof *grads);
    rt_plan_free(p);
}

static void the_key_of_a_step_decides_its_dropout(void **state)
{
    float loss[3];
    (void)state;
    struct rt_node *root = mlp();
    struct rt_plan *p = trained(root);
    for (int i = 0; i < 3; i++) {
        rt_plan_forward(p, ROWS, rt_key_int(key, i == 1));
        loss[i] = *rt_plan_value(p, root).v;
    }
    assert_true(loss[0] == loss[2]);
    assert_true(loss[0] != loss[1]);
    rt_plan_free(p);
}

static void nonfinite_names_the_first_bad_node(void **state)
{
    size_t at = 0;
    (void)state;
    struct rt_node *x = input("x", 4), *bias = NULL;
    struct rt_node *h = dense("a", x, 3);
    struct rt_node *s = unary(RT_UNARY_sqrt, h);
    struct rt_node *root = mean(unary(RT_UNARY_square, s));
    struct rt_plan *p = trained(root);
    for (int i = 0; i < ROWS * 4; i++)
        x_data[i] = 0;
    bias = h->in[2];
    float *b = weights + offset[bias->weight];
    b[0] = b[1] = b[2] = 1;
    rt_plan_forward(p, ROWS, key);
    assert_null(rt_plan_nonfinite(p, ROWS, key, &at));
    b[1] = -1;
    assert_ptr_equal(rt_plan_nonfinite(p, ROWS, key, &at), s);
    assert_int_equal(at, 1);
    b[2] = NAN;
    assert_ptr_equal(rt_plan_nonfinite(p, ROWS, key, &at), bias);
    assert_int_equal(at, 2);
    x_data[4 * 3 + 2] = INFINITY;
    assert_ptr_equal(rt_plan_nonfinite(p, ROWS, key, &at), x);
    assert_int_equal(at, 14);
    assert_ptr_not_equal(rt_plan_nonfinite(p, 2, key, &at), x);
    rt_plan_free(p);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        T(seeds_weigh_the_roots),
        T(a_root_may_be_part_of_another),
        T(roots_keep_their_values),
        T(inputs_can_be_bound_anew_through_views),
        T(a_value_that_makes_no_sense_is_a_fault),
        T(a_smaller_batch_gives_its_rows_results),
        T(batch_mean_divides_by_the_rows_of_this_batch),
        T(nothing_is_allocated_while_running),
        T(unknown_dimensions_besides_the_batch_are_refused),
        T(too_large_a_batch_is_refused),
        T(bits_do_not_depend_on_the_thread_count),
        T(the_key_of_a_step_decides_its_dropout),
        T(nonfinite_names_the_first_bad_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
