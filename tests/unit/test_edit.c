/* Models: layers inserted, replaced, removed, renamed and reconnected. What is
 * not edited keeps its weights and its optimizer's state to the bit. */
#include "model_case.h"
#include "nn/edit.h"

#define BUILT                                                                  \
    "input x 4; dense 3 relu name=a; dense 5 relu name=b;"                     \
    "dense 2 name=out; output loss=mse; compile sgd momentum=0.9"

static struct rt_str renewed;

static struct rt_model *model(const char *lines)
{
    struct rt_model *m = lines_model(lines);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    for (size_t i = 0; i < m->n_params; i++) /* as if trained */
        for (int s = 0; s < m->n_slots; s++)
            m->slots[s][i] = (float)i + 0.5f;
    return m;
}

static struct rt_new_layer fresh(const char *type, const char *name,
                                 const char *const *words, int n)
{
    rt_str_clear(&renewed);
    return (struct rt_new_layer){
        .type = rt_layer_find(type, NULL),
        .name = name,
        .words = words,
        .n_words = n,
        .trainable = true,
    };
}

static struct rt_model_layer *insert(struct rt_model *m, const char *place,
                                     bool before, const char *type,
                                     const char *word)
{
    struct rt_new_layer made = fresh(type, NULL, &word, word ? 1 : 0);
    rt_model_mark(m, "layer insert");
    return rt_model_insert(m, place, before, &made, &renewed, &err);
}

static struct rt_model_layer *replace(struct rt_model *m, const char *name,
                                      const char *type, const char *word)
{
    struct rt_new_layer made = fresh(type, NULL, &word, word ? 1 : 0);
    rt_model_mark(m, "layer replace");
    return rt_model_replace(m, name, &made, &renewed, &err);
}

static int take_away(struct rt_model *m, const char *name)
{
    rt_str_clear(&renewed);
    rt_model_mark(m, "layer remove");
    return rt_model_remove(m, name, &renewed, &err);
}

static int reconnect(struct rt_model *m, const char *name, const char *from)
{
    rt_str_clear(&renewed);
    rt_model_mark(m, "layer reconnect");
    return rt_model_reconnect(m, name, &from, 1, &renewed, &err);
}

/* The numbers of a layer: values, then its first slot. */
struct numbers {
    float v[128];
    size_t n;
};

static struct numbers numbers(struct rt_model *m, const char *name)
{
    struct numbers out = { .n = 0 };
    const struct rt_model_layer *l = layer(m, name);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    for (int i = 0; i < l->n_weights; i++) {
        const struct rt_weight *w = l->weights[i];
        memcpy(out.v + out.n, m->weights + w->offset, w->n * sizeof(float));
        out.n += w->n;
        memcpy(out.v + out.n, m->slots[0] + w->offset, w->n * sizeof(float));
        out.n += w->n;
    }
    assert_true(out.n > 0 && out.n <= 128);
    return out;
}

static void assert_kept(struct rt_model *m, const char *name,
                        const struct numbers *was)
{
    struct numbers now = numbers(m, name);
    assert_int_equal(now.n, was->n);
    assert_memory_equal(now.v, was->v, now.n * sizeof *now.v);
}

static void assert_commands(const struct rt_model *m, const char *want)
{
    char *got = lines_of(m);
    assert_string_equal(got, want);
    free(got);
}

/* ---- insert -------------------------------------------------------------- */

static void an_inserted_layer_leaves_the_others_as_they_are(void **state)
{
    (void)state;
    struct rt_model *m = model(BUILT);
    struct numbers a = numbers(m, "a"), out = numbers(m, "out");
    uint64_t hash = rt_model_hash(m);
    assert_non_null(insert(m, "a", false, "dropout", "0.5"));
    assert_commands(m, "input x 4\ndense 3 relu name=a\ndropout 0.5\n"
                       "dense 5 relu name=b\ndense 2 name=out\n"
                       "output out loss=mse\ncompile sgd momentum=0.9 "
                       "loss=mse\n");
    assert_string_equal(rt_str_c(&renewed), "");
    assert_kept(m, "a", &a);
    assert_kept(m, "out", &out);
    assert_non_null(insert(m, "out", true, "activation", "tanh"));
    assert_kept(m, "out", &out);
    assert_string_equal(m->outputs[0].place.layer->name, "out");
    assert_int_equal(rt_model_undo(m, 2, &err), 2);
    assert_true(rt_model_hash(m) == hash);
    assert_kept(m, "a", &a);
    assert_kept(m, "out", &out);
    assert_int_equal(rt_model_redo(m, 2, &err), 2);
    assert_int_equal(m->n_layers, 6);
    assert_kept(m, "out", &out);
    rt_model_free(m);
}

static void layers_that_read_another_shape_are_renewed_and_named(void **state)
{
    (void)state;
    struct rt_model *m = model(BUILT);
    struct numbers a = numbers(m, "a"), b = numbers(m, "b"),
                   out = numbers(m, "out");
    layer(m, "b")->trainable = false;
    assert_non_null(insert(m, "a", false, "dense", "7"));
    assert_string_equal(rt_str_c(&renewed), "b");
    assert_kept(m, "a", &a);
    assert_kept(m, "out", &out);
    assert_int_equal(layer(m, "b")->weights[0]->shape.dim[0], 7);
    assert_false(layer(m, "b")->trainable);
    assert_non_null(m->compiled);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_kept(m, "a", &a);
    assert_kept(m, "b", &b);
    struct numbers seven;
    assert_int_equal(rt_model_redo(m, 1, &err), 1);
    seven = numbers(m, "dense_1");
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_int_equal(rt_model_redo(m, 1, &err), 1);
    assert_kept(m, "dense_1", &seven);
    rt_model_free(m);
}

static void an_output_with_no_other_reader_moves_on(void **state)
{
    (void)state;
    struct rt_model *m = model(BUILT);
    assert_non_null(insert(m, "out", false, "activation", "softmax"));
    assert_string_equal(m->outputs[0].place.layer->name, "activation_1");
    assert_string_equal(m->compiled->outputs[0].output, "activation_1");
    assert_string_equal(m->compiled->outputs[0].loss, "mse");
    assert_string_equal(m->cursor.layer->name, "activation_1");
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_string_equal(m->compiled->outputs[0].output, "out");
    rt_model_free(m);
    m = model("input x 4; dense 3 name=a; output loss=mse; dense 2 name=b;"
              "output loss=mse; compile sgd momentum=0.9");
    assert_non_null(insert(m, "a", false, "dropout", "0.5"));
    assert_string_equal(m->outputs[0].place.layer->name, "a");
    assert_string_equal(layer(m, "b")->calls[0].in[0].layer->name, "dropout_1");
    rt_model_free(m);
}

/* ---- replace ------------------------------------------------------------- */

static void a_replaced_layer_keeps_its_name_and_its_output(void **state)
{
    (void)state;
    struct rt_model *m = model(BUILT);
    struct numbers a = numbers(m, "a"), out = numbers(m, "out");
    assert_non_null(replace(m, "out", "dense", "6"));
    assert_int_equal(shape_of(m, "out")->dim[1], 6);
    assert_non_null(m->compiled);
    assert_string_equal(rt_str_c(&renewed), "");
    assert_kept(m, "a", &a);
    assert_non_null(replace(m, "b", "dense", "9"));
    assert_string_equal(rt_str_c(&renewed), "out");
    assert_int_equal(rt_model_undo(m, 2, &err), 2);
    assert_kept(m, "out", &out);
    struct rt_new_layer made = fresh("activation", "end", NULL, 0);
    static const char *const softmax = "softmax";
    made.words = &softmax;
    made.n_words = 1;
    assert_non_null(rt_model_replace(m, "out", &made, &renewed, &err));
    assert_string_equal(m->compiled->outputs[0].output, "end");
    rt_model_free(m);
}

static void a_shared_layer_is_replaced_in_all_its_calls(void **state)
{
    (void)state;
    struct rt_model *m =
        model("input x 4; input y 4; dense 3 name=f from=x; call f from=y;"
              "concatenate from=f:0,f:1 name=c; dense 2 name=out;"
              "output loss=mse; compile sgd momentum=0.9");
    assert_non_null(replace(m, "f", "dense", "8"));
    assert_int_equal(layer(m, "f")->n_calls, 2);
    assert_int_equal(shape_of(m, "c")->dim[1], 16);
    assert_string_equal(rt_str_c(&renewed), "out");
    rt_model_free(m);
}

/* ---- remove -------------------------------------------------------------- */

static void what_read_a_removed_layer_reads_what_that_read(void **state)
{
    (void)state;
    struct rt_model *m = model(BUILT);
    struct numbers a = numbers(m, "a"), b = numbers(m, "b"),
                   out = numbers(m, "out");
    rt_assert_ok(take_away(m, "b"), &err);
    assert_string_equal(rt_str_c(&renewed), "out");
    assert_kept(m, "a", &a);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_kept(m, "a", &a);
    assert_kept(m, "b", &b);
    assert_kept(m, "out", &out);
    rt_model_free(m);
}

static void a_removed_output_is_one_no_more_or_moves(void **state)
{
    (void)state;
    struct rt_model *m = model(BUILT);
    rt_assert_ok(take_away(m, "out"), &err);
    assert_string_equal(m->outputs[0].place.layer->name, "b");
    assert_string_equal(m->compiled->outputs[0].output, "b");
    assert_string_equal(m->cursor.layer->name, "b");
    rt_model_free(m);
    m = model("input x 4; dense 3 name=a; output loss=mse; dense 2 name=b;"
              "output loss=mae; compile sgd momentum=0.9");
    rt_assert_ok(take_away(m, "b"), &err);
    assert_int_equal(m->n_outputs, 1);
    assert_int_equal(m->compiled->n_outputs, 1);
    assert_string_equal(m->compiled->outputs[0].loss, "mse");
    rt_model_free(m);
}

static void an_input_that_is_read_is_not_removed(void **state)
{
    (void)state;
    struct rt_model *m =
        model("input x 4; input y 3; dense 3 name=a from=x; dense 3 name=b "
              "from=y; add from=a,b name=s; output loss=mse");
    assert_int_equal(take_away(m, "x"), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "'x' is an input that 'a' reads");
    assert_int_equal(take_away(m, "s"), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "'s' reads 2 layers");
    assert_int_equal(take_away(m, "z"), RT_ENOENT);
    rt_assert_ok(reconnect(m, "b", "a"), &err);
    rt_assert_ok(take_away(m, "y"), &err);
    assert_int_equal(m->n_inputs, 1);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_int_equal(m->n_inputs, 2);
    rt_model_free(m);
}

/* ---- rename -------------------------------------------------------------- */

static void a_renamed_layer_keeps_everything(void **state)
{
    (void)state;
    struct rt_model *m = model(BUILT);
    struct numbers out = numbers(m, "out");
    rt_model_mark(m, "layer rename");
    rt_assert_ok(rt_model_rename(m, "out", "price", &err), &err);
    assert_kept(m, "price", &out);
    assert_string_equal(m->compiled->outputs[0].output, "price");
    assert_int_equal(rt_model_rename(m, "price", "a", &err), RT_EEXIST);
    assert_int_equal(rt_model_rename(m, "price", "b c", &err), RT_EINVAL);
    assert_int_equal(rt_model_rename(m, "none", "c", &err), RT_ENOENT);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_kept(m, "out", &out);
    assert_string_equal(m->compiled->outputs[0].output, "out");
    rt_model_free(m);
}

/* ---- reconnect ----------------------------------------------------------- */

static void a_layer_may_read_one_that_was_made_after_it(void **state)
{
    (void)state;
    struct rt_model *m = model("input x 4; dense 4 name=a; output loss=mse;"
                               "at x; dense 4 name=b; compile sgd "
                               "momentum=0.9");
    struct numbers a = numbers(m, "a"), b = numbers(m, "b");
    rt_assert_ok(reconnect(m, "a", "b"), &err);
    assert_commands(m, "input x 4\ndense 4 name=b\ndense 4 name=a\n"
                       "output a loss=mse\ncompile sgd momentum=0.9 "
                       "loss=mse\n");
    assert_kept(m, "a", &a);
    assert_kept(m, "b", &b);
    uint64_t hash = rt_model_hash(m);
    assert_int_equal(reconnect(m, "b", "a"), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "layer 'b' would read its own result");
    assert_true(rt_model_hash(m) == hash);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_kept(m, "a", &a);
    rt_model_free(m);
}

/* ---- errors -------------------------------------------------------------- */

static void what_does_not_fit_changes_nothing(void **state)
{
    (void)state;
    struct rt_model *m =
        model("input x 4x4x1; conv2d 2 3 name=c; flatten name=f;"
              "dense 2 name=out; output loss=mse; compile sgd momentum=0.9");
    struct numbers c = numbers(m, "c"), out = numbers(m, "out");
    uint64_t hash = rt_model_hash(m);
    struct rt_compiled *settings = m->compiled;
    int nodes = rt_graph_n(m->graph);
    assert_null(insert(m, "x", false, "flatten", NULL));
    rt_assert_error(&err, RT_ESHAPE,
                    "layer 'c': conv2d: input is (none,16), want");
    assert_null(replace(m, "c", "dense", "0"));
    rt_assert_error(&err, RT_EINVAL, "dense: 'units' is 0");
    assert_null(insert(m, "c", false, "add", NULL));
    rt_assert_error(&err, RT_EINVAL, "1 layer to read, want at least 2");
    assert_null(insert(m, "d", false, "dropout", "0.1"));
    rt_assert_error(&err, RT_ENOENT, "no layer 'd'");
    assert_null(insert(m, "x", true, "dropout", "0.1"));
    rt_assert_error(&err, RT_EINVAL, "'x' reads 0 layers, want one");
    assert_true(rt_model_hash(m) == hash);
    assert_int_equal(rt_graph_n(m->graph), nodes);
    assert_ptr_equal(m->compiled, settings);
    assert_kept(m, "c", &c);
    assert_kept(m, "out", &out);
    m->busy = true;
    assert_null(insert(m, "c", false, "dropout", "0.1"));
    rt_assert_error(&err, RT_EBUSY, "is being trained");
    assert_int_equal(rt_model_rename(m, "c", "d", &err), RT_EBUSY);
    m->busy = false;
    rt_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inserted_layer_leaves_the_others_as_they_are),
        cmocka_unit_test(layers_that_read_another_shape_are_renewed_and_named),
        cmocka_unit_test(an_output_with_no_other_reader_moves_on),
        cmocka_unit_test(a_replaced_layer_keeps_its_name_and_its_output),
        cmocka_unit_test(a_shared_layer_is_replaced_in_all_its_calls),
        cmocka_unit_test(what_read_a_removed_layer_reads_what_that_read),
        cmocka_unit_test(a_removed_output_is_one_no_more_or_moves),
        cmocka_unit_test(an_input_that_is_read_is_not_removed),
        cmocka_unit_test(a_renamed_layer_keeps_everything),
        cmocka_unit_test(a_layer_may_read_one_that_was_made_after_it),
        cmocka_unit_test(what_does_not_fit_changes_nothing),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rt_str_release(&renewed);
    return failed;
}
