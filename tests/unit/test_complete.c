/* What a word could become, in a session without a terminal. */
#include "session_case.h"

#include "shell/complete.h"

/* The candidates of a line, joined by blanks; static. */
static const char *candidates(struct session_case *c, const char *line)
{
    static char text[8192];
    char **list = rt_complete(c->s, line, (int)strlen(line));
    text[0] = '\0';
    for (int i = 0; list && list[i]; i++) {
        size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "%s%s", i ? " " : "", list[i]);
        free(list[i]);
    }
    free(list);
    return text;
}

static bool has(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; (p = strstr(p, word)); p += n)
        if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
            return true;
    return false;
}

static void commands_by_their_beginning(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_string_equal(candidates(&c, "parti"), "partition");
    const char *all = candidates(&c, "de");
    assert_true(has(all, "dense"));
    assert_true(has(all, "describe"));
    assert_false(has(all, "data"));
    case_close(&c);
}

static void procedures_of_a_script_are_commands_too(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "proc twice {} {}");
    assert_string_equal(candidates(&c, "twi"), "twice");
    case_close(&c);
}

static void runs_of_the_store_are_found_too(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    struct rt_run_record r = { .name = "yesterday", .model = "m" };
    rt_assert_ok(rt_store_begin(rt_session_store(c.s, &c.err), &r, &c.err),
                 &c.err);
    assert_string_equal(candidates(&c, "runs show yes"), "yesterday");
    assert_string_equal(candidates(&c, "rerun yes"), "yesterday");
    case_close(&c);
}

static void layers_are_found_behind_words_of_sets(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "model m; input x 2; dense 3 name=trunk; dense 1 name=up");
    assert_string_equal(candidates(&c, "layer insert after:t"), "after:trunk");
    assert_string_equal(candidates(&c, "freeze upto:u"), "upto:up");
    assert_string_equal(candidates(&c, "freeze * !tr"), "!trunk");
    assert_string_equal(candidates(&c, "layer remo"), "remove");
    assert_string_equal(candidates(&c, "layer rename tr"), "trunk");
    assert_string_equal(candidates(&c, "on epoch_e"), "epoch_end");
    assert_string_equal(candidates(&c, "pause whe"), "when=");
    case_close(&c);
}

static void options_are_followed_by_an_equals_sign(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_string_equal(candidates(&c, "dense 64 act"), "activation=");
    assert_string_equal(candidates(&c, "dense 64 activity"),
                        "activity_regularizer=");
    assert_string_equal(candidates(&c, "dense 64 kernel_reg=l1"),
                        "kernel_reg=l1 kernel_reg=l1_l2");
    assert_string_equal(candidates(&c, "fit s init"), "initial_epoch=");
    case_close(&c);
}

static void what_stands_behind_a_name_of_ones_own(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "data level values {1 2}; data rate values {1 2}");
    assert_string_equal(candidates(&c, "data j join a=le"), "a=level");
    assert_string_equal(candidates(&c, "data j join a=level b="),
                        "b=level b=rate");
    assert_string_equal(candidates(&c, "bind level img="), "img=x");
    case_close(&c);
}

static void option_given_is_not_offered_again(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_true(has(candidates(&c, "fit s e"), "epochs="));
    assert_false(has(candidates(&c, "fit s epochs=3 e"), "epochs="));
    case_close(&c);
}

static void values_of_an_option(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_string_equal(candidates(&c, "dense 64 activation=sof"),
                        "activation=softmax activation=softplus "
                        "activation=softsign");
    assert_string_equal(candidates(&c, "fit s shuffle="),
                        "shuffle=no shuffle=yes");
    assert_string_equal(candidates(&c, "fit s sh="), "sh=no sh=yes");
    assert_string_equal(candidates(&c, "fit s s="), ""); /* seed, steps */
    assert_string_equal(candidates(&c, "fit s nan="), "nan=go_on nan=stop");
    case_close(&c);
}

static void only_what_follows_the_last_comma_or_colon(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_string_equal(candidates(&c, "compile adam loss=a:mse,b:binary_c"),
                        "loss=a:mse,b:binary_crossentropy");
    assert_string_equal(candidates(&c, "compile adam loss=ms"),
                        "loss=mse loss=msle");
    assert_string_equal(candidates(&c, "compile adam metrics=acc,to"),
                        "metrics=acc,top_k "
                        "metrics=acc,top_k_categorical_accuracy");
    case_close(&c);
}

static void flags_after_a_dash(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_string_equal(candidates(&c, "compare a b -"), "-changed -to");
    assert_string_equal(candidates(&c, "fit s -w"), "-wait");
    case_close(&c);
}

static void names_of_the_session(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data spirals generate spiral; model m; input x 2; "
                 "dense 4 name=fc; output");
    assert_string_equal(candidates(&c, "fit sp"), "spirals");
    assert_string_equal(candidates(&c, "onehot spirals "), "classes= x y");
    case_close(&c);
}

static void layers_of_the_chosen_model(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; model m; input x 2; dense 4 name=fc1; "
                 "dense 4 name=fc2");
    assert_string_equal(candidates(&c, "at fc"), "fc1 fc2");
    assert_string_equal(candidates(&c, "dense 3 from=fc1,f"),
                        "from=fc1,fc1 from=fc1,fc2");
    case_close(&c);
}

static void kinds_of_data_and_their_options(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_string_equal(candidates(&c, "data s "),
                        "csv expr filter generate idx join npy npz rows "
                        "series values");
    assert_string_equal(candidates(&c, "data s generate sp"), "spiral");
    assert_true(has(candidates(&c, "data s generate spiral "), "noise="));
    assert_true(has(candidates(&c, "data s csv f.csv "), "header="));
    assert_string_equal(candidates(&c, "data s csv f.csv header="),
                        "header=guess header=no header=yes");
    case_close(&c);
}

static void files_where_a_file_is_wanted(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_int_equal(rt_file_write("iris.csv", "a,b\n", 4, NULL), 0);
    assert_int_equal(rt_dir_make("irises", NULL), 0);
    assert_string_equal(candidates(&c, "data s csv iri"), "iris.csv irises/");
    case_close(&c);
}

static void options_of_the_kind_of_callback(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_true(has(candidates(&c, "callback ear"), "early_stopping"));
    assert_true(
        has(candidates(&c, "callback early_stopping pat"), "patience="));
    assert_true(
        has(candidates(&c, "callback add early_stopping pat"), "patience="));
    case_close(&c);
}

static void optimizer_brings_its_own_options(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_true(has(candidates(&c, "compile sgd m"), "momentum="));
    assert_false(has(candidates(&c, "compile adam m"), "momentum="));
    case_close(&c);
}

static void second_command_of_a_line(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_string_equal(candidates(&c, "model m; summ"), "summary");
    assert_string_equal(candidates(&c, "branch x { dense 3 act"),
                        "activation=");
    assert_string_equal(candidates(&c, "puts [summ"), "summary");
    case_close(&c);
}

static void point_within_the_line(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    char **list = rt_complete(c.s, "summ foo", 4);
    assert_non_null(list);
    assert_string_equal(list[0], "summary");
    free(list[0]);
    free(list);
    case_close(&c);
}

static void nothing_fits_nothing_comes(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_null(rt_complete(c.s, "dense 64 activation=qqq", 23));
    case_close(&c);
}

static void weights_go_by_their_layer(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "model m; input x 4; dense 3 name=a; relu; dense 2 name=b");
    assert_string_equal(candidates(&c, "weight "), "a/ b/");
    assert_string_equal(candidates(&c, "weight a/"), "a/bias a/kernel");
    case_close(&c);
}

static void numbers_that_may_be_tuned(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "model m; input x 2; dense 2; dropout 0.3 name=drop; dense 1;"
                 "output; compile sgd loss=mse");
    assert_string_equal(candidates(&c, "tune mom"), "momentum=");
    assert_string_equal(candidates(&c, "tune lr=0.1 drop."), "drop.rate=");
    assert_true(has(candidates(&c, "tune "), "batch_size="));
    assert_false(has(candidates(&c, "tune "), "dense_1.units="));
    assert_true(has(candidates(&c, "freeze "), "drop"));
    assert_true(has(candidates(&c, "lr de"), "dense_1="));
    case_close(&c);
}

static void flags_with_a_value_offer_it(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_string_equal(candidates(&c, "params -by "),
                        "branch class layer trainable");
    assert_string_equal(candidates(&c, "params -by b"), "branch");
    case_close(&c);
}

static void words_of_the_usage_are_offered(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_true(has(candidates(&c, "runs "), "show"));
    assert_true(has(candidates(&c, "model "), "rename"));
    assert_string_equal(candidates(&c, "wait u"), "until");
    assert_false(has(candidates(&c, "fit "), "wait"));
    assert_true(has(candidates(&c, "runs "), "restore"));
    assert_true(has(candidates(&c, "runs "), "note"));
    assert_string_equal(candidates(&c, "callback l"), "learning_rate_scheduler "
                                                      "list");
    assert_true(has(candidates(&c, "callback add "), "early_stopping"));
    assert_false(has(candidates(&c, "callback add "), "add"));
    assert_true(has(candidates(&c, "callback early_stopping "), "patience="));
    case_close(&c);
}

static void what_follows_a_verb_is_as_the_usage_has_it(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate blobs n=20 classes=2\n"
                 "model m; input x 2; dense 2 name=fc; dense 1 name=y; output\n"
                 "compile sgd loss=mse; callback csv_logger a.csv name=log\n"
                 "fit s name=first");
    assert_string_equal(candidates(&c, "runs show "), "first");
    assert_string_equal(candidates(&c, "runs delete 3 f"), "first");
    assert_string_equal(candidates(&c, "runs resume first "), "epochs=");
    assert_string_equal(candidates(&c, "callback remove "), "log when=");
    assert_string_equal(candidates(&c, "model use "), "m");
    assert_string_equal(candidates(&c, "layer insert "), "after: before:");
    assert_string_equal(candidates(&c, "layer insert before:f"), "before:fc");
    assert_string_equal(candidates(&c, "layer rename "), "fc x y");
    assert_string_equal(candidates(&c, "wait until "), "");
    assert_true(has(candidates(&c, "runs sort="), "sort=val_loss") ||
                has(candidates(&c, "runs sort="), "sort=loss"));
    case_close(&c);
}

static void sets_of_layers_are_begun(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "model m; input x 2; dense 2 name=fc; dense 1 name=y; output");
    assert_string_equal(candidates(&c, "freeze class:"),
                        "class:Dense class:InputLayer");
    assert_string_equal(candidates(&c, "freeze branch:"), "branch:y");
    assert_string_equal(candidates(&c, "freeze fc.."), "fc..fc fc..x fc..y");
    assert_true(has(candidates(&c, "freeze "), "upto:"));
    assert_string_equal(candidates(&c, "concatenate f"), "fc from=");
    assert_string_equal(candidates(&c, "bind s "), "x= y=");
    assert_string_equal(candidates(&c, "dense 3 from=f"), "from=fc");
    case_close(&c);
}

static void keys_of_what_stands_in_braces_are_not_offered(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "model m; input x 2; dense 2 name=fc");
    assert_string_equal(candidates(&c, "branch fc "), "");
    assert_string_equal(candidates(&c, "loss mine "), "label=");
    assert_false(has(candidates(&c, "lambda "), "expr="));
    assert_string_equal(candidates(&c, "undo "), "");
    assert_true(has(candidates(&c, "dropout "), "rate="));
    case_close(&c);
}

static void help_has_pages_of_more_than_commands(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    assert_string_equal(candidates(&c, "help early"), "early_stopping");
    assert_string_equal(candidates(&c, "help topi"), "topics");
    assert_string_equal(candidates(&c, "help glorot_u"), "glorot_uniform");
    case_close(&c);
}

static void braces_hold_what_the_command_wants(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "seed 1; data s generate blobs n=20 classes=2\n"
                 "model m; input x 2; dense 1; output\n"
                 "compile sgd loss=mse; fit s");
    assert_string_equal(candidates(&c, "wait until {"), "epoch loss lr");
    assert_string_equal(candidates(&c, "wait until {loss < 1 and ep"), "epoch");
    assert_string_equal(candidates(&c, "wait until {(lo"), "(loss");
    assert_string_equal(candidates(&c, "data t expr s z {x +"), "+x +y");
    assert_string_equal(candidates(&c, "data t expr s z {"), "x y");
    assert_string_equal(candidates(&c, "data t filter s {1 + x * "), "x y");
    assert_string_equal(candidates(&c, "bidirectional {ls"), "lstm");
    assert_false(has(candidates(&c, "bidirectional {"), "fit"));
    assert_string_equal(candidates(&c, "bidirectional {lstm 3 go"),
                        "go_backwards=");
    assert_true(has(candidates(&c, "foreach i {1 2} {f"), "fit"));
    case_close(&c);
}

static void files_follow_what_loads_them(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "close [open one.h5 w]; close [open one.npz w]");
    assert_string_equal(candidates(&c, "load_model on"), "one.h5 one.npz");
    assert_string_equal(candidates(&c, "load_weights one.n"), "one.npz");
    case_close(&c);
}

static void
a_model_within_the_model_is_one_name_until_it_is_opened(void **state)
{
    (void)state;
    struct session_case c;
    case_open(&c);
    case_run(&c, "model encoder\ninput x 4\ndense 8\ndense 3\noutput\n"
                 "model m\ninput a 4");
    assert_string_equal(candidates(&c, "call enc"), "encoder");
    case_run(&c, "call encoder");
    assert_string_equal(candidates(&c, "freeze enc"), "encoder");
    assert_string_equal(candidates(&c, "freeze encoder/"),
                        "encoder/dense_1 encoder/dense_2");
    assert_string_equal(candidates(&c, "dense 2 from=enc"), "from=encoder");
    assert_true(has(candidates(&c, "freeze class:"), "class:Model"));
    assert_true(
        has(candidates(&c, "weight encoder/"), "encoder/dense_2/kernel"));
    assert_false(has(candidates(&c, "call "), "m"));
    assert_false(has(candidates(&c, "call "), "a"));
    assert_string_equal(candidates(&c, "call encoder/"), "");
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_by_their_beginning),
        cmocka_unit_test(procedures_of_a_script_are_commands_too),
        cmocka_unit_test(runs_of_the_store_are_found_too),
        cmocka_unit_test(layers_are_found_behind_words_of_sets),
        cmocka_unit_test(options_are_followed_by_an_equals_sign),
        cmocka_unit_test(what_stands_behind_a_name_of_ones_own),
        cmocka_unit_test(option_given_is_not_offered_again),
        cmocka_unit_test(values_of_an_option),
        cmocka_unit_test(only_what_follows_the_last_comma_or_colon),
        cmocka_unit_test(flags_after_a_dash),
        cmocka_unit_test(names_of_the_session),
        cmocka_unit_test(layers_of_the_chosen_model),
        cmocka_unit_test(kinds_of_data_and_their_options),
        cmocka_unit_test(files_where_a_file_is_wanted),
        cmocka_unit_test(options_of_the_kind_of_callback),
        cmocka_unit_test(optimizer_brings_its_own_options),
        cmocka_unit_test(second_command_of_a_line),
        cmocka_unit_test(point_within_the_line),
        cmocka_unit_test(nothing_fits_nothing_comes),
        cmocka_unit_test(weights_go_by_their_layer),
        cmocka_unit_test(numbers_that_may_be_tuned),
        cmocka_unit_test(flags_with_a_value_offer_it),
        cmocka_unit_test(words_of_the_usage_are_offered),
        cmocka_unit_test(what_follows_a_verb_is_as_the_usage_has_it),
        cmocka_unit_test(sets_of_layers_are_begun),
        cmocka_unit_test(keys_of_what_stands_in_braces_are_not_offered),
        cmocka_unit_test(help_has_pages_of_more_than_commands),
        cmocka_unit_test(braces_hold_what_the_command_wants),
        cmocka_unit_test(files_follow_what_loads_them),
        cmocka_unit_test(
            a_model_within_the_model_is_one_name_until_it_is_opened),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
