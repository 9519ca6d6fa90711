/* Models: undo and redo. */
#include "model_case.h"

static void undo_and_redo_go_step_by_step(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 4; dense 3; dense 2; output");
    uint64_t full = rt_model_hash(m);
    assert_string_equal(rt_model_undo_what(m), "output");
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_int_equal(m->n_outputs, 0);
    assert_string_equal(rt_model_undo_what(m), "dense 2");
    assert_int_equal(rt_model_undo(m, 9, &err), 3);
    assert_int_equal(m->n_layers, 0);
    assert_int_equal(m->n_inputs, 0);
    assert_null(m->cursor.layer);
    assert_null(rt_model_undo_what(m));
    assert_int_equal(rt_model_undo(m, 1, &err), 0);
    assert_int_equal(rt_model_redo(m, 2, &err), 2);
    assert_string_equal(m->cursor.layer->name, "dense_1");
    assert_int_equal(rt_model_redo(m, 9, &err), 2);
    assert_true(rt_model_hash(m) == full);
    rt_model_free(m);
}

static void a_new_edit_ends_redo_but_a_failed_one_does_not(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 4; dense 3; dense 2");
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    rt_model_mark(m, "dense");
    assert_true(line_run(m, "dense", &err) != 0);
    assert_string_equal(rt_model_undo_what(m), "dense 3");
    assert_int_equal(rt_model_redo(m, 1, &err), 1);
    assert_int_equal(m->n_layers, 3);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    lines_run(m, "dense 8");
    assert_int_equal(rt_model_redo(m, 1, &err), 0);
    assert_string_equal(m->layers[2]->name, "dense_2");
    rt_model_free(m);
}

static void weights_and_slots_come_back_with_redo(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input x 4; dense 3 name=a; dense 2 name=b; output loss=mse;"
        "compile sgd momentum=0.9; at a; dense 5 name=c");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    values(m, "c", 0)[3] = 42;
    values(m, "a", 0)[0] = 17;
    m->slots[0][layer(m, "c")->weights[0]->offset + 1] = 5;
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    assert_int_equal(rt_model_params(m, false), 23);
    rt_assert_close(values(m, "a", 0)[0], 17, 0);
    values(m, "a", 0)[0] = 18; /* trained meanwhile */
    assert_int_equal(rt_model_redo(m, 1, &err), 1);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_close(values(m, "c", 0)[3], 42, 0);
    rt_assert_close(m->slots[0][layer(m, "c")->weights[0]->offset + 1], 5, 0);
    rt_assert_close(values(m, "a", 0)[0], 18, 0);
    rt_model_free(m);
}

static void slots_of_another_optimizer_do_not_come_back(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input x 4; dense 3 name=a; output loss=mse;"
                    "compile sgd momentum=0.9; at a; dense 5 name=c");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    m->slots[0][layer(m, "c")->weights[0]->offset] = 5;
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    rt_assert_ok(line_run(m, "compile rmsprop", &err), &err);
    assert_int_equal(rt_model_redo(m, 1, &err), 1);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_close(m->slots[0][layer(m, "c")->weights[0]->offset], 0, 0);
    rt_model_free(m);
}

static void undo_of_a_call_and_of_an_output(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input a 4; dense 4 name=fc; output fc loss=mse; call fc from=fc;"
        "output fc:0 weight=2");
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_true(isnan(m->outputs[0].weight));
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_int_equal(layer(m, "fc")->n_calls, 1);
    assert_int_equal(rt_model_redo(m, 2, &err), 2);
    assert_int_equal(layer(m, "fc")->n_calls, 2);
    rt_assert_close(m->outputs[0].weight, 2, 0);
    rt_model_free(m);
}

static void compile_settings_follow_the_outputs(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input x 4; dense 3 name=a; output loss=mse; dense 2 name=b; output "
        "loss=mse");
    rt_assert_ok(line_run(m, "compile sgd", &err), &err);
    lines_run(m, "dense 7");
    assert_non_null(m->compiled); /* its outputs are there */
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_non_null(m->compiled);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_null(m->compiled); /* b is no output now */
    assert_int_equal(rt_model_redo(m, 1, &err), 1);
    assert_non_null(m->compiled);
    lines_run(m, "output a weight=3");
    assert_null(m->compiled);
    rt_model_free(m);
}

static void only_the_last_steps_are_remembered(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 4");
    for (int i = 0; i < 150; i++)
        lines_run(m, "dropout 0.5");
    assert_int_equal(rt_model_undo(m, 1000, &err), 100);
    assert_int_equal(m->n_layers, 51);
    rt_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undo_and_redo_go_step_by_step),
        cmocka_unit_test(a_new_edit_ends_redo_but_a_failed_one_does_not),
        cmocka_unit_test(weights_and_slots_come_back_with_redo),
        cmocka_unit_test(slots_of_another_optimizer_do_not_come_back),
        cmocka_unit_test(undo_of_a_call_and_of_an_output),
        cmocka_unit_test(compile_settings_follow_the_outputs),
        cmocka_unit_test(only_the_last_steps_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
