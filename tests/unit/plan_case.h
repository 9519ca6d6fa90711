/* Graphs of some shapes, and plans of them over numbers that are there. */
#ifndef RT_TESTS_PLAN_CASE_H
#define RT_TESTS_PLAN_CASE_H
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

static inline int begin(void **state)
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

static inline int end(void **state)
{
    (void)state;
    rt_graph_free(g);
    rt_pool_stop();
    return 0;
}

static inline struct rt_node *weight(const char *name, struct rt_shape shape)
{
    struct rt_node *w = rt_graph_weight(g, name, &shape, &err);
    assert_non_null(w);
    offset[w->weight] = n_floats;
    trainable[w->weight] = true;
    n_floats += rt_shape_count(&shape);
    assert_true(n_floats <= MOST);
    return w;
}

static inline struct rt_node *input(const char *name, int features)
{
    return rt_graph_input(g, name, &RT_SHAPE(RT_DIM_ANY, features), &err);
}

static inline struct rt_node *dense(const char *name, struct rt_node *x,
                                    int units)
{
    rt_graph_where(g, name);
    struct rt_node *w =
        weight("kernel", RT_SHAPE(x->shape.dim[x->shape.rank - 1], units));
    return rt_op_dense(g, x, w, weight("bias", RT_SHAPE(units)), &err);
}

static inline struct rt_node *unary(enum rt_unary f, struct rt_node *x)
{
    return rt_op_unary(g, f, x, 1, &err);
}

static inline struct rt_node *binary(enum rt_binary f, struct rt_node *a,
                                     struct rt_node *b)
{
    return rt_op_binary(g, f, a, b, &err);
}

static inline struct rt_node *mean(struct rt_node *x)
{
    return rt_op_batch_mean(g, x, NULL, &err);
}

static inline struct rt_node *squared_error(struct rt_node *p,
                                            struct rt_node *y)
{
    return mean(unary(RT_UNARY_square, binary(RT_BINARY_sub, p, y)));
}

static inline struct rt_plan *plan_of(struct rt_node *const *roots, int n_roots,
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

static inline void bind(struct rt_plan *p)
{
    for (int id = 0; id < rt_graph_n(g); id++) {
        struct rt_node *node = rt_graph_node(g, id);
        if (node->kind == RT_NODE_INPUT)
            rt_plan_bind(p, node, strcmp(node->name, "y") ? x_data : y_data);
    }
}

static const bool seeds[] = { true, true, true };

static inline struct rt_plan *trained(struct rt_node *root)
{
    struct rt_plan *p = plan_of(&root, 1, seeds, grads, ROWS, false);
    if (!p)
        fail_msg("%s", err.text);
    bind(p);
    return p;
}

static inline char *steps_of(const struct rt_plan *p)
{
    struct rt_str text = RT_STR_INIT;
    rt_plan_describe(p, &text);
    return rt_str_take(&text);
}

static inline struct rt_node *mlp(void)
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
static inline struct rt_node *web(void)
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
#endif
