/* loss, metric: definitions by an expression. */
#include "base/mem.h"
#include "nn/custom.h"
#include "shell/cmd.h"
#include "shell/interp.h"

#include <stdlib.h>
#include <string.h>

struct args {
    const char *name, *expr;
    struct rt_ints label;
    int mode;
};
static const char *const modes[] = { "min", "max", NULL };
#define COMMON                                                                 \
    RT_OPT(struct args, name, .word = 1, .def = "",                            \
           .help = "its name in compile and output; none: list all"),          \
        RT_OPT(struct args, expr, .word = 2, .def = "",                        \
               .help = "one value per sample, or a scalar, in braces; none: "  \
                       "show it"),                                             \
        RT_OPT(struct args, label, .def = "", .min = 1, .max = 1e9,            \
               .help = "shape of a label; else that of the output, with as "   \
                       "many columns as the slices of y need")
static const struct rt_opt loss_opts[] = { COMMON, RT_OPT_END };
static const struct rt_opt metric_opts[] = {
    COMMON,
    RT_OPT(struct args, mode, .choices = modes, .def = "min",
           .help = "which way is better"),
    RT_OPT_END
};

static void add_all(struct rt_cmd_call *call, bool metric)
{
    const struct rt_customs *c = call->s->customs;
    call->looked = true;
    rt_value_set_list(&call->out->value);
    for (int i = 0; c && i < c->n; i++) {
        if (c->v[i]->metric != metric)
            continue;
        struct rt_value *d = rt_value_push(&call->out->value);
        rt_value_set_dict(d);
        rt_value_put_text(d, "name", c->v[i]->name);
        rt_value_put_text(d, "expression", rt_expr_text(c->v[i]->expr));
    }
    if (!call->out->value.n)
        rt_str_addf(&call->out->text, "none defined: `%s NAME {...}` does",
                    call->cmd->name);
}

static int show(struct rt_cmd_call *call, const char *name, bool metric,
                struct rt_err *err)
{
    const struct rt_custom *c = rt_customs_find(call->s->customs, name, metric);
    call->looked = true;
    if (!c || c->metric != metric)
        return rt_fail(err, RT_ENOENT,
                       "%s: none called '%s' is defined by an expression",
                       call->cmd->name, name);
    rt_value_set_text(&call->out->value, rt_expr_text(c->expr));
    return 0;
}

/* What can be said of the label before there is an output. */
static void describe(const struct rt_custom *c, struct rt_str *out)
{
    enum { WIDE = 1000000000 };
    int least = rt_expr_columns(c->expr, "y", &RT_SHAPE(RT_DIM_ANY, 0));
    int most = rt_expr_columns(c->expr, "y", &RT_SHAPE(RT_DIM_ANY, WIDE));
    bool like = most == WIDE || !most;
    if (c->label.rank >= 0)
        rt_str_addf(out, "label %s a sample", rt_shape_text(&c->label));
    else
        rt_str_add(out, like ? "label as the output" : "label");
    if (c->label.rank < 0 && least)
        rt_str_addf(out, "%s %d column%s, by the slices of y",
                    like ? ", with at least" : " of", least,
                    least == 1 ? "" : "s");
}

static int define(struct rt_cmd_call *call, bool metric, struct rt_err *err)
{
    const struct args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_shape label = { .rank = a->label.n };
    char *text = rt_interp_fill(s->interp, a->expr, err);
    if (!text)
        return rt_err_within(err, "%s %s", call->cmd->name, a->name);
    if (a->label.n >= RT_RANK_MAX) {
        free(text);
        return rt_fail(err, RT_EINVAL,
                       "%s: label of %d dimensions, want at most %d",
                       call->cmd->name, a->label.n, RT_RANK_MAX - 1);
    }
    memcpy(label.dim, a->label.v, (size_t)a->label.n * sizeof *label.dim);
    struct rt_custom_words w = {
        .name = a->name,
        .text = text,
        .metric = metric,
        .label = a->label.n ? &label : NULL,
        .mode = metric && a->mode ? RT_MODE_MAX : RT_MODE_MIN,
    };
    struct rt_customs *made = rt_customs_define(s->customs, &w, err);
    free(text);
    if (!made)
        return rt_err_within(err, "%s %s", call->cmd->name, a->name);
    rt_customs_unref(s->customs);
    s->customs = made;
    const struct rt_custom *c = made->v[made->n - 1];
    struct rt_str line = RT_STR_INIT;
    rt_custom_command(c, &line);
    call->line = rt_str_take(&line);
    call->line[strlen(call->line) - 1] = '\0'; /* its newline */
    describe(c, &call->out->text);
    rt_value_set_text(&call->out->value, a->name);
    return 0;
}

static int run(struct rt_cmd_call *call, bool metric, struct rt_err *err)
{
    const struct args *a = call->args;
    if (!a->name) {
        add_all(call, metric);
        return 0;
    }
    return a->expr ? define(call, metric, err)
                   : show(call, a->name, metric, err);
}

static int run_loss(struct rt_cmd_call *call, struct rt_err *err)
{
    return run(call, false, err);
}

static int run_metric(struct rt_cmd_call *call, struct rt_err *err)
{
    return run(call, true, err);
}

const struct rt_cmd rt_cmd_loss = {
    .group = "training",
    .name = "loss",
    .help = "define a loss by an expression of label y and output p",
    .usage = "[NAME {expression}] [label=SHAPE]",
    .opts = loss_opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_CHANGES,
    .run = run_loss,
    .details =
        "In the expression y is the label, p the output, and any output of "
        "the model goes by\nits name. It gives one value per sample or a "
        "scalar. Every loss and activation is a\nfunction in it; `help "
        "expressions` lists the rest. The slices of y decide how many\n"
        "columns a label has: y[:, 10] wants 11. `$k` is the number that the "
        "Tcl variable k has\nnow. The name then stands where a loss or a "
        "metric does; a model keeps the definition\nit was compiled with.",
    .example = "loss masked {categorical_crossentropy(y[:, 0:3], p) * y[:, 3]}"
               "\nmodel m\ninput x 4\ndense 3 activation=softmax\noutput\n"
               "compile adam loss=masked\n",
};

const struct rt_cmd rt_cmd_metric = {
    .group = "training",
    .name = "metric",
    .help = "define a metric by an expression of label y and output p",
    .usage = "[NAME {expression}] [mode=min|max] [label=SHAPE]",
    .opts = metric_opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_CHANGES,
    .run = run_metric,
    .details = "As `loss`; the value shown is the mean over all samples.",
    .example = "metric within {mean(abs(y - p) < 0.1, axis=-1)} mode=max\n"
               "model m\ninput x 4\ndense 2\noutput\n"
               "compile sgd loss=mse metrics=within\n",
};
