/* Curves and the watch screen. */
#include "base/schema.h"
#include "base/suggest.h"
#include "plot/draw.h"
#include "shell/cmd.h"
#include "shell/run_of.h"
#include "shell/show.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- plot -------------------------------------------------------------- */

struct plot_args {
    struct rt_texts keys, of;
    int log, x;
    double smooth;
    const char *to;
};
static const char *const logs[] = { "none", "y", NULL };
enum { BY_EPOCH, BY_STEP, BY_TIME };
static const char *const xs[] = { "epoch", "step", "time", NULL };
static const struct rt_opt plot_opts[] = {
    RT_OPT(
        struct plot_args, keys, .form = RT_FORM_REST, .names = RT_NAMES_SERIES,
        .help = "what is drawn, by Keras' keys: loss val_loss; else these two"),
    RT_OPT(struct plot_args, of, .def = "", .names = RT_NAMES_RUN,
           .help = "the runs, by number or name; else the newest"),
    RT_OPT(struct plot_args, log, .def = "none", .choices = logs,
           .help = "logarithmic axis"),
    RT_OPT(struct plot_args, smooth, .def = "0", .min = 0, .max = 1, .open = 2,
           .help =
               "TensorBoard's weight; the curve as it is stays behind it, dim"),
    RT_OPT(struct plot_args, x, .def = "epoch", .choices = xs,
           .help = "what is across: epochs, updates or seconds"),
    RT_OPT(struct plot_args, to, .form = RT_FORM_FLAG, .names = RT_NAMES_FILE,
           .help = "write it to a .png, .svg, .pdf or .txt file"),
    RT_OPT_END
};
enum { RUNS_MAX = 16 };
static const char *const usual[] = { "loss", "val_loss" };

/* A plot being put together; the arrays it borrows are kept till the end. */
struct plot {
    const struct plot_args *a;
    struct rt_figure f;
    struct rt_run_of run[RUNS_MAX];
    int n_runs;
    RT_VEC(double *) arrays;
};

/* A place in epochs, in the unit that is wanted. */
static double place(const struct plot *p, const struct rt_history *h, double x)
{
    if (p->a->x == BY_TIME)
        return rt_history_seconds(h, x);
    return p->a->x == BY_STEP && h->n_batches > 0 ? x * (double)h->n_batches
                                                  : x;
}

static const double *placed(struct plot *p, const struct rt_history *h,
                            const double *x, int n)
{
    double *out = rt_xmalloc(((size_t)n + 1) * sizeof *out);
    for (int i = 0; i < n; i++)
        out[i] = place(p, h, x[i]);
    rt_vec_push(&p->arrays, out);
    return out;
}

/* The series of a run that has no epoch behind it yet: its batches. */
static void add_batches(struct plot *p, const struct rt_history *run,
                        const struct rt_history_series *h, struct rt_series *s)
{
    int n = h->n_buckets;
    double *v = rt_xmalloc(((size_t)n * 4 + 1) * sizeof *v);
    rt_vec_push(&p->arrays, v);
    for (int i = 0; i < n; i++) {
        v[i] = place(p, run, h->bucket[i].x);
        v[n + i] = h->bucket[i].mean;
        v[2 * n + i] = h->bucket[i].lo;
        v[3 * n + i] = h->bucket[i].hi;
    }
    s->x = v;
    s->y = v + n;
    s->lo = v + 2 * n;
    s->hi = v + 3 * n;
    s->n = n;
}

static int add_series(struct plot *p, const struct rt_run_of *r,
                      const char *key, bool needed, struct rt_err *err)
{
    static const char letters[] = ".o+x*#@%";
    const struct rt_history_series *h = rt_history_find(r->history, key);
    if (!h && needed)
        return rt_fail_unknown(err, RT_ENOENT, key, rt_history_name, r->history,
                               "run %d (%s) has no series '%s'", r->number,
                               r->name, key);
    if (!h)
        return 0;
    struct rt_series s = {
        .name = p->n_runs > 1 ? rt_figure_text(&p->f, "%s %s #%d", key, r->name,
                                               r->number)
                              : rt_figure_text(&p->f, "%s", key),
        .smooth = p->a->smooth,
        .ascii = letters[p->f.series.n % 8],
    };
    if (p->n_runs == 1 && !strcmp(key, "loss"))
        s.color = RT_C_TRAIN;
    if (p->n_runs == 1 && !strcmp(key, "val_loss"))
        s.color = RT_C_VAL;
    if (h->n_epochs < 2 && h->n_buckets > 1) {
        add_batches(p, r->history, h, &s);
    } else {
        s.x = placed(p, r->history, h->epoch_x, h->n_epochs);
        s.y = h->epoch_v;
        s.n = h->n_epochs;
    }
    rt_figure_series(&p->f, &s);
    return 0;
}

/* What an order did in few words: all of it, or the first two. */
static const char *short_mark(struct plot *p, const char *text)
{
    const char *end = strchr(text, ' ');
    end = end ? strchr(end + 1, ' ') : NULL;
    if (!end || strlen(text) <= 20)
        return text;
    return rt_figure_text(&p->f, "%.*s", (int)(end - text), text);
}

/* Orders as dotted lines, and the best validation loss, of a single run. */
static void add_marks(struct plot *p)
{
    const struct rt_history *h = p->run[0].history;
    const struct rt_history_series *val = rt_history_find(h, "val_loss");
    struct rt_history_span span[RT_SPANS_MAX];
    int n = rt_history_spans(h, 0, h->x + 1, span);
    for (int i = 0; i < n; i++)
        rt_figure_mark(&p->f, place(p, h, span[i].x),
                       short_mark(p, span[i].last), 0);
    bool wanted = !p->a->keys.n;
    for (int i = 0; i < p->a->keys.n; i++)
        wanted |= !strcmp(p->a->keys.v[i], "val_loss");
    if (!wanted || !val || !isfinite(val->best) || val->n_epochs < 2)
        return;
    struct rt_spot best = {
        .x = place(p, h, (double)val->best_epoch),
        .y = val->best,
        .text = rt_figure_text(&p->f, "best %.4g @%lld", val->best,
                               (long long)val->best_epoch),
    };
    rt_figure_spot(&p->f, &best);
}

static int find_runs(struct rt_session *s, struct plot *p, struct rt_err *err)
{
    const struct rt_texts *of = &p->a->of;
    int want = of->n ? of->n : 1;
    if (want > RUNS_MAX)
        return rt_fail(err, RT_EINVAL, "%d runs, want at most %d", want,
                       RUNS_MAX);
    for (; p->n_runs < want; p->n_runs++) {
        int rc = rt_run_of(s, of->n ? of->v[p->n_runs] : NULL,
                           &p->run[p->n_runs], err);
        if (rc)
            return rc;
    }
    return 0;
}

static int fill_plot(struct plot *p, struct rt_err *err)
{
    const struct rt_texts *keys = &p->a->keys;
    p->f.legend = true;
    p->f.x.label = p->a->x == BY_TIME ? "seconds" : xs[p->a->x];
    p->f.x.integer = p->a->x != BY_TIME;
    p->f.y.log = p->a->log == 1;
    if (p->n_runs == 1)
        p->f.title =
            rt_figure_text(&p->f, "%s #%d", p->run[0].name, p->run[0].number);
    for (int i = 0; i < p->n_runs; i++) {
        int rc = 0;
        for (int k = 0; k < keys->n && !rc; k++)
            rc = add_series(p, &p->run[i], keys->v[k], true, err);
        for (int k = 0; k < 2 && !keys->n; k++)
            add_series(p, &p->run[i], usual[k], false, NULL);
        if (rc)
            return rc;
    }
    int points = 0;
    for (int i = 0; i < p->f.series.n; i++)
        points += p->f.series.v[i].n;
    if (!points)
        return rt_fail(err, RT_ESTATE, "run %d (%s) has nothing to draw yet",
                       p->run[0].number, p->run[0].name);
    if (p->n_runs == 1)
        add_marks(p);
    return 0;
}

static int run_plot(struct rt_cmd_call *call, struct rt_err *err)
{
    struct plot p = { .a = call->args };
    rt_figure_init(&p.f, RT_FIG_CURVES, NULL);
    int rc = find_runs(call->s, &p, err);
    if (!rc)
        rc = fill_plot(&p, err);
    if (!rc)
        rc = rt_show(call->s, &p.f, p.a->to, 0, 0, &call->out->text, err);
    if (!rc && p.a->to)
        rt_value_set_text(&call->out->value, p.a->to);
    for (int i = 0; i < p.arrays.n; i++)
        free(p.arrays.v[i]);
    rt_vec_release(&p.arrays);
    rt_figure_release(&p.f);
    for (int i = 0; i < p.n_runs; i++)
        rt_run_of_release(&p.run[i]);
    return rc ? rt_err_within(err, "plot") : 0;
}

#define TRAINED                                                                \
    "seed 1\ndata s generate moons n=80\nmodel m\ninput x 2\n"                 \
    "dense 8 activation=tanh\ndense 1 activation=sigmoid\noutput\n"            \
    "compile adam loss=binary_crossentropy\n"                                  \
    "fit s epochs=4 validation=0.2 name=curves\n"

const struct rt_cmd rt_cmd_plot = {
    .group = "looking",
    .name = "plot",
    .help = "curves of one or more runs, in the terminal or to a file",
    .usage =
        "[KEY...] [of=RUN,...] [log=y|none] [smooth=] [x=epoch|step|time] [-to "
        "FILE]",
    .opts = plot_opts,
    .args_size = sizeof(struct plot_args),
    .flags = RT_CMD_LOOKS,
    .run = run_plot,
    .details = "While the first epoch is under way its batches are drawn. "
               "Orders given to the run are\ndotted lines.",
    .example = TRAINED "plot loss val_loss log=y smooth=0.6\n"
                       "plot loss x=step of=curves -to loss.svg\n",
};

/* ---- watch ------------------------------------------------------------- */

struct watch_args {
    const char *id;
};
static const struct rt_opt watch_opts[] = {
    RT_OPT(struct watch_args, id, .name = "run", .word = 1, .def = "",
           .names = RT_NAMES_RUN,
           .help = "number or name of a run, of this session or of the "
                   "store; else the newest"),
    RT_OPT_END
};

static int run_watch(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct watch_args *a = call->args;
    struct rt_session *s = call->s;
    struct rt_run_of r;
    if (rt_run_of(s, a->id, &r, err))
        return rt_err_within(err, "watch");
    int number = r.number;
    rt_run_of_release(&r);
    if (!s->watch_open || s->batch || !s->tty_out)
        return rt_fail(err, RT_ESTATE,
                       "watch: the screen needs a terminal; `status` and "
                       "`plot` do without");
    if (s->watch_open(s, number, err))
        return rt_err_within(err, "watch");
    return 0;
}

const struct rt_cmd rt_cmd_watch = {
    .group = "looking",
    .name = "watch",
    .help = "full-screen live view of a run; q leaves it, training goes on",
    .opts = watch_opts,
    .args_size = sizeof(struct watch_args),
    .run = run_watch,
    .details = "The screen opens and the line, or the script, goes on beneath "
               "it; what it prints is\nshown when the screen closes.",
    .example = TRAINED "catch {watch}\n",
};
