/* The list of losses, and what their builders share. */
#include "nn/loss.h"

#include "nn/spec.h"

#define RT_LOSS(name) extern const struct rt_loss rt_loss_##name;
#include "nn/losses.def"
#undef RT_LOSS

static const struct rt_loss *const all[] = {
#define RT_LOSS(name) &rt_loss_##name,
#include "nn/losses.def"
#undef RT_LOSS
    NULL,
};

const struct rt_loss *const *rt_losses(void)
{
    return all;
}

static struct rt_spec_name at(int i)
{
    const struct rt_loss *l = all[i];
    return l ? (struct rt_spec_name){ l->name,      l->alias,       l->opts,
                                      l->args_size, l->keras_class, l->nick }
             : (struct rt_spec_name){ 0 };
}

const struct rt_loss *rt_loss_named(const char *name)
{
    int i = rt_spec_index("loss", at, name, NULL);
    return i < 0 ? NULL : all[i];
}

const struct rt_loss *rt_loss_find(const char *spec, void **args,
                                   struct rt_err *err)
{
    int i = rt_spec_find("loss", at, spec, args, err);
    return i < 0 ? NULL : all[i];
}

struct rt_node *rt_loss_per_sample(struct rt_graph *g, struct rt_node *x,
                                   struct rt_err *err)
{
    if (x && x->shape.rank <= 1)
        return x;
    return rt_op_reduce(g, RT_REDUCE_mean, x, RT_AXES_FROM(1), false, err);
}

/* One value a step of what has more. */
static struct rt_node *per_step(struct rt_graph *g, struct rt_node *x,
                                struct rt_err *err)
{
    if (x && x->shape.rank > 2)
        return rt_op_reduce(g, RT_REDUCE_mean, x, RT_AXES_FROM(2), false, err);
    return x;
}

/* The mean of all numbers, never 0. */
static struct rt_node *share_of(struct rt_graph *g, struct rt_node *which,
                                struct rt_err *err)
{
    return rt_op_binary(
        g, RT_BINARY_max,
        rt_op_reduce(g, RT_REDUCE_mean, which, RT_AXES_ALL, false, err),
        rt_graph_scalar(g, RT_LOSS_EPSILON), err);
}

/* x / mean(which) over the rows that has (NULL: all) is not 0 of. */
static struct rt_node *by_share(struct rt_graph *g, struct rt_node *x,
                                struct rt_node *which, struct rt_node *has,
                                struct rt_err *err)
{
    if (has) {
        struct rt_shape each = { .rank = which->shape.rank - 1 };
        for (int i = 0; i < each.rank; i++)
            each.dim[i] = 1;
        which = rt_op_binary(g, RT_BINARY_mul, which,
                             rt_op_reshape(g, has, &each, err), err);
        x = rt_op_binary(g, RT_BINARY_mul, x, share_of(g, has, err), err);
    }
    return rt_op_binary(g, RT_BINARY_div, x, share_of(g, which, err), err);
}

struct rt_node *rt_loss_masked(struct rt_graph *g, struct rt_node *x,
                               struct rt_node *mask, struct rt_node *has,
                               bool present, struct rt_err *err)
{
    if (!mask || !x || x->shape.rank < mask->shape.rank)
        return rt_loss_per_sample(g, x, err);
    x = rt_op_binary(g, RT_BINARY_mul, per_step(g, x, err), mask, err);
    if (present)
        x = by_share(g, x, mask, has, err);
    return rt_loss_per_sample(g, x, err);
}

struct rt_node *rt_loss_steps(struct rt_graph *g, struct rt_node *x,
                              struct rt_node *mask, struct rt_node *has,
                              struct rt_node *w, bool present,
                              struct rt_err *err)
{
    if (!x || x->shape.rank < 2 || x->shape.dim[1] != w->shape.dim[1]) {
        if (x)
            rt_fail(err, RT_ESHAPE,
                    "it gives %s, and the weights are of %d steps each",
                    rt_shape_text(&x->shape), w->shape.dim[1]);
        return NULL;
    }
    x = per_step(g, x, err);
    if (mask)
        x = rt_op_binary(g, RT_BINARY_mul, x, mask, err);
    if (mask && present)
        x = by_share(g, x, mask, has, err);
    x = rt_op_binary(g, RT_BINARY_mul, x, w, err);
    if (present)
        x = by_share(
            g, x, rt_op_binary(g, RT_BINARY_gt, w, rt_graph_scalar(g, 0), err),
            NULL, err);
    return rt_loss_per_sample(g, x, err);
}

int rt_loss_check(const struct rt_node *y, const struct rt_node *p,
                  struct rt_err *err)
{
    if (!rt_shape_fits(&y->shape, &p->shape))
        return rt_fail(err, RT_ESHAPE,
                       "label is %s, output is %s: want equal shapes",
                       rt_shape_text(&y->shape), rt_shape_text(&p->shape));
    return RT_OK;
}
