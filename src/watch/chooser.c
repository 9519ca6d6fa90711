#include "watch/chooser.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool holds(const char *text, const char *word, size_t n)
{
    for (; *text; text++)
        if (!strncasecmp(text, word, n))
            return true;
    return n == 0;
}

bool rt_filter_fits(const char *filter, const char *text)
{
    for (const char *w = filter; *w;) {
        size_t n = strcspn(w, " ");
        if (!holds(text, w, n))
            return false;
        w += n + strspn(w + n, " ");
    }
    return true;
}

/* Without a list there are the runs that can be looked at. */
static int list_runs(const struct rt_watch_host *host,
                     struct rt_watch_entry **out)
{
    struct rt_watch_run r;
    int n = 0;
    while (host->run(host->ctx, n, &r))
        n++;
    *out = rt_xcalloc((size_t)n + 1, sizeof **out);
    for (int i = 0; i < n && host->run(host->ctx, i, &r); i++) {
        struct rt_watch_entry *e = &(*out)[n - 1 - i];
        *e = (struct rt_watch_entry){
            .number = r.number,
            .epoch = r.history ? r.history->epoch : 0,
            .loss = NAN,
            .val_loss = NAN,
            .here = true,
        };
        snprintf(e->name, sizeof e->name, "%s", r.name);
        snprintf(e->state, sizeof e->state, "%s", rt_run_state_name(r.state));
    }
    return n;
}

void rt_chooser_open(struct rt_chooser *c, const struct rt_watch_host *host)
{
    rt_chooser_close(c);
    c->n =
        host->list ? host->list(host->ctx, &c->all) : list_runs(host, &c->all);
    c->open = true;
}

void rt_chooser_close(struct rt_chooser *c)
{
    free(c->all);
    *c = (struct rt_chooser){ 0 };
}

void rt_chooser_filter(struct rt_chooser *c, const char *text)
{
    snprintf(c->filter, sizeof c->filter, "%s", text);
    c->at = 0;
}

static bool fits(const struct rt_chooser *c, const struct rt_watch_entry *e)
{
    char text[128];
    snprintf(text, sizeof text, "#%d %s %s", e->number, e->name, e->state);
    return rt_filter_fits(c->filter, text);
}

int rt_chooser_shown(const struct rt_chooser *c)
{
    int n = 0;
    for (int i = 0; i < c->n; i++)
        n += fits(c, &c->all[i]);
    return n;
}

const struct rt_watch_entry *rt_chooser_entry(const struct rt_chooser *c, int i)
{
    for (int k = 0; k < c->n; k++)
        if (fits(c, &c->all[k]) && i-- == 0)
            return &c->all[k];
    return NULL;
}

void rt_chooser_move(struct rt_chooser *c, int n)
{
    int last = rt_chooser_shown(c) - 1, to = c->at + n;
    to = to > last ? last : to;
    c->at = to < 0 ? 0 : to;
}

int rt_chooser_chosen(const struct rt_chooser *c)
{
    const struct rt_watch_entry *e = rt_chooser_entry(c, c->at);
    return e ? e->number : 0;
}

int rt_chooser_reach(const struct rt_watch_host *host, int number,
                     struct rt_err *err)
{
    struct rt_watch_run r;
    for (int i = 0; host->run(host->ctx, i, &r); i++)
        if (r.number == number)
            return 0;
    if (!host->open)
        return rt_fail(err, RT_ENOENT, "run %d is not there", number);
    return host->open(host->ctx, number, err);
}
