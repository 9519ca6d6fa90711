/* Masks of steps: who makes them, who passes them on, who ends them, and what
 * they leave of a loss. What recurrent layers do with them is in the sweep of
 * operators and in the reference cases. */
#include "model_case.h"

#include "graph/plan.h"
#include "nn/objective.h"

static struct rt_node *mask_of(const struct rt_model *m, const char *place)
{
    struct rt_place p;
    rt_assert_ok(rt_model_place(m, place, &p, &err), &err);
    return p.layer->calls[p.call].mask[p.tensor];
}

#define WORDS                                                                  \
    "input words 6; embedding 9 4 mask_zero=yes name=e; input x 6x4;"          \
    "masking name=m;"

static void masks_are_made_and_passed_on(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        WORDS "lstm 3 return_sequences=yes from=e name=l; dense 2 name=d;"
              "dropout 0.5 name=o; bidirectional {gru 2 return_sequences=yes} "
              "merge_mode=none name=b; time_distributed {dense 2} name=t;"
              "add from=e,m name=a; embedding 9 4 from=words name=plain");
    const struct rt_shape want = RT_SHAPE(RT_DIM_ANY, 6);
    assert_true(rt_shape_equal(&mask_of(m, "e")->shape, &want));
    assert_true(rt_shape_equal(&mask_of(m, "m")->shape, &want));
    static const char *const passed[] = { "l", "d", "o", "b", "b:0:1", "t" };
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        assert_ptr_equal(mask_of(m, passed[i]), mask_of(m, "e"));
    assert_true(rt_shape_equal(&mask_of(m, "a")->shape, &want));
    assert_null(mask_of(m, "plain"));
    rt_model_free(m);
}

static void masks_end_where_keras_ends_them(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        WORDS "lstm 3 from=e name=l; bidirectional {gru 2} from=e name=b;"
              "global_avg_pool1d from=e name=g; lambda {x * 2} from=e name=x2;"
              "dot axes=2 from=e,m name=d");
    static const char *const ended[] = { "l", "b", "g", "x2", "d" };
    for (size_t i = 0; i < sizeof ended / sizeof *ended; i++)
        assert_null(mask_of(m, ended[i]));
    rt_model_free(m);
}

static void a_layer_that_knows_no_masks_says_so(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(WORDS);
    refuse(m, "conv1d 3 2 from=e", RT_EINVAL,
           "conv1d: reads 'e', of which steps are masked, and knows no masks");
    refuse(m, "flatten from=m", RT_EINVAL, "flatten: reads 'm'");
    rt_model_free(m);
}

/* Runs node for a batch of one sample; its numbers. */
static const float *run(const struct rt_objective *o, const struct rt_model *m,
                        struct rt_node *y, const float *const *in,
                        const float *label)
{
    static float out[64];
    static const float one[2] = { 1, 1 };
    struct rt_plan *p =
        rt_plan_new(&(struct rt_plan_spec){ .graph = o->graph,
                                            .roots = &y,
                                            .n_roots = 1,
                                            .offset = o->offset,
                                            .weights = m->weights,
                                            .rows = 1 },
                    &err);
    assert_non_null(p);
    for (int i = 0; i < o->n_inputs; i++)
        rt_plan_bind(p, o->inputs[i], in[i]);
    if (label) {
        rt_plan_bind(p, o->outputs[0].label, label);
        rt_plan_bind(p, o->outputs[0].sample_weight, one);
    }
    assert_true(rt_plan_forward(p, 1, (struct rt_key){ 0 }));
    struct rt_tensor v = rt_plan_value(p, y);
    assert_true(v.n <= 64);
    memcpy(out, v.v, v.n * sizeof *out);
    rt_plan_free(p);
    return out;
}

static void side_by_side_in_time_masks_are_too(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input x 3x2; masking name=m; input z 2x2; concatenate axis=1 "
        "from=m,z name=c; output; concatenate axis=1 from=z,z name=free");
    const float x[6] = { 1, 2, 0, 0, 0, 3 }, z[4] = { 0 };
    struct rt_objective *o = rt_objective_new(m, false, &err);
    assert_non_null(o);
    const float *got =
        run(o, m, o->outputs[0].mask, (const float *const[]){ x, z }, NULL);
    static const float want[5] = { 1, 0, 1, 1, 1 };
    assert_memory_equal(got, want, sizeof want);
    assert_null(mask_of(m, "free"));
    rt_objective_free(o);
    rt_model_free(m);
}

/* Of three steps one is padding: the others' squares are 4 and 16. Keras since
 * 2.3 divides by all steps; before, and in metrics, by those that count. */
static void masked_steps_count_nothing_in_a_loss(void **state)
{
    (void)state;
    for (int old = 0; old < 2; old++) {
        struct rt_model *m = lines_model("input x 3x1; masking; output");
        if (old)
            m->dialect = RT_KERAS_2_2_4;
        rt_assert_ok(line_run(m, "compile sgd loss=mse metrics=mae", &err),
                     &err);
        const float x[3] = { 1, 0, 2 }, y[3] = { 3, 100, 6 };
        struct rt_objective *o = rt_objective_new(m, true, &err);
        assert_non_null(o);
        const float *const in[] = { x };
        rt_assert_close((double)*run(o, m, o->outputs[0].loss, in, y),
                        20.0 / (old ? 2 : 3), 1e-6);
        rt_assert_close(
            (double)*run(o, m, o->outputs[0].metrics[0].mean, in, y), 3, 1e-6);
        const float none[3] = { 0 };
        const float *const padding[] = { none };
        assert_true(*run(o, m, o->outputs[0].loss, padding, y) == 0);
        rt_objective_free(o);
        rt_model_free(m);
    }
}

static void a_mean_over_time_is_of_the_steps_that_count(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input x 4x2; masking -1; global_avg_pool1d; output");
    const float x[8] = { 1, 2, -1, -1, 3, -1, -1, -1 };
    struct rt_objective *o = rt_objective_new(m, false, &err);
    assert_non_null(o);
    const float *got =
        run(o, m, o->outputs[0].value, (const float *const[]){ x }, NULL);
    assert_true(got[0] == 2 && got[1] == 0.5F);
    rt_objective_free(o);
    rt_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_are_made_and_passed_on),
        cmocka_unit_test(masks_end_where_keras_ends_them),
        cmocka_unit_test(a_layer_that_knows_no_masks_says_so),
        cmocka_unit_test(side_by_side_in_time_masks_are_too),
        cmocka_unit_test(masked_steps_count_nothing_in_a_loss),
        cmocka_unit_test(a_mean_over_time_is_of_the_steps_that_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
