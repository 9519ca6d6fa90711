/* Looks: what others want to see of a run, or copy out of it, while its thread
 * rests between two batches. */
#include "train/run_private.h"

/* Under r->lock. false: there is no thread to serve it. */
static bool post(struct rt_run *r, void (*fn)(void *arg), void *arg, bool *done)
{
    struct rt_look look = { .fn = fn, .arg = arg, .done = done };
    if (r->over || rt_run_state(r) == RT_RUN_QUEUED)
        return false;
    rt_vec_push(&r->looks, look);
    rt_run_call_attention(r);
    return true;
}

/* Under r->lock. false: it is being served. */
static bool take_back(struct rt_run *r, const bool *done)
{
    for (int i = 0; i < r->looks.n; i++)
        if (r->looks.v[i].done == done) {
            rt_vec_remove(&r->looks, i);
            return true;
        }
    return false;
}

static int not_now(const struct rt_run *r, struct rt_err *err)
{
    if (*r->guest)
        return rt_fail(err, RT_ECANCEL,
                       "run %d cannot be looked at, callback '%s' is at work",
                       r->spec.number, r->guest);
    return rt_fail(err, RT_ECANCEL, "run %d cannot be looked at yet",
                   r->spec.number);
}

int rt_run_look_until(struct rt_run *r, void (*fn)(void *arg), void *arg,
                      bool (*give_up)(void), struct rt_err *err)
{
    bool done = false;
    int code = 0;
    pthread_mutex_lock(&r->lock);
    bool posted = post(r, fn, arg, &done);
    while (posted && !done && !code)
        if (!give_up)
            pthread_cond_wait(&r->news, &r->lock);
        else if (give_up() && take_back(r, &done))
            code = not_now(r, err);
        else
            rt_run_wait_a_little(r);
    pthread_mutex_unlock(&r->lock);
    if (!posted)
        fn(arg);
    return code;
}

void rt_run_look(struct rt_run *r, void (*fn)(void *arg), void *arg)
{
    rt_run_look_until(r, fn, arg, NULL, NULL);
}

bool rt_run_look_later(struct rt_run *r, void (*fn)(void *arg), void *arg)
{
    pthread_mutex_lock(&r->lock);
    bool posted = post(r, fn, arg, NULL);
    pthread_mutex_unlock(&r->lock);
    return posted;
}

void rt_run_serve_looks(struct rt_run *r)
{
    pthread_mutex_lock(&r->lock);
    while (r->looks.n > 0) {
        struct rt_look look = r->looks.v[0];
        rt_vec_remove(&r->looks, 0);
        pthread_mutex_unlock(&r->lock);
        look.fn(look.arg);
        pthread_mutex_lock(&r->lock);
        if (look.done)
            *look.done = true;
        pthread_cond_broadcast(&r->news);
    }
    pthread_mutex_unlock(&r->lock);
}
