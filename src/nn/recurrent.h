/* What the recurrent layers share: options, weights and the call of their
 * operator. Names, order and defaults: Keras 2.3.1. What is dropped is one mask
 * for all gates, as with its default implementation=2; files that ask for
 * implementation=1, which draws one for each gate, are read and do so too. */
#ifndef RT_NN_RECURRENT_H
#define RT_NN_RECURRENT_H
#include "nn/layer.h"

#include <limits.h>

struct rt_recurrent_args {
    int units;
    const char *activation, *recurrent_activation;
    bool use_bias;
    struct rt_weight_args kernel, recurrent, bias;
    const char *activity_regularizer;
    double dropout, recurrent_dropout;
    bool return_sequences, return_state, go_backwards, stateful;
    bool unit_forget_bias; /* lstm */
    bool reset_after;      /* gru */
};

/* The options of all of them, before and after those of some. */
#define RT_RECURRENT_OPTS                                                      \
    RT_OPT(struct rt_recurrent_args, units, .word = 1, .min = 1,               \
           .max = INT_MAX / 4, .help = "size of the state and of the output"), \
        RT_OPT(struct rt_recurrent_args, activation, .word = 2, .def = "tanh", \
               .names = RT_NAMES_ACTIVATION,                                   \
               .help = "function of the candidates")
#define RT_RECURRENT_GATE_OPT                                                  \
    RT_OPT(struct rt_recurrent_args, recurrent_activation, .def = "sigmoid",   \
           .names = RT_NAMES_ACTIVATION, .help = "function of the gates")
#define RT_RECURRENT_WEIGHT_OPTS                                               \
    RT_OPT(struct rt_recurrent_args, use_bias, .def = "yes",                   \
           .help = "add a bias"),                                              \
        RT_WEIGHT_OPTS(struct rt_recurrent_args, kernel, "glorot_uniform"),    \
        RT_WEIGHT_OPTS(struct rt_recurrent_args, recurrent, "orthogonal"),     \
        RT_WEIGHT_OPTS(struct rt_recurrent_args, bias, "zeros"),               \
        RT_ACTIVITY_OPT(struct rt_recurrent_args),                             \
        RT_OPT(struct rt_recurrent_args, dropout, .def = "0", .live = 1,       \
               .min = 0, .max = 1, .open = 2,                                  \
               .help = "share of the input dropped while training, the same "  \
                       "for all gates and steps"),                             \
        RT_OPT(struct rt_recurrent_args, recurrent_dropout, .def = "0",        \
               .live = 1, .min = 0, .max = 1, .open = 2,                       \
               .help = "share of the state dropped while training, the same "  \
                       "for all gates and steps"),                             \
        RT_OPT(struct rt_recurrent_args, return_sequences, .def = "no",        \
               .help = "give the output of every step, not of the last"),      \
        RT_OPT(struct rt_recurrent_args, return_state, .def = "no",            \
               .help = "give the last states, too, as NAME:0:1 (lstm: "        \
                       "NAME:0:2)"),                                           \
        RT_OPT(struct rt_recurrent_args, go_backwards, .def = "no",            \
               .help = "begin with the last step; the outputs of all steps "   \
                       "then come in that order"),                             \
        RT_OPT(struct rt_recurrent_args, stateful, .def = "no",                \
               .help = "begin where the batch before has ended; the input "    \
                       "needs a batch_size")

typedef struct rt_node *rt_recurrent_op(struct rt_graph *g,
                                        const struct rt_recur_in *in,
                                        const struct rt_recur_args *a,
                                        struct rt_err *err);
/* The weights kernel, recurrent_kernel and bias for that many gates, and the
 * operator. */
struct rt_node *rt_recurrent_build(struct rt_build *b,
                                   const struct rt_recurrent_args *a, int gates,
                                   rt_recurrent_op *op, struct rt_err *err);
#endif
