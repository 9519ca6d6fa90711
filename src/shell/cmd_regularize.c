/* regularize: penalties on weights and activations of layers that are there. */
#include "base/mem.h"
#include "base/schema.h"
#include "nn/select.h"
#include "shell/cmd.h"
#include "shell/interp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct args {
    double l1, l2;
    struct rt_texts words;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, l1, .def = "", .min = 0, .max = INFINITY,
           .help = "rate of the sum of absolute values"),
    RT_OPT(struct args, l2, .def = "", .min = 0, .max = INFINITY,
           .help = "rate of the sum of squares"),
    RT_OPT(struct args, words, .form = RT_FORM_REST, .names = RT_NAMES_LAYER,
           .help = "layers; then kernel, bias or activity; then, if it is no "
                   "l1 or l2, an expression of w or h that is a scalar, or "
                   "none"),
    RT_OPT_END
};
static const char *const parts[] = { "kernel", "bias", "activity", NULL };

/* "l1(0.1)", "l2(0.2)" or "l1_l2(l1=0.1,l2=0.2)": NAN was not given. */
static void add_penalty(struct rt_str *out, double l1, double l2)
{
    bool both = !isnan(l1) && !isnan(l2);
    rt_str_add(out, both ? "l1_l2(l1=" : isnan(l2) ? "l1(" : "l2(");
    rt_str_add_exact(out, isnan(l1) ? l2 : l1);
    if (both) {
        rt_str_add(out, ",l2=");
        rt_str_add_exact(out, l2);
    }
    rt_str_addc(out, ')');
}

/* "kernel_regularizer=l1_l2(0.1,0.2)" */
static char *word_of(const struct args *a, const char *part, const char *expr)
{
    struct rt_str out = RT_STR_INIT;
    rt_str_addf(&out, "%s_regularizer=", part);
    if (expr && strcmp(expr, "none") != 0)
        rt_str_addf(&out, "expr(%s)", expr);
    else if (!expr)
        add_penalty(&out, a->l1, a->l2);
    return rt_str_take(&out);
}

/* Layers of the set that have such an option; a single one must. */
static int choose(const struct rt_model *m, const struct rt_texts *words, int n,
                  const char *option, struct rt_model_layer **layers,
                  int *found, struct rt_err *err)
{
    bool *chosen = rt_xcalloc((size_t)m->n_layers + 1, sizeof *chosen);
    int status = rt_select(m, words->v, n, chosen, err);
    *found = 0;
    for (int i = 0; i < m->n_layers && status >= 0; i++)
        if (chosen[i] && rt_opt_find(m->layers[i]->type->opts,
                                     sizeof(struct rt_opt), option))
            layers[(*found)++] = m->layers[i];
    free(chosen);
    if (status >= 0 && !*found)
        status =
            rt_fail(err, RT_EINVAL, "none of these layers has a %s", option);
    return status < 0 ? status : 0;
}

static int change(struct rt_cmd_call *call, struct rt_model *m, int at,
                  const char *expr, struct rt_err *err)
{
    const struct args *a = call->args;
    const char *part = a->words.v[at];
    char *option = rt_xprintf("%s_regularizer", part);
    char *word = word_of(a, part, expr);
    struct rt_model_layer **layers =
        rt_xcalloc((size_t)m->n_layers + 1, sizeof *layers);
    int n = 0, rc = choose(m, &a->words, at, option, layers, &n, err);
    if (!rc)
        rc = rt_model_change(m, layers, n, (const char *const[]){ word }, 1,
                             err);
    for (int i = 0; i < n && !rc; i++)
        rt_str_addf(&call->out->text, "%s%s", i ? "\n" : "", layers[i]->name);
    if (!rc) {
        rt_str_addf(&call->out->text, "\n%s", word);
        rt_value_set_int(&call->out->value, n);
    }
    free(layers);
    free(word);
    free(option);
    return rc;
}

static int run(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct args *a = call->args;
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    int at = a->words.n, n = a->words.n;
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    for (int i = 1; i < n && at == n; i++)
        for (int k = 0; parts[k]; k++)
            if (!strcmp(a->words.v[i], parts[k]))
                at = i;
    bool rates = !isnan(a->l1) || !isnan(a->l2);
    if (at == n || at + 1 + !rates != n)
        return rt_fail(err, RT_EINVAL,
                       "regularize: want LAYERS kernel|bias|activity and l1=, "
                       "l2= or {expression}, as in `regularize dense_* kernel "
                       "l2=0.001`");
    char *expr =
        rates ? NULL : rt_interp_fill(call->s->interp, a->words.v[at + 1], err);
    int rc =
        !rates && !expr ? RT_EINVAL : change(call, sm->model, at, expr, err);
    if (!rc && expr) {
        struct rt_str line = RT_STR_INIT;
        rt_str_add(&line, call->cmd->name);
        for (int i = 0; i < n; i++) {
            rt_str_addc(&line, ' ');
            rt_interp_quote(i == at + 1 ? expr : a->words.v[i], &line);
        }
        call->line = rt_str_take(&line);
    }
    free(expr);
    return rc ? rt_err_within(err, "regularize") : 0;
}

const struct rt_cmd rt_cmd_regularize = {
    .group = "building",
    .name = "regularize",
    .help = "add a penalty on weights or activations of layers that are there",
    .usage = "LAYERS kernel|bias|activity l1=|l2=|{expression}|none",
    .opts = opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run,
    .details =
        "In place of the one they had. In an expression w is the weight, h "
        "what the layer gives;\nit gives a scalar. The same is "
        "kernel_regularizer=expr(...) where a layer is made.",
    .example = "model m\ninput x 4\ndense 3\ndense 1\noutput\n"
               "regularize dense_* kernel l2=0.001\n"
               "regularize dense_1 activity {0.01 * sum(abs(h))}\n",
};
