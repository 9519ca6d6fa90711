/* Layers: one constant record each, listed in layers.def. A layer is a short
 * function that adds nodes to a graph; weights are asked for by name and are
 * the same ones when the layer is called again.
 * To add one: copy layer_dropout.c's record, write its line in layers.def. */
#ifndef RT_NN_LAYER_H
#define RT_NN_LAYER_H
#include "graph/ops.h"
#include <retort/plugin.h>

#define RT_TENSORS_MAX 8 /* results of one call */

struct rt_layer;
/* What a build function sees: the graph, the inputs, the layer's weights. */
struct rt_build {
    struct rt_graph *g;
    struct rt_node *const *in;
    /* What of each input counts: 1, or 0 where a step is padding; (N,T) for
     * (N,T,...), NULL where all does. */
    struct rt_node *const *mask;
    const struct rt_place *from; /* where they come from, for errors */
    int n_in;
    struct rt_model_layer *layer; /* whose weights; NULL never */
    const struct rt_layer *type;  /* that is built: of a wrapped one its own */
    const struct rt_model *model;
    struct rt_built *built; /* what the functions below add to */
    const char *prefix;     /* of weights' names (rt_build_inner), or NULL */
    struct rt_node *also[RT_TENSORS_MAX - 1]; /* rt_build_also */
    int n_also;
    struct rt_node *masks[RT_TENSORS_MAX]; /* rt_build_mask */
};
/* A further result of this call, after the one that build returns: tensors 1,
 * 2, ... of the call, named "bi:0:1" (layer, call, tensor) in from=. */
void rt_build_also(struct rt_build *b, struct rt_node *node);
/* The mask of a result, by RT_MASK_OWN; NULL is none. */
void rt_build_mask(struct rt_build *b, int tensor, struct rt_node *mask);
/* The product of all masks of the inputs, which hides what any of them hides;
 * *out NULL where none has one. Errors: RT_ESHAPE of masks that do not fit. */
int rt_build_masks_meet(struct rt_build *b, struct rt_node **out,
                        struct rt_err *err);
/* The nodes of a layer's record, with what becomes of masks in b->masks. */
struct rt_node *rt_build_layer(struct rt_build *b, const struct rt_layer *type,
                               const void *args, struct rt_err *err);
enum {                      /* flags */
       RT_WEIGHT_FIXED = 1, /* not trained (moving averages) */
       RT_WEIGHT_STATE = 2, /* rt_build_state's */
};
/* A weight of this layer, made at the first call, found again by name at later
 * ones. init is an initializer spec ("glorot_uniform", "constant(value=2)").
 * Errors: RT_ESHAPE if a shared layer is called with an input that would need
 *         another shape ("called before with (none,12), now (none,30)"). */
struct rt_node *rt_build_weight(struct rt_build *b, const char *name,
                                const struct rt_shape *shape, const char *init,
                                unsigned flags, struct rt_err *err);

/* What a user may say of a trained weight: RT_WEIGHT_OPTS(struct args, kernel,
 * "glorot_uniform") are the options kernel_initializer=, kernel_regularizer=
 * and kernel_constraint= for the field `struct rt_weight_args kernel`. */
struct rt_weight_args {
    const char *initializer;
    const char *regularizer; /* spec; NULL: none */
    const char *constraint;  /* spec; NULL: none */
};
#define RT_WEIGHT_OPTS(type, field, init)                                      \
    RT_OPT(type, field.initializer, .name = #field "_initializer",             \
           .def = init, .names = RT_NAMES_INIT, .rare = 1,                     \
           .help = "first values of the " #field " weights"),                  \
        RT_OPT(type, field.regularizer, .name = #field "_regularizer",         \
               .def = "", .names = RT_NAMES_REGULARIZER, .rare = 1,            \
               .help = "penalty on the " #field " weights"),                   \
        RT_OPT(type, field.constraint, .name = #field "_constraint",           \
               .def = "", .names = RT_NAMES_CONSTRAINT, .rare = 1,             \
               .help =                                                         \
                   "limit of the " #field " weights, kept after each update")
/* The option activity_regularizer= for a field of that name, for
 * rt_build_activity. */
#define RT_ACTIVITY_OPT(type)                                                  \
    RT_OPT(type, activity_regularizer, .def = "", .rare = 1,                   \
           .names = RT_NAMES_REGULARIZER, .help = "penalty on the outputs")

/* A trained weight with its penalty, which counts once however often the layer
 * is called. */
struct rt_node *rt_build_trained(struct rt_build *b, const char *name,
                                 const struct rt_shape *shape,
                                 const struct rt_weight_args *w,
                                 struct rt_err *err);
/* Adds a scalar to the loss, while training and in val_loss. */
void rt_build_penalty(struct rt_build *b, struct rt_node *scalar);
/* y, whose numbers are penalised by a regularizer spec (NULL: not): their sum
 * over the batch, which tf.keras divides by the batch's size. */
struct rt_node *rt_build_activity(struct rt_build *b, struct rt_node *y,
                                  const char *regularizer, struct rt_err *err);
/* After every batch that trains, before the optimizer's step, the weight (a
 * fixed one of this layer) becomes value; not while the layer is frozen. A
 * state does so after every batch of any kind. A
 * layer that is called again reads rt_build_latest, what its earlier calls
 * leave of the weight, so that its updates follow each other.
 * Errors: RT_ESHAPE if value has another shape. */
int rt_build_update(struct rt_build *b, struct rt_node *weight,
                    struct rt_node *value, struct rt_err *err);
struct rt_node *rt_build_latest(const struct rt_build *b,
                                struct rt_node *weight);

/* What a layer makes of the masks of what it reads. */
enum rt_masking {
    RT_MASK_REFUSED, /* it knows no masks, as Keras' layers by default */
    RT_MASK_PASSED,  /* they go on with its one result, all of them together */
    RT_MASK_OWN,     /* build reads them and says rt_build_mask; else the
                        result has none */
};
/* What goes on from batch to batch: zeros at first and after reset_states, one
 * row for each of the batch, whose size the model's inputs must give
 * (rt_model_batch). It is no weight: not counted, not in files. Its value for
 * the next batch is said by rt_build_update.
 * Errors: RT_EINVAL where no input has a batch_size. */
struct rt_node *rt_build_state(struct rt_build *b, const char *name, int units,
                               struct rt_err *err);

enum { RT_LAYER_NO_INPUT = -1 };
struct rt_layer {
    const char *name;  /* the command: dense */
    const char *help;  /* one line */
    const char *keras; /* class: Dense */
    const char *stem;  /* of automatic names; NULL: Keras' from the class */
    const struct rt_opt *opts;
    size_t args_size;
    /* Lists of numbers (kernel_size, strides) that are one for each of so many
     * spatial axes; one number is for all of them. pairs: they are a number
     * before and one behind for each axis (padding, cropping): one number is
     * for all, as many as axes are for both sides. 0: no such lists. */
    int axes;
    bool pairs;
    /* Options that Keras' class of 2.3 does not have, a space between: not
     * written to a file where they have their default. */
    const char *keras_lacks;
    bool keras_turned;   /* a file of Theano has its kernel turned round */
    bool keras_swapped;  /* a file of Keras 1 has its channels the other way */
    bool keras_channels; /* the class has data_format, also without axes */
    /* Names of the inputs behind the first, a space between, where Keras' call
     * takes them by name: "value key". */
    const char *keras_inputs;
    /* Recurrent: its units are seldom zero, and stuck where they give the same
     * whatever they read. */
    bool recurrent;
    enum rt_masking mask;
    int min_in, max_in; /* 0, 0 means exactly one input; no more than
                           RT_OP_IN_MAX; RT_LAYER_NO_INPUT as max_in: none */
    /* Adds the nodes of one call and returns the last. Trained weights first,
     * as Keras orders them.
     * Errors: RT_ESHAPE and others, saying what was found, wanted and would
     *         help; the caller puts the command's name before it. */
    struct rt_node *(*build)(struct rt_build *b, const void *args,
                             struct rt_err *err);
    /* What the layer does while its model trains and it is frozen, where that
     * is more than to keep its weights; NULL: no more. */
    const char *(*frozen)(const struct rt_model *m,
                          const struct rt_model_layer *l);
    struct rt_layer_test {
        const char *in;    /* rows of the inputs: "28x28", "3 4" for two, ""
                              for none */
        const char *words; /* "64 activation=relu" */
    } selftest;
};
const struct rt_layer *const *rt_layers(void); /* sorted, NULL-terminated */
/* By command name. RT_ENOENT with the nearest names. */
const struct rt_layer *rt_layer_find(const char *name, struct rt_err *err);

/* A layer within a layer, as bidirectional and time_distributed have one. It is
 * an option of names RT_NAMES_WRAPPED: one word that holds a layer's command
 * and its words, and name=, "lstm 64 return_sequences=yes name=lstm_1". */
struct rt_inner {
    const struct rt_layer *type;
    void *args; /* parsed */
    char *name; /* as given, or Keras' first for its class: lstm_1 */
};
/* Errors: RT_EINVAL, RT_ENOENT as the layer's command would say; RT_EINVAL for
 *         a layer that does not read exactly one other. */
int rt_inner_parse(const char *text, struct rt_inner *in, struct rt_err *err);
void rt_inner_release(struct rt_inner *in); /* zeroed ones too */
/* Back into such a text, for the model files. */
void rt_inner_text(const struct rt_inner *in, struct rt_str *out);
/* Its nodes and weights, as part of the layer that is being built. Names of
 * weights begin with "prefix/" ("forward_lstm_1/kernel") unless it is NULL.
 * *mask is x's mask, then the result's; NULL: none.
 * Errors: as its build says, after its command's name; RT_EINVAL if it gives
 *         several tensors. */
struct rt_node *rt_build_inner(struct rt_build *b, const struct rt_inner *inner,
                               const char *prefix, struct rt_node *x,
                               struct rt_node **mask, struct rt_err *err);

/* Activations by name, shared by `activation` and by activation= options:
 * adds the nodes; "linear" returns x. Specs may have options: elu(alpha=1). */
struct rt_node *rt_activation(struct rt_graph *g, const char *spec,
                              struct rt_node *x, struct rt_err *err);
const char *const *rt_activations(void); /* sorted names */
/* relu and its parameters, for a field `struct rt_relu_args`; a max_value that
 * is not given (NaN) is none. */
#define RT_RELU_OPTS(type, field)                                              \
    RT_OPT(type, field.max_value, .name = "max_value", .def = "", .min = 0,    \
           .max = INFINITY, .help = "the most it gives"),                      \
        RT_OPT(type, field.negative_slope, .name = "negative_slope",           \
               .def = "0", .min = 0, .max = INFINITY,                          \
               .help = "slope up to the threshold"),                           \
        RT_OPT(type, field.threshold, .name = "threshold", .def = "0",         \
               .help = "from where on it gives its input")
struct rt_node *rt_relu(struct rt_graph *g, struct rt_node *x,
                        const struct rt_relu_args *a, struct rt_err *err);
/* One as a function of single numbers, for the gates of recurrent layers;
 * "linear" is leaky_relu of alpha 1.
 * Errors: RT_EINVAL if it is none, as softmax. */
int rt_activation_unary(const char *spec, enum rt_unary *f, double *alpha,
                        struct rt_err *err);
#endif
