/* rmsprop: s is the running mean of the gradient's square;
 * w -= lr g / (sqrt(s) + epsilon). Centered, s less the square of the running
 * mean of the gradient takes its place. With momentum
 * v = momentum v + lr g / sqrt(s + epsilon) and w -= v: epsilon lies inside the
 * root there, as in tf.keras.
 * Source: Keras 2.3.1 optimizers.py; tf.keras 2.4 for centered and momentum. */
#include "graph/kern.h"
#include "nn/optimizer.h"

struct args {
    struct rt_optim_args common;
    double rho, epsilon, momentum;
    bool centered;
};
static const struct rt_opt opts[] = {
    RT_OPTIM_OPTS(struct args, "0.001", "0"),
    RT_OPT(struct args, rho, .def = "0.9", .min = 0, .max = 1, .open = 2,
           .live = 1, .help = "how slowly the mean of the square moves"),
    RT_OPT(struct args, epsilon, .def = "1e-7", .min = 0, .max = INFINITY,
           .live = 1, .help = "keeps the division from zero"),
    RT_OPT(struct args, momentum, .def = "0", .min = 0, .max = INFINITY,
           .help = "share of the last step that is made again"),
    RT_OPT(struct args, centered, .def = "no",
           .help = "divide by the deviation, not by the size"),
    RT_OPT_END,
};

enum { SQUARE, MOVE, MEAN };

static bool uses(const struct args *a, int slot)
{
    return slot == SQUARE || (slot == MOVE && a->momentum > 0) ||
           (slot == MEAN && a->centered);
}

/* A centered one without momentum has an arena that it does not use. */
static int n_slots(const void *args)
{
    return uses(args, MEAN) ? 3 : uses(args, MOVE) ? 2 : 1;
}

static enum rt_slot_kind keras_slot(const void *args, enum rt_dialect d,
                                    int slot)
{
    (void)d;
    return uses(args, slot) ? RT_SLOT_FULL : RT_SLOT_ABSENT;
}

struct pass {
    float *w, *square, *move, *mean;
    const float *g;
    double rho;
    float lr, epsilon, momentum;
};

static void chunk(const void *arg, size_t from, size_t n)
{
    const struct pass *p = arg;
    rt_kern()->rmsprop(p->w + from, p->g + from, p->square + from,
                       p->move ? p->move + from : NULL,
                       p->mean ? p->mean + from : NULL, p->lr, p->rho,
                       p->momentum, p->epsilon, n);
}

static void step(const void *args, const struct rt_optim_step *s)
{
    const struct args *a = args;
    struct pass p = {
        .w = s->w,
        .square = s->slot[SQUARE],
        .move = uses(a, MOVE) ? s->slot[MOVE] : NULL,
        .mean = uses(a, MEAN) ? s->slot[MEAN] : NULL,
        .g = s->g,
        .rho = a->rho,
        .lr = (float)rt_optim_rate(&a->common, s),
        .epsilon = (float)a->epsilon,
        .momentum = (float)a->momentum,
    };
    rt_optim_run(&a->common, s, chunk, &p);
}

const struct rt_optimizer rt_optimizer_rmsprop = {
    .name = "rmsprop",
    .help = "steps by the gradient over its usual size",
    .keras = "RMSprop",
    .opts = opts,
    .args_size = sizeof(struct args),
    .n_slots = n_slots,
    .slot_names = { "mean_square", "momentum", "mean" },
    .step = step,
    .keras_slot = keras_slot,
    .keras_slots = { "accumulator", "momentum", "mg" },
    .keras_uncounted = true,
    .keras_lacks = "momentum centered weight_decay",
};
