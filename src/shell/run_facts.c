#include "shell/run_facts.h"

#include "base/clock.h"
#include "base/mem.h"

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

double rt_run_seconds(const struct rt_run_row *r)
{
    return r->ended - r->begun;
}

void rt_run_facts(const struct rt_run_row *r, const struct rt_history *h,
                  struct rt_value *v)
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
    if (isfinite(rt_run_seconds(r)))
        rt_value_put_number(v, "seconds", rt_run_seconds(r));
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
