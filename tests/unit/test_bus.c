#include "support.h"

#include "train/bus.h"

#include <math.h>
#include <poll.h>
#include <pthread.h>

static bool readable(struct rt_sub *s)
{
    struct pollfd p = { .fd = rt_sub_fd(s), .events = POLLIN };
    return poll(&p, 1, 0) == 1;
}

static void publish_batch(struct rt_bus *b, int run, int64_t batch, double v)
{
    struct rt_event *e = rt_event_new(RT_EV_BATCH, run, 2);
    e->epoch = 1;
    e->batch = e->step = batch;
    e->series[1] = 1;
    e->value[0] = v;
    e->value[1] = 2 * v;
    e->mean[0] = e->mean[1] = (double)batch;
    e->rows = 32;
    rt_bus_publish(b, e);
}

static void every_subscriber_gets_all_in_order(void **state)
{
    (void)state;
    struct rt_bus *b = rt_bus_new();
    struct rt_sub *one = rt_bus_subscribe(b), *two = rt_bus_subscribe(b);
    for (int i = 0; i < 100; i++)
        rt_bus_log(b, i, RT_LOG_INFO, "me", "message %d", i);
    for (int i = 0; i < 100; i++) {
        struct rt_event *e = rt_sub_next(one), *same = rt_sub_next(two);
        assert_ptr_equal(e, same);
        assert_int_equal(e->run, i);
        assert_string_equal(e->who, "me");
        assert_int_equal(atoi(e->text + strlen("message ")), i);
        rt_event_unref(e);
        rt_event_unref(same);
    }
    assert_null(rt_sub_next(one));
    rt_sub_free(one);
    rt_sub_free(two);
    rt_bus_free(b);
}

static void a_late_subscriber_gets_what_comes_after(void **state)
{
    (void)state;
    struct rt_bus *b = rt_bus_new();
    rt_bus_log(b, 1, RT_LOG_INFO, NULL, "before");
    struct rt_sub *s = rt_bus_subscribe(b);
    rt_bus_log(b, 1, RT_LOG_INFO, NULL, "after");
    struct rt_event *e = rt_sub_next(s);
    assert_string_equal(e->text, "after");
    rt_event_unref(e);
    rt_bus_log(b, 1, RT_LOG_INFO, NULL, "left in the queue");
    rt_sub_free(s);
    rt_bus_free(b);
}

static void batches_do_not_wake_a_reader(void **state)
{
    (void)state;
    struct rt_bus *b = rt_bus_new();
    struct rt_sub *s = rt_bus_subscribe(b);
    publish_batch(b, 1, 1, 0.5);
    assert_false(readable(s));
    rt_bus_log(b, 1, RT_LOG_INFO, NULL, "news");
    assert_true(readable(s));
    rt_event_unref(rt_sub_next(s));
    assert_true(readable(s));
    rt_event_unref(rt_sub_next(s));
    assert_false(readable(s));
    rt_bus_log(b, 1, RT_LOG_INFO, NULL, "again");
    assert_true(readable(s));
    rt_sub_free(s);
    rt_bus_free(b);
}

static void beyond_the_limit_batches_fold_into_the_last(void **state)
{
    (void)state;
    struct rt_bus *b = rt_bus_new();
    struct rt_sub *slow = rt_bus_subscribe(b), *other = rt_bus_subscribe(b);
    const int more = 1000;
    int n = 0;
    for (int i = 1; i <= RT_BUS_FOLD + more; i++) {
        publish_batch(b, 1, i, i == RT_BUS_FOLD + 7 ? 99 : i % 5);
        rt_event_unref(rt_sub_next(other));
    }
    struct rt_event *e, *last = NULL;
    while ((e = rt_sub_next(slow))) {
        n++;
        rt_event_unref(last);
        last = e;
    }
    assert_int_equal(n, RT_BUS_FOLD);
    assert_int_equal(last->n_folded, more + 1);
    assert_int_equal(last->batch, RT_BUS_FOLD + more);
    assert_int_equal(last->rows, 32 * (more + 1));
    assert_true(last->lo == 0);
    assert_true(last->hi == 99);
    assert_true(last->mean[1] == RT_BUS_FOLD + more);
    assert_true(last->value[0] > 2 && last->value[0] < 2.2);
    rt_assert_close(last->value[1], 2 * last->value[0], 1e-9);
    rt_event_unref(last);
    rt_sub_free(slow);
    rt_sub_free(other);
    rt_bus_free(b);
}

static void folding_leaves_other_readers_and_other_runs_alone(void **state)
{
    (void)state;
    struct rt_bus *b = rt_bus_new();
    struct rt_sub *slow = rt_bus_subscribe(b), *twin = rt_bus_subscribe(b);
    for (int i = 1; i <= RT_BUS_FOLD; i++)
        publish_batch(b, 1 + i % 2, i, 1);
    struct rt_event *e = rt_sub_next(twin);
    for (int i = 0; i < RT_BUS_FOLD / 2; i++) {
        rt_event_unref(e);
        e = rt_sub_next(twin);
    }
    rt_event_unref(e);
    publish_batch(b, 1, RT_BUS_FOLD + 1, 5);
    publish_batch(b, 2, RT_BUS_FOLD + 2, 7);
    rt_bus_log(b, 1, RT_LOG_INFO, NULL, "an end");
    publish_batch(b, 1, RT_BUS_FOLD + 3, 9);
    struct rt_event *tail[4] = { NULL };
    while ((e = rt_sub_next(slow))) {
        rt_event_unref(tail[0]);
        memmove(tail, tail + 1, 3 * sizeof *tail);
        tail[3] = e;
    }
    assert_int_equal(tail[0]->n_folded, 2); /* of run 1 or 2 each its own */
    assert_int_equal(tail[1]->n_folded, 2);
    assert_int_not_equal(tail[0]->run, tail[1]->run);
    assert_int_equal(tail[2]->type, RT_EV_LOG);
    assert_int_equal(tail[3]->n_folded, 1); /* behind the message, no fold */
    for (int i = 0; i < 4; i++)
        rt_event_unref(tail[i]);
    while ((e = rt_sub_next(twin))) {
        assert_int_equal(e->n_folded, 1);
        rt_event_unref(e);
    }
    rt_sub_free(slow);
    rt_sub_free(twin);
    rt_bus_free(b);
}

struct publisher {
    struct rt_bus *bus;
    int run, n;
};

static void *publish_many(void *arg)
{
    const struct publisher *p = arg;
    for (int i = 1; i <= p->n; i++)
        publish_batch(p->bus, p->run, i, i);
    rt_bus_log(p->bus, p->run, RT_LOG_INFO, NULL, "done");
    return NULL;
}

static void several_threads_publish_and_none_is_lost(void **state)
{
    (void)state;
    struct rt_bus *b = rt_bus_new();
    struct rt_sub *s = rt_bus_subscribe(b), *idle = rt_bus_subscribe(b);
    struct publisher p[3];
    pthread_t t[3];
    int64_t seen[3] = { 0 };
    int done = 0;
    struct pollfd news = { .fd = rt_sub_fd(s), .events = POLLIN };
    for (int i = 0; i < 3; i++) {
        p[i] = (struct publisher){ b, i, 5000 };
        pthread_create(&t[i], NULL, publish_many, &p[i]);
    }
    while (done < 3) {
        struct rt_event *e = rt_sub_next(s);
        if (!e) {
            poll(&news, 1, 1); /* batches do not wake */
            continue;
        }
        if (e->type == RT_EV_BATCH)
            assert_int_equal(e->batch, ++seen[e->run]);
        else
            done++;
        rt_event_unref(e);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(t[i], NULL);
        assert_int_equal(seen[i], 5000);
    }
    rt_sub_free(s);
    rt_sub_free(idle);
    rt_bus_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_subscriber_gets_all_in_order),
        cmocka_unit_test(a_late_subscriber_gets_what_comes_after),
        cmocka_unit_test(batches_do_not_wake_a_reader),
        cmocka_unit_test(beyond_the_limit_batches_fold_into_the_last),
        cmocka_unit_test(folding_leaves_other_readers_and_other_runs_alone),
        cmocka_unit_test(several_threads_publish_and_none_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
