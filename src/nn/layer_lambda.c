/* lambda: a layer by an expression. */
#include "nn/layer.h"

#include "graph/op.h"
#include "nn/custom.h"

#include <stdio.h>
#include <string.h>

struct args {
    const char *expression;
    struct rt_ints shape;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, expression, .word = 1, .names = RT_NAMES_EXPRESSION,
           .help = "of x, the input; x1, x2, ... of several; in braces"),
    RT_OPT(struct args, shape, .def = "", .min = 1, .max = 1e9,
           .help = "of a row of the result, to be held against it"),
    RT_OPT_END,
};

static int check(const struct rt_node *y, const struct rt_ints *want,
                 struct rt_err *err)
{
    struct rt_shape shape = { .rank = 1 + want->n, .dim = { RT_DIM_ANY } };
    if (!y->shape.rank || y->shape.dim[0] != RT_DIM_ANY)
        return rt_fail(err, RT_ESHAPE,
                       "the result is %s, want a row for every sample, "
                       "(none,...)",
                       rt_shape_text(&y->shape));
    if (!want->n)
        return RT_OK;
    for (int i = 0; i < want->n && i + 1 < RT_RANK_MAX; i++)
        shape.dim[i + 1] = want->v[i];
    if (want->n + 1 > RT_RANK_MAX || !rt_shape_fits(&shape, &y->shape))
        return rt_fail(err, RT_ESHAPE,
                       "the result is %s, which is not the shape given",
                       rt_shape_text(&y->shape));
    return RT_OK;
}

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    struct rt_expr_name names[RT_OP_IN_MAX + 1] = { { "x", b->in[0] } };
    char name[RT_OP_IN_MAX][16];
    struct rt_expr_scope scope = { .graph = b->g,
                                   .names = names,
                                   .n_names = b->n_in + 1,
                                   .functions = &rt_functions };
    for (int i = 0; i < b->n_in; i++) {
        snprintf(name[i], sizeof name[i], "x%d", i + 1);
        names[i + 1] = (struct rt_expr_name){ name[i], b->in[i] };
    }
    struct rt_expr *e = rt_expr_parse(a->expression, err);
    struct rt_node *y = e ? rt_expr_build(e, &scope, err) : NULL;
    rt_expr_free(e);
    return y && !check(y, &a->shape, err) ? y : NULL;
}

const struct rt_layer rt_layer_lambda = {
    .name = "lambda",
    .help = "a layer by an expression, its gradient derived",
    .keras = "Lambda",
    .mask = RT_MASK_OWN,
    .opts = opts,
    .args_size = sizeof(struct args),
    .min_in = 1,
    .max_in = RT_OP_IN_MAX,
    .build = build,
    .selftest = { .in = "3x4 3x4",
                  .words = "exp(x1/4)+mean(x2^2,axis=1,keepdims=yes)"
                           "*max(x,0)" },
};
