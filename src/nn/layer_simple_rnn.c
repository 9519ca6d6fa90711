/* simple_rnn: a fully connected layer that reads its own last output. */
#include "nn/recurrent.h"

static const struct rt_opt opts[] = {
    RT_RECURRENT_OPTS,
    RT_RECURRENT_WEIGHT_OPTS,
    RT_OPT_END,
};

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    return rt_recurrent_build(b, args, 1, rt_op_simple_rnn, err);
}

const struct rt_layer rt_layer_simple_rnn = {
    .name = "simple_rnn",
    .help = "fully connected layer that reads its last output too",
    .keras = "SimpleRNN",
    .recurrent = true,
    .mask = RT_MASK_OWN,
    .min_in = 1,
    .max_in = 2,
    .opts = opts,
    .args_size = sizeof(struct rt_recurrent_args),
    .build = build,
    .selftest = { .in = "4x3", .words = "3 return_sequences=yes" },
};
