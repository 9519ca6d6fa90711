/* Orders that wait for their boundary, and the clean script of a steered run:
 * run again it gives the same weights and the same history. */
#include "session_case.h"

#include "shell/script.h"
#include "shell/steer.h"

#define MADE                                                                   \
    "seed 3; data s generate moons n=90\nmodel m; input x 2\n"                 \
    "dense 6 activation=tanh name=a; dropout 0.3\n"                            \
    "dense 1 activation=sigmoid name=y; output\n"                              \
    "compile adam lr=0.01 loss=binary_crossentropy\n"

/* ---- helpers ------------------------------------------------------------- */

static void refused(struct session_case *c, const char *script, int code,
                    const char *says)
{
    if (!rt_interp_text(c->s->interp, script, NULL, &c->err))
        fail_msg("'%s' was not refused", script);
    rt_assert_error(&c->err, code, says);
}

static char *script_of(struct session_case *c)
{
    struct rt_str out = RT_STR_INIT;
    rt_session_drain(c->s);
    rt_session_script(c->s, &out);
    return rt_str_take(&out);
}

/* When a run was over may be another matter the second time. */
static void drop_waits(char *script)
{
    char *from;
    while ((from = strstr(script, "\nwait "))) {
        char *end = strchrnul(from + 1, '\n');
        memmove(from, end, strlen(end) + 1);
    }
}

/* Weights and all epochs of the newest run, to compare. */
struct outcome {
    float *w;
    size_t n;
    struct rt_history *h; /* borrowed: the session's */
};

static struct outcome outcome(struct session_case *c)
{
    const struct rt_model *m = c->s->model->model;
    struct outcome o = { .n = m->n_params,
                         .h = rt_session_run(c->s, NULL, NULL)->history };
    o.w = rt_xmalloc(o.n * sizeof *o.w);
    memcpy(o.w, m->weights, o.n * sizeof *o.w);
    return o;
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->w, b->w, a->n * sizeof *a->w);
    assert_int_equal(a->h->n_series, b->h->n_series);
    for (int i = 0; i < a->h->n_series; i++) {
        const struct rt_history_series *x = &a->h->series[i];
        const struct rt_history_series *y = &b->h->series[i];
        assert_string_equal(x->key, y->key);
        assert_int_equal(x->n_epochs, y->n_epochs);
        for (int k = 0; k < x->n_epochs; k++)
            assert_memory_equal(&x->epoch_v[k], &y->epoch_v[k],
                                sizeof *x->epoch_v);
    }
}

/* The clean script of c in a new session gives what c has. */
static void assert_replays(struct session_case *c)
{
    struct session_case again;
    char *script = script_of(c);
    struct outcome first = outcome(c);
    case_open(&again);
    case_run(&again, script);
    while (rt_session_n_live(again.s)) /* as a script that ends */
        again.s->pump(again.s, 0);
    struct outcome second = outcome(&again);
    assert_same(&first, &second);
    char *same = script_of(&again);
    drop_waits(same);
    drop_waits(script);
    assert_string_equal(same, script);
    free(same);
    free(first.w);
    free(second.w);
    free(script);
    case_close(&again);
}

static const char *line_of(const char *script, const char *what)
{
    const char *at = strstr(script, what);
    if (!at)
        fail_msg("no '%s' in the script:\n%s", what, script);
    return at;
}

/* ---- when= --------------------------------------------------------------- */

static void an_order_with_when_is_kept_for_the_next_fit(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "lr 0.5 when=2:1\nlr 0.25 when=3\n"
                      "assert {[dict get [lindex [orders] 1] when] eq {3:0}}");
    case_run(&c, "fit s epochs=3");
    const struct rt_session_run *r = rt_session_run(c.s, NULL, NULL);
    const struct rt_history_series *lr = rt_history_find(r->history, "lr");
    static const double want[] = { 0.01, 0.5, 0.25 };
    for (int i = 0; i < 3; i++)
        rt_assert_close(lr->epoch_v[i], want[i], 1e-12);
    case_run(&c, "assert {[llength [orders]] == 0}; fit s epochs=2");
    rt_assert_close(
        rt_history_find(rt_session_run(c.s, NULL, NULL)->history, "lr")
            ->epoch_v[1],
        0.25, 1e-12); /* nothing was kept for a second one */
    case_close(&c);
}

static void a_boundary_that_cannot_come_is_refused(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE);
    refused(&c, "lr 0.5 when=two", RT_EINVAL,
            "lr: when is 'two', want EPOCH:BATCH: 3:17 is after batch 17 of "
            "epoch 3, 3:0 before its first");
    refused(&c, "lr 0.5 when=0:4", RT_EINVAL, "when is '0:4'");
    refused(&c, "lr 0.5 when=1:-1", RT_EINVAL, "when is '1:-1'");
    refused(&c, "lr when=1:1", RT_EINVAL, "lr: when= without a rate");
    refused(&c, "pause", RT_ESTATE, "pause: no run is going");
    case_run(&c, "lr 0.5 when=9:0");
    refused(&c, "fit s epochs=3", RT_EINVAL,
            "fit: an order kept for this fit (`orders clear` drops them): lr: "
            "9:0 lies behind the last epoch, which is 3");
    assert_false(c.s->model->model->busy);
    case_run(&c, "fit s epochs=9 batch_size=90; lr 0.5 when=1:0");
    refused(&c, "fit s epochs=3 initial_epoch=2", RT_ESTATE,
            "lr: 1:0 lies before the first epoch, which is 3");
    case_run(&c, "orders clear; fit s epochs=3 initial_epoch=2");
    case_close(&c);
}

static void
a_live_run_takes_an_order_for_later_and_none_for_before(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "pause when=2:1\nfit s epochs=4");
    case_run(&c, "assert {[lr 0.5 when=3:2] eq {waits for 3:2}}\n"
                 "assert {[lr 0.3 when=2:1] eq {lr 0.01 -> 0.3}}");
    refused(&c, "lr 0.2 when=1:1", RT_ESTATE,
            "lr: 1:1 has passed, run 1 is at 2:1");
    refused(&c, "stop when=7:0", RT_EINVAL, "7:0 lies behind the last epoch");
    case_run(&c, "resume; wait; assert {[lr] == 0.5}");
    assert_replays(&c);
    case_close(&c);
}

static void an_order_that_was_never_reached_is_told(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "lr 0.5 when=3:0\nstop when=1:2\nfit s epochs=4\nlog");
    assert_non_null(
        strstr(rt_str_c(&case_printed), "lr 0.5: run 1 ended before 3:0"));
    char *script = script_of(&c);
    assert_null(strstr(script, "lr 0.5"));
    line_of(script, "stop when=1:2\nfit s epochs=4\n");
    free(script);
    assert_replays(&c);
    case_close(&c);
}

static void what_waits_is_in_the_script_before_its_fit(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "lr 0.5 when=2:0\nstop -best when=2:1");
    char *script = script_of(&c);
    line_of(script, "\nlr 0.5 when=2:0\nstop -best when=2:1\n");
    free(script);
    case_run(&c, "orders clear");
    script = script_of(&c);
    assert_null(strstr(script, "when="));
    free(script);
    case_close(&c);
}

/* ---- replays ------------------------------------------------------------- */

static void a_run_steered_by_hand_is_repeated_to_the_bit(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE
             "callback early_stopping monitor=loss patience=500\n"
             "fit s epochs=100000 validation=0.2 batch_size=8 name=first &\n"
             "wait until {epoch >= 2}\nlr 0.02\npause\nlr 0.03\nresume\n"
             "callback set early_stopping patience=400\n"
             "callback add csv_logger log.csv\n"
             "wait until {epoch >= 5}\nstep 3\nwait\nstep -epoch\nwait\n"
             "lr 0.005\nresume\nwait until {epoch >= 9}\n"
             "callback remove csv_logger\npause\nstop\n"
             "fit s epochs=2 name=second");
    char *script = script_of(&c);
    line_of(script, "pause when=");
    line_of(script, "lr 0.02 when=");
    line_of(script, "callback set early_stopping patience=400 when=");
    line_of(script, "callback add csv_logger log.csv name=csv_logger when=");
    line_of(script, "step 3 when=");
    line_of(script, "step 1 -epoch when=");
    line_of(script, "stop when=");
    assert_null(strstr(script, "\nlr 0.02\n"));
    free(script);
    assert_replays(&c);
    case_close(&c);
}

#define TWO                                                                    \
    "seed 5; data s generate moons n=120; bind s up=y side=y\n"                \
    "model m; input x 2; dense 8 activation=tanh name=trunk\n"                 \
    "branch trunk {dense 6 activation=tanh name=u; dropout 0.2 name=drop\n"    \
    "dense 1 activation=sigmoid name=up; output}\n"                            \
    "branch trunk {dense 6 name=v; batch_norm name=norm\n"                     \
    "dense 1 activation=sigmoid name=side; output}\n"                          \
    "compile sgd lr=0.05 momentum=0.5 loss=binary_crossentropy\n"

static void every_order_of_a_model_of_two_outputs_is_repeated(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, TWO
             "fit s epochs=100000 validation=0.2 batch_size=8 name=first &\n"
             "wait until {epoch >= 2}\n"
             "tune momentum=0.9 loss_weights=up:1,side:0.3 drop.rate=0.4\n"
             "lr 0.02\nlr trunk=0.1x branch:side=0.001\n"
             "wait until {epoch >= 4}\nfreeze branch:side bn=update\n"
             "tune batch_size=12\nwait until {epoch >= 6}\n"
             "reinit v init=he_normal\nunfreeze branch:side\n"
             "wait until {epoch >= 8}\nretire side -freeze\n"
             "wait until {epoch >= 10}\nreinit u\nstop -best\n"
             "unfreeze *; lr trunk=1x\n"
             "fit s epochs=2 name=second");
    char *script = script_of(&c);
    static const char *const want[] = {
        "\ntune momentum=0.9 loss_weights=up:1,side:0.3 drop.rate=0.4 when=",
        "\nlr 0.02 when=",
        "\nlr trunk=0.1x branch:side=0.001 when=",
        "\nfreeze branch:side bn=update when=",
        "\nunfreeze branch:side when=",
        "\ntune batch_size=12 when=",
        "\nretire side -freeze when=",
        "\nstop -best when=",
        "\nfit s epochs=100000 validation=0.2 batch_size=8 name=first &\n",
        "\nunfreeze *\nlr trunk=1x\nfit s epochs=2 name=second\n",
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        line_of(script, want[i]);
    free(script);
    assert_replays(&c);
    case_close(&c);
}

/* Its places come twice: what was given behind the rewind waits for it. */
static void a_run_that_went_back_is_repeated_too(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "fit s epochs=100000 validation=0.2 batch_size=8 &\n"
                      "wait until {epoch >= 3}\npause; checkpoint lunch\n"
                      "lr 0.02; resume; wait until {epoch >= 6}\nlr 0.03\n"
                      "wait until {epoch >= 9}; rewind lunch; lr 0.005\n"
                      "wait until {epoch >= 7}; stop");
    char *script = script_of(&c);
    assert_true(line_of(script, "\nlr 0.03 when=") <
                line_of(script, "\nrewind lunch when="));
    free(script);
    assert_replays(&c);
    case_close(&c);
}

static void callbacks_changed_while_it_trained_stay_with_the_model(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "callback early_stopping monitor=loss patience=5\n"
                      "callback set early_stopping patience=9 when=2:0\n"
                      "callback add csv_logger log.csv when=2:0\n");
    refused(&c, "callback set nothing patience=1 when=2:0", RT_ENOENT,
            "nothing");
    case_run(&c, "callback set csv_logger append=yes when=2:1");
    assert_int_equal(c.s->model->callbacks.n, 1);
    case_run(&c, "orders clear\n"
                 "callback set early_stopping patience=9 when=2:0\n"
                 "callback add csv_logger log.csv when=2:0\n"
                 "fit s epochs=2\n"
                 "assert {[dict get [lindex [callback list] 0] options] eq "
                 "{loss patience=9}} [callback list]\n"
                 "assert {[llength [callback list]] == 2}");
    assert_replays(&c);
    case_close(&c);
}

static void a_pause_that_nobody_ended_is_not_written(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "fit s epochs=100000 &\nwait until {epoch >= 2}\npause\n"
                      "lr 0.5\nstep 2");
    char *script = script_of(&c);
    line_of(script, "lr 0.5 when=");
    assert_null(strstr(script, "pause"));
    assert_null(strstr(script, "step"));
    free(script);
    case_run(&c, "stop");
    assert_replays(&c);
    case_close(&c);
}

static void a_fit_that_failed_does_not_end_its_script(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "lr 1e9\ncatch {fit s epochs=3 nan=stop}\n"
                      "model b; input x 2; dense 1; output\n"
                      "compile sgd lr=1e30 loss=mse\ncatch {fit s epochs=30}\n"
                      "seed 4");
    char *script = script_of(&c);
    line_of(script, "\ncatch {fit s epochs=30}\nseed 4\n");
    free(script);
    assert_replays(&c);
    case_close(&c);
}

static void a_stored_run_has_a_script_with_its_orders(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "lr 0.5 when=2:1\nstop when=3:0\nfit s epochs=5");
    case_run(&c, "set script [dict get [runs show -value] script]");
    case_run(&c, "assert {[string match {*\nlr 0.5 when=2:1\nstop "
                 "when=3:0\nfit s epochs=5} $script]} $script");
    case_close(&c);
}

/* ---- step ---------------------------------------------------------------- */

static void a_step_ends_with_a_pause(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "step when=1:0\nfit s epochs=3");
    case_run(&c, "assert {[dict get [status -value] state] eq {paused}}\n"
                 "assert {[dict get [status -value] batch] eq {1/3}}\n"
                 "step 2; wait\n"
                 "assert {[dict get [status -value] batch] eq {3/3}}\n"
                 "assert {[dict get [status -value] epoch] eq {1/3}}\n"
                 "step; wait\n"
                 "assert {[dict get [status -value] batch] eq {1/3}}\n"
                 "assert {[dict get [status -value] epoch] eq {2/3}}\n"
                 "step -epoch; wait\n"
                 "assert {[dict get [status -value] batch] eq {3/3}}\n"
                 "resume; wait\n"
                 "assert {[dict get [status -value] state] eq {finished}}");
    assert_replays(&c);
    case_close(&c);
}

int main(void)
{
    case_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_with_when_is_kept_for_the_next_fit),
        cmocka_unit_test(a_boundary_that_cannot_come_is_refused),
        cmocka_unit_test(
            a_live_run_takes_an_order_for_later_and_none_for_before),
        cmocka_unit_test(an_order_that_was_never_reached_is_told),
        cmocka_unit_test(what_waits_is_in_the_script_before_its_fit),
        cmocka_unit_test(a_run_steered_by_hand_is_repeated_to_the_bit),
        cmocka_unit_test(every_order_of_a_model_of_two_outputs_is_repeated),
        cmocka_unit_test(a_run_that_went_back_is_repeated_too),
        cmocka_unit_test(
            callbacks_changed_while_it_trained_stay_with_the_model),
        cmocka_unit_test(a_pause_that_nobody_ended_is_not_written),
        cmocka_unit_test(a_fit_that_failed_does_not_end_its_script),
        cmocka_unit_test(a_stored_run_has_a_script_with_its_orders),
        cmocka_unit_test(a_step_ends_with_a_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
