/* adam: m and v are running means of the gradient and its square;
 * w -= lr sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon).
 * Source: Kingma and Ba 2015, in the form of Keras 2.3.1 optimizers.py. */
#include "graph/kern.h"
#include "nn/optimizer.h"

struct args {
    struct rt_optim_args common;
    double beta_1, beta_2, epsilon;
};
static const struct rt_opt opts[] = {
    RT_OPTIM_OPTS(struct args, "0.001"),
    RT_OPT(struct args, beta_1, .def = "0.9", .min = 0, .max = 1, .open = 2,
           .live = 1, .help = "how slowly the mean of the gradient moves"),
    RT_OPT(struct args, beta_2, .def = "0.999", .min = 0, .max = 1, .open = 2,
           .live = 1, .help = "how slowly the mean of its square moves"),
    RT_OPT(struct args, epsilon, .def = "1e-7", .min = 0, .max = INFINITY,
           .live = 1, .help = "keeps the division from zero"),
    RT_OPT_END,
};

static int n_slots(const void *args)
{
    (void)args;
    return 2;
}

struct step {
    float *w, *m, *v;
    const float *g;
    double beta_1, beta_2;
    float lr_t, epsilon;
};

static void chunk(const void *step, size_t from, size_t n)
{
    const struct step *s = step;
    rt_kern()->adam(s->w + from, s->g + from, s->m + from, s->v + from, s->lr_t,
                    s->beta_1, s->beta_2, s->epsilon, n);
}

static void step(const void *args, double lr, int64_t t, float *w,
                 const float *g, float *const *slot,
                 const struct rt_range *range, int n_ranges)
{
    const struct args *a = args;
    double n = (double)t + 1;
    double unbias = sqrt(1 - pow(a->beta_2, n)) / (1 - pow(a->beta_1, n));
    struct step s = {
        .w = w,
        .m = slot[0],
        .v = slot[1],
        .g = g,
        .lr_t = (float)(rt_optim_rate(&a->common, lr, t) * unbias),
        .beta_1 = a->beta_1,
        .beta_2 = a->beta_2,
        .epsilon = (float)a->epsilon,
    };
    rt_optim_run(range, n_ranges, chunk, &s);
}

const struct rt_optimizer rt_optimizer_adam = {
    .name = "adam",
    .help = "steps by the gradient's running mean and size",
    .keras = "Adam",
    .opts = opts,
    .args_size = sizeof(struct args),
    .n_slots = n_slots,
    .slot_names = { "m", "v" },
    .step = step,
};
