/* Operators on the axis after the batch: fold, which makes steps rows of the
 * batch and takes them apart again, and reverse, along any axis but the batch.
 */
#include "graph/op.h"
#include "graph/ops.h"

#include <limits.h>
#include <string.h>

/* ---- fold -----------------------------------------------------------------*/

struct fold_args {
    int steps;
};
static const struct rt_opt fold_opts[] = {
    RT_OPT(struct fold_args, steps, .def = "0", .min = 0, .max = INT_MAX,
           .help = "steps that a row was made of; 0: make rows of steps"),
    RT_OPT_END,
};

static int together(const struct rt_shape *x, struct rt_shape *out,
                    struct rt_err *err)
{
    if (x->rank < 2 || x->dim[1] == RT_DIM_ANY)
        return rt_fail(err, RT_ESHAPE,
                       "fold: input %s, want (none,steps,...) of a known "
                       "number of steps",
                       rt_shape_text(x));
    *out = *x;
    out->rank--;
    memmove(out->dim + 1, x->dim + 2, (size_t)(x->rank - 2) * sizeof *x->dim);
    if (x->dim[0] != RT_DIM_ANY &&
        __builtin_mul_overflow(x->dim[0], x->dim[1], &out->dim[0]))
        return rt_fail(err, RT_ESHAPE,
                       "fold: input %s has more than %d steps in all",
                       rt_shape_text(x), INT_MAX);
    return RT_OK;
}

static int apart(const struct rt_shape *x, int steps, struct rt_shape *out,
                 struct rt_err *err)
{
    if (x->rank < 1 || x->rank >= RT_RANK_MAX ||
        (x->dim[0] != RT_DIM_ANY && x->dim[0] % steps))
        return rt_fail(err, RT_ESHAPE,
                       "fold: input %s, want rows of %d steps each",
                       rt_shape_text(x), steps);
    *out = *x;
    out->rank++;
    memmove(out->dim + 2, x->dim + 1, (size_t)(x->rank - 1) * sizeof *x->dim);
    out->dim[0] = x->dim[0] == RT_DIM_ANY ? RT_DIM_ANY : x->dim[0] / steps;
    out->dim[1] = steps;
    return RT_OK;
}

static int fold_shape(const void *args, const struct rt_shape *in, int n_in,
                      struct rt_shape *out, struct rt_err *err)
{
    const struct fold_args *a = args;
    (void)n_in;
    return a->steps > 0 ? apart(&in[0], a->steps, out, err)
                        : together(&in[0], out, err);
}

const struct rt_op rt_operator_fold = {
    .name = "fold",
    .help = "the steps of all rows as rows, and back",
    .opts = fold_opts,
    .args_size = sizeof(struct fold_args),
    .min_in = 1,
    .max_in = 1,
    .flags = RT_OP_VIEW,
    .shape = fold_shape,
    .tests = { { "3x4x5" }, { "6x5x2", "steps=3" } },
};

struct rt_node *rt_op_fold(struct rt_graph *g, struct rt_node *x, int steps,
                           struct rt_err *err)
{
    struct fold_args a = { .steps = steps };
    return rt_graph_op(g, &rt_operator_fold, &x, 1, &a, err);
}

/* ---- reverse --------------------------------------------------------------*/

struct reverse_args {
    int axis;
};
static const struct rt_opt reverse_opts[] = {
    RT_OPT(struct reverse_args, axis, .def = "1", .help = "axis to turn round"),
    RT_OPT_END,
};

static int reverse_shape(const void *args, const struct rt_shape *in, int n_in,
                         struct rt_shape *out, struct rt_err *err)
{
    const struct reverse_args *a = args;
    int at;
    (void)n_in;
    if (rt_shape_axis(&in[0], a->axis, &at, err))
        return rt_err_within(err, "reverse");
    *out = in[0];
    return RT_OK;
}

static void turn(const struct rt_call *c, const float *from, float *to)
{
    const struct reverse_args *a = c->args;
    struct rt_span s = rt_shape_axis_span(&c->y.shape, a->axis);
    for (size_t o = 0; o < s.outer; o++)
        for (size_t i = 0; i < s.len; i++)
            memcpy(to + (o * s.len + s.len - 1 - i) * s.inner,
                   from + (o * s.len + i) * s.inner, s.inner * sizeof *to);
}

static void reverse_forward(struct rt_call *c)
{
    turn(c, c->x[0].v, c->y.v);
}

static void reverse_backward(struct rt_call *c)
{
    turn(c, c->dy.v, c->dx[0].v);
}

const struct rt_op rt_operator_reverse = {
    .name = "reverse",
    .help = "the other way round along an axis",
    .opts = reverse_opts,
    .args_size = sizeof(struct reverse_args),
    .min_in = 1,
    .max_in = 1,
    .shape = reverse_shape,
    .forward = reverse_forward,
    .backward = reverse_backward,
    .tests = { { "3x4x5" }, { "3x7", "axis=-1" } },
};

struct rt_node *rt_op_reverse(struct rt_graph *g, struct rt_node *x, int axis,
                              struct rt_err *err)
{
    struct reverse_args a = { .axis = axis };
    return rt_graph_op(g, &rt_operator_reverse, &x, 1, &a, err);
}
