/* Statistics of layers and histograms of weights, made by the training thread
 * between two batches only while somebody asks for them. */
#ifndef RT_TRAIN_STATS_H
#define RT_TRAIN_STATS_H
#include "nn/model.h"

#define RT_HIST_BINS 64
struct rt_layer_stats {
    char name[64], type[32], shape[64]; /* shape: of a row, "28x28" */
    int64_t params;
    bool trainable, output;
    double mean, sd, lo, hi; /* of all its weights; NaN without weights */
    double zeros;            /* share of exact zeros */
};
struct rt_histogram {
    char title[96]; /* dense_1 · kernel */
    double from, to;
    int64_t bin[RT_HIST_BINS];
    int64_t n;
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
#endif
