/* on EVENT {script}: what scripts see, what they order, and that a replay has
 * their orders. */
#include "session_case.h"

#define MADE                                                                   \
    "seed 3; data s generate moons n=90\nmodel m; input x 2\n"                 \
    "dense 6 activation=tanh name=a\n"                                         \
    "dense 1 activation=sigmoid name=y; output\n"                              \
    "compile adam lr=0.01 loss=binary_crossentropy\nset seen {}\n"

static void every_event_is_told_once(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE
             "foreach e {train_begin epoch_end validation order checkpoint "
             "pause resume train_end} {\n"
             "  on $e {lappend seen [dict get $event event]}\n}\n"
             "lr 0.5 when=2:0\npause when=2:2\n"
             "resume when=2:2\n"
             "fit s epochs=2 validation=0.2 validate=2\n");
    case_run(&c, "set n 0; foreach e $seen {if {$e ne {checkpoint}} "
                 "{lappend told $e}; if {$e eq {checkpoint}} {incr n}}\n"
                 "assert {$told eq {train_begin epoch_end order pause "
                 "order resume order validation epoch_end train_end}} $told\n"
                 "assert {$n >= 1} $seen");
    case_close(&c);
}

static void a_script_finds_what_happened(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE
             "on epoch_end {lappend seen $event}\n"
             "on order {set order $event}\n"
             "on train_end {set end [dict get $event state]}\n"
             "lr 0.5 when=2:0\nfit s epochs=3 validation=0.2 name=first\n"
             "assert {[llength $seen] == 3}\n"
             "set e [lindex $seen 2]\n"
             "assert {[dict get $e epoch] == 3 && [dict get $e batch] == 3}\n"
             "assert {[dict get $e name] eq {first}}\n"
             "assert {[dict get $e lr] == 0.5}\n"
             "assert {[dict get $e val_loss] > 0 && [dict get $e loss] > 0}\n"
             "assert {[dict get $order order] eq {lr 0.5}}\n"
             "assert {[dict get $order who] eq {user}}\n"
             "assert {$end eq {finished}}");
    case_close(&c);
}

static void what_scripts_order_is_replayed_without_them(void **state)
{
    (void)state;
    struct session_case c, again;
    struct rt_str script = RT_STR_INIT;
    case_open(&c);
    case_run(&c,
             MADE "on epoch_end {if {[dict get $event epoch] == 3} {lr 0.05}\n"
                  "if {[dict get $event epoch] >= 9} {stop}; weight a/kernel}\n"
                  "fit s epochs=1000000 validation=0.2 batch_size=8");
    const struct rt_session_run *r = rt_session_run(c.s, NULL, NULL);
    assert_int_equal(r->state, RT_RUN_STOPPED);
    assert_string_equal(r->reason, "stopped by on epoch_end");
    rt_session_script(c.s, &script);
    assert_null(strstr(rt_str_c(&script), "epoch_end"));
    assert_non_null(strstr(rt_str_c(&script), "\nlr 0.05 when="));
    assert_non_null(strstr(rt_str_c(&script), "\nstop when="));
    case_open(&again);
    case_run(&again, rt_str_c(&script));
    const struct rt_model *a = c.s->model->model, *b = again.s->model->model;
    assert_int_equal(a->n_params, b->n_params);
    assert_memory_equal(a->weights, b->weights, a->n_params * sizeof(float));
    rt_str_release(&script);
    case_close(&again);
    case_close(&c);
}

static void the_model_of_the_run_is_chosen_within(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "on train_end {lappend seen [model list]}\n"
                      "fit s epochs=2 &\nmodel other; input x 3\nwait 1\n"
                      "assert {[dict get [lindex [model list] 1] chosen] eq "
                      "{*}}\n"
                      "assert {[dict get [lindex [lindex $seen 0] 0] chosen] "
                      "eq {*}} $seen");
    assert_string_equal(c.s->model->model->name, "other");
    case_close(&c);
}

static void a_script_that_fails_is_told_and_taken_away(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "on epoch_end {lappend seen 1}\n"
                      "on epoch_end {no_such_command}\n"
                      "fit s epochs=3\n"
                      "assert {[llength $seen] == 3}\n"
                      "assert {[llength [on list]] == 1}\nlog");
    const char *said = strstr(rt_str_c(&case_printed),
                              "on epoch_end: no command 'no_such_command'");
    assert_non_null(said);
    assert_non_null(strstr(said, "; the script is taken away\n"));
    case_close(&c);
}

/* Of more runs than a session remembers the one is there that it is about. */
static void a_script_that_fits_often_is_still_about_its_run(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "on train_end {if {[dict get $event run] == 1} {\n"
                      "for {set i 0} {$i < 12} {incr i} {fit s}; error late}}\n"
                      "model copy other; model use m; fit s &\n"
                      "model use other; fit s epochs=200\n"
                      "assert {[llength [on list]] == 0}");
    int told = 0;
    for (int i = 0; i < c.s->log.n; i++)
        if (strstr(c.s->log.v[i].text, "late; the script is taken away"))
            told = c.s->log.v[i].run;
    assert_int_equal(told, 1);
    case_close(&c);
}

static void scripts_are_listed_and_removed(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "on epoch_end {lappend seen 1}; on order {set x 1}\n"
                      "assert {[dict get [lindex [on] 0] event] eq "
                      "{epoch_end}}\n"
                      "on remove epoch_end\nfit s epochs=2\n"
                      "assert {$seen eq {}}\n"
                      "assert {[llength [on list]] == 1}");
    static const struct {
        const char *line, *says;
    } bad[] = {
        { "on epoch_start {set x 1}", "epoch_start" },
        { "on epoch_end", "on epoch_end: the script is missing" },
        { "on remove", "on remove: the event is missing" },
        { "on remove epoch_ends",
          "on: no event 'epoch_ends', want one of train_begin" },
        { "on list 3", "on list: '3' is one word too many" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_true(rt_interp_text(c.s->interp, bad[i].line, NULL, &c.err));
        if (!strstr(c.err.text, bad[i].says))
            fail_msg("'%s' says '%s'", bad[i].line, c.err.text);
    }
    case_close(&c);
}

/* What would have been an order, had the run not ended before. */
static void what_came_too_late_for_the_run_is_written_too(void **state)
{
    (void)state;
    struct session_case c, again;
    struct rt_str script = RT_STR_INIT;
    case_open(&c);
    case_run(&c, MADE "model copy other; model use m\n"
                      "on train_end {lr 0.5; freeze a; set x 1; head s\n"
                      "if {[dict get $event run] == 1} {fit s epochs=2}}\n"
                      "fit s epochs=2 &\nmodel use other\nwait 1\n"
                      "wait\nlr 0.25\nmodel use m\nfit s epochs=1");
    rt_session_script(c.s, &script);
    assert_non_null(strstr(rt_str_c(&script),
                           "fit s epochs=2 &\nmodel use other\nwait m\n"
                           "model use m\nlr 0.5\nmodel use other\n"
                           "model use m\nfreeze a\nmodel use other\n"
                           "model use m\nfit s epochs=2\nmodel use other\n"));
    case_open(&again);
    case_run(&again, rt_str_c(&script));
    const struct rt_model *a = c.s->model->model, *b = again.s->model->model;
    assert_string_equal(a->name, b->name);
    assert_memory_equal(a->weights, b->weights, a->n_params * sizeof(float));
    rt_str_release(&script);
    case_close(&again);
    case_close(&c);
}

/* Its orders are events too, of which no script may make more. */
static void a_script_at_orders_hears_nothing_of_its_own(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, MADE "on order {lappend seen 1; catch {lr 0.3}}\n"
                      "pause when=2:0\nlr 0.5 when=2:0\nfit s epochs=3\n"
                      "resume; wait\nassert {[llength $seen] == 3} $seen");
    case_close(&c);
}

int main(void)
{
    case_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_told_once),
        cmocka_unit_test(a_script_finds_what_happened),
        cmocka_unit_test(what_scripts_order_is_replayed_without_them),
        cmocka_unit_test(the_model_of_the_run_is_chosen_within),
        cmocka_unit_test(a_script_that_fails_is_told_and_taken_away),
        cmocka_unit_test(a_script_that_fits_often_is_still_about_its_run),
        cmocka_unit_test(scripts_are_listed_and_removed),
        cmocka_unit_test(what_came_too_late_for_the_run_is_written_too),
        cmocka_unit_test(a_script_at_orders_hears_nothing_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
