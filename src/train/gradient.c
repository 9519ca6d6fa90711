/* One forward and one backward run of the plan that a fit would have. */
#include "train/gradient.h"
#include "base/mem.h"
#include "base/pool.h"
#include "train/pass.h"
#include "train/tally.h"

#include <stdlib.h>

static int compute(const struct rt_model *m, const struct rt_objective *o,
                   struct rt_pass *p, uint64_t seed, double *loss,
                   struct rt_err *err)
{
    struct rt_tally t;
    rt_batches_begin(p->batches, 1, 0);
    int rows = rt_pass_next(p);
    if (rows <= 0)
        return rt_fail(err, RT_EIO, "the first batch could not be read");
    struct rt_key key = rt_key_make(seed, RT_FOR_DROPOUT);
    if (!rt_plan_forward(p->plan, rows, rt_key_text(key, m->name))) {
        const struct rt_err *fault = rt_plan_fault(p->plan);
        return rt_fail(err, fault->code, "%s", fault->text);
    }
    rt_tally_init(&t, o);
    rt_tally_take(&t, p);
    if (loss)
        *loss = t.value[0];
    rt_tally_release(&t);
    rt_plan_backward(p->plan);
    return 0;
}

int rt_gradient(struct rt_model *m, struct rt_dataset *d, int batch_size,
                uint64_t seed, float **grads, double *loss, struct rt_err *err)
{
    struct rt_err own = RT_ERR_INIT;
    struct rt_pass pass = { 0 };
    *grads = NULL;
    if (!err)
        err = &own;
    if (rt_model_ready(m, err))
        return err->code;
    if (!rt_model_params(m, true))
        return rt_fail(err, RT_ESTATE,
                       "nothing of model '%s' learns: no weight has a gradient",
                       m->name);
    struct rt_objective *o = rt_objective_new(m, true, err);
    float *g =
        o ? rt_try_alloc(m->n_params + 1, sizeof *g, "gradients", err) : NULL;
    struct rt_pass_spec spec = {
        .model = m,
        .objective = o,
        .data = d,
        .n = d->n_rows,
        .batch_size = batch_size,
        .labels = true,
        .training = true,
        .grads = g,
        .weighs = RT_WEIGHS_ALL,
    };
    rt_flush_denormals();
    int rc = g ? rt_pass_mark(o, &d, 1, err) : err->code;
    if (!rc)
        rc = rt_pass_open(&pass, &spec, err);
    if (!rc)
        rc = compute(m, o, &pass, seed, loss, err);
    rt_pass_close(&pass);
    rt_objective_free(o);
    if (rc)
        free(g);
    else
        *grads = g;
    return rc;
}
