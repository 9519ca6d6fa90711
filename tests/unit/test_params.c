/* What a script could ask for, known before it runs. */
#include "session_case.h"

#include "shell/params.h"

/* Of a script of this text, called as `retort FILE epochs=3`. */
static int foresee(const char *text, struct rt_err *err)
{
    struct session_case c;
    case_open(&c);
    rt_map_set(&c.s->params, "epochs", rt_xstrdup("3"));
    *err = (struct rt_err)RT_ERR_INIT;
    assert_int_equal(rt_file_write("lib.tcl", "param epochs 1\n", 15, NULL), 0);
    assert_int_equal(rt_file_write("none.tcl", "param seed 1\n", 13, NULL), 0);
    int rc = rt_params_foresee(c.s, NULL, text, err);
    unlink("lib.tcl");
    unlink("none.tcl");
    case_close(&c);
    return rc;
}

static void passes(const char *text)
{
    struct rt_err err;
    if (foresee(text, &err))
        fail_msg("%s: %s", text, err.text);
}

static void fails(const char *text, const char *part)
{
    struct rt_err err;
    if (foresee(text, &err) != RT_EINVAL)
        fail_msg("%s: passes", text);
    if (!strstr(err.text, part))
        fail_msg("%s: %s", text, err.text);
}

static void a_setting_that_stands_nowhere_is_refused(void **state)
{
    (void)state;
    fails("param epoch 1\nfit s", "no setting 'epochs'; did you mean epoch?");
    fails("puts hello", "no setting 'epochs'");
    fails("# param epochs 3\nparam seed 1", "no setting 'epochs'");
    fails("source none.tcl", "no setting 'epochs'");
    fails("source $here/none.tcl ;# taken in", "no setting 'epochs'");
    fails("compare {*}[runs -ids]", "no setting 'epochs'");
}

static void one_that_may_be_asked_for_is_not(void **state)
{
    (void)state;
    passes("fit s\nparam epochs 3");
    passes("if {$a} {param {epochs} 3}");
    passes("model m; param \"epochs\" 3");
    passes("source lib.tcl");
    passes("source -encoding utf-8 $here/lib.tcl");
    passes("source [file join $here lib.tcl]");
}

static void what_cannot_be_told_is_left_to_the_end(void **state)
{
    (void)state;
    passes("foreach p {a b} {param $p 1}");
    passes("source [lindex $argv 0]");
    passes("source elsewhere.tcl");
    passes("eval $text");
    passes("{*}$command");
    passes("interp alias {} p {} param\np epochs 3");
    passes("param [lindex $names 0] 2");
}

static void what_was_asked_for_before_counts(void **state)
{
    (void)state;
    struct session_case c;
    struct rt_err err = RT_ERR_INIT;
    case_open(&c);
    rt_map_set(&c.s->params, "epochs", rt_xstrdup("3"));
    assert_string_equal(rt_params_unasked(c.s), "epochs");
    assert_int_equal(rt_params_check(c.s, &err), RT_EINVAL);
    case_run(&c, "param epochs 1");
    assert_null(rt_params_unasked(c.s));
    assert_int_equal(rt_params_check(c.s, &err), 0);
    assert_int_equal(rt_params_foresee(c.s, NULL, "puts 1", &err), 0);
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_setting_that_stands_nowhere_is_refused),
        cmocka_unit_test(one_that_may_be_asked_for_is_not),
        cmocka_unit_test(what_cannot_be_told_is_left_to_the_end),
        cmocka_unit_test(what_was_asked_for_before_counts),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
