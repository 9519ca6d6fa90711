/* What reaches a training thread from outside, served between two batches:
 * orders, looks (looks.c), interrupts, and the wait of a pause. One flag says
 * that something is there, so a batch pays for one atomic load. */
#include "base/clock.h"
#include "train/run_private.h"

#include <math.h>

void rt_run_place(const struct rt_run *r, int64_t *epoch, int64_t *batch)
{
    *epoch = r->in_epoch ? r->epoch : r->epoch + 1;
    *batch = r->in_epoch ? r->batch - r->in_batch : 0;
}

void rt_run_call_attention(struct rt_run *r)
{
    atomic_store(&r->attention, 1);
    pthread_cond_broadcast(&r->news);
}

void rt_run_drop_order(struct rt_run *r, int64_t order)
{
    pthread_mutex_lock(&r->lock);
    for (int i = r->mail.n - 1; i >= 0; i--)
        if (r->mail.v[i]->id == order) {
            rt_order_free(r->mail.v[i]);
            rt_vec_remove(&r->mail, i);
        }
    pthread_mutex_unlock(&r->lock);
    for (int i = r->scheduled.n - 1; i >= 0; i--)
        if (r->scheduled.v[i]->id == order) {
            rt_order_free(r->scheduled.v[i]);
            rt_vec_remove(&r->scheduled, i);
        }
}

static bool before(const struct rt_order *a, const struct rt_order *b)
{
    return a->when_epoch != b->when_epoch ? a->when_epoch < b->when_epoch
                                          : a->when_batch < b->when_batch;
}

/* Where it stands for who gives orders: while a run that went back is on its
 * way there, it is there. Where that way begins is the disk's matter. */
static struct rt_order place_of(const struct rt_run *r)
{
    struct rt_order now = { 0 };
    rt_run_place(r, &now.when_epoch, &now.when_batch);
    return now.when_epoch > r->back_to
               ? now
               : (struct rt_order){ .when_epoch = r->back_to + 1 };
}

/* Whether it was given too late for the boundary it names. */
static bool passed(const struct rt_run *r, const struct rt_order *o)
{
    struct rt_order now = place_of(r);
    return o->when_epoch > 0 && !o->recorded && before(o, &now);
}

/* ---- from outside -------------------------------------------------------- */

/* What is known of the boundary before the training thread looks at it: how
 * many batches an epoch has may change until then. */
static int check_when(const struct rt_run *r, const struct rt_order *o,
                      struct rt_err *err)
{
    const struct rt_order last = { .when_epoch = r->spec.epochs + 1 };
    const char *name = o->type->name;
    if (!o->when_epoch || o->id > 0)
        return 0;
    if (before(&last, o))
        return rt_fail(err, RT_EINVAL,
                       "%s: %lld:%lld lies behind the last epoch, which is %d",
                       name, (long long)o->when_epoch, (long long)o->when_batch,
                       r->spec.epochs);
    if (rt_run_state(r) == RT_RUN_QUEUED && passed(r, o))
        return rt_fail(err, RT_ESTATE,
                       "%s: %lld:%lld lies before the first epoch, which is "
                       "%lld",
                       name, (long long)o->when_epoch, (long long)o->when_batch,
                       (long long)r->epoch + 1);
    return 0;
}

int64_t rt_run_order(struct rt_run *r, struct rt_order *o, struct rt_err *err)
{
    int64_t id = 0;
    int code = check_when(r, o, err);
    if (code) {
        rt_order_free(o);
        return code;
    }
    pthread_mutex_lock(&r->lock);
    if (!r->over) {
        o->recorded = o->id > 0;
        if (!o->recorded)
            o->id = ++r->n_orders;
        else if (o->id > r->n_orders)
            r->n_orders = o->id;
        id = o->id;
        rt_vec_push(&r->mail, o);
        rt_run_call_attention(r);
    }
    pthread_mutex_unlock(&r->lock);
    if (id)
        return id;
    rt_order_free(o);
    return rt_fail(err, RT_ESTATE, "run %d is over", r->spec.number);
}

void rt_run_wait_a_little(struct rt_run *r)
{
    rt_clock_cond_wait(&r->news, &r->lock, 0.05);
}

/* Waits for the answer and takes it; under r->lock. */
static int take_answer(struct rt_run *r, struct rt_answer *a,
                       bool (*give_up)(void), char *says, size_t n_says,
                       struct rt_err *err)
{
    while (!a->done && !(a->given_up = give_up && give_up()))
        rt_run_wait_a_little(r);
    if (a->given_up)
        return rt_fail(err, RT_ECANCEL,
                       *r->guest ? "run %d has not answered yet, callback '%s' "
                                   "is at work; the order stays"
                                 : "run %d has not answered yet; the order "
                                   "stays",
                       r->spec.number, r->guest);
    if (n_says)
        snprintf(says, n_says, "%s", a->says);
    int code = a->code ? rt_fail(err, a->code, "%s", a->says) : 0;
    free(a);
    return code;
}

int rt_run_tell(struct rt_run *r, const char *who, const char *const *words,
                int n, bool (*give_up)(void), char *says, size_t n_says,
                struct rt_err *err)
{
    if (rt_run_state(r) == RT_RUN_QUEUED)
        return rt_fail(err, RT_ESTATE, "run %d has not begun", r->spec.number);
    struct rt_order *o = rt_order_new(who, words, n, err);
    if (!o)
        return rt_err_code(err, RT_EINVAL);
    return rt_run_tell_order(r, o, give_up, says, n_says, err);
}

int rt_run_tell_order(struct rt_run *r, struct rt_order *o,
                      bool (*give_up)(void), char *says, size_t n_says,
                      struct rt_err *err)
{
    if (rt_run_state(r) == RT_RUN_QUEUED) {
        rt_order_free(o);
        return rt_fail(err, RT_ESTATE, "run %d has not begun", r->spec.number);
    }
    struct rt_answer *answer = rt_xcalloc(1, sizeof *answer);
    o->answer = answer;
    int64_t id = rt_run_order(r, o, err);
    if (id < 0) {
        free(answer);
        return (int)id;
    }
    pthread_mutex_lock(&r->lock);
    int code = take_answer(r, answer, give_up, says, n_says, err);
    pthread_mutex_unlock(&r->lock);
    return code;
}

void rt_run_interrupt(struct rt_run *r)
{
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->interrupted, 1);
    rt_run_call_attention(r);
    pthread_mutex_unlock(&r->lock);
}

void rt_run_hold(struct rt_run *r, bool hold)
{
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->held, hold);
    rt_run_call_attention(r);
    pthread_mutex_unlock(&r->lock);
}

bool rt_run_resting(struct rt_run *r)
{
    pthread_mutex_lock(&r->lock);
    bool rests = r->at_rest || r->over;
    pthread_mutex_unlock(&r->lock);
    return rests;
}

void rt_run_abort(struct rt_run *r)
{
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->aborted, 1);
    rt_run_call_attention(r);
    pthread_mutex_unlock(&r->lock);
}

void rt_run_visit(struct rt_run *r, const char *who)
{
    pthread_mutex_lock(&r->lock);
    snprintf(r->guest, sizeof r->guest, "%s", who ? who : "");
    pthread_mutex_unlock(&r->lock);
}

void rt_run_guest(struct rt_run *r, char *name, size_t n)
{
    pthread_mutex_lock(&r->lock);
    snprintf(name, n, "%s", r->guest);
    pthread_mutex_unlock(&r->lock);
}

void rt_run_want(struct rt_run *r, const struct rt_want *want)
{
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->want_stats, want->stats);
    atomic_store(&r->want_layer, want->layer);
    atomic_store(&r->want_of, (int)want->of);
    atomic_store(&r->want_pictures, want->pictures);
    if (want->stats || want->pictures)
        rt_run_call_attention(r);
    pthread_mutex_unlock(&r->lock);
}

void rt_run_keep_stats(struct rt_run *r)
{
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->keep_stats, 1);
    rt_run_call_attention(r);
    pthread_mutex_unlock(&r->lock);
}

/* ---- orders -------------------------------------------------------------- */

static void publish_answer(struct rt_run *r, const struct rt_order *o)
{
    struct rt_event *e = rt_run_event(r, RT_EV_ORDER, 0);
    e->epoch = o->epoch;
    e->batch = o->batch;
    e->who = rt_xstrdup(o->who);
    e->text =
        o->code ? rt_xprintf("%s: %s", o->text, o->says) : rt_xstrdup(o->says);
    e->code = o->code;
    e->mark = o->type->changes;
    e->order = rt_xstrdup(o->text);
    e->number = o->id;
    e->by_callback = o->by_callback;
    e->waited = o->when_epoch > 0;
    e->again = o->recorded;
    rt_bus_publish(r->bus, e);
}

/* Tells who waits for the answer, if anybody does. */
static void tell(struct rt_run *r, struct rt_order *o, const char *says)
{
    if (!o->answer)
        return;
    pthread_mutex_lock(&r->lock);
    o->answer->code = o->code;
    snprintf(o->answer->says, sizeof o->answer->says, "%s", says);
    o->answer->done = true;
    if (o->answer->given_up)
        free(o->answer);
    o->answer = NULL;
    pthread_cond_broadcast(&r->news);
    pthread_mutex_unlock(&r->lock);
}

/* Publishes, tells who waits, and frees. */
static void answer(struct rt_run *r, struct rt_order *o)
{
    publish_answer(r, o);
    tell(r, o, o->says);
    rt_order_free(o);
}

static void number(struct rt_run *r, struct rt_order *o)
{
    pthread_mutex_lock(&r->lock);
    o->id = ++r->n_orders;
    pthread_mutex_unlock(&r->lock);
}

void rt_run_apply(struct rt_run *r, struct rt_order *o)
{
    struct rt_err err = RT_ERR_INIT;
    if (!o->id || o->by_callback)
        number(r, o);
    rt_run_place(r, &o->epoch, &o->batch);
    o->code = rt_run_record(r, o, &err);
    if (!o->code) {
        const struct rt_order *outer = r->applying;
        r->applying = o;
        o->code = o->type->apply(r, o->args, o->says, sizeof o->says, &err);
        r->applying = outer;
    }
    if (o->code)
        snprintf(o->says, sizeof o->says, "%.*s", (int)sizeof o->says - 1,
                 err.text);
    else if (!o->by_callback && !o->type->passes && !r->branch)
        rt_vec_push(&r->applied, o->id); /* a branch was not ordered back */
    rt_run_snap(r);
    rt_run_snap_callbacks(r);
    rt_run_snap_outputs(r);
    answer(r, o);
    if (r->branch)
        rt_run_branch(r);
}

static void refuse(struct rt_run *r, struct rt_order *o)
{
    struct rt_order now = place_of(r);
    rt_run_place(r, &o->epoch, &o->batch);
    o->code = RT_ESTATE;
    if (passed(r, o))
        snprintf(o->says, sizeof o->says,
                 "%lld:%lld has passed, run %d is at %lld:%lld",
                 (long long)o->when_epoch, (long long)o->when_batch,
                 r->spec.number, (long long)now.when_epoch,
                 (long long)now.when_batch);
    else if (o->when_epoch > 0)
        snprintf(o->says, sizeof o->says, "run %d ended before %lld:%lld",
                 r->spec.number, (long long)o->when_epoch,
                 (long long)o->when_batch);
    else
        snprintf(o->says, sizeof o->says, "run %d is over", r->spec.number);
    answer(r, o);
}

/* ---- a boundary ---------------------------------------------------------- */

/* An order that waits stands in the run's state alone. */
static void want_checkpoint(struct rt_run *r, const struct rt_order *o)
{
    if (o->recorded)
        return;
    r->checkpoint_due = fmin(r->checkpoint_due, 0);
    r->pause_kept = false;
}

/* An order that is replayed may wait already, as part of the state that was
 * loaded: it comes in its place, since what is replayed comes in the order in
 * which it was applied. */
static void schedule(struct rt_run *r, struct rt_order *o)
{
    for (int i = 0; o->recorded && i < r->scheduled.n; i++)
        if (r->scheduled.v[i]->id == o->id) {
            rt_order_free(r->scheduled.v[i]);
            rt_vec_remove(&r->scheduled, i);
            break;
        }
    if (rt_run_keeps(o))
        want_checkpoint(r, o);
    rt_vec_push(&r->scheduled, o);
}

/* What holds a run up or ends it does so at once, on the way too. */
static bool is_at_once(const struct rt_order *o)
{
    return o->type->passes || o->type->ends;
}

void rt_run_defer(struct rt_run *r)
{
    struct rt_order now = { 0 };
    rt_run_place(r, &now.when_epoch, &now.when_batch);
    for (int i = 0; now.when_epoch <= r->back_to && i < r->scheduled.n; i++) {
        struct rt_order *o = r->scheduled.v[i];
        if (!o->when_epoch && !o->recorded && !is_at_once(o))
            o->when_epoch = r->back_to + 1;
    }
}

/* Who ordered something for later need not wait for it. */
static void acknowledge(struct rt_run *r)
{
    struct rt_order now = { 0 };
    char says[64];
    rt_run_place(r, &now.when_epoch, &now.when_batch);
    for (int i = 0; i < r->scheduled.n; i++) {
        struct rt_order *o = r->scheduled.v[i];
        if (!o->answer || !before(&now, o) || passed(r, o))
            continue;
        snprintf(says, sizeof says, "waits for %lld:%lld",
                 (long long)o->when_epoch, (long long)o->when_batch);
        tell(r, o, says);
        want_checkpoint(r, o);
    }
}

void rt_run_take_mail(struct rt_run *r)
{
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->attention, 0);
    for (int i = 0; i < r->mail.n; i++)
        schedule(r, r->mail.v[i]);
    r->mail.n = 0;
    pthread_mutex_unlock(&r->lock);
    rt_run_defer(r);
    if (r->end == RT_RUN_RUNNING) /* else what came last is in no checkpoint */
        acknowledge(r);
}

/* What names a boundary and was given after a rewind that waits is meant for
 * the way behind it: the number of the first such. */
static int64_t first_rewind(const struct rt_run *r)
{
    int64_t first = INT64_MAX;
    for (int i = 0; i < r->scheduled.n; i++)
        if (r->scheduled.v[i]->type == &rt_order_rewind &&
            r->scheduled.v[i]->id < first)
            first = r->scheduled.v[i]->id;
    return first;
}

/* The next order that is due, by its boundary (this one, if it named none) and
 * then as they came; -1. */
static int next_due(const struct rt_run *r)
{
    int64_t rewind = first_rewind(r);
    struct rt_order now = { 0 };
    const struct rt_order *first = NULL;
    int at = -1;
    rt_run_place(r, &now.when_epoch, &now.when_batch);
    for (int i = 0; i < r->scheduled.n; i++) {
        const struct rt_order *o = r->scheduled.v[i];
        if (o->id > rewind && o->when_epoch > 0)
            continue;
        if (o->when_epoch == 0 || passed(r, o))
            o = &now;
        if (!before(&now, o) && (!first || before(o, first))) {
            first = o;
            at = i;
        }
    }
    return at;
}

static void apply_due(struct rt_run *r)
{
    int i;
    while (r->end == RT_RUN_RUNNING && (i = next_due(r)) >= 0) {
        struct rt_order *o = r->scheduled.v[i];
        rt_vec_remove(&r->scheduled, i);
        if (passed(r, o))
            refuse(r, o);
        else
            rt_run_apply(r, o);
    }
}

/* An abort stops as the order does, so that it is recorded and replayed. */
static void heed_interrupt(struct rt_run *r)
{
    static const char *const stop[] = { "stop" };
    if (atomic_load(&r->interrupted))
        rt_run_end(r, RT_RUN_INTERRUPTED, 0, "interrupted");
    if (!atomic_load(&r->aborted) || r->end != RT_RUN_RUNNING)
        return;
    rt_run_apply(r, rt_order_new("user", stop, 1, NULL));
    rt_run_end(r, RT_RUN_STOPPED, 0, "stopped by user"); /* if refused, too */
}

static bool waits(const struct rt_run *r)
{
    return (r->paused || atomic_load(&r->held)) && r->end == RT_RUN_RUNNING;
}

static void wait_for_news(struct rt_run *r)
{
    pthread_mutex_lock(&r->lock);
    r->at_rest = true;
    while (!atomic_load(&r->attention))
        pthread_cond_wait(&r->news, &r->lock);
    r->at_rest = false;
    pthread_mutex_unlock(&r->lock);
}

/* The batches or epochs of a `step` are over. */
static void end_step(struct rt_run *r)
{
    struct rt_order now = { 0 }, to = { .when_epoch = r->step_to_epoch };
    rt_run_place(r, &now.when_epoch, &now.when_batch);
    bool over = r->step_to ? r->step >= r->step_to : !before(&now, &to);
    if (!over || r->end != RT_RUN_RUNNING)
        return;
    r->step_to = r->step_to_epoch = 0;
    rt_run_pause(r, true, NULL);
}

void rt_run_rest(struct rt_run *r)
{
    if (r->step_to | r->step_to_epoch)
        end_step(r);
    bool called = atomic_load_explicit(&r->attention, memory_order_relaxed);
    if (!called && !r->paused && (r->scheduled.n == 0 || next_due(r) < 0))
        return;
    rt_speed_other(&r->speed, rt_clock_now());
    for (;;) {
        rt_run_take_mail(r);
        apply_due(r);
        heed_interrupt(r);
        rt_run_serve_looks(r);
        if (!waits(r))
            break;
        if (r->paused && !r->pause_kept)
            rt_run_checkpoint_must(r, "pause");
        r->pause_kept = r->paused;
        rt_probe_rest(r);
        wait_for_news(r);
    }
    r->pause_kept = false;
    rt_speed_rest(&r->speed, rt_clock_now());
}

/* Within a validation. An order that came meanwhile is applied behind it: it
 * is not held up, since whoever holds the run may wait for the answer. */
bool rt_run_glance(struct rt_run *r)
{
    while (atomic_load_explicit(&r->attention, memory_order_relaxed)) {
        rt_run_take_mail(r);
        heed_interrupt(r);
        rt_run_serve_looks(r);
        if (atomic_load(&r->held) && r->end == RT_RUN_RUNNING &&
            next_due(r) < 0)
            wait_for_news(r);
    }
    return atomic_load_explicit(&r->interrupted, memory_order_relaxed) ||
           atomic_load_explicit(&r->aborted, memory_order_relaxed);
}

/* An order for now may never be applied: nothing is recorded of it, and who
 * gave it is told. */
bool rt_run_keeps(const struct rt_order *o)
{
    return o->when_epoch > 0 && !o->answer;
}

static void refuse_all(struct rt_run *r)
{
    for (int i = 0; i < r->scheduled.n;) {
        struct rt_order *o = r->scheduled.v[i];
        if (r->end == RT_RUN_INTERRUPTED && rt_run_keeps(o)) {
            i++;
            continue;
        }
        rt_vec_remove(&r->scheduled, i);
        refuse(r, o);
    }
}

/* It is over when nothing is left that only this thread may serve: from then
 * on a look is called on its asker's. */
void rt_run_close_mail(struct rt_run *r)
{
    bool over = false;
    while (!over) {
        rt_run_take_mail(r);
        refuse_all(r);
        rt_run_serve_looks(r);
        pthread_mutex_lock(&r->lock);
        over = r->over = r->mail.n == 0 && r->looks.n == 0;
        pthread_mutex_unlock(&r->lock);
    }
}
