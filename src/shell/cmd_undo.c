/* undo, redo: the last changes of a model at rest, taken back and repeated. */
#include "base/schema.h"
#include "nn/group.h"
#include "shell/cmd.h"

#include <stdlib.h>
#include <string.h>

struct undo_args {
    int n;
};
static const struct rt_opt undo_opts[] = {
    RT_OPT(struct undo_args, n, .word = 1, .def = "1", .min = 1, .max = 1000,
           .help = "how many steps"),
    RT_OPT_END
};

/* Which layers came or went between two states: "dense_1, relu". */
static void say_changed(const struct rt_model *m, char *const *was, int n_was,
                        bool went, struct rt_str *out)
{
    int n = went ? n_was : m->n_layers, said = 0;
    for (int i = 0; i < n; i++) {
        const char *name = went ? was[i] : m->layers[i]->name;
        bool there = false;
        for (int k = 0; went && k < m->n_layers && !there; k++)
            there = !strcmp(m->layers[k]->name, name);
        for (int k = 0; !went && k < n_was && !there; k++)
            there = !strcmp(was[k], name);
        if (!there)
            rt_str_addf(out, "%s%s", said++ ? ", " : "", name);
    }
}

/* One step, and what it was: "dense (dense_1)". Returns 1, or 0 if there was
 * none. */
static int step_back(struct rt_model *m, bool back, struct rt_str *what,
                     struct rt_err *err)
{
    struct rt_str layers = RT_STR_INIT;
    int n_was = m->n_layers;
    char **was = rt_xcalloc((size_t)n_was + 1, sizeof *was);
    char *name = NULL;
    for (int i = 0; i < n_was; i++)
        was[i] = rt_xstrdup(m->layers[i]->name);
    if (back && rt_model_undo_what(m))
        name = rt_xstrdup(rt_model_undo_what(m));
    int n = back ? rt_model_undo(m, 1, err) : rt_model_redo(m, 1, err);
    if (n > 0 && !back && rt_model_undo_what(m))
        name = rt_xstrdup(rt_model_undo_what(m));
    if (n > 0) {
        say_changed(m, was, n_was, back, &layers);
        rt_str_addf(what, "%s%s", what->n ? ", " : "",
                    name ? name : "a change");
        if (layers.n)
            rt_str_addf(what, " (%s)", rt_str_c(&layers));
    }
    for (int i = 0; i < n_was; i++)
        free(was[i]);
    free(was);
    free(name);
    rt_str_release(&layers);
    return n;
}

static int take_back(struct rt_cmd_call *call, bool back, struct rt_err *err)
{
    const struct undo_args *a = call->args;
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    struct rt_str what = RT_STR_INIT;
    int n = 0, rc = 1;
    while (n < a->n && (rc = step_back(sm->model, back, &what, err)) > 0)
        n++;
    if (rc < 0) {
        rt_str_release(&what);
        return rc;
    }
    rt_value_set_int(&call->out->value, n);
    if (!n)
        rt_str_addf(&call->out->text, "nothing to %s", back ? "undo" : "redo");
    int left = rt_group_layers(sm->model);
    if (n)
        rt_str_addf(&call->out->text, "%s %s; the model has %d layer%s",
                    back ? "took back" : "repeated", rt_str_c(&what), left,
                    left == 1 ? "" : "s");
    rt_str_release(&what);
    return 0;
}

static int run_undo(struct rt_cmd_call *call, struct rt_err *err)
{
    return take_back(call, true, err);
}

static int run_redo(struct rt_cmd_call *call, struct rt_err *err)
{
    return take_back(call, false, err);
}

const struct rt_cmd rt_cmd_undo = {
    .group = "building",
    .name = "undo",
    .help = "take back the last changes of the model",
    .opts = undo_opts,
    .args_size = sizeof(struct undo_args),
    .flags = RT_CMD_CHANGES,
    .run = run_undo,
    .details = "A command that changes a model at rest is one step: layers, "
               "outputs, compile, freeze, retire,\ntune, lr, and what writes "
               "over weights: reinit, weight, load_weights, checkpoint load. "
               "What\na fit or an order to a run has changed is never taken "
               "back; values that a fit went on from\nneither, nor an "
               "optimizer's state that compile dropped. Refused while the "
               "model trains.",
    .example = "model m\ninput x 4\ndense 8\ndense 9\nundo\nredo\nundo 2\n",
};
const struct rt_cmd rt_cmd_redo = {
    .group = "building",
    .name = "redo",
    .help = "repeat what undo took back",
    .opts = undo_opts,
    .args_size = sizeof(struct undo_args),
    .flags = RT_CMD_CHANGES,
    .run = run_redo,
    .example = "model m\ninput x 4\ndense 8\nundo\nredo\n",
};
