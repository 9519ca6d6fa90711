/* A look at one batch of a run: what its layers gave, their gradients and
 * updates, and the weights after it, as statistics and histograms of every
 * layer. Made by the training thread only while somebody wants them, at most
 * four times a second and in at most two hundredths of its time. Histograms of
 * epochs gone by are kept, thinned out as they become many.
 *
 * Order: rt_probe_batch before the forward run, rt_probe_gradients after the
 *        backward run, rt_probe_updates after the optimizer's step; all three
 *        do nothing unless it is time for a look. rt_probe_epoch at the end of
 *        an epoch, rt_probe_rest at a rest, rt_probe_replan whenever the run
 *        has another graph.
 * Thread: these six are the training thread's. The others read, under the
 *         run's snap_lock while it lives. */
#ifndef RT_TRAIN_PROBE_H
#define RT_TRAIN_PROBE_H
#include "train/mosaic.h"
#include "train/stats.h"

enum {
    RT_PAST_MAX = 32,      /* epochs of which histograms are kept */
    RT_DEAD_ROWS = 128,    /* a unit is dead when it gave nothing but zeros for
                              the last so many rows looked at, or more; one
                              of a recurrent layer when it gave all of them
                              the same, within RT_STUCK */
    RT_HIST_MOST = 1 << 19 /* values looked at for one histogram */
};
#define RT_STUCK 0.01f /* of a range of 2, tanh's */
struct rt_run;
struct rt_probe; /* opaque */
struct rt_probe *rt_probe_new(void);
void rt_probe_free(struct rt_probe *p);

void rt_probe_batch(struct rt_run *r);
void rt_probe_gradients(struct rt_run *r);
void rt_probe_updates(struct rt_run *r);
void rt_probe_epoch(struct rt_run *r);
/* Looks at the weights as they are now; what a batch is needed for stays as it
 * was. */
void rt_probe_rest(struct rt_run *r);
/* What was measured so far stays. */
void rt_probe_replan(struct rt_probe *p);

/* All layers, copied; caller frees. NULL and 0 before the first look. */
struct rt_layer_stats *rt_probe_layers(const struct rt_probe *p, int *n);
/* false: there is none. */
bool rt_probe_histogram(const struct rt_probe *p, int layer, enum rt_hist_of of,
                        struct rt_histogram *out);
/* The weights of a layer at the last look at them, which is taken by itself and
 * in as little time; a layer that is newly wanted is looked at with the next
 * batch. Caller frees; NULL: none. */
struct rt_mosaic *rt_probe_pictures(const struct rt_probe *p, int layer);
/* Those of epochs gone by, oldest first; caller frees. */
struct rt_histogram *rt_probe_past(const struct rt_probe *p, int layer,
                                   enum rt_hist_of of, int *n);
#endif
