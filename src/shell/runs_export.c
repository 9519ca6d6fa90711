/* runs export: a run's history, or the table of runs, as CSV or JSON. */
#include "base/file.h"
#include "base/mem.h"
#include "shell/run_facts.h"
#include "shell/run_of.h"
#include "shell/runs_sub.h"
#include "store/scripts.h"
#include "store/transfer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CSV, JSON, NEITHER };

static int format_of(const char *file)
{
    const char *ext = rt_path_ext(file);
    return !strcmp(ext, "csv") ? CSV : !strcmp(ext, "json") ? JSON : NEITHER;
}

/* A field of RFC 4180. */
static void add_field(struct rt_str *out, const struct rt_value *v, bool first)
{
    struct rt_str text = RT_STR_INIT;
    if (!first)
        rt_str_addc(out, ',');
    if (v && v->kind == RT_VALUE_NUMBER) {
        if (!isnan(v->x))
            rt_str_add_exact(&text, v->x);
    } else if (v) {
        rt_value_show(v, &text, 0);
    }
    if (!strpbrk(rt_str_c(&text), ",\"\r\n")) {
        rt_str_add(out, rt_str_c(&text));
    } else {
        rt_str_addc(out, '"');
        for (const char *p = rt_str_c(&text); *p; p++)
            rt_str_addf(out, *p == '"' ? "\"\"" : "%c", *p);
        rt_str_addc(out, '"');
    }
    rt_str_release(&text);
}

/* A list of dicts: the first line has the keys of all of them. */
static void add_csv(const struct rt_value *rows, struct rt_str *out)
{
    struct rt_value keys = { 0 };
    rt_value_set_dict(&keys);
    for (int i = 0; i < rows->n; i++)
        for (int k = 0; k < rows->items[i].n; k++)
            if (!rt_value_get(&keys, rows->items[i].keys[k]))
                rt_value_put_text(&keys, rows->items[i].keys[k],
                                  rows->items[i].keys[k]);
    for (int k = 0; k < keys.n; k++)
        add_field(out, &keys.items[k], k == 0);
    rt_str_addc(out, '\n');
    for (int i = 0; i < rows->n; i++) {
        for (int k = 0; k < keys.n; k++)
            add_field(out, rt_value_get(&rows->items[i], keys.keys[k]), k == 0);
        rt_str_addc(out, '\n');
    }
    rt_value_release(&keys);
}

/* ---- one run ------------------------------------------------------------- */

static double at_epoch(const struct rt_history_series *s, int *from, double x)
{
    while (*from < s->n_epochs && s->epoch_x[*from] < x)
        ++*from;
    return *from < s->n_epochs && s->epoch_x[*from] == x ? s->epoch_v[*from]
                                                         : NAN;
}

/* The first epoch behind this one that has a value; 0: none. */
static int64_t next_epoch(const struct rt_history *h, const int *from,
                          int64_t epoch)
{
    double next = INFINITY;
    for (int i = 0; i < h->n_series; i++) {
        const struct rt_history_series *s = &h->series[i];
        int at = from[i];
        while (at < s->n_epochs && s->epoch_x[at] <= (double)epoch)
            at++;
        if (at < s->n_epochs)
            next = fmin(next, s->epoch_x[at]);
    }
    return isfinite(next) ? (int64_t)next : 0;
}

/* A dict for each epoch. */
static void put_epochs(const struct rt_history *h, struct rt_value *out)
{
    int *from = rt_xcalloc((size_t)h->n_series + 1, sizeof *from);
    rt_value_set_list(out);
    for (int64_t epoch = 0; (epoch = next_epoch(h, from, epoch)) > 0;) {
        struct rt_value *d = NULL;
        for (int i = 0; i < h->n_series; i++) {
            double v = at_epoch(&h->series[i], &from[i], (double)epoch);
            if (isnan(v) && !d && i + 1 < h->n_series)
                continue;
            if (!d) {
                d = rt_value_push(out);
                rt_value_set_dict(d);
                rt_value_put_int(d, "epoch", epoch);
            }
            rt_value_put_number(d, h->series[i].key, v);
        }
    }
    free(from);
}

static void put_notes(struct rt_session *s, int id, bool orders,
                      struct rt_value *out)
{
    struct rt_run_note *v;
    int n;
    rt_value_set_list(out);
    if (rt_store_notes(s->store, id, &v, &n, NULL))
        return;
    for (int i = 0; i < n; i++) {
        if (v[i].order != orders)
            continue;
        rt_run_note_value(&v[i], rt_value_push(out));
    }
    rt_run_notes_free(v, n);
}

/* The last member of the object: what `runs import` reads. */
static int add_record(struct rt_session *s, int id, struct rt_str *text,
                      struct rt_err *err)
{
    text->s[--text->n] = '\0'; /* its brace */
    rt_str_add(text, ",\"record\":");
    int rc = rt_store_pack(s->store, id, text, err);
    rt_str_add(text, "}\n");
    return rc;
}

static int export_run(struct rt_session *s, const char *id, const char *file,
                      struct rt_str *text, struct rt_err *err)
{
    struct rt_run_of r;
    struct rt_value all = { 0 };
    int rc = rt_run_of(s, id, &r, err);
    if (rc)
        return rc;
    const struct rt_run_row *row = rt_run_of_row(s, &r, err);
    rc = row ? 0 : rt_err_code(err, RT_ENOENT);
    if (!rc && format_of(file) == CSV) {
        put_epochs(r.history, &all);
        add_csv(&all, text);
    } else if (!rc) {
        rc = rt_run_facts(s, row, true, &all, err);
        char *script = rc ? NULL : rt_store_script(s->store, row->id, err);
        rc = rc ? rc : script ? 0 : RT_EFORMAT;
        rt_value_put_text(&all, "script", script ? script : "");
        free(script);
        put_epochs(r.history, rt_value_put(&all, "history"));
        put_notes(s, row->id, true, rt_value_put(&all, "orders"));
        put_notes(s, row->id, false, rt_value_put(&all, "messages"));
        rt_value_json(&all, text);
        if (!rc)
            rc = add_record(s, row->id, text, err);
    }
    rt_value_release(&all);
    rt_run_of_release(&r);
    return rc;
}

/* ---- the table ----------------------------------------------------------- */

static int export_table(struct rt_session *s, const struct rt_runs_ask *ask,
                        const char *file, struct rt_str *text,
                        struct rt_err *err)
{
    struct rt_run_picks p;
    struct rt_value rows = { 0 };
    int rc = rt_runs_pick(s, ask, &p, err);
    if (rc)
        return rc;
    if (ask->cols.n) {
        rt_runs_value(ask, &p, &rows);
    } else {
        rt_value_set_list(&rows);
        for (int i = 0; i < p.n && !rc; i++)
            rc = rt_run_facts(s, &p.row[i], true, rt_value_push(&rows), err);
    }
    if (!rc && format_of(file) == CSV)
        add_csv(&rows, text);
    for (int i = 0; !rc && format_of(file) == JSON && i < rows.n; i++) {
        rt_str_add(text, i ? ",\n " : "[");
        rt_value_json(&rows.items[i], text);
    }
    if (!rc && format_of(file) == JSON)
        rt_str_add(text, rows.n ? "]\n" : "[]\n");
    rt_value_release(&rows);
    rt_run_picks_free(&p);
    return rc;
}

/* "export 12 run.csv" is a run's history, "export runs.csv WORDS" the table. */
int rt_runs_export(struct rt_cmd_call *call, const struct rt_runs_ask *ask,
                   struct rt_err *err)
{
    struct rt_runs_ask others = *ask;
    const struct rt_texts *w = &ask->words;
    struct rt_str text = RT_STR_INIT;
    bool one = w->n == 2 && format_of(w->v[0]) == NEITHER;
    const char *file = w->n ? w->v[one] : "";
    int rc = 0;
    if (format_of(file) == NEITHER)
        return rt_fail(err, RT_EINVAL,
                       "want export RUN FILE, or export FILE [WORD...] for the "
                       "table, with a FILE that ends in .csv or .json");
    others.words.v++;
    others.words.n--;
    others.ids = false;
    if (one)
        rc = export_run(call->s, w->v[0], file, &text, err);
    else
        rc = export_table(call->s, &others, file, &text, err);
    if (!rc)
        rc = rt_file_write(file, rt_str_c(&text), text.n, err);
    if (!rc) {
        rt_value_set_text(&call->out->value, file);
        rt_str_add(&call->out->text, file);
    }
    rt_str_release(&text);
    return rc;
}
