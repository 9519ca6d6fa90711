/* The table of the recorded runs. */
#include "base/clock.h"
#include "shell/run_facts.h"
#include "shell/runs_sub.h"
#include "shell/table.h"

#include <math.h>
#include <stdlib.h>
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
    rt_str_release(&when);
}

static void table_row(struct rt_table *t, const struct rt_run_row *r)
{
    struct rt_str text = RT_STR_INIT;
    rt_table_cell(t, "%d", r->id);
    rt_table_cell(t, "%s", r->name);
    rt_table_cell(t, "%s", r->model);
    rt_table_cell(t, "%s", r->state);
    rt_table_cell(t, "%lld/%d", (long long)r->epoch, r->epochs);
    rt_table_number(t, r->loss);
    rt_table_number(t, r->val_loss);
    rt_table_number(t, r->best_val_loss);
    add_when(t, r->begun);
    if (isfinite(rt_run_seconds(r)))
        rt_str_add_duration(&text, rt_run_seconds(r));
    rt_table_cell(t, "%s", text.n ? rt_str_c(&text) : "-");
    rt_str_release(&text);
}

int rt_runs_list(struct rt_cmd_call *call, const struct rt_texts *words,
                 struct rt_err *err)
{
    struct rt_session *s = call->s;
    struct rt_store *store = rt_session_store(s, err);
    struct rt_run_row *row = NULL;
    int n = 0;
    if (!store)
        return err ? err->code : RT_EIO;
    rt_store_flush(store);
    int rc = rt_store_list(store, words->v, words->n, &row, &n, err);
    if (rc)
        return rc;
    struct rt_table t;
    static const char *const heads[] = { "run",    "name", "model",    "state",
                                         "epochs", "loss", "val_loss", "best",
                                         "begun",  "took" };
    rt_table_init(&t);
    for (int i = 0; i < 10; i++)
        rt_table_column(&t, heads[i], i == 0 || i > 3);
    rt_value_set_list(&call->out->value);
    for (int i = 0; i < n; i++) {
        table_row(&t, &row[i]);
        put_row(&call->out->value, &row[i]);
    }
    if (n)
        rt_table_print(&t, s->table_width, &call->out->text);
    else
        rt_str_add(&call->out->text, words->n ? "no run fits these words"
                                              : "no run is recorded yet");
    rt_table_release(&t);
    rt_run_rows_free(row, n);
    return 0;
}
