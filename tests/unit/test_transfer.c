/* Runs from one store into another. */
#include "session_case.h"

#include "store/marks.h"

static struct session_case c;

static int opened(void **state)
{
    (void)state;
    case_open(&c);
    case_run(&c, "seed 1\ndata s generate moons n=60 noise=0.2\nmodel m\n"
                 "input x 2\ndense 6 activation=tanh\ndropout 0.2\n"
                 "dense 1 activation=sigmoid\noutput\n"
                 "compile adam loss=binary_crossentropy metrics=acc\n"
                 "callback reduce_lr_on_plateau patience=1 min_delta=1\n"
                 "lr 0.03 when=2:1\n"
                 "fit s epochs=4 validation=0.25 name=first\n"
                 "runs label first {größe \"x\"}\nruns tag first good\n"
                 "runs export first first.json\n");
    return 0;
}

static int closed(void **state)
{
    (void)state;
    case_close(&c);
    return 0;
}

/* Another store, in the same folder of files. */
static void elsewhere(void)
{
    char *path = rt_path_join(getenv("RETORT_HOME"), "first.json");
    struct session_case was = c;
    case_open(&c);
    char *line = rt_xprintf("file copy {%s} first.json", path);
    case_close(&was);
    assert_int_equal(chdir(getenv("RETORT_HOME")), 0);
    case_run(&c, line);
    free(line);
    free(path);
}

static void assert_refused(const char *line, int code, const char *part)
{
    if (!rt_interp_text(c.s->interp, line, NULL, &c.err))
        fail_msg("'%s' is taken", line);
    if (!strstr(c.err.text, part) || c.err.code != code)
        fail_msg("'%s': %d %s", line, c.err.code, c.err.text);
}

static void a_run_is_the_same_in_another_store(void **state)
{
    (void)state;
    char *history = case_line(&c, "runs history first");
    char *from = rt_xprintf("run 1 of %s on ", getenv("RETORT_HOME"));
    elsewhere();
    case_run(&c, "seed 2; data t generate moons n=20; model o; input x 2\n"
                 "dense 1; output; compile sgd loss=mse; fit t epochs=1\n"
                 "set id [runs import first.json]\n"
                 "assert {$id == 2} $id");
    char *is = case_line(&c, "runs history 2");
    assert_string_equal(is, history);
    char *origin = case_line(&c, "dict get [runs show 2 -value] imported_from");
    assert_memory_equal(origin, from, strlen(from));
    case_run(&c, "set r [runs show 2 -value]\n"
                 "assert {[dict get $r state] eq {finished}}\n"
                 "assert {[dict get $r label] eq \"größe \\\"x\\\"\"}\n"
                 "assert {[runs tag:good -ids] == 2}\n"
                 "runs export 2 second.json\nrerun 2 -verify");
    free(origin);
    free(is);
    free(from);
    free(history);
}

static void it_may_be_taken_in_twice(void **state)
{
    (void)state;
    case_run(&c, "runs import first.json; runs import first.json\n"
                 "assert {[runs -ids] eq {3 2 1}}\n"
                 "assert {[dict get [runs show 3 -value] loss] =="
                 " [dict get [runs show 1 -value] loss]}\n"
                 "runs delete 3; runs purge");
}

/* The table, a part, other things, and what lies. */
static void what_is_no_run_is_refused(void **state)
{
    (void)state;
    case_run(&c, "runs export all.json; runs export first first.csv\n"
                 "proc write {text} {set f [open bad.json w]; fconfigure $f "
                 "-encoding utf-8; puts -nonewline $f $text; close $f}\n"
                 "set f [open first.json]; fconfigure $f -encoding utf-8\n"
                 "set all [read $f]; close $f");
    assert_refused("runs import", RT_EINVAL, "want import FILE");
    assert_refused("runs import nothing.json", RT_EIO, "nothing.json");
    assert_refused("runs import all.json", RT_EFORMAT, "a table of runs");
    assert_refused("runs import first.csv", RT_EFORMAT, "line 1, column");
    assert_refused("write {{\"run\":1}}; runs import bad.json", RT_EFORMAT,
                   "no run of retort");
    static const struct {
        const char *was, *is, *says;
    } lies[] = {
        { "\"version\":1", "\"version\":2", "use a newer retort" },
        { "\"state\":\"finished\",\"reason\"", "\"state\":1,\"reason\"",
          "record.run: 'state' is no text" },
        { "\"from\":", "\"form\":", "'from' is missing" },
        { "\"batch_size\":32,\"params\"", "\"batch_size\":-1,\"params\"",
          "'batch_size' is no number that is possible" },
        { "\"series\":[[0,", "\"series\":[[70000,", "record.series[0]" },
        { "\"series\":[[0,", "\"series\":[[1,", "its number is 1, want 0" },
        { "\"metric\":[[0,1,", "\"metric\":[[0,2,", "is there twice" },
        { "\"epoch\":[[1,", "\"epoch\":[[\"1\",", "record.epoch[0]" },
        { "\"metric\":[[0,1,", "\"metric\":[[0,1,2,", "want 3 values" },
        { "\"metric\":", "\"metrics\":", "record.metric is missing" },
        { "\"lr 0.03\"", "null", "'text' is missing" },
        { "\"note\":[[1,", "\"note\":[[7,", "record.note[0]" },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        char *line = rt_xprintf(
            "set at [string last {%s} $all]; assert {$at > 0} {%s}\n"
            "write [string replace $all $at $at+[expr {[string length {%s}] - "
            "1}] {%s}]\nruns import bad.json",
            lies[i].was, lies[i].was, lies[i].was, lies[i].is);
        assert_refused(line, RT_EFORMAT, lies[i].says);
        free(line);
    }
    case_run(&c, "assert {[runs -ids] == 1}\n"
                 "assert {[glob -nocomplain runs/2] eq {}}");
}

/* One that was going on when it was exported goes on nowhere else. */
static void a_run_that_was_alive_is_interrupted(void **state)
{
    (void)state;
    case_run(&c, "fit s epochs=100000 name=long validation=0.25 &\nwait until "
                 "{epoch >= 3}\n"
                 "runs export long long.json; stop; wait\n"
                 "set id [runs import long.json]\n"
                 "set r [runs show $id -value]\n"
                 "assert {[dict get $r state] eq {interrupted}}\n"
                 "assert {[dict get $r epochs_done] >= 3}");
}

/* Values that JSON has no word for. */
static void numbers_that_are_not_finite_come_back(void **state)
{
    (void)state;
    case_run(
        &c,
        "callback remove reduce_lr_on_plateau\ncompile sgd lr=1e30 loss=mse\n"
        "fit s epochs=2 name=wild nan=go_on validation=0.25\n"
        "runs export wild wild.json\n"
        "set id [runs import wild.json]\n"
        "assert {[runs history $id] eq [runs history wild]}");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, opened, closed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_run_is_the_same_in_another_store),
        TEST(it_may_be_taken_in_twice),
        TEST(what_is_no_run_is_refused),
        TEST(a_run_that_was_alive_is_interrupted),
        TEST(numbers_that_are_not_finite_come_back),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
