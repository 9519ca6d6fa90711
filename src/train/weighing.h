/* Weights for outputs of uneven difficulty: how large and how unsteady an
 * output's validation losses were in a fit says how much it counts in the next.
 * Source: the "heterogeneous" learning of SnowMasaya's notebook
 * time_series_anomaly_detect_keras_multivariate_improve. */
#ifndef RT_TRAIN_WEIGHING_H
#define RT_TRAIN_WEIGHING_H
#include "base/err.h"
#include "base/str.h"
#include "train/history.h"

enum rt_weighing_form {
    RT_WEIGHING_RATIO,   /* N / N_f: what is hard counts more */
    RT_WEIGHING_INVERSE, /* N_f / N: what is hard counts less */
};
extern const char *const rt_weighing_forms[]; /* by enum, NULL-terminated */

/* One output: N = mean + 3 sd (of the population), N_f the smallest of all. */
struct rt_weighed {
    const char *output; /* borrowed */
    int n, n_bad; /* values; those of them that are not finite, left out */
    double mean, sd, size, weight;
};
/* out (n_outputs) of a history's series val_OUTPUT_loss, of the last `window`
 * values (0: all of them).
 * Errors: RT_EINVAL for fewer than two outputs, RT_ENOENT for a series there is
 *         not, RT_ESTATE when no value is finite or an N is 0. */
int rt_weigh_losses(const struct rt_history *h, const char *const *outputs,
                    int n_outputs, int window, enum rt_weighing_form form,
                    struct rt_weighed *out, struct rt_err *err);
/* "N = mean + 3 sd: temp 1e-6 + 3 x 2e-6 = 7e-6, ...; weight N / N_f: temp 1,
 * gas 9.778" in one line. */
void rt_weighed_text(const struct rt_weighed *w, int n,
                     enum rt_weighing_form form, struct rt_str *out);
#endif
