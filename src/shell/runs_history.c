/* runs history: the values of one run, epoch by epoch or batch by batch. */
#include "base/suggest.h"
#include "shell/run_of.h"
#include "shell/runs_sub.h"
#include "shell/table.h"

#include <math.h>
#include <string.h>

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
            rt_table_number(&t, v);
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
            rt_table_number(&t, v);
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

int rt_runs_history(struct rt_cmd_call *call, const char *const *words, int n,
                    bool batches, struct rt_err *err)
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
