/* Scores to weights that sum to 1, and the mean of the values by them. */
#include "nn/attend.h"

#include "nn/model.h"

int rt_attend_check(const struct rt_build *b, struct rt_err *err)
{
    static const char *const what[] = { "queries", "values", "keys" };
    for (int i = 0; i < b->n_in; i++) {
        const struct rt_shape *x = &b->in[i]->shape;
        if (x->rank != 3 || x->dim[2] == RT_DIM_ANY)
            return rt_fail(
                err, RT_ESHAPE, "%s '%s' are %s, want (none,steps,features)",
                what[i], rt_place_name(&b->from[i]), rt_shape_text(x));
    }
    const struct rt_shape *v = &b->in[1]->shape;
    const struct rt_shape *k = &b->in[b->n_in > 2 ? 2 : 1]->shape;
    if (k->dim[1] != v->dim[1])
        return rt_fail(err, RT_ESHAPE,
                       "keys %s and values %s, want as many steps in both",
                       rt_shape_text(k), rt_shape_text(v));
    return RT_OK;
}

struct rt_node *rt_attend(struct rt_graph *g, struct rt_node *scores,
                          struct rt_node *values, const struct rt_attend *a,
                          struct rt_err *err)
{
    if (a->mask || a->causal)
        scores = rt_op_mask_scores(g, scores, a->mask, a->causal, err);
    struct rt_node *w = rt_op_softmax(g, scores, -1, err);
    if (a->dropout > 0)
        w = rt_op_dropout(g, w, a->dropout, err);
    if (!w || !values)
        return NULL;
    int between = values->shape.rank - 3, turned[RT_RANK_MAX];
    int heads = between ? values->shape.dim[1] : 0;
    if (between) { /* heads are rows of the batch for the product */
        w = rt_op_fold(g, w, 0, err);
        values = rt_op_fold(g, values, 0, err);
    }
    turned[0] = 0;
    turned[1] = 2;
    turned[2] = 1;
    struct rt_node *y =
        rt_op_batch_dot(g, w, rt_op_transpose(g, values, turned, err), err);
    return between ? rt_op_fold(g, y, heads, err) : y;
}

struct rt_node *rt_attend_rows(struct rt_build *b, struct rt_node *y,
                               struct rt_err *err)
{
    struct rt_node *m = b->mask[0];
    rt_build_mask(b, 0, m);
    if (!m || !y)
        return y;
    struct rt_shape each = RT_SHAPE(y->shape.dim[1], 1);
    return rt_op_binary(b->g, RT_BINARY_mul, y,
                        rt_op_reshape(b->g, m, &each, err), err);
}
