/* Losses of a margin: outputs are to be on the label's side, by 1 at least.
 * Source: Keras 2.3.1 losses.py. */
#include "nn/loss.h"

#include "nn/formula.h"

/* Labels of 0 and 1, if a batch has no others, become -1 and 1. */
static struct rt_node *signs(struct rt_graph *g, struct rt_node *y,
                             struct rt_err *err)
{
    struct rt_node *either = ADD(OP2(eq, y, NUM(0)), OP2(eq, y, NUM(1)));
    struct rt_node *all =
        rt_op_reduce(g, RT_REDUCE_min, either, RT_AXES_ALL, false, err);
    return ADD(y, MUL(SUB(y, NUM(1)), all)); /* y or 2 y - 1 */
}

/* max(1 - y p, 0); at the border the gradient is that of 1 - y p. */
static struct rt_node *shortfall(struct rt_graph *g, struct rt_node *y,
                                 struct rt_node *p, struct rt_err *err)
{
    if (rt_loss_check(y, p, err))
        return NULL;
    return OP2(max, SUB(NUM(1), MUL(signs(g, y, err), p)), NUM(0));
}

static struct rt_node *build_hinge(struct rt_graph *g, struct rt_node *y,
                                   struct rt_node *p, const void *args,
                                   struct rt_err *err)
{
    (void)args;
    return shortfall(g, y, p, err);
}

const struct rt_loss rt_loss_hinge = {
    .name = "hinge",
    .help = "mean of what outputs lack of the margin, labels -1 and 1 (or 0 "
            "and 1)",
    .keras = "hinge",
    .keras_class = "Hinge",
    .build = build_hinge,
};

static struct rt_node *build_squared(struct rt_graph *g, struct rt_node *y,
                                     struct rt_node *p, const void *args,
                                     struct rt_err *err)
{
    (void)args;
    return OP1(square, shortfall(g, y, p, err));
}

const struct rt_loss rt_loss_squared_hinge = {
    .name = "squared_hinge",
    .help = "mean of the squares of what hinge averages",
    .keras = "squared_hinge",
    .keras_class = "SquaredHinge",
    .build = build_squared,
};

static struct rt_node *build_categorical(struct rt_graph *g, struct rt_node *y,
                                         struct rt_node *p, const void *args,
                                         struct rt_err *err)
{
    (void)args;
    if (rt_loss_check(y, p, err))
        return NULL;
    struct rt_node *right = LAST(sum, MUL(y, p));
    struct rt_node *wrong = LAST(max, MUL(SUB(NUM(1), y), p));
    struct rt_node *lack = ADD(SUB(wrong, right), NUM(1));
    return OP2(max, NUM(0), lack);
}

const struct rt_loss rt_loss_categorical_hinge = {
    .name = "categorical_hinge",
    .help = "what the label's output lacks of leading all others by 1",
    .keras = "categorical_hinge",
    .keras_class = "CategoricalHinge",
    .build = build_categorical,
};
