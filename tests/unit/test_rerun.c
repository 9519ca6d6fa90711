/* Runs repeated, compared, and the best of them. The processes are the real
 * program's (RT_PROGRAM). */
#include "session_case.h"

#include "shell/rerun.h"

static struct session_case c;

static int opened(void **state)
{
    (void)state;
    case_open(&c);
    case_run(&c, "seed 1\ndata s generate moons n=60 noise=0.2\nmodel m\n"
                 "input x 2\ndense 6 activation=tanh\ndropout 0.2\n"
                 "dense 1 activation=sigmoid\noutput\n"
                 "compile adam loss=binary_crossentropy metrics=acc\n"
                 "fit s epochs=2 validation=0.25 name=before\n"
                 "lr 0.03 when=2:1\n"
                 "fit s epochs=3 validation=0.25 name=first\n");
    return 0;
}

static int closed(void **state)
{
    (void)state;
    case_close(&c);
    return 0;
}

static void assert_refused(const char *line, int code, const char *part)
{
    if (!rt_interp_text(c.s->interp, line, NULL, &c.err))
        fail_msg("'%s' is taken", line);
    if (!strstr(c.err.text, part) || c.err.code != code)
        fail_msg("'%s': %d %s", line, c.err.code, c.err.text);
}

/* The script of the first run with its changes. */
static char *changed(const char *change)
{
    struct rt_str out = RT_STR_INIT;
    size_t last;
    const char script[] = "seed 1\ndata s generate moons seed=9\n"
                          "loss l {mean(y) +\n p}\ndense 4 act=relu\n"
                          "compile adam lr=0.1\nfit s epochs=2\n"
                          "lr 0.5 when=1:2\nfit s epochs=3 name=x";
    if (rt_rerun_script(c.s, script, &change, 1, &out, &last, NULL, &c.err)) {
        rt_str_release(&out);
        return NULL;
    }
    assert_int_equal(strncmp(rt_str_c(&out) + last, "fit ", 4), 0);
    return rt_str_take(&out);
}

static void a_change_finds_the_word_it_means(void **state)
{
    static const struct {
        const char *change, *part, *other;
    } is[] = {
        { "epochs=7", "fit s epochs=2\n", "fit s epochs=7 name=x\n" },
        { "seed=5", "seed 5\n", "moons seed=9\n" },
        { "lr=0.3", "compile adam lr=0.3\n", "lr 0.5 when=1:2\n" },
        { "batch_size=8", "name=x batch_size=8\n", "fit s epochs=2\n" },
        { "beta_1=0.8", "compile adam lr=0.1 beta_1=0.8\n", "p}\n" },
        { "act=tanh", "dense 4 act=tanh\n", "{mean(y) +\n p}" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        char *text = changed(is[i].change);
        assert_non_null(text);
        if (!strstr(text, is[i].part) || !strstr(text, is[i].other))
            fail_msg("%s: %s", is[i].change, text);
        free(text);
    }
    assert_null(changed("units=4"));
    rt_assert_error(&c.err, RT_ENOENT, "has units=");
    assert_null(changed("epoch=4"));
    rt_assert_error(&c.err, RT_ENOENT, "did you mean epochs");
    assert_null(changed("epochs"));
    assert_null(changed("epochs="));
}

static void a_repeated_run_is_the_same_to_the_bit(void **state)
{
    (void)state;
    char *text = case_line(&c, "rerun first -verify");
    assert_non_null(strstr(text, "the same to the bit: 15 values"));
    assert_non_null(strstr(text, "all weights"));
    free(text);
    case_run(&c, "assert {[dict get [runs show [rerun 2 -value] -value] "
                 "repeats] == 2}");
}

static void the_first_number_that_differs_is_told(void **state)
{
    (void)state;
    struct rt_str says = RT_STR_INIT;
    struct rt_run_row *a, *b;
    bool same;
    case_run(&c, "rerun first lr=0.02");
    rt_assert_ok(rt_store_find(c.s->store, "2", &a, &c.err), &c.err);
    rt_assert_ok(rt_store_find(c.s->store, "4", &b, &c.err), &c.err);
    rt_assert_ok(rt_runs_same(c.s, a, b, &same, &says, &c.err), &c.err);
    assert_false(same);
    assert_non_null(strstr(rt_str_c(&says), "of epoch 1 is "));
    rt_run_rows_free(a, 1);
    rt_run_rows_free(b, 1);
    rt_str_release(&says);
    /* data that changed behind its back */
    case_run(&c,
             "set f [open d.csv w]; puts $f a,b\\n1,2\\n2,3\\n3,5; close $f\n"
             "data d csv d.csv x=a y=b\nmodel n\ninput x 1\ndense 1\n"
             "output\ncompile sgd loss=mse\nfit d epochs=2 name=file\n"
             "rerun file -verify\n"
             "set f [open d.csv w]; puts $f a,b\\n1,2\\n2,3\\n3,6; close $f\n");
    assert_refused("rerun first &", RT_EINVAL, "waited for");
    assert_refused("rerun file -verify", RT_EASSERT, "loss of epoch 1 is ");
    assert_non_null(strstr(c.err.text, "the data are not the same"));
}

static void what_goes_wrong_there_is_told_here(void **state)
{
    (void)state;
    assert_refused("rerun", RT_EINVAL, "which run");
    assert_refused("rerun nobody", RT_ENOENT, "no run 'nobody'");
    assert_refused("rerun 2 epochs=0", RT_EINVAL, "'epochs' is 0");
    assert_refused("rerun 2 validation=gone", RT_ENOENT, "no data set 'gone'");
    assert_refused("rerun 2 epochs=4 -verify", RT_EINVAL, "leave out -verify");
    assert_refused("rerun 2 nonsense=4", RT_ENOENT, "nonsense");
    case_run(&c, "fit s epochs=100000000 name=long &");
    assert_refused("rerun long", RT_EBUSY, "wait for its end");
    case_run(&c, "stop\nwait");
}

/* What was ordered before it went back is found in the run it branched from,
 * or, when that is gone, in its own copies. */
static void a_branch_is_repeated_too(void **state)
{
    (void)state;
    case_run(&c, "lr 0.2 when=2:1\nrewind 2 when=4:1\nlr 0.05 when=3:1\n"
                 "fit s epochs=5 name=back\n"
                 "set branch [lindex [runs -ids -value] 0]");
    for (int i = 0; i < 2; i++) {
        char *text = case_line(&c, "rerun $branch -verify");
        assert_non_null(strstr(text, "the same to the bit"));
        free(text);
        if (!i)
            case_run(&c, "set first [expr {$branch - 1}]\n"
                         "runs delete $first\nruns purge $first");
    }
}

/* What was ordered in the epoch that the checkpoint stands in is a part of its
 * way, and what came behind it is not. */
static void a_branch_from_within_an_epoch_is_repeated_too(void **state)
{
    (void)state;
    case_run(&c, "lr 0.2 when=2:1\ncheckpoint within when=2:2\n"
                 "lr 0.9 when=2:3\nrewind within when=3:0\n"
                 "fit s epochs=4 batch_size=8 name=again\n"
                 "set branch [lindex [runs -ids -value] 0]\n"
                 "set first [expr {$branch - 1}]\n"
                 "runs delete $first\nruns purge $first\n"
                 "set orders [dict get [runs show $branch -value] orders]\n"
                 "assert {![string match *0.9* $orders]} $orders");
    char *text = case_line(&c, "rerun $branch -verify");
    assert_non_null(strstr(text, "the same to the bit"));
    free(text);
}

static void the_best_is_by_the_way_a_series_goes(void **state)
{
    (void)state;
    case_run(&c, "set v1 [dict get [runs show 1 -value] val_loss]\n"
                 "set v2 [dict get [runs show 2 -value] val_loss]\n"
                 "assert {[best -value] == ($v1 < $v2 ? 1 : 2)}\n"
                 "set a1 [dict get [runs show 1 -value] best_acc]\n"
                 "set a2 [dict get [runs show 2 -value] best_acc]\n"
                 "assert {$a1 != $a2}\n"
                 "assert {[best by=best_acc -value] == ($a1 > $a2 ? 1 : 2)}\n"
                 "assert {[best before -value] == 1}\n");
    assert_refused("best nothing", RT_ENOENT, "no run fits");
    assert_refused("best by=val_los", RT_ENOENT, "did you mean val_loss");
}

static void what_differs_is_compared(void **state)
{
    (void)state;
    case_run(&c, "set r [compare 1 2 -changed -value]\n"
                 "assert {[dict get $r epochs] eq {2 3}}\n"
                 "assert {![dict exists $r optimizer]}\n"
                 "set r [compare 1..2 cols=optimizer,epochs -value]\n"
                 "assert {[dict keys $r] eq {optimizer epochs} || "
                 "[dict keys $r] eq {epochs optimizer}}\n"
                 "compare 1 2 curve=acc -to c.svg\n"
                 "assert {[file size c.svg] > 500}\n");
    char *text = case_line(&c, "compare 1 2 1 2 1 2 cols=epochs");
    assert_non_null(strstr(text, "run"));
    assert_non_null(strstr(text, "first #2   3"));
    free(text);
    assert_refused("compare 1", RT_EINVAL, "want 2 or more");
    assert_refused("compare 1 2 cols=epoch", RT_ENOENT, "did you mean epochs");
    assert_refused("compare 1 2 curve=mae", RT_ENOENT, "no");
}

static void a_live_run_is_compared_too(void **state)
{
    (void)state;
    case_run(&c, "fit s epochs=100000000 name=long &\n"
                 "wait until {epoch > 3}\n"
                 "assert {[dict get [compare first long -value] state] eq "
                 "{finished running}}\nstop\nwait\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_change_finds_the_word_it_means),
        TEST(a_repeated_run_is_the_same_to_the_bit),
        TEST(the_first_number_that_differs_is_told),
        TEST(what_goes_wrong_there_is_told_here),
        TEST(a_branch_is_repeated_too),
        TEST(a_branch_from_within_an_epoch_is_repeated_too),
        TEST(the_best_is_by_the_way_a_series_goes),
        TEST(what_differs_is_compared),
        TEST(a_live_run_is_compared_too),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
