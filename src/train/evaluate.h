/* Evaluate, predict, confusion: inference over a data set, on the caller's
 * thread. The model must be at rest (a copy, or inside no run). */
#ifndef RT_TRAIN_EVALUATE_H
#define RT_TRAIN_EVALUATE_H
#include "data/dataset.h"
#include "nn/objective.h"

struct rt_score {
    char *key; /* loss, acc, temp_loss: as in a history, without val_ */
    double value;
};
/* Loss, per-output losses, metrics; caller frees with rt_scores_free.
 * interrupted (may be NULL) is asked between batches: RT_ECANCEL. */
int rt_evaluate(struct rt_model *m, struct rt_dataset *d, int batch_size,
                bool (*interrupted)(void), struct rt_score **out, int *n,
                struct rt_err *err);
void rt_scores_free(struct rt_score *s, int n);
/* Predictions of every output: one malloc'd array each (n_rows x row). */
struct rt_prediction {
    char *output;
    struct rt_shape row;
    float *v;
};
int rt_predict(struct rt_model *m, struct rt_dataset *d, int batch_size,
               bool (*interrupted)(void), struct rt_prediction **out, int *n,
               struct rt_err *err);
void rt_predictions_free(struct rt_prediction *p, int n);
/* Counts of (true, predicted) classes, K x K. true labels: class numbers or
 * one-hot rows; a width of 1 is two classes at 0.5. Caller frees. */
int rt_confusion(const struct rt_prediction *p, size_t n_rows,
                 const float *labels, int label_width, int64_t **out, int *k,
                 struct rt_err *err);
#endif
