/* Lowers the learning rate when a series no longer gets better.
 * Source: Keras 2.3.1, keras.callbacks.ReduceLROnPlateau. */
#include "monitor.h"

struct args {
    const char *monitor;
    double factor;
    int patience;
    int verbose;
    int mode;
    double min_delta;
    int cooldown;
    double min_lr;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, monitor, .word = 1, .def = "val_loss",
           .names = RT_NAMES_SERIES, .help = "series to watch"),
    RT_OPT(struct args, factor, .word = 2, .def = "0.1", .min = 0, .max = 1,
           .open = 2, .live = 1, .help = "what the rate is multiplied with"),
    RT_OPT(struct args, patience, .word = 3, .def = "10", .min = 0,
           .max = INFINITY, .live = 1,
           .help = "epochs without a better value before it acts"),
    RT_OPT(struct args, verbose, .word = 4, .def = "0", .min = 0, .max = 1,
           .live = 1, .help = "1: log each better value"),
    RT_OPT(struct args, mode, .word = 5, .def = "auto",
           .choices = monitor_modes,
           .help = "which way is better; auto: as the series says"),
    RT_OPT(struct args, min_delta, .word = 6, .def = "1e-4", .min = 0,
           .max = INFINITY, .live = 1,
           .help = "least change that counts as better"),
    RT_OPT(struct args, cooldown, .word = 7, .def = "0", .min = 0,
           .max = INFINITY, .live = 1,
           .help = "epochs after a reduction in which it does not count"),
    RT_OPT(struct args, min_lr, .word = 8, .def = "0", .min = 0,
           .max = INFINITY, .live = 1, .help = "the rate stays at or above"),
    RT_OPT_END
};

struct state {
    struct monitor m;
    int64_t wait;
    int64_t cooldown; /* epochs left of it */
};

/* At the lowest rate the count goes on, as in Keras: a rate raised by hand is
 * lowered again at once. */
static int reduce(const struct rt_host *h, struct rt_hook *at,
                  const struct args *a, struct state *s)
{
    double lr = h->metric(at, "lr");
    if (isnan(lr))
        return h->fail(at, "this run has no series lr, so there is no rate "
                           "to reduce");
    if (lr <= a->min_lr)
        return RT_GO_ON;
    if (h->order(at, "lr %.9g", fmax(lr * a->factor, a->min_lr)))
        return monitor_failed(h, at);
    s->cooldown = a->cooldown;
    s->wait = 0;
    return RT_GO_ON;
}

static void tell(const struct rt_host *h, struct rt_hook *at,
                 const struct args *a, const struct state *s)
{
    char best[64];
    monitor_best(&s->m, best, sizeof best);
    if (s->wait >= a->patience && h->metric(at, "lr") <= a->min_lr)
        h->status(at, "at min_lr%s", best);
    else if (s->cooldown > 0)
        h->status(at, "cooldown %lld/%d%s", (long long)s->cooldown, a->cooldown,
                  best);
    else
        h->status(at, "%lld/%d%s", (long long)s->wait, a->patience, best);
}

static int on_epoch_end(const struct rt_host *h, struct rt_hook *at,
                        const void *args, void *state)
{
    const struct args *a = args;
    struct state *s = state;
    double value;
    int verdict = RT_GO_ON;
    if (!monitor_value(h, at, a->monitor, &value))
        return RT_GO_ON;
    if (s->cooldown > 0) {
        s->cooldown--;
        s->wait = 0;
    }
    if (monitor_improves(h, at, a->monitor, a->mode, (double)NAN, a->min_delta,
                         &s->m, value)) {
        s->wait = 0;
        if (a->verbose)
            h->log(at, "%s improved to %.6g", a->monitor, value);
    } else if (s->cooldown == 0 && ++s->wait >= a->patience) {
        verdict = reduce(h, at, a, s);
    }
    tell(h, at, a, s);
    return verdict;
}

static int check(const struct rt_host *h, struct rt_hook *at, const void *args,
                 void *state)
{
    (void)state;
    return monitor_check(h, at, ((const struct args *)args)->monitor);
}

static int walk(const struct rt_host *h, struct rt_hook *at, const void *args,
                void *state)
{
    struct state *s = state;
    (void)args;
    return monitor_walk(h, at, &s->m, "wait", &s->wait, "cooldown",
                        &s->cooldown);
}

RT_PLUGIN(reduce_lr_on_plateau) = {
    RT_PLUGIN_HEAD,
    .name = "reduce_lr_on_plateau",
    .help = "lower the learning rate when a series no longer gets better",
    .opts = opts,
    .args_size = sizeof(struct args),
    .state_size = sizeof(struct state),
    .check = check,
    .on_epoch_end = on_epoch_end,
    .save = walk,
    .load = walk,
};
