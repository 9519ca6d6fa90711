/* What of a model learns: freeze, unfreeze, retire, reinit. While the model
 * trains they are orders to its run, else they change the model. */
#include "nn/steer.h"
#include "shell/started.h"
#include "shell/steer.h"

/* The chosen model to be changed at rest. */
static struct rt_model *edit(struct rt_cmd_call *call, struct rt_err *err)
{
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    return sm ? sm->model : NULL;
}

/* What was done, told; or what was wrong. */
static int told(struct rt_cmd_call *call, struct rt_model *m, int rc,
                struct rt_str *says, struct rt_err *err)
{
    if (!rc) {
        rt_model_steered(m);
        rt_str_add(&call->out->text, rt_str_c(says));
        rt_value_set_text(&call->out->value, rt_str_c(says));
    }
    rt_str_release(says);
    return rc ? rt_cmd_within(call->cmd, err) : 0;
}

/* ---- freeze, unfreeze ---------------------------------------------------- */

struct freeze_args {
    struct rt_texts layers;
    int bn;
    const char *when;
};
#define LAYERS(type)                                                           \
    RT_OPT(type, layers, .form = RT_FORM_REST, .names = RT_NAMES_LAYER,        \
           .help = "which layers")
static const struct rt_opt freeze_opts[] = {
    LAYERS(struct freeze_args),
    RT_OPT(struct freeze_args, bn, .def = "", .choices = rt_norm_names,
           .help = "what their batch_norms do: normalise by the moving "
                   "averages, by the batch, or by the batch and move the "
                   "averages; else as the dialect has it"),
    RT_STEER_WHEN(struct freeze_args), RT_OPT_END
};
static const struct rt_opt unfreeze_opts[] = {
    LAYERS(struct freeze_args), RT_STEER_WHEN(struct freeze_args), RT_OPT_END
};

static int check_some(struct rt_cmd_call *call, const struct rt_texts *layers,
                      struct rt_err *err)
{
    return layers->n ? 0
                     : rt_fail(err, RT_EINVAL,
                               "%s: which layers? As in block5_*, a..b, "
                               "branch:OUTPUT, or * for all",
                               call->cmd->name);
}

static int run_either(struct rt_cmd_call *call, bool freeze, struct rt_err *err)
{
    const struct freeze_args *a = call->args;
    if (check_some(call, &a->layers, err))
        return RT_EINVAL;
    if (rt_steers(call, a->when))
        return rt_steer_words(call, a->when, err);
    struct rt_model *m = edit(call, err);
    struct rt_str says = RT_STR_INIT;
    if (!m)
        return rt_cmd_within(call->cmd, err);
    int norm = a->bn < 0 ? RT_NORM_DIALECT : a->bn + 1;
    int rc =
        freeze ? rt_model_freeze(m, a->layers.v, a->layers.n, norm, &says, err)
               : rt_model_unfreeze(m, a->layers.v, a->layers.n, &says, err);
    return told(call, m, rc, &says, err);
}

static int run_freeze(struct rt_cmd_call *call, struct rt_err *err)
{
    return run_either(call, true, err);
}

static int run_unfreeze(struct rt_cmd_call *call, struct rt_err *err)
{
    return run_either(call, false, err);
}

#define TWO_HEADS                                                              \
    "seed 1\ndata s generate blobs n=60 classes=2\nbind s a=y b=y\n"           \
    "model m\ninput x 2\ndense 4 name=trunk\n"                                 \
    "dense 1 activation=sigmoid name=a\noutput\nat trunk\n"                    \
    "dense 1 activation=sigmoid name=b\noutput\n"                              \
    "compile adam loss=binary_crossentropy\n"

const struct rt_cmd rt_cmd_freeze = {
    .group = "training",
    .name = "freeze",
    .help = "let layers learn no more, also while it trains",
    .usage = "LAYERS [bn=infer|batch|update] [when=EPOCH:BATCH]",
    .opts = freeze_opts,
    .args_size = sizeof(struct freeze_args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run_freeze,
    .details =
        "Layers are named as everywhere: conv_*, a..b, upto:a, after:a, "
        "class:Dense,\nprefix:enc_, branch:OUTPUT, and !word takes away. "
        "Nothing is compiled anew: what lies\nbelow is not computed backwards "
        "if nothing there learns, weights and the optimizer's\nstate stay to "
        "the bit, and `unfreeze` goes on with it. Losses of what is frozen "
        "whole are\nconstant, and its validation is computed once.",
    .example = TWO_HEADS "freeze branch:a\nfit s epochs=2\nunfreeze a\n",
};

const struct rt_cmd rt_cmd_unfreeze = {
    .group = "training",
    .name = "unfreeze",
    .help = "let layers learn again, with the optimizer's state they had",
    .usage = "LAYERS [when=EPOCH:BATCH]",
    .opts = unfreeze_opts,
    .args_size = sizeof(struct freeze_args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run_unfreeze,
    .details =
        "The moments of Adam and its kin are those of the batch at which "
        "they were frozen; the\ncount of updates is the model's, and "
        "has gone on.",
    .example = TWO_HEADS "freeze *\nunfreeze branch:a\nparams -by branch\n",
};

/* ---- retire -------------------------------------------------------------- */

struct retire_args {
    struct rt_retire_words words;
    const char *when;
};
static const struct rt_opt retire_opts[] = {
    RT_OPT(struct retire_args, words.output, .name = "output", .word = 1,
           .names = RT_NAMES_OUTPUT, .help = "which output"),
    RT_OPT(struct retire_args, words.freeze, .name = "freeze",
           .form = RT_FORM_FLAG,
           .help = "also freeze the layers that only it needs"),
    RT_OPT(struct retire_args, words.remove, .name = "remove",
           .form = RT_FORM_FLAG,
           .help = "take it out of the model, when the run is over"),
    RT_STEER_WHEN(struct retire_args), RT_OPT_END
};

static int run_retire(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct retire_args *a = call->args;
    const char *words[4] = { "retire", a->words.output };
    int n = 2;
    if (a->words.freeze)
        words[n++] = "-freeze";
    if (a->words.remove)
        words[n++] = "-remove";
    if (rt_steers(call, a->when)) {
        int rc = rt_steer(call, a->when, words, n, err);
        return rc ? rt_cmd_within(call->cmd, err) : 0;
    }
    struct rt_model *m = edit(call, err);
    struct rt_str says = RT_STR_INIT;
    if (!m)
        return rt_cmd_within(call->cmd, err);
    struct rt_learning *before = rt_learning_take(m);
    int rc = rt_model_retire(m, &a->words, &says, err);
    if (!rc && a->words.remove) {
        rc = rt_model_drop_retired(m, NULL, err);
        rc = rc < 0 ? rc : 0;
    }
    if (rc)
        rt_learning_put(m, before);
    rt_learning_free(before);
    return told(call, m, rc, &says, err);
}

const struct rt_cmd rt_cmd_retire = {
    .group = "training",
    .name = "retire",
    .help = "train one output no more and go on with the others",
    .opts = retire_opts,
    .args_size = sizeof(struct retire_args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run_retire,
    .details =
        "Its loss leaves the total, its curves end, and what only it needs is "
        "not computed: a batch\ntakes less time. These layers keep their "
        "weights, with -freeze for good. The output stays\none of the model, "
        "for `evaluate` and `predict`, unless -remove; `output NAME` takes it "
        "back.",
    .example = TWO_HEADS "retire a -freeze\nfit s epochs=2\noutput a\n",
};

/* ---- reinit -------------------------------------------------------------- */

struct reinit_args {
    struct rt_reinit_words words;
    const char *when;
};
static const struct rt_opt reinit_opts[] = {
    RT_OPT(struct reinit_args, words.layers, .name = "layers",
           .form = RT_FORM_REST, .names = RT_NAMES_LAYER,
           .help = "which layers"),
    RT_OPT(struct reinit_args, words.init, .name = "init", .def = "",
           .names = RT_NAMES_INIT,
           .help = "initializer of their kernels; else their own"),
    RT_OPT(struct reinit_args, words.seed, .name = "seed", .def = "",
           .help = "a stream of its own"),
    RT_STEER_WHEN(struct reinit_args), RT_OPT_END
};

static int run_reinit(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct reinit_args *a = call->args;
    if (check_some(call, &a->words.layers, err))
        return RT_EINVAL;
    if (rt_steers(call, a->when))
        return rt_steer_words(call, a->when, err);
    struct rt_model *m = edit(call, err);
    struct rt_str says = RT_STR_INIT;
    if (!m)
        return rt_cmd_within(call->cmd, err);
    const struct rt_texts *layers = &a->words.layers;
    int rc = rt_model_put_aside(m, layers->v, layers->n, true, err);
    if (!rc)
        rc = rt_model_reinit(m, &a->words, &says, err);
    return told(call, m, rc, &says, err);
}

const struct rt_cmd rt_cmd_reinit = {
    .group = "training",
    .name = "reinit",
    .help = "draw new first values for the weights of layers",
    .usage = "LAYERS [init=SPEC] [seed=N] [when=EPOCH:BATCH]",
    .opts = reinit_opts,
    .args_size = sizeof(struct reinit_args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run_reinit,
    .details = "Each time others, but the same in the same session; their part "
               "of the optimizer's state\nbegins anew. init= is for kernels "
               "(weights of two axes and more).",
    .example = "seed 1\nmodel m\ninput x 4\ndense 3\ndense 1\n"
               "reinit dense_2 init=he_normal\n",
};
