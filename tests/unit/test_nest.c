/* Models within a model: their layers, values and names, uses, copies, undo. */
#include "model_case.h"
#include "nn/edit.h"
#include "nn/fold.h"
#include "nn/steer.h"

#define ENCODER "input x 4; dense 8 relu; dense 3 name=z; output"

static struct rt_model *named(const char *name, const char *lines)
{
    struct rt_model *m = rt_model_new(name, 7);
    lines_run(m, lines);
    return m;
}

/* from: names with commas, NULL: the cursor. */
static struct rt_model_group *nest(struct rt_model *m,
                                   const struct rt_model *inner,
                                   const char *name, const char *from)
{
    const char **v = NULL;
    int n = 0;
    if (from)
        assert_int_equal(rt_list_split(from, &v, &n, &err), 0);
    rt_model_mark(m, "call");
    struct rt_model_group *g = rt_model_nest(m, inner, name, v, n, &err);
    free(v);
    return g;
}

/* Twice the same encoder, joined. */
static struct rt_model *twins(struct rt_model *encoder)
{
    struct rt_model *m = named("m", "input a 4; input b 4");
    assert_non_null(nest(m, encoder, NULL, "a"));
    lines_run(m, "call encoder from=b; concatenate from=encoder:0,encoder:1;"
                 "dense 2 name=out; output loss=mse; compile sgd");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    return m;
}

static void its_layers_are_layers_under_long_names(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", ENCODER), *m = twins(e);
    assert_int_equal(m->n_layers, 6);
    assert_int_equal(layer(m, "encoder/dense_1")->n_calls, 2);
    assert_int_equal(layer(m, "encoder/z")->n_calls, 2);
    assert_int_equal(rt_model_params(m, false), 40 + 27 + 14);
    assert_int_equal(shape_of(m, "encoder")->dim[1], 3);
    assert_string_equal(rt_place_name(&layer(m, "out")->calls[0].in[0]),
                        "concatenate_1");
    assert_string_equal(
        rt_place_name(&layer(m, "concatenate_1")->calls[0].in[0]), "encoder:0");
    rt_model_free(m);
    rt_model_free(e);
}

static void
values_are_those_of_the_inner_model_drawn_before_or_after(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        struct rt_model *e = named("encoder", ENCODER);
        if (before)
            rt_assert_ok(rt_model_ready(e, &err), &err);
        struct rt_model *m = twins(e);
        rt_assert_ok(rt_model_ready(e, &err), &err);
        assert_memory_equal(values(m, "encoder/z", 0), values(e, "z", 0),
                            24 * sizeof(float));
        values(e, "z", 0)[0] = 5;
        assert_true(values(m, "encoder/z", 0)[0] != 5);
        rt_model_free(m);
        rt_model_free(e);
    }
}

static void the_folded_view_has_one_item_for_it(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", ENCODER), *m = twins(e);
    struct rt_fold *f = rt_fold_new(m);
    assert_int_equal(f->n_items, 5);
    assert_string_equal(f->items[2].name, "encoder");
    assert_string_equal(rt_fold_class(&f->items[2]), "Model");
    assert_int_equal(f->items[2].n_calls, 2);
    assert_int_equal(rt_fold_params(&f->items[2]), 67);
    assert_int_equal(f->n_calls, 6);
    assert_int_equal(f->calls[3].call, 1);
    assert_int_equal(f->calls[3].in[0].item, 1);
    assert_int_equal(f->calls[4].in[1].item, 2);
    assert_int_equal(f->calls[4].in[1].call, 1);
    int n;
    struct rt_fold_weight *w = rt_fold_weights(&f->items[2], &n);
    assert_int_equal(n, 4);
    assert_string_equal(w[2].name, "z/kernel");
    rt_fold_weights_free(w, n);
    layer(m, "encoder/dense_1")->trainable = false;
    w = rt_fold_weights(&f->items[2], &n);
    assert_string_equal(w[0].name, "z/kernel");
    assert_string_equal(w[2].name, "dense_1/kernel");
    rt_fold_weights_free(w, n);
    rt_fold_free(f);
    rt_model_free(m);
    rt_model_free(e);
}

static void the_commands_make_it_again(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", ENCODER), *m = twins(e);
    struct rt_str s = RT_STR_INIT;
    rt_model_script(m, &s);
    assert_string_equal(rt_str_c(&s),
                        "model encoder\ninput x 4\ndense 8 relu\n"
                        "dense 3 name=z\noutput z\nmodel m\ninput a 4\n"
                        "input b 4\ncall encoder from=a\n"
                        "call encoder from=b\n"
                        "concatenate from=encoder:0,encoder\n"
                        "dense 2 name=out\noutput out loss=mse\n"
                        "compile sgd loss=mse\n");
    rt_str_release(&s);
    rt_model_free(m);
    rt_model_free(e);
}

static void copies_have_groups_of_their_own(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", ENCODER), *m = twins(e);
    struct rt_model *c = rt_model_copy(m, "c", &err);
    assert_non_null(c);
    assert_true(rt_model_hash(c) == rt_model_hash(m));
    struct rt_model *twin = rt_model_twin(c, &err);
    assert_ptr_equal(layer(twin, "encoder/z")->group, twin->groups[0]);
    rt_model_free(m);
    rt_model_free(e);
    assert_int_equal(rt_group_n_uses(c->groups[0]), 2);
    lines_run(c, "call encoder from=a");
    assert_int_equal(rt_group_n_uses(c->groups[0]), 3);
    assert_int_equal(rt_group_n_uses(twin->groups[0]), 2);
    rt_model_free(twin);
    rt_model_free(c);
}

static void undo_and_redo_take_it_away_and_bring_it_back(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", ENCODER), *m = twins(e);
    uint64_t hash = rt_model_hash(m);
    float was = values(m, "encoder/z", 0)[3] = 9;
    assert_int_equal(rt_model_undo(m, 5, &err), 5);
    assert_int_equal(rt_group_n_uses(m->groups[0]), 1);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_int_equal(m->n_groups, 0);
    assert_int_equal(m->n_layers, 2);
    assert_int_equal(rt_group_layers(m), 2);
    assert_int_equal(rt_model_redo(m, 1, &err), 1);
    assert_int_equal(rt_group_layers(m), 3);
    assert_int_equal(rt_model_redo(m, 5, &err), 5);
    assert_true(rt_model_hash(m) == hash);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    assert_true(values(m, "encoder/z", 0)[3] == was);
    rt_model_free(m);
    rt_model_free(e);
}

static void an_output_of_it_has_its_name(void **state)
{
    (void)state;
    struct rt_model *e = named("two", "input x 4; dense 2 name=p; output;"
                                      "dense 3 name=q from=x; output");
    struct rt_model *m = named("m", "input a 4");
    assert_non_null(nest(m, e, NULL, NULL));
    lines_run(m, "output loss=mse; output two:0:1 loss=mse;"
                 "compile sgd metrics=two_1:mae");
    assert_string_equal(m->outputs[0].name, "two");
    assert_string_equal(m->outputs[1].name, "two_1");
    assert_string_equal(m->compiled->outputs[1].output, "two_1");
    assert_int_equal(m->compiled->outputs[1].n_metrics, 1);
    rt_model_free(m);
    rt_model_free(e);
}

static void
an_output_that_is_left_has_its_name_and_is_made_anew_with_its_own(void **state)
{
    (void)state;
    struct rt_model *e = named("two", "input x 4; dense 2 name=p; output;"
                                      "dense 3 name=q from=x; output");
    struct rt_model *m = named("m", "input a 4");
    assert_non_null(nest(m, e, NULL, NULL));
    lines_run(m, "output; output two:0:1; dense 1 name=end; output;"
                 "compile sgd loss=mse metrics=two_1:mae");
    struct rt_str s = RT_STR_INIT;
    rt_assert_ok(rt_model_retire(m,
                                 &(struct rt_retire_words){ .output = "two",
                                                            .remove = true },
                                 &s, &err),
                 &err);
    assert_int_equal(rt_model_drop_retired(m, "retire", &err), 1);
    assert_string_equal(m->outputs[0].name, "two_1");
    rt_str_clear(&s);
    rt_model_commands(m, &s);
    assert_non_null(strstr(rt_str_c(&s), "output two:0:1\n"));
    assert_non_null(strstr(rt_str_c(&s), "compile sgd loss=two:mse,end:mse "
                                         "metrics=two:mae\n"));
    rt_str_release(&s);
    rt_model_free(m);
    rt_model_free(e);
}

static void what_cannot_be_nested_changes_nothing(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", "input x 4; dense 8");
    struct rt_model *m = named("m", "input a 5");
    uint64_t hash = rt_model_hash(m);
    int nodes = rt_graph_n(m->graph);
    assert_null(nest(m, e, NULL, NULL));
    rt_assert_error(&err, RT_ESTATE, "model 'encoder' has no output yet");
    lines_run(e, "output");
    assert_null(nest(m, m, NULL, NULL));
    rt_assert_error(&err, RT_EINVAL, "model 'm' cannot be within itself");
    assert_null(nest(m, e, NULL, NULL));
    rt_assert_error(&err, RT_ESHAPE,
                    "'encoder': 'a' is (none,5), want (none,4) as the input "
                    "'x' is");
    assert_null(nest(m, e, NULL, "a,a"));
    rt_assert_error(&err, RT_EINVAL, "'encoder': 2 layers to read, want 1");
    assert_null(nest(m, e, "a", NULL));
    rt_assert_error(&err, RT_EEXIST, "layer 'a' exists already");
    assert_null(nest(m, e, "b c", NULL));
    rt_assert_error(&err, RT_EINVAL, "name 'b c' holds ' '");
    e->busy = true;
    assert_null(nest(m, e, NULL, NULL));
    rt_assert_error(&err, RT_EBUSY, "model 'encoder' is being trained");
    e->busy = false;
    assert_true(rt_model_hash(m) == hash);
    assert_int_equal(rt_graph_n(m->graph), nodes);
    assert_int_equal(m->n_groups, 0);
    rt_model_free(m);
    rt_model_free(e);
}

static void its_inside_is_not_read_nor_called(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", ENCODER), *m = twins(e);
    refuse(m, "dense 2 from=encoder/dense_1", RT_EINVAL,
           "'encoder/dense_1' is inside of 'encoder', whose outputs alone");
    refuse(m, "call encoder/z from=a", RT_EINVAL,
           "'encoder/z' is inside of 'encoder', which is called as a whole");
    refuse(m, "output encoder/dense_1", RT_EINVAL, "is inside of 'encoder'");
    refuse(m, "at encoder/dense_1", RT_EINVAL, "is inside of 'encoder'");
    refuse(m, "dense 2 name=encoder", RT_EEXIST, "'encoder' exists already");
    refuse(m, "dense 2 from=encoder:2", RT_ENOENT,
           "'encoder' is called 2 times, want a call of 0 to 1");
    refuse(m, "dense 2 from=encoder:0:1", RT_ENOENT,
           "call 0 of layer 'encoder' gives 1 tensor, want one of 0 to 0");
    rt_model_free(m);
    rt_model_free(e);
}

static void a_model_within_it_comes_too(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", ENCODER);
    struct rt_model *b = named("both", "input l 4; input r 4");
    assert_non_null(nest(b, e, "e", "l"));
    lines_run(b, "call e from=r; add from=e:0,e:1; output");
    struct rt_model *m = named("m", "input a 4; input b 4");
    assert_non_null(nest(m, b, NULL, "a,b"));
    lines_run(m, "dense 1 name=out; output");
    assert_int_equal(layer(m, "both/e/z")->n_calls, 2);
    assert_int_equal(m->n_groups, 1);
    assert_int_equal(m->groups[0]->inner->n_groups, 1);
    bool chosen[6] = { false };
    assert_int_equal(rt_group_choose(m, "both/e", chosen), 2);
    assert_int_equal(rt_group_choose(m, "both/f", chosen), 0);
    assert_int_equal(rt_group_choose(m, "both", chosen), 3);
    struct rt_str s = RT_STR_INIT;
    rt_model_script(m, &s);
    assert_non_null(strstr(rt_str_c(&s), "model encoder\n"));
    assert_non_null(strstr(rt_str_c(&s), "model both\n"));
    assert_non_null(strstr(rt_str_c(&s), "call encoder name=e from=l\n"));
    assert_non_null(strstr(rt_str_c(&s), "call both from=a,b\n"));
    rt_str_release(&s);
    rt_model_free(m);
    rt_model_free(b);
    rt_model_free(e);
}

static void it_is_taken_out_with_the_values_that_it_has(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", ENCODER);
    struct rt_model *b = named("both", "input l 4; input r 4");
    assert_non_null(nest(b, e, "e", "l"));
    lines_run(b, "call e from=r; add from=e:0,e:1; output");
    struct rt_model *m = named("m", "input a 4");
    assert_non_null(nest(m, b, NULL, "a,a"));
    rt_assert_ok(rt_model_ready(m, &err), &err);
    values(m, "both/e/z", 0)[2] = 5;
    layer(m, "both/e/dense_1")->trainable = false;
    struct rt_model *out = rt_group_take_out(m, "both/e", "mine", &err);
    assert_non_null(out);
    assert_string_equal(out->name, "mine");
    assert_int_equal(out->n_layers, 3);
    rt_assert_ok(rt_model_ready(out, &err), &err);
    assert_true(values(out, "z", 0)[2] == 5);
    assert_false(layer(out, "dense_1")->trainable);
    assert_null(rt_group_take_out(m, "both/f", "mine", &err));
    rt_assert_error(&err, RT_ENOENT, "no model 'f' within 'both'");
    m->busy = true;
    assert_null(rt_group_take_out(m, "both", "mine", &err));
    rt_assert_error(&err, RT_EBUSY, "is being trained");
    m->busy = false;
    rt_model_free(out);
    rt_model_free(m);
    rt_model_free(b);
    rt_model_free(e);
}

static void models_of_one_name_have_two_in_the_script(void **state)
{
    (void)state;
    struct rt_model *e = named("part", "input x 4; dense 2; output");
    struct rt_model *f = named("part", "input x 4; dense 3; output");
    struct rt_model *g = named("m", "input x 4; dense 5; output");
    struct rt_model *m = named("m", "input a 4");
    struct rt_str s = RT_STR_INIT;
    assert_non_null(nest(m, e, NULL, "a"));
    assert_non_null(nest(m, e, "alike", "a"));
    assert_non_null(nest(m, f, "other", "a"));
    assert_non_null(nest(m, g, "own", "a"));
    rt_model_script(m, &s);
    assert_string_equal(rt_str_c(&s),
                        "model part\ninput x 4\ndense 2\noutput dense_1\n"
                        "model part_2\ninput x 4\ndense 3\noutput dense_1\n"
                        "model m_2\ninput x 4\ndense 5\noutput dense_1\n"
                        "model m\ninput a 4\ncall part\n"
                        "call part name=alike from=a\n"
                        "call part_2 name=other from=a\n"
                        "call m_2 name=own from=a\n");
    rt_str_release(&s);
    rt_model_free(m);
    rt_model_free(g);
    rt_model_free(f);
    rt_model_free(e);
}

/* ---- edits --------------------------------------------------------------- */

static struct rt_str renewed;

static struct rt_new_layer fresh(const char *type, const char *const *words,
                                 int n)
{
    rt_str_clear(&renewed);
    return (struct rt_new_layer){
        .type = rt_layer_find(type, NULL),
        .words = words,
        .n_words = n,
        .trainable = true,
    };
}

static struct rt_model_layer *insert(struct rt_model *m, const char *place,
                                     bool before, const char *word)
{
    struct rt_new_layer made = fresh("dropout", &word, 1);
    rt_model_mark(m, "layer insert");
    return rt_model_insert(m, place, before, &made, &renewed, &err);
}

static void assert_undone(struct rt_model *m, uint64_t hash)
{
    uint64_t now = rt_model_hash(m);
    assert_int_equal(rt_model_undo(m, 1, &err), 1);
    assert_true(rt_model_hash(m) == hash);
    assert_int_equal(rt_model_redo(m, 1, &err), 1);
    assert_true(rt_model_hash(m) == now);
}

static const char *reads(struct rt_model *m, const char *name, int call, int i)
{
    return rt_place_name(&layer(m, name)->calls[call].in[i]);
}

static void layers_come_before_and_behind_one_use(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", ENCODER), *m = twins(e);
    uint64_t hash = rt_model_hash(m);
    assert_non_null(insert(m, "encoder:0", false, "0.5"));
    assert_string_equal(reads(m, "dropout_1", 0, 0), "encoder:0");
    assert_string_equal(reads(m, "concatenate_1", 0, 0), "dropout_1");
    assert_string_equal(reads(m, "concatenate_1", 0, 1), "encoder:1");
    assert_string_equal(m->layers[4]->name, "dropout_1");
    assert_undone(m, hash);
    hash = rt_model_hash(m);
    assert_non_null(insert(m, "encoder", true, "0.2"));
    assert_string_equal(reads(m, "dropout_2", 0, 0), "b");
    assert_string_equal(reads(m, "encoder/dense_1", 1, 0), "dropout_2");
    assert_string_equal(reads(m, "encoder/dense_1", 0, 0), "a");
    assert_undone(m, hash);
    assert_int_equal(rt_group_n_uses(m->groups[0]), 2);
    rt_model_free(m);
    rt_model_free(e);
}

static void it_is_renamed_with_its_layers_and_outputs(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", ENCODER);
    struct rt_model *m = named("m", "input a 4");
    assert_non_null(nest(m, e, NULL, NULL));
    lines_run(m, "output loss=mse; compile sgd metrics=mae");
    uint64_t hash = rt_model_hash(m);
    rt_model_mark(m, "layer rename");
    rt_assert_ok(rt_model_rename(m, "encoder", "front", &err), &err);
    assert_string_equal(m->layers[1]->name, "front/dense_1");
    assert_string_equal(m->groups[0]->name, "front");
    assert_string_equal(m->outputs[0].name, "front");
    assert_string_equal(m->compiled->outputs[0].output, "front");
    assert_undone(m, hash);
    rt_model_undo(m, 1, &err);
    assert_string_equal(m->groups[0]->name, "encoder");
    assert_string_equal(m->outputs[0].name, "encoder");
    assert_non_null(m->compiled);
    rt_model_free(m);
    rt_model_free(e);
}

static void it_leaves_as_a_whole(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", "input x 4; dense 4 relu; dense 4;"
                                          "output");
    struct rt_model *m = twins(e);
    uint64_t hash = rt_model_hash(m);
    float was = values(m, "encoder/dense_2", 0)[0];
    rt_model_mark(m, "layer remove");
    rt_assert_ok(rt_model_remove(m, "encoder", &renewed, &err), &err);
    assert_int_equal(m->n_layers, 4);
    assert_int_equal(m->n_groups, 0);
    assert_string_equal(reads(m, "concatenate_1", 0, 1), "b");
    assert_undone(m, hash);
    rt_model_undo(m, 1, &err);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    assert_true(values(m, "encoder/dense_2", 0)[0] == was);
    rt_model_free(m);
    rt_model_free(e);
}

static void a_layer_takes_its_place(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", ENCODER), *m = twins(e);
    uint64_t hash = rt_model_hash(m);
    const char *words[] = { "3" };
    struct rt_new_layer made = fresh("dense", words, 1);
    rt_model_mark(m, "layer replace");
    assert_non_null(rt_model_replace(m, "encoder", &made, &renewed, &err));
    assert_int_equal(layer(m, "encoder")->n_calls, 2);
    assert_string_equal(reads(m, "concatenate_1", 0, 1), "encoder:1");
    assert_int_equal(m->n_groups, 0);
    assert_undone(m, hash);
    rt_model_free(m);
    rt_model_free(e);
}

static void a_use_reads_other_places_but_not_its_own_result(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", "input x 4; dense 4 relu; dense 4;"
                                          "output");
    struct rt_model *m = twins(e);
    uint64_t hash = rt_model_hash(m);
    const char *from = "encoder:0";
    rt_model_mark(m, "layer reconnect");
    rt_assert_ok(rt_model_reconnect(m, "encoder:1", &from, 1, &renewed, &err),
                 &err);
    assert_string_equal(reads(m, "encoder/dense_1", 1, 0), "encoder:0");
    assert_undone(m, hash);
    hash = rt_model_hash(m);
    from = "concatenate_1";
    assert_int_equal(rt_model_reconnect(m, "encoder", &from, 1, &renewed, &err),
                     RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "would read its own result");
    assert_true(rt_model_hash(m) == hash);
    /* what is inserted behind the first use is read by the second alone */
    assert_non_null(insert(m, "encoder:0", false, "0.5"));
    assert_string_equal(reads(m, "encoder/dense_1", 1, 0), "dropout_1");
    assert_string_equal(reads(m, "encoder/dense_2", 0, 0), "encoder/dense_1:0");
    rt_model_free(m);
    rt_model_free(e);
}

static void uses_are_made_in_their_order_whatever_they_read(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", "input x 4; dense 4; output");
    struct rt_model *m = twins(e);
    const char *from[] = { "encoder:1" };
    assert_int_equal(
        rt_model_reconnect(m, "encoder:0", from, 1, &renewed, &err), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "'encoder' would read its own result");
    rt_model_free(m);
    rt_model_free(e);
}

static void its_inside_is_not_edited(void **state)
{
    (void)state;
    struct rt_model *e = named("encoder", ENCODER), *m = twins(e);
    uint64_t hash = rt_model_hash(m);
    const char *word = "8", *from = "a";
    struct rt_new_layer made = fresh("dense", &word, 1);
    assert_null(insert(m, "encoder/dense_1", false, "0.5"));
    rt_assert_error(&err, RT_EINVAL, "is inside of 'encoder'");
    assert_null(rt_model_replace(m, "encoder/z", &made, &renewed, &err));
    rt_assert_error(&err, RT_EINVAL,
                    "'encoder/z' is inside of 'encoder', which is edited as a "
                    "whole");
    assert_int_equal(rt_model_remove(m, "encoder/z", &renewed, &err),
                     RT_EINVAL);
    assert_int_equal(rt_model_rename(m, "encoder/z", "y", &err), RT_EINVAL);
    assert_int_equal(
        rt_model_reconnect(m, "encoder/dense_1", &from, 1, &renewed, &err),
        RT_EINVAL);
    made.type = rt_layer_find("dense", NULL);
    rt_model_mark(m, "x");
    lines_run(m, "input c 5");
    from = "c";
    assert_int_equal(rt_model_reconnect(m, "encoder", &from, 1, &renewed, &err),
                     RT_ESHAPE);
    rt_assert_error(&err, RT_ESHAPE,
                    "layer 'encoder/dense_1': 'c' is (none,5), want (none,4) "
                    "as the input 'x' is");
    rt_model_undo(m, 1, &err);
    assert_true(rt_model_hash(m) == hash);
    rt_model_free(m);
    rt_model_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_layers_are_layers_under_long_names),
        cmocka_unit_test(
            values_are_those_of_the_inner_model_drawn_before_or_after),
        cmocka_unit_test(the_folded_view_has_one_item_for_it),
        cmocka_unit_test(the_commands_make_it_again),
        cmocka_unit_test(copies_have_groups_of_their_own),
        cmocka_unit_test(undo_and_redo_take_it_away_and_bring_it_back),
        cmocka_unit_test(an_output_of_it_has_its_name),
        cmocka_unit_test(
            an_output_that_is_left_has_its_name_and_is_made_anew_with_its_own),
        cmocka_unit_test(what_cannot_be_nested_changes_nothing),
        cmocka_unit_test(its_inside_is_not_read_nor_called),
        cmocka_unit_test(a_model_within_it_comes_too),
        cmocka_unit_test(it_is_taken_out_with_the_values_that_it_has),
        cmocka_unit_test(models_of_one_name_have_two_in_the_script),
        cmocka_unit_test(layers_come_before_and_behind_one_use),
        cmocka_unit_test(it_is_renamed_with_its_layers_and_outputs),
        cmocka_unit_test(it_leaves_as_a_whole),
        cmocka_unit_test(a_layer_takes_its_place),
        cmocka_unit_test(a_use_reads_other_places_but_not_its_own_result),
        cmocka_unit_test(uses_are_made_in_their_order_whatever_they_read),
        cmocka_unit_test(its_inside_is_not_edited),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rt_str_release(&renewed);
    return failed;
}
