/* Models used as layers and their files, for tests. */
#ifndef RT_TESTS_KERAS_NESTED_H
#define RT_TESTS_KERAS_NESTED_H
#include "keras_case.h"

#include "files/keras_map.h"
#include "files/keras_parts.h"
#include "keras_tree.h"

#include <jansson.h>

static inline struct rt_model *named(const char *name, const char *lines)
{
    struct rt_model *m = rt_model_new(name, 7);
    lines_run(m, lines);
    return m;
}

/* Puts the model of some lines into another; from: one name or two. */
static inline struct rt_model_group *put(struct rt_model *m, const char *name,
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
static inline struct rt_model *twin(void)
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
static inline struct rt_model *plain(void)
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

/* A layer and a Sequential behind each other in a Sequential, and one more in
 * this: files of before 2.2.3 have no place for their names. */
static inline struct rt_model *row(void)
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

static inline void freeze(struct rt_model *m, const char *layer)
{
    struct rt_model_layer *l = rt_model_layer_find(m, layer, &err);
    assert_non_null(l);
    l->trainable = false;
}

static inline void read_back(const struct rt_model *m, struct rt_h5_tree *tree)
{
    rt_assert_ok(rt_keras_save(m, file_at("tree.h5"), NULL, &err), &err);
    rt_assert_ok(rt_h5_read(file_at("tree.h5"), true, tree, &err), &err);
}

static inline struct rt_model *read_tree(const struct rt_h5_tree *tree)
{
    struct rt_keras_load usual = { 0 };
    struct rt_model *m = rt_keras_model("t.h5", tree, &usual, &err);
    if (!m)
        fail_msg("%s", err.text);
    return m;
}

static inline json_t *part(json_t *v, const char *key, const char *name)
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

#endif
