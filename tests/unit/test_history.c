#include "support.h"

#include "train/history.h"

#include <math.h>

static void announce(struct rt_history *h, int id, const char *key,
                     enum rt_mode mode)
{
    struct rt_event *e = rt_event_new(RT_EV_SERIES, h->run, 0);
    e->series_id = id;
    e->key = strdup(key);
    e->mode = mode;
    rt_history_add(h, e);
    rt_event_unref(e);
}

static void batch(struct rt_history *h, int64_t epoch, int64_t number,
                  int64_t n, double v)
{
    struct rt_event *e = rt_event_new(RT_EV_BATCH, h->run, 1);
    e->epoch = epoch;
    e->batch = number;
    e->n_batches = n;
    e->step = (epoch - 1) * n + number;
    e->value[0] = e->lo = e->hi = v;
    e->mean[0] = v / 2;
    rt_history_add(h, e);
    rt_event_unref(e);
}

static void epoch(struct rt_history *h, int64_t number, double loss, double acc)
{
    struct rt_event *e = rt_event_new(RT_EV_EPOCH, h->run, 2);
    e->epoch = number;
    e->series[1] = 1;
    e->value[0] = loss;
    e->value[1] = acc;
    rt_history_add(h, e);
    rt_event_unref(e);
}

static struct rt_history *begin(void)
{
    struct rt_history *h = rt_history_new(3);
    announce(h, 0, "loss", RT_MODE_MIN);
    announce(h, 1, "acc", RT_MODE_MAX);
    return h;
}

static void epochs_are_kept_and_the_best_known(void **state)
{
    (void)state;
    static const double loss[] = { 0.9, 0.4, NAN, 0.6 };
    static const double acc[] = { 0.1, 0.7, 0.8, 0.3 };
    struct rt_history *h = begin();
    for (int i = 0; i < 4; i++)
        epoch(h, i + 1, loss[i], acc[i]);
    const struct rt_history_series *l = rt_history_find(h, "loss");
    const struct rt_history_series *a = rt_history_find(h, "acc");
    assert_int_equal(l->n_epochs, 4);
    assert_true(l->best == 0.4 && l->best_epoch == 2);
    assert_true(a->best == 0.8 && a->best_epoch == 3);
    assert_true(l->epoch_x[3] == 4 && l->epoch_v[3] == 0.6);
    assert_null(rt_history_find(h, "lr"));
    rt_history_free(h);
}

static void no_spike_is_lost_when_buckets_merge(void **state)
{
    (void)state;
    struct rt_history *h = begin();
    const int n = 100000, spike = 77777, dip = 12345;
    double sum = 0;
    for (int i = 1; i <= n; i++) {
        double v = i == spike ? 1000 : i == dip ? -1000 : i % 7;
        sum += v;
        batch(h, 1, i, n, v);
    }
    const struct rt_history_series *s = rt_history_find(h, "loss");
    double hi = -INFINITY, lo = INFINITY, total = 0;
    int64_t count = 0;
    assert_true(s->n_buckets <= RT_HISTORY_BUCKETS);
    assert_true(s->n_buckets > RT_HISTORY_BUCKETS / 3);
    for (int i = 0; i < s->n_buckets; i++) {
        const struct rt_bucket *b = &s->bucket[i];
        hi = fmax(hi, b->hi);
        lo = fmin(lo, b->lo);
        total += b->mean * (double)b->n;
        count += b->n;
        if (i)
            assert_true(b->x > s->bucket[i - 1].x);
    }
    assert_true(hi == 1000 && lo == -1000);
    assert_int_equal(count, n);
    rt_assert_close(total, sum, 1e-9);
    assert_true(s->bucket[s->n_buckets - 1].x == 1);
    assert_true(s->last == n % 7 && s->running == s->last / 2);
    rt_history_free(h);
}

static void x_of_batches_is_in_epochs(void **state)
{
    (void)state;
    struct rt_history *h = begin();
    batch(h, 3, 5, 10, 1);
    assert_true(rt_history_find(h, "loss")->bucket[0].x == 2.5);
    assert_int_equal(h->epoch, 3);
    assert_int_equal(h->batch, 5);
    assert_int_equal(h->n_batches, 10);
    assert_int_equal(h->step, 25);
    rt_history_free(h);
}

static void folded_batches_keep_their_extremes(void **state)
{
    (void)state;
    struct rt_history *h = begin();
    struct rt_event *e = rt_event_new(RT_EV_BATCH, 3, 1);
    e->epoch = e->batch = 1;
    e->n_batches = 2;
    e->value[0] = 4;
    e->n_folded = 50;
    e->lo = 1;
    e->hi = 9;
    rt_history_add(h, e);
    rt_event_unref(e);
    const struct rt_bucket *b = rt_history_find(h, "loss")->bucket;
    assert_true(b->lo == 1 && b->hi == 9 && b->mean == 4 && b->n == 50);
    rt_history_free(h);
}

static void what_a_resumed_run_repeats_takes_its_place(void **state)
{
    (void)state;
    struct rt_history *h = begin();
    for (int i = 1; i <= 4; i++) {
        for (int k = 1; k <= 10; k++)
            batch(h, i, k, 10, i);
        epoch(h, i, 1.0 / i, 0);
    }
    batch(h, 3, 1, 10, 7);
    epoch(h, 3, 0.5, 0);
    const struct rt_history_series *s = rt_history_find(h, "loss");
    assert_int_equal(s->n_epochs, 3);
    assert_true(s->epoch_v[2] == 0.5);
    assert_true(s->best == 0.5 && s->best_epoch == 2);
    assert_int_equal(s->n_buckets, 21);
    assert_true(s->bucket[20].x == 2.1 && s->bucket[20].mean == 7);
    rt_history_free(h);
}

static void orders_that_change_something_are_marked(void **state)
{
    (void)state;
    struct rt_history *h = begin();
    for (int i = 0; i < 3; i++) {
        struct rt_event *e = rt_event_new(RT_EV_ORDER, 3, 0);
        e->epoch = 2;
        e->batch = 1;
        e->n_batches = 4;
        e->text = strdup("lr 0.1 -> 0.01");
        e->mark = i > 0;
        e->code = i > 1 ? RT_EINVAL : 0;
        rt_history_add(h, e);
        rt_event_unref(e);
    }
    assert_int_equal(h->n_marks, 1);
    assert_true(h->marks[0].x == 1.25);
    assert_string_equal(h->marks[0].text, "lr 0.1 -> 0.01");
    rt_history_free(h);
}

/* As when a run goes on whose history was read from the store. */
static void an_order_that_is_given_again_is_marked_once(void **state)
{
    (void)state;
    struct rt_history *h = rt_history_new(1);
    for (int i = 0; i < 4; i++) {
        struct rt_event *e = rt_event_new(RT_EV_ORDER, 1, 0);
        e->mark = true;
        e->again = i > 0;
        e->epoch = 2;
        e->batch = 1;
        e->n_batches = 4;
        e->text = strdup(i % 3 < 2 ? "lr 0.1 -> 0.01" : "lr 0.1 -> 0.02");
        rt_history_add(h, e);
        rt_event_unref(e);
    }
    assert_int_equal(h->n_marks, 2);
    rt_history_free(h);
}

static void many_marks_are_told_in_a_few_parts(void **state)
{
    (void)state;
    struct rt_history *h = rt_history_new(1);
    struct rt_history_span s[RT_SPANS_MAX];
    for (int i = 0; i < 24; i++)
        rt_history_mark(h, i, i % 2 ? "lr 1 -> 2" : "loss weights a 1 -> 2");
    assert_int_equal(rt_history_spans(h, 0, 100, s), 24);
    assert_int_equal(rt_history_spans(h, 4, 8, s), 5);
    assert_int_equal(rt_history_spans(h, 30, 40, s), 0);
    for (int i = 24; i < 100000; i++) {
        rt_history_mark(h, i, i % 2 ? "lr 1 -> 2" : "loss weights a 1 -> 2");
        if (i == 50000)
            rt_history_mark(h, i, "froze a");
    }
    int n = rt_history_spans(h, 0, 99999, s);
    assert_int_equal(n, 20); /* ten parts, each with one of both kinds */
    for (int i = 0; i < n; i++)
        assert_true(i == 0 || s[i].x >= s[i - 1].x);
    assert_string_equal(s[0].first, "loss weights a 1 -> 2");
    assert_string_equal(s[1].first, "lr 1 -> 2");
    n = rt_history_spans(h, 49990, 50010, s);
    bool froze = false;
    for (int i = 0; i < n; i++)
        froze = froze || !strcmp(s[i].first, "froze a");
    assert_true(froze);
    rt_history_free(h);
}

static void other_runs_and_unknown_series_are_ignored(void **state)
{
    (void)state;
    struct rt_history *h = rt_history_new(3);
    epoch(h, 1, 1, 1);
    struct rt_event *e = rt_event_new(RT_EV_LOG, 4, 0);
    assert_true(isnan(h->wall) == 0);
    double wall = h->wall;
    e->wall = 5;
    rt_history_add(h, e);
    assert_true(h->wall == wall);
    assert_int_equal(h->n_series, 0);
    rt_event_unref(e);
    rt_history_free(h);
    rt_history_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_marks_are_told_in_a_few_parts),
        cmocka_unit_test(epochs_are_kept_and_the_best_known),
        cmocka_unit_test(no_spike_is_lost_when_buckets_merge),
        cmocka_unit_test(x_of_batches_is_in_epochs),
        cmocka_unit_test(folded_batches_keep_their_extremes),
        cmocka_unit_test(what_a_resumed_run_repeats_takes_its_place),
        cmocka_unit_test(orders_that_change_something_are_marked),
        cmocka_unit_test(an_order_that_is_given_again_is_marked_once),
        cmocka_unit_test(other_runs_and_unknown_series_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
