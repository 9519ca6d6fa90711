/* compare: runs beside each other. */
#include "base/mem.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "shell/cmd.h"
#include "shell/run_facts.h"
#include "shell/run_filter.h"
#include "shell/run_of.h"
#include "shell/show.h"
#include "shell/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct compare_args {
    struct rt_texts runs;
    bool changed;
    struct rt_texts cols;
    const char *curve, *to;
};
static const struct rt_opt compare_opts[] = {
    RT_OPT(struct compare_args, runs, .form = RT_FORM_REST,
           .names = RT_NAMES_RUN,
           .help = "two runs or more, by number or name, or what finds them: "
                   "sweep:width"),
    RT_OPT(struct compare_args, changed, .form = RT_FORM_FLAG,
           .help = "only what differs"),
    RT_OPT(struct compare_args, cols, .def = "", .names = RT_NAMES_FACT,
           .help = "only these settings and results"),
    RT_OPT(struct compare_args, curve, .def = "", .names = RT_NAMES_SERIES,
           .help = "whose curves are overlaid; else val_loss, or loss"),
    RT_OPT(struct compare_args, to, .form = RT_FORM_FLAG,
           .names = RT_NAMES_FILE,
           .help = "write the curves to a .png, .svg, .pdf or .txt file"),
    RT_OPT_END
};
enum {
    COMPARED_MAX = 256,
    BESIDE_MAX = 5,  /* so many runs are columns, more are rows */
    CURVES_MAX = 12, /* that can be told from each other */
};

static void value_text(const struct rt_value *dict, const char *key,
                       struct rt_str *out)
{
    rt_str_clear(out);
    for (int i = 0; i < dict->n; i++)
        if (!strcmp(dict->keys[i], key))
            rt_value_show(&dict->items[i], out, 0);
    if (!strcmp(rt_str_c(out), "nan"))
        rt_str_clear(out);
}

/* What differs of itself from one run to the next. */
static bool always_differs(const char *key)
{
    static const char *const keys[] = { "begun", "model_hash", "weights_hash",
                                        NULL };
    for (int i = 0; keys[i]; i++)
        if (!strcmp(key, keys[i]))
            return true;
    return false;
}

static bool is_chosen(const struct compare_args *a, const char *key)
{
    for (int i = 0; i < a->cols.n; i++)
        if (!strcmp(a->cols.v[i], key))
            return true;
    return !a->cols.n && !(a->changed && always_differs(key));
}

/* The value: a dict with a list for each thing known of any of the runs, an
 * entry a run, in the order in which they came. */
static void put_things(const struct compare_args *a, const struct rt_value *v,
                       int n, struct rt_value *out)
{
    struct rt_map done = RT_MAP_INIT;
    struct rt_str first = RT_STR_INIT, text = RT_STR_INIT;
    rt_value_set_dict(out);
    for (int r = 0; r < n; r++)
        for (int i = 0; i < v[r].n; i++) {
            const char *key = v[r].keys[i];
            bool differs = false;
            bool head = !strcmp(key, "run") || !strcmp(key, "name");
            if (head || rt_map_index(&done, key) >= 0)
                continue;
            rt_map_set(&done, key, NULL);
            value_text(&v[0], key, &first);
            for (int k = 1; k < n; k++) {
                value_text(&v[k], key, &text);
                differs |= strcmp(rt_str_c(&text), rt_str_c(&first)) != 0;
            }
            if ((a->changed && !differs) || !is_chosen(a, key))
                continue;
            struct rt_value *row = rt_value_put(out, key);
            rt_value_set_list(row);
            for (int k = 0; k < n; k++) {
                value_text(&v[k], key, &text);
                rt_value_set_text(rt_value_push(row), rt_str_c(&text));
            }
        }
    rt_str_release(&first);
    rt_str_release(&text);
    rt_map_release(&done);
}

static const char *cell_of(const struct rt_value *things, int i, int run)
{
    const char *text = things->items[i].items[run].text;
    return text && *text ? text : "-";
}

/* A column a run, or, if they are many, a row. */
static void print_things(struct rt_cmd_call *call, const struct rt_run_of *r,
                         int n, const struct rt_value *things)
{
    struct rt_table t;
    rt_table_init(&t);
    rt_table_column(&t, n > BESIDE_MAX ? "run" : "", false);
    for (int i = 0; n <= BESIDE_MAX && i < n; i++) {
        char *head = rt_xprintf("%.100s #%d", r[i].name, r[i].number);
        rt_table_column(&t, head, false);
        free(head);
    }
    for (int i = 0; n > BESIDE_MAX && i < things->n && i < 30; i++)
        rt_table_column(&t, things->keys[i], false);
    for (int i = 0; n <= BESIDE_MAX && i < things->n; i++) {
        rt_table_cell(&t, "%s", things->keys[i]);
        for (int k = 0; k < n; k++)
            rt_table_cell(&t, "%s", cell_of(things, i, k));
    }
    for (int k = 0; n > BESIDE_MAX && k < n; k++) {
        rt_table_cell(&t, "%.100s #%d", r[k].name, r[k].number);
        for (int i = 0; i < things->n && i < 30; i++)
            rt_table_cell(&t, "%s", cell_of(things, i, k));
    }
    rt_table_print(&t, call->s->table_width, &call->out->text);
    rt_table_release(&t);
}

/* ---- curves -------------------------------------------------------------- */

static const char *curve_of(const struct compare_args *a,
                            const struct rt_run_of *r, int n)
{
    if (a->curve)
        return a->curve;
    for (int i = 0; i < n; i++)
        if (!rt_history_find(r[i].history, "val_loss"))
            return "loss";
    return "val_loss";
}

static int overlay(struct rt_cmd_call *call, const struct compare_args *a,
                   const struct rt_run_of *r, int n, struct rt_err *err)
{
    struct rt_figure f;
    struct rt_str *out = &call->out->text;
    const char *key = curve_of(a, r, n);
    int rc = 0, left_out = 0;
    rt_figure_init(&f, RT_FIG_CURVES, key);
    f.legend = true;
    f.x.integer = true;
    f.x.label = "epoch";
    for (int i = 0; i < n; i++) {
        const struct rt_history_series *h = rt_history_find(r[i].history, key);
        if (!h || !h->n_epochs)
            continue;
        if (f.series.n == CURVES_MAX) {
            left_out++;
            continue;
        }
        struct rt_series s = {
            .name = rt_figure_text(&f, "%s #%d", r[i].name, r[i].number),
            .x = h->epoch_x,
            .y = h->epoch_v,
            .n = h->n_epochs,
            .ascii = (char)('a' + f.series.n),
        };
        rt_figure_series(&f, &s);
    }
    if (!f.series.n && (a->curve || a->to))
        rc = rt_fail_unknown(err, RT_ENOENT, key, rt_history_name, r[0].history,
                             "none of these runs has a series '%s'", key);
    else if (f.series.n) {
        rt_str_add(out, "\n\n");
        rc = rt_show(call->s, &f, a->to, 0, 0, out, err);
    }
    if (left_out)
        rt_str_addf(out, "\n(%d more curves are left out)", left_out);
    rt_figure_release(&f);
    return rc;
}

/* ---- the command --------------------------------------------------------- */

static int check_cols(const struct compare_args *a, const struct rt_value *v,
                      int n, struct rt_err *err)
{
    struct rt_map names = RT_MAP_INIT;
    int rc = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < v[i].n; k++)
            rt_map_set(&names, v[i].keys[k], NULL);
    for (int i = 0; i < a->cols.n && !rc; i++)
        if (rt_map_index(&names, a->cols.v[i]) < 0)
            rc = rt_fail_unknown(err, RT_ENOENT, a->cols.v[i], rt_name_of_map,
                                 &names,
                                 "none of these runs has a setting or result "
                                 "'%s'",
                                 a->cols.v[i]);
    rt_map_release(&names);
    return rc;
}

/* A run of this session need not be in the store to be compared, but it mostly
 * is; words that find several are numbers first. */
static int find_runs(struct rt_session *s, const struct rt_texts *words,
                     struct rt_run_of *r, int *n, struct rt_err *err)
{
    int rc = 0;
    bool one = words->n == 0 || (words->n == 1 && !rt_run_narrows(words->v[0]));
    for (int i = 0; i < words->n && !rc && !one; i++) {
        struct rt_run_picks p = { 0 };
        bool many = rt_run_narrows(words->v[i]);
        if (many)
            rc = rt_run_named(s, &words->v[i], 1, &p, err);
        for (int k = many ? p.n - 1 : 0; k >= 0 && !rc; k--) {
            char number[16];
            if (many)
                snprintf(number, sizeof number, "%d", p.row[k].id);
            if (*n == COMPARED_MAX)
                rc = rt_fail(err, RT_EINVAL, "more than %d runs", COMPARED_MAX);
            else
                rc = rt_run_of(s, many ? number : words->v[i], &r[*n], err);
            *n += !rc;
        }
        rt_run_picks_free(&p);
    }
    if (!rc && *n < 2)
        rc =
            rt_fail(err, RT_EINVAL, "%d run%s, want 2 or more",
                    one ? words->n : *n, (one ? words->n : *n) == 1 ? "" : "s");
    return rc;
}

static int run_compare(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct compare_args *a = call->args;
    struct rt_run_of *r = rt_xcalloc(COMPARED_MAX, sizeof *r);
    struct rt_value *v = rt_xcalloc(COMPARED_MAX, sizeof *v);
    int n = 0;
    int rc = find_runs(call->s, &a->runs, r, &n, err);
    for (int i = 0; i < n && !rc; i++) {
        const struct rt_run_row *row = rt_run_of_row(call->s, &r[i], err);
        rc = row ? rt_run_facts(call->s, row, true, &v[i], err)
                 : rt_err_code(err, RT_ENOENT);
    }
    if (!rc)
        rc = check_cols(a, v, n, err);
    if (!rc) {
        put_things(a, v, n, &call->out->value);
        print_things(call, r, n, &call->out->value);
        rc = overlay(call, a, r, n, err);
    }
    for (int i = 0; i < n; i++) {
        rt_value_release(&v[i]);
        rt_run_of_release(&r[i]);
    }
    free(v);
    free(r);
    return rc ? rt_err_within(err, "compare") : 0;
}

#define TRAINED                                                                \
    "seed 1\ndata s generate moons n=80\nmodel m\ninput x 2\n"                 \
    "dense 8 activation=tanh\ndense 1 activation=sigmoid\noutput\n"            \
    "compile adam loss=binary_crossentropy metrics=acc\n"                      \
    "fit s epochs=3 validation=0.2 name=first\n"

const struct rt_cmd rt_cmd_compare = {
    .group = "runs",
    .name = "compare",
    .help = "settings and results of runs beside each other, curves overlaid",
    .usage = "RUN RUN... [-changed] [cols=KEY,...] [curve=KEY] [-to FILE]",
    .opts = compare_opts,
    .args_size = sizeof(struct compare_args),
    .flags = RT_CMD_LOOKS,
    .run = run_compare,
    .details = "As a value: a dict with a list for each thing, one entry a "
               "run. Up to five runs are\ncolumns, more of them rows. A word "
               "that finds runs (runs ...) stands for all it finds.",
    .example = TRAINED "fit s epochs=2 validation=0.2 name=second\n"
                       "compare first second -changed\n"
                       "compare first second cols=epochs,val_loss curve=loss\n",
};
