/* What a validation need not compute again: see still.h. */
#include "train/still.h"

#include "train/run_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- what moves ---------------------------------------------------------- */

/* Weights that an update changes: by the optimizer, by a moving average, or
 * states that go on. */
static bool weight_moves(const struct rt_weight *w)
{
    if (w->state)
        return true;
    return w->fixed ? rt_layer_averages(w->layer) : rt_weight_trains(w);
}

/* By node: whether its value may be another in the next epoch. */
static bool *find_moving(const struct rt_objective *o)
{
    int n = rt_graph_n(o->graph);
    bool *moves = rt_xcalloc((size_t)n + 1, sizeof *moves);
    for (int id = 0; id < n; id++) {
        const struct rt_node *node = rt_graph_node(o->graph, id);
        if (node->kind == RT_NODE_WEIGHT)
            moves[id] = weight_moves(o->built.by_number[node->weight]);
        for (int i = 0; node->kind == RT_NODE_OP && i < node->n_in; i++)
            moves[id] = moves[id] || moves[node->in[i]->id];
    }
    return moves;
}

static bool is_still(const struct rt_objective_output *out, const bool *moves)
{
    if (!out->loss || out->retired || moves[out->loss->id])
        return false;
    for (int k = 0; k < out->n_metrics; k++) {
        const struct rt_node *mean = out->metrics[k].mean;
        if (out->metrics[k].weighed)
            return false; /* the batch's weights are read anew */
        if (moves[mean ? mean->id : out->value->id])
            return false;
    }
    return true;
}

static size_t row_of(const struct rt_run *r)
{
    return (size_t)(r->val_tally.n_raw + r->val_tally.n);
}

static bool make_room(struct rt_run *r)
{
    struct rt_still *s = &r->still;
    size_t n = (size_t)rt_batches_count(r->val.batches);
    free(s->kept);
    free(s->state);
    s->kept = rt_try_alloc(n + 1, row_of(r) * sizeof *s->kept, "", NULL);
    s->state = rt_xcalloc(r->val_tally.n_state + 1, sizeof *s->state);
    return s->kept;
}

/* The weights that still outputs and penalties depend on. */
static void find_below(struct rt_run *r)
{
    const struct rt_objective *o = r->objective;
    struct rt_still *s = &r->still;
    bool *under = rt_xcalloc((size_t)rt_graph_n(o->graph) + 1, sizeof *under);
    free(s->below);
    s->below = rt_xcalloc((size_t)o->n_weights + 1, sizeof *s->below);
    for (int i = 0; i < s->n; i++) {
        if (!s->still[i])
            continue;
        if (i >= o->n_outputs) {
            under[o->built.penalties[i - o->n_outputs]->id] = true;
            continue;
        }
        const struct rt_objective_output *out = &o->outputs[i];
        under[out->loss->id] = under[out->value->id] = true;
        for (int k = 0; k < out->n_metrics; k++)
            if (out->metrics[k].mean)
                under[out->metrics[k].mean->id] = true;
    }
    for (int id = rt_graph_n(o->graph); id-- > 0;) {
        const struct rt_node *node = rt_graph_node(o->graph, id);
        if (under[id] && node->kind == RT_NODE_WEIGHT)
            s->below[node->weight] = true;
        for (int i = 0; node->kind == RT_NODE_OP && i < node->n_in; i++)
            under[node->in[i]->id] |= under[id];
    }
    free(under);
}

void rt_still_find(struct rt_run *r)
{
    const struct rt_objective *o = r->objective;
    struct rt_still *s = &r->still;
    if (!r->validates)
        return;
    s->n = r->val_tally.n_raw;
    free(s->still);
    s->still = rt_xcalloc((size_t)s->n + 1, sizeof *s->still);
    s->any = s->filled = s->skips = false;
    s->all = true;
    r->val_spec.skip = r->val_tally.skip = NULL;
    bool *moves = find_moving(o);
    for (int i = 0; i < s->n; i++) {
        int penalty = i - o->n_outputs;
        s->still[i] = penalty < 0 ? is_still(&o->outputs[i], moves)
                                  : !moves[o->built.penalties[penalty]->id];
        bool counts = penalty < 0 ? o->outputs[i].loss && !o->outputs[i].retired
                                  : o->penalised[penalty];
        s->any = s->any || (s->still[i] && penalty < 0);
        s->all = s->all && (s->still[i] || !counts);
    }
    free(moves);
    if (s->any)
        find_below(r);
    s->any = s->any && make_room(r);
}

void rt_still_release(struct rt_still *s)
{
    free(s->still);
    free(s->below);
    free(s->kept);
    free(s->state);
    *s = (struct rt_still){ 0 };
}

/* ---- a validation -------------------------------------------------------- */

static uint64_t hash_weights(const struct rt_run *r)
{
    const struct rt_objective *o = r->objective;
    uint64_t h = 0;
    for (int i = 0; i < o->n_weights; i++) {
        const struct rt_weight *w = o->built.by_number[i];
        if (r->still.below[i])
            h = rt_hash_bytes(h, r->model->weights + w->offset,
                              w->n * sizeof(float));
    }
    return h;
}

/* The plan with or without them. One that cannot be made is done without. */
static bool skip(struct rt_run *r, bool skips)
{
    struct rt_pass_spec spec = r->val_spec;
    spec.skip = skips ? r->still.still : NULL;
    struct rt_plan *plan = rt_pass_replan(&spec, NULL);
    if (!plan)
        return false;
    rt_pass_adopt(&r->val, r->objective, plan, false);
    r->val_spec = spec;
    r->val_tally.skip = spec.skip;
    r->still.skips = skips;
    return true;
}

void rt_still_begin(struct rt_run *r)
{
    struct rt_still *s = &r->still;
    if (!s->any)
        return;
    uint64_t hash = hash_weights(r);
    if (s->filled && hash == s->hash) {
        if (!s->skips && !s->all && !skip(r, true))
            s->any = false;
        s->skips = s->any;
        r->val_tally.skip = s->any ? s->still : NULL;
        return;
    }
    s->filled = false;
    s->hash = hash;
    if (s->skips && !s->all && !skip(r, false))
        s->any = false; /* never: the smaller plan was made beside this one */
    s->skips = false;
    r->val_tally.skip = NULL;
}

int rt_still_next(struct rt_run *r, int64_t batch)
{
    struct rt_pass *p = &r->val;
    size_t size = (size_t)r->val_spec.batch_size, at = (size_t)batch * size;
    if (!r->still.skips || !r->still.all || p->labels.n)
        return rt_pass_next(p);
    size_t left = at < r->val_spec.n ? r->val_spec.n - at : 0;
    return (int)(left < size ? left : size);
}

void rt_still_fill(struct rt_run *r, int64_t batch)
{
    struct rt_tally *t = &r->val_tally;
    if (!r->still.skips)
        return;
    const double *row = r->still.kept + (size_t)batch * row_of(r);
    memcpy(t->raw, row, (size_t)t->n_raw * sizeof *row);
    memcpy(t->value, row + t->n_raw, (size_t)t->n * sizeof *row);
}

void rt_still_note(struct rt_run *r, int64_t batch)
{
    const struct rt_tally *t = &r->val_tally;
    if (!r->still.any || r->still.skips)
        return;
    double *row = r->still.kept + (size_t)batch * row_of(r);
    memcpy(row, t->raw, (size_t)t->n_raw * sizeof *row);
    memcpy(row + t->n_raw, t->value, (size_t)t->n * sizeof *row);
}

void rt_still_end(struct rt_run *r)
{
    struct rt_tally *t = &r->val_tally;
    struct rt_still *s = &r->still;
    if (!s->any)
        return;
    for (int i = 0; i < t->n; i++) {
        const struct rt_tally_series *of = &t->series[i];
        if (!of->stream || !s->still[of->of])
            continue;
        double *now = t->state + of->state, *kept = s->state + of->state;
        memcpy(s->skips ? now : kept, s->skips ? kept : now,
               of->metric->n_state * sizeof *now);
    }
    s->filled = true;
}
