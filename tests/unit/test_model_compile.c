/* Models: compile. */
#include "model_case.h"

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

static void layers_that_lead_to_no_output_are_found(void **state)
{
    (void)state;
    struct rt_model_layer *idle[8];
    struct rt_model *m = lines_model(two);
    assert_int_equal(rt_model_idle(m, idle), 0);
    lines_run(m, "at a; dense 2 name=c; dense 2 name=d; call b from=x");
    assert_int_equal(rt_model_idle(m, idle), 2);
    assert_string_equal(idle[0]->name, "c");
    assert_string_equal(idle[1]->name, "d");
    lines_run(m, "at d; output");
    assert_int_equal(rt_model_idle(m, idle), 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compile_gathers_losses_weights_and_metrics),
        cmocka_unit_test(compile_tells_what_does_not_fit),
        cmocka_unit_test(layers_that_lead_to_no_output_are_found),
        cmocka_unit_test(recompiling_keeps_slots_of_the_same_optimizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
