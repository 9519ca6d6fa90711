/* rewind: a run goes back to a state that was kept and takes another way from
 * there, under a number of its own. What it did since stays the history of the
 * old one. To the end of an epoch it goes from the newest checkpoint before:
 * the batches between are trained again, to the same bits. */
#include "train/run_private.h"

#include <ctype.h>
#include <stdlib.h>

struct rewind_args {
    const char *to;
};
static const struct rt_opt rewind_opts[] = {
    RT_OPT(struct rewind_args, to, .word = 1,
           .help = "an epoch whose end is meant (0: the start), best, or a "
                   "checkpoint's name"),
    RT_OPT_END
};

static int read_target(const struct rt_run *r, const char *to,
                       struct rt_rewind *w, struct rt_err *err)
{
    int64_t epoch, batch;
    char *end;
    rt_run_place(r, &epoch, &batch);
    w->epoch = strtoll(to, &end, 10);
    if (!strcmp(to, "best")) {
        w->epoch = r->best.epoch;
        if (!w->epoch)
            return rt_fail(err, RT_ESTATE, "no epoch is over yet");
    } else if (!isdigit((unsigned char)*to) || *end) {
        w->name = to;
    } else if (w->epoch >= epoch) {
        return rt_fail(err, RT_EINVAL, "epoch %s is not over yet", to);
    }
    return 0;
}

/* What waits stays, what waited then does not come back; what was ordered in
 * between is given again. */
static int load(struct rt_run *r, struct rt_rewind *w, struct rt_err *err)
{
    RT_VEC(struct rt_order *) waiting = { 0 };
    struct rt_state s;
    for (int i = 0; i < r->scheduled.n; i++)
        rt_vec_push(&waiting, r->scheduled.v[i]);
    r->scheduled.n = 0;
    rt_state_init(&s, &w->from, true);
    rt_run_walk(r, &s);
    for (int i = 0; i < r->scheduled.n; i++)
        rt_order_free(r->scheduled.v[i]);
    r->scheduled.n = 0;
    for (int i = 0; i < w->n_orders; i++) {
        if (rt_run_applied(r, w->orders[i]->id) || rt_state_failed(&s)) {
            rt_order_free(w->orders[i]);
        } else {
            w->orders[i]->recorded = true;
            rt_vec_push(&r->scheduled, w->orders[i]);
        }
    }
    w->n_orders = 0;
    for (int i = 0; i < waiting.n; i++)
        rt_vec_push(&r->scheduled, waiting.v[i]);
    rt_vec_release(&waiting);
    if (!rt_state_failed(&s))
        return 0;
    rt_run_end(r, RT_RUN_FAILED, s.err.code, "rewind: %s", s.err.text);
    return rt_fail(err, s.err.code, "%s", s.err.text);
}

/* By then the run stands where it went, if that is where it was to go. */
static void say_target(struct rt_run *r, const struct rt_rewind *w)
{
    int64_t epoch, batch;
    rt_run_place(r, &epoch, &batch);
    if (w->name && batch)
        snprintf(r->branch_from, sizeof r->branch_from,
                 "batch %lld of epoch %lld", (long long)batch,
                 (long long)epoch);
    else
        snprintf(r->branch_from, sizeof r->branch_from, "the end of epoch %lld",
                 (long long)w->epoch);
}

static int apply(struct rt_run *r, const void *args, char *says, size_t n,
                 struct rt_err *err)
{
    const struct rewind_args *a = args;
    const struct rt_recorder *recorder = &r->spec.recorder;
    struct rt_rewind w = { .run = r->spec.number };
    int code = r->end == RT_RUN_RUNNING
                   ? read_target(r, a->to, &w, err)
                   : rt_fail(err, RT_ESTATE, "the run ends here");
    if (!code && !recorder->rewind)
        code = rt_fail(err, RT_ESTATE, "nothing is kept of this run");
    if (!code)
        code = recorder->rewind(recorder->ctx, &w, err);
    if (!code)
        code = load(r, &w, err);
    if (!code) {
        r->moved = true;
        r->in_batch = false;
        r->step_to = r->step_to_epoch = 0;
        r->branch = w.number;
        say_target(r, &w);
        snprintf(says, n, "back to %s, goes on as run %d", r->branch_from,
                 w.number);
    }
    for (int i = 0; i < w.n_orders; i++)
        rt_order_free(w.orders[i]);
    free(w.orders);
    if (recorder->rewound)
        recorder->rewound(recorder->ctx, &w);
    return code;
}

/* The old run's last word, then all is the new one's. Its first checkpoint is
 * waited for: without it nobody could resume it. */
void rt_run_branch(struct rt_run *r)
{
    const struct rt_recorder *recorder = &r->spec.recorder;
    int was = r->spec.number, is = r->branch;
    struct rt_event *e = rt_run_event(r, RT_EV_STATE, 0);
    e->code = RT_RUN_STOPPED;
    e->to = is;
    e->text =
        rt_xprintf("went back to %s, goes on as run %d", r->branch_from, is);
    rt_bus_publish(r->bus, e);
    pthread_mutex_lock(&r->lock);
    r->spec.number = is;
    pthread_mutex_unlock(&r->lock);
    r->branch = 0;
    rt_run_announce(r);
    rt_run_set_state(r, r->paused ? RT_RUN_PAUSED : RT_RUN_RUNNING, NULL);
    rt_run_log(r, RT_LOG_INFO, NULL, "a branch of run %d from %s", was,
               r->branch_from);
    rt_run_checkpoint_must(r, "start");
    recorder->settle(recorder->ctx);
}

const struct rt_order_type rt_order_rewind = {
    .name = "rewind",
    .help = "go back to a state that was kept, as a new branch of the run",
    .opts = rewind_opts,
    .args_size = sizeof(struct rewind_args),
    .changes = true,
    .apply = apply,
};
