/* adamax: m is the running mean of the gradient, u its largest size, which
 * fades; w -= lr / (1 - beta_1^t) m / (u + epsilon), t from 1.
 * nadam: adam with Nesterov's momentum, and a momentum that grows with t:
 *   mu_t = beta_1 (1 - 0.96^(t schedule_decay) / 2), P_t = mu_1 ... mu_t
 *   step = (1 - mu_t) g / (1 - P_t) + mu_(t+1) m / (1 - P_(t+1))
 *   w -= lr step / (sqrt(v / (1 - beta_2^t)) + epsilon)
 * Source: Kingma and Ba 2015, section 7; Dozat 2015; both in the form of Keras
 * 2.3.1 optimizers.py. */
#include "graph/kern.h"
#include "nn/optimizer.h"

struct args {
    struct rt_optim_args common;
    double beta_1, beta_2, epsilon, schedule_decay;
};
#define OPTS                                                                   \
    RT_OPTIM_OPTS(struct args, "0.002", "0"),                                  \
        RT_OPT(struct args, beta_1, .def = "0.9", .min = 0, .max = 1,          \
               .open = 2, .live = 1,                                           \
               .help = "how slowly the mean of the gradient moves"),           \
        RT_OPT(struct args, beta_2, .def = "0.999", .min = 0, .max = 1,        \
               .open = 2, .live = 1, .help = "how slowly its size fades"),     \
        RT_OPT(struct args, epsilon, .def = "1e-7", .min = 0, .max = INFINITY, \
               .live = 1, .help = "keeps the division from zero")
static const struct rt_opt max_opts[] = { OPTS, RT_OPT_END };
static const struct rt_opt n_opts[] = {
    OPTS,
    RT_OPT(struct args, schedule_decay, .def = "0.004", .min = 0,
           .max = INFINITY, .help = "how fast the momentum grows"),
    RT_OPT_END,
};

static int n_slots(const void *args)
{
    (void)args;
    return 2;
}

struct pass {
    float *w, *m, *v;
    const float *g;
    double beta_1, beta_2;
    float by_g, by_m, unbias, epsilon;
};

static struct pass pass_of(const struct args *a, const struct rt_optim_step *s)
{
    return (struct pass){
        .w = s->w,
        .m = s->slot[0],
        .v = s->slot[1],
        .g = s->g,
        .beta_1 = a->beta_1,
        .beta_2 = a->beta_2,
        .epsilon = (float)a->epsilon,
    };
}

static void max_chunk(const void *arg, size_t from, size_t n)
{
    const struct pass *p = arg;
    rt_kern()->adamax(p->w + from, p->g + from, p->m + from, p->v + from,
                      p->by_m, p->beta_1, (float)p->beta_2, p->epsilon, n);
}

static void max_step(const void *args, const struct rt_optim_step *s)
{
    const struct args *a = args;
    struct pass p = pass_of(a, s);
    double rest = 1 - pow(a->beta_1, (double)s->t + 1);
    p.by_m = (float)(rt_optim_rate(&a->common, s) / rest);
    rt_optim_run(&a->common, s, max_chunk, &p);
}

const struct rt_optimizer rt_optimizer_adamax = {
    .name = "adamax",
    .help = "adam by the largest gradient instead of the mean square",
    .keras = "Adamax",
    .opts = max_opts,
    .args_size = sizeof(struct args),
    .n_slots = n_slots,
    .slot_names = { "m", "u" },
    .step = max_step,
    .keras_slots = { "m", "u" },
    .keras_lacks = "weight_decay",
};

static double momentum_at(const struct args *a, double t)
{
    return a->beta_1 * (1 - 0.5 * pow(0.96, t * a->schedule_decay));
}

static void n_chunk(const void *arg, size_t from, size_t n)
{
    const struct pass *p = arg;
    rt_kern()->nadam(p->w + from, p->g + from, p->m + from, p->v + from,
                     p->by_g, p->by_m, p->beta_1, p->beta_2, p->unbias,
                     p->epsilon, n);
}

static void n_step(const void *args, const struct rt_optim_step *s)
{
    const struct args *a = args;
    struct pass p = pass_of(a, s);
    double t = (double)s->t + 1, lr = rt_optim_rate(&a->common, s);
    double now = momentum_at(a, t), next = momentum_at(a, t + 1);
    double product = *s->m_schedule * now;
    p.by_g = (float)(lr * (1 - now) / (1 - product));
    p.by_m = (float)(lr * next / (1 - product * next));
    p.unbias = (float)(1 / (1 - pow(a->beta_2, t)));
    *s->m_schedule = product;
    rt_optim_run(&a->common, s, n_chunk, &p);
}

const struct rt_optimizer rt_optimizer_nadam = {
    .name = "nadam",
    .help = "adam with Nesterov's momentum",
    .keras = "Nadam",
    .opts = n_opts,
    .args_size = sizeof(struct args),
    .n_slots = n_slots,
    .slot_names = { "m", "v" },
    .step = n_step,
    .keras_slots = { "m", "v" },
    .m_schedule = true,
    .keras_lacks = "decay weight_decay",
    .tf_decay = "schedule_decay",
};
