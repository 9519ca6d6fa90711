/* What may come behind a verb, and names that the session and the store
 * hold, in a session without a terminal. */
#include "session_case.h"

#include "shell/complete.h"

static struct session_case c;

/* The candidates of a line, joined by blanks; static. */
static const char *after(const char *line)
{
    static char text[8192];
    char **list = rt_complete(c.s, line, (int)strlen(line));
    text[0] = '\0';
    for (int i = 0; list && list[i]; i++) {
        size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "%s%s", i ? " " : "", list[i]);
        free(list[i]);
    }
    free(list);
    return text;
}

#define COMES(line, what) assert_string_equal(after(line), what)

#define MODEL                                                                  \
    "seed 1; data s generate blobs n=60 classes=2; bind s a=y b=y\n"           \
    "model m; input x 2; dense 4 name=trunk\n"                                 \
    "dense 1 activation=sigmoid name=a; output; at trunk\n"                    \
    "dense 1 activation=sigmoid name=b; output\n"                              \
    "compile sgd loss=binary_crossentropy\n"

/* A run of two outputs that is paused in its third epoch, and has a checkpoint
 * with a name. */
static void begin(void)
{
    case_open(&c);
    case_run(&c, MODEL "callback early_stopping patience=9 name=es\n"
                       "pause when=3:1\n"
                       "fit s epochs=9 validation=0.2 name=first &\n"
                       "wait until {epoch > 9}\ncheckpoint good");
}

static void end(void)
{
    case_run(&c, "stop");
    case_close(&c);
}

static void verbs_have_their_own_words(void **state)
{
    (void)state;
    begin();
    COMES("callback s", "set");
    COMES("callback remove ", "es when=");
    COMES("callback set es pat", "patience=");
    COMES("callback add early_stopping pat", "patience=");
    COMES("callback add terminate", "terminate_on_nan");
    COMES("runs del", "delete");
    COMES("runs show ", "first");
    COMES("runs history first val_a", "val_a_loss");
    COMES("runs resume first ", "epochs=");
    COMES("on remove epoch", "epoch_end");
    COMES("layer ins", "insert");
    COMES("layer insert ", "after: before:");
    COMES("layer insert after:tr", "after:trunk");
    COMES("layer rename trunk ", "");
    COMES("model use ", "m");
    COMES("plugin info terminate", "terminate_on_nan");
    COMES("wait first until ", "");
    end();
}

static void rewind_goes_to_epochs_and_checkpoints(void **state)
{
    (void)state;
    begin();
    COMES("rewind ", "0 best good when=");
    COMES("rewind 2", "2");
    COMES("rewind 3", ""); /* not over yet */
    end();
    case_open(&c);
    COMES("rewind b", ""); /* no run goes on */
    case_close(&c);
}

static void checkpoints_are_those_of_the_run(void **state)
{
    (void)state;
    begin();
    COMES("checkpoint load ", "first");
    COMES("checkpoint load first g", "good");
    COMES("checkpoint verify first g", "good");
    COMES("checkpoint pr", "prune");
    COMES("checkpoint load nobody ", "");
    end();
}

static void settings_and_their_values(void **state)
{
    (void)state;
    case_open(&c);
    COMES("config ", "ascii checkpoint_seconds color threads");
    COMES("config color ", "auto no yes");
    COMES("config ascii ", "no yes");
    COMES("config threads ", "");
    case_close(&c);
}

static void layers_and_outputs_with_what_follows(void **state)
{
    (void)state;
    begin();
    COMES("lr tr", "trunk=");
    COMES("freeze br", "branch:");
    COMES("freeze branch:", "branch:a branch:b");
    COMES("freeze class:De", "class:Dense");
    COMES("freeze !branch:", "");
    COMES("tune loss_weights=", "loss_weights=a: loss_weights=b:");
    COMES("tune loss_weights=a:", "");
    COMES("tune loss_weights=a:1,b", "loss_weights=a:1,b:");
    COMES("compile sgd loss_weights=b", "loss_weights=b:");
    COMES("retire ", "a b when=");
    end();
}

static void columns_are_those_of_runs(void **state)
{
    (void)state;
    begin();
    COMES("runs sort=best_val_a", "sort=best_val_a_loss");
    COMES("compare cols=batch", "cols=batch_size");
    COMES("best by=best_val_b", "by=best_val_b_loss");
    end();
}

static void the_word_behind_a_flag_is_no_place(void **state)
{
    (void)state;
    case_open(&c);
    assert_int_equal(rt_file_write("curve.png", "", 0, NULL), 0);
    COMES("plot cur", "");
    COMES("plot -to cur", "curve.png");
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verbs_have_their_own_words),
        cmocka_unit_test(rewind_goes_to_epochs_and_checkpoints),
        cmocka_unit_test(checkpoints_are_those_of_the_run),
        cmocka_unit_test(settings_and_their_values),
        cmocka_unit_test(layers_and_outputs_with_what_follows),
        cmocka_unit_test(columns_are_those_of_runs),
        cmocka_unit_test(the_word_behind_a_flag_is_no_place),
    };
    case_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
