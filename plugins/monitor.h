/* What the built-in callbacks share that watch one series: this epoch's value,
 * and whether it is better than the best so far. On <retort/plugin.h> alone. */
#ifndef RT_PLUGINS_MONITOR_H
#define RT_PLUGINS_MONITOR_H
#include <math.h>
#include <retort/plugin.h>
#include <stdio.h>
#include <string.h>

struct monitor {
    double best;
    int64_t best_epoch; /* 0: nothing was good enough yet */
};

/* Choices of an option mode=, in the order of enum rt_mode. */
static const char *const monitor_modes[] = { "auto", "min", "max", NULL };

/* The value that this epoch gave the series; false if it gave none. */
static inline bool monitor_value(const struct rt_host *h, struct rt_hook *at,
                                 const char *key, double *value)
{
    *value = h->metric(at, key);
    return h->metric_epoch(at, key) == h->epoch(at);
}

/* Whether value beats the best, or start while there is none (NaN: anything
 * that is a finite number does), by more than delta. A better one is taken
 * over. */
static inline bool monitor_improves(const struct rt_host *h, struct rt_hook *at,
                                    const char *key, int mode, double start,
                                    double delta, struct monitor *m,
                                    double value)
{
    if (mode == RT_MODE_AUTO)
        mode = h->mode(at, key);
    bool max = mode == RT_MODE_MAX;
    double best = m->best_epoch   ? m->best
                  : !isnan(start) ? start
                                  : (max ? -INFINITY : INFINITY);
    if (max ? !(value - delta > best) : !(value + delta < best))
        return false;
    m->best = value;
    m->best_epoch = h->epoch(at);
    return true;
}

/* ", best 0.0312 at 41" */
static inline const char *monitor_best(const struct monitor *m, char *text,
                                       size_t n)
{
    *text = '\0';
    if (m->best_epoch)
        snprintf(text, n, ", best %.4g at %lld", m->best,
                 (long long)m->best_epoch);
    return text;
}

/* The host's last call failed: what a hook returns then. */
static inline int monitor_failed(const struct rt_host *h, struct rt_hook *at)
{
    return h->fail(at, "%s", h->error(at));
}

/* Whether this run will have the series, asked before it starts. */
static inline int monitor_check(const struct rt_host *h, struct rt_hook *at,
                                const char *key)
{
    return h->want_series(at, key) ? monitor_failed(h, at) : RT_GO_ON;
}

/* Saves or loads it, and the two counters of its callback. */
static inline int monitor_walk(const struct rt_host *h, struct rt_hook *at,
                               struct monitor *m, const char *name_a,
                               int64_t *a, const char *name_b, int64_t *b)
{
    if (h->state_number(at, "best", &m->best) ||
        h->state_int(at, "best_epoch", &m->best_epoch) ||
        h->state_int(at, name_a, a) || h->state_int(at, name_b, b))
        return monitor_failed(h, at);
    return RT_GO_ON;
}
#endif
