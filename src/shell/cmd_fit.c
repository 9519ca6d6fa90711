/* fit. */
#include "base/schema.h"
#include "shell/begin.h"
#include "shell/keras_words.h"
#include "shell/script.h"
#include "shell/steer.h"

#include <stdlib.h>
#include <string.h>

/* ---- fit -------------------------------------------------------------------
 */

/* What model.fit of Keras takes and this does not. */
static const struct rt_keras_word fit_keras[] = {
    { "class_weight",
      "`weights DATA class OUTPUT 0=1,1=2` weighs the classes of a data set" },
    { "sample_weight",
      "`weights DATA sample COLUMN` weighs the rows of a data set" },
    { "callbacks", "`callback KIND ...` attaches one to the model before" },
    { "verbose", "a script prints a line an epoch, `watch` shows all of it" },
    { "validation_data", "want validation=DATA" },
    { "validation_split", "want validation=0.2" },
    { "validation_freq", "want validate=N" },
    { "steps_per_epoch", "want steps=N" },
    { "x", "`bind DATA INPUT=COLUMN` says what feeds the inputs" },
    { "y", "`bind DATA OUTPUT=COLUMN` says what the outputs are to give" },
    { "workers", "`threads N` says how many cores compute" },
    { NULL, NULL },
};

static int start_fit(struct rt_cmd_call *call, const struct rt_fit_args *a,
                     bool background, struct rt_err *err)
{
    struct rt_session *s = call->s;
    struct rt_fit_spec f;
    if (rt_begin_spec(s, a, &f, err))
        return rt_err_code(err, RT_EINVAL);
    struct rt_session_model *sm = s->model;
    f.pause_on_error = call->at_prompt;
    if (!s->rebuilds && rt_session_store(s, NULL))
        f.recorder = rt_store_recorder(s->store);
    struct rt_run *run = rt_run_new(&f, s->bus, err);
    if (!run)
        return rt_err_within(err, "fit");
    if (rt_steer_begin(sm, run, err)) {
        rt_run_free(run);
        return rt_err_within(err, "fit");
    }
    rt_begin_record(call, &f, a, run);
    call->looked = true;
    rt_script_fit(call, rt_run_number(run));
    struct rt_session_run *r = rt_begin_start(s, run, sm, err);
    return r ? rt_begin_wait(call, r, background, err)
             : rt_err_within(err, "fit");
}

static int run_fit(struct rt_cmd_call *call, struct rt_err *err)
{
    int n = call->n;
    bool amp = n && !strcmp(call->words[n - 1], "&");
    struct rt_fit_args *a = rt_begin_parse(call->words, amp ? n - 1 : n, err);
    if (!a)
        return rt_err_within(err, "fit");
    bool background = amp || (call->at_prompt && !a->wait);
    int rc = start_fit(call, a, background, err);
    rt_args_free(a);
    return rc;
}

const struct rt_cmd rt_cmd_fit = {
    .group = "training",
    .name = "fit",
    .help = "train, always in a thread of its own",
    .usage = "DATA [epochs=] [batch_size=] [validation=NAME|0.2] [validate=N] "
             "[shuffle=yes|no] [initial_epoch=] [steps=] [seed=] "
             "[nan=stop|go_on] [name=] [-wait] [&]",
    .opts = rt_fit_opts,
    .args_size = sizeof(struct rt_fit_args),
    .flags = RT_CMD_WORDS | RT_CMD_CHANGES | RT_CMD_LOOKS | RT_CMD_TRAINS,
    .keras = fit_keras,
    .run = run_fit,
    .details =
        "As a whole line typed at the prompt it returns at once and you go on "
        "typing; in a script\nit waits, with a progress bar on a terminal and "
        "one key=value line an epoch elsewhere.\n`&` as the last word returns "
        "at once in a script too. Returns the run's number, or, where\nit "
        "waited, a dict: run, state, epochs, seconds and the last value of "
        "each series.",
    .example = "seed 1\ndata s generate spiral n=200 classes=2\nonehot s y\n"
               "model m\ninput x 2\ndense 8 activation=tanh\n"
               "dense 2 activation=softmax\noutput\n"
               "compile adam loss=categorical_crossentropy metrics=acc\n"
               "set r [fit s epochs=2 validation=0.2]\n"
               "puts [dict get $r state]\n",
};
