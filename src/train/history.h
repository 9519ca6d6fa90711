/* The history of a run for its readers (plots, tables, screen): made from
 * events by whoever subscribed, on the reader's thread. Epoch values are kept
 * whole; batch values as a bounded list of (x, mean, min, max) buckets which
 * merge in pairs when full, so no spike is lost. */
#ifndef RT_TRAIN_HISTORY_H
#define RT_TRAIN_HISTORY_H
#include "train/bus.h"
#include "train/pyramid.h"

#define RT_HISTORY_BUCKETS 65536

struct rt_history_series {
    char *key, *unit, *output;
    enum rt_mode mode;
    /* One value an epoch: x is the epoch's number (from 1). */
    double *epoch_x, *epoch_v;
    int n_epochs, cap;
    /* Batches: x in epochs (2.5: half of the third), growing. */
    struct rt_bucket *bucket;
    int n_buckets, cap_buckets;
    int64_t per_bucket;
    struct rt_pyramid epochs, batches; /* over both */
    double last, running;              /* newest batch value, running mean */
    double best; /* of epoch values by mode; NaN if none */
    int64_t best_epoch;
};
struct rt_history_mark { /* orders and events on the x axis */
    double x;
    char *text;
    int first; /* of those of its kind that stand in a row up to it */
};
/* When a place of the x axis was passed; thinned out as they become many. */
struct rt_history_time {
    double x, t; /* epochs; seconds since the first event */
};
enum { RT_HISTORY_TIMES = 4096 };
struct rt_history {
    int run;
    struct rt_history_series *series;
    int n_series;
    struct rt_history_mark *marks;
    int n_marks, cap_marks;
    int64_t epoch, batch, n_batches, step;
    double wall_begin, wall;            /* of the first and newest event */
    struct rt_history_time *times;      /* of epochs' ends, both ascending */
    int n_times, cap_times, every_time; /* one of so many epochs is kept */
    double checkpoint;                  /* wall: of the newest one; NaN: none */
    double x; /* where the newest event stands, in epochs */
};
struct rt_history *rt_history_new(int run);
void rt_history_free(struct rt_history *h);
/* Takes in an event of its run; others are ignored. */
void rt_history_add(struct rt_history *h, const struct rt_event *e);
/* Seconds from its beginning to a place in epochs, between two known ones by
 * their share. */
double rt_history_seconds(const struct rt_history *h, double x);
struct rt_history_series *rt_history_find(const struct rt_history *h,
                                          const char *key);
/* What of a series lies between two places, in at most `most` buckets, as
 * rt_pyramid_take gives it: of its batches, or of its epochs. */
int rt_history_take(const struct rt_history_series *s, bool batches, double lo,
                    double hi, int most, struct rt_bucket *out,
                    int64_t *looked);
/* Adds a mark; x does not go down. */
void rt_history_mark(struct rt_history *h, double x, const char *text);
/* Marks for a plot from lo to hi: each of them while they are few. Of many, as
 * a schedule that acts at every epoch leaves them, in each of some 16 parts the
 * first one, up to the last of its kind, and one of another kind. Texts are the
 * history's. Costs the parts, not the marks. Returns how many. */
enum { RT_SPANS_MAX = 48 };
struct rt_history_span {
    double x;
    const char *first, *last;
};
int rt_history_spans(const struct rt_history *h, double lo, double hi,
                     struct rt_history_span out[RT_SPANS_MAX]);
/* A series' key, as rt_name_fn (base/suggest.h); of: a history. */
const char *rt_history_name(const void *of, int i);
#endif
