/* The runs that are going, and waiting for them: jobs, wait, fg. */
#include "base/clock.h"
#include "shell/cmd.h"
#include "shell/interp.h"
#include "shell/progress.h"
#include "shell/script.h"
#include "shell/started.h"
#include "shell/steer.h"
#include "shell/until.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct id_args {
    const char *id;
};
static const struct rt_opt id_opts[] = { RT_OPT_RUN(struct id_args),
                                         RT_OPT_END };

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

static int wait_for(struct rt_cmd_call *call, struct rt_session_run *r,
                    struct rt_err *err)
{
    int rc = rt_progress_wait(call->s, r, err);
    if (rc)
        return rc;
    if (!r->run)
        rt_script_wait(call->s, r, NULL);
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
               : rt_err_code(err, RT_EINVAL);
    if (!rc) {
        rt_value_set_bool(&call->out->value, met);
        rt_str_addf(&call->out->text, "run %d: {%s} %s", r->number, text,
                    met      ? "is met"
                    : r->run ? "is not met yet"
                             : "was not met before its end");
        if (met || !r->run)
            rt_script_wait(call->s, r, text);
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
    .flags = RT_CMD_LOOKS | RT_CMD_TRAINS,
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
    rt_session_drain(call->s);
    struct rt_session_run *r = rt_session_live(call->s, a->id, err);
    return r ? wait_for(call, r, err) : rt_err_within(err, "fg");
}

/* A run that is not paused is in the background already. */
static int run_bg(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct id_args *a = call->args;
    const char *word = "resume";
    call->looked = true;
    rt_session_drain(call->s);
    struct rt_session_run *r = rt_session_live(call->s, a->id, err);
    if (!r)
        return rt_err_within(err, "bg");
    if (rt_run_state(r->run) == RT_RUN_PAUSED)
        return rt_steer_run(call, a->id, NULL, &word, 1, err)
                   ? rt_cmd_within(call->cmd, err)
                   : 0;
    rt_progress_left(r, &call->out->text);
    rt_value_set_int(&call->out->value, r->number);
    return 0;
}

const struct rt_cmd rt_cmd_bg = {
    .group = "training",
    .name = "bg",
    .help = "let a paused run go on behind the prompt",
    .opts = id_opts,
    .args_size = sizeof(struct id_args),
    .run = run_bg,
    .details = "As `resume`. A fit that is waited for goes there by Ctrl-Z.",
    .example = RT_EXAMPLE_STARTED "pause\nbg\nstop\n",
};

const struct rt_cmd rt_cmd_fg = {
    .group = "training",
    .name = "fg",
    .help = "bring a run to the foreground: wait for it with its bar",
    .opts = id_opts,
    .args_size = sizeof(struct id_args),
    .flags = RT_CMD_LOOKS | RT_CMD_TRAINS,
    .run = run_fg,
    .example = RT_EXAMPLE_STARTED "pause\nfg\nstop\n",
};
