/* Labels that are missing: a row whose label of an output holds a NaN has no
 * loss of it, no gradient and no metric. Means are over the rows that have one,
 * a batch without any counts nothing; where no label is missing nothing is
 * done. For pass.c and tally.c.
 * Order: rt_labels_mark before a plan is made, then rt_labels_open, and for
 *        each batch rt_labels_fill; rt_labels_close. */
#ifndef RT_TRAIN_LABELS_H
#define RT_TRAIN_LABELS_H
#include "data/dataset.h"
#include "graph/plan.h"
#include "nn/objective.h"

struct rt_label_gap { /* of one output that may lack labels */
    int output, feed;
    size_t width;     /* floats of a label */
    float *filler;    /* a label that is there, for rows without one */
    float *label;     /* of the batch, the gaps filled */
    float *has;       /* of the batch: 1 or 0 */
    double share;     /* weight of a row that has one: the mean is theirs */
    int n;            /* rows of the batch that have one */
    float *y, *p, *w; /* those rows alone, for metrics that stream */
    size_t room_y, room_p, room_w; /* floats */
};
struct rt_labels {
    struct rt_label_gap *gap;
    int n;
    size_t rows; /* of the largest batch */
};
/* What a run or an evaluation wants of a label's column. */
struct rt_wanted rt_label_wanted(const struct rt_objective_output *out);
/* Finds the outputs for which rows of a data set lack a label. One look at the
 * labels that are stored as floats. */
int rt_labels_mark(struct rt_objective *o, const struct rt_dataset *d,
                   struct rt_err *err);
/* nodes, feeds: those of the pass. Errors: RT_ENOMEM; it is closed then. */
int rt_labels_open(struct rt_labels *l, const struct rt_objective *o,
                   const struct rt_dataset *d, size_t rows,
                   const struct rt_node *const *nodes,
                   const struct rt_feed *feeds, int n_feeds,
                   struct rt_err *err);
void rt_labels_close(struct rt_labels *l);
void rt_labels_bind(const struct rt_labels *l, const struct rt_objective *o,
                    struct rt_plan *p);
/* x: the batch, by feed; labels with gaps are replaced. */
void rt_labels_fill(struct rt_labels *l, const float **x, int rows);
/* Of an output; NULL: all rows have a label. */
struct rt_label_gap *rt_labels_of(const struct rt_labels *l, int output);
/* The rows of v (rows of `width` floats) that have a label, side by side in
 * *to, whose room grows once. */
const float *rt_labels_pick(const struct rt_label_gap *g, const float *v,
                            size_t width, int rows, float **to, size_t *room);
/* The weights of these rows, `per` each, as they were before the gaps of the
 * batch had them divided by 1 / share. */
const float *rt_labels_weigh(struct rt_label_gap *g, const float *w, size_t per,
                             int rows, double share);
#endif
