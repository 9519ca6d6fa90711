/* Plans that are measured and never run. */
#include "train/footprint.h"
#include "base/mem.h"
#include "graph/plan.h"
#include "train/pass.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS_END = 1 << 30 };

static int measure(struct rt_model *m, const struct rt_objective *o, int rows,
                   bool training, size_t *bytes, struct rt_err *err)
{
    struct rt_plan *p = rt_pass_plan(
        &(struct rt_pass_spec){
            .model = m,
            .objective = o,
            .labels = training,
            .training = training,
        },
        rows, true, err);
    if (!p)
        return err->code;
    *bytes = rt_plan_bytes(p);
    rt_plan_free(p);
    return 0;
}

static int fill(struct rt_model *m, const struct rt_objective *o, int rows,
                struct rt_footprint *f, struct rt_err *err)
{
    bool trains = m->compiled;
    *f = (struct rt_footprint){
        .rows = rows,
        .weights = m->n_params * sizeof(float),
    };
    int rc = measure(m, o, rows, false, &f->inference, err);
    if (rc)
        return rc;
    if (trains) {
        const struct rt_compiled *c = m->compiled;
        int n = c->optimizer->n_slots(c->args);
        f->slots = (size_t)n * f->weights;
        rc = measure(m, o, rows, true, &f->training, err);
    }
    f->total = f->weights + f->inference;
    if (trains)
        f->total += f->weights + f->slots + f->training;
    return rc;
}

/* What a tenth of is left to everything else. */
static bool fits(const struct rt_footprint *f)
{
    return (double)f->total <= 0.9 * (double)rt_memory();
}

/* The most rows that fit, between low, which does, and high, which does not. */
static int search(struct rt_model *m, const struct rt_objective *o, int low,
                  int high, struct rt_footprint *out, struct rt_err *err)
{
    while (high - low > 1) {
        struct rt_footprint f;
        int middle = low + (high - low) / 2;
        if (!fill(m, o, middle, &f, err) && fits(&f)) {
            *out = f;
            low = middle;
        } else {
            high = middle;
        }
    }
    rt_err_clear(err);
    return 0;
}

int rt_footprint(struct rt_model *m, int rows, struct rt_footprint *out,
                 struct rt_err *err)
{
    struct rt_err own = RT_ERR_INIT;
    if (!err)
        err = &own;
    if (!m->n_outputs)
        return rt_fail(err, RT_EINVAL, "model '%s' has no output yet", m->name);
    struct rt_objective *o = rt_objective_new(m, m->compiled, err);
    if (!o)
        return err->code;
    bool most = rows == RT_FOOTPRINT_MOST;
    int rc = fill(m, o, most ? 1 : rows, out, err);
    if (!rc && most && !fits(out))
        rc = rt_fail(err, RT_ENOMEM, "one row does not fit into this machine");
    else if (!rc && most)
        rc = search(m, o, 1, ROWS_END, out, err);
    rt_objective_free(o);
    return rc;
}
