/* rmsprop: s is the running mean of the gradient's square;
 * w -= lr g / (sqrt(s) + epsilon).
 * Source: Keras 2.3.1 optimizers.py. */
#include "graph/kern.h"
#include "nn/optimizer.h"

struct args {
    struct rt_optim_args common;
    double rho, epsilon;
};
static const struct rt_opt opts[] = {
    RT_OPTIM_OPTS(struct args, "0.001"),
    RT_OPT(struct args, rho, .def = "0.9", .min = 0, .max = 1, .open = 2,
           .live = 1, .help = "how slowly the mean of the square moves"),
    RT_OPT(struct args, epsilon, .def = "1e-7", .min = 0, .max = INFINITY,
           .live = 1, .help = "keeps the division from zero"),
    RT_OPT_END,
};

static int n_slots(const void *args)
{
    (void)args;
    return 1;
}

struct step {
    float *w, *s;
    const float *g;
    double rho;
    float lr, epsilon;
};

static void chunk(const void *step, size_t from, size_t n)
{
    const struct step *s = step;
    rt_kern()->rmsprop(s->w + from, s->g + from, s->s + from, s->lr, s->rho,
                       s->epsilon, n);
}

static void step(const void *args, double lr, int64_t t, float *w,
                 const float *g, float *const *slot,
                 const struct rt_range *range, int n_ranges)
{
    const struct args *a = args;
    struct step s = {
        .w = w,
        .s = slot[0],
        .g = g,
        .lr = (float)rt_optim_rate(&a->common, lr, t),
        .rho = a->rho,
        .epsilon = (float)a->epsilon,
    };
    rt_optim_run(range, n_ranges, chunk, &s);
}

const struct rt_optimizer rt_optimizer_rmsprop = {
    .name = "rmsprop",
    .help = "steps by the gradient over its usual size",
    .keras = "RMSprop",
    .opts = opts,
    .args_size = sizeof(struct args),
    .n_slots = n_slots,
    .slot_names = { "mean_square" },
    .step = step,
};
