/* adam, adamw: m and v are running means of the gradient and its square;
 * w -= lr sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon), t
 * from 1. With AMSGrad the largest v so far takes its place. adamw is adam with
 * a weight decay by default. Source: Kingma and Ba 2015, in the form of
 * Keras 2.3.1 optimizers.py; Reddi et al. 2018; Loshchilov and Hutter 2019, as
 * Keras 2.13. */
#include "graph/kern.h"
#include "nn/optimizer.h"

struct args {
    struct rt_optim_args common;
    double beta_1, beta_2, epsilon;
    bool amsgrad;
};
#define OPTS(shrink)                                                           \
    RT_OPTIM_OPTS(struct args, "0.001", shrink),                               \
        RT_OPT(struct args, beta_1, .def = "0.9", .min = 0, .max = 1,          \
               .open = 2, .live = 1,                                           \
               .help = "how slowly the mean of the gradient moves"),           \
        RT_OPT(struct args, beta_2, .def = "0.999", .min = 0, .max = 1,        \
               .open = 2, .live = 1,                                           \
               .help = "how slowly the mean of its square moves"),             \
        RT_OPT(struct args, epsilon, .def = "1e-7", .min = 0, .max = INFINITY, \
               .live = 1, .help = "keeps the division from zero"),             \
        RT_OPT(struct args, amsgrad, .def = "no",                              \
               .help = "divide by the largest mean square so far")
static const struct rt_opt opts[] = { OPTS("0"), RT_OPT_END };
static const struct rt_opt w_opts[] = { OPTS("0.004"), RT_OPT_END };

static int n_slots(const void *args)
{
    const struct args *a = args;
    return a->amsgrad ? 3 : 2;
}

/* Without AMSGrad Keras keeps a vhat too, of one 0 for each weight. */
static enum rt_slot_kind adam_slot(const void *args, enum rt_dialect d,
                                   int slot)
{
    if (slot < n_slots(args))
        return RT_SLOT_FULL;
    return slot == 2 && d < RT_TF_KERAS_2_4_0 ? RT_SLOT_ONE : RT_SLOT_ABSENT;
}

struct pass {
    float *w, *m, *v, *vhat;
    const float *g;
    double beta_1, beta_2;
    float lr_t, epsilon;
};

static void chunk(const void *arg, size_t from, size_t n)
{
    const struct pass *p = arg;
    rt_kern()->adam(p->w + from, p->g + from, p->m + from, p->v + from,
                    p->vhat ? p->vhat + from : NULL, p->lr_t, p->beta_1,
                    p->beta_2, p->epsilon, n);
}

static void step(const void *args, const struct rt_optim_step *s)
{
    const struct args *a = args;
    double t = (double)s->t + 1;
    double unbias = sqrt(1 - pow(a->beta_2, t)) / (1 - pow(a->beta_1, t));
    struct pass p = {
        .w = s->w,
        .m = s->slot[0],
        .v = s->slot[1],
        .vhat = a->amsgrad ? s->slot[2] : NULL,
        .g = s->g,
        .lr_t = (float)(rt_optim_rate(&a->common, s) * unbias),
        .beta_1 = a->beta_1,
        .beta_2 = a->beta_2,
        .epsilon = (float)a->epsilon,
    };
    rt_optim_run(&a->common, s, chunk, &p);
}

const struct rt_optimizer rt_optimizer_adam = {
    .name = "adam",
    .help = "steps by the gradient's running mean and size",
    .keras = "Adam",
    .opts = opts,
    .args_size = sizeof(struct args),
    .n_slots = n_slots,
    .slot_names = { "m", "v", "vhat" },
    .step = step,
    .keras_slot = adam_slot,
    .keras_slots = { "m", "v", "vhat" },
    .keras_lacks = "weight_decay",
};

const struct rt_optimizer rt_optimizer_adamw = {
    .name = "adamw",
    .help = "adam with weights that shrink by themselves",
    .keras = "AdamW",
    .opts = w_opts,
    .args_size = sizeof(struct args),
    .n_slots = n_slots,
    .slot_names = { "m", "v", "vhat" },
    .step = step,
    .keras_slots = { "m", "v", "vhat" },
    .keras_lacks = "decay",
};
