/* Gradients to look at: of the first batch of a data set, and checked against
 * differences. */
#include "base/mem.h"
#include "files/weights.h"
#include "nn/model_check.h"
#include "nn/select.h"
#include "shell/cmd.h"
#include "shell/table.h"
#include "train/gradient.h"

#include <math.h>
#include <stdlib.h>

/* ---- gradient ---------------------------------------------------------- */

struct gradient_args {
    const char *data, *o;
    int batch_size;
};
static const struct rt_opt gradient_opts[] = {
    RT_OPT(struct gradient_args, data, .word = 1, .names = RT_NAMES_DATA,
           .help = "the data set"),
    RT_OPT(struct gradient_args, batch_size, .def = "32", .min = 1, .max = 1e9,
           .help = "rows of the batch"),
    RT_OPT(struct gradient_args, o, .form = RT_FORM_FLAG,
           .names = RT_NAMES_FILE,
           .help = "write it to an .h5 or .npz file, as weights"),
    RT_OPT_END
};

/* The weights that learn, layer by layer; caller frees. */
static const struct rt_weight **list_learning(const struct rt_model *m, int *n)
{
    int most = 1;
    *n = 0;
    for (int i = 0; i < m->n_layers; i++)
        most += m->layers[i]->n_weights;
    const struct rt_weight **v = rt_xcalloc((size_t)most, sizeof *v);
    for (int i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i]->n_weights; k++)
            if (rt_weight_learns(m->layers[i]->weights[k]))
                v[(*n)++] = m->layers[i]->weights[k];
    return v;
}

static char *name_of(const struct rt_weight *w)
{
    return rt_xprintf("%s/%s", w->layer->name, w->name);
}

static void show_gradient(struct rt_cmd_call *call, const struct rt_model *m,
                          const float *grads, double loss)
{
    struct rt_value *v = &call->out->value;
    struct rt_table t;
    int n;
    const struct rt_weight **w = list_learning(m, &n);
    double all = 0;
    rt_table_init(&t);
    rt_table_column(&t, "weight", false);
    rt_table_column(&t, "shape", false);
    rt_table_column(&t, "norm", true);
    rt_table_column(&t, "largest", true);
    rt_value_set_dict(v);
    rt_value_put_number(v, "loss", loss);
    for (int i = 0; i < n; i++) {
        const float *g = grads + w[i]->offset;
        double square = 0, largest = 0;
        for (size_t k = 0; k < w[i]->n; k++) {
            square += (double)g[k] * (double)g[k];
            largest = fmax(largest, fabs((double)g[k]));
        }
        char *name = name_of(w[i]);
        rt_table_cell(&t, "%s", name);
        rt_table_cell(&t, "%s", rt_shape_text(&w[i]->shape));
        rt_table_cell(&t, "%.4g", sqrt(square));
        rt_table_cell(&t, "%.4g", largest);
        rt_value_put_number(v, name, sqrt(square));
        free(name);
        all += square;
    }
    rt_value_put_number(v, "norm", sqrt(all));
    rt_table_print(&t, call->s->table_width, &call->out->text);
    rt_str_addf(&call->out->text, "\nloss %.6g, norm of all %.4g", loss,
                sqrt(all));
    rt_table_release(&t);
    free(w);
}

static int run_gradient(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct gradient_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_model *copy = NULL, *m = rt_session_at_rest(s, &copy, err);
    struct rt_dataset *d = m ? rt_session_data(s, a->data, err) : NULL;
    float *grads = NULL;
    double loss = NAN;
    int rc = d ? rt_gradient(m, d, a->batch_size, rt_session_seed(s), &grads,
                             &loss, err)
               : rt_err_code(err, RT_ENOENT);
    if (!rc && a->o)
        rc = rt_weights_save_as(m, grads, true, a->o, err);
    if (!rc)
        show_gradient(call, m, grads, loss);
    free(grads);
    rt_model_free(copy);
    return rc ? rt_err_within(err, "gradient") : 0;
}

const struct rt_cmd rt_cmd_gradient = {
    .group = "looking",
    .name = "gradient",
    .help = "the gradient of the loss over the first batch of a data set",
    .opts = gradient_opts,
    .args_size = sizeof(struct gradient_args),
    .flags = RT_CMD_LOOKS,
    .run = run_gradient,
    .details = "Of every weight that learns, penalties included, before any "
               "clipping; the rows in their\norder, in the training phase. As "
               "a value: the norm of each, loss, and norm of all.",
    .example = "seed 1\ndata s generate blobs n=60 classes=2\nmodel m\n"
               "input x 2\ndense 1 activation=sigmoid\noutput\n"
               "compile sgd loss=binary_crossentropy\ngradient s\n"
               "gradient s batch_size=60 -o grad.npz\n",
};

/* ---- gradcheck --------------------------------------------------------- */

/* Differences in single precision: what a right gradient stays well below. */
#define TOLERANCE 1e-3

struct check_args {
    struct rt_texts layers;
    int most;
};
static const struct rt_opt check_opts[] = {
    RT_OPT(struct check_args, layers, .form = RT_FORM_REST,
           .names = RT_NAMES_LAYER, .help = "these layers only"),
    RT_OPT(struct check_args, most, .def = "20", .min = 1, .max = 1e9,
           .help = "numbers of each weight that are tried"),
    RT_OPT_END
};

static void show_checks(struct rt_cmd_call *call,
                        const struct rt_model_check *c)
{
    struct rt_value *list = &call->out->value;
    struct rt_table t;
    rt_table_init(&t);
    rt_table_column(&t, "weight", false);
    rt_table_column(&t, "tried", true);
    rt_table_column(&t, "worst", true);
    rt_table_column(&t, "numeric", true);
    rt_table_column(&t, "analytic", true);
    rt_value_set_list(list);
    for (int i = 0; i < c->n; i++) {
        const struct rt_weight_check *w = &c->v[i];
        struct rt_value *d = rt_value_push(list);
        char *name = name_of(w->weight);
        rt_value_set_dict(d);
        rt_value_put_text(d, "weight", name);
        rt_value_put_int(d, "tried", (int64_t)w->n);
        rt_value_put_number(d, "worst", w->worst);
        rt_table_cell(&t, "%s", name);
        rt_table_cell(&t, "%zu", w->n);
        rt_table_cell(&t, "%.3f", w->worst);
        rt_table_cell(&t, "%.6g", w->numeric);
        rt_table_cell(&t, "%.6g", w->analytic);
        free(name);
    }
    rt_table_print(&t, call->s->table_width, &call->out->text);
    rt_table_release(&t);
}

static const struct rt_weight_check *worst_of(const struct rt_model_check *c)
{
    const struct rt_weight_check *worst = NULL;
    for (int i = 0; i < c->n; i++)
        if (!worst || !(c->v[i].worst <= worst->worst))
            worst = &c->v[i];
    return worst;
}

static void say_verdict(const struct rt_model_check *c, struct rt_str *out)
{
    const struct rt_weight_check *worst = worst_of(c);
    size_t tried = 0;
    for (int i = 0; i < c->n; i++)
        tried += c->v[i].n;
    if (worst)
        rt_str_addf(out,
                    "\ngradients agree: %zu number%s tried, the worst differs "
                    "by %.3f of its bound (%s/%s)",
                    tried, tried == 1 ? "" : "s", worst->worst,
                    worst->weight->layer->name, worst->weight->name);
}

/* The worst of all, as an error if it is beyond its bound. */
static int judge(const struct rt_model_check *c, struct rt_err *err)
{
    const struct rt_weight_check *worst = worst_of(c);
    if (!worst || worst->worst <= 1)
        return 0;
    return rt_fail(err, RT_EASSERT,
                   "%s/%s[%zu] has the gradient %g, differences give %g: %.3g "
                   "times the bound",
                   worst->weight->layer->name, worst->weight->name, worst->at,
                   worst->analytic, worst->numeric, worst->worst);
}

static int run_check(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct check_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_model *copy = NULL, *m = rt_session_at_rest(s, &copy, err);
    struct rt_model_check c = { 0 };
    bool *chosen =
        m ? rt_xcalloc((size_t)m->n_layers + 1, sizeof *chosen) : NULL;
    int rc = m ? rt_select(m, a->layers.v, a->layers.n, chosen, err)
               : rt_err_code(err, RT_ESTATE);
    if (rc >= 0)
        rc = rt_model_check(
            m,
            &(struct rt_model_check_how){ .chosen = chosen,
                                          .most = (size_t)a->most,
                                          .tol = TOLERANCE,
                                          .seed = rt_session_seed(s),
                                          .interrupted = s->interrupted },
            &c, err);
    if (!rc)
        rc = judge(&c, err);
    if (!rc) {
        show_checks(call, &c);
        say_verdict(&c, &call->out->text);
    }
    free(c.v);
    free(chosen);
    rt_model_free(copy);
    return rc ? rt_err_within(err, "gradcheck") : 0;
}

const struct rt_cmd rt_cmd_gradcheck = {
    .group = "looking",
    .name = "gradcheck",
    .help = "numeric against analytic gradients of the model's weights",
    .opts = check_opts,
    .args_size = sizeof(struct check_args),
    .flags = RT_CMD_LOOKS,
    .run = run_check,
    .details =
        "On small random data, in single precision, of a random combination "
        "of the outputs with the\npenalties, in the training phase. worst is "
        "the largest difference as a part of its bound, a\nthousandth of the "
        "weight's largest gradient or of 1; above 1 it is an error. Layers as "
        "`summary`\ntakes them.",
    .example = "seed 1\nmodel m\ninput x 4\ndense 8 tanh name=a\n"
               "dense 2 name=b\noutput\ngradcheck\ngradcheck b most=5\n",
};
