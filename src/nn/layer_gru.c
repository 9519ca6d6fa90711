/* gru: gated recurrent units. */
#include "nn/recurrent.h"

static const struct rt_opt opts[] = {
    RT_RECURRENT_OPTS,
    RT_RECURRENT_GATE_OPT,
    RT_RECURRENT_WEIGHT_OPTS,
    RT_OPT(struct rt_recurrent_args, reset_after, .def = "no", .rare = 1,
           .help = "the reset gate comes after the recurrent product, which "
                   "has a bias of its own"),
    RT_OPT_END,
};

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    return rt_recurrent_build(b, args, 3, rt_op_gru, err);
}

const struct rt_layer rt_layer_gru = {
    .name = "gru",
    .help = "recurrent layer of gated units",
    .keras = "GRU",
    .recurrent = true,
    .mask = RT_MASK_OWN,
    .min_in = 1,
    .max_in = 2,
    .opts = opts,
    .args_size = sizeof(struct rt_recurrent_args),
    .build = build,
    .selftest = { .in = "4x3",
                  .words = "3 reset_after=yes go_backwards=yes dropout=0.2" },
};
