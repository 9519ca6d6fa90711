/* A typed function for every operator: adds a node, returns it, or NULL with
 * err. A NULL operand (an earlier failure) is passed on, so calls nest; where
 * NULL means "none" (a bias, row weights) the caller looks for itself. */
#ifndef RT_GRAPH_OPS_H
#define RT_GRAPH_OPS_H
#include "graph/graph.h"
#include <retort/plugin.h>
#include <stdbool.h>

/* y = x W + b over the last axis. Shapes: x (...,F), w (F,U), b (U) or NULL. */
struct rt_node *rt_op_dense(struct rt_graph *g, struct rt_node *x,
                            struct rt_node *w, struct rt_node *b,
                            struct rt_err *err);

/* Convolution over one to three axes, channels last. Shapes: x (N,axes...,C),
 * w (kernel...,C/groups,F), b (F) or NULL. Lists: none is all 1 (padding: all
 * 0), one number is for all axes. same: TensorFlow's padding, an odd place
 * behind; else before and after. relu: of the result. */
struct rt_conv_args {
    struct rt_ints strides, dilation, before, after;
    int groups;
    bool same, relu;
};
struct rt_node *rt_op_conv(struct rt_graph *g, struct rt_node *x,
                           struct rt_node *w, struct rt_node *b,
                           const struct rt_conv_args *args, struct rt_err *err);

/* Convolution without padding by another kernel at every place of the result:
 * w (places,window C,F), both in row-major order. */
struct rt_local_args {
    struct rt_ints size, strides;
};
struct rt_node *rt_op_local(struct rt_graph *g, struct rt_node *x,
                            struct rt_node *w, const struct rt_local_args *a,
                            struct rt_err *err);
/* Shape of the result, with the channels of x, and the first two sizes of w.
 * Errors: RT_ESHAPE, RT_EINVAL. */
int rt_local_shape(const struct rt_local_args *a, const struct rt_shape *x,
                   struct rt_shape *out, int *places, int *window,
                   struct rt_err *err);

/* The transposed convolution of x (N,axes...,C) by w (kernel...,F,C), b (F) or
 * NULL. Lists as above; output_padding: none is inferred as Keras does. */
struct rt_conv_transpose_args {
    struct rt_ints strides, dilation, output_padding;
    bool same;
};
struct rt_node *rt_op_conv_transpose(struct rt_graph *g, struct rt_node *x,
                                     struct rt_node *w, struct rt_node *b,
                                     const struct rt_conv_transpose_args *args,
                                     struct rt_err *err);
/* The largest, or the mean, of each channel in windows over one to three axes
 * of x (N,axes...,C). Lists as above; no strides are the size. */
struct rt_pool_args {
    struct rt_ints size, strides;
    bool same;
};
struct rt_node *rt_op_pool(struct rt_graph *g, struct rt_node *x, bool largest,
                           const struct rt_pool_args *args, struct rt_err *err);

/* x (N,axes...,C) with zeros around its axes, or its inner part. */
struct rt_pad_args {
    struct rt_ints before, after;
};
struct rt_node *rt_op_pad(struct rt_graph *g, struct rt_node *x, bool crop,
                          const struct rt_pad_args *args, struct rt_err *err);
/* Every axis of x (N,axes...,C) size times as long: places repeated, or linear
 * between them; centers: by the middles of places, as TensorFlow 2. */
struct rt_upsample_args {
    struct rt_ints size;
    bool linear, centers;
};
struct rt_node *rt_op_upsample(struct rt_graph *g, struct rt_node *x,
                               const struct rt_upsample_args *args,
                               struct rt_err *err);

/* Element-wise functions of one operand; alpha for those that have one. */
/* clang-format off */
#define RT_UNARY(X)                                                            \
    X(neg) X(exp) X(log) X(sqrt) X(square) X(abs) X(sign) X(relu) X(sigmoid)   \
    X(hard_sigmoid) X(tanh) X(softplus) X(softsign) X(elu) X(selu)             \
    X(leaky_relu) X(exponential) X(swish) X(gelu) X(not)
/* clang-format on */
enum rt_unary {
#define X(f) RT_UNARY_##f,
    RT_UNARY(X) RT_N_UNARY
#undef X
};
struct rt_node *rt_op_unary(struct rt_graph *g, enum rt_unary f,
                            struct rt_node *x, double alpha,
                            struct rt_err *err);
/* Names in that order, NULL-terminated; whether the slope of f is computed from
 * its operand, not from its value. */
extern const char *const rt_unary_names[];
bool rt_unary_reads_x(enum rt_unary f);
/* min(max(x, lo), hi); gradient 1 inside, both borders included. */
struct rt_node *rt_op_clip(struct rt_graph *g, struct rt_node *x, double lo,
                           double hi, struct rt_err *err);
/* min(x, max_value) above the threshold, negative_slope (x - threshold) up to
 * it. With a max_value (else infinity) nothing above the threshold is below 0.
 * Source: Keras 2.3.1 tensorflow_backend.py, relu. */
struct rt_relu_args {
    double max_value, negative_slope, threshold;
};
struct rt_node *rt_op_bent_relu(struct rt_graph *g, struct rt_node *x,
                                const struct rt_relu_args *a,
                                struct rt_err *err);
/* Element-wise of two operands (prelu: a, or a b where a is below 0), broadcast
 * as NumPy; comparisons give 0 or 1 and have no gradient; mod has the sign of
 * the divisor. */
/* clang-format off */
#define RT_BINARY(X)                                                           \
    X(add) X(sub) X(mul) X(div) X(mod) X(pow) X(max) X(min) X(prelu)           \
    X(eq) X(ne) X(lt) X(le) X(gt) X(ge)
/* clang-format on */
enum rt_binary {
#define X(f) RT_BINARY_##f,
    RT_BINARY(X) RT_N_BINARY
#undef X
};
struct rt_node *rt_op_binary(struct rt_graph *g, enum rt_binary f,
                             struct rt_node *a, struct rt_node *b,
                             struct rt_err *err);
/* a where c is not 0, else b, broadcast as NumPy; c gets no gradient. */
struct rt_node *rt_op_where(struct rt_graph *g, struct rt_node *c,
                            struct rt_node *a, struct rt_node *b,
                            struct rt_err *err);
#define RT_REDUCE(X) X(sum) X(mean) X(max) X(min) X(argmax)
enum rt_reduce {
#define X(f) RT_REDUCE_##f,
    RT_REDUCE(X) RT_N_REDUCE
#undef X
};
/* Over axes from..rank-1 if axis is RT_AXES_FROM(from), from..to-1 if it is
 * RT_AXES(from, to), else one axis (-1 is the last), or RT_AXES_ALL. Sums in
 * double. argmax: first of equals. */
#define RT_AXES_ALL     1000
#define RT_AXES_FROM(k) (1000 + (k))
#define RT_AXES(k, to)  (2000 + 10 * (k) + (to))
struct rt_node *rt_op_reduce(struct rt_graph *g, enum rt_reduce f,
                             struct rt_node *x, int axis, bool keepdims,
                             struct rt_err *err);
struct rt_node *rt_op_softmax(struct rt_graph *g, struct rt_node *x, int axis,
                              struct rt_err *err);
/* Mean of x (N,...) weighted by w (N): sum(x w) / N; w NULL is all ones. The
 * divisor is the number of rows. A scalar. */
struct rt_node *rt_op_batch_mean(struct rt_graph *g, struct rt_node *x,
                                 struct rt_node *w, struct rt_err *err);

/* l1 sum(|x|) + l2 sum(x^2), a scalar; by_rows: divided by the rows of x. */
struct rt_node *rt_op_penalty(struct rt_graph *g, struct rt_node *x, double l1,
                              double l2, bool by_rows, struct rt_err *err);

/* The same divided by the number of weights that are not 0; 0 if all are. */
struct rt_node *rt_op_present_mean(struct rt_graph *g, struct rt_node *x,
                                   struct rt_node *w, struct rt_err *err);

/* Keeps the batch axis; one dimension of shape may be -1 (inferred). */
struct rt_node *rt_op_reshape(struct rt_graph *g, struct rt_node *x,
                              const struct rt_shape *row, struct rt_err *err);
/* Rows of a table: x (...) of numbers, table (V,D) -> (...,D). A number that is
 * no row is a fault of the run (rt_plan_fault). */
struct rt_node *rt_op_gather(struct rt_graph *g, struct rt_node *x,
                             struct rt_node *table, struct rt_err *err);
/* Steps as rows of the batch: x (N,T,...) -> (N T,...); steps > 0: back, x
 * (N steps,...) -> (N,steps,...). */
struct rt_node *rt_op_fold(struct rt_graph *g, struct rt_node *x, int steps,
                           struct rt_err *err);
/* x the other way round along one axis. */
struct rt_node *rt_op_reverse(struct rt_graph *g, struct rt_node *x, int axis,
                              struct rt_err *err);
/* Axis i of the result is axis order[i] of x. */
struct rt_node *rt_op_transpose(struct rt_graph *g, struct rt_node *x,
                                const int *order, struct rt_err *err);
/* A product of matrices for each row: a (N,I,K), b (N,J,K) -> (N,I,J). */
struct rt_node *rt_op_batch_dot(struct rt_graph *g, struct rt_node *a,
                                struct rt_node *b, struct rt_err *err);
/* Scores of attention x (N,...,queries,keys), less 1e9 where there is nothing
 * to be looked at: keys that are 0 in mask (N,keys) or NULL; causal: those
 * after the query, by number. */
struct rt_node *rt_op_mask_scores(struct rt_graph *g, struct rt_node *x,
                                  struct rt_node *mask, bool causal,
                                  struct rt_err *err);
struct rt_node *rt_op_concat(struct rt_graph *g, struct rt_node *const *x,
                             int n, int axis, struct rt_err *err);
/* from <= index < to along one axis; negative counts from the end; to = 0 is
 * the end. */
struct rt_node *rt_op_slice(struct rt_graph *g, struct rt_node *x, int axis,
                            int from, int to, struct rt_err *err);
/* x (N,1) of class numbers -> (N,K). No gradient. */
struct rt_node *rt_op_onehot(struct rt_graph *g, struct rt_node *x, int n,
                             struct rt_err *err);
/* Batch normalisation, over all axes but `axis`. Mean and variance (n) of the
 * channels of x while training, outside it `stored` (n); no gradient: see
 * .own. */
struct rt_node *rt_op_channel_mean(struct rt_graph *g, struct rt_node *stored,
                                   struct rt_node *x, int axis,
                                   struct rt_err *err);
struct rt_node *rt_op_channel_variance(struct rt_graph *g,
                                       struct rt_node *stored,
                                       struct rt_node *x, struct rt_node *mean,
                                       int axis, struct rt_err *err);
/* (x - mean) / sqrt(variance + epsilon) gamma + beta, the last two where scale
 * and center say so. own: mean and variance are channel_mean and
 * channel_variance of x in training, and the gradient of x takes that into
 * account. */
struct rt_normalise_args {
    int axis;
    double epsilon;
    bool scale, center, own;
};
struct rt_node *rt_op_normalise(struct rt_graph *g, struct rt_node *x,
                                struct rt_node *mean, struct rt_node *variance,
                                struct rt_node *gamma, struct rt_node *beta,
                                const struct rt_normalise_args *a,
                                struct rt_err *err);
/* old momentum + now (1 - momentum); unbiased: now is first multiplied by
 * n / (n - 1 - epsilon), n the numbers that a channel of x has. No gradient. */
struct rt_moving_args {
    int axis;
    double momentum;
    bool unbiased;
    double epsilon;
};
struct rt_node *rt_op_moving_average(struct rt_graph *g, struct rt_node *old,
                                     struct rt_node *now, struct rt_node *x,
                                     const struct rt_moving_args *a,
                                     struct rt_err *err);
/* Each row over its last n_axes axes to mean 0 and variance 1, then times gamma
 * plus beta, of the shape of those axes; either may be NULL. */
struct rt_node *rt_op_layer_norm(struct rt_graph *g, struct rt_node *x,
                                 struct rt_node *gamma, struct rt_node *beta,
                                 int n_axes, double epsilon,
                                 struct rt_err *err);

/* Random while training alone; outside it they are x itself. What the args
 * hold is read anew at every step.
 * Inverted dropout: a share `rate` becomes 0, the rest is scaled by
 * 1/(1-rate). Along the axes whose bits are set in `shared` all numbers fare
 * alike: bit 1 for one draw for all steps of (N,T,F). */
struct rt_dropout_args {
    double rate;
    int shared;
};
struct rt_node *rt_op_dropout(struct rt_graph *g, struct rt_node *x,
                              double rate, struct rt_err *err);
struct rt_node *rt_op_dropout_shared(struct rt_graph *g, struct rt_node *x,
                                     double rate, int shared,
                                     struct rt_err *err);
/* A share `rate` becomes what a selu gives far below zero, then all is scaled
 * and shifted so that mean 0 and variance 1 stay (Klambauer et al. 2017). */
struct rt_rate_args {
    double rate;
};
struct rt_node *rt_op_alpha_dropout(struct rt_graph *g, struct rt_node *x,
                                    double rate, struct rt_err *err);
/* x times normal noise of mean 1 and variance rate / (1 - rate). */
struct rt_node *rt_op_gaussian_dropout(struct rt_graph *g, struct rt_node *x,
                                       double rate, struct rt_err *err);
/* x plus normal noise. */
struct rt_noise_args {
    double stddev;
};
struct rt_node *rt_op_gaussian_noise(struct rt_graph *g, struct rt_node *x,
                                     double stddev, struct rt_err *err);
/* Recurrent layers over whole sequences: x (N,T,F), kernel (F,G units),
 * recurrent (units,G units), bias (G units) or NULL; y (N,T,units) or
 * (N,units). They begin with a state of zeros, or with the one given: h (N,
 * units), and the cells of an lstm. A step that is 0 in mask (N,T) leaves the
 * state as it was and gives it again. Gates: lstm i f c o, gru z r h,
 * simple_rnn one. reset_after (gru): the reset gate multiplies the candidate's
 * recurrent product, and the bias is (2,3 units): of the input, of the
 * recurrent one. Dropout, while training: one mask for x and one for the state
 * that the recurrent kernel reads, for all gates and all steps of a call. Any
 * enum rt_unary is an activation; a linear one is leaky_relu of alpha 1.
 * Source: Keras 2.3.1 recurrent.py, implementation=2. */
struct rt_recur_args {
    int activation, recurrent_activation; /* enum rt_unary */
    double alpha, recurrent_alpha;        /* of those that have one */
    double dropout, recurrent_dropout;
    bool return_sequences;
    bool go_backwards; /* from the last step on; so is the order of y */
    bool reset_after;
    bool return_state;    /* y is (N,steps + states,units): the steps' states,
                             one if not return_sequences, and those in the end */
    bool masked, initial; /* set by the constructor */
};
#define RT_STATES_MAX 2
struct rt_recur_in {
    struct rt_node *x, *kernel, *recurrent;
    struct rt_node *bias, *mask;          /* or NULL */
    struct rt_node *state[RT_STATES_MAX]; /* all or none: h, lstm: c */
};
struct rt_node *rt_op_lstm(struct rt_graph *g, const struct rt_recur_in *in,
                           const struct rt_recur_args *a, struct rt_err *err);
struct rt_node *rt_op_gru(struct rt_graph *g, const struct rt_recur_in *in,
                          const struct rt_recur_args *a, struct rt_err *err);
struct rt_node *rt_op_simple_rnn(struct rt_graph *g,
                                 const struct rt_recur_in *in,
                                 const struct rt_recur_args *a,
                                 struct rt_err *err);
/* x itself; while training its numbers are reported to who listens
 * (graph/print.h), under a tag of less than RT_TAG_MAX bytes: at the first
 * batch of an epoch, or every so many batches. */
#define RT_TAG_MAX 64
struct rt_print_args {
    char tag[RT_TAG_MAX];
    int every; /* 0: once an epoch */
};
struct rt_node *rt_op_print(struct rt_graph *g, struct rt_node *x,
                            const char *tag, int every, struct rt_err *err);
/* x, without gradient. */
struct rt_node *rt_op_stop_gradient(struct rt_graph *g, struct rt_node *x,
                                    struct rt_err *err);
#endif
