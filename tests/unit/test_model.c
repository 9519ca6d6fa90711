/* Models: building, names, sharing, errors, values, undo, compile, text. */
#include "model_lines.h"

#include "nn/init.h"

static struct rt_err err;

/* The line fails with code and a text that has part; the model is as before. */
static void refuse(struct rt_model *m, const char *line, int code,
                   const char *part)
{
    uint64_t before = rt_model_hash(m);
    struct rt_place at = m->cursor;
    int nodes = rt_graph_n(m->graph);
    assert_true(line_run(m, line, &err) != 0);
    rt_assert_error(&err, code, part);
    assert_true(rt_model_hash(m) == before);
    assert_ptr_equal(m->cursor.layer, at.layer);
    assert_int_equal(rt_graph_n(m->graph), nodes);
}

static struct rt_model_layer *layer(const struct rt_model *m, const char *name)
{
    struct rt_model_layer *l = rt_model_layer_find(m, name, &err);
    if (!l)
        fail_msg("%s", err.text);
    return l;
}

static const struct rt_shape *shape_of(const struct rt_model *m,
                                       const char *place)
{
    struct rt_place p;
    rt_assert_ok(rt_model_place(m, place, &p, &err), &err);
    return &rt_place_node(&p)->shape;
}

static float *values(const struct rt_model *m, const char *name, int i)
{
    return m->weights + layer(m, name)->weights[i]->offset;
}

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
    struct rt_model *m =
        lines_model("input x 3; dense 2 name=dense_2; dense 2; dense 2");
    assert_string_equal(m->layers[2]->name, "dense_1");
    assert_string_equal(m->layers[3]->name, "dense_3");
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

static void a_layer_is_an_output_by_one_call(void **state)
{
    (void)state;
    struct rt_model *m =
        lines_model("input a 4; input b 4; dense 2 name=y from=a; output;"
                    "call y from=b");
    refuse(m, "output", RT_EEXIST, "activation linear");
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
    struct rt_range *r = rt_model_ranges(m, &n);
    assert_int_equal(n, 1);
    assert_int_equal(r[0].from, 0);
    assert_int_equal(r[0].n, 84); /* the last bias ends at 80 + 4 */
    free(r);
    layer(m, "dense_2")->trainable = false;
    r = rt_model_ranges(m, &n);
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

/* ---- undo ---------------------------------------------------------------- */

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

/* ---- compile ------------------------------------------------------------- */

static const char two[] =
    "input x 4; dense 3 softmax name=a; output; at x; dense 1 name=b; output "
    "loss=mae weight=0.25";

static void compile_gathers_losses_weights_and_metrics(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(two);
    rt_assert_ok(
        line_run(m,
                 "compile adam lr=0.01 loss=a:categorical_crossentropy "
                 "loss_weights=a:2 metrics=acc,b:mse clipnorm=1",
                 &err),
        &err);
    const struct rt_compiled *c = m->compiled;
    assert_string_equal(c->optimizer->name, "adam");
    rt_assert_close(((struct rt_optim_args *)c->args)->lr, 0.01, 1e-12);
    assert_string_equal(c->outputs[0].loss, "categorical_crossentropy");
    assert_string_equal(c->outputs[1].loss, "mae");
    rt_assert_close(c->outputs[0].weight, 2, 0);
    rt_assert_close(c->outputs[1].weight, 0.25, 0);
    assert_int_equal(c->outputs[0].n_metrics, 1);
    assert_int_equal(c->outputs[1].n_metrics, 2);
    assert_string_equal(c->outputs[1].metrics[1], "mse");
    rt_assert_close(c->clip.clipnorm, 1, 0);
    rt_assert_ok(line_run(m, "compile sgd loss=mse,mae loss_weights=1,2", &err),
                 &err);
    assert_string_equal(m->compiled->outputs[1].loss, "mae");
    rt_assert_ok(line_run(m, "compile sgd loss=mse", &err), &err);
    assert_string_equal(m->compiled->outputs[0].loss, "mse");
    assert_string_equal(m->compiled->outputs[1].loss, "mse");
    rt_model_free(m);
}

static void compile_tells_what_does_not_fit(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(two);
    rt_assert_ok(line_run(m, "compile sgd loss=mse", &err), &err);
    refuse(m, "compile adm loss=mse", RT_ENOENT, "compile: unknown optimizer");
    refuse(m, "compile adam momentum=2", RT_EINVAL, "compile: adam:");
    refuse(m, "compile adam loss=c:mse", RT_ENOENT,
           "'c' is no output; outputs are a, b");
    refuse(m, "compile adam loss=a:mse,a:mae", RT_EINVAL, "named twice");
    refuse(m, "compile adam loss=mse,mae,mse", RT_EINVAL, "3 entries for 2");
    refuse(m, "compile adam loss=msee", RT_ENOENT, "output 'a': unknown loss");
    refuse(m, "compile adam loss_weights=a:1", RT_EINVAL,
           "output 'a' has no loss");
    refuse(m, "compile adam metrics=a:acc", RT_EINVAL,
           "output 'a' has no loss");
    refuse(m, "compile adam loss=mse metrics=acc,a:acc", RT_EINVAL,
           "'acc' is given twice");
    refuse(m, "compile adam loss=mse metrics=b:nonsense", RT_ENOENT,
           "output 'b': unknown metric");
    refuse(m, "compile adam loss=mse loss_weights=a:x", RT_EINVAL,
           "output 'a'");
    refuse(m, "compile adam loss=mse metrics=sparse_categorical_accuracy",
           RT_ESHAPE, "label is (none,3)");
    assert_string_equal(m->compiled->optimizer->name, "sgd");
    rt_model_free(m);
    m = lines_model("input x 4; dense 1");
    refuse(m, "compile sgd loss=mse", RT_ESTATE, "has no output");
    lines_run(m, "output");
    refuse(m, "compile sgd", RT_EINVAL, "no output has a loss");
    rt_model_free(m);
}

static void recompiling_keeps_slots_of_the_same_optimizer(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input x 4; dense 1; output loss=mse; compile sgd momentum=0.9");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    m->slots[0][0] = 3;
    m->iterations = 8;
    lines_run(m, "compile sgd momentum=0.5 lr=2");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_close(m->slots[0][0], 3, 0);
    assert_int_equal(m->iterations, 8);
    lines_run(m, "compile sgd momentum=0.5 -reset");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_close(m->slots[0][0], 0, 0);
    assert_int_equal(m->iterations, 0);
    m->slots[0][0] = 3;
    lines_run(m, "compile adam");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_close(m->slots[0][0], 0, 0);
    assert_int_equal(m->n_slots, 2);
    lines_run(m, "compile sgd");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    assert_int_equal(m->n_slots, 0);
    rt_model_free(m);
}

/* ---- copies and text ----------------------------------------------------- */

static const char large[] =
    "input a 4x3\n"
    "input b 12\n"
    "flatten from=a\n"
    "dense 8 relu name=fc\n"
    "call fc from=b\n"
    "concatenate from=fc:0,fc\n"
    "dropout 0.25\n"
    "dense 3 softmax use_bias=no name=kind\n"
    "dense 1 name=size from=dropout_1\n"
    "output kind loss=categorical_crossentropy\n"
    "output size loss=mse weight=0.5\n"
    "compile adam lr=0.01 loss=kind:categorical_crossentropy,size:mse "
    "loss_weights=kind:1,size:0.5 metrics=kind:acc,size:mae "
    "global_clipnorm=1\n";

static void commands_rebuild_the_model(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(large);
    char *text = lines_of(m);
    assert_string_equal(text, large);
    struct rt_model *again = lines_model(text);
    assert_true(rt_model_hash(again) == rt_model_hash(m));
    free(text);
    rt_model_free(again);
    rt_model_free(m);
}

static void commands_quote_names_for_tcl(void **state)
{
    (void)state;
    struct rt_model *m = rt_model_new("m", 1);
    const char *words[] = { "2" }, *from[] = { "in put" };
    m->any_names = true;
    rt_model_input(m, "in put", &RT_SHAPE(3), &err);
    rt_model_input(m, "b", &RT_SHAPE(3), &err);
    rt_model_add(m, rt_layer_find("dense", &err), "my $layer", from, 1, words,
                 1, &err);
    char *text = lines_of(m);
    assert_string_equal(text, "input {in put} 3\ninput b 3\n"
                              "dense 2 {name=my $layer} {from=in put}\n");
    free(text);
    rt_model_free(m);
}

static void the_hash_sees_what_matters(void **state)
{
    (void)state;
    static const char *const other[] = {
        "input x 4; dense 3 relu; output loss=mse; compile sgd lr=0.1",
        "input x 4; dense 3 tanh; output loss=mse; compile sgd lr=0.1",
        "input x 5; dense 3 relu; output loss=mse; compile sgd lr=0.1",
        "input x 4; dense 3 relu name=y; output loss=mse; compile sgd lr=0.1",
        "input x 4; dense 3 relu; output loss=mae; compile sgd lr=0.1",
        "input x 4; dense 3 relu; output loss=mse; compile sgd lr=0.2",
        "input x 4; dense 3 relu; output loss=mse",
    };
    enum { N = sizeof other / sizeof *other };
    uint64_t h[N];
    for (int i = 0; i < N; i++) {
        struct rt_model *m = lines_model(other[i]);
        h[i] = rt_model_hash(m);
        m->layers[0]->trainable = false;
        assert_true(rt_model_hash(m) == h[i]);
        for (int k = 0; k < i; k++)
            assert_true(h[k] != h[i]);
        rt_model_free(m);
    }
}

static void a_copy_is_the_same_and_lives_alone(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(large);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    m->slots[1][3] = 5;
    m->iterations = 4;
    values(m, "fc", 0)[2] = 8;
    layer(m, "fc")->trainable = false;
    struct rt_model *c = rt_model_copy(m, "other", &err);
    assert_non_null(c);
    assert_string_equal(c->name, "other");
    assert_true(rt_model_hash(c) == rt_model_hash(m));
    rt_assert_ok(rt_model_ready(c, &err), &err);
    assert_int_equal(c->n_params, m->n_params);
    assert_memory_equal(c->weights, m->weights, m->n_params * sizeof(float));
    rt_assert_close(c->slots[1][3], 5, 0);
    assert_int_equal(c->iterations, 4);
    assert_false(layer(c, "fc")->trainable);
    rt_model_free(m);
    lines_run(c, "at fc; dense 2");
    rt_assert_ok(rt_model_ready(c, &err), &err);
    rt_assert_close(values(c, "fc", 0)[2], 8, 0);
    rt_model_free(c);
}

static void building_anew_gives_the_same_graph(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(large);
    struct rt_graph *g = rt_graph_new();
    struct rt_node *in[2], *out[2];
    struct rt_weight **by_number;
    rt_assert_ok(rt_model_build(m, g, in, out, &by_number, &err), &err);
    assert_int_equal(rt_graph_n(g), rt_graph_n(m->graph));
    assert_string_equal(in[1]->name, "b");
    assert_true(rt_shape_equal(&out[0]->shape, &RT_SHAPE(RT_DIM_ANY, 3)));
    for (int i = 0; i < rt_graph_n_weights(g); i++)
        assert_ptr_equal(by_number[i], m->by_number[i]);
    for (int i = 0; i < rt_graph_n(g); i++)
        assert_true(rt_graph_node(g, i)->key ==
                    rt_graph_node(m->graph, i)->key);
    free(by_number);
    rt_graph_free(g);
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
        cmocka_unit_test(a_layer_is_an_output_by_one_call),
        cmocka_unit_test(a_busy_model_is_left_alone),
        cmocka_unit_test(values_depend_on_names_and_seed_alone),
        cmocka_unit_test(arenas_are_aligned_and_padding_is_zero),
        cmocka_unit_test(trainable_ranges_merge_and_leave_out_the_frozen),
        cmocka_unit_test(values_stay_when_layers_are_added),
        cmocka_unit_test(undo_and_redo_go_step_by_step),
        cmocka_unit_test(a_new_edit_ends_redo_but_a_failed_one_does_not),
        cmocka_unit_test(weights_and_slots_come_back_with_redo),
        cmocka_unit_test(slots_of_another_optimizer_do_not_come_back),
        cmocka_unit_test(undo_of_a_call_and_of_an_output),
        cmocka_unit_test(compile_settings_follow_the_outputs),
        cmocka_unit_test(only_the_last_steps_are_remembered),
        cmocka_unit_test(compile_gathers_losses_weights_and_metrics),
        cmocka_unit_test(compile_tells_what_does_not_fit),
        cmocka_unit_test(recompiling_keeps_slots_of_the_same_optimizer),
        cmocka_unit_test(commands_rebuild_the_model),
        cmocka_unit_test(commands_quote_names_for_tcl),
        cmocka_unit_test(the_hash_sees_what_matters),
        cmocka_unit_test(a_copy_is_the_same_and_lives_alone),
        cmocka_unit_test(building_anew_gives_the_same_graph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
