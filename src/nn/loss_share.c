/* Losses of shares, counts and directions.
 * Source: Keras 2.3.1 losses.py and backend/tensorflow_backend.py. */
#include "nn/loss.h"

#include "nn/formula.h"

static struct rt_node *build_divergence(struct rt_graph *g, struct rt_node *y,
                                        struct rt_node *p, const void *args,
                                        struct rt_err *err)
{
    (void)args;
    if (rt_loss_check(y, p, err))
        return NULL;
    y = CLIP(y, RT_LOSS_EPSILON, 1);
    p = CLIP(p, RT_LOSS_EPSILON, 1);
    return LAST(sum, MUL(y, OP1(log, DIV(y, p))));
}

const struct rt_loss rt_loss_kullback_leibler_divergence = {
    .name = "kullback_leibler_divergence",
    .alias = "kld KLD",
    .nick = "kl_divergence",
    .help = "how far shares p are from shares y: sum of y log(y / p)",
    .keras = "kullback_leibler_divergence",
    .keras_class = "KLDivergence",
    .build = build_divergence,
};

static struct rt_node *build_poisson(struct rt_graph *g, struct rt_node *y,
                                     struct rt_node *p, const void *args,
                                     struct rt_err *err)
{
    (void)args;
    if (rt_loss_check(y, p, err))
        return NULL;
    struct rt_node *log_p = OP1(log, ADD(p, NUM(RT_LOSS_EPSILON)));
    return SUB(p, MUL(y, log_p));
}

const struct rt_loss rt_loss_poisson = {
    .name = "poisson",
    .help = "of counts y and rates p: mean of p - y log p",
    .keras = "poisson",
    .keras_class = "Poisson",
    .build = build_poisson,
};

struct rt_node *rt_loss_cosine(struct rt_graph *g, struct rt_node *y,
                               struct rt_node *p, struct rt_err *err)
{
    struct rt_node *unit[] = { y, p };
    if (rt_loss_check(y, p, err))
        return NULL;
    for (int i = 0; i < 2; i++) {
        struct rt_node *square = LAST_KEEP(sum, OP1(square, unit[i]));
        struct rt_node *floor = OP2(max, square, NUM(1e-12));
        unit[i] = DIV(unit[i], OP1(sqrt, floor));
    }
    return LAST(sum, MUL(unit[0], unit[1]));
}

static struct rt_node *build_cosine(struct rt_graph *g, struct rt_node *y,
                                    struct rt_node *p, const void *args,
                                    struct rt_err *err)
{
    (void)args;
    return OP1(neg, rt_loss_cosine(g, y, p, err));
}

const struct rt_loss rt_loss_cosine_similarity = {
    .name = "cosine_similarity",
    .alias = "cosine_proximity cosine",
    .help = "minus the cosine of the angle between label and output",
    .keras = "cosine_similarity",
    .keras_class = "CosineSimilarity",
    .build = build_cosine,
};
