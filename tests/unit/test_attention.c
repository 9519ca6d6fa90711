/* Attention layers against plain loops: scores, what is hidden, heads. */
#include "model_case.h"

#include "base/rng.h"
#include "graph/plan.h"
#include "nn/objective.h"

enum { N = 2, TQ = 4, TV = 5, HEADS = 2, K = 3, V = 2, MOST = 512 };

struct trial {
    struct rt_model *m;
    float in[3][MOST];
    double out[MOST];
};

/* Runs the model's first output for N rows of normal numbers. */
static void run(struct trial *t, const char *lines)
{
    t->m = lines_model(lines);
    rt_assert_ok(rt_model_ready(t->m, &err), &err);
    struct rt_key key = rt_key_make(7, RT_FOR_WEIGHTS);
    rt_rng_normal(rt_key_int(key, 9), 0, t->m->weights, t->m->n_params);
    struct rt_objective *o = rt_objective_new(t->m, false, &err);
    assert_non_null(o);
    struct rt_node *y = o->outputs[0].value;
    struct rt_plan *p = rt_plan_new(
        &(struct rt_plan_spec){
            .graph = o->graph,
            .roots = &y,
            .n_roots = 1,
            .offset = o->offset,
            .weights = t->m->weights,
            .rows = N,
        },
        &err);
    if (!p)
        fail_msg("%s", err.text);
    for (int i = 0; i < o->n_inputs; i++) {
        rt_rng_normal(rt_key_int(key, (uint64_t)i), 0, t->in[i], MOST);
        rt_plan_bind(p, o->inputs[i], t->in[i]);
    }
    assert_true(rt_plan_forward(p, N, key));
    struct rt_tensor got = rt_plan_value(p, y);
    for (size_t i = 0; i < got.n; i++)
        t->out[i] = (double)got.v[i];
    rt_plan_free(p);
    rt_objective_free(o);
}

/* The weights of TV scores, of which the first `seen` count. */
static void soften(double *s, int seen)
{
    double sum = 0;
    for (int j = 0; j < TV; j++)
        sum += s[j] = j < seen ? exp(s[j]) : 0;
    for (int j = 0; j < TV; j++)
        s[j] /= sum;
}

static void attention_is_a_mean_of_values_by_products(void **state)
{
    (void)state;
    struct trial t;
    enum { D = 3, E = 2 };
    run(&t, "input q 4x3; input v 5x2; input k 5x3;"
            "attention from=q,v,k use_scale=yes causal=yes name=a; output");
    double scale = (double)values(t.m, "a", 0)[0];
    for (int n = 0; n < N; n++)
        for (int i = 0; i < TQ; i++) {
            double s[TV] = { 0 };
            for (int j = 0; j < TV; j++)
                for (int d = 0; d < D; d++)
                    s[j] += scale * (double)t.in[0][(n * TQ + i) * D + d] *
                            (double)t.in[2][(n * TV + j) * D + d];
            soften(s, i + 1);
            for (int e = 0; e < E; e++) {
                double want = 0;
                for (int j = 0; j < TV; j++)
                    want += s[j] * (double)t.in[1][(n * TV + j) * E + e];
                rt_assert_close(t.out[(n * TQ + i) * E + e], want, 1e-6);
            }
        }
    rt_model_free(t.m);
}

static void additive_attention_scores_by_sums(void **state)
{
    (void)state;
    struct trial t;
    enum { D = 3 };
    run(&t, "input q 4x3; input v 5x3; additive_attention from=q,v name=a;"
            "output");
    const float *scale = values(t.m, "a", 0);
    for (int n = 0; n < N; n++)
        for (int i = 0; i < TQ; i++) {
            double s[TV] = { 0 };
            for (int j = 0; j < TV; j++)
                for (int d = 0; d < D; d++)
                    s[j] += (double)scale[d] *
                            tanh((double)t.in[0][(n * TQ + i) * D + d] +
                                 (double)t.in[1][(n * TV + j) * D + d]);
            soften(s, TV);
            for (int d = 0; d < D; d++) {
                double want = 0;
                for (int j = 0; j < TV; j++)
                    want += s[j] * (double)t.in[1][(n * TV + j) * D + d];
                rt_assert_close(t.out[(n * TQ + i) * D + d], want, 1e-6);
            }
        }
    rt_model_free(t.m);
}

/* x (features) by a kernel (features,HEADS,size): number k of a head. */
static double project(const float *x, int features, const float *w,
                      const float *b, int head, int size, int k)
{
    double sum = (double)b[head * size + k];
    for (int f = 0; f < features; f++)
        sum += (double)x[f] * (double)w[(f * HEADS + head) * size + k];
    return sum;
}

/* Of one query and head: the mean of the projected values, V numbers. */
static void one_head(const struct trial *t, int n, int i, int head, double *out)
{
    enum { D = 4, E = 3 };
    const struct rt_model *m = t->m;
    const float *q = t->in[0] + (n * TQ + i) * D;
    double s[TV] = { 0 };
    for (int j = 0; j < TV; j++)
        for (int k = 0; k < K; k++)
            s[j] += project(q, D, values(m, "a", 0), values(m, "a", 1), head, K,
                            k) *
                    project(t->in[1] + (n * TV + j) * E, E, values(m, "a", 2),
                            values(m, "a", 3), head, K, k) /
                    sqrt(K);
    soften(s, i + 1);
    for (int v = 0; v < V; v++)
        for (int j = 0; j < TV; j++)
            out[v] += s[j] * project(t->in[1] + (n * TV + j) * E, E,
                                     values(m, "a", 4), values(m, "a", 5), head,
                                     V, v);
}

static void heads_attend_on_projections_of_their_own(void **state)
{
    (void)state;
    struct trial t;
    enum { D = 4 };
    run(&t, "input q 4x4; input v 5x3; multi_head_attention 2 3 value_dim=2 "
            "causal=yes from=q,v name=a; output");
    const float *w = values(t.m, "a", 6), *b = values(t.m, "a", 7);
    for (int n = 0; n < N; n++)
        for (int i = 0; i < TQ; i++) {
            double each[HEADS][V] = { { 0 } };
            for (int h = 0; h < HEADS; h++)
                one_head(&t, n, i, h, each[h]);
            for (int d = 0; d < D; d++) {
                double want = (double)b[d];
                for (int h = 0; h < HEADS; h++)
                    for (int v = 0; v < V; v++)
                        want += each[h][v] * (double)w[(h * V + v) * D + d];
                rt_assert_close(t.out[(n * TQ + i) * D + d], want, 2e-6);
            }
        }
    rt_model_free(t.m);
}

static void weights_are_named_and_laid_out_as_keras_has_them(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input q 4x6; multi_head_attention 2 3 value_dim=5 from=q,q name=a");
    static const char *const want[] = {
        "query/kernel (6,2,3)",
        "query/bias (2,3)",
        "key/kernel (6,2,3)",
        "key/bias (2,3)",
        "value/kernel (6,2,5)",
        "value/bias (2,5)",
        "attention_output/kernel (2,5,6)",
        "attention_output/bias (6)",
    };
    const struct rt_model_layer *l = layer(m, "a");
    assert_int_equal(l->n_weights, 8);
    for (int i = 0; i < 8; i++) {
        char text[96];
        snprintf(text, sizeof text, "%s %s", l->weights[i]->name,
                 rt_shape_text(&l->weights[i]->shape));
        assert_string_equal(text, want[i]);
    }
    rt_model_free(m);
}

static void inputs_that_do_not_fit_are_named(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input q 4x3; input v 5x2; input k 6x3; input flat 7; input w 5x3");
    refuse(m, "attention from=q,v", RT_ESHAPE,
           "queries (none,4,3) and keys (none,5,2)");
    refuse(m, "additive_attention from=q,v,k", RT_ESHAPE,
           "keys (none,6,3) and values (none,5,2)");
    refuse(m, "attention from=q,flat", RT_ESHAPE, "values 'flat' are (none,7)");
    refuse(m, "attention from=q", RT_EINVAL, "1 layer to read, want");
    refuse(m, "multi_head_attention 2 3 from=q,v,k", RT_ESHAPE,
           "want as many steps in both");
    refuse(m, "multi_head_attention 0 3 from=q,w", RT_EINVAL, "num_heads");
    rt_model_free(m);
}

/* A row all of whose keys are hidden looks at all alike, and is no NaN. */
static void a_mask_hides_keys(void **state)
{
    (void)state;
    struct rt_graph *g = rt_graph_new();
    struct rt_node *x =
        rt_graph_input(g, "x", &RT_SHAPE(RT_DIM_ANY, 2, 2, 3), &err);
    struct rt_node *m = rt_graph_input(g, "m", &RT_SHAPE(RT_DIM_ANY, 3), &err);
    struct rt_node *y =
        rt_op_softmax(g, rt_op_mask_scores(g, x, m, true, &err), -1, &err);
    struct rt_plan *p = rt_plan_new(
        &(struct rt_plan_spec){
            .graph = g, .roots = &y, .n_roots = 1, .rows = 2 },
        &err);
    assert_non_null(p);
    const float scores[24] = { 0 }, mask[6] = { 1, 0, 1, 0, 0, 0 };
    rt_plan_bind(p, x, scores);
    rt_plan_bind(p, m, mask);
    rt_plan_forward(p, 2, (struct rt_key){ 0 });
    const float *w = rt_plan_value(p, y).v;
    for (int i = 0; i < 12; i++) /* the second key is hidden, the third late */
        assert_true(w[i] == (i % 3 == 0 ? 1 : 0));
    for (int i = 12; i < 24; i++)
        rt_assert_close((double)w[i], 1.0 / 3, 1e-6);
    rt_plan_free(p);
    assert_null(rt_op_mask_scores(g, m, NULL, true, &err));
    rt_assert_error(&err, RT_ESHAPE, "want (none,...,queries,keys)");
    assert_null(rt_op_mask_scores(
        g, x, rt_graph_input(g, "z", &RT_SHAPE(RT_DIM_ANY, 2), &err), true,
        &err));
    rt_assert_error(&err, RT_ESHAPE, "want (none,3)");
    rt_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_is_a_mean_of_values_by_products),
        cmocka_unit_test(additive_attention_scores_by_sums),
        cmocka_unit_test(heads_attend_on_projections_of_their_own),
        cmocka_unit_test(weights_are_named_and_laid_out_as_keras_has_them),
        cmocka_unit_test(inputs_that_do_not_fit_are_named),
        cmocka_unit_test(a_mask_hides_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
