/* adagrad: a is the sum of the gradient's squares;
 * w -= lr g / (sqrt(a) + epsilon).
 * adadelta: a and d are running means of the squares of gradient and step;
 * step = g sqrt(d + epsilon) / sqrt(a + epsilon), by the new a and the old d;
 * w -= lr step.
 * Source: Duchi et al. 2011; Zeiler 2012; in the form of Keras 2.3.1
 * optimizers.py. */
#include "graph/kern.h"
#include "nn/optimizer.h"

struct args {
    struct rt_optim_args common;
    double epsilon;
    double initial_accumulator_value; /* adagrad */
    double rho;                       /* adadelta */
};
#define EPSILON                                                                \
    RT_OPT(struct args, epsilon, .def = "1e-7", .min = 0, .max = INFINITY,     \
           .live = 1, .help = "keeps the division from zero")
static const struct rt_opt grad_opts[] = {
    RT_OPTIM_OPTS(struct args, "0.01", "0"),
    EPSILON,
    RT_OPT(struct args, initial_accumulator_value, .def = "", .min = 0,
           .max = INFINITY,
           .help = "what the sum of squares begins with; 0, and 0.1 in a "
                   "model of tf.keras, unless given"),
    RT_OPT_END,
};
static const struct rt_opt delta_opts[] = {
    RT_OPTIM_OPTS(struct args, "1", "0"),
    RT_OPT(struct args, rho, .def = "0.95", .min = 0, .max = 1, .open = 2,
           .live = 1, .help = "how slowly the means of the squares move"),
    EPSILON,
    RT_OPT_END,
};

struct pass {
    float *w, *a, *d;
    const float *g;
    double rho;
    float lr, epsilon;
};

static struct pass pass_of(const struct args *a, const struct rt_optim_step *s)
{
    return (struct pass){
        .w = s->w,
        .a = s->slot[0],
        .g = s->g,
        .rho = a->rho,
        .lr = (float)rt_optim_rate(&a->common, s),
        .epsilon = (float)a->epsilon,
    };
}

/* ---- adagrad ------------------------------------------------------------- */

static int one_slot(const void *args)
{
    (void)args;
    return 1;
}

static double grad_start(const void *args, enum rt_dialect d, int slot)
{
    const struct args *a = args;
    (void)slot;
    if (!isnan(a->initial_accumulator_value))
        return a->initial_accumulator_value;
    return d == RT_TF_KERAS_2_4_0 ? 0.1 : 0;
}

static void grad_chunk(const void *arg, size_t from, size_t n)
{
    const struct pass *p = arg;
    rt_kern()->adagrad(p->w + from, p->g + from, p->a + from, p->lr, p->epsilon,
                       n);
}

static void grad_step(const void *args, const struct rt_optim_step *s)
{
    const struct args *a = args;
    struct pass p = pass_of(a, s);
    rt_optim_run(&a->common, s, grad_chunk, &p);
}

const struct rt_optimizer rt_optimizer_adagrad = {
    .name = "adagrad",
    .help = "steps that shrink with all gradients so far",
    .keras = "Adagrad",
    .opts = grad_opts,
    .args_size = sizeof(struct args),
    .n_slots = one_slot,
    .slot_names = { "sum_square" },
    .slot_start = grad_start,
    .step = grad_step,
    .keras_slots = { "accumulator" },
    .keras_uncounted = true,
    .keras_lacks = "initial_accumulator_value weight_decay",
};

/* ---- adadelta ------------------------------------------------------------ */

static int two_slots(const void *args)
{
    (void)args;
    return 2;
}

static void delta_chunk(const void *arg, size_t from, size_t n)
{
    const struct pass *p = arg;
    rt_kern()->adadelta(p->w + from, p->g + from, p->a + from, p->d + from,
                        p->lr, p->rho, p->epsilon, n);
}

static void delta_step(const void *args, const struct rt_optim_step *s)
{
    const struct args *a = args;
    struct pass p = pass_of(a, s);
    p.d = s->slot[1];
    rt_optim_run(&a->common, s, delta_chunk, &p);
}

const struct rt_optimizer rt_optimizer_adadelta = {
    .name = "adadelta",
    .help = "steps of the size of the last ones, over that of the gradient",
    .keras = "Adadelta",
    .opts = delta_opts,
    .args_size = sizeof(struct args),
    .n_slots = two_slots,
    .slot_names = { "mean_square", "mean_step" },
    .step = delta_step,
    .keras_slots = { "accumulator", "delta_accumulator" },
    .keras_uncounted = true,
    .keras_lacks = "weight_decay",
};
