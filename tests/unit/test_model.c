/* Models: building, names, sharing, errors, values. */
#include "model_case.h"

#include "nn/edit.h"
#include "nn/init.h"

/* ---- building ------------------------------------------------------------ */

static void layers_follow_the_cursor(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input img 28x28; flatten; dense 512 relu; dense 10 softmax; output");
    assert_int_equal(m->n_layers, 4);
    assert_string_equal(m->layers[1]->name, "flatten_1");
    assert_string_equal(m->layers[3]->name, "dense_2");
    assert_true(
        rt_shape_equal(shape_of(m, "flatten_1"), &RT_SHAPE(RT_DIM_ANY, 784)));
    assert_true(
        rt_shape_equal(shape_of(m, "dense_2"), &RT_SHAPE(RT_DIM_ANY, 10)));
    assert_int_equal(rt_model_params(m, false), 407050);
    assert_ptr_equal(m->outputs[0].place.layer, m->layers[3]);
    rt_model_free(m);
}

static void branches_name_what_they_read(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input a 3; input b 4; dense 5 from=a name=fa; dense 2 from=b;"
        "concatenate from=fa,dense_1; add from=fa,fa; at a; dropout 0.5");
    assert_int_equal(m->n_inputs, 2);
    assert_true(
        rt_shape_equal(shape_of(m, "concatenate_1"), &RT_SHAPE(RT_DIM_ANY, 7)));
    assert_true(
        rt_shape_equal(shape_of(m, "dropout_1"), &RT_SHAPE(RT_DIM_ANY, 3)));
    rt_model_free(m);
}

static void automatic_names_take_the_smallest_number_free(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input x 3; dense 2 name=dense_2; dense 2; dense 2;"
        "dense 2 name=dense_04; dense 2 name=dense_5b; dense 2; dense 2");
    assert_string_equal(m->layers[2]->name, "dense_1");
    assert_string_equal(m->layers[3]->name, "dense_3");
    assert_string_equal(m->layers[6]->name, "dense_4");
    assert_string_equal(m->layers[7]->name, "dense_5");
    struct rt_model_layer *in =
        rt_model_input(m, NULL, &RT_SHAPE(2, RT_DIM_ANY), &err);
    assert_string_equal(in->name, "input_1");
    assert_true(rt_shape_equal(shape_of(m, "input_1"),
                               &RT_SHAPE(RT_DIM_ANY, 2, RT_DIM_ANY)));
    rt_model_free(m);
}

static void dense_works_on_the_last_axis(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x none,4; dense 6; dense 2 "
                                     "use_bias=no");
    assert_true(rt_shape_equal(shape_of(m, "dense_2"),
                               &RT_SHAPE(RT_DIM_ANY, RT_DIM_ANY, 2)));
    assert_int_equal(layer(m, "dense_1")->n_weights, 2);
    assert_int_equal(layer(m, "dense_2")->n_weights, 1);
    rt_model_free(m);
}

static void calling_again_shares_weights(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input a 4; input b 4; dense 3 name=fc from=a; call fc from=b;"
        "concatenate from=fc:0,fc");
    assert_int_equal(layer(m, "fc")->n_calls, 2);
    assert_int_equal(layer(m, "fc")->n_weights, 2);
    assert_int_equal(rt_graph_n_weights(m->graph), 2);
    assert_int_equal(rt_model_params(m, false), 15);
    const struct rt_model_call *c = layer(m, "concatenate_1")->calls;
    assert_int_equal(c->in[0].call, 0);
    assert_int_equal(c->in[1].call, 1);
    assert_string_equal(rt_place_name(&c->in[1]), "fc:1");
    rt_assert_ok(line_run(m, "input c 9", &err), &err);
    refuse(m, "call fc from=c", RT_ESHAPE,
           "dense: 'fc' was called before with (none,4), now with (none,9)");
    refuse(m, "call a", RT_EINVAL, "'a' is an input");
    refuse(m, "dense 2 from=fc:2", RT_ENOENT, "called 2 times");
    rt_model_free(m);
}

static void the_longest_name_wins_over_a_call(void **state)
{
    (void)state;
    struct rt_place p;
    struct rt_model *m = rt_model_new("m", 1);
    m->any_names = true;
    lines_run(m, "input x 3; dense 2 name=a; dense 2 name=a:0");
    rt_assert_ok(rt_model_place(m, "a:0", &p, &err), &err);
    assert_string_equal(p.layer->name, "a:0");
    rt_model_free(m);
}

static void shapes_that_do_not_fit_are_told_at_once(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input a 3x4; input b 5; input c none,none; input d 3x5");
    refuse(m, "concatenate from=a,b", RT_ESHAPE,
           "concatenate: a is (none,3,4), b is (none,5): all but axis 2 must "
           "agree; flatten them first");
    refuse(m, "add from=a,d", RT_ESHAPE,
           "add: a is (none,3,4), d is (none,3,5)");
    refuse(m, "dense 3 from=c", RT_ESHAPE, "dense: input is (none,none,none)");
    refuse(m, "flatten from=c", RT_ESHAPE, "flatten: input is");
    refuse(m, "reshape 7x7 from=a", RT_ESHAPE, "reshape: input (none,3,4)");
    refuse(m, "concatenate from=a,d axis=0", RT_EINVAL, "axis 0 is the batch");
    rt_assert_ok(line_run(m, "concatenate from=a,d", &err), &err);
    rt_assert_ok(line_run(m, "reshape none,9", &err), &err);
    assert_true(
        rt_shape_equal(shape_of(m, "reshape_1"), &RT_SHAPE(RT_DIM_ANY, 3, 9)));
    rt_model_free(m);
}

static void wrong_words_are_told_and_change_nothing(void **state)
{
    (void)state;
    struct rt_model *m = rt_model_new("m", 1);
    refuse(m, "dense 3", RT_ESTATE, "dense: model 'm' has no layer yet");
    refuse(m, "output", RT_ESTATE, "no layer yet");
    lines_run(m, "input x 4; dense 3 name=fc");
    refuse(m, "dens 3", RT_ENOENT, "did you mean dense");
    refuse(m, "dense", RT_EINVAL, "dense: 'units' is missing");
    refuse(m, "dense 0", RT_EINVAL, "units");
    refuse(m, "dense 3 unit=4", RT_EINVAL, "unit");
    refuse(m, "dense 3 activation=softmx", RT_ENOENT, "softmax");
    refuse(m, "dense 3 kernel_initializer=glorot", RT_ENOENT, "initializer");
    refuse(m, "dense 3 name=fc", RT_EEXIST, "call fc");
    refuse(m, "dense 3 from=fcc", RT_ENOENT, "did you mean fc?");
    refuse(m, "dropout 1", RT_EINVAL, "rate");
    refuse(m, "add", RT_EINVAL, "add: want at least 2");
    refuse(m, "dense 3 from=x,fc", RT_EINVAL, "dense: 2 layers");
    refuse(m, "input z 0", RT_EINVAL, "at least 1");
    refuse(m, "input z 2x2x2x2x2x2", RT_EINVAL, "6 axes");
    refuse(m, "at nowhere", RT_ENOENT, "no layer 'nowhere'");
    refuse(m, "output x", RT_EINVAL, "'x' is an input");
    refuse(m, "output fc loss=nonsense", RT_ENOENT, "unknown loss");
    refuse(m, "output fc weight=-1", RT_EINVAL, "weight is -1");
    rt_model_free(m);
}

static void names_at_the_prompt_are_plain(void **state)
{
    (void)state;
    static const char *const bad[] = { "a/b", "a:b",  "a,b", "a b", "",
                                       "-a",  "a..b", "a*",  "$a",  "(a)" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(rt_name_check(bad[i], &err), RT_EINVAL);
    assert_int_equal(rt_name_check("a/b", &err), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "name 'a/b' holds '/'");
    assert_int_equal(rt_name_check("enc_1.2-x", &err), 0);
    assert_int_equal(rt_name_check("größe", &err), 0);
    struct rt_model *m = lines_model("input x 4");
    refuse(m, "dense 2 name=a/b", RT_EINVAL, "dense: name 'a/b'");
    m->any_names = true;
    rt_assert_ok(line_run(m, "dense 2 name=a/b", &err), &err);
    rt_model_free(m);
}

static void output_given_twice_changes(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input x 4; dense 2 name=y; output loss=mse weight=2;"
                    "output y weight=3");
    assert_int_equal(m->n_outputs, 1);
    assert_string_equal(m->outputs[0].loss, "mse");
    rt_assert_close(m->outputs[0].weight, 3, 0);
    rt_model_free(m);
}

/* As tf.keras names them. */
static void every_call_of_a_layer_may_be_an_output(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input a 4; input b 4; dense 2 name=y from=a; output;"
                    "call y from=b; output; output y:0 weight=2;"
                    "compile sgd loss=y:mse,y_1:mae");
    assert_int_equal(m->n_outputs, 2);
    assert_string_equal(m->outputs[0].name, "y");
    assert_string_equal(m->outputs[1].name, "y_1");
    rt_assert_close(m->outputs[0].weight, 2, 0);
    assert_int_equal(rt_model_rename(m, "y", "z", NULL), 0);
    assert_string_equal(m->outputs[0].name, "z");
    assert_string_equal(m->compiled->outputs[1].output, "z_1");
    rt_model_free(m);
}

static void a_busy_model_is_left_alone(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 4; dense 2; output loss=mse");
    m->busy = true;
    refuse(m, "dense 2", RT_EBUSY, "is being trained");
    refuse(m, "output", RT_EBUSY, "is being trained");
    refuse(m, "at x", RT_EBUSY, "is being trained");
    refuse(m, "call dense_1", RT_EBUSY, "is being trained");
    refuse(m, "compile sgd", RT_EBUSY, "is being trained");
    assert_int_equal(rt_model_undo(m, 1, &err), RT_EBUSY);
    assert_int_equal(rt_model_redo(m, 1, &err), RT_EBUSY);
    assert_null(rt_model_copy(m, "c", &err));
    rt_model_free(m);
}

/* ---- values -------------------------------------------------------------- */

static void values_depend_on_names_and_seed_alone(void **state)
{
    (void)state;
    struct rt_model *a = lines_model("input x 4; dense 8; dense 3 name=y");
    struct rt_model *b = lines_model("input x 4; dropout 0.5; dense 8;"
                                     "dense 5; at dense_1; dense 3 name=y");
    rt_assert_ok(rt_model_ready(a, &err), &err);
    rt_assert_ok(rt_model_ready(b, &err), &err);
    assert_memory_equal(values(a, "dense_1", 0), values(b, "dense_1", 0),
                        32 * sizeof(float));
    assert_memory_equal(values(a, "y", 0), values(b, "y", 0),
                        24 * sizeof(float));
    float want[24];
    struct rt_key k = rt_key_make(7, RT_FOR_WEIGHTS);
    k = rt_key_text(rt_key_text(rt_key_text(k, "m"), "y"), "kernel");
    rt_init_draw("glorot_uniform", &RT_SHAPE(8, 3), k, want, &err);
    assert_memory_equal(values(a, "y", 0), want, sizeof want);
    rt_model_free(b);
    rt_model_free(a);
}

static void arenas_are_aligned_and_padding_is_zero(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input x 3; dense 5 kernel_initializer=ones "
                    "bias_initializer=ones; dense 2 kernel_initializer=ones "
                    "bias_initializer=ones; output; compile adam loss=mse");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    assert_int_equal((uintptr_t)m->weights % 64, 0);
    assert_int_equal(m->n_slots, 2);
    assert_int_equal(m->n_params, 64);
    double sum = 0;
    for (size_t i = 0; i < m->n_params; i++)
        sum += (double)m->weights[i];
    rt_assert_close(sum, 15 + 5 + 10 + 2, 0);
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_weights; k++)
            assert_int_equal(m->layers[i]->weights[k]->offset % 16, 0);
    assert_int_equal(rt_model_params(m, false), 32);
    rt_model_free(m);
}

static void trainable_ranges_merge_and_leave_out_the_frozen(void **state)
{
    (void)state;
    int n;
    struct rt_model *m =
        lines_model("input x 3; dense 5; dense 2; dense 4; output");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    struct rt_range *r = rt_model_ranges(m, NULL, &n);
    assert_int_equal(n, 1);
    assert_int_equal(r[0].from, 0);
    assert_int_equal(r[0].n, 84); /* the last bias ends at 80 + 4 */
    free(r);
    layer(m, "dense_2")->trainable = false;
    r = rt_model_ranges(m, NULL, &n);
    assert_int_equal(n, 2);
    assert_int_equal(r[0].n, 21);
    assert_int_equal(r[1].from, 64);
    assert_int_equal(r[1].n, 20);
    assert_int_equal(rt_model_params(m, true), 20 + 12);
    free(r);
    rt_model_free(m);
}

static void values_stay_when_layers_are_added(void **state)
{
    (void)state;
    float kernel[12];
    struct rt_model *m = lines_model(
        "input x 4; dense 3 name=y; output loss=mse; compile sgd momentum=0.9");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    values(m, "y", 0)[5] = 42;
    m->slots[0][layer(m, "y")->weights[0]->offset + 2] = 9;
    memcpy(kernel, values(m, "y", 0), sizeof kernel);
    lines_run(m, "at x; dense 7; dense 2");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    assert_memory_equal(values(m, "y", 0), kernel, sizeof kernel);
    rt_assert_close(m->slots[0][layer(m, "y")->weights[0]->offset + 2], 9, 0);
    rt_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_follow_the_cursor),
        cmocka_unit_test(branches_name_what_they_read),
        cmocka_unit_test(automatic_names_take_the_smallest_number_free),
        cmocka_unit_test(dense_works_on_the_last_axis),
        cmocka_unit_test(calling_again_shares_weights),
        cmocka_unit_test(the_longest_name_wins_over_a_call),
        cmocka_unit_test(shapes_that_do_not_fit_are_told_at_once),
        cmocka_unit_test(wrong_words_are_told_and_change_nothing),
        cmocka_unit_test(names_at_the_prompt_are_plain),
        cmocka_unit_test(output_given_twice_changes),
        cmocka_unit_test(every_call_of_a_layer_may_be_an_output),
        cmocka_unit_test(a_busy_model_is_left_alone),
        cmocka_unit_test(values_depend_on_names_and_seed_alone),
        cmocka_unit_test(arenas_are_aligned_and_padding_is_zero),
        cmocka_unit_test(trainable_ranges_merge_and_leave_out_the_frozen),
        cmocka_unit_test(values_stay_when_layers_are_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
