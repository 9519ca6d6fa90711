/* The inside of a run, for train's own files. Who may touch a field stands
 * above its group.
 *
 * run.c      its life: made, started, joined, freed
 * fit.c      the training thread
 * mailbox.c  orders, pauses: what happens between two batches
 * looks.c    what others see of it there
 * run_walk.c its state
 * replan.c   other plans between two batches: what trains has changed
 * best.c     the weights of its best epoch
 * checkpoint.c  when its state is handed to who keeps it
 * snapshot.c what screens see
 * outputs.c  what they see of each output
 * probe.c    statistics of a batch, while somebody wants them
 * diverged.c the report of a loss that is not finite */
#ifndef RT_TRAIN_RUN_PRIVATE_H
#define RT_TRAIN_RUN_PRIVATE_H
#include "base/vec.h"
#include "nn/steer.h"
#include "train/pass.h"
#include "train/probe.h"
#include "train/run.h"
#include "train/speed.h"
#include "train/still.h"
#include "train/tally.h"

#include <pthread.h>
#include <stdatomic.h>

/* Series by number: the tally's, the same of validation if there is one, and
 * the rate last. */
struct rt_run_series {
    const char *key, *unit, *output; /* the tally's */
    enum rt_mode mode;
    double now; /* newest value: running mean, or of the last epoch */
};
struct rt_look {
    void (*fn)(void *arg);
    void *arg;
    bool *done; /* of who waits, guarded by the run's lock; NULL: nobody */
};
struct rt_answer { /* what rt_run_tell waits for; guarded by the run's lock */
    bool done;
    bool given_up; /* nobody waits: freed by who answers */
    int code;
    char says[sizeof((struct rt_order *)0)->says];
};

struct rt_best {
    float *weights; /* NULL until there is one */
    int64_t epoch;  /* 0: none yet */
    double value;
    bool missing; /* there was no memory for it */
};

struct rt_run {
    /* immutable once made */
    struct rt_fit_spec spec; /* its data referenced */
    char *name;
    struct rt_bus *bus;
    struct rt_model *model;
    uint64_t hash; /* of the model, what may change aside */
    bool validates;
    struct rt_learning *began; /* how the model learned then */
    pthread_t thread;          /* the main thread's, as the next two */
    bool started, joined;

    /* the training thread's; the main thread's before the start and after the
     * join; anybody's while the thread rests in a look */
    struct rt_objective *objective;           /* by rt_run_replan */
    struct rt_pass_spec train_spec, val_spec; /* of the passes */
    struct rt_range *ranges;                  /* that train */
    int n_ranges;
    struct rt_range *each; /* of single weights, where clipnorm goes by them */
    int n_each;
    struct rt_rate_group *rates; /* the ranges, by their rates */
    int n_rates;
    int64_t params, trainable;
    int64_t n_batches;   /* of an epoch */
    int batch_size_next; /* from the next epoch on; 0: as now */
    struct rt_pass train, val;
    struct rt_tally tally, val_tally;
    struct rt_still still; /* of validation */
    struct rt_run_series *series;
    int n_series;
    float *grads;
    struct rt_callbacks *callbacks;
    int64_t fit;             /* number of this fit of the model */
    struct rt_key random;    /* of this fit's dropout */
    int64_t epoch, batch;    /* under way or done last, from 1 */
    bool in_epoch, in_batch; /* begun, not yet ended */
    int64_t validated;       /* newest epoch that was; 0: none */
    int64_t step;            /* batches so far, skipped updates included */
    int64_t n_skipped;       /* of this epoch, by nan=go_on */
    bool loaded;
    bool paused;                         /* it waits at the next boundary */
    int64_t step_to, step_to_epoch;      /* where a `step` pauses; 0: nowhere */
    int64_t stop_after;                  /* rt_run_stop_after; 0: never */
    RT_VEC(struct rt_order *) scheduled; /* out of the mail, not yet due */
    const struct rt_order *applying;     /* within its apply */
    struct rt_speed speed;
    struct rt_probe *probe; /* what was measured of batches; never NULL */
    double checkpoint_due;  /* clock; INFINITY: never */
    bool moved;             /* by a rewind: the epoch under way is another */
    bool batch_begun;       /* the hooks of the batch that comes were called */
    int branch;             /* number from now on; 0: the same */
    char branch_from[64];   /* where that begins: "the end of epoch 2" */
    int64_t back_to; /* epoch to whose end it went back and is on its way; one
                        that is over: it is there */
    bool pause_kept; /* this pause has its checkpoint */
    int checkpoint_failed;   /* why the last one could not be taken */
    RT_VEC(int64_t) applied; /* orders by hand that were, by number */
    struct rt_best best;
    /* RT_RUN_RUNNING while it goes on, else how it ends; set by rt_run_end */
    enum rt_run_state end;

    /* guarded by lock */
    pthread_mutex_t lock;
    pthread_cond_t news; /* mail, looks, answers, interrupts */
    RT_VEC(struct rt_order *) mail;
    RT_VEC(struct rt_look) looks;
    int64_t n_orders; /* newest id */
    bool over;        /* the thread takes no more mail */
    bool at_rest;     /* it waits at a boundary */
    char guest[256];  /* whose hook is being called; "": nobody's */
    int code;         /* with reason, why it ended */
    char reason[1024];

    /* lone flags */
    atomic_int state;     /* enum rt_run_state */
    atomic_int attention; /* something waits for the next boundary */
    atomic_int interrupted;
    atomic_int held;    /* it waits at the next boundary, unseen */
    atomic_int aborted; /* the batch under way is left undone */
    atomic_int want_stats, want_layer, want_of, want_pictures;
    atomic_int keep_stats; /* wanted by rt_run_keep_stats: to the end */

    /* guarded by snap_lock */
    pthread_mutex_t snap_lock;
    struct rt_snapshot snap; /* its state and totals aside */
};

/* The thread; arg is the run. */
void *rt_fit_thread(void *arg);

/* What the plans of this thread print are messages of the run from now on. */
void rt_run_listen(struct rt_run *r);
/* An event of this run with its counters set. */
struct rt_event *rt_run_event(const struct rt_run *r, enum rt_event_type type,
                              int n);
void rt_run_log(const struct rt_run *r, enum rt_level level, const char *who,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void rt_run_set_state(struct rt_run *r, enum rt_run_state s, const char *text);
/* Waits at the next boundary, or goes on; its state says so at once. */
void rt_run_pause(struct rt_run *r, bool pause, const char *why);
/* It ends at the next boundary; the first call counts. */
void rt_run_end(struct rt_run *r, enum rt_run_state how, int code,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));
double *rt_run_lr(const struct rt_run *r); /* the compiled optimizer's */
double rt_run_now(const struct rt_run *r, int series); /* newest value */
int rt_run_series_find(const struct rt_run *r, const char *key); /* -1 */
/* Keys of this fit, after .fit is known. */
struct rt_key rt_run_key(const struct rt_run *r, enum rt_purpose purpose);
int rt_run_rekey(struct rt_run *r, struct rt_err *err);

extern const struct rt_order_type rt_order_rewind;
/* The boundary of now, or the last one within a batch (train/order.h). */
void rt_run_place(const struct rt_run *r, int64_t *epoch, int64_t *batch);
/* Records, applies, answers and frees an order. Thread: training. */
void rt_run_apply(struct rt_run *r, struct rt_order *o);
/* Gives it to the recorder; an error refuses it. */
int rt_run_record(struct rt_run *r, const struct rt_order *o,
                  struct rt_err *err);
/* All series and their numbers, told on the bus. */
void rt_run_announce(const struct rt_run *r);
/* It has gone back and goes on as run r->branch. */
void rt_run_branch(struct rt_run *r);
/* Orders for now wait until a run that went back is there again. */
void rt_run_defer(struct rt_run *r);
/* Mail to what waits for its boundary. Thread: training. */
void rt_run_take_mail(struct rt_run *r);
/* A boundary: orders, looks, a pause. Thread: training. */
void rt_run_rest(struct rt_run *r);
/* Looks alone, and whether it was interrupted: within a validation. */
bool rt_run_glance(struct rt_run *r);
/* Whether it waits for a boundary and so is part of the run's state. */
bool rt_run_keeps(const struct rt_order *o);
/* No more orders; those that wait are refused, but for those an interrupted
 * run will come to when it goes on. Serves looks until there are none. */
void rt_run_close_mail(struct rt_run *r);

/* After a change of what trains (nn/steer.h) or of a layer's options: other
 * plans, the optimizer's state and all else as it was. Thread: training, or the
 * main one before the start. Errors: what an objective and plans say; the run
 * goes on with what it had. */
int rt_run_replan(struct rt_run *r, struct rt_err *err);
/* Batches of another size from the next epoch on; validation keeps its own, so
 * that its losses can be compared. Errors: as rt_pass_open; nothing changes. */
int rt_run_resize(struct rt_run *r, int batch_size, struct rt_err *err);
void rt_run_count_batches(struct rt_run *r);
/* The ranges and rates of the model as it trains now. */
void rt_run_find_ranges(struct rt_run *r);
/* An epoch is over: its weights are kept if it is the best so far. */
void rt_best_note(struct rt_run *r);
/* They become the model's; says which. Errors: RT_ESTATE when there are none.
 */
int rt_best_restore(struct rt_run *r, char *says, size_t n, struct rt_err *err);
void rt_best_walk(struct rt_run *r, struct rt_state *s);

/* At the boundary of now: hands the state to who keeps the run. why: "start",
 * "time", "pause", "order", "end"; name: a person's, or NULL. Thread: training.
 * Errors: RT_ESTATE where nothing is kept, RT_ENOMEM, what a callback says. */
int rt_run_checkpoint(struct rt_run *r, const char *why, const char *name,
                      struct rt_err *err);
/* The state of now, which the caller hands on or frees with
 * rt_state_memory_free; *c says where it stands. NULL: nothing is kept, or as
 * above. */
struct rt_state_memory *rt_run_portray(struct rt_run *r, const char *why,
                                       const char *name,
                                       struct rt_checkpoint *c,
                                       struct rt_err *err);
/* Says that c was handed over. */
void rt_run_tell_checkpoint(const struct rt_run *r,
                            const struct rt_checkpoint *c);
/* The same as rt_run_checkpoint if one is due, or if there must be one; a
 * failure is told once. */
void rt_run_checkpoint_due(struct rt_run *r, double now);
void rt_run_checkpoint_must(struct rt_run *r, const char *why);

/* Something is there for the training thread. Under .lock, as is the next. */
void rt_run_call_attention(struct rt_run *r);
/* For news of the run, at most 50 ms. */
void rt_run_wait_a_little(struct rt_run *r);
void rt_run_serve_looks(struct rt_run *r);

/* Who is at work from now on: a callback's name, or NULL. */
void rt_run_visit(struct rt_run *r, const char *who);

double rt_run_progress(const struct rt_run *r); /* epochs done */
/* Counters of now. */
void rt_run_snap(struct rt_run *r);
bool rt_run_wants_stats(const struct rt_run *r);
void rt_run_snap_callbacks(struct rt_run *r);
/* What became of the outputs: at the start, and after whatever may change it.
 */
void rt_run_snap_outputs(struct rt_run *r);

/* Ends the run with RT_ENAN and a report on the batch just run. */
void rt_run_diverged(struct rt_run *r, int rows, struct rt_key key);
#endif
