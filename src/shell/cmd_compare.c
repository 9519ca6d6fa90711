/* compare: runs beside each other. */
#include "base/schema.h"
#include "shell/cmd.h"
#include "shell/run_facts.h"
#include "shell/run_of.h"
#include "shell/show.h"
#include "shell/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct compare_args {
    struct rt_texts runs;
    bool changed;
};
static const struct rt_opt compare_opts[] = {
    RT_OPT(struct compare_args, runs, .form = RT_FORM_REST,
           .names = RT_NAMES_RUN,
           .help = "two runs or more, by number or name"),
    RT_OPT(struct compare_args, changed, .form = RT_FORM_FLAG,
           .help = "only what differs"),
    RT_OPT_END
};
enum { COMPARED_MAX = 8 };

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

/* One row for each thing known of any of them, in the order they came. */
static void compare_rows(struct rt_cmd_call *call, const struct rt_value *v,
                         int n, bool changed, struct rt_table *t)
{
    struct rt_value *out = &call->out->value;
    struct rt_map done = RT_MAP_INIT;
    struct rt_str text[COMPARED_MAX] = { RT_STR_INIT };
    rt_value_set_dict(out);
    for (int r = 0; r < n; r++)
        for (int i = 0; i < v[r].n; i++) {
            const char *key = v[r].keys[i];
            bool differs = false;
            bool head = !strcmp(key, "run") || !strcmp(key, "name");
            if (head || rt_map_index(&done, key) >= 0)
                continue;
            rt_map_set(&done, key, NULL);
            for (int k = 0; k < n; k++) {
                value_text(&v[k], key, &text[k]);
                differs |= strcmp(rt_str_c(&text[k]), rt_str_c(&text[0]));
            }
            if (changed && !differs)
                continue;
            struct rt_value *row = rt_value_put(out, key);
            rt_value_set_list(row);
            rt_table_cell(t, "%s", key);
            for (int k = 0; k < n; k++) {
                rt_value_set_text(rt_value_push(row), rt_str_c(&text[k]));
                rt_table_cell(t, "%s", text[k].n ? rt_str_c(&text[k]) : "-");
            }
        }
    for (int k = 0; k < n; k++)
        rt_str_release(&text[k]);
    rt_map_release(&done);
}

/* The validation losses over each other, or the losses. */
static void overlay(struct rt_cmd_call *call, const struct rt_run_of *r, int n)
{
    struct rt_figure f;
    const char *key = "val_loss";
    for (int i = 0; i < n; i++)
        if (!rt_history_find(r[i].history, key))
            key = "loss";
    rt_figure_init(&f, RT_FIG_CURVES, key);
    f.legend = true;
    f.x.integer = true;
    f.x.label = "epoch";
    for (int i = 0; i < n; i++) {
        const struct rt_history_series *h = rt_history_find(r[i].history, key);
        if (!h || !h->n_epochs)
            continue;
        struct rt_series s = {
            .name = rt_figure_text(&f, "%s #%d", r[i].name, r[i].number),
            .x = h->epoch_x,
            .y = h->epoch_v,
            .n = h->n_epochs,
            .ascii = (char)('a' + i),
        };
        rt_figure_series(&f, &s);
    }
    if (f.series.n) {
        rt_str_add(&call->out->text, "\n\n");
        rt_show_text(call->s, &f, 0, &call->out->text);
    }
    rt_figure_release(&f);
}

static int run_compare(struct rt_cmd_call *call, struct rt_err *err)
{
    const struct compare_args *a = call->args;
    struct rt_run_of r[COMPARED_MAX];
    struct rt_value v[COMPARED_MAX] = { { 0 } };
    int n = 0, rc = 0;
    if (a->runs.n < 2 || a->runs.n > COMPARED_MAX)
        return rt_fail(err, RT_EINVAL, "compare: %d run%s, want 2 to %d",
                       a->runs.n, a->runs.n == 1 ? "" : "s", COMPARED_MAX);
    for (; n < a->runs.n && !rc; n += !rc) {
        rc = rt_run_of(call->s, a->runs.v[n], &r[n], err);
        if (rc)
            break;
        const struct rt_run_row *row = rt_run_of_row(call->s, &r[n], err);
        rc = row   ? rt_run_facts(call->s, row, true, &v[n], err)
             : err ? err->code
                   : RT_ENOENT;
        if (rc)
            rt_run_of_release(&r[n]);
    }
    if (!rc) {
        struct rt_table t;
        rt_table_init(&t);
        rt_table_column(&t, "", false);
        for (int i = 0; i < n; i++) {
            char head[128];
            snprintf(head, sizeof head, "%.100s #%d", r[i].name, r[i].number);
            rt_table_column(&t, head, false);
        }
        compare_rows(call, v, n, a->changed, &t);
        rt_table_print(&t, call->s->table_width, &call->out->text);
        rt_table_release(&t);
        overlay(call, r, n);
    }
    for (int i = 0; i < n; i++) {
        rt_value_release(&v[i]);
        rt_run_of_release(&r[i]);
    }
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
    .usage = "RUN RUN... [-changed]",
    .opts = compare_opts,
    .args_size = sizeof(struct compare_args),
    .flags = RT_CMD_LOOKS,
    .run = run_compare,
    .details = "As a value: a dict with a list for each thing, one entry a "
               "run.",
    .example = TRAINED "fit s epochs=2 validation=0.2 name=second\n"
                       "compare first second -changed\n",
};
