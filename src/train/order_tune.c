/* Orders that change how a run learns: its rate, its loss weights. */
#include "base/schema.h"
#include "train/run_private.h"

#include <math.h>

struct lr_args {
    double value;
};
static const struct rt_opt lr_opts[] = { RT_OPT(struct lr_args, value,
                                                .word = 1, .min = 0, .max = 1e9,
                                                .help = "the new rate"),
                                         RT_OPT_END };

static int set_lr(struct rt_run *r, const void *args, char *says, size_t n,
                  struct rt_err *err)
{
    (void)err;
    const struct lr_args *a = args;
    double *lr = rt_run_lr(r);
    snprintf(says, n, "lr %g -> %g", *lr, a->value);
    *lr = a->value;
    return 0;
}

const struct rt_order_type rt_order_lr = {
    .name = "lr",
    .help = "set the learning rate",
    .opts = lr_opts,
    .args_size = sizeof(struct lr_args),
    .changes = true,
    .apply = set_lr,
};

struct weights_args {
    struct rt_texts weights;
};
static const struct rt_opt weights_opts[] = {
    RT_OPT(struct weights_args, weights, .word = 1, .names = RT_NAMES_OUTPUT,
           .help = "OUTPUT:WEIGHT, ..."),
    RT_OPT_END
};

/* "temp:0.5" to an output with a loss and a weight. */
static int parse_weight(const struct rt_objective *o, const char *text,
                        int *output, double *weight, struct rt_err *err)
{
    const char *colon = strrchr(text, ':');
    if (!colon || rt_number_parse(colon + 1, weight, NULL) ||
        !(*weight >= 0 && isfinite(*weight)))
        return rt_fail(err, RT_EINVAL,
                       "'%s', want OUTPUT:WEIGHT with a weight of 0 or more",
                       text);
    size_t n = (size_t)(colon - text);
    for (*output = 0; *output < o->n_outputs; ++*output) {
        const struct rt_objective_output *out = &o->outputs[*output];
        if (out->loss && strlen(out->name) == n && !memcmp(out->name, text, n))
            return 0;
    }
    return rt_fail(err, RT_ENOENT, "'%s': no output with a loss of this name",
                   text);
}

static int set_weights(struct rt_run *r, const void *args, char *says, size_t n,
                       struct rt_err *err)
{
    const struct rt_texts *t = &((const struct weights_args *)args)->weights;
    struct rt_objective *o = r->objective;
    struct rt_str text = RT_STR_INIT;
    int output;
    double weight;
    for (int i = 0; i < t->n; i++) {
        int code = parse_weight(o, t->v[i], &output, &weight, err);
        if (code)
            return code;
    }
    for (int i = 0; i < t->n; i++) {
        parse_weight(o, t->v[i], &output, &weight, NULL);
        rt_str_addf(&text, "%s%s %g -> %g", i ? ", " : "loss weights ",
                    o->outputs[output].name, o->outputs[output].weight, weight);
        o->outputs[output].weight = weight;
    }
    rt_pass_weigh(&r->train);
    snprintf(says, n, "%s", rt_str_c(&text));
    rt_str_release(&text);
    return 0;
}

const struct rt_order_type rt_order_loss_weights = {
    .name = "loss_weights",
    .help = "set the weights of outputs' losses",
    .opts = weights_opts,
    .args_size = sizeof(struct weights_args),
    .changes = true,
    .apply = set_weights,
};
