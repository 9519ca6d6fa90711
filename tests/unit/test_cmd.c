/* Every command: its record, its example, and what it says to bad words. */
#include "session_case.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "files/h5_child.h"
#include "nn/layer.h"
#include "shell/help.h"

#include <ctype.h>
#include <sys/stat.h>

/* ---- records --------------------------------------------------------------
 */

static bool is_group(const char *group)
{
    static const char *const groups[] = { "building", "data", "training",
                                          "looking",  "runs", "session" };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (!strcmp(groups[i], group))
            return true;
    return false;
}

static void every_record_is_whole(void **state)
{
    (void)state;
    for (const struct rt_cmd *const *c = rt_cmds(); *c; c++) {
        const struct rt_cmd *r = *c;
        assert_non_null(r->run);
        if (!r->help || !*r->help || r->help[strlen(r->help) - 1] == '.')
            fail_msg("%s: its help is no line without a full stop", r->name);
        if (!r->group || !is_group(r->group))
            fail_msg("%s: no group of the overview", r->name);
        if (!r->example && !r->layer)
            fail_msg("%s: no example", r->name);
        for (const struct rt_opt *o = r->opts; o && o->name; o++)
            if (!o->help || !*o->help)
                fail_msg("%s: its option %s has no help", r->name, o->name);
    }
}

static void names_are_sorted_and_different(void **state)
{
    (void)state;
    const struct rt_cmd *const *c = rt_cmds();
    for (int i = 1; c[i]; i++)
        if (strcmp(c[i - 1]->name, c[i]->name) >= 0)
            fail_msg("%s stands before %s", c[i - 1]->name, c[i]->name);
}

static void every_layer_is_a_command_or_input(void **state)
{
    (void)state;
    for (const struct rt_layer *const *l = rt_layers(); *l; l++)
        if (!rt_cmd_find((*l)->name, NULL))
            fail_msg("no command for the layer %s", (*l)->name);
}

static void no_name_is_one_of_tcls(void **state)
{
    (void)state;
    static const char *const tcls[] = { "after",  "apply",   "close",  "concat",
                                        "format", "history", "info",   "join",
                                        "load",   "open",    "rename", "set",
                                        "source", "split",   "time",   "trace",
                                        "update" };
    for (size_t i = 0; i < sizeof tcls / sizeof *tcls; i++)
        assert_null(rt_cmd_find(tcls[i], NULL));
}

/* Examples stand as they are to be typed, whatever their width. */
static void assert_fits(const char *text, int width)
{
    while (*text && strncmp(text, "example\n", 8)) {
        size_t n = strcspn(text, "\n");
        char *line = rt_xstrndup(text, n);
        if (rt_utf8_width(line) > width && strchr(line + 2, ' '))
            fail_msg("wider than %d: %s", width, line);
        free(line);
        text += n + (text[n] == '\n');
    }
}

static void help_fits_any_width(void **state)
{
    (void)state;
    for (int width = 40; width <= 120; width += 40) {
        struct rt_str page = RT_STR_INIT;
        rt_help_overview(width, &page);
        assert_fits(rt_str_c(&page), width);
        for (const struct rt_cmd *const *c = rt_cmds(); *c; c++) {
            rt_str_clear(&page);
            rt_help_page(*c, width, &page);
            assert_non_null(strstr(rt_str_c(&page), (*c)->name));
            assert_fits(rt_str_c(&page), width);
        }
        for (int i = 0; rt_help_topics[i]; i++) {
            rt_str_clear(&page);
            assert_true(rt_help_topic(rt_help_topics[i], width, &page));
            assert_fits(rt_str_c(&page), width);
        }
        rt_str_release(&page);
    }
}

/* ---- examples ---------------------------------------------------------------
 */

static void every_example_runs_by_itself(void **state)
{
    (void)state;
    for (const struct rt_cmd *const *r = rt_cmds(); *r; r++) {
        struct session_case c;
        if (!(*r)->example || !*(*r)->example)
            continue;
        case_open(&c);
        if (rt_interp_text(c.s->interp, (*r)->example, (*r)->name, &c.err))
            fail_msg("the example of %s: %s", (*r)->name, c.err.text);
        case_close(&c);
    }
}

/* "28x28" or "3 4" as inputs, then the layer on them. */
static void every_layer_is_added_by_its_command(void **state)
{
    (void)state;
    for (const struct rt_layer *const *l = rt_layers(); *l; l++) {
        struct session_case c;
        struct rt_str script = RT_STR_INIT, from = RT_STR_INIT;
        if ((*l)->max_in == RT_LAYER_NO_INPUT)
            continue;
        char *in = rt_xstrdup((*l)->selftest.in), *save = NULL;
        rt_str_add(&script, "seed 1\nmodel m\n");
        int n = 0;
        for (char *w = strtok_r(in, " ", &save); w;
             w = strtok_r(NULL, " ", &save), n++) {
            rt_str_addf(&script, "input in%d %s\n", n, w);
            rt_str_addf(&from, "%sin%d", n ? "," : "", n);
        }
        rt_str_addf(&script, "%s %s from=%s name=it\n", (*l)->name,
                    (*l)->selftest.words, rt_str_c(&from));
        case_open(&c);
        case_run(&c, rt_str_c(&script));
        assert_non_null(rt_model_layer_find(c.s->model->model, "it", &c.err));
        case_close(&c);
        free(in);
        rt_str_release(&script);
        rt_str_release(&from);
    }
}

/* ---- what bad words get
 * -------------------------------------------------------- */

#define MODEL                                                                  \
    "model m; input x 2; dense 3 activation=softmax name=kind; output; "
#define COMPILED MODEL "compile sgd loss=sparse_categorical_crossentropy; "

static const struct bad {
    const char *before, *line;
    int code;
    const char *says;
} bad[] = {
    { "", "dens 5", RT_ENOENT, "did you mean dense" },
    { "", "dense 5", RT_ESTATE, "no model yet" },
    { MODEL, "dense", RT_EINVAL, "dense: 'units' is missing" },
    { MODEL, "dense x", RT_EINVAL, "dense: 'units' is 'x'" },
    { MODEL, "dense 5 unit=3", RT_EINVAL, "units" },
    { MODEL, "dense 5 activation=rellu", RT_ENOENT, "did you mean relu" },
    { MODEL, "dense -5", RT_EINVAL, "dense:" },
    { MODEL, "at kindd", RT_ENOENT, "did you mean kind" },
    { MODEL, "compile", RT_EINVAL, "the optimizer is missing" },
    { MODEL, "compile adm loss=mse", RT_ENOENT, "did you mean adam" },
    { MODEL, "compile adam beta=1 loss=mse", RT_EINVAL, "beta_1" },
    { MODEL, "compile adam lr=x loss=mse", RT_EINVAL, "'x'" },
    { MODEL, "fit s", RT_ESTATE, "compile" },

    { "", "data s", RT_EINVAL, "where it comes from is missing" },
    { "", "data q cvs f", RT_ENOENT, "did you mean csv" },
    { "", "data q idx", RT_EINVAL, "idx: 'images' is missing" },
    { "", "data q idx nofile", RT_EIO, "nofile" },
    { "", "data q generate", RT_EINVAL, "which kind is missing" },
    { "", "data q generate spirl", RT_ENOENT, "did you mean spiral" },
    { "", "data q generate spiral n=0", RT_EINVAL, "'n' is 0" },
    { "", "data q generate spiral clases=2", RT_EINVAL,
      "did you mean classes" },
    { "", "data q rows z 0..3", RT_ENOENT, "no data set 'z'" },
    { "", "data q rows s 0..300", RT_EINVAL, "the rows are 0..299" },
    { "", "data q rows s 5..3", RT_EINVAL, "5..3 falls" },
    { "", "data q rows s 1,,2", RT_EINVAL, "is no row" },
    { "", "data q rows s 3x", RT_EINVAL, "is too much" },
    { "", "data q values {1 2 3} shape=2x2", RT_ESHAPE,
      "3 numbers, which do not make (2,2)" },
    { "", "data q values {1 2 3 4} shape=nonex3", RT_ESHAPE, "do not make" },
    { "", "data q values {1 2 3 4} shape=nonexnone", RT_EINVAL,
      "none once at most" },
    { "", "data q values {1 a}", RT_EINVAL, "value 1" },
    { "", "data delete q", RT_ENOENT, "no data set 'q'" },
    { "", "bind", RT_EINVAL, "want a data set and what feeds what" },
    { "", "bind s in=z", RT_ENOENT, "no column 'z'" },
    { "", "bind s in", RT_EINVAL, "is no binding" },
    { "", "partition s 0.8", RT_EINVAL, "1 share" },
    { "", "partition s 0.8,0.3", RT_EINVAL, "sum to more than 1" },
    { "", "partition s 0.8,0.2 stratify=z", RT_ENOENT, "no column 'z'" },
    { "", "scale s", RT_EINVAL, "how is missing" },
    { "", "scale s max", RT_EINVAL, "want minmax or standard" },
    { "", "scale s minmax by=2", RT_EINVAL, "want one of" },
    { "", "scale s like=z", RT_ENOENT, "no data set 'z'" },
    { "", "onehot s x", RT_EINVAL, "class numbers" },
    { "", "onehot s y classes=2", RT_EINVAL, "class numbers 0..1" },
    { "", "describe s z", RT_ENOENT, "no column 'z'" },
    { "", "head s 0", RT_EINVAL, "'n' is 0" },
    { "", "sample s -to f.png", RT_ESHAPE, "no pictures" },
    { "", "values s y 0..999", RT_EINVAL, "the rows are 0..299" },
    { "", "export s npy f.npy", RT_EINVAL, "cols=" },
    { "", "export s xls f", RT_EINVAL, "want npy or csv" },
    { "", "export s csv no/such/f.csv", RT_EIO, "f.csv" },

    { "", "pause", RT_ESTATE, "no run is going" },
    { "", "resume", RT_ESTATE, "no run is going" },
    { "", "stop", RT_ESTATE, "no run is going" },
    { "", "stop 7", RT_ENOENT, "no run '7'" },
    { "", "wait", RT_ESTATE, "no run yet" },
    { "", "lr", RT_ESTATE, "no model yet" },
    { MODEL, "lr 0.1", RT_ESTATE, "not compiled" },
    { COMPILED, "lr x", RT_EINVAL, "'x'" },
    { COMPILED, "lr -1", RT_EINVAL, "lr" },
    { MODEL, "callback early_stoping", RT_ENOENT,
      "did you mean early_stopping" },
    { MODEL, "callback early_stopping patiense=3", RT_EINVAL, "patience" },
    { MODEL, "callback set none patience=3", RT_ENOENT, "no callback 'none'" },
    { MODEL, "callback remove none", RT_ENOENT, "no callback 'none'" },
    { MODEL, "callback add", RT_EINVAL, "the kind is missing" },
    { "", "plugin lod x", RT_EINVAL, "want load, list, info or new" },
    { "", "plugin load no.so", RT_ENOENT, "no.so" },
    { "", "runs show none", RT_ENOENT, "no run 'none'" },
    { "", "runs show 1 2", RT_EINVAL, "one word too many" },
    { "", "compare 1", RT_EINVAL, "want 2 or more" },
    { "", "plot loss", RT_ESTATE, "no run yet" },
    { "", "plot loss log=x", RT_EINVAL, "none or y" },
    { "", "watch", RT_ESTATE, "no run yet" },
    { MODEL, "hist kindd", RT_ENOENT, "did you mean kind" },
    { MODEL, "save_weights m.txt", RT_EINVAL, ".npz" },
    { MODEL, "load_weights no.npz", RT_EIO, "no.npz" },

    { "", "data q csv [1,2]", RT_EINVAL, "command substitution" },
    { "", "head s # rows", RT_EINVAL, ";#" },
};

static void bad_words_get_a_sentence(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct session_case c;
        const struct bad *b = &bad[i];
        case_open(&c);
        case_run(&c, "seed 1; data s generate spiral");
        case_run(&c, b->before);
        int rc = rt_interp_text(c.s->interp, b->line, NULL, &c.err);
        if (rc != b->code || !strstr(c.err.text, b->says)) {
            print_error("'%s' gives %d '%s', want %d with '%s'\n", b->line, rc,
                        rc ? c.err.text : "", b->code, b->says);
            wrong++;
        }
        case_close(&c);
    }
    assert_int_equal(wrong, 0);
}

static void bad_file_ends_a_script_with_three(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_int_equal(rt_file_write("x.npy", "no", 2, NULL), 0);
    int rc = rt_interp_text(c.s->interp, "data x npy x.npy", NULL, &c.err);
    assert_int_equal(rc, RT_EFORMAT);
    assert_int_equal(rt_status_exit(rc), 3);
    case_close(&c);
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_is_whole),
        cmocka_unit_test(names_are_sorted_and_different),
        cmocka_unit_test(every_layer_is_a_command_or_input),
        cmocka_unit_test(no_name_is_one_of_tcls),
        cmocka_unit_test(help_fits_any_width),
        cmocka_unit_test(every_example_runs_by_itself),
        cmocka_unit_test(every_layer_is_added_by_its_command),
        cmocka_unit_test(bad_words_get_a_sentence),
        cmocka_unit_test(bad_file_ends_a_script_with_three),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
