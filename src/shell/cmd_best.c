/* best: the best of the recorded runs. */
#include "base/mem.h"
#include "base/schema.h"
#include "shell/cmd.h"
#include "shell/run_filter.h"
#include "store/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct best_args {
    struct rt_texts words;
    const char *by;
};
static const struct rt_opt best_opts[] = {
    RT_OPT(struct best_args, words, .form = RT_FORM_REST, .names = RT_NAMES_RUN,
           .help = "which runs, as `runs` has it; else all"),
    RT_OPT(struct best_args, by, .def = "", .names = RT_NAMES_FACT,
           .help = "a result or setting; else val_loss, or loss; best_KEY is "
                   "the best of a run's epochs"),
    RT_OPT_END
};

/* Whether more is better, which the run's own series says. */
static bool more_is_better(struct rt_session *s, int run, const char *key)
{
    struct rt_run_result *v;
    int n;
    bool more = false;
    if (!strncmp(key, "best_", 5))
        key += 5;
    if (rt_store_results(s->store, run, &v, &n, NULL))
        return false;
    for (int i = 0; i < n; i++)
        if (!strcmp(v[i].key, key))
            more = v[i].mode == RT_MODE_MAX;
    rt_run_results_free(v, n);
    return more;
}

/* The index of the best, -1 if none has the key. */
static int find_best(struct rt_session *s, const struct rt_run_picks *p,
                     const char *key)
{
    int best = -1;
    double found = NAN;
    bool more = false;
    for (int i = 0; i < p->n; i++) {
        double x = rt_value_number(rt_value_get(&p->facts[i], key));
        if (isnan(x))
            continue;
        if (best < 0)
            more = more_is_better(s, p->row[i].id, key);
        if (best >= 0 && (more ? x < found : x > found))
            continue;
        best = i; /* of equal ones the oldest */
        found = x;
    }
    return best;
}

static int run_best(struct rt_cmd_call *call, struct rt_err *err)
{
    static const char *const usual[] = { "val_loss", "loss", NULL };
    const struct best_args *a = call->args;
    struct rt_run_picks p;
    const char *key = a->by ? a->by : usual[0];
    int best;
    int rc = rt_run_pick(call->s, a->words.v, a->words.n, &key, 1, &p, err);
    if (rc)
        return rt_err_within(err, "best");
    best = find_best(call->s, &p, key);
    for (int i = 0; best < 0 && !a->by && usual[i]; i++) {
        key = usual[i];
        best = find_best(call->s, &p, key);
    }
    if (!p.n)
        rc = rt_fail(err, RT_ENOENT, "best: no run %s",
                     a->words.n ? "fits these words" : "is recorded yet");
    else if (best < 0)
        rc =
            rt_fail(err, RT_ENOENT, "best: none of %d runs has a %s", p.n, key);
    if (!rc) {
        rt_value_set_int(&call->out->value, p.row[best].id);
        rt_str_addf(&call->out->text, "%d  %s  %s %.6g", p.row[best].id,
                    p.row[best].name, key,
                    rt_value_number(rt_value_get(&p.facts[best], key)));
        if (p.row[best].point)
            rt_str_addf(&call->out->text, "  %s", p.row[best].point);
    }
    rt_run_picks_free(&p);
    return rc;
}

const struct rt_cmd rt_cmd_best = {
    .group = "runs",
    .name = "best",
    .help = "the best run, as its number",
    .usage = "[WORD...] [by=COLUMN]",
    .opts = best_opts,
    .args_size = sizeof(struct best_args),
    .flags = RT_CMD_LOOKS,
    .run = run_best,
    .details =
        "By the newest value of a series; whether more or less of it "
        "is better the series itself\nsays. Words narrow as with `runs`: "
        "`best sweep:width by=val_acc`.",
    .example = "seed 1\ndata s generate moons n=80\nmodel m\ninput x 2\n"
               "dense 1 activation=sigmoid\noutput\n"
               "compile adam loss=binary_crossentropy metrics=acc\n"
               "fit s epochs=2 validation=0.2\nfit s epochs=2 validation=0.2\n"
               "best\nputs [best finished by=best_val_acc -value]\n",
};
