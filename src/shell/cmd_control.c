/* Acting on a run: jobs, wait, fg, pause, resume, stop, lr, status, log. What
 * changes a run is an order in its mailbox, answered between two batches. */
#include "base/clock.h"
#include "base/schema.h"
#include "shell/cmd.h"
#include "shell/interp.h"
#include "shell/progress.h"
#include "shell/until.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int code_of(const struct rt_err *err, int otherwise)
{
    return err ? err->code : otherwise;
}

struct id_args {
    const char *id;
};
#define ID_OPT                                                                 \
    RT_OPT(struct id_args, id, .name = "run", .word = 1, .def = "",            \
           .names = RT_NAMES_RUN,                                              \
           .help = "number or name; else the chosen model's newest")
static const struct rt_opt id_opts[] = { ID_OPT, RT_OPT_END };

/* Of examples: a run that goes on until it is stopped. */
#define STARTED                                                                \
    "seed 1\ndata s generate blobs n=60 classes=2\nmodel m\ninput x 2\n"       \
    "dense 1 activation=sigmoid\noutput\n"                                     \
    "compile sgd loss=binary_crossentropy\nfit s epochs=100000 &\n"

/* ---- jobs -------------------------------------------------------------- */

/* The last epoch's value, nothing before the first is over. */
static void put_last(struct rt_value *d, const struct rt_history *h,
                     const char *key)
{
    const struct rt_history_series *s = rt_history_find(h, key);
    if (s && s->n_epochs)
        rt_value_put_number(d, key, s->epoch_v[s->n_epochs - 1]);
    else
        rt_value_put_text(d, key, "");
}

static int run_jobs(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_session *s = call->s;
    struct rt_value *list = &call->out->value;
    (void)err;
    rt_session_drain(s);
    rt_value_set_list(list);
    for (int i = 0; i < s->runs.n; i++) {
        const struct rt_session_run *r = s->runs.v[i];
        struct rt_snapshot now;
        if (!r->run)
            continue;
        struct rt_value *d = rt_value_push(list);
        struct rt_str text = RT_STR_INIT;
        rt_run_snapshot(r->run, &now);
        rt_value_set_dict(d);
        rt_value_put_int(d, "run", r->number);
        rt_value_put_text(d, "name", r->name);
        rt_value_put_text(d, "state", rt_run_state_name(now.state));
        rt_str_addf(&text, "%lld/%lld", (long long)now.epoch,
                    (long long)now.n_epochs);
        rt_value_put_text(d, "epoch", rt_str_c(&text));
        put_last(d, r->history, "loss");
        put_last(d, r->history, "val_loss");
        rt_str_clear(&text);
        if (isfinite(now.seconds_left))
            rt_str_add_duration(&text, now.seconds_left);
        rt_value_put_text(d, "left", rt_str_c(&text));
        rt_str_release(&text);
        rt_snapshot_release(&now);
    }
    if (list->n)
        rt_value_show(list, &call->out->text, s->table_width);
    else
        rt_str_add(&call->out->text, "no run is going");
    return 0;
}

const struct rt_cmd rt_cmd_jobs = {
    .group = "training",
    .name = "jobs",
    .help = "the runs that are going",
    .flags = RT_CMD_LOOKS,
    .run = run_jobs,
    .example = "jobs\n",
};

/* ---- wait, fg ---------------------------------------------------------- */

/* The clean script waits where this call did, over already or not: there the
 * run may take longer, and a fit after it needs it over. By name, as numbers
 * are others there. */
static void keep_wait(struct rt_cmd_call *call, const struct rt_session_run *r,
                      const char *condition)
{
    struct rt_str line = RT_STR_INIT;
    rt_str_add(&line, call->line ? call->line : "");
    rt_str_add(&line, call->line ? "\nwait " : "wait ");
    rt_interp_quote(r->name, &line);
    if (condition) {
        rt_str_add(&line, " until ");
        rt_interp_quote(condition, &line);
    }
    free(call->line);
    call->line = rt_xstrdup(rt_str_c(&line));
    call->looked = false;
    rt_str_release(&line);
}

static int wait_for(struct rt_cmd_call *call, struct rt_session_run *r,
                    struct rt_err *err)
{
    int rc = rt_progress_wait(call->s, r, err);
    if (rc)
        return rc;
    if (!r->run)
        keep_wait(call, r, NULL);
    rt_value_release(&call->out->value);
    rt_str_add(&call->out->text, call->out->text.n ? "\n" : "");
    if (!r->run) {
        rt_progress_result(r, call->out);
        return 0;
    }
    rt_value_set_int(&call->out->value, r->number);
    rt_progress_left(r, &call->out->text);
    return 0;
}

static struct rt_session_run *next_live(struct rt_session *s, int after)
{
    for (int i = 0; i < s->runs.n; i++)
        if (s->runs.v[i]->run && s->runs.v[i]->number > after)
            return s->runs.v[i];
    return NULL;
}

struct wait_args {
    struct rt_texts words;
};
static const struct rt_opt wait_opts[] = {
    RT_OPT(struct wait_args, words, .form = RT_FORM_REST, .names = RT_NAMES_RUN,
           .help = "number or name of a run, else all that live; then until "
                   "and a condition over its series, in braces"),
    RT_OPT_END
};

/* until {val_loss < 0.1}: true if it was met, false if the run ended before. */
static int wait_until(struct rt_cmd_call *call, struct rt_session_run *r,
                      const char *condition, struct rt_err *err)
{
    bool met = false;
    char *text = rt_interp_fill(call->s->interp, condition, err);
    struct rt_until *u = text ? rt_until_new(text, r, err) : NULL;
    int rc = u ? rt_progress_until(call->s, r, u, &met, err)
               : code_of(err, RT_EINVAL);
    if (!rc) {
        rt_value_set_bool(&call->out->value, met);
        rt_str_addf(&call->out->text, "run %d: {%s} %s", r->number, text,
                    met ? "is met" : "was not met before its end");
        if (met || !r->run)
            keep_wait(call, r, text);
    }
    rt_until_free(u);
    free(text);
    return rc ? rt_err_within(err, "wait") : 0;
}

static int run_wait(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct rt_texts *w = &((const struct wait_args *)call->args)->words;
    struct rt_session *s = call->s;
    struct rt_session_run *r;
    bool until = w->n >= 2 && !strcmp(w->v[w->n - 2], "until");
    const char *id = w->n == (until ? 3 : 1) ? w->v[0] : NULL;
    call->looked = true; /* until it waited for a run */
    rt_session_drain(s);
    if (w->n > (until ? 3 : 1) || (id && !strcmp(id, "until")))
        return rt_fail(err, RT_EINVAL,
                       "wait: want wait [RUN] [until {condition}], as in `wait "
                       "until {val_loss < 0.1}`");
    if (until) {
        r = rt_session_live(s, id, NULL);
        if (!r)
            r = rt_session_run(s, id, err);
        return r ? wait_until(call, r, w->v[w->n - 1], err)
                 : rt_err_within(err, "wait");
    }
    if (id || !rt_session_n_live(s)) {
        r = rt_session_run(s, id, err);
        return r ? wait_for(call, r, err) : rt_err_within(err, "wait");
    }
    for (int after = 0; (r = next_live(s, after)); after = r->number) {
        int rc = wait_for(call, r, err);
        if (rc || r->run)
            return rc;
    }
    return 0;
}

const struct rt_cmd rt_cmd_wait = {
    .group = "training",
    .name = "wait",
    .help = "wait for a run, or for all, with a progress bar",
    .usage = "[RUN] [until {condition}]",
    .opts = wait_opts,
    .args_size = sizeof(struct wait_args),
    .flags = RT_CMD_LOOKS | RT_CMD_CHANGES,
    .run = run_wait,
    .details = "Returns what `fit` returns where it waits, of the last run "
               "waited for; of one that is\nover already at once. A run that "
               "failed is an error.\n`wait until {val_loss < 0.1 and epoch > "
               "3}` waits until an epoch ends for which that\nholds, and "
               "returns whether one did before the run ended; series go by "
               "their keys, `epoch`\nis its number.",
    .example = "seed 1\ndata s generate blobs n=60 classes=2\nmodel m\n"
               "input x 2\ndense 1 activation=sigmoid\noutput\n"
               "compile sgd loss=binary_crossentropy\nfit s epochs=2 &\n"
               "puts [dict get [wait] state]\n",
};

static int run_fg(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct id_args *a = call->args;
    call->looked = true;
    rt_session_drain(call->s);
    struct rt_session_run *r = rt_session_live(call->s, a->id, err);
    return r ? wait_for(call, r, err) : rt_err_within(err, "fg");
}

const struct rt_cmd rt_cmd_fg = {
    .group = "training",
    .name = "fg",
    .help = "bring a run to the foreground: wait for it with its bar",
    .opts = id_opts,
    .args_size = sizeof(struct id_args),
    .flags = RT_CMD_LOOKS | RT_CMD_CHANGES,
    .run = run_fg,
    .example = STARTED "pause\nfg\nstop\n",
};

/* ---- pause, resume, stop ----------------------------------------------- */

/* One order, answered. */
static int tell(struct rt_cmd_call *call, struct rt_session_run *r,
                const char *const *words, int n, struct rt_err *err)
{
    char says[256];
    int rc = rt_session_tell(call->s, r, words, n, says, sizeof says, err);
    if (rc)
        return rc;
    rt_str_addf(&call->out->text, "run %d (%s): %s", r->number, r->name, says);
    rt_value_set_text(&call->out->value, says);
    return 0;
}

static int order(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct id_args *a = call->args;
    const char *words[] = { call->cmd->name };
    rt_session_drain(call->s);
    struct rt_session_run *r = rt_session_live(call->s, a->id, err);
    if (!r || tell(call, r, words, 1, err))
        return rt_err_within(err, "%s", call->cmd->name);
    return 0;
}

const struct rt_cmd rt_cmd_pause = {
    .group = "training",
    .name = "pause",
    .help = "hold a run at the next batch",
    .opts = id_opts,
    .args_size = sizeof(struct id_args),
    .run = order,
    .example = STARTED "pause\nresume\nstop\n",
};
const struct rt_cmd rt_cmd_resume = {
    .group = "training",
    .name = "resume",
    .help = "go on after a pause",
    .opts = id_opts,
    .args_size = sizeof(struct id_args),
    .run = order,
    .example = STARTED "pause\nresume\nstop\n",
};

struct stop_args {
    const char *id;
    bool best;
};
static const struct rt_opt stop_opts[] = {
    RT_OPT(struct stop_args, id, .name = "run", .word = 1, .def = "",
           .names = RT_NAMES_RUN,
           .help = "number or name; else the chosen model's newest"),
    RT_OPT(struct stop_args, best, .form = RT_FORM_FLAG,
           .help = "with the weights of the best epoch"),
    RT_OPT_END
};

/* It has stopped when this returns, so that the model is free again. */
static int run_stop(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct stop_args *a = call->args;
    struct rt_session *s = call->s;
    const char *words[] = { "stop", "-best" };
    rt_session_drain(s);
    struct rt_session_run *r = rt_session_live(s, a->id, err);
    if (!r)
        return rt_err_within(err, "stop");
    r->waited = true; /* its end is told here */
    int rc = tell(call, r, words, a->best ? 2 : 1, err);
    while (!rc && r->run && s->quit_code < 0 && s->pump(s, 0.05) != RT_ECANCEL)
        rt_session_drain(s);
    r->waited = false;
    if (rc)
        return rt_err_within(err, "stop");
    if (!r->run) {
        rt_value_release(&call->out->value);
        rt_str_clear(&call->out->text);
        rt_progress_result(r, call->out);
    }
    return 0;
}

const struct rt_cmd rt_cmd_stop = {
    .group = "training",
    .name = "stop",
    .help = "end a run at the next batch; session and weights stay",
    .opts = stop_opts,
    .args_size = sizeof(struct stop_args),
    .run = run_stop,
    .details = "-best puts the weights of the best epoch back: the one with "
               "the smallest val_loss, or\nloss where nothing validates. A run "
               "always keeps a copy of them.",
    .example = STARTED "stop\nevaluate s\n",
};

/* ---- lr ---------------------------------------------------------------- */

struct lr_args {
    const char *value;
};
static const struct rt_opt lr_opts[] = {
    RT_OPT(struct lr_args, value, .word = 1, .def = "",
           .help = "the new rate; else it is shown"),
    RT_OPT_END
};

static struct rt_session_run *live_of(struct rt_session *s,
                                      const struct rt_session_model *sm)
{
    for (int i = s->runs.n - 1; i >= 0; i--)
        if (s->runs.v[i]->run && s->runs.v[i]->model == sm)
            return s->runs.v[i];
    return NULL;
}

/* Through the optimizer's own options, which know the range. */
static int change_lr(const struct rt_compiled *c, const char *value,
                     struct rt_err *err)
{
    const struct rt_optimizer *o = c->optimizer;
    struct rt_optim_args *now = c->args;
    char *word = rt_xprintf("lr=%s", value);
    const char *words[] = { word };
    struct rt_optim_args *changed = rt_args_change(
        o->opts, sizeof *o->opts, o->args_size, now, words, 1, err);
    if (changed)
        now->lr = changed->lr;
    rt_args_free(changed);
    free(word);
    return changed ? 0 : code_of(err, RT_EINVAL);
}

static int run_lr(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct lr_args *a = call->args;
    struct rt_session *s = call->s;
    rt_session_drain(s);
    struct rt_session_model *sm = rt_session_model(s, err);
    struct rt_session_run *r = sm ? live_of(s, sm) : NULL;
    if (!sm)
        return rt_err_within(err, "lr");
    if (!sm->model->compiled)
        return rt_fail(err, RT_ESTATE,
                       "lr: model '%s' is not compiled yet, so it has no rate",
                       sm->model->name);
    call->looked = r || !a->value;
    if (a->value && r) {
        const char *words[] = { "lr", a->value };
        int rc = tell(call, r, words, 2, err);
        rt_value_release(&call->out->value);
        if (rc)
            return rc;
    } else if (a->value && change_lr(sm->model->compiled, a->value, err)) {
        return rt_err_within(err, "lr");
    }
    double lr;
    if (r) {
        struct rt_snapshot now;
        rt_run_snapshot(r->run, &now);
        lr = now.lr;
        rt_snapshot_release(&now);
    } else {
        lr = ((struct rt_optim_args *)sm->model->compiled->args)->lr;
    }
    rt_value_set_number(&call->out->value, lr);
    return 0;
}

const struct rt_cmd rt_cmd_lr = {
    .group = "training",
    .name = "lr",
    .help = "show or set the learning rate, also while it trains",
    .usage = "[VALUE]",
    .opts = lr_opts,
    .args_size = sizeof(struct lr_args),
    .flags = RT_CMD_CHANGES,
    .run = run_lr,
    .details = "Of the chosen model: of its run while it trains, noted in the "
               "run and marked on its plots;\nelse of what it was compiled "
               "with.",
    .example = "model m\ninput x 2\ndense 1\noutput\ncompile adam loss=mse\n"
               "lr\nlr 1e-4\n",
};

/* ---- status ------------------------------------------------------------ */

static void add_count(struct rt_value *v, const char *key, int64_t n,
                      int64_t of)
{
    char text[64];
    snprintf(text, sizeof text, "%lld/%lld", (long long)n, (long long)of);
    rt_value_put_text(v, key, text);
}

static void add_time(struct rt_value *v, const char *key, double seconds)
{
    struct rt_str text = RT_STR_INIT;
    if (!isfinite(seconds))
        return;
    rt_str_add_duration(&text, seconds);
    rt_value_put_text(v, key, rt_str_c(&text));
    rt_str_release(&text);
}

static void live_status(const struct rt_session_run *r, struct rt_value *v)
{
    struct rt_snapshot now;
    rt_run_snapshot(r->run, &now);
    add_count(v, "epoch", now.epoch, now.n_epochs);
    add_count(v, "batch", now.batch, now.n_batches);
    rt_value_put_number(v, "lr", now.lr);
    add_time(v, "time", now.seconds);
    add_time(v, "left", now.seconds_left);
    if (isfinite(now.samples_per_s))
        rt_value_put_number(v, "samples_per_s", now.samples_per_s);
    add_count(v, "trainable", now.trainable, now.params);
    /* name TAB what it says, a line each */
    char *save = NULL;
    for (char *line = now.callbacks ? strtok_r(now.callbacks, "\n", &save)
                                    : NULL;
         line; line = strtok_r(NULL, "\n", &save)) {
        char *tab = strchr(line, '\t');
        if (!tab)
            continue;
        *tab = '\0';
        rt_value_put_text(v, line, tab + 1);
    }
    rt_snapshot_release(&now);
}

static void put_series(struct rt_value *v, const struct rt_history *h)
{
    for (int i = 0; i < h->n_series; i++) {
        const struct rt_history_series *s = &h->series[i];
        if (!strcmp(s->key, "lr"))
            continue;
        if (s->n_epochs)
            rt_value_put_number(v, s->key, s->epoch_v[s->n_epochs - 1]);
        else if (isfinite(s->running))
            rt_value_put_number(v, s->key, s->running);
    }
}

static int run_status(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct id_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_value *v = &call->out->value;
    rt_session_drain(s);
    struct rt_session_run *r = rt_session_run(s, a->id, err);
    if (!r)
        return rt_err_within(err, "status");
    rt_value_set_dict(v);
    rt_value_put_int(v, "run", r->number);
    rt_value_put_text(v, "name", r->name);
    rt_value_put_text(v, "state", rt_run_state_name(r->state));
    if (r->reason && *r->reason)
        rt_value_put_text(v, "reason", r->reason);
    if (r->run)
        live_status(r, v);
    else
        add_time(v, "time", r->seconds);
    put_series(v, r->history);
    rt_value_show(v, &call->out->text, s->table_width);
    return 0;
}

const struct rt_cmd rt_cmd_status = {
    .group = "looking",
    .name = "status",
    .help = "how a run stands: epoch, speed, losses, callbacks",
    .opts = id_opts,
    .args_size = sizeof(struct id_args),
    .flags = RT_CMD_LOOKS,
    .run = run_status,
    .example = STARTED "status\nstop\nstatus\n",
};

/* ---- log --------------------------------------------------------------- */

struct log_args {
    const char *id;
};
static const struct rt_opt log_opts[] = {
    RT_OPT(struct log_args, id, .name = "run", .word = 1, .def = "",
           .names = RT_NAMES_RUN,
           .help = "number or name of a run, recorded ones included; else this "
                   "session's messages"),
    RT_OPT_END
};

static int stored_log(struct rt_session *s, const char *id, struct rt_str *out,
                      struct rt_err *err)
{
    struct rt_store *store = rt_session_store(s, err);
    struct rt_run_row *row = NULL;
    struct rt_run_note *note = NULL;
    struct rt_session_run *own = rt_session_run(s, id, NULL);
    char number[16];
    int n = 0;
    if (!store)
        return code_of(err, RT_EIO);
    if (own) {
        snprintf(number, sizeof number, "%d", own->number);
        id = number;
    }
    rt_store_flush(store);
    int rc = rt_store_find(store, id, &row, err);
    if (!rc)
        rc = rt_store_notes(store, row->id, &note, &n, err);
    for (int i = 0; i < n; i++) {
        const struct rt_run_note *e = &note[i];
        rt_str_add(out, out->n ? "\n" : "");
        rt_str_add_time(out, e->wall);
        rt_str_addf(out, "  %lld:%lld  ", (long long)e->epoch,
                    (long long)e->batch);
        if (e->who && *e->who)
            rt_str_addf(out, "%s: ", e->who);
        rt_str_add(out, e->says ? e->says : e->text ? e->text : "");
    }
    if (!rc && !n)
        rt_str_addf(out, "run %d (%s) said nothing", row->id, row->name);
    rt_run_notes_free(note, n);
    if (row)
        rt_run_rows_free(row, 1);
    return rc;
}

static void session_log(const struct rt_session *s, struct rt_str *out)
{
    for (int i = 0; i < s->log.n; i++) {
        const struct rt_message *m = &s->log.v[i];
        rt_str_add(out, i ? "\n" : "");
        rt_str_add_time(out, m->wall);
        if (m->run)
            rt_str_addf(out, "  #%d", m->run);
        rt_str_add(out, "  ");
        if (*m->who)
            rt_str_addf(out, "%s: ", m->who);
        rt_str_add(out, m->text);
    }
}

static int run_log(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct log_args *a = call->args;
    struct rt_str *out = &call->out->text;
    rt_session_drain(call->s);
    if (a->id) {
        if (stored_log(call->s, a->id, out, err))
            return rt_err_within(err, "log");
    } else {
        session_log(call->s, out);
        if (!out->n)
            rt_str_add(out, "nothing was said yet");
    }
    rt_value_set_text(&call->out->value, rt_str_c(out));
    return 0;
}

const struct rt_cmd rt_cmd_log = {
    .group = "looking",
    .name = "log",
    .help = "messages and orders of a run, or of this session",
    .opts = log_opts,
    .args_size = sizeof(struct log_args),
    .flags = RT_CMD_LOOKS,
    .run = run_log,
    .example = STARTED "lr 0.05\nstop\nlog\nlog m\n",
};
