/* Plans: values and gradients against the same graph without shared memory and
 * against hand-written ones; what is left out; what stays. */
#include "graph/plan.h"

#include "base/pool.h"
#include "graph/blas.h"
#include "graph/gradcheck.h"
#include "graph/op.h"
#include "graph/ops.h"
#include "support.h"

#include <math.h>
#include <malloc.h>

enum { MOST = 8192, N_WEIGHTS = 16, ROWS = 7 };

static struct rt_graph *g;
static struct rt_err err;
static float weights[MOST], grads[MOST], more_grads[MOST];
static float x_data[MOST], y_data[MOST];
static size_t offset[N_WEIGHTS], n_floats;
static bool trainable[N_WEIGHTS];
static const struct rt_key key = { 4711 };

static int begin(void **state)
{
    (void)state;
    rt_blas_start();
    g = rt_graph_new();
    n_floats = 0;
    rt_rng_normal(rt_key_make(3, RT_FOR_TEST), 0, weights, MOST);
    rt_rng_normal(rt_key_make(4, RT_FOR_TEST), 0, x_data, MOST);
    rt_rng_normal(rt_key_make(5, RT_FOR_TEST), 0, y_data, MOST);
    for (int i = 0; i < MOST; i++)
        weights[i] *= 0.3f;
    return 0;
}

static int end(void **state)
{
    (void)state;
    rt_graph_free(g);
    rt_pool_stop();
    return 0;
}

/* ---- pieces ---------------------------------------------------------------*/

static struct rt_node *weight(const char *name, struct rt_shape shape)
{
    struct rt_node *w = rt_graph_weight(g, name, &shape, &err);
    assert_non_null(w);
    offset[w->weight] = n_floats;
    trainable[w->weight] = true;
    n_floats += rt_shape_count(&shape);
    assert_true(n_floats <= MOST);
    return w;
}

static struct rt_node *input(const char *name, int features)
{
    return rt_graph_input(g, name, &RT_SHAPE(RT_DIM_ANY, features), &err);
}

static struct rt_node *dense(const char *name, struct rt_node *x, int units)
{
    rt_graph_where(g, name);
    struct rt_node *w =
        weight("kernel", RT_SHAPE(x->shape.dim[x->shape.rank - 1], units));
    return rt_op_dense(g, x, w, weight("bias", RT_SHAPE(units)), &err);
}

static struct rt_node *unary(enum rt_unary f, struct rt_node *x)
{
    return rt_op_unary(g, f, x, 1, &err);
}

static struct rt_node *binary(enum rt_binary f, struct rt_node *a,
                              struct rt_node *b)
{
    return rt_op_binary(g, f, a, b, &err);
}

static struct rt_node *mean(struct rt_node *x)
{
    return rt_op_batch_mean(g, x, NULL, &err);
}

static struct rt_node *squared_error(struct rt_node *p, struct rt_node *y)
{
    return mean(unary(RT_UNARY_square, binary(RT_BINARY_sub, p, y)));
}

static struct rt_plan *plan_of(struct rt_node *const *roots, int n_roots,
                               const bool *seeded, float *into, int rows,
                               bool unshared)
{
    struct rt_plan_spec spec = {
        .graph = g,
        .roots = roots,
        .n_roots = n_roots,
        .seeded = seeded,
        .trainable = seeded ? trainable : NULL,
        .offset = offset,
        .weights = weights,
        .grads = into,
        .rows = rows,
        .training = seeded != NULL,
        .unshared = unshared,
    };
    return rt_plan_new(&spec, &err);
}

static void bind(struct rt_plan *p)
{
    for (int id = 0; id < rt_graph_n(g); id++) {
        struct rt_node *node = rt_graph_node(g, id);
        if (node->kind == RT_NODE_INPUT)
            rt_plan_bind(p, node, strcmp(node->name, "y") ? x_data : y_data);
    }
}

static const bool seeds[] = { true, true, true };

static struct rt_plan *trained(struct rt_node *root)
{
    struct rt_plan *p = plan_of(&root, 1, seeds, grads, ROWS, false);
    if (!p)
        fail_msg("%s", err.text);
    bind(p);
    return p;
}

static char *steps_of(const struct rt_plan *p)
{
    struct rt_str text = RT_STR_INIT;
    rt_plan_describe(p, &text);
    return rt_str_take(&text);
}

/* ---- networks -------------------------------------------------------------*/

static struct rt_node *mlp(void)
{
    struct rt_node *x = input("x", 12), *y = input("y", 3), *h = x;
    h = unary(RT_UNARY_relu, dense("a", h, 9));
    h = rt_op_dropout(g, h, 0.3, &err);
    h = unary(RT_UNARY_tanh, dense("b", h, 8));
    h = rt_op_dropout(g, h, 0.2, &err);
    h = rt_op_softmax(g, dense("c", h, 3), -1, &err);
    rt_graph_where(g, "loss");
    return squared_error(h, y);
}

/* Several consumers, views, slices, a weight used twice, a penalty. */
static struct rt_node *web(void)
{
    struct rt_node *x = input("x", 12), *y = input("y", 6);
    struct rt_node *a = unary(RT_UNARY_sigmoid, dense("a", x, 8));
    struct rt_node *b = binary(RT_BINARY_add, a, dense("b", a, 8));
    struct rt_node *v = rt_op_reshape(g, b, &RT_SHAPE(2, 4), &err);
    struct rt_node *w = weight("mix", RT_SHAPE(4, 4));
    struct rt_node *c = rt_op_dense(g, v, w, NULL, &err);
    c = rt_op_dense(g, unary(RT_UNARY_elu, c), w, NULL, &err);
    struct rt_node *parts[] = {
        rt_op_slice(g, rt_op_reshape(g, c, &RT_SHAPE(8), &err), -1, 0, 2, &err),
        rt_op_slice(g, b, -1, 2, 4, &err),
        rt_op_slice(g, binary(RT_BINARY_mul, a, b), -1, 6, 0, &err),
    };
    struct rt_node *p = rt_op_concat(g, parts, 3, -1, &err);
    struct rt_node *loss = squared_error(p, y);
    struct rt_node *size = rt_op_reduce(
        g, RT_REDUCE_sum, unary(RT_UNARY_square, w), RT_AXES_ALL, false, &err);
    size = binary(RT_BINARY_mul, size, rt_graph_scalar(g, 0.01));
    return binary(RT_BINARY_add, loss, size);
}

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
