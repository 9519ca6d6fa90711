/* The weights of a batch's samples, for every output that has a loss: what
 * `weights` said of the data set, or ones. For pass.c.
 * Order: rt_sample_weights_mark before a plan is made, of all data sets that
 *        the objective is for; then rt_sample_weights_open,
 * rt_sample_weights_bind, then rt_sample_weights_fill for each batch;
 * rt_sample_weights_close. */
#ifndef RT_TRAIN_SAMPLE_WEIGHTS_H
#define RT_TRAIN_SAMPLE_WEIGHTS_H
#include "data/weigh.h"
#include "graph/plan.h"
#include "nn/objective.h"
#include "train/labels.h"

/* Keras' rule: class weights are for training; sample weights go with a data
 * set, but not into a validation by some of the training set's rows. */
enum rt_weighs { RT_WEIGHS_NOTHING, RT_WEIGHS_SAMPLES, RT_WEIGHS_ALL };

struct rt_sample_weight {
    const struct rt_node *node; /* "w:NAME" */
    int output;
    bool by_present;   /* rows of weight 0 are not counted */
    int sample, label; /* feeds; -1: no column, no label */
    size_t width;      /* floats of a label */
    size_t per;        /* weights of a row: 1, or its steps */
    size_t spread;     /* of these, how many one number of the column is for */
    const struct rt_weighing *by_class; /* the data set's; NULL: none */
    float *v;                           /* of a batch */
};
struct rt_sample_weights {
    struct rt_sample_weight *v;
    int n;
    size_t rows; /* of the largest batch */
};
/* Weights of a data set that are of steps: rt_objective_temporal.
 * Errors: RT_ESHAPE. */
int rt_sample_weights_mark(struct rt_objective *o, const struct rt_dataset *d,
                           struct rt_err *err);
/* feeds: those of the objective's nodes, behind which it puts its columns (at
 * most one for each output).
 * Errors: RT_ENOMEM; RT_ENOENT for weights of no output; RT_ESHAPE if the
 * classes of labels that are no single one a sample have weights. It is closed
 * then. */
int rt_sample_weights_open(struct rt_sample_weights *w,
                           const struct rt_objective *o,
                           const struct rt_dataset *d, enum rt_weighs what,
                           size_t rows, const struct rt_node *const *nodes,
                           struct rt_feed *feeds, int *n_feeds,
                           struct rt_err *err);
void rt_sample_weights_close(struct rt_sample_weights *w);
void rt_sample_weights_bind(const struct rt_sample_weights *w,
                            struct rt_plan *p);
/* To the nodes of another objective with the same losses. */
void rt_sample_weights_move(struct rt_sample_weights *w,
                            const struct rt_objective *o);
/* x: the batch, by feed; l: what it lacks of labels. */
void rt_sample_weights_fill(struct rt_sample_weights *w,
                            const struct rt_labels *l, const float *const *x,
                            int rows);
/* Those of the batch filled last, for an output; how many a row has in *per.
 * NULL: it has no loss. */
const float *rt_sample_weights_of(const struct rt_sample_weights *w, int output,
                                  size_t *per);
#endif
