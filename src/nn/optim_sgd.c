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
    RT_OPTIM_OPTS(struct args, "0.01"),
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

struct step {
    float *w, *v;
    const float *g;
    float lr, momentum;
    bool nesterov;
};

static void plain(const void *step, size_t from, size_t n)
{
    const struct step *s = step;
    rt_kern()->sgd(s->w + from, s->g + from, s->lr, n);
}

static void with_momentum(const void *step, size_t from, size_t n)
{
    const struct step *s = step;
    rt_kern()->momentum(s->w + from, s->g + from, s->v + from, s->lr,
                        s->momentum, s->nesterov, n);
}

static void step(const void *args, double lr, int64_t t, float *w,
                 const float *g, float *const *slot,
                 const struct rt_range *range, int n_ranges)
{
    const struct args *a = args;
    bool moves = n_slots(args) > 0;
    struct step s = {
        .w = w,
        .v = moves ? slot[0] : NULL,
        .g = g,
        .lr = (float)rt_optim_rate(&a->common, lr, t),
        .momentum = (float)a->momentum,
        .nesterov = a->nesterov,
    };
    rt_optim_run(range, n_ranges, moves ? with_momentum : plain, &s);
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
};
