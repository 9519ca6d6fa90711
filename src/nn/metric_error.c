/* Metrics of regression that no mean over samples gives, and the cosine.
 * Source: Keras 2.3.1 metrics.py; R2Score of Keras 2.13. */
#include "nn/metric.h"

#include <math.h>

/* ---- root_mean_squared_error --------------------------------------------- */

static size_t two(const void *args, size_t width)
{
    (void)args;
    (void)width;
    return 2;
}

static void add_squares(const void *args, const struct rt_metric_batch *b,
                        double *state)
{
    (void)args;
    for (size_t i = 0; i < b->n * b->width; i++) {
        double d = (double)b->p[i] - (double)b->y[i];
        double w = rt_metric_weight(b, i / b->width);
        state[0] += w * d * d;
        state[1] += w;
    }
}

static double root(const void *args, const double *state, size_t width)
{
    (void)args;
    (void)width;
    return sqrt(state[0] / state[1]);
}

const struct rt_metric rt_metric_root_mean_squared_error = {
    .name = "root_mean_squared_error",
    .nick = "rmse RMSE",
    .help = "root of the mean of the squared differences",
    .keras_class = "RootMeanSquaredError",
    .mode = RT_MODE_MIN,
    .unit = "",
    .n_state = two,
    .add = add_squares,
    .result = root,
};

/* ---- r2_score ------------------------------------------------------------ */

/* How many rows there were (or their weights), then of each column the mean of
 * its labels, the sum of their squared distances from it (Welford 1962; West
 * 1979 with weights), and of those from the outputs. */
enum { MEAN, SPREAD, ERROR, PER_COLUMN };

static size_t columns(const void *args, size_t width)
{
    (void)args;
    return 1 + PER_COLUMN * width;
}

static void add_columns(const void *args, const struct rt_metric_batch *b,
                        double *state)
{
    (void)args;
    for (size_t r = 0; r < b->n; r++) {
        double w = rt_metric_weight(b, r);
        if (!(w > 0))
            continue;
        state[0] += w;
        for (size_t i = 0; i < b->width; i++) {
            double *c = state + 1 + PER_COLUMN * i;
            double y = (double)b->y[r * b->width + i];
            double error = y - (double)b->p[r * b->width + i];
            double before = y - c[MEAN];
            c[MEAN] += before * w / state[0];
            c[SPREAD] += w * before * (y - c[MEAN]);
            c[ERROR] += w * error * error;
        }
    }
}

/* A column of equal labels counts as 0. */
static double explained(const void *args, const double *state, size_t width)
{
    double total = 0;
    (void)args;
    for (size_t i = 0; i < width; i++) {
        const double *c = state + 1 + PER_COLUMN * i;
        total += c[SPREAD] != 0 ? 1 - c[ERROR] / c[SPREAD] : 0;
    }
    return total / (double)width;
}

const struct rt_metric rt_metric_r2_score = {
    .name = "r2_score",
    .nick = "r2",
    .help = "share of the labels' variance that is explained, mean of columns",
    .keras_class = "R2Score",
    .mode = RT_MODE_MAX,
    .unit = "share",
    .n_state = columns,
    .add = add_columns,
    .result = explained,
};

/* ---- cosine_similarity --------------------------------------------------- */

static struct rt_node *build_cosine(struct rt_graph *g,
                                    const struct rt_loss *loss,
                                    struct rt_node *y, struct rt_node *p,
                                    const void *args, struct rt_err *err)
{
    (void)loss;
    (void)args;
    return rt_loss_cosine(g, y, p, err);
}

/* The loss of this name is its negative; as a metric the name means this. */
const struct rt_metric rt_metric_cosine_similarity = {
    .name = "cosine_similarity",
    .help = "cosine of the angle between label and output",
    .keras = "cosine_similarity",
    .keras_class = "CosineSimilarity",
    .mode = RT_MODE_MAX,
    .unit = "",
    .build = build_cosine,
};
