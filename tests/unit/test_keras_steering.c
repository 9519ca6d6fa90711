/* What a steered model holds and Keras has no place for, in a file of Keras'.
 */
#include "model_lines.h"

#include "files/h5_child.h"
#include "files/keras_parts.h"
#include "files/keras_write.h"
#include "nn/steer.h"

#include <jansson.h>

static struct rt_err err;

static const char *file(void)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/m.h5", rt_test_temp());
    return path;
}

static struct rt_model *load(void)
{
    struct rt_model *m;
    if (rt_keras_load(file(), NULL, &m, &err))
        fail_msg("%s", err.text);
    return m;
}

#define STEERED                                                                \
    "input x 4; dense 4 name=a; batch_norm name=n; dense 2 name=y;"            \
    "output loss=mse; at n; dense 2 name=z; output loss=mse;"                  \
    "compile nadam"

static void steer(struct rt_model *m)
{
    struct rt_str says = RT_STR_INIT;
    const char *frozen[] = { "n" };
    struct rt_retire_words retired = { .output = "z" };
    rt_assert_ok(rt_model_freeze(m, frozen, 1, RT_NORM_UPDATE, &says, &err),
                 &err);
    rt_assert_ok(rt_model_rate(m, "a=0.1x", &says, &err), &err);
    rt_assert_ok(rt_model_rate(m, "y=0.3", &says, &err), &err);
    rt_assert_ok(rt_model_retire(m, &retired, &says, &err), &err);
    rt_model_steered(m);
    rt_str_release(&says);
}

static void steering_comes_back_whatever_the_version(void **state)
{
    (void)state;
    static const enum rt_dialect as[] = { RT_KERAS_2_1_6, RT_KERAS_2_3_1,
                                          RT_TF_KERAS_2_4_0 };
    for (int i = 0; i < 3; i++) {
        struct rt_keras_save how = { .as = true, .dialect = as[i] };
        struct rt_model *m = lines_model(STEERED);
        rt_assert_ok(rt_model_ready(m, &err), &err);
        steer(m);
        m->iterations = 7;
        m->m_schedule = 0.25;
        rt_assert_ok(rt_keras_save(m, file(), &how, &err), &err);
        struct rt_model *is = load();
        const struct rt_model_layer *n = rt_model_layer_find(is, "n", &err);
        assert_false(n->trainable);
        assert_int_equal(n->norm, RT_NORM_UPDATE);
        assert_true(rt_model_layer_find(is, "a", &err)->share == 0.1);
        assert_true(rt_model_layer_find(is, "y", &err)->rate == 0.3);
        assert_true(is->outputs[1].retired && !is->outputs[0].retired);
        assert_int_equal(is->iterations, 7);
        assert_true(is->m_schedule == 0.25);
        rt_model_free(is);
        rt_model_free(m);
    }
}

static void a_model_that_is_not_steered_has_no_attribute(void **state)
{
    (void)state;
    struct rt_h5_tree tree;
    struct rt_model *m = lines_model(STEERED);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    rt_assert_ok(rt_keras_save_all(m, file(), &err), &err);
    rt_assert_ok(rt_h5_read(file(), true, &tree, &err), &err);
    const struct rt_h5_item *root = rt_h5_find(&tree, "");
    assert_non_null(rt_h5_attr(root, "model_config"));
    assert_null(rt_h5_attr(root, RT_KERAS_STEERING));
    rt_h5_tree_free(&tree);
    rt_model_free(m);
}

static float *slot_of(const struct rt_model *m, const char *layer)
{
    const struct rt_model_layer *l = rt_model_layer_find(m, layer, &err);
    assert_non_null(l);
    return m->slots[1] + l->weights[0]->offset;
}

static void what_the_optimizer_has_of_frozen_weights_comes_back(void **state)
{
    (void)state;
    struct rt_str says = RT_STR_INIT;
    const char *frozen[] = { "a", "n" };
    struct rt_model *m = lines_model(STEERED);
    rt_assert_ok(rt_model_ready(m, &err), &err);
    m->iterations = 7;
    slot_of(m, "a")[5] = 0.5f;
    slot_of(m, "y")[1] = 0.25f;
    rt_assert_ok(rt_model_freeze(m, frozen, 2, 0, &says, &err), &err);
    rt_model_steered(m);
    rt_assert_ok(rt_keras_save_all(m, file(), &err), &err);
    struct rt_model *is = load();
    assert_true(slot_of(is, "a")[5] == 0.5f);
    assert_true(slot_of(is, "a")[4] == 0);
    assert_true(slot_of(is, "y")[1] == 0.25f);
    rt_model_free(is);
    rt_str_release(&says);
    rt_model_free(m);
}

static void steering_that_lies_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json, *part;
    } lies[] = {
        { "{\"layers\": {\"q\": {}}}", "no layer 'q'" },
        { "{\"layers\": {\"a\": {\"share\": -1}}}", "layer 'a': share" },
        { "{\"layers\": {\"a\": {\"rate\": \"x\"}}}", "layer 'a': rate" },
        { "{\"layers\": {\"n\": {\"bn\": \"x\"}}}", "bn is 'x'" },
        { "{\"layers\": {\"n\": {\"bn\": 3}}}", "bn is ''" },
        { "{\"retired\": [\"a\"]}", "'a' cannot be a retired output" },
        { "{\"retired\": [4]}", "cannot be a retired output" },
        { "{\"retired\": [\"y\", \"z\"]}", "'z' cannot be" },
        { "{\"iterations\": -4}", "iterations is no count" },
        { "{\"iterations\": 4, \"m_schedule\": {}}", "m_schedule is no" },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct rt_model *m = lines_model(STEERED);
        json_t *v = json_loads(lies[i].json, 0, NULL);
        assert_non_null(v);
        assert_true(rt_keras_take_steering(m, v, &err) != 0);
        if (!strstr(err.text, lies[i].part))
            fail_msg("%s: %s", lies[i].json, err.text);
        json_decref(v);
        rt_model_free(m);
    }
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steering_comes_back_whatever_the_version),
        cmocka_unit_test(a_model_that_is_not_steered_has_no_attribute),
        cmocka_unit_test(what_the_optimizer_has_of_frozen_weights_comes_back),
        cmocka_unit_test(steering_that_lies_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
