/* The description of a computation: nodes (inputs, weights, constants,
 * operators) in the order they were added, which is a topological order. It is
 * read-only once a plan has been made of it; what changes while it runs is in
 * the plan.
 * Order: rt_graph_new, add nodes (graph/ops.h has a typed function for every
 * operator), plan (graph/plan.h), rt_graph_free. */
#ifndef RT_GRAPH_GRAPH_H
#define RT_GRAPH_GRAPH_H
#include "base/rng.h"
#include "graph/shape.h"

struct rt_op;

enum rt_node_kind {
    RT_NODE_INPUT,  /* bound before each run */
    RT_NODE_WEIGHT, /* lies in the model's arenas */
    RT_NODE_CONST,  /* numbers kept by the graph */
    RT_NODE_OP,
};

struct rt_node {
    int id; /* place in the graph */
    enum rt_node_kind kind;
    const struct rt_op *op; /* RT_NODE_OP */
    void *args;             /* of the operator; owned by the graph */
    struct rt_node **in;
    int n_in;
    struct rt_shape shape;
    const char *name;   /* input, weight: its name; else the operator's */
    const char *where;  /* the layer (or "loss", "metric") that added it */
    int weight;         /* RT_NODE_WEIGHT: its number, 0.. */
    const float *value; /* RT_NODE_CONST */
    uint64_t key;       /* identity of its random stream, see rt_graph_where */
};

struct rt_graph; /* opaque */
struct rt_graph *rt_graph_new(void);
void rt_graph_free(struct rt_graph *g);
int rt_graph_n(const struct rt_graph *g);
struct rt_node *rt_graph_node(const struct rt_graph *g, int id);
int rt_graph_n_weights(const struct rt_graph *g);

/* Nodes added from now on belong to `where` (copied). The k-th random operator
 * added under one `where` gets the key hash(where, k): removing another layer
 * does not change it. */
void rt_graph_where(struct rt_graph *g, const char *where);

/* Names are copied. Never fail but for sizes (RT_ENOMEM). */
struct rt_node *rt_graph_input(struct rt_graph *g, const char *name,
                               const struct rt_shape *shape,
                               struct rt_err *err);
/* The next weight; numbers run 0, 1, ... */
struct rt_node *rt_graph_weight(struct rt_graph *g, const char *name,
                                const struct rt_shape *shape,
                                struct rt_err *err);
/* Copies the numbers. */
struct rt_node *rt_graph_const(struct rt_graph *g, const struct rt_shape *shape,
                               const float *v, struct rt_err *err);
struct rt_node *rt_graph_scalar(struct rt_graph *g, double v);
/* An operator on nodes of this graph; args are copied (args_size of the op).
 * Errors: RT_ESHAPE as the operator's shape rule says; NULL in `in` (an
 *         earlier failure) returns NULL and leaves err. */
struct rt_node *rt_graph_op(struct rt_graph *g, const struct rt_op *op,
                            struct rt_node *const *in, int n_in,
                            const void *args, struct rt_err *err);
#endif
