/* A run: one fit of one model, in a thread of its own.
 *
 * Order: rt_run_new (builds the objective and the plans, so everything that
 *        does not fit is said at once), rt_run_start, orders, rt_run_join,
 *        rt_run_free. The model is borrowed and busy from new to free.
 * Thread: functions are the main thread's unless said otherwise. */
#ifndef RT_TRAIN_RUN_H
#define RT_TRAIN_RUN_H
#include "data/batch.h"
#include "nn/objective.h"
#include "train/bus.h"
#include "train/callback.h"
#include "train/checkpoint.h"
#include "train/mosaic.h"
#include "train/order.h"
#include "train/probe.h"
#include "train/state.h"
#include "train/stats.h"

#define RT_RUN_STATES(X)                                                       \
    X(QUEUED, "queued")                                                        \
    X(RUNNING, "running")                                                      \
    X(PAUSED, "paused")                                                        \
    X(FINISHED, "finished")                                                    \
    X(STOPPED, "stopped") X(FAILED, "failed") X(INTERRUPTED, "interrupted")
enum rt_run_state {
#define X(name, text) RT_RUN_##name,
    RT_RUN_STATES(X)
#undef X
};
const char *rt_run_state_name(enum rt_run_state s);

/* What writes files for a run; set by whoever starts it (train knows none).
 * Called on the training thread with its weights at rest. */
struct rt_run_io {
    int (*save_weights)(const struct rt_model *m, const char *file,
                        struct rt_err *err);
    int (*save_model)(const struct rt_model *m, const char *file,
                      struct rt_err *err);
};

struct rt_fit_spec {
    struct rt_model *model;
    struct rt_dataset *data;       /* referenced */
    struct rt_dataset *validation; /* or NULL */
    double validation_split;       /* > 0: the last share of data; NaN: none */
    int epochs, initial_epoch;     /* trains initial_epoch+1 .. epochs */
    int batch_size;
    int steps;          /* batches an epoch at most; 0: all */
    int validate_every; /* epochs; 1 */
    bool shuffle;
    bool nan_go_on;      /* fit nan=go_on */
    bool pause_on_error; /* a failing hook pauses (prompt) or fails (script) */
    uint64_t seed;
    int number;                             /* of the run, from the store */
    const char *name;                       /* mnist_mlp */
    const struct rt_attachments *callbacks; /* copied */
    struct rt_run_io io;
    struct rt_recorder recorder;
    double checkpoint_seconds; /* between two of them; 0: at the start, at
                                  pauses, at the end and by order alone */
    /* A kind of callback by name, for callback_add and for state that is
     * loaded; NULL: only what is attached. Thread: training. */
    const struct rt_plugin *(*find_plugin)(const char *name,
                                           struct rt_err *err);
};
struct rt_run; /* opaque; run_private.h for train's own files */
struct rt_run *rt_run_new(const struct rt_fit_spec *spec, struct rt_bus *bus,
                          struct rt_err *err);
int rt_run_start(struct rt_run *r, struct rt_err *err);
/* Waits for the thread's end. */
void rt_run_join(struct rt_run *r);
void rt_run_free(struct rt_run *r); /* stops and joins if need be */

int rt_run_number(struct rt_run *r); /* any thread */
/* The number from the store, which is given after rt_run_new has found nothing
 * wrong; before rt_run_start. */
void rt_run_set_number(struct rt_run *r, int number);
const char *rt_run_name(const struct rt_run *r);
struct rt_model *rt_run_model(const struct rt_run *r);
enum rt_run_state rt_run_state(const struct rt_run *r); /* any thread */
bool rt_run_over(const struct rt_run *r); /* finished, stopped, failed, ... */
/* Why it ended: "early_stopping: ..."; the error of a failed run. Copies.
 * Any thread. Returns the error's code or 0. */
int rt_run_reason(struct rt_run *r, char *text, size_t n);

/* Puts an order into the mailbox and returns its id (> 0); takes o, also on an
 * error. The answer comes as RT_EV_ORDER. Orders given before the start wait
 * for it. Thread: any. Errors: RT_ESTATE when the run is over or begins behind
 * the order's boundary, RT_EINVAL when that lies behind the last epoch. */
int64_t rt_run_order(struct rt_run *r, struct rt_order *o, struct rt_err *err);
/* The same from words, waiting for the answer (its text to says). Returns its
 * code. give_up (or NULL) is asked now and then whether to wait no longer; it
 * must not call back. Thread: any but training.
 * Errors: RT_ESTATE before the start too; RT_ECANCEL when it was given up, and
 *         the order stays in the mailbox. */
int rt_run_tell(struct rt_run *r, const char *who, const char *const *words,
                int n, bool (*give_up)(void), char *says, size_t n_says,
                struct rt_err *err);
/* The same of an order, which is taken: when it names a boundary that is still
 * to come, the answer is that it waits.
 * Errors: RT_ESTATE when the boundary has passed, RT_EINVAL when it lies behind
 *         the last epoch. */
int rt_run_tell_order(struct rt_run *r, struct rt_order *o,
                      bool (*give_up)(void), char *says, size_t n_says,
                      struct rt_err *err);
/* Ends it at the next batch boundary as interrupted (signals, quit). */
void rt_run_interrupt(struct rt_run *r);
/* Holds it at the next boundary, as a pause that nobody is told of, or lets it
 * go on: orders are applied meanwhile. Thread: any. */
void rt_run_hold(struct rt_run *r, bool hold);
bool rt_run_resting(struct rt_run *r); /* at a boundary, or over. Any thread */
/* Stops it at once: of the batch under way, or the validation, nothing stays.
 * A hook of a callback that is being called is waited for. Thread: any. */
void rt_run_abort(struct rt_run *r);
/* The callback whose hook is being called, copied; "" if none. Any thread. */
void rt_run_guest(struct rt_run *r, char *name, size_t n);
/* Calls fn(arg) while the training thread rests between two batches (or at
 * once when it is not running): to copy weights out, never to compute. fn is
 * called on the training thread or on the caller's.
 * Thread: any but training. */
void rt_run_look(struct rt_run *r, void (*fn)(void *arg), void *arg);
/* The same; give_up is asked now and then while it waits.
 * Errors: RT_ECANCEL if it gave up: fn is not called. */
int rt_run_look_until(struct rt_run *r, void (*fn)(void *arg), void *arg,
                      bool (*give_up)(void), struct rt_err *err);

/* The same without waiting: fn is called on the training thread at the next
 * boundary. false, and nothing is called, when the run has not begun or is
 * over. For who must not wait for the training thread because that may be
 * waiting for it: a recorder's own thread. What a look asks for is served at
 * the same boundary, so fn may not ask for itself without end. */
bool rt_run_look_later(struct rt_run *r, void (*fn)(void *arg), void *arg);

/* An output of the model, as the run has it now. */
struct rt_output_state {
    char name[64];
    double weight; /* of its loss; NaN: it has none */
    bool frozen;   /* nothing of what leads to it alone learns */
    bool retired;  /* it is not computed any more */
    char stop[32]; /* how far its early stop is: "3/30"; "" */
};

/* Snapshot: the newest state, for screens and bars. The copy is the caller's,
 * release it. */
struct rt_snapshot {
    enum rt_run_state state;
    int64_t epoch, n_epochs, batch, n_batches, step;
    double lr;
    double samples_per_s, seconds, seconds_left; /* NaN: not known yet */
    int64_t params, trainable;
    struct rt_layer_stats *layers; /* only while wanted */
    int n_layers;
    struct rt_histogram hist; /* of the layer and numbers that are wanted */
    bool has_hist;
    enum rt_hist_of of;
    struct rt_histogram *past; /* the same at epochs gone by, oldest first */
    int n_past;
    struct rt_mosaic *pictures; /* of the layer's weights; NULL: none */
    char *callbacks;            /* lines as rt_callbacks_status */
    struct rt_output_state *outputs;
    int n_outputs;
};
/* Thread: any. */
void rt_run_snapshot(struct rt_run *r, struct rt_snapshot *out);
void rt_snapshot_release(struct rt_snapshot *s);
/* What is made (probe.h says how seldom) while somebody wants it. Zero but for
 * layer, which is -1: nothing. */
struct rt_want {
    bool stats; /* of all layers */
    int layer;  /* whose histograms, with stats, and pictures; -1: none */
    enum rt_hist_of of;
    bool pictures;
};
/* Thread: any. */
void rt_run_want(struct rt_run *r, const struct rt_want *want);
/* They are made from now on to the run's end, whatever others want. */
void rt_run_keep_stats(struct rt_run *r);
/* What was measured so far, as rt_probe_... say. Thread: any. */
struct rt_layer_stats *rt_run_layers(struct rt_run *r, int *n);
bool rt_run_histogram(struct rt_run *r, int layer, enum rt_hist_of of,
                      struct rt_histogram *out);
struct rt_histogram *rt_run_past(struct rt_run *r, int layer,
                                 enum rt_hist_of of, int *n);
/* What was measured, when the run is over: the caller's. Thread: main. */
struct rt_probe *rt_run_take_probe(struct rt_run *r);

/* The one walk over all state of a run, at a batch boundary: run it through
 * rt_run_look, or before rt_run_start to load. A run that loaded goes on where
 * the other was, to the same bits, the callbacks and orders that wait
 * included; its specification must be the same (checked: model, seed, rows,
 * batch size, series). Pauses are not part of it. The model is spoiled if a
 * load fails in the middle. */
int rt_run_walk(struct rt_run *r, struct rt_state *s);
/* Takes back an order that waits, by its number; before the start. */
void rt_run_drop_order(struct rt_run *r, int64_t order);
/* Whether an order by hand is part of the state that was loaded. */
bool rt_run_applied(const struct rt_run *r, int64_t order);
/* A test's handle: stop as if killed after so many batches. */
void rt_run_stop_after(struct rt_run *r, int64_t steps);
#endif
