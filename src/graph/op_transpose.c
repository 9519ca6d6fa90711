/* transpose: axes in another order. Axes that stay beside each other are taken
 * as one; where the last stays last, whole runs are copied. */
#include "graph/op.h"
#include "graph/ops.h"

#include <assert.h>
#include <string.h>

struct args {
    struct rt_ints order;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, order, .def = "",
           .help = "axis i of the result is axis order[i]"),
    RT_OPT_END,
};

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    const struct args *a = args;
    unsigned seen = 0;
    (void)n_in;
    out->rank = in[0].rank;
    if (a->order.n != in[0].rank)
        return rt_fail(err, RT_EINVAL, "transpose: %d axes of %s, want %d",
                       a->order.n, rt_shape_text(&in[0]), in[0].rank);
    for (int i = 0; i < a->order.n; i++) {
        int axis = a->order.v[i];
        if (axis < 0 || axis >= in[0].rank || seen >> axis & 1)
            return rt_fail(err, RT_EINVAL,
                           "transpose: axis %d of %s, want each of 0 to %d "
                           "once",
                           axis, rt_shape_text(&in[0]), in[0].rank - 1);
        seen |= 1u << axis;
        out->dim[i] = in[0].dim[axis];
    }
    return RT_OK;
}

/* Axes of the result, each with its step in the operand. */
struct walk {
    int rank;
    size_t dim[RT_RANK_MAX], step[RT_RANK_MAX];
};

static struct walk walk_of(const struct rt_call *c)
{
    const struct args *a = c->args;
    const struct rt_shape *x = &c->x[0].shape;
    struct walk w = { .rank = 0 };
    size_t step[RT_RANK_MAX], n = 1;
    for (int i = x->rank - 1; i >= 0; i--) {
        step[i] = n;
        n *= (size_t)x->dim[i];
    }
    for (int i = 0; i < x->rank; i++) {
        int axis = a->order.v[i];
        bool beside = i > 0 && axis == a->order.v[i - 1] + 1;
        if (!beside)
            w.dim[w.rank++] = 1;
        w.dim[w.rank - 1] *= (size_t)x->dim[axis];
        w.step[w.rank - 1] = step[axis];
    }
    if (w.rank == 0) {
        w.rank = 1;
        w.dim[0] = w.step[0] = 1;
    }
    return w;
}

/* Numbers at `far` in the operand's order against those in the result's. */
typedef void run_fn(float *near, float *far, size_t n, size_t step);

static void gather(float *near, float *far, size_t n, size_t step)
{
    if (step == 1)
        memcpy(near, far, n * sizeof *near);
    else
        for (size_t i = 0; i < n; i++)
            near[i] = far[i * step];
}

static void scatter(float *near, float *far, size_t n, size_t step)
{
    if (step == 1)
        memcpy(far, near, n * sizeof *near);
    else
        for (size_t i = 0; i < n; i++)
            far[i * step] = near[i];
}

static void walk(const struct walk *w, float *near, float *far, size_t n,
                 run_fn *fn)
{
    size_t index[RT_RANK_MAX] = { 0 }, last = w->dim[w->rank - 1], at = 0;
    for (size_t done = 0; done < n; done += last) {
        fn(near + done, far + at, last, w->step[w->rank - 1]);
        for (int i = w->rank - 2; i >= 0; i--) {
            at += w->step[i];
            if (++index[i] < w->dim[i])
                break;
            at -= w->step[i] * w->dim[i];
            index[i] = 0;
        }
    }
}

static void forward(struct rt_call *c)
{
    struct walk w = walk_of(c);
    walk(&w, c->y.v, c->x[0].v, c->y.n, gather);
}

static void backward(struct rt_call *c)
{
    struct walk w = walk_of(c);
    walk(&w, c->dy.v, c->dx[0].v, c->y.n, scatter);
}

const struct rt_op rt_operator_transpose = {
    .name = "transpose",
    .help = "axes in another order",
    .opts = opts,
    .args_size = sizeof(struct args),
    .min_in = 1,
    .max_in = 1,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .tests = { { "3x5", "order=1,0" },
               { "2x3x4", "order=0,2,1" },
               { "2x3x4x5", "order=0,3,1,2" },
               { "2x3x4x5", "order=2,1,0,3" },
               { "7", "order=0" } },
};

struct rt_node *rt_op_transpose(struct rt_graph *g, struct rt_node *x,
                                const int *order, struct rt_err *err)
{
    struct args a = { .order.n = x ? x->shape.rank : 0 };
    memcpy(a.order.v, order, (size_t)a.order.n * sizeof *order);
    return rt_graph_op(g, &rt_operator_transpose, &x, 1, &a, err);
}
