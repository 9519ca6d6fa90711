/* Other plans between two batches: which layers learn, which outputs train or
 * an option of a layer has changed. All new parts are made before an old one
 * goes, so that a failure changes nothing. Weights, slots, batches, sums and
 * streams of random numbers are not touched, hence the bits of what did not
 * change are the same. */
#include "train/run_private.h"

void rt_run_find_ranges(struct rt_run *r)
{
    struct rt_model *m = r->model;
    free(r->ranges);
    free(r->each);
    rt_rate_groups_free(r->rates, r->n_rates);
    r->ranges = rt_model_ranges(m, NULL, &r->n_ranges);
    r->each = m->dialect == RT_TF_KERAS_2_4_0
                  ? rt_model_each_range(m, &r->n_each)
                  : NULL;
    r->rates = rt_model_rates(m, &r->n_rates);
    r->params = rt_model_params(m, false);
    r->trainable = rt_model_params(m, true);
}

static struct rt_objective *make_objective(struct rt_run *r, struct rt_err *err)
{
    struct rt_objective *o = rt_objective_new(r->model, true, err);
    if (!o)
        return NULL;
    int code = rt_objective_steer(o, r->model, err);
    for (int i = 0; i < o->n_outputs && !code; i++)
        if (r->objective->outputs[i].has)
            code = rt_objective_partial(o, i, err);
    for (int i = 0; i < o->n_outputs && !code; i++)
        if (r->objective->outputs[i].steps)
            code = rt_objective_temporal(o, i, r->objective->outputs[i].steps,
                                         err);
    if (!code)
        return o;
    rt_objective_free(o);
    return NULL;
}

/* Texts of series lie in the objective. */
static void move_series(struct rt_run *r)
{
    const struct rt_tally *t = &r->tally;
    for (int i = 0; i < r->n_series - 1; i++) {
        const struct rt_tally_series *s = &t->series[i % t->n];
        r->series[i].unit = s->unit;
        r->series[i].output = s->output;
        if (s->retired)
            r->series[i].now = NAN;
    }
}

static void adopt(struct rt_run *r, struct rt_objective *o,
                  struct rt_plan *train, struct rt_plan *val)
{
    struct rt_objective *was = r->objective;
    r->objective = o;
    r->train_spec.objective = r->val_spec.objective = o;
    rt_pass_adopt(&r->train, o, train, true);
    rt_tally_move(&r->tally, o);
    if (r->validates) {
        rt_pass_adopt(&r->val, o, val, false);
        rt_tally_move(&r->val_tally, o);
    }
    move_series(r);
    rt_still_find(r);
    rt_run_find_ranges(r);
    rt_probe_replan(r->probe);
    rt_objective_free(was);
}

int rt_run_replan(struct rt_run *r, struct rt_err *err)
{
    struct rt_objective *o = make_objective(r, err);
    if (!o)
        return -1;
    struct rt_pass_spec train = r->train_spec, val = r->val_spec;
    val.skip = NULL;
    train.objective = val.objective = o;
    struct rt_plan *of_train = rt_pass_replan(&train, err), *of_val = NULL;
    if (of_train && r->validates)
        of_val = rt_pass_replan(&val, err);
    if (!of_train || (r->validates && !of_val)) {
        rt_plan_free(of_train);
        rt_objective_free(o);
        return -1;
    }
    adopt(r, o, of_train, of_val);
    return 0;
}

void rt_run_count_batches(struct rt_run *r)
{
    int steps = r->spec.steps;
    r->n_batches = rt_batches_count(r->train.batches);
    if (steps > 0 && steps < r->n_batches)
        r->n_batches = steps;
}

int rt_run_resize(struct rt_run *r, int batch_size, struct rt_err *err)
{
    struct rt_pass_spec spec = r->train_spec;
    struct rt_pass pass;
    spec.batch_size = batch_size;
    if (rt_model_check_batch(r->model, batch_size, spec.n, err) ||
        rt_pass_open(&pass, &spec, err))
        return -1;
    rt_pass_close(&r->train);
    r->train = pass;
    r->train_spec = spec;
    rt_run_count_batches(r);
    return 0;
}
