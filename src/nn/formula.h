/* Short names for builders of losses and metrics, whose code is formulas: they
 * add a node to `g` and report to `err`, both of the function they stand in. */
#ifndef RT_NN_FORMULA_H
#define RT_NN_FORMULA_H
#include "graph/ops.h"

#define NUM(v)          rt_graph_scalar(g, (v))
#define ADD(a, b)       rt_op_binary(g, RT_BINARY_add, (a), (b), err)
#define SUB(a, b)       rt_op_binary(g, RT_BINARY_sub, (a), (b), err)
#define MUL(a, b)       rt_op_binary(g, RT_BINARY_mul, (a), (b), err)
#define DIV(a, b)       rt_op_binary(g, RT_BINARY_div, (a), (b), err)
#define OP2(f, a, b)    rt_op_binary(g, RT_BINARY_##f, (a), (b), err)
#define OP1(f, a)       rt_op_unary(g, RT_UNARY_##f, (a), 0, err)
#define CLIP(a, lo, hi) rt_op_clip(g, (a), (lo), (hi), err)
/* Over the last axis, which stays as an axis of 1 (KEEP) or goes. */
#define LAST(f, a)      rt_op_reduce(g, RT_REDUCE_##f, (a), -1, false, err)
#define LAST_KEEP(f, a) rt_op_reduce(g, RT_REDUCE_##f, (a), -1, true, err)
#endif
