/* Orders that hold a run up: pause, resume, step, stop. */
#include "train/run_private.h"

static int pause_run(struct rt_run *r, const void *args, char *says, size_t n,
                     struct rt_err *err)
{
    (void)args;
    if (r->paused)
        return rt_fail(err, RT_ESTATE, "it is paused already");
    r->step_to = r->step_to_epoch = 0;
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
    r->step_to = r->step_to_epoch = 0;
    rt_run_pause(r, false, NULL);
    snprintf(says, n, "resumed");
    return 0;
}

struct step_args {
    int n;
    bool epoch;
};
static const struct rt_opt step_opts[] = {
    RT_OPT(struct step_args, n, .word = 1, .def = "1", .min = 1, .max = 1e9,
           .help = "how many"),
    RT_OPT(struct step_args, epoch, .form = RT_FORM_FLAG,
           .help = "epochs with their validation, else batches"),
    RT_OPT_END
};

static int step(struct rt_run *r, const void *args, char *says, size_t n,
                struct rt_err *err)
{
    const struct step_args *a = args;
    int64_t epoch, batch;
    (void)err;
    rt_run_place(r, &epoch, &batch);
    r->step_to = a->epoch ? 0 : r->step + a->n;
    r->step_to_epoch = a->epoch ? epoch + a->n : 0;
    if (r->paused)
        rt_run_pause(r, false, NULL);
    snprintf(says, n, "%d %s%s, then a pause", a->n,
             a->epoch ? "epoch" : "batch",
             a->n == 1  ? ""
             : a->epoch ? "s"
                        : "es");
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
    .hold = 1,
    .apply = pause_run,
};
const struct rt_order_type rt_order_resume = {
    .name = "resume",
    .help = "go on after a pause",
    .passes = true,
    .hold = -1,
    .apply = resume,
};
const struct rt_order_type rt_order_step = {
    .name = "step",
    .help = "so many batches or epochs, then a pause",
    .opts = step_opts,
    .args_size = sizeof(struct step_args),
    .passes = true,
    .hold = 1,
    .apply = step,
};
const struct rt_order_type rt_order_stop = {
    .name = "stop",
    .help = "end after this batch; weights stay",
    .opts = stop_opts,
    .args_size = sizeof(struct stop_args),
    .ends = true,
    .apply = stop,
};
