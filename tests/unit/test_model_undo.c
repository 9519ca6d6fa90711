/* Models: undo and redo. */
#include "model_case.h"

#include "nn/steer.h"

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

static void slots_that_compile_dropped_do_not_come_back(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input x 4; dense 3 name=a; output loss=mse;"
                    "compile sgd momentum=0.9; at a; dense 5 name=c");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    m->slots[0][layer(m, "c")->weights[0]->offset] = 5;
    lines_run(m, "compile rmsprop");
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_string_equal(m->compiled->optimizer->name, "sgd");
    assert_ptr_equal(m->slots_of, m->compiled->optimizer);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_close(m->slots[0][layer(m, "c")->weights[0]->offset], 0, 0);
    rt_model_free(m);
}

static void the_same_compile_again_is_no_step(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 4; dense 3; output loss=mse");
    lines_run(m, "compile sgd lr=0.1");
    for (int i = 0; i < 3; i++)
        lines_run(m, "compile sgd lr=0.1");
    lines_run(m, "compile sgd lr=0.1 momentum=0.5");
    assert_int_equal(rt_model_undo(m, 2, &err), 2);
    assert_null(m->compiled);
    rt_model_free(m);
}

/* ---- numbers and values -------------------------------------------------- */

#define TRAINED                                                                \
    "input x 4; dense 3 name=a; dropout 0.5 name=d; output loss=mse;"          \
    "compile sgd lr=0.1 momentum=0.9"

static double lr(const struct rt_model *m)
{
    return ((const struct rt_optim_args *)m->compiled->args)->lr;
}

static double rate(const struct rt_model *m)
{
    const struct rt_model_layer *d = layer(m, "d");
    return rt_args_number(
        rt_opt_find(d->type->opts, sizeof(struct rt_opt), "rate"), d->args);
}

static void retune(struct rt_model *m, const char *word)
{
    struct rt_str says = RT_STR_INIT;
    rt_model_mark(m, "tune");
    rt_assert_ok(rt_model_retune(m, &word, 1, &says, &err), &err);
    rt_str_release(&says);
}

static void undo_takes_back_numbers_of_optimizer_and_layers(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(TRAINED);
    retune(m, "lr=0.5");
    retune(m, "d.rate=0.25");
    retune(m, "loss_weights=d:3");
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    rt_assert_close(m->compiled->outputs[0].weight, 1, 0);
    rt_assert_close(rate(m), 0.25, 0);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    rt_assert_close(rate(m), 0.5, 0);
    rt_assert_close(lr(m), 0.5, 0);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    rt_assert_close(lr(m), 0.1, 1e-15);
    assert_int_equal(rt_model_redo(m, 3, &err), 3);
    rt_assert_close(lr(m), 0.5, 0);
    rt_assert_close(rate(m), 0.25, 0);
    rt_assert_close(m->compiled->outputs[0].weight, 3, 0);
    rt_model_free(m);
}

static void numbers_that_a_run_changed_stay_through_undo(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(TRAINED);
    retune(m, "momentum=0.5");
    retune(m, "d.rate=0.25");
    struct rt_learning *before = rt_learning_take(m);
    struct rt_str says = RT_STR_INIT;
    struct rt_tuned did;
    const char *live[] = { "lr=0.7", "d.rate=0.125", "clipnorm=2" };
    rt_assert_ok(rt_model_tune(m, live, 3, &did, &says, &err), &err);
    rt_model_keep(m, before);
    rt_learning_free(before);
    assert_int_equal(rt_model_undo(m, 2, &err), 2);
    rt_assert_close(lr(m), 0.7, 0);
    rt_assert_close(rate(m), 0.125, 0);
    rt_assert_close(m->compiled->clip.clipnorm, 2, 0);
    assert_string_equal(rt_model_undo_what(m),
                        "compile sgd lr=0.1 momentum=0.9");
    rt_str_release(&says);
    rt_model_free(m);
}

static void draw_anew(struct rt_model *m)
{
    struct rt_str says = RT_STR_INIT;
    const char *a = "a";
    struct rt_reinit_words w = { .layers = { .n = 1, .v = &a },
                                 .seed = INT64_MIN };
    rt_model_mark(m, "reinit");
    rt_assert_ok(rt_model_put_aside(m, &a, 1, true, &err), &err);
    rt_assert_ok(rt_model_reinit(m, &w, &says, &err), &err);
    rt_model_steered(m);
    rt_str_release(&says);
}

static void undo_puts_values_and_slots_back_and_redo_the_new_ones(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(TRAINED);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    size_t at = layer(m, "a")->weights[0]->offset;
    values(m, "a", 0)[3] = 42;
    m->slots[0][at + 3] = 5;
    draw_anew(m);
    float drawn = values(m, "a", 0)[3];
    assert_true(drawn != 42);
    rt_assert_close(m->slots[0][at + 3], 0, 0);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    rt_assert_close(values(m, "a", 0)[3], 42, 0);
    rt_assert_close(m->slots[0][at + 3], 5, 0);
    assert_int_equal(rt_model_redo(m, 1, &err), 1);
    rt_assert_close(values(m, "a", 0)[3], drawn, 0);
    rt_assert_close(m->slots[0][at + 3], 0, 0);
    rt_model_free(m);
}

static void values_come_back_to_a_layer_that_was_away(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 4");
    lines_run(m, "dense 3 name=a");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    values(m, "a", 0)[0] = 42;
    draw_anew(m);
    lines_run(m, "dense 2 name=b");
    assert_int_equal(rt_model_undo(m, 3, &err), 3);
    assert_int_equal(m->n_layers, 1);
    assert_int_equal(rt_model_redo(m, 1, &err), 1);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_close(values(m, "a", 0)[0], 42, 0);
    rt_model_free(m);
}

static void values_that_a_run_went_on_from_are_no_step_any_more(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(TRAINED);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    retune(m, "lr=0.5");
    draw_anew(m);
    draw_anew(m);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    float trained = values(m, "a", 0)[0];
    rt_model_forget_values(m);
    assert_string_equal(rt_model_undo_what(m), "tune");
    assert_int_equal(rt_model_redo(m, 1, &err), 0);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    rt_assert_close(lr(m), 0.1, 1e-15);
    rt_assert_close(values(m, "a", 0)[0], trained, 0);
    rt_model_free(m);
}

static void a_step_that_fails_leaves_none(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(TRAINED);
    struct rt_str says = RT_STR_INIT;
    const char *word = "lr=-1", *none = "nobody";
    rt_model_mark(m, "tune");
    assert_true(rt_model_retune(m, &word, 1, &says, &err) != 0);
    rt_model_mark(m, "reinit");
    assert_int_equal(rt_model_put_aside(m, &none, 1, true, &err), RT_ENOENT);
    assert_string_equal(rt_model_undo_what(m),
                        "compile sgd lr=0.1 momentum=0.9");
    rt_str_release(&says);
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
        cmocka_unit_test(slots_that_compile_dropped_do_not_come_back),
        cmocka_unit_test(the_same_compile_again_is_no_step),
        cmocka_unit_test(undo_takes_back_numbers_of_optimizer_and_layers),
        cmocka_unit_test(numbers_that_a_run_changed_stay_through_undo),
        cmocka_unit_test(undo_puts_values_and_slots_back_and_redo_the_new_ones),
        cmocka_unit_test(values_come_back_to_a_layer_that_was_away),
        cmocka_unit_test(values_that_a_run_went_on_from_are_no_step_any_more),
        cmocka_unit_test(a_step_that_fails_leaves_none),
        cmocka_unit_test(undo_of_a_call_and_of_an_output),
        cmocka_unit_test(compile_settings_follow_the_outputs),
        cmocka_unit_test(only_the_last_steps_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
