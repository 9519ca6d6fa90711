/* The graph that a fit or an evaluation runs: outputs, losses, metrics. */
#include "nn/objective.h"

#include "base/schema.h"
#include "base/mem.h"
#include "nn/steer.h"

#include <stdlib.h>
#include <string.h>

/* Shape of the label that an output wants, samples first. */
static struct rt_shape label_shape(const struct rt_loss *loss,
                                   const struct rt_custom *own,
                                   const struct rt_shape *value)
{
    struct rt_shape row = rt_shape_of_row(value), label, out;
    label = own ? rt_custom_label(own, &row) : row;
    if (!own && loss->label)
        loss->label(&row, &label);
    out.rank = label.rank + 1;
    out.dim[0] = RT_DIM_ANY;
    memcpy(out.dim + 1, label.dim, (size_t)label.rank * sizeof out.dim[0]);
    return out;
}

/* Values per sample by an expression, in which outputs go by their names. */
static struct rt_node *by_expression(struct rt_objective *o,
                                     const struct rt_objective_output *out,
                                     const struct rt_custom *own,
                                     struct rt_err *err)
{
    struct rt_expr_name *names =
        rt_xcalloc((size_t)o->n_outputs, sizeof *names);
    for (int i = 0; i < o->n_outputs; i++)
        names[i] =
            (struct rt_expr_name){ o->outputs[i].name, o->outputs[i].value };
    struct rt_node *each = rt_custom_build(
        own, o->graph, out->label, out->value, names, o->n_outputs, err);
    free(names);
    if (!each)
        rt_err_within(err, "%s", own->name);
    return each;
}

static int make_metric(struct rt_objective *o,
                       const struct rt_objective_output *out, const char *spec,
                       const struct rt_customs *customs,
                       struct rt_metric_made *made, struct rt_err *err)
{
    const struct rt_custom *own = rt_customs_find(customs, spec, true);
    if (!own)
        return rt_metric_make(spec, o->graph, out->type, out->label, out->value,
                              made, err);
    *made = (struct rt_metric_made){ .mode = own->mode, .unit = "" };
    made->each = by_expression(o, out, own, err);
    return made->each ? RT_OK : RT_ESHAPE;
}

/* A metric's own name behind the word that has it weighed. */
static const char *unweighed(const struct rt_customs *customs, const char *spec)
{
    size_t n = strlen(RT_METRIC_WEIGHTED);
    bool weighed = !rt_customs_find(customs, spec, true) &&
                   !strncmp(spec, RT_METRIC_WEIGHTED, n);
    return weighed ? spec + n : spec;
}

/* Source: Keras 2.3.1, MeanMetricWrapper: sum(w v) / sum(w) over all batches;
 * Keras before: of each batch as the loss. */
static struct rt_node *weighed_mean(struct rt_objective *o,
                                    const struct rt_objective_output *out,
                                    struct rt_objective_metric *m,
                                    struct rt_node *each, struct rt_err *err)
{
    m->by_weight = !out->by_present;
    return out->by_present
               ? rt_op_present_mean(o->graph, each, out->sample_weight, err)
               : rt_op_batch_mean(o->graph, each, out->sample_weight, err);
}

static int add_metrics(struct rt_objective *o, struct rt_objective_output *out,
                       const struct rt_compile_output *from,
                       const struct rt_customs *customs, struct rt_err *err)
{
    rt_graph_where(o->graph, "metric");
    out->metrics = rt_arena_alloc(&o->arena, (size_t)(from->n_metrics + 1) *
                                                 sizeof *out->metrics);
    for (int i = 0; i < from->n_metrics; i++) {
        struct rt_objective_metric *m = &out->metrics[i];
        const char *spec = unweighed(customs, from->metrics[i]);
        m->weighed = spec != from->metrics[i];
        if (make_metric(o, out, spec, customs, &m->metric, err))
            return rt_err_within(err, "output '%s'", out->name);
        out->n_metrics++;
        m->key = rt_arena_strdup(&o->arena, from->metrics[i]);
        if (!m->metric.each)
            continue;
        struct rt_node *each = rt_loss_masked(o->graph, m->metric.each,
                                              out->mask, NULL, true, err);
        m->mean = m->weighed ? weighed_mean(o, out, m, each, err)
                             : rt_op_batch_mean(o->graph, each, NULL, err);
    }
    return RT_OK;
}

static int add_loss(struct rt_objective *o, struct rt_objective_output *out,
                    const struct rt_compile_output *from,
                    const struct rt_model *m, struct rt_err *err)
{
    void *args = NULL;
    const struct rt_customs *customs = m->compiled->customs;
    const struct rt_custom *own = rt_customs_find(customs, from->loss, false);
    /* Keras before 2.3 divided by the number of weights that are not 0 */
    bool old_mean = m->dialect < RT_KERAS_2_3_1;
    if (rt_customs_check_loss(customs, from->loss, err))
        return rt_err_within(err, "output '%s'", out->name);
    out->type =
        own ? &rt_loss_by_expression : rt_loss_find(from->loss, &args, err);
    out->loss_name =
        rt_arena_strdup(&o->arena, own ? own->name : out->type->name);
    rt_graph_where(o->graph, "loss");
    struct rt_shape shape = label_shape(out->type, own, &out->value->shape);
    out->label = rt_graph_input(
        o->graph, rt_arena_printf(&o->arena, "y:%s", out->name), &shape, err);
    out->sample_weight =
        rt_graph_input(o->graph, rt_arena_printf(&o->arena, "w:%s", out->name),
                       &RT_SHAPE(RT_DIM_ANY), err);
    struct rt_node *each =
        own ? by_expression(o, out, own, err)
            : out->type->build(o->graph, out->label, out->value, args, err);
    rt_args_free(args);
    if (!each && !own)
        rt_err_within(err, "%s", from->loss);
    out->each = each;
    each = rt_loss_masked(o->graph, each, out->mask, NULL, old_mean, err);
    out->by_present = old_mean;
    out->loss =
        old_mean ? rt_op_present_mean(o->graph, each, out->sample_weight, err)
                 : rt_op_batch_mean(o->graph, each, out->sample_weight, err);
    out->weight = from->weight;
    if (!out->loss)
        return rt_err_within(err, "output '%s'", out->name);
    return RT_OK;
}

static struct rt_node *temporal_mean(struct rt_objective *o,
                                     const struct rt_objective_output *out,
                                     struct rt_node *each, const char *of,
                                     struct rt_err *err)
{
    struct rt_node *x = rt_loss_steps(o->graph, each, out->mask, out->has,
                                      out->sample_weight, out->by_present, err);
    if (!x)
        rt_err_within(err, "output '%s': %s", out->name, of);
    return rt_op_batch_mean(o->graph, x, NULL, err);
}

int rt_objective_temporal(struct rt_objective *o, int output, int steps,
                          struct rt_err *err)
{
    struct rt_objective_output *out = &o->outputs[output];
    const struct rt_shape *of = &out->value->shape;
    if (out->steps == steps || !out->loss)
        return RT_OK;
    if (out->steps || of->rank < 3 || of->dim[1] != steps)
        return rt_fail(err, RT_ESHAPE,
                       "output '%s' is %s, and its sample weights are of %d "
                       "steps each",
                       out->name, rt_shape_text(of), steps);
    rt_graph_where(o->graph, "loss");
    struct rt_node *w = rt_graph_input(
        o->graph, rt_arena_printf(&o->arena, "w:%s:steps", out->name),
        &RT_SHAPE(RT_DIM_ANY, steps), err);
    if (!w)
        return RT_ESHAPE;
    out->sample_weight = w;
    out->steps = steps;
    out->loss = temporal_mean(o, out, out->each, out->loss_name, err);
    if (!out->loss)
        return RT_ESHAPE;
    rt_graph_where(o->graph, "metric");
    for (int i = 0; i < out->n_metrics; i++) {
        struct rt_objective_metric *m = &out->metrics[i];
        if (!m->mean || !m->weighed)
            continue;
        m->mean = temporal_mean(o, out, m->metric.each, m->key, err);
        if (!m->mean)
            return RT_ESHAPE;
    }
    return RT_OK;
}

/* Of a batch whose steps are masked, of those rows that have a label. */
static struct rt_node *partial_mean(struct rt_objective *o,
                                    struct rt_objective_output *out,
                                    struct rt_objective_metric *m,
                                    struct rt_err *err)
{
    struct rt_node *each = rt_loss_masked(o->graph, m->metric.each, out->mask,
                                          out->has, true, err);
    return m->weighed ? weighed_mean(o, out, m, each, err)
                      : rt_op_present_mean(o->graph, each, out->has, err);
}

int rt_objective_partial(struct rt_objective *o, int output, struct rt_err *err)
{
    struct rt_objective_output *out = &o->outputs[output];
    bool masked = out->mask && !out->steps;
    if (out->has)
        return RT_OK;
    rt_graph_where(o->graph, "loss");
    out->has =
        rt_graph_input(o->graph, rt_arena_printf(&o->arena, "h:%s", out->name),
                       &RT_SHAPE(RT_DIM_ANY), err);
    if (!out->has)
        return RT_ESHAPE;
    if (masked && out->by_present)
        out->loss = rt_op_present_mean(
            o->graph,
            rt_loss_masked(o->graph, out->each, out->mask, out->has, true, err),
            out->sample_weight, err);
    rt_graph_where(o->graph, "metric");
    for (int i = 0; out->loss && i < out->n_metrics; i++) {
        struct rt_objective_metric *m = &out->metrics[i];
        /* the weights of such rows are 0 */
        if (!m->mean || (m->weighed && !masked))
            continue;
        m->mean = partial_mean(o, out, m, err);
        if (!m->mean)
            return RT_ESHAPE;
    }
    return out->loss ? RT_OK : RT_ESHAPE;
}

static void number_weights(struct rt_objective *o)
{
    size_t n = (size_t)o->n_weights;
    o->offset = rt_arena_alloc(&o->arena, (n + 1) * sizeof *o->offset);
    o->trainable = rt_arena_alloc(&o->arena, (n + 1) * sizeof *o->trainable);
    for (size_t i = 0; i < n; i++) {
        const struct rt_weight *w = o->built.by_number[i];
        o->offset[i] = w->offset;
        o->trainable[i] = rt_weight_learns(w);
    }
    o->penalised = rt_arena_alloc(
        &o->arena, (size_t)(o->built.n_penalties + 1) * sizeof *o->penalised);
    for (int i = 0; i < o->built.n_penalties; i++)
        o->penalised[i] = true;
}

int rt_objective_steer(struct rt_objective *o, struct rt_model *m,
                       struct rt_err *err)
{
    int n = 0;
    rt_model_settle(m);
    o->steered = true;
    for (int i = 0; i < o->n_outputs; i++) {
        o->outputs[i].retired = m->outputs[i].retired;
        n += o->outputs[i].loss && !o->outputs[i].retired;
    }
    for (int i = 0; i < o->n_weights; i++)
        o->trainable[i] = rt_weight_trains(o->built.by_number[i]);
    for (int i = 0; i < o->built.n_penalties; i++)
        o->penalised[i] = !o->built.penalty_of[i]->rests;
    return n ? RT_OK
             : rt_fail(err, RT_ESTATE,
                       "no output of model '%s' is left that trains; `output "
                       "NAME` takes one back",
                       m->name);
}

static int add_model(struct rt_objective *o, const struct rt_model *m,
                     struct rt_err *err)
{
    struct rt_node **values =
        rt_arena_alloc(&o->arena, (size_t)(m->n_outputs + 1) * sizeof *values);
    o->n_inputs = m->n_inputs;
    o->inputs = rt_arena_alloc(&o->arena,
                               (size_t)(m->n_inputs + 1) * sizeof *o->inputs);
    o->n_outputs = m->n_outputs;
    o->outputs = rt_arena_alloc(&o->arena, (size_t)(m->n_outputs + 1) *
                                               sizeof *o->outputs);
    struct rt_node **masks =
        rt_arena_alloc(&o->arena, (size_t)(m->n_outputs + 1) * sizeof *masks);
    int status =
        rt_model_build(m, o->graph, o->inputs, values, masks, &o->built, err);
    if (status)
        return status;
    o->n_weights = rt_graph_n_weights(o->graph);
    for (int i = 0; i < m->n_outputs; i++) {
        o->outputs[i].name = rt_arena_strdup(&o->arena, m->outputs[i].name);
        o->outputs[i].value = values[i];
        o->outputs[i].mask = masks[i];
    }
    return RT_OK;
}

static struct rt_objective *assemble(const struct rt_model *m, bool with_labels,
                                     struct rt_err *err)
{
    struct rt_objective *o = rt_xcalloc(1, sizeof *o);
    o->graph = rt_graph_new();
    int status = add_model(o, m, err);
    for (int i = 0; i < o->n_outputs && !status && with_labels; i++) {
        struct rt_objective_output *out = &o->outputs[i];
        const struct rt_compile_output *from = &m->compiled->outputs[i];
        const struct rt_customs *customs = m->compiled->customs;
        if (from->loss)
            status = add_loss(o, out, from, m, err);
        if (from->loss && !status)
            status = add_metrics(o, out, from, customs, err);
    }
    if (status) {
        rt_objective_free(o);
        return NULL;
    }
    number_weights(o);
    return o;
}

struct rt_objective *rt_objective_new(struct rt_model *m, bool with_labels,
                                      struct rt_err *err)
{
    if (!m->n_outputs) {
        rt_fail(err, RT_ESTATE,
                "model '%s' has no output; say `output` behind its last "
                "layer",
                m->name);
        return NULL;
    }
    if (with_labels && !m->compiled) {
        rt_fail(err, RT_ESTATE,
                "model '%s' is not compiled; say `compile OPTIMIZER "
                "loss=...` first",
                m->name);
        return NULL;
    }
    return rt_model_ready(m, err) ? NULL : assemble(m, with_labels, err);
}

void rt_objective_free(struct rt_objective *o)
{
    if (!o)
        return;
    for (int i = 0; i < o->n_outputs; i++)
        for (int k = 0; k < o->outputs[i].n_metrics; k++)
            rt_args_free(o->outputs[i].metrics[k].metric.args);
    rt_graph_free(o->graph);
    rt_built_release(&o->built);
    rt_arena_release(&o->arena);
    free(o);
}

int rt_objective_check(const struct rt_model *m, struct rt_err *err)
{
    struct rt_objective *o = assemble(m, true, err);
    rt_objective_free(o);
    return o ? RT_OK : RT_ESHAPE;
}

char *rt_series_key(const struct rt_objective *o, int output,
                    const char *metric, bool val)
{
    const char *name =
        output >= 0 && o->n_outputs > 1 ? o->outputs[output].name : NULL;
    return rt_xprintf("%s%s%s%s", val ? "val_" : "", name ? name : "",
                      name ? "_" : "", metric ? metric : "loss");
}
