/* What a layer's build function may ask for beside nodes: weights, penalties,
 * updates of weights. */
#include "nn/model.h"

#include "base/vec.h"
#include "nn/init.h"
#include "nn/regularizer.h"

#include <assert.h>

/* ---- weights ------------------------------------------------------------- */

static struct rt_weight *weight_new(const struct rt_build *b, const char *name,
                                    const struct rt_shape *shape,
                                    const char *init, unsigned flags)
{
    struct rt_model_layer *l = b->layer;
    struct rt_weight *w = rt_xcalloc(1, sizeof *w);
    w->name = rt_xstrdup(name);
    w->layer = l;
    w->type = b->type;
    w->shape = *shape;
    w->n = rt_shape_count(shape);
    w->init = rt_xstrdup(init);
    w->fixed = flags & (RT_WEIGHT_FIXED | RT_WEIGHT_STATE);
    w->state = flags & RT_WEIGHT_STATE;
    w->key = rt_key_make(b->model->seed, RT_FOR_WEIGHTS);
    w->key = rt_key_text(w->key, b->model->name);
    w->key = rt_key_text(w->key, l->name);
    w->key = rt_key_text(w->key, name);
    struct rt_weight ***to = w->state ? &l->states : &l->weights;
    int *n = w->state ? &l->n_states : &l->n_weights;
    *to = rt_xrealloc(*to, (size_t)(*n + 1) * sizeof **to);
    (*to)[(*n)++] = w;
    return w;
}

static struct rt_weight *weight_of(const struct rt_model_layer *l,
                                   const char *name)
{
    for (int i = 0; i < l->n_weights; i++)
        if (strcmp(l->weights[i]->name, name) == 0)
            return l->weights[i];
    for (int i = 0; i < l->n_states; i++)
        if (strcmp(l->states[i]->name, name) == 0)
            return l->states[i];
    return NULL;
}

/* The node of a weight that this graph has already, or NULL. */
static struct rt_node *node_of(const struct rt_build *b,
                               const struct rt_weight *w)
{
    int number = 0, n = rt_graph_n_weights(b->g);
    while (number < n && b->built->by_number[number] != w)
        number++;
    for (int i = 0; number < n; i++)
        if (rt_graph_node(b->g, i)->weight == number)
            return rt_graph_node(b->g, i);
    return NULL;
}

static int other_shape(const struct rt_build *b, const struct rt_weight *w,
                       const struct rt_shape *shape, struct rt_err *err)
{
    const struct rt_model_layer *l = b->layer;
    const struct rt_node *before =
        node_of(b, w) && l->n_calls && l->calls[0].n_in && b->n_in
            ? rt_place_node(&l->calls[0].in[0])
            : NULL;
    if (before)
        return rt_fail(err, RT_ESHAPE,
                       "'%s' was called before with %s, now with %s: its "
                       "weights fit the first alone",
                       l->name, rt_shape_text(&before->shape),
                       rt_shape_text(&b->in[0]->shape));
    return rt_fail(err, RT_ESHAPE, "weight %s of '%s' is %s, want %s", w->name,
                   l->name, rt_shape_text(&w->shape), rt_shape_text(shape));
}

static struct rt_node *build_weight(struct rt_build *b, const char *name,
                                    const struct rt_shape *shape,
                                    const char *init, unsigned flags,
                                    struct rt_err *err)
{
    struct rt_weight *w = weight_of(b->layer, name);
    if (w && !rt_shape_equal(&w->shape, shape)) {
        other_shape(b, w, shape, err);
        return NULL;
    }
    struct rt_node *node = w ? node_of(b, w) : NULL;
    if (node)
        return node;
    if (!w && rt_init_draw(init, shape, (struct rt_key){ 0 }, NULL, err))
        return NULL;
    char *path = rt_xprintf("%s/%s", b->layer->name, name);
    node = rt_graph_weight(b->g, path, shape, err);
    free(path);
    if (!node)
        return NULL;
    if (!w)
        w = weight_new(b, name, shape, init, flags);
    struct rt_weight ***all = &b->built->by_number;
    *all = rt_xrealloc(*all, (size_t)(node->weight + 1) * sizeof **all);
    (*all)[node->weight] = w;
    return node;
}

struct rt_node *rt_build_weight(struct rt_build *b, const char *name,
                                const struct rt_shape *shape, const char *init,
                                unsigned flags, struct rt_err *err)
{
    if (!b->prefix)
        return build_weight(b, name, shape, init, flags, err);
    char *path = rt_xprintf("%s/%s", b->prefix, name);
    struct rt_node *node = build_weight(b, path, shape, init, flags, err);
    free(path);
    return node;
}

struct rt_node *rt_build_state(struct rt_build *b, const char *name, int units,
                               struct rt_err *err)
{
    int rows = rt_model_batch(b->model);
    if (!rows) {
        rt_fail(err, RT_EINVAL,
                "stateful needs the size of a batch: input NAME SHAPE "
                "batch_size=32");
        return NULL;
    }
    return rt_build_weight(b, name, &RT_SHAPE(rows, units), "zeros",
                           RT_WEIGHT_STATE, err);
}

struct rt_node *rt_build_trained(struct rt_build *b, const char *name,
                                 const struct rt_shape *shape,
                                 const struct rt_weight_args *w,
                                 struct rt_err *err)
{
    int before = rt_graph_n_weights(b->g);
    struct rt_constraint_args args;
    const struct rt_constraint *constraint = NULL;
    if (w->constraint &&
        !(constraint = rt_constraint_find(w->constraint, shape, &args, err)))
        return NULL;
    struct rt_node *node =
        rt_build_weight(b, name, shape, w->initializer, 0, err);
    bool again = rt_graph_n_weights(b->g) == before;
    if (node && constraint) {
        struct rt_weight *own = b->built->by_number[node->weight];
        own->constraint = constraint;
        own->constraint_args = args;
    }
    if (!node || !w->regularizer || again)
        return node;
    struct rt_node *penalty =
        rt_regularizer_build(b->g, w->regularizer, node, false, err);
    if (!penalty)
        return NULL;
    rt_build_penalty(b, penalty);
    return node;
}

/* ---- masks --------------------------------------------------------------- */

void rt_build_mask(struct rt_build *b, int tensor, struct rt_node *mask)
{
    assert(tensor >= 0 && tensor < RT_TENSORS_MAX);
    b->masks[tensor] = mask;
}

int rt_build_masks_meet(struct rt_build *b, struct rt_node **out,
                        struct rt_err *err)
{
    *out = NULL;
    for (int i = 0; i < b->n_in; i++) {
        struct rt_node *m = b->mask[i];
        if (!m || m == *out)
            continue;
        if (*out && !rt_shape_fits(&(*out)->shape, &m->shape))
            return rt_fail(err, RT_ESHAPE, "masks %s and %s do not fit",
                           rt_shape_text(&(*out)->shape),
                           rt_shape_text(&m->shape));
        if (*out && !(m = rt_op_binary(b->g, RT_BINARY_mul, *out, m, err)))
            return RT_ESHAPE;
        *out = m;
    }
    return RT_OK;
}

static int refuse_masks(const struct rt_build *b, struct rt_err *err)
{
    for (int i = 0; i < b->n_in; i++)
        if (b->mask[i])
            return rt_fail(err, RT_EINVAL,
                           "reads '%s', of which steps are masked, and knows "
                           "no masks; a recurrent layer that gives its last "
                           "step, global_avg_pool1d or a lambda before it ends "
                           "the mask",
                           rt_place_name(&b->from[i]));
    return RT_OK;
}

struct rt_node *rt_build_layer(struct rt_build *b, const struct rt_layer *type,
                               const void *args, struct rt_err *err)
{
    if (type->mask == RT_MASK_REFUSED && refuse_masks(b, err))
        return NULL;
    b->type = type;
    struct rt_node *y = type->build(b, args, err);
    if (y && type->mask == RT_MASK_PASSED &&
        rt_build_masks_meet(b, &b->masks[0], err))
        return NULL;
    return y;
}

/* ---- penalties ----------------------------------------------------------- */

void rt_build_penalty(struct rt_build *b, struct rt_node *scalar)
{
    struct rt_built *to = b->built;
    assert(scalar->shape.rank == 0);
    to->penalties = rt_xrealloc(to->penalties, (size_t)(to->n_penalties + 1) *
                                                   sizeof *to->penalties);
    to->penalty_of = rt_xrealloc(to->penalty_of, (size_t)(to->n_penalties + 1) *
                                                     sizeof *to->penalty_of);
    to->penalty_of[to->n_penalties] = b->layer;
    to->penalties[to->n_penalties++] = scalar;
}

struct rt_node *rt_build_activity(struct rt_build *b, struct rt_node *y,
                                  const char *regularizer, struct rt_err *err)
{
    if (!y || !regularizer)
        return y;
    bool by_rows = b->model->dialect == RT_TF_KERAS_2_4_0;
    struct rt_node *penalty =
        rt_regularizer_build(b->g, regularizer, y, by_rows, err);
    if (!penalty)
        return NULL;
    rt_build_penalty(b, penalty);
    return y;
}

/* ---- updates ------------------------------------------------------------- */

static struct rt_update *update_of(const struct rt_built *built,
                                   const struct rt_weight *w)
{
    for (int i = 0; i < built->n_updates; i++)
        if (built->updates[i].weight == w)
            return &built->updates[i];
    return NULL;
}

int rt_build_update(struct rt_build *b, struct rt_node *weight,
                    struct rt_node *value, struct rt_err *err)
{
    struct rt_built *to = b->built;
    assert(weight->kind == RT_NODE_WEIGHT);
    if (!rt_shape_fits(&weight->shape, &value->shape))
        return rt_fail(err, RT_ESHAPE, "update of weight '%s' is %s, want %s",
                       weight->name, rt_shape_text(&value->shape),
                       rt_shape_text(&weight->shape));
    struct rt_weight *w = to->by_number[weight->weight];
    struct rt_update *u = update_of(to, w);
    if (!u) {
        to->updates = rt_xrealloc(to->updates, (size_t)(to->n_updates + 1) *
                                                   sizeof *to->updates);
        u = &to->updates[to->n_updates++];
    }
    *u = (struct rt_update){ w, value };
    return RT_OK;
}

struct rt_node *rt_build_latest(const struct rt_build *b,
                                struct rt_node *weight)
{
    const struct rt_update *u =
        update_of(b->built, b->built->by_number[weight->weight]);
    return u ? u->value : weight;
}

void rt_built_release(struct rt_built *b)
{
    free(b->by_number);
    free(b->penalties);
    free(b->penalty_of);
    free(b->updates);
    *b = (struct rt_built){ 0 };
}
