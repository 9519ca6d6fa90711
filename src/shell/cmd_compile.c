/* compile: optimizer, losses, loss weights, metrics, clipping. */
#include "base/mem.h"
#include "base/schema.h"
#include "nn/optimizer.h"
#include "shell/cmd.h"
#include "shell/keras_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct args {
    const char *optimizer, *loss, *loss_weights, *metrics, *weighted_metrics;
    double clipnorm, global_clipnorm, clipvalue;
    bool reset;
};
/* The optimizer is the first word; its own options are parsed by its record. */
static const struct rt_opt opts[] = {
    RT_OPT(struct args, optimizer, .word = 1, .names = RT_NAMES_OPTIMIZER,
           .help = "sgd, adam, rmsprop, ...; its own options follow: lr=0.01"),
    RT_OPT(struct args, loss, .names = RT_NAMES_LOSS,
           .help = "one loss for all outputs, one for each, or OUT:LOSS,..."),
    RT_OPT(struct args, loss_weights, .names = RT_NAMES_WEIGHED,
           .help = "OUT:W,... or one number for each output"),
    RT_OPT(struct args, metrics, .names = RT_NAMES_METRIC,
           .help = "metrics of all outputs, or OUT:METRIC,..."),
    RT_OPT(struct args, weighted_metrics, .names = RT_NAMES_METRIC,
           .help = "the same by sample weights, as series weighted_acc"),
    RT_OPT(struct args, clipnorm, .min = 0, .max = INFINITY, .open = 1,
           .help = "largest norm of all gradients together; in a model of "
                   "tf.keras, of the gradient of each weight"),
    RT_OPT(struct args, global_clipnorm, .min = 0, .max = INFINITY, .open = 1,
           .help = "largest norm of all gradients together"),
    RT_OPT(struct args, clipvalue, .min = 0, .max = INFINITY, .open = 1,
           .help = "largest absolute value of a gradient"),
    RT_OPT(struct args, reset, .form = RT_FORM_FLAG,
           .help = "drop the optimizer's state"),
    RT_OPT_END
};
#define KEYS (opts + 1) /* without the optimizer */

/* What model.compile of Keras takes and this does not. */
static const struct rt_keras_word keras[] = {
    { "sample_weight_mode",
      "`weights DATA sample COLUMN` with a number for each step is temporal" },
    { "target_tensors", "`bind DATA OUTPUT=COLUMN` says what the labels are" },
    { NULL, NULL },
};

/* Its word, the first one or optimizer=adam as Keras has it; -1 if none is. */
static int find_optimizer(const char *const *words, int n, const char **name)
{
    static const char key[] = "optimizer=";
    for (int i = 0; i < n; i++)
        if (!strncmp(words[i], key, sizeof key - 1)) {
            *name = words[i] + sizeof key - 1;
            return i;
        }
    bool given = n && words[0][0] != '-' && !strchr(words[0], '=');
    *name = given ? words[0] : NULL;
    return given ? 0 : -1;
}

static const struct rt_opt *more(const struct rt_session *s,
                                 const char *const *words, int n, size_t *size,
                                 int *first)
{
    (void)s;
    const char *name = NULL;
    int at = n > 1 ? find_optimizer(words + 1, n - 1, &name) : -1;
    const struct rt_optimizer *o =
        at < 0 ? NULL : rt_optimizer_find(name, NULL);
    *size = sizeof(struct rt_opt);
    *first = 1;
    return o ? o->opts : NULL;
}

/* What label a loss of the user's own wants, where it is not the output's. */
static void add_label(const struct rt_model *m, int i, struct rt_str *out)
{
    const struct rt_compile_output *o = &m->compiled->outputs[i];
    const struct rt_custom *own =
        o->loss ? rt_customs_find(m->compiled->customs, o->loss, false) : NULL;
    if (!own)
        return;
    struct rt_shape value = rt_place_node(&m->outputs[i].place)->shape;
    struct rt_shape row = rt_shape_of_row(&value);
    struct rt_shape label = rt_custom_label(own, &row);
    if (!rt_shape_equal(&label, &row))
        rt_str_addf(out, ", label %s a sample", rt_shape_text(&label));
}

/* A layer behind the last output is easily forgotten. */
static void tell_idle(const struct rt_model *m, struct rt_str *out)
{
    struct rt_model_layer **idle =
        rt_xcalloc((size_t)m->n_layers + 1, sizeof *idle);
    int n = rt_model_idle(m, idle);
    for (int i = 0; i < n; i++)
        rt_str_addf(out, "%s%s", i ? ", " : "\nnot computed: ", idle[i]->name);
    if (n)
        rt_str_addf(out, " (no output needs %s; `output LAYER` makes one)",
                    n > 1 ? "them" : "it");
    free(idle);
}

static int run(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    const char *name;
    int at = find_optimizer(call->words, call->n, &name);
    if (at < 0)
        return rt_fail(err, RT_EINVAL,
                       "compile: the optimizer is missing, want compile "
                       "OPTIMIZER [lr=] [loss=] [metrics=] as in `compile "
                       "adam loss=mse`");
    const char **words = rt_xcalloc((size_t)call->n, sizeof *words);
    int n = 0;
    for (int i = 0; i < call->n; i++)
        if (i != at)
            words[n++] = call->words[i];
    const struct rt_optimizer *own = rt_optimizer_find(name, NULL);
    struct args *a = rt_args_take(KEYS, sizeof *a, own ? own->opts : NULL,
                                  sizeof(struct rt_opt), words, &n, err);
    int rc;
    if (a) {
        struct rt_compile_words c = {
            .optimizer = name,
            .words = words,
            .n_words = n,
            .loss = a->loss,
            .loss_weights = a->loss_weights,
            .metrics = a->metrics,
            .weighted_metrics = a->weighted_metrics,
            .clip = { a->clipvalue, a->clipnorm, a->global_clipnorm },
            .reset = a->reset,
        };
        rc = rt_model_compile(sm->model, &c, err);
    } else {
        rc = rt_err_within(err, "compile");
    }
    if (!rc) {
        const struct rt_compiled *c = sm->model->compiled;
        struct rt_str *out = &call->out->text;
        rt_str_addf(out, "%s ", c->optimizer->name);
        rt_args_words(c->optimizer->opts, sizeof(struct rt_opt), c->args, true,
                      out);
        for (int i = 0; i < c->n_outputs; i++) {
            const struct rt_compile_output *o = &c->outputs[i];
            rt_str_addf(out, "\n%s: %s", o->output,
                        o->loss ? o->loss : "no loss, not trained");
            if (o->loss && o->weight != 1)
                rt_str_addf(out, ", weight %g", o->weight);
            add_label(sm->model, i, out);
            for (int k = 0; k < o->n_metrics; k++)
                rt_str_addf(out, "%s%s", k ? ", " : "; metrics ",
                            o->metrics[k]);
        }
        tell_idle(sm->model, out);
        rt_value_set_text(&call->out->value, c->optimizer->name);
    }
    rt_args_free(a);
    free(words);
    return rc;
}

const struct rt_cmd rt_cmd_compile = {
    .group = "training",
    .name = "compile",
    .help = "optimizer, losses, metrics; keeps the optimizer's state",
    .usage = "OPTIMIZER [lr=] [OPTIONS...] [loss=OUT:LOSS,...] "
             "[loss_weights=OUT:W,...] [metrics=acc,OUT:M,...] "
             "[weighted_metrics=] [clipnorm= "
             "global_clipnorm= clipvalue=] [-reset]",
    .opts = opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_WORDS | RT_CMD_CHANGES | RT_CMD_UNDO,
    .keras = keras,
    .run = run,
    .more = more,
    .details = "Losses and weights given here win over those of `output`. "
               "`help optimizers`, `help losses`\nand `help metrics` list "
               "what there is.",
    .example = "model m\ninput x 4\ndense 3 activation=softmax name=kind\n"
               "output\ncompile adam lr=0.01 "
               "loss=categorical_crossentropy metrics=acc\n",
};
