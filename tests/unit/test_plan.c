/* Plans: values and gradients against the same graph without shared memory and
 * against hand-written ones; what is left out; what stays. */
#include "plan_case.h"

/* ---- sharing --------------------------------------------------------------*/

static void same_with_and_without_sharing(struct rt_node *root)
{
    for (int rows = ROWS; rows > 0; rows -= 3) {
        struct rt_plan *p = trained(root);
        struct rt_plan *q = plan_of(&root, 1, seeds, more_grads, ROWS, true);
        assert_non_null(q);
        bind(q);
        assert_true(rt_plan_bytes(p) < rt_plan_bytes(q));
        for (int again = 0; again < 2; again++) {
            memset(grads, 0x7f, sizeof grads);
            memset(more_grads, 0x7f, sizeof more_grads);
            rt_plan_forward(p, rows, key);
            rt_plan_forward(q, rows, key);
            assert_true(*rt_plan_value(p, root).v == *rt_plan_value(q, root).v);
            rt_plan_backward(p);
            rt_plan_backward(q);
            assert_memory_equal(grads, more_grads, n_floats * sizeof *grads);
        }
        rt_plan_free(p);
        rt_plan_free(q);
    }
}

static void sharing_memory_does_not_change_an_mlp(void **state)
{
    (void)state;
    same_with_and_without_sharing(mlp());
}

static void sharing_memory_does_not_change_a_web(void **state)
{
    (void)state;
    same_with_and_without_sharing(web());
}

static void gradient_is_the_numeric_one(struct rt_node *root)
{
    struct rt_gradcheck r;
    const float *inputs[] = { x_data, y_data };
    rt_assert_ok(rt_gradcheck(g, root, offset, weights, NULL, inputs, ROWS,
                              true, key, 0, 1e-3, &r, &err),
                 &err);
    assert_int_equal(r.n, n_floats);
    if (!(r.worst <= 1))
        fail_msg("%s[%zu]: %g, numerically %g", r.weight, r.at, r.analytic,
                 r.numeric);
}

static void gradients_of_an_mlp_are_the_numeric_ones(void **state)
{
    (void)state;
    gradient_is_the_numeric_one(mlp());
}

static void gradients_of_several_consumers_accumulate(void **state)
{
    (void)state;
    gradient_is_the_numeric_one(web());
}

static void gradcheck_finds_a_wrong_gradient(void **state)
{
    struct rt_gradcheck r;
    (void)state;
    struct rt_node *x = input("x", 4);
    struct rt_node *h = dense("a", x, 3);
    struct rt_node *loss =
        mean(binary(RT_BINARY_mul, h, rt_op_stop_gradient(g, h, &err)));
    const float *inputs[] = { x_data };
    rt_assert_ok(rt_gradcheck(g, loss, offset, weights, NULL, inputs, ROWS,
                              true, key, 5, 1e-3, &r, &err),
                 &err);
    assert_true(r.worst > 100);
    assert_true(r.n <= 10);
}

static void gradcheck_puts_the_weights_back(void **state)
{
    static float was[MOST];
    struct rt_gradcheck r;
    const float *inputs[] = { x_data, y_data };
    (void)state;
    struct rt_node *root = mlp();
    memcpy(was, weights, sizeof was);
    rt_gradcheck(g, root, offset, weights, NULL, inputs, ROWS, true, key, 3,
                 1e-3, &r, &err);
    assert_memory_equal(was, weights, sizeof was);
}

/* ---- in place, left out ---------------------------------------------------*/

static void activations_run_in_place(void **state)
{
    (void)state;
    struct rt_plan *p = trained(mlp());
    char *text = steps_of(p);
    assert_non_null(strstr(text, "relu of a (7,9) from 4 in place"));
    assert_non_null(strstr(text, "softmax of c (7,3)"));
    /* relu's backward needs its result: dropout may not overwrite it */
    assert_null(strstr(text, "dropout of a (7,9) from 5 in place"));
    assert_non_null(strstr(text, "dropout of a (7,9) to 5 in place"));
    free(text);
    rt_plan_free(p);
}

static void no_gradient_goes_to_inputs(void **state)
{
    (void)state;
    struct rt_node *x = input("x", 12), *y = input("y", 3);
    struct rt_node *h = dense("a", x, 3);
    struct rt_plan *p = trained(squared_error(h, y));
    char *text = steps_of(p);
    assert_non_null(strstr(text, "dense of a (7,3) to 2,3\n"));
    free(text);
    rt_plan_free(p);
}

static void frozen_parts_get_no_backward_steps(void **state)
{
    (void)state;
    struct rt_node *root = mlp();
    struct rt_plan *p = trained(root);
    int all = rt_plan_n_steps(p, true);
    rt_plan_free(p);
    trainable[0] = trainable[1] = false; /* layer a */
    p = trained(root);
    char *text = steps_of(p);
    assert_true(rt_plan_n_steps(p, true) < all - 2);
    char *back = strstr(text, "backward");
    assert_non_null(back);
    assert_null(strstr(back, " of a "));
    free(text);
    memset(grads, 0, sizeof grads);
    rt_plan_forward(p, ROWS, key);
    rt_plan_backward(p);
    for (size_t i = 0; i < offset[2]; i++)
        assert_true(grads[i] == 0);
    rt_plan_free(p);
    for (int i = 0; i < N_WEIGHTS; i++)
        trainable[i] = false;
    p = trained(root);
    assert_int_equal(rt_plan_n_steps(p, true), 0);
    rt_plan_free(p);
}

static void freezing_the_top_leaves_the_gradients_below(void **state)
{
    (void)state;
    struct rt_node *root = mlp();
    struct rt_plan *p = trained(root);
    rt_plan_forward(p, ROWS, key);
    rt_plan_backward(p);
    rt_plan_free(p);
    trainable[4] = trainable[5] = false; /* layer c */
    struct rt_plan *q = plan_of(&root, 1, seeds, more_grads, ROWS, false);
    bind(q);
    rt_plan_forward(q, ROWS, key);
    rt_plan_backward(q);
    assert_memory_equal(grads, more_grads, offset[4] * sizeof *grads);
    rt_plan_free(q);
}

static void what_no_root_needs_is_not_computed(void **state)
{
    (void)state;
    struct rt_node *x = input("x", 12), *y = input("y", 3);
    struct rt_node *trunk = dense("a", x, 5);
    struct rt_node *kept = mean(dense("b", trunk, 1));
    struct rt_node *retired = squared_error(dense("c", trunk, 3), y);
    struct rt_plan *p = trained(kept);
    assert_int_equal(rt_plan_n_steps(p, false), 3);
    assert_false(rt_plan_needs(p, y));
    assert_false(rt_plan_needs(p, retired));
    assert_true(rt_plan_needs(p, x));
    memset(grads, 0x7f, sizeof grads);
    rt_plan_forward(p, ROWS, key);
    rt_plan_backward(p);
    for (size_t i = offset[4]; i < n_floats; i++)
        assert_true(grads[i] == 0); /* nothing arrives at c */
    rt_plan_free(p);
}

static void outside_training_dropout_is_nothing(void **state)
{
    (void)state;
    struct rt_node *x = input("x", 12);
    struct rt_node *h = unary(RT_UNARY_relu, dense("a", x, 5));
    struct rt_node *d = rt_op_dropout(g, h, 0.5, &err);
    struct rt_node *out = unary(RT_UNARY_neg, d);
    struct rt_plan *p = plan_of(&out, 1, NULL, NULL, ROWS, false);
    bind(p);
    assert_int_equal(rt_plan_n_steps(p, false), 3);
    rt_plan_forward(p, ROWS, key);
    struct rt_tensor y = rt_plan_value(p, out);
    int zeros = 0;
    for (size_t i = 0; i < y.n; i++)
        zeros += y.v[i] == 0;
    rt_plan_free(p);
    struct rt_node *both[] = { h, d };
    p = plan_of(both, 2, NULL, NULL, ROWS, false);
    bind(p);
    rt_plan_forward(p, ROWS, key);
    assert_ptr_equal(rt_plan_value(p, h).v, rt_plan_value(p, d).v);
    assert_true(zeros < ROWS * 5);
    rt_plan_free(p);
}

static void dropout_rate_is_read_at_every_step(void **state)
{
    (void)state;
    struct rt_node *x = input("x", 12);
    struct rt_node *w = weight("w", RT_SHAPE(12));
    struct rt_node *d =
        rt_op_dropout(g, binary(RT_BINARY_add, x, w), 0.5, &err);
    struct rt_node *roots[] = { d };
    struct rt_plan *p =
        plan_of(roots, 1, (const bool[]){ false }, grads, ROWS, false);
    bind(p);
    for (int i = 0; i < 2; i++) {
        ((struct rt_dropout_args *)d->args)->rate = i ? 0 : 0.9;
        rt_plan_forward(p, ROWS, key);
        struct rt_tensor t = rt_plan_value(p, d);
        size_t zeros = 0;
        for (size_t j = 0; j < t.n; j++)
            zeros += t.v[j] == 0;
        assert_true(i ? zeros == 0 : zeros > t.n / 2);
    }
    rt_plan_free(p);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        T(sharing_memory_does_not_change_an_mlp),
        T(sharing_memory_does_not_change_a_web),
        T(gradients_of_an_mlp_are_the_numeric_ones),
        T(gradients_of_several_consumers_accumulate),
        T(gradcheck_finds_a_wrong_gradient),
        T(gradcheck_puts_the_weights_back),
        T(activations_run_in_place),
        T(no_gradient_goes_to_inputs),
        T(frozen_parts_get_no_backward_steps),
        T(freezing_the_top_leaves_the_gradients_below),
        T(what_no_root_needs_is_not_computed),
        T(outside_training_dropout_is_nothing),
        T(dropout_rate_is_read_at_every_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
