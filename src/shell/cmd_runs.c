/* runs: the recorded runs; what each of its words does stands in runs_*.c. */
#include "base/schema.h"
#include "base/suggest.h"
#include "shell/runs_sub.h"

#include <string.h>

struct runs_args {
    struct rt_texts words;
    int per, epochs;
    const char *sort;
    struct rt_texts cols;
    bool ids;
    bool wait;
};
static const char *const runs_per[] = { "epoch", "batch", NULL };
static const struct rt_opt runs_opts[] = {
    RT_OPT(struct runs_args, words, .form = RT_FORM_REST, .names = RT_NAMES_RUN,
           .help = "what narrows the list, as finished lr<1e-3 tag:best mnist; "
                   "or a verb and a run"),
    RT_OPT(struct runs_args, per, .def = "epoch", .choices = runs_per,
           .help = "history: a value an epoch, or a batch"),
    RT_OPT(struct runs_args, sort, .def = "", .names = RT_NAMES_FACT,
           .help = "a column, -COLUMN from the greatest on"),
    RT_OPT(struct runs_args, cols, .def = "", .names = RT_NAMES_FACT,
           .help = "which columns: any setting or result, as lr,val_acc"),
    RT_OPT(struct runs_args, ids, .form = RT_FORM_FLAG,
           .help = "the numbers of the runs alone"),
    RT_OPT(struct runs_args, epochs, .def = "0", .min = 0, .max = 1e9,
           .help = "resume: another last epoch"),
    RT_OPT(struct runs_args, wait, .form = RT_FORM_FLAG,
           .help = "resume: wait for its end at the prompt too"),
    RT_OPT_END
};

static const struct {
    const char *word;
    int (*run)(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
               struct rt_err *err);
} verbs[] = {
    { "delete", rt_runs_delete },   { "export", rt_runs_export },
    { "import", rt_runs_import },   { "label", rt_runs_label },
    { "note", rt_runs_note },       { "purge", rt_runs_purge },
    { "restore", rt_runs_restore }, { "tag", rt_runs_tag },
    { "tree", rt_runs_tree },
};

static const char *const names[] = { "delete", "export", "history", "import",
                                     "label",  "note",   "purge",   "restore",
                                     "resume", "show",   "tag",     "tree",
                                     NULL };

/* A verb and what follows it, or the list. */
static int others(struct rt_cmd_call *call, const struct runs_args *a,
                  struct rt_err *err)
{
    struct rt_runs_ask ask = {
        .words = a->words, .sort = a->sort, .cols = a->cols, .ids = a->ids
    };
    for (size_t i = 0; a->words.n && i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(a->words.v[0], verbs[i].word)) {
            ask.words.v++;
            ask.words.n--;
            return verbs[i].run(call, &ask, err);
        }
    int rc = rt_runs_list(call, &ask, err);
    /* `runs shwo 3` finds nothing, and means something */
    if (!rc && a->words.n && !call->out->value.n)
        rt_suggest(&call->out->text, a->words.v[0], names);
    return rc;
}

/* Waits or returns as fit does. */
static int resume(struct rt_cmd_call *call, const struct runs_args *a,
                  struct rt_err *err)
{
    const struct rt_texts *w = &a->words;
    bool amp = w->n == 3 && !strcmp(w->v[2], "&");
    if (w->n != 2 && !amp)
        return rt_fail(err, RT_EINVAL,
                       "want resume RUN [epochs=N] [-wait] [&]");
    return rt_runs_resume(
        call, w->v[1], a->epochs,
        amp || (call->at_prompt && !a->wait && !call->s->batch), err);
}

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
    else if (!strcmp(what, "resume"))
        rc = resume(call, a, err);
    else
        rc = others(call, a, err);
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
    .help = "the recorded runs: find, look at, mark, delete, export them",
    .usage = "[WORD...] [sort=COLUMN] [cols=COLUMN,...] [-ids] | show [RUN] | "
             "history [RUN] [KEY...] [per=epoch|batch] | tree [WORD...] | "
             "label|note RUN TEXT | tag RUN WORD... | delete|restore RUN... | "
             "purge [RUN...] | export RUN FILE | export FILE [WORD...] | "
             "import FILE | "
             "resume RUN [epochs=N] [-wait] [&]",
    .opts = runs_opts,
    .args_size = sizeof(struct runs_args),
    .flags = RT_CMD_LOOKS,
    .run = run_runs,
    .details =
        "All words must fit: a state (finished, failed, interrupted, ...), "
        "part of a run's or a\nmodel's name, numbers (12, 3..9), any setting "
        "or result compared (lr<1e-3 optimizer=adam\nval_acc>=0.9 "
        "loss!=mse), tag:WORD, sweep:NAME, model:NAME*; !WORD is what does not "
        "fit.\n`deleted` lists deleted runs. Runs of other sessions are there "
        "too.\nhistory shows all series unless keys are named; per=batch "
        "gives what the batches of a run\nof this session gave, neighbours as "
        "one mean where they are more than 4096.\ntag RUN !WORD takes a tag "
        "away. A deleted run is kept until purge, which takes those named\n"
        "or all deleted ones, with their files. What export RUN FILE.json "
        "wrote "
        "of a run, import makes a run\nof this store, under a new number: its "
        "history, orders and script, without its checkpoints.",
    .example = TRAINED "runs\nruns finished first\nruns show first\n"
                       "runs history first loss val_loss\n"
                       "runs history first loss per=batch\n"
                       "runs lr<=1e-3 epochs=3 sort=-val_loss "
                       "cols=name,lr,val_acc\n"
                       "runs tag first good\nruns label first {the first}\n"
                       "runs tag:good -ids\nruns tree\n"
                       "runs export first first.csv\n"
                       "runs export first first.json\nruns import first.json\n"
                       "runs export all.json finished\n"
                       "runs delete first\nruns restore first\n",
};
