/* Cross-entropies. Of probabilities p: clipped to [1e-7, 1 - 1e-7], where the
 * gradient is zero outside. Of logits: exact at any size, without clipping.
 * Source: Keras 2.3.1 losses.py and backend/tensorflow_backend.py. */
#include "nn/loss.h"

#include "nn/formula.h"

struct args {
    bool from_logits;
    double label_smoothing;
};
#define FROM_LOGITS                                                            \
    RT_OPT(struct args, from_logits, .def = "no",                              \
           .help = "outputs come without their softmax or sigmoid")
static const struct rt_opt opts[] = {
    FROM_LOGITS,
    RT_OPT(struct args, label_smoothing, .def = "0", .min = 0, .max = 1,
           .help = "share of the label that is spread over all classes"),
    RT_OPT_END,
};
static const struct rt_opt sparse_opts[] = { FROM_LOGITS, RT_OPT_END };

static struct rt_node *clipped(struct rt_graph *g, struct rt_node *p,
                               struct rt_err *err)
{
    return CLIP(p, RT_LOSS_EPSILON, 1 - RT_LOSS_EPSILON);
}

/* y (1 - s) + s / n: labels moved towards one in n. */
static struct rt_node *smooth(struct rt_graph *g, struct rt_node *y, double s,
                              double n, struct rt_err *err)
{
    return s > 0 ? ADD(MUL(y, NUM(1 - s)), NUM(s / n)) : y;
}

/* ---- yes or no ----------------------------------------------------------- */

/* y log p + (1 - y) log(1 - p), where for a logit x
 * log p = -softplus(-x) and log(1 - p) = -softplus(x). */
static struct rt_node *build_binary(struct rt_graph *g, struct rt_node *y,
                                    struct rt_node *p, const void *args,
                                    struct rt_err *err)
{
    const struct args *a = args;
    struct rt_node *yes, *no;
    if (rt_loss_check(y, p, err))
        return NULL;
    y = smooth(g, y, a->label_smoothing, 2, err);
    if (a->from_logits) {
        yes = OP1(neg, OP1(softplus, OP1(neg, p)));
        no = OP1(neg, OP1(softplus, p));
    } else {
        p = clipped(g, p, err);
        yes = OP1(log, p);
        no = OP1(log, SUB(NUM(1), p));
    }
    return OP1(neg, ADD(MUL(y, yes), MUL(SUB(NUM(1), y), no)));
}

const struct rt_loss rt_loss_binary_crossentropy = {
    .name = "binary_crossentropy",
    .nick = "bce",
    .help = "cross-entropy of each output by itself, labels 0 to 1",
    .keras = "binary_crossentropy",
    .keras_class = "BinaryCrossentropy",
    .opts = opts,
    .args_size = sizeof(struct args),
    .accuracy = "binary_accuracy",
    .build = build_binary,
    .tests = { "label_smoothing=0.2", "from_logits=yes",
               "from_logits=yes label_smoothing=0.1" },
};

/* ---- one of many --------------------------------------------------------- */

/* Logits less the largest of their row, which changes no probability. */
static struct rt_node *centred(struct rt_graph *g, struct rt_node *x,
                               struct rt_err *err)
{
    return SUB(x, rt_op_stop_gradient(g, LAST_KEEP(max, x), err));
}

/* log of the sum of exp over the last axis, which stays as 1. */
static struct rt_node *log_sum_exp(struct rt_graph *g, struct rt_node *x,
                                   struct rt_err *err)
{
    return OP1(log, LAST_KEEP(sum, OP1(exp, x)));
}

/* Probabilities are divided by their sum before they are clipped, so that
 * outputs that are no softmax count as shares. */
static struct rt_node *build_categorical(struct rt_graph *g, struct rt_node *y,
                                         struct rt_node *p, const void *args,
                                         struct rt_err *err)
{
    const struct args *a = args;
    struct rt_node *log_p;
    if (rt_loss_check(y, p, err))
        return NULL;
    y = smooth(g, y, a->label_smoothing, p->shape.dim[p->shape.rank - 1], err);
    if (a->from_logits) {
        p = centred(g, p, err);
        log_p = SUB(p, log_sum_exp(g, p, err));
    } else {
        log_p = OP1(log, clipped(g, DIV(p, LAST_KEEP(sum, p)), err));
    }
    return OP1(neg, LAST(sum, MUL(y, log_p)));
}

const struct rt_loss rt_loss_categorical_crossentropy = {
    .name = "categorical_crossentropy",
    .nick = "cce",
    .help = "cross-entropy of one choice among many, labels one-hot",
    .keras = "categorical_crossentropy",
    .keras_class = "CategoricalCrossentropy",
    .opts = opts,
    .args_size = sizeof(struct args),
    .accuracy = "categorical_accuracy",
    .build = build_categorical,
    .tests = { "label_smoothing=0.1", "from_logits=yes",
               "from_logits=yes label_smoothing=0.2" },
};

static void sparse_label(const struct rt_shape *output, struct rt_shape *label)
{
    *label = *output;
    label->dim[label->rank - 1] = 1;
}

/* log of the sum less the chosen one, which for probabilities is the log of
 * the chosen share: they are clipped first and divided by the sum
 * afterwards. */
static struct rt_node *build_sparse(struct rt_graph *g, struct rt_node *y,
                                    struct rt_node *p, const void *args,
                                    struct rt_err *err)
{
    const struct args *a = args;
    int k = p->shape.dim[p->shape.rank - 1];
    struct rt_shape want = p->shape;
    want.dim[want.rank - 1] = 1;
    if (k == RT_DIM_ANY || !rt_shape_fits(&y->shape, &want)) {
        rt_fail(err, RT_ESHAPE,
                "label is %s, output is %s: want class numbers of shape %s",
                rt_shape_text(&y->shape), rt_shape_text(&p->shape),
                rt_shape_text(&want));
        return NULL;
    }
    struct rt_node *chosen = rt_op_onehot(g, y, k, err), *part, *whole;
    if (a->from_logits) {
        p = centred(g, p, err);
        part = LAST_KEEP(sum, MUL(p, chosen));
        whole = log_sum_exp(g, p, err);
    } else {
        p = clipped(g, p, err);
        part = OP1(log, LAST_KEEP(sum, MUL(p, chosen)));
        whole = OP1(log, LAST_KEEP(sum, p));
    }
    return SUB(whole, part);
}

const struct rt_loss rt_loss_sparse_categorical_crossentropy = {
    .name = "sparse_categorical_crossentropy",
    .help = "cross-entropy of one choice among many, labels class numbers",
    .keras = "sparse_categorical_crossentropy",
    .keras_class = "SparseCategoricalCrossentropy",
    .opts = sparse_opts,
    .args_size = sizeof(struct args),
    .accuracy = "sparse_categorical_accuracy",
    .label = sparse_label,
    .classes = 1,
    .build = build_sparse,
    .tests = { "from_logits=yes" },
};
