/* The run store: one SQLite file beside a folder per run. Several retorts share
 * it; a live run is owned by a lock (flock) on its folder's file `lock`, so a
 * run whose program was killed is told from one that lives.
 * Order: rt_store_open, rt_store_begin for each fit, rt_store_attach once per
 *        bus, queries, rt_store_close (writes what waits). */
#ifndef RT_STORE_RUNS_H
#define RT_STORE_RUNS_H
#include "train/bus.h"
#include "train/order.h"
#include "train/run.h"

struct rt_store; /* opaque */
/* dir NULL: rt_dir_data(). Errors: RT_EIO (read-only, no space), RT_EFORMAT (no
 * database, or of a newer version: both versions said). */
struct rt_store *rt_store_open(const char *dir, struct rt_err *err);
/* Whether it is one that can be looked at alone, on a disk or in a folder where
 * nothing can be written: rt_store_begin and rt_store_attach fail then. */
bool rt_store_read_only(const struct rt_store *s);
void rt_store_close(struct rt_store *s);
/* Writes on a thread of its own all that the bus says, as it happens. */
int rt_store_attach(struct rt_store *s, struct rt_bus *bus, struct rt_err *err);

/* What a run is, when it begins. Texts are copied. */
struct rt_run_record {
    int id;
    const char *name, *model, *script, *settings; /* settings: JSON object */
    const char *data;                             /* origin */
    uint64_t data_hash, model_hash;
    uint64_t seed;
    const char *version, *blas, *isa; /* "0.1.0", "OpenBLAS 0.3.21 SkylakeX" */
    int threads;
    int epochs, batch_size;
    int64_t params;
    const char *fit, *dir; /* its line; where it was given */
    int parent;            /* 0: none; it is a branch from the end of */
    int64_t parent_epoch;
    const char *tags;  /* words between blanks, or NULL */
    const char *point; /* settings of a sweep's point, a Tcl list, or NULL */
    int repeats;       /* the run it repeats, 0 none */
};
/* A new run; r->id is set, the lock is held until rt_store_release. */
int rt_store_begin(struct rt_store *s, struct rt_run_record *r,
                   struct rt_err *err);
/* A run of before that nobody has is to go on here: its lock is taken.
 * Errors: RT_EBUSY with who has it; RT_EIO for a store that is only read. */
int rt_store_reopen(struct rt_store *s, int id, struct rt_err *err);
/* It goes on. What was recorded behind the end of epoch `done` and behind the
 * order of that number is dropped where it will be recorded again (values,
 * orders of callbacks). epochs: its last one from now on, 0: as it was. */
int rt_store_cut(struct rt_store *s, int id, int epochs, int64_t done,
                 int64_t order, struct rt_err *err);
/* The run is over: waits until all its events are written. The lock is given up
 * when its last checkpoint is written, too. */
void rt_store_release(struct rt_store *s, int id);
/* For rt_fit_spec.recorder: commits an order before it is applied. */
struct rt_recorder rt_store_recorder(struct rt_store *s);
/* Waits until all events published so far are in the file. */
void rt_store_flush(struct rt_store *s);

/* Queries (main thread). Rows are the caller's: rt_run_rows_free. */
struct rt_run_row {
    int id;
    char *name, *model, *state, *reason; /* state: "interrupted" for the dead */
    char *data, *settings, *version, *blas, *isa;
    uint64_t seed, data_hash, model_hash;
    int threads, epochs, batch_size;
    int64_t params, epoch;                /* epochs done */
    double begun, ended;                  /* wall; NaN */
    double loss, val_loss, best_val_loss; /* NaN: none */
    char *fit, *dir; /* NULL of a run recorded before they were */
    int parent;      /* 0: none */
    int64_t parent_epoch;
    int resumed;                /* how often */
    bool ends_kept;             /* in a checkpoint, or it went on as a branch */
    char *label, *note, *point; /* or NULL */
    char *tags;                 /* words between blanks */
    double deleted;             /* wall; NaN: it is not */
    int repeats;                /* 0 none */
    uint64_t weights_hash;      /* at its end; 0 not known */
    char *origin;               /* another store, in words; or NULL */
};
/* Newest first; deleted: those that are deleted, too. */
int rt_store_list(struct rt_store *s, bool deleted, struct rt_run_row **out,
                  int *n, struct rt_err *err);
/* By number or name ("12", "mnist_mlp": its newest, a deleted one only if there
 * is no other), NULL: the newest of all. RT_ENOENT. */
int rt_store_find(struct rt_store *s, const char *id, struct rt_run_row **out,
                  struct rt_err *err);
/* Adds the names of all runs that are not deleted, without values. */
struct rt_map;
void rt_store_names(struct rt_store *s, struct rt_map *names);
void rt_run_rows_free(struct rt_run_row *r, int n);
/* The history of a stored run, as if it had been followed. */
struct rt_history;
struct rt_history *rt_store_history(struct rt_store *s, int id,
                                    struct rt_err *err);
/* The same of a run that another process may be training: adds to *h what was
 * recorded since the last call, which went up to *at. *h NULL: all of it. One
 * that was resumed since has another one, and the old one stays the caller's,
 * too. */
struct rt_history_place {
    int64_t epoch, note, resumed;
};
int rt_store_follow(struct rt_store *s, int id, struct rt_history **h,
                    struct rt_history_place *at, struct rt_err *err);
struct rt_run_note { /* orders and messages, by epoch and batch */
    double wall;
    int64_t epoch, batch;
    char *who, *text; /* order: its words, as given */
    char *says;       /* order: the answer; NULL: not answered (killed) */
    bool order;
    int code;         /* order: 0 or RT_E...; message: its level */
    int64_t number;   /* order: its id; 0: refused before it was recorded */
    bool by_callback; /* order: not to be replayed */
};
int rt_store_notes(struct rt_store *s, int id, struct rt_run_note **out, int *n,
                   struct rt_err *err);
void rt_run_notes_free(struct rt_run_note *v, int n);
#endif
