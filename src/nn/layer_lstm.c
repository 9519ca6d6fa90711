/* lstm: long short-term memory. */
#include "nn/recurrent.h"

static const struct rt_opt opts[] = {
    RT_RECURRENT_OPTS,
    RT_RECURRENT_GATE_OPT,
    RT_RECURRENT_WEIGHT_OPTS,
    RT_OPT(struct rt_recurrent_args, unit_forget_bias, .def = "yes", .rare = 1,
           .help = "the bias of the forget gate begins at 1"),
    RT_OPT_END,
};

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    return rt_recurrent_build(b, args, 4, rt_op_lstm, err);
}

const struct rt_layer rt_layer_lstm = {
    .name = "lstm",
    .help = "recurrent layer of long short-term memory cells",
    .keras = "LSTM",
    .recurrent = true,
    .mask = RT_MASK_OWN,
    .min_in = 1,
    .max_in = 3,
    .opts = opts,
    .args_size = sizeof(struct rt_recurrent_args),
    .build = build,
    .selftest = { .in = "4x3",
                  .words = "3 return_sequences=yes recurrent_dropout=0.2 "
                           "recurrent_regularizer=l2" },
};
