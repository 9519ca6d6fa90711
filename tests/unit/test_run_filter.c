/* Finding, marking, deleting and exporting recorded runs. */
#include "session_case.h"

#include "shell/run_filter.h"
#include "store/marks.h"

static struct session_case c;

/* Three runs: small 0.1, small 0.01, large 0.1. */
static int opened(void **state)
{
    (void)state;
    case_open(&c);
    case_run(&c, "seed 1\ndata s generate moons n=40\n"
                 "proc go {units lr name} {\n"
                 "  model m; input x 2; dense $units activation=tanh\n"
                 "  dense 1 activation=sigmoid; output\n"
                 "  compile adam lr=$lr loss=binary_crossentropy metrics=acc\n"
                 "  fit s epochs=2 validation=0.25 name=$name\n}\n"
                 "go 2 0.1 small\ngo 2 0.01 small\ngo 16 0.1 large\n");
    return 0;
}

static int closed(void **state)
{
    (void)state;
    case_close(&c);
    return 0;
}

static void assert_ids(const char *words, const char *want)
{
    struct rt_str line = RT_STR_INIT, got = RT_STR_INIT;
    rt_str_addf(&line, "runs %s -ids -value", words);
    if (rt_interp_value(c.s->interp, rt_str_c(&line), NULL, &got, &c.err))
        fail_msg("%s: %s", rt_str_c(&line), c.err.text);
    if (strcmp(rt_str_c(&got), want))
        fail_msg("runs %s: '%s', want '%s'", words, rt_str_c(&got), want);
    rt_str_release(&line);
    rt_str_release(&got);
}

static void assert_refused(const char *line, const char *part)
{
    if (!rt_interp_text(c.s->interp, line, NULL, &c.err))
        fail_msg("'%s' is taken", line);
    if (!strstr(c.err.text, part))
        fail_msg("'%s': %s", c.err.text, part);
}

static void words_narrow_by_settings_and_results(void **state)
{
    (void)state;
    assert_ids("", "3 2 1");
    assert_ids("small", "2 1");
    assert_ids("finished", "3 2 1");
    assert_ids("failed", "");
    assert_ids("state:fin*", "3 2 1");
    assert_ids("lr<0.1", "2");
    assert_ids("lr<=1/10", "3 2 1");
    assert_ids("lr=1e-1 small", "1");
    assert_ids("lr!=0.1", "2");
    assert_ids("!lr=0.1", "2");
    assert_ids("optimizer=adam epochs==2", "3 2 1");
    assert_ids("optimizer=a*m name:sm*", "2 1");
    assert_ids("optimizer!=adam", "");
    assert_ids("val_loss>0 val_loss<1e9 parameters>20", "3");
    assert_ids("1..2", "2 1");
    assert_ids("2", "2");
}

static void runs_sort_by_any_column(void **state)
{
    (void)state;
    assert_ids("sort=parameters small large", "");
    assert_ids("sort=run", "1 2 3");
    assert_ids("sort=-parameters", "3 2 1");
    assert_ids("sort=lr", "2 3 1");
    assert_ids("sort=name", "3 2 1");
    assert_ids("sort=label", "3 2 1"); /* nobody has one */
    case_run(&c, "runs label 1 a; runs label 2 b");
    assert_ids("sort=label", "1 2 3");
    assert_ids("sort=-label", "2 1 3");
}

static void columns_are_chosen(void **state)
{
    (void)state;
    char *text = case_line(&c, "runs cols=name,lr,val_acc,took 3");
    assert_non_null(strstr(text, "val_acc"));
    assert_null(strstr(text, "begun"));
    free(text);
    case_run(&c, "set r [lindex [runs 3 cols=lr,parameters -value] 0]\n"
                 "assert {[dict keys $r] eq {run lr parameters}}\n"
                 "assert {[dict get $r lr] == 0.1}");
}

static void names_that_no_run_has_are_told(void **state)
{
    (void)state;
    assert_refused("runs unit=3", "no run has a setting or result 'unit'");
    assert_refused("runs sort=val_los", "did you mean val_loss");
    assert_refused("runs cols=acuracy", "'acuracy'");
    assert_refused("runs lr<much", "no number");
    assert_refused("runs delete nobody", "no run 'nobody'");
    assert_refused("runs delete tag:nobody", "no run fits");
    assert_refused("runs delete", "want delete RUN");
    assert_refused("runs label 1", "want label RUN TEXT");
    assert_refused("runs label 1 \"a\\nb\"", "one line");
    assert_refused("runs tag 1 {a b}", "cannot be a tag");
    assert_refused("runs export 1 file.txt", "ends in .csv or .json");
}

static void a_verb_that_is_misspelt_is_suggested(void **state)
{
    (void)state;
    char *text = case_line(&c, "runs shwo 3");
    assert_non_null(strstr(text, "did you mean show"));
    free(text);
}

static void show_tells_orders_messages_and_checkpoints(void **state)
{
    (void)state;
    case_run(&c, "lr 0.5 when=2:1\nfit s epochs=3 name=steered\n"
                 "set d [runs show steered -value]\n"
                 "assert {[dict get [lindex [dict get $d orders] 0] text] eq "
                 "{lr 0.5}}\n"
                 "assert {[dict get [lindex [dict get $d orders] 0] epoch] == "
                 "2}\n"
                 "assert {[llength [dict get $d checkpoints]] > 0}\n"
                 "assert {[dict exists $d messages]}\n");
}

static void tags_are_words_of_their_own(void **state)
{
    (void)state;
    case_run(&c, "runs tag small best old\nruns tag 3 bestest\n");
    assert_ids("tag:best", "2");
    case_run(&c, "runs tag lr=0.1 old\n");
    assert_ids("tag:old", "3 2 1");
    case_run(&c, "runs tag 2 !old best\n");
    assert_ids("tag:old", "3 1");
    assert_ids("tag:best !tag:old", "2");
    assert_true(rt_run_has_tag("a best b", "best"));
    assert_true(rt_run_has_tag("best", "best"));
    assert_false(rt_run_has_tag("a besta xbest", "best"));
    assert_false(rt_run_has_tag("a", ""));
}

static void a_deleted_run_is_kept_until_it_is_purged(void **state)
{
    (void)state;
    case_run(&c, "runs delete 1 2");
    assert_ids("", "3");
    assert_ids("deleted", "2 1");
    case_run(&c, "runs restore 2");
    assert_ids("", "3 2");
    assert_refused("runs purge 3", "is not deleted");
    case_run(&c, "runs purge");
    assert_ids("deleted", "");
    assert_refused("runs show 1x", "no run");
    struct rt_run_row *row;
    assert_int_equal(rt_store_find(c.s->store, "1", &row, &c.err), RT_ENOENT);
}

static void a_run_that_lives_is_not_deleted(void **state)
{
    (void)state;
    case_run(&c, "fit s epochs=100000000 name=long &");
    assert_refused("runs delete long", "stop it first");
    case_run(&c, "stop\nwait");
    case_run(&c, "runs delete long");
}

static void what_is_exported_reads_back(void **state)
{
    (void)state;
    case_run(&c,
             "runs note 3 {a \"b\", c}\nruns label 3 {a \"b, c}\nruns export 3 "
             "h.csv\n"
             "runs export 3 h.json\nruns export t.csv cols=name,note\n"
             "set f [open h.csv]; set lines [split [read $f] \\n]\n"
             "assert {[llength $lines] == 4}\n"
             "assert {[lindex $lines 0] eq "
             "{epoch,loss,acc,val_loss,val_acc,lr}}\n"
             "set v [lindex [split [lindex $lines 2] ,] 3]\n"
             "assert {$v == [dict get [lindex [runs 3 -value] 0] val_loss]}"
             "\nset f [open t.csv]; set lines [split [read $f] \\n]\n"
             "assert {[lindex $lines 1] eq {3,large,\"a \"\"b\"\", c\"}}\n");
    unsigned char *text;
    size_t n;
    rt_assert_ok(rt_file_read("h.json", 0, &text, &n, &c.err), &c.err);
    assert_non_null(strstr((char *)text, "\"label\":\"a \\\"b, c\""));
    assert_non_null(strstr((char *)text, "\"history\":[{\"epoch\":1,"));
    free(text);
}

static void a_tree_has_the_repeats_below(void **state)
{
    (void)state;
    c.s->repeats = 1;
    case_run(&c, "go 2 0.1 again");
    c.s->repeats = 0;
    char *text = case_line(&c, "runs tree");
    assert_non_null(strstr(text, "└─ 4  again"));
    assert_non_null(strstr(text, "repeats 1\n2  small"));
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(words_narrow_by_settings_and_results),
        TEST(runs_sort_by_any_column),
        TEST(columns_are_chosen),
        TEST(names_that_no_run_has_are_told),
        TEST(a_verb_that_is_misspelt_is_suggested),
        TEST(show_tells_orders_messages_and_checkpoints),
        TEST(tags_are_words_of_their_own),
        TEST(a_deleted_run_is_kept_until_it_is_purged),
        TEST(a_run_that_lives_is_not_deleted),
        TEST(what_is_exported_reads_back),
        TEST(a_tree_has_the_repeats_below),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
