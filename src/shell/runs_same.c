/* Whether one run gave another's numbers. */
#include "shell/rerun.h"

#include "store/runs.h"
#include "train/history.h"

#include <math.h>
#include <string.h>

static bool equal(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static double value_at(const struct rt_history_series *s, double epoch)
{
    for (int i = 0; s && i < s->n_epochs; i++)
        if (s->epoch_x[i] == epoch)
            return s->epoch_v[i];
    return NAN;
}

/* The first epoch in which a series differs, and there the first series. */
static bool same_series(const struct rt_history *a, const struct rt_history *b,
                        struct rt_str *says)
{
    double found = INFINITY, was = NAN, is = NAN;
    const char *key = NULL;
    for (int i = 0; i < a->n_series; i++) {
        const struct rt_history_series *s = &a->series[i];
        const struct rt_history_series *t = rt_history_find(b, s->key);
        for (int e = 0; e < s->n_epochs && s->epoch_x[e] < found; e++) {
            /* the same runs stand at the same index */
            double v = t && e < t->n_epochs && t->epoch_x[e] == s->epoch_x[e]
                           ? t->epoch_v[e]
                           : value_at(t, s->epoch_x[e]);
            if (equal(s->epoch_v[e], v))
                continue;
            found = s->epoch_x[e];
            was = s->epoch_v[e];
            is = v;
            key = s->key;
        }
    }
    if (!key)
        return true;
    rt_str_addf(says, "%s of epoch %.0f is ", key, found);
    if (isnan(is) && !rt_history_find(b, key))
        rt_str_add(says, "not there");
    else
        rt_str_add_exact(says, is);
    rt_str_add(says, ", was ");
    rt_str_add_exact(says, was);
    return false;
}

static bool same_ends(const struct rt_run_row *a, const struct rt_run_row *b,
                      struct rt_str *says)
{
    bool ended = !strcmp(a->state, rt_run_state_name(RT_RUN_FINISHED)) ||
                 !strcmp(a->state, rt_run_state_name(RT_RUN_STOPPED));
    if (ended && a->epoch != b->epoch) {
        rt_str_addf(says, "%lld epochs, were %lld", (long long)b->epoch,
                    (long long)a->epoch);
        return false;
    }
    if (a->weights_hash && b->weights_hash &&
        a->weights_hash != b->weights_hash) {
        rt_str_add(says, "the weights at the end differ, and no series does");
        return false;
    }
    return true;
}

/* What may be why. */
static void add_causes(const struct rt_run_row *a, const struct rt_run_row *b,
                       struct rt_str *says)
{
    if (a->data_hash != b->data_hash)
        rt_str_add(says, "; the data are not the same");
    if (a->isa && b->isa && strcmp(a->isa, b->isa))
        rt_str_addf(says, "; its kernels were %s, these are %s", a->isa,
                    b->isa);
    if (a->blas && b->blas && strcmp(a->blas, b->blas))
        rt_str_addf(says, "; its BLAS was %s, this is %s", a->blas, b->blas);
    if (a->version && b->version && strcmp(a->version, b->version))
        rt_str_addf(says, "; retort was %s, this is %s", a->version,
                    b->version);
}

int rt_runs_same(struct rt_session *s, const struct rt_run_row *a,
                 const struct rt_run_row *b, bool *same, struct rt_str *says,
                 struct rt_err *err)
{
    struct rt_history *h = rt_store_history(s->store, a->id, err);
    struct rt_history *g = h ? rt_store_history(s->store, b->id, err) : NULL;
    if (g) {
        int n = 0;
        for (int i = 0; i < h->n_series; i++)
            n += h->series[i].n_epochs;
        *same = same_series(h, g, says) && same_ends(a, b, says);
        if (*same && a->weights_hash && b->weights_hash)
            rt_str_addf(says, "%d values of %d series and all weights", n,
                        h->n_series);
        else if (*same)
            rt_str_addf(says, "%d values of %d series", n, h->n_series);
        else
            add_causes(a, b, says);
    }
    rt_history_free(h);
    rt_history_free(g);
    return g ? 0 : rt_err_code(err, RT_EIO);
}
