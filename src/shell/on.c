#include "shell/on.h"

#include "base/clock.h"
#include "base/mem.h"
#include "shell/interp.h"
#include "shell/progress.h"

#include <stdlib.h>
#include <string.h>

#define SERVE_SECONDS 0.05
#define WAIT_LIMIT    4096 /* events that wait; when reached, half of them go */

enum {
    TRAIN_BEGIN,
    EPOCH_END,
    VALIDATION,
    ORDER,
    CHECKPOINT,
    PAUSE,
    RESUME,
    TRAIN_END,
};
const char *const rt_on_events[] = { "train_begin", "epoch_end",  "validation",
                                     "order",       "checkpoint", "pause",
                                     "resume",      "train_end",  NULL };

/* ---- what happens -------------------------------------------------------- */

static const char *key_of(const struct rt_session_run *r,
                          const struct rt_event *e, int i)
{
    int id = e->series[i];
    return id >= 0 && id < r->history->n_series ? r->history->series[id].key
                                                : "";
}

static void forget(struct rt_session *s, int n)
{
    if (!n)
        return;
    for (int i = 0; i < n; i++)
        rt_value_release(&s->happened.v[i].about);
    s->happened.n -= n;
    memmove(s->happened.v, s->happened.v + n,
            (size_t)s->happened.n * sizeof *s->happened.v);
}

static void note(struct rt_session *s, const struct rt_session_run *r,
                 const struct rt_event *e, int event)
{
    bool wanted = false;
    for (int i = 0; i < s->on.n; i++)
        wanted |= s->on.v[i].event == event;
    if (!wanted)
        return;
    struct rt_happened h = { .event = event, .run = r->number };
    struct rt_value *v = &h.about;
    int state = e->type == RT_EV_STATE ? e->code : (int)r->state;
    rt_value_set_dict(v);
    rt_value_put_text(v, "event", rt_on_events[event]);
    rt_value_put_int(v, "run", r->number);
    rt_value_put_text(v, "name", r->name);
    rt_value_put_text(v, "state", rt_run_state_name((enum rt_run_state)state));
    rt_value_put_int(v, "epoch", e->epoch);
    rt_value_put_int(v, "batch", e->batch);
    for (int i = 0; e->type == RT_EV_EPOCH && i < e->n; i++)
        rt_value_put_number(v, key_of(r, e, i), e->value[i]);
    if (event == ORDER) {
        rt_value_put_text(v, "who", e->who ? e->who : "");
        rt_value_put_text(v, "order", e->order ? e->order : "");
    } else if (event == CHECKPOINT) {
        rt_value_put_text(v, "why", e->text ? e->text : "");
    } else if (event == TRAIN_END) {
        rt_value_put_text(v, "reason", e->text ? e->text : "");
    }
    if (s->happened.n == WAIT_LIMIT && !s->who) {
        rt_session_say(s, RT_LOG_WARNING, r->number, "on",
                       "scripts are slower than what happens: the oldest "
                       "events are left out");
        forget(s, WAIT_LIMIT / 2);
    }
    rt_vec_push(&s->happened, h);
}

static bool validated(const struct rt_session_run *r, const struct rt_event *e)
{
    for (int i = 0; i < e->n; i++)
        if (!strncmp(key_of(r, e, i), "val_", 4))
            return true;
    return false;
}

static void note_state(struct rt_session *s, const struct rt_session_run *r,
                       const struct rt_event *e)
{
    switch ((enum rt_run_state)e->code) {
    case RT_RUN_QUEUED:
        break;
    case RT_RUN_RUNNING:
        note(s, r, e, r->state == RT_RUN_PAUSED ? RESUME : TRAIN_BEGIN);
        break;
    case RT_RUN_PAUSED:
        note(s, r, e, PAUSE);
        break;
    default:
        note(s, r, e, TRAIN_END);
    }
}

void rt_on_event(struct rt_session *s, const struct rt_session_run *r,
                 const struct rt_event *e)
{
    if (!s->on.n)
        return;
    if (e->type == RT_EV_STATE) {
        note_state(s, r, e);
    } else if (e->type == RT_EV_EPOCH) {
        if (validated(r, e))
            note(s, r, e, VALIDATION);
        note(s, r, e, EPOCH_END);
    } else if (e->type == RT_EV_CHECKPOINT) {
        note(s, r, e, CHECKPOINT);
    } else if (e->type == RT_EV_ORDER && !e->code) {
        /* not those of scripts, which would have no end */
        if (!e->who || strncmp(e->who, "on ", 3))
            note(s, r, e, ORDER);
    }
}

/* ---- scripts ------------------------------------------------------------- */

static struct rt_session_run *run_of(const struct rt_session *s, int number)
{
    for (int i = 0; i < s->runs.n; i++)
        if (s->runs.v[i]->number == number)
            return s->runs.v[i];
    return NULL;
}

static void take_away(struct rt_session *s, int i)
{
    free(s->on.v[i].script);
    rt_vec_remove(&s->on, i);
}

/* Its text is a copy: a script may take itself away. */
static int evaluate(struct rt_session *s, const char *script,
                    const struct rt_value *about, struct rt_err *err)
{
    int nested = s->nested, hold = s->hold;
    s->nested = 0;
    s->hold = 1; /* no command within is recorded */
    int rc = rt_interp_aside(s->interp, script, "event", about, err);
    s->nested = nested;
    s->hold = hold;
    return rc;
}

static void fail(struct rt_session *s, struct rt_session_run *r,
                 const char *script, const char *why)
{
    struct rt_str text = RT_STR_INIT;
    rt_str_addf(&text, "%s; the script is taken away", why);
    for (int i = 0; i < s->on.n; i++)
        if (!strcmp(s->on.v[i].script, script)) {
            take_away(s, i);
            break;
        }
    rt_session_say(s, RT_LOG_ERROR, r->number, s->who, rt_str_c(&text));
    rt_progress_message(s, r, s->who, rt_str_c(&text));
    rt_str_release(&text);
}

static void serve_one(struct rt_session *s, const struct rt_happened *h)
{
    RT_VEC(char *) scripts = { 0 };
    struct rt_session_run *r = run_of(s, h->run);
    for (int i = 0; r && i < s->on.n; i++)
        if (s->on.v[i].event == h->event)
            rt_vec_push(&scripts, rt_xstrdup(s->on.v[i].script));
    for (int i = 0; i < scripts.n; i++) {
        struct rt_err err = RT_ERR_INIT;
        char *chosen = s->model ? rt_xstrdup(s->model->model->name) : NULL;
        if (r->model)
            s->model = r->model;
        s->chosen = chosen;
        if (evaluate(s, scripts.v[i], &h->about, &err))
            fail(s, r, scripts.v[i], err.text);
        struct rt_session_model *back =
            chosen ? rt_map_get(&s->models, chosen) : NULL;
        if (back)
            s->model = back;
        s->chosen = NULL;
        free(chosen);
        free(scripts.v[i]);
    }
    rt_vec_release(&scripts);
}

void rt_on_serve(struct rt_session *s, bool all)
{
    char who[64];
    double began = rt_clock_now();
    int done = 0;
    if (s->who)
        return;
    all |= rt_session_n_live(s) == 0; /* nothing comes that would call again */
    while (done < s->happened.n && s->quit_code < 0 &&
           (all || rt_clock_now() - began < SERVE_SECONDS)) {
        struct rt_happened h = s->happened.v[done++]; /* the list may move */
        snprintf(who, sizeof who, "on %s", rt_on_events[h.event]);
        s->who = who;
        serve_one(s, &h);
        s->who = NULL;
    }
    forget(s, done);
}

void rt_on_remove(struct rt_session *s, int event)
{
    for (int i = s->on.n - 1; i >= 0; i--)
        if (s->on.v[i].event == event)
            take_away(s, i);
}

void rt_on_release(struct rt_session *s)
{
    while (s->on.n)
        take_away(s, s->on.n - 1);
    forget(s, s->happened.n);
    rt_vec_release(&s->on);
    rt_vec_release(&s->happened);
}
