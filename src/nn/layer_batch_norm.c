/* batch_norm: every channel to mean 0 and variance 1, by the batch's own
 * numbers while training, by moving averages of them otherwise.
 *
 * What a frozen layer does in training is said when it is frozen, else by the
 * dialect: in Keras it goes on with the batch's numbers and leaves the averages
 * as they are, in tf.keras it uses the averages. So does the correction of the
 * moving variance.
 * Source: Keras 2.3.1 normalization.py; TensorFlow 2.4 normalization.py. */
#include "nn/layer.h"
#include "nn/model.h"

#include <math.h>

struct args {
    int axis;
    double momentum, epsilon;
    bool center, scale;
    struct rt_weight_args beta, gamma;
    const char *moving_mean, *moving_variance; /* initializers */
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, axis, .def = "-1",
           .help = "axis of the channels; -1 is the last"),
    RT_OPT(struct args, momentum, .def = "0.99", .min = 0, .max = 1, .live = 1,
           .help = "share of the moving averages that stays at each batch"),
    RT_OPT(struct args, epsilon, .def = "0.001", .min = 0, .max = INFINITY,
           .help = "added to the variance"),
    RT_OPT(struct args, center, .def = "yes", .help = "add beta"),
    RT_OPT(struct args, scale, .def = "yes", .help = "multiply by gamma"),
    RT_WEIGHT_OPTS(struct args, beta, "zeros"),
    RT_WEIGHT_OPTS(struct args, gamma, "ones"),
    RT_OPT(struct args, moving_mean, .name = "moving_mean_initializer",
           .def = "zeros", .names = RT_NAMES_INIT, .rare = 1,
           .help = "first values of the moving mean"),
    RT_OPT(struct args, moving_variance, .name = "moving_variance_initializer",
           .def = "ones", .names = RT_NAMES_INIT, .rare = 1,
           .help = "first values of the moving variance"),
    RT_OPT_END,
};

static int channels(const struct rt_shape *x, int axis, int *at,
                    struct rt_err *err)
{
    if (rt_shape_axis(x, axis, at, err))
        return RT_EINVAL;
    if (*at == 0)
        return rt_fail(err, RT_EINVAL, "axis 0 is the batch, want 1 to %d",
                       x->rank - 1);
    if (x->dim[*at] == RT_DIM_ANY)
        return rt_fail(err, RT_ESHAPE,
                       "input is %s, want axis %d of known size; give it at "
                       "`input`",
                       rt_shape_text(x), *at);
    return RT_OK;
}

static void correct(const struct rt_build *b, int at, struct rt_moving_args *m)
{
    if (b->model->dialect != RT_TF_KERAS_2_4_0)
        m->unbiased = true; /* epsilon as given */
    else {
        /* the fused kernel corrects, and serves pictures alone */
        m->unbiased = b->in[0]->shape.rank == 4 && (at == 1 || at == 3);
        m->epsilon = 0;
    }
}

static int move(struct rt_build *b, struct rt_node *weight, struct rt_node *now,
                const struct rt_moving_args *m, struct rt_err *err)
{
    struct rt_node *value = rt_op_moving_average(
        b->g, rt_build_latest(b, weight), now, b->in[0], m, err);
    return value ? rt_build_update(b, weight, value, err) : RT_EINVAL;
}

static bool uses_averages(const struct rt_model *m,
                          const struct rt_model_layer *l)
{
    if (l->trainable)
        return false;
    return l->norm == RT_NORM_DIALECT ? m->dialect == RT_TF_KERAS_2_4_0
                                      : l->norm == RT_NORM_INFER;
}

static const char *frozen(const struct rt_model *m,
                          const struct rt_model_layer *l)
{
    return uses_averages(m, l)
               ? "normalises by its moving averages while training"
           : l->norm == RT_NORM_UPDATE
               ? "normalises by the batch's own mean and variance while "
                 "training and moves its averages"
               : "normalises by the batch's own mean and variance while "
                 "training, its averages stay";
}

static struct rt_node *build(struct rt_build *b, const void *args,
                             struct rt_err *err)
{
    const struct args *a = args;
    struct rt_node *x = b->in[0], *gamma = NULL, *beta = NULL;
    int at;
    if (channels(&x->shape, a->axis, &at, err))
        return NULL;
    struct rt_shape shape = RT_SHAPE(x->shape.dim[at]);
    if (a->scale &&
        !(gamma = rt_build_trained(b, "gamma", &shape, &a->gamma, err)))
        return NULL;
    if (a->center &&
        !(beta = rt_build_trained(b, "beta", &shape, &a->beta, err)))
        return NULL;
    struct rt_node *moving_mean = rt_build_weight(
        b, "moving_mean", &shape, a->moving_mean, RT_WEIGHT_FIXED, err);
    if (!moving_mean)
        return NULL;
    struct rt_node *moving_variance = rt_build_weight(
        b, "moving_variance", &shape, a->moving_variance, RT_WEIGHT_FIXED, err);
    struct rt_normalise_args n = { at, a->epsilon, a->scale, a->center,
                                   .own = true };
    if (uses_averages(b->model, b->layer)) {
        n.own = false;
        return rt_op_normalise(b->g, x, moving_mean, moving_variance, gamma,
                               beta, &n, err);
    }
    struct rt_node *mean = rt_op_channel_mean(b->g, moving_mean, x, at, err);
    struct rt_node *variance =
        rt_op_channel_variance(b->g, moving_variance, x, mean, at, err);
    struct rt_moving_args m = { at, a->momentum, .epsilon = a->epsilon };
    if (!variance || move(b, moving_mean, mean, &m, err))
        return NULL;
    correct(b, at, &m);
    if (move(b, moving_variance, variance, &m, err))
        return NULL;
    return rt_op_normalise(b->g, x, mean, variance, gamma, beta, &n, err);
}

const struct rt_layer rt_layer_batch_norm = {
    .name = "batch_norm",
    .help = "normalise each channel over the batch",
    .keras = "BatchNormalization",
    .mask = RT_MASK_PASSED,
    .opts = opts,
    .args_size = sizeof(struct args),
    .build = build,
    .frozen = frozen,
    .selftest = { .in = "3x5", .words = "momentum=0.9" },
};
