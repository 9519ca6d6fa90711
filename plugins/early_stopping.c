/* Ends training when a series no longer gets better.
 * Source: Keras 2.3.1, keras.callbacks.EarlyStopping: options, their defaults
 * and what counts as better are its own. */
#include "monitor.h"

struct args {
    const char *monitor;
    double min_delta;
    int patience;
    int verbose;
    int mode;
    double baseline;
    bool restore_best_weights;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, monitor, .word = 1, .def = "val_loss",
           .names = RT_NAMES_SERIES, .help = "series to watch"),
    RT_OPT(struct args, min_delta, .word = 2, .def = "0", .min = 0,
           .max = INFINITY, .live = 1,
           .help = "least change that counts as better"),
    RT_OPT(struct args, patience, .word = 3, .def = "0", .min = 0,
           .max = INFINITY, .live = 1,
           .help = "epochs without a better value before it stops"),
    RT_OPT(struct args, verbose, .word = 4, .def = "0", .min = 0, .max = 1,
           .live = 1, .help = "1: log each better value"),
    RT_OPT(struct args, mode, .word = 5, .def = "auto",
           .choices = monitor_modes,
           .help = "which way is better; auto: as the series says"),
    RT_OPT(struct args, baseline, .word = 6, .def = "",
           .help = "value that has to be beaten first"),
    RT_OPT(struct args, restore_best_weights, .word = 7, .def = "no", .live = 1,
           .help = "end with the weights of the best epoch"),
    RT_OPT_END
};

struct state {
    struct monitor m;
    int64_t wait;
    int64_t kept; /* epoch of the weights in slot 0; 0: none */
};

static int better(const struct rt_host *h, struct rt_hook *at,
                  const struct args *a, struct state *s)
{
    s->wait = 0;
    if (a->verbose)
        h->log(at, "%s improved to %.6g", a->monitor, s->m.best);
    if (!a->restore_best_weights)
        return RT_GO_ON;
    if (h->keep_weights(at, 0))
        return monitor_failed(h, at);
    s->kept = s->m.best_epoch;
    return RT_GO_ON;
}

static int stop(const struct rt_host *h, struct rt_hook *at,
                const struct args *a, struct state *s)
{
    char best[64];
    h->log(at, "%s has not improved for %lld epoch%s%s, training ends",
           a->monitor, (long long)s->wait, s->wait == 1 ? "" : "s",
           monitor_best(&s->m, best, sizeof best));
    if (!a->restore_best_weights)
        return RT_STOP;
    if (!s->kept) {
        h->log(at, "no weights of a better epoch were kept, they stay as "
                   "they are");
        return RT_STOP;
    }
    if (h->restore_weights(at, 0))
        return monitor_failed(h, at);
    h->log(at, "weights of epoch %lld restored", (long long)s->kept);
    return RT_STOP;
}

static void show(const struct rt_host *h, struct rt_hook *at,
                 const struct args *a, const struct state *s)
{
    h->output_status(at, a->monitor, "%lld/%d", (long long)s->wait,
                     a->patience);
}

static int on_epoch_end(const struct rt_host *h, struct rt_hook *at,
                        const void *args, void *state)
{
    const struct args *a = args;
    struct state *s = state;
    char best[64];
    double value;
    int verdict = RT_GO_ON;
    if (!monitor_value(h, at, a->monitor, &value))
        return RT_GO_ON;
    if (monitor_improves(h, at, a->monitor, a->mode, a->baseline, a->min_delta,
                         &s->m, value))
        verdict = better(h, at, a, s);
    else if (++s->wait >= a->patience)
        verdict = stop(h, at, a, s);
    h->status(at, "%lld/%d%s", (long long)s->wait, a->patience,
              monitor_best(&s->m, best, sizeof best));
    show(h, at, a, s);
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
    return monitor_walk(h, at, &s->m, "wait", &s->wait, "kept", &s->kept);
}

static int load(const struct rt_host *h, struct rt_hook *at, const void *args,
                void *state)
{
    struct state *s = state;
    int code = walk(h, at, args, state);
    if (!code && (s->m.best_epoch || s->wait))
        show(h, at, args, s);
    return code;
}

RT_PLUGIN(early_stopping) = {
    RT_PLUGIN_HEAD,
    .name = "early_stopping",
    .help = "stop when a series no longer gets better",
    .opts = opts,
    .args_size = sizeof(struct args),
    .state_size = sizeof(struct state),
    .check = check,
    .on_epoch_end = on_epoch_end,
    .save = walk,
    .load = load,
};
