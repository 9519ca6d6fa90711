/* What is seen of a run while it goes on, and by many at once. */
#include "run_case.h"

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
