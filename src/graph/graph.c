/* The description of a computation. Everything lives in one arena but the
 * numbers of constants, whose size a user chose. */
#include "graph/graph.h"

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "graph/op.h"

#include <assert.h>
#include <string.h>

struct rt_graph {
    RT_VEC(struct rt_node *) nodes;
    int n_weights;
    struct rt_arena arena;
    struct rt_map places; /* where -> struct place */
    struct place *where;  /* now */
};

/* One `where`: its name and the random operators counted under it so far. */
struct place {
    const char *name;
    uint64_t n_random;
};

struct rt_graph *rt_graph_new(void)
{
    struct rt_graph *g = rt_xcalloc(1, sizeof *g);
    rt_graph_where(g, "");
    return g;
}

void rt_graph_free(struct rt_graph *g)
{
    if (!g)
        return;
    for (int i = 0; i < g->nodes.n; i++) {
        void *numbers = (void *)(uintptr_t)g->nodes.v[i]->value;
        free(numbers);
    }
    rt_vec_release(&g->nodes);
    rt_map_release(&g->places);
    rt_arena_release(&g->arena);
    free(g);
}

int rt_graph_n(const struct rt_graph *g)
{
    return g->nodes.n;
}

struct rt_node *rt_graph_node(const struct rt_graph *g, int id)
{
    assert(id >= 0 && id < g->nodes.n);
    return g->nodes.v[id];
}

int rt_graph_n_weights(const struct rt_graph *g)
{
    return g->n_weights;
}

void rt_graph_where(struct rt_graph *g, const char *where)
{
    struct place *p = rt_map_get(&g->places, where);
    if (!p) {
        p = rt_arena_alloc(&g->arena, sizeof *p);
        p->name = rt_arena_strdup(&g->arena, where);
        rt_map_set(&g->places, where, p);
    }
    g->where = p;
}

static struct rt_node *add(struct rt_graph *g, enum rt_node_kind kind,
                           const char *name, const struct rt_shape *shape)
{
    struct rt_node *node = rt_arena_alloc(&g->arena, sizeof *node);
    node->id = g->nodes.n;
    node->kind = kind;
    node->name = name;
    node->where = g->where->name;
    node->shape = *shape;
    node->weight = -1;
    rt_vec_push(&g->nodes, node);
    return node;
}

struct rt_node *rt_graph_input(struct rt_graph *g, const char *name,
                               const struct rt_shape *shape, struct rt_err *err)
{
    if (rt_shape_check(shape, err)) {
        rt_err_within(err, "input '%s'", name);
        return NULL;
    }
    return add(g, RT_NODE_INPUT, rt_arena_strdup(&g->arena, name), shape);
}

struct rt_node *rt_graph_weight(struct rt_graph *g, const char *name,
                                const struct rt_shape *shape,
                                struct rt_err *err)
{
    for (int i = 0; i < shape->rank; i++)
        if (shape->dim[i] == RT_DIM_ANY) {
            rt_fail(err, RT_ESHAPE,
                    "weight '%s': shape %s, want all dimensions known", name,
                    rt_shape_text(shape));
            return NULL;
        }
    if (rt_shape_check(shape, err)) {
        rt_err_within(err, "weight '%s'", name);
        return NULL;
    }
    struct rt_node *node =
        add(g, RT_NODE_WEIGHT, rt_arena_strdup(&g->arena, name), shape);
    node->weight = g->n_weights++;
    return node;
}

struct rt_node *rt_graph_const(struct rt_graph *g, const struct rt_shape *shape,
                               const float *v, struct rt_err *err)
{
    size_t n = rt_shape_count(shape);
    if (rt_shape_check(shape, err)) {
        rt_err_within(err, "constant");
        return NULL;
    }
    float *copy = rt_try_alloc(n ? n : 1, sizeof *copy, "constant", err);
    if (!copy)
        return NULL;
    memcpy(copy, v, n * sizeof *copy);
    struct rt_node *node = add(g, RT_NODE_CONST, "constant", shape);
    node->value = copy;
    return node;
}

struct rt_node *rt_graph_scalar(struct rt_graph *g, double v)
{
    static const struct rt_shape scalar = { .rank = 0 };
    struct rt_node *node = add(g, RT_NODE_CONST, "constant", &scalar);
    float *copy = rt_xmalloc(sizeof *copy);
    *copy = (float)v;
    node->value = copy;
    return node;
}

static uint64_t draw_key(struct place *p)
{
    uint64_t k = p->n_random++;
    uint64_t h = rt_hash_bytes(0, p->name, strlen(p->name));
    return rt_hash_bytes(h, &k, sizeof k);
}

struct rt_node *rt_graph_op(struct rt_graph *g, const struct rt_op *op,
                            struct rt_node *const *in, int n_in,
                            const void *args, struct rt_err *err)
{
    struct rt_shape shape[RT_OP_IN_MAX], out;

    for (int i = 0; i < n_in; i++)
        if (!in[i])
            return NULL;
    if (n_in < op->min_in || n_in > op->max_in) {
        rt_fail(err, RT_EINVAL, "%s: %d inputs, want %d to %d", op->name, n_in,
                op->min_in, op->max_in);
        return NULL;
    }
    for (int i = 0; i < n_in; i++) {
        assert(in[i]->id < g->nodes.n && g->nodes.v[in[i]->id] == in[i]);
        shape[i] = in[i]->shape;
    }
    if (op->shape(args, shape, n_in, &out, err))
        return NULL;
    if (rt_shape_check(&out, err)) {
        rt_err_within(err, "%s", op->name);
        return NULL;
    }
    struct rt_node *node = add(g, RT_NODE_OP, op->name, &out);
    node->op = op;
    node->in = rt_arena_alloc(&g->arena, (size_t)n_in * sizeof *node->in);
    memcpy(node->in, in, (size_t)n_in * sizeof *node->in);
    node->n_in = n_in;
    if (op->args_size) {
        node->args = rt_arena_alloc(&g->arena, op->args_size);
        memcpy(node->args, args, op->args_size);
    }
    if (op->flags & RT_OP_RANDOM)
        node->key = draw_key(g->where);
    return node;
}
