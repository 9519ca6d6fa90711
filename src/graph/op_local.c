/* local: a convolution whose kernel is another one at every place: one product
 * of matrices a place, of the windows that all samples have there. */
#include "graph/blas.h"
#include "graph/conv.h"
#include "graph/kern.h"
#include "graph/op.h"

#include <string.h>

static const struct rt_opt opts[] = {
    RT_OPT(struct rt_local_args, size, .min = 1,
           .help = "places of the window along each axis"),
    RT_OPT(struct rt_local_args, strides, .def = "1", .min = 1,
           .help = "places from window to window"),
    RT_OPT_END,
};

struct sizes {
    int axes;
    size_t in[RT_CONV_AXES], size[RT_CONV_AXES], stride[RT_CONV_AXES];
    size_t out[RT_CONV_AXES]; /* of axes that are not there: 1 */
    size_t channels, places, window;
};

static struct sizes sizes_of(const struct rt_local_args *a,
                             const struct rt_shape *x)
{
    struct sizes s = { .axes = x->rank - 2, .places = 1 };
    s.channels = s.window = (size_t)x->dim[x->rank - 1];
    for (int i = 0; i < RT_CONV_AXES; i++) {
        int at = i - (RT_CONV_AXES - s.axes); /* the last axes are there */
        s.in[i] = at < 0 ? 1 : (size_t)x->dim[at + 1];
        s.size[i] = at < 0 ? 1 : (size_t)rt_ints_at(&a->size, at, 1);
        s.stride[i] = at < 0 ? 1 : (size_t)rt_ints_at(&a->strides, at, 1);
        s.out[i] = (s.in[i] - s.size[i]) / s.stride[i] + 1;
        s.window *= s.size[i];
        s.places *= s.out[i];
    }
    return s;
}

static int check(const struct rt_local_args *a, const struct rt_shape *x,
                 struct rt_err *err)
{
    int axes = x->rank - 2;
    if (axes < 1 || axes > RT_CONV_AXES)
        return rt_fail(err, RT_ESHAPE,
                       "input is %s, want (none,places...,channels)",
                       rt_shape_text(x));
    if (rt_ints_check(&a->size, "size", axes, 1, err) ||
        rt_ints_check(&a->strides, "strides", axes, 1, err))
        return RT_EINVAL;
    for (int i = 1; i < x->rank; i++)
        if (x->dim[i] == RT_DIM_ANY)
            return rt_fail(err, RT_ESHAPE,
                           "input is %s, want all sizes but the batch known: "
                           "every place has a kernel of its own",
                           rt_shape_text(x));
    for (int i = 0; i < axes; i++)
        if (rt_ints_at(&a->size, i, 1) > x->dim[i + 1])
            return rt_fail(err, RT_ESHAPE,
                           "the window is %d long and the input %s has %d "
                           "places there",
                           rt_ints_at(&a->size, i, 1), rt_shape_text(x),
                           x->dim[i + 1]);
    return RT_OK;
}

int rt_local_shape(const struct rt_local_args *a, const struct rt_shape *x,
                   struct rt_shape *out, int *places, int *window,
                   struct rt_err *err)
{
    if (check(a, x, err))
        return rt_err_code(err, RT_ESHAPE);
    struct sizes s = sizes_of(a, x);
    *out = *x;
    for (int i = 0; i < s.axes; i++)
        out->dim[i + 1] = (int)s.out[RT_CONV_AXES - s.axes + i];
    if (s.places > INT32_MAX || s.window > INT32_MAX)
        return rt_fail(err, RT_ESHAPE, "input %s has too many places",
                       rt_shape_text(x));
    *places = (int)s.places;
    *window = (int)s.window;
    return RT_OK;
}

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    int places, window;
    (void)n_in;
    int status = rt_local_shape(args, &in[0], out, &places, &window, err);
    if (status)
        return rt_err_within(err, "local");
    if (in[1].rank != 3 || in[1].dim[0] != places || in[1].dim[1] != window)
        return rt_fail(err, RT_ESHAPE,
                       "local: kernel %s for input %s, want (%d,%d,filters)",
                       rt_shape_text(&in[1]), rt_shape_text(&in[0]), places,
                       window);
    out->dim[out->rank - 1] = in[1].dim[2];
    return RT_OK;
}

/* The windows of one place, and their gradients. */
static size_t scratch(const void *args, const struct rt_shape *in, int n_in,
                      const struct rt_shape *out)
{
    struct sizes s = sizes_of(args, &in[0]);
    (void)n_in;
    (void)out;
    return 2 * (size_t)in[0].dim[0] * s.window * sizeof(float);
}

/* Goes over the pieces of consecutive numbers that a sample's window at a place
 * is made of, into or out of `window`. */
static void pieces(const struct sizes *s, size_t place, float *x, float *window,
                   bool back)
{
    size_t at[RT_CONV_AXES], rest = place, n = s->size[2] * s->channels;
    for (int i = RT_CONV_AXES - 1; i >= 0; i--) {
        at[i] = rest % s->out[i] * s->stride[i];
        rest /= s->out[i];
    }
    for (size_t d = 0; d < s->size[0]; d++)
        for (size_t r = 0; r < s->size[1]; r++, window += n) {
            size_t row = (at[0] + d) * s->in[1] + at[1] + r;
            float *from = x + (row * s->in[2] + at[2]) * s->channels;
            if (back)
                rt_kern()->axpy(from, 1, window, n);
            else
                memcpy(window, from, n * sizeof *window);
        }
}

static void windows(const struct sizes *s, const struct rt_call *c,
                    size_t place, float *w)
{
    size_t rows = (size_t)c->x[0].shape.dim[0], row = c->x[0].n / rows;
    for (size_t n = 0; n < rows; n++)
        pieces(s, place, c->x[0].v + n * row, w + n * s->window, false);
}

static void forward(struct rt_call *c)
{
    struct sizes s = sizes_of(c->args, &c->x[0].shape);
    int rows = c->x[0].shape.dim[0], f = c->x[1].shape.dim[2];
    int wide = (int)s.places * f, k = (int)s.window;
    for (size_t p = 0; p < s.places; p++) {
        windows(&s, c, p, c->scratch);
        rt_gemm(false, false, rows, f, k, 1, c->scratch, k,
                c->x[1].v + p * s.window * (size_t)f, f, 0,
                c->y.v + p * (size_t)f, wide);
    }
}

static void backward(struct rt_call *c)
{
    struct sizes s = sizes_of(c->args, &c->x[0].shape);
    int rows = c->x[0].shape.dim[0], f = c->x[1].shape.dim[2];
    int wide = (int)s.places * f, k = (int)s.window;
    size_t row = c->x[0].n / (size_t)rows, kernel = s.window * (size_t)f;
    float *w = c->scratch, *dw = w + (size_t)rows * s.window;
    if (c->dx[0].v)
        memset(c->dx[0].v, 0, c->x[0].n * sizeof(float));
    for (size_t p = 0; p < s.places; p++) {
        const float *dy = c->dy.v + p * (size_t)f;
        if (c->dx[1].v) {
            windows(&s, c, p, w);
            rt_gemm(true, false, k, f, rows, 1, w, k, dy, wide, 0,
                    c->dx[1].v + p * kernel, f);
        }
        if (!c->dx[0].v)
            continue;
        rt_gemm(false, true, rows, k, f, 1, dy, wide, c->x[1].v + p * kernel, f,
                0, dw, k);
        for (size_t n = 0; n < (size_t)rows; n++)
            pieces(&s, p, c->dx[0].v + n * row, dw + n * s.window, true);
    }
}

const struct rt_op rt_operator_local = {
    .name = "local",
    .help = "convolution with another kernel at every place",
    .opts = opts,
    .args_size = sizeof(struct rt_local_args),
    .min_in = 2,
    .max_in = 2,
    .flags = RT_OP_BACK_X,
    .shape = shape,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .tests = { { "2x5x3 2x6x4", "size=2 strides=3" },
               { "3x4x5x2 4x12x3", "size=3,2 strides=1,2" } },
};

struct rt_node *rt_op_local(struct rt_graph *g, struct rt_node *x,
                            struct rt_node *w, const struct rt_local_args *a,
                            struct rt_err *err)
{
    struct rt_node *in[] = { x, w };
    return rt_graph_op(g, &rt_operator_local, in, 2, a, err);
}
