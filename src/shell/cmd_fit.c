/* fit. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/schema.h"
#include "files/keras_write.h"
#include "files/weights.h"
#include "graph/blas.h"
#include "graph/kern.h"
#include "plugins/load.h"
#include "shell/cmd.h"
#include "shell/keras_words.h"
#include "shell/interp.h"
#include "shell/progress.h"
#include "shell/script.h"
#include "shell/steer.h"
#include "shell/version.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int code_of(const struct rt_err *err, int otherwise)
{
    return err ? err->code : otherwise;
}

/* ---- fit -------------------------------------------------------------------
 */

struct fit_args {
    const char *data, *validation, *name;
    int epochs, batch_size, initial_epoch, steps, validate, nan;
    bool shuffle, wait;
    int64_t seed;
};
static const char *const on_nan[] = { "stop", "go_on", NULL };
static const struct rt_opt fit_opts[] = {
    RT_OPT(struct fit_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct fit_args, epochs, .def = "1", .min = 1, .max = 1e9,
           .help = "the last epoch"),
    RT_OPT(struct fit_args, batch_size, .def = "32", .min = 1, .max = 1e9,
           .help = "rows of a batch"),
    RT_OPT(struct fit_args, validation, .names = RT_NAMES_DATA,
           .help = "a data set, or the share of the last rows kept for it"),
    RT_OPT(struct fit_args, validate, .def = "1", .min = 1, .max = 1e9,
           .help = "validate every so many epochs"),
    RT_OPT(struct fit_args, shuffle, .def = "yes",
           .help = "new order of the rows each epoch"),
    RT_OPT(struct fit_args, initial_epoch, .def = "0", .min = 0, .max = 1e9,
           .help = "epochs that were trained before"),
    RT_OPT(struct fit_args, steps, .def = "0", .min = 0, .max = 1e9,
           .help = "batches an epoch at most; 0 is all"),
    RT_OPT(struct fit_args, seed, .min = 0, .max = 9.007199254740992e15,
           .help = "of this fit; else the session's"),
    RT_OPT(struct fit_args, nan, .def = "stop", .choices = on_nan,
           .help = "what to do when a loss is not finite"),
    RT_OPT(struct fit_args, name, .help = "of the run; else the model's"),
    RT_OPT(struct fit_args, wait, .form = RT_FORM_FLAG,
           .help = "wait for its end at the prompt too"),
    RT_OPT_END
};

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

/* The settings of a fit as one line of JSON, for the store. */
static char *settings_json(const struct rt_fit_spec *f,
                           const struct fit_args *a)
{
    struct rt_value v = { 0 };
    struct rt_str out = RT_STR_INIT;
    const struct rt_compiled *c = f->model->compiled;
    rt_value_set_dict(&v);
    rt_value_put_int(&v, "epochs", f->epochs);
    rt_value_put_int(&v, "batch_size", f->batch_size);
    rt_value_put_int(&v, "initial_epoch", f->initial_epoch);
    rt_value_put_text(&v, "validation", a->validation ? a->validation : "");
    rt_value_set_bool(rt_value_put(&v, "shuffle"), f->shuffle);
    rt_value_put_text(&v, "optimizer", c->optimizer->name);
    struct rt_str words = RT_STR_INIT;
    rt_args_words(c->optimizer->opts, sizeof(struct rt_opt), c->args, true,
                  &words);
    rt_value_put_text(&v, "optimizer_options", rt_str_c(&words));
    rt_str_release(&words);
    struct rt_value *losses = rt_value_put(&v, "losses");
    rt_value_set_dict(losses);
    for (int i = 0; i < c->n_outputs; i++)
        if (c->outputs[i].loss)
            rt_value_put_text(losses, c->outputs[i].output, c->outputs[i].loss);
    struct rt_value *calls = rt_value_put(&v, "callbacks");
    rt_value_set_list(calls);
    for (int i = 0; i < f->callbacks->n; i++)
        rt_value_set_text(rt_value_push(calls), f->callbacks->v[i].name);
    rt_value_json(&v, &out);
    rt_value_release(&v);
    return rt_str_take(&out);
}

/* NAME.train and the like; NULL if there is none. */
static struct rt_dataset *part_of(struct rt_session *s, const char *data,
                                  const char *which)
{
    char *name = rt_xprintf("%s.%s", data, which);
    struct rt_dataset *d = rt_map_get(&s->data, name);
    free(name);
    return d;
}

/* Which rows validate: a share of the last rows, or another data set; a set
 * that was partitioned brings its own. */
static int find_data(struct rt_session *s, const struct fit_args *a,
                     struct rt_fit_spec *f, struct rt_err *err)
{
    f->validation_split = NAN;
    f->data = part_of(s, a->data, "train");
    if (f->data) {
        f->validation = part_of(s, a->data, "val");
    } else if (!(f->data = rt_session_data(s, a->data, err))) {
        return rt_err_within(err, "fit");
    }
    if (!a->validation)
        return 0;
    f->validation = NULL;
    if (!rt_number_parse(a->validation, &f->validation_split, NULL)) {
        if (!(f->validation_split > 0 && f->validation_split < 1))
            return rt_fail(err, RT_EINVAL,
                           "fit: validation is %s, want a share with 0 < "
                           "validation < 1, or a data set",
                           a->validation);
        return 0;
    }
    f->validation_split = NAN;
    f->validation = rt_session_data(s, a->validation, err);
    return f->validation ? 0 : rt_err_within(err, "fit: validation");
}

/* The line itself, without the words that say where to wait. */
static char *fit_line(const struct rt_cmd_call *call)
{
    struct rt_str line = RT_STR_INIT;
    rt_str_add(&line, "fit");
    for (int i = 0; i < call->n; i++) {
        if (!strcmp(call->words[i], "&") || !strcmp(call->words[i], "-wait"))
            continue;
        rt_str_addc(&line, ' ');
        rt_interp_quote(call->words[i], &line);
    }
    return rt_str_take(&line);
}

static void record_run(struct rt_cmd_call *call, const struct rt_fit_spec *f,
                       const struct fit_args *a, int *number)
{
    struct rt_session *s = call->s;
    struct rt_err err = RT_ERR_INIT;
    char *line = fit_line(call), *dir = getcwd(NULL, 0);
    struct rt_store *store = rt_session_store(s, &err);
    struct rt_str script = RT_STR_INIT;
    char *settings = settings_json(f, a);
    rt_session_script(s, &script);
    struct rt_run_record r = {
        .name = f->name,
        .model = f->model->name,
        .script = rt_str_c(&script),
        .settings = settings,
        .data = f->data->origin,
        .data_hash = rt_dataset_hash(f->data),
        .model_hash = rt_model_hash(f->model),
        .seed = f->seed,
        .version = RT_VERSION,
        .blas = rt_blas_name(),
        .isa = rt_kern()->isa,
        .threads = rt_pool_n_threads(),
        .epochs = f->epochs,
        .batch_size = f->batch_size,
        .params = rt_model_params(f->model, false),
        .fit = line,
        .dir = dir,
        .tags = s->tags,
        .point = s->point,
        .repeats = s->repeats,
    };
    if (store && !rt_store_begin(store, &r, &err)) {
        *number = r.id;
    } else {
        /* Training matters more than its record. */
        rt_str_clear(&script);
        rt_str_addf(&script, "warning: this run is not recorded: %s", err.text);
        s->print(s, rt_str_c(&script));
        *number = 1 + s->runs.n;
    }
    rt_str_release(&script);
    free(settings);
    free(line);
    free(dir);
}

static int start_fit(struct rt_cmd_call *call, const struct fit_args *a,
                     bool background, struct rt_err *err)
{
    struct rt_session *s = call->s;
    struct rt_session_model *sm = rt_session_edit(s, err);
    if (!sm)
        return code_of(err, RT_ESTATE);
    bool seed_here = a->seed != INT64_MIN;
    struct rt_fit_spec f = {
        .model = sm->model,
        .epochs = a->epochs,
        .initial_epoch = a->initial_epoch,
        .batch_size = a->batch_size,
        .steps = a->steps,
        .validate_every = a->validate,
        .shuffle = a->shuffle,
        .nan_go_on = a->nan == 1,
        .pause_on_error = call->at_prompt,
        .seed = seed_here ? (uint64_t)a->seed : rt_session_seed(s),
        .name = a->name ? a->name : sm->model->name,
        .callbacks = &sm->callbacks,
        .io = { .save_weights = rt_weights_save,
                .save_model = rt_keras_save_all },
        .find_plugin = rt_plugin_find,
        .checkpoint_seconds = 60,
    };
    if (a->initial_epoch >= a->epochs)
        return rt_fail(err, RT_EINVAL,
                       "fit: initial_epoch is %d and epochs %d, want it "
                       "smaller: epochs is the last one",
                       a->initial_epoch, a->epochs);
    if (find_data(s, a, &f, err))
        return code_of(err, RT_ENOENT);
    if (s->store)
        f.recorder = rt_store_recorder(s->store);
    else if (rt_session_store(s, NULL))
        f.recorder = rt_store_recorder(s->store);
    struct rt_run *run = rt_run_new(&f, s->bus, err);
    if (!run)
        return rt_err_within(err, "fit");
    if (rt_steer_begin(sm, run, err)) {
        rt_run_free(run);
        return rt_err_within(err, "fit");
    }
    int number;
    rt_steer_begun(s, sm);
    record_run(call, &f, a, &number);
    call->looked = true;
    rt_script_fit(call, number);
    rt_run_set_number(run, number);
    struct rt_session_run *r = rt_xcalloc(1, sizeof *r);
    r->number = number;
    r->name = rt_xstrdup(f.name);
    r->run = run;
    r->model = sm;
    r->history = rt_history_new(number);
    rt_vec_push(&s->runs, r);
    sm->last_run = number;
    if (rt_run_start(run, err)) {
        rt_session_drain(s);
        return rt_err_within(err, "fit");
    }
    rt_value_set_int(&call->out->value, number);
    if (s->watch && !s->watch_is_open()) {
        struct rt_err why = RT_ERR_INIT;
        s->watch = false; /* at the first fit alone */
        if (s->watch_open && s->watch_open(s, number, &why))
            s->print(s, why.text);
    }
    if (background) {
        rt_str_addf(&call->out->text, "run %d (%s) started", number, r->name);
        return 0;
    }
    int rc = rt_progress_wait(s, r, err);
    if (rc)
        return rc;
    rt_value_release(&call->out->value);
    if (r->run) { /* detached or paused by Ctrl-C */
        rt_value_set_int(&call->out->value, number);
        rt_progress_left(r, &call->out->text);
        return 0;
    }
    rt_progress_result(r, call->out);
    return 0;
}

static int run_fit(struct rt_cmd_call *call, struct rt_err *err)
{
    int n = call->n;
    bool amp = n && !strcmp(call->words[n - 1], "&");
    struct fit_args *a = rt_args_parse(fit_opts, sizeof *fit_opts, sizeof *a,
                                       call->words, amp ? n - 1 : n, err);
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
    .opts = fit_opts,
    .args_size = sizeof(struct fit_args),
    .flags = RT_CMD_WORDS | RT_CMD_CHANGES | RT_CMD_LOOKS,
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
