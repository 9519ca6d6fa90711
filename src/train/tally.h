/* What an objective says of batches: the total loss, the losses of outputs and
 * the metrics, each as the value of the last batch and as a mean over batches
 * weighted by their rows (the loss that Keras shows). A streaming metric has
 * one value, of all batches since clear, in place of both. For train's own
 * files. Order: rt_tally_init, then for each epoch rt_tally_clear, and for each
 * batch rt_tally_take and rt_tally_add; rt_tally_release. */
#ifndef RT_TRAIN_TALLY_H
#define RT_TRAIN_TALLY_H
#include "train/pass.h"

struct rt_tally_series {
    char *key, *val_key; /* loss, val_loss; temp_acc, val_temp_acc */
    const char *unit;    /* NULL: none; the objective's */
    const char *output;  /* NULL: of the whole; the objective's */
    enum rt_mode mode;
    int of, of_metric; /* which output, -1: the whole; metric, -1: its loss */
    bool retired;      /* its output is: no values */
    const struct rt_node *node; /* NULL: the total loss, or streaming */
    const struct rt_objective_output *stream; /* whose metric; NULL: a mean */
    const struct rt_metric_made *metric;      /* streaming; the objective's */
    bool weighed;   /* streaming: sample weights count */
    bool by_weight; /* a mean by weights, whose sum it keeps */
    size_t state;   /* place of what it keeps */
};
struct rt_tally {
    const struct rt_objective *objective; /* borrowed */
    struct rt_tally_series *series;       /* the total loss first */
    int n;
    double *value; /* of the last batch */
    double *sum;   /* of value * rows since clear */
    double *state; /* what streaming metrics keep, since clear */
    size_t n_state;
    int64_t rows; /* since clear */
    bool partial; /* some outputs lack labels: means are over their own rows */
    double *raw;  /* of the last batch: the loss of each output, then the
                     penalties; weights not applied */
    int n_raw;
    const bool *skip; /* of raw: known already, not in the plan (train/still.h);
                         NULL: none */
    double *part; /* each output's share of the total, last the penalties' */
    double *part_sum, *part_rows; /* of part * its rows, since clear */
    int n_parts;
    float *by_step; /* weights of a batch's steps, for metrics that stream */
    size_t room;    /* floats */
};
void rt_tally_init(struct rt_tally *t, const struct rt_objective *o);
void rt_tally_release(struct rt_tally *t);
/* To another objective of the same model, losses and metrics. */
void rt_tally_move(struct rt_tally *t, const struct rt_objective *o);
void rt_tally_clear(struct rt_tally *t);
/* Reads the values of a pass' last run. false if the total loss is not
 * finite. */
bool rt_tally_take(struct rt_tally *t, const struct rt_pass *p);
/* Counts the values taken as those of so many rows; streaming metrics read
 * their batch from the plan's last run. */
void rt_tally_add(struct rt_tally *t, const struct rt_pass *p, int rows);
double rt_tally_mean(const struct rt_tally *t, int i); /* NaN: no rows yet */
#endif
