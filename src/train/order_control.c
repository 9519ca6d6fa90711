/* Orders that hold a run up: pause, resume, stop. */
#include "train/run_private.h"

static int pause_run(struct rt_run *r, const void *args, char *says, size_t n,
                     struct rt_err *err)
{
    (void)args;
    if (r->paused)
        return rt_fail(err, RT_ESTATE, "it is paused already");
    rt_run_pause(r, true, NULL);
    snprintf(says, n, "paused");
    return 0;
}

static int resume(struct rt_run *r, const void *args, char *says, size_t n,
                  struct rt_err *err)
{
    (void)args;
    if (!r->paused)
        return rt_fail(err, RT_ESTATE, "it is not paused");
    rt_run_pause(r, false, NULL);
    snprintf(says, n, "resumed");
    return 0;
}

/* A callback that stops has finished the run, a person has stopped it. */
static int stop(struct rt_run *r, const void *args, char *says, size_t n,
                struct rt_err *err)
{
    (void)args;
    (void)err;
    const struct rt_order *o = r->applying;
    if (o->by_callback)
        rt_run_end(r, RT_RUN_FINISHED, 0, "%s: stop", o->who);
    else
        rt_run_end(r, RT_RUN_STOPPED, 0, "stopped by %s", o->who);
    snprintf(says, n, "stops");
    return 0;
}

const struct rt_order_type rt_order_pause = {
    .name = "pause",
    .help = "wait after this batch",
    .apply = pause_run,
};
const struct rt_order_type rt_order_resume = {
    .name = "resume",
    .help = "go on after a pause",
    .apply = resume,
};
const struct rt_order_type rt_order_stop = {
    .name = "stop",
    .help = "end after this batch; weights stay",
    .apply = stop,
};
