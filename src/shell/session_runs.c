/* The runs of a session: found by number or name, and what their events say of
 * them. */
#include "shell/session.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "shell/on.h"
#include "shell/progress.h"
#include "shell/steer.h"
#include "store/marks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRAIN_SECONDS 0.05
#define LOG_LIMIT     2000 /* messages kept; when reached, half of them go */

static struct rt_session_run *run_number(struct rt_session *s, int number)
{
    for (int i = s->runs.n - 1; i >= 0; i--)
        if (s->runs.v[i]->number == number)
            return s->runs.v[i];
    return NULL;
}

struct rt_session_run *rt_session_run(struct rt_session *s, const char *id,
                                      struct rt_err *err)
{
    if (!id) {
        if (s->model && s->model->last_run)
            return run_number(s, s->model->last_run);
        if (s->runs.n)
            return s->runs.v[s->runs.n - 1];
        rt_fail(err, RT_ESTATE,
                "no run yet in this session: start one with "
                "`fit DATA`");
        return NULL;
    }
    char *end;
    long number = strtol(id + (*id == '#'), &end, 10);
    if (!*end && end != id)
        for (int i = 0; i < s->runs.n; i++)
            if (s->runs.v[i]->number == number)
                return s->runs.v[i];
    for (int i = s->runs.n - 1; i >= 0; i--)
        if (!strcmp(s->runs.v[i]->name, id))
            return s->runs.v[i];
    struct rt_map names = RT_MAP_INIT;
    for (int i = 0; i < s->runs.n; i++)
        rt_map_set(&names, s->runs.v[i]->name, s->runs.v[i]);
    rt_fail_unknown(err, RT_ENOENT, id, rt_name_of_map, &names,
                    "no run '%s' in this session", id);
    rt_map_release(&names);
    return NULL;
}

struct rt_session_run *rt_session_live(struct rt_session *s, const char *id,
                                       struct rt_err *err)
{
    if (id) {
        struct rt_session_run *r = rt_session_run(s, id, err);
        if (r && !r->run) {
            rt_fail(err, RT_ESTATE, "run %d (%s) is over: %s", r->number,
                    r->name, rt_run_state_name(r->state));
            return NULL;
        }
        return r;
    }
    struct rt_session_run *own =
        s->model ? run_number(s, s->model->last_run) : NULL;
    if (own && own->run)
        return own;
    for (int i = s->runs.n - 1; i >= 0; i--)
        if (s->runs.v[i]->run)
            return s->runs.v[i];
    rt_fail(err, RT_ESTATE, "no run is going");
    return NULL;
}

int rt_session_n_live(const struct rt_session *s)
{
    int n = 0;
    for (int i = 0; i < s->runs.n; i++)
        n += s->runs.v[i]->run != NULL;
    return n;
}

bool rt_session_may_quit(struct rt_session *s)
{
    char question[128];
    rt_session_drain(s);
    int live = rt_session_n_live(s);
    if (!s->interactive || !live)
        return true;
    snprintf(question, sizeof question,
             "%d run%s going: [q]uit and interrupt · [c]ontinue", live,
             live == 1 ? " is" : "s are");
    return s->ask(s, question, "cq") == 'q';
}

void rt_session_say(struct rt_session *s, enum rt_level level, int run,
                    const char *who, const char *text)
{
    if (s->log.n == LOG_LIMIT) {
        int half = LOG_LIMIT / 2;
        for (int i = 0; i < half; i++) {
            free(s->log.v[i].who);
            free(s->log.v[i].text);
        }
        memmove(s->log.v, s->log.v + half,
                (size_t)(s->log.n - half) * sizeof *s->log.v);
        s->log.n -= half;
        s->n_dropped += half;
    }
    struct rt_message m = {
        .wall = rt_clock_wall(),
        .level = level,
        .run = run,
        .who = rt_xstrdup(who ? who : ""),
        .text = rt_xstrdup(text),
    };
    rt_vec_push(&s->log, m);
}

/* What the screen goes on showing: the state at the end, and the layers as the
 * run left them. */
static void keep_last(struct rt_session_run *r)
{
    struct rt_snapshot *last = &r->last;
    rt_run_snapshot(r->run, last);
    if (!last->layers)
        last->layers = rt_stats_layers(rt_run_model(r->run), &last->n_layers);
    free(last->past);
    last->past = NULL;
    free(last->pictures);
    last->pictures = NULL;
    last->n_past = 0;
    last->has_hist = false;
    r->probe = rt_run_take_probe(r->run);
}

/* By which a repeated run is known to be the same. */
static void put_weights_hash(struct rt_session *s,
                             const struct rt_session_run *r)
{
    const struct rt_model *m = rt_run_model(r->run);
    uint64_t hash =
        rt_hash_bytes(1, m->weights, m->n_params * sizeof *m->weights);
    rt_store_put_weights_hash(s->store, r->number, hash, NULL);
}

/* A run that is over gives its thread, model and lock back. */
static void run_over(struct rt_session *s, struct rt_session_run *r)
{
    char text[1024];
    rt_run_join(r->run);
    r->state = rt_run_state(r->run);
    r->code = rt_run_reason(r->run, text, sizeof text);
    free(r->reason);
    r->reason = rt_xstrdup(text);
    r->seconds = r->history->wall - r->history->wall_begin;
    keep_last(r);
    if (s->store && (r->state == RT_RUN_FINISHED || r->state == RT_RUN_STOPPED))
        put_weights_hash(s, r);
    rt_run_free(r->run);
    r->run = NULL;
    if (s->store)
        rt_store_release(s->store, r->number);
    if (!r->waited)
        rt_progress_end(s, r);
}

const char *rt_session_why(enum rt_run_state state, const char *reason)
{
    const char *name = rt_run_state_name(state);
    size_t n = strlen(name);
    if (!reason)
        return "";
    if (!strncmp(reason, name, n))
        reason += n + strspn(reason + n, " ");
    return reason;
}

/* Is somebody else to say it? An open screen; run_over, that a run has ended;
 * the command, what came of its order. */
static bool told_otherwise(const struct rt_session *s, const struct rt_event *e)
{
    if (s->watch_is_open())
        return true;
    if (e->type == RT_EV_STATE)
        return e->code != RT_RUN_PAUSED;
    return e->type == RT_EV_ORDER && s->telling;
}

/* A run begins with loss weights that were found: it is told how. */
static void tell_weighing(struct rt_session *s, const struct rt_session_run *r)
{
    const struct rt_session_model *sm = r->model;
    if (sm && sm->weighing.text && sm->weighing.of == sm->model->compiled->nth)
        rt_bus_log(s->bus, r->number, RT_LOG_INFO, "weighing", "%s",
                   sm->weighing.text);
}

/* A run that went back goes on under another number: who follows it goes on
 * with it, and what it was stays as one that has stopped. */
static void branch_off(struct rt_session *s, struct rt_session_run *r,
                       const struct rt_event *e)
{
    struct rt_session_run *old = rt_xcalloc(1, sizeof *old);
    old->number = r->number;
    old->name = rt_xstrdup(r->name);
    old->model = r->model;
    old->history = r->history;
    old->state = RT_RUN_STOPPED;
    old->reason = rt_xstrdup(e->text);
    old->seconds = r->history->wall - r->history->wall_begin;
    old->probe = rt_probe_new();
    old->goes_on = e->to;
    for (int i = 0; i < s->record.n; i++)
        if (s->record.v[i].run == r->number)
            s->record.v[i].run = e->to;
    r->number = e->to;
    r->state = RT_RUN_RUNNING;
    r->history = s->store ? rt_store_history(s->store, e->to, NULL) : NULL;
    if (!r->history)
        r->history = rt_history_new(e->to);
    if (r->model)
        r->model->last_run = e->to;
    rt_vec_push(&s->runs, r);
    for (int i = s->runs.n - 2; i >= 0; i--)
        if (s->runs.v[i] == r) {
            s->runs.v[i] = old;
            break;
        }
    if (s->store)
        rt_store_release(s->store, old->number);
}

static void take_event(struct rt_session *s, struct rt_session_run *r,
                       const struct rt_event *e)
{
    struct rt_str text = RT_STR_INIT;
    enum rt_level level = RT_LOG_INFO;
    const char *who = e->who && strcmp(e->who, "user") ? e->who : "";
    rt_history_add(r->history, e);
    rt_on_event(s, r, e);
    switch (e->type) {
    case RT_EV_LOG:
        level = (enum rt_level)e->code;
        rt_str_add(&text, e->text ? e->text : "");
        break;
    case RT_EV_ORDER:
        rt_steer_applied(r, e);
        level = e->code ? RT_LOG_WARNING : RT_LOG_INFO;
        rt_str_add(&text, e->text ? e->text : "");
        break;
    case RT_EV_STATE:
        if (r->state == RT_RUN_QUEUED && e->code == RT_RUN_RUNNING)
            tell_weighing(s, r);
        r->state = (enum rt_run_state)e->code;
        if (e->code == RT_RUN_QUEUED || e->code == RT_RUN_RUNNING ||
            (e->code == RT_RUN_PAUSED && (!e->text || !*e->text)))
            break; /* what began or paused it has been told */
        if (e->code == RT_RUN_FAILED)
            level = RT_LOG_ERROR;
        rt_str_add(&text, rt_run_state_name(r->state));
        if (*rt_session_why(r->state, e->text))
            rt_str_addf(&text, ": %s", rt_session_why(r->state, e->text));
        break;
    case RT_EV_EPOCH:
        rt_progress_epoch(s, r, e);
        break;
    case RT_EV_SERIES:
    case RT_EV_CHECKPOINT:
    case RT_EV_BATCH:
        break;
    }
    if (text.n) {
        rt_session_say(s, level, r->number, who, rt_str_c(&text));
        if (!told_otherwise(s, e))
            rt_progress_message(s, r, who, rt_str_c(&text));
    }
    rt_str_release(&text);
}

static bool any_lives(const struct rt_session *s)
{
    for (int i = 0; i < s->runs.n; i++)
        if (s->runs.v[i]->run && !rt_run_over(s->runs.v[i]->run))
            return true;
    return false;
}

int rt_session_drain(struct rt_session *s)
{
    int n = 0;
    bool empty = false;
    double began = rt_clock_now();
    while (n % 64 || !any_lives(s) || rt_clock_now() - began < DRAIN_SECONDS) {
        struct rt_event *e = rt_sub_next(s->sub);
        if (!e) {
            empty = true;
            break;
        }
        struct rt_session_run *r = run_number(s, e->run);
        if (r)
            take_event(s, r, e);
        if (r && e->type == RT_EV_STATE && e->to)
            branch_off(s, r, e);
        if (r && e->type == RT_EV_EPOCH) {
            rt_event_unref(r->epoch);
            r->epoch = e;
        } else {
            rt_event_unref(e);
        }
        n++;
    }
    for (int i = 0; i < s->runs.n && empty; i++)
        if (s->runs.v[i]->run && rt_run_over(s->runs.v[i]->run))
            run_over(s, s->runs.v[i]);
    return n;
}

int rt_session_tell(struct rt_session *s, struct rt_session_run *r,
                    struct rt_order *o, char *says, size_t n_says,
                    struct rt_err *err)
{
    s->telling = !s->who; /* of those that scripts give, nobody tells */
    int rc = rt_run_tell_order(r->run, o, s->interrupted, says, n_says, err);
    rt_session_drain(s);
    s->telling = false;
    return rc;
}
