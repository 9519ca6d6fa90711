/* Sets the learning rate at the beginning of every epoch, by a rule.
 * With r the rate to begin with, e the epoch from 0 and E of them to go:
 *   step    r factor^floor(e / every)
 *   exp     r factor^e
 *   poly    end + (r - end) (1 - min(e, E) / E)^power
 *   cosine  end + (r - end) (1 + cos(pi min(e, E) / E)) / 2
 *   values  as the list says, from each of its epochs on
 * Without rate= each epoch takes the optimizer's rate of now one step of the
 * rule on, as schedule(epoch, lr) does: so a fit goes on from a file, which has
 * the rate of its last epoch, and what else changes the rate stays.
 * Source: Keras 2.3.1, keras.callbacks.LearningRateScheduler, with the
 * schedules that are usual in place of a function. */
#include <math.h>
#include <retort/plugin.h>
#include <stdlib.h>

enum { STEP, EXP, POLY, COSINE, VALUES };
static const char *const schedules[] = { "step",   "exp",    "poly",
                                         "cosine", "values", NULL };
struct args {
    int schedule;
    int verbose;
    double rate, factor, every, end, power, epochs;
    struct rt_texts values;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, schedule, .word = 1, .def = "exp", .choices = schedules,
           .help = "the rule"),
    RT_OPT(struct args, verbose, .word = 2, .def = "0", .min = 0, .max = 1,
           .live = 1, .help = "1: log the rate of every epoch"),
    RT_OPT(struct args, rate, .def = "", .min = 0, .max = INFINITY,
           .help = "rate of the first epoch, from which all are computed; else "
                   "each goes on from the optimizer's of the epoch before"),
    RT_OPT(struct args, factor, .def = "0.5", .min = 0, .max = INFINITY,
           .live = 1, .help = "step, exp: what the rate is multiplied with"),
    RT_OPT(struct args, every, .def = "10", .min = 1, .max = INFINITY,
           .live = 1, .help = "step: epochs from one to the next"),
    RT_OPT(struct args, end, .def = "0", .min = 0, .max = INFINITY, .live = 1,
           .help = "poly, cosine: the rate at the end"),
    RT_OPT(struct args, power, .def = "1", .min = 0, .max = INFINITY, .live = 1,
           .help = "poly: 1 is a straight line"),
    RT_OPT(struct args, epochs, .def = "", .min = 1, .max = INFINITY, .live = 1,
           .help = "poly, cosine: epochs to the end; else those of the fit"),
    RT_OPT(struct args, values, .def = "",
           .help = "values: EPOCH:RATE,... with epochs from 1"),
    RT_OPT_END
};

struct state {
    int64_t begun;
    int64_t last; /* epoch that the optimizer's rate is for, from 0 */
};

/* One EPOCH:RATE of the list. */
static bool read_value(const char *text, double *epoch, double *rate)
{
    char *end;
    *epoch = strtod(text, &end);
    if (end == text || *end != ':')
        return false;
    text = end + 1;
    *rate = strtod(text, &end);
    return end != text && !*end && *epoch >= 1 && *rate >= 0 && isfinite(*rate);
}

static int check_values(const struct rt_host *h, struct rt_hook *at,
                        const struct args *a)
{
    double epoch, rate, last = 0;
    if (a->schedule == VALUES && !a->values.n)
        return h->fail(at, "values= is missing, want EPOCH:RATE,...");
    for (int i = 0; i < a->values.n; i++) {
        if (!read_value(a->values.v[i], &epoch, &rate))
            return h->fail(at,
                           "values: '%s', want EPOCH:RATE with an epoch "
                           "from 1 and a rate of 0 or more",
                           a->values.v[i]);
        if (epoch <= last)
            return h->fail(at,
                           "values: epoch %g after epoch %g, want them in "
                           "their order",
                           epoch, last);
        last = epoch;
    }
    return RT_GO_ON;
}

static int on_train_begin(const struct rt_host *h, struct rt_hook *at,
                          const void *args, void *state)
{
    const struct args *a = args;
    struct state *s = state;
    int bad = check_values(h, at, a);
    if (bad)
        return bad;
    if (!s->begun && h->epoch(at) > 0)
        s->last = h->epoch(at) - 1;
    s->begun = 1;
    return RT_GO_ON;
}

/* The last of the list that has come, else r. */
static double listed(const struct args *a, double e, double r)
{
    double epoch, rate;
    for (int i = 0; i < a->values.n; i++)
        if (read_value(a->values.v[i], &epoch, &rate) && epoch <= e + 1)
            r = rate;
    return r;
}

/* What is left of a way from 1 to 0. */
static double left_of(const struct args *a, double e, double n)
{
    double left = 1 - fmin(e, n) / n;
    return a->schedule == POLY ? pow(left, a->power)
                               : (1 - cos(M_PI * left)) / 2;
}

/* Of epoch `to`, where r is that of epoch `from`. */
static double rate_at(const struct args *a, double r, double from, double to,
                      double n)
{
    double was;
    switch (a->schedule) {
    case STEP:
        return r *
               pow(a->factor, floor(to / a->every) - floor(from / a->every));
    case EXP:
        return r * pow(a->factor, to - from);
    case POLY:
    case COSINE:
        was = left_of(a, from, n);
        return was > 0 ? a->end + (r - a->end) * (left_of(a, to, n) / was)
                       : a->end;
    default:
        return listed(a, to, r);
    }
}

static int on_epoch_begin(const struct rt_host *h, struct rt_hook *at,
                          const void *args, void *state)
{
    const struct args *a = args;
    struct state *s = state;
    int64_t e = h->epoch(at) - 1;
    double n = isnan(a->epochs) ? (double)h->n_epochs(at) : a->epochs;
    bool fixed = !isnan(a->rate);
    double lr = rate_at(a, fixed ? a->rate : h->metric(at, "lr"),
                        fixed ? 0 : (double)s->last, (double)e, n);
    s->last = e;
    h->status(at, "rate %.4g", lr);
    if (a->verbose)
        h->log(at, "rate %.6g", lr);
    if (lr != h->metric(at, "lr") && h->order(at, "lr %.17g", lr))
        return h->fail(at, "%s", h->error(at));
    return RT_GO_ON;
}

static int walk(const struct rt_host *h, struct rt_hook *at, const void *args,
                void *state)
{
    struct state *s = state;
    (void)args;
    if (h->state_int(at, "last", &s->last) ||
        h->state_int(at, "begun", &s->begun))
        return h->fail(at, "%s", h->error(at));
    return RT_GO_ON;
}

RT_PLUGIN(learning_rate_scheduler) = {
    RT_PLUGIN_HEAD,
    .name = "learning_rate_scheduler",
    .help = "set the learning rate of every epoch by a rule",
    .opts = opts,
    .args_size = sizeof(struct args),
    .state_size = sizeof(struct state),
    .on_train_begin = on_train_begin,
    .on_epoch_begin = on_epoch_begin,
    .save = walk,
    .load = walk,
};
