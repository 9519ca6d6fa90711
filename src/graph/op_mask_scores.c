/* mask_scores: scores of attention, far below all others where nothing is to
 * be looked at: at keys that a mask hides (0), and, causal, at those that come
 * after the query. A number is taken away rather than -infinity put in, as
 * Keras does it, so that a row with nothing to look at is no NaN. */
#include "graph/op.h"
#include "graph/ops.h"

#include <string.h>

struct args {
    bool causal;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, causal, .def = "no",
           .help = "a query looks at no later key"),
    RT_OPT_END,
};

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    const struct rt_shape *x = &in[0];
    (void)args;
    if (x->rank < 3)
        return rt_fail(err, RT_ESHAPE,
                       "mask_scores: scores %s, want (none,...,queries,keys)",
                       rt_shape_text(x));
    if (n_in > 1 && (in[1].rank != 2 || in[1].dim[0] != x->dim[0] ||
                     in[1].dim[1] != x->dim[x->rank - 1]))
        return rt_fail(
            err, RT_ESHAPE, "mask_scores: mask %s for scores %s, want %s",
            rt_shape_text(&in[1]), rt_shape_text(x),
            rt_shape_text(&RT_SHAPE(x->dim[0], x->dim[x->rank - 1])));
    *out = *x;
    return RT_OK;
}

static void forward(struct rt_call *c)
{
    const struct args *a = c->args;
    const struct rt_shape *s = &c->y.shape;
    size_t keys = (size_t)s->dim[s->rank - 1], n = (size_t)s->dim[0];
    size_t queries = (size_t)s->dim[s->rank - 2], rows = c->y.n / keys;
    const float *x = c->x[0].v;
    float *y = c->y.v;
    for (size_t r = 0; r < rows; r++, x += keys, y += keys) {
        const float *mask =
            c->n_in > 1 ? c->x[1].v + r / (rows / n) * keys : NULL;
        size_t last = a->causal ? r % queries : keys;
        for (size_t k = 0; k < keys; k++) {
            bool seen = k <= last && (!mask || mask[k] > 0);
            y[k] = seen ? x[k] : x[k] - 1e9F;
        }
    }
}

static void backward(struct rt_call *c)
{
    if (c->n_in > 1 && c->dx[1].v)
        memset(c->dx[1].v, 0, c->x[1].n * sizeof(float));
    if (c->dx[0].v && c->dx[0].v != c->dy.v)
        memcpy(c->dx[0].v, c->dy.v, c->dy.n * sizeof(float));
}

const struct rt_op rt_operator_mask_scores = {
    .name = "mask_scores",
    .help = "hide keys from queries of attention",
    .opts = opts,
    .args_size = sizeof(struct args),
    .min_in = 1,
    .max_in = 2,
    .flags = RT_OP_IN_PLACE,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .tests = { { "2x3x4" }, { "2x2x3x3" } },
};

struct rt_node *rt_op_mask_scores(struct rt_graph *g, struct rt_node *x,
                                  struct rt_node *mask, bool causal,
                                  struct rt_err *err)
{
    struct rt_node *in[] = { x, mask };
    struct args a = { .causal = causal };
    return rt_graph_op(g, &rt_operator_mask_scores, in, mask ? 2 : 1, &a, err);
}
