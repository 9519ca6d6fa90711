/* Losses and metrics of batches. The total is summed here and not in the
 * graph, so that loss weights change between two batches without a new plan. */
#include "train/tally.h"
#include "base/vec.h"

#include <math.h>

static void add_series(struct rt_tally *t, int *cap, char *key, char *val_key,
                       const struct rt_tally_series *s)
{
    if (t->n == *cap) {
        *cap = *cap ? 2 * *cap : 8;
        t->series = rt_xrealloc(t->series, (size_t)*cap * sizeof *t->series);
    }
    t->series[t->n] = *s;
    t->series[t->n].key = key;
    t->series[t->n].val_key = val_key;
    t->n++;
}

static void stream(struct rt_tally *t, int series,
                   const struct rt_objective_output *out, int k)
{
    struct rt_tally_series *s = &t->series[series];
    s->stream = out;
    s->metric = &out->metrics[k].metric;
    s->state = t->n_state;
    t->n_state += s->metric->n_state;
}

void rt_tally_init(struct rt_tally *t, const struct rt_objective *o)
{
    int cap = 0;
    *t = (struct rt_tally){ .objective = o };
    add_series(t, &cap, rt_xstrdup("loss"), rt_xstrdup("val_loss"),
               &(struct rt_tally_series){ .mode = RT_MODE_MIN });
    for (int i = 0; o->n_outputs > 1 && i < o->n_outputs; i++) {
        const struct rt_objective_output *out = &o->outputs[i];
        if (out->loss)
            add_series(t, &cap, rt_series_key(o, i, NULL, false),
                       rt_series_key(o, i, NULL, true),
                       &(struct rt_tally_series){ .mode = RT_MODE_MIN,
                                                  .output = out->name,
                                                  .node = out->loss });
    }
    for (int i = 0; i < o->n_outputs; i++) {
        const struct rt_objective_output *out = &o->outputs[i];
        for (int k = 0; k < out->n_metrics; k++)
            add_series(t, &cap, rt_series_key(o, i, out->metrics[k].key, false),
                       rt_series_key(o, i, out->metrics[k].key, true),
                       &(struct rt_tally_series){
                           .mode = out->metrics[k].metric.mode,
                           .unit = out->metrics[k].metric.unit,
                           .output = out->name,
                           .node = out->metrics[k].mean,
                       });
        for (int k = 0; k < out->n_metrics; k++)
            if (out->metrics[k].metric.type)
                stream(t, t->n - out->n_metrics + k, out, k);
    }
    t->state = rt_xcalloc(t->n_state + 1, sizeof *t->state);
    t->value = rt_xcalloc((size_t)t->n, sizeof *t->value);
    t->sum = rt_xcalloc((size_t)t->n, sizeof *t->sum);
}

void rt_tally_release(struct rt_tally *t)
{
    for (int i = 0; i < t->n; i++) {
        free(t->series[i].key);
        free(t->series[i].val_key);
    }
    free(t->series);
    free(t->value);
    free(t->sum);
    free(t->state);
    *t = (struct rt_tally){ 0 };
}

void rt_tally_clear(struct rt_tally *t)
{
    memset(t->sum, 0, (size_t)t->n * sizeof *t->sum);
    memset(t->state, 0, t->n_state * sizeof *t->state);
    t->rows = 0;
}

static double scalar(const struct rt_plan *p, const struct rt_node *node)
{
    return (double)rt_plan_value(p, node).v[0];
}

bool rt_tally_take(struct rt_tally *t, const struct rt_plan *p)
{
    const struct rt_objective *o = t->objective;
    double total = 0;
    for (int i = 0; i < o->n_outputs; i++)
        if (o->outputs[i].loss)
            total += o->outputs[i].weight * scalar(p, o->outputs[i].loss);
    for (int i = 0; i < o->built.n_penalties; i++)
        total += scalar(p, o->built.penalties[i]);
    t->value[0] = total;
    for (int i = 1; i < t->n; i++)
        if (!t->series[i].stream)
            t->value[i] = scalar(p, t->series[i].node);
    return isfinite(total);
}

static void add_stream(struct rt_tally *t, const struct rt_tally_series *s,
                       const struct rt_plan *plan)
{
    struct rt_tensor p = rt_plan_value(plan, s->stream->value);
    struct rt_tensor y = rt_plan_value(plan, s->stream->label);
    const struct rt_metric_batch batch = { .y = y.v,
                                           .p = p.v,
                                           .n = p.n / s->metric->width,
                                           .width = s->metric->width };
    s->metric->type->add(s->metric->args, &batch, t->state + s->state);
}

void rt_tally_add(struct rt_tally *t, const struct rt_plan *p, int rows)
{
    t->rows += rows;
    for (int i = 0; i < t->n; i++)
        if (t->series[i].stream) {
            add_stream(t, &t->series[i], p);
            t->value[i] = rt_tally_mean(t, i);
        } else {
            t->sum[i] += t->value[i] * rows;
        }
}

double rt_tally_mean(const struct rt_tally *t, int i)
{
    const struct rt_tally_series *s = &t->series[i];
    if (!t->rows)
        return NAN;
    if (s->stream)
        return s->metric->type->result(s->metric->args, t->state + s->state,
                                       s->metric->width);
    return t->sum[i] / (double)t->rows;
}
