/* Orders about what of the model learns: freeze, unfreeze, retire, reinit. They
 * change the model's flags and give the run other plans; if these fail, the
 * flags are as they were. */
#include "base/schema.h"
#include "train/run_private.h"

#include <stdlib.h>

/* Takes says and before; what was said, or the flags put back. */
static int replan(struct rt_run *r, struct rt_learning *before, int code,
                  struct rt_str *text, char *says, size_t n, struct rt_err *err)
{
    if (!code)
        code = rt_run_replan(r, err);
    if (code)
        rt_learning_put(r->model, before);
    else
        snprintf(says, n, "%s", rt_str_c(text));
    rt_learning_free(before);
    rt_str_release(text);
    return code;
}

/* ---- freeze, unfreeze ---------------------------------------------------- */

struct freeze_args {
    struct rt_texts layers;
    int bn;
};
#define LAYERS                                                                 \
    RT_OPT(struct freeze_args, layers, .form = RT_FORM_REST,                   \
           .names = RT_NAMES_LAYER, .help = "which layers")
static const struct rt_opt freeze_opts[] = {
    LAYERS,
    RT_OPT(struct freeze_args, bn, .def = "", .choices = rt_norm_names,
           .help = "what their batch_norms do: normalise by the moving "
                   "averages, by the batch, or by the batch and move the "
                   "averages; else as the dialect has it"),
    RT_OPT_END
};
static const struct rt_opt unfreeze_opts[] = { LAYERS, RT_OPT_END };

static int check_layers(const void *args, struct rt_err *err)
{
    return ((const struct freeze_args *)args)->layers.n
               ? 0
               : rt_fail(err, RT_EINVAL,
                         "which layers? As in block5_*, a..b, branch:OUTPUT, "
                         "or * for all");
}

static int freeze(struct rt_run *r, const void *args, char *says, size_t n,
                  struct rt_err *err)
{
    const struct freeze_args *a = args;
    struct rt_str text = RT_STR_INIT;
    struct rt_learning *before = rt_learning_take(r->model);
    int norm = a->bn < 0 ? RT_NORM_DIALECT : a->bn + 1;
    int code =
        rt_model_freeze(r->model, a->layers.v, a->layers.n, norm, &text, err);
    return replan(r, before, code, &text, says, n, err);
}

static int unfreeze(struct rt_run *r, const void *args, char *says, size_t n,
                    struct rt_err *err)
{
    const struct freeze_args *a = args;
    struct rt_str text = RT_STR_INIT;
    struct rt_learning *before = rt_learning_take(r->model);
    int code =
        rt_model_unfreeze(r->model, a->layers.v, a->layers.n, &text, err);
    return replan(r, before, code, &text, says, n, err);
}

const struct rt_order_type rt_order_freeze = {
    .name = "freeze",
    .help = "let layers learn no more",
    .opts = freeze_opts,
    .args_size = sizeof(struct freeze_args),
    .changes = true,
    .check = check_layers,
    .apply = freeze,
};
const struct rt_order_type rt_order_unfreeze = {
    .name = "unfreeze",
    .help = "let layers learn again, with the optimizer's state they had",
    .opts = unfreeze_opts,
    .args_size = sizeof(struct freeze_args),
    .changes = true,
    .check = check_layers,
    .apply = unfreeze,
};

/* ---- retire -------------------------------------------------------------- */

static const struct rt_opt retire_opts[] = {
    RT_OPT(struct rt_retire_words, output, .word = 1, .names = RT_NAMES_OUTPUT,
           .help = "which output"),
    RT_OPT(struct rt_retire_words, freeze, .form = RT_FORM_FLAG,
           .help = "also freeze the layers that only it needs"),
    RT_OPT(struct rt_retire_words, remove, .form = RT_FORM_FLAG,
           .help = "take it out of the model when the run is over"),
    RT_OPT_END
};

static int retire(struct rt_run *r, const void *args, char *says, size_t n,
                  struct rt_err *err)
{
    struct rt_str text = RT_STR_INIT;
    struct rt_learning *before = rt_learning_take(r->model);
    int code = rt_model_retire(r->model, args, &text, err);
    return replan(r, before, code, &text, says, n, err);
}

const struct rt_order_type rt_order_retire = {
    .name = "retire",
    .help = "train one output no more: neither its loss nor its branch is "
            "computed",
    .opts = retire_opts,
    .args_size = sizeof(struct rt_retire_words),
    .changes = true,
    .apply = retire,
};

/* ---- reinit -------------------------------------------------------------- */

static const struct rt_opt reinit_opts[] = {
    RT_OPT(struct rt_reinit_words, layers, .form = RT_FORM_REST,
           .names = RT_NAMES_LAYER, .help = "which layers"),
    RT_OPT(struct rt_reinit_words, init, .def = "", .names = RT_NAMES_INIT,
           .help = "initializer of their kernels; else their own"),
    RT_OPT(struct rt_reinit_words, seed, .def = "",
           .help = "a stream of its own"),
    RT_OPT_END
};

static int reinit(struct rt_run *r, const void *args, char *says, size_t n,
                  struct rt_err *err)
{
    struct rt_str text = RT_STR_INIT;
    int code = rt_model_reinit(r->model, args, &text, err);
    if (!code)
        snprintf(says, n, "%s", rt_str_c(&text));
    rt_str_release(&text);
    return code;
}

static int check_reinit(const void *args, struct rt_err *err)
{
    const struct rt_reinit_words *w = args;
    return check_layers(&(struct freeze_args){ .layers = w->layers }, err);
}

const struct rt_order_type rt_order_reinit = {
    .name = "reinit",
    .help = "draw new first values for the weights of layers",
    .opts = reinit_opts,
    .args_size = sizeof(struct rt_reinit_words),
    .changes = true,
    .check = check_reinit,
    .apply = reinit,
};
