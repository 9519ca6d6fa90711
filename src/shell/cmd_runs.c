/* runs: the recorded runs; what each of its words does stands in runs_*.c. */
#include "base/schema.h"
#include "shell/runs_sub.h"

#include <string.h>

struct runs_args {
    struct rt_texts words;
    int per;
};
static const char *const runs_per[] = { "epoch", "batch", NULL };
static const struct rt_opt runs_opts[] = {
    RT_OPT(struct runs_args, words, .form = RT_FORM_REST, .names = RT_NAMES_RUN,
           .help = "parts of names, states; or show, history and a run"),
    RT_OPT(struct runs_args, per, .def = "epoch", .choices = runs_per,
           .help = "history: a value an epoch, or a batch"),
    RT_OPT_END
};

static int run_runs(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct runs_args *a = call->args;
    const struct rt_texts *w = &a->words;
    const char *what = w->n ? w->v[0] : "";
    int rc;
    rt_session_drain(call->s);
    if (!strcmp(what, "show") && w->n > 2)
        rc = rt_fail(err, RT_EINVAL,
                     "'%s' is one word too many, want show "
                     "[RUN]",
                     w->v[2]);
    else if (!strcmp(what, "show"))
        rc = rt_runs_show(call, w->n > 1 ? w->v[1] : NULL, err);
    else if (!strcmp(what, "history"))
        rc = rt_runs_history(call, w->v + 1, w->n - 1, a->per == 1, err);
    else
        rc = rt_runs_list(call, w, err);
    return rc ? rt_err_within(err, "runs") : 0;
}

#define TRAINED                                                                \
    "seed 1\ndata s generate moons n=80\nmodel m\ninput x 2\n"                 \
    "dense 8 activation=tanh\ndense 1 activation=sigmoid\noutput\n"            \
    "compile adam loss=binary_crossentropy metrics=acc\n"                      \
    "fit s epochs=3 validation=0.2 name=first\n"

const struct rt_cmd rt_cmd_runs = {
    .group = "runs",
    .name = "runs",
    .help = "the recorded runs; one of them; its values epoch by epoch",
    .usage = "[WORD...] | show [RUN] | history [RUN] [KEY...] "
             "[per=epoch|batch]",
    .opts = runs_opts,
    .args_size = sizeof(struct runs_args),
    .flags = RT_CMD_LOOKS,
    .run = run_runs,
    .details = "Words narrow the list: a state (finished, failed, "
               "interrupted, ...) or part of a run's or\na model's name. Runs "
               "of other sessions are there too. history shows all series "
               "unless\nkeys are named; per=batch gives what the batches of a "
               "run of this session gave, neighbours\nas one mean where they "
               "are more than 4096.",
    .example = TRAINED "runs\nruns finished first\nruns show first\n"
                       "runs history first loss val_loss\n"
                       "runs history first loss per=batch\n",
};
