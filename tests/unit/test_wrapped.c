/* Calls that give several tensors, layers within layers. */
#include "model_case.h"

static void a_call_may_give_several_tensors(void **state)
{
    (void)state;
    struct rt_place p;
    struct rt_model *m = lines_model(
        "input seq 4x3; bidirectional {lstm 2 return_sequences=yes} "
        "merge_mode=none name=bi; concatenate from=bi:0:1,bi name=both;"
        "dense 1 from=bi:0:1; output; output both");
    assert_true(
        rt_shape_equal(shape_of(m, "both"), &RT_SHAPE(RT_DIM_ANY, 4, 4)));
    rt_assert_ok(rt_model_place(m, "bi:0:1", &p, &err), &err);
    assert_string_equal(rt_place_name(&p), "bi:0:1");
    assert_int_equal(p.tensor, 1);
    rt_assert_ok(rt_model_place(m, "bi:0", &p, &err), &err);
    assert_string_equal(rt_place_name(&p), "bi");
    assert_int_equal(rt_model_place(m, "bi:0:2", &p, &err), RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT, "gives 2 tensors, want one of 0 to 1");
    assert_int_equal(rt_model_place(m, "both:0:1", &p, &err), RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT, "gives 1 tensor,");
    assert_int_equal(rt_model_place(m, "bi:1:0", &p, &err), RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT, "is called 1 time,");
    rt_model_free(m);
}

static void several_tensors_come_back_from_commands(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input seq 4x3; bidirectional {gru 2} merge_mode=none name=bi;"
        "dense 1 from=bi:0:1 name=a; dense 1 from=bi name=b; output a;"
        "output b; compile sgd loss=mse");
    char *text = lines_of(m);
    assert_non_null(strstr(text, "bidirectional {gru 2} merge_mode=none"));
    assert_non_null(strstr(text, "dense 1 name=a from=bi:0:1"));
    struct rt_model *again = lines_model(text);
    assert_true(rt_model_hash(m) == rt_model_hash(again));
    rt_model_free(again);
    free(text);
    again = rt_model_copy(m, "copy", &err);
    assert_true(rt_model_hash(m) == rt_model_hash(again));
    rt_model_free(again);
    again = lines_model(
        "input seq 4x3; bidirectional {gru 2} merge_mode=none name=bi;"
        "dense 1 from=bi name=a; dense 1 from=bi name=b; output a;"
        "output b; compile sgd loss=mse");
    assert_true(rt_model_hash(m) != rt_model_hash(again));
    rt_model_free(again);
    rt_model_free(m);
}

static void undo_brings_several_tensors_back(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input seq 4x3; bidirectional {gru 2} merge_mode=none name=bi");
    uint64_t before = rt_model_hash(m);
    rt_model_mark(m, "dense");
    rt_assert_ok(line_run(m, "dense 1 from=bi:0:1", &err), &err);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_true(rt_model_hash(m) == before);
    assert_int_equal(rt_model_redo(m, 1, &err), 1);
    struct rt_place p;
    rt_assert_ok(rt_model_place(m, "bi:0:1", &p, &err), &err);
    assert_ptr_equal(m->layers[2]->calls[0].in[0].layer, p.layer);
    assert_int_equal(m->layers[2]->calls[0].in[0].tensor, 1);
    rt_model_free(m);
}

static void wrapped_weights_are_named_as_keras_names_them(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input seq 4x3; bidirectional {lstm 2 return_sequences=yes} name=bi;"
        "time_distributed {dense 2} name=td;"
        "bidirectional {gru 2 name=g use_bias=no} name=named");
    const struct rt_model_layer *bi = layer(m, "bi"), *td = layer(m, "td");
    const char *const want[] = {
        "forward_lstm_1/kernel",
        "forward_lstm_1/recurrent_kernel",
        "forward_lstm_1/bias",
        "backward_lstm_1/kernel",
        "backward_lstm_1/recurrent_kernel",
        "backward_lstm_1/bias",
    };
    assert_int_equal(bi->n_weights, 6);
    for (int i = 0; i < 6; i++)
        assert_string_equal(bi->weights[i]->name, want[i]);
    assert_int_equal(td->n_weights, 2);
    assert_string_equal(td->weights[0]->name, "kernel");
    assert_string_equal(layer(m, "named")->weights[2]->name,
                        "backward_g/kernel");
    rt_model_free(m);
}

static void the_two_ways_begin_with_other_values(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input seq 4x3; bidirectional {lstm 2} name=bi; output");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    const float *ahead = values(m, "bi", 0), *back = values(m, "bi", 3);
    assert_memory_not_equal(ahead, back, 24 * sizeof *ahead);
    /* the forget gate is open: i f c o */
    const float *bias = values(m, "bi", 5);
    for (int i = 0; i < 8; i++)
        assert_true(bias[i] == (i / 2 == 1 ? 1.0f : 0.0f));
    rt_model_free(m);
}

static void an_inner_layer_goes_to_text_and_back(void **state)
{
    (void)state;
    struct rt_inner in, again;
    struct rt_str text = RT_STR_INIT;
    rt_assert_ok(
        rt_inner_parse("time_distributed {dense 5 relu} name=td", &in, &err),
        &err);
    assert_string_equal(in.name, "td");
    rt_inner_text(&in, &text);
    assert_string_equal(rt_str_c(&text),
                        "time_distributed {dense 5 relu} name=td");
    rt_inner_release(&in);
    rt_assert_ok(rt_inner_parse("lstm 4 go_backwards=yes", &in, &err), &err);
    assert_string_equal(in.name, "lstm_1");
    rt_str_clear(&text);
    rt_inner_text(&in, &text);
    rt_assert_ok(rt_inner_parse(rt_str_c(&text), &again, &err), &err);
    assert_ptr_equal(in.type, again.type);
    assert_string_equal(again.name, "lstm_1");
    rt_inner_release(&in);
    rt_inner_release(&again);
    rt_str_release(&text);
}

static void bad_wraps_are_told(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 4x3");
    static const struct {
        const char *line;
        int code;
        const char *says;
    } bad[] = {
        { "bidirectional {dense 5}", RT_EINVAL, "dense has no direction" },
        { "bidirectional {}", RT_EINVAL, "has no value" },
        { "bidirectional {lstm}", RT_EINVAL,
          "bidirectional: lstm: 'units' is missing" },
        { "time_distributed {lstn 5}", RT_ENOENT, "did you mean lstm?" },
        { "time_distributed {lstm 5}", RT_ESHAPE,
          "time_distributed: lstm: input is" },
        { "time_distributed {concatenate}", RT_EINVAL, "reads one other" },
        { "time_distributed {input 5}", RT_EINVAL, "reads one other" },
        { "time_distributed {dense 5 acivation=relu}", RT_EINVAL,
          "did you mean activation?" },
        { "lstm 3 softmax", RT_EINVAL, "not a function of single numbers" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse(m, bad[i].line, bad[i].code, bad[i].says);
    rt_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_may_give_several_tensors),
        cmocka_unit_test(several_tensors_come_back_from_commands),
        cmocka_unit_test(undo_brings_several_tensors_back),
        cmocka_unit_test(wrapped_weights_are_named_as_keras_names_them),
        cmocka_unit_test(the_two_ways_begin_with_other_values),
        cmocka_unit_test(an_inner_layer_goes_to_text_and_back),
        cmocka_unit_test(bad_wraps_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
