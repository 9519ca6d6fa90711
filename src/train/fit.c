/* The training thread: epochs, batches, validation, callbacks. Everything that
 * comes from outside comes between two batches, in rt_run_rest; nothing is
 * allocated in the batch loop but the event that a batch publishes. */
#include "base/clock.h"
#include "base/crash.h"
#include "base/pool.h"
#include "train/run_private.h"

#include <math.h>

static bool goes_on(const struct rt_run *r)
{
    return r->end == RT_RUN_RUNNING;
}

static bool stops(const struct rt_run *r)
{
    return r->end == RT_RUN_FINISHED || r->end == RT_RUN_STOPPED;
}

/* ---- callbacks ----------------------------------------------------------- */

/* At the prompt a person can mend what failed and resume; a script cannot. */
static void heed_failure(struct rt_run *r, const struct rt_err *err)
{
    rt_run_log(r, RT_LOG_ERROR, NULL, "%s", err->text);
    if (!r->spec.pause_on_error) {
        r->end = RT_RUN_RUNNING; /* a failure outdoes the end it came at */
        rt_run_end(r, RT_RUN_FAILED, RT_EPLUGIN, "%s", err->text);
    } else if (goes_on(r) && !r->paused) {
        rt_run_pause(r, true, err->text);
    }
}

static void call_hooks(struct rt_run *r, enum rt_hook_event ev)
{
    if (!rt_callbacks_wants(r->callbacks, ev))
        return;
    struct rt_err err = RT_ERR_INIT;
    if (rt_callbacks_call(r->callbacks, ev, &err))
        heed_failure(r, &err);
    rt_run_snap_callbacks(r);
}

/* ---- batches ------------------------------------------------------------- */

/* Those of retired outputs have no more values. */
static int n_live(const struct rt_tally *t)
{
    int n = 0;
    for (int i = 0; i < t->n; i++)
        n += !t->series[i].retired;
    return n;
}

static double publish_batch(struct rt_run *r, int rows)
{
    const struct rt_tally *t = &r->tally;
    struct rt_event *e = rt_run_event(r, RT_EV_BATCH, n_live(t));
    double now = e->clock;
    for (int i = 0, n = 0; i < t->n; i++) {
        if (t->series[i].retired)
            continue;
        e->series[n] = i;
        e->value[n] = t->value[i];
        e->mean[n++] = r->series[i].now = rt_tally_mean(t, i);
    }
    if (!isfinite(t->value[0])) /* skipped, but hooks are to see it */
        r->series[0].now = t->value[0];
    e->rows = rows;
    rt_bus_publish(r->bus, e);
    rt_speed_batch(&r->speed, now, rows);
    rt_run_snap(r);
    return now;
}

/* One pass for each rate. What an optimizer counts for all weights is the same
 * in each of them. */
static void step(struct rt_run *r)
{
    struct rt_model *m = r->model;
    const struct rt_compiled *c = m->compiled;
    double before = m->m_schedule, after = before;
    for (int i = 0; i < r->n_rates; i++) {
        m->m_schedule = before;
        c->optimizer->step(c->args,
                           &(struct rt_optim_step){
                               .lr = rt_rate_of(&r->rates[i], *rt_run_lr(r)),
                               .t = m->iterations,
                               .m_schedule = &m->m_schedule,
                               .w = m->weights,
                               .g = r->grads,
                               .slot = m->slots,
                               .range = r->rates[i].range,
                               .n_ranges = r->rates[i].n,
                           });
        after = m->m_schedule;
    }
    m->m_schedule = after;
}

/* false if it was aborted: no weight has changed. */
static bool update(struct rt_run *r)
{
    struct rt_model *m = r->model;
    const struct rt_clipping *clip = &m->compiled->clip;
    if (!rt_plan_backward(r->train.plan))
        return false;
    rt_pass_update(&r->train, m->weights, true);
    rt_probe_gradients(r);
    rt_clip(clip, r->grads, r->ranges, r->n_ranges, r->each, r->n_each);
    step(r);
    rt_model_constrain(m);
    rt_probe_updates(r);
    m->iterations++;
    return true;
}

/* As if the batch had not begun. */
static void leave_batch(struct rt_run *r)
{
    rt_run_log(r, RT_LOG_INFO, NULL, "batch %lld of epoch %lld is left undone",
               (long long)r->batch, (long long)r->epoch);
    r->batch--;
    r->in_batch = false;
    rt_run_rest(r);
}

/* Whether an operator met a value that makes no sense: the run has failed. */
static bool end_by_fault(struct rt_run *r, const struct rt_plan *plan)
{
    const struct rt_err *fault = rt_plan_fault(plan);
    if (fault)
        rt_run_end(r, RT_RUN_FAILED, fault->code, "%s", fault->text);
    return fault;
}

static void skip_update(struct rt_run *r)
{
    if (r->n_skipped++ == 0)
        rt_run_log(r, RT_LOG_WARNING, NULL,
                   "the loss of batch %lld is %g: its update is skipped",
                   (long long)r->batch,
                   isnan(r->tally.value[0]) ? (double)NAN : r->tally.value[0]);
}

/* A hook before the batch failed or gave a pause: it holds before the batch.
 * false: it was stopped there. */
static bool goes_into_batch(struct rt_run *r)
{
    if (r->moved) /* a hook ordered a rewind */
        return false;
    if (!r->paused || !goes_on(r))
        return true;
    r->batch--;
    r->in_batch = false;
    r->batch_begun = true;
    rt_run_rest(r);
    if (!goes_on(r) || r->moved)
        return false;
    r->batch_begun = false;
    r->batch++;
    r->in_batch = true;
    return true;
}

static void train_batch(struct rt_run *r, int rows)
{
    r->batch++;
    r->in_batch = true;
    if (!r->batch_begun)
        call_hooks(r, RT_HOOK_BATCH_BEGIN);
    r->batch_begun = false;
    if (r->end == RT_RUN_FAILED || !goes_into_batch(r))
        return;
    struct rt_key key = rt_key_int(r->random, (uint64_t)r->step);
    rt_probe_batch(r);
    if (!rt_plan_forward(r->train.plan, rows, key)) {
        if (!end_by_fault(r, r->train.plan))
            leave_batch(r);
        return;
    }
    if (rt_tally_take(&r->tally, &r->train)) {
        if (!update(r)) {
            leave_batch(r);
            return;
        }
        rt_tally_add(&r->tally, &r->train, rows);
    } else if (r->spec.nan_go_on) {
        skip_update(r);
    } else {
        rt_run_diverged(r, rows, key);
        return;
    }
    r->in_batch = false;
    r->step++;
    double now = publish_batch(r, rows);
    call_hooks(r, RT_HOOK_BATCH_END);
    rt_run_rest(r);
    if (now >= r->checkpoint_due)
        rt_run_checkpoint_due(r, now);
    if (r->stop_after && r->step >= r->stop_after)
        rt_run_end(r, RT_RUN_INTERRUPTED, 0, "stopped after %lld batches",
                   (long long)r->step);
}

/* ---- epochs -------------------------------------------------------------- */

/* Where states go from batch to batch nobody looks in between: they would be
 * neither those before a validation nor those behind it. */
static bool run_validation(struct rt_run *r, bool stateful)
{
    struct rt_pass *p = &r->val;
    struct rt_tally *t = &r->val_tally;
    int rows;
    rt_tally_clear(t);
    rt_batches_begin(p->batches, r->epoch, 0);
    rt_still_begin(r);
    bool runs = !r->still.skips || !r->still.all;
    for (int64_t i = 0; (rows = rt_still_next(r, i)) > 0; i++) {
        if (runs && !rt_plan_forward(p->plan, rows, r->random) &&
            (end_by_fault(r, p->plan) || stateful))
            return false;
        rt_still_fill(r, i);
        rt_tally_take(t, p);
        rt_still_note(r, i);
        rt_tally_add(t, p, rows);
        rt_pass_update(p, r->model->weights, false);
        /* an aborted plan left nonsense in the tally */
        if (!stateful && rt_run_glance(r))
            return false;
    }
    rt_still_end(r);
    for (int i = 0; i < t->n; i++)
        r->series[r->tally.n + i].now = rt_tally_mean(t, i);
    r->validated = r->epoch;
    return true;
}

/* false if it was interrupted: nothing of it stays. */
static bool validate(struct rt_run *r)
{
    float *states = rt_model_keep_states(r->model);
    bool done = run_validation(r, states != NULL);
    if (!done) {
        rt_model_put_states(r->model, states);
        return false;
    }
    free(states);
    return true;
}

static void publish_epoch(struct rt_run *r)
{
    const struct rt_tally *t = &r->tally;
    int sets = r->validated == r->epoch ? 2 : 1, lr = r->n_series - 1, n = 0;
    struct rt_event *e = rt_run_event(r, RT_EV_EPOCH, sets * n_live(t) + 1);
    for (int i = 0; i < t->n; i++)
        r->series[i].now = rt_tally_mean(t, i);
    for (int i = 0; i < sets * t->n; i++) {
        if (t->series[i % t->n].retired)
            continue;
        e->series[n] = i;
        e->value[n++] = r->series[i].now;
    }
    e->series[n] = lr;
    e->value[n] = rt_run_now(r, lr);
    rt_bus_publish(r->bus, e);
}

/* tune batch_size= of before. */
static void resize(struct rt_run *r)
{
    struct rt_err err = RT_ERR_INIT;
    if (r->batch_size_next && rt_run_resize(r, r->batch_size_next, &err))
        rt_run_log(r, RT_LOG_ERROR, NULL, "batch_size stays %d: %s",
                   r->train_spec.batch_size, err.text);
    r->batch_size_next = 0;
}

static void begin_epoch(struct rt_run *r)
{
    resize(r);
    r->epoch++;
    r->batch = 0;
    r->n_skipped = 0;
    r->in_epoch = true;
    rt_tally_clear(&r->tally);
    call_hooks(r, RT_HOOK_EPOCH_BEGIN);
    rt_speed_other(&r->speed, rt_clock_now());
}

static bool validates_now(const struct rt_run *r)
{
    return r->validates && r->epoch % r->spec.validate_every == 0 &&
           r->batch == r->n_batches && r->end != RT_RUN_STOPPED;
}

/* Also of an epoch that was cut short: as in Keras, one that a callback stopped
 * is ended like any other but for the validation; a stop by hand leaves the
 * means so far and lets no callback act on them. If the validation is
 * interrupted the epoch stays open, and it is made when the run goes on. */
static void end_epoch(struct rt_run *r)
{
    if (validates_now(r) && !validate(r))
        return;
    if (r->n_skipped > 1)
        rt_run_log(r, RT_LOG_WARNING, NULL,
                   "%lld updates of epoch %lld were skipped: their losses are "
                   "not finite",
                   (long long)r->n_skipped, (long long)r->epoch);
    rt_speed_other(&r->speed, rt_clock_now());
    r->in_epoch = false;
    publish_epoch(r);
    rt_best_note(r);
    rt_probe_epoch(r);
    rt_run_snap(r);
    if (r->end != RT_RUN_STOPPED)
        call_hooks(r, RT_HOOK_EPOCH_END);
    rt_run_rest(r);
}

static void train_epoch(struct rt_run *r)
{
    int rows = 0;
    r->moved = false;
    if (!r->in_epoch)
        begin_epoch(r);
    rt_batches_begin(r->train.batches, r->epoch, r->batch);
    while (goes_on(r) && !r->moved && r->batch < r->n_batches &&
           (rows = rt_pass_next(&r->train)) > 0)
        train_batch(r, rows);
    if (goes_on(r) && !r->moved)
        end_epoch(r);
}

/* ---- the thread ---------------------------------------------------------- */

static void train(struct rt_run *r)
{
    rt_callbacks_apply(r->callbacks);
    call_hooks(r, RT_HOOK_TRAIN_BEGIN);
    rt_run_rest(r);
    while (goes_on(r) && (r->in_epoch || r->epoch < r->spec.epochs))
        train_epoch(r);
    if (stops(r) && r->in_epoch && r->batch > 0)
        end_epoch(r); /* cut short */
    rt_run_end(r, RT_RUN_FINISHED, 0, "%s", "");
    if (stops(r))
        call_hooks(r, RT_HOOK_TRAIN_END);
}

void *rt_fit_thread(void *arg)
{
    struct rt_run *r = arg;
    rt_flush_denormals();
    rt_crash_thread();
    rt_run_listen(r);
    rt_speed_start(&r->speed, rt_clock_now(), rt_run_progress(r));
    r->random = rt_run_key(r, RT_FOR_DROPOUT);
    rt_run_snap_outputs(r); /* a state may have been loaded */
    rt_run_take_mail(r); /* what was kept for this fit is part of its state */
    atomic_store(&r->attention, 1); /* and looks are not served yet */
    rt_run_checkpoint_must(r, "start");
    r->checkpoint_due = rt_clock_now() + (r->spec.checkpoint_seconds > 0
                                              ? r->spec.checkpoint_seconds
                                              : INFINITY);
    train(r);
    if (r->end != RT_RUN_FAILED)
        rt_run_checkpoint_must(r, "end");
    rt_run_snap(r);
    rt_run_snap_callbacks(r);
    rt_probe_rest(r);
    rt_run_close_mail(r);
    rt_run_set_state(r, r->end, *r->reason ? r->reason : NULL);
    rt_crash_thread_end();
    return NULL;
}
