/* upsample: every axis between batch and channels so many times as long, each
 * place repeated, or numbers between two places where it is linear. */
#include "base/pool.h"
#include "graph/conv.h"
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <math.h>
#include <string.h>

enum { AXES = RT_CONV_AXES };

static const struct rt_opt opts[] = {
    RT_OPT(struct rt_upsample_args, size, .word = 1, .def = "2",
           .help = "how many times as long each axis becomes"),
    RT_OPT(struct rt_upsample_args, linear, .def = "no",
           .help = "between two places, by their distances"),
    RT_OPT(struct rt_upsample_args, centers, .def = "no",
           .help = "distances from the middle of places, not from where they "
                   "begin"),
    RT_OPT_END,
};

static int shape(const void *args, const struct rt_shape *in, int n_in,
                 struct rt_shape *out, struct rt_err *err)
{
    const struct rt_upsample_args *a = args;
    struct rt_shape y = in[0];
    int axes = y.rank - 2;
    (void)n_in;
    if (axes < 1 || axes > AXES)
        return rt_fail(
            err, RT_ESHAPE,
            "upsample: input %s, want a batch, 1 to %d axes and channels",
            rt_shape_text(&y), AXES);
    if (rt_ints_check(&a->size, "size", axes, 1, err))
        return rt_err_within(err, "upsample");
    for (int i = 0; i < axes; i++) {
        int64_t n = (int64_t)y.dim[i + 1] * rt_ints_at(&a->size, i, 1);
        if (n > INT32_MAX)
            return rt_fail(err, RT_EINVAL,
                           "upsample: axis %d of input %s %d times", i + 1,
                           rt_shape_text(&y), rt_ints_at(&a->size, i, 1));
        if (y.dim[i + 1] != RT_DIM_ANY)
            y.dim[i + 1] = (int)n;
    }
    *out = y;
    return RT_OK;
}

struct job {
    const struct rt_call *c;
    bool linear, centers, back;
    int in[AXES], size[AXES];
    size_t ch, small, large; /* floats of an image */
};

/* The two places of an axis that make place o, and the second one's share. */
struct pair {
    int at[2];
    float share;
};

static struct pair pair_at(const struct job *j, int axis, int o)
{
    int n = j->in[axis], size = j->size[axis];
    struct pair p = { { o / size, o / size }, 0 };
    if (!j->linear || size == 1)
        return p;
    double at = j->centers ? (o + 0.5) / size - 0.5 : (double)o / size;
    double low = floor(at);
    p.share = (float)(at - low);
    p.at[0] = low < 0 ? 0 : (int)low;
    p.at[1] = (int)low + 1 < n ? (int)low + 1 : n - 1;
    return p;
}

/* Adds one place's parts, or gives them back. */
static void one(const struct job *j, const struct pair p[AXES], float *small,
                float *large)
{
    for (int corner = 0; corner < 1 << AXES; corner++) {
        size_t place = 0;
        float share = 1;
        for (int k = 0; k < AXES; k++) {
            int far = corner >> k & 1;
            share *= far ? p[k].share : 1 - p[k].share;
            place = place * (size_t)j->in[k] + (size_t)p[k].at[far];
        }
        if (share == 0)
            continue;
        float *at = small + place * j->ch;
        if (j->back)
            rt_kern()->axpy(at, share, large, j->ch);
        else
            rt_kern()->axpy(large, share, at, j->ch);
    }
}

static void image(void *arg, int n)
{
    const struct job *j = arg;
    const struct rt_call *c = j->c;
    float *small = (j->back ? c->dx[0].v : c->x[0].v) + (size_t)n * j->small;
    float *large = (j->back ? c->dy.v : c->y.v) + (size_t)n * j->large;
    int o[AXES];
    struct pair p[AXES];
    if (j->back)
        memset(small, 0, j->small * sizeof *small);
    else
        memset(large, 0, j->large * sizeof *large);
    for (o[0] = 0; o[0] < j->in[0] * j->size[0]; o[0]++) {
        p[0] = pair_at(j, 0, o[0]);
        for (o[1] = 0; o[1] < j->in[1] * j->size[1]; o[1]++) {
            p[1] = pair_at(j, 1, o[1]);
            for (o[2] = 0; o[2] < j->in[2] * j->size[2]; o[2]++) {
                p[2] = pair_at(j, 2, o[2]);
                one(j, p, small, large);
                large += j->ch;
            }
        }
    }
}

static void run(struct rt_call *c, bool back)
{
    const struct rt_upsample_args *a = c->args;
    const struct rt_shape *x = &c->x[0].shape;
    int ahead = AXES - (x->rank - 2), n = x->dim[0];
    struct job j = { .c = c,
                     .linear = a->linear,
                     .centers = a->centers,
                     .back = back,
                     .ch = (size_t)x->dim[x->rank - 1],
                     .small = c->x[0].n / (size_t)n,
                     .large = c->y.n / (size_t)n };
    for (int k = 0; k < AXES; k++) {
        j.in[k] = k < ahead ? 1 : x->dim[k - ahead + 1];
        j.size[k] = k < ahead ? 1 : rt_ints_at(&a->size, k - ahead, 1);
    }
    rt_pool_run(n, image, &j);
}

static void forward(struct rt_call *c)
{
    run(c, false);
}

static void backward(struct rt_call *c)
{
    run(c, true);
}

const struct rt_op rt_operator_upsample = {
    .name = "upsample",
    .help = "an image several times as large",
    .opts = opts,
    .args_size = sizeof(struct rt_upsample_args),
    .min_in = 1,
    .max_in = 1,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .tests = { { "2x3x2", "3" },
               { "2x3x2x3", "2,3" },
               { "2x3x2x3", "2,3 linear=yes" },
               { "2x3x4x3", "3,2 linear=yes centers=yes" },
               { "1x2x3x2x2", "1,2,3" } },
};

struct rt_node *rt_op_upsample(struct rt_graph *g, struct rt_node *x,
                               const struct rt_upsample_args *args,
                               struct rt_err *err)
{
    return rt_graph_op(g, &rt_operator_upsample, &x, 1, args, err);
}
