/* The states that a run went through, its own checkpoints and those of the runs
 * that it branched from, and which of them it can go on from. Used by rewind
 * and by resume; db is a connection of the caller's, on its thread. */
#ifndef RT_STORE_PAST_H
#define RT_STORE_PAST_H
#include "base/vec.h"
#include "store/checkpoint.h"
#include "store/db.h"

/* What a run was ordered by hand and did: an order's id is its number, its
 * boundary where it was applied. */
struct rt_hands {
    struct rt_order **v; /* an item may be NULL when it was taken */
    int n, cap;
};
void rt_hands_release(struct rt_hands *h);
/* but: the number of an order that does not count, 0: none. */
int rt_hands_read(struct rt_db *db, int run, int64_t but, struct rt_hands *out,
                  struct rt_err *err);
/* The checkpoints of the run and of those it is a branch of, as far as these
 * went its way: later places first. */
int rt_past_rows(struct rt_store *s, struct rt_db *db, int run,
                 struct rt_checkpoint_row **out, int *n, struct rt_err *err);
/* 0 if the run went through the state of c, with the orders that it was given
 * to the end of the epoch and no others. Errors: RT_ESTATE if it did not. */
int rt_past_fits(struct rt_db *db, int run, int64_t epoch,
                 const struct rt_hands *mine, const struct rt_checkpoint_row *c,
                 struct rt_checkpoint_file *file, struct rt_err *err);
#endif
