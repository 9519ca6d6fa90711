/* The weights of the best epoch so far: the smallest val_loss, or loss where
 * nothing validates. A run keeps a copy of its own, since a person who stops it
 * may want them though no callback kept any. It costs one more arena of
 * parameters; a run that finds no memory for it goes on without. */
#include "train/run_private.h"

#include <math.h>

static float *room(struct rt_run *r, struct rt_err *err)
{
    struct rt_best *b = &r->best;
    if (!b->weights)
        b->weights = rt_try_alloc(r->model->n_params + 1, sizeof *b->weights,
                                  "a copy of the best weights", err);
    return b->weights;
}

/* Which of the series it is: the first one is the loss, of validation the same
 * behind those of training. */
static int series(const struct rt_run *r)
{
    return r->validates ? r->tally.n : 0;
}

void rt_best_note(struct rt_run *r)
{
    struct rt_best *b = &r->best;
    struct rt_err err = RT_ERR_INIT;
    double now = r->series[series(r)].now;
    bool whole =
        r->batch == r->n_batches && (!r->validates || r->validated == r->epoch);
    if (!whole || b->missing || isnan(now) || (b->epoch && now >= b->value))
        return;
    if (!room(r, &err)) {
        b->missing = true;
        rt_run_log(r, RT_LOG_WARNING, NULL, "%s: the run goes on without one",
                   err.text);
        return;
    }
    memcpy(b->weights, r->model->weights,
           r->model->n_params * sizeof *b->weights);
    b->epoch = r->epoch;
    b->value = now;
}

int rt_best_restore(struct rt_run *r, char *says, size_t n, struct rt_err *err)
{
    const struct rt_best *b = &r->best;
    if (b->missing)
        return rt_fail(err, RT_ESTATE,
                       "no memory was left to keep the best weights");
    if (!b->epoch)
        return rt_fail(err, RT_ESTATE,
                       "there are no best weights before the first epoch with "
                       "a %s is over",
                       r->series[series(r)].key);
    memcpy(r->model->weights, b->weights,
           r->model->n_params * sizeof *b->weights);
    snprintf(says, n, "weights of epoch %lld, %s %.6g", (long long)b->epoch,
             r->series[series(r)].key, b->value);
    return 0;
}

void rt_best_walk(struct rt_run *r, struct rt_state *s)
{
    struct rt_best *b = &r->best;
    rt_state_enter(s, "best");
    rt_state_i64(s, "epoch", &b->epoch);
    rt_state_number(s, "value", &b->value);
    if (b->epoch && !rt_state_failed(s) && room(r, &s->err))
        rt_state_f32(s, "weights", b->weights, r->model->n_params);
    rt_state_leave(s);
}
