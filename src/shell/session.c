#include "shell/session.h"
#include "shell/forget.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/suggest.h"
#include "shell/on.h"
#include "shell/script.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
