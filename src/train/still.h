/* What a validation need not compute again: an output whose loss and metrics
 * depend on nothing that moves has the same ones in every epoch, to the bit.
 * Its values of each batch are kept, and the plan leaves it out. Which weights
 * move is known from what trains; that the others are what they were is looked
 * at before each validation, so whoever changes them (reinit, a callback that
 * puts weights back, rewind) need not tell. For train's own files. Order:
 * rt_still_find whenever there are other plans; rt_still_begin before a
 *        validation, rt_still_fill before and rt_still_note behind
 *        rt_tally_take of each batch, rt_still_end. */
#ifndef RT_TRAIN_STILL_H
#define RT_TRAIN_STILL_H
#include <stdbool.h>
#include <stdint.h>

struct rt_run;
struct rt_still {
    bool *still; /* outputs, then penalties: as those of rt_tally.raw */
    int n;
    bool any, all; /* all: no root of the plan is left */
    bool filled;   /* kept holds a whole validation */
    bool skips;    /* the plan of validation leaves them out */
    bool *below;   /* by number: a weight that a still output depends on */
    uint64_t hash; /* of the weights below, when it was filled */
    double *kept;  /* of each batch: raw, then the values of the series */
    double *state; /* of metrics that stream, at the end */
};
void rt_still_find(struct rt_run *r);
void rt_still_release(struct rt_still *s);
/* A validation begins. */
void rt_still_begin(struct rt_run *r);
/* Rows of the next batch, 0.., or 0; it is read unless nothing of it is wanted.
 */
int rt_still_next(struct rt_run *r, int64_t batch);
/* What is kept of it, to the tally, and what is to be kept, from there. */
void rt_still_fill(struct rt_run *r, int64_t batch);
void rt_still_note(struct rt_run *r, int64_t batch);
/* It was whole. */
void rt_still_end(struct rt_run *r);
#endif
