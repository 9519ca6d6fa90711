/* Gradients by central differences against those of the plan. */
#include "graph/gradcheck.h"

#include "base/mem.h"
#include "graph/plan.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

struct check {
    struct rt_plan *plan;
    struct rt_node *root;
    int rows;
    struct rt_key key;
    float *grads;
    bool *chosen; /* by weight number */
};

static double value(const struct check *c)
{
    rt_plan_forward(c->plan, c->rows, c->key);
    return (double)*rt_plan_value(c->plan, c->root).v;
}

/* From down steps below the weight to up steps above it. */
static double slope(const struct check *c, float *w, float down, float up,
                    float step)
{
    float was = *w;
    step *= fabsf(was) > 1 ? fabsf(was) : 1;
    float high = was + up * step, low = was - down * step;
    *w = high;
    double above = value(c);
    *w = low;
    double below = value(c);
    *w = was;
    return (above - below) / ((double)high - (double)low);
}

/* With a step of 1/128 the error of the difference, which falls with the square
 * of the step, meets the rounding of the value, which grows with 1/step. The
 * smaller ones are for kinks (relu, abs, max) that happen to lie within: a bias
 * of a convolution moves many, and of a pool of three axes there is nearly
 * always one close by, but seldom at both sides. */
static double nearest_slope(const struct check *c, float *w, double analytic,
                            double bound)
{
    static const struct {
        float down, up, step;
    } ways[] = { { 1, 1, 0x1p-7f },  { 1, 1, 0x1p-9f },  { 1, 1, 0x1p-11f },
                 { 1, 1, 0x1p-13f }, { 0, 1, 0x1p-12f }, { 1, 0, 0x1p-12f } };
    enum { N = sizeof ways / sizeof *ways };
    double best = NAN;
    for (int i = 0; i < N && !(fabs(best - analytic) <= bound); i++) {
        double next = slope(c, w, ways[i].down, ways[i].up, ways[i].step);
        if (!i || fabs(next - analytic) < fabs(best - analytic))
            best = next;
    }
    return best;
}

static void check_weight(const struct check *c, const struct rt_node *node,
                         float *w, const float *grad, size_t most, double tol,
                         struct rt_gradcheck *out)
{
    size_t n = rt_shape_count(&node->shape);
    size_t stride = most && n > most ? (n + most - 1) / most : 1;
    double scale = 1;
    for (size_t i = 0; i < n; i++)
        if (fabs((double)grad[i]) > scale)
            scale = fabs((double)grad[i]);
    for (size_t i = 0; i < n; i += stride) {
        double analytic = (double)grad[i], bound = tol * scale;
        double numeric = nearest_slope(c, &w[i], analytic, bound);
        double off = fabs(numeric - analytic) / bound;
        out->n++;
        if (!(off <= out->worst)) { /* a NaN is the worst */
            out->worst = off == off ? off : INFINITY;
            out->weight = node->name;
            out->at = i;
            out->numeric = numeric;
            out->analytic = analytic;
        }
    }
}

static size_t count_weights(const struct rt_graph *g, const size_t *offset)
{
    size_t end = 1;
    for (int id = 0; id < rt_graph_n(g); id++) {
        const struct rt_node *node = rt_graph_node(g, id);
        if (node->kind == RT_NODE_WEIGHT) {
            size_t to = offset[node->weight] + rt_shape_count(&node->shape);
            end = to > end ? to : end;
        }
    }
    return end;
}

static void bind(const struct check *c, const struct rt_graph *g,
                 const float *const *inputs)
{
    for (int id = 0, i = 0; id < rt_graph_n(g); id++) {
        const struct rt_node *node = rt_graph_node(g, id);
        if (node->kind == RT_NODE_INPUT)
            rt_plan_bind(c->plan, node, inputs[i++]);
    }
}

static void run(const struct check *c, const struct rt_graph *g,
                const size_t *offset, float *weights, size_t most, double tol,
                struct rt_gradcheck *out)
{
    value(c);
    rt_plan_backward(c->plan);
    for (int id = 0; id < rt_graph_n(g); id++) {
        const struct rt_node *node = rt_graph_node(g, id);
        if (node->kind == RT_NODE_WEIGHT && c->chosen[node->weight])
            check_weight(c, node, weights + offset[node->weight],
                         c->grads + offset[node->weight], most, tol, out);
    }
}

int rt_gradcheck(const struct rt_graph *g, struct rt_node *root,
                 const size_t *offset, float *weights, const bool *trainable,
                 const float *const *inputs, int rows, bool training,
                 struct rt_key key, size_t most, double tol,
                 struct rt_gradcheck *out, struct rt_err *err)
{
    int n = rt_graph_n_weights(g);
    struct check c = { .root = root, .rows = rows, .key = key };
    struct rt_err unheard = RT_ERR_INIT;
    err = err ? err : &unheard;
    *out = (struct rt_gradcheck){ .worst = 0 };
    assert(rt_shape_count(&root->shape) == 1);
    c.chosen = rt_xcalloc((size_t)n, sizeof *c.chosen);
    for (int i = 0; i < n; i++)
        c.chosen[i] = !trainable || trainable[i];
    c.grads = rt_try_alloc(count_weights(g, offset), sizeof *c.grads,
                           "gradients", err);
    if (c.grads) {
        struct rt_plan_spec spec = {
            .graph = g,
            .roots = &root,
            .n_roots = 1,
            .seeded = (const bool[]){ true },
            .trainable = c.chosen,
            .offset = offset,
            .weights = weights,
            .grads = c.grads,
            .rows = rows,
            .training = training,
        };
        c.plan = rt_plan_new(&spec, err);
    }
    bool ok = c.plan;
    if (ok) {
        bind(&c, g, inputs);
        run(&c, g, offset, weights, most, tol, out);
    }
    rt_plan_free(c.plan);
    free(c.grads);
    free(c.chosen);
    return ok ? RT_OK : err->code;
}
