/* The table of the recorded runs. */
#include "base/clock.h"
#include "base/mem.h"
#include "shell/run_facts.h"
#include "shell/runs_sub.h"
#include "shell/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* As `ls` does: the time of a day, the day of a year, else the date. */
static void add_when(struct rt_table *t, double wall)
{
    time_t then = (time_t)wall, now = time(NULL);
    struct tm a, b;
    char text[32];
    localtime_r(&then, &a);
    localtime_r(&now, &b);
    bool year = a.tm_year == b.tm_year;
    strftime(text, sizeof text,
             year && a.tm_yday == b.tm_yday ? "%H:%M"
             : year                         ? "%b %d"
                                            : "%Y-%m-%d",
             &a);
    rt_table_cell(t, "%s", text);
}

/* What a run's row has as a value, whichever columns are shown. */
static void put_row(struct rt_value *list, const struct rt_run_row *r)
{
    struct rt_value *d = rt_value_push(list);
    struct rt_str when = RT_STR_INIT;
    rt_str_add_date(&when, r->begun);
    rt_value_set_dict(d);
    rt_value_put_int(d, "run", r->id);
    rt_value_put_text(d, "name", r->name);
    rt_value_put_text(d, "model", r->model);
    rt_value_put_text(d, "state", r->state);
    rt_value_put_int(d, "epochs", r->epoch);
    rt_value_put_int(d, "planned", r->epochs);
    rt_value_put_number(d, "loss", r->loss);
    rt_value_put_number(d, "val_loss", r->val_loss);
    rt_value_put_number(d, "best_val_loss", r->best_val_loss);
    rt_value_put_text(d, "begun", rt_str_c(&when));
    rt_value_put_number(d, "seconds", rt_run_seconds(r));
    rt_value_put_text(d, "label", r->label ? r->label : "");
    rt_value_put_text(d, "tags", r->tags);
    rt_str_release(&when);
}

/* ---- columns ------------------------------------------------------------- */

static const char *const usual[] = { "name", "model",    "state", "epochs",
                                     "loss", "val_loss", "best",  "begun",
                                     "took", NULL };

/* Those that a narrow terminal does without, the last one first. */
static bool is_spare(const char *key)
{
    return !strcmp(key, "model") || !strcmp(key, "best") ||
           !strcmp(key, "took");
}

/* Columns that some runs only have something in. */
static bool any_has(const struct rt_run_picks *p, const char *key)
{
    for (int i = 0; i < p->n; i++)
        if (rt_value_get(&p->facts[i], key))
            return true;
    return false;
}

static void add_cell(struct rt_table *t, const struct rt_run_row *r,
                     const struct rt_value *facts, const char *key)
{
    struct rt_str text = RT_STR_INIT;
    const struct rt_value *v = rt_value_get(facts, key);
    if (!strcmp(key, "epochs")) {
        rt_table_cell(t, "%lld/%d", (long long)r->epoch, r->epochs);
    } else if (!strcmp(key, "begun")) {
        add_when(t, r->begun);
    } else if (!strcmp(key, "took") || !strcmp(key, "seconds")) {
        if (isfinite(rt_run_seconds(r)))
            rt_str_add_duration(&text, rt_run_seconds(r));
        rt_table_cell(t, "%s", text.n ? rt_str_c(&text) : "-");
    } else if (!strcmp(key, "best") || !strcmp(key, "best_val_loss")) {
        rt_table_number(t, r->best_val_loss);
    } else if (!strcmp(key, "val_loss")) {
        rt_table_number(t, r->val_loss);
    } else if (!strcmp(key, "loss")) {
        rt_table_number(t, r->loss);
    } else if (v && v->kind == RT_VALUE_NUMBER) {
        rt_table_number(t, v->x);
    } else {
        if (v)
            rt_value_show(v, &text, 0);
        rt_table_cell(t, "%s", text.n ? rt_str_c(&text) : "-");
    }
    rt_str_release(&text);
}

static bool to_the_right(const struct rt_run_picks *p, const char *key)
{
    static const char *const numbers[] = { "epochs", "loss", "val_loss", "best",
                                           "begun",  "took", NULL };
    for (int i = 0; numbers[i]; i++)
        if (!strcmp(key, numbers[i]))
            return true;
    for (int i = 0; i < p->n; i++) {
        const struct rt_value *v = rt_value_get(&p->facts[i], key);
        if (v && v->kind == RT_VALUE_TEXT)
            return false;
    }
    return true;
}

enum { COLUMNS_MAX = 30 };

static void print_table(struct rt_session *s, const struct rt_run_picks *p,
                        const struct rt_texts *cols, struct rt_str *out)
{
    const char *key[COLUMNS_MAX];
    int n = 0;
    struct rt_table t;
    rt_table_init(&t);
    for (int i = 0; i < cols->n && n < COLUMNS_MAX; i++)
        key[n++] = cols->v[i];
    for (int i = 0; !cols->n && usual[i]; i++) {
        key[n++] = usual[i];
        if (!strcmp(usual[i], "name") && any_has(p, "label"))
            key[n++] = "label";
        if (!strcmp(usual[i], "state") && any_has(p, "tags"))
            key[n++] = "tags";
    }
    rt_table_column(&t, "run", true);
    for (int k = 0; k < n; k++) {
        rt_table_column(&t, key[k], to_the_right(p, key[k]));
        if (!cols->n && is_spare(key[k]))
            rt_table_spare(&t);
    }
    for (int i = 0; i < p->n; i++) {
        rt_table_cell(&t, "%d", p->row[i].id);
        for (int k = 0; k < n; k++)
            add_cell(&t, &p->row[i], &p->facts[i], key[k]);
    }
    rt_table_print(&t, s->table_width, out);
    rt_table_release(&t);
}

/* What is looked at beyond the words: columns and the sort, by the names that
 * facts have. */
static int keys_of(const struct rt_texts *cols, const char *sort,
                   const char **key)
{
    static const char *const named[][2] = { { "best", "best_val_loss" },
                                            { "took", "seconds" } };
    int n = 0;
    for (int i = 0; i < cols->n && n < COLUMNS_MAX; i++)
        key[n++] = cols->v[i];
    if (sort)
        key[n++] = sort + (*sort == '-');
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 2; k++)
            if (!strcmp(key[i], named[k][0]))
                key[i] = named[k][1];
    return n;
}

/* Facts of the chosen columns, instead of the usual ones. */
static void put_chosen(struct rt_value *list, const struct rt_run_picks *p,
                       int i, const char *const *key, int n)
{
    struct rt_value *d = rt_value_push(list);
    rt_value_set_dict(d);
    rt_value_put_int(d, "run", p->row[i].id);
    for (int k = 0; k < n; k++) {
        const struct rt_value *v = rt_value_get(&p->facts[i], key[k]);
        if (rt_value_get(d, key[k]))
            continue;
        if (v)
            rt_value_copy(rt_value_put(d, key[k]), v);
        else
            rt_value_put_text(d, key[k], "");
    }
}

int rt_runs_pick(struct rt_session *s, const struct rt_runs_ask *ask,
                 struct rt_run_picks *p, struct rt_err *err)
{
    const char *key[COLUMNS_MAX + 1];
    int n = keys_of(&ask->cols, ask->sort, key);
    int rc = rt_run_pick(s, ask->words.v, ask->words.n, key, n, p, err);
    if (rc || !ask->sort)
        return rc;
    char *by = rt_xprintf("%s%s", *ask->sort == '-' ? "-" : "", key[n - 1]);
    rt_run_sort(p, by);
    free(by);
    return 0;
}

void rt_runs_value(const struct rt_runs_ask *ask, const struct rt_run_picks *p,
                   struct rt_value *out)
{
    const char *key[COLUMNS_MAX + 1];
    int n = keys_of(&ask->cols, NULL, key);
    rt_value_set_list(out);
    for (int i = 0; i < p->n; i++)
        if (ask->ids)
            rt_value_set_int(rt_value_push(out), p->row[i].id);
        else if (n)
            put_chosen(out, p, i, key, n);
        else
            put_row(out, &p->row[i]);
}

int rt_runs_list(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                 struct rt_err *err)
{
    struct rt_run_picks p;
    struct rt_str *out = &call->out->text;
    int rc = rt_runs_pick(call->s, ask, &p, err);
    if (rc)
        return rc;
    rt_runs_value(ask, &p, &call->out->value);
    for (int i = 0; ask->ids && i < p.n; i++)
        rt_str_addf(out, "%s%d", i ? " " : "", p.row[i].id);
    if (!ask->ids && p.n)
        print_table(call->s, &p, &ask->cols, out);
    else if (!p.n)
        rt_str_add(out, ask->words.n ? "no run fits these words"
                                     : "no run is recorded yet");
    rt_run_picks_free(&p);
    return 0;
}
