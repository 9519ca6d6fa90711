/* tune: numbers of a compiled model, while it trains too. */
#include "nn/steer.h"
#include "nn/tune.h"
#include "shell/started.h"
#include "shell/steer.h"

#include <string.h>

struct tune_args {
    struct rt_texts words;
    const char *when;
};
static const struct rt_opt opts[] = {
    RT_OPT(struct tune_args, words, .form = RT_FORM_REST,
           .names = RT_NAMES_TUNED,
           .help = "KEY=VALUE: lr, momentum and the optimizer's other numbers, "
                   "clipnorm, batch_size, loss_weights=OUTPUT:WEIGHT,..., "
                   "LAYERS.rate"),
    RT_STEER_WHEN(struct tune_args), RT_OPT_END
};

static int change(struct rt_cmd_call *call, const struct tune_args *a,
                  struct rt_err *err)
{
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    struct rt_str says = RT_STR_INIT;
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    for (int i = 0; i < a->words.n; i++)
        if (!strncmp(a->words.v[i], "batch_size=", 11))
            return rt_fail(err, RT_ESTATE,
                           "batch_size belongs to a run, and none is going; "
                           "say it at `fit`, or when=EPOCH:BATCH");
    int rc = rt_model_retune(sm->model, a->words.v, a->words.n, &says, err);
    if (!rc) {
        rt_str_add(&call->out->text, rt_str_c(&says));
        rt_value_set_text(&call->out->value, rt_str_c(&says));
    }
    rt_str_release(&says);
    return rc;
}

static int run(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct tune_args *a = call->args;
    if (!a->words.n)
        return rt_fail(err, RT_EINVAL,
                       "tune: what? As in tune lr=1e-4 batch_size=64 "
                       "drop1.rate=0.3");
    int rc = rt_steers(call, a->when) ? rt_steer_words(call, a->when, err)
                                      : change(call, a, err);
    return rc ? rt_cmd_within(call->cmd, err) : 0;
}

const struct rt_cmd rt_cmd_tune = {
    .group = "training",
    .name = "tune",
    .help = "change numbers of optimizer, losses, layers, also while it trains",
    .usage = "KEY=VALUE ... [when=EPOCH:BATCH]",
    .opts = opts,
    .args_size = sizeof(struct tune_args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run,
    .details =
        "Keys are lr, momentum, beta_1 and what else the optimizer has in "
        "numbers, clipnorm,\nglobal_clipnorm, clipvalue, "
        "loss_weights=a:1,b:0.2, LAYERS.rate of dropout and its kin\n"
        "(drop*.rate=0.3, noise.stddev=0.1), and batch_size, from the next "
        "epoch on; validation\nkeeps its own. All words or none. The "
        "optimizer's state stays, and so do the new numbers\nwhen the run is "
        "over.",
    .example = RT_EXAMPLE_STARTED
    "tune lr=0.001 momentum=0.9\ntune batch_size=20\nstop\ntune lr=0.1\n",
};
