#include "nn/regularizer.h"

#include "base/schema.h"
#include "base/mem.h"
#include "nn/custom.h"
#include "nn/spec.h"

#include <stdlib.h>
#include <string.h>

#include <math.h>

#define ARGS struct rt_regularizer_args

static const struct rt_opt l1_opts[] = {
    RT_OPT(ARGS, l1, .name = "l", .word = 1, .def = "0.01", .min = 0,
           .max = INFINITY, .help = "rate of the sum of absolute values"),
    RT_OPT_END,
};
static const struct rt_opt l2_opts[] = {
    RT_OPT(ARGS, l2, .name = "l", .word = 1, .def = "0.01", .min = 0,
           .max = INFINITY, .help = "rate of the sum of squares"),
    RT_OPT_END,
};
static const struct rt_opt l1_l2_opts[] = {
    RT_OPT(ARGS, l1, .word = 1, .def = "0.01", .min = 0, .max = INFINITY,
           .help = "rate of the sum of absolute values"),
    RT_OPT(ARGS, l2, .word = 2, .def = "0.01", .min = 0, .max = INFINITY,
           .help = "rate of the sum of squares"),
    RT_OPT_END,
};

static const struct rt_regularizer rt_regularizer_l1 = {
    .name = "l1",
    .help = "sum of absolute values: many weights become 0",
    .opts = l1_opts,
};
static const struct rt_regularizer rt_regularizer_l2 = {
    .name = "l2",
    .help = "sum of squares: weights stay small",
    .opts = l2_opts,
};
static const struct rt_regularizer rt_regularizer_l1_l2 = {
    .name = "l1_l2",
    .help = "both sums",
    .opts = l1_l2_opts,
};

static const struct rt_regularizer *const all[] = {
#define RT_REGULARIZER(name) &rt_regularizer_##name,
#include "nn/regularizers.def"
#undef RT_REGULARIZER
    NULL,
};

const struct rt_regularizer *const *rt_regularizers(void)
{
    return all;
}

static struct rt_spec_name at(int i)
{
    const struct rt_regularizer *r = all[i];
    return r ? (struct rt_spec_name){ r->name, NULL, r->opts, sizeof(ARGS) }
             : (struct rt_spec_name){ 0 };
}

int rt_regularizer_find(const char *spec, struct rt_regularizer_args *out,
                        struct rt_err *err)
{
    void *args;
    int i = rt_spec_find("regularizer", at, spec, &args, err);
    if (i < 0)
        return i;
    *out = *(const ARGS *)args;
    rt_args_free(args);
    return RT_OK;
}

char *rt_regularizer_expression(const char *spec)
{
    static const char begin[] = "expr(";
    size_t n = strlen(spec), skip = sizeof begin - 1;
    if (strncmp(spec, begin, skip) != 0 || spec[n - 1] != ')')
        return NULL;
    return rt_xstrndup(spec + skip, n - skip - 1);
}

static struct rt_node *by_expression(struct rt_graph *g, const char *text,
                                     struct rt_node *x, struct rt_err *err)
{
    const struct rt_expr_name names[] = { { "w", x }, { "h", x } };
    struct rt_expr_scope scope = {
        .graph = g, .names = names, .n_names = 2, .functions = &rt_functions
    };
    struct rt_expr *e = rt_expr_parse(text, err);
    struct rt_node *y = e ? rt_expr_build(e, &scope, err) : NULL;
    rt_expr_free(e);
    if (y && y->shape.rank) {
        rt_fail(err, RT_ESHAPE,
                "{%s} gives %s, want a scalar: sum(...) makes one", text,
                rt_shape_text(&y->shape));
        y = NULL;
    }
    if (!y)
        rt_err_within(err, "regularizer");
    return y;
}

struct rt_node *rt_regularizer_build(struct rt_graph *g, const char *spec,
                                     struct rt_node *x, bool by_rows,
                                     struct rt_err *err)
{
    struct rt_regularizer_args a;
    char *text = rt_regularizer_expression(spec);
    if (text) {
        struct rt_node *y = by_expression(g, text, x, err);
        free(text);
        return y;
    }
    if (rt_regularizer_find(spec, &a, err))
        return NULL;
    return rt_op_penalty(g, x, a.l1, a.l2, by_rows, err);
}
