/* Building a recurrent layer. */
#include "nn/recurrent.h"

#include "base/mem.h"
#include "nn/init.h"

#include <stdlib.h>

static int functions(const struct rt_recurrent_args *a, struct rt_recur_args *r,
                     struct rt_err *err)
{
    enum rt_unary f;
    int status = rt_activation_unary(a->activation, &f, &r->alpha, err);
    r->activation = (int)f;
    if (!status && a->recurrent_activation) {
        status = rt_activation_unary(a->recurrent_activation, &f,
                                     &r->recurrent_alpha, err);
        r->recurrent_activation = (int)f;
    }
    return status;
}

static struct rt_node *bias_of(struct rt_build *b,
                               const struct rt_recurrent_args *a, int width,
                               struct rt_err *err)
{
    struct rt_weight_args w = a->bias;
    struct rt_shape shape = RT_SHAPE(width);
    char *forget = NULL;
    if (a->reset_after)
        shape = RT_SHAPE(2, width);
    if (rt_init_draw(w.initializer, &shape, (struct rt_key){ 0 }, NULL, err))
        return NULL;
    if (a->unit_forget_bias)
        w.initializer = forget =
            rt_xprintf("unit_forget(others=%s)", w.initializer);
    struct rt_node *bias = rt_build_trained(b, "bias", &shape, &w, err);
    free(forget);
    return bias;
}

struct rt_node *rt_recurrent_build(struct rt_build *b,
                                   const struct rt_recurrent_args *a, int gates,
                                   rt_recurrent_op *op, struct rt_err *err)
{
    const struct rt_shape *x = &b->in[0]->shape;
    int width = gates * a->units;
    struct rt_recur_args r = { .dropout = a->dropout,
                               .recurrent_dropout = a->recurrent_dropout,
                               .return_sequences = a->return_sequences,
                               .go_backwards = a->go_backwards,
                               .reset_after = a->reset_after };
    if (x->rank != 3 || x->dim[2] == RT_DIM_ANY) {
        rt_fail(err, RT_ESHAPE,
                "input is %s, want (none,steps,features); a recurrent layer "
                "before it needs return_sequences=yes, other rows a reshape",
                rt_shape_text(x));
        return NULL;
    }
    if (functions(a, &r, err))
        return NULL;
    struct rt_node *bias = NULL;
    struct rt_node *kernel = rt_build_trained(
        b, "kernel", &RT_SHAPE(x->dim[2], width), &a->kernel, err);
    struct rt_node *recurrent =
        kernel
            ? rt_build_trained(b, "recurrent_kernel",
                               &RT_SHAPE(a->units, width), &a->recurrent, err)
            : NULL;
    if (!recurrent)
        return NULL;
    if (a->use_bias && !(bias = bias_of(b, a, width, err)))
        return NULL;
    struct rt_recur_in in = { .x = b->in[0],
                              .kernel = kernel,
                              .recurrent = recurrent,
                              .bias = bias,
                              .mask = b->mask[0] };
    struct rt_node *y = op(b->g, &in, &r, err);
    if (a->return_sequences)
        rt_build_mask(b, 0, b->mask[0]);
    return rt_build_activity(b, y, a->activity_regularizer, err);
}
