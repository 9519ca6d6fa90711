/* reset_states: stateful layers begin with zeros. While the model trains it is
 * an order to its run. */
#include "base/mem.h"
#include "nn/select.h"
#include "shell/started.h"
#include "shell/steer.h"

#include <stdlib.h>

struct args {
    struct rt_texts layers;
    const char *when;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct args, layers, .form = RT_FORM_REST, .names = RT_NAMES_LAYER,
           .help = "which layers; none are all"),
    RT_STEER_WHEN(struct args),
    RT_OPT_END,
};

static int run(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct args *a = call->args;
    if (rt_steers(call, a->when))
        return rt_steer_words(call, a->when, err);
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    if (!sm)
        return rt_cmd_within(call->cmd, err);
    struct rt_model *m = sm->model;
    bool *chosen = rt_xcalloc((size_t)m->n_layers + 1, sizeof *chosen);
    int rc = rt_select(m, a->layers.v, a->layers.n, chosen, err);
    int done = rc < 0 ? 0 : rt_model_reset_states(m, chosen);
    free(chosen);
    if (rc >= 0 && !done)
        rc = rt_fail(err, RT_EINVAL, "%s is stateful",
                     a->layers.n ? "none of these layers" : "no layer");
    if (rc < 0)
        return rt_cmd_within(call->cmd, err);
    rt_str_addf(&call->out->text, "states of %d layer%s are zeros", done,
                done == 1 ? "" : "s");
    rt_value_set_int(&call->out->value, done);
    return 0;
}

const struct rt_cmd rt_cmd_reset_states = {
    .group = "training",
    .name = "reset_states",
    .help = "let stateful layers begin with zeros",
    .opts = opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_CHANGES,
    .run = run,
    .details = "A recurrent layer with stateful=yes begins a batch where it "
               "ended the one before, row by row, in training, evaluation and "
               "prediction alike. Its model's input says how many rows every "
               "batch has, and data must be whole batches of it: fit with "
               "shuffle=no.",
    .example = "data s generate sine n=20 length=6\nmodel m\n"
               "input x 6x1 batch_size=5\nlstm 4 stateful=yes\n"
               "dense 1\noutput\ncompile adam loss=mse\n"
               "fit s epochs=1 batch_size=5 shuffle=no\nreset_states\n",
};
