/* Checkpoints in the store: a file each in the run's folder and a row that
 * holds its size and hash. A thread of the store's own writes them, so that
 * neither training nor the prompt waits for the disk: the file beside, synced,
 * renamed, its folder synced; then the row, committed for good; only then older
 * ones go. Kept are the oldest, the newest two, those with a name, the newest
 * ten of the others that were asked for, and the newest from which the best
 * epoch can be reached.
 * Thread: main, but for what rt_store_recorder gives. */
#ifndef RT_STORE_CHECKPOINT_H
#define RT_STORE_CHECKPOINT_H
#include "store/runs.h"
#include "train/checkpoint.h"
#include "train/state.h"

struct rt_checkpoint_row {
    int64_t id;
    int run;
    char *file; /* its whole path */
    char *name; /* NULL: none */
    char *why;
    double wall;
    int64_t epoch, batch, step, order, best_epoch;
    int64_t size;
    uint64_t hash;
};
/* Waits until an attempt was made to write all that was handed over so far.
 * Errors: of the last attempt, if it failed. */
int rt_store_keep(struct rt_store *s, struct rt_err *err);
/* Those of a run, newest first. */
int rt_store_checkpoints(struct rt_store *s, int run,
                         struct rt_checkpoint_row **out, int *n,
                         struct rt_err *err);
void rt_checkpoint_rows_free(struct rt_checkpoint_row *v, int n);
/* 0 if the file is what was written. Errors: RT_ENOENT, RT_EIO, RT_EFORMAT. */
int rt_checkpoint_verify(const struct rt_checkpoint_row *c, struct rt_err *err);
/* Removes those that are not kept (all: but the newest two and those
 * with a name), and files that are none. *n: how many went. */
int rt_store_prune(struct rt_store *s, int run, bool all, int *n,
                   struct rt_err *err);

/* A verified checkpoint as what rt_run_walk loads from. */
struct rt_checkpoint_file; /* opaque */
/* Those of the run and of the runs that it is a branch of, as far as these went
 * its way: later places first. */
int rt_store_past(struct rt_store *s, int run, struct rt_checkpoint_row **out,
                  int *n, struct rt_err *err);
/* 0 if the run went through that state: it holds the orders by hand that the
 * run was given by then, and no others. Errors: RT_ESTATE. */
int rt_store_past_fits(struct rt_store *s, int run,
                       const struct rt_checkpoint_row *c,
                       struct rt_checkpoint_file *file, struct rt_err *err);
struct rt_checkpoint_file *rt_checkpoint_open(const struct rt_checkpoint_row *c,
                                              struct rt_err *err);
void rt_checkpoint_close(struct rt_checkpoint_file *f); /* NULL is fine */
struct rt_state_backend rt_checkpoint_backend(struct rt_checkpoint_file *f);
#endif
