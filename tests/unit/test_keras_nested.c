/* Models used as layers, to Keras' files and back. */
#include "keras_case.h"

#include "files/keras_parts.h"
#include "files/keras_map.h"
#include "keras_tree.h"

#include <jansson.h>

static struct rt_model *named(const char *name, const char *lines)
{
    struct rt_model *m = rt_model_new(name, 7);
    lines_run(m, lines);
    return m;
}

/* Puts the model of some lines into another; from: one name or two. */
static struct rt_model_group *put(struct rt_model *m, const char *name,
                                  const char *lines, const char *from,
                                  const char *also)
{
    const char *names[] = { from, also };
    struct rt_model *inner = named(name, lines);
    struct rt_model_group *g = rt_model_nest(
        m, inner, name, names, (from != NULL) + (also != NULL), &err);
    if (!g)
        fail_msg("%s: %s", name, err.text);
    rt_model_free(inner);
    return g;
}

static const char two_heads[] =
    "input a 6; dense 5 tanh name=low; batch_norm name=norm; dense 2 name=head;"
    "output norm; output head";

/* Two inputs through one encoder of two outputs. */
static struct rt_model *twin(void)
{
    struct rt_model *m = lines_model("input left 6; input right 6");
    put(m, "encoder", two_heads, "left", NULL);
    lines_run(m, "call encoder from=right; add name=both "
                 "from=encoder:0:0,encoder:1:0; add name=heads "
                 "from=encoder:0:1,encoder:1:1; dense 3 softmax name=kind "
                 "from=both; dense 1 name=size from=heads; output kind; "
                 "output size");
    return m;
}

/* A Sequential in a functional model. */
static struct rt_model *plain(void)
{
    struct rt_model *m = lines_model("input image 5x4x1");
    put(m, "features",
        "input conv2d_1_input 5x4x1; conv2d 3 2 activation=relu; dropout 0.5; "
        "flatten; "
        "output",
        "image", NULL);
    lines_run(m, "dense 2 sigmoid name=top; output");
    return m;
}

static void replace_in_config(struct rt_h5_tree *tree, const char *was,
                              const char *now);

/* A layer and a Sequential behind each other in a Sequential, and one more in
 * this: files of before 2.2.3 have no place for their names. */
static struct rt_model *row(void)
{
    struct rt_model *m = lines_model("input first_input 4; dense 3 name=first");
    struct rt_model *b = named("base", "input low_input 3; dense 3 name=low");
    put(b, "mid", "input dense_1_input 3; dense 3; dense 2; output", NULL,
        NULL);
    lines_run(b, "output");
    assert_non_null(rt_model_nest(m, b, "base", NULL, 0, &err));
    rt_model_free(b);
    lines_run(m, "dense 2 name=last; output");
    rt_model_layer_find(m, "base/mid/dense_1", &err)->share = 0.5;
    return m;
}

/* As Keras 2.1.6 itself writes it. */
static void a_model_without_a_name_has_the_next_one_of_its_class(void **state)
{
    (void)state;
    struct rt_keras_save how = { .as = true, .dialect = RT_KERAS_2_1_6 };
    struct rt_keras_load usual = { 0 };
    struct rt_h5_tree tree;
    struct rt_model *m = row();
    rt_model_layer_find(m, "base/mid/dense_1", &err)->share = 1;
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_ok(rt_keras_save(m, file_at("t.h5"), &how, &err), &err);
    rt_assert_ok(rt_h5_read(file_at("t.h5"), true, &tree, &err), &err);
    replace_in_config(&tree, ", \"name\": \"mid\"", "");
    replace_in_config(&tree, ", \"name\": \"base\"", "");
    struct rt_model *back = rt_keras_model("t.h5", &tree, &usual, &err);
    if (!back)
        fail_msg("%s", err.text);
    assert_non_null(
        rt_model_layer_find(back, "sequential_1/sequential_1/dense_1", &err));
    rt_model_free(back);
    rt_h5_tree_free(&tree);
    rt_model_free(m);
}

/* The first layer of a Sequential is a model. */
static struct rt_model *front(void)
{
    struct rt_model *m = lines_model("input sequential_1_input 4");
    put(m, "sequential_1", "input dense_1_input 4; dense 3; output", NULL,
        NULL);
    lines_run(m, "dense 2 name=last; output");
    return m;
}

/* Three levels, with one more layer at each, used twice in between. */
static struct rt_model *deep(void)
{
    struct rt_model *m = lines_model("input x 4; input y 4");
    struct rt_model *b = named("body", "input p 4; input q 4");
    put(b, "core", "input c 4; dense 4 name=d; batch_norm name=n; output", "p",
        NULL);
    lines_run(b, "call core from=q; add name=sum from=core:0,core:1; dense 4 "
                 "name=d; output");
    const char *from[] = { "x", "y" };
    assert_non_null(rt_model_nest(m, b, "body", from, 2, &err));
    rt_model_free(b);
    lines_run(m, "dense 2 name=d; output; output body");
    return m;
}

/* Masks, states and attention inside. */
static struct rt_model *words(void)
{
    struct rt_model *m = lines_model("input x 4 batch_size=3");
    put(m, "reader",
        "input w 4 batch_size=3; embedding 5 4 mask_zero=yes name=e; "
        "lstm 4 return_sequences=yes stateful=yes name=l; "
        "attention from=l,e name=at; output",
        "x", NULL);
    lines_run(m, "gru 3 name=g; output");
    return m;
}

/* An encoder as for sequences to sequences: the states of one layer are its
 * outputs, and both of its uses are outputs of the whole. */
static struct rt_model *states(void)
{
    struct rt_model *m = lines_model("input a 4x1; input b 4x1");
    put(m, "enc",
        "input w 4x1; lstm 3 return_state=yes name=l; output l:0:1; output "
        "l:0:2",
        "a", NULL);
    lines_run(m, "call enc from=b; dense 2 name=top from=enc:0:1; "
                 "output enc:0; output enc:1:1; output top; compile adam "
                 "loss=enc:mse,enc_1:mae,top:mse loss_weights=enc_1:0.5");
    return m;
}

static const struct {
    const char *name;
    struct rt_model *(*make)(void);
} cases[] = { { "twin", twin },    { "plain", plain }, { "row", row },
              { "front", front },  { "deep", deep },   { "words", words },
              { "states", states } };
enum { N_CASES = sizeof cases / sizeof *cases };

static void models_within_come_back_from_files_of_every_version(void **state)
{
    (void)state;
    for (int i = 0; i < N_CASES; i++) {
        struct rt_model *m = cases[i].make();
        check_round(m, cases[i].name);
        rt_model_free(m);
    }
}

static void freeze(struct rt_model *m, const char *layer)
{
    struct rt_model_layer *l = rt_model_layer_find(m, layer, &err);
    assert_non_null(l);
    l->trainable = false;
}

/* Settings by the names of outputs, slots by the order of weights. */
static void settings_and_slots_come_back(void **state)
{
    (void)state;
    for (int d = 0; d < RT_N_DIALECTS; d++) {
        struct rt_keras_save how = { .as = true,
                                     .dialect = (enum rt_dialect)d };
        struct rt_model *m = deep();
        m->dialect = how.dialect;
        freeze(m, "body/core/d");
        lines_run(m, "compile adam loss=d:mse,body:mae "
                     "loss_weights=d:1,body:0.5 metrics=body:mse");
        rt_assert_ok(rt_model_ready(m, &err), &err);
        m->iterations = 7;
        for (int s = 0; s < m->n_slots; s++)
            for (size_t i = 0; i < m->n_params; i++)
                m->slots[s][i] = (float)i + 0.5F * (float)s;
        check_comes_back(m, &how, "deep");
        rt_model_free(m);
    }
}

static void read_back(const struct rt_model *m, struct rt_h5_tree *tree);

/* Keras 2.3 writes nothing of a model frozen as a whole but that its optimizer
 * has nothing for it. */
static void a_model_frozen_as_a_whole_is_known_by_the_optimizer(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_str notes = RT_STR_INIT;
    struct rt_keras_load how = { .notes = &notes };
    struct rt_model *m = twin();
    freeze(m, "encoder/low");
    freeze(m, "encoder/norm");
    freeze(m, "encoder/head");
    lines_run(m, "compile adam loss=kind:mse,size:mae");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    m->iterations = 7;
    for (int s = 0; s < m->n_slots; s++)
        for (size_t i = 0; i < m->n_params; i++)
            m->slots[s][i] = (float)i + 0.5F * (float)s;
    read_back(m, &tree);
    for (int i = 0; i < 3; i++)
        replace_in_config(&tree, "\"trainable\": false", "\"trainable\": true");
    struct rt_model *back = rt_keras_model("t.h5", &tree, &how, &err);
    if (!back)
        fail_msg("%s", err.text);
    check_same(back, m, "frozen as a whole");
    assert_string_equal(rt_str_c(&notes), "encoder is frozen, as the optimizer "
                                          "has no state for it");
    rt_str_release(&notes);
    rt_model_free(back);
    rt_h5_tree_free(&tree);
    rt_model_free(m);
}

/* ---- how it lies in a file ----------------------------------------------- */

static void read_back(const struct rt_model *m, struct rt_h5_tree *tree)
{
    rt_assert_ok(rt_keras_save(m, file_at("tree.h5"), NULL, &err), &err);
    rt_assert_ok(rt_h5_read(file_at("tree.h5"), true, tree, &err), &err);
}

static void check_names(const struct rt_h5_tree *tree, const char *group,
                        const char *attr, const char *want)
{
    const char **names;
    struct rt_str list = RT_STR_INIT;
    int n;
    rt_assert_ok(
        rt_h5_attr_texts(rt_h5_find(tree, group), attr, &names, &n, &err),
        &err);
    for (int i = 0; i < n; i++)
        rt_str_addf(&list, "%s%s", i ? " " : "", names[i]);
    assert_string_equal(rt_str_c(&list), want);
    rt_str_release(&list);
    free(names);
}

/* As Network.weights of Keras 2.3.1: what learns, then the rest. */
static void weights_lie_in_the_order_of_keras(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_model *m = twin();
    rt_assert_ok(rt_model_ready(m, &err), &err);
    read_back(m, &tree);
    check_names(&tree, "model_weights", "layer_names",
                "left right encoder both heads kind size");
    check_names(&tree, "model_weights/encoder", "weight_names",
                "low/kernel:0 low/bias:0 norm/gamma:0 norm/beta:0 "
                "head/kernel:0 head/bias:0 norm/moving_mean:0 "
                "norm/moving_variance:0");
    rt_h5_tree_free(&tree);
    freeze(m, "encoder/low");
    read_back(m, &tree);
    check_names(&tree, "model_weights/encoder", "weight_names",
                "norm/gamma:0 norm/beta:0 head/kernel:0 head/bias:0 "
                "low/kernel:0 low/bias:0 norm/moving_mean:0 "
                "norm/moving_variance:0");
    rt_h5_tree_free(&tree);
    rt_model_free(m);
}

static json_t *part(json_t *v, const char *key, const char *name)
{
    size_t i;
    json_t *one, *list = json_object_get(v, key);
    json_array_foreach(list, i, one)
    {
        if (!strcmp(json_string_value(json_object_get(one, "name")), name))
            return one;
    }
    fail_msg("no %s", name);
    return NULL;
}

static void check_json(const json_t *v, const char *want)
{
    char *text = rt_keras_text(v);
    assert_string_equal(text, want);
    free(text);
}

/* A model is its own node 0: its uses are 1 and 2. */
static void uses_are_counted_as_in_keras(void **state)
{
    (void)state;
    struct rt_model *m = twin();
    json_t *v = rt_keras_describe(m, RT_KERAS_2_3_1);
    json_t *config = json_object_get(v, "config");
    json_t *encoder = part(config, "layers", "encoder");
    check_json(json_object_get(encoder, "class_name"), "\"Model\"");
    check_json(json_object_get(encoder, "inbound_nodes"),
               "[[[\"left\", 0, 0, {}]], [[\"right\", 0, 0, {}]]]");
    check_json(
        json_object_get(part(config, "layers", "heads"), "inbound_nodes"),
        "[[[\"encoder\", 1, 1, {}], [\"encoder\", 2, 1, {}]]]");
    check_json(
        json_object_get(json_object_get(encoder, "config"), "output_layers"),
        "[[\"norm\", 0, 0], [\"head\", 0, 0]]");
    json_decref(v);
    v = rt_keras_describe(m, RT_TF_KERAS_2_4_0);
    encoder = part(json_object_get(v, "config"), "layers", "encoder");
    check_json(json_object_get(encoder, "class_name"), "\"Functional\"");
    json_decref(v);
    rt_model_free(m);
}

/* Whatever the inner model is called here. */
static void a_model_within_is_called_as_the_layer_that_it_is(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 6"),
                    *inner = named("b", two_heads);
    const char *from[] = { "x" };
    assert_non_null(rt_model_nest(m, inner, "e", from, 1, &err));
    rt_model_free(inner);
    json_t *v = rt_keras_describe(m, RT_KERAS_2_3_1);
    json_t *e = part(json_object_get(v, "config"), "layers", "e");
    check_json(json_object_get(json_object_get(e, "config"), "name"), "\"e\"");
    json_decref(v);
    rt_model_free(m);
}

static void replace_in_config(struct rt_h5_tree *tree, const char *was,
                              const char *now)
{
    const struct rt_h5_item *root = rt_h5_find(tree, "");
    for (int i = 0; i < root->n_attrs; i++) {
        struct rt_h5_attr *a = &root->attrs[i];
        char *at =
            strcmp(a->name, "model_config") ? NULL : strstr(a->text[0], was);
        if (!at)
            continue;
        char *text = rt_xprintf("%.*s%s%s", (int)(at - a->text[0]), a->text[0],
                                now, at + strlen(was));
        free(a->text[0]);
        a->text[0] = text;
        return;
    }
    fail_msg("no %s in the config", was);
}

static struct rt_model *read_tree(const struct rt_h5_tree *tree)
{
    struct rt_keras_load usual = { 0 };
    struct rt_model *m = rt_keras_model("t.h5", tree, &usual, &err);
    if (!m)
        fail_msg("%s", err.text);
    return m;
}

/* tf.keras, of a Sequential that had no shape of its own. */
static void a_sequential_without_a_shape_is_read(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_model *m = plain();
    rt_assert_ok(rt_model_ready(m, &err), &err);
    read_back(m, &tree);
    replace_in_config(&tree, "[\"features\", 1, 0, {}]",
                      "[\"features\", 0, 0, {}]");
    replace_in_config(&tree,
                      "\"trainable\": true, \"batch_input_shape\": "
                      "[null, 5, 4, 1]",
                      "\"trainable\": true");
    struct rt_model *back = read_tree(&tree);
    assert_string_equal(back->name, "m");
    check_same(back, m, "without a shape");
    rt_model_free(back);
    rt_h5_tree_free(&tree);
    rt_model_free(m);
}

/* base(x, training=False), as tf.keras advises for a model to build upon: what
 * is frozen in it keeps its averages, what draws or learns cannot. */
static void a_model_called_without_training_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *inner, *frozen, *says;
    } cases_[] = {
        { "input a 6; dense 5 name=d; batch_norm name=n; output", "e/n", NULL },
        { "input a 6; dense 5 name=d; output", NULL, NULL },
        { "input a 4x3; lstm 2 name=l; output", NULL, NULL },
        { "input a 6; dense 5 name=d; batch_norm name=n; output", NULL,
          "where 'e/n' learns" },
        { "input a 6; dropout 0.5 name=d; dense 2; output", NULL,
          "where 'e/d' draws while" },
        { "input a 4x3; lstm 2 dropout=0.5 name=l; output", NULL,
          "where 'e/l' draws while" },
    };
    for (size_t i = 0; i < sizeof cases_ / sizeof *cases_; i++) {
        struct rt_h5_tree tree;
        struct rt_keras_load usual = { 0 };
        bool steps = strstr(cases_[i].inner, "4x3");
        struct rt_model *m = lines_model(steps ? "input x 4x3" : "input x 6");
        put(m, "e", cases_[i].inner, "x", NULL);
        lines_run(m, "output; dense 2 name=end; output");
        if (cases_[i].frozen)
            freeze(m, cases_[i].frozen);
        rt_assert_ok(rt_model_ready(m, &err), &err);
        read_back(m, &tree);
        replace_in_config(&tree, "[\"x\", 0, 0, {}]",
                          "[\"x\", 0, 0, {\"training\": false}]");
        struct rt_model *back = rt_keras_model("t.h5", &tree, &usual, &err);
        if (cases_[i].says) {
            assert_null(back);
            rt_assert_error(&err, RT_EINVAL, cases_[i].says);
        } else if (!back) {
            fail_msg("%s", err.text);
        }
        if (cases_[i].frozen)
            assert_int_equal(rt_model_layer_find(back, "e/n", &err)->norm,
                             RT_NORM_INFER);
        rt_model_free(back);
        rt_h5_tree_free(&tree);
        rt_model_free(m);
    }
}

/* Keras lists what learns first, by what was frozen when it wrote the file: by
 * their order the numbers would go into others of the same shape. */
static void names_tell_what_the_order_does_not(void **state)
{
    (void)state;
    static const char inner[] = "input a 3; dense 3 name=p; dense 3 name=q; "
                                "output";
    struct rt_model *m = lines_model("input x 3");
    put(m, "e", inner, NULL, NULL);
    lines_run(m, "output");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    freeze(m, "e/p");
    rt_assert_ok(rt_weights_save(m, file_at("w.h5"), &err), &err);
    struct rt_model *other = rt_model_copy(m, "other", &err);
    rt_model_layer_find(other, "e/p", NULL)->trainable = true;
    for (size_t i = 0; i < other->n_params; i++)
        other->weights[i] = 0;
    rt_assert_ok(rt_weights_load(other, file_at("w.h5"), NULL, NULL, &err),
                 &err);
    assert_memory_equal(other->weights, m->weights,
                        m->n_params * sizeof(float));
    rt_model_free(other);
    rt_model_free(m);
}

/* Names of others, as Keras makes them unique, say nothing: by order. */
static void other_names_are_paired_by_order(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_model *m = twin();
    rt_assert_ok(rt_model_ready(m, &err), &err);
    read_back(m, &tree);
    const struct rt_h5_item *e = rt_h5_find(&tree, "model_weights/encoder");
    for (int i = 0; i < tree.n; i++) {
        char *slash = strstr(tree.items[i]->path, "/low/");
        if (slash) /* low/kernel:0 is mow/kernel:0 */
            slash[1] = 'm';
    }
    for (int i = 0; i < e->attrs[0].n; i++)
        if (!strncmp(e->attrs[0].text[i], "low/", 4))
            e->attrs[0].text[i][0] = 'm';
    struct rt_h5_tree other = RT_H5_TREE_INIT;
    for (int i = 0; i < tree.n; i++)
        rt_assert_ok(rt_h5_tree_add(&other, tree.items[i], &err), &err);
    struct rt_model *back = read_tree(&other);
    check_same(back, m, "other names");
    rt_model_free(back);
    for (int i = 0; i < tree.n; i++)
        *tree.items[i] = (struct rt_h5_item){ 0 };
    rt_h5_tree_free(&tree);
    rt_h5_tree_free(&other);
    rt_model_free(m);
}

/* A wrapper around a whole model is a model of wrapped layers. */
static void a_model_for_each_step_is_read(void **state)
{
    (void)state;
    static const char inner[] =
        "input i 5x4x1; conv2d 2 2 name=c; batch_norm name=n; flatten name=f; "
        "dense 3 from=f name=p; dense 3 tanh from=f name=q; add from=p,q "
        "name=s; concatenate from=s,p axis=1 name=b; output";
    static const char wrapped[] =
        "input i 3x5x4x1; time_distributed {conv2d 2 2 name=c} name=c; "
        "time_distributed {batch_norm name=n} name=n; "
        "time_distributed {flatten name=f} name=f; "
        "time_distributed {dense 3 name=p} from=f name=p; "
        "time_distributed {dense 3 tanh name=q} from=f name=q; "
        "add from=p,q name=s; concatenate from=s,p axis=2 name=b; output";
    struct rt_h5_tree tree;
    struct rt_model *m = lines_model("input film 3x5x4x1");
    struct rt_model *alone = named("a", inner), *back;
    put(m, "t", wrapped, NULL, NULL);
    lines_run(m, "lstm 2 name=end; output");
    freeze(m, "t/p");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    read_back(m, &tree);

    /* as Keras has it: class TimeDistributed, and the model in its config */
    json_t *v = rt_keras_describe(m, RT_KERAS_2_3_1);
    json_t *t = part(json_object_get(v, "config"), "layers", "t");
    rt_model_layer_find(alone, "p", NULL)->trainable = false;
    json_object_set_new(t, "class_name", json_string("TimeDistributed"));
    json_object_set_new(t, "config",
                        json_pack("{s:s, s:o}", "name", "t", "layer",
                                  rt_keras_describe(alone, RT_KERAS_2_3_1)));
    json_t *end = part(json_object_get(v, "config"), "layers", "end");
    json_object_set_new(end, "inbound_nodes",
                        json_pack("[[[s, i, i, {}]]]", "t", 0, 0));
    char *text = rt_keras_text(v), *was;
    const struct rt_h5_item *root = rt_h5_find(&tree, "");
    for (int i = 0; i < root->n_attrs; i++)
        if (!strcmp(root->attrs[i].name, "model_config")) {
            was = root->attrs[i].text[0];
            root->attrs[i].text[0] = text;
            free(was);
        }
    back = read_tree(&tree);
    check_same(back, m, "for each step");
    check_round(back, "for each step");
    rt_model_free(back);
    json_decref(v);
    rt_h5_tree_free(&tree);
    rt_model_free(alone);
    rt_model_free(m);
}

/* ---- weights from one to the other --------------------------------------- */

static void layers_within_are_mapped_by_their_names(void **state)
{
    (void)state;
    struct rt_model *m = fresh(two_heads), *other = twin();
    rt_assert_ok(rt_model_ready(other, &err), &err);
    const char *into[] = { "*:encoder/*" }, *out[] = { "encoder/*:*" };
    struct rt_weights_how how = { .map = into, .n_map = 1 };
    struct rt_weights_done done;
    const char *files[] = { "apart.h5", "apart.npz" };
    for (int i = 0; i < 2; i++) {
        m->weights[0] = 3 + (float)i;
        rt_assert_ok(rt_weights_save(m, file_at(files[i]), &err), &err);
        rt_assert_ok(
            rt_weights_load(other, file_at(files[i]), &how, &done, &err), &err);
        assert_int_equal(done.layers, 3);
        assert_true(first_of(other, "encoder/low") == first_of(m, "low"));
    }
    how.map = out;
    for (int i = 0; i < 2; i++) {
        other->weights[0] = 5 + (float)i;
        rt_assert_ok(rt_weights_save(other, file_at(files[i]), &err), &err);
        rt_assert_ok(rt_weights_load(m, file_at(files[i]), &how, &done, &err),
                     &err);
        assert_int_equal(done.layers, 3);
        assert_true(first_of(m, "low") == first_of(other, "encoder/low"));
        assert_true(first_of(m, "head") == first_of(other, "encoder/head"));
    }
    rt_model_free(other);
    rt_model_free(m);
}

static void one_layer_within_is_loaded_alone(void **state)
{
    (void)state;
    const char *layers[] = { "encoder/head" }, *map[] = { "encoder:coder" };
    struct rt_model *m = twin(), *other = twin(), *coder;
    struct rt_weights_how how = { .layers = layers, .n_layers = 1 };
    struct rt_weights_done done;
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_ok(rt_model_ready(other, &err), &err);
    for (size_t i = 0; i < m->n_params; i++)
        m->weights[i] = 9;
    const char *files[] = { "one.h5", "one.npz" };
    float low = first_of(other, "encoder/low");
    for (int i = 0; i < 2; i++) {
        rt_assert_ok(rt_weights_save(m, file_at(files[i]), &err), &err);
        rt_assert_ok(
            rt_weights_load(other, file_at(files[i]), &how, &done, &err), &err);
        assert_int_equal(done.layers, 1);
        assert_int_equal(done.weights, 2);
    }
    assert_true(first_of(other, "encoder/head") == 9);
    assert_true(first_of(other, "encoder/low") == low);

    /* a whole model under another name */
    coder = lines_model("input left 6");
    put(coder, "coder", two_heads, "left", NULL);
    lines_run(coder, "output coder");
    rt_assert_ok(rt_model_ready(coder, &err), &err);
    how = (struct rt_weights_how){ .map = map, .n_map = 1 };
    rt_assert_ok(rt_weights_load(coder, file_at("one.h5"), &how, &done, &err),
                 &err);
    assert_int_equal(done.layers, 3);
    assert_true(first_of(coder, "coder/low") == 9);
    rt_model_free(coder);
    rt_model_free(other);
    rt_model_free(m);
}

static void kernels_within_are_turned_from_theano(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 4x4x1"), *back;
    put(m, "a",
        "input i 4x4x1; conv2d 1 2 name=c; reshape 3x3x1; "
        "time_distributed {conv1d 1 2} name=t; conv2d_transpose 1 2 name=u; "
        "locally_connected2d 1 2 name=l; output",
        NULL, NULL);
    lines_run(m, "reshape 2x3x1x1; conv3d 1 2,1,1 name=d; output");
    rt_assert_ok(rt_model_ready(m, &err), &err);
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_weights; k++)
            for (size_t j = 0; j < m->layers[i]->weights[k]->n; j++)
                m->weights[m->layers[i]->weights[k]->offset + j] = (float)j;
    struct rt_h5_tree tree;
    read_back(m, &tree);
    const struct rt_h5_item *top = rt_h5_find(&tree, "model_weights");
    for (int i = 0; i < top->n_attrs; i++)
        if (!strcmp(top->attrs[i].name, "backend")) {
            free(top->attrs[i].text[0]);
            top->attrs[i].text[0] = rt_xstrdup("theano");
        }
    back = read_tree(&tree);
    assert_true(first_of(back, "a/c") == 3);
    assert_true(first_of(back, "a/t") == 1);
    assert_true(first_of(back, "a/u") == 3);
    assert_true(first_of(back, "a/l") == 0);
    assert_true(first_of(back, "d") == 1);
    rt_model_free(back);
    rt_h5_tree_free(&tree);
    rt_model_free(m);
}

/* ---- models that lie ----------------------------------------------------- */

#define INPUT(name)                                                            \
    "{\"name\":\"" name "\",\"class_name\":\"InputLayer\",\"config\":{"        \
    "\"name\":\"" name "\",\"batch_input_shape\":[null,4]},"                   \
    "\"inbound_nodes\":[]}"
#define DENSE(name, from)                                                      \
    "{\"name\":\"" name                                                        \
    "\",\"class_name\":\"Dense\",\"config\":{\"name\":\"" name                 \
    "\",\"units\":4},\"inbound_nodes\":[[" from "]]}"
#define CONFIG(layers, in, out)                                                \
    "\"class_name\":\"Model\",\"config\":{\"name\":\"m\",\"layers\":[" layers  \
    "],\"input_layers\":[" in "],\"output_layers\":[" out "]}"
#define MODEL(layers, in, out) "{" CONFIG(layers, in, out) "}"
#define NEST(name, config, nodes)                                              \
    "{\"name\":\"" name "\"," config ",\"inbound_nodes\":[" nodes "]}"
#define P(name, node, tensor) "[\"" name "\"," node "," tensor "]"
#define X                     P("x", "0", "0")
#define SIMPLE                                                                 \
    CONFIG(INPUT("i") "," DENSE("d", P("i", "0", "0")), P("i", "0", "0"),      \
           P("d", "0", "0"))
#define BEHIND(place)                                                          \
    MODEL(INPUT("x") "," NEST("e", SIMPLE, "[" X "]"), X, place)

static void models_that_lie_get_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *config, *says;
    } lies[] = {
        { BEHIND(P("e", "2", "0")), "node 2 of 'e', which has 2 nodes, the" },
        { BEHIND(P("e", "1", "1")), "gives 1 tensor" },
        { BEHIND(P("e", "1", "-1")), "tensor -1" },
        { BEHIND(P("e", "1", "0") "," P("e", "1", "0")), "'e:0:0' twice" },
        { MODEL(INPUT("x") "," NEST("e", SIMPLE, "[" X "," X "]"), X,
                P("e", "1", "0")),
          "layer 'e'" },
        { MODEL(INPUT("x") "," NEST("e", CONFIG("", "", ""), "[" X "]"), X,
                P("e", "1", "0")),
          "layer 'e': model_config lists no layers" },
        { MODEL(INPUT("x") "," NEST(
                    "e",
                    CONFIG(INPUT("i") "," DENSE("d", P("d", "0", "0")),
                           P("i", "0", "0"), P("d", "0", "0")),
                    "[" X "]"),
                X, P("e", "1", "0")),
          "layer 'e': a cycle" },
        { MODEL(INPUT("x") "," NEST("e", SIMPLE, "[" P("e", "1", "0") "]"), X,
                P("e", "1", "0")),
          "a cycle" },
        { MODEL(INPUT("x") ","
                           "{\"name\":\"t\",\"class_name\":\"Bidirectional\""
                           ",\"config\":{\"name\":\"t\",\"layer\":{" SIMPLE
                           "}},\"inbound_nodes\":[[" X "]]}",
                X, P("t", "0", "0")),
          "wraps a whole model (Model), which TimeDistributed" },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct rt_h5_tree tree;
        struct rt_keras_load usual = { 0 };
        tree_of_config(NULL, lies[i].config, &tree);
        rt_err_clear(&err);
        if (rt_keras_model("lie.h5", &tree, &usual, &err))
            fail_msg("a model of %s", lies[i].config);
        if (!err.code || !strstr(err.text, lies[i].says))
            fail_msg("'%s' for %s, want '%s' in it", err.text, lies[i].config,
                     lies[i].says);
        rt_h5_tree_free(&tree);
    }
}

static void refuse(json_t *config, const char *says)
{
    struct rt_h5_tree tree;
    struct rt_keras_load usual = { 0 };
    char *text = json_dumps(config, 0);
    tree_of_config(NULL, text, &tree);
    assert_null(rt_keras_model("lie.h5", &tree, &usual, &err));
    rt_assert_error(&err, RT_EFORMAT, says);
    rt_h5_tree_free(&tree);
    free(text);
    json_decref(config);
}

static json_t *input_entry(void)
{
    return json_pack("{s:s, s:s, s:{s:s, s:[n, i]}, s:[]}", "name", "x",
                     "class_name", "InputLayer", "config", "name", "x",
                     "batch_input_shape", 4, "inbound_nodes");
}

/* Each level uses the one within it ten times: 10 to the power of the levels
 * would be calls. */
static json_t *bomb(int levels)
{
    json_t *entry =
        json_pack("{s:s, s:s, s:{s:s, s:i}}", "name", "e", "class_name",
                  "Dense", "config", "name", "e", "units", 4);
    for (int i = 0; i <= levels; i++) {
        json_t *calls = json_array();
        for (int k = 0; k < 10; k++)
            json_array_append_new(
                calls, k ? json_pack("[[s, i, i, {}]]", "e", k - 1 + (i > 0), 0)
                         : json_pack("[[s, i, i, {}]]", "x", 0, 0));
        json_object_set_new(entry, "inbound_nodes", calls);
        entry = json_pack(
            "{s:s, s:s, s:{s:s, s:[o, o], s:[[s, i, i]], s:[[s, i, i]]}}",
            "name", "e", "class_name", "Model", "config", "name", "e", "layers",
            input_entry(), entry, "input_layers", "x", 0, 0, "output_layers",
            "e", 9 + (i > 0), 0);
    }
    return entry;
}

static void a_short_file_cannot_ask_for_any_number_of_calls(void **state)
{
    (void)state;
    refuse(bomb(8), "more than 10000 calls of layers");
    json_t *model =
        json_pack("{s:s, s:[]}", "class_name", "Sequential", "config");
    for (int i = 0; i < 60; i++)
        model = json_pack("{s:s, s:[o]}", "class_name", "Sequential", "config",
                          model);
    refuse(model, "models within models over 10 levels");
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_within_come_back_from_files_of_every_version),
        cmocka_unit_test(a_model_without_a_name_has_the_next_one_of_its_class),
        cmocka_unit_test(settings_and_slots_come_back),
        cmocka_unit_test(a_model_frozen_as_a_whole_is_known_by_the_optimizer),
        cmocka_unit_test(weights_lie_in_the_order_of_keras),
        cmocka_unit_test(uses_are_counted_as_in_keras),
        cmocka_unit_test(a_model_within_is_called_as_the_layer_that_it_is),
        cmocka_unit_test(a_sequential_without_a_shape_is_read),
        cmocka_unit_test(a_model_called_without_training_is_read),
        cmocka_unit_test(names_tell_what_the_order_does_not),
        cmocka_unit_test(other_names_are_paired_by_order),
        cmocka_unit_test(a_model_for_each_step_is_read),
        cmocka_unit_test(layers_within_are_mapped_by_their_names),
        cmocka_unit_test(one_layer_within_is_loaded_alone),
        cmocka_unit_test(kernels_within_are_turned_from_theano),
        cmocka_unit_test(models_that_lie_get_a_sentence),
        cmocka_unit_test(a_short_file_cannot_ask_for_any_number_of_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
