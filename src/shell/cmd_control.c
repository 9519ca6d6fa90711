/* Holding runs up: pause, resume, step, stop; and orders, what waits. */
#include "shell/progress.h"
#include "shell/started.h"
#include "shell/steer.h"

#include <stdio.h>
#include <string.h>

/* ---- pause, resume ------------------------------------------------------- */

struct order_args {
    const char *id, *when;
};
static const struct rt_opt order_opts[] = { RT_OPT_RUN(struct order_args),
                                            RT_STEER_WHEN(struct order_args),
                                            RT_OPT_END };

static int order(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct order_args *a = call->args;
    const char *words[] = { call->cmd->name };
    return rt_steer_run(call, a->id, a->when, words, 1, err)
               ? rt_cmd_within(call->cmd, err)
               : 0;
}

const struct rt_cmd rt_cmd_pause = {
    .group = "training",
    .name = "pause",
    .help = "hold a run at the next batch",
    .opts = order_opts,
    .args_size = sizeof(struct order_args),
    .run = order,
    .details = "No bit changes by it. In a script, `pause when=3:0` before a "
               "`fit` lets the fit return there.",
    .example = RT_EXAMPLE_STARTED "pause\nresume\nstop\n",
};
const struct rt_cmd rt_cmd_resume = {
    .group = "training",
    .name = "resume",
    .help = "go on after a pause",
    .opts = order_opts,
    .args_size = sizeof(struct order_args),
    .run = order,
    .example = RT_EXAMPLE_STARTED "pause\nresume\nstop\n",
};

/* ---- step ---------------------------------------------------------------- */

struct step_args {
    int n;
    bool epoch;
    const char *id, *when;
};
static const struct rt_opt step_opts[] = {
    RT_OPT(struct step_args, n, .word = 1, .def = "1", .min = 1, .max = 1e9,
           .help = "how many"),
    RT_OPT(struct step_args, epoch, .form = RT_FORM_FLAG,
           .help = "epochs with their validation, else batches"),
    RT_OPT(struct step_args, id, .name = "run", .word = 2, .def = "",
           .names = RT_NAMES_RUN,
           .help = "number or name; else the chosen model's newest"),
    RT_STEER_WHEN(struct step_args), RT_OPT_END
};

static int run_step(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct step_args *a = call->args;
    char n[16];
    snprintf(n, sizeof n, "%d", a->n);
    const char *words[] = { "step", n, "-epoch" };
    return rt_steer_run(call, a->id, a->when, words, a->epoch ? 3 : 2, err)
               ? rt_cmd_within(call->cmd, err)
               : 0;
}

const struct rt_cmd rt_cmd_step = {
    .group = "training",
    .name = "step",
    .help = "let a run go on for a batch or an epoch, then pause",
    .opts = step_opts,
    .args_size = sizeof(struct step_args),
    .run = run_step,
    .details = "Of a run that is paused or going. The pause comes at the "
               "boundary behind the last batch, before\nthe validation if that "
               "ends the epoch; with -epoch behind it. `step when=1:0` before "
               "a `fit`\nlets it begin with one batch.",
    .example = RT_EXAMPLE_STARTED "pause\nstep\nstep 3\nwait\nstep -epoch\n"
                                  "wait\nstop\n",
};

/* ---- stop ---------------------------------------------------------------- */

struct stop_args {
    const char *id, *when;
    bool best;
};
static const struct rt_opt stop_opts[] = {
    RT_OPT_RUN(struct stop_args),
    RT_OPT(struct stop_args, best, .form = RT_FORM_FLAG,
           .help = "with the weights of the best epoch"),
    RT_STEER_WHEN(struct stop_args), RT_OPT_END
};

/* It has stopped when this returns, so that the model is free again. */
static int run_stop(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct stop_args *a = call->args;
    struct rt_session *s = call->s;
    const char *words[] = { "stop", "-best" };
    int n = a->best ? 2 : 1;
    if (a->when)
        return rt_steer_run(call, a->id, a->when, words, n, err)
                   ? rt_cmd_within(call->cmd, err)
                   : 0;
    rt_session_drain(s);
    struct rt_session_run *r = rt_session_live(s, a->id, err);
    if (!r)
        return rt_err_within(err, "stop");
    char number[16]; /* several may have its name */
    snprintf(number, sizeof number, "%d", r->number);
    r->waited = true; /* its end is told here */
    int rc = rt_steer_run(call, number, NULL, words, n, err);
    while (!rc && r->run && s->quit_code < 0 && s->pump(s, 0.05) != RT_ECANCEL)
        rt_session_drain(s);
    r->waited = false;
    if (rc)
        return rt_cmd_within(call->cmd, err);
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
    .example = RT_EXAMPLE_STARTED "stop\nevaluate s\n",
};

/* ---- orders -------------------------------------------------------------- */

static const char *const orders_verbs[] = { "list", "clear", NULL };
struct orders_args {
    int what;
};
static const struct rt_opt orders_opts[] = {
    RT_OPT(struct orders_args, what, .word = 1, .def = "list",
           .choices = orders_verbs, .help = "show them, or drop them"),
    RT_OPT_END
};

static int run_orders(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct orders_args *a = call->args;
    struct rt_session_model *sm = rt_session_model(call->s, err);
    struct rt_value *v = &call->out->value;
    if (!sm)
        return rt_err_within(err, "orders");
    if (a->what == 1)
        rt_steer_begun(call->s, sm);
    rt_value_set_list(v);
    for (int i = 0; i < sm->kept.n; i++) {
        struct rt_value *d = rt_value_push(v);
        char when[64];
        snprintf(when, sizeof when, "%lld:%lld", (long long)sm->kept.v[i].epoch,
                 (long long)sm->kept.v[i].batch);
        rt_value_set_dict(d);
        rt_value_put_text(d, "when", when);
        rt_value_put_text(d, "order", sm->kept.v[i].text);
    }
    if (!v->n)
        rt_str_addf(&call->out->text,
                    "no order is kept for the next fit of model '%s'",
                    sm->model->name);
    return 0;
}

const struct rt_cmd rt_cmd_orders = {
    .group = "training",
    .name = "orders",
    .help = "the orders kept for the next fit by when=",
    .opts = orders_opts,
    .args_size = sizeof(struct orders_args),
    .run = run_orders,
    .details = "Of the chosen model. `orders clear` drops them.",
    .example = RT_EXAMPLE_READY "lr 0.1 when=2:0\norders\norders clear\n",
};
