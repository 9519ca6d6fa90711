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

struct stop_args {
    bool best;
};
static const struct rt_opt stop_opts[] = {
    RT_OPT(struct stop_args, best, .form = RT_FORM_FLAG,
           .help = "with the weights of the best epoch: the smallest val_loss, "
                   "or loss"),
    RT_OPT_END
};

/* A callback that stops has finished the run, a person has stopped it. */
static int stop(struct rt_run *r, const void *args, char *says, size_t n,
                struct rt_err *err)
{
    const struct stop_args *a = args;
    const struct rt_order *o = r->applying;
    char best[128] = "";
    if (a->best && rt_best_restore(r, best, sizeof best, err))
        return RT_ESTATE;
    const char *with = a->best ? ", with the " : "";
    if (o->by_callback)
        rt_run_end(r, RT_RUN_FINISHED, 0, "%s: stop%s%s", o->who, with, best);
    else
        rt_run_end(r, RT_RUN_STOPPED, 0, "stopped by %s%s%s", o->who, with,
                   best);
    snprintf(says, n, "stops%s%s", with, best);
    return 0;
}

const struct rt_order_type rt_order_pause = {
    .name = "pause",
    .help = "wait after this batch",
    .passes = true,
    .apply = pause_run,
};
const struct rt_order_type rt_order_resume = {
    .name = "resume",
    .help = "go on after a pause",
    .passes = true,
    .apply = resume,
};
const struct rt_order_type rt_order_stop = {
    .name = "stop",
    .help = "end after this batch; weights stay",
    .opts = stop_opts,
    .args_size = sizeof(struct stop_args),
    .apply = stop,
};
