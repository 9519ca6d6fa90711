/* Going back: from which state, with which orders, and what is there when the
 * program is killed on the way. */
#include "session_case.h"

static struct session_case c;

#define MADE                                                                   \
    "seed 1\ndata s generate moons n=60 noise=0.2\nmodel m\ninput x 2\n"       \
    "dense 6 activation=tanh\ndropout 0.2\ndense 1 activation=sigmoid\n"       \
    "output\ncompile adam lr=0.01 loss=binary_crossentropy\n"                  \
    "callback reduce_lr_on_plateau monitor=loss patience=2 min_delta=0.2\n"
#define FIT "fit s epochs=12 batch_size=10 validation=0.2\n"

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

/* What the model came to, to be freed. */
static char *weights(void)
{
    return case_line(&c, "list [weight dense_1/kernel] [weight dense_2/kernel] "
                         "[lr]");
}

/* In a session of its own: what these orders alone come to. */
static char *alone(const char *orders)
{
    struct session_case was = c;
    char *home = rt_xstrdup(getenv("RETORT_HOME"));
    case_open(&c);
    case_run(&c, MADE);
    case_run(&c, orders);
    case_run(&c, FIT);
    char *w = weights();
    case_close(&c);
    c = was;
    setenv("RETORT_HOME", home, 1);
    free(home);
    return w;
}

static void assert_as_alone(const char *orders)
{
    char *want = alone(orders), *is = weights();
    assert_string_equal(is, want);
    free(is);
    free(want);
}

static void assert_told(const char *says)
{
    char *all = case_line(&c, "runs show 2");
    if (!strstr(all, says))
        fail_msg("'%s' is not in: %s", says, all);
    free(all);
}

static void assert_said(const char *says)
{
    if (!strstr(case_printed.s, says))
        fail_msg("'%s' was not said in: %s", says, case_printed.s);
}

/* At 4:0 the third epoch is over; what is ordered there comes behind it. */
static void an_order_at_the_end_is_not_gone_back_to(void **state)
{
    (void)state;
    case_run(&c, MADE "lr 0.2 when=4:0\ncheckpoint when=4:0\n"
                      "rewind 3 when=6:2\n" FIT);
    assert_as_alone("");
    case_run(&c, "rerun 2 -verify");
}

static void an_order_behind_the_checkpoint_there_is_none_of_it(void **state)
{
    (void)state;
    case_run(&c, MADE "checkpoint when=4:0\nlr 0.2 when=4:0\n"
                      "rewind 3 when=6:2\n" FIT);
    assert_as_alone("");
}

static void orders_before_the_end_are_gone_back_to(void **state)
{
    (void)state;
    case_run(&c, MADE "lr 0.2 when=3:1\ncheckpoint when=4:0\n"
                      "rewind 3 when=6:2\n" FIT);
    assert_as_alone("lr 0.2 when=3:1\n");
}

/* The branch begins at 6:0, where its own first checkpoint stands. */
static void a_branch_goes_back_to_its_parents_states(void **state)
{
    (void)state;
    case_run(&c, MADE "lr 0.05 when=2:1\ncheckpoint when=6:0\n"
                      "rewind 5 when=8:0\nrewind 2 when=7:1\n" FIT);
    case_run(&c, "assert {[llength [runs -ids]] == 3}");
    assert_as_alone("lr 0.05 when=2:1\n");
    case_run(&c, "assert {[dict get [runs show 3 -value] parent] == 2}");
}

static void a_branch_goes_back_to_a_name_of_its_parent(void **state)
{
    (void)state;
    case_run(&c, MADE "lr 0.05 when=3:1\ncheckpoint early when=3:2\n"
                      "checkpoint when=6:0\nrewind 5 when=8:0\n"
                      "rewind early when=7:1\n" FIT);
    case_run(&c, "assert {[dict get [runs show 3 -value] parent_epoch] == 2}");
    assert_as_alone("lr 0.05 when=3:1\n");
    /* its record has what the state holds, though it stands in the epoch */
    case_run(&c, "runs delete 1 2; runs purge; rerun 3 -verify");
}

/* In the epoch behind the rewind the branch was given what its parent was not.
 */
static void states_of_another_way_are_refused(void **state)
{
    (void)state;
    case_run(&c, MADE "checkpoint when=3:0\ncheckpoint late when=5:4\n"
                      "rewind 4 when=8:0\nlr 0.05 when=5:2\n"
                      "rewind late when=7:0\n" FIT);
    assert_told("holds other orders than run 2 was given by then");
    case_run(&c, "assert {[llength [runs -ids]] == 2}");
    assert_as_alone("lr 0.05 when=5:2\n");
}

/* Behind where the ways part there is nothing of the parent's. */
static void states_behind_the_branch_are_not_its_own(void **state)
{
    (void)state;
    case_run(&c, MADE "checkpoint late when=7:2\nrewind 4 when=9:0\n"
                      "rewind late when=10:0\n" FIT);
    assert_told("run 2 has no checkpoint 'late'");
    assert_as_alone("");
}

/* Its own checkpoints are gone, as those of a branch of before that was killed
 * when it had none yet. */
static void a_branch_without_a_state_resumes_from_its_parents(void **state)
{
    (void)state;
    assert_non_null(getenv("RT_PROGRAM"));
    case_run(&c, "set f [open cut.tcl w]; puts $f {" MADE
                 "lr 0.05 when=2:1\ncheckpoint when=4:2\n"
                 "rewind 4 when=8:0\nlr 0.03 when=5:1\npause when=6:1\n"
                 "fit s epochs=12 batch_size=10 validation=0.2 &\n"
                 "wait until {epoch >= 5}; while {[lindex [jobs -value] 0] ne"
                 " {} && [dict get [lindex [jobs -value] 0] state] ne {paused}}"
                 " {after 5; update}\nexec kill -TERM [pid]; while 1 {}\n}\n"
                 "close $f; catch {exec $env(RT_PROGRAM) -n -b cut.tcl 2>@1}\n"
                 "file delete {*}[glob runs/2/checkpoint-*]\n");
    case_run(&c, "runs resume 2");
    assert_said("it goes on from one of run 1 at epoch 4 batch 2");
    assert_as_alone("lr 0.05 when=2:1\nlr 0.03 when=5:1\n");
}

/* The order was recorded, its checkpoint was not written when the program was
 * killed. */
static void a_checkpoint_that_was_ordered_is_made_again(void **state)
{
    (void)state;
    assert_non_null(getenv("RT_PROGRAM"));
    case_run(&c, "set f [open cut.tcl w]; puts $f {" MADE
                 "checkpoint early when=3:2\npause when=6:1\n"
                 "rewind early when=8:1\n"
                 "fit s epochs=12 batch_size=10 validation=0.2 &\n"
                 "wait until {epoch >= 5}; while {[dict get [lindex [jobs "
                 "-value] 0] state] ne {paused}} {after 5; update}\n"
                 "exec kill -TERM [pid]; while 1 {}\n}\n"
                 "close $f; catch {exec $env(RT_PROGRAM) -n -b cut.tcl 2>@1}\n"
                 "foreach file [glob runs/1/checkpoint-*] {\n"
                 "  if {![string match *-1-0-* $file]} {file delete $file}\n"
                 "}\n");
    case_run(&c, "runs resume 1");
    assert_said("goes on with epoch 1");
    case_run(&c, "assert {[dict get [runs show 2 -value] parent_epoch] == 2}");
    assert_as_alone("");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, opened, closed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_at_the_end_is_not_gone_back_to),
        TEST(an_order_behind_the_checkpoint_there_is_none_of_it),
        TEST(orders_before_the_end_are_gone_back_to),
        TEST(a_branch_goes_back_to_its_parents_states),
        TEST(a_branch_goes_back_to_a_name_of_its_parent),
        TEST(states_of_another_way_are_refused),
        TEST(states_behind_the_branch_are_not_its_own),
        TEST(a_branch_without_a_state_resumes_from_its_parents),
        TEST(a_checkpoint_that_was_ordered_is_made_again),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
