#include "fit_case.h"

#include <pthread.h>

#define LONG 100000 /* epochs: until somebody ends it */

static void open_long(struct fit_case *c)
{
    case_open(c, SPIRAL_MODEL, spiral(50)); /* 3 batches an epoch */
    c->spec.epochs = LONG;
}

static void nothing(void *arg)
{
    (void)arg;
}

/* Until the run is beyond so many batches: a look waits for the next one. */
static void pass_steps(struct fit_case *c, int64_t steps)
{
    struct rt_snapshot s = { 0 };
    while (s.step < steps) {
        rt_run_look(c->run, nothing, NULL);
        rt_run_snapshot(c->run, &s);
        rt_snapshot_release(&s);
    }
}

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

/* ---- looks, snapshots, interrupts ---------------------------------------- */

struct copy {
    const struct rt_model *m;
    float *w;
    int64_t iterations;
    int n;
};

static void copy_weights(void *arg)
{
    struct copy *k = arg;
    memcpy(k->w, k->m->weights, k->m->n_params * sizeof *k->w);
    k->iterations = k->m->iterations;
    k->n++;
}

static void a_look_sees_weights_at_rest(void **state)
{
    (void)state;
    struct fit_case c;
    open_long(&c);
    case_new(&c);
    struct copy k = { .m = c.model };
    k.w = malloc(c.model->n_params * sizeof *k.w);
    rt_run_look(c.run, copy_weights, &k);
    assert_int_equal(k.iterations, 0);
    assert_false(rt_run_look_later(c.run, copy_weights, &k));
    case_start(&c);
    for (int i = 0; i < 20; i++) {
        int64_t was = k.iterations;
        rt_run_look(c.run, copy_weights, &k);
        assert_true(k.iterations >= was);
        for (size_t p = 0; p < c.model->n_params; p++)
            assert_true(isfinite(k.w[p]));
    }
    assert_true(rt_run_look_later(c.run, copy_weights, &k));
    rt_run_interrupt(c.run);
    assert_int_equal(case_finish(&c), RT_RUN_INTERRUPTED);
    assert_int_equal(k.n, 22);
    rt_run_look(c.run, copy_weights, &k);
    assert_int_equal(k.n, 23);
    assert_memory_equal(k.w, c.model->weights, c.model->n_params * sizeof *k.w);
    free(k.w);
    case_close(&c);
}

/* While the thread serves its last looks, others are still its own to serve:
 * none is called beside one. */
static struct {
    struct rt_run *run;
    int inner;
    bool posted;
} last;

static void inner(void *arg)
{
    ++*(int *)arg;
}

static void outer(void *arg)
{
    (void)arg;
    last.posted = rt_run_look_later(last.run, inner, &last.inner);
    if (last.posted)
        assert_int_equal(last.inner, 0);
}

static int look_at_the_end(const struct rt_host *h, struct rt_hook *at,
                           const void *args, void *state)
{
    (void)h;
    (void)at;
    (void)args;
    (void)state;
    rt_run_look_later(last.run, outer, NULL);
    return RT_GO_ON;
}

static const struct rt_plugin looks = {
    RT_PLUGIN_HEAD,
    .name = "looks",
    .on_train_end = look_at_the_end,
};

static void looks_are_served_by_the_thread_to_its_end(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50));
    case_attach(&c, &looks, "");
    case_new(&c);
    last.run = c.run;
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_true(last.posted);
    assert_int_equal(last.inner, 1);
    assert_false(rt_run_look_later(c.run, inner, &last.inner));
    case_close(&c);
}

static void a_snapshot_tells_the_newest(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_snapshot s;
    open_long(&c);
    case_new(&c);
    rt_run_snapshot(c.run, &s);
    assert_int_equal(s.state, RT_RUN_QUEUED);
    assert_int_equal(s.n_epochs, LONG);
    assert_int_equal(s.n_batches, 3);
    assert_int_equal(s.params, 99);
    assert_int_equal(s.trainable, 99);
    assert_true(s.lr == 0.01);
    assert_true(isnan(s.samples_per_s) && isnan(s.seconds_left));
    assert_null(s.layers);
    rt_snapshot_release(&s);
    case_start(&c);
    pass_steps(&c, 4);
    rt_run_snapshot(c.run, &s);
    assert_true(s.step >= 4 && s.epoch >= 2 && s.batch <= 3);
    assert_true(s.samples_per_s > 0 && s.seconds > 0 && s.seconds_left > 0);
    assert_null(s.layers);
    assert_string_equal(s.callbacks, "");
    rt_snapshot_release(&s);
    case_close(&c);
}

static void statistics_are_made_while_wanted(void **state)
{
    (void)state;
    struct fit_case c;
    struct rt_snapshot s;
    char says[256];
    open_long(&c);
    case_start(&c);
    rt_assert_ok(case_tell(&c, "pause", says), &c.err);
    rt_run_want(c.run, &(struct rt_want){ .stats = true, .layer = 1 });
    case_tell(&c, "pause", says); /* what answers the second has made them */
    case_tell(&c, "pause", says);
    rt_run_snapshot(c.run, &s);
    assert_non_null(s.layers);
    assert_int_equal(s.n_layers, 4);
    assert_string_equal(s.layers[1].name, "dense_1");
    assert_true(s.has_hist);
    assert_string_equal(s.hist.title, "dense_1 · kernel");
    rt_snapshot_release(&s);
    rt_run_want(c.run, &(struct rt_want){ .layer = -1 });
    rt_run_snapshot(c.run, &s);
    assert_null(s.layers);
    assert_false(s.has_hist);
    rt_snapshot_release(&s);
    case_close(&c);
}

static void freeing_a_live_run_ends_it(void **state)
{
    (void)state;
    struct fit_case c;
    char says[256];
    open_long(&c);
    case_start(&c);
    case_close(&c);
    open_long(&c);
    case_start(&c);
    rt_assert_ok(case_tell(&c, "pause", says), &c.err);
    case_close(&c);
    open_long(&c);
    case_new(&c);
    case_order(&c, "lr 0.1", 5, 0);
    case_close(&c);
}

static void nothing_can_be_told_before_the_start(void **state)
{
    (void)state;
    struct fit_case c;
    char says[256];
    open_long(&c);
    case_new(&c);
    assert_int_equal(case_tell(&c, "stop", says), RT_ESTATE);
    rt_assert_error(&c.err, RT_ESTATE, "has not begun");
    assert_int_equal(case_tell(&c, "halt", says), RT_ESTATE);
    case_close(&c);
}

/* ---- many at once -------------------------------------------------------- */

struct pest {
    struct fit_case *c;
    int told;
};

static void *tell_much(void *arg)
{
    struct pest *p = arg;
    const char *words[] = { "lr", "0.01" };
    struct rt_snapshot s;
    for (int i = 0; i < 200; i++) {
        struct rt_err err;
        p->told +=
            rt_run_tell(p->c->run, "user", words, 2, NULL, NULL, 0, &err) == 0;
        rt_run_snapshot(p->c->run, &s);
        rt_snapshot_release(&s);
        struct rt_want want = { i % 2, i % 4, RT_HIST_GRADS, i % 3 == 0 };
        rt_run_want(p->c->run, &want);
    }
    return NULL;
}

static void many_may_ask_at_once(void **state)
{
    (void)state;
    struct fit_case c;
    struct pest p[3];
    pthread_t t[3];
    open_long(&c);
    case_start(&c);
    for (int i = 0; i < 3; i++) {
        p[i] = (struct pest){ .c = &c };
        pthread_create(&t[i], NULL, tell_much, &p[i]);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(t[i], NULL);
        assert_int_equal(p[i].told, 200);
    }
    rt_run_interrupt(c.run);
    case_finish(&c);
    assert_int_equal(case_count(&c, RT_EV_ORDER), 600);
    case_close(&c);
}

/* A reader that takes nothing until the end gets every event in order. */
static void a_slow_reader_misses_nothing(void **state)
{
    (void)state;
    struct fit_case c;
    int64_t step = 0;
    open_long(&c);
    c.spec.epochs = 2000;
    assert_int_equal(case_run(&c), RT_RUN_FINISHED);
    assert_int_equal(case_count(&c, RT_EV_BATCH), 6000);
    assert_int_equal(case_count(&c, RT_EV_EPOCH), 2000);
    for (int i = 0; i < c.seen.n; i++)
        if (c.seen.v[i]->type == RT_EV_BATCH)
            assert_int_equal(c.seen.v[i]->step, ++step);
    case_close(&c);
}

static void a_history_is_made_of_the_events(void **state)
{
    (void)state;
    struct fit_case c;
    case_open(&c, SPIRAL_MODEL, spiral(50));
    case_new(&c);
    case_order(&c, "lr 0.3", 2, 2);
    case_order(&c, "pause", 2, 2);
    case_order(&c, "resume", 2, 2);
    case_run(&c);
    struct rt_history *h = rt_history_new(1);
    for (int i = 0; i < c.seen.n; i++)
        rt_history_add(h, c.seen.v[i]);
    assert_int_equal(h->n_series, 5);
    const struct rt_history_series *s = rt_history_find(h, "val_acc");
    assert_int_equal(s->n_epochs, 3);
    assert_int_equal(s->n_buckets, 0);
    assert_int_equal(s->mode, RT_MODE_MAX);
    assert_int_equal(rt_history_find(h, "loss")->n_buckets, 9);
    assert_int_equal(h->n_marks, 1);
    rt_assert_close(h->marks[0].x, 1 + 2.0 / 3, 1e-12);
    assert_int_equal(h->epoch, 3);
    assert_int_equal(h->step, 9);
    rt_history_free(h);
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
        cmocka_unit_test(a_look_sees_weights_at_rest),
        cmocka_unit_test(looks_are_served_by_the_thread_to_its_end),
        cmocka_unit_test(a_snapshot_tells_the_newest),
        cmocka_unit_test(statistics_are_made_while_wanted),
        cmocka_unit_test(freeing_a_live_run_ends_it),
        cmocka_unit_test(nothing_can_be_told_before_the_start),
        cmocka_unit_test(many_may_ask_at_once),
        cmocka_unit_test(a_slow_reader_misses_nothing),
        cmocka_unit_test(a_history_is_made_of_the_events),
    };
    return cmocka_run_group_tests(tests, case_setup, NULL);
}
