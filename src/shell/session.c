#include "shell/session.h"
#include "shell/forget.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/suggest.h"
#include "shell/on.h"
#include "shell/progress.h"
#include "shell/script.h"
#include "shell/steer.h"
#include "store/marks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRAIN_SECONDS 0.05
#define LOG_LIMIT     2000 /* messages kept; when reached, half of them go */

static int pump_nothing(struct rt_session *s, double seconds)
{
    (void)seconds;
    rt_session_drain(s);
    return 0;
}

static void print_nowhere(struct rt_session *s, const char *text)
{
    (void)s;
    (void)text;
}

static bool never(void)
{
    return false;
}

static int answer_default(struct rt_session *s, const char *question,
                          const char *keys)
{
    (void)s;
    (void)question;
    return keys[0];
}

struct rt_session *rt_session_new(void)
{
    struct rt_session *s = rt_xcalloc(1, sizeof *s);
    s->bus = rt_bus_new();
    s->sub = rt_bus_subscribe(s->bus);
    s->width = 80;
    s->quit_code = -1;
    s->program = "/proc/self/exe";
    s->pump = pump_nothing;
    s->print = print_nowhere;
    s->interrupted = never;
    s->watch_is_open = never;
    s->watch_leave = never;
    s->ask = answer_default;
    return s;
}

static void model_free(struct rt_session_model *sm)
{
    for (int i = 0; i < sm->kept.n; i++)
        free(sm->kept.v[i].text);
    rt_vec_release(&sm->kept);
    rt_attachments_release(&sm->callbacks);
    free(sm->weighing.text);
    free(sm->weighing.before);
    rt_model_free(sm->model);
    free(sm);
}

void rt_session_free(struct rt_session *s)
{
    if (!s)
        return;
    for (int i = 0; i < s->runs.n; i++)
        if (s->runs.v[i]->run)
            rt_run_interrupt(s->runs.v[i]->run);
    for (int i = 0; i < s->runs.n; i++)
        if (s->runs.v[i]->run)
            rt_run_join(s->runs.v[i]->run);
    rt_session_drain(s);
    for (int i = 0; i < s->runs.n; i++)
        rt_session_run_free(s->runs.v[i]);
    rt_vec_release(&s->runs);
    rt_store_close(s->store);
    for (int i = 0; i < s->models.n; i++)
        model_free(s->models.v[i].value);
    rt_map_release(&s->models);
    rt_customs_unref(s->customs);
    for (int i = 0; i < s->data.n; i++)
        rt_dataset_unref(s->data.v[i].value);
    rt_map_release(&s->data);
    rt_vec_release(&s->record);
    rt_map_release(&s->texts);
    for (int i = 0; i < s->params.n; i++)
        free(s->params.v[i].value);
    rt_map_release(&s->params);
    for (int i = 0; i < s->params_used.n; i++)
        free(s->params_used.v[i]);
    rt_vec_release(&s->params_used);
    rt_str_release(&s->transcript);
    for (int i = 0; i < s->log.n; i++) {
        free(s->log.v[i].who);
        free(s->log.v[i].text);
    }
    rt_vec_release(&s->log);
    rt_on_release(s);
    rt_sub_free(s->sub);
    rt_bus_free(s->bus);
    free(s);
}

/* ---- what is chosen ------------------------------------------------------ */

struct rt_session_model *rt_session_model(struct rt_session *s,
                                          struct rt_err *err)
{
    if (!s->model)
        rt_fail(err, RT_ESTATE, "no model yet: start one with `model NAME`");
    return s->model;
}

struct rt_session_model *rt_session_edit(struct rt_session *s,
                                         struct rt_err *err)
{
    struct rt_session_model *m = rt_session_model(s, err);
    if (m && m->model->busy) {
        rt_fail(err, RT_EBUSY,
                "model '%s' is in use by run %d; wait for it or stop it first",
                m->model->name, m->last_run);
        return NULL;
    }
    if (m && m->model->customs != s->customs) {
        rt_customs_unref(m->model->customs);
        m->model->customs = rt_customs_ref(s->customs);
    }
    return m;
}

struct copy_job {
    const struct rt_model *from;
    struct rt_model *to;
    struct rt_err *err;
};

static void copy_all(void *arg)
{
    struct copy_job *j = arg;
    j->to = rt_model_portrait(j->from, j->err);
}

static void copy_weights(void *arg)
{
    struct copy_job *j = arg;
    j->to = rt_model_twin(j->from, j->err);
    if (j->to)
        memcpy(j->to->weights, j->from->weights,
               j->from->n_params * sizeof(float));
}

struct rt_session_model *rt_session_add_model(struct rt_session *s,
                                              struct rt_model *m)
{
    struct rt_session_model *old = rt_map_get(&s->models, m->name);
    if (old)
        rt_session_drop_model(s, old);
    struct rt_session_model *sm = rt_xcalloc(1, sizeof *sm);
    sm->model = m;
    rt_map_set(&s->models, m->name, sm);
    return sm;
}

void rt_session_drop_model(struct rt_session *s, struct rt_session_model *sm)
{
    rt_map_remove(&s->models, sm->model->name);
    if (s->model == sm)
        s->model = s->models.n ? s->models.v[s->models.n - 1].value : NULL;
    for (int i = 0; i < s->runs.n; i++)
        if (s->runs.v[i]->model == sm)
            s->runs.v[i]->model = NULL;
    rt_script_kept_gone(s, sm);
    model_free(sm);
}

static struct rt_model *at_rest(struct rt_session *s, void (*how)(void *job),
                                struct rt_model **copy, struct rt_err *err)
{
    struct rt_session_model *m = rt_session_model(s, err);
    *copy = NULL;
    if (!m || !m->model->busy)
        return m ? m->model : NULL;
    for (int i = s->runs.n - 1; i >= 0; i--) {
        struct rt_session_run *r = s->runs.v[i];
        if (!r->run || r->model != m)
            continue;
        struct copy_job j = { .from = m->model, .err = err };
        if (rt_run_look_until(r->run, how, &j, s->interrupted, err))
            return NULL;
        return *copy = j.to;
    }
    return m->model;
}

struct rt_model *rt_session_at_rest(struct rt_session *s,
                                    struct rt_model **copy, struct rt_err *err)
{
    return at_rest(s, copy_weights, copy, err);
}

struct rt_model *rt_session_portrait(struct rt_session *s,
                                     struct rt_model **copy, struct rt_err *err)
{
    return at_rest(s, copy_all, copy, err);
}

struct rt_dataset *rt_session_data(struct rt_session *s, const char *name,
                                   struct rt_err *err)
{
    struct rt_dataset *d = rt_map_get(&s->data, name);
    if (d)
        return d;
    rt_fail_unknown(err, RT_ENOENT, name, rt_name_of_map, &s->data,
                    "no data set '%s'%s", name,
                    s->data.n ? "" : "; read one with `data NAME csv FILE`");
    return NULL;
}

void rt_session_data_set(struct rt_session *s, struct rt_dataset *d)
{
    rt_dataset_unref(rt_map_set(&s->data, d->name, d));
}

struct rt_store *rt_session_store(struct rt_session *s, struct rt_err *err)
{
    if (s->store)
        return s->store;
    s->store = rt_store_open(NULL, err);
    if (s->store && !rt_store_read_only(s->store) &&
        rt_store_attach(s->store, s->bus, err)) {
        rt_store_close(s->store);
        s->store = NULL;
    }
    return s->store;
}

/* ---- runs ---------------------------------------------------------------- */

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

/* ---- the seed --------------------------------------------------------------
 */

uint64_t rt_session_seed(struct rt_session *s)
{
    if (!s->seed_given) {
        char text[64];
        s->seed = rt_seed_draw();
        s->seed_given = true;
        snprintf(text, sizeof text, "seed %llu", (unsigned long long)s->seed);
        rt_session_record(s, text);
        if (s->interactive || s->tty_out) {
            struct rt_str say = RT_STR_INIT;
            rt_str_addf(&say, "%s (drawn; give it again for the same numbers)",
                        text);
            s->print(s, rt_str_c(&say));
            rt_str_release(&say);
        }
    }
    return s->seed;
}
