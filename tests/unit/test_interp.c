/* Lines typed at the prompt: where an error stands, what brackets leave. */
#include "files/h5_child.h"
#include "session_case.h"

static void put_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* What a line that must fail says. */
static const char *case_fails(struct session_case *c, const char *line)
{
    struct rt_str out = RT_STR_INIT;
    rt_err_clear(&c->err);
    assert_true(rt_interp_line(c->s->interp, line, &out, &c->err) != 0);
    rt_str_release(&out);
    return c->err.text;
}

static void an_error_of_a_sourced_file_has_its_line(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    put_file("bad.tcl", "model m\n\ninput x 3\ndense many\n");
    put_file("outer.tcl", "source bad.tcl\n");
    assert_string_equal(
        case_fails(&c, "source bad.tcl"),
        "bad.tcl:4: dense: 'units' is 'many', want a whole number");
    assert_memory_equal(case_fails(&c, "source outer.tcl"), "bad.tcl:4: ", 11);
    assert_string_equal(case_fails(&c, "dense few"),
                        "dense: 'units' is 'few', want a whole number");
    case_close(&c);
}

static int n_layers(const struct session_case *c)
{
    return c->s->model->model->n_layers;
}

static void brackets_leave_no_layer_that_is_refused(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    free(case_line(&c, "model m; input x 3; relu"));
    assert_non_null(strstr(case_fails(&c, "dense 3 activation=[relu]"),
                           "what [relu] made is taken back"));
    assert_int_equal(n_layers(&c), 2); /* that of the line before stays */
    assert_null(strstr(case_fails(&c, "dense 3 activation=relo"), "taken"));
    assert_int_equal(n_layers(&c), 2);
    free(case_line(&c, "add [dense 3] [dense 3 from=x]"));
    assert_int_equal(n_layers(&c), 5);
    case_close(&c);
}

static void undo_says_what_it_takes_back(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } say[] = {
        { "undo", "took back dense (b); the model has 2 layers" },
        { "redo", "repeated dense (b); the model has 3 layers" },
        { "undo 2", "took back dense (b), dense (a); the model has 1 layer" },
        { "redo 5", "repeated dense (a), dense (b); the model has 3 layers" },
        { "redo", "nothing to redo" },
    };
    struct session_case c;
    case_open(&c);
    free(case_line(&c, "model m; input x 3; dense 2 name=a; dense 2 name=b"));
    for (size_t i = 0; i < sizeof say / sizeof *say; i++) {
        char *got = case_line(&c, say[i].line);
        assert_string_equal(got, say[i].says);
        free(got);
    }
    case_close(&c);
}

static void gradcheck_ends_with_a_verdict(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    char *text = case_line(&c, "model c; input x 2; dense 3 name=a; output; "
                               "gradcheck most=2");
    assert_non_null(strstr(text, "gradients agree: 4 numbers tried, "));
    free(text);
    case_close(&c);
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradcheck_ends_with_a_verdict),
        cmocka_unit_test(an_error_of_a_sourced_file_has_its_line),
        cmocka_unit_test(brackets_leave_no_layer_that_is_refused),
        cmocka_unit_test(undo_says_what_it_takes_back),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
