/* The list of operators, and what their records share. */
#include "graph/op.h"

#include <stdlib.h>
#include <string.h>

static const struct rt_op *const ops[] = {
#define RT_OP(name) &rt_operator_##name,
#include "graph/ops.def"
#undef RT_OP
    NULL,
};

int rt_op_shape_same(const void *args, const struct rt_shape *in, int n_in,
                     struct rt_shape *out, struct rt_err *err)
{
    (void)args;
    (void)n_in;
    (void)err;
    *out = in[0];
    return RT_OK;
}

const struct rt_op *const *rt_ops(void)
{
    return ops;
}

static int by_name(const void *key, const void *item)
{
    const struct rt_op *const *op = item;
    return strcmp(key, (*op)->name);
}

const struct rt_op *rt_op_find(const char *name)
{
    size_t n = sizeof ops / sizeof *ops - 1;
    const struct rt_op *const *op = bsearch(name, ops, n, sizeof *ops, by_name);
    return op ? *op : NULL;
}
