/* Metrics made of counts: how often an output above the threshold meets a
 * label that is not 0, over all samples and all columns together. What has no
 * denominator is 0.
 * Source: Keras 2.3.1 metrics.py; F1Score of Keras 2.13 at one threshold. */
#include "nn/metric.h"

enum { TP, FP, TN, FN, N_COUNTS };

static size_t n_counts(const void *args, size_t width)
{
    (void)args;
    (void)width;
    return N_COUNTS;
}

struct args {
    double thresholds;
};
#define OPTS(text)                                                             \
    {                                                                          \
        RT_OPT(struct args, thresholds, .name = text, .word = 1, .def = "0.5", \
               .help = "outputs above it count as 1"),                         \
            RT_OPT_END                                                         \
    }
static const struct rt_opt several[] = OPTS("thresholds");
static const struct rt_opt single[] = OPTS("threshold");

static void add(const void *args, const struct rt_metric_batch *b,
                double *state)
{
    const struct args *a = args;
    double count[N_COUNTS] = { 0 };
    for (size_t i = 0; i < b->n * b->width; i++) {
        bool says = (double)b->p[i] > a->thresholds, is = b->y[i] != 0;
        count[says ? (is ? TP : FP) : (is ? FN : TN)] +=
            rt_metric_weight(b, i / b->width);
    }
    for (int k = 0; k < N_COUNTS; k++)
        state[k] += count[k];
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

/* One record: the count or share that `value` is, of the counts s. */
#define RECORD(ident, text, other, class, options, which, how, value)          \
    static double ident##_of(const void *args, const double *s, size_t width)  \
    {                                                                          \
        (void)args;                                                            \
        (void)width;                                                           \
        return (value);                                                        \
    }                                                                          \
    const struct rt_metric rt_metric_##ident = {                               \
        .name = #ident,                                                        \
        .nick = other,                                                         \
        .help = text,                                                          \
        .keras_class = class,                                                  \
        .mode = which,                                                         \
        .unit = how,                                                           \
        .opts = options,                                                       \
        .args_size = sizeof(struct args),                                      \
        .n_state = n_counts,                                                   \
        .add = add,                                                            \
        .result = ident##_of,                                                  \
    };

RECORD(true_positives, "outputs above the threshold whose label is 1", "tp",
       "TruePositives", several, RT_MODE_MAX, "", s[TP])
RECORD(false_positives, "outputs above the threshold whose label is 0", "fp",
       "FalsePositives", several, RT_MODE_MIN, "", s[FP])
RECORD(true_negatives, "other outputs whose label is 0", "tn", "TrueNegatives",
       several, RT_MODE_MAX, "", s[TN])
RECORD(false_negatives, "other outputs whose label is 1", "fn",
       "FalseNegatives", several, RT_MODE_MIN, "", s[FN])
RECORD(precision, "share of the outputs above the threshold that are right",
       NULL, "Precision", several, RT_MODE_MAX, "share",
       share(s[TP], s[TP] + s[FP]))
RECORD(recall, "share of the labels of 1 whose output is above the threshold",
       NULL, "Recall", several, RT_MODE_MAX, "share",
       share(s[TP], s[TP] + s[FN]))
RECORD(f1_score, "harmonic mean of precision and recall", "f1", "F1Score",
       single, RT_MODE_MAX, "share",
       share(2 * s[TP], 2 * s[TP] + s[FP] + s[FN]))
