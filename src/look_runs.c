#include "look_runs.h"

#include "base/clock.h"
#include "base/vec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLLOW_SECONDS 0.3 /* what another process writes waits 0.2 */

void rt_runs_seen_release(struct rt_runs_seen *r)
{
    for (int i = 0; i < r->n; i++) {
        free(r->v[i].name);
        rt_history_free(r->v[i].history);
        rt_history_free(r->v[i].was);
    }
    rt_vec_release(r);
}

bool rt_runs_seen_at(const struct rt_runs_seen *r, int i,
                     struct rt_watch_run *out)
{
    if (i < 0 || i >= r->n)
        return false;
    *out = (struct rt_watch_run){
        .number = r->v[i].number,
        .name = r->v[i].name,
        .state = r->v[i].state,
        .history = r->v[i].history,
    };
    return true;
}

static enum rt_run_state state_of(const char *name)
{
    for (int i = RT_RUN_QUEUED; i < RT_RUN_INTERRUPTED; i++)
        if (!strcmp(name, rt_run_state_name((enum rt_run_state)i)))
            return (enum rt_run_state)i;
    return RT_RUN_INTERRUPTED;
}

int rt_runs_seen_open(struct rt_runs_seen *r, struct rt_session *s, int number,
                      struct rt_err *err)
{
    struct rt_store *store = rt_session_store(s, err);
    struct rt_run_row *row = NULL;
    char id[16];
    snprintf(id, sizeof id, "%d", number);
    if (!store || rt_store_find(store, id, &row, err))
        return rt_err_code(err, RT_ENOENT);
    struct rt_run_seen seen = {
        .number = number,
        .name = rt_xstrdup(row->name),
        .state = state_of(row->state),
        .epochs = row->epochs,
    };
    rt_run_rows_free(row, 1);
    int rc = rt_store_follow(store, number, &seen.history, &seen.at, err);
    if (rc) {
        free(seen.name);
        return rc;
    }
    rt_vec_push(r, seen);
    return 0;
}

static const struct rt_run_seen *seen_of(const struct rt_runs_seen *r,
                                         int number)
{
    for (int i = 0; i < r->n; i++)
        if (r->v[i].number == number)
            return &r->v[i];
    return NULL;
}

bool rt_runs_seen_alive(const struct rt_runs_seen *r, int number)
{
    const struct rt_run_seen *seen = seen_of(r, number);
    return seen && seen->state < RT_RUN_FINISHED;
}

bool rt_runs_seen_snapshot(const struct rt_runs_seen *r, int number,
                           struct rt_snapshot *out)
{
    const struct rt_run_seen *seen = seen_of(r, number);
    if (!seen)
        return false;
    *out = (struct rt_snapshot){
        .state = seen->state,
        .epoch = seen->history->epoch,
        .n_epochs = seen->epochs,
        .samples_per_s = NAN,
        .seconds = NAN,
        .seconds_left = NAN,
        .callbacks = rt_xstrdup(""),
    };
    return true;
}

/* The state first: what is recorded behind it comes with the next look. */
static void follow(struct rt_store *store, struct rt_run_seen *r)
{
    struct rt_run_row *row = NULL;
    char id[16];
    snprintf(id, sizeof id, "%d", r->number);
    if (rt_store_find(store, id, &row, NULL))
        return;
    enum rt_run_state state = state_of(row->state);
    struct rt_history *h = r->history;
    rt_run_rows_free(row, 1);
    if (rt_store_follow(store, r->number, &h, &r->at, NULL))
        return;
    r->state = state;
    if (h == r->history)
        return;
    rt_history_free(r->was);
    r->was = r->history;
    r->history = h;
}

void rt_runs_seen_follow(struct rt_runs_seen *r, struct rt_session *s)
{
    double now = rt_clock_now();
    if (now - r->looked < FOLLOW_SECONDS)
        return;
    r->looked = now;
    for (int i = 0; i < r->n && s->store; i++)
        if (r->v[i].state < RT_RUN_FINISHED ||
            r->v[i].state == RT_RUN_INTERRUPTED)
            follow(s->store, &r->v[i]);
}

static struct rt_session_run *of_session(struct rt_session *s, int number)
{
    for (int i = 0; i < s->runs.n; i++)
        if (s->runs.v[i]->number == number)
            return s->runs.v[i];
    return NULL;
}

static double newest(const struct rt_history *h, const char *key)
{
    const struct rt_history_series *s = rt_history_find(h, key);
    return s && s->n_epochs ? s->epoch_v[s->n_epochs - 1] : NAN;
}

static void take(struct rt_session *s, const struct rt_run_row *row,
                 struct rt_watch_entry *e)
{
    const struct rt_session_run *own = of_session(s, row->id);
    *e = (struct rt_watch_entry){
        .number = row->id,
        .epoch = own ? own->history->epoch : row->epoch,
        .loss = own ? newest(own->history, "loss") : row->loss,
        .val_loss = own ? newest(own->history, "val_loss") : row->val_loss,
        .here = own,
    };
    const char *state = row->state;
    if (own)
        state =
            rt_run_state_name(own->run ? rt_run_state(own->run) : own->state);
    snprintf(e->name, sizeof e->name, "%s", row->name);
    snprintf(e->state, sizeof e->state, "%s", state);
}

int rt_runs_seen_list(struct rt_session *s, struct rt_watch_entry **out)
{
    struct rt_run_row *row = NULL;
    int n = 0;
    struct rt_store *store = rt_session_store(s, NULL);
    *out = NULL;
    if (!store || rt_store_list(store, false, &row, &n, NULL))
        return 0;
    *out = rt_xcalloc((size_t)n + 1, sizeof **out);
    for (int i = 0; i < n; i++)
        take(s, &row[i], &(*out)[i]);
    rt_run_rows_free(row, n);
    return n;
}
