/* pool_max and pool_mean: the largest number and the mean of each channel in
 * windows over one to three axes. Places of padding count in neither. */
#include "base/pool.h"
#include "graph/conv.h"
#include "graph/kern.h"
#include "graph/op.h"
#include "graph/ops.h"

#include <string.h>

enum { AXES = RT_CONV_AXES, CHUNKS = 32, TAPS = 1 << 16 };

static const struct rt_opt opts[] = {
    RT_OPT(struct rt_pool_args, size, .word = 1, .def = "2",
           .help = "places of a window"),
    RT_OPT(struct rt_pool_args, strides, .def = "",
           .help = "places from window to window; none is the size"),
    RT_OPT(struct rt_pool_args, same, .def = "no",
           .help = "windows may reach over the border"),
    RT_OPT_END,
};

static struct rt_window window_of(const struct rt_pool_args *a, int i, int n)
{
    int size = rt_ints_at(&a->size, i, 2);
    return (struct rt_window){ .n = n,
                               .kernel = size,
                               .stride = rt_ints_at(&a->strides, i, size),
                               .dilation = 1,
                               .same = a->same };
}

int rt_pool_shape(const struct rt_pool_args *a, const struct rt_shape *x,
                  struct rt_shape *out, struct rt_err *err)
{
    int axes = x->rank - 2, before;
    double taps = 1;
    struct rt_shape y = *x;
    if (axes < 1 || axes > AXES)
        return rt_fail(err, RT_ESHAPE,
                       "input %s, want a batch, 1 to %d axes and channels",
                       rt_shape_text(x), AXES);
    if (rt_ints_check(&a->size, "pool_size", axes, 1, err) ||
        rt_ints_check(&a->strides, "strides", axes, 1, err))
        return RT_EINVAL;
    for (int i = 0; i < axes; i++) {
        struct rt_window w = window_of(a, i, x->dim[i + 1]);
        taps *= w.kernel;
        if (w.n == RT_DIM_ANY)
            continue;
        if ((y.dim[i + 1] = rt_window_out(&w, &before)) < 1)
            return rt_fail(err, RT_ESHAPE,
                           "a window of %d does not fit in axis %d of input "
                           "%s; want a smaller one, or padding=same",
                           w.kernel, i + 1, rt_shape_text(x));
    }
    if (taps > TAPS)
        return rt_fail(err, RT_EINVAL,
                       "a window of %.0f places, want at most "
                       "%d",
                       taps, TAPS);
    *out = y;
    return RT_OK;
}

static int shape(const char *name, const struct rt_pool_args *a,
                 const struct rt_shape *in, struct rt_shape *out,
                 struct rt_err *err)
{
    int status = rt_pool_shape(a, in, out, err);
    return status ? rt_err_within(err, "%s", name) : RT_OK;
}

/* ---- windows --------------------------------------------------------------*/

struct job {
    struct rt_call *c;
    int n, in[AXES], out[AXES], size[AXES], stride[AXES], before[AXES];
    int lines; /* of the first axis that counts, in all images */
    int chunks;
    int line;     /* that axis */
    size_t ch;    /* channels */
    int taps;     /* of a whole window */
    bool meet;    /* windows share places */
    bool apart;   /* some places are in no window */
    uint32_t *at; /* lists of offsets: of a whole window, then one a chunk */
};

static struct job job_of(const struct rt_pool_args *a, const struct rt_shape *x)
{
    int axes = x->rank - 2, ahead = AXES - axes;
    struct job j = { .n = x->dim[0],
                     .line = ahead,
                     .ch = (size_t)x->dim[x->rank - 1],
                     .taps = 1 };
    for (int k = 0; k < AXES; k++) {
        j.in[k] = j.out[k] = j.size[k] = j.stride[k] = 1;
        if (k < ahead)
            continue;
        struct rt_window w = window_of(a, k - ahead, x->dim[k - ahead + 1]);
        j.in[k] = w.n;
        j.size[k] = w.kernel;
        j.stride[k] = w.stride;
        j.out[k] = rt_window_out(&w, &j.before[k]);
        j.taps *= w.kernel;
        j.meet |= w.stride < w.kernel;
        j.apart |= w.stride > w.kernel || j.out[k] * w.stride < w.n;
    }
    j.lines = j.n * j.out[ahead];
    j.chunks = j.lines < CHUNKS ? j.lines : CHUNKS;
    return j;
}

static size_t scratch(const void *args, const struct rt_shape *in, int n_in,
                      const struct rt_shape *out)
{
    struct job j = job_of(args, &in[0]);
    (void)n_in;
    (void)out;
    return (size_t)(j.chunks + 1) * (size_t)j.taps * sizeof *j.at;
}

static size_t saved(const void *args, const struct rt_shape *in, int n_in,
                    const struct rt_shape *out)
{
    (void)args;
    (void)in;
    (void)n_in;
    return rt_shape_count(out) * sizeof(uint16_t);
}

/* Offsets of the taps from..to-1 of each axis, from the window's first. */
static int list_taps(const struct job *j, const int from[AXES],
                     const int to[AXES], uint32_t *at)
{
    int n = 0, t[AXES];
    for (t[0] = from[0]; t[0] < to[0]; t[0]++)
        for (t[1] = from[1]; t[1] < to[1]; t[1]++)
            for (t[2] = from[2]; t[2] < to[2]; t[2]++) {
                size_t place = ((size_t)(t[0] - from[0]) * (size_t)j->in[1] +
                                (size_t)(t[1] - from[1])) *
                                   (size_t)j->in[2] +
                               (size_t)(t[2] - from[2]);
                at[n++] = (uint32_t)(place * j->ch);
            }
    return n;
}

static size_t place_of(const int n[AXES], const int i[AXES])
{
    return ((size_t)i[0] * (size_t)n[1] + (size_t)i[1]) * (size_t)n[2] +
           (size_t)i[2];
}

/* One window: its first place within the image, and its taps. */
struct window {
    size_t first; /* in floats */
    const uint32_t *at;
    int taps;
};

static struct window window_at(const struct job *j, const int o[AXES],
                               uint32_t *own)
{
    int from[AXES], to[AXES], first[AXES];
    bool whole = true;
    for (int k = 0; k < AXES; k++) {
        int begin = o[k] * j->stride[k] - j->before[k],
            end = begin + j->size[k];
        first[k] = begin > 0 ? begin : 0;
        from[k] = first[k] - begin;
        to[k] = (end < j->in[k] ? end : j->in[k]) - begin;
        whole = whole && to[k] - from[k] == j->size[k];
    }
    size_t at = place_of(j->in, first) * j->ch;
    return (struct window){ at, whole ? j->at : own,
                            whole ? j->taps : list_taps(j, from, to, own) };
}

typedef void one_fn(const struct job *j, const struct window *w, size_t x,
                    size_t y);

static void each_window(const struct job *j, int line, uint32_t *own,
                        one_fn *one)
{
    int n[AXES], o[AXES] = { 0 };
    size_t image = (size_t)(line / j->out[j->line]);
    size_t x = image * (size_t)j->in[0] * (size_t)j->in[1] * (size_t)j->in[2];
    size_t y =
        image * (size_t)j->out[0] * (size_t)j->out[1] * (size_t)j->out[2];
    memcpy(n, j->out, sizeof n);
    o[j->line] = line % j->out[j->line];
    n[j->line] = o[j->line] + 1;
    int begin[AXES];
    memcpy(begin, o, sizeof begin);
    for (o[0] = begin[0]; o[0] < n[0]; o[0]++)
        for (o[1] = begin[1]; o[1] < n[1]; o[1]++)
            for (o[2] = begin[2]; o[2] < n[2]; o[2]++) {
                struct window w = window_at(j, o, own);
                one(j, &w, x * j->ch + w.first,
                    (y + place_of(j->out, o)) * j->ch);
            }
}

static struct job ready(struct rt_call *c)
{
    static const int zeros[AXES];
    struct job j = job_of(c->args, &c->x[0].shape);
    j.c = c;
    j.at = c->scratch;
    list_taps(&j, zeros, j.size, j.at);
    return j;
}

static uint32_t *own_list(const struct job *j, int chunk)
{
    return j->at + (size_t)(chunk + 1) * (size_t)j->taps;
}

static void run_lines(const struct job *j, int chunk, one_fn *one)
{
    int begin = (int)((int64_t)j->lines * chunk / j->chunks);
    int end = (int)((int64_t)j->lines * (chunk + 1) / j->chunks);
    for (int l = begin; l < end; l++)
        each_window(j, l, own_list(j, chunk), one);
}

/* Whole images, because windows may share places. */
static void run_images(const struct job *j, int chunk, one_fn *one)
{
    int lines = j->out[j->line];
    int chunks = j->chunks < j->n ? j->chunks : j->n;
    int begin = (int)((int64_t)j->n * chunk / chunks);
    int end = (int)((int64_t)j->n * (chunk + 1) / chunks);
    size_t image = j->c->x[0].n / (size_t)j->n;
    for (int i = begin; i < end; i++) {
        if (j->meet || j->apart)
            memset(j->c->dx[0].v + (size_t)i * image, 0, image * sizeof(float));
        for (int l = 0; l < lines; l++)
            each_window(j, i * lines + l, own_list(j, chunk), one);
    }
}

/* ---- pool_max -------------------------------------------------------------*/

static void max_one(const struct job *j, const struct window *w, size_t x,
                    size_t y)
{
    const struct rt_call *c = j->c;
    uint16_t *which = c->training ? (uint16_t *)c->saved + y : NULL;
    rt_kern()->pool_max(c->x[0].v + x, w->at, (size_t)w->taps, c->y.v + y,
                        which, j->ch);
}

static void max_back_one(const struct job *j, const struct window *w, size_t x,
                         size_t y)
{
    const struct rt_call *c = j->c;
    rt_kern()->pool_max_back(c->dy.v + y, (const uint16_t *)c->saved + y, w->at,
                             (size_t)w->taps, c->dx[0].v + x, j->ch, j->meet);
}

static void max_chunk(void *arg, int chunk)
{
    run_lines(arg, chunk, max_one);
}

static void max_back_chunk(void *arg, int chunk)
{
    run_images(arg, chunk, max_back_one);
}

static int max_shape(const void *args, const struct rt_shape *in, int n_in,
                     struct rt_shape *out, struct rt_err *err)
{
    (void)n_in;
    return shape("pool_max", args, in, out, err);
}

static void max_forward(struct rt_call *c)
{
    struct job j = ready(c);
    rt_pool_run(j.chunks, max_chunk, &j);
}

static void max_backward(struct rt_call *c)
{
    struct job j = ready(c);
    rt_pool_run(j.chunks < j.n ? j.chunks : j.n, max_back_chunk, &j);
}

/* ---- pool_mean ------------------------------------------------------------*/

static void mean_one(const struct job *j, const struct window *w, size_t x,
                     size_t y)
{
    rt_kern()->pool_mean(j->c->x[0].v + x, w->at, (size_t)w->taps,
                         j->c->y.v + y, j->ch);
}

static void mean_back_one(const struct job *j, const struct window *w, size_t x,
                          size_t y)
{
    float share = 1.0f / (float)w->taps, *dx = j->c->dx[0].v + x;
    for (int i = 0; i < w->taps; i++)
        rt_kern()->axpy(dx + w->at[i], share, j->c->dy.v + y, j->ch);
}

static void mean_chunk(void *arg, int chunk)
{
    run_lines(arg, chunk, mean_one);
}

static void mean_back_chunk(void *arg, int chunk)
{
    run_images(arg, chunk, mean_back_one);
}

static int mean_shape(const void *args, const struct rt_shape *in, int n_in,
                      struct rt_shape *out, struct rt_err *err)
{
    (void)n_in;
    return shape("pool_mean", args, in, out, err);
}

static void mean_forward(struct rt_call *c)
{
    struct job j = ready(c);
    rt_pool_run(j.chunks, mean_chunk, &j);
}

static void mean_backward(struct rt_call *c)
{
    struct job j = ready(c);
    j.apart = true; /* it is added to */
    rt_pool_run(j.chunks < j.n ? j.chunks : j.n, mean_back_chunk, &j);
}

/* clang-format off */
#define POOL(name_, what, f, ...)                                              \
    const struct rt_op rt_operator_pool_##name_ = {                            \
        .name = "pool_" #name_,                                                \
        .help = what,                                                          \
        .opts = opts,                                                          \
        .args_size = sizeof(struct rt_pool_args),                              \
        .min_in = 1,                                                           \
        .max_in = 1,                                                           \
        .shape = f##_shape,                                                    \
        .scratch = scratch,                                                    \
        .forward = f##_forward,                                                \
        .backward = f##_backward,                                              \
        .tests = { { "2x7x3", "3 strides=2" },                                 \
                   { "2x6x4x17", "2" },                                        \
                   { "1x7x8x2", "3,2 strides=2,3 same=yes" },                  \
                   { "2x5x5x33", "2 strides=3" },                              \
                   { "1x5x4x4x2", "3,2,2 strides=1 same=yes" } },              \
        __VA_ARGS__                                                            \
    };
/* clang-format on */

POOL(max, "the largest of each window", max, .saved = saved)
POOL(mean, "the mean of each window", mean, .saved = NULL)

struct rt_node *rt_op_pool(struct rt_graph *g, struct rt_node *x, bool largest,
                           const struct rt_pool_args *args, struct rt_err *err)
{
    return rt_graph_op(g,
                       largest ? &rt_operator_pool_max : &rt_operator_pool_mean,
                       &x, 1, args, err);
}
