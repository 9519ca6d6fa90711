/* Instances of callbacks: their hooks, live changes and state. */
#include "train/callback_private.h"
#include "base/crash.h"
#include "base/schema.h"
#include "base/suggest.h"
#include "train/run_private.h"

static rt_hook_fn *hook_of(const struct rt_plugin *p, enum rt_hook_event ev)
{
    switch (ev) {
    case RT_HOOK_TRAIN_BEGIN:
        return p->on_train_begin;
    case RT_HOOK_EPOCH_BEGIN:
        return p->on_epoch_begin;
    case RT_HOOK_BATCH_BEGIN:
        return p->on_batch_begin;
    case RT_HOOK_BATCH_END:
        return p->on_batch_end;
    case RT_HOOK_EPOCH_END:
        return p->on_epoch_end;
    case RT_HOOK_TRAIN_END:
        return p->on_train_end;
    }
    return NULL;
}

static struct rt_hook *make(struct rt_run *r, const struct rt_attachment *a)
{
    struct rt_hook *at = rt_xcalloc(1, sizeof *at);
    at->run = r;
    rt_attachment_copy(&at->by, a);
    at->state = rt_xcalloc(1, a->plugin->state_size + 1);
    return at;
}

static void unmake(struct rt_hook *at)
{
    if (at->by.plugin->release) {
        rt_crash_guest(at->by.name);
        at->by.plugin->release(at->state);
        rt_crash_guest(NULL);
    }
    rt_kept_release(at);
    rt_vec_release(&at->stops);
    rt_args_free(at->by.args);
    free(at->by.name);
    free(at->state);
    free(at->status);
    free(at);
}

struct rt_callbacks *rt_callbacks_new(struct rt_run *r,
                                      const struct rt_attachments *a)
{
    struct rt_callbacks *c = rt_xcalloc(1, sizeof *c);
    c->run = r;
    for (int i = 0; a && i < a->n; i++)
        rt_vec_push(&c->v, make(r, &a->v[i]));
    return c;
}

static void drop_all(struct rt_callbacks *c)
{
    for (int i = 0; i < c->v.n; i++)
        unmake(c->v.v[i]);
    rt_vec_release(&c->v);
}

static void drop_orders(struct rt_callbacks *c)
{
    for (int i = 0; i < c->orders.n; i++)
        rt_order_free(c->orders.v[i]);
    rt_vec_release(&c->orders);
}

void rt_callbacks_free(struct rt_callbacks *c)
{
    if (!c)
        return;
    drop_all(c);
    drop_orders(c);
    free(c);
}

/* ---- hooks --------------------------------------------------------------- */

/* Returns a verdict, or RT_EPLUGIN with the callback's name and text. A hook
 * that is NULL has nothing to say. */
static int call(struct rt_hook *at, rt_hook_fn *fn, struct rt_err *err)
{
    if (!fn)
        return RT_GO_ON;
    at->error[0] = '\0';
    rt_crash_guest(at->by.name);
    rt_run_visit(at->run, at->by.name);
    int code = fn(&rt_host_table, at, at->by.args, at->state);
    rt_run_visit(at->run, NULL);
    rt_crash_guest(NULL);
    if (code == RT_GO_ON || code == RT_STOP)
        return code;
    if (at->error[0])
        return rt_fail(err, RT_EPLUGIN, "callback '%s': %s", at->by.name,
                       at->error);
    return rt_fail(err, RT_EPLUGIN,
                   "callback '%s': a hook returned %d, want RT_GO_ON, RT_STOP "
                   "or what fail returns",
                   at->by.name, code);
}

/* Whether its options fit the run: nothing has begun, so nobody is told that a
 * guest is visited. */
static int check(struct rt_hook *at, struct rt_err *err)
{
    rt_hook_fn *fn = at->by.plugin->check;
    if (!fn)
        return 0;
    at->error[0] = '\0';
    rt_crash_guest(at->by.name);
    int code = fn(&rt_host_table, at, at->by.args, at->state);
    rt_crash_guest(NULL);
    if (code == RT_GO_ON)
        return 0;
    return rt_fail(err, RT_EINVAL, "callback '%s': %s", at->by.name,
                   at->error[0] ? at->error : "its options do not fit");
}

int rt_callbacks_check(struct rt_callbacks *c, struct rt_err *err)
{
    int code = 0;
    for (int i = 0; !code && i < c->v.n; i++)
        code = check(c->v.v[i], err);
    return code;
}

/* The same, and the verdict is heeded. Returns 0 or RT_EPLUGIN. */
static int call_and_heed(struct rt_hook *at, rt_hook_fn *fn, struct rt_err *err)
{
    int code = call(at, fn, err);
    if (code != RT_STOP)
        return code;
    if (at->status)
        rt_run_end(at->run, RT_RUN_FINISHED, 0, "%s: stop (%s)", at->by.name,
                   at->status);
    else
        rt_run_end(at->run, RT_RUN_FINISHED, 0, "%s: stop", at->by.name);
    return 0;
}

/* An order may call hooks that give more (a callback is added), which then go
 * behind those that wait: each is taken out before it is applied. */
void rt_callbacks_apply(struct rt_callbacks *c)
{
    while (c->orders.n > 0) {
        struct rt_order *o = c->orders.v[0];
        rt_vec_remove(&c->orders, 0);
        rt_run_apply(c->run, o);
    }
}

int rt_callbacks_call(struct rt_callbacks *c, enum rt_hook_event ev,
                      struct rt_err *err)
{
    int failed = 0;
    for (int i = 0; i < c->v.n; i++) {
        struct rt_hook *at = c->v.v[i];
        struct rt_err one = RT_ERR_INIT;
        int code = call_and_heed(at, hook_of(at->by.plugin, ev), &one);
        if (code && at->by.detach) {
            rt_run_log(c->run, RT_LOG_WARNING, at->by.name,
                       "%s; it is detached, the run goes on", one.text);
            rt_vec_remove(&c->v, i);
            unmake(at);
            c->news = true;
            i--;
        } else if (code && !failed) {
            failed = rt_fail(err, code, "%s", one.text);
        }
    }
    rt_callbacks_apply(c);
    return failed;
}

bool rt_callbacks_wants(const struct rt_callbacks *c, enum rt_hook_event ev)
{
    for (int i = 0; i < c->v.n; i++)
        if (hook_of(c->v.v[i]->by.plugin, ev))
            return true;
    return false;
}

/* ---- live changes -------------------------------------------------------- */

static const char *name_at(const void *of, int i)
{
    const struct rt_callbacks *c = of;
    return i < c->v.n ? c->v.v[i]->by.name : NULL;
}

static int find(const struct rt_callbacks *c, const char *name,
                struct rt_err *err)
{
    for (int i = 0; i < c->v.n; i++)
        if (!strcmp(c->v.v[i]->by.name, name))
            return i;
    rt_fail_unknown(err, RT_ENOENT, name, name_at, c,
                    c->v.n ? "the run has no callback '%s'"
                           : "the run has no callback '%s', nor any other",
                    name);
    return -1;
}

const struct rt_plugin *rt_callbacks_kind(struct rt_callbacks *c,
                                          const char *name, struct rt_err *err)
{
    for (int i = 0; i < c->v.n; i++)
        if (!strcmp(c->v.v[i]->by.plugin->name, name))
            return c->v.v[i]->by.plugin;
    if (c->run->spec.find_plugin)
        return c->run->spec.find_plugin(name, err);
    rt_fail(err, RT_ENOENT, "no kind of callback '%s' here", name);
    return NULL;
}

/* Calls a hook because of an order. Of one that fails nothing is left. */
static int call_for_order(struct rt_callbacks *c, struct rt_hook *at,
                          rt_hook_fn *fn, struct rt_err *err)
{
    int before = c->orders.n, code = call_and_heed(at, fn, err);
    while (code && c->orders.n > before)
        rt_order_free(c->orders.v[--c->orders.n]);
    return code;
}

static int add(struct rt_callbacks *c, const struct rt_attachment *a,
               struct rt_err *err)
{
    struct rt_hook *at = make(c->run, a);
    int code = check(at, err);
    if (!code)
        code = call_for_order(c, at, a->plugin->on_train_begin, err);
    if (code) {
        unmake(at);
        return code;
    }
    rt_vec_push(&c->v, at);
    rt_callbacks_apply(c);
    return 0;
}

int rt_callbacks_attach(struct rt_callbacks *c, const struct rt_plugin *plugin,
                        const char *const *words, int n, char *name,
                        size_t n_name, struct rt_err *err)
{
    struct rt_attachments all = { 0 };
    struct rt_err own = RT_ERR_INIT;
    if (!err)
        err = &own;
    for (int i = 0; i < c->v.n; i++) {
        struct rt_attachment at;
        rt_attachment_copy(&at, &c->v.v[i]->by);
        rt_vec_push(&all, at);
    }
    struct rt_attachment *at = rt_attach(&all, plugin, words, n, err);
    int code = at ? add(c, at, err) : err->code;
    if (!code)
        snprintf(name, n_name, "%s", at->name);
    rt_attachments_release(&all);
    return code;
}

/* Refuses a change of options that are not marked live. */
static int check_live(const struct rt_attachment *old,
                      const struct rt_attachment *new, struct rt_err *err)
{
    const struct rt_plugin *p = old->plugin;
    const struct rt_opt *o;
    int code = 0;
    for (int i = 0; !code && (o = rt_opt_at(p->opts, p->opt_size, i)); i++) {
        struct rt_str was = RT_STR_INIT, is = RT_STR_INIT;
        rt_args_value(o, old->args, &was);
        rt_args_value(o, new->args, &is);
        if (!o->live && strcmp(rt_str_c(&was), rt_str_c(&is)))
            code = rt_fail(err, RT_ESTATE,
                           "%s: '%s' cannot be changed while the run goes on",
                           old->name, o->name);
        rt_str_release(&was);
        rt_str_release(&is);
    }
    return code;
}

int rt_callbacks_set(struct rt_callbacks *c, const char *name,
                     const char *const *words, int n, struct rt_err *err)
{
    int i = find(c, name, err);
    if (i < 0)
        return RT_ENOENT;
    struct rt_hook *at = c->v.v[i];
    struct rt_attachment old = at->by, new;
    rt_attachment_copy(&new, &old);
    int code = rt_attachment_change(&new, words, n, err);
    if (!code)
        code = check_live(&old, &new, err);
    if (!code) {
        at->by = new;
        code = check(at, err);
        if (!code)
            code = call_for_order(c, at, new.plugin->on_args, err);
        if (code)
            at->by = old;
    }
    const struct rt_attachment *drop = code ? &new : &old;
    rt_args_free(drop->args);
    free(drop->name);
    if (!code)
        rt_callbacks_apply(c);
    return code;
}

int rt_callbacks_remove(struct rt_callbacks *c, const char *name,
                        struct rt_err *err)
{
    int i = find(c, name, err);
    if (i < 0)
        return RT_ENOENT;
    unmake(c->v.v[i]);
    rt_vec_remove(&c->v, i);
    c->news = true;
    return 0;
}

/* ---- state --------------------------------------------------------------- */

/* A name that was saved, its plugin and its arguments as words: an instance
 * made anew. */
static struct rt_hook *remake(struct rt_callbacks *c, const char *name,
                              const char *kind, const char *line, bool detach,
                              struct rt_err *err)
{
    const struct rt_plugin *p = rt_callbacks_kind(c, kind, err);
    const char **words = NULL;
    int n;
    if (!p || rt_line_split(line, &words, &n, err))
        return NULL;
    void *args =
        rt_args_parse(p->opts, p->opt_size, p->args_size, words, n, err);
    free(words);
    if (!args)
        return NULL;
    char *own = rt_xstrdup(name);
    struct rt_hook *at = make(
        c->run, &(struct rt_attachment){
                    .name = own, .plugin = p, .args = args, .detach = detach });
    free(own);
    rt_args_free(args);
    return at;
}

/* Saves who an instance is; on load *at is made of it. */
static void walk_identity(struct rt_callbacks *c, struct rt_state *s,
                          struct rt_hook **at)
{
    char *name = NULL, *kind = NULL, *line = NULL;
    bool detach = false;
    if (!s->loading) {
        const struct rt_attachment *by = &(*at)->by;
        struct rt_str words = RT_STR_INIT;
        rt_args_words(by->plugin->opts, by->plugin->opt_size, by->args, true,
                      &words);
        name = rt_xstrdup(by->name);
        kind = rt_xstrdup(by->plugin->name);
        line = rt_str_take(&words);
        detach = by->detach;
    }
    rt_state_text(s, "name", &name);
    rt_state_text(s, "kind", &kind);
    rt_state_text(s, "args", &line);
    rt_state_bool(s, "detach", &detach);
    if (s->loading && !rt_state_failed(s)) {
        if (name && kind && line)
            *at = remake(c, name, kind, line, detach, &s->err);
        else
            rt_fail(&s->err, RT_EFORMAT, "%s: a callback without a name",
                    s->path);
    }
    free(name);
    free(kind);
    free(line);
}

static void walk_own(struct rt_hook *at, struct rt_state *s)
{
    const struct rt_plugin *p = at->by.plugin;
    rt_hook_fn *fn = s->loading ? p->load : p->save;
    rt_state_text(s, "status", &at->status);
    rt_kept_walk(at, s);
    if (!fn || rt_state_failed(s))
        return;
    struct rt_err err = RT_ERR_INIT;
    at->walk = s;
    rt_state_enter(s, "own");
    int code = call(at, fn, &err);
    rt_state_leave(s);
    at->walk = NULL;
    if (code < 0 && !rt_state_failed(s))
        s->err = err;
}

/* What hooks ordered and is not applied yet: a state may be kept by an order
 * that stands before it. */
static void walk_orders(struct rt_callbacks *c, struct rt_state *s)
{
    int n = c->orders.n;
    rt_state_enter(s, "orders");
    rt_state_int(s, "n", &n);
    if (s->loading)
        drop_orders(c);
    for (int i = 0; i < n && !rt_state_failed(s); i++) {
        const struct rt_order *saved = s->loading ? NULL : c->orders.v[i];
        char *who = saved ? saved->who : NULL;
        char *text = saved ? saved->text : NULL;
        rt_state_enter_i(s, i);
        rt_state_text(s, "who", &who);
        rt_state_text(s, "text", &text);
        rt_state_leave(s);
        if (!s->loading)
            continue;
        struct rt_order *o =
            rt_state_failed(s) ? NULL
                               : rt_order_parse(who, text ? text : "", &s->err);
        if (o) {
            o->by_callback = true;
            rt_vec_push(&c->orders, o);
        }
        free(who);
        free(text);
    }
    rt_state_leave(s);
}

void rt_callbacks_walk(struct rt_callbacks *c, struct rt_state *s)
{
    RT_VEC(struct rt_hook *) loaded = { 0 };
    int n = c->v.n;
    rt_state_enter(s, "callbacks");
    walk_orders(c, s);
    rt_state_int(s, "n", &n);
    for (int i = 0; i < n && !rt_state_failed(s); i++) {
        struct rt_hook *at = s->loading ? NULL : c->v.v[i];
        rt_state_enter_i(s, i);
        walk_identity(c, s, &at);
        if (s->loading && at)
            rt_vec_push(&loaded, at);
        if (!rt_state_failed(s))
            walk_own(at, s);
        rt_state_leave(s);
    }
    rt_state_leave(s);
    if (!s->loading)
        return;
    drop_all(c);
    for (int i = 0; i < loaded.n; i++)
        rt_vec_push(&c->v, loaded.v[i]);
    rt_vec_release(&loaded);
    c->news = true;
}

/* ---- status -------------------------------------------------------------- */

void rt_callbacks_status(struct rt_callbacks *c, struct rt_str *out)
{
    for (int i = 0; i < c->v.n; i++)
        if (c->v.v[i]->status)
            rt_str_addf(out, "%s\t%s\n", c->v.v[i]->by.name, c->v.v[i]->status);
}

bool rt_callbacks_news(struct rt_callbacks *c)
{
    bool news = c->news;
    c->news = false;
    return news;
}
