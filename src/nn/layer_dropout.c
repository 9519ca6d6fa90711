/* dropout: a random share of the inputs is zero while training. */
#include "base/rng.h"
#include "nn/layer.h"

struct args {
    double rate;
    int64_t seed;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, rate, .word = 1, .min = 0, .max = 1, .open = 2,
           .live = 1, .help = "share of the inputs set to zero"),
    RT_OPT(struct args, seed, .def = "",
           .help = "another stream of zeros than the layer's own"),
    RT_OPT_END,
};

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    struct rt_node *y = rt_op_dropout(b->g, b->in[0], a->rate, err);
    if (y && a->seed != INT64_MIN)
        y->key = rt_key_int((struct rt_key){ y->key }, (uint64_t)a->seed).k;
    return y;
}

const struct rt_layer rt_layer_dropout = {
    .name = "dropout",
    .help = "zero a random share of the inputs while training",
    .keras = "Dropout",
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build,
    .selftest = { .in = "4x6", .words = "0.3" },
};
