/* What is handed over to who keeps a run: its state and the orders it is given.
 * A state that cannot be taken (a callback that fails to save, no memory) is
 * told once and does not hold the run up: it goes on, and may be resumed from
 * an older one. */
#include "train/checkpoint.h"

#include "base/clock.h"
#include "train/run_private.h"

#include <math.h>

/* Nothing can be recorded on a full disk, and yet a run must be paused and
 * stopped, and its callbacks heard: what a resumed run would not be given again
 * is applied all the same. */
static bool must_be_recorded(const struct rt_order *o)
{
    return !o->by_callback && !o->type->passes && !o->type->ends;
}

int rt_run_record(struct rt_run *r, const struct rt_order *o,
                  struct rt_err *err)
{
    const struct rt_recorder *recorder = &r->spec.recorder;
    struct rt_err own = RT_ERR_INIT;
    if (!recorder->order || o->recorded)
        return 0;
    int code = recorder->order(recorder->ctx, r->spec.number, o, &own);
    if (!code)
        return 0;
    if (must_be_recorded(o))
        return rt_fail(err, code, "%s", own.text);
    rt_run_log(r, RT_LOG_WARNING, o->who, "'%s' is not recorded: %s", o->text,
               own.text);
    return 0;
}

struct rt_state_memory *rt_run_portray(struct rt_run *r, const char *why,
                                       const char *name,
                                       struct rt_checkpoint *c,
                                       struct rt_err *err)
{
    const struct rt_recorder *recorder = &r->spec.recorder;
    bool must = strcmp(why, "time") != 0;
    if (!recorder->checkpoint) {
        rt_fail(err, RT_ESTATE, "nothing is kept of this run");
        return NULL;
    }
    struct rt_state_memory *m =
        recorder->memory(recorder->ctx, r->spec.number, must);
    if (!m) {
        rt_fail(err, RT_EBUSY, "the last one is being written yet");
        return NULL;
    }
    struct rt_state s;
    struct rt_state_backend to = rt_state_memory_backend(m);
    rt_state_memory_again(m);
    rt_state_init(&s, &to, false);
    if (rt_run_walk(r, &s)) {
        rt_state_memory_free(m);
        rt_fail(err, s.err.code, "%s", s.err.text);
        return NULL;
    }
    *c = (struct rt_checkpoint){
        .run = r->spec.number,
        .why = why,
        .name = name,
        .step = r->step,
        .best_epoch = r->best.epoch,
        .wall = rt_clock_wall(),
    };
    rt_run_place(r, &c->epoch, &c->batch);
    pthread_mutex_lock(&r->lock);
    c->order = r->n_orders;
    pthread_mutex_unlock(&r->lock);
    return m;
}

void rt_run_tell_checkpoint(const struct rt_run *r,
                            const struct rt_checkpoint *c)
{
    struct rt_event *e = rt_run_event(r, RT_EV_CHECKPOINT, 0);
    e->text = rt_xstrdup(c->why);
    e->who = rt_xstrdup(c->name);
    rt_bus_publish(r->bus, e);
}

int rt_run_checkpoint(struct rt_run *r, const char *why, const char *name,
                      struct rt_err *err)
{
    const struct rt_recorder *recorder = &r->spec.recorder;
    struct rt_checkpoint c;
    struct rt_state_memory *m = rt_run_portray(r, why, name, &c, err);
    if (!m)
        return err->code;
    recorder->checkpoint(recorder->ctx, &c, m);
    rt_run_tell_checkpoint(r, &c);
    return 0;
}

static int take(struct rt_run *r, const char *why)
{
    struct rt_err err = RT_ERR_INIT;
    int code = rt_run_checkpoint(r, why, NULL, &err);
    if (code && code != RT_EBUSY && !r->checkpoint_failed)
        rt_run_log(r, RT_LOG_WARNING, NULL, "no checkpoint: %s", err.text);
    if (code != RT_EBUSY)
        r->checkpoint_failed = code;
    return code;
}

void rt_run_checkpoint_due(struct rt_run *r, double now)
{
    double every = r->spec.checkpoint_seconds;
    every = every > 0 ? every : (double)INFINITY;
    if (r->spec.recorder.checkpoint && take(r, "time") == RT_EBUSY)
        every = fmin(every, 1); /* an order that waits is not in that one */
    r->checkpoint_due = now + every;
}

void rt_run_checkpoint_must(struct rt_run *r, const char *why)
{
    if (r->spec.recorder.checkpoint)
        take(r, why);
}
