/* lr: the learning rate of a model, while it trains too. */
#include "base/mem.h"
#include "base/schema.h"
#include "shell/steer.h"

#include <stdlib.h>

static int code_of(const struct rt_err *err, int otherwise)
{
    return err ? err->code : otherwise;
}

struct lr_args {
    const char *value, *when;
};
static const struct rt_opt lr_opts[] = {
    RT_OPT(struct lr_args, value, .word = 1, .def = "",
           .help = "the new rate; else it is shown"),
    RT_STEER_WHEN(struct lr_args), RT_OPT_END
};

/* Through the optimizer's own options, which know the range. */
static int change_lr(const struct rt_compiled *c, const char *value,
                     struct rt_err *err)
{
    const struct rt_optimizer *o = c->optimizer;
    struct rt_optim_args *now = c->args;
    char *word = rt_xprintf("lr=%s", value);
    const char *words[] = { word };
    struct rt_optim_args *changed = rt_args_change(
        o->opts, sizeof *o->opts, o->args_size, now, words, 1, err);
    if (changed)
        now->lr = changed->lr;
    rt_args_free(changed);
    free(word);
    return changed ? 0 : code_of(err, RT_EINVAL);
}

static int run_lr(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct lr_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_session_model *sm = rt_session_model(s, err);
    if (!sm)
        return rt_err_within(err, "lr");
    if (!sm->model->compiled)
        return rt_fail(err, RT_ESTATE,
                       "lr: model '%s' is not compiled yet, so it has no rate",
                       sm->model->name);
    if (a->when && !a->value)
        return rt_fail(err, RT_EINVAL, "lr: when= without a rate");
    call->looked = !a->value;
    if (a->value && rt_steers(call, a->when)) {
        const char *words[] = { "lr", a->value };
        int rc = rt_steer(call, a->when, words, 2, err);
        if (rc || a->when)
            return rc ? rt_cmd_within(call->cmd, err) : 0;
        rt_value_release(&call->out->value);
    } else if (a->value && change_lr(sm->model->compiled, a->value, err)) {
        return rt_err_within(err, "lr");
    }
    struct rt_session_run *r = rt_steer_live(s);
    double lr;
    if (r) {
        struct rt_snapshot now;
        rt_run_snapshot(r->run, &now);
        lr = now.lr;
        rt_snapshot_release(&now);
    } else {
        lr = ((struct rt_optim_args *)sm->model->compiled->args)->lr;
    }
    rt_value_set_number(&call->out->value, lr);
    return 0;
}

const struct rt_cmd rt_cmd_lr = {
    .group = "training",
    .name = "lr",
    .help = "show or set the learning rate, also while it trains",
    .usage = "[VALUE] [when=EPOCH:BATCH]",
    .opts = lr_opts,
    .args_size = sizeof(struct lr_args),
    .flags = RT_CMD_CHANGES,
    .run = run_lr,
    .details = "Of the chosen model: of its run while it trains, noted in the "
               "run and marked on its plots;\nelse of what it was compiled "
               "with.",
    .example = "model m\ninput x 2\ndense 1\noutput\ncompile adam loss=mse\n"
               "lr\nlr 1e-4\n",
};
