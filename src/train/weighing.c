#include "train/weighing.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

const char *const rt_weighing_forms[] = { "ratio", "inverse", NULL };

static const char *const formulas[] = { "N / N_f", "N_f / N" };

/* Mean and deviation of the finite ones of the last values. */
static void measure(const struct rt_history_series *s, int window,
                    struct rt_weighed *w)
{
    int from = window > 0 && window < s->n_epochs ? s->n_epochs - window : 0;
    double sum = 0, squares = 0;
    int good = 0;
    w->n = s->n_epochs - from;
    for (int i = from; i < s->n_epochs; i++)
        if (isfinite(s->epoch_v[i])) {
            sum += s->epoch_v[i];
            good++;
        }
    w->n_bad = w->n - good;
    w->mean = sum / good;
    for (int i = from; i < s->n_epochs; i++)
        if (isfinite(s->epoch_v[i]))
            squares += (s->epoch_v[i] - w->mean) * (s->epoch_v[i] - w->mean);
    w->sd = sqrt(squares / good);
    w->size = w->mean + 3 * w->sd;
}

static int weigh_one(const struct rt_history *h, const char *output, int window,
                     struct rt_weighed *w, struct rt_err *err)
{
    char *key = rt_xprintf("val_%s_loss", output);
    const struct rt_history_series *s = rt_history_find(h, key);
    int code = 0;
    *w = (struct rt_weighed){ .output = output };
    if (s)
        measure(s, window, w);
    if (!s)
        code = rt_fail(err, RT_ENOENT,
                       "run %d has no series %s: validation= in `fit` makes "
                       "them",
                       h->run, key);
    else if (w->n == w->n_bad)
        code = rt_fail(err, RT_ESTATE,
                       w->n ? "%s of run %d is never a finite number"
                            : "%s of run %d has no value yet",
                       key, h->run);
    else if (!(w->size > 0))
        code = rt_fail(err, RT_ESTATE,
                       "N of %s is %g, want more than 0: %s of run %d is %g "
                       "throughout",
                       output, w->size, key, h->run, w->mean);
    free(key);
    return code;
}

int rt_weigh_losses(const struct rt_history *h, const char *const *outputs,
                    int n_outputs, int window, enum rt_weighing_form form,
                    struct rt_weighed *out, struct rt_err *err)
{
    double least = INFINITY;
    if (n_outputs < 2)
        return rt_fail(err, RT_EINVAL,
                       "the model has %s with a loss, and weights are between "
                       "several",
                       n_outputs ? "one output" : "no output");
    for (int i = 0; i < n_outputs; i++) {
        int code = weigh_one(h, outputs[i], window, &out[i], err);
        if (code)
            return code;
        least = fmin(least, out[i].size);
    }
    for (int i = 0; i < n_outputs; i++)
        out[i].weight = form == RT_WEIGHING_RATIO ? out[i].size / least
                                                  : least / out[i].size;
    return 0;
}

void rt_weighed_text(const struct rt_weighed *w, int n,
                     enum rt_weighing_form form, struct rt_str *out)
{
    rt_str_add(out, "N = mean + 3 sd: ");
    for (int i = 0; i < n; i++)
        rt_str_addf(out, "%s%s %.4g + 3 x %.4g = %.4g", i ? ", " : "",
                    w[i].output, w[i].mean, w[i].sd, w[i].size);
    rt_str_addf(out, "; weight %s: ", formulas[form]);
    for (int i = 0; i < n; i++)
        rt_str_addf(out, "%s%s %.4g", i ? ", " : "", w[i].output, w[i].weight);
}
