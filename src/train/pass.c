/* A pass: see pass.h. The roots of a plan stand in one order, told by
 * list_roots alone: weighted losses, penalties, metrics, updates. */
#include "train/pass.h"
#include "base/vec.h"
#include "nn/steer.h"

struct roots {
    RT_VEC(struct rt_node *) node;
    RT_VEC(bool) seeded;
};

static void add_root(struct roots *r, struct rt_node *node, bool seeded)
{
    rt_vec_push(&r->node, node);
    rt_vec_push(&r->seeded, seeded);
}

/* States go on after every batch, but not below retired outputs alone. */
static bool updates(const struct rt_objective *o, const struct rt_update *u,
                    bool training)
{
    const struct rt_model_layer *l = u->weight->layer;
    if (u->weight->state)
        return !o->steered || !l->rests;
    return training && rt_layer_averages(l);
}

static void list_updates(const struct rt_objective *o, bool training,
                         struct roots *r)
{
    for (int i = 0; i < o->built.n_updates; i++)
        if (updates(o, &o->built.updates[i], training))
            add_root(r, o->built.updates[i].value, false);
}

/* Whether an output's loss and metrics are computed. */
static bool trains(const struct rt_objective_output *o)
{
    return o->loss && !o->retired;
}

/* A streaming one reads the output itself, and which of its steps count. */
static void add_metric(struct roots *r, const struct rt_objective_output *o,
                       int k)
{
    struct rt_node *mean = o->metrics[k].mean;
    add_root(r, mean ? mean : o->value, false);
    if (!mean && o->mask)
        add_root(r, o->mask, false);
}

static void list_roots(const struct rt_objective *o,
                       const struct rt_pass_spec *spec, struct roots *r)
{
    const bool *skip = spec->skip;
    for (int i = 0; !spec->labels && i < o->n_outputs; i++)
        add_root(r, o->outputs[i].value, false);
    if (!spec->labels) {
        list_updates(o, spec->training, r);
        return;
    }
    for (int i = 0; i < o->n_outputs; i++)
        if (trains(&o->outputs[i]) && !(skip && skip[i]))
            add_root(r, o->outputs[i].loss, spec->training);
    for (int i = 0; i < o->built.n_penalties; i++)
        if (o->penalised[i] && !(skip && skip[o->n_outputs + i]))
            add_root(r, o->built.penalties[i], spec->training);
    for (int i = 0; i < o->n_outputs; i++)
        for (int k = 0; trains(&o->outputs[i]) && !(skip && skip[i]) &&
                        k < o->outputs[i].n_metrics;
             k++)
            add_metric(r, &o->outputs[i], k);
    list_updates(o, spec->training, r);
}

void rt_pass_weigh(struct rt_pass *p)
{
    const struct rt_objective *o = p->objective;
    for (int i = 0, root = 0; i < o->n_outputs; i++)
        if (trains(&o->outputs[i]))
            rt_plan_seed(p->plan, root++, o->outputs[i].weight);
}

/* Of a batch: a batch_size may be larger than the data set. */
static int most_rows(const struct rt_pass_spec *spec)
{
    return (size_t)spec->batch_size < spec->n ? spec->batch_size : (int)spec->n;
}

struct rt_plan *rt_pass_plan(const struct rt_pass_spec *spec, int rows,
                             bool measured, struct rt_err *err)
{
    const struct rt_objective *o = spec->objective;
    struct roots r = { { 0 }, { 0 } };
    list_roots(o, spec, &r);
    struct rt_plan *p = rt_plan_new(
        &(struct rt_plan_spec){
            .graph = o->graph,
            .roots = r.node.v,
            .n_roots = r.node.n,
            .seeded = spec->training ? r.seeded.v : NULL,
            .trainable = spec->training ? o->trainable : NULL,
            .offset = o->offset,
            .weights = spec->model->weights,
            .grads = spec->grads,
            .rows = rows,
            .training = spec->training,
            .stop = spec->stop,
            .measured = measured,
        },
        err);
    rt_vec_release(&r.node);
    rt_vec_release(&r.seeded);
    return p;
}

struct rt_plan *rt_pass_replan(const struct rt_pass_spec *spec,
                               struct rt_err *err)
{
    return rt_pass_plan(spec, most_rows(spec), false, err);
}

static int make_plan(struct rt_pass *p, const struct rt_pass_spec *spec,
                     struct rt_err *err)
{
    p->plan = rt_pass_replan(spec, err);
    if (!p->plan)
        return -1;
    if (spec->training)
        rt_pass_weigh(p);
    return 0;
}

/* The nodes that are fed, as find_feeds lists them. */
static void find_nodes(struct rt_pass *p)
{
    const struct rt_objective *o = p->objective;
    int n = 0;
    for (int i = 0; i < o->n_inputs; i++)
        p->nodes[n++] = o->inputs[i];
    for (int i = 0; i < o->n_outputs; i++)
        if (o->outputs[i].label)
            p->nodes[n++] = o->outputs[i].label;
}

/* Labels that are read beside the plan: where some are missing, and where
 * classes have weights. */
static bool reads_label(const struct rt_pass *p, int feed)
{
    bool reads = false;
    for (int i = 0; i < p->labels.n; i++)
        reads = reads || p->labels.gap[i].feed == feed;
    for (int i = 0; i < p->weights.n; i++)
        reads = reads ||
                (p->weights.v[i].by_class && p->weights.v[i].label == feed);
    return reads;
}

/* What feeds retired outputs alone is not gathered. */
static void want_feeds(struct rt_pass *p)
{
    for (int i = 0; i < p->n_feeds; i++)
        rt_batches_want(p->batches, i,
                        !p->nodes[i] || rt_plan_needs(p->plan, p->nodes[i]) ||
                            reads_label(p, i));
}

static void bind_batch(struct rt_pass *p)
{
    for (int i = 0; p->rows && i < p->n_feeds; i++)
        if (p->nodes[i] && p->x[i])
            rt_plan_bind(p->plan, p->nodes[i], p->x[i]);
}

/* A hook may order another plan behind rt_pass_next and before the batch is
 * run, so that is bound, too. */
void rt_pass_adopt(struct rt_pass *p, const struct rt_objective *o,
                   struct rt_plan *plan, bool training)
{
    rt_plan_free(p->plan);
    p->plan = plan;
    p->objective = o;
    find_nodes(p);
    rt_sample_weights_move(&p->weights, o);
    rt_sample_weights_bind(&p->weights, plan);
    rt_labels_bind(&p->labels, o, plan);
    bind_batch(p);
    want_feeds(p);
    if (training)
        rt_pass_weigh(p);
}

/* All gaps first: another objective (train/replan.c) is told of them in this
 * order, and has to come to the same graph. */
int rt_pass_mark(struct rt_objective *o, struct rt_dataset *const *d, int n,
                 struct rt_err *err)
{
    int code = 0;
    for (int i = 0; i < n && !code; i++)
        code = d[i] ? rt_labels_mark(o, d[i], err) : 0;
    for (int i = 0; i < n && !code; i++)
        code = d[i] ? rt_sample_weights_mark(o, d[i], err) : 0;
    return code;
}

static int find_feeds(struct rt_pass *p, const struct rt_pass_spec *spec,
                      struct rt_err *err)
{
    const struct rt_objective *o = spec->objective;
    int most = o->n_inputs + 2 * o->n_outputs; /* labels, weights */
    struct rt_wanted *want = rt_xcalloc((size_t)most, sizeof *want);
    p->nodes = rt_xcalloc((size_t)most, sizeof *p->nodes);
    p->x = rt_xcalloc((size_t)most, sizeof *p->x);
    p->feeds = rt_xcalloc((size_t)most, sizeof *p->feeds);
    for (int i = 0; i < o->n_inputs; i++, p->n_feeds++) {
        p->nodes[p->n_feeds] = o->inputs[i];
        want[p->n_feeds] =
            (struct rt_wanted){ .node = o->inputs[i]->name,
                                .row = rt_shape_of_row(&o->inputs[i]->shape) };
    }
    for (int i = 0; spec->labels && i < o->n_outputs; i++) {
        const struct rt_objective_output *out = &o->outputs[i];
        if (!out->label)
            continue;
        p->nodes[p->n_feeds] = out->label;
        want[p->n_feeds++] = rt_label_wanted(out);
    }
    int code = rt_dataset_feed(spec->data, want, p->n_feeds, p->feeds, err);
    free(want);
    if (code || !spec->labels)
        return code;
    code = rt_labels_open(&p->labels, o, spec->data, (size_t)most_rows(spec),
                          p->nodes, p->feeds, p->n_feeds, err);
    if (code)
        return code;
    return rt_sample_weights_open(&p->weights, o, spec->data, spec->weighs,
                                  (size_t)most_rows(spec), p->nodes, p->feeds,
                                  &p->n_feeds, err);
}

int rt_pass_reorder(struct rt_pass *p, const struct rt_pass_spec *spec,
                    struct rt_err *err)
{
    struct rt_batches *batches = rt_batches_new(
        &(struct rt_batches_spec){
            .data = spec->data,
            .from = spec->from,
            .n = spec->n,
            .feeds = p->feeds,
            .n_feeds = p->n_feeds,
            .size = spec->batch_size,
            .shuffle = spec->shuffle,
            .key = spec->key,
        },
        err);
    if (!batches)
        return -1;
    rt_batches_free(p->batches);
    p->batches = batches;
    want_feeds(p);
    return 0;
}

int rt_pass_open(struct rt_pass *p, const struct rt_pass_spec *spec,
                 struct rt_err *err)
{
    *p = (struct rt_pass){ .objective = spec->objective };
    if (spec->n == 0)
        return rt_fail(err, RT_EINVAL, "data '%s' has no rows for this",
                       spec->data->name);
    int code =
        rt_model_check_batch(spec->model, spec->batch_size, spec->n, err);
    if (code)
        return code;
    if (find_feeds(p, spec, err) || make_plan(p, spec, err) ||
        rt_pass_reorder(p, spec, err)) {
        rt_pass_close(p);
        return rt_err_code(err, RT_EINVAL);
    }
    rt_sample_weights_bind(&p->weights, p->plan);
    rt_labels_bind(&p->labels, p->objective, p->plan);
    return 0;
}

void rt_pass_close(struct rt_pass *p)
{
    rt_plan_free(p->plan);
    rt_batches_free(p->batches);
    free(p->feeds);
    free(p->nodes);
    free(p->x);
    rt_sample_weights_close(&p->weights);
    rt_labels_close(&p->labels);
    *p = (struct rt_pass){ 0 };
}

void rt_pass_update(struct rt_pass *p, float *weights, bool training)
{
    const struct rt_built *b = &p->objective->built;
    for (int i = 0; i < b->n_updates; i++) {
        const struct rt_weight *w = b->updates[i].weight;
        if (updates(p->objective, &b->updates[i], training))
            memcpy(weights + w->offset,
                   rt_plan_value(p->plan, b->updates[i].value).v,
                   w->n * sizeof *weights);
    }
}

int rt_pass_next(struct rt_pass *p)
{
    p->rows = rt_batches_next(p->batches, p->x);
    if (p->rows)
        rt_labels_fill(&p->labels, p->x, p->rows);
    bind_batch(p);
    rt_sample_weights_fill(&p->weights, &p->labels, p->x, p->rows);
    return p->rows;
}
