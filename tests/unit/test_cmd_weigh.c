/* The command weights: what it sets in a set and its parts, and the validation
 * of a fit. */
#include "session_case.h"

#include "data/weigh.h"

static const struct rt_dataset *set(struct session_case *c, const char *name)
{
    return rt_session_data(c->s, name, NULL);
}

/* A Tcl expression holds. */
static void assert_holds(struct session_case *c, const char *condition)
{
    bool holds = false;
    rt_assert_ok(rt_interp_test(c->s->interp, condition, &holds, &c->err),
                 &c->err);
    if (!holds)
        fail_msg("not so: %s", condition);
}

static void weights_go_to_the_whole_and_its_training_part(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate blobs n=60 classes=3\n"
                 "weights s sample kind y\npartition s 0.6,0.2,0.2\n"
                 "weights s class kind 0=2,2=0.5\n");
    assert_int_equal(set(&c, "s")->n_weighings, 1);
    assert_int_equal(set(&c, "s.train")->n_weighings, 1);
    assert_int_equal(set(&c, "s.val")->n_weighings, 0);
    assert_int_equal(set(&c, "s.test")->n_weighings, 0);
    const struct rt_weighing *w = rt_weigh_classes(set(&c, "s.train"), "kind");
    assert_int_equal(w->n_classes, 3);
    assert_true(w->by_class[0] == 2 && w->by_class[1] == 1 &&
                w->by_class[2] == 0.5);
    assert_string_equal(w->col, "y");
    char *text = case_line(&c, "describe s");
    assert_non_null(strstr(text, "\nweights of kind: class 0 2, class 1 1, "
                                 "class 2 0.5; samples by y"));
    free(text);
    case_run(&c, "weights s.val sample y");
    assert_int_equal(set(&c, "s.val")->n_weighings, 1);
    case_run(&c, "weights s none");
    assert_int_equal(set(&c, "s")->n_weighings, 0);
    assert_int_equal(set(&c, "s.train")->n_weighings, 0);
    assert_int_equal(set(&c, "s.val")->n_weighings, 1);
    case_close(&c);
}

static void classes_are_told_by_number_or_name(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "set f [open pets.csv w]\n"
                 "puts $f \"a,y\\n1,cat\\n2,dog\\n3,cat\\n4,cat\"; close $f\n"
                 "data pets csv pets.csv x=a y=y");
    assert_holds(&c, "[weights pets class y dog=3] eq {cat 1.0 dog 3.0}");
    assert_holds(&c, "[weights pets class y 0=2] eq {cat 2.0}");
    assert_holds(&c, "[dict get [weights pets class y auto] dog] == 2");
    assert_holds(&c, "abs([dict get [weights pets class y auto] cat] - 2/3.) "
                     "< 1e-12");
    case_run(&c, "onehot pets y");
    assert_holds(&c, "[weights pets class y dog=1/4] eq {cat 1.0 dog 0.25}");
    static const struct {
        const char *line, *says;
    } wrong[] = {
        { "weights pets class y cow=1", "no class 'cow'" },
        { "weights pets class y 2=1", "'2' is no class of column 'y'" },
        { "weights pets class y cat", "want CLASS=WEIGHT" },
        { "weights pets class y cat=x", "'x'" },
        { "weights pets class y cat=-1", "at least 0" },
        { "weights pets class y", "want a data set, and" },
        { "weights pets sample z", "no column 'z'" },
        { "weights dogs none", "dogs" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct rt_err err = RT_ERR_INIT;
        assert_true(rt_interp_text(c.s->interp, wrong[i].line, NULL, &err));
        if (!strstr(err.text, "weights: ") || !strstr(err.text, wrong[i].says))
            fail_msg("'%s': %s", wrong[i].line, err.text);
    }
    case_close(&c);
}

/* A rate of 0 keeps the model as it is. */
#define MODEL(n)                                                               \
    "model m; input x " n "; dense 1 sigmoid name=y; output\n"                 \
    "compile sgd lr=0 loss=mse metrics=acc\n"                                  \
    "proc is {key by to} {expr {abs([dict get $::r $key] - $by * $to) < "      \
    "1e-5}}\n"

static void validation_by_a_share_is_not_weighed(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(
        &c,
        "seed 1; set f [open s.csv w]; puts $f a,b,y,w\n"
        "for {set i 0} {$i < 40} {incr i} {"
        "puts $f [expr {$i * .1}],[expr {$i % 7}],[expr {$i % 2}],2}\n"
        "close $f; data s csv s.csv; bind s x=a,b y=y\n" MODEL(
            "2") "set r [fit s epochs=1 validation=0.25]\n"
                 "set loss [dict get $r loss]; set val [dict get $r val_loss]\n"
                 "set acc [dict get $r acc]\n"
                 "weights s class y 0=3,1=3\n"
                 "set r [fit s epochs=1 validation=0.25]");
    assert_holds(
        &c, "[is loss 3 $loss] && [is val_loss 1 $val] && [is acc 1 $acc]");
    case_run(&c, "weights s none; weights s sample w\n"
                 "set r [fit s epochs=1 validation=0.25]");
    assert_holds(
        &c, "[is loss 2 $loss] && [is val_loss 1 $val] && [is acc 1 $acc]");
    case_close(&c);
}

static void validation_by_a_set_has_its_sample_weights(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; set f [open v.csv w]; puts $f a,y,w\n"
                 "puts $f 1,0,5; puts $f 2,1,5; close $f\n"
                 "data v csv v.csv; bind v x=a y=y\n" MODEL(
                     "1") "set r [fit v epochs=1 validation=v]\n"
                          "set loss [dict get $r val_loss]\n"
                          "weights v class y 0=7,1=7\n"
                          "set r [fit v epochs=1 validation=v]");
    assert_holds(&c, "[is loss 7 $loss] && [is val_loss 1 $loss]");
    case_run(&c, "weights v sample w; set r [fit v epochs=1 validation=v]");
    assert_holds(&c, "[is loss 35 $loss] && [is val_loss 5 $loss]");
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_go_to_the_whole_and_its_training_part),
        cmocka_unit_test(classes_are_told_by_number_or_name),
        cmocka_unit_test(validation_by_a_share_is_not_weighed),
        cmocka_unit_test(validation_by_a_set_has_its_sample_weights),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
