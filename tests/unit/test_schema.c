/* Options: words of a command to a C struct, copies and changes of it. */
#include "schema_case.h"

/* ---- words --------------------------------------------------------------- */

static void keys_may_be_shortened(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(CONV("8", "act=relu", "k=2x2", "us=off"));
    assert_string_equal(a->activation, "relu");
    assert_int_equal(a->kernel_size.v[0], 2);
    assert_false(a->use_bias);
    rt_args_free(a);
    REFUSES("option 'm' could be max_value or metrics", "8", "m=1");
    REFUSES("option 'pa' could be padding or parts", "8", "pa=1");
}

static void a_short_key_is_a_rare_option_last(void **state)
{
    (void)state;
    struct three {
        double active, activation, acting;
    };
    static const struct rt_opt opts[] = {
        RT_OPT(struct three, active, .def = "", .rare = 1),
        RT_OPT(struct three, acting, .def = "", .rare = 1),
        RT_OPT(struct three, activation, .def = ""), RT_OPT_END
    };
    struct rt_err err = RT_ERR_INIT;
    struct three *a =
        MUST(rt_args_parse(opts, STRIDE, sizeof *a, WORDS("act=1"), &err));
    assert_true(a->activation == 1 && isnan(a->active) && isnan(a->acting));
    rt_args_free(a);
    a = MUST(rt_args_parse(opts, STRIDE, sizeof *a, WORDS("actin=1"), &err));
    assert_true(a->acting == 1);
    rt_args_free(a);
}

static void a_whole_key_wins_over_a_longer_one(void **state)
{
    (void)state;
    struct two {
        double l;
        double lr;
    };
    static const struct rt_opt opts[] = { RT_OPT(struct two, lr, .def = ""),
                                          RT_OPT(struct two, l, .def = ""),
                                          RT_OPT_END };
    struct rt_err err = RT_ERR_INIT;
    struct two *a =
        MUST(rt_args_parse(opts, STRIDE, sizeof *a, WORDS("l=1"), &err));
    assert_true(a->l == 1 && isnan(a->lr));
    rt_args_free(a);
}

static void unknown_keys_name_the_nearest(void **state)
{
    (void)state;
    REFUSES("unknown option 'actvation'; did you mean activation?", "8",
            "actvation=relu");
    REFUSES("unknown option 'xyz'", "8", "xyz=1");
    struct rt_err err = RT_ERR_INIT;
    assert_null(rt_args_parse(NULL, STRIDE, 0, WORDS("a=1"), &err));
    assert_string_equal(err.text, "unknown option 'a'");
}

static void a_required_word_must_be_there(void **state)
{
    (void)state;
    REFUSES("'filters' is missing", "padding=same");
    REFUSES("'filters' has no value", "");
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(CONV("filters=8"));
    assert_int_equal(a->filters, 8);
    rt_args_free(a);
}

static void nothing_is_given_twice(void **state)
{
    (void)state;
    REFUSES("'rate' is given twice", "8", "rate=0", "ra=0.1");
    REFUSES("'filters' is given twice", "8", "filters=9");
    LOOK_REFUSES("'layers' is given twice", "a", "layers=b");
}

static void words_too_many_are_told(void **state)
{
    (void)state;
    REFUSES("unexpected word 'relu'; options are written key=value", "8", "3",
            "relu");
    REFUSES("unexpected word 'use_bias'; write use_bias=VALUE", "8", "3",
            "use_bias");
}

static void traps_of_tcl_are_explained(void **state)
{
    (void)state;
    REFUSES("'strides=[2,1]': Tcl reads [ as a command; write lists with "
            "commas, strides=1,2",
            "8", "strides=[2,1]");
    REFUSES("'strides={2': Tcl reads no { within a word", "8", "strides={2",
            "1}");
    REFUSES("a comment behind a command begins with ;#", "8", "#", "eight");
    LOOK_REFUSES("write lists with commas", "out=[a,b]");
}

static void flags_stand_anywhere(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct looks *a = MUST(LOOK("-mem", "a", "-to", "f.png", "b", "every=3"));
    assert_true(a->memory);
    assert_string_equal(a->to, "f.png");
    assert_int_equal(a->every, 3);
    assert_int_equal(a->layers.n, 2);
    assert_string_equal(a->layers.v[1], "b");
    rt_args_free(a);
    LOOK_REFUSES("'-to' wants a word behind it", "-to");
    LOOK_REFUSES("unknown option '-memry'; did you mean memory?", "-memry");
    LOOK_REFUSES("unknown option '-every'; write every=VALUE", "-every");
    LOOK_REFUSES("'memory' is given twice", "-memory", "-memory");
    REFUSES("unknown option '-bias'", "8", "3", "-bias");
}

static void the_rest_takes_bindings_as_they_are(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct looks *a =
        MUST(LOOK("n=x", "drop1.rate=0.3", "lr,x", "!a", "name=q"));
    assert_string_equal(a->name, "q");
    assert_int_equal(a->layers.n, 4);
    assert_string_equal(a->layers.v[0], "n=x");
    assert_string_equal(a->layers.v[2], "lr,x");
    rt_args_free(a);
}

static void expressions_are_words(void **state)
{
    (void)state;
    struct lambda {
        const char *expr;
    };
    static const struct rt_opt opts[] = {
        RT_OPT(struct lambda, expr, .word = 1), RT_OPT_END
    };
    static const char *const words[] = {
        "x == 0", "x==0",   "-x",          "-x * 2",  "m(x, axis=1)",
        "-1",     "[a, b]", "y[:, 0] + 1", "{a} = 1", "huber(delta=0.4)",
    };
    for (int i = 0; i < (int)(sizeof words / sizeof *words); i++) {
        struct rt_err err = RT_ERR_INIT;
        struct lambda *a =
            MUST(rt_args_parse(opts, STRIDE, sizeof *a, words + i, 1, &err));
        assert_string_equal(a->expr, words[i]);
        rt_args_free(a);
    }
}

static void a_negative_number_is_no_flag(void **state)
{
    (void)state;
    struct shift {
        double by;
        bool loud;
    };
    static const struct rt_opt opts[] = {
        RT_OPT(struct shift, by, .word = 1),
        RT_OPT(struct shift, loud, .form = RT_FORM_FLAG), RT_OPT_END
    };
    struct rt_err err = RT_ERR_INIT;
    struct shift *a = MUST(
        rt_args_parse(opts, STRIDE, sizeof *a, WORDS("-inf", "-loud"), &err));
    assert_true(a->by == -INFINITY && a->loud);
    rt_args_free(a);
}

static void tables_of_other_versions_are_stepped_over(void **state)
{
    (void)state;
    struct later { /* an entry of a plugin made for a newer header */
        struct rt_opt opt;
        const char *unit;
        double more;
    };
    static const struct later opts[] = {
        { .opt = RT_OPT(struct conv, filters, .word = 1, .min = 1, .max = 9),
          .unit = "filters" },
        { .opt = RT_OPT(struct conv, rate, .def = "0.5"), .unit = "share" },
        { .opt = RT_OPT_END },
    };
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(rt_args_parse(&opts->opt, sizeof *opts, sizeof *a,
                                        WORDS("4", "rate=0.125"), &err));
    assert_int_equal(a->filters, 4);
    assert_true(a->rate == 0.125);
    rt_args_free(a);
    assert_ptr_equal(rt_opt_find(&opts->opt, sizeof *opts, "rate"),
                     &opts[1].opt);
    assert_null(rt_opt_find(&opts->opt, sizeof *opts, "unit"));
    assert_null(rt_opt_at(&opts->opt, 16, 0));
}

static void bad_tables_are_told(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const struct rt_opt bad[][2] = {
        { RT_OPT(struct conv, rate, .def = "fast"), RT_OPT_END },
        { { .name = "x", .kind = 99 }, RT_OPT_END },
        { { .name = "x", .kind = RT_KIND_CHOICE }, RT_OPT_END },
        { { .name = "x", .offset = sizeof(struct conv) }, RT_OPT_END },
        { { .name = "x", .form = RT_FORM_REST }, RT_OPT_END },
    };
    static const char *const want[] = {
        "option 'rate': 'rate' is 'fast', want a number",
        "option 'x': is of kind 99, which this retort does not know",
        "option 'x': has no choices",
        "option 'x': lies at byte",
        "option 'x': takes the rest and holds no texts",
    };
    for (int i = 0; i < 5; i++) {
        assert_int_equal(
            rt_opts_check(bad[i], STRIDE, sizeof(struct conv), &err),
            RT_EPLUGIN);
        assert_non_null(strstr(err.text, want[i]));
    }
    assert_int_equal(rt_opts_check(conv_opts, 16, sizeof(struct conv), &err),
                     RT_EPLUGIN);
    rt_assert_ok(rt_opts_check(conv_opts, STRIDE, sizeof(struct conv), &err),
                 &err);
    rt_assert_ok(rt_opts_check(NULL, 0, 0, &err), &err);
}

/* ---- blocks -------------------------------------------------------------- */

static void copies_own_their_texts(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    char word[] = "activation=relu";
    struct conv *a = MUST(CONV("8", word, "metrics=acc,mse"));
    word[12] = 'X';
    struct conv *b = rt_args_copy(conv_opts, STRIDE, sizeof *b, a);
    rt_args_free(a);
    assert_string_equal(b->activation, "relu");
    assert_int_equal(b->metrics.n, 2);
    assert_string_equal(b->metrics.v[1], "mse");
    rt_args_free(b);
    rt_args_free(NULL);
}

static void a_change_leaves_the_old_block(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(CONV("8", "rate=0.5", "activation=relu"));
    struct conv *b = MUST(rt_args_change(conv_opts, STRIDE, sizeof *b, a,
                                         WORDS("rate=0.1"), &err));
    assert_true(a->rate == 0.5);
    assert_true(b->rate == 0.1);
    assert_int_equal(b->filters, 8);
    assert_string_equal(b->activation, "relu");
    assert_null(
        rt_args_change(conv_opts, STRIDE, sizeof *b, a, WORDS("rate=7"), &err));
    rt_assert_error(&err, RT_EINVAL, "'rate' is 7, want 0 <= rate < 1");
    assert_null(
        rt_args_change(conv_opts, STRIDE, sizeof *b, a, WORDS("9"), &err));
    rt_assert_error(&err, RT_EINVAL, "unexpected word '9'");
    rt_args_free(a);
    rt_args_free(b);
}

static void defaults_leave_required_words_unset(void **state)
{
    (void)state;
    struct conv *a = rt_args_default(conv_opts, STRIDE, sizeof *a);
    assert_int_equal(a->filters, RT_UNSET_INT);
    assert_true(a->rate == 0.25);
    rt_args_free(a);
}

static void shared_options_are_taken_out(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *words[] = { "8", "name=fc", "act=relu", "-to", "f", "n=1" };
    int n = 6;
    struct looks *a = MUST(
        rt_args_take(look_opts, sizeof *a, conv_opts, STRIDE, words, &n, &err));
    assert_string_equal(a->name, "fc");
    assert_string_equal(a->to, "f");
    assert_int_equal(n, 3);
    assert_string_equal(words[0], "8");
    assert_string_equal(words[1], "act=relu");
    assert_string_equal(words[2], "n=1");
    rt_args_free(a);
}

/* What every layer has beside its own options. */
static const struct rt_opt common_opts[] = {
    RT_OPT(struct looks, name, .def = ""),
    RT_OPT(struct looks, to, .name = "path", .def = ""),
    RT_OPT(struct looks, every, .def = "1"),
    RT_OPT(struct looks, memory, .form = RT_FORM_FLAG), RT_OPT_END
};

static struct looks *take(const struct rt_opt *own, const char **words, int *n,
                          struct rt_err *err)
{
    return rt_args_take(common_opts, sizeof(struct looks), own, STRIDE, words,
                        n, err);
}

static void shared_options_may_be_shortened(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char *words[] = { "na=fc", "act=relu", "-mem", "ev=3" };
    int n = 4;
    struct looks *a = MUST(take(conv_opts, words, &n, &err));
    assert_string_equal(a->name, "fc");
    assert_true(a->memory);
    assert_int_equal(a->every, 3);
    assert_int_equal(n, 1);
    assert_string_equal(words[0], "act=relu");
    rt_args_free(a);
}

struct compile {
    const char *weights, *loss, *limit;
};

static void a_short_key_is_the_name_that_begins_the_others(void **state)
{
    static const struct rt_opt opts[] = {
        RT_OPT(struct compile, weights, .name = "loss_weights", .def = ""),
        RT_OPT(struct compile, loss, .def = ""),
        RT_OPT(struct compile, limit, .def = ""),
        RT_OPT_END,
    };
    struct rt_err err = RT_ERR_INIT;
    (void)state;
    struct compile *a = MUST(rt_args_parse(opts, STRIDE, sizeof *a,
                                           WORDS("los=mse", "loss_=2"), &err));
    assert_string_equal(a->loss, "mse");
    assert_string_equal(a->weights, "2");
    rt_args_free(a);
    refused(opts, sizeof *a, "'l' could be loss_weights, loss or limit",
            WORDS("l=1"));
}

static void a_short_key_is_the_commands_own_first(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    /* pa= may be path=, padding= or parts=; path= is said in full */
    const char *words[] = { "pa=same", "path=x", "m=acc" };
    int n = 3;
    struct looks *a = MUST(take(conv_opts, words, &n, &err));
    assert_string_equal(a->to, "x");
    assert_int_equal(n, 2);
    assert_string_equal(words[0], "pa=same");
    rt_args_free(a);
    /* an own table that takes anything with a = in it wants whole keys */
    const char *bound[] = { "na=x", "name=y" };
    n = 2;
    a = MUST(take(look_opts, bound, &n, &err));
    assert_string_equal(a->name, "y");
    assert_int_equal(n, 1);
    rt_args_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_may_be_shortened),
        cmocka_unit_test(a_short_key_is_a_rare_option_last),
        cmocka_unit_test(a_whole_key_wins_over_a_longer_one),
        cmocka_unit_test(unknown_keys_name_the_nearest),
        cmocka_unit_test(a_required_word_must_be_there),
        cmocka_unit_test(nothing_is_given_twice),
        cmocka_unit_test(words_too_many_are_told),
        cmocka_unit_test(traps_of_tcl_are_explained),
        cmocka_unit_test(flags_stand_anywhere),
        cmocka_unit_test(the_rest_takes_bindings_as_they_are),
        cmocka_unit_test(expressions_are_words),
        cmocka_unit_test(a_negative_number_is_no_flag),
        cmocka_unit_test(tables_of_other_versions_are_stepped_over),
        cmocka_unit_test(bad_tables_are_told),
        cmocka_unit_test(copies_own_their_texts),
        cmocka_unit_test(a_change_leaves_the_old_block),
        cmocka_unit_test(defaults_leave_required_words_unset),
        cmocka_unit_test(shared_options_are_taken_out),
        cmocka_unit_test(shared_options_may_be_shortened),
        cmocka_unit_test(a_short_key_is_the_name_that_begins_the_others),
        cmocka_unit_test(a_short_key_is_the_commands_own_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
