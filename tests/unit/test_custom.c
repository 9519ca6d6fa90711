/* Losses and metrics by expressions: names, labels, values, ownership. */
#include "model_case.h"

#include "graph/plan.h"
#include "nn/objective.h"

static struct rt_customs *define(struct rt_customs *old, bool metric,
                                 const char *name, const char *text)
{
    struct rt_customs *c = rt_customs_define(
        old,
        &(struct rt_custom_words){
            .name = name, .text = text, .metric = metric, .mode = RT_MODE_MAX },
        &err);
    if (!c)
        fail_msg("%s: %s", name, err.text);
    rt_customs_unref(old);
    return c;
}

static int refused(const struct rt_customs *old, bool metric, const char *name,
                   const char *text, const char *says)
{
    struct rt_custom_words w = { .name = name, .text = text, .metric = metric };
    assert_null(rt_customs_define(old, &w, &err));
    if (!strstr(err.text, says))
        fail_msg("'%s' lacks '%s'", err.text, says);
    return err.code;
}

/* One output of 2 units whose value is the input, for labels of y. */
static double measure(const char *text, const float *x, const float *y,
                      int width, int rows)
{
    struct rt_model *m = lines_model("input x 2; activation linear; output");
    m->customs = define(NULL, false, "own", text);
    if (line_run(m, "compile sgd loss=own metrics=own,mse", &err) &&
        line_run(m, "compile sgd loss=own metrics=own", &err))
        fail_msg("%s: %s", text, err.text);
    struct rt_objective *o = rt_objective_new(m, true, &err);
    assert_non_null(o);
    struct rt_objective_output *out = &o->outputs[0];
    assert_int_equal(out->label->shape.dim[1], width);
    struct rt_node *roots[] = { out->loss, out->metrics[0].mean };
    struct rt_plan *p = rt_plan_new(&(struct rt_plan_spec){ .graph = o->graph,
                                                            .roots = roots,
                                                            .n_roots = 2,
                                                            .offset = o->offset,
                                                            .rows = rows },
                                    &err);
    assert_non_null(p);
    const float ones[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
    rt_plan_bind(p, o->inputs[0], x);
    rt_plan_bind(p, out->label, y);
    rt_plan_bind(p, out->sample_weight, ones);
    rt_plan_forward(p, rows, (struct rt_key){ 1 });
    double loss = (double)rt_plan_value(p, roots[0]).v[0];
    rt_assert_close((double)rt_plan_value(p, roots[1]).v[0], loss, 1e-6);
    rt_plan_free(p);
    rt_objective_free(o);
    rt_model_free(m);
    return loss;
}

static void values_are_means_over_the_batch(void **state)
{
    (void)state;
    const float x[4] = { 1, 2, 3, 5 };
    const float y2[4] = { 0, 2, 1, 1 }, y3[6] = { 0, 2, 1, 1, 1, 0 };
    rt_assert_close(measure("mse(y, p)", x, y2, 2, 2), (0.5 + 10) / 2, 1e-6);
    rt_assert_close(measure("mse(y[:, 0:2], p) * y[:, 2]", x, y3, 3, 2), 0.25,
                    1e-6);
    rt_assert_close(measure("sum(abs(y - p))", x, y2, 2, 2), 7, 1e-6);
    rt_assert_close(measure("(y - p)[:, 0:1] ^ 2", x, y2, 2, 2), 2.5, 1e-6);
    rt_assert_close(
        measure("mae(relu(y), p) + huber(y, p, delta=0.5) * 0", x, y2, 2, 2),
        (0.5 + 3) / 2, 1e-6);
    rt_assert_close(
        measure("binary_accuracy(y > 1, p, threshold=1.5)", x, y2, 2, 2), 0.5,
        1e-6);
}

static void what_is_wrong_is_said_when_it_is_defined_or_compiled(void **state)
{
    (void)state;
    struct rt_customs *c = define(NULL, false, "own", "mse(y, p)");
    assert_int_equal(refused(c, true, "own", "1", "'own' is a loss"),
                     RT_EEXIST);
    assert_int_equal(refused(c, false, "mse", "1", "'mse' is built in"),
                     RT_EEXIST);
    refused(c, false, "relu", "1", "built in");
    refused(c, false, "where", "1", "built in");
    refused(c, false, "a b", "1", "name");
    refused(c, false, "other", "mes(y, p)", "did you mean mse?\n    mes(y, p)");
    refused(c, false, "other", "1 +", "it ends here");

    struct rt_model *m = lines_model("input x 2; dense 3 name=kind; output");
    refuse(m, "compile sgd loss=own", RT_ENOENT, "unknown loss 'own'");
    m->customs = c;
    refuse(m, "compile sgd loss=owm", RT_ENOENT, "did you mean own?");
    rt_assert_ok(line_run(m, "compile sgd loss=own metrics=own", &err), &err);
    m->customs = define(m->customs, false, "wide", "y - p");
    refuse(m, "compile sgd loss=wide", RT_ESHAPE,
           "compile: output 'kind': wide: {y - p} gives (none,3), want one "
           "value per sample");
    m->customs = define(m->customs, false, "off", "mean(y[:, 4] + p, axis=-1)");
    refuse(m, "compile sgd loss=off", RT_ESHAPE,
           "off: shapes (none) and (none,3) do not go together");
    m->customs = define(m->customs, false, "count", "precision(y, p)");
    refuse(m, "compile sgd loss=count", RT_EINVAL, "counted over all samples");
    m->customs = define(m->customs, true, "only", "mae(y, p)");
    refuse(m, "compile sgd loss=only", RT_ENOENT, "unknown loss 'only'");
    rt_assert_ok(line_run(m, "compile sgd loss=mse metrics=only", &err), &err);
    rt_model_free(m);
}

static void a_model_keeps_what_it_was_compiled_with(void **state)
{
    (void)state;
    struct rt_model *m = lines_model("input x 2; dense 3 name=kind");
    m->customs = define(NULL, false, "own", "mse(y[:,\n0:3], p) * y[:, 3]");
    m->customs = define(m->customs, true, "idle", "mae(y, p)");
    rt_assert_ok(line_run(m, "output loss=own", &err), &err);
    uint64_t plain = rt_model_hash(m);
    rt_assert_ok(line_run(m, "compile sgd loss=own", &err), &err);
    uint64_t compiled = rt_model_hash(m);
    assert_true(plain != compiled);
    m->customs = define(m->customs, false, "own", "mae(y, p)");
    assert_true(rt_model_hash(m) == compiled);
    struct rt_str text = RT_STR_INIT;
    rt_model_commands(m, &text);
    static const char line[] = "loss own {mse(y[:, 0:3], p) * y[:, 3]}\n";
    if (!strstr(rt_str_c(&text), line))
        fail_msg("'%s' lacks '%s'", rt_str_c(&text), line);
    assert_null(strstr(rt_str_c(&text), "idle"));
    rt_str_release(&text);
    struct rt_model *copy = rt_model_copy(m, "copy", &err);
    assert_true(rt_model_hash(copy) == compiled);
    rt_assert_ok(line_run(m, "compile sgd loss=own", &err), &err);
    assert_true(rt_model_hash(m) != compiled);
    rt_model_free(copy);
    rt_model_free(m);
}

static void outputs_go_by_their_names(void **state)
{
    (void)state;
    struct rt_model *m = lines_model(
        "input x 2; dense 3 name=kind; output; dense 3 name=size from=x; "
        "output");
    m->customs = define(NULL, false, "near",
                        "mse(y, p) + mean((kind - size) ^ 2, axis=-1)");
    rt_assert_ok(line_run(m, "compile sgd loss=kind:near,size:mse", &err),
                 &err);
    m->customs =
        define(m->customs, false, "far", "mse(y, p) + mean(sise, axis=-1)");
    refuse(m, "compile sgd loss=far", RT_ENOENT,
           "unknown name 'sise'; did you mean size?");
    rt_model_free(m);
}

static void a_label_may_be_said(void **state)
{
    (void)state;
    const struct rt_shape said = RT_SHAPE(5);
    struct rt_customs *c = rt_customs_define(
        NULL,
        &(struct rt_custom_words){ .name = "own",
                                   .text = "mse(y[:, :-2], p) * y[:, -1]",
                                   .label = &said },
        &err);
    assert_non_null(c);
    struct rt_shape label = rt_custom_label(c->v[0], &RT_SHAPE(3));
    assert_true(rt_shape_equal(&label, &said));
    struct rt_str text = RT_STR_INIT;
    rt_custom_command(c->v[0], &text);
    assert_string_equal(rt_str_c(&text),
                        "loss own {mse(y[:, :-2], p) * y[:, -1]} label=5\n");
    rt_str_release(&text);
    rt_customs_unref(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_means_over_the_batch),
        cmocka_unit_test(what_is_wrong_is_said_when_it_is_defined_or_compiled),
        cmocka_unit_test(a_model_keeps_what_it_was_compiled_with),
        cmocka_unit_test(outputs_go_by_their_names),
        cmocka_unit_test(a_label_may_be_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
