/* Gradients of whole models against differences. */
#include "model_lines.h"

#include "nn/group.h"
#include "nn/model_check.h"

static const struct rt_model_check_how how = { .most = 20,
                                               .tol = 1e-3,
                                               .seed = 3 };

static void check_model(struct rt_model *m, const char *what, int n)
{
    struct rt_model_check c;
    struct rt_err err = RT_ERR_INIT;
    rt_assert_ok(rt_model_ready(m, &err), &err);
    float *was = malloc(m->n_params * sizeof *was);
    memcpy(was, m->weights, m->n_params * sizeof *was);
    rt_assert_ok(rt_model_check(m, &how, &c, &err), &err);
    assert_int_equal(c.n, n);
    for (int i = 0; i < c.n; i++) {
        assert_true(c.v[i].n > 0);
        if (!(c.v[i].worst <= 1))
            fail_msg("%s: %s is %g times its bound", what, c.v[i].weight->name,
                     c.v[i].worst);
    }
    assert_memory_equal(was, m->weights, m->n_params * sizeof *was);
    free(was);
    free(c.v);
}

static void check(const char *lines, int n)
{
    struct rt_model *m = lines_model(lines);
    check_model(m, lines, n);
    rt_model_free(m);
}

static void weights_of_every_output_are_right(void **state)
{
    (void)state;
    check("input x 5; dense 6 tanh kernel_regularizer=l2(0.1) name=t;"
          "dropout 0.3; dense 2 name=a; output; at t; dense 3 softmax name=b;"
          "output",
          6);
}

static void numbers_of_an_embedding_are_rows_of_it(void **state)
{
    (void)state;
    check("input x 4; embedding 7 3; flatten; dense 2; output", 3);
}

/* What goes beyond plain layers. */
static void masks_states_and_attention_are_right(void **state)
{
    (void)state;
    check("input x 4 batch_size=3; embedding 5 3 mask_zero=yes; "
          "lstm 3 return_sequences=yes stateful=yes; "
          "gru 2 return_sequences=yes stateful=yes; "
          "time_distributed {dense 2 tanh}; output",
          9);
    check("input x 5x3; masking 0.5; "
          "bidirectional {simple_rnn 2 return_sequences=yes} name=b; "
          "attention from=b,b causal=yes use_scale=yes; dense 2; output",
          9);
    check("input q 4x3; input v 5x2; dense 2 from=q name=low; "
          "additive_attention from=low,v; output",
          3);
    check("input w 5; embedding 7 4 mask_zero=yes; multi_head_attention 2 3 "
          "from=embedding_1,embedding_1 causal=yes; output",
          9);
}

static void three_axes_and_places_that_share_nothing_are_right(void **state)
{
    (void)state;
    check("input x 3x3x2x2; zero_pad3d 1; conv3d 3 2,1,2 activation=tanh; "
          "avg_pool3d 2; global_avg_pool3d; output",
          2);
    check("input x 5x4x2; locally_connected2d 2 2,3 activation=tanh "
          "activity_regularizer=l2(l=0.25); flatten; reshape 8x2; "
          "locally_connected1d 2 3; activity_reg l2=0.25; output",
          4);
}

/* One of them used twice, and within a third. */
static void models_within_models_are_right(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct rt_model *coder = lines_model("input x 2; dense 8 tanh; batch_norm;"
                                         "dense 2 name=z; output");
    struct rt_model *both = lines_model("input l 2; input r 2");
    struct rt_model *m = lines_model("input a 2; dense 2 tanh name=t");
    assert_non_null(
        rt_model_nest(both, coder, "coder", (const char *[]){ "l" }, 1, &err));
    lines_run(both, "call coder from=r; concatenate from=coder:0,coder:1;"
                    "output");
    assert_non_null(
        rt_model_nest(m, both, "both", (const char *[]){ "a", "t" }, 2, &err));
    lines_run(m, "dense 3 softmax; output");
    check_model(m, "both", 10);
    rt_model_free(m);
    rt_model_free(both);
    rt_model_free(coder);
}

static void layers_may_be_chosen(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input x 5; dense 3 name=a; dense 2 name=b; output");
    struct rt_model_check_how some = how;
    struct rt_model_check c;
    struct rt_err err = RT_ERR_INIT;
    some.chosen = (const bool[]){ false, false, true };
    rt_assert_ok(rt_model_check(m, &some, &c, &err), &err);
    assert_int_equal(c.n, 2);
    assert_string_equal(c.v[0].weight->layer->name, "b");
    free(c.v);
    rt_model_free(m);
}

static void what_cannot_be_tried_is_said(void **state)
{
    (void)state;
    struct rt_model_check c;
    struct rt_err err = RT_ERR_INIT;
    struct rt_model *m = lines_model("input x 5; dense 3");
    assert_int_equal(rt_model_check(m, &how, &c, &err), RT_ESTATE);
    rt_model_free(m);
    m = lines_model("input x none,5; dense 3; output");
    assert_int_equal(rt_model_check(m, &how, &c, &err), RT_ESHAPE);
    assert_non_null(strstr(err.text, "'x'"));
    assert_null(c.v);
    rt_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_of_every_output_are_right),
        cmocka_unit_test(numbers_of_an_embedding_are_rows_of_it),
        cmocka_unit_test(masks_states_and_attention_are_right),
        cmocka_unit_test(three_axes_and_places_that_share_nothing_are_right),
        cmocka_unit_test(models_within_models_are_right),
        cmocka_unit_test(layers_may_be_chosen),
        cmocka_unit_test(what_cannot_be_tried_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
