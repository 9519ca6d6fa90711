/* What a convolution, a window or a list of its options amounts to. */
#include "graph/conv.h"
#include "graph/op.h"

#include <string.h>

int rt_ints_at(const struct rt_ints *v, int i, int none)
{
    return v->n == 0 ? none : v->n == 1 ? v->v[0] : v->v[i];
}

int rt_ints_check(const struct rt_ints *v, const char *name, int axes,
                  int least, struct rt_err *err)
{
    if (v->n > 1 && v->n != axes)
        return rt_fail(err, RT_EINVAL, "'%s' has %d numbers, want 1 or %d",
                       name, v->n, axes);
    for (int i = 0; i < v->n; i++)
        if (v->v[i] < least)
            return rt_fail(err, RT_EINVAL,
                           "'%s' has %d in it, want at least "
                           "%d",
                           name, v->v[i], least);
    return RT_OK;
}

int rt_window_out(const struct rt_window *w, int *before)
{
    int64_t span = (int64_t)(w->kernel - 1) * w->dilation + 1;
    int64_t all = (int64_t)w->n + w->before + w->after;
    *before = w->before;
    if (w->same) {
        int64_t out = (w->n - 1) / w->stride + 1;
        int64_t pad = (out - 1) * w->stride + span - w->n;
        *before = pad > 0 ? (int)(pad / 2) : 0;
        return (int)out;
    }
    return all < span ? 0 : (int)((all - span) / w->stride + 1);
}

static struct rt_window window_of(const struct rt_conv_args *a, int i, int n,
                                  int kernel)
{
    return (struct rt_window){
        .n = n,
        .kernel = kernel,
        .stride = rt_ints_at(&a->strides, i, 1),
        .dilation = rt_ints_at(&a->dilation, i, 1),
        .before = rt_ints_at(&a->before, i, 0),
        .after = rt_ints_at(&a->after, i, 0),
        .same = a->same,
    };
}

static int check_args(const struct rt_conv_args *a, int axes,
                      struct rt_err *err)
{
    if (rt_ints_check(&a->strides, "strides", axes, 1, err) ||
        rt_ints_check(&a->dilation, "dilation", axes, 1, err) ||
        rt_ints_check(&a->before, "before", axes, 0, err) ||
        rt_ints_check(&a->after, "after", axes, 0, err))
        return RT_EINVAL;
    return RT_OK;
}

static int check_weights(const struct rt_conv_args *a, const struct rt_shape *x,
                         const struct rt_shape *w, const struct rt_shape *b,
                         struct rt_err *err)
{
    int channels = x->dim[x->rank - 1], filters;
    if (w->rank != x->rank)
        return rt_fail(err, RT_ESHAPE, "kernel %s for input %s, want %d axes",
                       rt_shape_text(w), rt_shape_text(x), x->rank);
    for (int i = 0; i < w->rank; i++)
        if (w->dim[i] < 1)
            return rt_fail(err, RT_ESHAPE, "kernel %s has an empty axis",
                           rt_shape_text(w));
    filters = w->dim[w->rank - 1];
    if (channels == RT_DIM_ANY)
        return rt_fail(err, RT_ESHAPE,
                       "the last axis of input %s is not known, want its "
                       "channels; give them at `input`",
                       rt_shape_text(x));
    if (a->groups < 1 || channels % a->groups || filters % a->groups)
        return rt_fail(err, RT_ESHAPE,
                       "%d groups of %d channels and %d filters, want a "
                       "number that divides both",
                       a->groups, channels, filters);
    if (w->dim[w->rank - 2] != channels / a->groups)
        return rt_fail(
            err, RT_ESHAPE, "kernel %s for input %s, want %d channels in it",
            rt_shape_text(w), rt_shape_text(x), channels / a->groups);
    if (b && (b->rank != 1 || b->dim[0] != filters))
        return rt_fail(err, RT_ESHAPE, "bias %s for kernel %s, want (%d)",
                       rt_shape_text(b), rt_shape_text(w), filters);
    return RT_OK;
}

/* "9x9" */
static void add_sizes(struct rt_str *s, const int *v, int n)
{
    for (int i = 0; i < n; i++)
        rt_str_addf(s, i ? "x%d" : "%d", v[i]);
}

static int no_room(const struct rt_conv_args *a, const struct rt_shape *x,
                   const struct rt_shape *w, struct rt_err *err)
{
    struct rt_str text = RT_STR_INIT;
    int axes = x->rank - 2;
    rt_str_add(&text, "kernel ");
    add_sizes(&text, w->dim, axes);
    for (int i = 0; i < axes; i++)
        if (rt_ints_at(&a->dilation, i, 1) > 1) {
            rt_str_add(&text, ", dilated,");
            break;
        }
    rt_str_addf(&text,
                " does not fit in input %s; want a smaller one, or "
                "padding=same",
                rt_shape_text(x));
    int status = rt_fail(err, RT_ESHAPE, "%s", rt_str_c(&text));
    rt_str_release(&text);
    return status;
}

int rt_conv_shape(const struct rt_conv_args *a, const struct rt_shape *x,
                  const struct rt_shape *w, const struct rt_shape *b,
                  struct rt_shape *out, struct rt_err *err)
{
    int axes = x->rank - 2, before;
    if (axes < 1 || axes > RT_CONV_AXES)
        return rt_fail(err, RT_ESHAPE,
                       "input %s, want a batch, 1 to %d axes and channels",
                       rt_shape_text(x), RT_CONV_AXES);
    if (check_args(a, axes, err))
        return RT_EINVAL;
    if (check_weights(a, x, w, b, err))
        return RT_ESHAPE;
    struct rt_shape y = *x;
    y.dim[x->rank - 1] = w->dim[w->rank - 1];
    for (int i = 0; i < axes; i++) {
        if (x->dim[i + 1] == RT_DIM_ANY)
            continue;
        struct rt_window v = window_of(a, i, x->dim[i + 1], w->dim[i]);
        if ((y.dim[i + 1] = rt_window_out(&v, &before)) < 1)
            return no_room(a, x, w, err);
    }
    *out = y;
    return RT_OK;
}

struct rt_conv rt_conv_of_windows(int n, const struct rt_window *w, int axes)
{
    int ahead = RT_CONV_AXES - axes;
    struct rt_conv g = { .n = n, .band = ahead };
    for (int k = 0; k < RT_CONV_AXES; k++) {
        g.in[k] = g.out[k] = g.kernel[k] = g.stride[k] = g.dilation[k] = 1;
        if (k < ahead)
            continue;
        const struct rt_window *v = &w[k - ahead];
        g.in[k] = v->n;
        g.kernel[k] = v->kernel;
        g.stride[k] = v->stride;
        g.dilation[k] = v->dilation;
        g.out[k] = rt_window_out(v, &g.before[k]);
    }
    return g;
}

struct rt_conv rt_conv_set(const struct rt_conv_args *a,
                           const struct rt_shape *x, const struct rt_shape *w)
{
    struct rt_window v[RT_CONV_AXES];
    int axes = x->rank - 2;
    for (int i = 0; i < axes; i++)
        v[i] = window_of(a, i, x->dim[i + 1], w->dim[i]);
    struct rt_conv g = rt_conv_of_windows(x->dim[0], v, axes);
    g.channels = x->dim[x->rank - 1];
    g.filters = w->dim[w->rank - 1];
    g.groups = a->groups;
    return g;
}
