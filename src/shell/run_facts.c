#include "shell/run_facts.h"

#include "base/clock.h"
#include "base/mem.h"
#include "shell/interp.h"
#include "store/results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* A name that is taken stays. */
static void put_word(struct rt_value *v, const char *key, const char *word)
{
    if (!rt_value_get(v, key))
        rt_value_set_word(rt_value_put(v, key), word);
}

/* "lr=0.001 beta_1=0.9", or "lr 0.001 beta_1 0.9", as members of their own. */
static void put_words(struct rt_value *v, struct rt_session *s,
                      const char *text, bool pairs)
{
    const char *const *w;
    int n;
    if (rt_interp_split(s->interp, text, &w, &n, NULL))
        return;
    for (int i = 0; i < n; i++) {
        const char *eq = strchr(w[i], '=');
        char *key = rt_xstrndup(w[i], !pairs && eq ? (size_t)(eq - w[i])
                                                   : strlen(w[i]));
        if (pairs && i + 1 < n)
            put_word(v, key, w[++i]);
        else if (!pairs && eq)
            put_word(v, key, eq + 1);
        free(key);
    }
    free((void *)(uintptr_t)w);
}

/* Adds the members of a JSON object. */
static void put_settings(struct rt_value *v, struct rt_session *s,
                         const char *json)
{
    const char *p = json && *json == '{' ? json + 1 : "";
    while (*p == '"') {
        const char *quote = strchr(p + 1, '"');
        if (!quote || quote[1] != ':')
            return;
        const char *from = quote + 2, *end = value_end(from);
        char *key = plain(p, quote + 1), *value = plain(from, end);
        if (!strcmp(key, "optimizer_options"))
            put_words(v, s, value, false);
        else if (*value && strcmp(value, "[]") && strcmp(value, "{}"))
            put_word(v, key, value);
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

double rt_run_seconds(const struct rt_run_row *r)
{
    return r->ended - r->begun;
}

static void put_text(struct rt_value *v, const char *key, const char *text)
{
    if (text && *text)
        rt_value_put_text(v, key, text);
}

static void put_what(const struct rt_run_row *r, struct rt_value *v)
{
    struct rt_str text = RT_STR_INIT;
    rt_value_set_dict(v);
    rt_value_put_int(v, "run", r->id);
    rt_value_put_text(v, "name", r->name);
    put_text(v, "label", r->label);
    rt_value_put_text(v, "model", r->model);
    rt_value_put_text(v, "state", r->state);
    put_text(v, "reason", r->reason);
    put_text(v, "tags", r->tags);
    put_text(v, "note", r->note);
    put_text(v, "imported_from", r->origin);
    if (r->parent) {
        rt_value_put_int(v, "parent", r->parent);
        rt_value_put_int(v, "parent_epoch", r->parent_epoch);
    }
    if (r->repeats)
        rt_value_put_int(v, "repeats", r->repeats);
    if (r->resumed)
        rt_value_put_int(v, "resumed", r->resumed);
    rt_str_add_date(&text, r->begun);
    rt_value_put_text(v, "begun", rt_str_c(&text));
    if (isfinite(r->deleted)) {
        rt_str_clear(&text);
        rt_str_add_date(&text, r->deleted);
        rt_value_put_text(v, "deleted", rt_str_c(&text));
    }
    if (isfinite(rt_run_seconds(r)))
        rt_value_put_number(v, "seconds", rt_run_seconds(r));
    rt_value_put_int(v, "epochs_done", r->epoch);
    rt_value_put_int(v, "parameters", r->params);
    put_text(v, "data", r->data);
    put_hash(v, "data_hash", r->data_hash);
    put_hash(v, "model_hash", r->model_hash);
    if (r->weights_hash)
        put_hash(v, "weights_hash", r->weights_hash);
    rt_value_put_int(v, "seed", (int64_t)r->seed);
    rt_str_release(&text);
}

static int put_results(struct rt_session *s, int id, struct rt_value *v,
                       struct rt_err *err)
{
    struct rt_run_result *r;
    int n;
    int rc = rt_store_results(s->store, id, &r, &n, err);
    if (rc)
        return rc;
    for (int i = 0; i < n; i++) {
        if (!isnan(r[i].last) && !rt_value_get(v, r[i].key))
            rt_value_put_number(v, r[i].key, r[i].last);
    }
    for (int i = 0; i < n; i++) {
        char *key = rt_xprintf("best_%s", r[i].key);
        if (!isnan(r[i].best) && strcmp(r[i].key, "lr") &&
            !rt_value_get(v, key))
            rt_value_put_number(v, key, r[i].best);
        if (!isnan(r[i].best) && !strcmp(r[i].key, "val_loss"))
            rt_value_put_int(v, "best_epoch", r[i].best_epoch);
        free(key);
    }
    rt_run_results_free(r, n);
    return 0;
}

int rt_run_facts(struct rt_session *s, const struct rt_run_row *r, bool results,
                 struct rt_value *v, struct rt_err *err)
{
    put_what(r, v);
    put_settings(v, s, r->settings);
    put_text(v, "version", r->version);
    put_text(v, "blas", r->blas);
    put_text(v, "isa", r->isa);
    rt_value_put_int(v, "threads", r->threads);
    int rc = results ? put_results(s, r->id, v, err) : 0;
    if (r->point)
        put_words(v, s, r->point, true);
    return rc;
}
