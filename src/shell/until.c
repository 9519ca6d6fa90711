/* wait until: an expression over histories. */
#include "shell/until.h"

#include "base/mem.h"
#include "base/suggest.h"
#include "graph/expr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rt_until {
    struct rt_expr *expr;
    struct rt_session_run *r;
    bool begun;   /* its names are known to be right */
    int64_t next; /* epoch to be looked at */
    double epoch; /* that is looked at */
};

struct rt_until *rt_until_new(const char *text, struct rt_session_run *r,
                              struct rt_err *err)
{
    struct rt_expr *e = rt_expr_parse(text, err);
    if (!e)
        return NULL;
    struct rt_until *u = rt_xcalloc(1, sizeof *u);
    u->expr = e;
    u->r = r;
    return u;
}

void rt_until_free(struct rt_until *u)
{
    if (!u)
        return;
    rt_expr_free(u->expr);
    free(u);
}

/* What the series had said by that epoch: validation may be made every few. */
static double value_at(const struct rt_history_series *s, double epoch)
{
    for (int i = s->n_epochs - 1; i >= 0; i--)
        if (s->epoch_x[i] <= epoch)
            return s->epoch_v[i];
    return NAN;
}

static int number_of(void *who, const char *name, double *v, struct rt_err *err)
{
    const struct rt_until *u = who;
    const struct rt_history *h = u->r->history;
    const struct rt_history_series *s = rt_history_find(h, name);
    if (s)
        *v = value_at(s, u->epoch);
    else if (strcmp(name, "epoch") == 0)
        *v = u->epoch;
    else
        return rt_fail_unknown(err, RT_ENOENT, name, rt_history_name, h,
                               "the run has no series '%s'", name);
    return 0;
}

/* The last epoch that has ended. */
static int64_t newest(const struct rt_history *h)
{
    double last = 0;
    for (int i = 0; i < h->n_series; i++) {
        const struct rt_history_series *s = &h->series[i];
        if (s->n_epochs && s->epoch_x[s->n_epochs - 1] > last)
            last = s->epoch_x[s->n_epochs - 1];
    }
    return (int64_t)last;
}

static int holds(struct rt_until *u, int64_t epoch, struct rt_err *err)
{
    double v = 0;
    u->epoch = (double)epoch;
    int status = rt_expr_eval(u->expr, number_of, u, &v, err);
    return status ? status : epoch > 0 && v != 0 && !isnan(v);
}

int rt_until_met(struct rt_until *u, struct rt_err *err)
{
    int64_t last = newest(u->r->history);
    if (!u->r->history->n_series)
        return 0;
    if (!u->begun)
        u->next = last;
    u->begun = true;
    for (; u->next <= last; u->next++) {
        int met = holds(u, u->next, err);
        if (met)
            return met;
    }
    return 0;
}
