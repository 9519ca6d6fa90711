/* What recurrent operators drop of their state: one mask for all gates and
 * steps, as Keras 2.3.1 draws with its default implementation=2. */
#include "support.h"

#include "graph/blas.h"
#include "graph/op.h"
#include "graph/ops.h"
#include "graph/plan.h"

#include <math.h>

enum { N = 6, T = 3, F = 2, U = 5 };

static struct rt_err err;
static float zeros[U * 4 * (U + F + 2)], x_data[N * T * F], ones[N * U];
static float state[N * U];

/* The last state of a layer whose weights are all 0, begun with ones. */
static void last_state(int gates,
                       struct rt_node *(*op)(struct rt_graph *g,
                                             const struct rt_recur_in *in,
                                             const struct rt_recur_args *a,
                                             struct rt_err *err),
                       double rate, bool training)
{
    struct rt_graph *g = rt_graph_new();
    size_t offset[2] = { 0, F * U * 4 };
    struct rt_recur_args a = { .activation = RT_UNARY_tanh,
                               .recurrent_activation = RT_UNARY_sigmoid,
                               .recurrent_dropout = rate };
    struct rt_recur_in in = {
        .x = rt_graph_input(g, "x", &RT_SHAPE(RT_DIM_ANY, T, F), &err),
        .kernel = rt_graph_weight(g, "k", &RT_SHAPE(F, gates * U), &err),
        .recurrent = rt_graph_weight(g, "r", &RT_SHAPE(U, gates * U), &err),
        .state = { rt_graph_input(g, "h", &RT_SHAPE(RT_DIM_ANY, U), &err) },
    };
    struct rt_node *y = op(g, &in, &a, &err);
    assert_non_null(y);
    struct rt_plan *p =
        rt_plan_new(&(struct rt_plan_spec){ .graph = g,
                                            .roots = &y,
                                            .n_roots = 1,
                                            .offset = offset,
                                            .weights = zeros,
                                            .rows = N,
                                            .training = training },
                    &err);
    assert_non_null(p);
    rt_plan_bind(p, in.x, x_data);
    rt_plan_bind(p, in.state[0], ones);
    assert_true(rt_plan_forward(p, N, (struct rt_key){ 7 }));
    memcpy(state, rt_plan_value(p, y).v, sizeof state);
    rt_plan_free(p);
    rt_graph_free(g);
}

/* Its update gate is 1/2 and its candidates are 0: what is left after each step
 * is half of the state that it read. */
static void gru_keeps_of_its_state_what_is_not_dropped(void **unused)
{
    (void)unused;
    int dropped = 0;
    for (int i = 0; i < N * U; i++)
        ones[i] = 1;
    last_state(3, rt_op_gru, 0.2, false);
    for (int i = 0; i < N * U; i++)
        rt_assert_close((double)state[i], 0.125, 1e-7);
    last_state(3, rt_op_gru, 0.2, true);
    for (int i = 0; i < N * U; i++) {
        dropped += state[i] == 0;
        if (state[i] != 0) /* the mask is 1 / (1 - 0.2), at each of 3 steps */
            rt_assert_close((double)state[i], 0.125 * 1.25 * 1.25 * 1.25, 1e-6);
    }
    assert_in_range(dropped, 1, N * U - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gru_keeps_of_its_state_what_is_not_dropped),
    };
    rt_blas_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
