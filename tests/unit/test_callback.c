/* Callbacks: names, order of the hooks, verdicts, orders. */
#include "probe_case.h"

/* Notes of which epoch the newest values are. */
static char age_said[256];

static void note_ages(const struct rt_host *h, struct rt_hook *at)
{
    size_t n = strlen(age_said);
    snprintf(age_said + n, sizeof age_said - n, "%d %d %d; ",
             (int)h->metric_epoch(at, "loss"),
             (int)h->metric_epoch(at, "val_loss"),
             (int)h->metric_epoch(at, "lr"));
}

static int age_begin(const struct rt_host *h, struct rt_hook *at,
                     const void *args, void *state)
{
    (void)args;
    (void)state;
    snprintf(age_said, sizeof age_said, "begin ");
    note_ages(h, at);
    return RT_GO_ON;
}

static int age_epoch(const struct rt_host *h, struct rt_hook *at,
                     const void *args, void *state)
{
    size_t n = strlen(age_said);
    (void)args;
    (void)state;
    snprintf(age_said + n, sizeof age_said - n, "%d: ", (int)h->epoch(at));
    note_ages(h, at);
    return RT_GO_ON;
}

static const struct rt_plugin ages = {
    RT_PLUGIN_HEAD,
    .name = "ages",
    .on_train_begin = age_begin,
    .on_epoch_end = age_epoch,
};

static void names_are_made_and_kept_apart(void **state)
{
    (void)state;
    struct rt_attachments a = { 0 }, b = { 0 };
    struct rt_err err = RT_ERR_INIT;
    const char *named[] = { "name=mine", "n=3", "on_error=detach" };
    assert_string_equal(rt_attach(&a, &probe, NULL, 0, &err)->name, "probe");
    assert_string_equal(rt_attach(&a, &probe, NULL, 0, &err)->name, "probe_2");
    assert_string_equal(rt_attach(&a, &probe, named, 3, &err)->name, "mine");
    assert_true(a.v[2].detach && !a.v[1].detach);
    assert_int_equal(((struct probe_args *)a.v[2].args)->n, 3);
    assert_null(rt_attach(&a, &probe, named, 3, &err));
    rt_assert_error(&err, RT_EEXIST, "'mine'");
    assert_null(rt_attach(&a, &probe, (const char *[]){ "m=3" }, 1, &err));
    rt_assert_error(&err, RT_EINVAL, "probe: ");
    assert_null(
        rt_attach(&a, &probe, (const char *[]){ "on_error=cry" }, 1, &err));
    assert_int_equal(a.n, 3);
    assert_int_equal(rt_attachments_copy(&b, &a), 0);
    assert_int_equal(rt_detach(&a, "probe", &err), 0);
    assert_int_equal(rt_detach(&a, "prob_2", &err), RT_ENOENT);
    rt_assert_error(&err, RT_ENOENT, "did you mean probe_2");
    assert_string_equal(rt_attach(&a, &probe, NULL, 0, &err)->name, "probe");
    assert_int_equal(b.n, 3);
    rt_attachments_release(&a);
    rt_attachments_release(&b);
}

static void an_attachment_is_retuned_or_left_alone(void **state)
{
    (void)state;
    struct rt_attachments a = { 0 };
    struct rt_err err = RT_ERR_INIT;
    rt_attach(&a, &probe, (const char *[]){ "n=3", "tag=x" }, 2, &err);
    rt_assert_ok(rt_attachment_set(&a, "probe",
                                   (const char *[]){ "n=4", "on_error=detach" },
                                   2, &err),
                 &err);
    const struct probe_args *args = a.v[0].args;
    assert_int_equal(args->n, 4);
    assert_string_equal(args->tag, "x");
    assert_true(a.v[0].detach);
    assert_int_not_equal(
        rt_attachment_set(&a, "probe", (const char *[]){ "n=0" }, 1, &err), 0);
    assert_int_not_equal(
        rt_attachment_set(&a, "probe", (const char *[]){ "name=b" }, 1, &err),
        0);
    assert_int_equal(((struct probe_args *)a.v[0].args)->n, 4);
    rt_attachments_release(&a);
}

static void hooks_are_called_in_order_of_attachment(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    c.spec.epochs = 1;
    case_attach(&c, &probe, "tag=a");
    case_attach(&c, &probe, "tag=b");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_string_equal(
        said, "a:train_begin b:train_begin a:epoch_begin b:epoch_begin "
              "a:batch_begin b:batch_begin a:batch_end b:batch_end "
              "a:batch_begin b:batch_begin a:batch_end b:batch_end "
              "a:batch_begin b:batch_begin a:batch_end b:batch_end "
              "a:epoch_end b:epoch_end a:train_end b:train_end");
    case_close(&c);
}

static void a_verdict_counts_when_all_hooks_were_called(void **state)
{
    (void)state;
    struct fit_case c;
    char why[128];
    open_small(&c);
    case_attach(&c, &probe, "tag=a at=batch_end n=2 verdict=1 name=early");
    case_attach(&c, &probe, "tag=b");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(rt_run_reason(c.run, why, sizeof why), 0);
    assert_string_equal(why, "early: stop");
    assert_int_equal(calls_of("b:batch_end"), 2);
    assert_int_equal(calls_of("b:train_end"), 1);
    assert_int_equal(c.model->iterations, 2);
    case_close(&c);
}

/* As Keras does when stop_training is set within an epoch: what was trained of
 * it is logged, without a validation. */
static void a_stop_within_an_epoch_ends_the_epoch(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "at=batch_end n=5 verdict=1");
    case_attach(&c, &ages, "");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(calls_of("p:epoch_end"), 2);
    assert_int_equal(case_count(&c, RT_EV_EPOCH), 2);
    const struct rt_event *e = case_event(&c, RT_EV_EPOCH, 1);
    assert_int_equal(e->batch, 2);
    assert_int_equal(e->n_batches, 3);
    assert_true(case_value(&c, e, "loss") ==
                case_event(&c, RT_EV_BATCH, 4)->mean[0]);
    assert_true(isnan(case_value(&c, e, "val_loss")));
    assert_string_equal(age_said, "begin 0 0 0; 1: 1 1 1; 2: 2 1 2; ");
    case_close(&c);
}

static void a_stop_at_the_last_batch_leaves_the_epoch_whole(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "at=batch_end n=3 verdict=1");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(calls_of("epoch_end"), 1);
    assert_false(
        isnan(case_value(&c, case_event(&c, RT_EV_EPOCH, 0), "val_loss")));
    case_close(&c);
}

static void a_stop_at_an_epoch_s_begin_trains_none_of_it(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "at=epoch_begin n=2 verdict=1");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(c.model->iterations, 3);
    assert_int_equal(calls_of("epoch_end"), 1);
    case_close(&c);
}

static void a_stop_before_a_batch_is_heeded_behind_it(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe, "at=batch_begin n=2 verdict=1");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(c.model->iterations, 2);
    case_close(&c);
}

static void a_stop_at_the_end_of_an_epoch_keeps_the_epoch(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    c.spec.epochs = 9;
    case_attach(&c, &probe, "at=epoch_end n=4 verdict=1");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(case_count(&c, RT_EV_EPOCH), 4);
    case_close(&c);
}

static void orders_are_applied_behind_all_hooks(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &probe,
                "at=epoch_begin n=2 name=tuner "
                "order=lr\\ 0.125");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    const struct rt_event *e = case_event(&c, RT_EV_ORDER, 0);
    assert_string_equal(e->who, "tuner");
    assert_string_equal(e->text, "lr 0.01 -> 0.125");
    assert_int_equal(e->code, 0);
    assert_true(e->mark);
    assert_int_equal(e->epoch, 2);
    assert_int_equal(e->batch, 0);
    rt_assert_close(case_value(&c, case_event(&c, RT_EV_EPOCH, 0), "lr"), 0.01,
                    1e-12);
    assert_true(case_value(&c, case_event(&c, RT_EV_EPOCH, 1), "lr") == 0.125);
    case_close(&c);
}

/* Before its batch is done an order belongs to the boundary before it; batch()
 * tells the one under way. */
static int before_batch(const struct rt_host *h, struct rt_hook *at,
                        const void *args, void *state)
{
    int64_t *n = state;
    (void)args;
    if (h->batch(at) != *n % 3 + 1)
        return (h->fail)(at, "batch %d", (int)h->batch(at));
    if (h->metric_epoch(at, "loss") != (*n + 2) / 3)
        return (h->fail)(at, "loss of epoch %d",
                         (int)h->metric_epoch(at, "loss"));
    return ++*n == 2 ? h->order(at, "lr 0.5") : RT_GO_ON;
}

static const struct rt_plugin before = {
    RT_PLUGIN_HEAD,
    .name = "before",
    .state_size = sizeof(int64_t),
    .on_batch_begin = before_batch,
};

static void an_order_before_a_batch_stands_before_it(void **state)
{
    (void)state;
    struct fit_case c;
    open_small(&c);
    case_attach(&c, &before, "");
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    const struct rt_event *e = case_event(&c, RT_EV_ORDER, 0);
    assert_string_equal(e->text, "lr 0.01 -> 0.5");
    assert_int_equal(e->epoch, 1);
    assert_int_equal(e->batch, 1);
    case_close(&c);
}

static void an_order_nobody_knows_is_the_hook_s_error(void **state)
{
    (void)state;
    struct fit_case c;
    char why[256];
    open_small(&c);
    case_attach(&c, &probe, "at=batch_end order=lrr");
    assert_int_equal(case_run(&c), RT_RUN_FAILED);
    assert_int_equal(rt_run_reason(c.run, why, sizeof why), RT_EPLUGIN);
    assert_non_null(strstr(why, "callback 'probe': cannot order: unknown "
                                "order 'lrr'; did you mean lr"));
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_made_and_kept_apart),
        cmocka_unit_test(an_attachment_is_retuned_or_left_alone),
        cmocka_unit_test(hooks_are_called_in_order_of_attachment),
        cmocka_unit_test(a_verdict_counts_when_all_hooks_were_called),
        cmocka_unit_test(a_stop_at_the_end_of_an_epoch_keeps_the_epoch),
        cmocka_unit_test(a_stop_within_an_epoch_ends_the_epoch),
        cmocka_unit_test(a_stop_at_the_last_batch_leaves_the_epoch_whole),
        cmocka_unit_test(a_stop_at_an_epoch_s_begin_trains_none_of_it),
        cmocka_unit_test(a_stop_before_a_batch_is_heeded_behind_it),
        cmocka_unit_test(orders_are_applied_behind_all_hooks),
        cmocka_unit_test(an_order_before_a_batch_stands_before_it),
        cmocka_unit_test(an_order_nobody_knows_is_the_hook_s_error),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
