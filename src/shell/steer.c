#include "shell/steer.h"

#include "base/mem.h"
#include "nn/steer.h"
#include "plugins/load.h"
#include "shell/script.h"

#include <stdlib.h>
#include <string.h>

struct rt_session_run *rt_steer_live(struct rt_session *s)
{
    rt_session_drain(s);
    for (int i = s->runs.n - 1; s->model && i >= 0; i--)
        if (s->runs.v[i]->run && s->runs.v[i]->model == s->model)
            return s->runs.v[i];
    return NULL;
}

bool rt_steers(struct rt_cmd_call *call, const char *when)
{
    return when || rt_steer_live(call->s);
}

/* ---- orders for the next fit --------------------------------------------- */

/* Callbacks by a name that the fit will not know are found at once. */
static int check_callback(const struct rt_session_model *sm,
                          const struct rt_order *o, struct rt_err *err)
{
    struct rt_attachments copy = { 0 };
    if (!o->type->attach)
        return 0;
    rt_attachments_copy(&copy, &sm->callbacks);
    for (int i = 0; i < sm->kept.n; i++) {
        struct rt_order *k = rt_order_parse("user", sm->kept.v[i].text, NULL);
        if (k && k->type->attach)
            k->type->attach(&copy, rt_plugin_find, k->args, NULL);
        rt_order_free(k);
    }
    int rc = o->type->attach(&copy, rt_plugin_find, o->args, err);
    rt_attachments_release(&copy);
    return rc;
}

static int keep(struct rt_cmd_call *call, struct rt_order *o,
                struct rt_err *err)
{
    struct rt_session_model *sm = rt_session_model(call->s, err);
    struct rt_script_order line = { 0 };
    int rc = sm ? check_callback(sm, o, err) : rt_err_code(err, RT_ESTATE);
    if (!rc && rt_script_order(o->text, o->when_epoch, o->when_batch, &line)) {
        struct rt_kept_order k = {
            .text = rt_xstrdup(o->text),
            .epoch = o->when_epoch,
            .batch = o->when_batch,
        };
        rt_vec_push(&sm->kept, k);
        if (call->s->hold <= 1)
            rt_script_keep(call->s, sm, line.line);
        rt_str_addf(&call->out->text, "kept for the next fit of model '%s'",
                    sm->model->name);
        rt_value_set_text(&call->out->value, "kept for the next fit");
    }
    free(line.line);
    rt_order_free(o);
    return rc;
}

int rt_steer_begin(struct rt_session_model *sm, struct rt_run *run,
                   struct rt_err *err)
{
    for (int i = 0; i < sm->kept.n; i++) {
        const struct rt_kept_order *k = &sm->kept.v[i];
        struct rt_order *o = rt_order_parse("user", k->text, err);
        if (!o)
            return rt_err_code(err, RT_EINVAL);
        o->when_epoch = k->epoch;
        o->when_batch = k->batch;
        int64_t id = rt_run_order(run, o, err);
        if (id < 0)
            return rt_err_within(err, "an order kept for this fit "
                                      "(`orders clear` drops them)");
    }
    return 0;
}

static void clear(struct rt_session_model *sm)
{
    for (int i = 0; i < sm->kept.n; i++)
        free(sm->kept.v[i].text);
    rt_vec_release(&sm->kept);
}

void rt_steer_begun(struct rt_session *s, struct rt_session_model *sm)
{
    clear(sm);
    rt_script_kept_gone(s, sm);
}

void rt_steer_skip(struct rt_session *s)
{
    struct rt_session_model *sm = s->model;
    for (int i = 0; sm && i < sm->kept.n; i++) {
        struct rt_order *o = rt_order_parse("user", sm->kept.v[i].text, NULL);
        if (o && o->type->attach)
            o->type->attach(&sm->callbacks, rt_plugin_find, o->args, NULL);
        rt_order_free(o);
    }
    if (!sm)
        return;
    rt_steer_begun(s, sm);
    rt_model_forget_values(sm->model);
}

/* ---- orders to a run ----------------------------------------------------- */

static int send_order(struct rt_cmd_call *call, struct rt_session_run *r,
                      struct rt_order *o, struct rt_err *err)
{
    char says[256];
    int rc = rt_session_tell(call->s, r, o, says, sizeof says, err);
    if (rc)
        return rc;
    rt_str_addf(&call->out->text, "run %d (%s): %s", r->number, r->name, says);
    rt_value_set_text(&call->out->value, says);
    return 0;
}

static struct rt_order *make(const char *who, const char *when,
                             const char *const *words, int n,
                             struct rt_err *err)
{
    int64_t epoch = 0, batch = 0;
    if (when && rt_order_when(when, &epoch, &batch, err))
        return NULL;
    struct rt_order *o = rt_order_new(who ? who : "user", words, n, err);
    if (o) {
        o->when_epoch = epoch;
        o->when_batch = batch;
    }
    return o;
}

static int steer(struct rt_cmd_call *call, struct rt_session_run *r,
                 const char *when, const char *const *words, int n,
                 struct rt_err *err)
{
    struct rt_order *o = make(call->s->who, when, words, n, err);
    call->looked = call->ordered = true;
    if (!o)
        return rt_err_code(err, RT_EINVAL);
    return r ? send_order(call, r, o, err) : keep(call, o, err);
}

int rt_steer(struct rt_cmd_call *call, const char *when,
             const char *const *words, int n, struct rt_err *err)
{
    struct rt_session_run *r = rt_steer_live(call->s);
    if (!r && !when)
        return rt_fail(err, RT_ESTATE,
                       "no run of the chosen model is going; of one that has "
                       "ended `checkpoint load RUN` takes weights, `runs "
                       "resume RUN epochs=` trains on");
    return steer(call, r, when, words, n, err);
}

int rt_steer_words(struct rt_cmd_call *call, const char *when,
                   struct rt_err *err)
{
    const char **words = rt_xcalloc((size_t)call->n + 1, sizeof *words);
    int n = 0;
    words[n++] = call->cmd->name;
    for (int i = 0; i < call->n; i++)
        if (strncmp(call->words[i], "when=", 5) != 0)
            words[n++] = call->words[i];
    int rc = rt_steer(call, when, words, n, err);
    free(words);
    return rc ? rt_cmd_within(call->cmd, err) : 0;
}

int rt_steer_run(struct rt_cmd_call *call, const char *id, const char *when,
                 const char *const *words, int n, struct rt_err *err)
{
    if (!id && when)
        return rt_steer(call, when, words, n, err);
    rt_session_drain(call->s);
    struct rt_session_run *r = rt_session_live(call->s, id, err);
    return r ? steer(call, r, when, words, n, err)
             : rt_err_code(err, RT_ESTATE);
}

void rt_steer_applied(struct rt_session_run *r, const struct rt_event *e)
{
    struct rt_script_order made;
    if (e->code || e->by_callback)
        return;
    if (!e->again && rt_script_order(e->order, e->epoch, e->batch, &made))
        rt_vec_push(&r->orders, made);
    struct rt_order *o = rt_order_parse("user", e->order, NULL);
    if (o && e->waited && o->type->attach && r->model)
        o->type->attach(&r->model->callbacks, rt_plugin_find, o->args, NULL);
    for (int i = 0; r->model && i < r->model->callbacks.n; i++)
        if (!r->model->callbacks.v[i].run)
            r->model->callbacks.v[i].run = r->number;
    rt_order_free(o);
}
