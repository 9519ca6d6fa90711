#include "shell/begin.h"

#include "base/mem.h"
#include "base/pool.h"
#include "base/schema.h"
#include "files/keras_write.h"
#include "files/weights.h"
#include "graph/blas.h"
#include "graph/kern.h"
#include "plugins/load.h"
#include "shell/forget.h"
#include "shell/interp.h"
#include "shell/params.h"
#include "shell/progress.h"
#include "shell/script.h"
#include "shell/settings.h"
#include "shell/steer.h"
#include "shell/version.h"
#include "store/sweeps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const on_nan[] = { "stop", "go_on", NULL };
const struct rt_opt rt_fit_opts[] = {
    RT_OPT(struct rt_fit_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct rt_fit_args, epochs, .def = "1", .min = 1, .max = 1e9,
           .help = "the last epoch"),
    RT_OPT(struct rt_fit_args, batch_size, .def = "32", .min = 1, .max = 1e9,
           .help = "rows of a batch"),
    RT_OPT(struct rt_fit_args, validation, .names = RT_NAMES_DATA,
           .help = "a data set, or the share of the last rows kept for it"),
    RT_OPT(struct rt_fit_args, validate, .def = "1", .min = 1, .max = 1e9,
           .help = "validate every so many epochs"),
    RT_OPT(struct rt_fit_args, shuffle, .def = "yes",
           .help = "new order of the rows each epoch"),
    RT_OPT(struct rt_fit_args, initial_epoch, .def = "0", .min = 0, .max = 1e9,
           .help = "epochs that were trained before"),
    RT_OPT(struct rt_fit_args, steps, .def = "0", .min = 0, .max = 1e9,
           .help = "batches an epoch at most; 0 is all"),
    RT_OPT(struct rt_fit_args, seed, .min = 0, .max = 9.007199254740992e15,
           .help = "of this fit; else the session's"),
    RT_OPT(struct rt_fit_args, nan, .def = "stop", .choices = on_nan,
           .help = "what to do when a loss is not finite"),
    RT_OPT(struct rt_fit_args, name, .help = "of the run; else the model's"),
    RT_OPT(struct rt_fit_args, wait, .form = RT_FORM_FLAG,
           .help = "wait for its end at the prompt too"),
    RT_OPT_END
};

/* The settings of a fit as one line of JSON, for the store. */
static char *settings_json(const struct rt_fit_spec *f,
                           const struct rt_fit_args *a)
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
    struct rt_value *weights = rt_value_put(&v, "loss_weights");
    rt_value_set_dict(weights);
    for (int i = 0; i < c->n_outputs; i++)
        if (c->outputs[i].loss)
            rt_value_put_number(weights, c->outputs[i].output,
                                c->outputs[i].weight);
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
static int find_data(struct rt_session *s, const struct rt_fit_args *a,
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

struct rt_fit_args *rt_begin_parse(const char *const *words, int n,
                                   struct rt_err *err)
{
    return rt_args_parse(rt_fit_opts, sizeof *rt_fit_opts,
                         sizeof(struct rt_fit_args), words, n, err);
}

int rt_begin_spec(struct rt_session *s, const struct rt_fit_args *a,
                  struct rt_fit_spec *f, struct rt_err *err)
{
    struct rt_session_model *sm = rt_session_edit(s, err);
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    bool seed_here = a->seed != INT64_MIN;
    *f = (struct rt_fit_spec){
        .model = sm->model,
        .epochs = a->epochs,
        .initial_epoch = a->initial_epoch,
        .batch_size = a->batch_size,
        .steps = a->steps,
        .validate_every = a->validate,
        .shuffle = a->shuffle,
        .nan_go_on = a->nan == 1,
        .seed = seed_here ? (uint64_t)a->seed : rt_session_seed(s),
        .name = a->name ? a->name : sm->model->name,
        .callbacks = &sm->callbacks,
        .io = { .save_weights = rt_weights_save,
                .save_model = rt_keras_save_all },
        .find_plugin = rt_plugin_find,
        .checkpoint_seconds = rt_settings()->checkpoint_seconds,
    };
    if (a->initial_epoch >= a->epochs)
        return rt_fail(err, RT_EINVAL,
                       "fit: initial_epoch is %d and epochs %d, want it "
                       "smaller: epochs is the last one",
                       a->initial_epoch, a->epochs);
    return find_data(s, a, f, err);
}

/* The orders kept for it and the line itself, without the words that say where
 * to wait. */
static char *fit_line(const struct rt_cmd_call *call)
{
    struct rt_str line = RT_STR_INIT;
    rt_script_kept(call->s, call->s->model, &line);
    rt_str_add(&line, "fit");
    for (int i = 0; i < call->n; i++) {
        if (!strcmp(call->words[i], "&") || !strcmp(call->words[i], "-wait"))
            continue;
        rt_str_addc(&line, ' ');
        rt_interp_quote(call->words[i], &line);
    }
    return rt_str_take(&line);
}

void rt_begin_record(const struct rt_cmd_call *call,
                     const struct rt_fit_spec *f, const struct rt_fit_args *a,
                     struct rt_run *run)
{
    struct rt_session *s = call->s;
    struct rt_err err = RT_ERR_INIT;
    if (s->rebuilds) {
        rt_run_set_number(run, 1 + s->runs.n);
        rt_steer_begun(s, s->model);
        return;
    }
    char *line = fit_line(call), *dir = getcwd(NULL, 0);
    rt_steer_begun(s, s->model);
    struct rt_store *store = rt_session_store(s, &err);
    if (f->validation) /* its checkpoints want it */
        rt_dataset_hash(f->validation);
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
        rt_run_set_number(run, r.id);
        if (s->point && s->tags) /* so that others can look at it meanwhile */
            rt_store_point_begun(store, s->tags, s->point, r.id, NULL);
    } else {
        /* Training matters more than its record. */
        rt_str_clear(&script);
        rt_str_addf(&script, "warning: this run is not recorded: %s", err.text);
        s->print(s, rt_str_c(&script));
        rt_run_set_number(run, 1 + s->runs.n);
    }
    rt_str_release(&script);
    free(settings);
    free(line);
    free(dir);
}

/* At the first fit: what a misspelt setting of the command line does not do is
 * noticed before it costs hours, though it may be asked for later. */
static void warn_unasked(struct rt_session *s)
{
    const char *name = s->runs.n ? NULL : rt_params_unasked(s);
    char *text =
        name ? rt_xprintf("warning: no `param` has asked for '%s' yet", name)
             : NULL;
    if (text)
        s->print(s, text);
    free(text);
}

struct rt_session_run *rt_begin_start(struct rt_session *s, struct rt_run *run,
                                      struct rt_session_model *sm,
                                      struct rt_err *err)
{
    rt_session_forget(s);
    warn_unasked(s);
    struct rt_session_run *r = rt_xcalloc(1, sizeof *r);
    r->number = rt_run_number(run);
    r->name = rt_xstrdup(rt_run_name(run));
    r->run = run;
    r->model = sm;
    r->history = rt_history_new(r->number);
    rt_vec_push(&s->runs, r);
    sm->last_run = r->number;
    for (int i = 0; i < sm->callbacks.n; i++)
        sm->callbacks.v[i].run = r->number;
    if (rt_run_start(run, err)) {
        rt_session_drain(s);
        return NULL;
    }
    if (s->watch && !s->watch_is_open()) {
        struct rt_err why = RT_ERR_INIT;
        s->watch = false; /* at the first fit alone */
        if (s->watch_open && s->watch_open(s, r->number, &why))
            s->print(s, why.text);
    }
    return r;
}

int rt_begin_wait(struct rt_cmd_call *call, struct rt_session_run *r,
                  bool background, struct rt_err *err)
{
    rt_value_set_int(&call->out->value, r->number);
    if (background) {
        rt_str_addf(&call->out->text, "run %d (%s) started", r->number,
                    r->name);
        return 0;
    }
    int rc = rt_progress_wait(call->s, r, err);
    if (rc)
        return rc;
    if (r->run) { /* detached or paused by Ctrl-C */
        rt_progress_left(r, &call->out->text);
        return 0;
    }
    rt_value_release(&call->out->value);
    rt_progress_result(r, call->out);
    return 0;
}
