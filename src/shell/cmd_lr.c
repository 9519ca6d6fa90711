/* lr: the learning rate of a model, while it trains too. */
#include "base/mem.h"
#include "nn/steer.h"
#include "nn/tune.h"
#include "shell/steer.h"

#include <stdlib.h>
#include <string.h>

struct lr_args {
    struct rt_texts words;
    const char *when;
};
static const struct rt_opt lr_opts[] = {
    RT_OPT(struct lr_args, words, .name = "value", .form = RT_FORM_REST,
           .names = RT_NAMES_RATED,
           .help = "the new rate; LAYERS=0.1x for a share of it, LAYERS=1e-4 "
                   "for a rate of their own; else it is shown"),
    RT_STEER_WHEN(struct lr_args), RT_OPT_END
};

static int set_rate(struct rt_model *m, const char *value, struct rt_str *says,
                    struct rt_err *err)
{
    char *word = rt_xprintf("lr=%s", value);
    struct rt_tuned did;
    int rc =
        rt_model_tune(m, (const char *const[]){ word }, 1, &did, says, err);
    free(word);
    return rc;
}

/* Of a model at rest. All words or none. */
static int change(struct rt_cmd_call *call, const struct lr_args *a,
                  struct rt_err *err)
{
    struct rt_session_model *sm = rt_session_edit(call->s, err);
    struct rt_str says = RT_STR_INIT;
    int rc = 0;
    if (!sm)
        return rt_err_code(err, RT_ESTATE);
    rt_model_own_numbers(sm->model);
    struct rt_learning *before = rt_learning_take(sm->model);
    for (int i = 0; i < a->words.n && !rc; i++) {
        rc = strchr(a->words.v[i], '=')
                 ? rt_model_rate(sm->model, a->words.v[i], &says, err)
                 : set_rate(sm->model, a->words.v[i], &says, err);
    }
    if (rc) {
        rt_learning_put(sm->model, before);
    } else {
        rt_model_steered(sm->model);
        rt_str_add(&call->out->text, rt_str_c(&says));
    }
    rt_learning_free(before);
    rt_str_release(&says);
    return rc;
}

static void show(struct rt_cmd_call *call, const struct rt_model *m)
{
    struct rt_session_run *r = rt_steer_live(call->s);
    double lr = ((struct rt_optim_args *)m->compiled->args)->lr;
    if (r) {
        struct rt_snapshot now;
        rt_run_snapshot(r->run, &now);
        lr = now.lr;
        rt_snapshot_release(&now);
    }
    rt_value_set_number(&call->out->value, lr);
}

static bool names_sets_alone(const struct rt_texts *w)
{
    for (int i = 0; i < w->n; i++)
        if (!strchr(w->v[i], '='))
            return false;
    return w->n > 0;
}

/* lr dense_1 0.1, where a layer's rate is one word. */
static int check_words(const struct rt_model *m, const struct rt_texts *w,
                       struct rt_err *err)
{
    for (int i = 0; i < w->n; i++)
        if (rt_model_layer_find(m, w->v[i], NULL))
            return rt_fail(err, RT_EINVAL,
                           "lr: '%s' is a layer, want its rate with it, as in "
                           "`lr %s=%s`",
                           w->v[i], w->v[i],
                           i + 1 < w->n ? w->v[i + 1] : "0.1x");
    return 0;
}

static int run_lr(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct lr_args *a = call->args;
    struct rt_session_model *sm = rt_session_model(call->s, err);
    int rc = 0;
    if (!sm)
        return rt_err_within(err, "lr");
    rc = check_words(sm->model, &a->words, err);
    if (rc)
        return rc;
    if (!sm->model->compiled && !names_sets_alone(&a->words))
        return rt_fail(err, RT_ESTATE,
                       "lr: model '%s' is not compiled yet, so it has no rate",
                       sm->model->name);
    if (a->when && !a->words.n)
        return rt_fail(err, RT_EINVAL, "lr: when= without a rate");
    call->looked = !a->words.n;
    if (a->words.n && rt_steers(call, a->when)) {
        rc = rt_steer_words(call, a->when, err);
        if (!rc && !a->when)
            rt_value_release(&call->out->value);
    } else if (a->words.n) {
        rc = change(call, a, err);
    }
    if (rc)
        return rt_cmd_within(call->cmd, err);
    if (!a->when && sm->model->compiled)
        show(call, sm->model);
    return 0;
}

const struct rt_cmd rt_cmd_lr = {
    .group = "training",
    .name = "lr",
    .help = "show or set the learning rate, also while it trains",
    .usage = "[VALUE] [LAYERS=RATE ...] [when=EPOCH:BATCH]",
    .opts = lr_opts,
    .args_size = sizeof(struct lr_args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run_lr,
    .details = "Of the chosen model: of its run while it trains, noted in the "
               "run and marked on its plots;\nelse of what it was compiled "
               "with. LAYERS=0.1x is a share of the rate, whatever becomes of\n"
               "it, LAYERS=1e-4 a rate of their own, LAYERS=1x as the others. "
               "`summary` shows them, and a\nmodel file holds them.",
    .example = "model m\ninput x 2\ndense 1\noutput\ncompile adam loss=mse\n"
               "lr\nlr 1e-4\nlr dense_*=0.1x\n",
};
