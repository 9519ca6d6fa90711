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

/* States to begin with: given, or those of the batch before. */
static int begin(struct rt_build *b, const struct rt_recurrent_args *a,
                 int n_states, struct rt_recur_in *in, struct rt_err *err)
{
    static const char *const names[] = { "state_h", "state_c" };
    if (b->n_in > 1 && b->n_in != 1 + n_states)
        return rt_fail(err, RT_EINVAL,
                       "%d inputs, want a sequence, or that and the %d state%s "
                       "to begin with",
                       b->n_in, n_states, n_states == 1 ? "" : "s");
    if (b->n_in > 1 && a->stateful)
        return rt_fail(err, RT_EINVAL,
                       "a stateful layer begins with its own states, not with "
                       "those given");
    for (int i = 0; i < n_states; i++) {
        const struct rt_shape *s = b->n_in > 1 ? &b->in[1 + i]->shape : NULL;
        if (s && (s->rank != 2 || s->dim[1] != a->units))
            return rt_fail(err, RT_ESHAPE,
                           "the state to begin with is %s, want (none,%d)",
                           rt_shape_text(s), a->units);
        if (s)
            in->state[i] = b->in[1 + i];
        else if (a->stateful &&
                 !(in->state[i] = rt_build_state(b, names[i], a->units, err)))
            return RT_EINVAL;
    }
    return RT_OK;
}

/* The operator gave the outputs of the steps, then the states. */
static struct rt_node *part(struct rt_build *b,
                            const struct rt_recurrent_args *a,
                            const struct rt_recur_in *in, struct rt_node *y,
                            int n_states, struct rt_err *err)
{
    int steps = a->return_sequences ? in->x->shape.dim[1] : 1;
    struct rt_shape flat = RT_SHAPE(a->units);
    struct rt_node *out = rt_op_slice(b->g, y, 1, 0, steps, err);
    if (out && !a->return_sequences)
        out = rt_op_reshape(b->g, out, &flat, err);
    for (int i = 0; i < n_states && out; i++) {
        struct rt_node *s =
            rt_op_slice(b->g, y, 1, steps + i, steps + i + 1, err);
        if (!(s = rt_op_reshape(b->g, s, &flat, err)))
            return NULL;
        if (a->return_state)
            rt_build_also(b, s);
        if (a->stateful && rt_build_update(b, in->state[i], s, err))
            return NULL;
    }
    return out;
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
                               .return_state = a->return_state || a->stateful,
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
    int n_states = gates == 4 ? 2 : 1;
    struct rt_recur_in in = { .x = b->in[0],
                              .kernel = kernel,
                              .recurrent = recurrent,
                              .bias = bias,
                              .mask = b->mask[0] };
    if (begin(b, a, n_states, &in, err))
        return NULL;
    struct rt_node *y = op(b->g, &in, &r, err);
    if (y && r.return_state)
        y = part(b, a, &in, y, n_states, err);
    if (a->return_sequences)
        rt_build_mask(b, 0, b->mask[0]);
    return rt_build_activity(b, y, a->activity_regularizer, err);
}
