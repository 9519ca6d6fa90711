/* The recorded runs: runs, compare. */
#include "base/clock.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "shell/cmd.h"
#include "shell/run_of.h"
#include "shell/show.h"
#include "shell/table.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int code_of(const struct rt_err *err, int otherwise)
{
    return err ? err->code : otherwise;
}

/* ---- runs -------------------------------------------------------------- */

struct runs_args {
    struct rt_texts words;
    int per;
};
static const char *const runs_per[] = { "epoch", "batch", NULL };
static const struct rt_opt runs_opts[] = {
    RT_OPT(struct runs_args, words, .form = RT_FORM_REST, .names = RT_NAMES_RUN,
           .help = "parts of names, states; or show, history and a run"),
    RT_OPT(struct runs_args, per, .def = "epoch", .choices = runs_per,
           .help = "history: a value an epoch, or a batch"),
    RT_OPT_END
};

/* 0.0123 in a table, nothing for NaN. */
static void add_value(struct rt_table *t, double v)
{
    if (isnan(v))
        rt_table_cell(t, "-");
    else
        rt_table_cell(t, "%.4g", v);
}

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

/* Seconds a run took; NaN for one that nobody saw end. */
static double took(const struct rt_run_row *r)
{
    return r->ended - r->begun;
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
    rt_value_put_number(d, "seconds", took(r));
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
    add_value(t, r->loss);
    add_value(t, r->val_loss);
    add_value(t, r->best_val_loss);
    add_when(t, r->begun);
    if (isfinite(took(r)))
        rt_str_add_duration(&text, took(r));
    rt_table_cell(t, "%s", text.n ? rt_str_c(&text) : "-");
    rt_str_release(&text);
}

static int list_runs(struct rt_cmd_call *call, const struct rt_texts *words,
                     struct rt_err *err)
{
    struct rt_session *s = call->s;
    struct rt_store *store = rt_session_store(s, err);
    struct rt_run_row *row = NULL;
    int n = 0;
    if (!store)
        return code_of(err, RT_EIO);
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

/* ---- the settings of a run --------------------------------------------- */

/* The end of a JSON value that begins at p; all was written by
 * rt_value_json, so no blanks stand between. */
static const char *value_end(const char *p)
{
    int depth = 0;
    bool quoted = false;
    for (; *p; p++) {
        if (quoted) {
            if (*p == '\\' && p[1])
                p++;
            else if (*p == '"')
                quoted = false;
        } else if (*p == '"') {
            quoted = true;
        } else if (strchr("{[", *p)) {
            depth++;
        } else if (strchr("}]", *p) && depth-- == 0) {
            break;
        } else if (*p == ',' && depth == 0) {
            break;
        }
    }
    return p;
}

/* A text without its quotes, anything else as it stands. */
static char *plain(const char *p, const char *end)
{
    if (*p != '"')
        return rt_xstrndup(p, (size_t)(end - p));
    char *out = rt_xmalloc((size_t)(end - p)), *to = out;
    for (p++; p < end - 1; p++) {
        if (*p == '\\' && p + 1 < end - 1)
            p++;
        *to++ = *p;
    }
    *to = '\0';
    return out;
}

/* Adds the members of a JSON object to a dict of texts. */
static void put_settings(struct rt_value *v, const char *json)
{
    const char *p = json && *json == '{' ? json + 1 : "";
    while (*p == '"') {
        const char *quote = strchr(p + 1, '"');
        if (!quote || quote[1] != ':')
            return;
        const char *from = quote + 2, *end = value_end(from);
        char *key = plain(p, quote + 1), *value = plain(from, end);
        if (*value && strcmp(value, "[]") && strcmp(value, "{}"))
            rt_value_put_text(v, key, value);
        free(key);
        free(value);
        p = *end == ',' ? end + 1 : "";
    }
}

static void put_hash(struct rt_value *v, const char *key, uint64_t hash)
{
    char text[24];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    rt_value_put_text(v, key, text);
}

/* All that is known of a run, settings and results. */
static void put_run(struct rt_value *v, const struct rt_run_row *r,
                    const struct rt_history *h)
{
    struct rt_str text = RT_STR_INIT;
    rt_value_set_dict(v);
    rt_value_put_int(v, "run", r->id);
    rt_value_put_text(v, "name", r->name);
    rt_value_put_text(v, "model", r->model);
    rt_value_put_text(v, "state", r->state);
    if (r->reason && *r->reason)
        rt_value_put_text(v, "reason", r->reason);
    rt_str_add_date(&text, r->begun);
    rt_value_put_text(v, "begun", rt_str_c(&text));
    if (isfinite(took(r)))
        rt_value_put_number(v, "seconds", took(r));
    rt_value_put_int(v, "epochs_done", r->epoch);
    rt_value_put_int(v, "parameters", r->params);
    rt_value_put_text(v, "data", r->data);
    put_hash(v, "data_hash", r->data_hash);
    put_hash(v, "model_hash", r->model_hash);
    rt_value_put_int(v, "seed", (int64_t)r->seed);
    put_settings(v, r->settings);
    rt_value_put_text(v, "version", r->version);
    rt_value_put_text(v, "blas", r->blas);
    rt_value_put_text(v, "isa", r->isa);
    rt_value_put_int(v, "threads", r->threads);
    for (int i = 0; i < h->n_series; i++) {
        const struct rt_history_series *s = &h->series[i];
        if (s->n_epochs)
            rt_value_put_number(v, s->key, s->epoch_v[s->n_epochs - 1]);
    }
    const struct rt_history_series *val = rt_history_find(h, "val_loss");
    if (val && isfinite(val->best)) {
        rt_value_put_number(v, "best_val_loss", val->best);
        rt_value_put_int(v, "best_epoch", val->best_epoch);
    }
    rt_str_release(&text);
}

/* What was ordered while it trained, each with its epoch and batch. */
static void add_orders(struct rt_cmd_call *call, int id, struct rt_str *out)
{
    struct rt_store *store = rt_session_store(call->s, NULL);
    struct rt_run_note *v;
    int n, told = 0;
    if (!store || rt_store_notes(store, id, &v, &n, NULL))
        return;
    for (int i = 0; i < n; i++)
        if (v[i].order)
            rt_str_addf(out,
                        "%sepoch %" PRId64 " batch %" PRId64 "  %s: %s%s%s",
                        told++ ? "\n" : "\n\norders\n", v[i].epoch, v[i].batch,
                        v[i].who, v[i].text, v[i].says ? "  " : "",
                        v[i].says ? v[i].says : "");
    rt_run_notes_free(v, n);
}

static int show_run(struct rt_cmd_call *call, const char *id,
                    struct rt_err *err)
{
    struct rt_run_of r;
    struct rt_str *out = &call->out->text;
    int rc = rt_run_of(call->s, id, &r, err);
    if (rc)
        return rc;
    const struct rt_run_row *row = rt_run_of_row(call->s, &r, err);
    if (row) {
        put_run(&call->out->value, row, r.history);
        rt_value_show(&call->out->value, out, call->s->table_width);
        if (row->script && *row->script)
            rt_str_addf(out, "\n\n%s", row->script);
        while (out->n && out->s[out->n - 1] == '\n')
            out->s[--out->n] = '\0';
        add_orders(call, row->id, out);
        rt_value_put_text(&call->out->value, "script",
                          row->script ? row->script : "");
    }
    rt_run_of_release(&r);
    return row ? 0 : code_of(err, RT_ENOENT);
}

/* ---- history ----------------------------------------------------------- */

static int find_series(const struct rt_history *h, const char *key,
                       const struct rt_history_series **out, struct rt_err *err)
{
    *out = rt_history_find(h, key);
    if (*out)
        return 0;
    return rt_fail_unknown(err, RT_ENOENT, key, rt_history_name, h,
                           "run %d has no series '%s'", h->run, key);
}

/* The value of an epoch; NaN where the series has none. */
static double at_epoch(const struct rt_history_series *s, double epoch)
{
    int from = 0, to = s->n_epochs; /* it lies in [from, to) */
    while (to - from > 1) {
        int mid = from + (to - from) / 2;
        if (s->epoch_x[mid] <= epoch)
            from = mid;
        else
            to = mid;
    }
    return from < to && s->epoch_x[from] == epoch ? s->epoch_v[from] : NAN;
}

static void show_epochs(struct rt_cmd_call *call,
                        const struct rt_history_series *const *s, int n)
{
    const struct rt_history_series *longest = NULL;
    struct rt_value *list = &call->out->value;
    struct rt_table t;
    rt_table_init(&t);
    rt_table_column(&t, "epoch", true);
    for (int i = 0; i < n; i++) {
        rt_table_column(&t, s[i]->key, true);
        if (!longest || s[i]->n_epochs > longest->n_epochs)
            longest = s[i];
    }
    rt_value_set_list(list);
    for (int e = 0; longest && e < longest->n_epochs; e++) {
        double epoch = longest->epoch_x[e];
        struct rt_value *d = rt_value_push(list);
        rt_value_set_dict(d);
        rt_value_put_int(d, "epoch", (int64_t)epoch);
        rt_table_cell(&t, "%.0f", epoch);
        for (int i = 0; i < n; i++) {
            double v = at_epoch(s[i], epoch);
            rt_value_put_number(d, s[i]->key, v);
            add_value(&t, v);
        }
    }
    rt_table_print(&t, call->s->table_width, &call->out->text);
    rt_table_release(&t);
}

/* Batches are kept in memory alone, many of a long run as one mean. */
static int show_batches(struct rt_cmd_call *call, const struct rt_history *h,
                        const struct rt_history_series *const *s, int n,
                        struct rt_err *err)
{
    struct rt_value *list = &call->out->value;
    const struct rt_history_series *first = n ? s[0] : NULL;
    struct rt_table t;
    for (int i = 0; i < n; i++)
        if (!s[i]->n_buckets)
            return rt_fail(err, RT_ENOENT,
                           "run %d has no values of '%s' batch by batch: they "
                           "are kept of losses and metrics while training, and "
                           "of this session's runs",
                           h->run, s[i]->key);
    rt_table_init(&t);
    rt_table_column(&t, "epochs", true);
    rt_table_column(&t, "batches", true);
    for (int i = 0; i < n; i++)
        rt_table_column(&t, s[i]->key, true);
    rt_value_set_list(list);
    for (int b = 0; first && b < first->n_buckets; b++) {
        struct rt_value *d = rt_value_push(list);
        rt_value_set_dict(d);
        rt_value_put_number(d, "epochs", first->bucket[b].x);
        rt_value_put_int(d, "batches", first->bucket[b].n);
        rt_table_cell(&t, "%.6g", first->bucket[b].x);
        rt_table_cell(&t, "%lld", (long long)first->bucket[b].n);
        for (int i = 0; i < n; i++) {
            double v = b < s[i]->n_buckets ? s[i]->bucket[b].mean : NAN;
            rt_value_put_number(d, s[i]->key, v);
            add_value(&t, v);
        }
    }
    rt_table_print(&t, call->s->table_width, &call->out->text);
    rt_table_release(&t);
    return 0;
}

enum { KEYS_MAX = 30 }; /* columns of a table */

static bool is_number(const char *id)
{
    id += *id == '#';
    return *id && strspn(id, "0123456789") == strlen(id);
}

static int show_history(struct rt_cmd_call *call, const char *const *words,
                        int n, bool batches, struct rt_err *err)
{
    struct rt_run_of r;
    const struct rt_history_series *s[KEYS_MAX];
    /* The first word is a run by its number, or if no series is called so. */
    int rc =
        rt_run_of(call->s, n && is_number(words[0]) ? words[0] : NULL, &r, err);
    bool first = n && is_number(words[0]);
    if (!first && n && (rc || !rt_history_find(r.history, words[0]))) {
        struct rt_run_of named;
        if (!rt_run_of(call->s, words[0], &named, NULL)) {
            if (!rc)
                rt_run_of_release(&r);
            r = named;
            first = true;
            rc = 0;
        }
    }
    if (rc)
        return rc;
    int count = 0;
    for (int i = first; i < n && !rc && count < KEYS_MAX; i++)
        rc = find_series(r.history, words[i], &s[count++], err);
    if (!rc && !count)
        for (int i = 0; i < r.history->n_series && count < KEYS_MAX; i++)
            if (batches ? r.history->series[i].n_buckets
                        : r.history->series[i].n_epochs)
                s[count++] = &r.history->series[i];
    if (!rc && batches && count)
        rc = show_batches(call, r.history, s, count, err);
    else if (!rc && count)
        show_epochs(call, s, count);
    else if (!rc)
        rt_str_addf(&call->out->text, "run %d (%s) has no %s", r.number, r.name,
                    batches ? "batch in memory" : "epoch yet");
    rt_run_of_release(&r);
    return rc;
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
        rc = show_run(call, w->n > 1 ? w->v[1] : NULL, err);
    else if (!strcmp(what, "history"))
        rc = show_history(call, w->v + 1, w->n - 1, a->per == 1, err);
    else
        rc = list_runs(call, w, err);
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
    .help = "the recorded runs; one of them; its values epoch by epoch",
    .usage = "[WORD...] | show [RUN] | history [RUN] [KEY...] "
             "[per=epoch|batch]",
    .opts = runs_opts,
    .args_size = sizeof(struct runs_args),
    .flags = RT_CMD_LOOKS,
    .run = run_runs,
    .details = "Words narrow the list: a state (finished, failed, "
               "interrupted, ...) or part of a run's or\na model's name. Runs "
               "of other sessions are there too. history shows all series "
               "unless\nkeys are named; per=batch gives what the batches of a "
               "run of this session gave, neighbours\nas one mean where they "
               "are more than 4096.",
    .example = TRAINED "runs\nruns finished first\nruns show first\n"
                       "runs history first loss val_loss\n"
                       "runs history first loss per=batch\n",
};

/* ---- compare ----------------------------------------------------------- */

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
        if (row)
            put_run(&v[n], row, r[n].history);
        else
            rt_run_of_release(&r[n]);
        rc = row ? 0 : code_of(err, RT_ENOENT);
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
