/* sgd: gradient descent, with momentum where asked for.
 * v = momentum v - lr g; w += v, with Nesterov w += momentum v - lr g.
 * Source: Keras 2.3.1 optimizers.py. */
#include "graph/kern.h"
#include "nn/optimizer.h"

struct args {
    struct rt_optim_args common;
    double momentum;
    bool nesterov;
};
static const struct rt_opt opts[] = {
    RT_OPTIM_OPTS(struct args, "0.01", "0"),
    RT_OPT(struct args, momentum, .def = "0", .min = 0, .max = INFINITY,
           .live = 1, .help = "share of the last step that is made again"),
    RT_OPT(struct args, nesterov, .def = "no", .live = 1,
           .help = "look ahead along the momentum"),
    RT_OPT_END,
};

static int n_slots(const void *args)
{
    const struct args *a = args;
    return a->momentum > 0;
}

/* Keras keeps the moments without momentum too; tf.keras does not. */
static enum rt_slot_kind keras_slot(const void *args, enum rt_dialect d,
                                    int slot)
{
    if (slot == 0 && (n_slots(args) > 0 || d < RT_TF_KERAS_2_4_0))
        return RT_SLOT_FULL;
    return RT_SLOT_ABSENT;
}

struct pass {
    float *w, *v;
    const float *g;
    float lr, momentum;
    bool nesterov;
};

static void plain(const void *arg, size_t from, size_t n)
{
    const struct pass *p = arg;
    rt_kern()->sgd(p->w + from, p->g + from, p->lr, n);
}

static void with_momentum(const void *arg, size_t from, size_t n)
{
    const struct pass *p = arg;
    rt_kern()->momentum(p->w + from, p->g + from, p->v + from, p->lr,
                        p->momentum, p->nesterov, n);
}

static void step(const void *args, const struct rt_optim_step *s)
{
    const struct args *a = args;
    bool moves = n_slots(args) > 0;
    struct pass p = {
        .w = s->w,
        .v = moves ? s->slot[0] : NULL,
        .g = s->g,
        .lr = (float)rt_optim_rate(&a->common, s),
        .momentum = (float)a->momentum,
        .nesterov = a->nesterov,
    };
    rt_optim_run(&a->common, s, moves ? with_momentum : plain, &p);
}

const struct rt_optimizer rt_optimizer_sgd = {
    .name = "sgd",
    .help = "gradient descent, with or without momentum",
    .keras = "SGD",
    .opts = opts,
    .args_size = sizeof(struct args),
    .n_slots = n_slots,
    .slot_names = { "momentum" },
    .step = step,
    .keras_slot = keras_slot,
    .keras_slots = { "moment" },
    .keras_lacks = "weight_decay",
};
