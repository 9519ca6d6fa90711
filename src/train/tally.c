/* Losses and metrics of batches. The total is summed here and not in the
 * graph, so that loss weights change between two batches without a new plan. */
#include "train/tally.h"
#include "base/vec.h"

#include <math.h>

/* What a series reads of the objective: loss (metric -1) or metric of an
 * output. */
static void attach(struct rt_tally_series *s, const struct rt_objective *o)
{
    const struct rt_objective_output *out = &o->outputs[s->of];
    const struct rt_objective_metric *m =
        s->of_metric < 0 ? NULL : &out->metrics[s->of_metric];
    s->output = out->name;
    s->retired = out->retired;
    s->unit = m ? m->metric.unit : NULL;
    s->node = m ? m->mean : out->loss;
    s->stream = m && m->metric.type ? out : NULL;
    s->metric = s->stream ? &m->metric : NULL;
}

static void add_series(struct rt_tally *t, int *cap, int output, int metric)
{
    const struct rt_objective *o = t->objective;
    const struct rt_objective_metric *m =
        metric < 0 ? NULL : &o->outputs[output].metrics[metric];
    const char *name = m ? m->key : NULL;
    if (t->n == *cap) {
        *cap = *cap ? 2 * *cap : 8;
        t->series = rt_xrealloc(t->series, (size_t)*cap * sizeof *t->series);
    }
    struct rt_tally_series *s = &t->series[t->n++];
    *s = (struct rt_tally_series){
        .key = rt_series_key(o, output, name, false),
        .val_key = rt_series_key(o, output, name, true),
        .mode = m ? m->metric.mode : RT_MODE_MIN,
        .of = output,
        .of_metric = metric,
    };
    if (output >= 0)
        attach(s, o);
    if (s->stream) {
        s->state = t->n_state;
        t->n_state += s->metric->n_state;
    }
}

void rt_tally_init(struct rt_tally *t, const struct rt_objective *o)
{
    int cap = 0;
    *t = (struct rt_tally){ .objective = o };
    add_series(t, &cap, -1, -1);
    for (int i = 0; o->n_outputs > 1 && i < o->n_outputs; i++)
        if (o->outputs[i].loss)
            add_series(t, &cap, i, -1);
    for (int i = 0; i < o->n_outputs; i++)
        for (int k = 0; k < o->outputs[i].n_metrics; k++)
            add_series(t, &cap, i, k);
    t->state = rt_xcalloc(t->n_state + 1, sizeof *t->state);
    t->value = rt_xcalloc((size_t)t->n, sizeof *t->value);
    t->sum = rt_xcalloc((size_t)t->n, sizeof *t->sum);
}

void rt_tally_move(struct rt_tally *t, const struct rt_objective *o)
{
    for (int i = 1; i < t->n; i++)
        attach(&t->series[i], o);
    t->objective = o;
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
        if (o->outputs[i].loss && !o->outputs[i].retired)
            total += o->outputs[i].weight * scalar(p, o->outputs[i].loss);
    for (int i = 0; i < o->built.n_penalties; i++)
        if (o->penalised[i])
            total += scalar(p, o->built.penalties[i]);
    t->value[0] = total;
    for (int i = 1; i < t->n; i++)
        if (!t->series[i].stream && !t->series[i].retired)
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
        if (t->series[i].retired) {
            t->value[i] = NAN;
        } else if (t->series[i].stream) {
            add_stream(t, &t->series[i], p);
            t->value[i] = rt_tally_mean(t, i);
        } else {
            t->sum[i] += t->value[i] * rows;
        }
}

double rt_tally_mean(const struct rt_tally *t, int i)
{
    const struct rt_tally_series *s = &t->series[i];
    if (!t->rows || s->retired)
        return NAN;
    if (s->stream)
        return s->metric->type->result(s->metric->args, t->state + s->state,
                                       s->metric->width);
    return t->sum[i] / (double)t->rows;
}
