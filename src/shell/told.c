#include "shell/told.h"

#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void rt_told_part(struct rt_told *l, const char *dim, const char *bright)
{
    int wide = rt_utf8_width(dim) + rt_utf8_width(bright);
    if (l->used + wide > l->room) {
        l->room = 0;
        return;
    }
    l->used += wide;
    rt_str_addf(&l->text, l->s->color && *dim ? "\033[2m%s\033[0m%s" : "%s%s",
                dim, bright);
}

void rt_told_value(struct rt_told *l, const char *key, double v)
{
    char name[300], value[32];
    bool tiny = v != 0 && fabs(v) < 1e-3; /* 0.0000 would say nothing */
    snprintf(name, sizeof name, "  %s ", key);
    snprintf(value, sizeof value, tiny || !strcmp(key, "lr") ? "%.3g" : "%.4f",
             v);
    rt_told_part(l, name, value);
}

void rt_told_count(struct rt_told *l, int64_t epoch, int64_t n_epochs)
{
    char count[64];
    snprintf(count, sizeof count, n_epochs > 0 ? "%lld/%lld" : "%lld",
             (long long)epoch, (long long)n_epochs);
    rt_told_part(l, "epoch ", count);
}

static int64_t epochs_of(const struct rt_session_run *r)
{
    struct rt_snapshot now;
    if (!r->run)
        return r->last.n_epochs;
    rt_run_snapshot(r->run, &now);
    int64_t n = now.n_epochs;
    rt_snapshot_release(&now);
    return n;
}

static const char *key_of(const struct rt_session_run *r,
                          const struct rt_event *e, int i)
{
    int id = e->series[i];
    return id >= 0 && id < r->history->n_series ? r->history->series[id].key
                                                : NULL;
}

void rt_told_plain(const struct rt_session_run *r, const struct rt_event *e,
                   struct rt_str *out)
{
    rt_str_addf(out, "epoch=%lld/%lld", (long long)e->epoch,
                (long long)epochs_of(r));
    for (int i = 0; i < e->n; i++)
        if (key_of(r, e, i))
            rt_str_addf(out, " %s=%.6g", key_of(r, e, i), e->value[i]);
}

static int series_at(const struct rt_session_run *r, const struct rt_event *e,
                     const char *key)
{
    for (int i = 0; i < e->n; i++)
        if (key_of(r, e, i) && !strcmp(key_of(r, e, i), key))
            return i;
    return -1;
}

static void add_values(struct rt_told *l, const struct rt_session_run *r,
                       const struct rt_event *e, int from, int to)
{
    for (int i = from; i < to; i++)
        if (key_of(r, e, i))
            rt_told_value(l, key_of(r, e, i), e->value[i]);
}

static void add_name(struct rt_told *l, const struct rt_session_run *r)
{
    char who[320];
    int room = l->room / 3;
    bool whole = rt_utf8_width(r->name) <= room;
    size_t n = rt_utf8_cut(r->name, whole ? room : room - 1);
    snprintf(who, sizeof who, "%.*s%s #%d  ", (int)(n < 256 ? n : 256), r->name,
             whole        ? ""
             : l->s->utf8 ? "…"
                          : ".",
             r->number);
    rt_told_part(l, "", who);
}

void rt_told_epoch(const struct rt_session *s, const struct rt_session_run *r,
                   const struct rt_event *e, bool name, struct rt_str *out)
{
    int val = series_at(r, e, "val_loss");
    for (bool first = false, whole = false; !whole; first = true) {
        struct rt_told l = { .s = s, .room = s->width };
        if (name)
            add_name(&l, r);
        rt_told_count(&l, e->epoch, epochs_of(r));
        add_values(&l, r, e, 0, first ? 1 : e->n);
        if (first) {
            add_values(&l, r, e, val, val + 1);
            add_values(&l, r, e, 1, val);
        }
        whole = l.room || first || val < 1;
        if (whole)
            rt_str_add(out, rt_str_c(&l.text));
        rt_str_release(&l.text);
    }
}
