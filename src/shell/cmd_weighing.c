/* weighing: weights of the outputs' losses, from the validation losses of a
 * fit.
 */
#include "base/mem.h"
#include "base/schema.h"
#include "nn/tune.h"
#include "shell/run_of.h"
#include "shell/steer.h"
#include "shell/table.h"
#include "train/weighing.h"

#include <stdlib.h>
#include <string.h>

struct args {
    int how, form;
    const char *run, *window, *when;
};
enum { MEAN3SIGMA, OFF };
static const char *const hows[] = { "mean3sigma", "off", NULL };
static const struct rt_opt opts[] = {
    RT_OPT(struct args, how, .word = 1, .choices = hows,
           .help = "N = mean + 3 sd of the losses; or the weights there were "
                   "before"),
    RT_OPT(struct args, run, .def = "", .names = RT_NAMES_RUN,
           .help = "whose losses, by number or name; else the model's newest"),
    RT_OPT(struct args, window, .def = "all",
           .help = "how many of the last epochs; all"),
    RT_OPT(struct args, form, .def = "ratio", .choices = rt_weighing_forms,
           .help =
               "ratio: N / N_f, what is hard counts more; inverse: N_f / N; "
               "N_f is the smallest"),
    RT_STEER_WHEN(struct args),
    RT_OPT_END,
};

/* ---- loss weights of a model --------------------------------------------- */

/* The outputs with a loss; caller frees. */
static const char **trained(const struct rt_compiled *c, int *n)
{
    const char **names = rt_xcalloc((size_t)c->n_outputs + 1, sizeof *names);
    *n = 0;
    for (int i = 0; i < c->n_outputs; i++)
        if (c->outputs[i].loss)
            names[(*n)++] = c->outputs[i].output;
    return names;
}

static void add_weight(struct rt_str *out, const char *output, double weight)
{
    rt_str_addf(out, "%s%s:", out->n ? "," : "", output);
    rt_str_add_exact(out, weight);
}

/* "temp:1,gas:0.5", as they are now: a run may be changing them, so it is asked
 * between two batches. Errors: RT_ECANCEL, NULL. */
struct look {
    const struct rt_compiled *c;
    struct rt_str text;
};

static void look_at_weights(void *arg)
{
    struct look *l = arg;
    for (int i = 0; i < l->c->n_outputs; i++)
        if (l->c->outputs[i].loss)
            add_weight(&l->text, l->c->outputs[i].output,
                       l->c->outputs[i].weight);
}

static char *weights_now(struct rt_session *s, const struct rt_compiled *c,
                         struct rt_err *err)
{
    struct look l = { c, RT_STR_INIT };
    struct rt_session_run *live = rt_steer_live(s);
    if (!live)
        look_at_weights(&l);
    else if (rt_run_look_until(live->run, look_at_weights, &l, s->interrupted,
                               err))
        return NULL;
    return rt_str_take(&l.text);
}

/* The same text to the model's run, or to the model. */
static int set_weights(struct rt_cmd_call *call, const struct args *a,
                       struct rt_model *m, const char *text, struct rt_err *err)
{
    char *word = rt_xprintf("loss_weights=%s", text);
    const char *words[] = { "tune", word };
    int rc;
    if (rt_steers(call, a->when)) {
        rc = rt_steer(call, a->when, words, 2, err);
    } else {
        struct rt_str says = RT_STR_INIT;
        rc = rt_model_retune(m, words + 1, 1, &says, err);
        if (!rc) /* a run's number means nothing where the script runs again */
            call->line = rt_xprintf("tune %s", word);
        rt_str_release(&says);
    }
    free(word);
    return rc;
}

/* ---- mean3sigma ---------------------------------------------------------- */

static int read_window(const char *text, int *window, struct rt_err *err)
{
    char *end;
    *window = 0;
    if (!strcmp(text, "all"))
        return 0;
    long v = strtol(text, &end, 10);
    if (*end || end == text || v < 1 || v > 1000000000)
        return rt_fail(err, RT_EINVAL,
                       "'window' is '%s', want all or a number of epochs",
                       text);
    *window = (int)v;
    return 0;
}

static void show(const struct rt_weighed *w, int n, const struct rt_run_of *run,
                 const struct args *a, struct rt_cmd_call *call)
{
    struct rt_str *out = &call->out->text;
    struct rt_table t;
    rt_str_clear(out);
    rt_table_init(&t);
    rt_table_column(&t, "output", false);
    rt_table_column(&t, "epochs", true);
    rt_table_column(&t, "mean", true);
    rt_table_column(&t, "sd", true);
    rt_table_column(&t, "N", true);
    rt_table_column(&t, "weight", true);
    for (int i = 0; i < n; i++) {
        rt_table_cell(&t, "%s", w[i].output);
        rt_table_cell(&t, "%d", w[i].n - w[i].n_bad);
        rt_table_cell(&t, "%.4g", w[i].mean);
        rt_table_cell(&t, "%.4g", w[i].sd);
        rt_table_cell(&t, "%.4g", w[i].size);
        rt_table_cell(&t, "%.4g", w[i].weight);
    }
    rt_str_addf(out,
                "validation losses of run %d (%s): N = mean + 3 sd, weight = "
                "%s, N_f the smallest N\n",
                run->number, run->name,
                a->form == RT_WEIGHING_RATIO ? "N / N_f" : "N_f / N");
    rt_table_print(&t, call->s->table_width, out);
    rt_table_release(&t);
    for (int i = 0; i < n; i++)
        if (w[i].n_bad)
            rt_str_addf(out,
                        "\n%s: %d of %d values are not finite and left out",
                        w[i].output, w[i].n_bad, w[i].n);
    rt_value_release(&call->out->value);
    rt_value_set_dict(&call->out->value);
    for (int i = 0; i < n; i++)
        rt_value_put_number(&call->out->value, w[i].output, w[i].weight);
}

/* What the runs to come are told, and how to take it back. */
static void remember(struct rt_session_model *sm, const struct rt_weighed *w,
                     int n, const struct rt_run_of *run, const struct args *a,
                     char *before)
{
    struct rt_str text = RT_STR_INIT;
    rt_str_addf(&text, "loss weights by run %d (%s): ", run->number, run->name);
    rt_weighed_text(w, n, (enum rt_weighing_form)a->form, &text);
    bool on =
        sm->weighing.of == sm->model->compiled->nth && sm->weighing.before;
    free(sm->weighing.text);
    sm->weighing.text = rt_str_take(&text);
    if (on) {
        free(before);
    } else {
        free(sm->weighing.before);
        sm->weighing.before = before;
    }
    sm->weighing.of = sm->model->compiled->nth;
}

static int weigh(struct rt_cmd_call *call, const struct args *a,
                 struct rt_session_model *sm, const struct rt_run_of *run,
                 struct rt_err *err)
{
    const struct rt_compiled *c = sm->model->compiled;
    int n, window, rc = read_window(a->window, &window, err);
    const char **names = trained(c, &n);
    struct rt_weighed *w = rt_xcalloc((size_t)n + 1, sizeof *w);
    struct rt_str text = RT_STR_INIT;
    if (!rc)
        rc = rt_weigh_losses(run->history, names, n, window,
                             (enum rt_weighing_form)a->form, w, err);
    for (int i = 0; i < n && !rc; i++)
        add_weight(&text, w[i].output, w[i].weight);
    char *before = rc ? NULL : weights_now(call->s, c, err);
    if (!rc && !before)
        rc = RT_ECANCEL;
    if (!rc)
        rc = set_weights(call, a, sm->model, rt_str_c(&text), err);
    if (rc) {
        free(before);
    } else {
        remember(sm, w, n, run, a, before);
        show(w, n, run, a, call);
        struct rt_session_run *live = rt_steer_live(call->s);
        if (live)
            rt_bus_log(call->s->bus, live->number, RT_LOG_INFO, "weighing",
                       "%s", sm->weighing.text);
    }
    rt_str_release(&text);
    free(names);
    free(w);
    return rc;
}

/* ---- the command --------------------------------------------------------- */

static int take_back(struct rt_cmd_call *call, const struct args *a,
                     struct rt_session_model *sm, struct rt_err *err)
{
    struct rt_session_weighing *w = &sm->weighing;
    if (w->of != sm->model->compiled->nth || !w->before)
        return rt_fail(err, RT_ESTATE,
                       "the losses of model '%s' were not weighed since it was "
                       "compiled",
                       sm->model->name);
    int rc = set_weights(call, a, sm->model, w->before, err);
    if (rc)
        return rc;
    rt_str_clear(&call->out->text);
    rt_str_addf(&call->out->text, "loss weights as before: %s", w->before);
    rt_value_release(&call->out->value);
    rt_value_set_text(&call->out->value, w->before);
    free(w->text);
    free(w->before);
    *w = (struct rt_session_weighing){ 0 };
    return 0;
}

static int run(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct args *a = call->args;
    struct rt_session_model *sm = rt_session_model(call->s, err);
    struct rt_run_of of;
    int rc = sm ? 0 : rt_err_code(err, RT_ESTATE);
    if (!rc && !sm->model->compiled)
        rc = rt_fail(err, RT_ESTATE,
                     "model '%s' is not compiled yet, so it has no losses",
                     sm->model->name);
    if (!rc && a->how == OFF) {
        rc = take_back(call, a, sm, err);
    } else if (!rc && !(rc = rt_run_of(call->s, a->run, &of, err))) {
        rc = weigh(call, a, sm, &of, err);
        rt_run_of_release(&of);
    }
    return rc ? rt_cmd_within(call->cmd, err) : 0;
}

const struct rt_cmd rt_cmd_weighing = {
    .group = "training",
    .name = "weighing",
    .help = "weigh the outputs' losses by the validation losses of a fit",
    .usage = "mean3sigma [run=ID] [window=all|N] [form=ratio|inverse] "
             "[when=EPOCH:BATCH] | off",
    .opts = opts,
    .args_size = sizeof(struct args),
    .flags = RT_CMD_CHANGES | RT_CMD_UNDO,
    .run = run,
    .details =
        "For outputs of uneven difficulty: train once, with validation=, then "
        "weigh. N is the mean of an\noutput's validation losses plus three "
        "standard deviations; an output's weight is N / N_f, N_f the\nsmallest "
        "of all (ratio: what is hard counts more), or N_f / N (inverse). "
        "Returns the weights; the\nnext fits tell them and how they came about "
        "in their log. While the model trains the weights\ngo to its run. "
        "`off` "
        "puts back what there was. The callback heterogeneous_weights does it "
        "while\ntraining.",
    .example = "seed 1\ndata a generate blobs n=60 classes=2\n"
               "data s join p=a q=a\nmodel m\ninput p.x 2\n"
               "dense 1 name=p.y\noutput\ndense 1 name=q.y from=p.x\noutput\n"
               "compile adam loss=mse\nfit s epochs=3 validation=0.2\n"
               "weighing mean3sigma\nweighing off\n",
};
