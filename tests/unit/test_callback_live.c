/* Callbacks that fail, and those changed while the run goes on. */
#include "probe_case.h"

static void a_failing_hook_ends_a_script_s_run(void **state)
{
    (void)state;
    struct fit_case c;
    char why[256];
    open_small(&c);
    case_attach(&c, &probe, "tag=a at=batch_end n=2 verdict=-1");
    case_attach(&c, &probe, "tag=b");
    assert_int_equal(case_run(&c), RT_RUN_FAILED);
    assert_int_equal(rt_run_reason(c.run, why, sizeof why), RT_EPLUGIN);
    assert_string_equal(why, "callback 'probe': on purpose at batch_end");
    assert_int_equal(calls_of("b:batch_end"), 2);
    assert_int_equal(calls_of("train_end"), 0);
    assert_int_equal(case_log(&c, "on purpose")->code, RT_LOG_ERROR);
    case_close(&c);
}

static void a_hook_that_returns_nonsense_fails(void **state)
{
    (void)state;
    struct fit_case c;
    char why[256];
    open_small(&c);
    case_attach(&c, &probe, "at=epoch_end verdict=7");
    assert_int_equal(case_run(&c), RT_RUN_FAILED);
    rt_run_reason(c.run, why, sizeof why);
    assert_non_null(strstr(why, "returned 7"));
    case_close(&c);
}

static void a_failure_at_the_very_end_fails_a_script_s_run(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "at=train_end verdict=-1");
    assert_int_equal(case_run(&c), RT_RUN_FAILED);
    case_close(&c);
    open_small(&c);
    c.spec.pause_on_error = true;
    case_attach(&c, &probe, "at=train_end verdict=-1");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_non_null(case_log(&c, "on purpose"));
    case_close(&c);
}

static void tell(struct fit_case *c, const char *line, int code,
                 const char *says)
{
    char text[256];
    assert_int_equal(case_tell(c, line, text), code);
    assert_non_null(strstr(text, says));
}

static void a_failing_hook_pauses_the_run_at_the_prompt(void **state)
{
    (void)state;
    static const char *const hooks[] = { "train_begin", "epoch_begin",
                                         "batch_begin", "batch_end",
                                         "epoch_end" };
    for (int i = 0; i < 5; i++) {
        struct fit_case c, plain;
        char line[64];
        open_small(&plain);
        case_run(&plain);
        open_small(&c);
        c.spec.pause_on_error = true;
        snprintf(line, sizeof line, "at=%s verdict=-1", hooks[i]);
        case_attach(&c, &probe, line);
        case_start(&c);
        case_await(&c, RT_RUN_PAUSED);
        tell(&c, "resume", 0, "resumed");
        assert_int_equal(case_finish(&c), RT_RUN_FINISHED);
        assert_non_null(case_log(&c, "callback 'probe': on purpose"));
        const struct rt_event *paused = case_event(&c, RT_EV_STATE, 1);
        assert_int_equal(paused->code, RT_RUN_PAUSED);
        assert_non_null(strstr(paused->text, "on purpose"));
        assert_same_weights(plain.model, c.model);
        case_close(&c);
        case_close(&plain);
    }
}

static void a_failure_before_a_batch_holds_before_it(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    c.spec.pause_on_error = true;
    case_attach(&c, &probe, "at=batch_begin n=2 verdict=-1");
    case_start(&c);
    case_await(&c, RT_RUN_PAUSED);
    tell(&c, "stop", 0, "stops");
    assert_int_equal(case_finish(&c), RT_RUN_STOPPED);
    assert_int_equal(case_count(&c, RT_EV_BATCH), 1);
    assert_int_equal(case_event(&c, RT_EV_ORDER, 0)->batch, 1);
    case_close(&c);
}

static void on_error_detach_goes_on_without_it(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe,
                "tag=a at=batch_end n=2 verdict=-1 "
                "on_error=detach");
    case_attach(&c, &probe, "tag=b");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(calls_of("a:batch_end"), 2);
    assert_int_equal(calls_of("b:batch_end"), 6);
    assert_int_equal(case_log(&c, "detached")->code, RT_LOG_WARNING);
    assert_string_equal(case_log(&c, "detached")->who, "probe");
    case_close(&c);
}

static void callbacks_change_while_the_run_goes_on(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "tag=a");
    case_new(&c);
    case_order(&c, "callback_add probe tag=b name=late", 1, 2);
    case_order(&c, "pause", 2, 1);
    case_start(&c);
    case_await(&c, RT_RUN_PAUSED);
    tell(&c, "callback_add probe name=late", RT_EEXIST, "'late'");
    tell(&c, "callback_add nothing", RT_ENOENT, "nothing");
    tell(&c, "callback_set probe n=3 at=batch_end verdict=1", 0, "probe n=3");
    tell(&c, "callback_set probe fixed=2", RT_ESTATE, "'fixed'");
    tell(&c, "callback_set prob n=2", RT_ENOENT, "did you mean probe?");
    tell(&c, "callback_remove late", 0, "late removed");
    tell(&c, "callback_remove late", RT_ENOENT, "late");
    tell(&c, "resume", 0, "resumed");
    assert_int_equal(case_finish(&c), RT_RUN_FINISHED);
    assert_int_equal(calls_of("b:train_begin"), 1);
    assert_int_equal(calls_of("b:batch_end"), 2);
    assert_int_equal(calls_of("a:args"), 1);
    assert_int_equal(calls_of("b:train_end"), 0);
    case_close(&c);
}

static void a_stop_counts_from_a_callback_that_came_late(void **state)
{
    (void)state;
    struct fit_case c;
    char why[128];
    open_small(&c);
    case_attach(&c, &probe, "tag=a");
    case_new(&c);
    case_order(&c, "callback_add probe at=train_begin verdict=1 name=late", 1,
               2);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    rt_run_reason(c.run, why, sizeof why);
    assert_string_equal(why, "late: stop");
    assert_int_equal(c.model->iterations, 2);
    assert_int_equal(calls_of("p:train_end"), 1);
    case_close(&c);
    open_small(&c);
    case_attach(&c, &probe, "");
    case_new(&c);
    case_order(&c, "callback_set probe at=args verdict=1", 2, 1);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    rt_run_reason(c.run, why, sizeof why);
    assert_string_equal(why, "probe: stop");
    assert_int_equal(c.model->iterations, 4);
    case_close(&c);
}

static void a_callback_that_fails_when_added_leaves_nothing(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "");
    case_new(&c);
    case_order(&c,
               "callback_add probe at=train_begin order=lr\\ 0.5 verdict=-1 "
               "name=late",
               1, 1);
    case_order(&c, "callback_set probe at=args order=lr\\ 0.25 verdict=-1", 1,
               2);
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(case_count(&c, RT_EV_ORDER), 2);
    assert_int_equal(case_event(&c, RT_EV_ORDER, 0)->code, RT_EPLUGIN);
    assert_int_equal(case_event(&c, RT_EV_ORDER, 1)->code, RT_EPLUGIN);
    assert_int_equal(calls_of("train_end"), 1);
    case_close(&c);
}

static int say_it_is_here(const struct rt_host *h, struct rt_hook *at,
                          const void *args, void *state)
{
    (void)args;
    (void)state;
    h->status(at, "here");
    return RT_GO_ON;
}

static const struct rt_plugin here = {
    RT_PLUGIN_HEAD,
    .name = "here",
    .on_train_begin = say_it_is_here,
};

static void the_line_of_a_callback_goes_with_it(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_snapshot s;
    open_small(&c);
    c.spec.epochs = 100000;
    case_attach(&c, &here, "");
    case_start(&c);
    tell(&c, "lr 0.01", 0, "");
    rt_run_snapshot(c.run, &s);
    assert_string_equal(s.callbacks, "here\there\n");
    rt_snapshot_release(&s);
    tell(&c, "callback_remove here", 0, "removed");
    rt_run_snapshot(c.run, &s);
    assert_string_equal(s.callbacks, "");
    rt_snapshot_release(&s);
    case_close(&c);
}

/* The plan that the order gives has the batch that was bound to the one before.
 */
static void what_a_hook_freezes_before_a_batch_stays_in_that_batch(void **state)
{
    (void)state;
    struct fit_case c, when;
    open_small(&c);
    case_attach(&c, &probe, "at=batch_begin n=2 {order=freeze dense_1}");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    open_small(&when);
    case_new(&when);
    case_order(&when, "freeze dense_1", 1, 1);
    case_run(&when);
    assert_same_weights(c.model, when.model);
    case_close(&when);
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failing_hook_ends_a_script_s_run),
        cmocka_unit_test(a_hook_that_returns_nonsense_fails),
        cmocka_unit_test(a_failure_at_the_very_end_fails_a_script_s_run),
        cmocka_unit_test(a_failing_hook_pauses_the_run_at_the_prompt),
        cmocka_unit_test(a_failure_before_a_batch_holds_before_it),
        cmocka_unit_test(on_error_detach_goes_on_without_it),
        cmocka_unit_test(callbacks_change_while_the_run_goes_on),
        cmocka_unit_test(a_stop_counts_from_a_callback_that_came_late),
        cmocka_unit_test(a_callback_that_fails_when_added_leaves_nothing),
        cmocka_unit_test(the_line_of_a_callback_goes_with_it),
        cmocka_unit_test(
            what_a_hook_freezes_before_a_batch_stays_in_that_batch),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
