/* What reaches a training thread besides orders: a hold, an abort, and waiting
 * for an answer no longer. */
#include "fit_case.h"

#include "train/run_private.h"

#include <sched.h>
#include <semaphore.h>

static struct {
    struct rt_run *run;
    int at_batch;     /* of all, from 1 */
    sem_t inside, go; /* of the hook that waits */
} hook;

/* Before a batch: aborts the run it belongs to. */
static int aborting(const struct rt_host *h, struct rt_hook *at,
                    const void *args, void *state)
{
    int64_t *n = state;
    (void)h;
    (void)at;
    (void)args;
    if (++*n == hook.at_batch)
        rt_run_abort(hook.run);
    return RT_GO_ON;
}

static const struct rt_plugin aborter = {
    RT_PLUGIN_HEAD,
    .name = "aborter",
    .state_size = sizeof(int64_t),
    .on_batch_begin = aborting,
};

static int waiting(const struct rt_host *h, struct rt_hook *at,
                   const void *args, void *state)
{
    (void)h;
    (void)at;
    (void)args;
    (void)state;
    sem_post(&hook.inside);
    sem_wait(&hook.go);
    return RT_GO_ON;
}

static const struct rt_plugin waiter = {
    RT_PLUGIN_HEAD,
    .name = "waiter",
    .on_train_begin = waiting,
};

static int slowing(const struct rt_host *h, struct rt_hook *at,
                   const void *args, void *state)
{
    (void)args;
    (void)state;
    if (h->epoch(at) == 2)
        h->order(at, "lr 0.25");
    return RT_GO_ON;
}

static const struct rt_plugin slower = {
    RT_PLUGIN_HEAD,
    .name = "slower",
    .on_epoch_end = slowing,
};

static void open_long(struct fit_case *c)
{
    case_open(c, SPIRAL_MODEL, spiral(60)); /* 3 batches an epoch */
    c->spec.epochs = 100000000;
}

static void an_aborted_batch_leaves_no_trace(void **state)
{
    (void)state;
    struct fit_case stopped, aborted;
    char why[64];
    open_long(&stopped);
    case_new(&stopped);
    case_order(&stopped, "stop", 2, 1);
    case_run(&stopped);
    open_long(&aborted);
    case_attach(&aborted, &aborter, "");
    case_new(&aborted);
    hook.run = aborted.run;
    hook.at_batch = 5;
    assert_int_equal(case_run(&aborted), RT_RUN_STOPPED);
    rt_run_reason(aborted.run, why, sizeof why);
    assert_string_equal(why, "stopped by user");
    assert_int_equal(aborted.run->step, 4);
    assert_int_equal(aborted.run->batch, 1);
    assert_int_equal(case_count(&aborted, RT_EV_BATCH), 4);
    assert_memory_equal(aborted.model->weights, stopped.model->weights,
                        stopped.model->n_params * sizeof(float));
    assert_non_null(case_log(&aborted, "batch 2 of epoch 2 is left undone"));
    case_close(&stopped);
    case_close(&aborted);
}

static int refuse(void *ctx, int run, const struct rt_order *o,
                  struct rt_err *err)
{
    (void)ctx;
    (void)run;
    (void)o;
    return rt_fail(err, RT_ENOSPC, "the store is full");
}

static void an_abort_stops_though_it_cannot_be_recorded(void **state)
{
    (void)state;
    struct fit_case c;
    open_long(&c);
    c.spec.epochs = 9;
    c.spec.recorder = (struct rt_recorder){ .order = refuse };
    case_attach(&c, &aborter, "");
    case_new(&c);
    hook.run = c.run;
    hook.at_batch = 5;
    assert_int_equal(case_run(&c), RT_RUN_STOPPED);
    assert_int_equal(c.run->step, 4);
    case_close(&c);
}

/* What a resumed run is not given again need not be known to the store. */
static void a_full_store_refuses_what_must_be_replayed_alone(void **state)
{
    (void)state;
    struct fit_case c;
    open_long(&c);
    c.spec.epochs = 3;
    c.spec.recorder = (struct rt_recorder){ .order = refuse };
    case_attach(&c, &slower, "");
    case_new(&c);
    case_order(&c, "lr 0.5", 1, 1);
    case_order(&c, "pause", 1, 2);
    case_order(&c, "resume", 1, 2);
    case_order(&c, "stop", 3, 2);
    double lr = *rt_run_lr(c.run);
    assert_int_equal(case_run(&c), RT_RUN_STOPPED);
    assert_int_equal(case_event(&c, RT_EV_ORDER, 0)->code, RT_ENOSPC);
    for (int i = 1; i < 5; i++)
        assert_int_equal(case_event(&c, RT_EV_ORDER, i)->code, 0);
    assert_true(lr != 0.25 && *rt_run_lr(c.run) == 0.25);
    assert_non_null(case_log(&c, "'pause' is not recorded: the store is full"));
    case_close(&c);
}

static void orders_that_wait_are_applied_before_an_abort(void **state)
{
    (void)state;
    struct fit_case c;
    open_long(&c);
    case_new(&c);
    case_order(&c, "stop", 0, 0);
    rt_run_abort(c.run);
    assert_int_equal(case_run(&c), RT_RUN_STOPPED);
    assert_int_equal(case_event(&c, RT_EV_ORDER, 0)->code, 0);
    case_close(&c);
}

static void await_rest(struct fit_case *c)
{
    while (!rt_run_resting(c->run))
        sched_yield();
}

static void a_held_run_takes_orders_and_goes_on(void **state)
{
    (void)state;
    struct fit_case c;
    char says[256];
    struct rt_snapshot s;
    open_long(&c);
    case_new(&c);
    rt_run_hold(c.run, true);
    case_start(&c);
    await_rest(&c);
    assert_int_equal(rt_run_state(c.run), RT_RUN_RUNNING);
    rt_assert_ok(case_tell(&c, "lr 0.5", says), &c.err);
    rt_run_snapshot(c.run, &s);
    assert_int_equal(s.step, 0);
    rt_snapshot_release(&s);
    case_order(&c, "stop", 1, 2);
    rt_run_hold(c.run, false);
    assert_int_equal(case_finish(&c), RT_RUN_STOPPED);
    assert_int_equal(c.run->step, 2);
    assert_true(rt_run_resting(c.run));
    case_close(&c);
}

static int waited;
static bool in_ten_seconds(void)
{
    return ++waited > 200; /* asked every 50 ms */
}

/* Most of this run is validation, where it is held again and again. */
static void a_run_held_in_its_validation_answers(void **state)
{
    (void)state;
    struct fit_case c;
    const char *words[] = { "lr", "0.5" };
    case_open(&c, SPIRAL_MODEL, spiral(9000));
    c.spec.epochs = 100000000;
    c.spec.validation_split = 0.95;
    case_start(&c);
    for (int i = 0; i < 50; i++) {
        rt_run_hold(c.run, true);
        await_rest(&c);
        waited = 0;
        rt_assert_ok(rt_run_tell(c.run, "user", words, 2, in_ten_seconds, NULL,
                                 0, &c.err),
                     &c.err);
        rt_run_hold(c.run, false);
        for (int k = 0; k < 40 * i; k++) /* now here, now there */
            sched_yield();
    }
    rt_run_interrupt(c.run);
    assert_int_equal(case_finish(&c), RT_RUN_INTERRUPTED);
    case_close(&c);
}

static bool at_once(void)
{
    return true;
}

static void look_at(void *arg)
{
    *(bool *)arg = true;
}

static void a_hook_at_work_is_named_and_need_not_be_waited_for(void **state)
{
    (void)state;
    struct fit_case c;
    const char *words[] = { "stop" };
    char guest[64];
    sem_init(&hook.inside, 0, 0);
    sem_init(&hook.go, 0, 0);
    open_long(&c);
    case_attach(&c, &waiter, "name=slow");
    case_start(&c);
    sem_wait(&hook.inside);
    rt_run_guest(c.run, guest, sizeof guest);
    assert_string_equal(guest, "slow");
    assert_int_equal(
        rt_run_tell(c.run, "user", words, 1, at_once, NULL, 0, &c.err),
        RT_ECANCEL);
    rt_assert_error(&c.err, RT_ECANCEL, "callback 'slow' is at work");
    rt_err_clear(&c.err);
    bool looked = false;
    assert_int_equal(
        rt_run_look_until(c.run, look_at, &looked, at_once, &c.err),
        RT_ECANCEL);
    rt_assert_error(&c.err, RT_ECANCEL, "callback 'slow' is at work");
    sem_post(&hook.go);
    assert_int_equal(case_finish(&c), RT_RUN_STOPPED);
    assert_false(looked);
    rt_assert_ok(rt_run_look_until(c.run, look_at, &looked, at_once, &c.err),
                 &c.err);
    assert_true(looked);
    rt_run_guest(c.run, guest, sizeof guest);
    assert_string_equal(guest, "");
    sem_destroy(&hook.inside);
    sem_destroy(&hook.go);
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_aborted_batch_leaves_no_trace),
        cmocka_unit_test(an_abort_stops_though_it_cannot_be_recorded),
        cmocka_unit_test(a_full_store_refuses_what_must_be_replayed_alone),
        cmocka_unit_test(orders_that_wait_are_applied_before_an_abort),
        cmocka_unit_test(a_held_run_takes_orders_and_goes_on),
        cmocka_unit_test(a_run_held_in_its_validation_answers),
        cmocka_unit_test(a_hook_at_work_is_named_and_need_not_be_waited_for),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
