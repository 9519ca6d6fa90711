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

/* What the run is now, for when its branch cannot be begun. */
struct now {
    struct rt_state_memory *memory;
    RT_VEC(struct rt_order *) waiting;
    bool in_batch;
};

static int keep(struct rt_run *r, struct now *now, struct rt_err *err)
{
    struct rt_checkpoint c;
    now->memory = rt_run_portray(r, "order", NULL, &c, err);
    if (!now->memory)
        return err->code;
    now->in_batch = r->in_batch;
    for (int i = 0; i < r->scheduled.n; i++)
        rt_vec_push(&now->waiting, r->scheduled.v[i]);
    return 0;
}

static bool waited(const struct now *now, const struct rt_order *o)
{
    for (int i = 0; i < now->waiting.n; i++)
        if (now->waiting.v[i] == o)
            return true;
    return false;
}

/* The orders that wait are those of before, and no others. */
static void put_back_waiting(struct rt_run *r, const struct now *now)
{
    for (int i = 0; i < r->scheduled.n; i++)
        if (!waited(now, r->scheduled.v[i]))
            rt_order_free(r->scheduled.v[i]);
    r->scheduled.n = 0;
    for (int i = 0; i < now->waiting.n; i++)
        rt_vec_push(&r->scheduled, now->waiting.v[i]);
}

/* The rows of a batch that had begun are gone with the plans: it is begun
 * again, but for its hooks. */
static void put_back(struct rt_run *r, const struct now *now)
{
    struct rt_state s;
    struct rt_state_backend from = rt_state_memory_backend(now->memory);
    rt_state_init(&s, &from, true);
    if (rt_run_walk(r, &s))
        rt_run_end(r, RT_RUN_FAILED, s.err.code, "rewind: %s", s.err.text);
    put_back_waiting(r, now);
    r->moved = true;
    r->in_batch = false;
    r->batch_begun = now->in_batch;
}

/* What waits stays, what waited then does not come back; what was ordered in
 * between is given again. */
static int load(struct rt_run *r, struct rt_rewind *w, const struct now *now,
                struct rt_err *err)
{
    struct rt_state s;
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
    for (int i = 0; i < now->waiting.n; i++)
        rt_vec_push(&r->scheduled, now->waiting.v[i]);
    r->in_batch = false;
    r->back_to = w->name ? 0 : w->epoch;
    return rt_state_failed(&s) ? rt_fail(err, s.err.code, "%s", s.err.text) : 0;
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

static int begin_branch(struct rt_run *r, struct rt_rewind *w,
                        struct rt_err *err)
{
    const struct rt_recorder *recorder = &r->spec.recorder;
    struct rt_checkpoint c;
    struct rt_state_memory *m = rt_run_portray(r, "start", NULL, &c, err);
    say_target(r, w);
    w->to = r->branch_from;
    return m ? recorder->branch(recorder->ctx, w, &c, m, err) : err->code;
}

/* There and on as a branch, or as if nothing had been ordered. */
static int go_back(struct rt_run *r, struct rt_rewind *w, struct rt_err *err)
{
    struct now now = { 0 };
    int code = keep(r, &now, err);
    if (code)
        return code;
    code = load(r, w, &now, err);
    if (!code)
        code = begin_branch(r, w, err);
    if (code)
        put_back(r, &now);
    rt_vec_release(&now.waiting);
    rt_state_memory_free(now.memory);
    return code;
}

static int apply(struct rt_run *r, const void *args, char *says, size_t n,
                 struct rt_err *err)
{
    const struct rewind_args *a = args;
    const struct rt_recorder *recorder = &r->spec.recorder;
    struct rt_rewind w = { .run = r->spec.number,
                           .order = r->applying->id,
                           .n_batches = r->n_batches };
    int code = r->end == RT_RUN_RUNNING
                   ? read_target(r, a->to, &w, err)
                   : rt_fail(err, RT_ESTATE, "the run ends here");
    if (!code && !recorder->rewind)
        code = rt_fail(err, RT_ESTATE, "nothing is kept of this run");
    if (!code)
        code = recorder->rewind(recorder->ctx, &w, err);
    if (!code)
        code = go_back(r, &w, err);
    if (!code) {
        r->moved = true;
        r->step_to = r->step_to_epoch = 0;
        rt_run_defer(r);
        r->branch = w.number;
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

/* The old run's last word, then all is the new one's. */
void rt_run_branch(struct rt_run *r)
{
    static const struct rt_checkpoint first = { .why = "start" };
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
    rt_run_tell_checkpoint(r, &first);
}

const struct rt_order_type rt_order_rewind = {
    .name = "rewind",
    .help = "go back to a state that was kept, as a new branch of the run",
    .opts = rewind_opts,
    .args_size = sizeof(struct rewind_args),
    .changes = true,
    .apply = apply,
};
