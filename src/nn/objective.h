/* What a fit or an evaluation computes: the model's graph with labels, sample
 * weights, one loss per output and the metrics, in one graph.
 * Order: rt_objective_new, plans over .graph, rt_objective_free. */
#ifndef RT_NN_OBJECTIVE_H
#define RT_NN_OBJECTIVE_H
#include "base/arena.h"
#include "nn/metric.h"
#include "nn/model.h"

struct rt_objective_metric {
    const char *key;              /* as written: acc */
    struct rt_metric_made metric; /* with what it keeps if it is streaming */
    struct rt_node *mean; /* scalar: mean over the batch; NULL: streaming */
    bool weighed;         /* sample weights count in it */
    bool by_weight;       /* mean is of all rows, whatever they weigh: who means
                             over batches divides by the weights' sum */
};
struct rt_objective_output {
    const char *name;      /* of the output's layer */
    struct rt_node *value; /* the output */
    struct rt_node *mask;  /* (N,T): which of its steps count, or NULL */
    struct rt_node *label; /* input node "y:NAME"; NULL: no loss */
    struct rt_node *sample_weight; /* input node "w:NAME" (N): bind ones where
                                      there are none; NULL: no loss; (N,T) by
                                      rt_objective_temporal */
    int steps;                     /* T of those, else 0 */
    struct rt_node *each;          /* the loss as its builder gave it */
    struct rt_node *has;           /* input node "h:NAME" (N): 1 where a row
                                      has a label, else 0; NULL: all have one
                                      (rt_objective_partial) */
    struct rt_node *loss;          /* scalar: mean over the batch */
    bool by_present; /* it is divided by the weights that are not 0 */
    double weight;   /* loss weight */
    bool retired;    /* by rt_objective_steer: no part of it is a root */
    const struct rt_loss *type; /* rt_loss_by_expression: a user's own */
    const char *loss_name;
    struct rt_objective_metric *metrics;
    int n_metrics;
};
struct rt_objective {
    struct rt_graph *graph;
    struct rt_node **inputs; /* of the model, in its order */
    int n_inputs;
    struct rt_objective_output *outputs;
    int n_outputs;
    struct rt_built built; /* weights by number; penalties, of weight 1; the
                              updates of a batch */
    size_t *offset;        /* weight number -> place in the arenas */
    bool *trainable;       /* weight number -> learns */
    bool *penalised;       /* penalty -> part of the loss */
    int n_weights;
    bool steered;          /* rt_objective_steer: a run's */
    struct rt_arena arena; /* of the arrays and texts above */
};
/* Makes the model ready (rt_model_ready) first. Losses and metrics by
 * m->compiled; with_labels false: outputs alone. Errors: RT_ESTATE if labels
 * are wanted and it is not compiled. */
struct rt_objective *rt_objective_new(struct rt_model *m, bool with_labels,
                                      struct rt_err *err);
void rt_objective_free(struct rt_objective *o);
/* Rows may lack a label of this output: its metrics are means over those that
 * have one, and so is its loss by the sample weights that are bound
 * (train/labels.h). Before a plan is made. */
int rt_objective_partial(struct rt_objective *o, int output,
                         struct rt_err *err);
/* Each step of this output has a weight of its own, Keras'
 * sample_weight_mode='temporal'. Before a plan is made.
 * Errors: RT_ESHAPE where the output has not so many steps, or a loss or a
 *         metric that is weighed has not a value for each. */
int rt_objective_temporal(struct rt_objective *o, int output, int steps,
                          struct rt_err *err);
/* For a run: outputs that the model has retired are, and what only they need
 * does not train (rt_model_settle). Evaluation takes all of them.
 * Errors: RT_ESTATE if no output with a loss is left. */
int rt_objective_steer(struct rt_objective *o, struct rt_model *m,
                       struct rt_err *err);
/* Whether the losses and metrics of m->compiled fit the outputs. */
int rt_objective_check(const struct rt_model *m, struct rt_err *err);
/* The key of a series by Keras' rules: one output "loss", "acc"; several
 * "temp_loss", "temp_acc"; val puts val_ before. metric NULL: the loss;
 * output -1: of all together, "loss". Caller frees. */
char *rt_series_key(const struct rt_objective *o, int output,
                    const char *metric, bool val);
#endif
