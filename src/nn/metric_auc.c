/* auc: area under the curve of the true over the false positive rate, by
 * trapezoids between n thresholds -1e-7, 1/(n-1), ..., (n-2)/(n-1), 1 + 1e-7.
 * What is kept is how many labels of 1 (and of 0) have an output above exactly
 * the first k thresholds, k = 0..n.
 * Source: Keras 2.3.1 metrics.py. */
#include "nn/metric.h"

struct args {
    int num_thresholds;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, num_thresholds, .word = 1, .def = "200", .min = 2,
           .max = 1000000, .help = "points of the curve"),
    RT_OPT_END,
};

static size_t n_state(const void *args, size_t width)
{
    const struct args *a = args;
    (void)width;
    return 2 * ((size_t)a->num_thresholds + 1);
}

static double threshold(int i, int n)
{
    if (i == 0)
        return -1e-7;
    return i == n - 1 ? 1 + 1e-7 : (double)i / (n - 1);
}

/* How many of n thresholds p is above. The first guess may be one off, by
 * rounding. */
static int above(double p, int n)
{
    int k = p > 1 ? n - 1 : p > 0 ? (int)(p * (n - 1)) : 0;
    while (k < n && p > threshold(k, n))
        k++;
    while (k > 0 && !(p > threshold(k - 1, n)))
        k--;
    return k;
}

static void add(const void *args, const struct rt_metric_batch *b,
                double *state)
{
    const struct args *a = args;
    int n = a->num_thresholds;
    double *ones = state, *zeros = state + n + 1;
    for (size_t i = 0; i < b->n * b->width; i++)
        (b->y[i] != 0 ? ones : zeros)[above((double)b->p[i], n)] +=
            rt_metric_weight(b, i / b->width);
}

static double result(const void *args, const double *state, size_t width)
{
    const struct args *a = args;
    int n = a->num_thresholds;
    const double *ones = state, *zeros = state + n + 1;
    double n_ones = 0, n_zeros = 0, area = 0, tp = 0;
    (void)width;
    for (int k = 0; k <= n; k++) {
        n_ones += ones[k];
        n_zeros += zeros[k];
    }
    if (n_ones == 0 || n_zeros == 0)
        return 0;
    /* from the highest threshold down: those above threshold k - 1 */
    for (int k = n; k > 0; k--) {
        double right = tp + ones[k];
        if (k < n)
            area += zeros[k] / n_zeros * (tp + right) / 2 / n_ones;
        tp = right;
    }
    return area;
}

const struct rt_metric rt_metric_auc = {
    .name = "auc",
    .help = "area under the curve of the true over the false positive rate",
    .keras_class = "AUC",
    .mode = RT_MODE_MAX,
    .unit = "share",
    .opts = opts,
    .args_size = sizeof(struct args),
    .n_state = n_state,
    .add = add,
    .result = result,
};
