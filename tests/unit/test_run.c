/* A run: states, orders at their boundaries, what is recorded and replayed. */
#include "run_case.h"

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(rt_run_state_name(RT_RUN_QUEUED), "queued");
    assert_string_equal(rt_run_state_name(RT_RUN_INTERRUPTED), "interrupted");
}

static void it_says_what_it_is(void **state)
{
    (void)state;
    struct fit_case c;
    open_long(&c);
    c.spec.epochs = 1;
    case_new(&c);
    assert_int_equal(rt_run_number(c.run), 1);
    assert_string_equal(rt_run_name(c.run), "case");
    assert_ptr_equal(rt_run_model(c.run), c.model);
    assert_int_equal(rt_run_state(c.run), RT_RUN_QUEUED);
    assert_false(rt_run_over(c.run));
    case_run(&c);
    assert_true(rt_run_over(c.run));
    assert_int_equal(case_event(&c, RT_EV_STATE, 0)->code, RT_RUN_RUNNING);
    assert_int_equal(case_event(&c, RT_EV_STATE, 1)->code, RT_RUN_FINISHED);
    assert_int_equal(case_count(&c, RT_EV_STATE), 2);
    assert_int_equal(rt_run_start(c.run, &c.err), RT_ESTATE);
    case_close(&c);
}

static void stop_ends_it_and_keeps_the_weights(void **state)
{
    (void)state;
    struct fit_case c;
    char says[256], why[256];
    open_long(&c);
    case_start(&c);
    pass_steps(&c, 10);
    rt_assert_ok(case_tell(&c, "stop", says), &c.err);
    assert_string_equal(says, "stops");
    assert_int_equal(case_finish(&c), RT_RUN_STOPPED);
    assert_int_equal(rt_run_reason(c.run, why, sizeof why), 0);
    assert_string_equal(why, "stopped by user");
    assert_true(c.model->iterations >= 10);
    assert_int_equal(case_tell(&c, "stop", says), RT_ESTATE);
    assert_non_null(strstr(c.err.text, "run 1 is over"));
    case_close(&c);
}

static void a_stop_within_an_epoch_gives_the_means_so_far(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50)); /* 3 batches an epoch */
    case_new(&c);
    case_order(&c, "stop", 2, 2);
    assert_int_equal(case_run(&c), RT_RUN_STOPPED);
    assert_int_equal(case_count(&c, RT_EV_EPOCH), 2);
    const struct rt_event *e = case_event(&c, RT_EV_EPOCH, 1);
    const struct rt_event *b = case_event(&c, RT_EV_BATCH, 4);
    assert_int_equal(e->epoch, 2);
    assert_int_equal(e->batch, 2);
    assert_true(case_value(&c, e, "loss") == b->mean[0]);
    assert_true(isnan(case_value(&c, e, "val_loss")));
    case_close(&c);
}

static void a_stop_before_the_first_batch_gives_no_epoch(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50));
    case_new(&c);
    case_order(&c, "stop", 2, 0);
    assert_int_equal(case_run(&c), RT_RUN_STOPPED);
    assert_int_equal(case_count(&c, RT_EV_EPOCH), 1);
    case_close(&c);
}

static void a_pause_holds_until_it_is_resumed(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_snapshot a, b;
    char says[256];
    open_long(&c);
    case_start(&c);
    rt_assert_ok(case_tell(&c, "pause", says), &c.err);
    assert_int_equal(rt_run_state(c.run), RT_RUN_PAUSED);
    assert_int_equal(case_tell(&c, "pause", says), RT_ESTATE);
    assert_non_null(strstr(says, "paused already"));
    rt_run_snapshot(c.run, &a);
    rt_assert_ok(case_tell(&c, "lr 0.5", says), &c.err);
    assert_string_equal(says, "lr 0.01 -> 0.5");
    assert_int_equal(case_tell(&c, "lr x", says), RT_EINVAL);
    rt_run_snapshot(c.run, &b);
    assert_int_equal(a.step, b.step);
    rt_snapshot_release(&a);
    rt_snapshot_release(&b);
    rt_assert_ok(case_tell(&c, "resume", says), &c.err);
    assert_int_equal(rt_run_state(c.run), RT_RUN_RUNNING);
    assert_int_equal(case_tell(&c, "resume", says), RT_ESTATE);
    pass_steps(&c, a.step + 3);
    rt_assert_ok(case_tell(&c, "pause", says), &c.err);
    rt_assert_ok(case_tell(&c, "stop", says), &c.err);
    assert_int_equal(case_finish(&c), RT_RUN_STOPPED);
    case_close(&c);
}

static void a_pause_changes_no_bit(void **state)
{
    (void)state;
    struct fit_case plain, paused;
    char says[256];
    case_open(&plain, SPIRAL_MODEL, spiral(50));
    case_open(&paused, SPIRAL_MODEL, spiral(50));
    case_run(&plain);
    case_new(&paused);
    case_order(&paused, "pause", 1, 2);
    case_order(&paused, "pause", 3, 0);
    case_start(&paused);
    for (int i = 0; i < 2; i++) {
        case_await(&paused, RT_RUN_PAUSED);
        rt_assert_ok(case_tell(&paused, "resume", says), &paused.err);
    }
    case_finish(&paused);
    assert_same_weights(plain.model, paused.model);
    assert_same_events(&plain, &paused, 0);
    case_close(&plain);
    case_close(&paused);
}

static void orders_wait_for_their_boundary(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50));
    case_new(&c);
    case_order(&c, "lr 0.3", 3, 2);
    case_order(&c, "lr 0.1", 2, 0);
    case_order(&c, "lr 0.2", 2, 0);
    case_order(&c, "lr 0.9", 3, 99);
    struct rt_order *late = rt_order_parse("user", "lr 0.9", &c.err);
    late->when_epoch = 9;
    assert_int_equal(rt_run_order(c.run, late, &c.err), RT_EINVAL);
    rt_assert_error(&c.err, RT_EINVAL,
                    "lr: 9:0 lies behind the last epoch, which is 3");
    case_run(&c);
    static const struct {
        int epoch, batch, code;
        const char *text;
    } want[] = {
        { 2, 0, 0, "lr 0.01 -> 0.1" },
        { 2, 0, 0, "lr 0.1 -> 0.2" },
        { 3, 2, 0, "lr 0.2 -> 0.3" },
        { 4, 0, RT_ESTATE, "lr 0.9: 3:99 has passed, run 1 is at 4:0" },
    };
    for (int i = 0; i < 4; i++) {
        const struct rt_event *e = case_event(&c, RT_EV_ORDER, i);
        assert_int_equal(e->epoch, want[i].epoch);
        assert_int_equal(e->batch, want[i].batch);
        assert_int_equal(e->code, want[i].code);
        assert_string_equal(e->text, want[i].text);
    }
    static const double lr[] = { 0.01, 0.2, 0.3 };
    for (int i = 0; i < 3; i++)
        rt_assert_close(case_value(&c, case_event(&c, RT_EV_EPOCH, i), "lr"),
                        lr[i], 1e-12);
    case_close(&c);
}

static void the_rate_stays_with_the_model(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50));
    case_new(&c);
    case_order(&c, "lr 0.3", 1, 1);
    case_run(&c);
    rt_run_free(c.run);
    c.run = NULL;
    c.spec.epochs = 1;
    case_run(&c);
    const struct rt_event *e = case_event(&c, RT_EV_EPOCH, 3);
    assert_true(case_value(&c, e, "lr") == 0.3);
    case_close(&c);
}

static void loss_weights_change_the_total_from_there_on(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, TWO_HEADS, two_labels(100));
    case_new(&c);
    case_order(&c, "loss_weights kind:0,size:3", 2, 1);
    case_order(&c, "loss_weights sise:1", 2, 1);
    case_order(&c, "loss_weights size:-1", 2, 1);
    case_run(&c);
    for (int i = 0; i < case_count(&c, RT_EV_BATCH); i++) {
        const struct rt_event *e = case_event(&c, RT_EV_BATCH, i);
        bool after = e->epoch > 2 || (e->epoch == 2 && e->batch > 1);
        rt_assert_close(e->value[0],
                        (after ? 0 : 1) * case_value(&c, e, "kind_loss") +
                            (after ? 3 : 0.5) * case_value(&c, e, "size_loss"),
                        1e-12);
    }
    assert_string_equal(case_event(&c, RT_EV_ORDER, 0)->text,
                        "loss weights kind 1 -> 0, size 0.5 -> 3");
    assert_int_equal(case_event(&c, RT_EV_ORDER, 1)->code, RT_ENOENT);
    assert_int_equal(case_event(&c, RT_EV_ORDER, 2)->code, RT_EINVAL);
    case_close(&c);
}

/* ---- the recorder -------------------------------------------------------- */

struct record {
    struct rt_run *run;
    int n;
    char text[8][64];
    int64_t id[8], epoch[8], batch[8];
    double lr_then[8];
};

static int note(void *ctx, int run, const struct rt_order *o,
                struct rt_err *err)
{
    struct record *rec = ctx;
    int i = rec->n++;
    assert_int_equal(run, 1);
    snprintf(rec->text[i], sizeof rec->text[i], "%s", o->text);
    rec->id[i] = o->id;
    rec->epoch[i] = o->epoch;
    rec->batch[i] = o->batch;
    return strcmp(o->text, "lr 0.7")
               ? 0
               : rt_fail(err, RT_ENOSPC, "the store is full");
}

static void an_order_is_recorded_before_it_is_applied(void **state)
{
    (void)state;
    struct fit_case c;
    struct record rec = { 0 };
    case_open(&c, SPIRAL_MODEL, spiral(50));
    c.spec.recorder = (struct rt_recorder){ &rec, note };
    case_new(&c);
    case_order(&c, "lr 0.5", 1, 1);
    case_order(&c, "lr 0.7", 1, 2);
    struct rt_order *before = rt_order_parse("user", "lr 0.25", &c.err);
    before->id = 17;
    before->when_epoch = 2;
    assert_int_equal(rt_run_order(c.run, before, &c.err), 17);
    case_order(&c, "lr 0.125", 3, 0);
    case_run(&c);
    assert_int_equal(rec.n, 3); /* the replayed one is not among them */
    assert_string_equal(rec.text[0], "lr 0.5");
    assert_int_equal(rec.id[0], 1);
    assert_int_equal(rec.epoch[0], 1);
    assert_int_equal(rec.batch[0], 1);
    assert_int_equal(rec.id[2], 18);
    const struct rt_event *e = case_event(&c, RT_EV_ORDER, 1);
    assert_int_equal(e->code, RT_ENOSPC);
    assert_string_equal(e->text, "lr 0.7: the store is full");
    e = case_event(&c, RT_EV_ORDER, 2);
    assert_string_equal(e->text, "lr 0.5 -> 0.25");
    case_close(&c);
}

/* At the beginning of the second epoch: halves the rate, and somebody gives an
 * order meanwhile. */
static struct fit_case *meanwhile;

static int halve(const struct rt_host *h, struct rt_hook *at, const void *args,
                 void *state)
{
    (void)args;
    (void)state;
    if (h->epoch(at) != 2)
        return RT_GO_ON;
    if (meanwhile)
        case_order(meanwhile, "lr 0.3", 0, 0);
    return h->order(at, "lr %.17g", h->metric(at, "lr") / 2);
}

static const struct rt_plugin halves = {
    RT_PLUGIN_HEAD,
    .name = "halves",
    .on_epoch_begin = halve,
};

static void an_order_is_replayed_where_it_was_recorded(void **state)
{
    (void)state;
    struct fit_case first, again;
    struct record rec = { 0 };
    case_open(&first, SPIRAL_MODEL, spiral(50));
    case_open(&again, SPIRAL_MODEL, spiral(50));
    case_attach(&first, &halves, "");
    case_attach(&again, &halves, "");
    first.spec.recorder = (struct rt_recorder){ &rec, note };
    meanwhile = &first;
    assert_int_equal(case_run(&first), RT_RUN_FINISHED);
    meanwhile = NULL;
    assert_int_equal(rec.n, 2);
    assert_string_equal(rec.text[1], "lr 0.3");
    case_new(&again);
    case_order(&again, "lr 0.3", rec.epoch[1], rec.batch[1]);
    assert_int_equal(case_run(&again), RT_RUN_FINISHED);
    assert_same_events(&first, &again, 0);
    assert_same_weights(first.model, again.model);
    case_close(&first);
    case_close(&again);
}

/* One that waits for this boundary came before one that is given at it. */
static void orders_of_a_boundary_are_applied_as_they_came(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50));
    case_new(&c);
    case_order(&c, "lr 0.1", 1, 0);
    case_order(&c, "lr 0.2", 0, 0);
    case_order(&c, "lr 0.3", 1, 0);
    case_run(&c);
    static const char *const want[] = {
        "lr 0.01 -> 0.1",
        "lr 0.1 -> 0.2",
        "lr 0.2 -> 0.3",
    };
    for (int i = 0; i < 3; i++)
        assert_string_equal(case_event(&c, RT_EV_ORDER, i)->text, want[i]);
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_have_names),
        cmocka_unit_test(it_says_what_it_is),
        cmocka_unit_test(stop_ends_it_and_keeps_the_weights),
        cmocka_unit_test(a_stop_within_an_epoch_gives_the_means_so_far),
        cmocka_unit_test(a_stop_before_the_first_batch_gives_no_epoch),
        cmocka_unit_test(a_pause_holds_until_it_is_resumed),
        cmocka_unit_test(a_pause_changes_no_bit),
        cmocka_unit_test(orders_wait_for_their_boundary),
        cmocka_unit_test(the_rate_stays_with_the_model),
        cmocka_unit_test(loss_weights_change_the_total_from_there_on),
        cmocka_unit_test(an_order_is_recorded_before_it_is_applied),
        cmocka_unit_test(an_order_is_replayed_where_it_was_recorded),
        cmocka_unit_test(orders_of_a_boundary_are_applied_as_they_came),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
