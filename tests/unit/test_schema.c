#include "support.h"

#include "base/schema.h"

#include <limits.h>
#include <math.h>

enum { SAME, VALID, CAUSAL };
static const char *const paddings[] = { "same", "valid", "causal", NULL };

/* A layer as nn has them: every kind, words and keys. */
struct conv {
    int filters;
    struct rt_ints kernel_size;
    struct rt_ints strides;
    int padding;
    const char *activation;
    bool use_bias;
    double rate;
    double max_value;
    int64_t seed;
    struct rt_numbers parts;
    struct rt_texts metrics;
};
static const struct rt_opt conv_opts[] = {
    RT_OPT(struct conv, filters, .word = 1, .min = 1, .max = INT_MAX),
    RT_OPT(struct conv, kernel_size, .word = 2, .def = "3x3", .min = 1,
           .max = 1000),
    RT_OPT(struct conv, strides, .def = "", .min = 1, .max = 1000),
    RT_OPT(struct conv, padding, .def = "valid", .choices = paddings),
    RT_OPT(struct conv, activation, .def = "linear"),
    RT_OPT(struct conv, use_bias, .def = "yes"),
    RT_OPT(struct conv, rate, .def = "0.25", .min = 0, .max = 1, .open = 2),
    RT_OPT(struct conv, max_value, .def = ""),
    RT_OPT(struct conv, seed, .help = "key of the noise"),
    RT_OPT(struct conv, parts, .def = "0.8,0.2", .min = 0, .max = 1),
    RT_OPT(struct conv, metrics, .names = RT_NAMES_METRIC),
    RT_OPT_END
};

/* A command: flags and whatever is left. */
struct looks {
    const char *name;
    struct rt_texts layers;
    bool memory;
    const char *to;
    int every;
};
static const struct rt_opt look_opts[] = {
    RT_OPT(struct looks, name, .def = ""),
    RT_OPT(struct looks, layers, .form = RT_FORM_REST, .names = RT_NAMES_LAYER),
    RT_OPT(struct looks, memory, .form = RT_FORM_FLAG),
    RT_OPT(struct looks, to, .form = RT_FORM_FLAG, .names = RT_NAMES_FILE),
    RT_OPT(struct looks, every, .def = "1", .min = 1, .max = INT_MAX),
    RT_OPT_END
};

#define STRIDE sizeof(struct rt_opt)
#define WORDS(...)                                                             \
    (const char *const[]){ __VA_ARGS__ },                                      \
        (int)(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))
#define CONV(...)                                                              \
    rt_args_parse(conv_opts, STRIDE, sizeof(struct conv), WORDS(__VA_ARGS__),  \
                  &err)
#define LOOK(...)                                                              \
    rt_args_parse(look_opts, STRIDE, sizeof(struct looks), WORDS(__VA_ARGS__), \
                  &err)
/* The words are refused, and the sentence holds part. */
static void refused(const struct rt_opt *opts, size_t args_size,
                    const char *part, const char *const *words, int n)
{
    struct rt_err err = RT_ERR_INIT;
    assert_null(rt_args_parse(opts, STRIDE, args_size, words, n, &err));
    rt_assert_error(&err, RT_EINVAL, part);
}
#define REFUSES(part, ...)                                                     \
    refused(conv_opts, sizeof(struct conv), part, WORDS(__VA_ARGS__))
#define LOOK_REFUSES(part, ...)                                                \
    refused(look_opts, sizeof(struct looks), part, WORDS(__VA_ARGS__))

static void *must(void *args, const struct rt_err *err)
{
    if (!args)
        fail_msg("%s", err->text);
    return args;
}
#define MUST(call) must((call), &err)

/* ---- values -------------------------------------------------------------- */

static void defaults_fill_what_is_not_said(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(CONV("8"));
    assert_int_equal(a->filters, 8);
    assert_int_equal(a->kernel_size.n, 2);
    assert_int_equal(a->kernel_size.v[1], 3);
    assert_int_equal(a->strides.n, 0);
    assert_int_equal(a->padding, VALID);
    assert_string_equal(a->activation, "linear");
    assert_true(a->use_bias);
    assert_true(a->rate == 0.25);
    assert_true(isnan(a->max_value));
    assert_true(a->seed == INT64_MIN);
    assert_int_equal(a->parts.n, 2);
    assert_int_equal(a->metrics.n, 0);
    rt_args_free(a);
}

static void every_kind_is_read(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(CONV(
        "32", "5", "strides=2,1", "padding=same", "activation=elu(alpha=2)",
        "use_bias=no", "rate=1/4", "max_value=6", "seed=9007199254740993",
        "parts=0.7,0.2,1/10", "metrics=acc,top_k(k=3,x=1),mse"));
    assert_int_equal(a->kernel_size.n, 1);
    assert_int_equal(a->kernel_size.v[0], 5);
    assert_int_equal(a->strides.n, 2);
    assert_int_equal(a->strides.v[0], 2);
    assert_int_equal(a->padding, SAME);
    assert_string_equal(a->activation, "elu(alpha=2)");
    assert_false(a->use_bias);
    assert_true(a->rate == 0.25);
    assert_true(a->max_value == 6);
    assert_true(a->seed == 9007199254740993);
    assert_int_equal(a->parts.n, 3);
    assert_true(a->parts.v[2] == 0.1);
    assert_int_equal(a->metrics.n, 3);
    assert_string_equal(a->metrics.v[1], "top_k(k=3,x=1)");
    rt_args_free(a);
}

static void shapes_are_read(const char *text, int n, int first, int last)
{
    struct rt_err err = RT_ERR_INIT;
    static const struct rt_opt opts[] = {
        { .name = "shape", .kind = RT_KIND_INTS, .word = 1 }, RT_OPT_END
    };
    struct rt_ints *v =
        MUST(rt_args_parse(opts, STRIDE, sizeof *v, &text, 1, &err));
    assert_int_equal(v->n, n);
    assert_int_equal(v->v[0], first);
    assert_int_equal(v->v[n - 1], last);
    rt_args_free(v);
}

static void shapes_are_written_in_four_ways(void **state)
{
    (void)state;
    shapes_are_read("28x28x1", 3, 28, 1);
    shapes_are_read("28,28,1", 3, 28, 1);
    shapes_are_read("(28,28,1)", 3, 28, 1);
    shapes_are_read("( 28, 28 )", 2, 28, 28);
    shapes_are_read("(28,)", 1, 28, 28);
    shapes_are_read("none,28", 2, -1, 28);
    shapes_are_read("Nonex4", 2, -1, 4);
    shapes_are_read("none", 1, -1, -1);
    shapes_are_read("7", 1, 7, 7);
}

static void shapes_that_are_none_are_refused(void **state)
{
    (void)state;
    REFUSES("want whole numbers such as 2,1 or 28x28", "8", "3y3");
    REFUSES("want whole numbers", "8", "3x");
    REFUSES("want whole numbers", "8", "(3,3");
    REFUSES("want whole numbers", "8", "3,3)");
    REFUSES("want whole numbers", "8", "()");
    REFUSES("want whole numbers", "8", "2.5");
    REFUSES("want whole numbers", "8", "3,,3");
    REFUSES("want whole numbers", "8", "3 3");
    REFUSES("want whole numbers", "8", "99999999999");
    REFUSES("want at most 8 numbers", "8", "1,2,3,4,5,6,7,8,9");
    REFUSES("want whole numbers", "8", "strides=,");
}

static void booleans_have_eight_words(void **state)
{
    (void)state;
    static const char *const word[] = { "no",  "yes", "false", "True",
                                        "off", "ON",  "0",     "1" };
    for (int i = 0; i < 8; i++) {
        struct rt_err err = RT_ERR_INIT;
        char text[32];
        snprintf(text, sizeof text, "use_bias=%s", word[i]);
        struct conv *a = MUST(CONV("8", text));
        assert_int_equal(a->use_bias, i % 2);
        rt_args_free(a);
    }
    REFUSES("'use_bias' is '2', want yes or no", "8", "use_bias=2");
    REFUSES("'use_bias' has no value", "8", "use_bias=");
}

static void choices_may_be_shortened(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(CONV("8", "padding=cau"));
    assert_int_equal(a->padding, CAUSAL);
    rt_args_free(a);
    a = MUST(CONV("8", "padding=SAME"));
    assert_int_equal(a->padding, SAME);
    rt_args_free(a);
    REFUSES("'padding' is 'vaild', want same, valid or causal; "
            "did you mean valid?",
            "8", "padding=vaild");
}

static void none_unsets_where_unset_is_the_default(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(
        CONV("8", "max_value=none", "strides=none", "seed=none", "metrics="));
    assert_true(isnan(a->max_value));
    assert_int_equal(a->strides.n, 0);
    assert_true(a->seed == INT64_MIN);
    rt_args_free(a);
    REFUSES("'rate' is 'none', want a number", "8", "rate=none");
    REFUSES("'rate' is 'nan', want a number", "8", "rate=nan");
    REFUSES("'filters' is 'none', want a whole number", "none");
    REFUSES("'kernel_size' holds none, want 1 <= kernel_size <= 1000", "8",
            "none");
}

static void ranges_are_told_as_sentences(void **state)
{
    (void)state;
    REFUSES("'rate' is 1, want 0 <= rate < 1", "8", "rate=1");
    REFUSES("'rate' is -0.5, want 0 <= rate < 1", "8", "rate=-0.5");
    REFUSES("'filters' is 0, want filters >= 1", "0");
    REFUSES("'strides' holds 0, want 1 <= strides <= 1000", "8", "strides=2,0");
    REFUSES("'parts' holds 1.5, want 0 <= parts <= 1", "8", "parts=0,1.5");
}

static void numbers_that_are_none_are_refused(void **state)
{
    (void)state;
    REFUSES("'filters' is 'relu', want a whole number", "relu");
    REFUSES("'filters' is '1.5', want a whole number", "1.5");
    REFUSES("'filters' is 'inf', want a whole number", "inf");
    REFUSES("'filters' is '3e9', want at most 2147483647", "3e9");
    REFUSES("'rate' is 'abc', want a number", "8", "rate=abc");
    REFUSES("'seed' is '1e30', want a whole number of at most 63 bits", "8",
            "seed=1e30");
    REFUSES("'parts' is '0.8;0.2', want numbers such as 0.8,0.2", "8",
            "parts=0.8;0.2");
    REFUSES("'parts' holds 17 numbers, want at most 16", "8",
            "parts=1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1");
    REFUSES("a ( is not closed", "8", "metrics=top_k(k=3");
}

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
        "option 'x': is of kind 99, unknown here",
        "option 'x': has no choices",
        "option 'x': lies outside the arguments",
        "option 'x': takes the rest and holds no texts",
    };
    for (int i = 0; i < 5; i++) {
        assert_int_equal(
            rt_opts_check(bad[i], STRIDE, sizeof(struct conv), &err),
            RT_EPLUGIN);
        assert_string_equal(err.text, want[i]);
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

/* ---- back to text -------------------------------------------------------- */

static void prints(const struct rt_opt *opts, const void *args, bool all,
                   const char *want)
{
    struct rt_str out = RT_STR_INIT;
    rt_args_words(opts, STRIDE, args, all, &out);
    assert_string_equal(rt_str_c(&out), want);
    rt_str_release(&out);
}

static void only_what_differs_is_written(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct conv *a = MUST(CONV("8"));
    prints(conv_opts, a, false, "8");
    rt_args_free(a);
    a = MUST(CONV("8", "3,3", "rate=1/4", "padding=s", "use_bias=0",
                  "metrics=acc,top_k(k=3)", "strides=2"));
    prints(conv_opts, a, false,
           "8 strides=2 padding=same use_bias=no metrics=acc,top_k(k=3)");
    rt_args_free(a);
    a = MUST(CONV("8", "5x3"));
    prints(conv_opts, a, true,
           "8 5x3 padding=valid activation=linear use_bias=yes rate=0.25 "
           "parts=0.8,0.2");
    rt_args_free(a);
}

static void flags_and_the_rest_are_written(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    struct looks *a = MUST(LOOK("a b", "-memory", "c", "-to", "x y.png"));
    prints(look_opts, a, false, "{a b} c -memory -to {x y.png}");
    rt_args_free(a);
}

static void texts_are_quoted_for_tcl(void **state)
{
    (void)state;
    static const char *const pair[][2] = {
        { "plain", "activation=plain" },    { "a b", "{activation=a b}" },
        { "$x", "{activation=$x}" },        { "a}b", "activation=a\\}b" },
        { "a\\b", "activation=a\\\\b" },    { "a;b", "{activation=a;b}" },
        { "a\nb{", "activation=a\\nb\\{" },
    };
    for (int i = 0; i < 7; i++) {
        struct conv *a = rt_args_default(conv_opts, STRIDE, sizeof *a);
        a->activation = pair[i][0];
        prints(conv_opts, a, false, pair[i][1]);
        rt_args_free(a);
    }
}

static void a_word_that_would_be_misread_gets_its_key(void **state)
{
    (void)state;
    struct save {
        const char *file;
        const char *how;
    };
    static const struct rt_opt opts[] = {
        RT_OPT(struct save, file, .word = 1),
        RT_OPT(struct save, how, .word = 2, .def = ""), RT_OPT_END
    };
    struct rt_err err = RT_ERR_INIT;
    struct save *a = MUST(rt_args_parse(opts, STRIDE, sizeof *a,
                                        WORDS("file=-a", "how=b"), &err));
    prints(opts, a, false, "file=-a how=b");
    rt_args_free(a);
    a = MUST(
        rt_args_parse(opts, STRIDE, sizeof *a, WORDS("f", "how=k=v"), &err));
    prints(opts, a, false, "f how=k=v");
    rt_args_free(a);
}

static void usage_tells_words_and_keys(void **state)
{
    (void)state;
    struct rt_str out = RT_STR_INIT;
    rt_args_usage(conv_opts, STRIDE, &out);
    assert_string_equal(
        rt_str_c(&out),
        "FILTERS [KERNEL_SIZE] [strides=N,N] [padding=same|valid|causal] "
        "[activation=TEXT] [use_bias=yes|no] [rate=X] [max_value=X] "
        "[seed=N] [parts=X,X] [metrics=METRIC,...]");
    rt_str_clear(&out);
    rt_args_usage(look_opts, STRIDE, &out);
    assert_string_equal(rt_str_c(&out),
                        "[LAYERS...] [name=TEXT] [-memory] [-to FILE] "
                        "[every=N]");
    rt_str_release(&out);
}

static void ranges_are_told_for_help(void **state)
{
    (void)state;
    static const char *const want[][2] = {
        { "filters", "whole number; filters >= 1" },
        { "rate", "number; 0 <= rate < 1" },
        { "padding", "same, valid or causal" },
        { "use_bias", "yes or no" },
        { "max_value", "number" },
    };
    for (int i = 0; i < 5; i++) {
        struct rt_str out = RT_STR_INIT;
        rt_opt_range(rt_opt_find(conv_opts, STRIDE, want[i][0]), &out);
        assert_string_equal(rt_str_c(&out), want[i][1]);
        rt_str_release(&out);
    }
}

/* ---- splitting ----------------------------------------------------------- */

static void specs_have_a_name_and_words(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    char *name;
    const char *const *words;
    int n;
    rt_assert_ok(
        rt_spec_split("huber(delta=0.4, w=f(1,2))", &name, &words, &n, &err),
        &err);
    assert_string_equal(name, "huber");
    assert_int_equal(n, 2);
    assert_string_equal(words[0], "delta=0.4");
    assert_string_equal(words[1], "w=f(1,2)");
    assert_null(words[2]);
    free(name);
    rt_assert_ok(rt_spec_split("acc", &name, &words, &n, &err), &err);
    assert_string_equal(name, "acc");
    assert_int_equal(n, 0);
    assert_null(words[0]);
    free(name);
    rt_assert_ok(rt_spec_split(" acc ( ) ", &name, &words, &n, &err), &err);
    assert_string_equal(name, "acc");
    assert_int_equal(n, 0);
    free(name);
}

static void bad_specs_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        { "huber(delta=1", "a ( is not closed" },
        { "huber)", "a ) without its (" },
        { "f(a))(", "a ) without its (" },
        { "huber(1)x", "'x' behind the )" },
        { "f(1)(2)", "'(2)' behind the )" },
        { "(1)", "a name is wanted before the (" },
        { "", "a name is wanted" },
        { "f(a,,b)", "has an empty part" },
    };
    for (int i = 0; i < 8; i++) {
        struct rt_err err = RT_ERR_INIT;
        char *name;
        const char *const *words;
        int n;
        assert_int_equal(rt_spec_split(bad[i][0], &name, &words, &n, &err),
                         RT_EINVAL);
        rt_assert_error(&err, RT_EINVAL, bad[i][1]);
    }
}

static void lists_split_outside_parentheses(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    const char **v;
    int n;
    rt_assert_ok(rt_list_split("a, b(c,d) ,out:mse", &v, &n, &err), &err);
    assert_int_equal(n, 3);
    assert_string_equal(v[0], "a");
    assert_string_equal(v[1], "b(c,d)");
    assert_string_equal(v[2], "out:mse");
    assert_null(v[3]);
    free(v);
    rt_assert_ok(rt_list_split("(a,b)", &v, &n, &err), &err);
    assert_int_equal(n, 2);
    assert_string_equal(v[1], "b");
    free(v);
    rt_assert_ok(rt_list_split("", &v, &n, &err), &err);
    assert_int_equal(n, 0);
    free(v);
    assert_int_equal(rt_list_split("a,,b", &v, &n, &err), RT_EINVAL);
    rt_assert_error(&err, RT_EINVAL, "'a,,b' has an empty part");
}

static void numbers_may_be_quotients(void **state)
{
    (void)state;
    struct rt_err err = RT_ERR_INIT;
    double v;
    rt_assert_ok(rt_number_parse("1e-3", &v, &err), &err);
    assert_true(v == 1e-3);
    rt_assert_ok(rt_number_parse("1/255", &v, &err), &err);
    assert_true(v == 1.0 / 255);
    rt_assert_ok(rt_number_parse(" 2 * 3 / 4 ", &v, &err), &err);
    assert_true(v == 1.5);
    rt_assert_ok(rt_number_parse("-inf", &v, &err), &err);
    assert_true(v == -INFINITY);
    rt_assert_ok(rt_number_parse("nan", &v, &err), &err);
    assert_true(isnan(v));
    static const char *const bad[] = { "",    "x",   "1/",    "1/x",
                                       "1 2", "1+1", "1,000", "1/0" };
    for (int i = 0; i < 8; i++)
        assert_int_equal(rt_number_parse(bad[i], &v, &err), RT_EINVAL);
    rt_number_parse("1/0", &v, &err);
    rt_assert_error(&err, RT_EINVAL, "'1/0' divides by zero");
    rt_number_parse("1e999", &v, &err);
    rt_assert_error(&err, RT_EINVAL, "'1e999' is too large a number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_fill_what_is_not_said),
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(shapes_are_written_in_four_ways),
        cmocka_unit_test(shapes_that_are_none_are_refused),
        cmocka_unit_test(booleans_have_eight_words),
        cmocka_unit_test(choices_may_be_shortened),
        cmocka_unit_test(none_unsets_where_unset_is_the_default),
        cmocka_unit_test(ranges_are_told_as_sentences),
        cmocka_unit_test(numbers_that_are_none_are_refused),
        cmocka_unit_test(keys_may_be_shortened),
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
        cmocka_unit_test(only_what_differs_is_written),
        cmocka_unit_test(flags_and_the_rest_are_written),
        cmocka_unit_test(texts_are_quoted_for_tcl),
        cmocka_unit_test(a_word_that_would_be_misread_gets_its_key),
        cmocka_unit_test(usage_tells_words_and_keys),
        cmocka_unit_test(ranges_are_told_for_help),
        cmocka_unit_test(specs_have_a_name_and_words),
        cmocka_unit_test(bad_specs_are_refused),
        cmocka_unit_test(lists_split_outside_parentheses),
        cmocka_unit_test(numbers_may_be_quotients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
