/* Statistics of layers and histograms of their numbers. What takes a batch to
 * know (gradients, updates, activations) is measured by a probe (probe.h). */
#ifndef RT_TRAIN_STATS_H
#define RT_TRAIN_STATS_H
#include "nn/model.h"

#define RT_HIST_BINS 64
/* Of what a histogram is. */
enum rt_hist_of {
    RT_HIST_WEIGHTS,
    RT_HIST_GRADS,
    RT_HIST_ACTS,
    RT_HIST_UPDATES,
    RT_N_HIST_OF
};
/* "weights", "grads", "acts", "updates"; ends with NULL. */
extern const char *const rt_hist_of_names[RT_N_HIST_OF + 1];

struct rt_layer_stats {
    char name[64], type[32], shape[64]; /* shape: of a row, "28x28" */
    int64_t params;
    bool trainable, output;
    bool rests; /* only retired outputs need it: it is not computed */
    double mean, sd, lo, hi; /* of all its weights; NaN without weights */
    double zeros;            /* share of exact zeros */
    /* Of the batch that was looked at last; NaN, and no units, before. */
    double grad;        /* norm of the gradient; 0 where nothing learns */
    double update;      /* norm of the update to that of the weights */
    double act, act_sd; /* mean and standard deviation of what it gave */
    int units;          /* along the last axis of its output */
    int dead;           /* that gave nothing but zeros of late, or, recurrent,
                           the same to all rows (RT_DEAD_ROWS) */
};
struct rt_histogram {
    char title[96]; /* dense_1 · kernel */
    double from, to;
    uint32_t bin[RT_HIST_BINS];
    int64_t n;
    int64_t epoch; /* it was made in; 0: not by a run */
};
/* All layers of a model; caller frees. Reads m->weights. */
struct rt_layer_stats *rt_stats_layers(const struct rt_model *m, int *n);
/* Of layer i alone; false past the end. */
bool rt_stats_layer(const struct rt_model *m, int i,
                    struct rt_layer_stats *out);
/* Of the first weight of layer i (kernel); false if it has none. Values that
 * are not finite are left out. */
bool rt_stats_histogram(const struct rt_model *m, int layer,
                        struct rt_histogram *out);
/* Of n values, or of at most `most` of them at even distances; the title stays
 * as it is. */
void rt_histogram_fill(struct rt_histogram *h, const float *v, size_t n,
                       size_t most);
/* Its title: "dense_1 · kernel", "dense_1 · kernel gradient". Empty if the
 * layer has no such numbers. */
void rt_histogram_title(const struct rt_model_layer *l, enum rt_hist_of of,
                        char out[96]);
#endif
