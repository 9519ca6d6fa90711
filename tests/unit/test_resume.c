/* Killed at some batch, loaded by another run of a fresh model: the same bits
 * to the end, in weights, optimizer and every later event. */
#include "resume_case.h"

static void a_run_killed_at_any_batch_ends_with_the_same_bits(void **state)
{
    (void)state;
    struct fit_case whole;
    open_two(&whole);
    assert_int_equal(case_run(&whole), RT_RUN_FINISHED);
    assert_true(case_count(&whole, RT_EV_ORDER) > 10);
    for (int64_t k = 1; k < BATCHES * EPOCHS; k += k < 12 ? 1 : 5)
        check_resumed(&whole, k, open_two, NULL);
    check_resumed(&whole, 2 * BATCHES, open_two, NULL);
    check_resumed(&whole, BATCHES * EPOCHS, open_two, NULL);
    case_close(&whole);
}

/* With metrics that stream over the epoch, beside each optimizer. */
static char optimizer_lines[512];
static void open_optimizer(struct fit_case *c)
{
    case_open(c, optimizer_lines, two_labels(180));
    c->spec.epochs = 2;
}

static void every_optimizer_and_metric_goes_on_as_it_was(void **state)
{
    (void)state;
    static const char *const optimizers[] = {
        "sgd momentum=0.9 weight_decay=0.1",
        "adam amsgrad=yes decay=0.01",
        "adamw",
        "adamax",
        "nadam",
        "rmsprop momentum=0.5 centered=yes",
        "adagrad initial_accumulator_value=0.1",
        "adadelta",
    };
    for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++) {
        struct fit_case whole;
        snprintf(optimizer_lines, sizeof optimizer_lines,
                 "input x 2; dense 8 relu name=t; dense 3 softmax name=kind;"
                 "output; at t; dense 1 sigmoid name=size; output;"
                 "compile %s loss=kind:sparse_categorical_crossentropy,"
                 "size:mse metrics=kind:acc,size:r2,size:rmse,size:auc(20)",
                 optimizers[i]);
        open_optimizer(&whole);
        assert_int_equal(case_run(&whole), RT_RUN_FINISHED);
        check_resumed(&whole, 5, open_optimizer, NULL);
        check_resumed(&whole, BATCHES, open_optimizer, NULL);
        check_resumed(&whole, BATCHES + 4, open_optimizer, NULL);
        case_close(&whole);
    }
}

static void resumed_twice_is_as_good_as_once(void **state)
{
    (void)state;
    struct fit_case whole, part;
    struct rt_state_memory *m = NULL;
    open_two(&whole);
    case_run(&whole);
    for (int64_t k = 7; k <= 49; k += 14) {
        struct rt_state_memory *next = rt_state_memory_new();
        open_two(&part);
        case_new(&part);
        if (m)
            rt_assert_ok(load(part.run, m, &part.err), &part.err);
        rt_run_stop_after(part.run, k);
        case_run(&part);
        if (k == 49)
            assert_same_end(&whole, &part, 35);
        save(part.run, next);
        rt_state_memory_free(m);
        m = next;
        case_close(&part);
    }
    rt_state_memory_free(m);
    case_close(&whole);
}

static void a_state_saved_while_it_goes_on_resumes_too(void **state)
{
    (void)state;
    struct fit_case whole, rest;
    struct rt_state_memory *m = rt_state_memory_new();
    open_two(&whole);
    case_new(&whole);
    case_order(&whole, "pause", 2, 4);
    case_start(&whole);
    case_await(&whole, RT_RUN_PAUSED);
    save(whole.run, m);
    const char *words[] = { "resume" };
    rt_assert_ok(
        rt_run_tell(whole.run, "user", words, 1, NULL, NULL, 0, &whole.err),
        &whole.err);
    case_finish(&whole);
    open_two(&rest);
    case_new(&rest);
    rt_assert_ok(load(rest.run, m, &rest.err), &rest.err);
    assert_int_equal(case_run(&rest), RT_RUN_FINISHED);
    assert_same_weights(whole.model, rest.model);
    assert_same_events(&whole, &rest, BATCHES + 4);
    rt_state_memory_free(m);
    case_close(&whole);
    case_close(&rest);
}

static void more_epochs_go_on_from_the_end(void **state)
{
    (void)state;
    struct fit_case whole, first, rest;
    struct rt_state_memory *m = rt_state_memory_new();
    case_open(&whole, NORMED_HEADS, two_labels(180));
    case_open(&first, NORMED_HEADS, two_labels(180));
    case_open(&rest, NORMED_HEADS, two_labels(180));
    whole.spec.epochs = rest.spec.epochs = 4;
    first.spec.epochs = 2;
    case_run(&whole);
    assert_int_equal(case_run(&first), RT_RUN_FINISHED);
    save(first.run, m);
    case_new(&rest);
    rt_assert_ok(load(rest.run, m, &rest.err), &rest.err);
    case_run(&rest);
    assert_int_equal(case_count(&rest, RT_EV_EPOCH), 2);
    assert_same_weights(whole.model, rest.model);
    assert_same_events(&whole, &rest, 2 * BATCHES + 1);
    rt_state_memory_free(m);
    case_close(&whole);
    case_close(&first);
    case_close(&rest);
}

static void the_second_fit_of_a_model_resumes_in_a_fresh_one(void **state)
{
    (void)state;
    struct fit_case c, rest;
    struct rt_state_memory *m = rt_state_memory_new();
    open_two(&c);
    case_run(&c);
    rt_run_free(c.run);
    c.run = NULL;
    rt_assert_ok(!(c.run = rt_run_new(&c.spec, c.bus, &c.err)), &c.err);
    case_order(&c, "pause", 3, 5);
    case_start(&c);
    case_await(&c, RT_RUN_PAUSED);
    save(c.run, m);
    const char *words[] = { "resume" };
    rt_assert_ok(rt_run_tell(c.run, "user", words, 1, NULL, NULL, 0, &c.err),
                 &c.err);
    case_finish(&c);
    open_two(&rest);
    case_new(&rest);
    rt_assert_ok(load(rest.run, m, &rest.err), &rest.err);
    case_run(&rest);
    assert_int_equal(rest.model->n_fits, 2);
    assert_same_weights(c.model, rest.model);
    rt_state_memory_free(m);
    case_close(&c);
    case_close(&rest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimizer_and_metric_goes_on_as_it_was),
        cmocka_unit_test(a_run_killed_at_any_batch_ends_with_the_same_bits),
        cmocka_unit_test(resumed_twice_is_as_good_as_once),
        cmocka_unit_test(a_state_saved_while_it_goes_on_resumes_too),
        cmocka_unit_test(more_epochs_go_on_from_the_end),
        cmocka_unit_test(the_second_fit_of_a_model_resumes_in_a_fresh_one),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
