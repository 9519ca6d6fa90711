/* What the attention layers share: from scores to a mean of the values. */
#ifndef RT_NN_ATTEND_H
#define RT_NN_ATTEND_H
#include "nn/layer.h"

/* The inputs are queries, values and, perhaps, keys: sequences of known
 * features, the last two of as many steps. Errors: RT_ESHAPE. */
int rt_attend_check(const struct rt_build *b, struct rt_err *err);

struct rt_attend {
    struct rt_node *mask; /* (N,keys), 0 where one is hidden; NULL: none */
    bool causal;          /* a query sees no later key */
    double dropout;       /* of the weights, while training */
};
/* Shapes: scores (N,...,Tq,Tv), values (N,...,Tv,D) with the same axes in
 * between, y (N,...,Tq,D). */
struct rt_node *rt_attend(struct rt_graph *g, struct rt_node *scores,
                          struct rt_node *values, const struct rt_attend *a,
                          struct rt_err *err);
/* y, which is 0 for queries that the first input's mask hides, and has that
 * mask. */
struct rt_node *rt_attend_rows(struct rt_build *b, struct rt_node *y,
                               struct rt_err *err);
#endif
