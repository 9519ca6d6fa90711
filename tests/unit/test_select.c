/* Sets of layers by words. */
#include "model_lines.h"

#include "nn/select.h"

#define TWO_BRANCHES                                                           \
    "input x 4; dense 8 name=enc_1; dropout 0.5 name=enc_2; dense 6 name=mid;" \
    "dense 3 name=a; output; at mid; dense 5 name=b1; dense 2 name=b; output"

/* The names chosen by a line of words, joined by blanks. */
static void expect(const char *line, const char *want)
{
    struct rt_model *m = lines_model(TWO_BRANCHES);
    struct line_words w;
    struct rt_err err = RT_ERR_INIT;
    struct rt_str got = RT_STR_INIT;
    bool chosen[16];
    line_split(&w, line);
    int n = rt_select(m, w.word, w.n, chosen, &err);
    if (n < 0)
        fail_msg("%s: %s", line, err.text);
    for (int i = 0; i < m->n_layers; i++)
        if (chosen[i])
            rt_str_addf(&got, "%s%s", got.n ? " " : "", m->layers[i]->name);
    assert_string_equal(rt_str_c(&got), want);
    rt_str_release(&got);
    rt_model_free(m);
}

static void refuse(const char *line, const char *says)
{
    struct rt_model *m = lines_model(TWO_BRANCHES);
    struct line_words w;
    struct rt_err err = RT_ERR_INIT;
    bool chosen[16];
    line_split(&w, line);
    assert_int_equal(rt_select(m, w.word, w.n, chosen, &err), RT_ENOENT);
    if (!strstr(err.text, says))
        fail_msg("%s: %s", line, err.text);
    rt_model_free(m);
}

static void words_name_layers(void **state)
{
    (void)state;
    expect("", "x enc_1 enc_2 mid a b1 b");
    expect("mid", "mid");
    expect("enc_*", "enc_1 enc_2");
    expect("*_[2-9] a", "enc_2 a");
    expect("prefix:enc_", "enc_1 enc_2");
    expect("class:Dense", "enc_1 mid a b1 b");
    expect("class:dropout", "enc_2");
    expect("upto:enc_2", "x enc_1 enc_2");
    expect("after:mid", "a b1 b");
    expect("after:b", "");
    expect("enc_2..a", "enc_2 mid a");
    expect("a..enc_2", "enc_2 mid a");
}

static void a_branch_is_what_one_output_has_alone(void **state)
{
    (void)state;
    expect("branch:b", "b1 b");
    expect("branch:a", "a");
}

static void words_are_joined_and_taken_away(void **state)
{
    (void)state;
    expect("class:Dense !b* !mid", "enc_1 a");
    expect("!class:Dense", "x enc_2");
    expect("enc_1 after:a", "enc_1 b1 b");
}

static void what_fits_nothing_is_an_error(void **state)
{
    (void)state;
    refuse("mis", "mid");
    refuse("q*", "fits 'q*'");
    refuse("class:Conv2D", "fits");
    refuse("upto:enc_3", "enc_2");
    refuse("mid..c", "'mid..c'");
    refuse("branch:mid", "no output");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_name_layers),
        cmocka_unit_test(a_branch_is_what_one_output_has_alone),
        cmocka_unit_test(words_are_joined_and_taken_away),
        cmocka_unit_test(what_fits_nothing_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
