/* Numbers of layers: their statistics as a table, their histograms as figures,
 * now and over the epochs. */
#include "base/schema.h"
#include "nn/select.h"
#include "plot/draw.h"
#include "shell/cmd.h"
#include "shell/measured.h"
#include "shell/show.h"
#include "shell/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRAINED                                                                \
    "seed 1\ndata s generate moons n=80\nmodel m\ninput x 2\n"                 \
    "dense 8 relu name=fc\ndense 1 activation=sigmoid name=y\noutput\n"        \
    "compile adam loss=binary_crossentropy\nfit s epochs=4\n"

/* ---- stats --------------------------------------------------------------- */

struct stats_args {
    struct rt_texts layers;
};
static const struct rt_opt stats_opts[] = {
    RT_OPT(struct stats_args, layers, .form = RT_FORM_REST,
           .names = RT_NAMES_LAYER,
           .help = "which layers; else all that have weights or units"),
    RT_OPT_END
};

static void put(struct rt_value *row, const char *key, double v)
{
    if (isfinite(v))
        rt_value_put_number(row, key, v);
    else
        rt_value_put_text(row, key, "");
}

static void add_row(struct rt_value *list, const struct rt_layer_stats *l)
{
    struct rt_value *row = rt_value_push(list);
    rt_value_set_dict(row);
    rt_value_put_text(row, "layer", l->name);
    rt_value_put_int(row, "params", l->params);
    rt_value_put_text(row, "learns",
                      !l->params     ? ""
                      : l->trainable ? "yes"
                                     : "frozen");
    put(row, "mean", l->mean);
    put(row, "sd", l->sd);
    put(row, "min", l->lo);
    put(row, "max", l->hi);
    put(row, "zeros", l->zeros);
    put(row, "grad", l->grad);
    put(row, "update", l->update);
    put(row, "act", l->act);
    put(row, "act_sd", l->act_sd);
    if (l->units)
        rt_value_put_int(row, "dead", l->dead);
    else
        rt_value_put_text(row, "dead", "");
}

/* ---- as a table: of the weights, of the batch looked at last ------------- */

enum { OF_WEIGHTS = 1, OF_BATCH = 2 };
static const char *const columns[] = { "params", "learns", "mean", "sd",
                                       "min",    "max",    "zeros" };
static const char *const batch_columns[] = { "grad", "update", "act", "act_sd",
                                             "dead" };

static void add_cells(struct rt_table *t, const struct rt_value *row,
                      const char *const *keys, int n)
{
    for (int i = 0; i < n; i++) {
        const struct rt_value *v = rt_value_get(row, keys[i]);
        if (v->kind == RT_VALUE_NUMBER)
            rt_table_cell(t, "%.3g", v->x);
        else if (v->kind == RT_VALUE_INT)
            rt_table_cell(t, "%lld", (long long)v->i);
        else
            rt_table_cell(t, "%s", v->text);
    }
}

static void add_heads(struct rt_table *t, const char *const *keys, int n)
{
    for (int i = 0; i < n; i++)
        rt_table_column(t, keys[i], strcmp(keys[i], "learns") != 0);
}

static void print_part(const struct rt_value *list, int parts, int width,
                       struct rt_str *out)
{
    enum { N = sizeof columns / sizeof *columns };
    enum { N_BATCH = sizeof batch_columns / sizeof *batch_columns };
    struct rt_table t;
    rt_table_init(&t);
    rt_table_column(&t, "layer", false);
    add_heads(&t, columns, parts & OF_WEIGHTS ? N : 0);
    add_heads(&t, batch_columns, parts & OF_BATCH ? N_BATCH : 0);
    for (int i = 0; i < list->n; i++) {
        const struct rt_value *row = &list->items[i];
        rt_table_cell(&t, "%s", rt_value_get(row, "layer")->text);
        add_cells(&t, row, columns, parts & OF_WEIGHTS ? N : 0);
        add_cells(&t, row, batch_columns, parts & OF_BATCH ? N_BATCH : 0);
    }
    rt_table_print(&t, width, out);
    rt_table_release(&t);
}

static bool any_batch(const struct rt_value *list)
{
    for (int i = 0; i < list->n; i++)
        if (rt_value_get(&list->items[i], "act")->kind == RT_VALUE_NUMBER)
            return true;
    return false;
}

/* Below each other where there is no room for both. */
static void print_stats(const struct rt_value *list, int width,
                        struct rt_str *out)
{
    struct rt_str both = RT_STR_INIT;
    print_part(list, OF_WEIGHTS | OF_BATCH, 0, &both);
    size_t line = strcspn(rt_str_c(&both), "\n");
    if (any_batch(list) && (width <= 0 || line <= (size_t)width)) {
        rt_str_add(out, rt_str_c(&both));
    } else {
        print_part(list, OF_WEIGHTS, width, out);
        rt_str_add(out, "\n\n");
        if (any_batch(list))
            print_part(list, OF_BATCH, width, out);
        else
            rt_str_add(out, "no batch was looked at: `stats` or `watch` while "
                            "it trains has gradients,\nupdates and units seen");
    }
    rt_str_release(&both);
}

static int run_stats(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct rt_texts *words =
        &((const struct stats_args *)call->args)->layers;
    struct rt_measured m;
    int rc = rt_measured_open(call->s, &m, err);
    bool *chosen = rc ? NULL : rt_xcalloc((size_t)m.model->n_layers + 1, 1);
    if (!rc && rt_select(m.model, words->v, words->n, chosen, err) < 0)
        rc = rt_err_code(err, RT_ENOENT);
    if (!rc)
        rc = rt_measured_ask(&m, err);
    if (!rc)
        rt_value_set_list(&call->out->value);
    for (int i = 0; !rc && i < m.model->n_layers; i++) {
        struct rt_layer_stats l;
        rt_measured_layer(&m, i, &l);
        if (chosen[i] && (words->n || l.params || l.units))
            add_row(&call->out->value, &l);
    }
    if (!rc)
        print_stats(&call->out->value, call->s->table_width, &call->out->text);
    free(chosen);
    rt_measured_close(&m);
    return rc ? rt_err_within(err, "stats") : 0;
}

const struct rt_cmd rt_cmd_stats = {
    .group = "looking",
    .name = "stats",
    .help = "mean, deviation, gradient, update, dead units of layers",
    .usage = "[LAYERS]",
    .opts = stats_opts,
    .args_size = sizeof(struct stats_args),
    .flags = RT_CMD_LOOKS,
    .run = run_stats,
    .details =
        "Of all weights of a layer: mean, standard deviation (sd), least, "
        "greatest, share of exact\nzeros. Of the batch that was looked at "
        "last: the norm of the gradient, the norm of the\nupdate over that of "
        "the weights, mean and deviation of what the layer gave, and how many\n"
        "of its units gave nothing but zeros for the last 128 rows looked at "
        "or more (dead); of a\nrecurrent layer those that gave all of them the "
        "same within 0.01, whatever they read.\nBatches are looked at while "
        "the model trains, from "
        "the first `stats` or `hist` of the run\non or while `watch` shows "
        "its layers, four times a second and in 2 % of the time at most.",
    .example = TRAINED "stats\nstats fc\n",
};

/* ---- hist ---------------------------------------------------------------- */

struct hist_args {
    struct rt_texts layers;
    int of;
    int at;
    int over;
    const char *to;
};
static const char *const overs[] = { "time", NULL };
static const struct rt_opt hist_opts[] = {
    RT_OPT(struct hist_args, layers, .form = RT_FORM_REST,
           .names = RT_NAMES_LAYER,
           .help = "which layers; else all that have weights"),
    RT_OPT(struct hist_args, of, .def = "weights", .choices = rt_hist_of_names,
           .help = "of what: of batches where it is not the weights"),
    RT_OPT(struct hist_args, at, .def = "0", .min = 0, .max = INFINITY,
           .help = "as it was at the end of this epoch; 0: now"),
    RT_OPT(struct hist_args, over, .form = RT_FORM_FLAG, .def = "",
           .choices = overs, .help = "-over time: the epochs above each other"),
    RT_OPT(struct hist_args, to, .form = RT_FORM_FLAG, .names = RT_NAMES_FILE,
           .help = "write it to a .png, .svg, .pdf or .txt file; of one layer"),
    RT_OPT_END
};
enum { HISTS_MAX = 12, SMALL_ROWS = 7, SMALL_RIDGE = 12 };

/* What is asked for of one layer: one histogram, or those of several epochs. */
struct hists {
    struct rt_histogram *v;
    int n;
};

static void put_counts(struct rt_value *v, const struct rt_histogram *h)
{
    rt_value_set_list(v);
    for (int k = 0; k < RT_HIST_BINS; k++)
        rt_value_set_int(rt_value_push(v), h->bin[k]);
}

/* A list of counts, or a dict of such by epoch. */
static void put_hists(struct rt_value *v, const struct hists *h, bool over)
{
    char epoch[24];
    if (!over) {
        put_counts(v, h->v);
        return;
    }
    rt_value_set_dict(v);
    for (int i = 0; i < h->n; i++) {
        snprintf(epoch, sizeof epoch, "%lld", (long long)h->v[i].epoch);
        put_counts(rt_value_put(v, epoch), &h->v[i]);
    }
}

static int show(struct rt_cmd_call *call, const struct hists *h,
                const struct hist_args *a, int rows, struct rt_err *err)
{
    struct rt_figure f;
    bool over = a->over >= 0;
    double(*count)[RT_HIST_BINS] = rt_xcalloc((size_t)h->n, sizeof *count);
    int rc = 0;
    rt_figure_init(&f, over ? RT_FIG_RIDGE : RT_FIG_HISTOGRAM, NULL);
    const struct rt_histogram *last = &h->v[h->n - 1];
    if (over)
        f.title =
            rt_figure_text(&f, "%s  epochs %lld..%lld", last->title,
                           (long long)h->v[0].epoch, (long long)last->epoch);
    else
        f.title = rt_figure_text(&f, "%s  %lld values", last->title,
                                 (long long)last->n);
    for (int i = 0; i < h->n; i++) {
        double all = over ? (double)h->v[i].n : 1;
        for (int k = 0; k < RT_HIST_BINS; k++)
            count[i][k] = (double)h->v[i].bin[k] / all;
        struct rt_bins bins = {
            .count = count[i],
            .n = RT_HIST_BINS,
            .lo = h->v[i].from,
            .hi = h->v[i].to,
            .label = rt_figure_text(&f, "%lld", (long long)h->v[i].epoch),
        };
        rt_figure_bins(&f, &bins);
    }
    if (call->out->text.n)
        rt_str_add(&call->out->text, "\n");
    if (a->to)
        rc = rt_show(call->s, &f, a->to, 0, 0, &call->out->text, err);
    else
        rt_show_text(call->s, &f, rows, &call->out->text);
    rt_figure_release(&f);
    free(count);
    return rc;
}

static int no_epoch(const struct rt_histogram *past, int n, int at,
                    struct rt_err *err)
{
    struct rt_str kept = RT_STR_INIT;
    for (int i = 0; i < n; i++)
        rt_str_addf(&kept, "%s%lld", i ? ", " : "", (long long)past[i].epoch);
    int rc =
        n ? rt_fail(err, RT_ENOENT, "epoch %d was not kept, want one of %s", at,
                    rt_str_c(&kept))
          : rt_fail(err, RT_ESTATE,
                    "no epoch gone by was kept: they are while the model "
                    "trains, from the first `stats` or `hist` of the run "
                    "on, or while `watch` shows it");
    rt_str_release(&kept);
    return rc;
}

/* Fills h->v, which the caller frees. */
static int find(const struct rt_measured *m, int layer,
                const struct hist_args *a, struct hists *h, struct rt_err *err)
{
    enum rt_hist_of of = (enum rt_hist_of)a->of;
    if (a->at == 0 && a->over < 0) {
        h->n = 1;
        h->v = rt_xcalloc(1, sizeof *h->v);
        return rt_measured_histogram(m, layer, of, h->v, err);
    }
    h->v = rt_measured_past(m, layer, of, &h->n);
    for (int i = 0; i < h->n && a->at; i++)
        if (h->v[i].epoch == a->at) {
            h->v[0] = h->v[i];
            h->n = 1;
            return 0;
        }
    return h->n && !a->at ? 0 : no_epoch(h->v, h->n, a->at, err);
}

static int one_hist(struct rt_cmd_call *call, const struct rt_measured *m,
                    int layer, struct rt_err *err)
{
    const struct hist_args *a = call->args;
    struct hists h = { 0 };
    int rc = find(m, layer, a, &h, err);
    if (!rc) {
        put_hists(&call->out->value, &h, a->over >= 0);
        rc = show(call, &h, a, 0, err);
    }
    free(h.v);
    return rc;
}

/* Of those chosen that have one; an error if none has. */
static int many_hists(struct rt_cmd_call *call, const struct rt_measured *m,
                      const bool *chosen, struct rt_err *err)
{
    const struct hist_args *a = call->args;
    bool over = a->over >= 0;
    int shown = 0, rc = 0;
    struct rt_err why = RT_ERR_INIT, *first = &why;
    rt_value_set_dict(&call->out->value);
    for (int i = 0; i < m->model->n_layers; i++) {
        struct hists h = { 0 };
        const char *name = m->model->layers[i]->name;
        if (chosen[i] && !find(m, i, a, &h, first)) {
            put_hists(rt_value_put(&call->out->value, name), &h, over);
            if (shown++ < HISTS_MAX)
                show(call, &h, a, over ? SMALL_RIDGE : SMALL_ROWS, NULL);
        } else if (chosen[i] && why.code == RT_ESTATE) {
            first = NULL; /* what is missing, not that a layer has no weights */
        }
        free(h.v);
    }
    if (!shown)
        rc = why.code ? rt_fail(err, why.code, "%s", why.text)
                      : rt_fail(err, RT_ESTATE, "model '%s' has no weights",
                                m->model->name);
    if (shown > HISTS_MAX)
        rt_str_addf(&call->out->text, "\nand %d more layers, by `hist LAYER`",
                    shown - HISTS_MAX);
    return rc;
}

static int run_hist(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct hist_args *a = call->args;
    struct rt_measured m;
    int rc = rt_measured_open(call->s, &m, err), n = 0, first = -1;
    bool *chosen = rc ? NULL : rt_xcalloc((size_t)m.model->n_layers + 1, 1);
    if (!rc)
        n = rt_select(m.model, a->layers.v, a->layers.n, chosen, err);
    if (n < 0)
        rc = rt_err_code(err, RT_ENOENT);
    for (int i = 0; !rc && i < m.model->n_layers && first < 0; i++)
        first = chosen[i] ? i : -1;
    if (!rc && a->to && n != 1)
        rc = rt_fail(err, RT_EINVAL, "which layer goes to '%s' is missing",
                     a->to);
    if (!rc && (a->of != RT_HIST_WEIGHTS || a->over >= 0 || a->at))
        rc = rt_measured_ask(&m, err);
    if (!rc)
        rc = n == 1 ? one_hist(call, &m, first, err)
                    : many_hists(call, &m, chosen, err);
    free(chosen);
    rt_measured_close(&m);
    return rc ? rt_err_within(err, "hist") : 0;
}

const struct rt_cmd rt_cmd_hist = {
    .group = "looking",
    .name = "hist",
    .help = "histograms of layers' weights, gradients, activations, updates",
    .usage = "[LAYERS] [of=weights|grads|acts|updates] [at=EPOCH] "
             "[-over time] [-to FILE]",
    .opts = hist_opts,
    .args_size = sizeof(struct hist_args),
    .flags = RT_CMD_LOOKS,
    .run = run_hist,
    .details =
        "Of the first weight of a layer, its kernel; while the model trains, "
        "as it is between two\nbatches. Gradients, updates and what a layer "
        "gives are those of the batch that was looked\nat last: see `stats`. "
        "Of epochs gone by 32 are kept at most, evenly. As a value: the "
        "counts\nof 64 equal bins, by epoch with -over time, by layer if there "
        "are several.",
    .example = "seed 1\nmodel m\ninput x 4\ndense 32 name=fc\nhist fc\nhist\n",
};
