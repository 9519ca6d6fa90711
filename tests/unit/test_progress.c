/* What is said about runs at the prompt and in scripts: each thing once, and in
 * no more than the terminal's width. */
#include "session_case.h"

#include "base/utf8.h"
#include "shell/progress.h"

#define MODEL                                                                  \
    "seed 1; data s generate moons n=64; model m; input x 2\n"                 \
    "dense 4 activation=tanh; dense 1 activation=sigmoid; output\n"            \
    "compile adam loss=binary_crossentropy metrics=acc\n"

static int times(const char *text, const char *what)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

static void at_prompt(struct session_case *c)
{
    case_open(c);
    c->s->batch = false;
    c->s->interactive = c->s->tty_out = true;
    case_run(c, MODEL);
    rt_str_clear(&case_printed);
}

/* Until nobody trains; the end is told by the drain. */
static void wait_quietly(struct session_case *c)
{
    while (rt_session_n_live(c->s))
        case_pump(c->s, 0);
}

static void the_end_is_told_once_after_the_last_epoch(void **state)
{
    (void)state;
    struct session_case c;
    at_prompt(&c);
    char *says = case_line(&c, "fit s epochs=3 name=bg");
    assert_string_equal(says, "run 1 (bg) started");
    free(says);
    wait_quietly(&c);
    const char *said = rt_str_c(&case_printed);
    const char *last = strstr(said, "bg #1  epoch 3/3  loss ");
    assert_non_null(last);
    assert_non_null(strstr(last, "run 1 (bg) finished after 3 epochs"));
    assert_int_equal(times(said, "finished"), 1);
    assert_int_equal(times(said, "epoch 3/3"), 1);
    case_close(&c);
}

static void who_waits_is_told_by_the_answer_alone(void **state)
{
    (void)state;
    struct session_case c;
    at_prompt(&c);
    char *says = case_line(&c, "fit s epochs=3 -wait");
    assert_non_null(strstr(says, "run 1 (m) finished after 3 epochs"));
    assert_null(strstr(rt_str_c(&case_printed), "finished"));
    assert_int_equal(times(rt_str_c(&case_printed), "epoch 3/3"), 1);
    free(says);
    case_close(&c);
}

static void an_order_is_answered_once(void **state)
{
    static const struct {
        const char *line, *word;
    } orders[] = { { "pause", "paused" },
                   { "resume", "resumed" },
                   { "lr 0.5", "0.001 -> 0.5" },
                   { "stop", "stopped" } };
    (void)state;
    struct session_case c;
    at_prompt(&c);
    free(case_line(&c, "fit s epochs=1000000"));
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        char *says = case_line(&c, orders[i].line);
        for (int k = 0; k < 5; k++)
            case_pump(c.s, 0);
        int n = times(says, orders[i].word) +
                times(rt_str_c(&case_printed), orders[i].word);
        if (n != 1)
            fail_msg("%s: told %d times", orders[i].line, n);
        free(says);
    }
    case_close(&c);
}

static void epochs_are_cut_between_values(void **state)
{
    (void)state;
    struct session_case c;
    at_prompt(&c);
    for (int width = 12; width <= 120; width += 12) {
        rt_str_clear(&case_printed);
        c.s->width = width;
        free(case_line(&c, "fit s epochs=1 validation=0.5 -wait"));
        char *line = rt_xstrndup(rt_str_c(&case_printed),
                                 strcspn(rt_str_c(&case_printed), "\n"));
        assert_in_range(rt_utf8_width(line), 1, width);
        const char *last = strrchr(line, ' ');
        assert_true(last && last[1] >= '0' && last[1] <= '9');
        if (width >= 84)
            assert_non_null(strstr(line, "val_acc"));
        free(line);
    }
    case_close(&c);
}

static void programs_get_every_epoch_and_all_values(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    c.s->width = 20;
    case_run(&c, MODEL "fit s epochs=50 validation=0.5");
    const char *said = rt_str_c(&case_printed);
    assert_int_equal(times(said, "epoch="), 50);
    assert_int_equal(times(said, " val_acc="), 50);
    assert_int_equal(times(said, " lr=0.001\n"), 50);
    case_close(&c);
}

static void a_run_that_is_over_keeps_its_layers(void **state)
{
    (void)state;
    struct session_case c;
    at_prompt(&c);
    free(case_line(&c, "fit s epochs=2 -wait"));
    const struct rt_session_run *r = c.s->runs.v[0];
    assert_null(r->run);
    assert_int_equal(r->last.n_layers, 3);
    assert_string_equal(r->last.layers[1].name, "dense_1");
    assert_int_equal(r->last.epoch, 2);
    assert_int_equal(r->last.n_epochs, 2);
    case_close(&c);
}

static void a_reason_does_not_repeat_the_state(void **state)
{
    (void)state;
    assert_string_equal(rt_session_why(RT_RUN_STOPPED, "stopped by user"),
                        "by user");
    assert_string_equal(rt_session_why(RT_RUN_INTERRUPTED, "interrupted"), "");
    assert_string_equal(rt_session_why(RT_RUN_FINISHED, "early_stopping: 3"),
                        "early_stopping: 3");
    assert_string_equal(rt_session_why(RT_RUN_FINISHED, NULL), "");
}

static void puts_always_ends_its_line(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "puts {}; puts a; puts \"b\\n\"");
    assert_string_equal(rt_str_c(&case_printed), "\n\na\n\nb\n\n\n");
    case_close(&c);
}

static void nothing_said_is_answered_with_where_to_look(void **state)
{
    (void)state;
    struct session_case c;
    struct rt_str out = RT_STR_INIT;
    case_open(&c);
    case_run(&c, "model m; input x 2");
    assert_true(rt_interp_line(c.s->interp, "dense", &out, &c.err) != 0);
    assert_string_equal(c.err.text,
                        "dense: 'units' is missing; `help dense` shows how");
    rt_str_release(&out);
    case_close(&c);
}

static int answer;
static int ask(struct rt_session *s, const char *question, const char *keys)
{
    (void)s;
    (void)keys;
    assert_non_null(strstr(question, "1 run is going"));
    return answer;
}

static void leaving_asks_while_a_run_is_going(void **state)
{
    (void)state;
    struct session_case c;
    at_prompt(&c);
    c.s->ask = ask;
    assert_true(rt_session_may_quit(c.s));
    free(case_line(&c, "fit s epochs=1000000"));
    answer = 'c';
    free(case_line(&c, "quit"));
    assert_int_equal(c.s->quit_code, -1);
    answer = 'q';
    struct rt_str out = RT_STR_INIT;
    assert_int_equal(rt_interp_line(c.s->interp, "quit", &out, &c.err),
                     RT_ECANCEL);
    rt_str_release(&out);
    assert_int_equal(c.s->quit_code, 0);
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_told_once_after_the_last_epoch),
        cmocka_unit_test(who_waits_is_told_by_the_answer_alone),
        cmocka_unit_test(an_order_is_answered_once),
        cmocka_unit_test(epochs_are_cut_between_values),
        cmocka_unit_test(programs_get_every_epoch_and_all_values),
        cmocka_unit_test(a_run_that_is_over_keeps_its_layers),
        cmocka_unit_test(a_reason_does_not_repeat_the_state),
        cmocka_unit_test(puts_always_ends_its_line),
        cmocka_unit_test(nothing_said_is_answered_with_where_to_look),
        cmocka_unit_test(leaving_asks_while_a_run_is_going),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
