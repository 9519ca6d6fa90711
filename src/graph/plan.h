/* A plan: a graph compiled for some roots, a largest batch and a set of
 * trainable weights to a flat list of steps over one arena whose buffers are
 * shared by lifetime. Nothing is allocated while it runs.
 *
 * Parts that no root needs are left out; a weight that is not trainable, and
 * what leads only to such weights, gets no backward steps. Making one takes
 * well under a millisecond for a hundred layers: a live change is a new plan.
 *
 * Order: rt_plan_new, rt_plan_bind for each input, rt_plan_forward,
 * rt_plan_value, [rt_plan_seed, rt_plan_backward], ..., rt_plan_free.
 * Thread: one at a time. */
#ifndef RT_GRAPH_PLAN_H
#define RT_GRAPH_PLAN_H
#include "graph/graph.h"
#include "graph/tensor.h"

#include <stdatomic.h>

struct rt_plan_spec {
    const struct rt_graph *graph; /* borrowed for the plan's life */
    struct rt_node *const *roots; /* values to keep; scalars may be seeded */
    int n_roots;
    const bool *seeded;    /* per root: backward starts here; NULL: none */
    const bool *trainable; /* per weight number; NULL: none, no backward */
    const size_t *offset;  /* per weight number: place in both arenas */
    float *weights;        /* borrowed */
    float *grads;          /* borrowed; NULL if nothing is trainable */
    int rows;              /* the largest batch */
    bool training;
    bool unshared; /* for tests: every value keeps a buffer of its own */
    const atomic_int *stop; /* borrowed; not 0: a batch under way is left
                               between two steps; NULL: never */
    bool measured; /* only rt_plan_bytes is wanted: nothing is allocated, and
                      it is never run */
};
struct rt_plan; /* opaque */

/* Errors: RT_ENOMEM with the size or the shape; RT_ESHAPE if a dimension other
 *         than the batch is still unknown. */
struct rt_plan *rt_plan_new(const struct rt_plan_spec *spec,
                            struct rt_err *err);
void rt_plan_free(struct rt_plan *p);
/* The numbers of an input for the next runs, rows x its row; borrowed. Inputs
 * that the plan does not need are ignored. */
void rt_plan_bind(struct rt_plan *p, const struct rt_node *input,
                  const float *v);
bool rt_plan_needs(const struct rt_plan *p, const struct rt_node *node);
/* Runs all forward steps for the first n rows (1 <= n <= rows). key: random
 * streams of this step. false: left by .stop or an operator's fault, no value
 * means anything. */
bool rt_plan_forward(struct rt_plan *p, int n, struct rt_key key);
/* Why forward gave false: what an operator said of a value, after its layer's
 * name; NULL if it was left by .stop. */
const struct rt_err *rt_plan_fault(const struct rt_plan *p);
/* d(total)/d(root) for a seeded scalar root; 1 at first; 0 is allowed. */
void rt_plan_seed(struct rt_plan *p, int root, double v);
/* Fills the gradient of every trainable weight (zero where none arrives). At
 * most once after each forward run. false: left by .stop, no gradient means
 * anything. */
bool rt_plan_backward(struct rt_plan *p);
/* Every forward step tells fn its result from now on, as long as that is in
 * memory; NULL: nobody. For statistics of a batch now and then. */
typedef void rt_plan_tap_fn(void *ctx, const struct rt_node *node,
                            const struct rt_tensor *y);
void rt_plan_tap(struct rt_plan *p, rt_plan_tap_fn *fn, void *ctx);
/* The value of a root (or an input, weight, constant) after forward; valid
 * until the next run. */
struct rt_tensor rt_plan_value(const struct rt_plan *p,
                               const struct rt_node *node);
/* Runs forward again with the same inputs and key and returns the first node
 * whose result is not finite (with the value's place), or NULL. */
const struct rt_node *rt_plan_nonfinite(struct rt_plan *p, int n,
                                        struct rt_key key, size_t *at);
size_t rt_plan_bytes(const struct rt_plan *p); /* of its arena */
int rt_plan_n_steps(const struct rt_plan *p, bool backward);
/* The steps as text, for tests and for a person. */
void rt_plan_describe(const struct rt_plan *p, struct rt_str *out);
#endif
