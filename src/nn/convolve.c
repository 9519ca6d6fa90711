/* What the convolution layers share. */
#include "nn/convolve.h"

#include "graph/conv.h"

#include <limits.h>
#include <string.h>

const char *const rt_paddings[] = { "valid", "same", NULL };
const char *const rt_paddings_causal[] = { "valid", "same", "causal", NULL };

int rt_convolve_input(const struct rt_shape *x, int axes, struct rt_err *err)
{
    static const char *const wanted[] = { "steps,channels",
                                          "rows,columns,channels",
                                          "planes,rows,columns,channels" };
    if (x->rank != axes + 2)
        return rt_fail(err, RT_ESHAPE,
                       "input is %s, want (none,%s); %s with `reshape` before",
                       rt_shape_text(x), wanted[axes - 1],
                       x->rank == axes + 1 ? "give it channels"
                                           : "bring it there");
    if (x->dim[x->rank - 1] == RT_DIM_ANY)
        return rt_fail(err, RT_ESHAPE,
                       "input is %s, want channels of known number; give them "
                       "at `input`",
                       rt_shape_text(x));
    return RT_OK;
}

static bool any_above_one(const struct rt_ints *v)
{
    for (int i = 0; i < v->n; i++)
        if (v->v[i] > 1)
            return true;
    return false;
}

/* No axis of the kernel, nor the input with such a one before it, is more than
 * an int counts. */
static int check_span(const struct rt_convolve_args *a,
                      const struct rt_shape *x, int axes, struct rt_err *err)
{
    for (int i = 0; i < axes; i++) {
        int size = rt_ints_at(&a->kernel_size, i, 1);
        int apart = rt_ints_at(&a->dilation_rate, i, 1);
        int64_t n = (int64_t)(size - 1) * apart + 1;
        int64_t most = INT_MAX - (x->dim[i + 1] > 0 ? x->dim[i + 1] : 0);
        if (n > most)
            return rt_fail(err, RT_ESHAPE,
                           "a kernel of %d places, %d apart, along axis %d of "
                           "input %s is %lld long, want at most %lld",
                           size, apart, i + 1, rt_shape_text(x), (long long)n,
                           (long long)most);
    }
    return RT_OK;
}

int rt_convolve_check(const struct rt_build *b,
                      const struct rt_convolve_args *a, int axes,
                      struct rt_err *err)
{
    int status = rt_convolve_input(&b->in[0]->shape, axes, err);
    if (status)
        return status;
    if (a->kernel_size.n < 1)
        return rt_fail(err, RT_EINVAL, "'kernel_size' is missing");
    if (rt_ints_check(&a->kernel_size, "kernel_size", axes, 1, err) ||
        rt_ints_check(&a->strides, "strides", axes, 1, err) ||
        rt_ints_check(&a->dilation_rate, "dilation_rate", axes, 1, err))
        return RT_EINVAL;
    if (any_above_one(&a->strides) && any_above_one(&a->dilation_rate))
        return rt_fail(err, RT_EINVAL,
                       "strides and dilation_rate are both above 1, want one "
                       "of them 1");
    return check_span(a, &b->in[0]->shape, axes, err);
}

struct rt_conv_args rt_convolve_set(const struct rt_convolve_args *a)
{
    struct rt_conv_args set = { .strides = a->strides,
                                .dilation = a->dilation_rate,
                                .groups = a->groups > 0 ? a->groups : 1,
                                .same = a->padding == RT_PADDING_SAME };
    if (a->padding == RT_PADDING_CAUSAL) {
        set.before.n = 1;
        set.before.v[0] = (rt_ints_at(&a->kernel_size, 0, 1) - 1) *
                          rt_ints_at(&a->dilation_rate, 0, 1);
    }
    return set;
}

struct rt_shape rt_convolve_kernel(const struct rt_convolve_args *a, int axes,
                                   int next, int last)
{
    struct rt_shape s = { .rank = axes + 2 };
    for (int i = 0; i < axes; i++)
        s.dim[i] = rt_ints_at(&a->kernel_size, i, 1);
    s.dim[axes] = next;
    s.dim[axes + 1] = last;
    return s;
}

int rt_convolve_bias(struct rt_build *b, const struct rt_convolve_args *a,
                     int n, struct rt_node **out, struct rt_err *err)
{
    *out = NULL;
    if (a->use_bias &&
        !(*out = rt_build_trained(b, "bias", &RT_SHAPE(n), &a->bias, err)))
        return RT_ESHAPE;
    return RT_OK;
}

/* relu costs nothing where the result is at hand anyway. */
struct rt_node *rt_convolve(struct rt_build *b, struct rt_node *x,
                            struct rt_node *kernel, struct rt_node *bias,
                            struct rt_conv_args set,
                            const struct rt_convolve_args *a,
                            struct rt_err *err)
{
    struct rt_shape out;
    if (!x || !kernel)
        return NULL;
    set.relu = strcmp(a->activation, "relu") == 0;
    if (rt_conv_shape(&set, &x->shape, &kernel->shape, NULL, &out, err))
        return NULL;
    struct rt_node *y = rt_op_conv(b->g, x, kernel, bias, &set, err);
    return set.relu ? y : rt_activation(b->g, a->activation, y, err);
}
