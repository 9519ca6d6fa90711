/* Sweeps, carried out by processes of the real program (RT_PROGRAM). */
#include "session_case.h"

#include "base/clock.h"
#include "shell/sweep.h"
#include "store/lock.h"

#include <signal.h>

static struct session_case c;

#define DATA "seed 1\ndata s generate moons n=40\n"
#define SCRIPT                                                                 \
    "{model m; input x 2; dense $units; dense 1 activation=sigmoid; output; "  \
    "compile sgd loss=binary_crossentropy; fit s epochs=1 validation=0.2}"

static int opened(void **state)
{
    (void)state;
    case_open(&c);
    return 0;
}

static int closed(void **state)
{
    (void)state;
    case_close(&c);
    return 0;
}

/* What a Tcl expression over the result of the line is. */
static void assert_holds(const char *condition)
{
    bool holds = false;
    if (rt_interp_test(c.s->interp, condition, &holds, &c.err))
        fail_msg("%s: %s", condition, c.err.text);
    if (!holds)
        fail_msg("%s", condition);
}

static void assert_refused(const char *line, const char *part)
{
    if (!rt_interp_text(c.s->interp, line, NULL, &c.err))
        fail_msg("'%s' is taken", line);
    if (!strstr(c.err.text, part))
        fail_msg("'%s': %s", c.err.text, part);
}

static int n_printed(const char *part)
{
    int n = 0;
    for (const char *p = rt_str_c(&case_printed); (p = strstr(p, part)); p++)
        n++;
    return n;
}

static void each_point_gets_its_variables_and_seed(void **state)
{
    (void)state;
    case_run(&c, "seed 3\nset r [sweep v {a=1,2 seed=5..6 t=x,y} -value "
                 "{dict create is $a$t$seed now [seed]}]");
    assert_holds("[llength $r] == 8");
    assert_holds("[dict get [lindex $r 0] is] eq \"1x5\"");
    assert_holds("[dict get [lindex $r 7] is] eq \"2y6\"");
    assert_holds("[dict get [lindex $r 7] now] == 6");
    assert_holds("[dict get [lindex $r 3] point] == 4");
}

static void a_point_knows_what_was_defined_before(void **state)
{
    (void)state;
    case_run(&c,
             DATA "namespace eval my {variable deep 4; "
                  "proc twice {x {y 2}} {expr {$x * $y}}}\n"
                  "array set table {k 7}\nset text {a {b c} \\$x}\n"
                  "proc begin {local} {\n"
                  "  sweep k {a=1} {dict create twice [my::twice $my::deep] "
                  "table $table(k) text $text local $local "
                  "rows [llength [values s y]]}\n}\n"
                  "set r [lindex [begin here] 0]\n");
    assert_holds("[dict get $r twice] == 8");
    assert_holds("[dict get $r table] == 7");
    assert_holds("[dict get $r text] eq $text");
    assert_holds("[dict get $r local] eq {here}");
    assert_holds("[dict get $r rows] == 40");
}

static void a_point_has_the_models_with_their_weights(void **state)
{
    (void)state;
    case_run(&c,
             DATA "model base; input x 2; dense 3 name=d; output\n"
                  "compile sgd loss=mse\nset w [weight d/kernel]\n"
                  "set r [sweep w {a=1} {dict create w [weight d/kernel]}]");
    assert_holds("[dict get [lindex $r 0] w] eq $w");
}

static void points_of_another_model_run_again(void **state)
{
    (void)state;
    case_run(&c, "seed 1\nmodel base; input x 2; dense 3 name=d; output\n"
                 "proc go {} {sweep w {a=1..2} {dict create p "
                 "[dict get [summary -value] params]}}\n"
                 "go\ngo");
    assert_int_equal(n_printed("point="), 2);
    case_run(&c, "reinit d\nset r [go]");
    assert_int_equal(n_printed("point="), 4);
    case_run(&c, "dense 4\nset r [go]");
    assert_int_equal(n_printed("point="), 6);
    assert_holds("[dict get [lindex $r 0] p] == 25");
    case_run(&c, "proc own {} {sweep o {a=1..2} {model n; dict create b $a}}\n"
                 "own\nreinit d\nown"); /* a model of its own */
    assert_int_equal(n_printed("point="), 8);
}

static void its_runs_are_the_same_as_alone(void **state)
{
    (void)state;
    case_run(&c, DATA "set r [sweep s {units=3,5 seed=2} jobs=2 " SCRIPT "]\n"
                      "set units 5; seed 2\nset alone [eval " SCRIPT "]\n");
    assert_holds("[dict get [lindex $r 1] val_loss] == "
                 "[dict get $alone val_loss]");
    assert_holds("[dict get [lindex $r 0] val_loss] != "
                 "[dict get $alone val_loss]");
}

static void only_what_is_missing_or_failed_runs_again(void **state)
{
    (void)state;
    case_run(&c, "seed 1\nset file [pwd]/bad; close [open $file w]\n"
                 "proc go {} {sweep f {a=1..3} {\n"
                 "  if {$a == 2 && [file exists $file]} {error {no luck}}\n"
                 "  dict create loss $a now [clock clicks]}}\n"
                 "set r [go]\nset s [go]\nfile delete $file\nset t [go]\n");
    assert_holds("[dict get [lindex $r 1] state] eq {failed}");
    assert_holds("[string match {*no luck*} [dict get [lindex $r 1] reason]]");
    assert_holds("[lindex $r 0] eq [lindex $s 0]");
    assert_holds("[dict get [lindex $s 1] state] eq {failed}");
    assert_holds("[dict get [lindex $t 1] state] eq {finished}");
    assert_holds("[lindex $r 2] eq [lindex $t 2]");
    assert_int_equal(n_printed("point="), 5);
    rt_str_clear(&case_printed);
    case_run(&c, "sweep f {a=1..4} {\n"
                 "  if {$a == 2 && [file exists $file]} {error {no luck}}\n"
                 "  dict create loss $a at [clock clicks]}");
    assert_int_equal(n_printed("point="), 4); /* another script */
}

static void more_points_run_alone(void **state)
{
    (void)state;
    case_run(&c, "seed 1\nset n 4\nset unused 1\n"
                 "sweep g {a=1..2} {dict create loss [expr {$a * $n}]}\n");
    assert_int_equal(n_printed("point="), 2);
    case_run(&c, "set unused 2\n"
                 "sweep g {a=1..3} {dict create loss [expr {$a * $n}]}\n");
    assert_int_equal(n_printed("point="), 3);
    /* a variable that it uses */
    case_run(&c, "set n 5\n"
                 "sweep g {a=1..3} {dict create loss [expr {$a * $n}]}\n");
    assert_int_equal(n_printed("point="), 6);
}

static void without_a_seed_it_keeps_its_own(void **state)
{
    (void)state;
    const char sweep[] = "set r [sweep d {x=0..1} method=random:3 -value "
                         "{dict create s [seed]}]\n";
    const char file[] = "set f [open r w]; puts -nonewline $f $r; close $f\n";
    case_run(&c, sweep);
    case_run(&c, file);
    /* another session, the same store */
    struct rt_interp *t = c.s->interp;
    rt_session_free(c.s);
    rt_interp_free(t);
    c.s = rt_session_new();
    c.s->print = case_print;
    c.s->pump = case_pump;
    c.s->program = getenv("RT_PROGRAM");
    assert_non_null(rt_interp_new(c.s, &c.err));
    rt_str_clear(&case_printed);
    case_run(&c, sweep);
    assert_int_equal(n_printed("point="), 0);
    case_run(&c, "set f [open r]; set was [read $f]; close $f\n");
    assert_holds("$was eq $r");
}

static void the_best_is_by_the_column_named(void **state)
{
    (void)state;
    case_run(&c, "seed 1");
    char *text = case_line(&c, "sweep b {a=1..3} minimize=far {dict create far "
                               "[expr {($a-2)**2}] loss $a}");
    assert_non_null(strstr(text, "best: point 2, a=2, far 0"));
    free(text);
    text = case_line(&c, "sweep b {a=1..3} maximize=far {dict create far "
                         "[expr {($a-2)**2}] loss $a}");
    assert_non_null(strstr(text, "best: point 1, a=1, far 1"));
    free(text);
}

static void random_points_are_the_first_of_more(void **state)
{
    (void)state;
    case_run(&c, "seed 4\n"
                 "sweep r {lr=1e-4..1e-1:log n=1..9} method=random:3 {set lr}\n"
                 "set a [sweep show r -value]\n"
                 "sweep r {lr=1e-4..1e-1:log n=1..9} method=random:5 {set lr}\n"
                 "set b [sweep show r -value]\n");
    assert_holds("[llength $a] == 3 && [llength $b] == 5");
    assert_holds("[lrange $b 0 2] eq $a");
    assert_int_equal(n_printed("point="), 5);
}

static void halving_gives_the_best_more_epochs(void **state)
{
    (void)state;
    case_run(&c, "seed 1\nset r [sweep h {a=1..9 epochs=2..20} method=halving "
                 "jobs=2 {dict create loss [expr {abs($a - 4.0) / $epochs}]}]");
    /* 9 with 2, the best 3 with 6, the best 1 with 18, and it with 20 */
    assert_holds("[llength $r] == 14");
    assert_holds("[dict get [lindex $r 13] epochs] == 20");
    assert_holds("[dict get [lindex $r 13] a] == 4");
    assert_holds("[lsort [lmap p [lrange $r 9 11] {dict get $p a}]] eq "
                 "{3 4 5}");
    int n = n_printed("point=");
    case_run(&c, "sweep h {a=1..9 epochs=2..20} method=halving "
                 "{dict create loss [expr {abs($a - 4.0) / $epochs}]}");
    assert_int_equal(n_printed("point="), n);
    assert_refused("sweep i {a=1..3} method=halving {set a}", "epochs=A..B");
    assert_refused("sweep i {a=1..3 epochs=1,2} method=halving {set a}",
                   "epochs=A..B");
}

static void what_a_key_does_is_drawn(void **state)
{
    (void)state;
    case_run(&c, "seed 1\nsweep p {lr=1e-3..1:log:4 units=2,4 seed=1..2} "
                 "jobs=2 {dict create val_loss [expr {$lr * $units}] b x}\n");
    char *text = case_line(&c, "sweep plot p");
    assert_non_null(strstr(text, "units=4"));
    assert_non_null(strstr(text, "lr"));
    free(text);
    case_run(&c, "sweep plot p x=units -to p.svg\n"
                 "assert {[file size p.svg] > 500}");
    assert_refused("sweep plot p x=unit", "did you mean units");
    assert_refused("sweep plot p y=b", "no point has a number 'b'");
    assert_refused("sweep plot", "want plot NAME");
}

static void a_process_that_crashes_is_told_with_its_signal(void **state)
{
    (void)state;
    if (rt_interp_text(c.s->interp,
                       "seed 1; sweep k {a=1} {puts {last words}; exec kill "
                       "-KILL [pid]; after 10000}",
                       NULL, &c.err) == 0)
        fail_msg("all points failed, and no error");
    assert_non_null(strstr(c.err.text, "Killed"));
    assert_non_null(strstr(c.err.text, "last words"));
}

/* Ctrl-C at the third look. */
static int looks;
static int pump_interrupted(struct rt_session *s, double seconds)
{
    struct timespec a_while = { .tv_nsec = 20000000 };
    (void)seconds;
    nanosleep(&a_while, NULL);
    rt_session_drain(s);
    return ++looks > 2 ? RT_ECANCEL : 0;
}

static void an_interrupt_stops_the_processes_and_the_rest_goes_on(void **state)
{
    (void)state;
    int (*pump)(struct rt_session *, double) = c.s->pump;
    c.s->pump = pump_interrupted;
    looks = 0;
    case_run(&c, "seed 1\nset hold [pwd]/hold; close [open $hold w]\n"
                 "proc go {} {sweep i {a=1..3} jobs=2 {\n"
                 "  while {[file exists $hold]} {after 5}\n"
                 "  dict create loss $a}}\n");
    assert_refused("go", "0 of 3 points done");
    assert_int_equal(c.err.code, RT_ECANCEL);
    c.s->pump = pump;
    case_run(&c, "file delete $hold\nset r [go]\n");
    assert_holds("[dict get [lindex $r 2] loss] == 3");
}

static void a_sweep_that_is_going_is_not_begun_again(void **state)
{
    int fd;
    (void)state;
    case_run(&c, "seed 1; sweep h {a=1} {set a}");
    rt_assert_ok(rt_store_sweep_hold(c.s->store, "h", &fd, &c.err), &c.err);
    assert_refused("sweep h {a=1} {set a}", "held by");
    rt_store_sweep_leave(fd);
    case_run(&c, "sweep h {a=1} {set a}");
}

/* The point itself has another process look at the sweep while its run goes
 * on. */
static void what_runs_come_to_is_seen_meanwhile(void **state)
{
    (void)state;
    case_run(&c, DATA
             "set r [sweep w {units=2 lr=0.1} -value {\n"
             "model m; input x 2; dense $units; dense 1 activation=sigmoid\n"
             "output; compile sgd lr=$lr loss=binary_crossentropy\n"
             "fit s epochs=100000 validation=0.2 &\n"
             "wait until {epoch >= 3}; runs -ids\n"
             "set seen [exec $env(RT_PROGRAM) -n -b -c {"
             "puts [lindex [sweep show w -value] 0]; puts [sweep show w]}]\n"
             "stop; wait\n"
             "dict create seen $seen}]");
    assert_holds("[set seen [dict get [lindex $r 0] seen]] ne {}");
    assert_holds("[string match {*going on; `watch RUN` shows one*} $seen]");
    case_run(&c, "set row [lindex [split $seen \\n] 0]");
    assert_holds("[dict get $row state] eq {running}");
    assert_holds("[dict get $row run] == 1");
    assert_holds("[dict get $row epochs] >= 3");
    assert_holds("[dict get $row val_loss] > 0");
    assert_holds("![string match {*best: point*} $seen]");
}

static void words_that_are_wrong_are_told(void **state)
{
    (void)state;
    assert_refused("sweep", "its name is missing");
    assert_refused("sweep 1a {a=1} {set a}", "name of a sweep");
    assert_refused("sweep x {a=1}", "want NAME {SPACE}");
    assert_refused("sweep x {a} {set a}", "NAME=VALUES");
    assert_refused("sweep x {} {set a}", "empty");
    assert_refused("sweep x {a=1} method=guess {set a}", "method is 'guess'");
    assert_refused("sweep x {a=1} method=random:0 {set a}", "method is");
    assert_refused("sweep x {a=1} job=0 {set a}", "jobs");
    assert_refused("sweep x {a=1} nonsense=1 {set a}", "nonsense");
    assert_refused("sweep x {a=1} minimize=l maximize=l {set a}", "one of");
    assert_refused("sweep x {a=1} {set a} &", "a sweep is waited for");
    assert_refused("sweep show nowhere", "no sweep 'nowhere'");
    assert_refused("sweep list nowhere", "'nowhere' is one word too many");
}

static void it_is_listed_shown_and_forgotten(void **state)
{
    (void)state;
    case_run(&c, "seed 1\nsweep one {a=1..2} {set a}\nsweep two {a=1} {set a}\n"
                 "set l [sweep list -value]\nset p [sweep show one -value]\n");
    assert_holds("[llength $l] == 2");
    assert_holds("[dict get [lindex $l 1] done] == 2");
    assert_holds("[dict get [lindex $p 1] result] == 2");
    char *text = case_line(&c, "sweep show one 2");
    assert_non_null(strstr(text, "a=2"));
    free(text);
    case_run(&c, "sweep delete one\nset l [sweep list -value]");
    assert_holds("[llength $l] == 1");
    assert_refused("sweep show one", "no sweep 'one'");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_point_gets_its_variables_and_seed),
        TEST(a_point_knows_what_was_defined_before),
        TEST(a_point_has_the_models_with_their_weights),
        TEST(points_of_another_model_run_again),
        TEST(its_runs_are_the_same_as_alone),
        TEST(only_what_is_missing_or_failed_runs_again),
        TEST(more_points_run_alone),
        TEST(without_a_seed_it_keeps_its_own),
        TEST(the_best_is_by_the_column_named),
        TEST(random_points_are_the_first_of_more),
        TEST(halving_gives_the_best_more_epochs),
        TEST(what_a_key_does_is_drawn),
        TEST(a_process_that_crashes_is_told_with_its_signal),
        TEST(an_interrupt_stops_the_processes_and_the_rest_goes_on),
        TEST(a_sweep_that_is_going_is_not_begun_again),
        TEST(what_runs_come_to_is_seen_meanwhile),
        TEST(words_that_are_wrong_are_told),
        TEST(it_is_listed_shown_and_forgotten),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
