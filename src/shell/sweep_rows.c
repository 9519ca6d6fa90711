/* What the points of a sweep gave, as a value and as a table. */
#include "shell/sweep.h"

#include "base/mem.h"
#include "shell/interp.h"
#include "shell/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void rt_sweep_words(struct rt_session *s, const char *settings,
                    struct rt_str *out)
{
    const char *const *w;
    int n;
    if (rt_interp_split(s->interp, settings, &w, &n, NULL))
        return;
    for (int i = 0; i + 1 < n; i += 2)
        rt_str_addf(out, "%s%s=%s", i ? " " : "", w[i], w[i + 1]);
    free((void *)(uintptr_t)w);
}

/* Members of the list; those that are there already stay as they are. */
static void put_members(struct rt_value *d, const char *const *w, int n)
{
    for (int i = 0; i + 1 < n; i += 2)
        if (!rt_value_get(d, w[i]))
            rt_value_set_word(rt_value_put(d, w[i]), w[i + 1]);
}

static void put_result(struct rt_session *s, const char *result,
                       struct rt_value *d)
{
    const char *const *w = NULL;
    int n = 0;
    if (!rt_interp_split(s->interp, result, &w, &n, NULL) && n > 1 &&
        n % 2 == 0)
        put_members(d, w, n);
    else if (*result)
        rt_value_set_word(rt_value_put(d, "result"), result);
    free((void *)(uintptr_t)w);
}

/* A fit's own state, "stopped" say, tells more than that the point is done. */
static void put_state(struct rt_session *s, const struct rt_point_row *p,
                      struct rt_value *d)
{
    const char *const *w = NULL;
    const char *state = strcmp(p->state, "done") ? p->state : "finished";
    int n = 0;
    if (p->result && !rt_interp_split(s->interp, p->result, &w, &n, NULL))
        for (int i = 0; i + 1 < n; i += 2)
            if (!strcmp(w[i], "state"))
                state = w[i + 1];
    rt_value_put_text(d, "state", state);
    free((void *)(uintptr_t)w);
}

void rt_sweep_rows(struct rt_session *s, const struct rt_point_row *p, int n,
                   struct rt_value *out)
{
    rt_value_set_list(out);
    for (int i = 0; i < n; i++) {
        struct rt_value *d = rt_value_push(out);
        const char *const *w = NULL;
        int n_words = 0;
        rt_value_set_dict(d);
        rt_value_put_int(d, "point", p[i].number);
        if (!rt_interp_split(s->interp, p[i].settings, &w, &n_words, NULL))
            put_members(d, w, n_words);
        free((void *)(uintptr_t)w);
        put_state(s, &p[i], d);
        if (p[i].run)
            rt_value_put_int(d, "run", p[i].run);
        if (isfinite(p[i].ended - p[i].begun) && strcmp(p[i].state, "missing"))
            rt_value_put_number(d, "took", p[i].ended - p[i].begun);
        if (p[i].result)
            put_result(s, p[i].result, d);
        if (p[i].reason)
            rt_value_put_text(d, "reason", p[i].reason);
    }
}

static void put_finite(struct rt_value *d, const char *key, double x)
{
    if (isfinite(x) && !rt_value_get(d, key))
        rt_value_put_number(d, key, x);
}

static void set_state(struct rt_value *d, const char *state)
{
    for (int i = 0; i < d->n; i++)
        if (!strcmp(d->keys[i], "state")) {
            rt_value_release(&d->items[i]);
            rt_value_set_text(&d->items[i], state);
        }
}

void rt_sweep_live(struct rt_session *s, const struct rt_point_row *p, int n,
                   struct rt_value *rows, int *n_running)
{
    *n_running = 0;
    for (int i = 0; i < n; i++) {
        struct rt_value *d = &rows->items[i];
        struct rt_run_row *r = NULL;
        char id[16];
        if (strcmp(p[i].state, "running"))
            continue;
        ++*n_running;
        snprintf(id, sizeof id, "%d", p[i].run);
        if (!p[i].run || rt_store_find(s->store, id, &r, NULL))
            continue;
        set_state(d, r->state);
        *n_running -= !strcmp(r->state, "interrupted");
        rt_value_put_int(d, "epochs", r->epoch);
        put_finite(d, "loss", r->loss);
        put_finite(d, "val_loss", r->val_loss);
        rt_run_rows_free(r, 1);
    }
}

const struct rt_value *rt_sweep_best(const struct rt_value *rows,
                                     const char **goal, bool maximize)
{
    static const char *const usual[] = { "val_loss", "loss", NULL };
    const struct rt_value *best = NULL;
    double found = NAN;
    if (!**goal)
        for (int i = 0; usual[i]; i++) {
            const char *key = usual[i];
            const struct rt_value *v = rt_sweep_best(rows, &key, maximize);
            if (v) {
                *goal = usual[i];
                return v;
            }
        }
    for (int i = 0; **goal && i < rows->n; i++) {
        double x = rt_value_number(rt_value_get(&rows->items[i], *goal));
        if (isnan(x) || (best && !(maximize ? x > found : x < found)))
            continue;
        best = &rows->items[i];
        found = x;
    }
    return best;
}

/* ---- the table ----------------------------------------------------------- */

enum { COLUMNS_MAX = 24 };

static bool all_numbers(const struct rt_value *rows, const char *key)
{
    for (int i = 0; i < rows->n; i++) {
        const struct rt_value *v = rt_value_get(&rows->items[i], key);
        if (v && v->kind != RT_VALUE_INT && v->kind != RT_VALUE_NUMBER)
            return false;
    }
    return true;
}

static bool any_has(const struct rt_value *rows, const char *key)
{
    for (int i = 0; i < rows->n; i++)
        if (rt_value_get(&rows->items[i], key))
            return true;
    return false;
}

/* What people need not be told: that all is well, and how long a process took
 * where the fit says how long it trained. */
static bool is_plain(const struct rt_value *rows, const char *key)
{
    if (!strcmp(key, "took"))
        return any_has(rows, "seconds");
    if (strcmp(key, "state"))
        return false;
    for (int i = 0; i < rows->n; i++) {
        const struct rt_value *v = rt_value_get(&rows->items[i], key);
        if (!v || !v->text || strcmp(v->text, "finished"))
            return false;
    }
    return true;
}

static void add_cell(struct rt_table *t, const struct rt_value *v)
{
    if (!v)
        rt_table_cell(t, "-");
    else if (v->kind == RT_VALUE_NUMBER)
        rt_table_number(t, v->x);
    else if (v->kind == RT_VALUE_INT)
        rt_table_cell(t, "%lld", (long long)v->i);
    else
        rt_table_cell(t, "%.60s", v->text ? v->text : "");
}

void rt_sweep_table(struct rt_session *s, const struct rt_value *rows,
                    struct rt_str *out)
{
    const char *key[COLUMNS_MAX];
    int n = 0;
    struct rt_table t;
    rt_table_init(&t);
    for (int i = 0; i < rows->n; i++)
        for (int k = 0; k < rows->items[i].n && n < COLUMNS_MAX; k++) {
            const char *name = rows->items[i].keys[k];
            bool known = false;
            for (int j = 0; j < n && !known; j++)
                known = !strcmp(key[j], name);
            if (!known && !is_plain(rows, name))
                key[n++] = name;
        }
    for (int k = 0; k < n; k++)
        rt_table_column(&t, key[k], all_numbers(rows, key[k]));
    for (int i = 0; i < rows->n; i++)
        for (int k = 0; k < n; k++)
            add_cell(&t, rt_value_get(&rows->items[i], key[k]));
    rt_table_print(&t, s->table_width, out);
    rt_table_release(&t);
}
