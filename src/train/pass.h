/* A pass over rows of a data set: the plan of an objective, the batches, and
 * which column feeds which node. Training, its validation, evaluation and
 * prediction are passes. For train's own files.
 * Order: rt_pass_open, then for each epoch rt_batches_begin(p->batches), and
 *        rt_pass_next with rt_plan_forward(p->plan) until it gives 0 rows;
 *        rt_pass_close. */
#ifndef RT_TRAIN_PASS_H
#define RT_TRAIN_PASS_H
#include "data/batch.h"
#include "graph/plan.h"
#include "nn/objective.h"
#include "train/labels.h"
#include "train/sample_weights.h"

struct rt_pass_spec {
    struct rt_model *model;
    const struct rt_objective *objective; /* borrowed for the pass's life */
    struct rt_dataset *data;
    size_t from, n; /* rows of it */
    int batch_size;
    bool labels; /* losses and metrics; else the outputs alone */
    bool training;
    const bool *skip; /* outputs, then penalties, that are left out; NULL */
    float *grads;     /* NULL unless training; borrowed */
    enum rt_weighs weighs; /* what of the data set's weights counts */
    bool shuffle;
    struct rt_key key;      /* of the shuffling */
    const atomic_int *stop; /* the plan's */
};
struct rt_pass {
    const struct rt_objective *objective;
    struct rt_plan *plan;
    struct rt_batches *batches;
    struct rt_feed *feeds;
    const struct rt_node **nodes; /* fed by feed i; NULL: a column of weights */
    const float **x;              /* of this batch */
    int n_feeds;
    struct rt_sample_weights weights;
    struct rt_labels labels; /* what is missing of them */
    int rows;                /* of this batch */
};
/* What an objective has to know of its data sets (n of them; NULL: none) before
 * there is a plan: which outputs lack labels, and whose steps have weights.
 * Errors: what rt_labels_mark and rt_sample_weights_mark say. */
int rt_pass_mark(struct rt_objective *o, struct rt_dataset *const *d, int n,
                 struct rt_err *err);
/* Errors: what rt_dataset_feed and rt_plan_new say; RT_EINVAL for no rows. p
 *         is closed then. */
int rt_pass_open(struct rt_pass *p, const struct rt_pass_spec *spec,
                 struct rt_err *err);
void rt_pass_close(struct rt_pass *p); /* zeroed ones too */
/* Binds the next batch and returns its rows; 0 at the end of the epoch. */
int rt_pass_next(struct rt_pass *p);
/* The plan of such a pass for batches of so many rows; measured: as
 * rt_plan_spec says. */
struct rt_plan *rt_pass_plan(const struct rt_pass_spec *spec, int rows,
                             bool measured, struct rt_err *err);
/* The plan of such a pass for its largest batch. */
struct rt_plan *rt_pass_replan(const struct rt_pass_spec *spec,
                               struct rt_err *err);
/* Goes on with another plan, of another objective of the same model with the
 * same losses and metrics; takes the plan. Of a pass with labels. */
void rt_pass_adopt(struct rt_pass *p, const struct rt_objective *o,
                   struct rt_plan *plan, bool training);
/* The loss weights of the objective into the plan's backward run. */
void rt_pass_weigh(struct rt_pass *p);
/* Stores the updates of weights (moving averages, where it trains, and states)
 * that the batch just run gave, after its backward run if there is one. */
void rt_pass_update(struct rt_pass *p, float *weights, bool training);
/* Other batches over the same rows and feeds. */
int rt_pass_reorder(struct rt_pass *p, const struct rt_pass_spec *spec,
                    struct rt_err *err);
#endif
