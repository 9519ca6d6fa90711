/* The one way for numbers to travel: training threads publish events; every
 * subscriber has a queue of its own and reads at its pace. Events are history:
 * in order, none lost. What is state (newest wins) is a snapshot of the run,
 * see train/run.h.
 *
 * A queue has no bound in general, so a publisher never waits; above
 * RT_BUS_FOLD waiting events, batch events of one run are folded into the last
 * one (n_folded, mean, and min and max of the first series kept).
 * Batch events do not wake a reader: whoever wants progress looks at its own
 * pace while runs live. All others make rt_sub_fd readable. */
#ifndef RT_TRAIN_BUS_H
#define RT_TRAIN_BUS_H
#include <retort/plugin.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#define RT_BUS_FOLD 65536

enum rt_event_type {
    RT_EV_SERIES, /* a series is announced: key, mode, unit, output */
    RT_EV_STATE,  /* the run's state changed: state, text */
    RT_EV_BATCH,  /* values: of this batch; mean: running over the epoch */
    RT_EV_EPOCH,  /* values: of the epoch, its validation's if there was one;
                   * batch < n_batches: a stop cut it short */
    RT_EV_ORDER,  /* an order was applied (or refused): who, text, code */
    RT_EV_LOG,    /* a message: level, who, text */
    RT_EV_CHECKPOINT, /* the state was handed over: text: why (time, pause,
                       * order, ...), who: its name or NULL */
};
enum rt_level { RT_LOG_INFO, RT_LOG_WARNING, RT_LOG_ERROR };

/* Immutable once published, counted. Which fields are set stands above; who is
 * a callback's name, "user", "script" or NULL, text a sentence for people
 * ("lr 0.01 -> 0.001"; of a refused order: its words and why). */
struct rt_event {
    int refs; /* atomic */
    enum rt_event_type type;
    int run;              /* number of the run */
    double wall;          /* seconds since 1970 */
    double clock;         /* monotonic seconds */
    int64_t epoch, batch; /* from 1; 0 before the first */
    int64_t step;         /* batches so far, skipped updates included */
    int64_t n_batches;
    int n;                /* values */
    int *series;          /* numbers of the series */
    double *value, *mean; /* mean: batch events alone */
    int64_t n_folded;     /* batches in this one: 1 unless folded */
    double lo, hi;        /* batch: of the first series, over the folded */
    int rows;             /* samples of the batch */
    /* texts, NULL where not set */
    char *who, *text;
    int to;      /* state: the number under which it goes on; 0: none */
    int code;    /* order: 0 or RT_E...; state: enum rt_run_state; log: level */
    bool mark;   /* order: a change of what is computed, marked on plots */
    char *order; /* order: its words, as rt_order_parse reads them */
    int64_t number;   /* order: its id */
    bool by_callback; /* order: given again by the callback, never replayed */
    bool waited;      /* order: it had named its boundary */
    bool again;       /* order: recorded before, given again */
    /* RT_EV_SERIES */
    int series_id;
    char *key, *unit, *output;
    enum rt_mode mode;
};

struct rt_bus; /* opaque */
struct rt_sub; /* opaque: one subscriber */
struct rt_bus *rt_bus_new(void);
void rt_bus_free(struct rt_bus *b); /* after all subscribers */
struct rt_sub *rt_bus_subscribe(struct rt_bus *b);
void rt_sub_free(struct rt_sub *s);    /* waiting events are dropped */
int rt_sub_fd(const struct rt_sub *s); /* eventfd, readable on news */
/* The next event, or NULL; release with rt_event_unref. Thread: the
 * subscriber's. Clears the fd when the queue is empty. */
struct rt_event *rt_sub_next(struct rt_sub *s);

/* A new event with its times set, values arrays for n; then publish, which
 * takes it. Thread: any. */
struct rt_event *rt_event_new(enum rt_event_type type, int run, int n);
void rt_event_unref(struct rt_event *e);
void rt_bus_publish(struct rt_bus *b, struct rt_event *e);
void rt_bus_log(struct rt_bus *b, int run, enum rt_level level, const char *who,
                const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The same in an RT_EV_LOG whose counters are set; takes it. */
void rt_bus_vlog(struct rt_bus *b, struct rt_event *e, enum rt_level level,
                 const char *who, const char *fmt, va_list ap)
    __attribute__((format(printf, 5, 0)));
#endif
