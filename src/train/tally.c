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
    s->weighed = m && m->weighed;
    s->by_weight = m && m->by_weight;
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
    if (s->by_weight)
        s->state = t->n_state++;
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
    t->n_raw = o->n_outputs + o->built.n_penalties;
    t->raw = rt_xcalloc((size_t)t->n_raw + 1, sizeof *t->raw);
    t->n_parts = o->n_outputs + 1;
    t->part = rt_xcalloc(3 * (size_t)t->n_parts, sizeof *t->part);
    t->part_sum = t->part + t->n_parts;
    t->part_rows = t->part_sum + t->n_parts;
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
    free(t->raw);
    free(t->part);
    free(t->state);
    free(t->by_step);
    *t = (struct rt_tally){ 0 };
}

void rt_tally_clear(struct rt_tally *t)
{
    memset(t->sum, 0, (size_t)t->n * sizeof *t->sum);
    memset(t->part_sum, 0, 2 * (size_t)t->n_parts * sizeof *t->part_sum);
    memset(t->state, 0, t->n_state * sizeof *t->state);
    t->rows = 0;
}

static double scalar(const struct rt_plan *p, const struct rt_node *node)
{
    return (double)rt_plan_value(p, node).v[0];
}

/* Rows of the batch that count for an output. */
static int rows_of(const struct rt_pass *p, int output, int rows)
{
    const struct rt_label_gap *g = rt_labels_of(&p->labels, output);
    return g ? g->n : rows;
}

static bool skips(const struct rt_tally *t, int i)
{
    return t->skip && t->skip[i];
}

/* The penalties of the batch. */
static double take_penalties(struct rt_tally *t, const struct rt_pass *p,
                             double *total)
{
    const struct rt_objective *o = t->objective;
    double sum = 0;
    for (int i = 0; i < o->built.n_penalties; i++) {
        int at = o->n_outputs + i;
        if (!o->penalised[i])
            continue;
        if (!skips(t, at))
            t->raw[at] = scalar(p->plan, o->built.penalties[i]);
        sum += t->raw[at];
        *total += t->raw[at];
    }
    return sum;
}

/* What the weights of a batch are to be divided by: where rows lack a label the
 * others weigh more, so that their mean is the batch's. Among batches each row
 * counts for what was said of it. */
static double share_of(const struct rt_tally *t, const struct rt_pass *p,
                       int output)
{
    const struct rt_label_gap *g = rt_labels_of(&p->labels, output);
    bool shares = g && g->n && !t->objective->outputs[output].by_present;
    return shares ? g->share : 1;
}

/* The weights of the batch of a pass, summed. */
static double weight_of(const struct rt_tally *t, const struct rt_pass *p,
                        int output)
{
    size_t per;
    const float *w = rt_sample_weights_of(&p->weights, output, &per);
    double sum = 0;
    for (size_t i = 0; w && i < (size_t)p->rows * per; i++)
        sum += (double)w[i];
    return sum / (double)per / share_of(t, p, output);
}

/* The mean by weights of a batch: the node has the sum over all rows. */
static double by_weight(const struct rt_tally *t, const struct rt_pass *p,
                        const struct rt_tally_series *s)
{
    double weight = weight_of(t, p, s->of) * share_of(t, p, s->of);
    return weight > 0 ? scalar(p->plan, s->node) * p->rows / weight : 0;
}

bool rt_tally_take(struct rt_tally *t, const struct rt_pass *p)
{
    const struct rt_objective *o = t->objective;
    double total = 0;
    for (int i = 0; i < o->n_outputs; i++) {
        const struct rt_objective_output *out = &o->outputs[i];
        t->part[i] = 0;
        if (!out->loss || out->retired || !rows_of(p, i, 1))
            continue;
        if (!skips(t, i))
            t->raw[i] = scalar(p->plan, out->loss);
        t->part[i] = out->weight * t->raw[i];
        total += t->part[i];
    }
    t->part[o->n_outputs] = take_penalties(t, p, &total);
    t->value[0] = total;
    for (int i = 1; i < t->n; i++) {
        const struct rt_tally_series *s = &t->series[i];
        if (s->by_weight && !s->retired)
            t->value[i] = by_weight(t, p, s);
        else if (!s->stream && !s->retired && !skips(t, s->of))
            t->value[i] = rows_of(p, s->of, 1) ? scalar(p->plan, s->node) : NAN;
    }
    return isfinite(total);
}

/* Steps that are masked weigh nothing, others what they did (per weights a row)
 * or 1. g: of whose rows alone the batch is made; NULL: of all.
 * Source: Keras 2.3.1, call_metric_function. */
static void weigh_by_mask(struct rt_tally *t, const struct rt_tensor *mask,
                          const struct rt_label_gap *g, int rows, size_t per,
                          struct rt_metric_batch *b)
{
    size_t n = (size_t)(g ? g->n : rows), steps = mask->n / (size_t)rows;
    const float *v = mask->v;
    if (g)
        v = rt_labels_pick(g, v, steps, rows, &t->by_step, &t->room);
    if (b->w && t->room < mask->n) {
        t->room = mask->n;
        t->by_step = rt_xrealloc(t->by_step, t->room * sizeof *t->by_step);
    }
    for (size_t i = 0; b->w && i < n * steps; i++)
        t->by_step[i] = v[i] * b->w[i * per / steps];
    b->w = b->w ? t->by_step : v;
    b->per = b->n / (n * steps);
}

/* That of an output's steps; NULL: none, or what is behind them has none. */
static const struct rt_node *mask_of(const struct rt_objective_output *out)
{
    bool has = out->mask && out->value->shape.rank > out->mask->shape.rank;
    return has ? out->mask : NULL;
}

static void add_stream(struct rt_tally *t, const struct rt_tally_series *s,
                       const struct rt_pass *pass, int rows)
{
    struct rt_tensor p = rt_plan_value(pass->plan, s->stream->value);
    struct rt_tensor y = rt_plan_value(pass->plan, s->stream->label);
    struct rt_label_gap *g = rt_labels_of(&pass->labels, s->of);
    const float *of = p.v, *label = y.v;
    size_t n = p.n, of_p = p.n / (size_t)rows, of_y = y.n / (size_t)rows;
    int counted = g ? g->n : rows;
    if (g) {
        n = of_p * (size_t)g->n;
        of = rt_labels_pick(g, of, of_p, rows, &g->p, &g->room_p);
        label = rt_labels_pick(g, label, of_y, rows, &g->y, &g->room_y);
    }
    struct rt_metric_batch batch = { .y = label,
                                     .p = of,
                                     .n = n / s->metric->width,
                                     .width = s->metric->width };
    size_t per = 1;
    if (s->weighed) {
        batch.w = rt_sample_weights_of(&pass->weights, s->of, &per);
        batch.per = g && !g->n ? 1 : batch.n / ((size_t)counted * per);
        if (g)
            batch.w = rt_labels_weigh(g, batch.w, per, rows,
                                      share_of(t, pass, s->of));
    }
    if (batch.n && mask_of(s->stream)) {
        struct rt_tensor mask = rt_plan_value(pass->plan, mask_of(s->stream));
        weigh_by_mask(t, &mask, g, rows, per, &batch);
    }
    if (batch.n)
        s->metric->type->add(s->metric->args, &batch, t->state + s->state);
}

/* The total is the sum of means over different rows. */
static void add_parts(struct rt_tally *t, const struct rt_pass *p, int rows)
{
    int n = t->objective->n_outputs;
    for (int i = 0; i <= n; i++) {
        int counted = i < n ? rows_of(p, i, rows) : rows;
        t->part_sum[i] += t->part[i] * counted;
        t->part_rows[i] += counted;
    }
}

void rt_tally_add(struct rt_tally *t, const struct rt_pass *p, int rows)
{
    t->rows += rows;
    t->partial = p->labels.n > 0;
    if (t->partial)
        add_parts(t, p, rows);
    for (int i = 0; i < t->n; i++) {
        const struct rt_tally_series *s = &t->series[i];
        if (s->retired) {
            t->value[i] = NAN;
        } else if (s->stream) {
            if (!skips(t, s->of))
                add_stream(t, s, p, rows);
            t->value[i] = rt_tally_mean(t, i);
        } else if (s->by_weight) {
            double weight = weight_of(t, p, s->of);
            t->sum[i] += t->value[i] * weight;
            t->state[s->state] += weight;
        } else if (s->of < 0) {
            t->sum[i] += t->value[i] * rows;
        } else if (rows_of(p, s->of, rows)) {
            t->sum[i] += t->value[i] * rows_of(p, s->of, rows);
        }
    }
}

static double total_of_parts(const struct rt_tally *t)
{
    double total = 0;
    for (int i = 0; i <= t->objective->n_outputs; i++)
        if (t->part_rows[i] > 0)
            total += t->part_sum[i] / t->part_rows[i];
    return total;
}

double rt_tally_mean(const struct rt_tally *t, int i)
{
    const struct rt_tally_series *s = &t->series[i];
    if (!t->rows || s->retired)
        return NAN;
    if (s->stream)
        return s->metric->type->result(s->metric->args, t->state + s->state,
                                       s->metric->width);
    if (s->by_weight)
        return t->state[s->state] > 0 ? t->sum[i] / t->state[s->state] : 0;
    if (!t->partial)
        return t->sum[i] / (double)t->rows;
    if (s->of < 0)
        return total_of_parts(t);
    return t->part_rows[s->of] > 0 ? t->sum[i] / t->part_rows[s->of] : NAN;
}
